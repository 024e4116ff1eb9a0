(** * Vectors: inner products, and pattern coordinates of filters in R^d

    Rules of the inner product; Cauchy and Schwarz without roots. And the coordinates of filters that move as vectors move as [step] says: what a run
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
