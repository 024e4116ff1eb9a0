(** * T5, T5s: examples and refuted near misses

    On the second problem, unhinged, after two images with label - and one with label +; the probability
    of T5s after three images. T5's own bound is positive there only after hundreds of steps: its example
    has four key patches and one background patch an image. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances_two.
From filtercert Require Import examples.values_two examples.evaluation.
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

(** The walks end at -1 and -1: lam is 1. *)
Example T5_accuracy_holds : accuracy D M (sgd M s0 [:: minus20; plus20; minus11]) = 1.
Proof.
apply: (@Statements.T5_accuracy Q 4 2 D M 2 4 s0 _ (fun y => if y then 1 else 2%:R) (fun=> 1)
  (two_fixed Unhinged) (ltW (two_eta _ _)) two_signed two_unique_keys).
- by rewrite /= !two_unique_key.
- by case.
- by move=> [[|[|k]] lt_k] //; rewrite walk_x.
- by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
by move=> y [[|[|k]] lt_k] //; rewrite win_x opposition_x background_within_x; case: y; vm_compute.
Qed.

(** The walks end at -2 and 0; T5 with lam = 2 does not apply, since 3/8 + 2/2 is not below 11/8. *)
Example T5s_accuracy_holds : accuracy D M (sgd M s0 [:: minus20; minus11; plus11]) = 1.
Proof.
apply: (@Statements.T5s_accuracy Q 4 2 D M 2 4 s0 _
  (two_fixed Unhinged) (ltW (two_eta _ _)) two_signed two_unique_keys).
- by rewrite /= !two_unique_key.
- by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
move=> y [[|[|k]] lt_k] //; rewrite win_x opposition_x background_at_x walk_x.
  by case: y; vm_compute.
by case: y; vm_compute.
Qed.

(** Both filters begin with a wrong key of 2 and a background of 1/2. After four images: 1/16 for each
    label's absence, 1/8 for a walk of 4; the bound is 3/4, the probability 7/8. *)
Definition four_keys := pair_distribution 1 4 [:: 1%N].
Definition mistaken : state Q 2 1 := table_state _ _
  [:: [:: 1 / 4%:R; 2%:R; 1 / 2%:R]; [:: 2%:R; 1 / 4%:R; 1 / 2%:R]] [:: 1; -1].

Lemma four_listed : listed four_keys (pair_list 1 4 [:: 1%N] (1 / 2%:R)).
Proof. exact: law_listed. Qed.

Lemma four_unique : unique_keys four_keys 4 5.
Proof. exact: pair_keys. Qed.

Lemma mistaken_signed : signed_head mistaken.
Proof. exact: signed_x. Qed.

Lemma accurate_path K (D0 : distribution Q K) l0 n (m : model Q K) (s : state Q n K) lo xs :
  listed D0 l0 -> fixed_head_network m lo ->
  (accuracy D0 m (sgd m s xs) == 1) = (x_accuracy l0 (x_sgd m s xs) == 1).
Proof. by move=> listed0 network; rewrite (accuracy_sgd_x listed0 network). Qed.

Example T5_probability_holds :
  1 - (1 / 16%:R + 1 / 16%:R) - 1 / 8%:R <=
    Pr four_keys 4 (fun xs => accuracy four_keys (tiny 1 Unhinged 1)
      (sgd (tiny 1 Unhinged 1) mistaken xs) == 1)
  /\ Pr four_keys 4 (fun xs => accuracy four_keys (tiny 1 Unhinged 1)
    (sgd (tiny 1 Unhinged 1) mistaken xs) == 1) = 7%:R / 8%:R.
Proof.
split; last first.
  rewrite (Pr_x four_listed _ (fun xs => accurate_path _ xs four_listed tiny_fixed)).
  by apply/eqP; vm_compute.
have := @Statements.T5_probability Q 2 1 four_keys (tiny 1 Unhinged 1) 4 5 mistaken 4 (fun=> 1%N)
  (fun=> 3%:R) tiny_fixed isT mistaken_signed four_unique.
have -> : \sum_k Pr four_keys 4 (walk_exceeds k (3%:R : Q)) = 1 / 8%:R.
  rewrite big_ord1 (@Pr_x _ _ _ _ four_listed _ _ (x_walk_exceeds ord0 (3%:R : Q))).
    by apply/eqP; vm_compute.
  by move=> xs; rewrite walk_exceeds_x.
have -> : \sum_y binomial_below 4 (prior four_keys y) 1 = 1 / 16%:R + 1 / 16%:R.
  by rewrite sum_labels !pair_prior !binomial_x; apply/eqP; vm_compute.
apply; first by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
by move=> y k; rewrite win_x opposition_x background_within_x ord1; case: y; vm_compute.
Qed.

(** After three images: the bound is 1/27, the probability 19/36. *)
Example T5s_probability_holds :
  1 - (43%:R / 72%:R + 79%:R / 216%:R) <= Pr D 3 (fun xs => accuracy D M (sgd M s0 xs) == 1)
  /\ Pr D 3 (fun xs => accuracy D M (sgd M s0 xs) == 1) = 19%:R / 36%:R.
Proof.
split; last first.
  rewrite (Pr_x two_listed _ (fun xs => accurate_path _ xs two_listed (two_fixed _))).
  by apply/eqP; vm_compute.
have := @Statements.T5s_probability Q 4 2 D M 2 4 s0 3 (two_fixed Unhinged) (ltW (two_eta _ _))
  two_signed two_unique_keys isT.
set bad := \sum_k _; suff -> : bad = 43%:R / 72%:R + 79%:R / 216%:R by [].
rewrite /bad two_sum_background {bad}.
have near k := Pr_x two_listed 3 (short_x M 2 4 s0 k : _ =1 x_short M 2 4 (tabulate s0) k).
rewrite !near; congr (_ + _); apply/eqP; vm_compute.
Qed.

Example C5_unhinged_holds : exists T0, forall T, (T0 <= T)%N ->
  99%:R / 100%:R <= Pr D T (fun xs => accuracy D M (sgd M s0 xs) == 1).
Proof.
have -> : 99%:R / 100%:R = 1 - 1 / 100%:R :> rat by apply/eqP.
exact: (@Statements.C5_unhinged [archiFieldType of rat] 4 2 D M 2 4 s0 (1 / 100%:R) (two_fixed Unhinged)
  (two_eta _ _) isT two_signed two_both_win two_unique_keys two_label_independent two_balanced isT).
Qed.

(** ** Near misses

    Filter 0 is the winner of label +, filter 1 that of label -; step size 1. *)

Notation two_filters K W := (table_state (R := rat_realFieldType) 2 K W [:: 1; -1]).

(** Two patches of the background, worth 2 each to filter 1, against the key 3. *)
Definition outvoted := two_filters 1 [:: [:: 3%:R; 0; 0]; [:: 0; 1; 2%:R]].

Lemma outvoted_signed : signed_head outvoted.
Proof. exact: signed_x. Qed.

Local Notation D2 := (pair_distribution 1 1 [:: 2%N]).

Lemma D2_listed : listed D2 (pair_list 1 1 [:: 2%N] (1 / 2%:R)).
Proof. exact: law_listed. Qed.

Lemma D2_keys : unique_keys D2 1 3.
Proof. exact: pair_keys. Qed.

(** One patch of it, worth 1, against the key 3/2. *)
Definition overtaken := two_filters 1 [:: [:: 3%:R / 2%:R; 0; 0]; [:: 0; 1; 1]].

Lemma overtaken_signed : signed_head overtaken.
Proof. exact: signed_x. Qed.

Local Notation D1 := (pair_distribution 1 1 [:: 1%N]).

Lemma D1_listed : listed D1 (pair_list 1 1 [:: 1%N] (1 / 2%:R)).
Proof. exact: law_listed. Qed.

Lemma D1_keys : unique_keys D1 1 2.
Proof. exact: pair_keys. Qed.

(** The key 1 of filter 0 against 3/2 of filter 1; no background. *)
Definition opposed := two_filters 0 [:: [:: 1; 0]; [:: 3%:R / 2%:R; 1]].

Lemma opposed_signed : signed_head opposed.
Proof. exact: signed_x. Qed.

Lemma opposed_inaccurate l e : accuracy coin (tiny 0 l e) opposed == 1 = false.
Proof. by rewrite (accuracy_x coin_listed tiny_fixed); vm_compute. Qed.

(** The number of background patches forgotten. *)
Lemma T5_accuracy_wrong_patches :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (xs : seq (sample K)) (b : bool -> R) (lam : 'I_K -> R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  all (unique_key r m) xs ->
  (forall y, b y <= (label_count y xs)%:R) -> (forall k, `|walk k xs| <= lam k) ->
  (forall y, 0 < r%:R * (win M s r y (b y) - opposition M s r y (b y))) ->
  (forall y k, background_within M s y k (lam k) <
    r%:R * (win M s r y (b y) - opposition M s r y (b y))) ->
  accuracy D M (sgd M s xs) = 1).
Proof.
move=> claim; suff: accuracy D2 (tiny 1 Unhinged 1) (sgd (tiny 1 Unhinged 1) outvoted [::]) = 1.
  by move/eqP; rewrite (accuracy_x D2_listed tiny_fixed); vm_compute.
apply: (claim Q 2%N 1%N D2 (tiny 1 Unhinged 1) 1%N 3%N outvoted [::] (fun=> 0) (fun=> 0)) => //.
- exact: outvoted_signed.
- exact: D2_keys.
- by move=> k; rewrite walk_x.
- by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
by move=> y k; rewrite win_x opposition_x background_within_x ord1; case: y; vm_compute.
Qed.

(** What the key of label y is worth to the filters of the other sign forgotten. *)
Lemma T5_accuracy_wrong_opposition :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (xs : seq (sample K)) (b : bool -> R) (lam : 'I_K -> R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  all (unique_key r m) xs ->
  (forall y, b y <= (label_count y xs)%:R) -> (forall k, `|walk k xs| <= lam k) ->
  (forall y, 0 < r%:R * win M s r y (b y)) ->
  (forall y k, (m - r)%:R * background_within M s y k (lam k) <
    r%:R * (win M s r y (b y) - opposition M s r y (b y))) ->
  accuracy D M (sgd M s xs) = 1).
Proof.
move=> claim; suff: accuracy coin (tiny 0 Unhinged 1) (sgd (tiny 0 Unhinged 1) opposed [::]) = 1.
  by move/eqP; rewrite opposed_inaccurate.
apply: (claim Q 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N opposed [::] (fun=> 0) (fun=> 0)) => //.
- exact: opposed_signed.
- exact: coin_keys.
- by case.
- by move=> y; rewrite win_x; case: y; vm_compute.
by move=> y [].
Qed.

(** The tails of the numbers of labels forgotten: nothing has been learnt at step 0. *)
Lemma T5_probability_wrong_binomial :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (T : nat) (b : bool -> nat) (lam : 'I_K -> R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  (forall y, 0 < r%:R * (win M s r y (b y)%:R - opposition M s r y (b y)%:R)) ->
  (forall y k, (m - r)%:R * background_within M s y k (lam k) <
    r%:R * (win M s r y (b y)%:R - opposition M s r y (b y)%:R)) ->
  1 - \sum_k Pr D T (walk_exceeds k (lam k)) <=
  Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move=> claim; lapply (claim Q 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N opposed 0%N (fun=> 1%N) (fun=> 0)
  tiny_fixed isT opposed_signed coin_keys); last first.
  by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
move=> le; lapply le; last by move=> y [].
by rewrite big_ord0 PrE expectation0 opposed_inaccurate.
Qed.

(** The prior of the other label, where label + has probability 1/4. *)
Lemma rare_law : a_law (pair_list 0 1 [::] (1 / 4%:R)).
Proof. exact: pair_law. Qed.

Lemma T5_probability_wrong_prior :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (T : nat) (b : bool -> nat) (lam : 'I_K -> R),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  (forall y, 0 < r%:R * (win M s r y (b y)%:R - opposition M s r y (b y)%:R)) ->
  (forall y k, (m - r)%:R * background_within M s y k (lam k) <
    r%:R * (win M s r y (b y)%:R - opposition M s r y (b y)%:R)) ->
  1 - \sum_y binomial_below T (prior D (~~ y)) (b y) - \sum_k Pr D T (walk_exceeds k (lam k)) <=
  Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
pose rare := law rare_law; have rareP : listed rare _ := law_listed rare_law.
have rare_keys : unique_keys rare 1 1 by apply: (unique_keys_x rareP).
move=> claim; lapply (claim Q 2%N 0%N rare (tiny 0 Unhinged 1) 1%N 1%N opposed 1%N (fun y => y : nat)
  (fun=> 0) tiny_fixed isT opposed_signed rare_keys); last first.
  by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
move=> le; lapply le; last by move=> y [].
rewrite big_ord0 sum_labels !binomial_x !(prior_x rareP).
rewrite (Pr_x rareP _ (fun xs => congr1 (fun a => a == 1) (accuracy_sgd_x rareP tiny_fixed _ xs))).
by vm_compute.
Qed.

(** The number of background patches forgotten. *)
Lemma T5s_accuracy_wrong_patches :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (xs : seq (sample K)),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  all (unique_key r m) xs ->
  let ahead y :=
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R) in
  (forall y, 0 < ahead y) ->
  (forall y k, background_at M s y k (walk k xs) < ahead y) ->
  accuracy D M (sgd M s xs) = 1).
Proof.
move=> claim; suff: accuracy D2 (tiny 1 Unhinged 1) (sgd (tiny 1 Unhinged 1) outvoted [::]) = 1.
  by move/eqP; rewrite (accuracy_x D2_listed tiny_fixed); vm_compute.
apply: (claim Q 2%N 1%N D2 (tiny 1 Unhinged 1) 1%N 3%N outvoted [::]) => //.
- exact: outvoted_signed.
- exact: D2_keys.
- by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
by move=> y k; rewrite win_x opposition_x background_at_x walk_x ord1; case: y; vm_compute.
Qed.

(** The walk with the wrong sign: the image - takes the background of filter 1 to 2. *)
Lemma T5s_accuracy_wrong_sign :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (xs : seq (sample K)),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  all (unique_key r m) xs ->
  let ahead y :=
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R) in
  (forall y, 0 < ahead y) ->
  (forall y k, (m - r)%:R * background_at M s y k (- walk k xs) < ahead y) ->
  accuracy D M (sgd M s xs) = 1).
