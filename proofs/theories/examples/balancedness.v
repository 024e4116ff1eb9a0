(** * T8: examples and refuted near misses

    The examples use the second problem of [instances_two.v] with a trained head, and a dictionary whose
    two patterns are the same vector. The near misses use one filter, no background and one image with
    one key patch of label +: step size 1/2, unhinged loss, head 1, key 2. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts instances_two.
From filtercert Require Import examples.values_two.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** With an orthonormal dictionary the coordinates are coefficients. *)
Lemma own_coefficients K (N : model Q K) (z : pattern K -> Q) : orthonormal N -> represents N z z.
Proof.
move=> ortho q; rewrite (bigD1 q) //= ortho eqxx mulr1 big1 ?addr0 // => p other.
by rewrite ortho (negPf other) mulr0.
Qed.

Lemma two_symmetric l h p q : gram (two_model l h) p q = gram (two_model l h) q p.
Proof. by rewrite /= eq_sym. Qed.

(** The squared norm in the second problem, by coefficients. *)
Lemma square_sum (N : model Q 2) c : orthonormal N -> gram_square N c =
  c (key true) ^+ 2 + c (key false) ^+ 2 + (c b1 ^+ 2 + c b2 ^+ 2).
Proof.
move=> ortho; rewrite -(two_sum_patterns (fun p => c p ^+ 2)).
have sym p q : gram N p q = gram N q p by rewrite !ortho eq_sym.
have [_ ->] := Statements.T8_norm_of_coordinates sym (own_coefficients c ortho)
  (own_coefficients c ortho).
  by [].
exact: ortho.
Qed.

Lemma two_square l h c : gram_square (two_model l h) c =
  c (key true) ^+ 2 + c (key false) ^+ 2 + (c b1 ^+ 2 + c b2 ^+ 2).
Proof. exact: square_sum. Qed.

(** ** One filter, two patterns *)

Definition one_image : sample 0 := Sample true (fun p => if p is inl true then 1%N else 0%N).

Definition one_model (f : activation Q) (train_head : bool) : model Q 0 := {|
  gram := fun p q => (p == q)%:R; activation_of := f; pooling_of := SumPooling;
  loss_of := Unhinged; trained := train_head; eta := 1 / 2%:R |}.

Definition one_state : state Q 1 0 :=
  @State Q 1 0 (fun _ p => if p is inl true then 2%:R else 0) (fun _ => 1).

Lemma one_symmetric f h p q : gram (one_model f h) p q = gram (one_model f h) q p.
Proof. by rewrite /= eq_sym. Qed.

Lemma one_own f h z : represents (one_model f h) z z.
Proof. exact: own_coefficients. Qed.

Lemma one_sum_patterns (V : zmodType) (F : pattern 0 -> V) : \sum_p F p = F (key true) + F (key false).
Proof. by rewrite big_sumType /= big_bool big_ord0 addr0. Qed.

Section One.
Variables (f : activation Q) (h : bool).
Let N := one_model f h.
Let B := single Q one_image.

Lemma one_gradient p : filter_gradient N one_state (gated N one_state B) ord0 p =
  (if p is inl true then 1 else 0) * derivative f (weight one_state ord0 p).
Proof. by rewrite /filter_gradient /gated /= big_seq1 /= !mul1r; case: p => [[]|]. Qed.

Lemma one_head_gradient : head_gradient N one_state (gated N one_state B) ord0 = activate f 2%:R.
Proof.
by rewrite /head_gradient /gated /= big_seq1 /= !mul1r /pooled one_sum_patterns /= mul1r mul0r addr0.
Qed.

Lemma one_weight p : weight (step N one_state B) ord0 p =
  if p is inl true then 2%:R + 1 / 2%:R * derivative f 2%:R else 0.
Proof.
by rewrite /= one_sum_patterns !one_gradient; case: p => [[]|[]] //=; ring.
Qed.

Lemma one_head : head (step N one_state B) ord0 = if h then 1 + 1 / 2%:R * activate f 2%:R else 1.
Proof. by rewrite /= one_head_gradient. Qed.

End One.

Lemma relu_not_relu2 : (Relu : activation Q) <> Relu2.
Proof. by []. Qed.

(** ** T8_balancedness *)

(** Half a step on an image of each label, hinge: the gradient of filter 0 is (1, -1, 1/2, 0), its
    squared norm less its squared head goes from 15/64 - 1 to 15/64 - 1 + (9/4 - 1/256) / 16,
    whatever coefficients give it. *)
Local Notation half_and_half := [:: (1 / 2%:R : rat, plus20); (1 / 2%:R, minus11)].

