(** * T11: the main claim in one statement

    Random initialisation, then SGD with the hinge. Either one label has no winner, which T9 prices, or
    T6's bound holds with c >= 1, at most n winners and initial values bounded by h, and T6 (a) prices
    the rest. Averaging over the initial values gives the sum of both. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability binomial_tail mistake_bound learning_time lottery.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Averages over initial states *)
Section Averages.
Variables (R : realFieldType) (n K : nat) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V).
Implicit Types (F G : state R n K -> R).

Lemma mean_weights1 a : mean_weights L a (fun _ => 1) = 1.
Proof.
rewrite /mean_weights; under eq_bigr do rewrite mulr1.
rewrite -(bigA_distr_bigA (fun jp v => chance (L jp.1 jp.2) v)) big1 // => jp _; exact: chance_sum.
Qed.

Lemma mean_initial1 : mean_initial L (fun _ => 1) = 1.
Proof.
rewrite /mean_initial; under eq_bigr do rewrite mean_weights1 mulr1.
rewrite sumr_const card_ffun card_bool card_ord -[_ *+ _]mulr_natr natrX -exprMn mulVf ?expr1n //.
by rewrite pnatr_eq0.
Qed.

Lemma mean_initial_sub (c : R) G : mean_initial L (fun s => c - G s) = c - mean_initial L G.
Proof.
have lin a : mean_weights L a (fun s => c - G s) = c - mean_weights L a G.
  rewrite -[X in X - _]mulr1 -(mean_weights1 a) /mean_weights mulr_sumr -sumrB.
  by apply: eq_bigr => z _; rewrite mulrBr mulr1 mulrC.
rewrite -[X in X - _]mulr1 -mean_initial1 /mean_initial mulr_sumr -sumrB.
by apply: eq_bigr => a _; rewrite lin mean_weights1 mulrBr mulr1 mulrC.
Qed.

Lemma ler_mean_initial F G : (forall a z, F (initial L a z) <= G (initial L a z)) ->
  mean_initial L F <= mean_initial L G.
Proof.
move=> FG; apply: ler_sum => a _; rewrite ler_wpmul2l ?exprn_ge0 ?invr_ge0 ?ler0n //.
apply: ler_sum => z _; rewrite ler_wpmul2l // prodr_ge0 // => jp _; exact: chance_ge0.
Qed.

