(** * T4, alive and end point: examples and refuted near misses

    On the small problem with ratio 1. The near misses are refuted before the first step, by one winner and
    one loser. *)

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

(** The losers are filter 2, whose head is 1, and positive on the background. *)
Lemma small_active (k : 'I_1) : [exists i, loser s0 i && (0 < weight s0 i (background k))].
Proof. by apply/existsP; exists f2; rewrite small_loser. Qed.

Lemma small_grows y (k : 'I_1) :
  [exists i, [&& loser s0 i, head s0 i == sgn y & 0 < weight s0 i (background k)]] = y.
Proof.
apply/existsP/idP => [[i] | yes]; last by exists f2; rewrite small_loser yes.
rewrite small_loser => /and3P[lose hd _]; move: hd; have -> : i = f2 by apply/val_inj/eqP.
by case: (y).
Qed.

Lemma small_large (lam : bool -> 'I_1 -> Q) : (forall y k, lam y k = 4%:R) ->
  forall y y' j i, winner s0 y j -> loser s0 i -> head s0 i = sgn y' ->
    1 ^+ 2 * (weight s0 i (key y') ^+ 2
        + (if 0 < weight s0 i (key (~~ y'))
           then Num.max (weight s0 i (key (~~ y')) ^+ 2) ((eta M * 1%:R) ^+ 2)
           else weight s0 i (key (~~ y')) ^+ 2)
        + \sum_k (if 0 < weight s0 i (background k) then (weight s0 i (background k) + eta M * lam y' k) ^+ 2
                  else weight s0 i (background k) ^+ 2))
      <= (weight s0 j (key y) + eta M * 1%:R * 5%:R) ^+ 2
        + \sum_(p | weight s0 j p <= 0) weight s0 j p ^+ 2.
Proof.
move=> lam4 y y' j i; rewrite small_winner small_loser big_ord1 lam4 => win lose hd.
have -> : y' = true.
  by case: y' hd => //; have -> : i = f2 by [apply/val_inj/eqP].
have -> : i = f2 by apply/val_inj/eqP.
rewrite big_mkcond small_sum_patterns.
by case: y win => win; [have -> : j = f0 by [apply/val_inj/eqP] | have -> : j = f1 by [apply/val_inj/eqP]].
Qed.

Example T4_alive_holds t0 t : (t0 <= t)%N ->
  1 - (binomial_below t0 (1 / 2%:R) 5 + binomial_below t0 (1 / 2%:R) 5)
    - Pr D t (walk_exceeds ord0 (4%:R : Q)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates 1 s0 (sgd M s0 (take u xs))]).
Proof.
move=> le; have := @Statements.T4_alive Q 3 1 D M 1 2 s0 t0 t (fun=> 5%N) (fun=> 4%:R) 1
  (small_fixed Unhinged) (ltW (small_eta _ _)) small_signed small_unique_keys le
  (@small_large (fun _ _ => 4%:R) (fun _ _ => erefl)).
rewrite (big_bool _ (fun y => binomial_below t0 (prior D y) 5)) !small_prior.
by rewrite (eq_bigl xpredT) ?big_ord1 // => k; exact: small_active.
Qed.

Example T4_end_point_holds t :
  1 - (binomial_below t (1 / 2%:R) 5 + binomial_below t (1 / 2%:R) 5)
    - Pr D t (fun xs => 4%:R < 1 * (walk (ord0 : 'I_1) xs : Q)) <=
  Pr D t (fun xs => dominates 1 s0 (sgd M s0 xs)).
Proof.
have := @Statements.T4_end_point Q 3 1 D M 1 2 s0 t (fun=> 5%N) (fun _ _ => 4%:R) 1
  (small_fixed Unhinged) (ltW (small_eta _ _)) small_signed small_unique_keys.
have few y (k : 'I_1) : [exists i, [&& loser s0 i, head s0 i == sgn y & 0 < weight s0 i (background k)]] ->
    0 <= 4%:R :> Q /\ forall i : atom D, (count (sample_at i) (background k))%:R <= 4%:R :> Q.
  by split=> // -[].
move/(_ few (@small_large (fun _ _ => 4%:R) (fun _ _ => erefl))).
rewrite (big_bool _ (fun y => binomial_below t (prior D y) 5)) !small_prior.
rewrite (eq_bigr (fun y => if y then Pr D t (fun xs => 4%:R < 1 * (walk (ord0 : 'I_1) xs : Q)) else 0)).
  by rewrite big_bool /= addr0.
move=> y _; rewrite (eq_bigl (fun=> y)) => [|k]; last exact: small_grows.
by case: y; rewrite ?big_pred0_eq // big_ord1.
Qed.

(** ** One winner and one loser, no background that is positive *)
Definition pair_state (own back : Q) : state Q 2 1 :=
  @State Q 2 1 (fun j p => if j == ord0 then (if p == key true then 1 else 0)
    else match p with inl true => own | inl false => 0 | inr _ => back end) (fun=> 1).

Lemma pair_signed a c : signed_head (pair_state a c).
Proof. by move=> j; left. Qed.

Lemma pair_loser a c j : loser (pair_state a c) j -> a <= 0 -> j = @Ordinal 2 1 isT.
Proof.
by move=> lose _; apply/val_inj; case: j lose => -[|[|j]] lt_j.
Qed.

Lemma pair_winner a c y j : a <= 0 -> winner (pair_state a c) y j -> y = true /\ j = @Ordinal 2 0 isT.
Proof.
move=> a0; rewrite /winner /=; case: y; rewrite ?mulN1r ?oppr_gt0 ?ltr10 // mul1r ltr01 /=.
case: j => -[|[|j]] lt_j //=; last by rewrite ltNge a0.
by split=> //; exact: val_inj.
Qed.

Lemma pair_inactive a c (k : 'I_1) (P : pred 'I_2) : c <= 0 ->
  [exists i, P i && (0 < weight (pair_state a c) i (background k))] = false.
Proof.
move=> c0; apply/negbTE; rewrite negb_exists; apply/forallP => i; rewrite negb_and -leNgt /=.
by case: ifP => _; rewrite ?lexx ?c0 orbT.
Qed.

Lemma pair_sum (V : zmodType) (F : pattern 1 -> V) :
  \sum_p F p = F (key true) + F (key false) + F (background ord0).
Proof. exact: small_sum_patterns. Qed.

Lemma pair_not_dominating a c : a <= 0 -> 1 < a ^+ 2 + c ^+ 2 ->
  ~~ dominates 1 (pair_state a c) (pair_state a c).
Proof.
move=> a0 long; apply/negP => /forallP/(_ true)/forallP/(_ (@Ordinal 2 0 isT)).
move/forallP/(_ (@Ordinal 2 1 isT)); rewrite /loser /winner /= ?mul1r ?mulN1r ?oppr_gt0 ?ltr10 ?ltr01.
rewrite (ltNge 0 a) a0 /= /norm_squared !pair_sum.
by move=> /=; rewrite expr1n !expr0n /= !addr0 leNgt long.
Qed.

(** Background that is not positive forgotten. *)
Lemma T4_alive_wrong_back : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t0 t : nat) (b : bool -> nat) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + (if 0 < weight s i (key (~~ y'))
           then Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
           else weight s i (key (~~ y')) ^+ 2)
        + \sum_k (if 0 < weight s i (background k) then (weight s i (background k) + eta M * lam k) ^+ 2
                  else 0))
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2
        + \sum_(p | weight s j p <= 0) weight s j p ^+ 2) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y)
    - \sum_(k | [exists i, loser s i && (0 < weight s i (background k))])
        Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))])).
Proof.
pose s := pair_state 0 (- 2%:R);
move/(_ Q 2%N 1%N D M 1%N 2%N s 0%N 0%N (fun=> 0%N) (fun=> 0) 1 (small_fixed Unhinged) isT
  (pair_signed _ _) small_unique_keys isT).
move=> claim; suff: (1 : Q) <= 0 by []; apply: le_trans (le_trans _ (claim _)) _.
- rewrite !big1 ?subr0 // => [k | y _]; last by rewrite binomial_below0.
  by rewrite (pair_inactive _ _ (fun i => loser _ i)).
- move=> y y' j i win lose hd.
  have [-> ->] := @pair_winner 0 (- 2%:R) y j isT win; rewrite (@pair_loser 0 (- 2%:R) i lose isT).
  have -> : y' = true by case: y' hd.
  by rewrite big_ord1 (big_mkcond (fun p => weight s _ p <= 0)) pair_sum.
rewrite PrE expectation0; case: forallP => // /(_ ord0) /=.
by rewrite (negbTE (@pair_not_dominating 0 (- 2%:R) isT isT)).
Qed.

(** The winner is credited with its key twice. *)
Lemma T4_alive_wrong_still : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t0 t : nat) (b : bool -> nat) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + (if 0 < weight s i (key (~~ y'))
           then Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
           else weight s i (key (~~ y')) ^+ 2)
        + \sum_k (if 0 < weight s i (background k) then (weight s i (background k) + eta M * lam k) ^+ 2
                  else weight s i (background k) ^+ 2))
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2
        + \sum_p weight s j p ^+ 2) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y)
    - \sum_(k | [exists i, loser s i && (0 < weight s i (background k))])
        Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))])).
Proof.
pose s := pair_state (- 1) (- 1);
move/(_ Q 2%N 1%N D M 1%N 2%N s 0%N 0%N (fun=> 0%N) (fun=> 0) 1 (small_fixed Unhinged) isT
  (pair_signed _ _) small_unique_keys isT).
move=> claim; suff: (1 : Q) <= 0 by []; apply: le_trans (le_trans _ (claim _)) _.
- rewrite !big1 ?subr0 // => [k | y _]; last by rewrite binomial_below0.
  by rewrite (pair_inactive _ _ (fun i => loser _ i)).
- move=> y y' j i win lose hd.
  have [-> ->] := @pair_winner (- 1) (- 1) y j isT win; rewrite (@pair_loser (- 1) (- 1) i lose isT).
  have -> : y' = true by case: y' hd.
  by rewrite big_ord1 pair_sum.
rewrite PrE expectation0; case: forallP => // /(_ ord0) /=.
by rewrite (negbTE (@pair_not_dominating (- 1) (- 1) isT isT)).
Qed.

(** Background that is not positive forgotten. *)
Lemma T4_end_point_wrong_back : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t : nat) (b : bool -> nat) (lam : bool -> 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  let grows y k := [exists i, [&& loser s i, head s i == sgn y & 0 < weight s i (background k)]] in
  (forall y k, grows y k ->
    0 <= lam y k /\ forall i : atom D, (count (sample_at i) (background k))%:R <= lam y k) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + (if 0 < weight s i (key (~~ y'))
           then Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
           else weight s i (key (~~ y')) ^+ 2)
        + \sum_k (if 0 < weight s i (background k) then (weight s i (background k) + eta M * lam y' k) ^+ 2
                  else 0))
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2
        + \sum_(p | weight s j p <= 0) weight s j p ^+ 2) ->
  1 - \sum_y binomial_below t (prior D y) (b y)
    - \sum_y \sum_(k | grows y k) Pr D t (fun xs => lam y k < sgn y * walk k xs) <=
  Pr D t (fun xs => dominates rho s (sgd M s xs))).
Proof.
pose s := pair_state 0 (- 2%:R); have no_growth y k :
    [exists i, [&& loser s i, head s i == sgn y & 0 < weight s i (background k)]] = false.
  rewrite -[RHS](@pair_inactive 0 (- 2%:R) k (fun i => loser s i && (head s i == sgn y)) isT).
  by apply: eq_existsb => i; rewrite andbA.
move/(_ Q 2%N 1%N D M 1%N 2%N s 0%N (fun=> 0%N) (fun _ _ => 0) 1 (small_fixed Unhinged) isT
  (pair_signed _ _) small_unique_keys) => claim.
have {claim} := claim (fun y k (yes : is_true _) => False_ind _ (notF (etrans (esym (no_growth y k)) yes))).
move=> claim; suff: (1 : Q) <= 0 by []; apply: le_trans (le_trans _ (claim _)) _.
- rewrite !big1 ?subr0 // => y _; last by rewrite binomial_below0.
  by rewrite big1 // => k; rewrite no_growth.
- move=> y y' j i win lose hd.
  have [-> ->] := @pair_winner 0 (- 2%:R) y j isT win; rewrite (@pair_loser 0 (- 2%:R) i lose isT).
  have -> : y' = true by case: y' hd.
  by rewrite big_ord1 (big_mkcond (fun p => weight s _ p <= 0)) pair_sum.
by rewrite PrE expectation0 /= (negbTE (@pair_not_dominating 0 (- 2%:R) isT isT)).
Qed.

(** The winner is credited with its key twice. *)
Lemma T4_end_point_wrong_still : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t : nat) (b : bool -> nat) (lam : bool -> 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  let grows y k := [exists i, [&& loser s i, head s i == sgn y & 0 < weight s i (background k)]] in
  (forall y k, grows y k ->
    0 <= lam y k /\ forall i : atom D, (count (sample_at i) (background k))%:R <= lam y k) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + (if 0 < weight s i (key (~~ y'))
           then Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
           else weight s i (key (~~ y')) ^+ 2)
        + \sum_k (if 0 < weight s i (background k) then (weight s i (background k) + eta M * lam y' k) ^+ 2
                  else weight s i (background k) ^+ 2))
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2
        + \sum_p weight s j p ^+ 2) ->
  1 - \sum_y binomial_below t (prior D y) (b y)
    - \sum_y \sum_(k | grows y k) Pr D t (fun xs => lam y k < sgn y * walk k xs) <=
  Pr D t (fun xs => dominates rho s (sgd M s xs))).
Proof.
pose s := pair_state (- 1) (- 1); have no_growth y k :
    [exists i, [&& loser s i, head s i == sgn y & 0 < weight s i (background k)]] = false.
  rewrite -[RHS](@pair_inactive (- 1) (- 1) k (fun i => loser s i && (head s i == sgn y)) isT).
  by apply: eq_existsb => i; rewrite andbA.
move/(_ Q 2%N 1%N D M 1%N 2%N s 0%N (fun=> 0%N) (fun _ _ => 0) 1 (small_fixed Unhinged) isT
  (pair_signed _ _) small_unique_keys) => claim.
have {claim} := claim (fun y k (yes : is_true _) => False_ind _ (notF (etrans (esym (no_growth y k)) yes))).
move=> claim; suff: (1 : Q) <= 0 by []; apply: le_trans (le_trans _ (claim _)) _.
- rewrite !big1 ?subr0 // => y _; last by rewrite binomial_below0.
  by rewrite big1 // => k; rewrite no_growth.
- move=> y y' j i win lose hd.
  have [-> ->] := @pair_winner (- 1) (- 1) y j isT win; rewrite (@pair_loser (- 1) (- 1) i lose isT).
  have -> : y' = true by case: y' hd.
  by rewrite big_ord1 pair_sum.
by rewrite PrE expectation0 /= (negbTE (@pair_not_dominating (- 1) (- 1) isT isT)).
Qed.