Proof.
move=> claim; pose xs := [:: keyed 1 1 [:: 1%N] false].
suff: accuracy D1 (tiny 1 Unhinged 1) (sgd (tiny 1 Unhinged 1) overtaken xs) = 1.
  by move/eqP; rewrite (accuracy_sgd_x D1_listed tiny_fixed); vm_compute.
apply: (claim Q 2%N 1%N D1 (tiny 1 Unhinged 1) 1%N 2%N overtaken xs) => //.
- exact: overtaken_signed.
- exact: D1_keys.
- by rewrite /= unique_key_x.
- by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
by move=> y k; rewrite win_x opposition_x background_at_x walk_x ord1; case: y; vm_compute.
Qed.

(** Without a background pattern there is no event, and the sum is 0. *)
Lemma T5s_probability_wrong_no_background :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (T : nat),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  1 - \sum_k Pr D T (fun xs => ~~ [forall y, (m - r)%:R * background_at M s y k (walk k xs) <
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)]) <=
  Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ Q 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N opposed 0%N tiny_fixed isT opposed_signed coin_keys).
by rewrite big_ord0 PrE expectation0 opposed_inaccurate.
Qed.

(** The number of background patches forgotten. *)
Lemma T5s_probability_wrong_patches :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (T : nat),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (0 < K)%N ->
  1 - \sum_k Pr D T (fun xs => ~~ [forall y, background_at M s y k (walk k xs) <
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)]) <=
  Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ Q 2%N 1%N D2 (tiny 1 Unhinged 1) 1%N 3%N outvoted 0%N tiny_fixed isT outvoted_signed D2_keys
  isT).
