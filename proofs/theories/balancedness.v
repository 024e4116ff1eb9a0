(** * T8: balancedness

    With a trained head, |w_j|^2 - a_j^2 moves only by a term of second order in the step size, for
    every dictionary, loss, batch and pooling, when the activation is homogeneous of degree 1. The
    proof: the pooled activation is the inner product of the filter with its own derivative (Euler), so
    that the terms of first order cancel. With degree d (2 for relu2) it is |w|^2 - d a^2. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Norms of filters in the span *)
Section Span.
Variables (R : realFieldType) (K : nat) (m : model R K).
Implicit Types c z : pattern K -> R.

(** <sum_p c_p p, sum_q c'_q q> *)
Definition gram_product c c' : R := \sum_p \sum_q c p * c' q * gram m p q.

(** The squared norm is the product with itself. *)
Lemma gram_squareE c : gram_square m c = gram_product c c.
Proof. by []. Qed.

(** The inner product of a filter with one that is given by its coordinates. *)
Lemma gram_product_represents c c' z : represents m c z ->
  gram_product c c' = \sum_q c' q * z q.
Proof.
move=> cz; rewrite /gram_product exchange_big; apply: eq_bigr => q _.
by rewrite cz mulr_sumr; apply: eq_bigr => p _; ring.
Qed.

(** It is symmetric when the Gram matrix is. *)
Lemma gram_product_sym c c' : (forall p q, gram m p q = gram m q p) ->
  gram_product c c' = gram_product c' c.
Proof.
move=> sym; rewrite /gram_product exchange_big; apply: eq_bigr => q _; apply: eq_bigr => p _.
by rewrite (sym p q) (mulrC (c p)).
Qed.

(** |c + k S|^2 *)
Lemma gram_square_add c S (k : R) : (forall p q, gram m p q = gram m q p) ->
  gram_square m (fun p => c p + k * S p) =
  gram_square m c + k * (2%:R * gram_product c S) + k ^+ 2 * gram_square m S.
Proof.
move=> sym; have <- : gram_product c S + gram_product S c = 2%:R * gram_product c S.
  by rewrite (gram_product_sym S) //; ring.
pose b p q : R := k * (c p * S q * gram m p q + S p * c q * gram m p q).
rewrite [X in _ = _ + X + _](_ : _ = \sum_p \sum_q b p q); last first.
  rewrite /gram_product -big_split mulr_sumr; apply: eq_bigr => p _.
  by rewrite -big_split mulr_sumr; apply: eq_bigr => q _.
rewrite /gram_square mulr_sumr -!big_split; apply: eq_bigr => p _ /=.
by rewrite mulr_sumr -!big_split; apply: eq_bigr => q _ /=; rewrite /b; ring.
Qed.

(** The norm belongs to the coordinates, not to the coefficients that give them. *)
Lemma represents_square c c' z : (forall p q, gram m p q = gram m q p) ->
  represents m c z -> represents m c' z -> gram_square m c = gram_square m c'.
Proof.
move=> sym cz c'z; rewrite !gram_squareE.
rewrite (gram_product_represents c cz) -(gram_product_represents c c'z).
by rewrite gram_product_sym // (gram_product_represents c' cz) -(gram_product_represents c' c'z).
Qed.

(** For an orthonormal dictionary it is the sum of the squares of the coordinates. *)
Lemma represents_orthonormal c z : orthonormal m -> represents m c z ->
  gram_square m c = \sum_p z p ^+ 2.
Proof.
move=> ortho cz; rewrite gram_squareE (gram_product_represents c cz).
apply: eq_bigr => q _; suff -> : c q = z q by [].
rewrite cz (bigD1 q) //= ortho eqxx mulr1 big1 ?addr0 // => p /negbTE pq.
by rewrite ortho pq mulr0.
Qed.

End Span.

(** ** Euler's relation for the pooled activation *)
Section Euler.
Variables (R : realFieldType) (K : nat).
Implicit Types (m : model R K) (z : pattern K -> R) (N : pattern K -> nat).

(** The activations of degree 1. *)
Definition homogeneous_of (f : activation R) : bool := if f is Relu2 then false else true.

(** Euler's relation in one coordinate, also at 0. *)
Lemma euler_activation f (z : R) : homogeneous_of f -> derivative f z * z = activate f z.
Proof.
case: f => [|c||] //= _; last by rewrite mul1r.
  by case: ltP => z0; [rewrite mul1r relu_pos // ltW | rewrite mul0r relu_neg].
by case: ifP => _; rewrite ?mul1r.
Qed.

(** The same for degree 2. *)
Lemma euler_relu2 (z : R) : derivative Relu2 z * z = 2%:R * activate Relu2 z.
Proof.
rewrite /= -mulrA; congr (_ * _); case: (ltP 0 z) => z0; first by rewrite relu_pos ?ltW // expr2.
by rewrite relu_neg // mul0r expr0n.
Qed.

(** Also for max pooling and for the empty image. *)
Lemma euler_pooled m z N (d : R) :
  (forall u, derivative (activation_of m) u * u = d * activate (activation_of m) u) ->
  \sum_p pooled_derivative m z N p * z p = d * pooled m z N.
Proof.
move=> euler; rewrite /pooled /pooled_derivative; case: (pooling_of m).
  by rewrite mulr_sumr; apply: eq_bigr => p _; rewrite -mulrA euler mulrCA.
case: (argmax _ z N) => [p|]; last by rewrite big1 ?mulr0 // => p _; rewrite mul0r.
rewrite (bigD1 p) //= eqxx euler big1 ?addr0 // => q /negbTE qp.
by case: eqP => [[pq]|_]; rewrite ?mul0r //; rewrite pq eqxx in qp.
Qed.

End Euler.

(** ** One step *)
Section Balance.
Variables (R : realFieldType) (n K : nat).
Implicit Types (m : model R K) (s : state R n K) (C B : batch R K).

(** The head's gradient is the filter's inner product with its own. *)
Lemma euler_gradient m s C j (d : R) :
  (forall u, derivative (activation_of m) u * u = d * activate (activation_of m) u) ->
  \sum_p filter_gradient m s C j p * weight s j p = d * head_gradient m s C j.
Proof.
move=> euler; rewrite /filter_gradient /head_gradient mulr_sumr.
under eq_bigr do rewrite mulr_suml.
rewrite exchange_big; apply: eq_bigr => c _ /=.
by under eq_bigr do rewrite -mulrA; rewrite -mulr_sumr (euler_pooled _ _ euler) mulrCA.
Qed.

(** The coefficients after a step. *)
Lemma represents_move m s C j c : represents m c (weight s j) ->
  represents m (fun p => c p + eta m * head s j * filter_gradient m s C j p) (weight (move m s C) j).
Proof.
move=> cw q; rewrite /move /= cw mulr_sumr -big_split; apply: eq_bigr => p _ /=.
by rewrite mulrDl mulrA.
Qed.

(** Balancedness for an activation of degree d. *)
Lemma balance_move m s C j c c' (d : R) :
  (forall p q, gram m p q = gram m q p) -> trained m = true ->
  (forall u, derivative (activation_of m) u * u = d * activate (activation_of m) u) ->
  represents m c (weight s j) -> represents m c' (weight (move m s C) j) ->
  gram_square m c' - d * head (move m s C) j ^+ 2 = gram_square m c - d * head s j ^+ 2 +
    eta m ^+ 2 * (head s j ^+ 2 * gram_square m (filter_gradient m s C j)
                  - d * head_gradient m s C j ^+ 2).
Proof.
move=> sym tr euler cw c'w.
rewrite (represents_square sym c'w (represents_move C cw)).
rewrite gram_square_add // (gram_product_represents _ cw) (euler_gradient _ _ _ euler).
by rewrite /move /= tr; ring.
Qed.

(** T8. *)
Theorem balancedness m s B j :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m <> Relu2 ->
  let S := filter_gradient m s (gated m s B) j in
  (forall c c', represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
    gram_square m c' - head (step m s B) j ^+ 2 = gram_square m c - head s j ^+ 2 +
      eta m ^+ 2 * (head s j ^+ 2 * gram_square m S - (\sum_p S p * weight s j p) ^+ 2))
  /\ (forall c, represents m c (weight s j) ->
    represents m (fun p => c p + eta m * head s j * S p) (weight (step m s B) j)).
Proof.
move=> sym tr act S; split=> [c c' cw c'w|c cw]; last exact: represents_move.
have euler u : derivative (activation_of m) u * u = 1 * activate (activation_of m) u.
  by rewrite mul1r euler_activation //; case: (activation_of m) act.
have := balance_move sym tr euler cw c'w; rewrite !mul1r -/S => ->.
by rewrite (euler_gradient _ _ _ euler) mul1r.
Qed.

(** T8 for relu2. *)
Theorem balancedness_relu2 m s B j c c' :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m = Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
  gram_square m c' - 2%:R * head (step m s B) j ^+ 2 = gram_square m c - 2%:R * head s j ^+ 2 +
    eta m ^+ 2 * (head s j ^+ 2 * gram_square m (filter_gradient m s (gated m s B) j)
                  - 2%:R * head_gradient m s (gated m s B) j ^+ 2).
Proof.
move=> sym tr act cw c'w.
have euler u : derivative (activation_of m) u * u = 2%:R * activate (activation_of m) u.
  by rewrite act euler_relu2.
exact: balance_move sym tr euler cw c'w.
Qed.

(** T8 over a run: the terms add up. *)
Theorem balancedness_run m s Bs j c c' :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m <> Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (run m s Bs) j) ->
  gram_square m c' - head (run m s Bs) j ^+ 2 = gram_square m c - head s j ^+ 2 +
    eta m ^+ 2 * \sum_(t < size Bs)
      (head (run m s (take t Bs)) j ^+ 2 *
         gram_square m (filter_gradient m (run m s (take t Bs))
                          (gated m (run m s (take t Bs)) (nth [::] Bs t)) j)
       - (\sum_p filter_gradient m (run m s (take t Bs))
                   (gated m (run m s (take t Bs)) (nth [::] Bs t)) j p
                 * weight (run m s (take t Bs)) j p) ^+ 2).
Proof.
move=> sym tr act; elim: Bs s c => [|B Bs IH] s c cw c'w.
  by rewrite big_ord0 mulr0 addr0 (represents_square sym c'w cw).
case: (balancedness s B j sym tr act) => one rep.
rewrite (IH (step m s B) _ (rep c cw) c'w) (one _ _ cw (rep c cw)).
by rewrite big_ord_recl [in RHS]mulrDr [in RHS]addrA.
Qed.

End Balance.
