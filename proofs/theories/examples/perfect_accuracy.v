(** * T5, T5s: examples and refuted near misses

    On the small problem, unhinged, after the path +, -: each label once, the walk back at 0. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values examples.evaluation.
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

Lemma keys_two : all (unique_key 1 2) [:: plus; minus].
Proof. by rewrite /= !small_unique_key. Qed.

Example T5_accuracy_holds : accuracy D M (sgd M s0 [:: plus; minus]) = 1.
Proof.
apply: (@Statements.T5_accuracy Q 3 1 D M 1 2 s0 _ (fun=> 1) (fun=> 0) (small_fixed Unhinged)
  (ltW (small_eta _ _)) small_signed small_unique_keys keys_two).
- by case.
- by move=> k; rewrite /walk !big_cons big_nil.
- by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
by move=> y k; rewrite win_x opposition_x background_within_x ord1; case: y; vm_compute.
Qed.

Example C5_unhinged_holds : exists T0, forall T, (T0 <= T)%N ->
  1 - 1 / 100%:R <= Pr D T (fun xs => accuracy D M (sgd M s0 xs) == 1).
Proof.
exact: (@Statements.C5_unhinged [archiFieldType of rat] 3 1 D M 1 2 s0 (1 / 100%:R) (small_fixed Unhinged)
  (small_eta _ _) isT small_signed small_both_win small_unique_keys small_label_independent
  small_balanced isT).
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
Proof. by rewrite (accuracy_x coin_listed (tiny_fixed _ _ _)); vm_compute. Qed.

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
  by move/eqP; rewrite (accuracy_x D2_listed (tiny_fixed _ _ _)); vm_compute.
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
  (tiny_fixed _ _ _) isT opposed_signed coin_keys); last first.
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
  (fun=> 0) (tiny_fixed _ _ _) isT opposed_signed rare_keys); last first.
  by move=> y; rewrite win_x opposition_x; case: y; vm_compute.
move=> le; lapply le; last by move=> y [].
rewrite big_ord0 sum_labels !binomial_x !(prior_x rareP).
rewrite (Pr_x rareP _ (fun xs => congr1 (fun a => a == 1) (accuracy_sgd_x rareP (tiny_fixed _ _ _) _ xs))).
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
  by move/eqP; rewrite (accuracy_x D2_listed (tiny_fixed _ _ _)); vm_compute.
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
  by move/eqP; rewrite (accuracy_sgd_x D1_listed (tiny_fixed _ _ _)); vm_compute.
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
move/(_ Q 2%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N opposed 0%N (tiny_fixed _ _ _) isT opposed_signed coin_keys).
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
move/(_ Q 2%N 1%N D2 (tiny 1 Unhinged 1) 1%N 3%N outvoted 0%N (tiny_fixed _ _ _) isT outvoted_signed D2_keys isT).
rewrite big_ord1 !PrE !expectation0 all_labels !background_at_x !walk_x !win_x !opposition_x.
by rewrite (accuracy_x D2_listed (tiny_fixed _ _ _)); vm_compute.
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
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Unhinged 0) 1%N 1%N opposed (1 / 2%:R) (tiny_fixed _ _ _)
  isT isT opposed_signed).
rewrite /both_win !winners_x => /(_ isT coin_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT).
case=> T /(_ T (leqnn T)); rewrite Pr0 => [|w]; first by vm_compute.
by rewrite -(same_accuracy _ (tiny_fixed _ _ _) (still_no_step _ _ _)) opposed_inaccurate.
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
move/(_ [archiFieldType of rat] 2%N 0%N blanks (tiny 0 Unhinged 1) 0%N 0%N opposed (1 / 2%:R) (tiny_fixed _ _ _)
  isT opposed_signed).
rewrite /both_win !winners_x => /(_ isT blanks_keys (pair_independent _ _ _) (pair_balanced _ _ _) isT).
case=> T /(_ T (leqnn T)); rewrite Pr0 => [|w]; first by vm_compute.
rewrite -(same_accuracy _ (tiny_fixed _ _ _) (still_blanks _ _ _ _)).
by rewrite (accuracy_x blanks_listed (tiny_fixed _ _ _)); vm_compute.
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
move/(_ [archiFieldType of rat] 0%N 0%N coin (tiny 0 Unhinged 1) 1%N 1%N none (1 / 2%:R) (tiny_fixed _ _ _)).
case=> //; [by case | exact: coin_keys | exact: pair_independent | exact: pair_balanced |].
move=> T /(_ T (leqnn T)); rewrite Pr0 => [|w]; first by vm_compute.
by rewrite (accuracy_sgd_x coin_listed (tiny_fixed _ _ _)).
Qed.
