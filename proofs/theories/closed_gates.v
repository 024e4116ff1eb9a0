(** * When no gate is open, for any network

    Whatever the dictionary, activation, pooling and loss, fixed or trained head: where every gate is
    0, every image is right and no image moves a filter or a head, so that this stays so for ever. And
    how long it takes to get there when every path has at most k open gates: while a gate is open, one
    draw finds it with probability p at least ([learning_time.bad_tail]). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability binomial_tail learning_time.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Closed.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Implicit Types (s : state R n K) (x : sample K).

(** A closed gate is a right answer, *)
Lemma closed_right s x : gate_at M s x = 0 -> 0 < margin M s x.
Proof.
rewrite /gate_at; case: (loss_of M) => /=.
- by move/eqP; rewrite oner_eq0.
- by case: ltP => [_ /eqP|le _]; [rewrite oner_eq0 | exact: lt_le_trans ltr01 le].
- by case: (lerP (margin M s x) 0) => [_ /eqP|//]; rewrite oner_eq0.
- case: (lerP (1 - margin M s x) 0) => [le _|pos eq]; last by move: pos; rewrite eq ltxx.
  by apply: lt_le_trans ltr01 _; rewrite -subr_le0.
by move/eqP; rewrite subr_eq0 => /eqP <-; exact: ltr01.
Qed.

(** and the hinge's a margin of 1. *)
Lemma closed_hinge s x : loss_of M = Hinge -> gate_at M s x = 0 -> 1 <= margin M s x.
Proof. by rewrite /gate_at => -> /=; case: ltP => // _ /eqP; rewrite oner_eq0. Qed.

(** It moves nothing ([facts.closed_step]). *)
Lemma closed_sgd s (v : seq (atom D)) : (forall i : atom D, gate_at M s (sample_at i) = 0) ->
  same_state s (sgd M s (samples v)).
Proof.
move=> shut; elim/last_ind: v => [|v i IH]; first by split.
rewrite /samples map_rcons sgd_rcons -/(samples v); apply: same_state_trans (IH) _.
by apply: closed_step; rewrite -(gate_at_same M _ IH).
Qed.

Lemma closed_accurate s : (forall i : atom D, gate_at M s (sample_at i) = 0) -> accuracy D M s = 1.
Proof.
by move=> shut; apply/eqP; rewrite accuracy1; apply/forallP => i; apply: closed_right.
Qed.

(** ** Vectors *)
Variables (d : nat) (P : pattern K -> 'rV[R]_d).
Implicit Types (w : network R n d).

Lemma closed_vector_step w x : gate_at M (coordinates P w) x = 0 ->
  (forall j, filters (vector_step M P w (single R x)) j = filters w j) /\
  (forall j, heads (vector_step M P w (single R x)) j = heads w j).
Proof.
move=> shut; split=> j; last by have [_ /(_ j)] := closed_step shut.
rewrite /vector_step /= big1 ?scaler0 ?addr0 // => p _.
by rewrite /filter_gradient /gated /= big_seq1 /= shut mulr0 !mul0r scale0r.
Qed.

Lemma closed_vector_sgd w (v : seq (atom D)) :
  (forall i : atom D, gate_at M (coordinates P w) (sample_at i) = 0) ->
  (forall j, filters (vector_sgd M P w (samples v)) j = filters w j) /\
  (forall j, heads (vector_sgd M P w (samples v)) j = heads w j).
Proof.
move=> shut; elim/last_ind: v => [|v i [IHf IHh]] //.
rewrite /samples map_rcons vector_sgd_rcons -/(samples v).
have same : same_state (coordinates P w) (coordinates P (vector_sgd M P w (samples v))).
  by split=> [j p|j] /=; rewrite ?IHf ?IHh.
have shut' : gate_at M (coordinates P (vector_sgd M P w (samples v))) (sample_at i) = 0.
  by rewrite -(gate_at_same M _ same).
by have [f h] := closed_vector_step shut'; split=> j; rewrite ?f ?h.
Qed.

(** Every gate closed: all images right, for ever, and nothing moves. *)
Theorem closed_for_ever w : (forall i : atom D, gate_at M (coordinates P w) (sample_at i) = 0) ->
  accuracy D M (coordinates P w) = 1
  /\ forall v : seq (atom D),
      (forall j, filters (vector_sgd M P w (samples v)) j = filters w j) /\
      (forall j, heads (vector_sgd M P w (samples v)) j = heads w j).
Proof. by move=> shut; split; [exact: closed_accurate | move=> v; exact: closed_vector_sgd]. Qed.

(** ** How long it takes *)

Definition all_closed s : bool := [forall i : atom D, gate_at M s (sample_at i) == 0].

Lemma all_closedP s : reflect (forall i : atom D, gate_at M s (sample_at i) = 0) (all_closed s).
Proof. by apply: (iffP forallP) => shut i; apply/eqP. Qed.

Lemma closed_later s (u v : seq (atom D)) : all_closed (sgd M s (samples u)) ->
  all_closed (sgd M s (samples (u ++ v))).
Proof.
move=> /all_closedP shut; rewrite /samples map_cat sgd_cat -!/(samples _).
apply/all_closedP => i; by rewrite -(gate_at_same M _ (closed_sgd v shut)).
Qed.

Lemma not_closed_open s : ~~ all_closed s -> exists i : atom D, gate_at M s (sample_at i) != 0.
Proof. by rewrite negb_forall => /existsP[i open]; exists i. Qed.

(** (a) Some gate open after T images. *)
Theorem open_tail s (p : R) k T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  mistakes_within D M k s ->
  Pr D T (fun xs => ~~ all_closed (sgd M s xs)) <= binomial_below T p k.
Proof.
move=> p0 least within; have [i0 _] := some_atom D.
have p01 : 0 <= p <= 1 by rewrite p0 (le_trans (least i0)) // probability_le1.
have open_p s' : ~~ all_closed s' -> p <= open_mass D M s'.
  move=> /not_closed_open[i open]; apply: le_trans (least i) _.
  have -> : probability i = \sum_(j | j == i) probability j by rewrite big_pred1_eq.
  by apply: open_mass_ge => j /eqP->.
apply: le_trans (bad_tail p01 open_p not_closed_open T within).
apply: Pr_le_paths => v late; apply/forallP => t; apply: contra late => early.
by rewrite -(cat_take_drop t v); apply: closed_later; move: early; rewrite /samples map_take.
Qed.

(** (a) Accuracy below 1 at every step up to T. *)
Theorem imperfect_tail s (p : R) k T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  mistakes_within D M k s ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k.
Proof.
move=> p0 least within; apply: le_trans (open_tail T p0 least within).
apply: Pr_le_paths => v /forallP/(_ ord_max) /=; rewrite take_oversize ?size_samples //.
by apply: contraTN => /all_closedP/closed_accurate->; rewrite ltxx.
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
  by apply: open_mass_ge => i; apply: contraNneq => /closed_right.
have open_gate s' : accuracy D M s' <= 1 - eps -> exists i : atom D, gate_at M s' (sample_at i) != 0.
  move=> /open_eps low; apply: not_closed_open; apply: contraTN low => /all_closedP shut.
  by rewrite -ltNge /open_mass /mean big1 // => i _; rewrite shut eqxx mulr0.
exact: (bad_tail (bad := fun s' => accuracy D M s' <= 1 - eps) eps01 open_eps open_gate T within).
Qed.

(** The same for vectors. *)
Hypothesis dictionary : dictionary_of M P.

Theorem open_tail_vectors w (p : R) k T : 0 <= p -> (forall i : atom D, p <= probability i) ->
  mistakes_within D M k (coordinates P w) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) !=
    0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k.
Proof.
move=> p0 least within; split.
  apply: le_trans (open_tail T p0 least within); apply: Pr_le => xs; rewrite negb_forall.
  move=> /existsP[i open]; apply/existsP; exists i.
  by rewrite -(gate_at_same M _ (coordinates_sgd dictionary w xs)).
apply: le_trans (imperfect_tail T p0 least within); apply: Pr_le => xs /forallP low.
by apply/forallP => t; rewrite -(accuracy_same M D (coordinates_sgd dictionary w (take t xs))).
Qed.

Theorem inaccurate_tail_vectors w (eps : R) k T : 0 < eps <= 1 -> mistakes_within D M k
  (coordinates P w) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps k.
Proof.
move=> eps01 within; apply: le_trans (inaccurate_tail T eps01 within); apply: Pr_le => xs /forallP low.
by apply/forallP => t; rewrite -(accuracy_same M D (coordinates_sgd dictionary w (take t xs))).
Qed.

End Closed.

(** With any high probability all gates are closed, when the number of steps is large enough. *)
Theorem closed_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) k (delta : R) :
  mistakes_within D M k s -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs => all_closed D M (sgd M s xs)).
Proof.
move=> within delta0; pose p := \prod_(i : atom D) probability i.
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
have := le_trans (open_tail T (ltW p0) least within) le.
by rewrite (PrC D T (fun xs => all_closed D M (sgd M s xs))) ler_subl_addr -ler_subl_addl.
Qed.

Theorem closed_limit_vectors (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) k (delta : R) :
  dictionary_of M P -> mistakes_within D M k (coordinates P w) -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]).
Proof.
move=> dictionary within delta0; have [T0 likely] := closed_limit within delta0.
exists T0 => T /likely le; apply: le_trans le _; apply: Pr_le => xs /forallP shut.
by apply/forallP => i; rewrite (gate_at_same M _ (coordinates_sgd dictionary w xs)).
Qed.
