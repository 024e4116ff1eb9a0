(** * T4: examples and refuted near misses

    On the second problem, unhinged: the path +, -, -, +, and three independent images. The near misses
    are refuted by one winner of label + and one loser. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances_two.
From filtercert Require Import examples.values_two examples.evaluation.
From filtercert Require sgd_coordinates.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := two_distribution.
Local Notation s0 := two_state.
Local Notation M := (two_model Unhinged false).

(** One image a label after two steps; the walk of u_1 stays within 2, that of u_2 within 1. *)
Definition path := [:: plus11; minus20; minus11; plus20].

Example T4_dominance_holds u : (2 <= u)%N -> dominates (1 / 2%:R) s0 (sgd M s0 (take u path)).
Proof.
move=> late; pose lam (k : 'I_2) : rat := if k == 0%N :> nat then 2%:R else 1.
apply: (@Statements.T4_dominance Q 4 2 M 2 4 s0 path 2 u (fun=> 1) lam (1 / 2%:R)
  (two_fixed Unhinged) (ltW (two_eta _ _)) two_signed) => //.
- by rewrite /= !two_unique_key.
- by case.
- by move=> [[|[|k]] lt_k] //; rewrite walk_exceeds_x; vm_compute.
by move=> y y' j i; rewrite two_sum_background; move: y y' j i; apply: each_pair; vm_compute.
Qed.

(** The event of T4 by computation. *)
Definition x_dominates_from n K (m : model Q K) rho t0 t (s0 s : state Q n K) xs : bool :=
  all (fun u : 'I_t.+1 => if (t0 <= u)%N then x_dominates rho s0 (x_sgd m s (take u xs)) else true)
    (ords t.+1).

Lemma dominates_from_x n K (m : model Q K) (s : state Q n K) rho t0 t xs :
  fixed_head_network m Unhinged ->
  [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd m s (take u xs))] =
  x_dominates_from m rho t0 t (tabulate s) s xs.
Proof.
move=> network; rewrite all_ords; apply: eq_all => u; case: leqP => //= _.
by rewrite (dominates_sgd_x network).
Qed.

(** After three images: 1/8 for each label's absence, 19/54 and 7/54 for the walks above 3 and 1; the
    bound is 29/108, the probability 7/8. *)
Example T4_probability_holds :
  1 - (1 / 8%:R + 1 / 8%:R) - (19%:R / 54%:R + 7%:R / 54%:R) <=
  Pr D 3 (fun xs => [forall u : 'I_4, (3 <= u)%N ==> dominates (1 / 2%:R) s0 (sgd M s0 (take u xs))])
  /\ Pr D 3 (fun xs => [forall u : 'I_4, (3 <= u)%N ==>
    dominates (1 / 2%:R) s0 (sgd M s0 (take u xs))]) = 7%:R / 8%:R.
Proof.
split; last first.
  have path xs := @dominates_from_x 4 2 M s0 (1 / 2%:R) 3 3 xs (two_fixed Unhinged).
  rewrite (Pr_x two_listed 3 (path : _ =1 x_dominates_from M (1 / 2%:R) 3 3 (tabulate s0) s0)).
  by apply/eqP; vm_compute.
pose lam (k : 'I_2) : rat := if k == 0%N :> nat then 3%:R else 1.
have := @Statements.T4_probability Q 4 2 D M 2 4 s0 3 3 (fun=> 1%N) lam (1 / 2%:R)
  (two_fixed Unhinged) (ltW (two_eta _ _)) two_signed two_unique_keys (leqnn 3).
have far k : Pr D 3 (walk_exceeds k (lam k)) = x_Pr two_list 3 (x_walk_exceeds k (lam k)).
  by apply: (Pr_x two_listed) => xs; rewrite walk_exceeds_x.
have -> : \sum_k Pr D 3 (walk_exceeds k (lam k)) = 19%:R / 54%:R + 7%:R / 54%:R.
  by rewrite two_sum_background !far; apply/eqP; vm_compute.
have -> : \sum_y binomial_below 3 (prior D y) 1 = 1 / 8%:R + 1 / 8%:R.
  by rewrite sum_labels !two_prior !binomial_x; apply/eqP; vm_compute.
apply=> y y' j i; rewrite two_sum_background; move: y y' j i; apply: each_pair; vm_compute.
by [].
Qed.

Example T4_limit_holds (rho : rat) : exists T0, forall T, (T0 <= T)%N ->
  99%:R / 100%:R <= Pr D T (fun xs => dominates rho s0 (sgd M s0 xs)).
Proof.
have -> : 99%:R / 100%:R = 1 - 1 / 100%:R :> rat by apply/eqP.
exact: (@Statements.T4_limit [archiFieldType of rat] 4 2 D M 2 4 s0 rho (1 / 100%:R) (two_fixed Unhinged)
  (two_eta _ _) isT two_signed two_unique_keys two_label_independent two_balanced isT).
Qed.

(** ** Near misses *)

(** Filter 0 wins label + with the key 1/4; filter 1 is a loser with the wrong key 1/4, head +. *)
Definition one_key : state Q 2 0 := table_state _ _ [:: [:: 1 / 4%:R; 0]; [:: 0; 1 / 4%:R]] [:: 1; 1].

Lemma one_key_signed : signed_head one_key.
Proof. exact: signed_x. Qed.

(** r forgotten in the step past 0 of the wrong key: after an image - with two keys it is at 1/4 - 2. *)
Lemma T4_dominance_wrong_overshoot :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) (t0 u : nat) (b : bool -> R) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (t0 <= u)%N -> (forall y, 0 <= b y) -> (forall y, b y <= (label_count y (take t0 xs))%:R) ->
  (forall k, ~~ walk_exceeds k (lam k) xs) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) (eta M ^+ 2)
        + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * b y) ^+ 2) ->
  dominates rho s (sgd M s (take u xs))).
