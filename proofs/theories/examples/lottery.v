(** * T9: examples and refuted near misses

    Coordinates 1 or -1 with probability 1/2 each. *)

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

Definition coin_value (b : bool) : Q := if b then 1 else -1.
Definition coin_chance (b : bool) : Q := 1 / 2%:R.

Lemma coin_opposite v : coin_value (~~ v) = - coin_value v.
Proof. by case: v; rewrite /coin_value /= ?opprK. Qed.

Lemma coin_neq0 v : coin_value v != 0.
Proof. by case: v. Qed.

Lemma coin_ge0 v : 0 <= coin_chance v.
Proof. by []. Qed.

Lemma coin_sum : \sum_v coin_chance v = 1.
Proof. by rewrite big_bool. Qed.

Definition coin : symmetric_law Q bool_finType :=
  @SymmetricLaw Q bool_finType coin_value coin_chance negb negbK coin_opposite (fun=> erefl) coin_neq0
    coin_ge0 coin_sum.

(** Two filters: 8 of the 64 sign patterns, probability 1/8. *)
Example T9_count_2 : #|[set f : {ffun 'I_2 -> bool * bool * bool} |
  [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| = 8%N.
Proof. by apply/eqP; rewrite -(eqn_add2r (2 * 6 ^ 2)%N) Statements.T9_lottery_count. Qed.

Example T9_probability_2 :
  mean_initial (fun (_ : 'I_2) (_ : pattern 1) => coin) (fun s => (both_win s)%:R) = 1 / 8%:R.
Proof. by rewrite Statements.T9_lottery; apply/eqP. Qed.

Example T9_heads : mean_weights (fun (_ : 'I_2) (_ : pattern 1) => coin) [ffun j => j == ord0]
  (fun s => (both_win s)%:R) = 1 / 4%:R.
Proof.
rewrite Statements.T9_fixed_heads.
have -> : #|[pred j : 'I_2 | [ffun j => j == ord0] j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
have -> : #|[pred j : 'I_2 | ~~ [ffun j => j == ord0] j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
by apply/eqP.
Qed.

(** The events that both labels lose left out: (1/2)^n. *)
Lemma T9_union_wrong : ~ (forall n (L : 'I_n -> pattern 1 -> symmetric_law Q bool_finType),
  mean_initial L (fun s => (both_win s)%:R) = 1 - 2%:R * (3%:R / 4%:R) ^+ n).
Proof. by move/(_ 2%N (fun _ _ => coin)); rewrite T9_probability_2 => /eqP; vm_compute. Qed.
