(** * T3max: examples and refuted near misses

    The second problem with max pooling: filters 0 and 2 win, since no background coordinate of theirs is
    above their key; filter 1 does not, though its key is positive. An image moves at most one pattern of
    a filter, by eta = 1/4. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances instances_two.
From filtercert Require Import examples.values_two.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation X2 := (two_max_model Unhinged).
Local Notation P2 := (two_max_model Perceptron).
Local Notation s2 := two_state.

(** ** Given gates *)

(** Half a mixed image with label +, a quarter of a plain one with label -, then a whole plain one with
    label +. *)
Definition path : seq (batch Q 2) := [:: [:: (1 / 2%:R, plus11); (1 / 4%:R, minus20)]; [:: (1, plus20)]].

Lemma path_within : all (weights_within (1 : Q)) path.
Proof. by apply/and3P; split; rewrite /weights_within ?big_cons ?big_nil; vm_compute. Qed.

Lemma path_images : all (images (unique_key 2 4)) path.
Proof. by rewrite /path /images /= !two_unique_key. Qed.

(** Filter 0: its key grows by 3/2 times 1/4 and takes the gradient of every image with label +, its
    background does not grow, and its wrong key ends between -1/4 and its start. *)
Example T3max_pathwise_holds :
  [/\ weight (moves X2 s2 path) g1 (key false) = - 1 / 4%:R,
      weight (moves X2 s2 path) g0 (key true) = 5%:R / 8%:R,
      forall b, argmax Relu (weight (moves X2 s2 path) g0) (count (two_sample true b)) = Some (key true),
      weight (moves X2 s2 path) g0 b1 <= 1 / 8%:R
    & - 1 / 4%:R <= weight (moves X2 s2 path) g0 (key false) <= 3%:R / 8%:R].
Proof.
have along := Statements.T3max_pathwise (two_max Unhinged) (isT : (0 < 2)%N) isT two_signed path_within
  path_images; split.
- by have [frozen _ _ _ _] := along g1 true; rewrite frozen.
- have [_ grows _ _ _] := along g0 true; rewrite (grows (two_max_winner true g0)) /gate_sum /mass.
  by rewrite !big_cons !big_nil /=; apply/eqP.
- by have [_ _ top _ _] := along g0 true => b; apply: (top (two_max_winner true g0)); rewrite ?two_unique_key.
- by have [_ _ _ falls _] := along g0 true; exact: (falls (two_max_winner true g0) [::] path).
- have [_ _ _ _ ends] := along g0 true; have /andP[lo hi] := ends isT.
  by rewrite hi andbT; apply: le_trans lo.
Qed.

(** One whole image with label +. *)
Definition one : seq (batch Q 2) := [:: [:: (1, plus11)]].

Lemma one_within : all (weights_within (1 : Q)) one.
Proof. by rewrite /one /weights_within /= big_seq1. Qed.

Lemma one_images : all (images (unique_key 2 4)) one.
Proof. by rewrite /one /images /= two_unique_key. Qed.

Lemma one_key : weight (moves X2 s2 one) g0 (key true) = 1 / 2%:R.
Proof.
have [_ grows _ _ _] := Statements.T3max_pathwise (two_max Unhinged) (isT : (0 < 2)%N) isT two_signed
  one_within one_images g0 true.
by rewrite (grows (two_max_winner true g0)) /gate_sum /mass !big_cons !big_nil /=; apply/eqP.
Qed.

(** An image without a key patch. *)
Definition bare : sample 2 := Sample true (fun p => if p is inl _ then 0%N else 1%N).

Lemma bare_keys : unique_key 0 4 bare.
Proof. by rewrite /unique_key /patches big_sumType /= big_bool big_ord_recl big_ord1. Qed.

Lemma bare_argmax z : argmax (@Relu Q) z (count bare) <> Some (key true).
Proof. by rewrite /argmax; case: pickP => // p /andP[present _] [eq]; rewrite eq in present. Qed.

(** Filter 1 has 1/8 on v_+ and 1/4 on u_2. *)
Lemma covered_argmax : argmax Relu (weight s2 g1) (count plus11) <> Some (key true).
Proof.
rewrite /argmax; case: pickP => // p /andP[_ /forallP top] [eq].
by have := top b2; rewrite eq; vm_compute.
Qed.

(** r in the place of 1: with max pooling two key patches are worth one. *)
Lemma T3max_pathwise_wrong_keys : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  max_pooling_network M l -> (0 < r)%N -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      max_winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y Cs,
      max_winner s y j -> forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (moves M s Cs) j) (count x) = Some (key y),
      max_winner s y j -> forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> forall p, p != key y ->
        weight (moves M s Cs) j p <= weight (moves M s Cs1) j p
    & 0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))]).
