(** * T6 (a), (b): examples and refuted near misses

    On the second problem with the hinge: at most 54 updates, and every image has probability 1/6 at
    least. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances_two.
From filtercert Require Import examples.values_two examples.evaluation.
From filtercert Require Import examples.mistake_bound.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := two_distribution.
Local Notation s0 := two_state.
Local Notation M := (two_model Hinge false).

Lemma two_least (i : atom D) : 1 / 6%:R <= probability i :> Q.
Proof. by case: i => [y []]. Qed.

Example T6a_unsettled_holds T :
  Pr D T (fun xs => ~~ settled D M (sgd M s0 xs)) <= binomial_below T (1 / 6%:R) 54
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s0 (take t xs)) < 1])
    <= binomial_below T (1 / 6%:R) 54.
Proof.
exact: (@Statements.T6a_unsettled Q 4 2 D M 2 4 s0 (1 / 6%:R) 54 T (two_fixed Hinge)
  (ltW (two_eta _ _)) two_signed two_unique_keys isT two_least bound_54).
Qed.

(** After three images the probability itself is 19/36. *)
Example T6a_number : Pr D 3 (fun xs => ~~ settled D M (sgd M s0 xs)) = 19%:R / 36%:R.
Proof.
have path xs : ~~ settled D M (sgd M s0 xs) = ~~ x_settled two_list (x_sgd M s0 xs).
  by rewrite (settled_sgd_x two_listed (two_fixed _)).
by rewrite (Pr_x two_listed 3 path); apply/eqP; vm_compute.
Qed.

Example T6b_inaccurate_holds T : Pr D T (fun xs => [forall t : 'I_T.+1,
  accuracy D M (sgd M s0 (take t xs)) <= 1 - 1 / 10%:R]) <= binomial_below T (1 / 10%:R) 54.
Proof.
exact: (@Statements.T6b_inaccurate Q 4 2 D M 2 4 s0 (1 / 10%:R) 54 T (two_fixed Hinge)
  (ltW (two_eta _ _)) two_signed two_unique_keys isT bound_54).
Qed.

Example C5_hinge_holds : exists T0, forall T, (T0 <= T)%N ->
  99%:R / 100%:R <= Pr D T (fun xs => settled D M (sgd M s0 xs))
  /\ forall xs, settled D M (sgd M s0 xs) -> accuracy D M (sgd M s0 xs) = 1.
Proof.
have -> : 99%:R / 100%:R = 1 - 1 / 100%:R :> rat by apply/eqP.
exact: (@Statements.C5_hinge [archiFieldType of rat] 4 2 D M 2 4 s0 (1 / 100%:R)
  (two_fixed Hinge) (two_eta _ _) isT two_signed two_both_win two_unique_keys isT).
Qed.

(** ** Near misses

    One filter a label with the key 1/2, step size 4: T6's inequality allows 5 updates; without the term
    eta^2 n m^2 it would allow 1. *)

Notation two_keys W := (table_state (R := rat_realFieldType) 2 0 W [:: 1; -1]).

Definition half_keys := two_keys [:: [:: 1 / 2%:R; 0]; [:: 0; 1 / 2%:R]].

Lemma half_signed : signed_head half_keys.
Proof. exact: signed_x. Qed.

Local Notation learner := (tiny 0 Hinge 4%:R).

Lemma settled_path xs : ~~ settled coin learner (sgd learner half_keys xs) =
  ~~ x_settled (pair_list 0 1 [::] (1 / 2%:R)) (x_sgd learner half_keys xs).
Proof. by rewrite (settled_sgd_x coin_listed tiny_fixed). Qed.

(** p above the probabilities of the images: five times the same image is possible. *)
Lemma T6a_unsettled_wrong_any_chance :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (p : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  0 <= p ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k).
Proof.
move=> claim; have [] := claim Q 2%N 0%N coin learner 1%N 1%N half_keys 1 5%N 5%N tiny_fixed isT
  half_signed coin_keys isT.
  by move=> u; rewrite total_norm_x !winners_x => le; refine (updates_bound _ _ _ le); vm_compute.
by rewrite (Pr_x coin_listed _ settled_path) binomial_x => le _; move: le; vm_compute.
Qed.

(** After one image the other label is still unsettled. *)
Lemma T6a_unsettled_wrong_no_spread :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (p : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k).
Proof.
move=> claim; have [] := claim Q 2%N 0%N coin learner 1%N 1%N half_keys (1 / 2%:R) 1%N 1%N tiny_fixed
  isT half_signed coin_keys isT.
- by apply/forallP; rewrite -[[forall _, _]]/[forall i : atom coin, 1 / 2%:R <= probability i] all_ords;
  vm_compute.
- by move=> u; rewrite total_norm_x !winners_x => le; refine (updates_bound _ _ _ le); vm_compute.
by rewrite (Pr_x coin_listed _ settled_path) binomial_x => le _; move: le; vm_compute.
Qed.

(** Each filter has a wrong key of 2: after one image one label is still wrong. *)
Definition crossed := two_keys [:: [:: 1 / 2%:R; 2%:R]; [:: 2%:R; 1 / 2%:R]].

