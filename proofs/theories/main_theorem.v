(** * The main theorem: the claims of the abstract in one statement

    Random filters, random heads, then SGD with one random image a step, unhinged, on images that hold
    the key pattern of their label beside any background patterns whose signed counts have mean 0. With
    probability at least 1 - 2 (3/4)^n + (1/2)^n - eps, at all times from some T on: both labels have
    winners, these are as much longer than the losers and as close to their keys as one likes, and
    accuracy is 1.

    The lottery says how likely winners for both labels are. With these, time is cut into blocks from
    2^b T to 2^(b+1) T. On each block what a filter has across its key is bounded by the maximal
    inequality of T12, and both labels have occurred often enough by its start (Chebyshev). The error of
    a block may be eps / 2^(b+1); the bound of the squared rest then grows like 4^b, as the square of
    what the keys are worth does: one condition on T serves all blocks. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors label_independence probability blocks tails.
From filtercert Require Import lottery across_keys binomial_tail.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Averages over random networks *)
Section Averages.
Variables (R : realFieldType) (n d : nat) (V : finType) (L : 'I_n -> filter_law R d V).
Implicit Types (F G : network R n d -> R) (a : {ffun 'I_n -> bool}).

Lemma likely_product_sum : \sum_(z : {ffun 'I_n -> V}) \prod_j likely (L j) (z j) = 1.
Proof. by rewrite -(bigA_distr_bigA (fun j v => likely (L j) v)) big1 // => j _; exact: likely_sum. Qed.

(** A product of one factor for each head has the product of the averages. *)
Lemma mean_heads (g : bool -> R) :
  \sum_(a : {ffun 'I_n -> bool}) 2%:R^-1 ^+ n * \prod_j g (a j) = (2%:R^-1 * (g true + g false)) ^+ n.
Proof.
rewrite -[in RHS](card_ord n) -prodr_const.
transitivity (\prod_(j < n) \sum_(b : bool) 2%:R^-1 * g b).
  rewrite bigA_distr_bigA; apply: eq_bigr => a _.
  by rewrite big_split /= prodr_const card_ord.
by apply: eq_bigr => j _; rewrite big_bool mulrDr.
Qed.

Lemma mean_network1 : mean_network L (fun=> 1) = 1.
Proof.
have := mean_heads (fun=> 1); rewrite -[1 + 1]/(2%:R) mulVf ?pnatr_eq0 // expr1n; apply: etrans.
rewrite /mean_network; apply: eq_bigr => a _; congr (_ * _); rewrite [RHS]big1 //.
by under eq_bigr do rewrite mulr1; exact: likely_product_sum.
Qed.

Lemma mean_network_add F G :
  mean_network L (fun w => F w + G w) = mean_network L F + mean_network L G.
Proof.
rewrite /mean_network -big_split; apply: eq_bigr => a _ /=; rewrite -mulrDr; congr (_ * _).
by rewrite -big_split; apply: eq_bigr => z _; rewrite mulrDr.
Qed.

Lemma mean_network_const (c : R) : mean_network L (fun=> c) = c.
Proof.
rewrite -[RHS]mulr1 -mean_network1 /mean_network [RHS]mulr_sumr; apply: eq_bigr => a _.
rewrite [RHS]mulrCA; congr (_ * _); rewrite [RHS]mulr_sumr; apply: eq_bigr => z _.
by rewrite mulr1 mulrC.
Qed.

Lemma ler_mean_network F G : (forall a z, F (random_network L a z) <= G (random_network L a z)) ->
  mean_network L F <= mean_network L G.
Proof.
move=> FG; apply: ler_sum => a _; rewrite ler_wpmul2l ?exprn_ge0 ?invr_ge0 ?ler0n //.
apply: ler_sum => z _; rewrite ler_wpmul2l // prodr_ge0 // => j _; exact: likely_ge0.
Qed.

Lemma eq_mean_network F G : (forall a z, F (random_network L a z) = G (random_network L a z)) ->
  mean_network L F = mean_network L G.
Proof.
by move=> FG; apply/eqP; rewrite eq_le !ler_mean_network // => a z; rewrite FG.
Qed.

End Averages.

(** ** The lottery: with which probability both labels have winners *)
Section Lottery.
Variables (R : realFieldType) (n K d : nat) (P : pattern K -> 'rV[R]_d).
Variables (V : finType) (L : 'I_n -> filter_law R d V).
Hypothesis symmetric : forall j y, symmetric_along (L j) (P (key y)).
Implicit Types (a : {ffun 'I_n -> bool}) (y : bool) (j : 'I_n).

(** A filter is on the right side of a key with probability 1/2. *)
Lemma positive_half j y :
  \sum_(v | ~~ (0 < dot (vector_of (L j) v) (P (key y)))) likely (L j) v = 2%:R^-1.
Proof.
have [same neq0] := symmetric j y; set S := \sum_(v | _) _; have all1 := likely_sum (L j).
rewrite (bigID (fun v => 0 < dot (vector_of (L j) v) (P (key y)))) /= -/S in all1.
have eqS : \sum_(v | 0 < dot (vector_of (L j) v) (P (key y))) likely (L j) v = S.
  have eqF := same (fun c => (0 < c)%R%:R); rewrite /S [LHS]big_mkcond [RHS]big_mkcond /=.
  transitivity (\sum_v likely (L j) v * (0 < dot (vector_of (L j) v) (P (key y)))%R%:R).
    by apply: eq_bigr => v _; case: ifP; rewrite ?mulr1 ?mulr0.
  rewrite eqF; apply: eq_bigr => v _; rewrite oppr_gt0 lt_neqAle neq0 /= leNgt.
  by case: ifP; rewrite ?mulr1 ?mulr0.
rewrite eqS in all1; have two : S * 2%:R = 1 by rewrite mulr_natr mulr2n.
by apply: (mulIf (x := 2%:R)); rewrite ?pnatr_eq0 // two mulVf // pnatr_eq0.
Qed.

(** Whether filter j wins for y, given its head. *)
Let wins a y j (v : V) : bool := (a j == y) && (0 < dot (vector_of (L j) v) (P (key y))).

Lemma winner_random a z y j :
  winner (coordinates P (random_network L a z)) y j = wins a y j (z j).
Proof.
rewrite /winner /wins /= sgn_mul eq_sym; case: (a j == y) => /=; first by rewrite ltr01.
by rewrite ltr0N1.
Qed.

Lemma winners_random a z y :
  (0 < winners (coordinates P (random_network L a z)) y)%N = [exists j, wins a y j (z j)].
Proof.
rewrite /winners; apply/card_gt0P/existsP => -[j]; rewrite ?inE ?winner_random => w.
  by exists j.
by exists j; rewrite inE winner_random.
Qed.

(** The chance that a filter with head b does not win for y. *)
Let misses y (b : bool) : R := if b == y then 2%:R^-1 else 1.

Lemma sum_misses a y j : \sum_(v | ~~ wins a y j v) likely (L j) v = misses y (a j).
Proof.
rewrite /misses /wins; case: (a j == y) => /=; [exact: positive_half | exact: likely_sum].
Qed.

Lemma sum_misses2 a j :
  \sum_(v | ~~ wins a true j v && ~~ wins a false j v) likely (L j) v =
  misses true (a j) * misses false (a j).
Proof.
rewrite -!sum_misses /wins; case: (a j) => /=.
  by rewrite likely_sum mulr1; apply: eq_bigl => v; rewrite andbT.
by rewrite likely_sum mul1r.
Qed.

(** As many as in T9: of the laws of the filters only their signs along the keys count. *)
Theorem network_lottery : mean_network L (fun w => (both_win (coordinates P w))%:R) =
  1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n.
Proof.
have given a : \sum_(z : {ffun 'I_n -> V}) (\prod_j likely (L j) (z j)) *
    (both_win (coordinates P (random_network L a z)))%:R =
    1 - \prod_j misses true (a j) - \prod_j misses false (a j)
      + \prod_j (misses true (a j) * misses false (a j)).
  have eqw (z : {ffun 'I_n -> V}) : both_win (coordinates P (random_network L a z)) =
    [exists j, wins a true j (z j)] && [exists j, wins a false j (z j)].
    by rewrite /both_win !winners_random.
  transitivity (\sum_(z : {ffun 'I_n -> V}) (\prod_j likely (L j) (z j)) *
      ([exists j, wins a true j (z j)] && [exists j, wins a false j (z j)])%:R).
    by apply: eq_bigr => z _; rewrite eqw.
  rewrite (sum_both (fun j v => likely (L j) v)) big1 => [|j _]; last exact: likely_sum.
  congr (_ - _ - _ + _); apply: eq_bigr => j _; rewrite ?sum_misses ?sum_misses2 //.
transitivity (\sum_(a : {ffun 'I_n -> bool}) (2%:R^-1 ^+ n * \prod_(j < n) (1 : R)
    - 2%:R^-1 ^+ n * \prod_j misses true (a j) - 2%:R^-1 ^+ n * \prod_j misses false (a j)
    + 2%:R^-1 ^+ n * \prod_j (misses true (a j) * misses false (a j)))).
  by apply: eq_bigr => a _; rewrite given big1_eq mulrDr !mulrBr.
rewrite big_split /= !sumrB (mean_heads _ (fun=> 1)) !mean_heads.
rewrite (mean_heads _ (fun b => misses true b * misses false b)) /misses /= !mul1r !mulr1.
have two0 : 2%:R != 0 :> R by rewrite pnatr_eq0.
have -> : 2%:R^-1 * (1 + 1) = 1 :> R by rewrite -[1 + 1]/(2%:R) mulVf.
have -> : 2%:R^-1 * (2%:R^-1 + 1) = 3%:R / 4%:R :> R by field.
have -> : 2%:R^-1 * (1 + 2%:R^-1) = 3%:R / 4%:R :> R by field.
have -> : 2%:R^-1 * (2%:R^-1 + 2%:R^-1) = 2%:R^-1 :> R by field.
by rewrite expr1n; ring.
Qed.

End Lottery.

(** ** A time that is late enough *)
Section Time.
Variable R : archiFieldType.

Lemma some_time (a : R) : exists T0 : nat, forall T, (T0 <= T)%N -> a < T%:R.
Proof.
exists (Num.bound `|a|) => T le_T; apply: le_lt_trans (ler_norm a) _.
by apply: lt_le_trans (archi_boundP (normr_ge0 a)) _; rewrite ler_nat.
Qed.

(** A square outgrows a line. *)
Lemma outgrows (a b c : R) : 0 <= a -> 0 <= b -> 0 < c ->
  exists T0, forall T, (T0 <= T)%N -> a + b * T%:R < c * T%:R ^+ 2.
Proof.
move=> a0 b0 c0; have [T0 late] := some_time ((a + b) / c).
exists T0.+1 => -[//|T] le_T; have := late T.+1 (ltnW le_T).
rewrite ltr_pdivr_mulr // => lt; have T1 : 1 <= T.+1%:R :> R by rewrite ler1n.
have TR : 0 < T.+1%:R :> R by rewrite ltr0n.
apply: (@le_lt_trans _ _ ((a + b) * T.+1%:R)).
  by rewrite mulrDl ler_add2r ler_pemulr.
by rewrite expr2 mulrA [c * _]mulrC ltr_pmul2r.
Qed.

End Time.

(** ** One state: what its parts along and across the keys imply *)
Section OneState.
Variables (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K).
Variables (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (w0 w : network R n d).
Hypotheses (dictionary : dictionary_of M P) (apart : keys_apart M).
Hypotheses (fixed : fixed_head_relu M Unhinged) (r0 : forall y, (0 < r y)%N).
Hypothesis unique : forall i : atom D, keys_by_label r (sample_at i).
Hypothesis signs : forall j, heads w0 j = 1 \/ heads w0 j = -1.
Hypothesis same_heads : forall j, heads w j = heads w0 j.
Implicit Types (j i : 'I_n) (y : bool).
Local Notation s0 := (coordinates P w0).

(** At least z along the keys of winners, h2 for the squared keys of losers, x for the squared rest of
    any filter, rho2 for the spread of an image. *)
Variables (ratio delta h2 rho2 x z : R).
Hypothesis spread_le : forall (i : atom D) y, spread_across M y (sample_at i) <= rho2.
Hypotheses (delta0 : 0 < delta) (z0 : 0 < z).
Hypothesis both : both_win s0.
Hypothesis keys_grown : forall j y, winner s0 y j -> z <= along P w j y.
Hypothesis losers_small : forall j y, 0 < sgn y * heads w0 j -> loser s0 j -> along P w j y ^+ 2 <= h2.
Hypothesis rest_small : forall j y, 0 < sgn y * heads w0 j -> length_squared (across P w j y) <= x.
Hypothesis aligned : x <= delta * z ^+ 2.
Hypothesis dominant : ratio ^+ 2 * (h2 + x) <= z ^+ 2.
Hypothesis ahead : n%:R ^+ 2 * rho2 * x < z ^+ 2.

Lemma own_label j : 0 < sgn (0 < heads w0 j) * heads w0 j.
Proof. by case: (signs j) => ->; rewrite ?ltr01 ?ltr0N1 /sgn ?mulrNN mulr1 ltr01. Qed.

Lemma head_norm j : `|heads w j| = 1.
Proof. by rewrite same_heads; case: (signs j) => ->; rewrite ?normrN normr1. Qed.

(** Losers are short beside winners. *)
Lemma state_dominates y i j : winner s0 y i -> loser s0 j ->
  ratio ^+ 2 * length_squared (filters w j) <= length_squared (filters w i).
Proof.
move=> win_i lose_j; have own := own_label j.
exact: (norms_core dictionary apart (ltW z0) (keys_grown win_i) (losers_small own lose_j)
  (rest_small own) dominant).
Qed.

(** Winners point along their keys. *)
Lemma state_aligned y i : winner s0 y i ->
  (1 - delta) * length_squared (filters w i) <= along P w i y ^+ 2.
Proof.
move=> win_i; have grown := keys_grown win_i; have [own _] := andP win_i.
apply: (angle_core dictionary apart); have l0 := length_squared_ge0 (across P w i y).
apply: (@le_trans _ _ (length_squared (across P w i y))).
  by rewrite ler_pimull // ger_addl oppr_le0 ltW.
apply: le_trans (rest_small own) (le_trans aligned _); rewrite ler_pmul2l //.
by rewrite ler_expn2r ?nnegrE ?(ltW z0) ?(le_trans (ltW z0) grown).
Qed.

(** Every image is on the right side: of n filters one winner says at least z for its label, and each
    of the others less than z / n against it. *)
Lemma state_margin (a : atom D) : 0 < margin M (coordinates P w) (sample_at a).
Proof.
set X := sample_at a; set y := label X; have keyX : keys_by_label r X by exact: unique.
have [j0 win0] : exists j, winner s0 y j.
  have /andP[pos neg] := both.
  suff /card_gt0P[j] : (0 < winners s0 y)%N by rewrite inE; exists j.
  by case: (y).
have [own0 _] := andP win0.
have n0 : (0 < n)%N by exact: leq_ltn_trans (leq0n j0) (ltn_ord j0).
have nR : 0 < n%:R :> R by rewrite ltr0n.
pose c : R := z / n%:R; have c0 : 0 < c by rewrite divr_gt0.
apply: (margin_positive fixed (r := r) (J := pred1 j0) (Y := fun=> c)) => //.
- by move=> j /eqP ->; rewrite same_heads.
- move=> i neg; have wrong : 0 < sgn (~~ y) * heads w0 i.
    by rewrite sgn_neg mulNr oppr_gt0 -same_heads.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?(ltW c0) ?(pooled_ge0 P fixed) //.
  have absent : count X (key (~~ y)) = 0%N by case/andP: keyX => _ /eqP.
  rewrite (pooled_relu P fixed) (bigD1 (key (~~ y))) //= absent mul0r add0r.
  apply: le_trans (reach dictionary (only_apart apart (y := ~~ y)) (filters w i) X) _.
  rewrite -acrossE; apply: (@le_trans _ _ (rho2 * x)).
    apply: ler_pmul; rewrite ?spread_rest_ge0 ?length_squared_ge0 //; first exact: spread_le.
    exact: rest_small.
  rewrite /c expr_div_n ler_pdivl_mulr ?exprn_gt0 //; apply/ltW; apply: le_lt_trans ahead.
  by rewrite mulrC mulrA.
rewrite big_pred1_eq head_norm mul1r; apply: (@lt_le_trans _ _ z); last first.
  apply: le_trans (keys_grown win0) _; apply: ler_pemull; last by rewrite ler1n.
  exact: le_trans (ltW z0) (keys_grown win0).
apply: (@le_lt_trans _ _ (\sum_(i | i != j0) c)).
  rewrite [X in X <= _]big_mkcond [X in _ <= X]big_mkcond /=; apply: ler_sum => i _.
  have [->|_] := eqVneq i j0; first by rewrite same_heads ltNge (ltW own0).
  by case: ifP => _; [rewrite head_norm mul1r | exact: ltW].
have few : (#|predC1 j0| < n)%N by rewrite cardC1 card_ord ltn_predL.
rewrite sumr_const -[_ *+ _]mulr_natr /c mulrAC ltr_pdivr_mulr //.
by rewrite ltr_pmul2l // ltr_nat.
Qed.

Theorem state_learnt : learnt M P D ratio delta w0 w.
Proof.
apply/and4P; split=> //.
- apply/forallP => y; apply/forallP => i; apply/forallP => j; apply/implyP => /andP[win_i lose_j].
  exact: state_dominates win_i lose_j.
- apply/forallP => y; apply/forallP => i; apply/implyP => win_i; apply/andP; split.
    exact: lt_le_trans z0 (keys_grown win_i).
  exact: state_aligned win_i.
by rewrite accuracy1; apply/forallP => i; exact: state_margin.
Qed.

End OneState.

(** ** How often a label occurs, whatever its prior *)
Lemma rare_label (R : realFieldType) (K : nat) (D : distribution R K) (p : R) t y :
  0 < p -> p <= prior D y -> (0 < t)%N ->
  Pr D t (fun xs => (label_count y xs)%:R < t%:R * (p / 2%:R) :> R) <= 4%:R / (p * t%:R).
Proof.
move=> p0 p_le t0; have tR : 0 < t%:R :> R by rewrite ltr0n.
have q0 : 0 < prior D y by exact: lt_le_trans p_le.
have lam0 : 0 < t%:R * (prior D y / 2%:R) by rewrite mulr_gt0 ?divr_gt0 ?ltr0n.
apply: le_trans (le_trans (chebyshev D t (fun xs => (label_count y xs)%:R) (t%:R * prior D y) lam0) _).
  apply: Pr_le => xs /= few; rewrite distrC ler_normr; apply/orP; left.
  rewrite ler_subr_addr -[X in _ + X]/((label_count y xs)%:R).
  have -> : t%:R * prior D y = t%:R * (prior D y / 2%:R) + t%:R * (prior D y / 2%:R) by field.
  rewrite ler_add2l; apply: le_trans (ltW few) _.
  by apply: ler_wpmul2l; rewrite ?ler0n // ler_pmul2r ?invr_gt0 ?ltr0n.
rewrite label_count_variance.
have -> : t%:R * (prior D y * (1 - prior D y)) / (t%:R * (prior D y / 2%:R)) ^+ 2 =
  4%:R * (1 - prior D y) / (prior D y * t%:R) by field; rewrite !lt0r_neq0.
apply: ler_pmul; rewrite ?invr_ge0 ?mulr_ge0 ?subr_ge0 ?prior_le1 ?ler0n ?(ltW q0) //.
  by rewrite ler_pimulr ?ler0n // ger_addl oppr_le0 ltW.
by rewrite lef_pinv ?posrE ?mulr_gt0 // ler_pmul2r.
Qed.

(** ** Training: blocks of doubling length *)
Section Training.
Variables (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K).
Variables (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (w0 : network R n d).
Hypotheses (dictionary : dictionary_of M P) (apart : keys_apart M).
Hypotheses (fixed : fixed_head_relu M Unhinged) (eta0 : 0 < eta M) (r0 : forall y, (0 < r y)%N).
Hypothesis unique : forall i : atom D, keys_by_label r (sample_at i).
Hypothesis no_drift : forall k, mean D (fun x => sgn (label x) * (count x (background k))%:R) = 0.
Hypothesis signs : forall j, heads w0 j = 1 \/ heads w0 j = -1.
Implicit Types (j i : 'I_n) (y : bool).
Local Notation trained_by xs := (vector_sgd M P w0 xs).
Local Notation s0 := (coordinates P w0).

Lemma head_square1 j : heads w0 j ^+ 2 = 1.
Proof. by case: (signs j) => ->; rewrite ?sqrrN expr1n. Qed.

Lemma head_norm1 j : `|heads w0 j| = 1.
Proof. by case: (signs j) => ->; rewrite ?normrN normr1. Qed.

Lemma along_winner xs j y : all (keys_by_label r) xs -> winner s0 y j ->
  eta M * (label_count y xs)%:R <= along P (trained_by xs) j y.
Proof.
move=> keys /andP[own pos]; rewrite (own_key dictionary apart fixed (ltW eta0) keys own).
rewrite -[weight _ _ _]/(along P w0 j y) in pos; rewrite pos head_norm1 mulr1.
apply: ler_paddl; first exact: ltW.
apply: ler_wpmul2r; rewrite ?ler0n // ler_pemulr ?ler1n //; exact: ltW.
Qed.

Lemma along_loser xs j y : 0 < sgn y * heads w0 j -> loser s0 j ->
  along P (trained_by xs) j y = along P w0 j y.
Proof.
move=> own lose_j; apply: (loser_key_stays dictionary apart fixed).
have : ~~ winner s0 y j by case/andP: lose_j; case: (y).
by rewrite /winner own /= -leNgt.
Qed.

Lemma across_maximal j y t (X e : R) : 0 < e -> 0 < sgn y * heads w0 j ->
  length_squared (across P w0 j y) + eta M ^+ 2 * mean D (spread_across M y) * t%:R <= e * X ->
  Pr D t (fun xs => [exists v : 'I_t.+1,
    X < length_squared (across P (trained_by (take v xs)) j y)]) <= e.
Proof.
move=> e0 own le; apply: (maximal_across dictionary apart fixed (ltW eta0) unique own) => //.
  by move=> k; rewrite no_drift mulr0.
by rewrite head_square1 mulr1.
Qed.


Hypothesis both : both_win s0.
Variables (ratio delta eps h2 C rho2 p : R) (T : nat).
Hypothesis start_le : forall j, length_squared (filters w0 j) <= h2.
Hypothesis mean_spread_le : forall y, mean D (spread_across M y) <= C.
Hypothesis spread_le : forall (i : atom D) y, spread_across M y (sample_at i) <= rho2.
Hypothesis prior_le : forall y, p <= prior D y.
Hypotheses (p0 : 0 < p) (delta0 : 0 < delta) (eps0 : 0 < eps) (T0 : (0 < T)%N).

(** What a filter is allowed across its key, and what its key is worth, on the first block. *)
Let share : R := eps / (4%:R * n.+1%:R).
Let X : R := (h2 + 2%:R * (eta M ^+ 2 * C) * T%:R) / share.
Let A : R := eta M * (p / 2%:R) * T%:R.
Hypothesis enough_images : 32%:R / (p * eps) <= T%:R.
Hypothesis aligned : X <= delta * A ^+ 2.
Hypothesis dominant : ratio ^+ 2 * (h2 + X) <= A ^+ 2.
Hypothesis ahead : n%:R ^+ 2 * rho2 * X < A ^+ 2.

Lemma share_gt0 : 0 < share.
Proof. by rewrite divr_gt0 // mulr_gt0 ?ltr0n. Qed.

Lemma h2_ge0 : 0 <= h2.
Proof.
have /andP[/card_gt0P[j _] _] := both; exact: le_trans (length_squared_ge0 _) (start_le j).
Qed.

Lemma C_ge0 : 0 <= C.
Proof.
apply: le_trans (mean_spread_le true); apply: mean_ge0 => i; apply: sumr_ge0 => p1 _.
by apply: sumr_ge0 => q _; rewrite !mulr_ge0 ?ler0n // le_maxr lexx.
Qed.

Lemma X_ge0 : 0 <= X.
Proof.
apply: divr_ge0; last exact: ltW share_gt0.
apply: addr_ge0; first exact: h2_ge0.
apply: mulr_ge0; last exact: ler0n; apply: mulr_ge0; first exact: ler0n.
by apply: mulr_ge0; [exact: sqr_ge0 | exact: C_ge0].
Qed.

Lemma A_gt0 : 0 < A.
Proof. by rewrite !mulr_gt0 ?invr_gt0 ?ltr0n. Qed.

(** On the block of number b everything but the share of a filter is 2^b times as large. *)
Lemma block_learnt b xs s : (s <= size xs)%N -> all (keys_by_label r) xs -> (2 ^ b * T <= s)%N ->
  (forall j y, 0 < sgn y * heads w0 j ->
    length_squared (across P (trained_by (take s xs)) j y) <= (2 ^ b)%:R ^+ 2 * X) ->
  (forall y, (2 ^ b * T)%:R * (p / 2%:R) <= (label_count y (take (2 ^ b * T) xs))%:R :> R) ->
  learnt M P D ratio delta w0 (trained_by (take s xs)).
Proof.
move=> s_le keys late small many; set q : R := (2 ^ b)%:R.
have q1 : 1 <= q by rewrite /q ler1n expn_gt0.
have q0 : 0 < q by exact: lt_le_trans q1.
have q2 : 1 <= q ^+ 2 by rewrite expr_ge1 // ltW.
have q20 : 0 < q ^+ 2 by rewrite exprn_gt0.
have keys_s : all (keys_by_label r) (take s xs).
  by move: keys; rewrite -{1}(cat_take_drop s xs) all_cat => /andP[].
apply: (state_learnt dictionary apart fixed r0 unique signs _ spread_le _ (z := q * A) (x := q ^+ 2 * X)
  (h2 := h2)) => //.
- by move=> j; exact: (heads_sgd P fixed).
- by rewrite mulr_gt0 ?A_gt0.
- move=> j y win_j; apply: le_trans (along_winner keys_s win_j).
  have -> : q * A = eta M * ((2 ^ b * T)%:R * (p / 2%:R)) by rewrite /A /q natrM; ring.
  rewrite ler_pmul2l //; apply: le_trans (many y) _; rewrite ler_nat /label_count.
  rewrite -[in X in (_ <= X)%N](cat_take_drop (2 ^ b * T) (take s xs)) take_take //.
  by rewrite map_cat count_cat leq_addr.
- move=> j y own lose_j; rewrite along_loser //; apply: le_trans (start_le j).
  by rewrite (length_along_across dictionary apart w0 j y) ler_addl length_squared_ge0.
- by rewrite exprMn [X in _ <= X]mulrCA ler_pmul2l.
- rewrite exprMn; apply: (@le_trans _ _ (q ^+ 2 * (ratio ^+ 2 * (h2 + X)))); last by rewrite ler_pmul2l.
  rewrite [X in _ <= X]mulrCA; apply: ler_wpmul2l; first exact: sqr_ge0.
  by rewrite mulrDr ler_add2r ler_pemull ?h2_ge0.
rewrite [(q * A) ^+ 2]exprMn.
have -> : n%:R ^+ 2 * rho2 * (q ^+ 2 * X) = q ^+ 2 * (n%:R ^+ 2 * rho2 * X) by ring.
by rewrite ltr_pmul2l.
Qed.

(** Its error: a share for each filter, and how rare a label may be. *)
Lemma block_error b : Pr D (2 ^ b.+1 * T) (fun xs => [exists s : 'I_(size xs).+1, (2 ^ b * T <= s)%N &&
    ~~ learnt M P D ratio delta w0 (trained_by (take s xs))]) <= eps / 2%:R / 2%:R ^+ b.
Proof.
set t := (2 ^ b.+1 * T)%N; set t0 := (2 ^ b * T)%N; set q : R := (2 ^ b)%:R.
have q1 : 1 <= q by rewrite /q ler1n expn_gt0.
have q0 : 0 < q by exact: lt_le_trans q1.
have qE : 2%:R ^+ b = q by rewrite /q natrX.
have tE : t%:R = 2%:R * q * T%:R :> R by rewrite /t /q expnS !natrM.
have t0E : t0%:R = q * T%:R :> R by rewrite /t0 /q natrM.
have t0_pos : (0 < t0)%N by rewrite muln_gt0 expn_gt0.
have t0_t : (t0 <= t)%N by rewrite leq_mul2r leq_pexp2l ?orbT.
have TR : 0 < T%:R :> R by rewrite ltr0n.
pose y j : bool := 0 < heads w0 j.
have own j : 0 < sgn (y j) * heads w0 j by exact: own_label.
have own_eq j y' : 0 < sgn y' * heads w0 j -> y' = y j.
  rewrite /y; case: (signs j) => ->; rewrite ?ltr01 ?ltr0N1; case: y' => //=; rewrite /sgn.
    by rewrite mulr1 ltr0N1.
  by rewrite mul1r ltr0N1.
pose far j xs := [exists v : 'I_t.+1,
  q ^+ 2 * X < length_squared (across P (trained_by (take v xs)) j (y j))].
pose rare y' (xs : seq (sample K)) := (label_count y' (take t0 xs))%:R < (t0%:R * (p / 2%:R) : R).
pose wrong xs := [exists s : 'I_(size xs).+1, (t0 <= s)%N &&
  ~~ learnt M P D ratio delta w0 (trained_by (take s xs))].
have unless : 1 - \sum_j Pr D t (far j) - \sum_y' Pr D t (rare y') <= Pr D t (predC wrong).
  apply: Pr_unless => w near many; rewrite /= negb_exists; apply/forallP => s.
  rewrite negb_and negbK -implybE; apply/implyP => late.
  have s_t : (s <= t)%N by rewrite -[X in (_ <= X)%N](size_samples w) -ltnS ltn_ord.
  apply: (block_learnt _ _ late) => [|||y'].
  - by rewrite -ltnS ltn_ord.
  - exact: all_samples.
  - move=> j y' /own_eq ->; have := near j; rewrite negb_exists => /forallP.
    move/(_ (Ordinal (s_t : (s < t.+1)%N))).
    by rewrite -leNgt.
  by rewrite leNgt; exact: many.
have few_far : \sum_j Pr D t (far j) <= eps / 4%:R / q.
  apply: (@le_trans _ _ (\sum_(j < n) share / q)).
    apply: ler_sum => j _; apply: across_maximal (own j) _; first by rewrite divr_gt0 ?share_gt0.
    have -> : share / q * (q ^+ 2 * X) = q * (h2 + 2%:R * (eta M ^+ 2 * C) * T%:R).
      by rewrite /X; field; rewrite !lt0r_neq0 ?share_gt0.
    rewrite mulrDr; apply: ler_add.
      apply: (@le_trans _ _ h2); last by rewrite ler_pemull ?h2_ge0.
      apply: le_trans (start_le j); rewrite (length_along_across dictionary apart w0 j (y j)).
      by rewrite ler_addr sqr_ge0.
    have -> : q * (2%:R * (eta M ^+ 2 * C) * T%:R) = eta M ^+ 2 * C * t%:R by rewrite tE; ring.
    by apply: ler_wpmul2r; rewrite ?ler0n //; apply: ler_wpmul2l; rewrite ?sqr_ge0.
  rewrite sumr_const card_ord -[X in X <= _]mulr_natr mulrAC ler_pmul2r ?invr_gt0 //.
  have -> : share * n%:R = eps / 4%:R * (n%:R / n.+1%:R).
    by rewrite /share invfM; move: (_^-1) (_^-1) => u v; ring.
  by rewrite ler_pimulr ?divr_ge0 ?ler0n ?(ltW eps0) // ler_pdivr_mulr ?ltr0n // mul1r ler_nat.
have few_rare : \sum_y' Pr D t (rare y') <= eps / 4%:R / q.
  apply: (@le_trans _ _ (\sum_(y' : bool) 4%:R / (p * t0%:R))).
    apply: ler_sum => y' _; apply: le_trans (rare_label p0 (prior_le y') t0_pos).
    by rewrite (Pr_take D (fun xs => (label_count y' xs)%:R < (t0%:R * (p / 2%:R) : R)) t0_t).
  rewrite big_bool t0E -[X in X <= _]/(4%:R / (p * (q * T%:R)) + 4%:R / (p * (q * T%:R))).
  have -> : 4%:R / (p * (q * T%:R)) + 4%:R / (p * (q * T%:R)) = 8%:R / (p * T%:R) / q :> R.
    by field; rewrite !lt0r_neq0.
  rewrite ler_pmul2r ?invr_gt0 // ler_pdivr_mulr ?mulr_gt0 //.
  move: enough_images; rewrite ler_pdivr_mulr ?mulr_gt0 // => le.
  have -> : eps / 4%:R * (p * T%:R) = T%:R * (p * eps) / 4%:R by ring.
  by rewrite ler_pdivl_mulr ?ltr0n // -natrM.
rewrite -/(wrong) qE; rewrite PrC in unless.
have total : eps / 2%:R / q = eps / 4%:R / q + eps / 4%:R / q by field; rewrite lt0r_neq0.
rewrite total; apply: le_trans (ler_add few_far few_rare).
by rewrite -[X in X <= _]opprK ler_oppl -(ler_add2l 1) opprD addrA.
Qed.

Theorem trained_learnt T' : 1 - eps <= Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
  learnt M P D ratio delta w0 (trained_by (take t xs))]).
Proof.
pose bad xs := ~~ learnt M P D ratio delta w0 (trained_by xs).
have := @doubling_blocks_all _ _ D bad T _ T0 block_error T'.
have -> : 2%:R * (eps / 2%:R) = eps by field.
move/le_trans; apply; apply: Pr_le => xs /forallP learn; apply/forallP => t; apply/implyP => late.
by have := learn t; rewrite late negbK.
Qed.

End Training.

(** ** For every number of filters there is a time *)
Section MainTheorem.
Variables (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K).
Variables (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (h ratio delta eps : R).
Hypotheses (dictionary : dictionary_of M P) (apart : keys_apart M).
Hypotheses (fixed : fixed_head_relu M Unhinged) (eta0 : 0 < eta M) (r0 : forall y, (0 < r y)%N).
Hypothesis unique : forall i : atom D, keys_by_label r (sample_at i).
Hypothesis occurs : forall y, 0 < prior D y.
Hypothesis no_drift : forall k, mean D (fun x => sgn (label x) * (count x (background k))%:R) = 0.
Hypotheses (delta0 : 0 < delta) (eps0 : 0 < eps).

Let C : R := \sum_y mean D (spread_across M y).
Let rho2 : R := \sum_(i : atom D) \sum_y spread_across M y (sample_at i).

Lemma spread_ge0 y x : 0 <= spread_across M y x.
Proof.
apply: sumr_ge0 => p _; apply: sumr_ge0 => q _.
by rewrite !mulr_ge0 ?ler0n // le_maxr lexx.
Qed.

Lemma mean_spread_le_C y : mean D (spread_across M y) <= C.
Proof.
rewrite /C (bigD1 y) //= ler_addl; apply: sumr_ge0 => y' _.
by apply: mean_ge0 => i; exact: spread_ge0.
Qed.

Lemma spread_le_rho (i : atom D) y : spread_across M y (sample_at i) <= rho2.
Proof.
rewrite /rho2 (bigD1 i) //= (bigD1 y) //= -addrA ler_addl; apply: addr_ge0.
  by apply: sumr_ge0 => y' _; exact: spread_ge0.
by apply: sumr_ge0 => i' _; apply: sumr_ge0 => y' _; exact: spread_ge0.
Qed.

(** Both priors are at least their product. *)
Let p : R := prior D true * prior D false.

Lemma p_gt0 : 0 < p.
Proof. exact: mulr_gt0. Qed.

Lemma p_le y : p <= prior D y.
Proof.
have [pos neg] := (ltW (occurs true), ltW (occurs false)).
by case: y; [apply: ler_pimulr | apply: ler_pimull] => //; exact: prior_le1.
Qed.

(** The time: late enough for the first block. *)
Lemma enough_time : exists T : nat,
  let X := (h ^+ 2 + 2%:R * (eta M ^+ 2 * C) * T%:R) / (eps / (4%:R * n.+1%:R)) in
  let A := eta M * (p / 2%:R) * T%:R in
  [/\ (0 < T)%N, 32%:R / (p * eps) <= T%:R, X <= delta * A ^+ 2, ratio ^+ 2 * (h ^+ 2 + X) <= A ^+ 2
    & n%:R ^+ 2 * rho2 * X < A ^+ 2].
Proof.
have share0 : 0 < eps / (4%:R * n.+1%:R) by rewrite divr_gt0 // mulr_gt0 ?ltr0n.
set share := eps / _ in share0 *; set g := eta M * (p / 2%:R).
have g0 : 0 < g by rewrite mulr_gt0 // divr_gt0 ?p_gt0 ?ltr0n.
have g20 : 0 < g ^+ 2 by rewrite exprn_gt0.
have C0 : 0 <= C by apply: sumr_ge0 => y _; apply: mean_ge0 => i; exact: spread_ge0.
have rho0 : 0 <= rho2 by apply: sumr_ge0 => i _; apply: sumr_ge0 => y _; exact: spread_ge0.
pose a := h ^+ 2 / share; pose b := 2%:R * (eta M ^+ 2 * C) / share.
have a0 : 0 <= a by rewrite divr_ge0 ?sqr_ge0 // ltW.
have b0 : 0 <= b by rewrite divr_ge0 ?(ltW share0) // mulr_ge0 ?ler0n // mulr_ge0 ?sqr_ge0.
have XE (T : nat) : (h ^+ 2 + 2%:R * (eta M ^+ 2 * C) * T%:R) / share = a + b * T%:R.
  by rewrite /a /b mulrDl; congr (_ + _); rewrite mulrAC.
have [T1 late1] := some_time (32%:R / (p * eps)).
have [T2 late2] := outgrows a0 b0 (mulr_gt0 delta0 g20).
have [T3 late3] := outgrows (mulr_ge0 (sqr_ge0 ratio) (addr_ge0 (sqr_ge0 h) a0))
  (mulr_ge0 (sqr_ge0 ratio) b0) g20.
have c0 : 0 <= n%:R ^+ 2 * rho2 by rewrite mulr_ge0 ?sqr_ge0.
have [T4 late4] := outgrows (mulr_ge0 c0 a0) (mulr_ge0 c0 b0) g20.
pose T := (T1 + T2 + (T3 + T4)).+1; exists T.
have le1 : (T1 <= T)%N by rewrite leqW // -addnA leq_addr.
have le2 : (T2 <= T)%N by rewrite leqW // addnAC leq_addl.
have le3 : (T3 <= T)%N by rewrite leqW // addnCA leq_addr.
have le4 : (T4 <= T)%N by rewrite leqW // addnA leq_addl.
have T_gt0 : (0 < T)%N by [].
move: T T_gt0 le1 le2 le3 le4 => T T_gt0 le1 le2 le3 le4; rewrite XE.
have gT : (g * T%:R) ^+ 2 = g ^+ 2 * T%:R ^+ 2 by rewrite exprMn.
split=> //; rewrite ?gT.
- exact/ltW/late1.
- by rewrite mulrA; exact/ltW/late2.
- apply/ltW; apply: le_lt_trans (late3 T le3).
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
apply: le_lt_trans (late4 T le4).
by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

Theorem learnt_rate : exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n - eps <=
    mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      learnt M P D ratio delta w (vector_sgd M P w (take t xs))])).
Proof.
have [T [T0 enough aligned dominant ahead]] := enough_time; exists T => V L symmetric bounded T'.
rewrite -(network_lottery symmetric) -[- eps](mean_network_const L) -mean_network_add.
apply: ler_mean_network => a z; case both: (both_win _); last first.
  by rewrite add0r; apply: le_trans (Pr_ge0 _ _ _); rewrite oppr_le0 ltW.
apply: le_trans (_ : 1 - eps <= _); first by rewrite -[true%:R]/(1 : R).
apply: (trained_learnt dictionary apart fixed eta0 r0 unique no_drift _ both _ mean_spread_le_C
  spread_le_rho p_le p_gt0 delta0 eps0 T0 enough aligned dominant ahead).
  by move=> j /=; case: (a j); [left | right].
by move=> j; exact: bounded.
Qed.

End MainTheorem.

(** ** The number of filters depends on delta alone *)
Theorem main_theorem (R : archiFieldType) (delta : R) : 0 < delta ->
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
Proof.
move=> delta0; have d4 : 0 < delta / 4%:R by rewrite divr_gt0 // ltr0n.
have d2 : 0 < delta / 2%:R by rewrite divr_gt0 // ltr0n.
have q01 : 0 <= (3%:R / 4%:R : R) < 1.
  by rewrite divr_ge0 ?ler0n //= ltr_pdivr_mulr ?ltr0n // mul1r ltr_nat.
have [n0 few] := power_limit q01 d4.
exists n0 => n /few few_n K d D M P r m h ratio dictionary apart fixed eta0 r0 unique independent even.
have keys (i : atom D) : keys_by_label (fun=> r) (sample_at i).
  by have /and3P[own other _] := unique i; rewrite /keys_by_label own.
have occurs y : 0 < prior D y by rewrite (balanced_prior y even) invr_gt0 ltr0n.
have [T late] := learnt_rate n h ratio dictionary apart fixed eta0 (fun=> r0) keys occurs
  (mean_background0 independent even) delta0 d2.
exists T => V L symmetric bounded T'; apply: le_trans (late V L symmetric bounded T').
apply: (@le_trans _ _ (1 - 2%:R * (delta / 4%:R) - delta / 2%:R)).
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
rewrite ler_add2r; apply: ler_paddr; first by rewrite exprn_ge0 ?invr_ge0 ?ler0n.
by rewrite ler_add2l ler_opp2 ler_pmul2l ?ltr0n.
Qed.
