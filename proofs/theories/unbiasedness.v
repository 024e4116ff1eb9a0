(** * T0: unbiasedness

    One step: filters and heads move by a sum over the batch, weight times a quantity of the image and
    the state alone ([weight_step_sum], [head_step_sum]). So the mean over the atoms of a step on one
    image, or on a batch of independent images, is the step on the population, for every model.

    For all t (fixed head, relu, sum pooling, orthonormal dictionary, unhinged loss), over independent
    samples: the background is a stopped martingale, since y N_k has mean 0 (A3, A4), so its mean never
    moves; a winner's key has by T3 the closed form Z(0) + eta a_j y r B_y(t) on every path, and the
    mean of B_y(t) is t times the prior; every key moves, on every path, by eta a_j y r times the
    number of its label's steps up to its death ([model.steps_alive]), and for the wrong-label key this
    number is the lesser of B and a ceiling, whose mean is not the lesser of the means. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring zify.
From filtercert Require Import model facts label_independence probability pathwise closed_form.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** One step, any model *)
Section OneStep.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (m : model R K).
Implicit Types (s : state R n K) (B : batch R K) (x : sample K) (j : 'I_n) (p q : pattern K).

(** What one image adds to a coordinate and to a head. *)
Definition filter_push s j q x : R := eta m * head s j *
  \sum_p gate_at m s x * sgn (label x) * pooled_derivative m (weight s j) (count x) p * gram m p q.
Definition head_push s j x : R :=
  if trained m then eta m * (gate_at m s x * sgn (label x) * pooled m (weight s j) (count x)) else 0.

(** A step adds these, weighted. *)
Lemma weight_step_sum s B j q :
  weight (step m s B) j q = weight s j q + \sum_(b <- B) b.1 * filter_push s j q b.2.
Proof.
rewrite /step /move /=; congr (_ + _); rewrite /filter_push.
under [RHS]eq_bigr do rewrite mulrCA; rewrite -mulr_sumr; congr (_ * _).
under [RHS]eq_bigr do rewrite mulr_sumr; rewrite exchange_big; apply: eq_bigr => p _ /=.
rewrite /filter_gradient /gated big_map mulr_suml; apply: eq_bigr => b _ /=; ring.
Qed.

Lemma head_step_sum s B j :
  head (step m s B) j = head s j + \sum_(b <- B) b.1 * head_push s j b.2.
Proof.
rewrite /step /move /= /head_push; case: (trained m); last first.
  by rewrite big1 ?addr0 // => b _; rewrite mulr0.
congr (_ + _); under [RHS]eq_bigr do rewrite mulrCA; rewrite -mulr_sumr; congr (_ * _).
by rewrite /head_gradient /gated big_map; apply: eq_bigr => b _ /=; ring.
Qed.

(** Mean of a quantity that is summed over the batch. *)
Lemma mean_single (c : R) (F : sample K -> R) :
  mean D (fun x => c + \sum_(b <- single R x) b.1 * F b.2) =
  c + \sum_(b <- population D) b.1 * F b.2.
Proof.
rewrite sum_population mean_add mean_const; congr (_ + _).
by apply: eq_mean => x; rewrite big_seq1 /= mul1r.
Qed.

Lemma mean_minibatch (c : R) (F : sample K -> R) k : (0 < k)%N ->
  expectation D k (fun xs => c + \sum_(b <- [seq (k%:R^-1, x) | x <- xs]) b.1 * F b.2) =
  c + \sum_(b <- population D) b.1 * F b.2.
Proof.
move=> k0; rewrite sum_population expectation_add expectation_const; congr (_ + _).
under eq_expectation do rewrite big_map /= -mulr_sumr.
rewrite expectation_mul expectation_sum_samples mulrA mulVf ?mul1r //.
by rewrite pnatr_eq0 -lt0n.
Qed.

(** ** T0: one step of SGD *)
Theorem one_step s :
  (forall j p, mean D (fun x => weight (step m s (single R x)) j p) =
    weight (step m s (population D)) j p)
  /\ (forall j, mean D (fun x => head (step m s (single R x)) j) = head (step m s (population D)) j).
Proof.
split=> [j p | j].
  by under eq_mean do rewrite weight_step_sum; rewrite mean_single weight_step_sum.
by under eq_mean do rewrite head_step_sum; rewrite mean_single head_step_sum.
Qed.

(** ** The same for a batch of k independent images *)
Theorem one_step_batch s k : (0 < k)%N ->
  let minibatch xs := [seq (k%:R^-1, x) | x <- xs] in
  (forall j p, expectation D k (fun xs => weight (step m s (minibatch xs)) j p) =
    weight (step m s (population D)) j p)
  /\ (forall j, expectation D k (fun xs => head (step m s (minibatch xs)) j) =
    head (step m s (population D)) j).
Proof.
move=> k0 minibatch; split=> [j p | j].
  by under eq_expectation do rewrite weight_step_sum; rewrite mean_minibatch // weight_step_sum.
by under eq_expectation do rewrite head_step_sum; rewrite mean_minibatch // head_step_sum.
Qed.

End OneStep.

(** ** For all t: fixed head, unhinged *)
Section AllSteps.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Hypothesis network : fixed_head_network M Unhinged.
Implicit Types (s : state R n K) (x : sample K) (j : 'I_n) (y : bool) (t : nat).

Local Lemma single_move s x j q : weight (step M s (single R x)) j q = weight s j q +
  (if 0 < weight s j q then eta M * head s j * (sgn (label x) * (count x q)%:R) else 0).
Proof. by case: network => ortho act pool unhinged _; exact: weight_single. Qed.

Local Lemma fixed : trained M = false. Proof. by case: network. Qed.

(** A coordinate without drift has its start as mean: a stopped martingale. *)
Lemma mean_without_drift s j q t : drift D M s j q = 0 ->
  expectation D t (fun xs => weight (sgd M s xs) j q) = weight s j q.
Proof.
move=> still; elim: t s still => [|t IH] s still; first by rewrite expectation0.
have next x : expectation D t (fun xs => weight (sgd M s (x :: xs)) j q) =
    weight (step M s (single R x)) j q.
  by apply: IH; rewrite -still /drift head_step ?fixed.
rewrite expectationS; under eq_mean do rewrite next single_move.
rewrite mean_add mean_const; case: (0 < weight s j q); last by rewrite mean_const addr0.
by rewrite mean_mul -/(drift D M s j q) still addr0.
Qed.

(** T0, background: deaths included. *)
Theorem background_martingale s : label_independent D -> balanced D -> forall t j k,
  expectation D t (fun xs => weight (sgd M s xs) j (background k)) = weight s j (background k) /\
  weight (expected D M s t) j (background k) = weight s j (background k).
Proof.
move=> independent even t j k; split; last by case: (background_stays s network independent even t j k).
exact: mean_without_drift (drift_background0 independent even M s j k).
Qed.

(** The gates of SGD, all 1, count the samples of a label. *)
Lemma gate_sum_singles y (xs : seq (sample K)) :
  gate_sum y (map (@single R K) xs) = \sum_(x <- xs) (label x == y)%:R.
Proof.
rewrite /gate_sum big_map; apply: eq_bigr => x _.
by rewrite mass_cons /mass big_nil addr0 /=; case: ifP.
Qed.

(** T0, the key of a winner, for any head and any priors: its mean is that of the expected dynamics. *)
Theorem winner_key_mean s r m y j : unique_keys D r m -> 0 <= eta M -> winner s y j -> forall t,
  let kappa := eta M * (sgn y * head s j) * r%:R * prior D y in
  expectation D t (fun xs => weight (sgd M s xs) j (key y)) = weight s j (key y) + kappa * t%:R /\
  weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R.
Proof.
move=> unique eta0 win t kappa; have [hd pos] := andP win; split; last first.
  have -> : kappa = drift D M s j (key y) by rewrite /drift (mean_key _ unique) /kappa; ring.
  have [_ rising _] := closed_form D s network t j (key y); apply: rising => //.
  have p0 := prior_ge0 D y; rewrite /drift (mean_key _ unique) mulrA mulr_ge0 //; last first.
    by rewrite mulr_ge0 ?ler0n.
  by rewrite -mulrA mulr_ge0 // mulrC ltW.
have unhinged : loss_of M = Unhinged by case: network.
transitivity (expectation D t (fun xs => weight s j (key y) +
    eta M * (sgn y * head s j) * r%:R * \sum_(x <- xs) (label x == y)%:R)).
  apply: eq_expectation_paths => w; rewrite -gate_sum_singles /sgd run_unhinged //.
  apply: (winner_moves network (r := r) (mm := m) eta0 _ _ win); rewrite all_map.
    by elim: (samples w) => //= x xs ->; rewrite ler01.
  by apply: all_samples => i; rewrite /images /= andbT unique.
rewrite expectation_add expectation_const expectation_mul expectation_sum_samples mean_label.
by rewrite /kappa; ring.
Qed.

(** The same with heads of size 1 and balanced labels: kappa = eta r / 2. *)
Theorem winner_key_mean_half s r m y j : unique_keys D r m -> balanced D -> signed_head s ->
  0 <= eta M -> winner s y j -> forall t,
  expectation D t (fun xs => weight (sgd M s xs) j (key y)) =
    weight s j (key y) + eta M * r%:R / 2%:R * t%:R /\
  weight (expected D M s t) j (key y) = weight s j (key y) + eta M * r%:R / 2%:R * t%:R.
Proof.
move=> unique even signed eta0 win t; have [hd _] := andP win.
have := winner_key_mean unique eta0 win t.
by rewrite (signed_size signed hd) mulr1 (balanced_prior y even).
Qed.

(** On every path a key moves by the number of its label's steps up to its death. *)
Lemma key_steps_alive s r m j y xs : all (unique_key r m) xs ->
  weight (sgd M s xs) j (key y) = weight s j (key y) +
    eta M * (sgn y * head s j) * r%:R * (steps_alive M s j (key y) y xs)%:R.
Proof.
elim: xs s => [|x xs IH] s /=; first by rewrite mulr0 addr0.
case/andP=> /and3P[/eqP own /eqP other _] /IH one.
rewrite sgd_cons one head_step ?fixed // single_move natrD.
have [same | differ] := eqVneq (label x) y.
  rewrite -same own /=; case: ifP => _ /=; last by rewrite mulr0n; ring.
  rewrite mulr1n; ring.
have -> : y = ~~ label x by case: (y) (label x) differ => [] [].
by rewrite other !mulr0 if_same /= mulr0n; ring.
Qed.

(** T0, the key of the other label. *)
Theorem wrong_key_mean s r m y j : unique_keys D r m -> head s j = sgn y -> forall t,
  expectation D t (fun xs => weight (sgd M s xs) j (key (~~ y))) =
    weight s j (key (~~ y)) - eta M * r%:R *
      expectation D t (fun xs => (steps_alive M s j (key (~~ y)) (~~ y) xs)%:R).
Proof.
move=> unique hd t; rewrite -expectation_mul -[X in X - _](expectation_const D t) -expectation_sub.
apply: eq_expectation_paths => w; rewrite (@key_steps_alive _ r m); last exact: all_samples.
by rewrite hd sgn_neg mulNr sgn_sqr; ring.
Qed.

(** This number: the lesser of the samples with its label and of a ceiling. *)
Theorem steps_up_to_death s r m y j tau xs : 0 < eta M * r%:R -> all (unique_key r m) xs ->
  head s j = sgn y -> 0 < weight s j (key (~~ y)) ->
  is_ceiling (weight s j (key (~~ y)) / (eta M * r%:R)) tau ->
  steps_alive M s j (key (~~ y)) (~~ y) xs = minn (label_count (~~ y) xs) tau.
Proof.
move=> step0 ixs hd pos [above below].
have alive s' u : weight s' j (key (~~ y)) = weight s j (key (~~ y)) - eta M * r%:R * u%:R ->
    (0 < weight s' j (key (~~ y))) = (u < tau)%N.
  move=> ->; rewrite subr_gt0 mulrC -ltr_pdivl_mulr //; case: (ltnP u tau) => [/below //|le].
  by apply/negbTE; rewrite -leNgt (le_trans above) // ler_nat.
suff count s' u : head s' j = sgn y -> (u <= tau)%N ->
    weight s' j (key (~~ y)) = weight s j (key (~~ y)) - eta M * r%:R * u%:R ->
    steps_alive M s' j (key (~~ y)) (~~ y) xs = minn (label_count (~~ y) xs) (tau - u).
  by rewrite (count s 0%N) ?subn0 // mulr0 subr0.
elim: xs ixs s' u => [|x xs IH] /= ixs s' u hd' ut at_u; first by rewrite min0n.
have [/and3P[/eqP own /eqP other _] ixs'] := andP ixs.
have hd'' : head (step M s' (single R x)) j = sgn y by rewrite head_step ?fixed.
rewrite (alive _ _ at_u) /label_count /= -/(label_count _ _).
have [same | differ] := eqVneq (label x) (~~ y); last first.
  have eqy : label x = y by case: (y) (label x) differ => [] [].
  rewrite eqy in other; rewrite add0n; apply: IH => //.
  by rewrite single_move other !mulr0 if_same addr0.
have next : weight (step M s' (single R x)) j (key (~~ y)) =
    weight s j (key (~~ y)) - eta M * r%:R * (u + (u < tau))%:R.
  rewrite single_move (alive _ _ at_u) at_u -same own same hd' sgn_neg natrD.
  by case: ltnP => _; rewrite ?mulr1n ?mulr0n; case: (y); rewrite /sgn; ring.
have ut' : (u + (u < tau) <= tau)%N by case: ltnP; lia.
by rewrite (IH ixs' _ _ hd'' ut' next); case: ltnP => /=; lia.
Qed.

End AllSteps.

(** ** T0 for all t, in one statement *)
Theorem for_all_t (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
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
Proof.
move=> network t; split; [by move=> ? ?; exact: background_martingale | | ].
  move=> r m y j unique eta0 win; split.
    by have [-> ->] := winner_key_mean network unique eta0 win t.
  by move=> even signed; case: (winner_key_mean_half network unique even signed eta0 win t).
by move=> r m y j unique hd; exact: (wrong_key_mean network unique).
Qed.
