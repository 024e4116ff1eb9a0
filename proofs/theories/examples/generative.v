(** * Generative data: examples and refuted near misses

    Two background patterns; label + with probability 1/3. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.
From filtercert Require generative.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** Label + with probability a, and the first pattern with probability p or q, as the label is. *)
Section Coin.
Variables (a p q : Q).
Hypotheses (a01 : 0 <= a <= 1) (p01 : 0 <= p <= 1) (q01 : 0 <= q <= 1).

Let label_chance (y : bool) : Q := if y then a else 1 - a.
Let patch_chance (y : bool) (k : 'I_2) : Q :=
  if k == ord0 then (if y then p else q) else 1 - (if y then p else q).

Let label_ge0 y : 0 <= label_chance y.
Proof. by case: y; rewrite /label_chance ?subr_ge0; case/andP: a01. Qed.
Let patch_ge0 y k : 0 <= patch_chance y k.
Proof.
have [[p0 p1] [q0 q1]] := (andP p01, andP q01).
by rewrite /patch_chance; case: ifP => _; case: y; rewrite ?subr_ge0.
Qed.
Let label_sum : \sum_y label_chance y = 1.
Proof. by transitivity (a + (1 - a)); [rewrite big_bool | rewrite addrC subrK]. Qed.
Let patch_sum y : \sum_k patch_chance y k = 1.
Proof.
pose z := if y then p else q; transitivity (z + (1 - z)); last by rewrite addrC subrK.
by rewrite !big_ord_recl big_ord0 addr0.
Qed.

Definition coin : generator Q 2 := Generator label_ge0 patch_ge0 label_sum patch_sum.

End Coin.

Lemma third : 0 <= (1 / 3%:R : Q) <= 1. Proof. by []. Qed.
Lemma half : 0 <= (1 / 2%:R : Q) <= 1. Proof. by []. Qed.

Local Notation biased := (coin third third third).

(** One patch of each pattern. *)
Definition one_each : {ffun 'I_2 -> nat} := [ffun _ => 1%N].

Lemma two_sequences : multinomial 2 one_each = 2%N.
Proof.
have := @Statements.Multinomial_formula 2 2 one_each.
by rewrite !big_ord_recl !big_ord0 !ffunE /= !muln1.
Qed.

(** Two sequences of two patches have one of each: 1/3 of 2 (1/3) (2/3). *)
Example Generated_law_holds : joint (generated biased 1 2) true one_each = 4%:R / 27%:R.
Proof.
have [_ ->] := @Statements.Generated_law Q 2 biased 1 2 true; rewrite two_sequences.
by rewrite !big_ord_recl big_ord0 !ffunE.
Qed.

Lemma Generated_law_wrong_coefficient : ~ (forall (R : realFieldType) (K : nat) (g : generator R K) (r b : nat)
    (y : bool),
  prior (generated g r b) y = label_law g y /\
  forall c, joint (generated g r b) y c =
    label_law g y * \prod_k patch_law g y k ^+ c k).
Proof.
move/(_ Q 2%N biased 1%N 2%N true) => [_ /(_ one_each)].
by rewrite Generated_law_holds !big_ord_recl big_ord0 !ffunE => /eqP; vm_compute.
Qed.

Lemma Generated_law_wrong_label : ~ (forall (R : realFieldType) (K : nat) (g : generator R K) (r b : nat)
    (y : bool),
  prior (generated g r b) y = label_law g (~~ y) /\
  forall c, joint (generated g r b) y c =
    label_law g y * ((multinomial b c)%:R * \prod_k patch_law g y k ^+ c k)).
Proof.
move/(_ Q 2%N biased 1%N 2%N true) => [wrong _]; have [right _] := @Statements.Generated_law Q 2 biased 1 2 true.
by move: wrong; rewrite right => /eqP; vm_compute.
Qed.

(** 4! / (3! 1!) *)
Example Multinomial_formula_holds : multinomial 4 [ffun k : 'I_2 => if k == ord0 then 3 else 1]%N = 4%N.
Proof.
have := @Statements.Multinomial_formula 2 4 [ffun k : 'I_2 => if k == ord0 then 3 else 1]%N.
rewrite !big_ord_recl !big_ord0 !ffunE /= => /eqP.
by rewrite -[X in _ == X]/(4 * (3`! * (1`! * 1)))%N eqn_mul2r => /eqP.
Qed.

Lemma Multinomial_formula_wrong_factorial : ~ (forall (K b : nat) (c : {ffun 'I_K -> nat}),
  multinomial b c * \prod_k c k = if \sum_k c k == b then b`! else 0)%N.
Proof.
move/(_ 1%N 3%N [ffun _ => 3]%N); have := @Statements.Multinomial_formula 1 3 [ffun _ => 3]%N.
rewrite !big_ord_recl !big_ord0 !ffunE /= !muln1 => /eqP.
by rewrite -[X in _ == X]mul1n eqn_mul2r => /= /eqP ->.
Qed.

Lemma Multinomial_formula_wrong_total : ~ (forall (K b : nat) (c : {ffun 'I_K -> nat}),
  multinomial b c * \prod_k (c k)`! = if \sum_k c k <= b then b`! else 0)%N.
Proof.
move/(_ 1%N 1%N [ffun _ => 0]%N); have := @Statements.Multinomial_formula 1 1 [ffun _ => 0]%N.
by rewrite !big_ord_recl !big_ord0 !ffunE /= => ->.
Qed.

(** Three key patches and two others: five. *)
Example Generated_assumptions_holds : [/\ unique_keys (generated biased 3 2) 3 5,
  label_independent (generated biased 3 2) & balanced (generated (coin half third third) 3 2)].
Proof.
have [unique independent _] := @Statements.Generated_assumptions Q 2 biased 3 2.
have [_ _ even] := @Statements.Generated_assumptions Q 2 (coin half third third) 3 2.
split=> //; last by apply: even.
by apply: independent => [[]|k].
Qed.

Lemma Generated_assumptions_wrong_patches : ~ (forall (R : realFieldType) (K : nat) (g : generator R K) (r b : nat),
  [/\ unique_keys (generated g r b) r b,
      (forall y, 0 < label_law g y) -> (forall k, patch_law g true k = patch_law g false k) ->
        label_independent (generated g r b)
    & label_law g true = label_law g false -> balanced (generated g r b)]).
Proof.
move/(_ Q 2%N biased 1%N 0%N) => [wrong _ _].
have possible : 0 < draw_probability biased (true, [tuple]).
  by rewrite /draw_probability /= big_nil.
have := wrong (exist _ (true, [tuple]) possible); case/and3P=> _ _.
by rewrite /patches big_sumType /= big_bool !big_ord_recl big_ord0.
Qed.

Lemma Generated_assumptions_wrong_backgrounds : ~ (forall (R : realFieldType) (K : nat) (g : generator R K)
    (r b : nat),
  [/\ unique_keys (generated g r b) r (r + b),
      (forall y, 0 < label_law g y) -> label_independent (generated g r b)
    & label_law g true = label_law g false -> balanced (generated g r b)]).
Proof.
move/(_ Q 2%N (coin half third half) 1%N 2%N) => [_ wrong _].
have [|_ _ /(_ one_each)] := wrong _; first by case.
have law y := @Statements.Generated_law Q 2 (coin half third half) 1 2 y.
rewrite !(proj1 (law _)) !(proj2 (law _)) two_sequences !big_ord_recl !big_ord0 !ffunE => /eqP.
by vm_compute.
Qed.
