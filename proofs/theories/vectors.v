(** * Vectors: inner products, and pattern coordinates of filters in R^d

    Rules of the inner product; Cauchy and Schwarz without roots. Two states with the same numbers make
    the same steps. And the coordinates of filters that move as vectors move as [step] says: what a run
    of the network does with the patterns is a matter of the Gram matrix alone ([coordinates_run]).
    Whatever part of a filter is orthogonal to all patterns is kept in the vector and never moves. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** The inner product *)
Section Dot.
Variables (R : realFieldType) (d : nat).
Implicit Types (u v w : 'rV[R]_d) (c : R).

Lemma dotC u v : dot u v = dot v u.
Proof. by apply: eq_bigr => i _; rewrite mulrC. Qed.

Lemma dotDl u v w : dot (u + v) w = dot u w + dot v w.
Proof. by rewrite /dot -big_split; apply: eq_bigr => i _; rewrite !mxE mulrDl. Qed.

Lemma dotDr u v w : dot u (v + w) = dot u v + dot u w.
Proof. by rewrite dotC dotDl !(dotC u). Qed.

Lemma dotZl c u v : dot (c *: u) v = c * dot u v.
Proof. by rewrite /dot mulr_sumr; apply: eq_bigr => i _; rewrite !mxE mulrA. Qed.

Lemma dotZr c u v : dot u (c *: v) = c * dot u v.
Proof. by rewrite dotC dotZl dotC. Qed.

Lemma dot0l u : dot 0 u = 0.
Proof. by rewrite /dot big1 // => i _; rewrite mxE mul0r. Qed.

Lemma dot0r u : dot u 0 = 0.
Proof. by rewrite dotC dot0l. Qed.

Lemma dotNl u v : dot (- u) v = - dot u v.
Proof. by rewrite -scaleN1r dotZl mulN1r. Qed.

Lemma dotNr u v : dot u (- v) = - dot u v.
Proof. by rewrite dotC dotNl dotC. Qed.

Lemma dotBl u v w : dot (u - v) w = dot u w - dot v w.
Proof. by rewrite dotDl dotNl. Qed.

Lemma dotBr u v w : dot u (v - w) = dot u v - dot u w.
Proof. by rewrite dotDr dotNr. Qed.

Lemma dot_suml (I : Type) (r : seq I) (A : pred I) (F : I -> 'rV[R]_d) u :
  dot (\sum_(i <- r | A i) F i) u = \sum_(i <- r | A i) dot (F i) u.
Proof. by elim/big_rec2: _ => [|i x y _ <-]; rewrite ?dot0l ?dotDl. Qed.

Lemma dot_sumr (I : Type) (r : seq I) (A : pred I) (F : I -> 'rV[R]_d) u :
  dot u (\sum_(i <- r | A i) F i) = \sum_(i <- r | A i) dot u (F i).
Proof. by rewrite dotC dot_suml; apply: eq_bigr => i _; rewrite dotC. Qed.

Lemma length_squared_ge0 u : 0 <= length_squared u.
Proof. by apply: sumr_ge0 => i _; rewrite -expr2 sqr_ge0. Qed.

Lemma length_squared_eq0 u : (length_squared u == 0) = (u == 0).
Proof.
apply/idP/eqP => [zero|->]; last by rewrite /length_squared dot0l.
apply/rowP => i; rewrite mxE; apply/eqP; rewrite -sqrf_eq0 expr2.
have nonneg k : true -> 0 <= u 0 k * u 0 k by move=> _; rewrite -expr2 sqr_ge0.
by move: zero; rewrite /length_squared /dot psumr_eq0 // => /allP/(_ i); rewrite mem_index_enum => /(_ isT).
Qed.

Lemma length_squared0 : length_squared (0 : 'rV[R]_d) = 0.
Proof. exact: dot0l. Qed.

Lemma length_squaredZ c u : length_squared (c *: u) = c ^+ 2 * length_squared u.
Proof. by rewrite /length_squared dotZl dotZr mulrA expr2. Qed.

Lemma length_squaredD u v : length_squared (u + v) = length_squared u + 2%:R * dot u v + length_squared v.
Proof. by rewrite /length_squared !dotDl !dotDr (dotC v u); ring. Qed.

Lemma length_squaredB u v : length_squared (u - v) = length_squared u - 2%:R * dot u v + length_squared v.
Proof. by rewrite /length_squared !dotBl !dotBr (dotC v u); ring. Qed.

(** Cauchy and Schwarz. *)
Lemma cauchy_schwarz u v : dot u v ^+ 2 <= length_squared u * length_squared v.
Proof.
have [->|v_neq0] := eqVneq v 0; first by rewrite dot0r expr0n length_squared0 mulr0.
have v0 : 0 < length_squared v by rewrite lt_def length_squared_eq0 v_neq0 length_squared_ge0.
rewrite -subr_ge0 -(pmulr_rge0 _ v0).
have -> : length_squared v * (length_squared u * length_squared v - dot u v ^+ 2) =
  length_squared (length_squared v *: u - dot u v *: v).
  by rewrite length_squaredB !length_squaredZ dotZl dotZr; ring.
exact: length_squared_ge0.
Qed.

End Dot.

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

End Same.

(** ** The coordinates of moving vectors *)
Section Coordinates.
Variables (R : realFieldType) (n K d : nat) (m : model R K) (P : pattern K -> 'rV[R]_d).
Hypothesis dictionary : dictionary_of m P.
Implicit Types (w : network R n d) (B : batch R K) (x : sample K).

Lemma gramC p q : gram m p q = gram m q p.
Proof. by rewrite !dictionary dotC. Qed.

Lemma heads_step w B : heads (vector_step m P w B) = head (step m (coordinates P w) B).
Proof. by []. Qed.

Lemma coordinates_step w B :
  same_state (coordinates P (vector_step m P w B)) (step m (coordinates P w) B).
Proof.
split=> // j q; rewrite /= dotDl dotZl dot_suml; congr (_ + _ * _); apply: eq_bigr => p _.
by rewrite dotZl dictionary.
Qed.

Lemma coordinates_run w Bs :
  same_state (coordinates P (vector_run m P w Bs)) (run m (coordinates P w) Bs).
Proof.
elim: Bs w => [|B Bs IH] w //=; apply: same_state_trans (IH _) _.
exact: run_same (coordinates_step w B).
Qed.

Lemma coordinates_sgd w xs :
  same_state (coordinates P (vector_sgd m P w xs)) (sgd m (coordinates P w) xs).
Proof. exact: coordinates_run. Qed.

Lemma vector_run_cat w Bs Bs' : vector_run m P w (Bs ++ Bs') = vector_run m P (vector_run m P w Bs) Bs'.
Proof. by rewrite /vector_run foldl_cat. Qed.

Lemma vector_run_rcons w Bs B : vector_run m P w (rcons Bs B) = vector_step m P (vector_run m P w Bs) B.
Proof. by rewrite -cats1 vector_run_cat. Qed.

Lemma vector_sgd_cons w x xs :
  vector_sgd m P w (x :: xs) = vector_sgd m P (vector_step m P w (single R x)) xs.
Proof. by []. Qed.

Lemma vector_sgd_cat w xs xs' : vector_sgd m P w (xs ++ xs') = vector_sgd m P (vector_sgd m P w xs) xs'.
Proof. by rewrite /vector_sgd map_cat vector_run_cat. Qed.

Lemma vector_sgd_rcons w xs x :
  vector_sgd m P w (rcons xs x) = vector_step m P (vector_sgd m P w xs) (single R x).
Proof. by rewrite /vector_sgd map_rcons vector_run_rcons. Qed.

(** A fixed head does not move. *)
Lemma heads_vector_run w Bs j : trained m = false -> heads (vector_run m P w Bs) j = heads w j.
Proof.
move=> fixed; elim: Bs w => [|B Bs IH] w //=; rewrite IH /=.
by rewrite /step /move fixed.
Qed.

Lemma heads_vector_sgd w xs j : trained m = false -> heads (vector_sgd m P w xs) j = heads w j.
Proof. exact: heads_vector_run. Qed.

(** How far one step moves filter j: along the patterns of the images. *)
Definition stride w B j : 'rV[R]_d :=
  \sum_p filter_gradient m (coordinates P w) (gated m (coordinates P w) B) j p *: P p.

Lemma filters_step w B j :
  filters (vector_step m P w B) j = filters w j + (eta m * heads w j) *: stride w B j.
Proof. by []. Qed.

(** The inner product of two sums of patterns. *)
Lemma dot_patterns (a b : pattern K -> R) :
  dot (\sum_p a p *: P p) (\sum_p b p *: P p) = \sum_p \sum_q a p * b q * gram m p q.
Proof.
rewrite dot_suml; apply: eq_bigr => p _; rewrite dot_sumr; apply: eq_bigr => q _.
by rewrite dotZl dotZr dictionary mulrA.
Qed.

(** Its Gram square is at least 0. *)
Lemma gram_square_vector (a : pattern K -> R) : gram_square m a = length_squared (\sum_p a p *: P p).
Proof. by rewrite /length_squared dot_patterns. Qed.

End Coordinates.
