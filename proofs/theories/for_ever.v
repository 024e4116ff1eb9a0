(** * T4 and T5 for ever, by second moments

    On the block of times [N, 2N] each label has come N/4 times before it with probability 1 - 4/N
    (Chebyshev), and no walk strays further than theta N in it with probability 1 - 2 m^2 / (theta^2 N)
    (Kolmogorov). That implies accuracy 1 and dominance at every step of the block, once N is large
    enough. The blocks [2^b T, 2^(b+1) T] have errors like 2^-b ([blocks.v]), so one T serves all horizons. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence probability blocks tails closed_form.
From filtercert Require Import sgd_coordinates perfect_accuracy sgd_norm_dominance.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Blocks.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (r m : nat).
Hypotheses (unique : unique_keys D r m) (independent : label_independent D) (even : balanced D).
Variables (good : pred (seq (sample K))) (theta : R) (N0 : nat).
Hypothesis theta0 : 0 < theta.

(** Where counts and walks are as they should be, all is well from N to the end. *)
Hypothesis fine : forall N xs u, (N0 <= N)%N -> (0 < N)%N -> all (unique_key r m) xs -> (N <= u)%N ->
  (forall y, N%:R / 4%:R <= (label_count y (take N xs))%:R :> R) ->
  (forall k, ~~ walk_exceeds k (theta * N%:R) xs) -> good (take u xs).

Definition block_constant : R := 8%:R + K%:R * (2%:R * m%:R ^+ 2 / theta ^+ 2).

Lemma block_constant_ge0 : 0 <= block_constant.
Proof. by rewrite addr_ge0 ?ler0n // mulr_ge0 ?ler0n // divr_ge0 ?sqr_ge0 // mulr_ge0 ?sqr_ge0 ?ler0n. Qed.

(** One block. *)
Lemma block_error N : (N0 <= N)%N -> (0 < N)%N ->
  Pr D (2 * N) (fun xs => [exists t : 'I_(size xs).+1, (N <= t)%N && ~~ good (take t xs)])
    <= block_constant / N%:R.
Proof.
move=> late N_pos; have NR : 0 < N%:R :> R by rewrite ltr0n.
have NN : (N <= 2 * N)%N by rewrite mul2n -addnn leq_addr.
pose few y (xs : seq (sample K)) := (label_count y (take N xs))%:R < (N%:R / 4%:R : R).
pose E (xs : seq (sample K)) := [exists t : 'I_(size xs).+1, (N <= t)%N && ~~ good (take t xs)].
have safe : 1 - \sum_y Pr D (2 * N) (few y) - \sum_k Pr D (2 * N) (walk_exceeds k (theta * N%:R))
    <= Pr D (2 * N) (predC E).
  apply: Pr_unless => w many near /=; apply/existsPn => t; rewrite negb_and negbK.
  case: leqP => //= le; apply: (fine late N_pos) => // [|y]; first exact: all_samples.
  by rewrite leNgt; exact: many.
rewrite PrC in safe; rewrite -/E; move: safe; rewrite -addrA ler_add2l -opprD ler_opp2 => /le_trans; apply.
rewrite /block_constant mulrDl; apply: ler_add.
  have le y : Pr D (2 * N) (few y) <= 4%:R / N%:R.
    by rewrite (Pr_take D (fun xs => (label_count y xs)%:R < (N%:R / 4%:R : R)) NN); exact: few_labels.
  by rewrite big_bool (natrD _ 4 4) mulrDl; exact: ler_add.
have -> : K%:R * (2%:R * m%:R ^+ 2 / theta ^+ 2) / N%:R =
    \sum_(k < K) 2%:R * m%:R ^+ 2 / theta ^+ 2 / N%:R :> R.
  by rewrite sumr_const card_ord -[RHS]mulr_natl -[LHS]mulrA.
apply: ler_sum => k _.
have half : 0 < theta / 2%:R by rewrite divr_gt0 ?ltr0n.
have := far_maximum unique independent even k (leq_trans N_pos NN) half.
have -> : theta / 2%:R * (2 * N)%:R = theta * N%:R by rewrite natrM; field.
move=> /le_trans; apply; rewrite natrM le_eqVlt; apply/orP; left; apply/eqP; field.
by rewrite !lt0r_neq0.
Qed.

(** All blocks. *)
Lemma for_ever T (delta : R) : (N0 <= T)%N -> (0 < T)%N -> 2%:R * block_constant <= delta * T%:R ->
  forall T', 1 - delta <= Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> good (take t xs)]).
Proof.
move=> late T_pos small T'; have TR : 0 < T%:R :> R by rewrite ltr0n.
have blocks b : Pr D (2 ^ b.+1 * T)
    (fun xs => [exists t : 'I_(size xs).+1, (2 ^ b * T <= t)%N && predC good (take t xs)])
    <= block_constant / T%:R / 2%:R ^+ b.
  have -> : block_constant / T%:R / 2%:R ^+ b = block_constant / (2 ^ b * T)%:R :> R.
    by rewrite natrM natrX invfM mulrA mulrAC.
  rewrite expnS -mulnA; apply: block_error; last by rewrite muln_gt0 expn_gt0.
  by apply: leq_trans late _; rewrite leq_pmull // expn_gt0.
have := doubling_blocks_all T_pos blocks T'.
rewrite (eq_Pr D T' (_ : _ =1 (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> good (take t xs)]))).
  apply: le_trans; rewrite ler_add2l ler_opp2 mulrA ler_pdivr_mulr //.
by move=> xs; apply: eq_forallb => t; rewrite /= negbK.
Qed.

End Blocks.

Lemma for_ever_exists (R : archiFieldType) (K : nat) (D : distribution R K) (r m : nat)
    (good : pred (seq (sample K))) (theta delta : R) (N0 : nat) :
  unique_keys D r m -> label_independent D -> balanced D -> 0 < theta -> 0 < delta ->
  (forall N xs u, (N0 <= N)%N -> (0 < N)%N -> all (unique_key r m) xs -> (N <= u)%N ->
    (forall y, N%:R / 4%:R <= (label_count y (take N xs))%:R :> R) ->
    (forall k, ~~ walk_exceeds k (theta * N%:R) xs) -> good (take u xs)) ->
  exists T, forall T',
    1 - delta <= Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> good (take t xs)]).
Proof.
move=> unique independent even theta0 delta0 fine.
have [T0 [above _]] := ceiling_exists (2%:R * block_constant K m theta / delta).
exists (maxn 1 (maxn N0 T0)); apply: (for_ever unique independent even theta0 fine).
- by rewrite leq_max leq_maxl orbT.
- by rewrite leq_max.
rewrite -ler_pdivr_mull // mulrC; apply: le_trans above _.
by rewrite ler_nat leq_max leq_max leqnn !orbT.
Qed.

Section ForEver.
Variables (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K) (r m : nat).
Variable s : state R n K.
Hypotheses (network : fixed_head_network M Unhinged) (eta0 : 0 < eta M) (r0 : (0 < r)%N).
Hypotheses (signed : signed_head s) (unique : unique_keys D r m).
Hypotheses (independent : label_independent D) (even : balanced D).

(** Dominance. *)
Theorem dominance_for_ever (rho delta : R) : 0 < delta ->
  exists T, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> dominates rho s (sgd M s (take t xs))]).
Proof.
move=> delta0; have [theta [theta0 [N0 late]]] := dominance_late s rho eta0 r0.
apply: (for_ever_exists (good := fun zs => dominates rho s (sgd M s zs)) (N0 := N0)
  unique independent even theta0 delta0) => N xs u /late[N_pos large] _ keys Nu many near.
apply: (@dominance_path _ _ _ _ r m _ network (ltW eta0) signed _ N _
  (fun=> N%:R / 4%:R) (fun=> theta * N%:R)) => // [|y y' j i /andP[_ pos] lose hd].
- by rewrite divr_ge0 ?ler0n.
exact: large (ltW pos).
Qed.

(** Accuracy 1 and dominance in one event. *)
Theorem accuracy_for_ever (rho delta : R) : both_win s -> 0 < delta ->
  exists T, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      (accuracy D M (sgd M s (take t xs)) == 1) && dominates rho s (sgd M s (take t xs))]).
Proof.
move=> both delta0; have [theta1 [theta10 [N1 late1]]] := thresholds_late n m eta0 r0 (h_ge0 s).
have [theta2 [theta20 [N2 late2]]] := dominance_late s rho eta0 r0.
have theta0 : 0 < Num.min theta1 theta2 by rewrite lt_minr theta10.
have wider k (lam lam' : R) zs : lam <= lam' -> ~~ walk_exceeds k lam zs -> ~~ walk_exceeds k lam' zs.
  move=> le; apply: contra => /existsP[v far]; apply/existsP; exists v; exact: le_lt_trans far.
apply: (for_ever_exists (good := fun zs =>
    (accuracy D M (sgd M s zs) == 1) && dominates rho s (sgd M s zs)) (N0 := maxn N1 N2)
  unique independent even theta0 delta0) => N xs u; rewrite geq_max => /andP[].
move=> /late1[N_pos start ahead] /late2[_ large] _ keys Nu many near.
have NR : 0 <= N%:R :> R by exact: ler0n.
have near1 k : ~~ walk_exceeds k (theta1 * N%:R) xs.
  by apply: wider (near k); rewrite ler_wpmul2r // le_minl lexx.
have near2 k : ~~ walk_exceeds k (theta2 * N%:R) xs.
  by apply: wider (near k); rewrite ler_wpmul2r // le_minl lexx orbT.
apply/andP; split; last first.
  apply: (@dominance_path _ _ _ _ r m _ network (ltW eta0) signed _ N _
    (fun=> N%:R / 4%:R) (fun=> theta2 * N%:R)) => // [|y y' j i /andP[_ pos] lose hd].
    by rewrite divr_ge0 ?ler0n.
  exact: large (ltW pos).
apply/eqP; apply: (accurate_late network (ltW eta0) signed unique both (b := N%:R / 4%:R)
  (theta := theta1 * N%:R)) => // [||| y | k].
- exact: all_take.
- by rewrite mulr_ge0 // ltW.
- by rewrite divr_ge0 ?ler0n.
- by apply: le_trans (many y) _; rewrite ler_nat label_count_take.
exact: walk_within (near1 k).
Qed.

End ForEver.
