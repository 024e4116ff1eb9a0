(** * T6s: examples and refuted near misses

    On the small problem with the hinge Q is 4, the coordinates that are not winners' keys have squares
    that add up to 1/4, and A_+ A_- / (A_+ + A_-) is 1/2. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require pathwise.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation M := (small_model Hinge false).

Lemma small_active (i : atom D) : active_square s0 (sample_at i) <= 4%:R.
Proof.
rewrite /active_square sum_f !(big_mkcond (fun p => 0 < _)) !small_sum_patterns.
by case: i.
Qed.

Lemma small_rest : \sum_j \sum_(p | ~~ winner_key s0 j p) relu (weight s0 j p) ^+ 2 = 1 / 4%:R.
Proof.
rewrite sum_f !(big_mkcond (fun p => ~~ winner_key s0 _ p)) !small_sum_patterns /winner_key !small_winner.
by apply/eqP.
Qed.

Lemma small_heads y : head_square s0 y = 1.
Proof. by rewrite /head_square big_mkcond sum_f !small_winner; case: y; apply/eqP. Qed.

Lemma small_key_at_least (i : atom D) : key_at_least 1 (sample_at i).
Proof. by case: i. Qed.

Example T6s_number (w : seq (atom D)) :
  let mu y := gate_sum y (gates_of M s0 (map (@single Q 1) (samples w))) in
  1 * 1 / (1 + 1) * (eta M * 1%:R * (mu true + mu false)) ^+ 2 <=
  1 / 4%:R + (2%:R * eta M + eta M ^+ 2 * 4%:R) * (mu true + mu false).
Proof.
have keys : all (images (key_at_least 1)) (map (@single Q 1) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: small_key_at_least.
have active : all (images (fun x => active_square s0 x <= 4%:R)) (map (@single Q 1) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: small_active.
have [_] := Statements.T6s_hinge (small_fixed Hinge) (ltW (small_eta _ _))
  (pathwise.singles_within Q (samples w)) keys active erefl.
by rewrite !small_heads small_rest.
Qed.

(** The part that grows with the updates left out: + and then - are two updates. *)
Lemma T6s_constant_wrong : ~ (forall (w : seq (atom D)),
  let mu y := gate_sum y (gates_of M s0 (map (@single Q 1) (samples w))) in
  1 * 1 / (1 + 1) * (eta M * 1%:R * (mu true + mu false)) ^+ 2 <= 1 / 4%:R :> Q).
Proof.
move/(_ [:: true; false]); rewrite /gate_sum /= !big_cons !big_nil /mass /gated /= !big_cons !big_nil /=.
rewrite /gate_at !small_margin !small_single /gate_at !small_margin.
by vm_compute.
Qed.
