(** * T6 (a), (b): how long SGD with the hinge takes, with probability

    While a state is bad, one draw opens a gate with probability p at least, and every path has at most
    k open gates in all. So staying bad for T draws means fewer than k successes in T trials.

    Proof: induction on T, over all states. A bad state has an open gate on some image, so k >= 1. An
    open gate at the first step leaves k - 1 for the rest, a closed one leaves k; the tail of the
    binomial obeys the same recursion ([binomial_belowS]), and grows with its threshold. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability binomial_tail pathwise mistake_bound.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section LearningTime.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Implicit Types (s : state R n K) (x : sample K) (xs : seq (sample K)) (k T : nat).

(** Probability that one draw finds an open gate. *)
Definition open_mass s : R := mean D (fun x => (gate_at M s x != 0)%:R).

(** At most k open gates on every path from s. *)
Definition mistakes_within k s :=
  forall w : seq (atom D), (mistakes M s (samples w) <= k)%N.

Lemma mistakes_cons s x xs :
  mistakes M s (x :: xs) = ((gate_at M s x != 0%R) + mistakes M (step M s (single R x)) xs)%N.
Proof. by []. Qed.

(** One step uses up a mistake if the gate is open. *)
Lemma mistakes_within_step k s (i : atom D) : mistakes_within k s ->
  let open := gate_at M s (sample_at i) != 0 in
  (open <= k)%N /\ mistakes_within (k - open) (step M s (single R (sample_at i))).
Proof.
move=> within open; split; last first.
  move=> w; have le : (open + mistakes M (step M s (single R (sample_at i))) (samples w) <= k)%N.
    exact: (within (i :: w)).
  by rewrite leq_subRL // (leq_trans (leq_addr _ _) le).
by have := within [:: i]; rewrite /= addn0.
Qed.

(** A mean of two values by a yes-or-no quantity. *)
Lemma mean_choice (b : sample K -> bool) (u v : R) :
  mean D (fun x => if b x then u else v) = mean D (fun x => (b x)%:R) * (u - v) + v.
Proof.
transitivity (mean D (fun x => (u - v) * (b x)%:R + v)); last first.
  by rewrite mean_add mean_const mean_mul mulrC.
by apply: eq_mean => x; case: (b x); rewrite ?mulr1 ?subrK // mulr0 add0r.
Qed.

(** Bad at every step from 0 to T. *)
Definition bad_throughout (bad : pred (state R n K)) s T xs : bool :=
  [forall t : 'I_T.+1, bad (sgd M s (take t xs))].

Lemma bad_throughoutS bad s T x xs :
  bad_throughout bad s T.+1 (x :: xs) =
  bad s && bad_throughout bad (step M s (single R x)) T xs.
Proof.
apply/forallP/andP => [all_bad | [bad0 /forallP all_bad] t].
  split; first by have := all_bad ord0; rewrite take0.
  by apply/forallP => t; have := all_bad (lift ord0 t); rewrite lift0.
case: (unliftP ord0 t) => [u ->|->]; last by rewrite take0.
by rewrite lift0 /=; exact: all_bad.
Qed.

Lemma bad_throughout0 bad s T xs : bad_throughout bad s T xs -> bad s.
Proof. by move/forallP/(_ ord0); rewrite take0. Qed.

Variables (bad : pred (state R n K)) (p : R).
Hypothesis p01 : 0 <= p <= 1.
Hypothesis bad_open : forall s, bad s -> p <= open_mass s.
Hypothesis bad_gate : forall s, bad s -> exists i : atom D, gate_at M s (sample_at i) != 0.

(** The count of open gates is at least binomial while the state is bad. *)
Lemma bad_tail T k s : mistakes_within k s ->
  Pr D T (bad_throughout bad s T) <= binomial_below T p k.
Proof.
elim: T k s => [|T IH] k s within.
  have [bads | good] := boolP (bad s); last first.
    rewrite Pr0 ?binomial_below_ge0 // => w; apply: contra good; exact: bad_throughout0.
  have [i open] := bad_gate bads.
  have [] := mistakes_within_step i within; rewrite open => k0 _.
  by rewrite binomial_below_no_trial k0 Pr_le1.
have [bads | good] := boolP (bad s); last first.
  rewrite Pr0 ?binomial_below_ge0 // => w; apply: contra good; exact: bad_throughout0.
have [i0 open0] := bad_gate bads.
have k0 : (0 < k)%N by have [] := mistakes_within_step i0 within; rewrite open0.
case: k k0 within => // k _ within; rewrite PrS binomial_belowS.
pose u := binomial_below T p k; pose v := binomial_below T p k.+1.
apply: le_trans (_ : mean D (fun x => if gate_at M s x != 0 then u else v) <= _).
  apply: ler_mean => i.
  apply: le_trans (_ : Pr D T (bad_throughout bad (step M s (single R (sample_at i))) T) <= _).
    by apply: Pr_le => xs; rewrite bad_throughoutS => /andP[].
  move: (mistakes_within_step i within) => [_].
  by case: (gate_at M s _ != 0) => /=; rewrite ?subn1 ?subn0 => /IH.
rewrite mean_choice -/(open_mass s) -/u -/v.
have -> : p * u + (1 - p) * v = p * (u - v) + v by ring.
rewrite ler_add2r ler_wnmul2r ?bad_open //.
by rewrite subr_le0 binomial_below_threshold.
Qed.

End LearningTime.

(** ** The hinge, after the mistake bound *)
Section Hinge.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Hypothesis network : fixed_head_network M Hinge.
Implicit Types (s : state R n K) (k T : nat).

Lemma probability_le1 (i : atom D) : probability i <= 1.
Proof.
rewrite -(probability_sum D) (bigD1 i) //= ler_addl sumr_ge0 // => j _; exact: probability_ge0.
Qed.

(** There is an atom. *)
Lemma some_atom : exists i : atom D, true.
Proof.
have [i _|none] := pickP (pred_of_simpl (@predT (atom D))); first by exists i.
have := probability_sum D; rewrite big_pred0 // => /esym/eqP; by rewrite oner_eq0.
Qed.

(** An image with an open gate has its probability of coming. *)
Lemma open_mass_ge s (P : pred (atom D)) : (forall i, P i -> gate_at M s (sample_at i) != 0) ->
  \sum_(i | P i) probability i <= open_mass D M s.
Proof.
move=> open; rewrite /open_mass /mean big_mkcond; apply: ler_sum => i _.
by case: ifP => [/open->|_]; rewrite ?mulr1 // mulr_ge0 ?ler0n ?probability_ge0.
Qed.

Lemma unsettled_open s : ~~ settled D M s ->
  exists i : atom D, gate_at M s (sample_at i) != 0.
Proof. by rewrite (settledE network) negb_forall => /existsP[i open]; exists i. Qed.

(** What is settled stays settled. *)
Lemma settled_later s (v w : seq (atom D)) : settled D M (sgd M s (samples v)) ->
  settled D M (sgd M s (samples (v ++ w))).
Proof.
move=> all1; rewrite /samples map_cat sgd_cat -!/(samples _).
have same := settled_stays network w all1.
by apply/forallP => i; rewrite -(margin_same _ _ same); move/forallP: all1.
Qed.

(** (a) Not settled after T images. *)
Theorem unsettled_tail s (p : R) k T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  mistakes_within D M k s ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k.
Proof.
move=> p0 least within; have [i0 _] := some_atom.
have p01 : 0 <= p <= 1 by rewrite p0 (le_trans (least i0)) // probability_le1.
have open_p s' : ~~ settled D M s' -> p <= open_mass D M s'.
  move=> /unsettled_open[i open]; apply: le_trans (least i) _.
  have -> : probability i = \sum_(j | j == i) probability j by rewrite big_pred1_eq.
  by apply: open_mass_ge => j /eqP->.
apply: le_trans (bad_tail p01 open_p unsettled_open T within).
apply: Pr_le_paths => w late; apply/forallP => t; apply: contra late => early.
by rewrite -(cat_take_drop t w); apply: settled_later; move: early; rewrite /samples map_take.
Qed.

(** (a) Accuracy below 1 at every step up to T. *)
Theorem imperfect_tail s (p : R) k T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  mistakes_within D M k s ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k.
Proof.
move=> p0 least within; apply: le_trans (unsettled_tail T p0 least within).
apply: Pr_le_paths => w /forallP/(_ ord_max) /=; rewrite take_oversize ?size_samples //.
by apply: contraTN => /settled_accurate->; rewrite ltxx.
Qed.

(** (b) Accuracy at most 1 - eps at every step up to T. *)
Theorem inaccurate_tail s (eps : R) k T : 0 < eps <= 1 -> mistakes_within D M k s ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof.
move=> /andP[eps0 eps1] within; have eps01 : 0 <= eps <= 1 by rewrite ltW.
have open_eps s' : accuracy D M s' <= 1 - eps -> eps <= open_mass D M s'.
  rewrite ler_subr_addl -ler_subr_addr => low; apply: le_trans low _.
  have -> : 1 - accuracy D M s' = \sum_(i : atom D | ~~ (0 < margin M s' (sample_at i))) probability i.
    rewrite -(probability_sum D) (bigID (fun i => 0 < margin M s' (sample_at i))) /= -/(accuracy D M s').
    by rewrite addrAC subrr add0r.
  apply: open_mass_ge => i; rewrite -leNgt (gate_open network) => wrong.
  exact: le_lt_trans wrong ltr01.
have open_gate s' : accuracy D M s' <= 1 - eps -> exists i : atom D, gate_at M s' (sample_at i) != 0.
  move=> /open_eps low; apply/existsP; apply: contraLR low; rewrite negb_exists -ltNge => /forallP shut.
  rewrite /open_mass /mean big1 // => i _; have := shut i; rewrite negbK => /eqP->.
  by rewrite eqxx mulr0.
exact: (bad_tail (bad := fun s' => accuracy D M s' <= 1 - eps) eps01 open_eps open_gate T within).
Qed.

(** Every path of atoms within the mistake bound. *)
Lemma mistakes_within_bound r m s k : 0 <= eta M -> signed_head s -> unique_keys D r m ->
  (forall u : nat,
    (eta M * r%:R * (minn (winners s true) (winners s false))%:R * u%:R) ^+ 2 <=
      (winners s true + winners s false)%:R *
        (total_norm_squared s + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mistakes_within D M k s.
Proof.
move=> eta0 signed keys bound w; apply: bound.
by apply: mistake_bound => //; rewrite all_map; apply/allP => i _; exact: keys.
Qed.

End Hinge.

(** ** C5 for the hinge: with any high probability, accuracy 1 *)
Theorem perfect_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => settled D M (sgd M s xs)).
Proof.
move=> network eta0 r0 signed win keys delta0.
have [k bound] := finitely_many m network eta0 r0 signed win.
have within : mistakes_within D M k s.
  by move=> w; apply: bound; rewrite all_map; apply/allP => i _; exact: keys.
pose p := \prod_(i : atom D) probability i.
have p0 : 0 < p by apply: prodr_gt0 => i _; exact: probability_gt0.
have least (i : atom D) : p <= probability i.
  rewrite /p (bigD1 i) //= ler_pimulr ?probability_ge0 //.
  have /andP[_ le1] : 0 <= \prod_(j : atom D | j != i) probability j <= 1; last exact: le1.
  elim/big_ind: _ => [|x y /andP[x0 x1] /andP[y0 y1]|j _]; first by rewrite ler01 lexx.
    by rewrite mulr_ge0 ?mulr_ile1.
  by rewrite probability_ge0 probability_le1.
have [i0 _] := some_atom D.
have p01 : 0 < p <= 1 by rewrite p0 (le_trans (least i0)) // probability_le1.
have [T0 small] := binomial_below_limit k p01 delta0; exists T0 => T /small le.
have := le_trans (unsettled_tail network T (ltW p0) least within) le.
by rewrite (PrC D T (fun xs => settled D M (sgd M s xs))) ler_subl_addr -ler_subl_addl.
Qed.
