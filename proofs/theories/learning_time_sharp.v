(** * T6 (a), (b) with the sharp bound of T6s

    As in [learning_time.v]: staying bad for T draws means fewer than k successes in T trials, where k is
    at least every number of updates that an inequality allows. Here it is that of T6s: any fixed head, r
    keys or more an image, hinge or perceptron, whose gates are 0 or 1 ([zero_one]). Closed gates move
    nothing, so they stay closed; for the perceptron they mean accuracy 1. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability pathwise mistake_bound_sharp learning_time.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Sharp.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (l : loss).
Hypothesis network : fixed_head_network M l.
Hypothesis zero_one : forall z : R, gate l z = 0 \/ gate l z = 1.
Implicit Types (s : state R n K) (x : sample K) (xs : seq (sample K)) (w : seq (atom D)) (k T : nat).

Lemma gate_atE s x : gate_at M s x = (gate_at M s x != 0)%:R.
Proof.
have loss_l : loss_of M = l by case: network.
by rewrite /gate_at loss_l; case: (zero_one (margin M s x)) => ->; rewrite ?eqxx ?oner_eq0.
Qed.

(** The gates along a path of single images: the number of updates. *)
Lemma gates_mistakes s xs :
  gate_sum true (gates_of M s (map (@single R K) xs)) +
  gate_sum false (gates_of M s (map (@single R K) xs)) = (mistakes M s xs)%:R.
Proof.
elim: xs s => [|x xs IH] s /=; first by rewrite /gate_sum !big_nil addr0.
by rewrite !gate_sum_cons addrACA IH natrD mass_split big_seq1 /= mul1r -gate_atE.
Qed.

(** Every path of atoms within the sharp bound; G is what the loss gives for a unit of gate. *)
Lemma mistakes_within_sharp (Q G : R) r s k : 0 <= eta M -> gain_within M l Q G ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 + u%:R * G -> (u <= k)%N) ->
  mistakes_within D M k s.
Proof.
move=> eta0 gain keys small bound w; apply: bound.
have keys' : all (images (key_at_least r)) (map (@single R K) (samples w)).
  by rewrite images_singles; exact: all_samples.
have small' : all (images (fun x => active_square s x <= Q)) (map (@single R K) (samples w)).
  by rewrite images_singles; exact: all_samples.
have := sharp_bound_sum network eta0 gain (singles_within R (samples w)) keys' small' erefl.
by rewrite /= gates_mistakes [G * _]mulrC.
Qed.

(** ** Closed gates *)
Definition shut s := [forall i : atom D, gate_at M s (sample_at i) == 0].

Lemma shut_stays s w : shut s -> same_state s (sgd M s (samples w)).
Proof.
move=> /forallP closed; elim/last_ind: w => [|w i IH]; first by split.
rewrite /samples map_rcons sgd_rcons -/(samples w).
have closed' : gate_at M (sgd M s (samples w)) (sample_at i) = 0.
  by rewrite /gate_at -(margin_same _ _ IH); apply/eqP; exact: closed.
have [eqw eqh] := closed_step closed'; case: IH => [IHw IHh].
by split=> [j p|j]; rewrite ?IHw ?IHh.
Qed.

Lemma shut_later s (v w : seq (atom D)) : shut (sgd M s (samples v)) -> shut (sgd M s (samples (v ++ w))).
Proof.
move=> closed; rewrite /samples map_cat sgd_cat -!/(samples _).
have same := shut_stays w closed.
by apply/forallP => i; rewrite /gate_at -(margin_same _ _ same); move/forallP: closed; exact.
Qed.

(** (a) Some gate open after T images. *)
Theorem open_tail s (p : R) k T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  mistakes_within D M k s -> Pr D T (fun xs => ~~ shut (sgd M s xs)) <= binomial_below T p k.
Proof.
move=> p0 least within; have [i0 _] := some_atom D.
have p01 : 0 <= p <= 1 by rewrite p0 (le_trans (least i0)) // probability_le1.
have open_gate s' : ~~ shut s' -> exists i : atom D, gate_at M s' (sample_at i) != 0.
  by rewrite negb_forall => /existsP[i open]; exists i.
have open_p s' : ~~ shut s' -> p <= open_mass D M s'.
  move=> /open_gate[i open]; apply: le_trans (least i) _.
  have -> : probability i = \sum_(j | j == i) probability j by rewrite big_pred1_eq.
  by apply: open_mass_ge => j /eqP->.
apply: le_trans (bad_tail p01 open_p open_gate T within).
apply: Pr_le_paths => w late; apply/forallP => t; apply: contra late => early.
by rewrite -(cat_take_drop t w); apply: shut_later; move: early; rewrite /samples map_take.
Qed.

(** (b) Wrong images have an open gate. *)
Hypothesis wrong_open : forall z : R, z <= 0 -> gate l z != 0.

