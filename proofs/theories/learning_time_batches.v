(** * T6 (a) with batches of B independent images

    Counted are the images of the batches whose gate is open when their batch is taken. T6s bounds their
    number k. While some gate is open each image of a batch has an open gate with probability p at least,
    independently of the others, and B more copies of an open image would count B more: so not having
    settled after T batches means at most k - B successes in T B trials.

    Proof: induction on T, over all states; within a batch over its images ([binomial_below_batch]). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability pathwise mistake_bound_sharp learning_time.
From filtercert Require Import learning_time_sharp.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** One batch *)
Section Batch.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (a : pred (sample K)) (p : R).
Hypotheses (p0 : 0 <= p) (likely : p <= mean D (fun x => (a x)%:R)) (p1 : p <= 1).

(** Images that count with probability p at least use up as much as p-coins. *)
Lemma binomial_below_batch N b j :
  expectation D b (fun xs => binomial_below N p (j - seq.count a xs)) <= binomial_below (b + N) p j.
Proof.
have p01 : 0 <= p <= 1 by rewrite p0.
elim: b j => [|b IH] j; first by rewrite expectation0 subn0.
rewrite expectationS; apply: le_trans (_ : mean D (fun x => binomial_below (b + N) p (j - a x)) <= _).
  apply: ler_mean => i; apply: le_trans (IH _); apply: ler_expectation => xs.
  by rewrite /= subnDA.
case: j => [|j].
  rewrite (@eq_mean _ _ D _ (fun=> 0)) ?mean_const ?binomial_below0 // => x.
  by rewrite sub0n binomial_below0.
rewrite addSn binomial_belowS.
set u := binomial_below (b + N) p j; set v := binomial_below (b + N) p j.+1.
rewrite (@eq_mean _ _ D _ (fun x => if a x then u else v)); last first.
  by move=> x; case: (a x); rewrite ?subSS ?subn0.
rewrite mean_choice; have -> : p * u + (1 - p) * v = p * (u - v) + v by ring.
by rewrite ler_add2r ler_wnmul2r // subr_le0 binomial_below_threshold.
Qed.

End Batch.

Section Batches.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (B : nat).
Hypotheses (network : fixed_head_network M Hinge) (B0 : (0 < B)%N).
Implicit Types (s : state R n K) (xs : seq (sample K)) (k T : nat).

Definition minibatch xs : batch R K := [seq (B%:R^-1, x) | x <- xs].
Definition batches T xs : seq (batch R K) := [seq minibatch b | b <- reshape (nseq T B) xs].

(** The images of the batches with an open gate. *)
Definition open s x : bool := gate_at M s x != 0.
Fixpoint opens s T xs : nat :=
  if T is T'.+1 then (seq.count (open s) (take B xs)
    + opens (step M s (minibatch (take B xs))) T' (drop B xs))%N else 0%N.

(** At most k on every path of whole batches. *)
Definition opens_within k s :=
  forall T (w : seq (atom D)), size w = (T * B)%N -> (opens s T (samples w) <= k)%N.

Lemma batchesS T xs : batches T.+1 xs = minibatch (take B xs) :: batches T (drop B xs).
Proof. by []. Qed.

Lemma gate_0_or_1 s x : gate_at M s x = (open s x)%:R.
Proof. exact: (gate_atE network (@hinge_zero_one R)). Qed.

(** Their number is B times the mass of the open gates. *)
Lemma gates_opens s T xs :
  gate_sum true (gates_of M s (batches T xs)) + gate_sum false (gates_of M s (batches T xs)) =
  (opens s T xs)%:R / B%:R.
Proof.
elim: T s xs => [|T IH] s xs; first by rewrite /gate_sum !big_nil addr0 mul0r.
rewrite batchesS /= !gate_sum_cons addrACA IH natrD mulrDl mass_split; congr (_ + _).
rewrite /gated /minibatch !big_map /= -sum1_count natr_sum mulr_suml [RHS]big_mkcond.
apply: eq_bigr => x _; rewrite gate_0_or_1; case: ifP => _; first by rewrite mulr1 mul1r.
by rewrite mulr0.
Qed.

Lemma batches_within T xs : size xs = (T * B)%N -> all (weights_within 1) (batches T xs).
Proof.
elim: T xs => [|T IH] xs //; rewrite mulSn => size_xs; rewrite batchesS /= IH; last first.
  by rewrite size_drop size_xs addKn.
rewrite andbT /weights_within; apply/andP; split.
  by rewrite /minibatch; elim: (take B xs) => //= x l ->; rewrite invr_ge0 ler0n.
rewrite /minibatch big_map /= big_const_seq count_predT iter_addr_0 size_takel ?size_xs ?leq_addr //.
have -> : B%:R^-1 *+ B = 1 :> R by rewrite -[LHS]mulr_natr mulVf // pnatr_eq0 -lt0n.
exact: lexx.
Qed.

Lemma all_take_drop (P : pred (sample K)) xs : all P xs = all P (take B xs) && all P (drop B xs).
Proof. by rewrite -all_cat cat_take_drop. Qed.

Lemma batches_images (P : pred (sample K)) T xs : all P xs -> all (images P) (batches T xs).
Proof.
elim: T xs => [|T IH] xs //; rewrite all_take_drop batchesS /= => /andP[first /IH->].
by rewrite andbT /images /minibatch all_map.
Qed.

(** T6s bounds them. *)
Lemma opens_within_sharp (Q : R) r s k : 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * (u%:R / B%:R)) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R / B%:R * (2%:R * eta M + eta M ^+ 2 * Q) -> (u <= k)%N) ->
  opens_within k s.