Example T8_balancedness_holds :
  let s := step (two_model Hinge true) two_state half_and_half in
  (forall c, represents (two_model Hinge true) c (weight s g0) ->
    gram_square (two_model Hinge true) c - head s g0 ^+ 2 = - 2561%:R / 4096%:R)
  /\ exists c, represents (two_model Hinge true) c (weight s g0).
Proof.
have own := @own_coefficients 2 (two_model Hinge true) (weight two_state g0) (fun p q => erefl).
have [balance span] := @Statements.T8_balancedness Q 4 2 (two_model Hinge true) two_state half_and_half
  g0 (two_symmetric Hinge true) erefl relu_not_relu2.
split; last by eexists; exact: (span _ own).
move=> c rep; rewrite (balance _ _ own rep).
have gradient p : filter_gradient (two_model Hinge true) two_state
    (gated (two_model Hinge true) two_state half_and_half) g0 p = row 1 (-1) (1 / 2%:R) 0 p.
  rewrite /filter_gradient /gated /= !big_cons big_nil /= /gate_at !two_margin_start.
  by case: p => [[]|[[|[|k]] lt]] //; apply/eqP; vm_compute.
rewrite !two_square two_sum_patterns !gradient.
by apply/eqP; vm_compute.
Qed.

(** eta in place of its square. *)
Lemma T8_balancedness_wrong_eta : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (B : batch R K) (j : 'I_n),
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m <> Relu2 ->
  let S := filter_gradient m s (gated m s B) j in
  (forall c c', represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
    gram_square m c' - head (step m s B) j ^+ 2 = gram_square m c - head s j ^+ 2 +
      eta m * (head s j ^+ 2 * gram_square m S - (\sum_p S p * weight s j p) ^+ 2))
  /\ (forall c, represents m c (weight s j) ->
    represents m (fun p => c p + eta m * head s j * S p) (weight (step m s B) j))).
Proof.
case/(_ Q 1%N 0%N (one_model Relu true) one_state (single Q one_image) ord0 (one_symmetric _ _) erefl
  relu_not_relu2) => + _.
