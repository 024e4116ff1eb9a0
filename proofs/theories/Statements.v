(** * What is proved

    A reader who trusts Coq reads [model.v] for the definitions and this file for the statements, and
    nothing else. Each theorem is proved by one application of a theorem of the file named after it.
    [Assumptions.ref] lists what each rests on: nothing beyond Coq's logic.

    Names: T0 to T11, as everywhere in the project; C5 is the claim about accuracy.
    [R] is any ordered field; where a time must exist it is an Archimedean one. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model balancedness.
From filtercert Require pathwise closed_form unbiasedness norm_dominance norm_growth any_heads.
From filtercert Require mistake_bound mistake_bound_sharp.
From filtercert Require checker certificates.
From filtercert Require lottery.
From filtercert Require head_recurrence.
From filtercert Require max_pooling trained_head.
From filtercert Require sgd_norm_dominance.
From filtercert Require perfect_accuracy.
From filtercert Require main_claim.
From filtercert Require learning_time.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** T0: unbiasedness ([unbiasedness.v]) *)

(** One step, any model: any Gram matrix, activation, pooling, loss, fixed or trained head. The mean over
    the atoms of a step of SGD is the step of the expected dynamics, filters and heads. *)
Theorem T0_one_step (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) :
  (forall j p, mean D (fun x => weight (step M s (single R x)) j p) =
    weight (step M s (population D)) j p)
  /\ (forall j, mean D (fun x => head (step M s (single R x)) j) = head (step M s (population D)) j).
Proof. exact: unbiasedness.one_step. Qed.

