(** * T0: examples and refuted near misses

    On the second problem: step size 1/4, two key patches, images of probability 1/6 and 1/3. The wrong
    key of filter 3 is where SGD and the expected dynamics part: it starts at 5/8 and falls by 1/2 at each
    of the first two images with label -, or by 1/4 at each of the first three steps of the expected
    dynamics. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts probability instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.broken_assumptions.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D2 := two_distribution.
Local Notation M2 := (two_model Unhinged false).
Local Notation H2 := (two_model Hinge true).
Local Notation s2 := two_state.

(** ** One step *)

(** With the hinge and a trained head. Filter 0: the key rises from 1/4 to 1/2, the head falls from 1 to
    31/32, in the mean over the four images as in the expected dynamics. *)
Example T0_one_step_holds :
  mean D2 (fun x => weight (step H2 s2 (single Q x)) g0 (key true)) = 1 / 2%:R
  /\ mean D2 (fun x => head (step H2 s2 (single Q x)) g0) = 31%:R / 32%:R.
Proof.
have [weights heads] := Statements.T0_one_step D2 H2 s2; split.
  by rewrite weights two_population /gate_at !two_margin_start; apply/eqP.
by rewrite heads two_population_head // /gate_at !two_margin_start; apply/eqP.
Qed.

(** Second moments are not those of the expected dynamics. *)
Lemma T0_one_step_wrong_second_moment : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  (forall j p, mean D (fun x => weight (step M s (single R x)) j p ^+ 2) =
    weight (step M s (population D)) j p ^+ 2)
  /\ (forall j, mean D (fun x => head (step M s (single R x)) j) = head (step M s (population D)) j)).
Proof.
move=> near; have [/(_ g0 (key true)) + _] := near Q 4%N 2%N D2 M2 s2.
rewrite two_population_unhinged.
rewrite (eq_mean D2 (fun x => congr1 (fun z => z ^+ 2) (two_single_unhinged s2 x g0 (key true)))).
by rewrite two_mean => /eqP; vm_compute.
Qed.

(** A trained head moves. *)
Lemma T0_one_step_wrong_head : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  (forall j p, mean D (fun x => weight (step M s (single R x)) j p) =
    weight (step M s (population D)) j p)
  /\ (forall j, mean D (fun x => head (step M s (single R x)) j) = head s j)).
Proof.
move=> near; have [_ /(_ g0)] := near Q 4%N 2%N D2 H2 s2.
by rewrite (proj2 T0_one_step_holds) => /eqP; vm_compute.
Qed.

(** The mean of a step of SGD is a step of the expected dynamics, not two. *)
Lemma T0_one_step_wrong_two_steps : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  (forall j p, mean D (fun x => weight (step M s (single R x)) j p) =
    weight (expected D M s 2) j p)
  /\ (forall j, mean D (fun x => head (step M s (single R x)) j) = head (step M s (population D)) j)).
Proof.
move=> near; have [/(_ g0 (key true)) + _] := near Q 4%N 2%N D2 M2 s2.
rewrite (eq_mean D2 (fun x => two_single _ _ s2 x g0 (key true))) two_mean.
by rewrite !two_unhinged expected0 => /eqP; vm_compute.
Qed.

(** ** A batch *)

(** The same numbers for a batch of five images. *)
Example T0_one_batch_holds :
  expectation D2 5 (fun xs => weight (step H2 s2 [seq (5%:R^-1, x) | x <- xs]) g0 (key true)) = 1 / 2%:R
  /\ expectation D2 5 (fun xs => head (step H2 s2 [seq (5%:R^-1, x) | x <- xs]) g0) = 31%:R / 32%:R.
Proof.
have [weights heads] := Statements.T0_one_batch D2 H2 s2 (isT : (0 < 5)%N); split.
  by rewrite weights two_population /gate_at !two_margin_start; apply/eqP.
by rewrite heads two_population_head // /gate_at !two_margin_start; apply/eqP.
Qed.

(** A batch of no image. *)
Lemma T0_one_batch_wrong_empty : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (k : nat),
  let minibatch xs := [seq (k%:R^-1, x) | x <- xs] in
  (forall j p, expectation D k (fun xs => weight (step M s (minibatch xs)) j p) =
    weight (step M s (population D)) j p)
  /\ (forall j, expectation D k (fun xs => head (step M s (minibatch xs)) j) =
    head (step M s (population D)) j)).
