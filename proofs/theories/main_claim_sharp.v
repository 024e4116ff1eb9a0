(** * T11, the sharp forms: by the number of winners, and for given heads

    Where both labels have j winners or more, the harmonic mean H of T6s is at least j / 2, so that its
    bound becomes M_j, whatever else the start is. So the probability of not having settled is at most
    that of fewer than j winners plus the tail of T6 (a) with M_j: for every j, by the law of total
    probability over j, and for given heads as for fair ones. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability mistake_bound_sharp mistake_bound learning_time.
From filtercert Require Import learning_time_sharp lottery main_claim.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The harmonic mean of numbers that are j at least. *)
Lemma harmonic_ge (R : realFieldType) (a b j : R) : 0 < j -> j <= a -> j <= b ->
  j / 2%:R <= a * b / (a + b).
Proof.
move=> j0 ja jb; have [a0 b0] : 0 < a /\ 0 < b by split; [exact: lt_le_trans ja | exact: lt_le_trans jb].
rewrite ler_pdivl_mulr ?addr_gt0 // -mulrA [_^-1 * _]mulrC mulrA ler_pdivr_mulr ?ltr0n // -subr_ge0.
have -> : a * b * 2%:R - j * (a + b) = a * (b - j) + b * (a - j) by ring.
by rewrite addr_ge0 // mulr_ge0 ?subr_ge0 // ltW.
Qed.

(** A2: the squares of the counts of an image. *)
Lemma count_square (R : realFieldType) (K r m : nat) (x : sample K) : unique_key r m x ->
  \sum_p (count x p)%:R ^+ 2 <= r%:R ^+ 2 + (m - r)%:R ^+ 2 :> R.
Proof.
move=> key; have /and3P[/eqP own /eqP other few] := key.
have keys : (count x (inl true) + count x (inl false) = r)%N.
  by move: own other; case: (label x) => /= -> ->; rewrite ?addn0.
have rest : (\sum_k count x (background k) <= m - r)%N.
  rewrite leq_subRL; last first.
    by apply: leq_trans few; rewrite /patches big_sumType /= big_bool -keys leq_addr.
  by apply: leq_trans few; rewrite -keys /patches big_sumType /= big_bool leq_add2r.
rewrite sum_pattern ler_add //.
  by move: own other; case: (label x) => /= -> ->; rewrite expr0n ?addr0 ?add0r.
under eq_bigr do rewrite -natrX; rewrite -natr_sum -natrX ler_nat.
by apply: leq_trans (sum_sqr_le _) _; rewrite leq_exp2r.
Qed.

