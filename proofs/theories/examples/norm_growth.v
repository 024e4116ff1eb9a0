(** * T2s: examples and refuted near misses

    On the small problem rho_0^2 is 1/16: the key of filter 0 rises by 1/4 a step. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require examples.closed_form.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation M := (small_model Unhinged false).
Local Notation at_step := (expected D M s0).

Lemma small_growth : growth_squared D M s0 f0 = 1 / 16%:R.
Proof.
rewrite /growth_squared big_mkcond small_sum_patterns !small_drift.
by apply/eqP.
Qed.

Example T2s_lower t : 1 / 16%:R * t%:R ^+ 2 <= norm_squared (at_step t) f0.
Proof.
have [lower _] := Statements.T2s_growth D s0 (small_fixed Unhinged) t f0.
by rewrite small_growth in lower.
Qed.

Lemma small_growth2 : growth_squared D M s0 f2 = 0.
Proof.
rewrite /growth_squared big_mkcond small_sum_patterns !small_drift.
by apply/eqP.
Qed.

(** Filter 0 dominates filter 2 without limit. *)
Example T2s_unlimited (rho : rat) : exists T, forall t, (T <= t)%N ->
  rho ^+ 2 * norm_squared (at_step t) f2 <= norm_squared (at_step t) f0.
Proof.
have [_ if_] := @Statements.T2s_unlimited_dominance [archiFieldType of rat] 3 1 D M s0 f2 f0
  (small_fixed Unhinged).
by apply: if_; left; rewrite small_growth small_growth2.
Qed.

(** Every positive coordinate counted in rho_j^2, falling ones included: at step 12 filter 1 is shorter. *)
Lemma T2s_falling_wrong : ~ (forall t j,
  (\sum_(p | 0 < weight s0 j p) drift D M s0 j p ^+ 2) * t%:R ^+ 2 <= norm_squared (at_step t) j).
Proof.
move/(_ 12%N f1); rewrite big_mkcond small_sum_patterns !small_drift.
have [_ rising _] := Statements.T1_closed_form D s0 (small_fixed Unhinged) 12 f1 (key false).
rewrite /norm_squared small_sum_patterns examples.closed_form.T1_falling.
rewrite examples.closed_form.T1_background rising ?small_drift; [by vm_compute | by [] | by []].
Qed.