Proof.
move=> near; have [/(_ g0 (key true)) + _] := near Q 4%N 2%N D2 M2 s2 0%N.
rewrite [RHS]two_population_unhinged expectation0.
have [ortho act pool unhinged _] := two_fixed Unhinged.
rewrite (step_unhinged _ _ unhinged) (weight_move_relu _ _ _ _ ortho act pool) big_nil.
by move=> /eqP; vm_compute.
Qed.

(** Weights 1 in the place of 1/k. *)
Lemma T0_one_batch_wrong_weights : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (k : nat),
  (0 < k)%N ->
  let minibatch xs := [seq (1, x) | x <- xs] in
  (forall j p, expectation D k (fun xs => weight (step M s (minibatch xs)) j p) =
    weight (step M s (population D)) j p)
  /\ (forall j, expectation D k (fun xs => head (step M s (minibatch xs)) j) =
    head (step M s (population D)) j)).
Proof.
move=> near; have [/(_ g0 (key true)) + _] := near Q 4%N 2%N D2 M2 s2 2%N isT.
have two x z : weight (step M2 s2 [seq (1, x) | x <- [:: x; z]]) g0 (key true) = 1 / 4%:R +
    1 / 4%:R * (sgn (label x) * (count x (key true))%:R + sgn (label z) * (count z (key true))%:R).
  rewrite step_unhinged // weight_move_relu //; congr (_ + _ * _).
  by rewrite big_cons big_seq1 /= !mul1r.
rewrite [RHS]two_population_unhinged two_expectation2 !two_expectation1 !two.
by move/eqP; vm_compute.
Qed.

(** ** For all t *)

Lemma two_samples_keys (w : seq (atom D2)) : all (unique_key 2 4) (samples w).
Proof. by apply: all_samples => i; exact: two_unique_keys. Qed.

(** The wrong key of filter 3 dies with the second image with label -. *)
Example T0_steps_up_to_death_holds (w : seq (atom D2)) :
  steps_alive M2 s2 g3 (key false) false (samples w) = minn (label_count false (samples w)) 2.
Proof.
apply: (@Statements.T0_steps_up_to_death Q 4 2 M2 s2 2 4 true g3 2) => //.
  exact: two_samples_keys.
by split=> // -[|[]].
Qed.

Lemma no_death_of_one t : expectation D2 t (fun xs => (minn (label_count false xs) 1)%:R) =
  1 - (1 / 2%:R) ^+ t.
Proof.
elim: t => [|t IH]; first by rewrite expectation0.
rewrite expectationS two_mean.
have one b : expectation D2 t (fun xs => (minn (label_count false (two_sample false b :: xs)) 1)%:R) = 1.
  by rewrite -[RHS](expectation_const D2 t); apply: eq_expectation => xs; rewrite (minn_idPr _).
have none b : expectation D2 t (fun xs => (minn (label_count false (two_sample true b :: xs)) 1)%:R) =
  1 - (1 / 2%:R) ^+ t by rewrite -IH.
by rewrite !one !none -!mulrDl exprS mulr1 mulrBr mulr1 addrAC.
Qed.

(** Filter 0: its background keeps the mean 1/8 (on a path it climbs, or dies); its key, that of a winner,
    has the mean 1/4 + t/4; its wrong key, which dies with the first image with label -, has the mean
    3/8 - (1 - (1/2)^t) / 2. *)
Example T0_for_all_t_holds t :
  [/\ expectation D2 t (fun xs => weight (sgd M2 s2 xs) g0 b1) = 1 / 8%:R,
      expectation D2 t (fun xs => weight (sgd M2 s2 xs) g0 (key true)) = 1 / 4%:R + 1 / 4%:R * t%:R
    & expectation D2 t (fun xs => weight (sgd M2 s2 xs) g0 (key false)) =
        3%:R / 8%:R - 1 / 2%:R * (1 - (1 / 2%:R) ^+ t)].
Proof.
have [background winner_key wrong_key] := Statements.T0_for_all_t D2 s2 (two_fixed Unhinged) t; split.
- by have [-> _] := background two_label_independent two_balanced g0 k1.
- have [_ mean_is] := winner_key 2%N 4%N true g0 two_unique_keys (ltW (two_eta _ _)) (two_winner true g0).
  by rewrite (mean_is two_balanced two_signed).
