(** * T4: examples and refuted near misses

    On the path +, -, +, - of the small problem, unhinged: each label twice, the walk within 1. *)

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

Definition path := [:: plus; minus; plus; minus].

Lemma path_keys : all (unique_key 1 2) path.
Proof. by rewrite /= !small_unique_key. Qed.

Lemma path_near k : ~~ walk_exceeds k (1 : Q) path.
Proof.
rewrite /walk_exceeds negb_exists; apply/forallP => -[u lt_u]; rewrite -leNgt.
by case: u lt_u => [|[|[|[|[|u]]]]] //= _; rewrite /walk ?big_cons big_nil.
Qed.

Example T4_after_four : dominates 1 s0 (sgd M s0 path).
Proof.
rewrite -(take_size path).
apply: (@Statements.T4_dominance Q 3 1 M 1 2 s0 path 4 4 (fun=> 2%:R) (fun=> 1) 1
  (small_fixed Unhinged) (ltW (small_eta _ _)) small_signed path_keys) => //.
- by case.
- exact: path_near.
move=> y y' j i; rewrite small_winner small_loser big_ord1 => win lose hd.
have -> : y' = true.
  by case: y' hd => //; have -> : i = f2 by [apply/val_inj/eqP].
have -> : i = f2 by apply/val_inj/eqP.
by case: y win => win; [have -> : j = f0 by [apply/val_inj/eqP] | have -> : j = f1 by [apply/val_inj/eqP]].
Qed.

Example T4_any_ratio (rho : rat) : exists T0, forall T, (T0 <= T)%N ->
  1 - 1 / 100%:R <= Pr D T (fun xs => dominates rho s0 (sgd M s0 xs)).
Proof.
exact: (@Statements.T4_limit [archiFieldType of rat] 3 1 D M 1 2 s0 rho (1 / 100%:R) (small_fixed Unhinged)
  (small_eta _ _) isT small_signed small_unique_keys small_label_independent small_balanced isT).
Qed.

(** The walk forgotten: after +, + the background of the loser has grown to 5/4. *)
Lemma T4_walk_wrong : ~ (forall xs (rho : Q), all (unique_key 1 2) xs ->
  (forall y j i, winner s0 y j -> loser s0 i ->
    rho ^+ 2 * (weight s0 i (key true) ^+ 2
      + Num.max (weight s0 i (key false) ^+ 2) ((eta M * 1%:R) ^+ 2)
      + \sum_k `|weight s0 i (background k)| ^+ 2) <=
    (weight s0 j (key y) + eta M * 1%:R * (label_count y xs)%:R) ^+ 2) ->
  dominates rho s0 (sgd M s0 xs)).
Proof.
move/(_ [:: plus; plus] (1 / 2%:R)); rewrite /= !small_unique_key => /(_ isT) claim.
have /forallP/(_ false)/forallP/(_ f1)/forallP/(_ f2) : dominates (1 / 2%:R) s0 (sgd M s0 [:: plus; plus]).
  apply: claim => y j i; rewrite small_winner small_loser big_ord1 => win lose.
  have -> : i = f2 by apply/val_inj/eqP.
  by case: y win => win; [have -> : j = f0 by [apply/val_inj/eqP] | have -> : j = f1 by [apply/val_inj/eqP]].
by rewrite small_winner small_loser /= /norm_squared !small_sum_patterns !small_single; vm_compute.
Qed.
