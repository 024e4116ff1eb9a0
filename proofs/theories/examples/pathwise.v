(** * T3: examples and refuted near misses

    On the second problem, where a whole image moves a key by eta r = 1/2 and the margins at the start are
    7/8 and 3/4 on the images with label +, -13/8 and -3/2 on those with label -. The near misses use a
    single step: the theorem says one number, the near miss another. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.broken_assumptions.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation M2 := (two_model Unhinged false).
Local Notation H2 := (two_model Hinge false).
Local Notation S2 := (two_model SquaredHinge false).
Local Notation s2 := two_state.

(** ** Given gates *)

(** Half a plain image with label +, a quarter of one with label -, then a whole one with label +. *)
Definition path : seq (batch Q 2) := [:: [:: (1 / 2%:R, plus11); (1 / 4%:R, minus20)]; [:: (1, plus20)]].

Lemma path_within : all (weights_within (1 : Q)) path.
Proof. by apply/and3P; split; rewrite /weights_within ?big_cons ?big_nil; vm_compute. Qed.

Lemma path_images : all (images (unique_key 2 4)) path.
Proof. by rewrite /path /images /= !two_unique_key. Qed.

(** The key of filter 0 grows by 3/2 times 1/2; its wrong key ends between -1/2 and its start, below the
    value after the first batch; the wrong key of filter 1 stays. *)
Example T3_pathwise_holds :
  [/\ weight (moves M2 s2 path) g1 (key false) = - 1 / 4%:R,
      weight (moves M2 s2 path) g0 (key true) = 1,
      - 1 / 2%:R <= weight (moves M2 s2 path) g0 (key false) <= 3%:R / 8%:R
    & weight (moves M2 s2 path) g0 (key false) <= weight (moves M2 s2 (take 1 path)) g0 (key false)].
Proof.
have run := Statements.T3_pathwise (two_fixed Unhinged) (ltW (two_eta Unhinged false)) two_signed
  path_within path_images; split.
- by have [frozen _ _ _] := run g1 true; rewrite frozen.
- have [_ grows _ _] := run g0 true; rewrite (grows (two_winner true g0)) /gate_sum /mass.
  by rewrite !big_cons !big_nil /=; apply/eqP.
- have [_ _ ends _] := run g0 true; have /andP[lo hi] := ends isT.
  by rewrite hi andbT; apply: le_trans lo.
- by have [_ _ _ falls] := run g0 true; exact: (falls _ [:: [:: (1, plus20)]]).
Qed.

(** One image, with weight w. *)
Definition one (w : rat) (x : sample 2) : seq (batch Q 2) := [:: [:: (w, x)]].

Lemma one_images w y b : all (images (unique_key 2 4)) (one w (two_sample y b)).
Proof. by rewrite /one /images /= two_unique_key. Qed.

Lemma one_weight w x j p : weight (moves M2 s2 (one w x)) j p = weight s2 j p +
  (if 0 < weight s2 j p then 1 / 4%:R * head s2 j * (w * sgn (label x) * (count x p)%:R) else 0).
Proof.
have [ortho act pool _ _] := two_fixed Unhinged.
rewrite -[moves M2 s2 (one w x)]/(move M2 s2 [:: (w, x)]).
by rewrite (weight_move_relu _ _ _ _ ortho act pool) big_seq1.
Qed.

Lemma one_within : all (weights_within (1 : Q)) (one 1 plus11).
Proof. by rewrite /one /weights_within /= big_seq1. Qed.

(** The number of key patches forgotten in (ii). *)
Lemma T3_pathwise_wrong_keys : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  fixed_head_network M l -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> 0 < sgn y * head s j ->
        weight (moves M s Cs) j (key (~~ y)) <= weight (moves M s Cs1) j (key (~~ y))]).
Proof.
move=> near; have [_ /(_ (two_winner true g0)) + _ _] := near Q 4%N 2%N M2 Unhinged 2%N 4%N 1 s2
  (one 1 plus11) (two_fixed _) isT two_signed one_within (one_images _ _ _) g0 true.
by rewrite one_weight /gate_sum /mass !big_cons !big_nil => /eqP; vm_compute.
Qed.

(** A filter that is no winner: its key does not grow. *)
Lemma T3_pathwise_wrong_loser : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  fixed_head_network M l -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      0 < sgn y * head s j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y Cs,
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> 0 < sgn y * head s j ->
        weight (moves M s Cs) j (key (~~ y)) <= weight (moves M s Cs1) j (key (~~ y))]).
