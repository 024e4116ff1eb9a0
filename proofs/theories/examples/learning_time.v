(** * T6 (a), (b): examples and refuted near misses

    On the small problem with the hinge: at most 32 updates, every atom has probability 1/2. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require Import examples.mistake_bound.
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

Lemma small_least (i : atom D) : 1 / 2%:R <= probability i :> Q.
Proof. by []. Qed.

Lemma small_bound (u : nat) :
  (eta M * 1%:R * (minn (winners s0 true) (winners s0 false))%:R * u%:R) ^+ 2 <=
    (winners s0 true + winners s0 false)%:R *
      (total_norm_squared s0 + u%:R * (2%:R * eta M + eta M ^+ 2 * 3%:R * 2%:R ^+ 2)) ->
  (u <= 32)%N.
Proof. by rewrite !small_winners small_total; exact: bound_32. Qed.

Example T6a_number T : Pr D T (fun xs => ~~ settled D M (sgd M s0 xs)) <= binomial_below T (1 / 2%:R) 32.
Proof.
have [] // := @Statements.T6a_unsettled Q 3 1 D M 1 2 s0 (1 / 2%:R) 32 T (small_fixed Hinge)
  (ltW (small_eta _ _)) small_signed small_unique_keys isT small_least small_bound.
Qed.

Example T6b_number T : Pr D T (fun xs => [forall t : 'I_T.+1,
  accuracy D M (sgd M s0 (take t xs)) <= 1 - 1 / 10%:R]) <= binomial_below T (1 / 10%:R) 32.
Proof.
exact: (@Statements.T6b_inaccurate Q 3 1 D M 1 2 s0 (1 / 10%:R) 32 T (small_fixed Hinge)
  (ltW (small_eta _ _)) small_signed small_unique_keys isT small_bound).
Qed.

Example C5_hinge_small : exists T0, forall T, (T0 <= T)%N ->
  1 - 1 / 100%:R <= Pr D T (fun xs => settled D M (sgd M s0 xs)).
Proof.
have [T0 likely] := @Statements.C5_hinge [archiFieldType of rat] 3 1 D M 1 2 s0 (1 / 100%:R)
  (small_fixed Hinge) (small_eta _ _) isT small_signed small_both_win small_unique_keys isT.
by exists T0 => T /likely[].
Qed.

(** Fewer updates than the bound: with 0 in its place no step would be needed. *)
Lemma T6a_threshold_wrong : ~ (forall T,
  Pr D T (fun xs => ~~ settled D M (sgd M s0 xs)) <= binomial_below T (1 / 2%:R) 0).
Proof.
move/(_ 0%N); rewrite binomial_below0 PrE expectation0.
have -> : settled D M (sgd M s0 [::]) = false by apply/negP => /forallP/(_ true); rewrite [sample_at _]/(small_sample true) small_margin; vm_compute.
by [].
Qed.