- rewrite (wrong_key 2%N 4%N true g0 two_unique_keys) //; congr (_ - _ * _); rewrite -no_death_of_one.
  apply: eq_expectation_paths => w; congr (_%:R).
  rewrite (@Statements.T0_steps_up_to_death Q 4 2 M2 s2 2 4 true g0 1) //; first exact: two_samples_keys.
  by split=> // -[].
Qed.

(** The factor 1/2 forgotten in the drift of the winner's key. *)
Lemma T0_for_all_t_wrong_drift : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged -> forall t,
  [/\ label_independent D -> balanced D -> forall j k,
        expectation D t (fun xs => weight (sgd M s xs) j (background k)) =
          weight s j (background k) /\
        weight (expected D M s t) j (background k) = weight s j (background k),
      forall r m y j, unique_keys D r m -> 0 <= eta M -> winner s y j ->
        expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
          weight (expected D M s t) j (key y) /\
        (balanced D -> signed_head s ->
         expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
           weight s j (key y) + eta M * r%:R * t%:R)
    & forall r m y j, unique_keys D r m -> head s j = sgn y ->
        expectation D t (fun xs => weight (sgd M s xs) j (key (~~ y))) =
          weight s j (key (~~ y)) - eta M * r%:R *
            expectation D t (fun xs => (steps_alive M s j (key (~~ y)) (~~ y) xs)%:R)]).
Proof.
move=> near; have [_ winner_key _] := near Q 4%N 2%N D2 M2 s2 (two_fixed _) 1%N.
have [_ mean_is] := winner_key 2%N 4%N true g0 two_unique_keys isT (two_winner true g0).
have := mean_is two_balanced two_signed; have [_ -> _] := T0_for_all_t_holds 1.
by move/eqP; vm_compute.
Qed.

(** A4 forgotten: with a label of probability 4/5 the background is no martingale. *)
Lemma T0_for_all_t_wrong_unbalanced : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged -> forall t,
  [/\ label_independent D -> forall j k,
        expectation D t (fun xs => weight (sgd M s xs) j (background k)) =
          weight s j (background k) /\
        weight (expected D M s t) j (background k) = weight s j (background k),
      forall r m y j, unique_keys D r m -> 0 <= eta M -> winner s y j ->
        expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
          weight (expected D M s t) j (key y) /\
        (balanced D -> signed_head s ->
         expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
           weight s j (key y) + eta M * r%:R / 2%:R * t%:R)
    & forall r m y j, unique_keys D r m -> head s j = sgn y ->
        expectation D t (fun xs => weight (sgd M s xs) j (key (~~ y))) =
          weight s j (key (~~ y)) - eta M * r%:R *
            expectation D t (fun xs => (steps_alive M s j (key (~~ y)) (~~ y) xs)%:R)]).
Proof.
move=> near; have [background _ _] := near Q 3%N 1%N tilted (small_model Unhinged false) small_state
  (small_fixed _) 1%N.
have [ortho act pool unhinged fixed] := small_fixed Unhinged.
have [_] := background tilted_independent f0 ord0.
rewrite (weight_expectedS _ _ _ _ _ ortho act pool unhinged fixed) expected0 tilted_drift.
by move=> /eqP; vm_compute.
Qed.

(** The number of key patches forgotten in the fall of the wrong key. *)
Lemma T0_for_all_t_wrong_fall : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged -> forall t,
  [/\ label_independent D -> balanced D -> forall j k,
        expectation D t (fun xs => weight (sgd M s xs) j (background k)) =
          weight s j (background k) /\
        weight (expected D M s t) j (background k) = weight s j (background k),
      forall r m y j, unique_keys D r m -> 0 <= eta M -> winner s y j ->
        expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
          weight (expected D M s t) j (key y) /\
        (balanced D -> signed_head s ->
         expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
           weight s j (key y) + eta M * r%:R / 2%:R * t%:R)
    & forall r m y j, unique_keys D r m -> head s j = sgn y ->
        expectation D t (fun xs => weight (sgd M s xs) j (key (~~ y))) =
          weight s j (key (~~ y)) - eta M *
            expectation D t (fun xs => (steps_alive M s j (key (~~ y)) (~~ y) xs)%:R)]).