Proof.
move=> near; have [_ /(_ isT) + _ _] := near Q 4%N 2%N M2 Unhinged 2%N 4%N 1 s2
  (one 1 plus11) (two_fixed _) isT two_signed one_within (one_images _ _ _) g3 true.
by rewrite one_weight /gate_sum /mass !big_cons !big_nil => /eqP; vm_compute.
Qed.

(** A coordinate does not stop at 0: it may jump below, by less than a step. *)
Lemma T3_pathwise_wrong_floor : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  fixed_head_network M l -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y Cs,
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) 0
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> 0 < sgn y * head s j ->
        weight (moves M s Cs) j (key (~~ y)) <= weight (moves M s Cs1) j (key (~~ y))]).
Proof.
move=> near; have [_ _ /(_ isT) + _] := near Q 4%N 2%N M2 Unhinged 2%N 4%N 1 s2
  (one 1 plus11) (two_fixed _) isT two_signed one_within (one_images _ _ _) g2 false.
by rewrite one_weight; vm_compute.
Qed.

(** Weights of any size: two images at once take a key further than one. *)
Lemma T3_pathwise_wrong_weights : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (g : R) (s : state R n K) (Cs : seq (batch R K)),
  fixed_head_network M l -> 0 <= eta M -> signed_head s ->
  all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y Cs,
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> 0 < sgn y * head s j ->
        weight (moves M s Cs) j (key (~~ y)) <= weight (moves M s Cs1) j (key (~~ y))]).
Proof.
move=> near; have [_ _ /(_ isT) + _] := near Q 4%N 2%N M2 Unhinged 2%N 4%N 1 s2
  (one 2%:R plus11) (two_fixed _) isT two_signed (one_images _ _ _) g2 false.
by rewrite one_weight; vm_compute.
Qed.

(** ** Runs of a loss *)

(** At the start every gate of the hinge is open. *)
Lemma hinge_gate y b : gate_at H2 s2 (two_sample y b) = 1.
Proof. by rewrite /gate_at two_margin_start; case: y; case: b. Qed.

Lemma hinge_gates (z : rat) : 0 <= gate Hinge z <= 1.
Proof. by have [_ ->] := Statements.T3_gates z. Qed.

(** Two batches with an image of each label. In the first all gates are open; then the margins are 2 on
    the image with label + and 0 on that with label -, so that only the latter is learnt from. *)
Definition batch11 : batch Q 2 := [:: (1 / 2%:R, plus11); (1 / 2%:R, minus11)].
Definition batch20 : batch Q 2 := [:: (1 / 2%:R, plus20); (1 / 2%:R, minus20)].
Local Notation batches := [:: batch11; batch20].

Lemma batches_within : all (weights_within (1 : Q)) batches.
Proof. by apply/and3P; split; rewrite /weights_within ?big_cons ?big_nil; vm_compute. Qed.

Lemma batches_images : all (images (unique_key 2 4)) batches.
Proof. by rewrite /images /= !two_unique_key. Qed.

Lemma batch11_weight j p : weight (step H2 s2 batch11) j p = weight s2 j p +
  (if 0 < weight s2 j p then head s2 j * (if p is inl y then sgn y / 4%:R else 0) else 0).
Proof.
have [ortho act pool _ _] := two_fixed Hinge.
rewrite /step (weight_move_relu _ _ _ _ ortho act pool) /gated /= !hinge_gate !big_cons big_nil.
congr (_ + _); case: ifP => // _; rewrite [_ * head s2 j]mulrC -[LHS]mulrA; congr (_ * _).
by case: p => [[]|k] /=; apply/eqP.
Qed.

Lemma batch20_gates : gate_at H2 (step H2 s2 batch11) plus20 = 0
  /\ gate_at H2 (step H2 s2 batch11) minus20 = 1.
Proof.
by rewrite /gate_at !two_margin !head_step // /two_pooled_value !batch11_weight; split; vm_compute.
Qed.

Lemma batches_gates y : gate_sum y (gates_of H2 s2 batches) = if y then 1 / 2%:R else 1.
Proof.
have [closed open] := batch20_gates.
rewrite /gate_sum /mass /= /gated /= !hinge_gate closed open !big_cons !big_nil /=.
by case: y; apply/eqP.
Qed.