Lemma crossed_signed : signed_head crossed.
Proof. exact: signed_x. Qed.

Lemma inaccurate_path (s : state Q 2 0) (eps : rat) t xs :
  [forall u : 'I_t.+1, accuracy coin learner (sgd learner s (take u xs)) <= 1 - eps] =
  all (fun u : 'I_t.+1 =>
    x_accuracy (pair_list 0 1 [::] (1 / 2%:R)) (x_sgd learner s (take u xs)) <= 1 - eps) (ords t.+1).
Proof.
by rewrite all_ords; apply: eq_all => u; rewrite (accuracy_sgd_x coin_listed tiny_fixed).
Qed.

Lemma T6b_inaccurate_wrong_no_spread :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (eps : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  0 < eps <= 1 ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k).
Proof.
move=> claim; have := claim Q 2%N 0%N coin learner 1%N 1%N crossed (1 / 2%:R) 1%N 1%N tiny_fixed
  isT crossed_signed coin_keys isT.
rewrite (Pr_x coin_listed _ (inaccurate_path _ _ _)) binomial_x => bad; lapply bad; first by vm_compute.
by move=> u; rewrite total_norm_x !winners_x => le; refine (updates_bound _ _ _ le); vm_compute.
Qed.

(** eps = 2: the tail is 1 - 32. *)
Lemma T6b_inaccurate_wrong_large_eps :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (eps : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  0 < eps ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k).
Proof.
move=> claim; have bad := claim Q 2%N 0%N coin learner 1%N 1%N half_keys 2%:R 5%N 5%N tiny_fixed
  isT half_signed coin_keys isT.
have : (0 : rat) <= binomial_below 5 2%:R 5; last by rewrite binomial_x; vm_compute.
apply: le_trans (bad _); first exact: Pr_ge0.
by move=> u; rewrite total_norm_x !winners_x => le; refine (updates_bound _ _ _ le); vm_compute.
Qed.

(** No winners: a network without filters. *)
Lemma C5_hinge_wrong_no_winners :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> unique_keys D r m ->
  0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => settled D M (sgd M s xs))
    /\ forall xs, settled D M (sgd M s xs) -> accuracy D M (sgd M s xs) = 1).
Proof.
pose none := table_state (R := rat_realFieldType) 0 0 [::] [::].
move/(_ [archiFieldType of rat] 0%N 0%N coin (tiny 0 Hinge 1) 1%N 1%N none (1 / 2%:R) tiny_fixed isT
  isT).
case=> //; [by case | exact: coin_keys |].
move=> T /(_ T (leqnn T)) [+ _]; rewrite Pr0 => [|w]; first by vm_compute.
by rewrite (settled_sgd_x coin_listed tiny_fixed).
Qed.

(** No step size: nothing moves. *)
Lemma C5_hinge_wrong_no_step_size :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => settled D M (sgd M s xs))
    /\ forall xs, settled D M (sgd M s xs) -> accuracy D M (sgd M s xs) = 1).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Hinge 0) 1%N 1%N half_keys (1 / 2%:R) tiny_fixed
  isT isT half_signed (both_win_x (s := half_keys) isT) coin_keys isT).
case=> T /(_ T (leqnn T)) [+ _]; rewrite Pr0 => [|w]; first by vm_compute.
rewrite -(same_settled _ tiny_fixed (still_no_step _ _ _)).
by rewrite (settled_x coin_listed tiny_fixed).
Qed.

(** Images without a key. *)
Lemma C5_hinge_wrong_no_key :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Hinge -> 0 < eta M -> signed_head s -> both_win s ->
  unique_keys D r m -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => settled D M (sgd M s xs))
    /\ forall xs, settled D M (sgd M s xs) -> accuracy D M (sgd M s xs) = 1).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N blanks (tiny 0 Hinge 1) 0%N 0%N half_keys (1 / 2%:R) tiny_fixed
  isT half_signed (both_win_x (s := half_keys) isT) blanks_keys isT).
case=> T /(_ T (leqnn T)) [+ _]; rewrite Pr0 => [|w]; first by vm_compute.
rewrite -(same_settled _ tiny_fixed (still_blanks _ _ _ _)).
by rewrite (settled_x blanks_listed tiny_fixed).
Qed.

(** With probability 1 at some step: the image - alone is possible for ever. *)
Lemma C5_hinge_wrong_certain :
  ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 <= Pr D T (fun xs => settled D M (sgd M s xs))
    /\ forall xs, settled D M (sgd M s xs) -> accuracy D M (sgd M s xs) = 1).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N coin (tiny 0 Hinge 1) 1%N 1%N half_keys (1 / 2%:R) tiny_fixed
  isT isT half_signed (both_win_x (s := half_keys) isT) coin_keys isT).
case=> T /(_ T (leqnn T)) [+ _]; apply/negP; rewrite -ltNge.
apply: (Pr_lt1 (w := all_tails T)); apply/negP => /forallP/(_ ord0).
by rewrite [sample_at _]/(keyed 0 1 [::] true) tails_margin; vm_compute.
Qed.