(** The same for a batch of k independent images. *)
Theorem T0_one_batch (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (k : nat) :
  (0 < k)%N ->
  let minibatch xs := [seq (k%:R^-1, x) | x <- xs] in
  (forall j p, expectation D k (fun xs => weight (step M s (minibatch xs)) j p) =
    weight (step M s (population D)) j p)
  /\ (forall j, expectation D k (fun xs => head (step M s (minibatch xs)) j) =
    head (step M s (population D)) j).
Proof. exact: unbiasedness.one_step_batch. Qed.

(** For all t, deaths included: SGD with one image a step, over all paths of t images, against the
    expected dynamics after t steps. *)
Theorem T0_for_all_t (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) :
  fixed_head_network M Unhinged -> forall t,
  [/\ (* the background (A3, A4): a martingale stopped at its death; as in T1 it stays *)
      label_independent D -> balanced D -> forall j k,
        expectation D t (fun xs => weight (sgd M s xs) j (background k)) =
          weight s j (background k) /\
        weight (expected D M s t) j (background k) = weight s j (background k),
      (* the key of a winner (A2; any head, any priors) has the mean that T1 says; with A4 and A5f this
         is Z(0) + (eta r / 2) t *)
      forall r m y j, unique_keys D r m -> 0 <= eta M -> winner s y j ->
        expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
          weight (expected D M s t) j (key y) /\
        (balanced D -> signed_head s ->
         expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
           weight s j (key y) + eta M * r%:R / 2%:R * t%:R)
    & (* the key of the other label (A2; a_j = y) falls by eta r times the number of its label's steps
         up to its death *)
      forall r m y j, unique_keys D r m -> head s j = sgn y ->
        expectation D t (fun xs => weight (sgd M s xs) j (key (~~ y))) =
          weight s j (key (~~ y)) - eta M * r%:R *
            expectation D t (fun xs => (steps_alive M s j (key (~~ y)) (~~ y) xs)%:R)].
Proof. exact: unbiasedness.for_all_t. Qed.

(** That number, on every path: the lesser of the number of its label's images and of
    ceil(Z(0) / (eta r)). *)
Theorem T0_steps_up_to_death (R : realFieldType) (n K : nat) (M : model R K) (s : state R n K)
    (r m : nat) (y : bool) (j : 'I_n) (tau : nat) (xs : seq (sample K)) :
  fixed_head_network M Unhinged -> 0 < eta M * r%:R -> all (unique_key r m) xs -> head s j = sgn y ->
  0 < weight s j (key (~~ y)) -> is_ceiling (weight s j (key (~~ y)) / (eta M * r%:R)) tau ->
  steps_alive M s j (key (~~ y)) (~~ y) xs = minn (label_count (~~ y) xs) tau.
Proof. by move=> network; exact: (unbiasedness.steps_up_to_death network). Qed.

(** ** T1: closed form of the expected dynamics ([closed_form.v]) *)

(** Every coordinate at every step, by its start and its drift; any rational head, any distribution. *)
Theorem T1_closed_form (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) :
  fixed_head_network M Unhinged ->
  forall t j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ (* a coordinate that is not positive stands still *)
      z <= 0 -> weight (expected D M s t) j p = z,
      (* a positive one that does not fall is affine for ever *)
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & (* a positive one that falls is affine up to its death at step tau = ceil(z / |kappa|) *)
      0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R].
Proof. exact: closed_form.closed_form. Qed.

(** There is such a tau. *)
Theorem T1_ceiling_exists (R : archiFieldType) (a : R) : exists k, is_ceiling a k.
Proof. exact: closed_form.ceiling_exists. Qed.

(** A3 and A4: the background has no drift and stays. *)
Theorem T1_background_stays (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) :
  fixed_head_network M Unhinged -> label_independent D -> balanced D ->
  forall t j k, drift D M s j (background k) = 0 /\
    weight (expected D M s t) j (background k) = weight s j (background k).
Proof. exact: closed_form.background_stays. Qed.

(** The hinge: the same at every step before which no margin has reached 1, hence up to and including
    the first step at which one has. *)
Theorem T1_hinge (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (t : nat) :
  fixed_head_network M Hinge ->
  (forall u (i : atom D), (u < t)%N -> margin M (expected D M s u) (sample_at i) < 1) ->
  forall j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R].
Proof. exact: closed_form.closed_form_hinge. Qed.

(** ** T2: norm dominance and alignment, expected dynamics ([norm_dominance.v]) *)

(** At every step t. A winner of label y is a filter whose head has the sign of y and whose coordinate
    on v_y is positive at step 0; losers are all others. *)
Theorem T2_norm_dominance (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in forall t,
  [/\ (* the key of a winner grows by kappa a step *)
      forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      (* a loser stays bounded *)
      forall j, loser s j ->
        norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2,
      (* dominance with ratio rho from every t0 on that is late enough for every loser *)
      forall rho t0, (t0 <= t)%N ->
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & (* a winner turns to its key *)
      forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2)
          <= cos_squared (expected D M s t) j (key y)].
Proof.
move=> network eta_ge0 signed unique independent even.
exact: (norm_dominance.norm_dominance network).
Qed.

(** Every ratio is reached and kept: the norms of the winners dominate without limit. Heads of
    any size. *)
Theorem T2_dominance_time (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall t, (T <= t)%N -> dominates rho s (expected D M s t).
Proof.
move=> network eta_gt0 r_gt0 unique independent even.
exact: (any_heads.dominance_time s network eta_gt0 r_gt0 unique).
Qed.

(** Every winner aligns with its key: cos^2 tends to 1. Heads of any size. *)
Theorem T2_alignment_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (eps : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < eps ->
  exists T, forall t j y, (T <= t)%N -> winner s y j ->
    1 - eps <= cos_squared (expected D M s t) j (key y) <= 1.
Proof.
move=> network eta_gt0 r_gt0 unique independent even.
exact: (any_heads.alignment_limit s network eta_gt0 r_gt0 unique).
Qed.

(** ** T2s: growth of every filter, without A2 to A4 ([norm_growth.v]) *)

(** rho_j t <= |w_j(t)| <= rho_j t + sqrt(|w_j(0)|^2 + delta_j^2), squared: x and c stand for rho_j and
    the root, or for any upper bounds of them. Any distribution, any fixed head, any step size. *)
Theorem T2s_growth (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) :
  fixed_head_network M Unhinged ->
  forall t j,
  growth_squared D M s j * t%:R ^+ 2 <= norm_squared (expected D M s t) j
  /\ forall x c : R, 0 <= x -> 0 <= c -> growth_squared D M s j <= x ^+ 2 ->
     norm_squared s j + decay_squared D M s j <= c ^+ 2 ->
     norm_squared (expected D M s t) j <= (x * t%:R + c) ^+ 2.
Proof. exact: norm_growth.norm_growth. Qed.

(** Filter j dominates filter i without limit exactly when rho_j > 0 = rho_i, or when filter i has
    become 0 (then any norm is any multiple of its norm). *)
Theorem T2s_unlimited_dominance (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (i j : 'I_n) :
  fixed_head_network M Unhinged ->
  (forall rho : R, exists T, forall t, (T <= t)%N ->
    rho ^+ 2 * norm_squared (expected D M s t) i <= norm_squared (expected D M s t) j)
  <-> (0 < growth_squared D M s j /\ growth_squared D M s i = 0)
      \/ exists t, norm_squared (expected D M s t) i = 0.
Proof. by move=> network; exact: norm_growth.unlimited_dominance. Qed.

(** |w_i|^2 / |w_j|^2 tends to rho_i^2 / rho_j^2. *)
Theorem T2s_ratio_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (i j : 'I_n) (eps : R) :
  fixed_head_network M Unhinged -> 0 < growth_squared D M s j -> 0 < eps ->
  exists T, forall t, (T <= t)%N ->
    `|norm_squared (expected D M s t) i / norm_squared (expected D M s t) j
      - growth_squared D M s i / growth_squared D M s j| <= eps.
Proof. by move=> network; exact: norm_growth.ratio_limit. Qed.

(** w_j / |w_j| tends to sum_p kappa^+_jp p / rho_j, coordinate by coordinate. *)
Theorem T2s_direction (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (j : 'I_n) (p : pattern K) (eps : R) :
  fixed_head_network M Unhinged -> 0 < eps ->
  [/\ (* Z_jp(t) / t tends to kappa^+_jp *)
      exists T, forall t, (T <= t)%N ->
        `|weight (expected D M s t) j p / t%:R - rising_drift D M s j p| <= eps,
      (* the square of the coordinate of w_j / |w_j| tends to that of kappa^+ / rho *)
      0 < growth_squared D M s j -> exists T, forall t, (T <= t)%N ->
        `|cos_squared (expected D M s t) j p
          - rising_drift D M s j p ^+ 2 / growth_squared D M s j| <= eps
    & (* the coordinate itself, where the roots rho = rho_j and len = |w_j(t)| exist *)
      forall rho, 0 < rho -> rho ^+ 2 = growth_squared D M s j ->
      exists T, forall t (len : R), (T <= t)%N -> 0 <= len ->
        len ^+ 2 = norm_squared (expected D M s t) j ->
        `|weight (expected D M s t) j p / len - rising_drift D M s j p / rho| <= eps].
Proof.
move=> network eps0; split=> [|grows|rho rho0 rhoE]; first exact: norm_growth.share_limit.
  exact: norm_growth.cosine_limit.
exact: norm_growth.direction_limit.
Qed.

(** ** T3 and T3max: pathwise monotonicity ([pathwise.v]) *)

(** Any moves: batches whose weights, times gates, are at least 0 and sum to at most g. The gates may
    depend on anything, time included. The list of batches is the path. *)
Theorem T3_pathwise (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat) (g : R)
    (s : state R n K) (Cs : seq (batch R K)) :
  fixed_head_network M l -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ (* (i) a coordinate that is not positive never moves *)
      forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      (* (ii) the key of a winner grows by the gates of its label *)
      winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y Cs,
      (* (iii) the key of the other label stays between these ends *)
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))
    & (* and is nonincreasing along the path *)
      forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> 0 < sgn y * head s j ->
        weight (moves M s Cs) j (key (~~ y)) <= weight (moves M s Cs1) j (key (~~ y))].
Proof. by move=> network; exact: (pathwise.pathwise network). Qed.

(** Gradient descent in batches with a loss whose gates lie in [0, 1]; G_y is the sum of the gates that
    the run meets on images with label y. *)
Theorem T3_run (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat)
    (s : state R n K) (Bs : seq (batch R K)) :
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (run M s Bs) j p = weight s j p,
      winner s y j -> weight (run M s Bs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s Bs),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (run M s Bs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Bs1 Bs2, Bs = Bs1 ++ Bs2 -> 0 < sgn y * head s j ->
        weight (run M s Bs) j (key (~~ y)) <= weight (run M s Bs1) j (key (~~ y))].
Proof. by move=> network; exact: (pathwise.pathwise_run network). Qed.

(** SGD, one image a step. *)
Theorem T3_sgd (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat)
    (s : state R n K) (xs : seq (sample K)) :
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (unique_key r m) xs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (sgd M s xs) j p = weight s j p,
      winner s y j -> weight (sgd M s xs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s (map (@single R K) xs)),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (sgd M s xs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall xs1 xs2, xs = xs1 ++ xs2 -> 0 < sgn y * head s j ->
        weight (sgd M s xs) j (key (~~ y)) <= weight (sgd M s xs1) j (key (~~ y))].
Proof. by move=> network; exact: (pathwise.pathwise_sgd network). Qed.

(** The losses with such gates. *)
Theorem T3_gates (R : realFieldType) (z : R) :
  [/\ 0 <= gate Unhinged z <= 1, 0 <= gate Hinge z <= 1 & 0 <= gate Perceptron z <= 1].
Proof. exact: pathwise.gates01. Qed.

(** T3max: max pooling ([max_pooling.v]); its winners are the [max_winner]s. Any moves. *)
Theorem T3max_pathwise (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat) (g : R)
    (s : state R n K) (Cs : seq (batch R K)) :
  max_pooling_network M l -> (0 < r)%N -> 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r m)) Cs ->
  forall j y,
  [/\ (* (i) a coordinate that is not positive never moves *)
      forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      (* (ii) the key of a winner grows by the gates of its label, with 1 in the place of r *)
      max_winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      (* it takes the gradient of the filter on every image of its label, for ever *)
      max_winner s y j -> forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (moves M s Cs) j) (count x) = Some (key y),
      (* and all its other coordinates are nonincreasing *)
      max_winner s y j -> forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> forall p, p != key y ->
        weight (moves M s Cs) j p <= weight (moves M s Cs1) j p
    & (* (iii) the key of the other label stays between these ends, for every filter *)
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))].
Proof. by move=> network r0 eta0; exact: (max_pooling.max_pathwise network r0 eta0). Qed.

