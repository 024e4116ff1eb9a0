(** * T5, T5s: examples and refuted near misses

    On the small problem, unhinged, after the path +, -: each label once, the walk back at 0. *)

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
Local Notation M := (small_model Unhinged false).

Lemma small_win y b : win M s0 1 y b = (if y then 1 / 4%:R else 1 / 2%:R) + 1 / 2%:R * 1%:R * b.
Proof. by rewrite /win big_mkcond sum_f !small_winner; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma small_opposition y b : opposition M s0 1 y b = relu (1 / 4%:R - 1 / 2%:R * 1%:R * b).
Proof. by rewrite /opposition big_mkcond sum_f; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma small_within y k lam : background_within M s0 y k lam =
  if y then 0 else (1 / 4%:R + 1 / 2%:R * lam) + (1 / 4%:R + 1 / 2%:R * lam).
Proof. by rewrite /background_within big_mkcond sum_f; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma keys_two : all (unique_key 1 2) [:: plus; minus].
Proof. by rewrite /= !small_unique_key. Qed.

Example T5_after_two : accuracy D M (sgd M s0 [:: plus; minus]) = 1.
Proof.
apply: (@Statements.T5_accuracy Q 3 1 D M 1 2 s0 _ (fun=> 1) (fun=> 0) (small_fixed Unhinged)
  (ltW (small_eta _ _)) small_signed small_unique_keys keys_two).
- by case.
- by move=> k; rewrite /walk !big_cons big_nil.
- by move=> y; rewrite small_win small_opposition; case: y.
by move=> y k; rewrite small_win small_opposition small_within; case: y.
Qed.

Example C5_unhinged_small : exists T0, forall T, (T0 <= T)%N ->
  1 - 1 / 100%:R <= Pr D T (fun xs => accuracy D M (sgd M s0 xs) == 1).
Proof.
exact: (@Statements.C5_unhinged [archiFieldType of rat] 3 1 D M 1 2 s0 (1 / 100%:R) (small_fixed Unhinged)
  (small_eta _ _) isT small_signed small_both_win small_unique_keys small_label_independent
  small_balanced isT).
Qed.

(** The background forgotten: after one image with label + the image with label - has margin -5/4. *)
Lemma T5_background_wrong : ~ (forall xs, all (unique_key 1 2) xs ->
  (forall y, 0 < 1%:R * (win M s0 1 y (label_count y xs)%:R - opposition M s0 1 y (label_count y xs)%:R)) ->
  accuracy D M (sgd M s0 xs) = 1).
Proof.
move/(_ [:: plus]); rewrite /= small_unique_key => /(_ isT) claim.
have : accuracy D M (sgd M s0 [:: plus]) == 1.
  by apply/eqP; apply: claim => y; rewrite small_win small_opposition; case: y.
rewrite accuracy1 => /forallP /(_ false).
by rewrite [sample_at _]/(small_sample false) small_margin !small_single; vm_compute.
Qed.
