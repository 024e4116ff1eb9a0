(** * What is proved

    A reader who trusts Coq reads [model.v] for the definitions and this file for the statements, and
    nothing else. Each theorem is proved by one application of a theorem of the file named after it.
    [Assumptions.ref] lists what each rests on: nothing beyond Coq's logic.

    Names: T0 to T14, as everywhere in the project; C5 is the claim about accuracy.
    [R] is any ordered field; where a time must exist it is an Archimedean one. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model.
From filtercert Require slope gradient generative.
From filtercert Require unbiasedness closed_form norm_dominance norm_growth any_heads.
From filtercert Require pathwise max_pooling.
From filtercert Require sgd_norm_dominance sgd_norm_dominance_sharp.
From filtercert Require perfect_accuracy perfect_accuracy_joint for_ever.
From filtercert Require mistake_bound mistake_bound_sharp.
From filtercert Require learning_time learning_time_sharp learning_time_batches.
From filtercert Require mistake_bound_coherent closed_gates separator opposed_keys.
From filtercert Require head_recurrence trained_head balancedness lottery.
From filtercert Require main_claim main_claim_sharp across_keys main_theorem.
From filtercert Require checker certificates.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Gradient descent on images ([slope.v], [gradient.v]) *)

(** Minus the gate is a subgradient of the loss, everywhere: the loss lies above the line through z with
    that slope. *)