Theorem wrong_tail s (eps : R) k T : 0 < eps <= 1 -> mistakes_within D M k s ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof.
move=> /andP[eps0 eps1] within; have eps01 : 0 <= eps <= 1 by rewrite ltW.
have loss_l : loss_of M = l by case: network.
have open_eps s' : accuracy D M s' <= 1 - eps -> eps <= open_mass D M s'.
  rewrite ler_subr_addl -ler_subr_addr => low; apply: le_trans low _.
  have -> : 1 - accuracy D M s' = \sum_(i : atom D | ~~ (0 < margin M s' (sample_at i))) probability i.
    rewrite -(probability_sum D) (bigID (fun i => 0 < margin M s' (sample_at i))) /= -/(accuracy D M s').
    by rewrite addrAC subrr add0r.
  by apply: open_mass_ge => i; rewrite -leNgt /gate_at loss_l; exact: wrong_open.
have open_gate s' : accuracy D M s' <= 1 - eps -> exists i : atom D, gate_at M s' (sample_at i) != 0.
  move=> /open_eps low; apply/existsP; apply: contraLR low; rewrite negb_exists -ltNge => /forallP closed.
  rewrite /open_mass /mean big1 // => i _; have := closed i; rewrite negbK => /eqP->.
  by rewrite eqxx mulr0.
exact: (bad_tail (bad := fun s' => accuracy D M s' <= 1 - eps) eps01 open_eps open_gate T within).
Qed.

End Sharp.

(** ** Hinge and perceptron *)
Section Losses.
Variable R : realFieldType.

Lemma hinge_zero_one (z : R) : gate Hinge z = 0 \/ gate Hinge z = 1.
Proof. by rewrite /=; case: ifP; [right | left]. Qed.

Lemma perceptron_zero_one (z : R) : gate Perceptron z = 0 \/ gate Perceptron z = 1.
Proof. by rewrite /=; case: ifP; [right | left]. Qed.

Lemma hinge_wrong_open (z : R) : z <= 0 -> gate Hinge z != 0.
Proof. by move=> z0; rewrite /= (le_lt_trans z0 ltr01) oner_eq0. Qed.

Lemma perceptron_wrong_open (z : R) : z <= 0 -> gate Perceptron z != 0.
Proof. by move=> z0; rewrite /= z0 oner_eq0. Qed.

Variables (n K : nat) (D : distribution R K) (M : model R K) (s : state R n K).

Lemma settled_shut : fixed_head_network M Hinge -> settled D M s = shut D M s.
Proof.
case=> _ _ _ hinge _; apply: eq_forallb => i; rewrite /gate_at hinge /=.
by rewrite leNgt; case: ifP; rewrite ?eqxx ?oner_eq0.
Qed.

Lemma accurate_shut : fixed_head_network M Perceptron -> (accuracy D M s < 1) = ~~ shut D M s.
Proof.
case=> _ _ _ perceptron _.
have le1 : accuracy D M s <= 1.
  rewrite -(probability_sum D) [X in _ <= X](bigID (fun i => 0 < margin M s (sample_at i))) /=.
  by rewrite ler_addl sumr_ge0 // => i _; exact: probability_ge0.
rewrite lt_neqAle le1 andbT accuracy1; congr (~~ _); apply: eq_forallb => i.
by rewrite /gate_at perceptron /= ltNge; case: ifP; rewrite ?eqxx ?oner_eq0.
Qed.

End Losses.

Section Hinge.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (s : state R n K).
Variables (r k : nat) (Q : R).
Hypotheses (network : fixed_head_network M Hinge) (eta0 : 0 <= eta M).
Hypothesis keys : forall i : atom D, key_at_least r (sample_at i).
Hypothesis small : forall i : atom D, active_square s (sample_at i) <= Q.
Hypothesis bound : forall u : nat,
  head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * u%:R) ^+ 2
    <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
      + u%:R * (2%:R * eta M + eta M ^+ 2 * Q) -> (u <= k)%N.

Lemma within_hinge : mistakes_within D M k s.
Proof.
exact: (mistakes_within_sharp network (@hinge_zero_one R) eta0 (gain_hinge eta0 Q) keys small bound).
Qed.

Theorem unsettled_sharp (p : R) T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k.
Proof.
move=> p0 least; split.
  exact: (unsettled_tail network T p0 least within_hinge).
exact: (imperfect_tail network T p0 least within_hinge).
Qed.

Theorem inaccurate_sharp (eps : R) T : 0 < eps <= 1 ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof. by move=> eps01; exact: (inaccurate_tail network T eps01 within_hinge). Qed.

End Hinge.

Section Perceptron.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (s : state R n K).
Variables (r k : nat) (Q : R).
Hypotheses (network : fixed_head_network M Perceptron) (eta0 : 0 <= eta M).
Hypothesis keys : forall i : atom D, key_at_least r (sample_at i).
Hypothesis small : forall i : atom D, active_square s (sample_at i) <= Q.
Hypothesis bound : forall u : nat,
  head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * u%:R) ^+ 2
    <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
      + u%:R * (eta M ^+ 2 * Q) -> (u <= k)%N.

Lemma within_perceptron : mistakes_within D M k s.
Proof.
exact: (mistakes_within_sharp network (@perceptron_zero_one R) eta0 (gain_perceptron eta0 Q) keys small
  bound).
Qed.

(** Right on every image from some step on; the probability that it is not yet. *)
Theorem wrong_perceptron (p : R) T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  Pr D T (fun xs => accuracy D M (sgd M s xs) < 1) <= binomial_below T p k.
Proof.
move=> p0 least; apply: le_trans (open_tail T p0 least within_perceptron).
by apply: Pr_le => xs; rewrite accurate_shut.
Qed.

Theorem inaccurate_perceptron (eps : R) T : 0 < eps <= 1 ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k.
Proof.
by move=> eps01; exact: (wrong_tail network (@perceptron_wrong_open R) T eps01 within_perceptron).
Qed.

End Perceptron.
