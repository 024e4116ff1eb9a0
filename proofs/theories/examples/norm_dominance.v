(** * T2: examples and refuted near misses

    On the small problem kappa is 1/4; filter 2 is the only loser, its norm squared is 3/16. *)

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
Local Notation at_step := (expected D M s0).

Local Definition dominance t := Statements.T2_norm_dominance (small_fixed Unhinged) (ltW (small_eta Unhinged false))
  small_signed small_unique_keys small_label_independent small_balanced t.

(** The key of filter 0 is 1/4 + t/4. *)
Example T2_winner t : weight (at_step t) f0 (key true) = 1 / 4%:R + 1 / 4%:R * t%:R.
Proof.
have [grows _ _ _] := dominance t.
by rewrite (grows f0 true (small_winner true f0)); congr (_ + _ * _); apply/eqP.
Qed.

(** Filter 2 stays below 1/4; dominance with ratio 2 from step 4 on. *)
Example T2_loser t : norm_squared (at_step t) f2 <= 1 / 4%:R.
Proof.
have [_ bounded _ _] := dominance t.
by apply: le_trans (bounded f2 _) _; rewrite ?small_loser // small_norm_squared.
Qed.

Example T2_ratio_2 t : (4 <= t)%N -> dominates 2%:R s0 (at_step t).
Proof.
move=> late; have [_ _ dominant _] := dominance t; apply: (dominant _ 4%N late) => j.
by rewrite small_loser small_norm_squared => /eqP ->.
Qed.

Example T2_any_ratio (rho : rat) : exists T, forall t, (T <= t)%N -> dominates rho s0 (at_step t).
Proof.
exact: (@Statements.T2_dominance_time [archiFieldType of rat] 3 1 D M 1 2 s0 rho (small_fixed Unhinged)
  (small_eta _ _) isT small_signed small_unique_keys small_label_independent small_balanced).
Qed.

(** The factor 1/2 forgotten in kappa. *)
Lemma T2_rate_wrong : ~ (forall t j y, winner s0 y j ->
  weight (at_step t) j (key y) = weight s0 j (key y) + eta M * 1%:R * t%:R).
Proof. by move/(_ 1%N f0 true (small_winner true f0)); rewrite T2_winner => /eqP; vm_compute. Qed.
