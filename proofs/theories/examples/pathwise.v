(** * T3: examples and refuted near misses

    On the path +, +, - of the small problem, unhinged: one step is 1/2. *)

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

Definition path : seq (batch Q 1) := [:: [:: (1, plus)]; [:: (1, plus)]; [:: (1, minus)]].

Lemma path_within : all (weights_within (1 : Q)) path.
Proof. by rewrite /path /weights_within /= !big_seq1 /=. Qed.

Lemma path_images : all (images (unique_key 1 2)) path.
Proof. by rewrite /path /images /= !small_unique_key. Qed.

(** The key of filter 0 has grown by two steps; the key of + in filter 1 ends between -1/2 and 1/4. *)
Example T3_winner : weight (moves M s0 path) f0 (key true) = 5%:R / 4%:R.
Proof.
have [_ grows _ _] := Statements.T3_pathwise (small_fixed Unhinged) (ltW (small_eta Unhinged false))
  small_signed path_within path_images f0 true.
rewrite (grows (small_winner true f0)) /gate_sum /mass !big_cons !big_nil /=.
by apply/eqP.
Qed.

Example T3_wrong_key : - 1 / 2%:R <= weight (moves M s0 path) f1 (key true) <= 1 / 4%:R.
Proof.
have [_ _ ends _] := Statements.T3_pathwise (small_fixed Unhinged) (ltW (small_eta Unhinged false))
  small_signed path_within path_images f1 false.
by have /andP[lo hi] := ends isT; apply/andP; split; [apply: le_trans lo | apply: le_trans hi _].
Qed.

(** A coordinate does not stop at 0: it may jump below, by less than a step. *)
Lemma T3_floor_wrong : ~ (forall y' j y, 0 < sgn y * head s0 j ->
  Num.min (weight s0 j (key (~~ y))) 0
    <= weight (step M s0 (single Q (small_sample y'))) j (key (~~ y))).
Proof. by move/(_ true f1 false isT); rewrite small_single. Qed.