Proof.
move=> near; have [_ _ wrong_key] := near Q 4%N 2%N D2 M2 s2 (two_fixed _) 1%N.
have [_ _ right] := Statements.T0_for_all_t D2 s2 (two_fixed Unhinged) 1.
have := wrong_key 2%N 4%N true g3 two_unique_keys erefl.
rewrite (right 2%N 4%N true g3 two_unique_keys erefl).
have -> : expectation D2 1 (fun xs => (steps_alive M2 s2 g3 (key false) false xs)%:R) =
    expectation D2 1 (fun xs => (minn (label_count false xs) 2)%:R).
  by apply: eq_expectation_paths => w; rewrite T0_steps_up_to_death_holds.
by rewrite two_expectation1 => /eqP; vm_compute.
Qed.

(** ** The steps up to a death *)

Lemma two_ceiling : is_ceiling (weight s2 g3 (key (~~ true)) / (eta M2 * 2%:R)) 2.
Proof. by split=> // -[|[]]. Qed.

(** Death one step late. *)
Lemma T0_steps_up_to_death_wrong_late : ~ (forall (R : realFieldType) (n K : nat) (M : model R K)
    (s : state R n K) (r m : nat) (y : bool) (j : 'I_n) (tau : nat) (xs : seq (sample K)),
  fixed_head_network M Unhinged -> 0 < eta M * r%:R -> all (unique_key r m) xs -> head s j = sgn y ->
  0 < weight s j (key (~~ y)) -> is_ceiling (weight s j (key (~~ y)) / (eta M * r%:R)) tau ->
  steps_alive M s j (key (~~ y)) (~~ y) xs = minn (label_count (~~ y) xs) tau.+1).
Proof.
move=> near; pose w : seq (atom D2) := nseq 3 (false, true).
have := near Q 4%N 2%N M2 s2 2%N 4%N true g3 2%N (samples w) (two_fixed _) isT (two_samples_keys w) erefl isT
  two_ceiling.
by rewrite T0_steps_up_to_death_holds.
Qed.

(** The number of key patches forgotten in the time of death: 5/2 in the place of 5/4. *)
Lemma T0_steps_up_to_death_wrong_keys : ~ (forall (R : realFieldType) (n K : nat) (M : model R K)
    (s : state R n K) (r m : nat) (y : bool) (j : 'I_n) (tau : nat) (xs : seq (sample K)),
  fixed_head_network M Unhinged -> 0 < eta M * r%:R -> all (unique_key r m) xs -> head s j = sgn y ->
  0 < weight s j (key (~~ y)) -> is_ceiling (weight s j (key (~~ y)) / eta M) tau ->
  steps_alive M s j (key (~~ y)) (~~ y) xs = minn (label_count (~~ y) xs) tau).
Proof.
move=> near; pose w : seq (atom D2) := nseq 3 (false, true).
have := near Q 4%N 2%N M2 s2 2%N 4%N true g3 3%N (samples w) (two_fixed _) isT (two_samples_keys w) erefl isT.
have ceiling : is_ceiling (weight s2 g3 (key (~~ true)) / eta M2) 3 by split=> // -[|[|[]]].
by move=> /(_ ceiling); rewrite T0_steps_up_to_death_holds.
Qed.

(** The images with label y counted in the place of those with the other label. *)
Lemma T0_steps_up_to_death_wrong_label : ~ (forall (R : realFieldType) (n K : nat) (M : model R K)
    (s : state R n K) (r m : nat) (y : bool) (j : 'I_n) (tau : nat) (xs : seq (sample K)),
  fixed_head_network M Unhinged -> 0 < eta M * r%:R -> all (unique_key r m) xs -> head s j = sgn y ->
  0 < weight s j (key (~~ y)) -> is_ceiling (weight s j (key (~~ y)) / (eta M * r%:R)) tau ->
  steps_alive M s j (key (~~ y)) (~~ y) xs = minn (label_count y xs) tau).
Proof.
move=> near; pose w : seq (atom D2) := [:: (false, true)].
have := near Q 4%N 2%N M2 s2 2%N 4%N true g3 2%N (samples w) (two_fixed _) isT (two_samples_keys w) erefl isT
  two_ceiling.
by rewrite T0_steps_up_to_death_holds.
Qed.
