(** * T11: examples and refuted near misses

    Three filters with coordinates 1 or -1 on the two images of the small problem, hinge. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require main_claim.
From filtercert Require Import examples.lottery.
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
Local Notation L n := (fun (_ : 'I_n) (_ : pattern 1) => coin).

Lemma coin_bounded n (j : 'I_n) (q : pattern 1) v : `|value (L n j q) v| <= 1.
Proof. by case: v. Qed.

Lemma bound_50 (u : nat) : (eta M * 1%:R * u%:R) ^+ 2 <=
  3%:R * (3%:R * (3%:R * 1 ^+ 2) + u%:R * (2%:R * eta M + eta M ^+ 2 * 3%:R * 2%:R ^+ 2)) -> (u <= 50)%N.
Proof.
apply: contraTT; rewrite -ltnNge => many; rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta M = 1 / 2%:R by [].
move: (u - 51)%N => v.
have -> : (1 / 2%:R * 1%:R * (51%:R + v%:R)) ^+ 2 - 3%:R * (3%:R * (3%:R * 1 ^+ 2)
    + (51%:R + v%:R) * (2%:R * (1 / 2%:R) + (1 / 2%:R) ^+ 2 * 3%:R * 2%:R ^+ 2))
  = 45%:R / 4%:R + (27%:R / 2%:R * v%:R + 1 / 4%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

(** 23/32 for the lottery, and a binomial tail that vanishes with T. *)
Example T11_number T : mean_initial (L 3) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  23%:R / 32%:R + binomial_below T (1 / 2%:R) 50.
Proof.
have [le _] := @Statements.T11_main_claim Q 3 1 D M bool_finType (L 3) 1 2 50 T 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@coin_bounded 3) isT (fun=> isT) bound_50.
by apply: le_trans le _; rewrite ler_add2r.
Qed.

Example T11_small : exists n0, forall n, (n0 <= n)%N -> exists T0, forall T, (T0 <= T)%N ->
  mean_initial (L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <= 1 / 100%:R.
Proof.
exact: (@Statements.T11_limit [archiFieldType of rat] 1 D M bool_finType (fun n => L n) 1 2 1 (1 / 100%:R)
  (small_fixed Hinge) (small_eta _ _) isT small_unique_keys coin_bounded isT).
Qed.

(** The lottery off by (1/2)^n: without filters nothing is ever learnt. *)
Lemma T11_lottery_wrong : ~ (forall n k T,
  (forall u : nat, (eta M * 1%:R * u%:R) ^+ 2 <= n%:R * (n%:R * (3%:R * 1 ^+ 2)
    + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * 2%:R ^+ 2)) -> (u <= k)%N) ->
  mean_initial (L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    2%:R * (3%:R / 4%:R) ^+ n - 2%:R * 2%:R^-1 ^+ n + binomial_below T (1 / 2%:R) k).
Proof.
move/(_ 0%N 0%N 0%N); rewrite binomial_below0.
have -> : mean_initial (L 0) (fun s => Pr D 0 (fun xs => ~~ settled D M (sgd M s xs))) = 1.
  rewrite -(main_claim.mean_initial1 (L 0)); apply: eq_bigr => a _; congr (_ * _).
  apply: eq_bigr => z _; congr (_ * _); apply: PrT => w; apply/negP => /forallP/(_ true).
  by rewrite /margin /output big_ord0 mulr0.
move=> claim; have : (1 : Q) <= 2%:R * (3%:R / 4%:R) ^+ 0 - 2%:R * 2%:R^-1 ^+ 0 + 0; last by [].
apply: claim => u; rewrite mul0r leqn0; case: u => // u; rewrite leNgt => /negP[].
by rewrite exprn_gt0 // mulr_gt0 ?ltr0n.
Qed.