Example T3_run_holds :
  [/\ weight (run H2 s2 batches) g1 (key false) = - 1 / 4%:R,
      weight (run H2 s2 batches) g0 (key true) = 1 / 2%:R
        /\ weight (run H2 s2 batches) g2 (key false) = 7%:R / 8%:R,
      - 1 / 2%:R <= weight (run H2 s2 batches) g0 (key false) <= 3%:R / 8%:R
    & weight (run H2 s2 batches) g0 (key false) <= weight (run H2 s2 [:: batch11]) g0 (key false)].
Proof.
have along := Statements.T3_run (two_fixed Hinge) hinge_gates (ltW (two_eta Hinge false)) two_signed
  batches_within batches_images; split.
- by have [frozen _ _ _] := along g1 true; rewrite frozen.
- have [_ plus _ _] := along g0 true; have [_ minus _ _] := along g2 false.
  rewrite (plus (two_winner true g0)) (minus (two_winner false g2)) !batches_gates.
  by split; apply/eqP.
- have [_ _ ends _] := along g0 true; have /andP[lo hi] := ends isT.
  by rewrite hi andbT; apply: le_trans lo.
- by have [_ _ _ falls] := along g0 true; exact: (falls [:: batch11] [:: batch20]).
Qed.

Lemma single_within (x : sample 2) : all (weights_within (1 : Q)) [:: single Q x].
Proof. by rewrite /= /weights_within /= big_seq1. Qed.

Lemma single_images y b : all (images (unique_key 2 4)) [:: single Q (two_sample y b)].
Proof. by rewrite /images /= two_unique_key. Qed.

Lemma single_gates y : gate_sum y (gates_of H2 s2 [:: single Q plus11]) = y%:R.
Proof. by rewrite /gate_sum /mass /= /gated /= hinge_gate !big_cons !big_nil /=; case: y; apply/eqP. Qed.

Lemma single_weight j p : weight (run H2 s2 [:: single Q plus11]) j p = weight s2 j p +
  (if 0 < weight s2 j p then 1 / 4%:R * head s2 j * (1 * (1 * (count plus11 p)%:R)) else 0).
Proof. by rewrite -[run _ _ _]/(step H2 s2 (single Q plus11)) two_single hinge_gate. Qed.

(** Gates that are at least 0 but not at most 1: the squared hinge, whose gate is 5/2 on a plain image
    with label -, takes the wrong key of filter 0 from 3/8 to -7/8. *)
Lemma squared_weight : weight (run S2 s2 [:: single Q minus20]) g0 (key false) = - 7%:R / 8%:R.
Proof.
rewrite -[run _ _ _]/(step S2 s2 (single Q minus20)) two_single /gate_at two_margin_start.
by apply/eqP.
Qed.

Lemma T3_run_wrong_squared_hinge : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (Bs : seq (batch R K)),
  fixed_head_network M l -> (forall z : R, 0 <= gate l z) -> 0 <= eta M -> signed_head s ->
  all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (run M s Bs) j p = weight s j p,
      winner s y j -> weight (run M s Bs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s Bs),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (run M s Bs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Bs1 Bs2, Bs = Bs1 ++ Bs2 -> 0 < sgn y * head s j ->
        weight (run M s Bs) j (key (~~ y)) <= weight (run M s Bs1) j (key (~~ y))]).
Proof.
move=> near; have nonneg (z : Q) : 0 <= gate SquaredHinge z by rewrite /= le_maxr lexx.
have [_ _ /(_ isT) + _] := near Q 4%N 2%N S2 SquaredHinge 2%N 4%N s2 [:: single Q minus20]
  (two_fixed _) nonneg isT two_signed (single_within _) (single_images _ _) g0 true.
by rewrite squared_weight; vm_compute.
Qed.

(** The number of key patches forgotten in (ii). *)
Lemma T3_run_wrong_keys : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (Bs : seq (batch R K)),
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (run M s Bs) j p = weight s j p,
      winner s y j -> weight (run M s Bs) j (key y) =
        weight s j (key y) + eta M * gate_sum y (gates_of M s Bs),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (run M s Bs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Bs1 Bs2, Bs = Bs1 ++ Bs2 -> 0 < sgn y * head s j ->
        weight (run M s Bs) j (key (~~ y)) <= weight (run M s Bs1) j (key (~~ y))]).
Proof.
move=> near; have [_ /(_ (two_winner true g0)) + _ _] := near Q 4%N 2%N H2 Hinge 2%N 4%N s2
  [:: single Q plus11] (two_fixed _) hinge_gates isT two_signed (single_within _) (single_images _ _)
  g0 true.