Proof.
move=> near; have [_ /(_ (two_max_winner true g0)) + _ _ _] := near Q 4%N 2%N X2 Unhinged 2%N 4%N 1 s2 one
  (two_max _) isT isT two_signed one_within one_images g0 true.
by rewrite one_key /gate_sum /mass !big_cons !big_nil => /eqP; vm_compute.
Qed.

(** A positive key is not enough: the background of filter 1 is above it. *)
Lemma T3max_pathwise_wrong_covered : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  max_pooling_network M l -> (0 < r)%N -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      max_winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      winner s y j -> forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (moves M s Cs) j) (count x) = Some (key y),
      max_winner s y j -> forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> forall p, p != key y ->
        weight (moves M s Cs) j p <= weight (moves M s Cs1) j p
    & 0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))]).
Proof.
move=> near; have [_ _ top _ _] := near Q 4%N 2%N X2 Unhinged 2%N 4%N 1 s2 [::]
  (two_max _) isT isT two_signed isT isT g1 true.
by case: covered_argmax; apply: (top (two_winner true g1)); first exact: two_unique_key.
Qed.

(** No key patch: then the key cannot take the gradient. *)
Lemma T3max_pathwise_wrong_keyless : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  max_pooling_network M l -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      max_winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      max_winner s y j -> forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (moves M s Cs) j) (count x) = Some (key y),
      max_winner s y j -> forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> forall p, p != key y ->
        weight (moves M s Cs) j p <= weight (moves M s Cs1) j p
    & 0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))]).
Proof.
move=> near; have [_ _ top _ _] := near Q 4%N 2%N X2 Unhinged 0%N 4%N 1 s2 [::]
  (two_max _) isT two_signed isT isT g0 true.
exact: bare_argmax (top (two_max_winner true g0) bare bare_keys erefl).
Qed.

(** Of a winner's coordinates the key does grow. *)
Lemma T3max_pathwise_wrong_all_fall : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  max_pooling_network M l -> (0 < r)%N -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      max_winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      max_winner s y j -> forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (moves M s Cs) j) (count x) = Some (key y),
      max_winner s y j -> forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> forall p,
        weight (moves M s Cs) j p <= weight (moves M s Cs1) j p
    & 0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))]).
Proof.
move=> near; have [_ _ _ falls _] := near Q 4%N 2%N X2 Unhinged 2%N 4%N 1 s2 one
  (two_max _) isT isT two_signed one_within one_images g0 true.
by have := falls (two_max_winner true g0) [::] one erefl (key true); rewrite one_key; vm_compute.
Qed.

(** ** Runs of a loss *)

(** The largest activation. *)
Lemma max_pooled l (z : pattern 2 -> rat) (N : pattern 2 -> nat) p :
  (0 < N p)%N -> (forall q, (0 < N q)%N -> relu (z q) <= relu (z p)) ->
  pooled (two_max_model l) z N = relu (z p).
Proof.
move=> present top; rewrite /pooled /= /argmax.
case: pickP => [q /andP[there /forallP best] | none].
  by apply/eqP; rewrite eq_le top //=; have := best p; rewrite present.
have := none p; rewrite present /= => /negbT/forallPn[q].
by rewrite negb_imply => /andP[there]; rewrite /= top.
Qed.