(** Gradient descent in batches with a loss whose gates lie in [0, 1]. *)
Theorem T3max_run (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat)
    (s : state R n K) (Bs : seq (batch R K)) :
  max_pooling_network M l -> (forall z : R, 0 <= gate l z <= 1) -> (0 < r)%N -> 0 <= eta M ->
  signed_head s -> all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y, max_winner s y j ->
  [/\ weight (run M s Bs) j (key y) = weight s j (key y) + eta M * gate_sum y (gates_of M s Bs),
      forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (run M s Bs) j) (count x) = Some (key y)
    & forall p, p != key y -> weight (run M s Bs) j p <= weight s j p].
Proof. exact: max_pooling.max_pathwise_run. Qed.

(** ** T4: norm dominance for SGD ([sgd_norm_dominance.v]) *)

(** On a path: b_y at most the number of images with label y among the first t0, no walk k ever further
    than lam_k from 0. Thresholds, for winners j of label y and losers i whose head has the sign of y',
    imply dominance at every step u from t0 on. *)
Theorem T4_dominance (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) (t0 u : nat) (b : bool -> R) (lam : 'I_K -> R) (rho : R) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (t0 <= u)%N -> (forall y, 0 <= b y) -> (forall y, b y <= (label_count y (take t0 xs))%:R) ->
  (forall k, ~~ walk_exceeds k (lam k) xs) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
        + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * b y) ^+ 2) ->
  dominates rho s (sgd M s (take u xs)).