(** ** Averages over the weights *)
Section Averages.
Variables (R : realFieldType) (n K : nat) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V).
Implicit Types (F G : state R n K -> R) (a : {ffun 'I_n -> bool}).

Lemma ler_mean_weights a F G : (forall z, F (initial L a z) <= G (initial L a z)) ->
  mean_weights L a F <= mean_weights L a G.
Proof.
move=> FG; apply: ler_sum => z _; rewrite ler_wpmul2l // prodr_ge0 // => jp _; exact: chance_ge0.
Qed.

Lemma mean_weights_const a F (c : R) : mean_weights L a (fun s => F s + c) = mean_weights L a F + c.
Proof.
rewrite -[X in _ = _ + X]mul1r -(mean_weights1 L a) /mean_weights mulr_suml -big_split.
by apply: eq_bigr => z _ /=; rewrite mulr1 mulrDr.
Qed.

Lemma mean_weights_sum a (I : finType) (F : I -> state R n K -> R) (c : I -> R) :
  mean_weights L a (fun s => \sum_i F i s * c i) = \sum_i mean_weights L a (F i) * c i.
Proof.
under [RHS]eq_bigr do rewrite mulr_suml; rewrite [RHS]exchange_big; apply: eq_bigr => z _ /=.
by rewrite mulr_sumr; apply: eq_bigr => i _; rewrite mulrA.
Qed.

Lemma mean_initial_const F (c : R) : mean_initial L (fun s => F s + c) = mean_initial L F + c.
Proof.
rewrite -[X in _ = _ + X]mul1r -(mean_initial1 L) /mean_initial mulr_suml -big_split.
by apply: eq_bigr => a _ /=; rewrite mean_weights_const mean_weights1 mulr1 mulrDr.
Qed.

Lemma mean_initial_sum (I : finType) (F : I -> state R n K -> R) (c : I -> R) :
  mean_initial L (fun s => \sum_i F i s * c i) = \sum_i mean_initial L (F i) * c i.
Proof.
under [RHS]eq_bigr do rewrite mulr_suml; rewrite [RHS]exchange_big; apply: eq_bigr => a _ /=.
by rewrite mean_weights_sum mulr_sumr; apply: eq_bigr => i _; rewrite mulrA.
Qed.

Lemma mean_weights_sub a (c : R) G : mean_weights L a (fun s => c - G s) = c - mean_weights L a G.
Proof.
rewrite -[X in X - _]mulr1 -(mean_weights1 L a) /mean_weights mulr_sumr -sumrB.
by apply: eq_bigr => z _; rewrite mulrBr mulr1 mulrC.
Qed.

End Averages.

Section Sharp.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Variables (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r : nat) (h p S : R).
Hypotheses (network : fixed_head_network M Hinge) (eta0 : 0 <= eta M).
Hypothesis keys : forall i : atom D, key_at_least r (sample_at i).
Hypothesis squares : forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S.
Hypothesis bounded : forall j q v, `|value (L j q) v| <= h.
Hypotheses (p0 : 0 <= p) (least : forall i : atom D, p <= probability i).
Implicit Types (j k T : nat) (s : state R n K) (a : {ffun 'I_n -> bool}).

(** The lesser number of winners. *)
Local Notation least_winners s := (minn (winners s true) (winners s false)).

(** k is at least every number of updates that the bound for j winners allows. *)
Definition allows j k := forall u : nat, (eta M * r%:R * u%:R) ^+ 2 <=
  2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
    + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) -> (u <= k)%N.

Lemma active_square_le s x : signed_head s -> \sum_q (count x q)%:R ^+ 2 <= S ->
  active_square s x <= n%:R * S.
Proof.
move=> signed le; have -> : n%:R * S = \sum_(j < n) S by rewrite sumr_const card_ord mulr_natl.
apply: ler_sum => j _; have -> : head s j ^+ 2 = 1 by case: (signed j) => ->; rewrite ?sqrrN expr1n.
rewrite mul1r; apply: le_trans le; rewrite big_mkcond; apply: ler_sum => q _.
by case: ifP => // _; exact: sqr_ge0.
Qed.

Lemma within_j j k a z : (0 < j)%N -> (j <= least_winners (initial L a z))%N -> allows j k ->
  mistakes_within D M k (initial L a z).
Proof.
move=> j0; rewrite leq_min => /andP[plus minus] bound; set s := initial L a z in plus minus *.
have signed : signed_head s := initial_signed L a z.
have jR : 0 < j%:R :> R by rewrite ltr0n.
apply: (@mistakes_within_sharp _ _ _ D M Hinge network (@hinge_zero_one R) (n%:R * S) _ r) eta0
  (gain_hinge eta0 _) keys _ _ => [i | u]; first exact: active_square_le.
rewrite !(head_square_signed _ signed) => le; apply: bound.
set X := (eta M * r%:R * u%:R) ^+ 2 in le *.
have -> : X = 2%:R / j%:R * (j%:R / 2%:R * X) by field; exact: lt0r_neq0.
rewrite ler_wpmul2l ?divr_ge0 ?ler0n //.
apply: le_trans (_ : _ <= (winners s true)%:R * (winners s false)%:R
  / ((winners s true)%:R + (winners s false)%:R) * X) _.
  by rewrite ler_wpmul2r ?sqr_ge0 // harmonic_ge ?ler_nat.
apply: le_trans le _; rewrite mulrA ler_add2r.
exact: le_trans (rest_le_total s) (initial_norm bounded a z).
Qed.

(** From one start with j winners or more. *)
Lemma unsettled_j j k a z T : (0 < j)%N -> (j <= least_winners (initial L a z))%N -> allows j k ->
  Pr D T (fun xs => ~~ settled D M (sgd M (initial L a z) xs)) <= binomial_below T p k.
Proof. by move=> j0 enough bound; apply: unsettled_tail => //; exact: within_j j0 enough bound. Qed.

Lemma p01 : 0 <= p <= 1.
Proof. by have [i0 _] := some_atom D; rewrite p0 (le_trans (least i0)) // probability_le1. Qed.

Lemma start_j j k a z T : (0 < j)%N -> allows j k ->
  Pr D T (fun xs => ~~ settled D M (sgd M (initial L a z) xs)) <=
  (least_winners (initial L a z) < j)%N%:R + binomial_below T p k.
Proof.
move=> j0 bound; case: ltnP => [few | enough]; last by rewrite add0r; exact: unsettled_j enough bound.
by apply: le_trans (Pr_le1 D T _) _; rewrite ler_addl binomial_below_ge0 // p01.
Qed.

(** Given heads. *)
Theorem sharp_heads a j k T : (0 < j)%N -> allows j k ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  mean_weights L a (fun s => (least_winners s < j)%N%:R) + binomial_below T p k.
Proof. by move=> j0 bound; rewrite -mean_weights_const; apply: ler_mean_weights => z; exact: start_j. Qed.

(** Fair heads. *)
Theorem sharp j k T : (0 < j)%N -> allows j k ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  mean_initial L (fun s => (least_winners s < j)%N%:R) + binomial_below T p k.
Proof.
by move=> j0 bound; rewrite -mean_initial_const; apply: ler_mean_initial => a z; exact: start_j.
Qed.

(** By the law of total probability over j: without winners nothing is certain. *)
Lemma start_total (k : nat -> nat) a z T : (forall j, (0 < j)%N -> allows j (k j)) ->
  Pr D T (fun xs => ~~ settled D M (sgd M (initial L a z) xs)) <=
  \sum_(j < n.+1) (least_winners (initial L a z) == j :> nat)%:R *
    (if j == 0%N :> nat then 1 else binomial_below T p (k j)).
Proof.
move=> bound; set s := initial L a z.
have lt_n : (least_winners s < n.+1)%N.
  by rewrite ltnS; apply: leq_trans (geq_minl _ _) _; rewrite -[X in (_ <= X)%N]card_ord max_card.
rewrite (bigD1 (Ordinal lt_n)) //= eqxx mul1r big1 ?addr0 => [|i ne]; last first.
  by rewrite (negbTE (_ : least_winners s != i)) ?mul0r // eq_sym.
case: eqP => [_ | /eqP some]; first exact: Pr_le1.
by apply: (unsettled_j T _ (leqnn _)); [rewrite lt0n | apply: bound; rewrite lt0n].
Qed.

Theorem total (k : nat -> nat) T : (forall j, (0 < j)%N -> allows j (k j)) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  \sum_(j < n.+1) mean_initial L (fun s => (least_winners s == j :> nat)%:R) *
    (if j == 0%N :> nat then 1 else binomial_below T p (k j)).
Proof.
move=> bound; rewrite -(mean_initial_sum L (fun (j : 'I_n.+1) s => (least_winners s == j :> nat)%:R)).
by apply: ler_mean_initial => a z; exact: start_total.
Qed.

Theorem total_heads a (k : nat -> nat) T : (forall j, (0 < j)%N -> allows j (k j)) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  \sum_(j < n.+1) mean_weights L a (fun s => (least_winners s == j :> nat)%:R) *
    (if j == 0%N :> nat then 1 else binomial_below T p (k j)).
Proof.
move=> bound; rewrite -(mean_weights_sum L a (fun (j : 'I_n.+1) s => (least_winners s == j :> nat)%:R)).
by apply: ler_mean_weights => z; exact: start_total.
Qed.

End Sharp.

(** The first form, for given heads. *)
Theorem main_claim_heads (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r m k T : nat) (h p : R) :
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat, (eta M * r%:R * u%:R) ^+ 2 <=
    n%:R * (n%:R * (K.+2%:R * h ^+ 2) + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  1 - (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ a j]|)
    + binomial_below T p k.
Proof.
move=> network eta0 keys bounded p0 least bound.
have b0 := binomial_below_ge0 T k (p01 p0 least); set b := binomial_below T p k in b0 *.
apply: (@le_trans _ _ (mean_weights L a (fun s => (1 - (both_win s)%:R) + b))).
  apply: ler_mean_weights => z; case win: (both_win _).
    rewrite subrr add0r; apply: (unsettled_tail network T p0 least).
    exact: (initial_within network eta0 keys bounded bound win).
  by rewrite subr0 ler_paddr ?Pr_le1.
by rewrite mean_weights_const mean_weights_sub fixed_heads.
Qed.
