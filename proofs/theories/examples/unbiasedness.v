(** * T0: examples and refuted near misses

    On the small problem. The wrong key of filter 1 is where SGD and the expected dynamics part: it starts
    at 1/4 and falls by 1/2 at the first image with label +, or by 1/4 at every step of the expected
    dynamics, and then never moves again. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require examples.closed_form.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation M := (small_model Unhinged false).
Local Notation H := (small_model Hinge true).
Local Notation s0 := small_state.

(** Expectations over one and two images, written out. *)
Lemma small_expectation1 F :
  expectation D 1 F = 1 / 2%:R * F [:: plus] + 1 / 2%:R * F [:: minus].
Proof. by rewrite expectationS small_mean !expectation0. Qed.

Lemma small_expectation2 F : expectation D 2 F =
  1 / 2%:R * (1 / 2%:R * F [:: plus; plus] + 1 / 2%:R * F [:: plus; minus]) +
  1 / 2%:R * (1 / 2%:R * F [:: minus; plus] + 1 / 2%:R * F [:: minus; minus]).
Proof. by rewrite expectationS small_mean !small_expectation1. Qed.

(** The head of a filter after a step of the expected dynamics with both gates open. *)
Lemma small_population_head (s : state Q 3 1) j :
  margin H s plus < 1 -> margin H s minus < 1 ->
  head (step H s (population D)) j = head s j + 1 / 2%:R *
    (1 / 2%:R * (relu (weight s j (key true)) + relu (weight s j u1)) -
     1 / 2%:R * (relu (weight s j (key false)) + relu (weight s j u1))).
Proof.
move=> open_plus open_minus; rewrite /step /move /=; congr (_ + _ * _).
rewrite /head_gradient /gated big_map /=.
transitivity (mean D (fun x => gate_at H s x * sgn (label x) * pooled H (weight s j) (count x))).
  by rewrite -sum_population; apply: eq_bigr => b _; rewrite !mulrA.
rewrite small_mean /= !small_pooled /gate_at /= open_plus open_minus.
by rewrite !mul1r mulN1r mulrN.
Qed.

(** ** Every hypothesis holds: numbers *)

(** One step with the hinge and a trained head. Filter 0: the key rises from 1/4 to 1/2, the head from 1
    to 17/16, in the mean over the two images as in the expected dynamics. *)
Example T0_step_key : mean D (fun x => weight (step H s0 (single Q x)) f0 (key true)) = 1 / 2%:R.
Proof.
rewrite (proj1 (Statements.T0_one_step D H s0)) small_population /gate_at !small_margin.
by apply/eqP.
Qed.

Example T0_step_head : mean D (fun x => head (step H s0 (single Q x)) f0) = 17%:R / 16%:R.
Proof.
by rewrite (proj2 (Statements.T0_one_step D H s0)) small_population_head ?small_margin.
Qed.

(** The same numbers for a batch of two images. *)
Example T0_batch_key : expectation D 2
  (fun xs => weight (step H s0 [seq (2%:R^-1, x) | x <- xs]) f0 (key true)) = 1 / 2%:R.
Proof.
have [-> _] := Statements.T0_one_batch D H s0 (isT : (0 < 2)%N).
by rewrite small_population /gate_at !small_margin; apply/eqP.
Qed.

Example T0_batch_head : expectation D 2
  (fun xs => head (step H s0 [seq (2%:R^-1, x) | x <- xs]) f0) = 17%:R / 16%:R.
Proof.
have [_ ->] := Statements.T0_one_batch D H s0 (isT : (0 < 2)%N).
by rewrite small_population_head ?small_margin.
Qed.

(** For all t. The background of filter 0 keeps the mean 1/4 (it dies with the first image with label -,
    and can climb to 1/4 + t/2 before). *)
Example T0_background t :
  expectation D t (fun xs => weight (sgd M s0 xs) f0 u1) = 1 / 4%:R.
Proof.
have [background _ _] := Statements.T0_for_all_t D s0 (small_fixed Unhinged) t.
by have [-> _] := background small_label_independent small_balanced f0 ord0.
Qed.

(** The key of filter 0, a winner, has the mean 1/4 + t/4. *)
Example T0_winner t :
  expectation D t (fun xs => weight (sgd M s0 xs) f0 (key true)) = 1 / 4%:R + 1 / 4%:R * t%:R.
Proof.
have [_ winner_key _] := Statements.T0_for_all_t D s0 (small_fixed Unhinged) t.
have [_ mean_is] := winner_key 1%N 2%N true f0 small_unique_keys (ltW (small_eta _ _))
  (small_winner true f0).
by rewrite (mean_is small_balanced small_signed).
Qed.

(** The wrong key of filter 1 dies with the first image with label +. *)
Example T0_steps (w : seq (atom D)) :
  steps_alive M s0 f1 (key true) true (samples w) = minn (label_count true (samples w)) 1.
Proof.
apply: (@Statements.T0_steps_up_to_death Q 3 1 M s0 1 2 false f1 1) => //.
  by apply: all_samples => i; exact: small_unique_key.
by split=> // -[].
Qed.

(** So that its mean at t is 1/4 - (1 - (1/2)^t) / 2: 0 at t = 1, -1/8 at t = 2. *)
Example T0_wrong_key t : expectation D t (fun xs => weight (sgd M s0 xs) f1 (key true)) =
  1 / 4%:R - 1 / 2%:R * expectation D t (fun xs => (minn (label_count true xs) 1)%:R).
Proof.
have [_ _ wrong_key] := Statements.T0_for_all_t D s0 (small_fixed Unhinged) t.
rewrite (wrong_key 1%N 2%N false f1 small_unique_keys) // mulr1; congr (_ - _ * _).
by apply: eq_expectation_paths => w; rewrite T0_steps.
Qed.

Lemma no_plus t : expectation D t (fun xs => (minn (label_count true xs) 1)%:R) =
  1 - (1 / 2%:R) ^+ t.
Proof.
elim: t => [|t IH]; first by rewrite expectation0.
rewrite expectationS small_mean /=.
have -> : expectation D t (fun xs => (minn (label_count true (plus :: xs)) 1)%:R) = 1.
  by rewrite -[RHS](expectation_const D t); apply: eq_expectation => xs; rewrite (minn_idPr _).
have -> : expectation D t (fun xs => (minn (label_count true (minus :: xs)) 1)%:R) =
    expectation D t (fun xs => (minn (label_count true xs) 1)%:R) by [].
rewrite IH exprS mulr1 mulrBr mulr1 addrA; congr (_ - _).
Qed.

Example T0_wrong_key_2 : expectation D 2 (fun xs => weight (sgd M s0 xs) f1 (key true)) = - 1 / 8%:R.
Proof. by rewrite T0_wrong_key no_plus; apply/eqP. Qed.

(** ** Near misses *)

(** One step is unbiased; two are not: at t = 2 the wrong key has the mean -1/8 and not 0, the value of
    the expected dynamics. *)
Lemma T0_wrong_key_wrong : ~ (forall (n K : nat) (D : distribution Q K) (M : model Q K)
    (s : state Q n K),
  fixed_head_network M Unhinged -> forall t r m y j, unique_keys D r m -> head s j = sgn y ->
  expectation D t (fun xs => weight (sgd M s xs) j (key (~~ y))) =
    weight (expected D M s t) j (key (~~ y))).
Proof.
move=> /(_ 3%N 1%N D M s0 (small_fixed _) 2%N 1%N 2%N false f1 small_unique_keys erefl).
by rewrite T0_wrong_key_2 closed_form.T1_falling => /eqP; vm_compute.
Qed.

Lemma T0_two_steps_wrong : ~ (forall (n K : nat) (D : distribution Q K) (M : model Q K)
    (s : state Q n K) j p,
  expectation D 2 (fun xs => weight (sgd M s xs) j p) = weight (expected D M s 2) j p).
Proof.
move=> /(_ 3%N 1%N D M s0 f1 (key true)).
by rewrite T0_wrong_key_2 closed_form.T1_falling => /eqP; vm_compute.
Qed.

(** A batch of no image. *)
Lemma T0_empty_batch_wrong : ~ (forall (n K : nat) (D : distribution Q K) (M : model Q K)
    (s : state Q n K) k j p,
  expectation D k (fun xs => weight (step M s [seq (k%:R^-1, x) | x <- xs]) j p) =
    weight (step M s (population D)) j p).
Proof.
move=> /(_ 3%N 1%N D M s0 0%N f0 (key true)); rewrite expectation0 small_population.
have [ortho act pool _ _] := small_fixed Unhinged.
rewrite /step (weight_move_relu _ _ _ _ ortho act pool) big_nil.
by move/eqP; vm_compute.
Qed.

(** A batch with weights 1 in the place of 1/k. *)
Lemma T0_unweighted_batch_wrong : ~ (forall (n K : nat) (D : distribution Q K) (M : model Q K)
    (s : state Q n K) k j p, (0 < k)%N ->
  expectation D k (fun xs => weight (step M s [seq (1, x) | x <- xs]) j p) =
    weight (step M s (population D)) j p).
Proof.
move=> /(_ 3%N 1%N D M s0 2%N f0 (key true) isT); rewrite small_expectation2 small_population.
have two x z : weight (step M s0 [seq (1, x) | x <- [:: x; z]]) f0 (key true) = 1 / 4%:R +
    1 / 2%:R * (sgn (label x) * (count x (key true))%:R + sgn (label z) * (count z (key true))%:R).
  rewrite step_unhinged // weight_move_relu //; congr (_ + _ * _).
  by rewrite big_cons big_seq1 /= !mul1r.
rewrite (two plus plus) (two plus minus) (two minus plus) (two minus minus).
by move/eqP; vm_compute.
Qed.

(** The winner's key with the drift eta r. *)
Lemma T0_winner_drift_wrong : ~ (forall (n K : nat) (D : distribution Q K) (M : model Q K)
    (s : state Q n K),
  fixed_head_network M Unhinged -> forall t r m y j, unique_keys D r m -> 0 <= eta M ->
  winner s y j -> balanced D -> signed_head s ->
  expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
    weight s j (key y) + eta M * r%:R * t%:R).
Proof.
move=> /(_ 3%N 1%N D M s0 (small_fixed _) 1%N 1%N 2%N true f0 small_unique_keys isT).
by move=> /(_ (small_winner true f0) small_balanced small_signed); rewrite T0_winner => /eqP; vm_compute.
Qed.

(** Death one step late. *)
Lemma T0_steps_late_wrong : ~ (forall (n K : nat) (M : model Q K) (s : state Q n K)
    (r m : nat) (y : bool) (j : 'I_n) (tau : nat) (xs : seq (sample K)),
  fixed_head_network M Unhinged -> 0 < eta M * r%:R -> all (unique_key r m) xs -> head s j = sgn y ->
  0 < weight s j (key (~~ y)) -> is_ceiling (weight s j (key (~~ y)) / (eta M * r%:R)) tau ->
  steps_alive M s j (key (~~ y)) (~~ y) xs = minn (label_count (~~ y) xs) tau.+1).
Proof.
move=> /(_ 3%N 1%N M s0 1%N 2%N false f1 1%N (samples ([:: true; true] : seq (atom D)))).
rewrite (T0_steps [:: true; true]) => late.
have keys : all (unique_key 1 2) (@samples Q 1 D [:: true; true]).
  by apply: all_samples => i; exact: small_unique_key.
have ceiling : is_ceiling (weight s0 f1 (key (~~ false)) / (eta M * 1%:R)) 1 by split=> // -[].
by have /eqP := late (small_fixed _) isT keys erefl isT ceiling.
Qed.
