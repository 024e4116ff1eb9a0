(** * Probability over paths of independent samples, by finite sums

    [expectation D t F] and [Pr D t E] of [model.v] are sums over the sequences of t atoms. Here they
    get the rules that a proof uses: the expectation over t+1 samples is the mean over the first (or
    the last) sample of the expectation over the others; linearity and monotonicity; a probability is
    the expectation of an indicator; complement, union bound, monotonicity in the event; functions of
    the beginning and of the rest of a path are independent; Markov's and Chebyshev's inequalities;
    and the recursion of the binomial tail.

    Everything follows from the split of the sum over (t+1)-tuples into the first element and the rest. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** One sample *)
Section Mean.
Variables (R : realFieldType) (K : nat) (D : distribution R K).
Implicit Types (F G : sample K -> R).

Lemma probability_ge0 (i : atom D) : 0 <= probability i.
Proof. exact/ltW/probability_gt0. Qed.

Lemma mean_opp F : mean D (fun x => - F x) = - mean D F.
Proof. by rewrite /mean -sumrN; apply: eq_bigr => i _; rewrite mulrN. Qed.

Lemma mean_sum (I : Type) (r : seq I) (P : pred I) (F : I -> sample K -> R) :
  mean D (fun x => \sum_(i <- r | P i) F i x) = \sum_(i <- r | P i) mean D (F i).
Proof.
rewrite /mean; under eq_bigr do rewrite mulr_sumr; rewrite exchange_big /=.
by [].
Qed.

(** Means compare when the quantities compare on the atoms. *)
Lemma eq_mean_atoms F G : (forall i : atom D, F (sample_at i) = G (sample_at i)) ->
  mean D F = mean D G.
Proof. by move=> FG; apply: eq_bigr => i _; rewrite FG. Qed.

Lemma ler_mean F G : (forall i : atom D, F (sample_at i) <= G (sample_at i)) ->
  mean D F <= mean D G.
Proof. by move=> FG; apply: ler_sum => i _; rewrite ler_wpmul2l ?probability_ge0. Qed.

Lemma mean_ge0 F : (forall i : atom D, 0 <= F (sample_at i)) -> 0 <= mean D F.
Proof. by move=> F0; apply: sumr_ge0 => i _; rewrite mulr_ge0 ?probability_ge0. Qed.

Lemma mean_le c F : (forall i : atom D, F (sample_at i) <= c) -> mean D F <= c.
Proof. by move=> Fc; rewrite -(mean_const D c); apply: ler_mean. Qed.

(** Two draws in either order. *)
Lemma mean_swap (F : sample K -> sample K -> R) :
  mean D (fun x => mean D (F x)) = mean D (fun z => mean D (fun x => F x z)).
Proof.
rewrite /mean; under [LHS]eq_bigr do rewrite mulr_sumr.
under [RHS]eq_bigr do rewrite mulr_sumr.
by rewrite exchange_big /=; apply: eq_bigr => i _; apply: eq_bigr => j _; rewrite mulrCA.
Qed.

(** The prior is the mean of an indicator. *)
Lemma mean_label (y : bool) : mean D (fun x => (label x == y)%:R) = prior D y.
Proof.
by rewrite /mean /prior [RHS]big_mkcond /=; apply: eq_bigr => i _; case: ifP; rewrite ?mulr1 ?mulr0.
Qed.

Lemma prior_ge0 y : 0 <= prior D y.
Proof. by apply: sumr_ge0 => i _; exact: probability_ge0. Qed.

Lemma prior_le1 y : prior D y <= 1.
Proof. by rewrite -(prior_sum D); case: y; rewrite ?ler_addl ?ler_addr prior_ge0. Qed.

Lemma prior_neg y : prior D (~~ y) = 1 - prior D y.
Proof. by rewrite -(prior_sum D); case: y => /=; ring. Qed.

Lemma balanced_prior y : balanced D -> prior D y = 2^-1.
Proof.
rewrite /balanced => eqp; have two : prior D y * 2%:R = 1.
  by rewrite mulr_natr mulr2n -(prior_sum D); case: y; rewrite eqp.
