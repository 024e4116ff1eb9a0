(** * T12: SGD along and across the keys, for vectors, unhinged

    The keys are unit vectors, orthogonal to all other patterns; the background may be as coherent as it
    likes. A filter is its part along its own key, which grows by eta |a_j| r_y with each image of its
    label if it is positive at the start, and the rest, w_perp.

    One image moves the rest of a filter u by c sum_p y N_p 1[<u,p> > 0] p over the other patterns,
    c = eta a_j. So its squared length changes by 2 c y sum_p N_p relu(<u,p>), whose mean is at most 0
    when no background rises, and by at most c^2 sum_pq N_p N_q max(G_pq, 0). What is set aside is a
    set of keys, S: the own key for (a) to (f), both keys for (i). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability tails sgd_coordinates.
From filtercert Require sgd_norm_dominance.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma sumr_le0 (R : realFieldType) (I : Type) (l : seq I) (A : pred I) (F : I -> R) :
  (forall i, A i -> F i <= 0) -> \sum_(i <- l | A i) F i <= 0.
Proof. by move=> F0; rewrite -oppr_ge0 -sumrN; apply: sumr_ge0 => i Ai; rewrite oppr_ge0 F0. Qed.

(** ** One filter and a set of keys *)
Section Filter.
Variables (R : realFieldType) (K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d).
Hypothesis dictionary : dictionary_of M P.
Variable S : pred (pattern K).
Hypothesis apart : forall p q, S p -> gram M p q = (q == p)%:R.
Implicit Types (u v : 'rV[R]_d) (c : R) (x : sample K) (xs : seq (sample K)) (p q : pattern K).

(** What is left of a vector. *)
Definition rest u : 'rV[R]_d := u - \sum_(p | S p) dot u (P p) *: P p.

Definition spread_rest x : R :=
  \sum_(p | ~~ S p) \sum_(q | ~~ S q) (count x p)%:R * (count x q)%:R * Num.max 0 (gram M p q).

(** One image moves a filter; c is the step size times its head. *)
Definition push u x p : R := sgn (label x) * ((count x p)%:R * derivative Relu (dot u (P p))).
Definition travel c u x : 'rV[R]_d := u + c *: \sum_p push u x p *: P p.

Lemma restD u v : rest (u + v) = rest u + rest v.
Proof.
rewrite /rest addrACA -opprD -big_split /=; congr (_ - _); apply: eq_bigr => p _.
by rewrite dotDl scalerDl.
Qed.

Lemma restZ c u : rest (c *: u) = c *: rest u.
Proof.
rewrite /rest scalerBr scaler_sumr; congr (_ - _); apply: eq_bigr => p _.
by rewrite dotZl scalerA.
Qed.

Lemma rest0 : rest 0 = 0.
Proof. by rewrite /rest big1 ?subr0 // => p _; rewrite dot0l scale0r. Qed.

Lemma rest_sum (a : pattern K -> R) : rest (\sum_p a p *: P p) = \sum_p a p *: rest (P p).
Proof.
have big_rest : {morph rest : u v / u + v} by exact: restD.
rewrite (big_morph rest big_rest rest0); apply: eq_bigr => p _; exact: restZ.
Qed.

Lemma rest_pattern p : rest (P p) = if S p then 0 else P p.
Proof.
rewrite /rest; case: (boolP (S p)) => Sp.
  rewrite (bigD1 p) //= big1 ?addr0; first by rewrite -dictionary apart // eqxx scale1r subrr.
  by move=> q /andP[_ /negbTE pq]; rewrite -dictionary apart // pq scale0r.
rewrite big1 ?subr0 // => q Sq; rewrite dotC -dictionary apart //.
by case: eqP => [pq | _]; [rewrite -pq (negbTE Sp) in Sq | rewrite scale0r].
Qed.

Lemma rest_patterns (a : pattern K -> R) :
  rest (\sum_p a p *: P p) = \sum_(p | ~~ S p) a p *: P p.
Proof.
rewrite rest_sum [RHS]big_mkcond; apply: eq_bigr => p _; rewrite rest_pattern.
by case: (S p); rewrite ?scaler0.
Qed.

Lemma dot_rest u p : ~~ S p -> dot (rest u) (P p) = dot u (P p).
Proof.
move=> Sp; rewrite /rest dotBl dot_suml big1 ?subr0 // => q Sq; rewrite dotZl -dictionary apart //.
by case: eqP => [pq | _]; [rewrite -pq (negbTE Sp) in Sq | rewrite mulr0].
Qed.

(** The keys set aside: what is left is orthogonal to them. *)
Lemma rest_orthogonal u p : S p -> dot (rest u) (P p) = 0.
Proof.
move=> Sp; rewrite /rest dotBl dot_suml (bigD1 p) //= big1 ?addr0.
  by rewrite dotZl -dictionary apart // eqxx mulr1 subrr.
by move=> q /andP[Sq /negbTE qp]; rewrite dotZl -dictionary apart // eq_sym qp mulr0.
Qed.

Lemma pythagoras u : length_squared u = \sum_(p | S p) dot u (P p) ^+ 2 + length_squared (rest u).
Proof.
have -> : length_squared (rest u) = dot (rest u) u.
  rewrite /length_squared {2}/rest dotBr dot_sumr big1 ?subr0 // => p Sp.
  by rewrite dotZr rest_orthogonal // mulr0.
rewrite /rest dotBl dot_suml [X in _ - X](eq_bigr (fun p => dot u (P p) ^+ 2)).
  by rewrite addrC subrK.
by move=> p _; rewrite dotZl dotC expr2.
Qed.

Lemma travel_rest c u x :
  rest (travel c u x) = rest u + c *: \sum_(p | ~~ S p) push u x p *: P p.
Proof. by rewrite /travel restD restZ rest_patterns. Qed.

(** Along a key set aside, only that key counts. *)
Lemma travel_key c u x p : S p -> dot (travel c u x) (P p) = dot u (P p) + c * push u x p.
Proof.
move=> Sp; rewrite /travel dotDl dotZl dot_suml (bigD1 p) //= big1 ?addr0.
  by rewrite dotZl -dictionary apart // eqxx mulr1.
by move=> q /negbTE qp; rewrite dotZl dotC -dictionary apart // qp mulr0.
Qed.

Lemma derivative_relu (z : R) : 0 <= derivative Relu z <= 1.
Proof. by rewrite /=; case: ifP; rewrite ?lexx ler01. Qed.

Lemma relu_derivative (z : R) : derivative Relu z * z = relu z.
Proof.
rewrite /=; case: ltrP => [pos | neg]; first by rewrite mul1r relu_pos // ltW.
by rewrite mul0r relu_neg.
Qed.

(** The squared length of a sum of patterns with coefficients up to N_p, all of one sign. *)
Lemma push_length u x (e : R) : e ^+ 2 = 1 ->
  length_squared (\sum_(p | ~~ S p) (e * ((count x p)%:R * derivative Relu (dot u (P p)))) *: P p)
    <= spread_rest x.
Proof.
move=> e1; rewrite /length_squared dot_suml /spread_rest; apply: ler_sum => p _.
rewrite dot_sumr; apply: ler_sum => q _; rewrite dotZl dotZr -dictionary.
set a := derivative Relu _; set b := derivative Relu _.
have -> : e * ((count x p)%:R * a) * (e * ((count x q)%:R * b) * gram M p q) =
  (count x p)%:R * (count x q)%:R * ((a * b) * gram M p q) :> R by ring: e1.
apply: ler_wpmul2l; first by rewrite mulr_ge0 ?ler0n.
have /andP[a0 a1] : 0 <= a <= 1 by exact: derivative_relu.
have /andP[b0 b1] : 0 <= b <= 1 by exact: derivative_relu.
have ab0 : 0 <= a * b by exact: mulr_ge0.
have ab1 : a * b <= 1 by rewrite mulr_ile1.
apply: (@le_trans _ _ (a * b * Num.max 0 (gram M p q))).
  by apply: ler_wpmul2l; rewrite ?le_maxr ?lexx ?orbT.
by rewrite ler_pimull // le_maxr lexx.
Qed.

Lemma sgn_sqr2 y : sgn y ^+ 2 = 1 :> R.
Proof. by rewrite expr2 sgn_sqr. Qed.

(** One image: the square of the rest. *)
Lemma travel_length c u x :
  length_squared (rest (travel c u x)) <= length_squared (rest u)
    + 2%:R * (c * \sum_(p | ~~ S p) sgn (label x) * (count x p)%:R * relu (dot u (P p)))
    + c ^+ 2 * spread_rest x.
Proof.
rewrite travel_rest length_squaredD length_squaredZ dotZr dot_sumr.
apply: ler_add; last by apply: ler_wpmul2l; [exact: sqr_ge0 | exact: push_length (sgn_sqr2 _)].
rewrite le_eqVlt; apply/orP; left; apply/eqP; congr (_ + _ * (_ * _)); apply: eq_bigr => p Sp.
by rewrite dotZr dot_rest // /push -relu_derivative; ring.
Qed.

(** An image sees no more of the rest than its length allows. *)
Lemma reach u x : (\sum_(p | ~~ S p) (count x p)%:R * relu (dot u (P p))) ^+ 2 <=
  spread_rest x * length_squared (rest u).
Proof.
pose T : 'rV[R]_d := \sum_(p | ~~ S p) (1 * ((count x p)%:R * derivative Relu (dot u (P p)))) *: P p.
have -> : \sum_(p | ~~ S p) (count x p)%:R * relu (dot u (P p)) = dot T (rest u).
  rewrite /T dot_suml; apply: eq_bigr => p Sp.
  by rewrite dotZl (dotC (P p)) dot_rest // -relu_derivative mul1r mulrA.
apply: le_trans (cauchy_schwarz _ _) _; apply: ler_wpmul2r; first exact: length_squared_ge0.
by apply: push_length; rewrite expr1n.
Qed.

Lemma spread_rest_ge0 x : 0 <= spread_rest x.
Proof.
apply: sumr_ge0 => p _; apply: sumr_ge0 => q _.
by rewrite !mulr_ge0 ?ler0n // le_maxr lexx.
Qed.

Lemma spread_rest_le x : spread_rest x <= spread M x.
Proof.
have term p q : 0 <= (count x p)%:R * (count x q)%:R * Num.max 0 (gram M p q).
  by rewrite !mulr_ge0 ?ler0n // le_maxr lexx.
rewrite /spread [X in _ <= X](bigID S) /=; apply: ler_paddl.
  by apply: sumr_ge0 => p _; apply: sumr_ge0.
apply: ler_sum => p _; rewrite [X in _ <= X](bigID S) /=; apply: ler_paddl => //.
exact: sumr_ge0.
Qed.

(** *** In the mean *)
Variables (D : distribution R K) (c : R).
Hypothesis falling : forall p, ~~ S p -> c * mean D (fun x => sgn (label x) * (count x p)%:R) <= 0.

Local Notation V := (mean D spread_rest).

Lemma mean_spread_ge0 : 0 <= V.
Proof. by apply: mean_ge0 => i; exact: spread_rest_ge0. Qed.

Lemma travel_mean u :
  mean D (fun x => length_squared (rest (travel c u x))) <= length_squared (rest u) + c ^+ 2 * V.
Proof.
apply: le_trans (ler_mean (G := fun x => length_squared (rest u)
    + 2%:R * (c * \sum_(p | ~~ S p) sgn (label x) * (count x p)%:R * relu (dot u (P p)))
    + c ^+ 2 * spread_rest x) _) _.
  by move=> i; exact: travel_length.
rewrite !mean_add mean_const !mean_mul mean_sum ler_add2r ger_addl.
apply: mulr_ge0_le0; rewrite ?ler0n //.
rewrite mulr_sumr; apply: sumr_le0 => p Sp.
rewrite [mean D _](@eq_mean _ _ _ _ (fun x => relu (dot u (P p)) * (sgn (label x) * (count x p)%:R))).
  by rewrite mean_mul mulrCA; apply: mulr_ge0_le0; [exact: relu_ge0 | exact: falling].
by move=> x; rewrite mulrC.
Qed.

(** (a) The second moment. *)
Lemma rest_second_moment u t :
  expectation D t (fun xs => length_squared (rest (foldl (travel c) u xs))) <=
  length_squared (rest u) + c ^+ 2 * V * t%:R.
Proof.
elim: t => [|t IH]; first by rewrite expectation0 mulr0 addr0.
rewrite expectation_rcons mean_expectation.
apply: le_trans (ler_expectation D t (G := fun xs =>
    length_squared (rest (foldl (travel c) u xs)) + c ^+ 2 * V) _) _.
  move=> xs; rewrite (@eq_mean _ _ _ _ (fun x =>
    length_squared (rest (travel c (foldl (travel c) u xs) x)))); first exact: travel_mean.
  by move=> x; rewrite foldl_rcons.
rewrite expectation_add expectation_const -[t.+1]addn1 natrD mulrDr mulr1 addrA.
by rewrite ler_add2r.
Qed.

(** (b) The maximum along a path. *)
Lemma rest_maximal u t (X : R) : 0 < X ->
  X * Pr D t (fun xs => [exists v : 'I_t.+1, X < length_squared (rest (foldl (travel c) u (take v xs)))])
  <= length_squared (rest u) + c ^+ 2 * V * t%:R.
Proof.
move=> X0; rewrite mulrC -ler_pdivl_mulr //.
pose bad v := X < length_squared (rest v).
pose G s v := (length_squared (rest v) + c ^+ 2 * V * s%:R) / X.
have c2V : 0 <= c ^+ 2 * V by rewrite mulr_ge0 ?sqr_ge0 ?mean_spread_ge0.
rewrite (@eq_Pr_size _ _ _ _ _ (hits (travel c) bad u)).
  apply: (@maximal _ _ D _ (travel c) bad G) => {}t {}u.
  - by rewrite /G divr_ge0 ?(ltW X0) // addr_ge0 ?length_squared_ge0 // mulr_ge0 ?ler0n.
  - move=> far; rewrite /G ler_pdivl_mulr // mul1r; apply: le_trans (ltW far) _.
    by rewrite ler_addl mulr_ge0 ?ler0n.
  rewrite /G (@eq_mean _ _ _ _ (fun x =>
    X^-1 * (length_squared (rest (travel c u x)) + c ^+ 2 * V * t%:R))); last by move=> x; rewrite mulrC.
  rewrite mean_mul mulrC ler_pmul2r ?invr_gt0 // mean_add mean_const.
  by rewrite -[t.+1]addn1 natrD mulrDr mulr1 [c ^+ 2 * V * t%:R + _]addrC addrA ler_add2r travel_mean.
by move=> xs <-; rewrite hitsE.
Qed.

(** The same with a bound of the second moment, 0 included. *)
Lemma rest_maximal_le u t (X delta : R) : 0 < delta ->
  length_squared (rest u) + c ^+ 2 * V * t%:R <= delta * X ->
  Pr D t (fun xs => [exists v : 'I_t.+1, X < length_squared (rest (foldl (travel c) u (take v xs)))])
  <= delta.
Proof.
move=> delta0; set B := length_squared (rest u) + _ => le.
have c2V : 0 <= c ^+ 2 * V by rewrite mulr_ge0 ?sqr_ge0 ?mean_spread_ge0.
have B0 : 0 <= B by rewrite addr_ge0 ?length_squared_ge0 // mulr_ge0 ?ler0n.
have X0 : 0 <= X by rewrite -(pmulr_rge0 _ delta0); exact: le_trans le.
case: (ltrP 0 X) => [pos | neg].
  rewrite -(ler_pmul2l pos); apply: le_trans (rest_maximal u t pos) _.
  by rewrite [X * _]mulrC.
have {neg} X_0 : X = 0 by apply/le_anti; rewrite neg X0.
have B_0 : B = 0 by apply/le_anti; rewrite B0 andbT; rewrite X_0 mulr0 in le.
suff -> : Pr D t (fun xs => [exists v : 'I_t.+1,
    X < length_squared (rest (foldl (travel c) u (take v xs)))]) = 0 by exact: ltW.
apply/le_anti; rewrite Pr_ge0 andbT; apply: le_trans (Pr_union_all _ _ _) _.
apply: sumr_le0 => -[v lt_v] _ /=; rewrite X_0.
have v_t : (v <= t)%N by [].
rewrite (Pr_take D (fun xs => 0 < length_squared (rest (foldl (travel c) u xs))) v_t).
have zero : expectation D v (fun xs => length_squared (rest (foldl (travel c) u xs))) <= 0.
  apply: le_trans (rest_second_moment u v) _; rewrite -B_0 ler_add2l; apply: ler_wpmul2l => //.
  by rewrite ler_nat.
have term (w : v.-tuple (atom D)) : true ->
    0 <= path_probability w * length_squared (rest (foldl (travel c) u (samples w))).
  by move=> _; rewrite mulr_ge0 ?path_probability_ge0 ?length_squared_ge0.
have : expectation D v (fun xs => length_squared (rest (foldl (travel c) u xs))) == 0.
  by rewrite eq_le zero expectation_ge0 // => w; exact: length_squared_ge0.
rewrite /expectation psumr_eq0 // => /allP none; apply: sumr_le0 => w far.
have := none w (mem_index_enum _); rewrite mulf_eq0 => /implyP/(_ isT)/orP[/eqP -> // | /eqP eq0].
by rewrite eq0 ltxx in far.
Qed.

End Filter.

(** ** The network *)
Section Network.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d).
Hypothesis dictionary : dictionary_of M P.
Hypothesis keys : keys_apart M.
Hypothesis network_of : fixed_head_relu M Unhinged.
Implicit Types (w : network R n d) (x : sample K) (xs : seq (sample K)) (j : 'I_n) (y : bool).

Lemma fixed_head_t12 : trained M = false. Proof. by case: network_of. Qed.

(** A filter of the network moves by itself. *)
Lemma filters_sample w x j :
  filters (vector_step M P w (single R x)) j = travel P (eta M * heads w j) (filters w j) x.
Proof.
case: network_of => act pool unhinged fixed.
rewrite filters_step /stride /travel gated_unhinged //; congr (_ + _ *: _); apply: eq_bigr => p _.
by rewrite /filter_gradient big_seq1 /push /= mul1r /pooled_derivative pool act.
Qed.

Lemma filters_sgd w xs j :
  filters (vector_sgd M P w xs) j = foldl (travel P (eta M * heads w j)) (filters w j) xs.
Proof.
elim: xs w => [//|x xs IH] w; rewrite vector_sgd_cons IH filters_sample.
by rewrite heads_step (head_step _ _ _ fixed_head_t12).
Qed.

Lemma heads_sgd w xs j : heads (vector_sgd M P w xs) j = heads w j.
Proof. exact: heads_vector_sgd fixed_head_t12. Qed.

(** What is set aside: the own key, or both. *)
Definition only y : pred (pattern K) := pred1 (key y).
Definition both : pred (pattern K) := fun p => if p is inl _ then true else false.

Lemma only_apart y p q : only y p -> gram M p q = (q == p)%:R.
Proof. by move=> /eqP ->; exact: keys. Qed.

Lemma both_apart p q : both p -> gram M p q = (q == p)%:R.
Proof. by case: p => // y _; exact: keys. Qed.

Lemma acrossE w j y : across P w j y = rest P (only y) (filters w j).
Proof. by rewrite /rest /only big_pred1_eq. Qed.

Lemma spread_acrossE y : spread_across M y =1 spread_rest M (only y).
Proof. by []. Qed.

Lemma length_along_across w j y :
  length_squared (filters w j) = along P w j y ^+ 2 + length_squared (across P w j y).
Proof. by rewrite (pythagoras dictionary (only_apart (y := y))) big_pred1_eq acrossE. Qed.

(** *** Along the own key *)

Variable r : bool -> nat.

Lemma key_count y x : keys_by_label r x -> count x (key y) = (r y * (label x == y))%N.
Proof.
case/andP=> /eqP own /eqP other; case: eqP => [<- | ne]; first by rewrite own muln1.
have -> : y = ~~ label x by apply/eqP; move/eqP: ne; case: (label x); case: (y).
by rewrite other muln0.
Qed.

Lemma along_sample w x j y :
  along P (vector_step M P w (single R x)) j y =
  along P w j y + eta M * heads w j *
    (sgn (label x) * ((count x (key y))%:R * derivative Relu (along P w j y))).
Proof.
by rewrite /along filters_sample (travel_key dictionary (only_apart (y := y))) // /only /= eqxx.
Qed.

Lemma loser_key_stays w xs j y : along P w j y <= 0 -> along P (vector_sgd M P w xs) j y = along P w j y.
Proof.
elim: xs w => [//|x xs IH] w dead; rewrite vector_sgd_cons.
have same : along P (vector_step M P w (single R x)) j y = along P w j y.
  by rewrite along_sample /= ltNge dead !mulr0 addr0.
by rewrite IH same.
Qed.

Hypothesis eta0 : 0 <= eta M.

Lemma head_sgn y (a : R) : 0 < sgn y * a -> a * sgn y = `|a|.
Proof.
case: y; rewrite /sgn ?mul1r ?mulN1r ?mulr1 ?mulrN1 => a0; first by rewrite gtr0_norm.
by rewrite ltr0_norm // -oppr_gt0.
Qed.

Lemma winner_key_grows w xs j y : all (keys_by_label r) xs ->
  0 < sgn y * heads w j -> 0 < along P w j y ->
  along P (vector_sgd M P w xs) j y =
  along P w j y + eta M * `|heads w j| * (r y)%:R * (label_count y xs)%:R.
Proof.
elim: xs w => [|x xs IH] w; first by rewrite /label_count mulr0n mulr0 addr0.
rewrite [all _ _]/= => /andP[kx kxs] hd pos.
have eq : along P (vector_step M P w (single R x)) j y =
    along P w j y + eta M * `|heads w j| * (r y)%:R * (label x == y)%:R.
  rewrite along_sample /= pos mulr1 (key_count y kx) natrM -(head_sgn hd); congr (_ + _).
  by case: eqP => [-> | _] /=; rewrite ?mulr1 ?mulr0 //; ring.
have same : heads (vector_step M P w (single R x)) j = heads w j.
  by rewrite heads_step (head_step _ _ _ fixed_head_t12).
rewrite vector_sgd_cons IH ?same // eq; first by rewrite label_count_cons natrD; ring.
by rewrite ltr_paddr // !mulr_ge0 ?ler0n ?normr_ge0.
Qed.

(** (c) The own key, at the end of every path. *)
Theorem own_key w xs j y : all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  along P (vector_sgd M P w xs) j y =
  if 0 < along P w j y
  then along P w j y + eta M * `|heads w j| * (r y)%:R * (label_count y xs)%:R
  else along P w j y.
Proof.
move=> kxs hd; case: ltrP => [pos | dead]; first exact: winner_key_grows.
exact: loser_key_stays.
Qed.

(** *** Across it *)

Variable D : distribution R K.
Hypothesis unique : forall i : atom D, keys_by_label r (sample_at i).

(** The key of the other label falls in the mean. *)
Lemma wrong_key_falls (a : R) y : 0 < sgn y * a ->
  a * mean D (fun x => sgn (label x) * (count x (key (~~ y)))%:R) <= 0.
Proof.
move=> hd; rewrite -mean_mul -(mean_const D 0); apply: ler_mean => i.
rewrite (key_count (~~ y) (unique i)) natrM; case: eqP => [-> | _] /=; last by rewrite !mulr0.
by rewrite mulr1 mulrA sgn_neg mulrN mulNr (head_sgn hd) oppr_le0 mulr_ge0 ?ler0n ?normr_ge0.
Qed.

Lemma no_pattern_rises (S : pred (pattern K)) w j y : S (key y) -> 0 < sgn y * heads w j ->
  no_rising_background D w j -> forall p, ~~ S p ->
  eta M * heads w j * mean D (fun x => sgn (label x) * (count x p)%:R) <= 0.
Proof.
move=> own hd H p Sp; rewrite -mulrA; apply: mulr_ge0_le0 => //.
case: p Sp => [y' Sp | k _]; last exact: H.
have -> : y' = ~~ y by move: Sp own; case: y'; case: (y) => // /negbTE ->.
exact: wrong_key_falls.
Qed.

Section Across.
Variables (w : network R n d) (j : 'I_n) (y : bool).
Hypothesis hd : 0 < sgn y * heads w j.
Hypothesis H : no_rising_background D w j.

Lemma across_sgd xs : across P (vector_sgd M P w xs) j y =
  rest P (only y) (foldl (travel P (eta M * heads w j)) (filters w j) xs).
Proof. by rewrite acrossE filters_sgd. Qed.

Let falling := @no_pattern_rises (only y) w j y (eqxx _) hd H.

(** (a) *)
Theorem second_moment_across t :
  expectation D t (fun xs => length_squared (across P (vector_sgd M P w xs) j y)) <=
  length_squared (across P w j y) + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R.
Proof.
rewrite acrossE -exprMn.
apply: le_trans (rest_second_moment dictionary (only_apart (y := y)) falling _ t).
by apply: ler_expectation => xs; rewrite across_sgd.
Qed.

(** (b), with X for any bound of M_t / delta. *)
Theorem maximal_across t (X delta : R) : 0 < delta ->
  length_squared (across P w j y) + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R
    <= delta * X ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    X < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) <= delta.
Proof.
move=> delta0; rewrite acrossE -exprMn => le.
apply: le_trans (rest_maximal_le dictionary (only_apart (y := y)) falling delta0 le).
by apply: Pr_le => xs /existsP[u far]; apply/existsP; exists u; rewrite -across_sgd.
Qed.

Theorem maximal_across_div t (delta : R) : 0 < delta ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    (length_squared (across P w j y)
      + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R) / delta
    < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) <= delta.
Proof.
by move=> delta0; apply: maximal_across => //; rewrite [delta * _]mulrC divfK // lt0r_neq0.
Qed.

End Across.

(** *** One state of the network: norms, angles, accuracy *)

(** (e) A long key against all that a loser has. *)
Lemma norms_core w i j y y' (ratio A own X : R) : 0 <= A -> A <= along P w i y ->
  along P w j y' ^+ 2 <= own -> length_squared (across P w j y') <= X ->
  ratio ^+ 2 * (own + X) <= A ^+ 2 ->
  ratio ^+ 2 * length_squared (filters w j) <= length_squared (filters w i).
Proof.
move=> A0 A_le own_le X_le large.
rewrite (length_along_across w j y') (length_along_across w i y).
apply: ler_paddr; first exact: length_squared_ge0.
apply: le_trans (_ : A ^+ 2 <= _); last by rewrite ler_pexpn2r // nnegrE (le_trans A0 A_le).
by apply: le_trans large; apply: ler_wpmul2l; [exact: sqr_ge0 | exact: ler_add].
Qed.

(** (d) The squared cosine. *)
Lemma angle_core w j y (e : R) :
  (1 - e) * length_squared (across P w j y) <= e * along P w j y ^+ 2 ->
  (1 - e) * length_squared (filters w j) <= along P w j y ^+ 2.
Proof.
move=> le; rewrite (length_along_across w j y) mulrDr mulrBl mul1r.
by rewrite -addrA ger_addl addrC subr_le0.
Qed.

(** (f) What one filter says of an image of label y: its own key is worth at least its coordinate, *)
Lemma pooled_relu w j x : pooled M (weight (coordinates P w) j) (count x) =
  \sum_p (count x p)%:R * relu (dot (filters w j) (P p)).
Proof. by case: network_of => act pool _ _; rewrite /pooled pool act. Qed.

Lemma pooled_ge0 w j x : 0 <= pooled M (weight (coordinates P w) j) (count x).
Proof. by rewrite pooled_relu; apply: sumr_ge0 => p _; rewrite mulr_ge0 ?ler0n ?relu_ge0. Qed.

Lemma pooled_own w j x : keys_by_label r x ->
  (r (label x))%:R * along P w j (label x) <= pooled M (weight (coordinates P w) j) (count x).
Proof.
move=> kx; rewrite pooled_relu (bigD1 (key (label x))) //=; apply: ler_paddr.
  by apply: sumr_ge0 => p _; rewrite mulr_ge0 ?ler0n ?relu_ge0.
rewrite (key_count _ kx) eqxx muln1; apply: ler_wpmul2l; first exact: ler0n.
by rewrite /relu /along le_maxr lexx orbT.
Qed.

(** and a filter of the other sign, whose own key is absent, no more than rho |w_perp|. *)
Lemma pooled_other w j x (rho X : R) : keys_by_label r x -> 0 <= rho -> 0 <= X ->
  spread M x <= rho ^+ 2 -> length_squared (across P w j (~~ label x)) <= X ^+ 2 ->
  pooled M (weight (coordinates P w) j) (count x) <= rho * X.
Proof.
move=> kx rho0 X0 spread_le X_le; rewrite -(ler_pexpn2r (n := 2)) // ?nnegrE ?pooled_ge0 ?mulr_ge0 //.
rewrite pooled_relu (bigD1 (key (~~ label x))) //= (key_count _ kx).
have -> : (label x == ~~ label x) = false by case: (label x).
rewrite muln0 mul0r add0r exprMn.
apply: le_trans (reach dictionary (only_apart (y := ~~ label x)) (filters w j) x) _.
rewrite -acrossE; apply: ler_pmul; rewrite ?length_squared_ge0 ?spread_rest_ge0 //.
exact: le_trans (spread_rest_le M (only (~~ label x)) x) spread_le.
Qed.

(** A margin, by the filters of either sign. *)
Lemma margin_split w x : margin M (coordinates P w) x =
  \sum_j sgn (label x) * heads w j * pooled M (weight (coordinates P w) j) (count x).
Proof. by rewrite /margin /output mulr_sumr; apply: eq_bigr => j _; rewrite mulrA. Qed.

Lemma margin_positive w x (J : pred 'I_n) (Y : 'I_n -> R) : keys_by_label r x ->
  (forall j, J j -> 0 < sgn (label x) * heads w j) ->
  (forall i, sgn (label x) * heads w i < 0 -> pooled M (weight (coordinates P w) i) (count x) <= Y i) ->
  \sum_(i | sgn (label x) * heads w i < 0) `|heads w i| * Y i <
    (r (label x))%:R * (\sum_(j | J j) `|heads w j| * along P w j (label x)) ->
  0 < margin M (coordinates P w) x.
Proof.
move=> kx own other ahead; set y := label x in own other ahead *.
rewrite margin_split (bigID (fun i => sgn y * heads w i < 0)) /= addrC -[X in _ + X]opprK subr_gt0.
have size_sgn (a : R) : `|sgn y * a| = `|a| by case: (y); rewrite /sgn ?mul1r // mulN1r normrN.
apply: le_lt_trans (_ : \sum_(i | sgn y * heads w i < 0) `|heads w i| * Y i < _).
  rewrite -sumrN; apply: ler_sum => i neg; rewrite -mulNr -(ltr0_norm neg) size_sgn.
  by apply: ler_wpmul2l; [exact: normr_ge0 | exact: other].
apply: lt_le_trans ahead _; rewrite mulr_sumr [X in X <= _]big_mkcond [X in _ <= X]big_mkcond /=.
apply: ler_sum => j _; case: ifP => Jj.
  have pos := own j Jj; rewrite ltNge (ltW pos) /= mulrCA -{1}(size_sgn (heads w j)) gtr0_norm //.
  by apply: ler_wpmul2l; [exact: ltW | exact: pooled_own].
by case: ifP => [|_] //; rewrite -leNgt => pos; rewrite mulr_ge0 ?pooled_ge0.
Qed.

(** Accuracy 1: for each label, what some filters of its sign have along their key is more than what
    those of the other sign can have across theirs. *)
Theorem accuracy_core w (J : bool -> pred 'I_n) (rho : bool -> R) (X : 'I_n -> R) :
  (forall y j, J y j -> 0 < sgn y * heads w j) -> (forall y, 0 <= rho y) -> (forall i, 0 <= X i) ->
  (forall i : atom D, spread M (sample_at i) <= rho (label (sample_at i)) ^+ 2) ->
  (forall i y, 0 < sgn y * heads w i -> length_squared (across P w i y) <= X i ^+ 2) ->
  (forall y, rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | J y j) `|heads w j| * along P w j y)) ->
  accuracy D M (coordinates P w) = 1.
Proof.
move=> own rho0 X0 spread_le across_le ahead; apply/eqP; rewrite accuracy1; apply/forallP => i.
set x := sample_at i; have kx : keys_by_label r x by exact: unique.
apply: (margin_positive (J := J (label x)) (Y := fun i => rho (label x) * X i)) => //.
- exact: own.
- move=> k neg; apply: pooled_other => //; first exact: spread_le.
  by apply: across_le; rewrite sgn_neg mulNr oppr_gt0.
apply: le_lt_trans (ahead (label x)); rewrite mulr_sumr le_eqVlt; apply/orP; left; apply/eqP.
by apply: eq_bigr => k _; rewrite mulrCA.
Qed.

(** ** Along whole paths, with probability *)

(** An event that holds unless one of two families of bad events happens. *)
Lemma Pr_unless_some t (I J : finType) (F : pred I) (G : pred J)
    (E : pred (seq (sample K))) (A : I -> pred (seq (sample K))) (B : J -> pred (seq (sample K))) :
  (forall v : t.-tuple (atom D), (forall i, F i -> ~~ A i (samples v)) ->
     (forall k, G k -> ~~ B k (samples v)) -> E (samples v)) ->
  1 - \sum_(i | F i) Pr D t (A i) - \sum_(k | G k) Pr D t (B k) <= Pr D t E.
Proof.
move=> good; have: 1 - Pr D t E <= \sum_(i | F i) Pr D t (A i) + \sum_(k | G k) Pr D t (B k).
  rewrite -PrC; apply: le_trans (ler_add (Pr_union _ _ F A) (Pr_union _ _ G B)).
  apply: le_trans (Pr_union2 _ _ _ _); apply: Pr_le_paths => v /=; apply: contraR.
  rewrite negb_or !negb_exists => /andP[/forallP noA /forallP noB].
  apply: good => [i Fi | k Gk]; first by have := noA i; rewrite Fi.
  by have := noB k; rewrite Gk.
by rewrite !ler_subl_addr addrC addrA => le; rewrite addrAC.
Qed.

Lemma few_labels_binomial t0 t y b : (t0 <= t)%N ->
  Pr D t (fun xs => (label_count y (take t0 xs) < b)%N) = binomial_below t0 (prior D y) b.
Proof.
by move=> le; rewrite (Pr_take D (fun xs => (label_count y xs < b)%N) le) label_count_binomial.
Qed.

Lemma winner_key_late w xs j y t0 u b : all (keys_by_label r) xs -> winner (coordinates P w) y j ->
  (t0 <= u)%N -> ~~ (label_count y (take t0 xs) < b)%N ->
  along P w j y + eta M * `|heads w j| * (r y)%:R * b%:R <=
  along P (vector_sgd M P w (take u xs)) j y.
Proof.
move=> kxs /andP[hd pos] tu many.
rewrite (winner_key_grows (all_take u kxs)) // ler_add2l.
apply: ler_wpmul2l; first by rewrite !mulr_ge0 ?ler0n ?normr_ge0.
by rewrite ler_nat; apply: leq_trans (label_count_take y xs tu); rewrite leqNgt.
Qed.

Lemma key_start_gt0 w j y (b : nat) : winner (coordinates P w) y j ->
  0 < along P w j y + eta M * `|heads w j| * (r y)%:R * b%:R.
Proof. by case/andP=> _ pos; rewrite ltr_paddr // !mulr_ge0 ?ler0n ?normr_ge0. Qed.

(** Nothing is far on a path. *)
Lemma not_far (X : R) (F : network R n d -> R) w xs t (u : nat) : size xs = t ->
  ~~ [exists v : 'I_t.+1, X < F (vector_sgd M P w (take v xs))] ->
  F (vector_sgd M P w (take u xs)) <= X.
Proof.
rewrite negb_exists => size_xs /forallP near; case: (leqP u t) => [le | lt].
  by rewrite leNgt; exact: (near (Ordinal (le : (u < t.+1)%N))).
rewrite leNgt; have := near ord_max; rewrite /= -{1}size_xs take_size.
by rewrite take_oversize // size_xs ltnW.
Qed.

(** (d) *)
Theorem angle_probability w j y t0 t b (delta : R) : winner (coordinates P w) y j ->
  no_rising_background D w j -> (t0 <= t)%N -> 0 < delta ->
  1 - binomial_below t0 (prior D y) b - delta <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (length_squared (across P (vector_sgd M P w (take u xs)) j y) /
       along P (vector_sgd M P w (take u xs)) j y ^+ 2 <=
     (length_squared (across P w j y)
        + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R) /
       (delta * (along P w j y + eta M * `|heads w j| * (r y)%:R * b%:R) ^+ 2))]).
Proof.
move=> win H le delta0; have [hd _] := andP win.
set B := length_squared (across P w j y) + _; set A := along P w j y + _.
have A0 : 0 < A by exact: key_start_gt0.
apply: le_trans (Pr_unless_some (I := ordinal_finType 1) (J := ordinal_finType 1)
  (F := predT) (G := predT)
  (A := fun _ xs => (label_count y (take t0 xs) < b)%N)
  (B := fun _ xs => [exists u : 'I_t.+1,
     B / delta < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) _).
  rewrite !big_ord1 few_labels_binomial //; apply: ler_sub => //.
  exact: maximal_across_div.
move=> v many near; apply/forallP => u; apply/implyP => tu.
have far := near ord0 isT; have many' := many ord0 isT.
have across_le := not_far (F := fun w' => length_squared (across P w' j y)) u (size_samples v) far.
have along_ge := winner_key_late (all_samples v unique) win tu many'.
rewrite -/A in along_ge; have -> : B / (delta * A ^+ 2) = B / delta / A ^+ 2 by rewrite invfM mulrA.
have along0 := lt_le_trans A0 along_ge.
apply: ler_pmul; [exact: length_squared_ge0 | by rewrite invr_ge0 sqr_ge0 | exact: across_le |].
by rewrite lef_pinv ?posrE ?exprn_gt0 // ler_pexpn2r // nnegrE ltW.
Qed.

(** What a loser is at most, or a filter of the other sign says at most, may be bounded in two ways;
    the rest of (e) and (f) is the same. *)
Lemma norms_generic w t0 t (b : bool -> nat) (delta L : 'I_n -> R) (ratio : R)
    (far : 'I_n -> pred (seq (sample K))) : (t0 <= t)%N ->
  (forall i, loser (coordinates P w) i -> Pr D t (far i) <= delta i) ->
  (forall (v : t.-tuple (atom D)) (u : nat) i, loser (coordinates P w) i -> ~~ far i (samples v) ->
    length_squared (filters (vector_sgd M P w (take u (samples v))) i) <= L i) ->
  (forall y j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    ratio ^+ 2 * L i <= (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)
    - \sum_(i | loser (coordinates P w) i) delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]]).
Proof.
move=> le likely bounded large.
apply: le_trans (Pr_unless_some (F := fun y => (0 < winners (coordinates P w) y)%N)
  (G := fun i => loser (coordinates P w) i)
  (A := fun y xs => (label_count y (take t0 xs) < b y)%N) (B := far) _).
  apply: ler_sub; last exact: ler_sum.
  by rewrite ler_add2l ler_opp2; apply: ler_sum => y _; rewrite few_labels_binomial.
move=> v many near; apply/forallP => u; apply/implyP => tu.
apply/forallP => y; apply/forallP => j; apply/forallP => i; apply/implyP => /andP[win lose].
apply: le_trans (ler_wpmul2l (sqr_ge0 _) (bounded v u i lose (near i lose))) _.
apply: le_trans (large y j i win lose) _.
rewrite (length_along_across _ j y); apply: ler_paddr; first exact: length_squared_ge0.
have some : (0 < winners (coordinates P w) y)%N by apply/card_gt0P; exists j; rewrite inE.
have along_ge := winner_key_late (all_samples v unique) win tu (many y some).
have A0 := key_start_gt0 (b y) win.
by rewrite ler_pexpn2r // nnegrE ltW // (lt_le_trans A0).
Qed.

Lemma loser_own w i y : loser (coordinates P w) i -> 0 < sgn y * heads w i -> along P w i y <= 0.
Proof.
move=> lose hd; have : ~~ winner (coordinates P w) y i by case/andP: lose => l1 l2; case: (y).
by rewrite /winner hd /= -leNgt.
Qed.

Lemma label_of_head (a : R) : a != 0 -> 0 < sgn (0 < a) * a.
Proof.
rewrite neq_lt => /orP[neg | pos]; last by rewrite pos /sgn mul1r.
by rewrite (lt_gtF neg) /sgn mulN1r oppr_gt0.
Qed.

Lemma label_of_signed y (a : R) : 0 < sgn y * a -> y = (0 < a).
Proof.
case: y; rewrite /sgn ?mul1r ?mulN1r ?oppr_gt0 => a0; first by rewrite a0.
by rewrite (lt_gtF a0).
Qed.

(** (e) *)
Theorem norms_probability w t0 t (b : bool -> nat) (delta : 'I_n -> R) (ratio : R) :
  (forall i, heads w i != 0) ->
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
Proof.
move=> heads0 H le delta0 large; pose own i : bool := 0 < heads w i.
have hd i : 0 < sgn (own i) * heads w i by exact: label_of_head.
pose X i := (length_squared (across P w i (own i))
  + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M (own i)) * t%:R) / delta i.
apply: (norms_generic (L := fun i => along P w i (own i) ^+ 2 + X i) (far := fun i xs =>
  [exists u : 'I_t.+1, X i < length_squared (across P (vector_sgd M P w (take u xs)) i (own i))])) => //.
- by move=> i lose; apply: maximal_across_div; [exact: hd | exact: H | exact: delta0].
- move=> v u i lose near; rewrite (length_along_across _ i (own i)).
  rewrite (loser_key_stays _ (loser_own lose (hd i))) ler_add2l.
  exact: (not_far (F := fun w' => length_squared (across P w' i (own i))) u (size_samples v) near).
by move=> y j i win lose; exact: large.
Qed.

Lemma accuracy_generic w t0 t (b : bool -> nat) (delta : 'I_n -> R) (Y : bool -> 'I_n -> R)
    (far : 'I_n -> pred (seq (sample K))) : (t0 <= t)%N -> (forall i, 0 <= delta i) ->
  (forall i, heads w i != 0 -> Pr D t (far i) <= delta i) ->
  (forall (v : t.-tuple (atom D)) (u : nat) i (k : atom D),
    sgn (label (sample_at k)) * heads w i < 0 -> ~~ far i (samples v) ->
    pooled M (weight (coordinates P (vector_sgd M P w (take u (samples v)))) i) (count (sample_at k))
      <= Y (label (sample_at k)) i) ->
  (forall y, \sum_(i | sgn y * heads w i < 0) `|heads w i| * Y y i <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_i delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)]).
Proof.
move=> le delta0 likely bounded ahead.
apply: le_trans (Pr_unless_some (F := predT) (G := fun i => heads w i != 0)
  (A := fun y xs => (label_count y (take t0 xs) < b y)%N) (B := far) _).
  apply: ler_sub; last first.
    rewrite [X in _ <= X](bigID (fun i => heads w i != 0)) /=; apply: ler_paddr.
      by apply: sumr_ge0 => i _; exact: delta0.
    exact: ler_sum.
  by rewrite ler_add2l ler_opp2; apply: ler_sum => y _; rewrite few_labels_binomial.
move=> v many near; apply/forallP => u; apply/implyP => tu.
rewrite accuracy1; apply/forallP => k; set x := sample_at k; set y := label x.
pose now := vector_sgd M P w (take u (samples v)).
have same j : heads now j = heads w j by exact: heads_sgd.
apply: (margin_positive (J := fun j => winner (coordinates P w) y j) (Y := Y y)).
- exact: unique.
- by move=> j /andP[hd _]; rewrite same.
- move=> i; rewrite same => neg; apply: bounded => //; apply: near.
  by apply: contraTneq neg => ->; rewrite mulr0 ltxx.
rewrite (eq_bigl (fun i => sgn y * heads w i < 0)); last by move=> i; rewrite same.
rewrite (eq_bigr (fun i => `|heads w i| * Y y i)); last by move=> i _; rewrite same.
apply: lt_le_trans (ahead y) _; apply: ler_wpmul2l; first exact: ler0n.
apply: ler_sum => j win; rewrite same; apply: ler_wpmul2l; first exact: normr_ge0.
exact: winner_key_late (all_samples v unique) win tu (many y isT).
Qed.

(** (f) *)
Theorem accuracy_probability w t0 t (b : bool -> nat) (delta X : 'I_n -> R) (rho : bool -> R) :
  (forall i, no_rising_background D w i) ->
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
Proof.
move=> H le delta0 X0 rho0 X_large spread_le ahead; pose own i : bool := 0 < heads w i.
apply: (accuracy_generic (Y := fun y i => rho y * X i) (far := fun i xs => [exists u : 'I_t.+1,
  X i ^+ 2 < length_squared (across P (vector_sgd M P w (take u xs)) i (own i))])) => //.
- by move=> i; exact: ltW.
- move=> i /label_of_head hd; apply: maximal_across => //; rewrite [delta i * _]mulrC -ler_pdivr_mulr //.
  exact: X_large.
- move=> v u i k neg near; apply: pooled_other => //.
  have -> : ~~ label (sample_at k) = own i by apply: label_of_signed; rewrite sgn_neg mulNr oppr_gt0.
  exact: (not_far (F := fun w' => length_squared (across P w' i (own i))) u (size_samples v) near).
move=> y; apply: le_lt_trans (ahead y); rewrite mulr_sumr le_eqVlt; apply/orP; left; apply/eqP.
by apply: eq_bigr => i _; rewrite mulrCA.
Qed.

(** ** (i) Both keys set aside *)

Lemma both_sum (V : zmodType) (F : pattern K -> V) y :
  \sum_(p | both p) F p = F (key y) + F (key (~~ y)).
Proof.
rewrite big_mkcond big_sumType /= [X in _ + X]big1 // addr0 big_bool; case: y => //=.
by rewrite addrC.
Qed.

Lemma backgrounds_sum (V : zmodType) (F : pattern K -> V) :
  \sum_(p | ~~ both p) F p = \sum_k F (background k).
Proof. by rewrite big_mkcond big_sumType /= [X in X + _]big1 ?add0r. Qed.

Lemma asideE w j y :
  across P w j y - along P w j (~~ y) *: P (key (~~ y)) = rest P both (filters w j).
Proof. by rewrite /rest (both_sum _ y) opprD addrA. Qed.

Lemma spread_backgroundE : (fun x => \sum_k \sum_l (count x (background k))%:R *
    (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) =1
  spread_rest M both.
Proof.
move=> x; rewrite /spread_rest backgrounds_sum; apply: eq_bigr => k _.
by rewrite backgrounds_sum.
Qed.

Lemma length_aside w j y : length_squared (filters w j) =
  along P w j y ^+ 2 + along P w j (~~ y) ^+ 2 + length_squared (rest P both (filters w j)).
Proof. by rewrite (pythagoras dictionary both_apart) (both_sum _ y). Qed.

(** The wrong key of a filter on every path. *)
Theorem wrong_key w xs j y : all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  Num.min (along P w j (~~ y)) (- (eta M * `|heads w j| * (r (~~ y))%:R)) <=
    along P (vector_sgd M P w xs) j (~~ y) <= along P w j (~~ y).
Proof.
elim: xs w => [|x xs IH] w; first by rewrite lexx andbT le_minl lexx.
rewrite [all _ _]/= => /andP[kx kxs] hd.
case: (lerP (along P w j (~~ y)) 0) => [dead | alive].
  by rewrite loser_key_stays // lexx andbT le_minl lexx.
set e := eta M * `|heads w j| * (r (~~ y))%:R.
have e0 : 0 <= e by rewrite !mulr_ge0 ?ler0n ?normr_ge0.
have eq : along P (vector_step M P w (single R x)) j (~~ y) =
    along P w j (~~ y) - e * (label x == ~~ y)%:R.
  rewrite along_sample /= alive mulr1 (key_count (~~ y) kx) natrM /e -(head_sgn hd); congr (_ + _).
  by case: eqP => [-> | _] /=; rewrite ?sgn_neg ?mulr1 ?mulr0 ?oppr0 //; ring.
have same : heads (vector_step M P w (single R x)) j = heads w j.
  by rewrite heads_step (head_step _ _ _ fixed_head_t12).
have down : along P (vector_step M P w (single R x)) j (~~ y) <= along P w j (~~ y).
  by rewrite eq ger_addl oppr_le0 mulr_ge0 ?ler0n.
have low : - e <= along P (vector_step M P w (single R x)) j (~~ y).
  rewrite eq -[X in X <= _]add0r; apply: ler_add; first exact: ltW.
  by rewrite ler_opp2; case: (_ == _); rewrite ?mulr1 ?mulr0.
rewrite vector_sgd_cons; have := IH (vector_step M P w (single R x)) kxs.
rewrite same -/e => /(_ hd)/andP[lo hi]; rewrite (le_trans hi down) andbT; apply: le_trans lo.
by rewrite le_minl; apply/orP; right; rewrite le_minr low lexx.
Qed.

Lemma wrong_key_square w xs j y : all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  along P (vector_sgd M P w xs) j (~~ y) ^+ 2 <=
  Num.max (along P w j (~~ y) ^+ 2) ((eta M * `|heads w j| * (r (~~ y))%:R) ^+ 2).
Proof.
move=> kxs hd; have /andP[lo hi] := wrong_key kxs hd.
exact: sgd_norm_dominance.between_square lo hi.
Qed.

Section Aside.
Variables (w : network R n d) (j : 'I_n) (y : bool).
Hypothesis hd : 0 < sgn y * heads w j.
Hypothesis H : no_rising_background D w j.

Local Notation aside w' := (across P w' j y - along P w' j (~~ y) *: P (key (~~ y))).
Local Notation V := (mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
  (count x (background l))%:R * Num.max 0 (gram M (background k) (background l)))).

Lemma aside_sgd xs : aside (vector_sgd M P w xs) =
  rest P both (foldl (travel P (eta M * heads w j)) (filters w j) xs).
Proof. by rewrite asideE filters_sgd. Qed.

Let falling := @no_pattern_rises both w j y isT hd H.

Theorem second_moment_aside t :
  expectation D t (fun xs => length_squared (aside (vector_sgd M P w xs))) <=
  length_squared (aside w) + eta M ^+ 2 * heads w j ^+ 2 * V * t%:R.
Proof.
rewrite asideE (eq_mean _ spread_backgroundE) -exprMn.
apply: le_trans (rest_second_moment dictionary both_apart falling _ t).
by apply: ler_expectation => xs; rewrite aside_sgd.
Qed.

Theorem maximal_aside t (X delta : R) : 0 < delta ->
  length_squared (aside w) + eta M ^+ 2 * heads w j ^+ 2 * V * t%:R <= delta * X ->
  Pr D t (fun xs => [exists u : 'I_t.+1, X < length_squared (aside (vector_sgd M P w (take u xs)))])
    <= delta.
Proof.
move=> delta0; rewrite asideE (eq_mean _ spread_backgroundE) -exprMn => le.
apply: le_trans (rest_maximal_le dictionary both_apart falling delta0 le).
by apply: Pr_le => xs /existsP[u far]; apply/existsP; exists u; rewrite -aside_sgd.
Qed.

Theorem maximal_aside_div t (delta : R) : 0 < delta ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    (length_squared (aside w) + eta M ^+ 2 * heads w j ^+ 2 * V * t%:R) / delta <
    length_squared (aside (vector_sgd M P w (take u xs)))]) <= delta.
Proof. by move=> delta0; apply: maximal_aside => //; rewrite [delta * _]mulrC divfK // lt0r_neq0. Qed.

End Aside.

(** (e) with the wrong key apart. *)
Theorem norms_probability_aside w t0 t (b : bool -> nat) (delta : 'I_n -> R) (ratio : R) :
  (forall i, heads w i != 0) ->
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
Proof.
move=> heads0 H le delta0 large; pose own i : bool := 0 < heads w i.
have hd i : 0 < sgn (own i) * heads w i by exact: label_of_head.
pose aside w' i := across P w' i (own i) - along P w' i (~~ own i) *: P (key (~~ own i)).
pose X i := (length_squared (aside w i) + eta M ^+ 2 * heads w i ^+ 2 *
  mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
    (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R) / delta i.
pose keep i := along P w i (own i) ^+ 2
  + Num.max (along P w i (~~ own i) ^+ 2) ((eta M * `|heads w i| * (r (~~ own i))%:R) ^+ 2).
apply: (norms_generic (L := fun i => keep i + X i) (far := fun i xs =>
  [exists u : 'I_t.+1, X i < length_squared (aside (vector_sgd M P w (take u xs)) i)])) => //.
- by move=> i lose; apply: maximal_aside_div; [exact: hd | exact: H | exact: delta0].
- move=> v u i lose near; rewrite (length_aside _ i (own i)) -(asideE _ _ (own i)).
  apply: ler_add; last first.
    exact: (not_far (F := fun w' => length_squared (aside w' i)) u (size_samples v) near).
  apply: ler_add; first by rewrite (loser_key_stays _ (loser_own lose (hd i))).
  apply: wrong_key_square (hd i); apply: all_take; exact: all_samples.
by move=> y j i win lose; exact: large.
Qed.

(** What a filter of the other sign says at most. *)
Lemma pooled_other_aside w j x (rho Y X : R) : keys_by_label r x -> 0 <= rho -> 0 <= X ->
  \sum_k \sum_l (count x (background k))%:R * (count x (background l))%:R *
    Num.max 0 (gram M (background k) (background l)) <= rho ^+ 2 ->
  along P w j (label x) <= Y ->
  length_squared (rest P both (filters w j)) <= X ^+ 2 ->
  pooled M (weight (coordinates P w) j) (count x) <= (r (label x))%:R * relu Y + rho * X.
Proof.
move=> kx rho0 X0 spread_le Y_le X_le.
rewrite pooled_relu (bigID both) /= (both_sum _ (label x)) !(key_count _ kx) eqxx muln1.
have -> : (label x == ~~ label x) = false by case: (label x).
rewrite muln0 mul0r addr0; apply: ler_add.
  by apply: ler_wpmul2l; [exact: ler0n | exact: relu_le].
rewrite -(ler_pexpn2r (n := 2)) // ?nnegrE ?mulr_ge0 //; last first.
  by apply: sumr_ge0 => p _; rewrite mulr_ge0 ?ler0n ?relu_ge0.
rewrite exprMn; apply: le_trans (reach dictionary both_apart (filters w j) x) _.
apply: ler_pmul; rewrite ?length_squared_ge0 ?spread_rest_ge0 //.
by rewrite -spread_backgroundE.
Qed.

(** (f) with the wrong key apart. *)
Theorem accuracy_probability_aside w t0 t (b : bool -> nat) (delta X : 'I_n -> R) (rho : bool -> R) :
  (forall i, no_rising_background D w i) ->
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
Proof.
move=> H le delta0 X0 rho0 X_large spread_le ahead; pose own i : bool := 0 < heads w i.
pose aside w' i := across P w' i (own i) - along P w' i (~~ own i) *: P (key (~~ own i)).
apply: (accuracy_generic (Y := fun y i => (r y)%:R * relu (along P w i y) + rho y * X i)
  (far := fun i xs => [exists u : 'I_t.+1,
    X i ^+ 2 < length_squared (aside (vector_sgd M P w (take u xs)) i)])) => //.
- by move=> i; exact: ltW.
- move=> i /label_of_head hd; apply: maximal_aside => //.
  by rewrite [delta i * _]mulrC -ler_pdivr_mulr //; exact: X_large.
- move=> v u i k neg near.
  have hd : 0 < sgn (~~ label (sample_at k)) * heads w i by rewrite sgn_neg mulNr oppr_gt0.
  apply: pooled_other_aside => //; last first.
    rewrite -(asideE _ _ (own i)).
    exact: (not_far (F := fun w' => length_squared (aside w' i)) u (size_samples v) near).
  have /andP[_] := wrong_key (all_take u (all_samples v unique)) hd.
  by rewrite negbK.
move=> y; apply: le_lt_trans (ahead y); rewrite !mulr_sumr -big_split /=.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => i _.
by rewrite mulrDr !(mulrCA `|_|).
Qed.

End Network.