Proof.
move=> network eta0 signed keys.
exact: (sgd_norm_dominance.dominance_path network eta0 signed keys).
Qed.

(** With t independent images. *)
Theorem T4_probability (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t0 t : nat) (b : bool -> nat) (lam : 'I_K -> R) (rho : R) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
        + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2)
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_k Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))]).
Proof.
move=> network eta0 signed unique.
exact: (sgd_norm_dominance.dominance_probability network eta0 signed unique).
Qed.

(** Under A3 and A4 every ratio is reached, with any high probability, when the number of steps is large
    enough. *)
Theorem T4_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => dominates rho s (sgd M s xs)).
Proof. exact: sgd_norm_dominance.dominance_limit. Qed.

(** ** T5, T5s and the claim C5 for the unhinged loss ([perfect_accuracy.v]) *)

(** On a path: b_y at most the number of its images with label y, lam_k at least the size of its walk k
    at the end. Thresholds imply accuracy 1. *)
Theorem T5_accuracy (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (xs : seq (sample K)) (b : bool -> R) (lam : 'I_K -> R) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  all (unique_key r m) xs ->
  (forall y, b y <= (label_count y xs)%:R) -> (forall k, `|walk k xs| <= lam k) ->
  (forall y, 0 < r%:R * (win M s r y (b y) - opposition M s r y (b y))) ->
  (forall y k, (m - r)%:R * background_within M s y k (lam k) <
    r%:R * (win M s r y (b y) - opposition M s r y (b y))) ->
  accuracy D M (sgd M s xs) = 1.
Proof.
move=> network eta0 signed unique keys.
exact: (perfect_accuracy.accurate_thresholds network eta0 signed unique keys).
Qed.

(** With T independent images. *)
Theorem T5_probability (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (T : nat) (b : bool -> nat) (lam : 'I_K -> R) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  (forall y, 0 < r%:R * (win M s r y (b y)%:R - opposition M s r y (b y)%:R)) ->
  (forall y k, (m - r)%:R * background_within M s y k (lam k) <
    r%:R * (win M s r y (b y)%:R - opposition M s r y (b y)%:R)) ->
  1 - \sum_y binomial_below T (prior D y) (b y) - \sum_k Pr D T (walk_exceeds k (lam k)) <=
  Pr D T (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> network eta0 signed unique.
exact: (perfect_accuracy.accuracy_probability network eta0 signed unique).
Qed.

(** T5s: the end points of the walks are enough, jointly with the numbers of labels. On a path. *)
Theorem T5s_accuracy (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (xs : seq (sample K)) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  all (unique_key r m) xs ->
  let ahead y :=
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R) in
  (forall y, 0 < ahead y) ->
  (forall y k, (m - r)%:R * background_at M s y k (walk k xs) < ahead y) ->
  accuracy D M (sgd M s xs) = 1.
Proof.
move=> network eta0 signed unique keys.
exact: (perfect_accuracy.accurate_end network eta0 signed unique keys).
Qed.

(** With T independent images, background by background. *)
Theorem T5s_probability (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (T : nat) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (0 < K)%N ->
  1 - \sum_k Pr D T (fun xs => ~~ [forall y, (m - r)%:R * background_at M s y k (walk k xs) <
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)]) <=
  Pr D T (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> network eta0 signed unique.
exact: (perfect_accuracy.accuracy_probability_end network eta0 signed unique).
Qed.

(** With any high probability accuracy is 1 when the number of steps is large enough. *)
Theorem C5_unhinged (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1).
Proof. exact: perfect_accuracy.accuracy_limit. Qed.

(** ** T6: mistake bound of SGD with the hinge ([mistake_bound.v]) *)

(** Every sample path; c is the lesser of |J_+| and |J_-|, M the number of steps with an open gate. *)
Theorem T6_mistake_bound (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) :
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (eta M * r%:R * (minn (winners s true) (winners s false))%:R * (mistakes M s xs)%:R) ^+ 2 <=
  (winners s true + winners s false)%:R *
    (total_norm_squared s
     + (mistakes M s xs)%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)).
Proof. by move=> network; exact: mistake_bound.mistake_bound. Qed.

(** With winners for both labels: a bound without M on the right ... *)
Theorem T6_explicit (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  all (unique_key r m) xs ->
  (mistakes M s xs)%:R <=
    (winners s true + winners s false)%:R *
      (total_norm_squared s + 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)
    / (eta M * r%:R * (minn (winners s true) (winners s false))%:R) ^+ 2.
Proof. by move=> network; exact: mistake_bound.mistake_bound_explicit. Qed.

(** ... so that one number of updates is enough for all paths, however long. *)
Theorem T6_finitely_many (R : archiFieldType) (n K : nat) (M : model R K) (r m : nat)
    (s : state R n K) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  exists k, forall xs, all (unique_key r m) xs -> (mistakes M s xs <= k)%N.
Proof. exact: mistake_bound.finitely_many. Qed.

(** No open gate: accuracy 1, and nothing moves any more, whatever images come. *)
Theorem T6_settled (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) :
  fixed_head_network M Hinge ->
  (forall i : atom D, gate_at M s (sample_at i) = 0) ->
  [/\ settled D M s, accuracy D M s = 1
    & forall w : seq (atom D), same_state s (sgd M s (samples w))].
Proof. by move=> network; exact: mistake_bound.closed_gates. Qed.

(** (c) Only such states are absorbing: what no image moves has margin 1 on all of them. Winners stay
    winners, so that [both_win] need only hold at the start. *)
Theorem T6_absorbing (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (w : seq (atom D)) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> unique_keys D r m -> both_win s ->
  let now := sgd M s (samples w) in
  (forall i : atom D, same_state now (step M now (single R (sample_at i)))) ->
  settled D M now /\ accuracy D M now = 1.
Proof. by move=> network; exact: mistake_bound.absorbing. Qed.

(** ** T6s: the sharp mistake bound ([mistake_bound_sharp.v]) *)

(** Batches of any size and gradient descent (weights of a batch: at least 0, sum at most 1), any fixed
    head, at least r keys an image. mu_y is the sum over the steps of the weight of the images with
    label y and an open gate, Q any bound of [active_square] over the images. *)
Theorem T6s_hinge (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R) :
  fixed_head_network M Hinge -> 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + (2%:R * eta M + eta M ^+ 2 * Q) * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right.
Proof.
move=> network eta0 within keys small mu eqmu right.
have gain := mistake_bound_sharp.gain_hinge eta0 Q.
by split; [exact: (mistake_bound_sharp.sharp_bound network eta0 gain within keys)
  | exact: (mistake_bound_sharp.sharp_bound_sum network eta0 gain within keys)].
Qed.

(** The perceptron's loss: without the term 2 eta. *)
Theorem T6s_perceptron (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R) :
  fixed_head_network M Perceptron -> 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + eta M ^+ 2 * Q * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right.
Proof.
move=> network eta0 within keys small mu eqmu right.
have gain := mistake_bound_sharp.gain_perceptron eta0 Q.
by split; [exact: (mistake_bound_sharp.sharp_bound network eta0 gain within keys)
  | exact: (mistake_bound_sharp.sharp_bound_sum network eta0 gain within keys)].
Qed.

(** The squared hinge with eta Q <= 2: mu_y is the sum of weight times gate. *)
Theorem T6s_squared_hinge (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R) :
  fixed_head_network M SquaredHinge -> 0 <= eta M -> eta M * Q <= 2%:R ->
  all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + 2%:R * eta M * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right.
Proof.
move=> network eta0 low within keys small mu eqmu right.
have gain := mistake_bound_sharp.gain_squared_hinge eta0 low.
by split; [exact: (mistake_bound_sharp.sharp_bound network eta0 gain within keys)
  | exact: (mistake_bound_sharp.sharp_bound_sum network eta0 gain within keys)].
Qed.

(** ** T6 (a), (b), and the claim C5 for the hinge ([learning_time.v]) *)

(** (a) T independent images, k at least every number of updates that T6's inequality allows, p at most
    the probability of every atom. Some margin below 1 after T steps; accuracy below 1 all the time. *)
Theorem T6a_unsettled (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (p : R) (k T : nat) :
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k.
Proof.
move=> network eta0 signed keys p0 least bound.
have within := learning_time.mistakes_within_bound network eta0 signed keys bound.
by split; [exact: learning_time.unsettled_tail | exact: learning_time.imperfect_tail].
Qed.

(** (b) Accuracy at most 1 - eps all the time. *)
Theorem T6b_inaccurate (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (eps : R) (k T : nat) :
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  0 < eps <= 1 ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof.
move=> network eta0 signed keys eps01 bound.
have within := learning_time.mistakes_within_bound network eta0 signed keys bound.
exact: learning_time.inaccurate_tail.
Qed.

(** With any high probability, when the number of steps is large enough, every margin is at least 1:
    accuracy is 1, and by T6 stays so for ever. *)
Theorem C5_hinge (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => settled D M (sgd M s xs))
    /\ forall xs, settled D M (sgd M s xs) -> accuracy D M (sgd M s xs) = 1.
Proof.
move=> network eta0 r0 signed win keys delta0.
have [T0 likely] := learning_time.perfect_limit network eta0 r0 signed win keys delta0.
by exists T0 => T /likely; split=> // xs; exact: mistake_bound.settled_accurate.
Qed.

(** ** T7: fate and geometric growth with a trained head ([trained_head.v]) *)

(** Every filter, by its fate at the start ([fate_at], decided by comparisons of head and keys); a is its
    head, z its coordinates, t the time. The background stays; and it *)
Theorem T7_fate (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j,
  let a t := head (expected D M s t) j in
  let z p t := weight (expected D M s t) j p in
  (forall t k, z (background k) t = weight s j (background k)) /\
  match fate_at s j with
  | Frozen => (* never moves *)
      forall t, a t = head s j /\ forall p, z p t = weight s j p
  | Learns y => (* keeps the key of y for ever, loses the other at T, and then grows geometrically *)
      exists T, [/\ forall t, 0 < z (key y) t, forall t, (t < T)%N -> 0 < z (key (~~ y)) t,
        z (key (~~ y)) T <= 0, 0 < sgn y * a T + z (key y) T
      & forall t, [/\ z (key (~~ y)) (T + t)%N = z (key (~~ y)) T,
          sgn y * a (T + t)%N + z (key y) (T + t)%N =
            (1 + kappa) ^+ t * (sgn y * a T + z (key y) T)
        & sgn y * a (T + t)%N - z (key y) (T + t)%N =
            (1 - kappa) ^+ t * (sgn y * a T - z (key y) T)]]
  | Dies y => (* loses its only key at T, and stands still from then on *)
      exists T, (forall t, (t < T)%N -> 0 < z (key y) t) /\
      forall t, (T <= t)%N -> [/\ z (key y) t <= 0, a t = a T & forall p, z p t = z p T]
  | Fades y => (* keeps its only key, which shrinks geometrically *)
      forall t, 0 < z (key y) t /\ z (key y) t = (1 - kappa) ^+ t * weight s j (key y)
  | Balanced => (* keeps both keys, their sum and at most their difference *)
      forall t, [/\ 0 < z (key true) t, 0 < z (key false) t,
        z (key true) t + z (key false) t = weight s j (key true) + weight s j (key false)
      & (z (key true) t - z (key false) t) ^+ 2 <=
        (weight s j (key true) - weight s j (key false)) ^+ 2]
  end.
Proof.
move=> network unique independent even kappa k0 k1.
by move=> j a z; have := trained_head.fates s network unique independent even k0 k1 j.
Qed.

(** One positive key, any kappa: its closed form while it is positive, and the sign that decides. *)
Theorem T7_one_key (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y, 0 < weight s j (key y) -> weight s j (key (~~ y)) <= 0 ->
  let z t := weight (expected D M s t) j (key y) in
  let sum t := sgn y * head (expected D M s t) j + z t in
  let difference t := sgn y * head (expected D M s t) j - z t in
  [/\ forall t, weight (expected D M s t) j (key (~~ y)) = weight s j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < z u) ->
        sum t = (1 + kappa) ^+ t * sum 0%N /\ difference t = (1 - kappa) ^+ t * difference 0%N
    & [/\ fate_at s j = Learns y <-> 0 < sum 0%N, fate_at s j = Fades y <-> sum 0%N = 0
        & fate_at s j = Dies y <-> sum 0%N < 0]].
Proof.
move=> network unique independent even kappa j y.
exact: (trained_head.one_key network unique independent even).
Qed.

(** Both keys positive, any kappa, as long as they are: their sum stays; with a root w of 2, w a + u is
    multiplied by 1 + w kappa (for w = sqrt2 and for w = - sqrt2). *)
Theorem T7_both_keys (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y,
  let a t := sgn y * head (expected D M s t) j in
  let u t := weight (expected D M s t) j (key y) - weight (expected D M s t) j (key (~~ y)) in
  let sum t := weight (expected D M s t) j (key y) + weight (expected D M s t) j (key (~~ y)) in
  forall t, (forall i, (i < t)%N -> forall y', 0 < weight (expected D M s i) j (key y')) ->
  sum t = sum 0%N /\
  forall w, w ^+ 2 = 2%:R -> w * a t + u t = (1 + w * kappa) ^+ t * (w * a 0%N + u 0%N).
Proof. exact: trained_head.both_keys. Qed.

(** [tilt], by which both positive keys are decided, has the sign of sqrt2 a + u. *)
Theorem T7_criterion (R : realFieldType) (w a u : R) :
  0 < w -> w ^+ 2 = 2%:R ->
  (0 < tilt a u) = (0 < w * a + u) /\ (tilt a u < 0) = (w * a + u < 0).
Proof.
move=> w0 root; split; first exact: head_recurrence.tilt_root.
have -> : (tilt a u < 0) = (0 < tilt (- a) (- u)) by rewrite head_recurrence.tilt_opp oppr_gt0.
by rewrite (head_recurrence.tilt_root _ _ w0 root) mulrN -opprD oppr_gt0.
Qed.

(** All but the learners are bounded for ever; learners dominate them at the rate (1 + kappa)^t. *)
Theorem T7_dominance (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j, ~~ learner s j ->
  (forall t, norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2 * head s j ^+ 2)
  /\ forall i, learner s i -> exists c T, 0 < c /\
    forall t, (T <= t)%N -> c * ((1 + kappa) ^+ t) ^+ 2 * norm_squared (expected D M s t) j <=
      norm_squared (expected D M s t) i.
Proof.
move=> network unique independent even kappa k0 k1 j other; split.
  by move=> t; exact: (trained_head.others_bounded network unique independent even k0 k1).
by move=> i learn; exact: (trained_head.learners_dominate network unique independent even k0 k1).
Qed.

(** ** T8: balancedness ([balancedness.v]) *)

(** One step, with any dictionary, loss, batch and pooling; S is the filter's gradient. *)
Theorem T8_balancedness (R : realFieldType) (n K : nat) (m : model R K) (s : state R n K)
    (B : batch R K) (j : 'I_n) :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m <> Relu2 ->
  let S := filter_gradient m s (gated m s B) j in
  (* exactly, whatever coefficients give the filter before and after the step *)
  (forall c c', represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
    gram_square m c' - head (step m s B) j ^+ 2 = gram_square m c - head s j ^+ 2 +
      eta m ^+ 2 * (head s j ^+ 2 * gram_square m S - (\sum_p S p * weight s j p) ^+ 2))
  (* and a filter in the span stays in the span *)
  /\ (forall c, represents m c (weight s j) ->
    represents m (fun p => c p + eta m * head s j * S p) (weight (step m s B) j)).
Proof. exact: balancedness. Qed.

(** The squared norm is a matter of the coordinates alone; with an orthonormal dictionary it is the
    sum of their squares. *)
Theorem T8_norm_of_coordinates (R : realFieldType) (K : nat) (m : model R K) (c c' z : pattern K -> R) :
  (forall p q, gram m p q = gram m q p) -> represents m c z -> represents m c' z ->
  gram_square m c = gram_square m c' /\ (orthonormal m -> gram_square m c = \sum_p z p ^+ 2).
Proof.
move=> sym cz c'z; split; first exact: represents_square sym cz c'z.
by move=> ortho; exact: represents_orthonormal.
Qed.

(** A whole run: the terms of its steps add up. *)
Theorem T8_balancedness_run (R : realFieldType) (n K : nat) (m : model R K) (s : state R n K)
    (Bs : seq (batch R K)) (j : 'I_n) (c c' : pattern K -> R) :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m <> Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (run m s Bs) j) ->
  gram_square m c' - head (run m s Bs) j ^+ 2 = gram_square m c - head s j ^+ 2 +
    eta m ^+ 2 * \sum_(t < size Bs)
      (head (run m s (take t Bs)) j ^+ 2 *
         gram_square m (filter_gradient m (run m s (take t Bs))
                          (gated m (run m s (take t Bs)) (nth [::] Bs t)) j)
       - (\sum_p filter_gradient m (run m s (take t Bs))
                   (gated m (run m s (take t Bs)) (nth [::] Bs t)) j p
                 * weight (run m s (take t Bs)) j p) ^+ 2).
Proof. exact: balancedness_run. Qed.

(** relu2, homogeneous of degree 2: |w|^2 - 2 a^2 takes the place of |w|^2 - a^2. *)
Theorem T8_balancedness_relu2 (R : realFieldType) (n K : nat) (m : model R K) (s : state R n K)
    (B : batch R K) (j : 'I_n) (c c' : pattern K -> R) :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m = Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
  gram_square m c' - 2%:R * head (step m s B) j ^+ 2 = gram_square m c - 2%:R * head s j ^+ 2 +
    eta m ^+ 2 * (head s j ^+ 2 * gram_square m (filter_gradient m s (gated m s B) j)
                  - 2%:R * head_gradient m s (gated m s B) j ^+ 2).
Proof. exact: balancedness_relu2. Qed.

(** ** T9: initialisation lottery ([lottery.v]) *)

(** As a count: a sign pattern gives each filter the sign of its head, of its coordinate on v_+ and of
    that on v_-. Of the 8^n, 8^n - 2 6^n + 4^n have winners for both labels. *)
Theorem T9_lottery_count n :
  (#|[set f : {ffun 'I_n -> bool * bool * bool} |
      [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| + 2 * 6 ^ n =
  8 ^ n + 4 ^ n)%N.
Proof. exact: lottery.lottery_count. Qed.

(** Independent coordinates with symmetric laws without an atom at 0, independent fair heads: the
    probability of winners for both labels. *)
Theorem T9_lottery (R : realFieldType) (n K : nat) (V : finType)
    (L : 'I_n -> pattern K -> symmetric_law R V) :
  mean_initial L (fun s => (both_win s)%:R) = 1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n.
Proof. exact: lottery.lottery. Qed.

(** The same with given heads, + where a is true. *)
Theorem T9_fixed_heads (R : realFieldType) (n K : nat) (V : finType)
    (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool}) :
  mean_weights L a (fun s => (both_win s)%:R) =
  (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ a j]|).
Proof. exact: lottery.fixed_heads. Qed.

(** ** T11: the main claim ([main_claim.v]) *)

(** n filters with independent fair heads and independent symmetric coordinates of size h at most; then
    T steps of SGD with the hinge. k is at least every number of updates that the inequality allows, p
    at most the probability of every atom. The mean over the initial values of the probability that
    some margin is below 1 after T steps. *)
Theorem T11_main_claim (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r m k T : nat) (h p : R) :
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)
              + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    2%:R * (3%:R / 4%:R) ^+ n - 2%:R^-1 ^+ n + binomial_below T p k
  (* and where no margin is below 1 accuracy is 1 and nothing moves any more *)
  /\ forall s : state R n K, settled D M s ->
     accuracy D M s = 1 /\ forall w : seq (atom D), same_state s (sgd M s (samples w)).
Proof.
move=> network eta0 keys bounded p0 least bound; split.
  exact: (main_claim.main_claim network eta0 keys bounded p0 least bound).
move=> s no_margin; have gates (i : atom D) : gate_at M s (sample_at i) = 0.
  by case: network => _ _ _ hinge _; rewrite /gate_at hinge /= ltNge (forallP no_margin i).
by have [_ one stays] := T6_settled network gates.
Qed.

(** So for every delta > 0, with filters enough, and then steps enough, it is at most delta. *)
Theorem T11_limit (R : archiFieldType) (K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : forall n, 'I_n -> pattern K -> symmetric_law R V) (r m : nat) (h delta : R) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> unique_keys D r m ->
  (forall n j q v, `|value (@L n j q) v| <= h) -> 0 < delta ->
  exists n0, forall n, (n0 <= n)%N -> exists T0, forall T, (T0 <= T)%N ->
    mean_initial (@L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <= delta.
Proof. exact: main_claim.main_claim_limit. Qed.

(** ** Certificates ([certificates.v]): a claim that the checker accepts holds *)

(** For any problem in explicit form, any segments, any claim: [certificates.holds] reads the claim in
    the model, [checker.check] computes. *)
Theorem certificate_sound (R : realFieldType) (p : checker.problem)
    (ok : checker.well_formed p = true) (segments : seq checker.segment) (c : checker.claim) :
  checker.check p segments c = true -> certificates.holds R ok c.
Proof. exact: certificates.check_sound. Qed.
