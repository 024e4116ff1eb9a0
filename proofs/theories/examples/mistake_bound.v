(** * T6: examples and refuted near misses

    On the small problem with the hinge: one winner each, |W(0)|^2 = 3/4, n = 3, m = 2, eta = 1/2. *)

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
Local Notation M := (small_model Hinge false).

Lemma small_total : total_norm_squared s0 = 3%:R / 4%:R.
Proof. by rewrite /total_norm_squared sum_f !small_norm_squared; apply/eqP. Qed.

(** At most 38 updates on every path, by the explicit form. *)
Example T6_at_most_38 xs : all (unique_key 1 2) xs -> (mistakes M s0 xs <= 38)%N.
Proof.
move=> keys.
have le := Statements.T6_explicit (small_fixed Hinge) (small_eta Hinge false) (isT : (0 < 1)%N) small_signed
  small_both_win keys.
rewrite small_total !small_winners in le.
have le38 : (mistakes M s0 xs)%:R <= 38%:R :> rat by apply: le_trans le _; vm_compute.
by rewrite ler_nat in le38.
Qed.

(** The inequality itself allows at most 32. *)
Lemma bound_32 (u : nat) :
  (eta M * 1%:R * 1%:R * u%:R) ^+ 2 <=
    2%:R * (3%:R / 4%:R + u%:R * (2%:R * eta M + eta M ^+ 2 * 3%:R * 2%:R ^+ 2)) -> (u <= 32)%N.
Proof.
apply: contraTT; rewrite -ltnNge => many; rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta M = 1 / 2%:R by [].
move: (u - 33)%N => v.
have -> : (1 / 2%:R * 1%:R * 1%:R * (33%:R + v%:R)) ^+ 2 - 2%:R * (3%:R / 4%:R
    + (33%:R + v%:R) * (2%:R * (1 / 2%:R) + (1 / 2%:R) ^+ 2 * 3%:R * 2%:R ^+ 2))
  = 27%:R / 4%:R + (17%:R / 2%:R * v%:R + 1 / 4%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Example T6_at_most_32 xs : all (unique_key 1 2) xs -> (mistakes M s0 xs <= 32)%N.
Proof.
move=> keys; apply: bound_32.
have := Statements.T6_mistake_bound (small_fixed Hinge) (ltW (small_eta _ _)) small_signed keys.
by rewrite small_total !small_winners.
Qed.

(** The part that grows with the updates left out: +, -, - are three updates. *)
Lemma T6_constant_wrong : ~ (forall xs, all (unique_key 1 2) xs ->
  (eta M * 1%:R * 1%:R * (mistakes M s0 xs)%:R) ^+ 2 <= 2%:R * (3%:R / 4%:R)).
Proof.
move/(_ [:: plus; minus; minus]); rewrite /= !small_unique_key => /(_ isT).
rewrite /gate_at !small_margin !small_single /gate_at !small_margin !small_single /gate_at !small_margin.
by vm_compute.
Qed.