Proof.
move=> eta0 keys small bound T w size_w; apply: bound.
have size_w' : size (samples w) = (T * B)%N by rewrite size_map.
have := sharp_bound_sum network eta0 (gain_hinge eta0 Q) (batches_within size_w')
  (batches_images T (all_samples w keys)) (batches_images T (all_samples w small)) erefl.
by rewrite /= gates_opens [(_ + _) * _]mulrC.
Qed.

(** ** Closed gates *)
Lemma closed_batch s (C : batch R K) : all (fun c => gate_at M s c.2 == 0) C -> same_state s (step M s C).
Proof.
move=> closed; have fixed : trained M = false by case: network.
split=> [j p|j]; last by rewrite (head_step _ _ _ fixed).
rewrite /step (weight_move_push network) [push _ _](_ : _ = 0) ?mulr0 ?if_same ?addr0 //.
rewrite /push /gated big_map; elim: C closed => [|c C IH] /=; first by rewrite big_nil.
by case/andP=> /eqP c0 /IH rest; rewrite big_cons rest c0 mulr0 !mul0r addr0.
Qed.

Lemma closed_run s T xs : all (fun x => gate_at M s x == 0) xs -> same_state s (run M s (batches T xs)).
Proof.
elim: T s xs => [|T IH] s xs closed; first by split.
move: closed; rewrite all_take_drop batchesS => /andP[first rest].
have same : same_state s (step M s (minibatch (take B xs))).
  by apply: closed_batch; rewrite /minibatch all_map.
have [eqw eqh] : same_state (step M s (minibatch (take B xs)))
    (run M (step M s (minibatch (take B xs))) (batches T (drop B xs))).
  apply: IH; apply: sub_all rest => x; rewrite /gate_at.
  by rewrite (margin_same _ _ same).
by case: same => [sw sh]; split=> [j p|j]; [rewrite sw; exact: eqw | rewrite sh; exact: eqh].
Qed.

Lemma settled_batches s T (w : seq (atom D)) : settled D M s ->
  settled D M (run M s (batches T (samples w))).
Proof.
move=> all1; have closed : all (fun x => gate_at M s x == 0) (samples w).
  by apply: all_samples => i; move: all1; rewrite (settled_shut _ _ network) => /forallP/(_ i).
by apply/forallP => i; rewrite -(margin_same _ _ (closed_run T closed)); move/forallP: all1.
Qed.

(** ** The tail *)
Variable p : R.
Hypotheses (p0 : 0 <= p) (least : forall i : atom D, p <= probability i).

(** An open gate leaves room for a whole batch. *)
Lemma room k s : opens_within k s -> ~~ settled D M s -> (B <= k)%N.
Proof.
move=> within; rewrite (settled_shut _ _ network) negb_forall => /existsP[i open_i].
have {}open_i : open s (sample_at i) := open_i.
have := within 1%N (nseq B i); rewrite size_nseq mul1n => /(_ erefl); rewrite /= addn0.
by rewrite /samples map_nseq take_oversize ?size_nseq // count_nseq open_i mul1n.
Qed.

Lemma within_step k s (w : seq (atom D)) : size w = B -> opens_within k s ->
  let c := seq.count (open s) (samples w) in
  (c <= k)%N /\ opens_within (k - c) (step M s (minibatch (samples w))).
Proof.
move=> size_w within c; have size_w' : size (samples w) = B by rewrite size_map.
have ok T (v : seq (atom D)) : size v = (T * B)%N ->
    (c + opens (step M s (minibatch (samples w))) T (samples v) <= k)%N.
  move=> size_v; have := within T.+1 (w ++ v); rewrite size_cat size_w size_v mulSn => /(_ erefl).
  by rewrite /samples map_cat /= -!/(samples _) take_size_cat // drop_size_cat.
have c_k : (c <= k)%N by apply: leq_trans (ok 0%N [::] erefl); exact: leq_addr.
by split=> // T v size_v; rewrite leq_subRL //; exact: ok.
Qed.

Theorem unsettled_batches T k s : opens_within k s ->
  Pr D (T * B) (fun xs => ~~ settled D M (run M s (batches T xs))) <=
    binomial_below (T * B) p (k.+1 - B).
Proof.
have [i0 _] := some_atom D.
have p1 : p <= 1 by apply: le_trans (least i0) _; exact: probability_le1.
have p01 : 0 <= p <= 1 by rewrite p0.
elim: T k s => [|T IH] k s within.
  have [all1 | open_s] := boolP (settled D M s).
    by rewrite Pr0 ?binomial_below_ge0 // => w; rewrite negbK.
  by rewrite binomial_below_no_trial subn_gt0 ltnS (room within open_s) Pr_le1.
have [all1 | open_s] := boolP (settled D M s).
  by rewrite Pr0 ?binomial_below_ge0 // => w; rewrite negbK; exact: settled_batches.
rewrite mulSn PrE expectation_cat.
apply: le_trans (_ : expectation D B (fun xs => binomial_below (T * B) p
    ((k.+1 - B) - seq.count (open s) xs)) <= _); last first.
  apply: binomial_below_batch => //; move: open_s; rewrite (settled_shut _ _ network) negb_forall.
  case/existsP=> i open_i; apply: le_trans (least i) _.
  have -> : probability i = \sum_(j | j == i) probability j by rewrite big_pred1_eq.
  by apply: open_mass_ge => j /eqP->.
apply: ler_expectation_paths => w; have [c_k within'] := within_step (size_tuple w) within.
rewrite subnAC (subSn c_k); apply: le_trans (IH _ _ within'); rewrite PrE.
apply: ler_expectation => zs; rewrite batchesS take_size_cat ?size_samples //.
by rewrite drop_size_cat ?size_samples.
Qed.

End Batches.