Variable h : R.
Hypothesis bounded : forall j q v, `|value (L j q) v| <= h.

(** The initial norm is at most n P h^2. *)
Lemma initial_norm a z : total_norm_squared (initial L a z) <= n%:R * (K.+2%:R * h ^+ 2).
Proof.
apply: (@le_trans _ _ (\sum_(j < n) \sum_(q : pattern K) h ^+ 2)).
  apply: ler_sum => j _; apply: ler_sum => q _ /=.
  have le := bounded j q (z (j, q)); have h0 := le_trans (normr_ge0 _) le.
  by rewrite -[X in X <= _]real_normK ?num_real // ler_expn2r ?nnegrE ?normr_ge0.
by rewrite !sumr_const card_sum card_bool !card_ord add2n -[X in X <= _]mulr_natl -[_ *+ K.+2]mulr_natl.
Qed.

Lemma initial_signed a z : signed_head (initial L a z).
Proof. by move=> j /=; case: (a j); [left | right]. Qed.

End Averages.

(** No filter wins for both labels. *)
Lemma winners_le (R : realFieldType) (n K : nat) (s : state R n K) :
  (winners s true + winners s false <= n)%N.
Proof.
rewrite /winners -cardUI [X in (_ + X)%N]eq_card0; last first.
  move=> j; rewrite !inE /winner /sgn mul1r mulN1r oppr_gt0.
  by case: ltgtP; rewrite ?andbF.
by rewrite addn0 -[X in (_ <= X)%N]card_ord max_card.
Qed.

Section MainClaim.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Variables (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r m k : nat) (h p : R).
Hypotheses (network : fixed_head_network M Hinge) (eta0 : 0 < eta M) (keys : unique_keys D r m).
Hypothesis bounded : forall j q v, `|value (L j q) v| <= h.
Hypotheses (p0 : 0 <= p) (least : forall i : atom D, p <= probability i).
Hypothesis bound : forall u : nat, (eta M * r%:R * u%:R) ^+ 2 <=
  n%:R * (n%:R * (K.+2%:R * h ^+ 2) + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
  (u <= k)%N.

(** With winners for both labels every path has at most k updates. *)
Lemma initial_within a z : both_win (initial L a z) -> mistakes_within D M k (initial L a z).
Proof.
move=> /andP[plus minus]; set s := initial L a z in plus minus *.
apply: (mistakes_within_bound network (ltW eta0) (initial_signed L a z) keys) => u le; apply: bound.
have c1 : (1 <= minn (winners s true) (winners s false))%N by rewrite leq_min plus minus.
have T0 : 0 <= 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2.
  by rewrite addr_ge0 ?mulr_ge0 ?ler0n ?exprn_ge0 ?ler0n // ltW.
have er0 : 0 <= eta M * r%:R by rewrite mulr_ge0 ?ler0n // ltW.
apply: le_trans (le_trans le _).
  have [u0 c0] : 0 <= u%:R :> R /\ 0 <= (minn (winners s true) (winners s false))%:R :> R.
    by rewrite !ler0n.
  apply: ler_expn2r; rewrite ?nnegrE; [exact: mulr_ge0 | by apply: mulr_ge0 => //; exact: mulr_ge0 |].
  apply: ler_wpmul2r => //; rewrite -[X in X <= _]mulr1; apply: ler_wpmul2l => //.
  by rewrite ler1n.
have W0 : 0 <= total_norm_squared s by apply: sumr_ge0 => j _; apply: sumr_ge0 => q _; exact: sqr_ge0.
apply: ler_pmul; rewrite ?ler0n ?ler_nat ?winners_le //.
  by rewrite addr_ge0 // mulr_ge0 ?ler0n.
by rewrite ler_add2r initial_norm.
Qed.

Theorem main_claim T :
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  2%:R * (3%:R / 4%:R) ^+ n - 2%:R^-1 ^+ n + binomial_below T p k.
Proof.
have [i0 _] := some_atom D.
have p01 : 0 <= p <= 1 by rewrite p0 (le_trans (least i0)) // probability_le1.
have b0 := binomial_below_ge0 T k p01; set b := binomial_below T p k in b0 *.
apply: (@le_trans _ _ (mean_initial L (fun s => (1 + b) - (both_win s)%:R))).
  apply: ler_mean_initial => a z; case win: (both_win _); last by rewrite subr0 ler_paddr ?Pr_le1.
  rewrite addrAC subrr add0r; exact: (unsettled_tail network T p0 least (initial_within win)).
rewrite mean_initial_sub lottery le_eqVlt; apply/orP; left; apply/eqP.
by move: (_ ^+ n) (_ ^+ n) => u v; ring.
Qed.

End MainClaim.

(** For any delta some number of filters, and then some number of steps. *)
Theorem main_claim_limit (R : archiFieldType) (K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : forall n, 'I_n -> pattern K -> symmetric_law R V) (r m : nat) (h delta : R) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> unique_keys D r m ->
  (forall n j q v, `|value (@L n j q) v| <= h) -> 0 < delta ->
  exists n0, forall n, (n0 <= n)%N -> exists T0, forall T, (T0 <= T)%N ->
    mean_initial (@L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <= delta.
Proof.
move=> network eta0 r0 keys bounded delta0.
have d4 : 0 < delta / 4%:R by rewrite divr_gt0 // ltr0n.
have d2 : 0 < delta / 2%:R by rewrite divr_gt0 // ltr0n.
have q01 : 0 <= (3%:R / 4%:R : R) < 1.
  by rewrite divr_ge0 ?ler0n //= ltr_pdivr_mulr ?ltr0n // mul1r ltr_nat.
have [n0 few] := power_limit q01 d4; exists n0 => n /few few_n.
have T0 : 0 <= 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2.
  by rewrite addr_ge0 ?mulr_ge0 ?ler0n ?exprn_ge0 ?ler0n // ltW.
have A0 : 0 < eta M * r%:R by rewrite mulr_gt0 ?ltr0n.
have B0 : 0 <= n%:R * (n%:R * (K.+2%:R * h ^+ 2)) :> R.
  apply: mulr_ge0; first exact: ler0n.
  apply: mulr_ge0; first exact: ler0n.
  by apply: mulr_ge0; [exact: ler0n | exact: sqr_ge0].
have [k bound] := quadratic_limit A0 B0 (mulr_ge0 (ler0n R n) T0).
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
have [T0' small] := binomial_below_limit k p01 d2; exists T0' => T /small le.
apply: le_trans (_ : 2%:R * (delta / 4%:R) + delta / 2%:R <= _); last first.
  rewrite le_eqVlt; apply/orP; left; apply/eqP; by field.
apply: le_trans (main_claim network eta0 keys (@bounded n) (ltW p0) least _ T) _; last first.
  apply: ler_add le; rewrite ler_subl_addr ler_paddr ?exprn_ge0 ?invr_ge0 ?ler0n //.
  by rewrite ler_wpmul2l ?ler0n.
move=> u le_u; apply: bound; apply: le_trans le_u _.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.
