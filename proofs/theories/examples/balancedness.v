(** * T8: examples and refuted near misses

    One step on the image with label + of the small problem, hinge, trained head: filter 0 goes from
    (1/4, -1/4, 1/4) with head 1 to (3/4, -1/4, 3/4) with head 5/4. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation H := (small_model Hinge true).
Local Notation s1 := (step H s0 (single Q plus)).

Lemma symmetric p q : gram H p q = gram H q p.
Proof. by rewrite /= eq_sym. Qed.

Lemma own_coefficients (z : pattern 1 -> Q) : represents H z z.
Proof.
move=> q; rewrite small_sum_patterns /=.
by case: q => [[]|k]; rewrite /= ?(ord1 k) /= ?mulr1 ?mulr0 ?addr0 ?add0r.
Qed.

Example T8_number c' : represents H c' (weight s1 f0) ->
  gram_square H c' - head s1 f0 ^+ 2 = - 3%:R / 8%:R.
Proof.
move=> rep; have [balance _] := @Statements.T8_balancedness Q 3 1 H s0 (single Q plus) f0
  symmetric erefl (fun e => match e in (_ = x) return (if x is Relu2 then False else True) with erefl => I end).
rewrite (balance _ _ (own_coefficients _) rep) /gram_square !small_sum_patterns.
rewrite /filter_gradient /gated /= !big_seq1 /= /gate_at !small_margin.
by apply/eqP.
Qed.

(** The term of second order in eta left out. *)
Lemma T8_second_order_wrong : ~ (forall c c', represents H c (weight s0 f0) ->
  represents H c' (weight s1 f0) ->
  gram_square H c' - head s1 f0 ^+ 2 = gram_square H c - head s0 f0 ^+ 2).
Proof.
move/(_ _ _ (own_coefficients _) (own_coefficients _)); rewrite (T8_number (own_coefficients _)).
by rewrite /gram_square !small_sum_patterns => /eqP; vm_compute.
Qed.