Proof.
move=> claim; pose xs := [:: keyed 0 2 [::] false].
suff: dominates (1 / 4%:R) one_key (sgd (tiny 0 Unhinged 1) one_key (take 1 xs)).
  by rewrite (dominates_sgd_x tiny_fixed); vm_compute.
apply: (claim Q 2%N 0%N (tiny 0 Unhinged 1) 2%N 2%N one_key _ 0%N 1%N (fun=> 0) (fun=> 0) (1 / 4%:R)) =>
  //.
- exact: one_key_signed.
- by rewrite /= unique_key_x.
- by case.
by move=> y y' j i; rewrite big_ord0; move: y y' j i; apply: each_pair; vm_compute.
Qed.

(** Numbers below 0 for those of the labels: their squares are large too. *)
Lemma T4_dominance_wrong_negative :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) (t0 u : nat) (b : bool -> R) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (t0 <= u)%N -> (forall y, b y <= (label_count y (take t0 xs))%:R) ->
  (forall k, ~~ walk_exceeds k (lam k) xs) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
        + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * b y) ^+ 2) ->
  dominates rho s (sgd M s (take u xs))).
Proof.
move=> claim; suff: dominates 2%:R one_key (sgd (tiny 0 Unhinged 1) one_key (take 0 [::])).
  by rewrite dominates_x; vm_compute.
apply: (claim Q 2%N 0%N (tiny 0 Unhinged 1) 1%N 1%N one_key _ 0%N 0%N (fun=> - 4%:R) (fun=> 0) 2%:R) =>
  //.
- exact: one_key_signed.
- by case.
by move=> y y' j i; rewrite big_ord0; move: y y' j i; apply: each_pair; vm_compute.
Qed.

(** Filter 1 is a loser with a background of 1/4, head -. *)
Definition one_background : state Q 2 1 :=
  table_state _ _ [:: [:: 1 / 4%:R; 0; 0]; [:: 0; 0; 1 / 4%:R]] [:: 1; -1].

