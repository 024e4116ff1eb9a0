(** * First facts about the model

    One unfolding of each definition: how a step moves one coordinate, how runs are cut, how the
    expected dynamics average, and that states with the same numbers make the same steps. The other files
    use these and do not unfold [move] or [run]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Signs.
Variable R : realFieldType.

Lemma sgn_sqr y : sgn y * sgn y = 1 :> R.
Proof. by case: y; rewrite /sgn ?mulrNN mulr1. Qed.

Lemma sgn_neg y : sgn (~~ y) = - sgn y :> R.
Proof. by case: y; rewrite /sgn /= ?opprK. Qed.

Lemma sgn_neq0 y : sgn y != 0 :> R.
Proof. by case: y; rewrite /sgn ?oppr_eq0 oner_neq0. Qed.

Lemma sgn_mul y y' : sgn y * sgn y' = (if y == y' then 1 else -1) :> R.
Proof. by case: y; case: y'; rewrite /sgn /= ?mulrNN ?mulr1 ?mul1r. Qed.

Lemma relu_ge0 (z : R) : 0 <= relu z.
Proof. by rewrite /relu le_maxr lexx. Qed.

Lemma relu_pos (z : R) : 0 <= z -> relu z = z.
Proof. by move=> z0; rewrite /relu; apply/max_idPr. Qed.

Lemma relu_neg (z : R) : z <= 0 -> relu z = 0.
Proof. by move=> z0; rewrite /relu; apply/max_idPl. Qed.

Lemma relu_le (z z' : R) : z <= z' -> relu z <= relu z'.
Proof. by move=> le; rewrite /relu le_maxl !le_maxr lexx le orbT. Qed.

End Signs.

(** A sum over the dictionary: both keys, then the background. *)
Lemma sum_pattern (V : zmodType) K (F : pattern K -> V) :
  \sum_p F p = F (key true) + F (key false) + \sum_k F (background k).
Proof. by rewrite big_sumType /= big_bool. Qed.

Section Steps.
Variables (R : realFieldType) (n K : nat).
Implicit Types (m : model R K) (s : state R n K) (C B : batch R K) (x : sample K).

(** A fixed head does not move. *)
Lemma head_move m s C j : trained m = false -> head (move m s C) j = head s j.
Proof. by move=> fixed; rewrite /move /= fixed. Qed.

Lemma head_moves m s Cs j : trained m = false -> head (moves m s Cs) j = head s j.
Proof.
move=> fixed; elim: Cs s => [|C Cs IH] s //=.
by rewrite /moves /= -/(moves m _ Cs) IH head_move.
Qed.

(** A1: a step moves each coordinate by the images that hold its pattern. *)
Lemma weight_move m s C j q : orthonormal m ->
  weight (move m s C) j q = weight s j q + eta m * head s j * filter_gradient m s C j q.
Proof.
move=> ortho; rewrite /move /=; congr (_ + _ * _).
rewrite (bigD1 q) //= big1 ?addr0; first by rewrite ortho eqxx mulr1.
by move=> p /negbTE pq; rewrite ortho pq mulr0.
Qed.

(** The same with relu and sum pooling: coordinates that are not positive stand still. *)
Lemma weight_move_relu m s C j q : orthonormal m -> activation_of m = Relu ->
  pooling_of m = SumPooling ->
  weight (move m s C) j q = weight s j q +
    (if 0 < weight s j q
     then eta m * head s j * \sum_(c <- C) c.1 * sgn (label c.2) * (count c.2 q)%:R else 0).
Proof.
move=> ortho act pool; rewrite weight_move //; congr (_ + _).
rewrite /filter_gradient /pooled_derivative act pool /=; case: ifP => alive.
  by congr (_ * _); apply: eq_bigr => c _; rewrite mulr1.
by rewrite big1 ?mulr0 // => c _; rewrite !mulr0.
Qed.

(** Runs are moves along the gates that they meet. *)
Lemma run_moves m s Bs : run m s Bs = moves m s (gates_of m s Bs).
Proof. by elim: Bs s => [|B Bs IH] s //=; rewrite /run /moves /= -IH. Qed.

Lemma run_cat m s Bs Bs' : run m s (Bs ++ Bs') = run m (run m s Bs) Bs'.
Proof. by rewrite /run foldl_cat. Qed.

Lemma run_rcons m s Bs B : run m s (rcons Bs B) = step m (run m s Bs) B.
Proof. by rewrite /run -cats1 foldl_cat. Qed.

Lemma sgd_cat m s xs xs' : sgd m s (xs ++ xs') = sgd m (sgd m s xs) xs'.
Proof. by rewrite /sgd map_cat run_cat. Qed.

Lemma sgd_cons m s x xs : sgd m s (x :: xs) = sgd m (step m s (single R x)) xs.
Proof. by []. Qed.

Lemma sgd_rcons m s xs x : sgd m s (rcons xs x) = step m (sgd m s xs) (single R x).
Proof. by rewrite /sgd map_rcons run_rcons. Qed.

Lemma head_step m s B j : trained m = false -> head (step m s B) j = head s j.
Proof. exact: head_move. Qed.

Lemma head_run m s Bs j : trained m = false -> head (run m s Bs) j = head s j.
Proof. by rewrite run_moves; exact: head_moves. Qed.

Lemma head_sgd m s xs j : trained m = false -> head (sgd m s xs) j = head s j.
Proof. exact: head_run. Qed.

(** The unhinged loss leaves a batch as it is. *)
Lemma gated_unhinged m s B : loss_of m = Unhinged -> gated m s B = B.
Proof.
move=> unhinged; rewrite /gated -[RHS]map_id; apply: eq_map => -[w x].
by rewrite /gate_at unhinged /= mulr1.
Qed.

Lemma step_unhinged m s B : loss_of m = Unhinged -> step m s B = move m s B.
Proof. by move=> unhinged; rewrite /step gated_unhinged. Qed.

Lemma run_unhinged m s Bs : loss_of m = Unhinged -> run m s Bs = moves m s Bs.
Proof.
move=> unhinged; elim: Bs s => [//|B Bs IH] s.
by rewrite /run /moves /= -/(run m _ Bs) -/(moves m _ Bs) step_unhinged // IH.
Qed.

(** One SGD step with an unhinged loss. *)
Lemma weight_single m s x j q : orthonormal m -> activation_of m = Relu ->
  pooling_of m = SumPooling -> loss_of m = Unhinged ->
  weight (step m s (single R x)) j q = weight s j q +
    (if 0 < weight s j q then eta m * head s j * (sgn (label x) * (count x q)%:R) else 0).
Proof.
move=> ortho act pool unhinged; rewrite step_unhinged // weight_move_relu //.
by rewrite /single big_seq1 /= mul1r.
Qed.

End Steps.

Section Expected.
Variables (R : realFieldType) (n K : nat) (D : distribution R K).
Implicit Types (m : model R K) (s : state R n K) (x : sample K).

Lemma sum_population (F : sample K -> R) : \sum_(b <- population D) b.1 * F b.2 = mean D F.
Proof. by rewrite /population big_map /= big_enum. Qed.

Lemma mean_const (c : R) : mean D (fun _ => c) = c.
Proof. by rewrite /mean -mulr_suml probability_sum mul1r. Qed.

Lemma mean_add F G : mean D (fun x => F x + G x) = mean D F + mean D G.
Proof. by rewrite /mean -big_split; apply: eq_bigr => i _; rewrite mulrDr. Qed.

Lemma mean_mul (c : R) F : mean D (fun x => c * F x) = c * mean D F.
Proof. by rewrite /mean mulr_sumr; apply: eq_bigr => i _; rewrite mulrCA. Qed.

Lemma eq_mean F G : F =1 G -> mean D F = mean D G.
Proof. by move=> FG; apply: eq_bigr => i _; rewrite FG. Qed.

Lemma expected0 m s : expected D m s 0 = s.
Proof. by []. Qed.

Lemma expectedS m s t : expected D m s t.+1 = step m (expected D m s t) (population D).
Proof. by rewrite /expected -run_rcons; congr (run _ _ _); elim: t => //= t ->. Qed.

Lemma head_expected m s t j : trained m = false -> head (expected D m s t) j = head s j.
Proof. exact: head_run. Qed.

(** One step of the expected dynamics, unhinged: each positive coordinate moves by its drift. *)
Lemma weight_expectedS m s t j q : orthonormal m -> activation_of m = Relu ->
  pooling_of m = SumPooling -> loss_of m = Unhinged -> trained m = false ->
  weight (expected D m s t.+1) j q = weight (expected D m s t) j q +
    (if 0 < weight (expected D m s t) j q then drift D m s j q else 0).
Proof.
move=> ortho act pool unhinged fixed; rewrite expectedS step_unhinged // weight_move_relu //.
congr (_ + _); case: ifP => // _; rewrite head_expected // /drift; congr (_ * _).
by rewrite -sum_population; apply: eq_bigr => b _; rewrite mulrA.
Qed.

(** Probability 1 of a right answer is a right answer on every atom. *)
Lemma accuracy1 m s :
  (accuracy D m s == 1) = [forall i : atom D, 0 < margin m s (sample_at i)].
Proof.
apply/eqP/forallP => [one i | all_right].
  case: ltP => // wrong; have := probability_sum D.
  rewrite (bigID (fun i => 0 < margin m s (sample_at i))) /= -/(accuracy D m s) one.
  move=> /(congr1 (fun z => z - 1)); rewrite addrAC subrr add0r => none.
  have : 0 < \sum_(j : atom D | ~~ (0 < margin m s (sample_at j))) probability j.
    rewrite (bigD1 i) /=; last by rewrite -leNgt.
    by rewrite ltr_paddr ?probability_gt0 // sumr_ge0 // => j _; rewrite ltW ?probability_gt0.
  by rewrite none ltxx.
by rewrite -(probability_sum D); apply: eq_bigl => i; rewrite all_right.
Qed.

Lemma prior_sum : prior D true + prior D false = 1.
Proof.
rewrite -(probability_sum D) (bigID (fun i => label (sample_at i))) /=; congr (_ + _).
  by apply: eq_bigl => i; rewrite eqb_id.
by apply: eq_bigl => i; case: (label _).
Qed.

End Expected.

(** ** States with the same numbers *)
Section Same.
Variables (R : realFieldType) (n K : nat) (m : model R K).
Implicit Types (s : state R n K) (B : batch R K).

Lemma same_state_refl s : same_state s s.
Proof. by []. Qed.

Lemma same_state_sym s s' : same_state s s' -> same_state s' s.
Proof. by case=> w h; split=> [j p|j]; rewrite ?w ?h. Qed.

Lemma same_state_trans s s' s'' : same_state s s' -> same_state s' s'' -> same_state s s''.
Proof. by case=> w h [w' h']; split=> [j q|j]; [rewrite w | rewrite h]. Qed.

Lemma argmax_same f (z z' : pattern K -> R) N : z =1 z' -> argmax f z N = argmax f z' N.
Proof.
move=> eqz; apply: eq_pick => p; congr (_ && _); apply: eq_forallb => q; by rewrite !eqz.
Qed.

Lemma pooled_same (z z' : pattern K -> R) N : z =1 z' -> pooled m z N = pooled m z' N.
Proof.
move=> eqz; rewrite /pooled (argmax_same _ _ eqz); case: (pooling_of m).
  by apply: eq_bigr => p _; rewrite eqz.
by case: argmax => // p; rewrite eqz.
Qed.

Lemma pooled_derivative_same (z z' : pattern K -> R) N p : z =1 z' ->
  pooled_derivative m z N p = pooled_derivative m z' N p.
Proof. by move=> eqz; rewrite /pooled_derivative (argmax_same _ _ eqz) eqz. Qed.

Lemma margin_same s s' x : same_state s s' -> margin m s x = margin m s' x.
Proof.
case=> w h; rewrite /margin /output; congr (_ * _); apply: eq_bigr => j _; rewrite h.
by congr (_ * _); apply: pooled_same => p; exact: w.
Qed.

Lemma gate_at_same s s' x : same_state s s' -> gate_at m s x = gate_at m s' x.
Proof. by move=> same; rewrite /gate_at (margin_same _ same). Qed.

Lemma gated_same s s' B : same_state s s' -> gated m s B = gated m s' B.
Proof. by move=> same; apply: eq_map => b; rewrite (gate_at_same _ same). Qed.

Lemma filter_gradient_same s s' (C : batch R K) j p : same_state s s' ->
  filter_gradient m s C j p = filter_gradient m s' C j p.
Proof.
by case=> w _; apply: eq_bigr => c _; congr (_ * _); apply: pooled_derivative_same => q; exact: w.
Qed.

Lemma head_gradient_same s s' (C : batch R K) j : same_state s s' ->
  head_gradient m s C j = head_gradient m s' C j.
Proof. by case=> w _; apply: eq_bigr => c _; congr (_ * _); apply: pooled_same => q; exact: w. Qed.

Lemma move_same s s' (C : batch R K) : same_state s s' -> same_state (move m s C) (move m s' C).
Proof.
move=> same; case: (same) => w h; split=> [j q|j] /=; last first.
  by rewrite h (head_gradient_same _ _ same).
rewrite w h; congr (_ + _ * _); apply: eq_bigr => p _.
by rewrite (filter_gradient_same _ _ _ same).
Qed.

Lemma step_same s s' B : same_state s s' -> same_state (step m s B) (step m s' B).
Proof. by move=> same; rewrite /step (gated_same B same); exact: move_same. Qed.

Lemma run_same s s' Bs : same_state s s' -> same_state (run m s Bs) (run m s' Bs).
Proof. by elim: Bs s s' => [|B Bs IH] s s' same //=; apply: IH; exact: step_same. Qed.

Lemma sgd_same s s' xs : same_state s s' -> same_state (sgd m s xs) (sgd m s' xs).
Proof. exact: run_same. Qed.

Lemma accuracy_same (D : distribution R K) s s' : same_state s s' -> accuracy D m s = accuracy D m s'.
Proof. by move=> same; apply: eq_bigl => i; rewrite (margin_same _ same). Qed.

Lemma settled_same (D : distribution R K) s s' : same_state s s' -> settled D m s = settled D m s'.
Proof. by move=> same; apply: eq_forallb => i; rewrite (margin_same _ same). Qed.

Lemma winner_same s s' y j : same_state s s' -> winner s y j = winner s' y j.
Proof. by case=> w h; rewrite /winner w h. Qed.

Lemma loser_same s s' j : same_state s s' -> loser s j = loser s' j.
Proof. by move=> same; rewrite /loser !(winner_same _ _ same). Qed.

(** A closed gate moves nothing. *)
Lemma closed_step s x : gate_at m s x = 0 -> same_state s (step m s (single R x)).
Proof.
move=> shut; split=> [j q|j] /=.
  rewrite big1 ?mulr0 ?addr0 // => p _.
  by rewrite /filter_gradient /gated /= big_seq1 /= shut mulr0 !mul0r.
by case: ifP => // _; rewrite /head_gradient /gated /= big_seq1 /= shut mulr0 !mul0r mulr0 addr0.
Qed.

End Same.