by rewrite single_weight single_gates => /eqP; vm_compute.
Qed.

(** The gates of the other label. *)
Lemma T3_run_wrong_label : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (Bs : seq (batch R K)),
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (run M s Bs) j p = weight s j p,
      winner s y j -> weight (run M s Bs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum (~~ y) (gates_of M s Bs),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (run M s Bs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Bs1 Bs2, Bs = Bs1 ++ Bs2 -> 0 < sgn y * head s j ->
        weight (run M s Bs) j (key (~~ y)) <= weight (run M s Bs1) j (key (~~ y))]).
Proof.
move=> near; have [_ /(_ (two_winner true g0)) + _ _] := near Q 4%N 2%N H2 Hinge 2%N 4%N s2
  [:: single Q plus11] (two_fixed _) hinge_gates isT two_signed (single_within _) (single_images _ _)
  g0 true.
by rewrite single_weight single_gates => /eqP; vm_compute.
Qed.

(** ** SGD *)

(** Three images: in the first two the gate is open, then the margin is above 1. *)
Local Notation images3 := [:: plus11; minus20; plus20].

Lemma images3_keys : all (unique_key 2 4) images3.
Proof. by rewrite /= !two_unique_key. Qed.

Lemma first_weight j p : weight (step H2 s2 (single Q plus11)) j p = weight s2 j p +
  (if 0 < weight s2 j p then 1 / 4%:R * head s2 j * (count plus11 p)%:R else 0).
Proof. by rewrite two_single hinge_gate /= !mul1r. Qed.

Lemma second_gate : gate_at H2 (step H2 s2 (single Q plus11)) minus20 = 1.
Proof. by rewrite /gate_at two_margin !head_step // /two_pooled_value !first_weight; vm_compute. Qed.

Lemma second_weight j p (z := weight (step H2 s2 (single Q plus11)) j p) :
  weight (step H2 (step H2 s2 (single Q plus11)) (single Q minus20)) j p =
    z + (if 0 < z then 1 / 4%:R * head s2 j * (1 * (sgn false * (count minus20 p)%:R)) else 0).
Proof. by rewrite two_single second_gate (head_step _ _ _ (erefl : trained H2 = false)). Qed.

Lemma third_gate :
  gate_at H2 (step H2 (step H2 s2 (single Q plus11)) (single Q minus20)) plus20 = 0.
Proof.
by rewrite /gate_at two_margin !head_step // /two_pooled_value !second_weight !first_weight; vm_compute.
Qed.

Lemma images3_gates y : gate_sum y (gates_of H2 s2 (map (@single Q 2) images3)) = 1.
Proof.
rewrite /gate_sum /mass /= /gated /= hinge_gate second_gate third_gate !big_cons !big_nil /=.
by case: y; apply/eqP.
Qed.

Example T3_sgd_holds :
  [/\ weight (sgd H2 s2 images3) g1 (key false) = - 1 / 4%:R,
      weight (sgd H2 s2 images3) g0 (key true) = 3%:R / 4%:R
        /\ weight (sgd H2 s2 images3) g2 (key false) = 7%:R / 8%:R,
      - 1 / 2%:R <= weight (sgd H2 s2 images3) g0 (key false) <= 3%:R / 8%:R
    & weight (sgd H2 s2 images3) g0 (key false) <= weight (sgd H2 s2 [:: plus11]) g0 (key false)].
Proof.
have along := Statements.T3_sgd (two_fixed Hinge) hinge_gates (ltW (two_eta Hinge false)) two_signed
  images3_keys; split.
- by have [frozen _ _ _] := along g1 true; rewrite frozen.
- have [_ plus _ _] := along g0 true; have [_ minus _ _] := along g2 false.
  rewrite (plus (two_winner true g0)) (minus (two_winner false g2)) !images3_gates.
  by split; apply/eqP.
- have [_ _ ends _] := along g0 true; have /andP[lo hi] := ends isT.
  by rewrite hi andbT; apply: le_trans lo.
- by have [_ _ _ falls] := along g0 true; exact: (falls [:: plus11] [:: minus20; plus20]).
Qed.