move=> /(_ _ _ (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !one_sum_patterns !one_weight one_head !one_gradient.
by move/eqP; vm_compute.
Qed.

(** relu2, which is homogeneous of degree 2. *)
Lemma T8_balancedness_wrong_relu2 : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (B : batch R K) (j : 'I_n),
  (forall p q, gram m p q = gram m q p) -> trained m = true ->
  let S := filter_gradient m s (gated m s B) j in
  (forall c c', represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
    gram_square m c' - head (step m s B) j ^+ 2 = gram_square m c - head s j ^+ 2 +
      eta m ^+ 2 * (head s j ^+ 2 * gram_square m S - (\sum_p S p * weight s j p) ^+ 2))
  /\ (forall c, represents m c (weight s j) ->
    represents m (fun p => c p + eta m * head s j * S p) (weight (step m s B) j))).
Proof.
case/(_ Q 1%N 0%N (one_model Relu2 true) one_state (single Q one_image) ord0 (one_symmetric _ _) erefl)
  => + _.
move=> /(_ _ _ (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !one_sum_patterns !one_weight one_head !one_gradient.
by move/eqP; vm_compute.
Qed.

(** A head that is not trained. *)
Lemma T8_balancedness_wrong_fixed : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (B : batch R K) (j : 'I_n),
  (forall p q, gram m p q = gram m q p) -> activation_of m <> Relu2 ->
  let S := filter_gradient m s (gated m s B) j in
  (forall c c', represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
    gram_square m c' - head (step m s B) j ^+ 2 = gram_square m c - head s j ^+ 2 +
      eta m ^+ 2 * (head s j ^+ 2 * gram_square m S - (\sum_p S p * weight s j p) ^+ 2))
  /\ (forall c, represents m c (weight s j) ->
    represents m (fun p => c p + eta m * head s j * S p) (weight (step m s B) j))).
Proof.
case/(_ Q 1%N 0%N (one_model Relu false) one_state (single Q one_image) ord0 (one_symmetric _ _)
  relu_not_relu2) => + _.
move=> /(_ _ _ (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !one_sum_patterns !one_weight one_head !one_gradient.
by move/eqP; vm_compute.
Qed.

(** ** T8_norm_of_coordinates *)

(** A dictionary by its Gram matrix alone. *)
Definition dictionary_model (G : pattern 0 -> pattern 0 -> Q) : model Q 0 := {|
  gram := G; activation_of := Relu; pooling_of := SumPooling;
  loss_of := Unhinged; trained := true; eta := 1 |}.

Definition both (a b : Q) (p : pattern 0) : Q := if p is inl true then a else b.

(** Two patterns that are the same unit vector: whatever coefficients give the filter with coordinates
    (1, 1), its squared norm is 1. With the orthonormal dictionary of the second problem filter 0
    has 15/64. *)
Example T8_norm_of_coordinates_holds :
  (forall c, represents (dictionary_model (fun _ _ => 1)) c (both 1 1) ->
    gram_square (dictionary_model (fun _ _ => 1)) c = 1)
  /\ forall c, represents (two_model Unhinged true) c (weight two_state g0) ->
    gram_square (two_model Unhinged true) c = 15%:R / 64%:R.
Proof.
split=> c rep.
  have first : represents (dictionary_model (fun _ _ => 1)) (both 1 0) (both 1 1).
    by move=> q; rewrite one_sum_patterns; case: q => [[]|[]].
  have [-> _] := @Statements.T8_norm_of_coordinates Q 0 (dictionary_model (fun _ _ => 1)) c (both 1 0)
    (both 1 1) (fun p q => erefl) rep first.
  by rewrite /gram_square !one_sum_patterns.
have [_ ->] := Statements.T8_norm_of_coordinates (two_symmetric Unhinged true) rep rep.
  by rewrite two_sum_patterns; apply/eqP; vm_compute.
by [].
Qed.

(** A matrix that is not symmetric is no Gram matrix: [G + - = 1] and all else 0. *)
Lemma T8_norm_of_coordinates_wrong_symmetric : ~ (forall (R : realFieldType) (K : nat) (m : model R K)
    (c c' z : pattern K -> R),
  represents m c z -> represents m c' z ->
  gram_square m c = gram_square m c' /\ (orthonormal m -> gram_square m c = \sum_p z p ^+ 2)).
Proof.
pose G (p q : pattern 0) : Q := if p is inl true then if q is inl true then 0 else 1 else 0.
have [] : represents (dictionary_model G) (both 1 0) (both 0 1) /\
    represents (dictionary_model G) (both 1 1) (both 0 1).
  by split=> q; rewrite one_sum_patterns; case: q => [[]|[]].
move=> first other /(_ Q 0%N (dictionary_model G) _ _ _ first other) [+ _].
by rewrite /gram_square !one_sum_patterns => /eqP; vm_compute.
Qed.

(** The sum of squares of the coordinates, with patterns of length sqrt2. *)
Lemma T8_norm_of_coordinates_wrong_orthonormal : ~ (forall (R : realFieldType) (K : nat) (m : model R K)
    (c c' z : pattern K -> R),
  (forall p q, gram m p q = gram m q p) -> represents m c z -> represents m c' z ->
  gram_square m c = gram_square m c' /\ (gram_square m c = \sum_p z p ^+ 2)).
Proof.
pose G (p q : pattern 0) : Q := if p == q then 2%:R else 0.
have rep : represents (dictionary_model G) (both 1 0) (both 2%:R 0).
  by move=> q; rewrite one_sum_patterns; case: q => [[]|[]].
have sym p q : gram (dictionary_model G) p q = gram (dictionary_model G) q p by rewrite /= /G eq_sym.
move/(_ Q 0%N (dictionary_model G) _ _ _ sym rep rep) => [_].
by rewrite /gram_square !one_sum_patterns => /eqP; vm_compute.
Qed.

(** Coefficients of another filter. *)
Lemma T8_norm_of_coordinates_wrong_other : ~ (forall (R : realFieldType) (K : nat) (m : model R K)
    (c c' z : pattern K -> R),
  (forall p q, gram m p q = gram m q p) -> represents m c z ->
  gram_square m c = gram_square m c' /\ (orthonormal m -> gram_square m c = \sum_p z p ^+ 2)).
Proof.
have rep : represents (dictionary_model (fun _ _ => 1)) (both 1 0) (both 1 1).
  by move=> q; rewrite one_sum_patterns; case: q => [[]|[]].
move/(_ Q 0%N (dictionary_model (fun _ _ => 1)) (both 1 0) (both 0 0) (both 1 1) (fun p q => erefl) rep)
  => [+ _].
by rewrite /gram_square !one_sum_patterns => /eqP; vm_compute.
Qed.

(** ** T8_balancedness_run *)

(** Two steps of SGD with the hinge, an image of each label: filter 0 ends with a squared norm that is
    89/4096 above its squared head. *)
Example T8_balancedness_run_holds :
  let s := run (two_model Hinge true) two_state [:: single Q plus20; single Q minus11] in
  forall c, represents (two_model Hinge true) c (weight s g0) ->
    gram_square (two_model Hinge true) c - head s g0 ^+ 2 = 89%:R / 4096%:R.
Proof.
move=> s c rep.
have own := @own_coefficients 2 (two_model Hinge true) (weight two_state g0) (fun p q => erefl).
rewrite (Statements.T8_balancedness_run (two_symmetric Hinge true) erefl relu_not_relu2 own rep).
set N := two_model Hinge true; pose s1 := step N two_state (single Q plus20).
rewrite !big_ord_recl big_ord0 addr0.
pose term (s : state Q 4 2) B := head s g0 ^+ 2 * gram_square N (filter_gradient N s (gated N s B) g0) -
  (\sum_p filter_gradient N s (gated N s B) g0 p * weight s g0 p) ^+ 2.
change (gram_square N (weight two_state g0) - head two_state g0 ^+ 2 +
  eta N ^+ 2 * (term two_state (single Q plus20) + term s1 (single Q minus11)) = 89%:R / 4096%:R).
have first p : filter_gradient N two_state (gated N two_state (single Q plus20)) g0 p =
    row 2%:R 0 2%:R 0 p.
  rewrite /filter_gradient /gated /= big_seq1 /= /gate_at two_margin_start.
  by case: p => [[]|[[|[|k]] lt]] //; apply/eqP; vm_compute.
have moved j p : weight s1 j p = weight two_state j p + (if 0 < weight two_state j p
    then 1 / 4%:R * head two_state j * (1 * (1 * (count plus20 p)%:R)) else 0).
  by rewrite two_single /gate_at two_margin_start.
have head1 j : head s1 j =
    head two_state j + 1 / 4%:R * (1 * (1 * two_pooled_value (weight two_state j) true false)).
  by rewrite two_single_head // /gate_at two_margin_start.
clearbody s1.
have open1 : gate_at N s1 minus11 = 1.
  by rewrite /gate_at two_margin /two_pooled_value !moved !head1; apply/eqP; vm_compute.
have second p : filter_gradient N s1 (gated N s1 (single Q minus11)) g0 p = row 0 (- 2%:R) (-1) 0 p.
  rewrite /filter_gradient /gated big_map big_seq1 open1 /pooled_derivative /= moved.
  by case: p => [[]|[[|[|k]] lt]] //; apply/eqP; vm_compute.
rewrite /term !two_square !two_sum_patterns !first !second !moved head1.
by apply/eqP; vm_compute.
Qed.

(** eta in place of its square. *)
Lemma T8_balancedness_run_wrong_eta : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (Bs : seq (batch R K)) (j : 'I_n) (c c' : pattern K -> R),
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m <> Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (run m s Bs) j) ->
  gram_square m c' - head (run m s Bs) j ^+ 2 = gram_square m c - head s j ^+ 2 +
    eta m * \sum_(t < size Bs)
      (head (run m s (take t Bs)) j ^+ 2 *
         gram_square m (filter_gradient m (run m s (take t Bs))
                          (gated m (run m s (take t Bs)) (nth [::] Bs t)) j)
       - (\sum_p filter_gradient m (run m s (take t Bs))
                   (gated m (run m s (take t Bs)) (nth [::] Bs t)) j p
                 * weight (run m s (take t Bs)) j p) ^+ 2)).
Proof.
move/(_ Q 1%N 0%N (one_model Relu true) one_state [:: single Q one_image] ord0 _ _ (one_symmetric _ _)
  erefl relu_not_relu2 (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !big_ord_recl big_ord0 [run _ _ _]/= [take _ _]/= [nth _ _ _]/=.
rewrite !one_sum_patterns !one_weight one_head !one_gradient.
by move/eqP; vm_compute.
Qed.

(** A head that is not trained. *)
Lemma T8_balancedness_run_wrong_fixed : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (Bs : seq (batch R K)) (j : 'I_n) (c c' : pattern K -> R),
  (forall p q, gram m p q = gram m q p) -> activation_of m <> Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (run m s Bs) j) ->
  gram_square m c' - head (run m s Bs) j ^+ 2 = gram_square m c - head s j ^+ 2 +
    eta m ^+ 2 * \sum_(t < size Bs)
      (head (run m s (take t Bs)) j ^+ 2 *
         gram_square m (filter_gradient m (run m s (take t Bs))
                          (gated m (run m s (take t Bs)) (nth [::] Bs t)) j)
       - (\sum_p filter_gradient m (run m s (take t Bs))
                   (gated m (run m s (take t Bs)) (nth [::] Bs t)) j p
                 * weight (run m s (take t Bs)) j p) ^+ 2)).
Proof.
move/(_ Q 1%N 0%N (one_model Relu false) one_state [:: single Q one_image] ord0 _ _ (one_symmetric _ _)
  relu_not_relu2 (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !big_ord_recl big_ord0 [run _ _ _]/= [take _ _]/= [nth _ _ _]/=.
rewrite !one_sum_patterns !one_weight one_head !one_gradient.
by move/eqP; vm_compute.
Qed.

(** ** T8_balancedness_relu2 *)

(** The second problem with relu2 and the unhinged loss, half a step on an image of each label: the
    gradient of filter 0 is (1/2, -3/4, 1/8, 0), that of its head -9/128. *)
Definition two_relu2_model : model Q 2 := {|
  gram := fun p q => (p == q)%:R; activation_of := Relu2; pooling_of := SumPooling;
  loss_of := Unhinged; trained := true; eta := 1 / 4%:R |}.

Example T8_balancedness_relu2_holds :
  let s := step two_relu2_model two_state half_and_half in
  forall c, represents two_relu2_model c (weight s g0) ->
    gram_square two_relu2_model c - 2%:R * head s g0 ^+ 2 =
      15%:R / 64%:R - 2%:R + 1 / 16%:R * (53%:R / 64%:R - 2%:R * (9%:R / 128%:R) ^+ 2).
Proof.
move=> s c rep.
have own := @own_coefficients 2 two_relu2_model (weight two_state g0) (fun p q => erefl).
have sym p q : gram two_relu2_model p q = gram two_relu2_model q p by rewrite /= eq_sym.
rewrite (Statements.T8_balancedness_relu2 sym erefl erefl own rep).
have gradient p : filter_gradient two_relu2_model two_state (gated two_relu2_model two_state
    half_and_half) g0 p = row (1 / 2%:R) (- 3%:R / 4%:R) (1 / 8%:R) 0 p.
  rewrite /filter_gradient /gated /= !big_cons big_nil /=.
  by case: p => [[]|[[|[|k]] lt]] //; apply/eqP; vm_compute.
have up : head_gradient two_relu2_model two_state (gated two_relu2_model two_state half_and_half) g0 =
    - 9%:R / 128%:R.
  rewrite /head_gradient /gated /= !big_cons big_nil /= /pooled !two_sum_patterns.
  by apply/eqP; vm_compute.
have ortho : orthonormal two_relu2_model by [].
rewrite !(square_sum _ ortho) !gradient up.
by congr (_ - _ + _ * (_ - _ * _)); rewrite ?mulNr ?sqrrN //; apply/eqP; vm_compute.
Qed.

(** The head's gradient counted once. *)
Lemma T8_balancedness_relu2_wrong_head : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (B : batch R K) (j : 'I_n) (c c' : pattern K -> R),
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m = Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
  gram_square m c' - 2%:R * head (step m s B) j ^+ 2 = gram_square m c - 2%:R * head s j ^+ 2 +
    eta m ^+ 2 * (head s j ^+ 2 * gram_square m (filter_gradient m s (gated m s B) j)
                  - head_gradient m s (gated m s B) j ^+ 2)).
Proof.
move/(_ Q 1%N 0%N (one_model Relu2 true) one_state (single Q one_image) ord0 _ _ (one_symmetric _ _)
  erefl erefl (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !one_sum_patterns !one_weight one_head !one_gradient one_head_gradient.
by move/eqP; vm_compute.
Qed.

(** relu, which is homogeneous of degree 1. *)
Lemma T8_balancedness_relu2_wrong_relu : ~ (forall (R : realFieldType) (n K : nat) (m : model R K)
    (s : state R n K) (B : batch R K) (j : 'I_n) (c c' : pattern K -> R),
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m = Relu ->
  represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
  gram_square m c' - 2%:R * head (step m s B) j ^+ 2 = gram_square m c - 2%:R * head s j ^+ 2 +
    eta m ^+ 2 * (head s j ^+ 2 * gram_square m (filter_gradient m s (gated m s B) j)
                  - 2%:R * head_gradient m s (gated m s B) j ^+ 2)).
Proof.
move/(_ Q 1%N 0%N (one_model Relu true) one_state (single Q one_image) ord0 _ _ (one_symmetric _ _) erefl
  erefl (one_own _ _ _) (one_own _ _ _)).
rewrite /gram_square !one_sum_patterns !one_weight one_head !one_gradient one_head_gradient.
by move/eqP; vm_compute.
Qed.