rewrite big_ord1 !PrE !expectation0 all_labels !background_at_x !walk_x !win_x !opposition_x.
by rewrite (accuracy_x D2_listed tiny_fixed); vm_compute.
Qed.

(** No step size: nothing moves. *)
Lemma C5_unhinged_wrong_no_step_size :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Unhinged 0) 1%N 1%N opposed (1 / 2%:R) tiny_fixed
  isT isT opposed_signed).
rewrite /both_win !winners_x => /(_ isT coin_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT).
case=> T /(_ T (leqnn T)); rewrite Pr0 => [|w]; first by vm_compute.
by rewrite -(same_accuracy _ tiny_fixed (still_no_step _ _ _)) opposed_inaccurate.
Qed.

(** Images without a key. *)
Lemma C5_unhinged_wrong_no_key :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N blanks (tiny 0 Unhinged 1) 0%N 0%N opposed (1 / 2%:R) tiny_fixed
  isT opposed_signed).
rewrite /both_win !winners_x => /(_ isT blanks_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT).
case=> T /(_ T (leqnn T)); rewrite Pr0 => [|w]; first by vm_compute.
rewrite -(same_accuracy _ tiny_fixed (still_blanks _ _ _ _)).
by rewrite (accuracy_x blanks_listed tiny_fixed); vm_compute.
Qed.

(** No winners: a network without filters. *)
Lemma C5_unhinged_wrong_no_winners :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s -> unique_keys D r m ->
  label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
pose none := table_state (R := rat_realFieldType) 0 0 [::] [::].
move/(_ [archiFieldType of rat] 0%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N none (1 / 2%:R) tiny_fixed).
case=> //; [by case | exact: coin_keys | exact: pair_independent | exact: pair_balanced |].
move=> T /(_ T (leqnn T)); rewrite Pr0 => [|w]; first by vm_compute.
by rewrite (accuracy_sgd_x coin_listed tiny_fixed).
Qed.

(** With probability 1 at some step: the image - alone is possible for ever. *)
Lemma C5_unhinged_wrong_certain :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N opposed (1 / 2%:R) tiny_fixed
  isT isT opposed_signed (both_win_x (s := opposed) isT) coin_keys (pair_independent _ _ _)
  (pair_balanced _ _ _) isT).
case=> T /(_ T (leqnn T)); apply/negP; rewrite -ltNge.
apply: (Pr_lt1 (w := all_tails T)); rewrite accuracy1; apply/negP => /forallP/(_ ord0).
by rewrite [sample_at _]/(keyed 0 1 [::] true) tails_margin; vm_compute.
Qed.