(** Gates that are at least 0 but not at most 1. *)
Lemma T3_sgd_wrong_squared_hinge : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (xs : seq (sample K)),
  fixed_head_network M l -> (forall z : R, 0 <= gate l z) -> 0 <= eta M -> signed_head s ->
  all (unique_key r m) xs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (sgd M s xs) j p = weight s j p,
      winner s y j -> weight (sgd M s xs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s (map (@single R K) xs)),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (sgd M s xs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall xs1 xs2, xs = xs1 ++ xs2 -> 0 < sgn y * head s j ->
        weight (sgd M s xs) j (key (~~ y)) <= weight (sgd M s xs1) j (key (~~ y))]).
Proof.
move=> near; have nonneg (z : Q) : 0 <= gate SquaredHinge z by rewrite /= le_maxr lexx.
have keys : all (unique_key 2 4) [:: minus20] by rewrite /= two_unique_key.
have [_ _ /(_ isT) + _] := near Q 4%N 2%N S2 SquaredHinge 2%N 4%N s2 [:: minus20]
  (two_fixed _) nonneg isT two_signed keys g0 true.
by rewrite -[sgd _ _ _]/(run S2 s2 [:: single Q minus20]) squared_weight; vm_compute.
Qed.

(** A2 forgotten: an image that holds the other label's key too. *)
Lemma T3_sgd_wrong_images : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (xs : seq (sample K)),
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (sgd M s xs) j p = weight s j p,
      winner s y j -> weight (sgd M s xs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s (map (@single R K) xs)),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (sgd M s xs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall xs1 xs2, xs = xs1 ++ xs2 -> 0 < sgn y * head s j ->
        weight (sgd M s xs) j (key (~~ y)) <= weight (sgd M s xs1) j (key (~~ y))]).
Proof.
move=> near; pose x : sample 2 := Sample true (fun=> 1%N).
have gates (z : Q) : 0 <= gate Unhinged z <= 1 by have [->] := Statements.T3_gates z.
have [_ _ /(_ isT)/andP[_ +] _] := near Q 4%N 2%N M2 Unhinged 2%N 4%N s2 [:: x] (two_fixed _) gates isT
  two_signed g0 true.
by rewrite -[sgd _ _ _]/(step M2 s2 (single Q x)) two_single_unhinged; vm_compute.
Qed.

(** The number of key patches forgotten in the floor. *)
Lemma T3_sgd_wrong_floor : ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (l : loss)
    (r m : nat) (s : state R n K) (xs : seq (sample K)),
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (unique_key r m) xs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (sgd M s xs) j p = weight s j p,
      winner s y j -> weight (sgd M s xs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s (map (@single R K) xs)),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- eta M)
          <= weight (sgd M s xs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall xs1 xs2, xs = xs1 ++ xs2 -> 0 < sgn y * head s j ->
        weight (sgd M s xs) j (key (~~ y)) <= weight (sgd M s xs1) j (key (~~ y))]).
Proof.
move=> near; have keys : all (unique_key 2 4) [:: plus11] by rewrite /= two_unique_key.
have [_ _ /(_ isT) + _] := near Q 4%N 2%N H2 Hinge 2%N 4%N s2 [:: plus11]
  (two_fixed _) hinge_gates isT two_signed keys g2 false.
by rewrite -[sgd _ _ _]/(run H2 s2 [:: single Q plus11]) single_weight; vm_compute.
Qed.

(** ** The losses with gates in [0, 1] *)

Example T3_gates_holds : [/\ 0 <= gate Unhinged (1 / 2%:R : rat) <= 1, 0 <= gate Hinge (1 : rat) <= 1
  & 0 <= gate Perceptron (0 : rat) <= 1].
Proof.
by have [? _ _] := Statements.T3_gates (1 / 2%:R : Q); have [_ ? _] := Statements.T3_gates (1 : Q);
  have [_ _ ?] := Statements.T3_gates (0 : Q); split.
Qed.

(** The gate of the squared hinge is 1 - z. *)
Lemma T3_gates_wrong_squared_hinge : ~ (forall (R : realFieldType) (z : R),
  [/\ 0 <= gate Unhinged z <= 1, 0 <= gate SquaredHinge z <= 1 & 0 <= gate Perceptron z <= 1]).
Proof. by move=> /(_ Q (- 1))[_ + _]; vm_compute. Qed.

(** A gate may be 1. *)
Lemma T3_gates_wrong_strict : ~ (forall (R : realFieldType) (z : R),
  [/\ 0 <= gate Unhinged z <= 1, 0 <= gate Hinge z < 1 & 0 <= gate Perceptron z <= 1]).
Proof. by move=> /(_ Q 0)[_ + _]; vm_compute. Qed.
