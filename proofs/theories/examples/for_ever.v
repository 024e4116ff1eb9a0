(** * T4 and T5 for ever: examples and refuted near misses

    On the small problem. At the start its winner of + has not twice the norm of its loser, and the
    image with label - is not right; with step size 0 that stays so, and without filters no image is ever
    right. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability sgd_coordinates instances.
From filtercert Require Import examples.values.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation A := [archiFieldType of rat].
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation M := (small_model Unhinged false).

Example T4_for_ever_holds (rho : rat) : exists T, forall T', 1 - 1 / 100%:R <=
  Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> dominates rho s0 (sgd M s0 (take t xs))]).
Proof.
exact: (@Statements.T4_for_ever A 3 1 D M 1 2 s0 rho (1 / 100%:R) (small_fixed Unhinged)
  (small_eta _ _) isT small_signed small_unique_keys small_label_independent small_balanced isT).
Qed.

Example C5_for_ever_holds (rho : rat) : exists T, forall T', 1 - 1 / 100%:R <=
  Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
    (accuracy D M (sgd M s0 (take t xs)) == 1) && dominates rho s0 (sgd M s0 (take t xs))]).
Proof.
exact: (@Statements.C5_for_ever A 3 1 D M 1 2 s0 rho (1 / 100%:R) (small_fixed Unhinged)
  (small_eta _ _) isT small_signed small_both_win small_unique_keys small_label_independent
  small_balanced isT).
Qed.

(** Twice the loser's norm is more than that of the winner of +. *)
Lemma small_not_twice (s : state Q 3 1) : (forall j p, weight s j p = weight s0 j p) ->
  dominates 2%:R s0 s = false.
Proof.
move=> same; apply/negbTE/negP => /forallP/(_ true)/forallP/(_ f0)/forallP/(_ f2).
rewrite small_winner small_loser /= /norm_squared !small_sum_patterns !same.
by vm_compute.
Qed.

(** The image with label - has margin 0. *)
Lemma small_not_right : (accuracy D M s0 == 1) = false.
Proof.
rewrite accuracy1; apply/negbTE; rewrite negb_forall; apply/existsP; exists false.
by rewrite [sample_at _]/(small_sample false) small_margin.
Qed.

(** Step size 0 moves nothing. *)
Definition still_model : model Q 1 := Model (gram M) Relu SumPooling Unhinged false 0.

Lemma still_fixed : fixed_head_network still_model Unhinged.
Proof. by []. Qed.

Lemma still_weight (s : state Q 3 1) xs j p : weight (sgd still_model s xs) j p = weight s j p.
Proof.
elim: xs s => [|x xs IH] s //; rewrite sgd_cons IH (weight_sample still_fixed).
by case: ifP; rewrite ?mul0r addr0.
Qed.

(** What never happens. *)
Lemma never t (E : pred (seq (sample 1))) : (forall w : t.-tuple (atom D), ~~ E (samples w)) ->
  ~ 1 - 1 / 2%:R <= Pr D t E :> Q.
Proof. by move=> none; rewrite Pr0. Qed.

Lemma never_dominates (w : 0.-tuple (atom D)) :
  ~~ [forall t : 'I_1, dominates 2%:R s0 (sgd M s0 (take t (samples w)))].
Proof. by apply/negP => /forallP/(_ ord0); rewrite take0 small_not_twice. Qed.

Lemma never_right (w : 0.-tuple (atom D)) : ~~ [forall t : 'I_1,
  (accuracy D M (sgd M s0 (take t (samples w))) == 1) && dominates 0 s0 (sgd M s0 (take t (samples w)))].
Proof. by apply/negP => /forallP/(_ ord0); rewrite take0 small_not_right. Qed.

Lemma never_moves T (w : T.-tuple (atom D)) : ~~ [forall t : 'I_T.+1,
  (T <= t)%N ==> dominates 2%:R s0 (sgd still_model s0 (take t (samples w)))].
Proof.
apply/negP => /forallP/(_ ord_max); rewrite leqnn /= small_not_twice // => j p.
exact: still_weight.
Qed.

Local Notation nothing := (State (fun (j : 'I_0) (_ : pattern 1) => 0 : Q) (fun _ => 0)).

Lemma never_learns T (w : T.-tuple (atom D)) : ~~ [forall t : 'I_T.+1, (T <= t)%N ==>
  (accuracy D M (sgd M nothing (take t (samples w))) == 1)
  && dominates 0 nothing (sgd M nothing (take t (samples w)))].
Proof.
apply/negP => /forallP/(_ ord_max); rewrite leqnn accuracy1 => /andP[/forallP/(_ true)].
by rewrite /margin /output big_ord0 mulr0.
Qed.

(** From the first step on. *)
Lemma T4_for_ever_wrong_start : ~ (
  forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T : nat, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, dominates rho s (sgd M s (take t xs))])).
Proof.
move/(_ A 3%N 1%N D M 1%N 2%N s0 2%:R (1 / 2%:R) (small_fixed Unhinged) (small_eta _ _) isT small_signed
  small_unique_keys small_label_independent small_balanced isT) => -[T /(_ 0%N)].
exact: never never_dominates.
Qed.

(** Step size 0. *)
Lemma T4_for_ever_wrong_step : ~ (
  forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T : nat, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> dominates rho s (sgd M s (take t xs))])).
Proof.
move/(_ A 3%N 1%N D still_model 1%N 2%N s0 2%:R (1 / 2%:R) still_fixed isT isT small_signed
  small_unique_keys small_label_independent small_balanced isT) => -[T /(_ T)].
exact: never (@never_moves T).
Qed.

(** From the first step on. *)
Lemma C5_for_ever_wrong_start : ~ (
  forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T : nat, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, 
      (accuracy D M (sgd M s (take t xs)) == 1) && dominates rho s (sgd M s (take t xs))])).
Proof.
move/(_ A 3%N 1%N D M 1%N 2%N s0 0 (1 / 2%:R) (small_fixed Unhinged) (small_eta _ _) isT small_signed
  small_both_win small_unique_keys small_label_independent small_balanced isT) => -[T /(_ 0%N)].
exact: never never_right.
Qed.

(** Without winners: no filter at all. *)
Lemma C5_for_ever_wrong_winners : ~ (
  forall (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T : nat, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      (accuracy D M (sgd M s (take t xs)) == 1) && dominates rho s (sgd M s (take t xs))])).
Proof.
move/(_ A 0%N 1%N D M 1%N 2%N nothing 0 (1 / 2%:R) (small_fixed Unhinged)
  (small_eta _ _) isT) => claim.
have [|T /(_ T)] := claim _ small_unique_keys small_label_independent small_balanced isT.
  by case.
exact: never (@never_learns T).
Qed.