(** The walk forgotten: after the image - the background is at 1/4 + 1. *)
Lemma T4_dominance_wrong_walk :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) (t0 u : nat) (b : bool -> R) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (t0 <= u)%N -> (forall y, 0 <= b y) -> (forall y, b y <= (label_count y (take t0 xs))%:R) ->
  (forall k, ~~ walk_exceeds k (lam k) xs) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
        + \sum_k `|weight s i (background k)| ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * b y) ^+ 2) ->
  dominates rho s (sgd M s (take u xs))).
Proof.
move=> claim; suff: dominates (2%:R / 9%:R) one_background
    (sgd (tiny 1 Unhinged 1) one_background (take 1 [:: keyed 1 1 [:: 1%N] false])).
  by rewrite (dominates_sgd_x tiny_fixed); vm_compute.
apply: (claim Q 2%N 1%N (tiny 1 Unhinged 1) 1%N 2%N one_background _ 0%N 1%N (fun=> 0) (fun=> 1)
  (2%:R / 9%:R)) => //.
- exact: signed_x.
- by rewrite /= unique_key_x.
- by move=> k; rewrite walk_exceeds_x ord1.
by move=> y y' j i; rewrite big_ord1; move: y y' j i; apply: each_pair; vm_compute.
Qed.

(** A winner of label + with the key 1/4, a loser with the wrong key 1/2: an image - takes the loser to
    -1/2; at no time before an image + does the winner dominate. *)
Definition behind : state Q 2 0 := table_state _ _ [:: [:: 1 / 4%:R; 0]; [:: 0; 1 / 2%:R]] [:: 1; 1].

Lemma behind_signed : signed_head behind.
Proof. exact: signed_x. Qed.

(** The tails of the numbers of labels forgotten: after one image the probability is 1/2. *)
Lemma T4_probability_wrong_binomial :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t0 t : nat) (b : bool -> nat) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
        + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_k Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))])).
Proof.
move=> claim; lapply (claim Q 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N behind 1%N 1%N (fun=> 1%N)
  (fun=> 0) 1 tiny_fixed isT behind_signed coin_keys isT); last first.
  by move=> y y' j i; rewrite big_ord0; move: y y' j i; apply: each_pair; vm_compute.
rewrite big_ord0 (Pr_x coin_listed _ (fun xs => dominates_from_x _ _ _ _ xs tiny_fixed)).
by vm_compute.
Qed.

(** The numbers of labels after t instead of t0 steps: the winner does not dominate from step 0 on. *)
Lemma T4_probability_wrong_time :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t0 t : nat) (b : bool -> nat) (lam : 'I_K -> R) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
        + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_y binomial_below t (prior D y) (b y) - \sum_k Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))])).
Proof.
move=> claim; lapply (claim Q 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N behind 0%N 1%N (fun y => y : nat)
  (fun=> 0) 1 tiny_fixed isT behind_signed coin_keys isT); last first.
  by move=> y y' j i; rewrite big_ord0; move: y y' j i; apply: each_pair; vm_compute.
rewrite big_ord0 sum_labels !binomial_x !pair_prior.
rewrite (Pr_x coin_listed _ (fun xs => dominates_from_x _ _ _ _ xs tiny_fixed)).
by vm_compute.
Qed.

(** No step size: nothing moves. *)
Lemma T4_limit_wrong_no_step_size :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => dominates rho s (sgd M s xs))).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Unhinged 0) 1%N 1%N behind 1 (1 / 2%:R) tiny_fixed
  isT isT behind_signed coin_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT) =>
    [T /(_ T (leqnn T))].
rewrite Pr0 => [|w]; first by vm_compute.
rewrite -(same_dominates _ _ (still_no_step _ _ _)) dominates_x.
by vm_compute.
Qed.

(** Images without a key: nothing moves either. *)
Lemma T4_limit_wrong_no_key :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => dominates rho s (sgd M s xs))).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N blanks (tiny 0 Unhinged 1) 0%N 0%N behind 1 (1 / 2%:R)
  tiny_fixed isT behind_signed blanks_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT).
case=> [T /(_ T (leqnn T))]; rewrite Pr0 => [|w]; first by vm_compute.
by rewrite -(same_dominates _ _ (still_blanks _ _ _ _)) dominates_x; vm_compute.
Qed.

(** A background of images + alone: that of the loser is twice the key of the winner for ever. *)
Definition telling (y : bool) : sample 1 := image 1 y (if y then [:: 1; 0; 2]%N else [:: 0; 1; 0]%N).

Lemma telling_law : a_law [:: (1 / 2%:R : rat, telling true); (1 / 2%:R, telling false)].
Proof. by []. Qed.

Definition told : state Q 2 1 := table_state _ _ [:: [:: 1; 0; 0]; [:: 0; 0; 2%:R]] [:: 1; 1].

Lemma told_signed : signed_head told.
Proof. exact: signed_x. Qed.

Definition as_told (x : sample 1) : bool :=
  label x && (count x (background ord0) == 2 * count x (key true))%N ||
  (count x (key true) == 0)%N && (count x (background ord0) == 0)%N.

Lemma told_path (f0 f1 : 'I_2) (s : state Q 2 1) xs :
  head s f0 = 1 -> head s f1 = 1 -> 0 < weight s f0 (key true) -> weight s f0 (key false) = 0 ->
  weight s f0 (background ord0) = 0 -> weight s f1 (background ord0) = 2%:R * weight s f0 (key true) ->
  all as_told xs ->
  norm_squared (sgd (tiny 1 Unhinged 1) s xs) f0 < norm_squared (sgd (tiny 1 Unhinged 1) s xs) f1.
Proof.
elim: xs s => [|x xs IH] s h0 h1 pos wrong none twice.
  move=> _; rewrite /norm_squared !sum_pattern !big_ord1 wrong none twice expr0n /= !addr0.
  apply: (@lt_le_trans _ _ ((2%:R * weight s f0 (key true)) ^+ 2)).
    by rewrite exprMn ltr_pmull ?exprn_gt0.
  by rewrite ler_addr addr_ge0 ?sqr_ge0.
case/andP=> kind /IH {}IH; rewrite !sgd_cons.
have one j p : weight (step (tiny 1 Unhinged 1) s (single Q x)) j p = weight s j p +
    (if 0 < weight s j p then 1 * head s j * (sgn (label x) * (count x p)%:R) else 0).
  exact: weight_single.
have twice_x : count x (background ord0) = (2 * count x (key true))%N.
  by case/orP: kind => /andP[/eqP a /eqP b]; rewrite b // a.
apply: IH; rewrite ?head_step ?one //.
- rewrite pos h0 !mul1r; case/orP: kind => [/andP[-> _]|/andP[/eqP -> _]].
    by rewrite mul1r ltr_paddr ?ler0n.
  by rewrite mulr0 addr0.
- by rewrite wrong ltxx addr0.
- by rewrite none ltxx addr0.
rewrite twice pos pmulr_rgt0 // pos h0 h1 twice_x natrM; ring.
Qed.

Lemma T4_limit_wrong_label_dependence :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => dominates rho s (sgd M s xs))).
Proof.
pose D := law telling_law; have DP : listed D _ := law_listed telling_law.
have keys : unique_keys D 1 3 by apply: (unique_keys_x DP).
have even : balanced D by rewrite /balanced !(prior_x DP); apply/eqP.
move/(_ [archiFieldType of rat] 2%N 1%N D (tiny 1 Unhinged 1) 1%N 3%N told 1 (1 / 2%:R) tiny_fixed
  isT isT told_signed keys even isT) => [T /(_ T (leqnn T))].
rewrite Pr0 => [|w]; first by vm_compute.
apply/negP => /forallP/(_ true)/forallP/(_ ord0)/forallP/(_ (lift ord0 ord0)).
have -> : winner told true ord0 && loser told (lift ord0 ord0) by vm_compute.
rewrite expr1n mul1r leNgt /= => /negP; apply; apply: told_path => //.
by apply: all_samples; apply/forallP; rewrite (DP.2 as_told).
Qed.

(** With probability 1 at some step: the image - alone is possible for ever, and moves neither the
    winner of label + nor a loser without a positive key. *)
Definition stuck : state Q 2 0 := table_state _ _ [:: [:: 1 / 4%:R; 0]; [:: - 1; 0]] [:: 1; 1].

Lemma stuck_signed : signed_head stuck.
Proof. exact: signed_x. Qed.

Lemma T4_limit_wrong_certain :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 <= Pr D T (fun xs => dominates rho s (sgd M s xs))).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N stuck 1 (1 / 2%:R) tiny_fixed
  isT isT stuck_signed coin_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT).
case=> T /(_ T (leqnn T)); apply/negP; rewrite -ltNge.
have still : same_state stuck (sgd (tiny 0 Unhinged 1) stuck (samples (all_tails T))).
  split=> [j [[]|[]]|j] //; first by rewrite tails_key.
    by rewrite (sgd_coordinates.frozen_sgd tiny_fixed) //; move: j => [[|[|j]] lt_j].
  by rewrite head_sgd.
apply: (Pr_lt1 (w := all_tails T)); rewrite -(same_dominates _ _ still) dominates_x.
by vm_compute.
Qed.