by apply: (mulIf (x := 2%:R)); rewrite ?pnatr_eq0 // two mulVf // pnatr_eq0.
Qed.

End Mean.

(** ** Paths *)
Section Expectation.
Variables (R : realFieldType) (K : nat) (D : distribution R K).
Implicit Types (F G : seq (sample K) -> R) (E : pred (seq (sample K))) (xs : seq (sample K)).

Lemma path_probability_ge0 t (w : t.-tuple (atom D)) : 0 <= path_probability w.
Proof. by apply: prodr_ge0 => i _; exact: probability_ge0. Qed.

(** A path of t samples has t samples, each of them an atom's. *)
Lemma size_samples t (w : t.-tuple (atom D)) : size (samples w) = t.
Proof. by rewrite size_map size_tuple. Qed.

Lemma all_samples (P : pred (sample K)) (w : seq (atom D)) :
  (forall i : atom D, P (sample_at i)) -> all P (samples w).
Proof. by move=> ok; rewrite all_map; apply/allP => i _ /=; exact: ok. Qed.

Lemma all_take (P : pred (sample K)) u xs : all P xs -> all P (take u xs).
Proof. by rewrite -{1}(cat_take_drop u xs) all_cat => /andP[]. Qed.

(** Quantities that agree on the paths have the same expectation. *)
Lemma eq_expectation_paths t F G :
  (forall w : t.-tuple (atom D), F (samples w) = G (samples w)) ->
  expectation D t F = expectation D t G.
Proof. by move=> FG; apply: eq_bigr => w _; rewrite FG. Qed.

Lemma eq_expectation t F G : F =1 G -> expectation D t F = expectation D t G.
Proof. by move=> FG; apply: eq_expectation_paths => w; rewrite FG. Qed.

(** The same, for quantities that agree on paths of length t. *)
Lemma eq_expectation_size t F G : (forall xs, size xs = t -> F xs = G xs) ->
  expectation D t F = expectation D t G.
Proof. by move=> FG; apply: eq_expectation_paths => w; rewrite FG ?size_samples. Qed.

(** No sample. *)
Lemma expectation0 F : expectation D 0 F = F [::].
Proof.
rewrite /expectation (bigD1 [tuple]) //= big1 ?addr0.
  by rewrite /path_probability big_nil mul1r.
by move=> w; case/eqP; exact: tuple0.
Qed.

(** The first sample, then the others. *)
Lemma expectationS t F :
  expectation D t.+1 F = mean D (fun x => expectation D t (fun xs => F (x :: xs))).
Proof.
rewrite /expectation /mean.
rewrite (reindex (fun p : atom D * t.-tuple (atom D) => cons_tuple p.1 p.2)) /=; last first.
  exists (fun w => (thead w, [tuple of behead w])) => [[i w] _ | w _] /=.
    by congr (_, _); apply: val_inj.
  by rewrite [RHS](tuple_eta w); apply: val_inj.
under [RHS]eq_bigr do rewrite mulr_sumr; rewrite pair_big /=; apply: eq_bigr => -[i w] _ /=.
by rewrite /path_probability big_cons mulrA.
Qed.

(** The last sample, after the others. *)
Lemma expectation_rcons t F :
  expectation D t.+1 F = mean D (fun x => expectation D t (fun xs => F (rcons xs x))).
Proof.
elim: t F => [|t IH] F.
  by rewrite expectationS; apply: eq_mean => x; rewrite !expectation0.
rewrite expectationS.
have -> : mean D (fun x => expectation D t.+1 (fun xs => F (x :: xs))) =
    mean D (fun x => mean D (fun z => expectation D t (fun xs => F (x :: rcons xs z)))).
  by apply: eq_mean => x; rewrite IH.
by rewrite mean_swap; apply: eq_mean => z; rewrite [RHS]expectationS.
Qed.

(** The first s samples, then the others. *)
Lemma expectation_cat s t F :
  expectation D (s + t) F = expectation D s (fun xs => expectation D t (fun zs => F (xs ++ zs))).
Proof.
elim: s F => [|s IH] F; first by rewrite expectation0.
by rewrite addSn !expectationS; apply: eq_mean => x; rewrite IH.
Qed.

(** *** Linear and monotone *)

Lemma expectation_const t (c : R) : expectation D t (fun _ => c) = c.
Proof.
elim: t => [|t IH]; first by rewrite expectation0.
by rewrite expectationS -[RHS](mean_const D); apply: eq_mean => x.
Qed.

(** Total mass 1. *)
Lemma path_probability_sum t : \sum_(w : t.-tuple (atom D)) path_probability w = 1.
Proof.
by rewrite -(expectation_const t 1); apply: eq_bigr => w _; rewrite mulr1.
Qed.

Lemma expectation_add t F G :
  expectation D t (fun xs => F xs + G xs) = expectation D t F + expectation D t G.
Proof. by rewrite /expectation -big_split; apply: eq_bigr => w _; rewrite mulrDr. Qed.

Lemma expectation_mul t (c : R) F :
  expectation D t (fun xs => c * F xs) = c * expectation D t F.
Proof. by rewrite /expectation mulr_sumr; apply: eq_bigr => w _; rewrite mulrCA. Qed.

Lemma expectation_mulr t (c : R) F :
  expectation D t (fun xs => F xs * c) = expectation D t F * c.
Proof. by rewrite mulrC -expectation_mul; apply: eq_expectation => xs; rewrite mulrC. Qed.

Lemma expectation_opp t F : expectation D t (fun xs => - F xs) = - expectation D t F.
Proof. by rewrite /expectation -sumrN; apply: eq_bigr => w _; rewrite mulrN. Qed.

Lemma expectation_sub t F G :
  expectation D t (fun xs => F xs - G xs) = expectation D t F - expectation D t G.
Proof. by rewrite expectation_add expectation_opp. Qed.

Lemma expectation_sum t (I : Type) (r : seq I) (P : pred I) (F : I -> seq (sample K) -> R) :
  expectation D t (fun xs => \sum_(i <- r | P i) F i xs) =
  \sum_(i <- r | P i) expectation D t (F i).
Proof.
by rewrite /expectation exchange_big /=; apply: eq_bigr => w _; rewrite mulr_sumr.
Qed.

(** The mean of another draw goes inside. *)
Lemma mean_expectation t (F : sample K -> seq (sample K) -> R) :
  mean D (fun x => expectation D t (F x)) = expectation D t (fun xs => mean D (fun x => F x xs)).
Proof. by rewrite /mean expectation_sum; apply: eq_bigr => i _; rewrite expectation_mul. Qed.

Lemma ler_expectation_paths t F G :
  (forall w : t.-tuple (atom D), F (samples w) <= G (samples w)) ->
  expectation D t F <= expectation D t G.
Proof. by move=> FG; apply: ler_sum => w _; rewrite ler_wpmul2l ?path_probability_ge0. Qed.

Lemma ler_expectation t F G : (forall xs, F xs <= G xs) -> expectation D t F <= expectation D t G.
Proof. by move=> FG; apply: ler_expectation_paths. Qed.

Lemma expectation_ge0 t F :
  (forall w : t.-tuple (atom D), 0 <= F (samples w)) -> 0 <= expectation D t F.
Proof. by move=> F0; rewrite -(expectation_const t 0); apply: ler_expectation_paths. Qed.

(** *** Beginnings of paths *)

Lemma expectation_take s t F : (s <= t)%N ->
  expectation D t (fun xs => F (take s xs)) = expectation D s F.
Proof.
move=> st; rewrite -[t in LHS](subnKC st) expectation_cat; apply: eq_expectation_size => xs sx.
rewrite -[RHS](expectation_const (t - s)); apply: eq_expectation => zs.
by rewrite take_size_cat.
Qed.

Lemma expectation_drop s t F : (s <= t)%N ->
  expectation D t (fun xs => F (drop s xs)) = expectation D (t - s) F.
Proof.
move=> st; rewrite -[t in LHS](subnKC st) expectation_cat -[RHS](expectation_const s).
by apply: eq_expectation_size => xs sx; apply: eq_expectation => zs; rewrite drop_size_cat.
Qed.

(** Functions of the beginning and of the rest are independent. *)
Lemma expectation_indep s t F G : (s <= t)%N ->
  expectation D t (fun xs => F (take s xs) * G (drop s xs)) =
  expectation D s F * expectation D (t - s) G.
Proof.
move=> st; rewrite -[t in LHS](subnKC st) expectation_cat -expectation_mulr.
apply: eq_expectation_size => xs sx; rewrite -expectation_mul; apply: eq_expectation => zs.
by rewrite take_size_cat // drop_size_cat.
Qed.

(** Functions of the first sample and of the others are independent. *)
Lemma expectation_indep_first t (f : sample K -> R) F G :
  (forall x xs, G (x :: xs) = f x * F xs) ->
  expectation D t.+1 G = mean D f * expectation D t F.
Proof.
move=> eqG; rewrite expectationS [RHS]mulrC -mean_mul; apply: eq_mean => x.
by rewrite mulrC -expectation_mul; apply: eq_expectation => xs; exact: eqG.
Qed.

(** A sum over the samples of a path has t times the mean. *)
Lemma expectation_sum_samples t (f : sample K -> R) :
  expectation D t (fun xs => \sum_(x <- xs) f x) = t%:R * mean D f.
Proof.
elim: t => [|t IH]; first by rewrite expectation0 big_nil mul0r.
rewrite expectationS -add1n natrD mulrDl mul1r -IH -[X in _ + X](mean_const D) -mean_add.
apply: eq_mean => x; rewrite -[f x](expectation_const t) -expectation_add.
by apply: eq_expectation => xs; rewrite big_cons.
Qed.

(** ** Events *)

(** A probability is the expectation of the indicator. *)
Lemma PrE t E : Pr D t E = expectation D t (fun xs => (E xs)%:R).
Proof.
by rewrite /Pr big_mkcond /=; apply: eq_bigr => w _; case: ifP; rewrite ?mulr1 ?mulr0.
Qed.

Lemma eq_Pr_paths t E E' :
  (forall w : t.-tuple (atom D), E (samples w) = E' (samples w)) -> Pr D t E = Pr D t E'.
Proof. by move=> EE; apply: eq_bigl. Qed.

Lemma eq_Pr t E E' : E =1 E' -> Pr D t E = Pr D t E'.
Proof. by move=> EE; apply: eq_Pr_paths. Qed.

Lemma eq_Pr_size t E E' : (forall xs, size xs = t -> E xs = E' xs) -> Pr D t E = Pr D t E'.
Proof. by move=> EE; apply: eq_Pr_paths => w; rewrite EE ?size_samples. Qed.

Lemma Pr_ge0 t E : 0 <= Pr D t E.
Proof. by apply: sumr_ge0 => w _; exact: path_probability_ge0. Qed.

(** A larger event is more likely; it need be larger on the paths only. *)
Lemma Pr_le_paths t E E' :
  (forall w : t.-tuple (atom D), E (samples w) -> E' (samples w)) -> Pr D t E <= Pr D t E'.
Proof.
move=> EE; rewrite !PrE; apply: ler_expectation_paths => w.
by rewrite ler_nat; case eqE: (E _) => //; rewrite EE.
Qed.

Lemma Pr_le t E E' : subpred E E' -> Pr D t E <= Pr D t E'.
Proof. by move=> EE; apply: Pr_le_paths => w; exact: EE. Qed.

Lemma PrT t E : (forall w : t.-tuple (atom D), E (samples w)) -> Pr D t E = 1.
Proof. by move=> allE; rewrite -(path_probability_sum t); apply: eq_bigl. Qed.

Lemma Pr0 t E : (forall w : t.-tuple (atom D), ~~ E (samples w)) -> Pr D t E = 0.
Proof. by move=> noE; apply: big1 => w Ew; case/negP: (noE w). Qed.

Lemma Pr_le1 t E : Pr D t E <= 1.
Proof. by rewrite -(@PrT t predT) //; exact: Pr_le. Qed.

(** Complement. *)
Lemma PrC t E : Pr D t (predC E) = 1 - Pr D t E.
Proof.
rewrite !PrE -[X in X - _](expectation_const t 1) -expectation_sub; apply: eq_expectation => xs /=.
by case: (E xs); rewrite ?subrr ?subr0.
Qed.

(** Union bounds: of two, over a finite type, and for an event that holds when none of them does. *)
Lemma Pr_union2 t E E' : Pr D t (predU E E') <= Pr D t E + Pr D t E'.
Proof.
rewrite !PrE -expectation_add; apply: ler_expectation => xs /=.
by rewrite -natrD ler_nat; case: (E xs); case: (E' xs).
Qed.

Lemma Pr_union t (I : finType) (P : pred I) (E : I -> pred (seq (sample K))) :
  Pr D t (fun xs => [exists i, P i && E i xs]) <= \sum_(i | P i) Pr D t (E i).
Proof.
under eq_bigr do rewrite PrE; rewrite PrE -expectation_sum; apply: ler_expectation => xs /=.
rewrite -natr_sum ler_nat; case: existsP => // -[i /andP[Pi Ei]].
by rewrite (bigD1 i) //= Ei.
Qed.

Lemma Pr_union_all t (I : finType) (E : I -> pred (seq (sample K))) :
  Pr D t (fun xs => [exists i, E i xs]) <= \sum_i Pr D t (E i).
Proof. exact: (Pr_union t predT E). Qed.

(** An event that holds unless one of two families of bad events happens. *)
Lemma Pr_unless t (I J : finType) E (A : I -> pred (seq (sample K))) (B : J -> pred (seq (sample K))) :
  (forall w : t.-tuple (atom D), (forall i, ~~ A i (samples w)) -> (forall j, ~~ B j (samples w)) ->
     E (samples w)) ->
  1 - \sum_i Pr D t (A i) - \sum_j Pr D t (B j) <= Pr D t E.
Proof.
move=> good; have: 1 - Pr D t E <= \sum_i Pr D t (A i) + \sum_j Pr D t (B j).
  rewrite -PrC; apply: le_trans (ler_add (Pr_union_all t A) (Pr_union_all t B)).
  apply: le_trans (Pr_union2 _ _ _); apply: Pr_le_paths => w /=; apply: contraR.
  by rewrite negb_or !negb_exists => /andP[/forallP noA /forallP noB]; exact: good.
by rewrite !ler_subl_addr addrC addrA => le; rewrite addrAC.
Qed.

(** An event that depends on the beginning of a path only. *)
Lemma Pr_take s t E : (s <= t)%N -> Pr D t (fun xs => E (take s xs)) = Pr D s E.
Proof. by move=> st; rewrite !PrE -(expectation_take _ st). Qed.

Lemma Pr_drop s t E : (s <= t)%N -> Pr D t (fun xs => E (drop s xs)) = Pr D (t - s) E.
Proof. by move=> st; rewrite !PrE -(expectation_drop _ st). Qed.

(** Events of the beginning and of the rest are independent. *)
Lemma Pr_indep s t E E' : (s <= t)%N ->
  Pr D t (fun xs => E (take s xs) && E' (drop s xs)) = Pr D s E * Pr D (t - s) E'.
Proof.
move=> st; rewrite !PrE -(expectation_indep _ _ st); apply: eq_expectation => xs.
by case: (E _) => /=; rewrite ?mul1r ?mul0r.
Qed.

(** The first sample, then the others; the last sample, after the others. *)
Lemma PrS t E : Pr D t.+1 E = mean D (fun x => Pr D t (fun xs => E (x :: xs))).
Proof. by rewrite PrE expectationS; apply: eq_mean => x; rewrite PrE. Qed.

Lemma Pr_rcons t E : Pr D t.+1 E = mean D (fun x => Pr D t (fun xs => E (rcons xs x))).
Proof. by rewrite PrE expectation_rcons; apply: eq_mean => x; rewrite PrE. Qed.

(** ** Markov and Chebyshev *)

Lemma markov t F (a : R) : (forall w : t.-tuple (atom D), 0 <= F (samples w)) ->
  a * Pr D t (fun xs => a <= F xs) <= expectation D t F.
Proof.
move=> F0; rewrite PrE -expectation_mul; apply: ler_expectation_paths => w.
by case: (boolP (a <= F _)) => [aF | _]; [rewrite mulr1 | rewrite mulr0 F0].
Qed.

Lemma markov_div t F (a : R) : 0 < a -> (forall w : t.-tuple (atom D), 0 <= F (samples w)) ->
  Pr D t (fun xs => a <= F xs) <= expectation D t F / a.
Proof. by move=> a0 F0; rewrite ler_pdivl_mulr // mulrC markov. Qed.

(** A deviation by lam from any number c, by the second moment about c. *)
Lemma chebyshev t F (c lam : R) : 0 < lam ->
  Pr D t (fun xs => lam <= `|F xs - c|) <= expectation D t (fun xs => (F xs - c) ^+ 2) / lam ^+ 2.
Proof.
move=> lam0; apply: le_trans (markov_div (exprn_gt0 2 lam0) _); last by move=> w; exact: sqr_ge0.
apply: Pr_le => xs /= le; rewrite -[(_ - _) ^+ 2]real_normK ?num_real //.
by rewrite ler_pexpn2r // nnegrE ?normr_ge0 // ltW.
Qed.

End Expectation.

(** ** The binomial tail *)
Section Binomial.
Variable R : realFieldType.
Implicit Types (p q : R) (t k : nat).

(** The same sum without its upper end: the other terms are 0. *)
Lemma binomial_belowE t p k :
  binomial_below t p k = \sum_(i < k) 'C(t, i)%:R * p ^+ i * (1 - p) ^+ (t - i).
Proof.
pose f i := 'C(t, i)%:R * p ^+ i * (1 - p) ^+ (t - i).
rewrite /binomial_below -/(f _) [LHS](big_ord_widen_cond (t.+1 + k) (fun i => (i < k)%N) f) ?leq_addr //.
rewrite [RHS](big_ord_widen (t.+1 + k) f) ?leq_addl // big_mkcond [RHS]big_mkcond /=.
apply: eq_bigr => i _; case: (i < k)%N => //=; case: ltnP => // ti.
by rewrite /f bin_small // !mul0r.
Qed.

Lemma binomial_below0 t p : binomial_below t p 0 = 0.
Proof. by rewrite binomial_belowE big_ord0. Qed.

Lemma binomial_below_no_trial p k : binomial_below 0 p k = (0 < k)%N%:R.
Proof.
rewrite binomial_belowE; case: k => [|k]; first by rewrite big_ord0.
rewrite big_ord_recl /= big1 ?addr0; first by rewrite !mul1r.
by move=> i _; rewrite bin_small // !mul0r.
Qed.

(** One more trial: success or failure. *)
Lemma binomial_belowS t p k :
  binomial_below t.+1 p k.+1 = p * binomial_below t p k + (1 - p) * binomial_below t p k.+1.
Proof.
have fail i : (1 - p) * ('C(t, i)%:R * p ^+ i * (1 - p) ^+ (t - i)) =
    'C(t, i)%:R * p ^+ i * (1 - p) ^+ (t.+1 - i).
  have [it | ti] := leqP i t; first by rewrite subSn // exprS; ring.
  by rewrite bin_small // !mul0r mulr0.
rewrite !binomial_belowE big_ord_recl mulr_sumr [X in _ + (1 - p) * X]big_ord_recl mulrDr fail.
rewrite !bin0 /= addrCA; congr (_ + _); rewrite mulr_sumr -big_split /=; apply: eq_bigr => i _.
rewrite fail binS natrD exprS /bump /= !add1n subSS; ring.
Qed.

Lemma binomial_below_ge0 t p k : 0 <= p <= 1 -> 0 <= binomial_below t p k.
Proof.
case/andP=> p0 p1; apply: sumr_ge0 => i _.
by rewrite !mulr_ge0 ?ler0n ?exprn_ge0 ?subr_ge0.
Qed.

(** The tail grows with the threshold; *)
Lemma binomial_below_threshold t p k k' : 0 <= p <= 1 -> (k <= k')%N ->
  binomial_below t p k <= binomial_below t p k'.
Proof.
case/andP=> p0 p1 kk; rewrite !binomial_belowE -(subnKC kk) big_split_ord /= ler_addl.
by apply: sumr_ge0 => i _; rewrite !mulr_ge0 ?ler0n ?exprn_ge0 ?subr_ge0.
Qed.

(** falls with the number of trials; *)
Lemma binomial_below_trial t p k : 0 <= p <= 1 -> binomial_below t.+1 p k <= binomial_below t p k.
Proof.
move=> p01; case: k => [|k]; first by rewrite !binomial_below0.
have /andP[p0 p1] := p01; rewrite binomial_belowS.
have split (a : R) : a = p * a + (1 - p) * a by ring.
by rewrite [X in _ <= X]split ler_add2r ler_wpmul2l // binomial_below_threshold.
Qed.

Lemma binomial_below_trials t t' p k : 0 <= p <= 1 -> (t <= t')%N ->
  binomial_below t' p k <= binomial_below t p k.
Proof.
move=> p01 /subnKC <-; elim: (t' - t)%N => [|u IH]; first by rewrite addn0.
by rewrite addnS; apply: le_trans IH; exact: binomial_below_trial.
Qed.

(** and with the chance of a success. *)
Lemma binomial_below_chance t p q k : 0 <= p -> p <= q -> q <= 1 ->
  binomial_below t q k <= binomial_below t p k.
Proof.
move=> p0 pq q1; have q01 : 0 <= q <= 1 by rewrite (le_trans p0 pq).
have p01 : 0 <= p <= 1 by rewrite p0 (le_trans pq q1).
elim: t k => [|t IH] k; first by rewrite !binomial_below_no_trial.
case: k => [|k]; first by rewrite !binomial_below0.
rewrite !binomial_belowS.
apply: le_trans (_ : q * binomial_below t p k + (1 - q) * binomial_below t p k.+1 <= _).
  by case/andP: q01 => q0 _; rewrite ler_add // ler_wpmul2l ?subr_ge0.
have le := binomial_below_threshold t p01 (leqnSn k); rewrite -subr_ge0.
have -> : p * binomial_below t p k + (1 - p) * binomial_below t p k.+1
    - (q * binomial_below t p k + (1 - q) * binomial_below t p k.+1)
  = (q - p) * (binomial_below t p k.+1 - binomial_below t p k) by ring.
by rewrite mulr_ge0 ?subr_ge0.
Qed.

Lemma binomial_below_le1 t p k : 0 <= p <= 1 -> binomial_below t p k <= 1.
Proof.
move=> p01; apply: le_trans (binomial_below_trials k p01 (leq0n t)) _.
by rewrite binomial_below_no_trial; case: (0 < k)%N; rewrite ?lexx ?ler01.
Qed.

End Binomial.

(** A count of samples of one kind is binomial. *)
Section Counts.
Variables (R : realFieldType) (K : nat) (D : distribution R K).

Lemma count_binomial (a : pred (sample K)) t k :
  Pr D t (fun xs => (seq.count a xs < k)%N) = binomial_below t (mean D (fun x => (a x)%:R)) k.
Proof.
elim: t k => [|t IH] k; first by rewrite PrE expectation0 binomial_below_no_trial.
case: k => [|k]; first by rewrite binomial_below0 Pr0.
rewrite binomial_belowS -!IH PrS.
pose P := Pr D t (fun xs => (seq.count a xs < k)%N).
pose Q := Pr D t (fun xs => (seq.count a xs < k.+1)%N).
rewrite (@eq_mean _ _ D _ (fun x => Q + (a x)%:R * (P - Q))); last first.
  move=> x /=; case: (a x) => /=.
    by rewrite mul1r addrCA subrr addr0.
  by rewrite mul0r addr0.
have -> : mean D (fun x => Q + (a x)%:R * (P - Q)) = Q + (P - Q) * mean D (fun x => (a x)%:R).
  by rewrite mean_add mean_const -mean_mul; congr (_ + _); apply: eq_mean => x; rewrite mulrC.
rewrite -/P -/Q; ring.
Qed.

End Counts.