Theorem Loss_subgradient (R : realFieldType) (l : loss) (z z' : R) :
  loss_value l z - gate l z * (z' - z) <= loss_value l z'.
Proof. exact: slope.gate_subgradient. Qed.

(** It is the derivative, and the only one, but at the kink: 1 for the hinge, 0 for the perceptron. *)
Theorem Loss_slope (R : realFieldType) (l : loss) (z a : R) :
  ~~ kink l z -> (has_slope (fun h => loss_value l (z + h)) a <-> a = - gate l z).
Proof.
move=> smooth; have slope := slope.loss_slope smooth.
by split=> [slope'|->]; [exact: slope.slope_unique slope' slope | ].
Qed.

(** The same for the activations; relu and leaky-relu have a kink at 0. *)
Theorem Activation_slope (R : realFieldType) (f : activation R) (z a : R) :
  (z != 0) || smooth f -> (has_slope (fun h => activate f (z + h)) a <-> a = derivative f z).
Proof.
move=> smooth; have slope := slope.activation_slope smooth.
by split=> [slope'|->]; [exact: slope.slope_unique slope' slope | ].
Qed.

(** The network on images that are lists of vectors, sum pooling, any batch: away from kinks the step of
    filters and, where it is trained, head is minus eta times the gradient of the loss of the batch. In
    any direction u that leaves a fixed head alone the loss has the slope - <step, u> / eta. *)
Theorem Gradient_descent (R : realFieldType) (n K d : nat) (m : model R K) (w u : network R n d)
    (B : seq (R * picture R d)) :
  eta m != 0 -> no_kink m w B -> (trained m = false -> forall j, heads u j = 0) ->
  has_slope (fun h => pixel_loss m (shifted w u h) B)
    (- (inner (displacement w (pixel_step m w B)) u / eta m)).
Proof.
move=> eta0 smooth fixed; have [g [slope ->]] := gradient.pixel_gradient smooth fixed.
by rewrite [_ * g]mulrC mulfK.
Qed.

(** Pattern coordinates and counts lose nothing: on images whose patches are patterns of a dictionary, in
    any order, a run of the network moves its filters as vectors by the counts; their coordinates move as
    [step] says, and margins are the same. Sum pooling, any activation and loss, fixed or trained head. *)
Theorem Pixels_lossless (R : realFieldType) (n K d : nat) (m : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (Xss : seq (seq (R * picture R d))) (Bs : seq (batch R K)) :
  pooling_of m = SumPooling -> dictionary_of m P ->
  all2 (@same_pictures R d) Xss [seq pictures P B | B <- Bs] ->
  [/\ forall j, filters (pixel_run m w Xss) j = filters (vector_run m P w Bs) j,
      same_state (coordinates P (pixel_run m w Xss)) (run m (coordinates P w) Bs)
    & forall X x, same_picture X (picture_of P x) ->
      pixel_margin m (pixel_run m w Xss) X = margin m (run m (coordinates P w) Bs) x].
Proof. by move=> sum; exact: gradient.pixels_lossless. Qed.

(** ** Generative data ([generative.v]) *)

(** Draw the label, then b background patches independently from its law: the label has its law, and the
    counts of background patches given the label are multinomial. *)
Theorem Generated_law (R : realFieldType) (K : nat) (g : generator R K) (r b : nat) (y : bool) :
  prior (generated g r b) y = label_law g y /\
  forall c, joint (generated g r b) y c =
    label_law g y * ((multinomial b c)%:R * \prod_k patch_law g y k ^+ c k).
Proof. by split; [exact: generative.generated_prior | exact: generative.generated_joint]. Qed.

(** The multinomial coefficient is b! / prod_k c_k!. *)
Theorem Multinomial_formula (K b : nat) (c : {ffun 'I_K -> nat}) :
  (multinomial b c * \prod_k (c k)`! = if \sum_k c k == b then b`! else 0)%N.
Proof. exact: generative.multinomial_factorial. Qed.

(** A2 always; A3 where both labels occur and have one background law; A4 where they are as likely. *)
Theorem Generated_assumptions (R : realFieldType) (K : nat) (g : generator R K) (r b : nat) :
  [/\ unique_keys (generated g r b) r (r + b),
      (forall y, 0 < label_law g y) -> (forall k, patch_law g true k = patch_law g false k) ->
        label_independent (generated g r b)
    & label_law g true = label_law g false -> balanced (generated g r b)].
Proof.
split; first exact: generative.generated_unique.
  exact: generative.generated_independent.
exact: generative.generated_balanced.
Qed.

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

(** ** T4, the alive form and the end point form ([sgd_norm_dominance_sharp.v]) *)

(** What is not positive at the start never moves: it costs no tail, counts as it is for losers, and adds
    to winners. Alive, at every step of [t0, t]. *)
Theorem T4_alive (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t0 t : nat) (b : bool -> nat) (lam : 'I_K -> R) (rho : R) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m -> (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * (weight s i (key y') ^+ 2
        + (if 0 < weight s i (key (~~ y'))
           then Num.max (weight s i (key (~~ y')) ^+ 2) ((eta M * r%:R) ^+ 2)
           else weight s i (key (~~ y')) ^+ 2)
        + \sum_k (if 0 < weight s i (background k) then (weight s i (background k) + eta M * lam k) ^+ 2
                  else weight s i (background k) ^+ 2))
      <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2
        + \sum_(p | weight s j p <= 0) weight s j p ^+ 2) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y)
    - \sum_(k | [exists i, loser s i && (0 < weight s i (background k))])
        Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))]).
Proof.
move=> network eta0 signed unique.
exact: (sgd_norm_dominance_sharp.alive_probability network eta0 signed unique).
Qed.

(** End point, for step t alone: the end of a walk, on the side on which a loser grows; lam_yk is at least
    every count of background k. *)
Theorem T4_end_point (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (t : nat) (b : bool -> nat) (lam : bool -> 'I_K -> R) (rho : R) :
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
        + \sum_(p | weight s j p <= 0) weight s j p ^+ 2) ->
  1 - \sum_y binomial_below t (prior D y) (b y)
    - \sum_y \sum_(k | grows y k) Pr D t (fun xs => lam y k < sgn y * walk k xs) <=
  Pr D t (fun xs => dominates rho s (sgd M s xs)).
Proof.
move=> network eta0 signed unique grows.
exact: (sgd_norm_dominance_sharp.end_point_probability network eta0 signed unique).
Qed.

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

(** ** T5, the joint form ([perfect_accuracy_joint.v]) *)

(** Given the number b of images with label +: what the walks leave of its probability, summed over the b
    that put the winners ahead. Only the demands of images that occur count; c_y bounds the number of
    background patches of an image of label y. Divided by P(B_+ = b), the maximum is that of 0 and 1 minus
    the conditional probabilities that a walk fails. *)
Theorem T5_joint (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (c : bool -> nat) (T : nat) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  (forall i : atom D, (\sum_k count (sample_at i) (background k) <= c (label (sample_at i)))%N) ->
  let occurs y := [exists i : atom D, label (sample_at i) == y] in
  let shows y k :=
    [exists i : atom D, (label (sample_at i) == y) && (0 < count (sample_at i) (background k))%N] in
  let ahead y b := let B := (if y then b else T - b)%N in
    r%:R * (win M s r y B%:R - opposition M s r y B%:R) in
  \sum_(b < T.+1 | [forall y, occurs y ==> (0 < ahead y b)])
    Num.max 0 (Pr D T (fun xs => label_count true xs == b :> nat)
      - \sum_k Pr D T (fun xs => (label_count true xs == b :> nat) &&
          ~~ [forall y, shows y k ==> ((c y)%:R * background_at M s y k (walk k xs) < ahead y b)]))
  <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> network eta0 signed unique most.
exact: (perfect_accuracy_joint.joint_probability network eta0 signed unique most).
Qed.

(** ** T4 and T5 for ever ([for_ever.v]) *)

(** One T for all horizons T': dominance with ratio rho at every step from T on, with any high
    probability. *)
Theorem T4_for_ever (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T : nat, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> dominates rho s (sgd M s (take t xs))]).
Proof.
move=> network eta0 r0 signed unique independent even.
exact: (for_ever.dominance_for_ever network eta0 r0 signed unique independent even).
Qed.

(** With winners for both labels: accuracy 1 and dominance with ratio rho, in one event. *)
Theorem C5_for_ever (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T : nat, forall T', 1 - delta <=
    Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      (accuracy D M (sgd M s (take t xs)) == 1) && dominates rho s (sgd M s (take t xs))]).
Proof.
move=> network eta0 r0 signed both unique independent even.
exact: (for_ever.accuracy_for_ever network eta0 r0 signed unique independent even rho both).
Qed.

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

(** ** T6 (a), (b) with T6s's inequality in the sum of both labels ([learning_time_sharp.v]) *)

(** (a) k is at least every number of updates that the second inequality of T6s allows, for any fixed head and r keys or more an
    image; Q bounds [active_square] over the images, p the probability of every atom from below. *)
Theorem T6a_sharp (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q p : R) (k T : nat) :
  fixed_head_network M Hinge -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R * (2%:R * eta M + eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k.
Proof.
move=> network eta0 keys small p0 least bound.
exact: (learning_time_sharp.unsettled_sharp network eta0 keys small bound T p0 least).
Qed.

(** (b) Accuracy at most 1 - eps all the time. *)
Theorem T6b_sharp (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q eps : R) (k T : nat) :
  fixed_head_network M Hinge -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) -> 0 < eps <= 1 ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R * (2%:R * eta M + eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof.
move=> network eta0 keys small eps01 bound.
exact: (learning_time_sharp.inaccurate_sharp network eta0 keys small bound T eps01).
Qed.

(** The perceptron's loss, without the term 2 eta: (a) accuracy below 1 after T steps, that is, some gate
    open; *)
Theorem T6a_perceptron (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q p : R) (k T : nat) :
  fixed_head_network M Perceptron -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 + u%:R * (eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => accuracy D M (sgd M s xs) < 1) <= binomial_below T p k.
Proof.
move=> network eta0 keys small p0 least bound.
exact: (learning_time_sharp.wrong_perceptron network eta0 keys small bound T p0 least).
Qed.

(** (b) at most 1 - eps all the time. *)
Theorem T6b_perceptron (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q eps : R) (k T : nat) :
  fixed_head_network M Perceptron -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) -> 0 < eps <= 1 ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 + u%:R * (eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof.
move=> network eta0 keys small eps01 bound.
exact: (learning_time_sharp.inaccurate_perceptron network eta0 keys small bound T eps01).
Qed.

(** ** T6 (a) with batches ([learning_time_batches.v]) *)

(** (a) with batches of B independent images, each image counted by 1/B: k is at least every number of
    images with an open gate that the second inequality of T6s allows. At most k - B of them precede a batch with an open gate. *)
Theorem T6a_batches (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r B : nat) (s : state R n K) (Q p : R) (k T : nat) :
  fixed_head_network M Hinge -> 0 <= eta M -> (0 < B)%N ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * (u%:R / B%:R)) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R / B%:R * (2%:R * eta M + eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D (T * B) (fun xs => ~~ settled D M (run M s
      [seq [seq (B%:R^-1, x) | x <- b] | b <- reshape (nseq T B) xs]))
    <= binomial_below (T * B) p (k.+1 - B).
Proof.
move=> network eta0 B0 keys small p0 least bound.
have within := learning_time_batches.opens_within_sharp network B0 eta0 keys small bound.
exact: (learning_time_batches.unsettled_batches network p0 least T within).
Qed.

(** ** T6c: the mistake bound with coherent backgrounds ([mistake_bound_coherent.v], [closed_gates.v]) *)

(** Filters are vectors. Keys of any length that are not aligned ([keys_not_aligned]); any head, any
    batches, gradient descent among them; at least r keys an image. rho2 is any bound of [spread] over
    the images, |W(0)|^2 the sum of the squared lengths of all filters, and S what the winners have of it
    along their keys. *)
Theorem T6c_hinge (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R) :
  fixed_head_relu M Hinge -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + (2%:R * eta M + eta M ^+ 2 * (A * rho2)) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right.
Proof.
move=> header dictionary keys eta0 within keys_in small s mu eqmu A A_of S right.
have gain := mistake_bound_sharp.gain_hinge eta0 (A * rho2).
by split; [exact: (mistake_bound_coherent.coherent_bound header dictionary keys eta0 gain within keys_in)
  | exact: (mistake_bound_coherent.coherent_bound_sum header dictionary keys eta0 gain within keys_in)].
Qed.

(** The perceptron's loss: without the term 2 eta. *)
Theorem T6c_perceptron (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R) :
  fixed_head_relu M Perceptron -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + eta M ^+ 2 * (A * rho2) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right.
Proof.
move=> header dictionary keys eta0 within keys_in small s mu eqmu A A_of S right.
have gain := mistake_bound_sharp.gain_perceptron eta0 (A * rho2).
by split; [exact: (mistake_bound_coherent.coherent_bound header dictionary keys eta0 gain within keys_in)
  | exact: (mistake_bound_coherent.coherent_bound_sum header dictionary keys eta0 gain within keys_in)].
Qed.

(** SGD with winners for both labels: the number of its updates is bounded without itself on the right ... *)
Theorem T6c_explicit (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (l : loss) (r : nat) (w : network R n d) (xs : seq (sample K)) (rho2 : R) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> 0 <= rho2 -> all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
  let s := coordinates P w in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  both_win s ->
  (mistakes M s xs)%:R <=
    (\sum_j length_squared (filters w j) - S + (2%:R * eta M + eta M ^+ 2 * (A * rho2)))
    / (A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R) ^+ 2).
Proof.
move=> header loss dictionary keys eta0 r0 rho0 keys_in small s A A_of S win.
exact: (mistake_bound_coherent.coherent_mistakes header loss dictionary keys eta0 r0 win rho0).
Qed.

(** ... so that one number of updates is enough for all paths, however long. *)
Theorem T6c_finitely_many (R : archiFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (l : loss) (r : nat) (w : network R n d) (rho2 : R) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> both_win (coordinates P w) ->
  exists k, forall xs, all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N.
Proof. exact: mistake_bound_coherent.coherent_finitely_many. Qed.

(** No open gate: accuracy 1, and no filter and no head moves any more, whatever images come. Any
    dictionary, activation, pooling and loss, fixed or trained head. *)
Theorem T6c_settled (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) :
  (forall i : atom D, gate_at M (coordinates P w) (sample_at i) = 0) ->
  accuracy D M (coordinates P w) = 1
  /\ forall v : seq (atom D),
      (forall j, filters (vector_sgd M P w (samples v)) j = filters w j) /\
      (forall j, heads (vector_sgd M P w (samples v)) j = heads w j).
Proof. exact: closed_gates.closed_for_ever. Qed.

(** (c) Only such networks are absorbing: where no image moves a filter, no gate is open. Winners stay
    winners, so that [both_win] need only hold at the start. *)
Theorem T6c_absorbing (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (v : seq (atom D)) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> (forall i : atom D, key_at_least r (sample_at i)) ->
  both_win (coordinates P w) ->
  let now := vector_sgd M P w (samples v) in
  (forall (i : atom D) j, filters (vector_step M P now (single R (sample_at i))) j = filters now j) ->
  forall i : atom D, gate_at M (coordinates P now) (sample_at i) = 0.
Proof.
move=> header loss dictionary keys eta0 r0 keys_in.
exact: (mistake_bound_coherent.coherent_absorbing header loss dictionary keys eta0 r0 keys_in).
Qed.

(** (a) T independent images, k at least every number of updates that the inequality allows, p at most the
    probability of every atom. Some gate open after T steps; accuracy below 1 all the time. *)
Theorem T6c_unsettled (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (rho2 p : R) (k T : nat) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  let s := coordinates P w in
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (forall u : nat,
    A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j length_squared (filters w j) - S + (theta * eta M + eta M ^+ 2 * (A * rho2)) * u%:R ->
    (u <= k)%N) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) != 0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k.
Proof.
move=> header loss dictionary keys eta0 keys_in small p0 least s theta A A_of S bound.
apply: (closed_gates.open_tail_vectors dictionary T p0 least).
exact: (mistake_bound_coherent.coherent_within header loss dictionary keys eta0 keys_in small).
Qed.

(** (b) Accuracy at most 1 - eps all the time. *)
Theorem T6c_inaccurate (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (rho2 eps : R) (k T : nat) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) -> 0 < eps <= 1 ->
  let s := coordinates P w in
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (forall u : nat,
    A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j length_squared (filters w j) - S + (theta * eta M + eta M ^+ 2 * (A * rho2)) * u%:R ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps k.
Proof.
move=> header loss dictionary keys eta0 keys_in small eps01 s theta A A_of S bound.
apply: (closed_gates.inaccurate_tail_vectors dictionary T eps01).
exact: (mistake_bound_coherent.coherent_within header loss dictionary keys eta0 keys_in small).
Qed.

(** With any high probability, when the number of steps is large enough, no gate is open: by T6c_settled
    accuracy is 1 then, for ever. *)
Theorem T6c_limit (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (delta : R) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> both_win (coordinates P w) ->
  (forall i : atom D, key_at_least r (sample_at i)) -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]).
Proof. exact: mistake_bound_coherent.coherent_limit. Qed.

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
  | Fades y => (* keeps its only key; key and head shrink geometrically *)
      forall t, [/\ 0 < z (key y) t, z (key y) t = (1 - kappa) ^+ t * weight s j (key y)
        & sgn y * a t = - z (key y) t]
  | Balanced => (* keeps both keys and their sum; their difference and the head shrink geometrically, by
       the factor c = 1 - sqrt2 kappa, unless both are 0 *)
      exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * kappa ^+ 2 \/ head s j = 0
        & forall t, [/\ 0 < z (key true) t, 0 < z (key false) t,
          z (key true) t + z (key false) t = weight s j (key true) + weight s j (key false),
          z (key true) t - z (key false) t =
            c ^+ t * (weight s j (key true) - weight s j (key false))
        & a t = c ^+ t * head s j]]
  end.
Proof.
move=> network unique independent even kappa k0 k1.
by move=> j a z; have := trained_head.fates s network unique independent even k0 k1 j.
Qed.

(** One positive key, any kappa: its closed form while it is positive, and the sign that decides whether it
    ends, and when at the latest. *)
Theorem T7_one_key (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y, 0 < weight s j (key y) -> weight s j (key (~~ y)) <= 0 ->
  let z t := weight (expected D M s t) j (key y) in
  let sum t := sgn y * head (expected D M s t) j + z t in
  let difference t := sgn y * head (expected D M s t) j - z t in
  [/\ (* the other key stands still *)
      forall t, weight (expected D M s t) j (key (~~ y)) = weight s j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < z u) ->
        sum t = (1 + kappa) ^+ t * sum 0%N /\ difference t = (1 - kappa) ^+ t * difference 0%N,
      (* a sum that is not negative keeps the key for ever *)
      0 <= kappa < 1 -> 0 <= sum 0%N -> forall t, 0 < z t,
      (* a negative one ends it, at step z(0) / (kappa |sum(0)|) or before *)
      0 <= kappa -> sum 0%N < 0 -> forall t, z 0%N <= t%:R * (kappa * - sum 0%N) ->
        exists u, (u <= t)%N /\ z u <= 0
    & (* and these are its fates *)
      fate_at s j = if 0 < sum 0%N then Learns y else if sum 0%N == 0 then Fades y else Dies y].
Proof.
move=> network unique independent even kappa j y.
exact: (trained_head.one_key_life network unique independent even).
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
Proof. exact: balancedness.balancedness. Qed.

(** The squared norm is a matter of the coordinates alone; with an orthonormal dictionary it is the
    sum of their squares. *)
Theorem T8_norm_of_coordinates (R : realFieldType) (K : nat) (m : model R K) (c c' z : pattern K -> R) :
  (forall p q, gram m p q = gram m q p) -> represents m c z -> represents m c' z ->
  gram_square m c = gram_square m c' /\ (orthonormal m -> gram_square m c = \sum_p z p ^+ 2).
Proof.
move=> sym cz c'z; split; first exact: balancedness.represents_square sym cz c'z.
by move=> ortho; exact: balancedness.represents_orthonormal.
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
Proof. exact: balancedness.balancedness_run. Qed.

(** relu2, homogeneous of degree 2: |w|^2 - 2 a^2 takes the place of |w|^2 - a^2. *)
Theorem T8_balancedness_relu2 (R : realFieldType) (n K : nat) (m : model R K) (s : state R n K)
    (B : batch R K) (j : 'I_n) (c c' : pattern K -> R) :
  (forall p q, gram m p q = gram m q p) -> trained m = true -> activation_of m = Relu2 ->
  represents m c (weight s j) -> represents m c' (weight (step m s B) j) ->
  gram_square m c' - 2%:R * head (step m s B) j ^+ 2 = gram_square m c - 2%:R * head s j ^+ 2 +
    eta m ^+ 2 * (head s j ^+ 2 * gram_square m (filter_gradient m s (gated m s B) j)
                  - 2%:R * head_gradient m s (gated m s B) j ^+ 2).
Proof. exact: balancedness.balancedness_relu2. Qed.

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

(** ** T11, the sharp forms and given heads ([main_claim_sharp.v]) *)

(** For every j >= 1: fewer than j winners of some label, or the tail of T6 (a) with k at least every
    number of updates that the bound for j winners allows. S bounds the sum of the squares of an image's
    counts; r keys or more an image. *)
Theorem T11_sharp (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r j k T : nat) (h p S : R) :
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (0 < j)%N ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    mean_initial L (fun s => (minn (winners s true) (winners s false) < j)%N%:R)
      + binomial_below T p k.
Proof.
move=> network eta0 keys squares bounded p0 least j0 bound.
exact: (main_claim_sharp.sharp network eta0 keys squares bounded p0 least).
Qed.

(** A2: S = r^2 + (m - r)^2 will do. *)
Theorem T11_image_square (R : realFieldType) (K r m : nat) (x : sample K) :
  unique_key r m x -> \sum_q (count x q)%:R ^+ 2 <= r%:R ^+ 2 + (m - r)%:R ^+ 2 :> R.
Proof. exact: main_claim_sharp.count_square. Qed.

(** All j at once, by the law of total probability over the lesser number of winners. *)
Theorem T11_total (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r : nat) (k : nat -> nat) (T : nat)
    (h p S : R) :
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall j u : nat, (0 < j)%N ->
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k j)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    \sum_(j < n.+1)
      mean_initial L (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
        * (if j == 0%N :> nat then 1 else binomial_below T p (k j)).
Proof.
move=> network eta0 keys squares bounded p0 least bound.
apply: (main_claim_sharp.total network eta0 keys squares bounded p0 least) => j j0 u.
exact: bound.
Qed.

(** Given heads, + where a is true: the first form, *)
Theorem T11_fixed_heads (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r m k T : nat) (h p : R) :
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)
              + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    1 - (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ a j]|)
      + binomial_below T p k.
Proof. exact: main_claim_sharp.main_claim_heads. Qed.

(** and the sharp ones. *)
Theorem T11_fixed_heads_sharp (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r j k T : nat) (h p S : R) :
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (0 < j)%N ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    mean_weights L a (fun s => (minn (winners s true) (winners s false) < j)%N%:R)
      + binomial_below T p k.
Proof.
move=> network eta0 keys squares bounded p0 least j0 bound.
exact: (main_claim_sharp.sharp_heads network eta0 keys squares bounded p0 least).
Qed.

Theorem T11_fixed_heads_total (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r : nat) (k : nat -> nat) (T : nat) (h p S : R) :
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall j u : nat, (0 < j)%N ->
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k j)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    \sum_(j < n.+1)
      mean_weights L a (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
        * (if j == 0%N :> nat then 1 else binomial_below T p (k j)).
Proof.
move=> network eta0 keys squares bounded p0 least bound.
apply: (main_claim_sharp.total_heads network eta0 keys squares bounded p0 least) => j j0 u.
exact: bound.
Qed.

(** ** T12: SGD along and across the keys ([across_keys.v]) *)

(** Vectors, keys that are unit vectors orthogonal to all other patterns, a background as coherent as it
    likes, unhinged, one image a step. Filter j, with a head of the sign of y: [along] is its inner
    product with its own key, [across] the rest, everything orthogonal to that key. When no background
    pattern grows in the mean, the mean square of the rest after t steps is at most
    M_t = |across(0)|^2 + eta^2 a_j^2 V t, V = E sum_pq N_p N_q max(G_pq, 0) over all but the key. *)
Theorem T12a_second_moment (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j ->
  expectation D t (fun xs => length_squared (across P (vector_sgd M P w xs) j y)) <=
  length_squared (across P w j y) + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R.
Proof.
move=> dict keys network eta0 unique hd H.
exact: (across_keys.second_moment_across dict keys network eta0 unique hd H).
Qed.

(** The probability that its square is anywhere above M_t / delta within t steps is at most delta. *)
Theorem T12b_maximal (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat)
    (delta : R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j -> 0 < delta ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    (length_squared (across P w j y)
      + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R) / delta
    < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) <= delta.
Proof.
move=> dict keys network eta0 unique hd H delta0.
exact: (across_keys.maximal_across_div dict keys network eta0 unique hd H t delta0).
Qed.

(** On every path the own key, if positive, has grown by eta |a_j| r_y with each image of its label;
    otherwise it stands still for ever. *)
Theorem T12c_own_key (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  along P (vector_sgd M P w xs) j y =
  if 0 < along P w j y
  then along P w j y + eta M * `|heads w j| * (r y)%:R * (label_count y xs)%:R
  else along P w j y.
Proof. by move=> dict keys network eta0; exact: across_keys.own_key. Qed.

(** The angle of a winner with its key: tan^2 is at most M_t / (delta (Z(0) + eta |a_j| r_y b)^2) at all
    steps from t0 to t, but for delta and the probability of less than b images of its label in t0. *)
Theorem T12d_angle (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool)
    (t0 t b : nat) (delta : R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  winner (coordinates P w) y j -> no_rising_background D w j -> (t0 <= t)%N -> 0 < delta ->
  1 - binomial_below t0 (prior D y) b - delta <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (length_squared (across P (vector_sgd M P w (take u xs)) j y) /
       along P (vector_sgd M P w (take u xs)) j y ^+ 2 <=
     (length_squared (across P w j y)
        + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R) /
       (delta * (along P w j y + eta M * `|heads w j| * (r y)%:R * b%:R) ^+ 2))]).
Proof. by move=> dict keys network eta0 unique; exact: across_keys.angle_probability. Qed.

(** Norms: thresholds b_y of the label counts after t0 steps and shares delta_i of the losers. If each
    winner's key, grown by its threshold, squared is at least ratio^2 times own key squared plus
    M_t / delta_i of each loser, then at all steps from t0 to t the winners dominate with that ratio,
    with this probability. *)
Theorem T12e_norms (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) (ratio : R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, loser (coordinates P w) i -> no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, loser (coordinates P w) i -> 0 < delta i) ->
  (forall y y' j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    0 < sgn y' * heads w i ->
    ratio ^+ 2 * (along P w i y' ^+ 2 + (length_squared (across P w i y')
        + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y') * t%:R) / delta i) <=
    (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)
    - \sum_(i | loser (coordinates P w) i) delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]]).
Proof. by move=> dict keys network eta0 unique; exact: across_keys.norms_probability. Qed.

(** Accuracy: X_i is at least the root of M_t / delta_i, rho_y that of sum_pq N_p N_q max(G_pq, 0) of
    every image of label y. If for both labels what the winners have by the thresholds exceeds what the
    filters of the other sign can say, accuracy is 1 at all steps from t0 to t, with this probability. *)
Theorem T12f_accuracy (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta X : 'I_n -> R) (rho : bool -> R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, 0 < delta i) -> (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
  (forall i y, 0 < sgn y * heads w i ->
    (length_squared (across P w i y)
        + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y) * t%:R) / delta i <= X i ^+ 2) ->
  (forall i : atom D, spread M (sample_at i) <= rho (label (sample_at i)) ^+ 2) ->
  (forall y, rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_i delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)]).
Proof. by move=> dict keys network eta0 unique; exact: across_keys.accuracy_probability. Qed.

(** The key of the other label, on every path: it never grows, and ends above its start or above
    - eta |a_j| r of that label. So it may be taken out of the rest: *)
Theorem T12i_other_key (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  [/\ along P (vector_sgd M P w xs) j (~~ y) <= along P w j (~~ y),
      Num.min (along P w j (~~ y)) (- (eta M * `|heads w j| * (r (~~ y))%:R)) <=
        along P (vector_sgd M P w xs) j (~~ y)
    & along P (vector_sgd M P w xs) j (~~ y) ^+ 2 <=
        Num.max (along P w j (~~ y) ^+ 2) ((eta M * `|heads w j| * (r (~~ y))%:R) ^+ 2)].
Proof.
move=> dict keys network eta0 kxs hd.
have /andP[lo hi] := across_keys.wrong_key dict keys network eta0 kxs hd.
split=> //; exact: (across_keys.wrong_key_square dict keys network eta0 kxs hd).
Qed.

(** norms by the rest without both keys and the sum over pairs of backgrounds alone; *)
Theorem T12i_norms (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) (ratio : R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, loser (coordinates P w) i -> no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, loser (coordinates P w) i -> 0 < delta i) ->
  (forall y y' j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    0 < sgn y' * heads w i ->
    ratio ^+ 2 * (along P w i y' ^+ 2
      + Num.max (along P w i (~~ y') ^+ 2) ((eta M * `|heads w i| * (r (~~ y'))%:R) ^+ 2)
      + (length_squared (across P w i y' - along P w i (~~ y') *: P (key (~~ y')))
         + eta M ^+ 2 * heads w i ^+ 2 * mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
             (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R)
        / delta i) <=
    (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)
    - \sum_(i | loser (coordinates P w) i) delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]]).
Proof. by move=> dict keys network eta0 unique; exact: across_keys.norms_probability_aside. Qed.

(** accuracy by the same, the wrong key counted as at the start. *)
Theorem T12i_accuracy (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta X : 'I_n -> R) (rho : bool -> R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, 0 < delta i) -> (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
  (forall i y, 0 < sgn y * heads w i ->
    (length_squared (across P w i y - along P w i (~~ y) *: P (key (~~ y)))
      + eta M ^+ 2 * heads w i ^+ 2 * mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
          (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R)
      / delta i <= X i ^+ 2) ->
  (forall i : atom D,
    \sum_k \sum_l (count (sample_at i) (background k))%:R * (count (sample_at i) (background l))%:R *
      Num.max 0 (gram M (background k) (background l)) <= rho (label (sample_at i)) ^+ 2) ->
  (forall y, (r y)%:R * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * relu (along P w i y))
      + rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_i delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)]).
Proof. by move=> dict keys network eta0 unique; exact: across_keys.accuracy_probability_aside. Qed.

(** ** T13: opposed keys ([opposed_keys.v]) *)

(** One step after any steps, with any batches and gates: alpha is the coordinate on the key of +, its
    opposite that on the key of -. *)
Theorem T13_one_step (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (l : loss) (r : bool -> nat) (w : network R n d) (Cs : seq (batch R K)) (C : batch R K) (j : 'I_n) :
  fixed_head_relu M l -> dictionary_of M P -> keys_opposed M -> images (keys_by_label r) C ->
  let now := moves M (coordinates P w) Cs in
  let alpha s := weight s j (key true) in
  weight now j (key false) = - alpha now
  /\ alpha (move M now C) = alpha now + eta M * heads w j *
      \sum_(c <- C | 0 < sgn (label c.2) * alpha now) c.1 * (r (label c.2))%:R.
Proof.
move=> header dictionary keys.
exact: (opposed_keys.opposed_one_step dictionary keys _ _ _ header).
Qed.

(** On every path, with any gates that are at least 0: a_j alpha never decreases, and 0 is absorbing. *)
Theorem T13_monotone (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (l : loss) (r : bool -> nat) (w : network R n d) (Cs1 Cs2 : seq (batch R K)) (j : 'I_n) :
  fixed_head_relu M l -> dictionary_of M P -> keys_opposed M -> 0 <= eta M ->
  all (all (fun c => 0 <= c.1)) (Cs1 ++ Cs2) -> all (images (keys_by_label r)) (Cs1 ++ Cs2) ->
  let alpha Cs := weight (moves M (coordinates P w) Cs) j (key true) in
  heads w j * alpha Cs1 <= heads w j * alpha (Cs1 ++ Cs2)
  /\ (alpha Cs1 = 0 -> alpha (Cs1 ++ Cs2) = 0).
Proof.
move=> header dictionary keys.
exact: (opposed_keys.opposed_monotone_vectors dictionary keys _ _ header).
Qed.

(** Unhinged, one image a step, r keys an image, a start that is no - eta a_j r k: b moves towards the own
    key in t steps have at least the probability of b successes in t trials that succeed with the
    probability of the rarer label. *)
Theorem T13_probability (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (j : 'I_n) (t b : nat) :
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 <= eta M ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall k : nat, along P w j true != - (eta M * heads w j * r%:R * k%:R)) ->
  1 - binomial_below t (Num.min (prior D true) (prior D false)) b <=
  Pr D t (fun xs => Num.sg (heads w j) * along P w j true + eta M * `|heads w j| * r%:R * b%:R
    <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true).
Proof. by move=> header dictionary keys; exact: opposed_keys.opposed_probability. Qed.

(** Where both labels occur, the coordinate on the own key passes any level, with any high probability,
    when the number of steps is large enough: also that of a filter that starts as a loser. *)
Theorem T13_limit (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (j : 'I_n) (level delta : R) :
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 < eta M -> (0 < r)%N ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall y, 0 < prior D y) -> heads w j != 0 ->
  (forall k : nat, along P w j true != - (eta M * heads w j * r%:R * k%:R)) -> 0 < delta ->
  exists T0, forall t, (T0 <= t)%N ->
    1 - delta <= Pr D t (fun xs => level <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true).
Proof. exact: opposed_keys.opposed_limit. Qed.

(** ** T14: a mistake bound by a separator ([separator.v], [closed_gates.v]) *)

(** Leaky-relu of slope c, or the identity (c = 1), any dictionary, any fixed head; v separates the patches
    of every image ([separates]). SGD with the hinge, one image a step: u is the number of its updates,
    rho2 any bound of [spread] over the images. *)
Theorem T14_separator (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (c : R) (v : 'rV[R]_d) (w : network R n d) (xs : seq (sample K)) (rho2 : R) :
  fixed_head_leaky M c Hinge -> 0 < c <= 1 -> dictionary_of M P -> 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => spread M x <= rho2) xs ->
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  let u : R := (mistakes M (coordinates P w) xs)%:R in
  F0 + eta M * A * u <= 0
  \/ (F0 + eta M * A * u) ^+ 2
      <= A * length_squared v * (W + u * (2%:R * eta M + eta M ^+ 2 * (A * rho2))).
Proof.
move=> header c01 dictionary eta0 sep small A F0 W u.
exact: (separator.separator_spread w header c01 (or_introl erefl) dictionary eta0 sep small).
Qed.

(** Batches and gradient descent, with the sum mu of the weights of images with an open gate for the number
    of updates; the perceptron too, without the 2 eta; and a sharper rho2 ([leaky_spread]). *)
Theorem T14_batches (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> all (weights_within 1) Bs -> all (images (separates P c v)) Bs ->
  all (images (fun x => leaky_spread M c x <= rho2)) Bs ->
  forall mu, mu = gate_sum true (gates_of M (coordinates P w) Bs)
    + gate_sum false (gates_of M (coordinates P w) Bs) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  F0 + eta M * A * mu <= 0
  \/ (F0 + eta M * A * mu) ^+ 2
      <= A * length_squared v * (W + mu * (theta * eta M + eta M ^+ 2 * (A * rho2))).
Proof. by move=> header c01 loss dictionary; exact: separator.separator_batches. Qed.

(** A head that is not 0 altogether: a bound without the number of updates on the right ... *)
Theorem T14_explicit (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (xs : seq (sample K)) (rho2 : R) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  0 <= rho2 -> all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
  (mistakes M (coordinates P w) xs)%:R <=
    (2%:R * eta M * `|F0| + length_squared v * (W + (theta * eta M + eta M ^+ 2 * (A * rho2))))
    / (eta M ^+ 2 * A).
Proof.
move=> header c01 loss dictionary eta0 some theta A F0 W rho0 sep small.
exact: (separator.separator_explicit header c01 loss dictionary eta0 some rho0 sep small).
Qed.

(** ... so that one number of updates is enough for all paths, however long. *)
Theorem T14_finitely_many (R : archiFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (rho2 : R) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  exists k, forall xs, all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N.
Proof. exact: separator.separator_finitely_many. Qed.

(** (a) T independent images, k at least every number of updates that the inequality allows, p at most the
    probability of every atom. Some gate open after T steps; accuracy below 1 all the time. *)
Theorem T14_unsettled (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (rho2 p : R)
    (k T : nat) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  (forall u : nat,
    F0 + eta M * A * u%:R <= 0
    \/ (F0 + eta M * A * u%:R) ^+ 2
        <= A * length_squared v * (W + u%:R * (theta * eta M + eta M ^+ 2 * (A * rho2))) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) != 0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k.
Proof.
move=> header c01 loss dictionary eta0 sep small p0 least theta A F0 W bound.
apply: (closed_gates.open_tail_vectors dictionary T p0 least).
exact: (separator.separator_within header c01 loss dictionary eta0 sep small bound).
Qed.

(** (b) Accuracy at most 1 - eps all the time. *)
Theorem T14_inaccurate (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (rho2 eps : R)
    (k T : nat) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) -> 0 < eps <= 1 ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  (forall u : nat,
    F0 + eta M * A * u%:R <= 0
    \/ (F0 + eta M * A * u%:R) ^+ 2
        <= A * length_squared v * (W + u%:R * (theta * eta M + eta M ^+ 2 * (A * rho2))) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps k.
Proof.
move=> header c01 loss dictionary eta0 sep small eps01 theta A F0 W bound.
apply: (closed_gates.inaccurate_tail_vectors dictionary T eps01).
exact: (separator.separator_within header c01 loss dictionary eta0 sep small bound).
Qed.

(** With any high probability, when the number of steps is large enough, no gate is open; and then accuracy
    is 1, and no filter and no head moves any more, whatever images come. *)
Theorem T14_limit (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (delta : R) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  (forall i : atom D, separates P c v (sample_at i)) -> 0 < delta ->
  (exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]))
  /\ forall w' : network R n d, (forall i : atom D, gate_at M (coordinates P w') (sample_at i) = 0) ->
      accuracy D M (coordinates P w') = 1
      /\ forall u : seq (atom D),
          (forall j, filters (vector_sgd M P w' (samples u)) j = filters w' j) /\
          (forall j, heads (vector_sgd M P w' (samples u)) j = heads w' j).
Proof.
move=> header c01 loss dictionary eta0 some sep delta0.
split; last by move=> w'; exact: closed_gates.closed_for_ever.
exact: (separator.separator_limit header c01 loss dictionary eta0 some sep delta0).
Qed.

(** ** The main theorem: the abstract in one statement ([main_theorem.v]) *)

(** Random filters and heads, then SGD with one random image a step, unhinged. The keys are unit vectors,
    orthogonal to each other and to the background (which may be coherent); an image with label y has r_y
    of its own key and none of the other; both labels occur, and the signed counts of each background
    pattern have mean 0. For n filters, any ratio, delta and eps there is a time T that serves all laws of
    the filters of length at most h whose inner products with the keys are symmetric and not 0: with
    probability at least 1 - 2 (3/4)^n + (1/2)^n - eps, over filters, heads and images, at all times t >= T
    together (up to any horizon T') both labels have winners, every winner is at least ratio times as long
    as every loser, its squared cosine with its key is at least 1 - delta, and accuracy is 1. *)
Theorem Main_theorem_rate (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (h ratio delta eps : R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M ->
  (forall y, (0 < r y)%N) -> (forall i : atom D, keys_by_label r (sample_at i)) ->
  (forall y, 0 < prior D y) ->
  (forall k, mean D (fun x => sgn (label x) * (count x (background k))%:R) = 0) ->
  0 < delta -> 0 < eps ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n - eps <=
    mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      learnt M P D ratio delta w (vector_sgd M P w (take t xs))])).
Proof. exact: main_theorem.learnt_rate. Qed.

(** With any high probability 1 - delta, when filters are enough (how many, delta alone says) and steps
    are: C1 to C5 of the abstract, under A1k, A2, A3, A4, fair random heads and symmetric keys. *)
Theorem Main_theorem (R : archiFieldType) (delta : R) : 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))])).
Proof. exact: main_theorem.main_theorem. Qed.

(** ** Certificates ([certificates.v]): a claim that the checker accepts holds *)

(** For any problem in explicit form, any segments, any claim: [certificates.holds] reads the claim in
    the model, [checker.check] computes. *)
Theorem certificate_sound (R : realFieldType) (p : checker.problem)
    (ok : checker.well_formed p = true) (segments : seq checker.segment) (c : checker.claim) :
  checker.check p segments c = true -> certificates.holds R ok c.
Proof. exact: certificates.check_sound. Qed.