(** The margins at the start are 1/2 and -7/8 on the mixed images. *)
Lemma max_margin y : margin P2 s2 (two_sample y true) = if y then 1 / 2%:R else - 7%:R / 8%:R.
Proof.
have at_most (j : 'I_4) p : (0 < count (two_sample y true) p)%N ->
    (forall q, (0 < count (two_sample y true) q)%N -> relu (weight s2 j q) <= relu (weight s2 j p)) ->
    pooled P2 (weight s2 j) (count (two_sample y true)) = relu (weight s2 j p) := @max_pooled _ _ _ _.
rewrite /margin /output two_sum_filters.
case: y at_most => at_most.
  by rewrite (at_most g0 (key true)) // 1?(at_most g1 b2) // 1?(at_most g2 b1) // 1?(at_most g3 b1) //;
    case=> [[]|[[|[|k]] lt_k]].
by rewrite (at_most g0 (key false)) // 1?(at_most g1 b2) // 1?(at_most g2 (key false)) //
  1?(at_most g3 (key false)) //; case=> [[]|[[|[|k]] lt_k]].
Qed.

Lemma perceptron_gates (z : Q) : 0 <= gate Perceptron z <= 1.
Proof. by have [_ _ ->] := Statements.T3_gates z. Qed.

(** A batch of both: the perceptron learns from the image with label - alone. *)
Definition batch11 : batch Q 2 := [:: (1 / 2%:R, plus11); (1 / 2%:R, minus11)].

Lemma batch11_within : all (weights_within (1 : Q)) [:: batch11].
Proof. by rewrite /all andbT /weights_within !big_cons !big_nil; vm_compute. Qed.

Lemma batch11_images : all (images (unique_key 2 4)) [:: batch11].
Proof. by rewrite /images /= !two_unique_key. Qed.

Lemma batch11_gates y : gate_sum y (gates_of P2 s2 [:: batch11]) = if y then 0 else 1 / 2%:R.
Proof.
rewrite /gate_sum /mass [gates_of _ _ _]/= /gated /= /gate_at !max_margin !big_cons !big_nil.
by case: y; apply/eqP.
Qed.

(** Filter 2 grows by half a step, filter 0 stays. *)
Example T3max_run_holds : weight (run P2 s2 [:: batch11]) g0 (key true) = 1 / 4%:R /\
  [/\ weight (run P2 s2 [:: batch11]) g2 (key false) = 1 / 2%:R,
      forall b, argmax Relu (weight (run P2 s2 [:: batch11]) g2) (count (two_sample false b)) =
        Some (key false)
    & weight (run P2 s2 [:: batch11]) g2 b1 <= 1 / 4%:R].
Proof.
have along := Statements.T3max_run (two_max Perceptron) perceptron_gates (isT : (0 < 2)%N) isT two_signed
  batch11_within batch11_images.
have [plus _ _] := along g0 true (two_max_winner true g0).
have [minus top falls] := along g2 false (two_max_winner false g2).
rewrite plus minus !batch11_gates; split; first by apply/eqP.
split; [by apply/eqP | by move=> b; apply: top; rewrite ?two_unique_key | exact: (falls b1)].
Qed.

(** r in the place of 1. *)
Lemma T3max_run_wrong_keys : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (Bs : seq (batch R K)),
  max_pooling_network M l -> (forall z : R, 0 <= gate l z <= 1) -> (0 < r)%N -> 0 <= eta M ->
  signed_head s -> all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y, max_winner s y j ->
  [/\ weight (run M s Bs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s Bs),
      forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (run M s Bs) j) (count x) = Some (key y)
    & forall p, p != key y -> weight (run M s Bs) j p <= weight s j p]).
Proof.
move=> near; have [+ _ _] := near Q 4%N 2%N P2 Perceptron 2%N 4%N s2 [:: batch11] (two_max _)
  perceptron_gates isT isT two_signed batch11_within batch11_images g2 false (two_max_winner false g2).
by have [_ [-> _ _]] := T3max_run_holds; rewrite batch11_gates => /eqP; vm_compute.
Qed.

(** A positive key is not enough. *)
Lemma T3max_run_wrong_covered : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (Bs : seq (batch R K)),
  max_pooling_network M l -> (forall z : R, 0 <= gate l z <= 1) -> (0 < r)%N -> 0 <= eta M ->
  signed_head s -> all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y, winner s y j ->
  [/\ weight (run M s Bs) j (key y) = weight s j (key y) + eta M * gate_sum y (gates_of M s Bs),
      forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (run M s Bs) j) (count x) = Some (key y)
    & forall p, p != key y -> weight (run M s Bs) j p <= weight s j p]).
Proof.
move=> near; have [_ top _] := near Q 4%N 2%N P2 Perceptron 2%N 4%N s2 [::] (two_max _)
  perceptron_gates isT isT two_signed isT isT g1 true (two_winner true g1).
by case: covered_argmax; apply: top; first exact: two_unique_key.
Qed.

(** No key patch. *)
Lemma T3max_run_wrong_keyless : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (Bs : seq (batch R K)),
  max_pooling_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M ->
  signed_head s -> all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y, max_winner s y j ->
  [/\ weight (run M s Bs) j (key y) = weight s j (key y) + eta M * gate_sum y (gates_of M s Bs),
      forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (run M s Bs) j) (count x) = Some (key y)
    & forall p, p != key y -> weight (run M s Bs) j p <= weight s j p]).
Proof.
move=> near; have [_ top _] := near Q 4%N 2%N P2 Perceptron 0%N 4%N s2 [::] (two_max _)
  perceptron_gates isT two_signed isT isT g0 true (two_max_winner true g0).
exact: bare_argmax (top bare bare_keys erefl).
Qed.
