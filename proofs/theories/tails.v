(** * Tails: how often a label occurs, how far a background walk strays

    B_y, the number of samples with label y, is binomial, exactly. S_k, the walk of background k, has
    independent steps y N_k; under A3 and A4 they have mean 0, and by A2 they are integers of size
    m - r at most. Bounds for its maximum over the first t steps:
    - Kolmogorov: P(max |S_k| > lam) <= t E[N_k^2] / lam^2;
    - Chernoff and Doob, with any base u >= 1 in place of an exponential:
      P(max |S_k| > lam) <= 2 ((u^c + u^-c) / 2)^t / u^(lam + 1), c = m - r.

    Proof of both: a potential G t a, at least 1 where the walk has strayed, that does not grow in the
    mean as the walk makes a step, bounds the probability that a walk from a ever strays ([maximal]).
    The squared position gives the first; u^position, convex, gives the second. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence probability.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** A maximal inequality *)
Section Maximal.
Variables (R : realFieldType) (K : nat) (D : distribution R K).
Variables (A : Type) (next : A -> sample K -> A) (bad : pred A).

(** The walk that starts at a and follows a path is somewhere bad. *)
Fixpoint hits (a : A) (xs : seq (sample K)) : bool :=
  bad a || (if xs is x :: xs' then hits (next a x) xs' else false).

Lemma hitsE a xs : hits a xs = [exists u : 'I_(size xs).+1, bad (foldl next a (take u xs))].
Proof.
elim: xs a => [|x xs IH] a /=.
  rewrite orbF; apply/idP/existsP => [b | [u]] //; first by exists ord0.
rewrite IH; apply/orP/existsP => [[b | /existsP[u b]] | [[[|u] lt_u] /= b]].
- by exists ord0.
- by exists (lift ord0 u).
- by left.
by right; apply/existsP; exists (Ordinal (lt_u : (u < (size xs).+1)%N)).
Qed.

(** A potential that is at least 1 at bad places and does not grow in the mean. *)
Lemma maximal (G : nat -> A -> R) t a :
  (forall t a, 0 <= G t a) -> (forall t a, bad a -> 1 <= G t a) ->
  (forall t a, mean D (fun x => G t (next a x)) <= G t.+1 a) ->
  Pr D t (hits a) <= G t a.
Proof.
move=> G0 G1 Gnext; elim: t a => [|t IH] a; case badP : (bad a).
- by apply: le_trans (G1 _ _ badP); exact: Pr_le1.
- rewrite PrE expectation0 /= badP; exact: G0.
- by apply: le_trans (G1 _ _ badP); exact: Pr_le1.
apply: le_trans (Gnext t a); rewrite PrS; apply: ler_mean => i.
by apply: le_trans (IH _); apply: Pr_le => xs /=; rewrite badP.
Qed.

End Maximal.

(** ** Sums of independent steps of mean 0 *)
Section Sums.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (f : sample K -> R).
Hypothesis centred : mean D f = 0.

(** The square of a sum grows by the variance of a step. *)
Lemma mean_square a : mean D (fun x => (a + f x) ^+ 2) = a ^+ 2 + mean D (fun x => f x ^+ 2).
Proof.
rewrite (@eq_mean _ _ _ _ (fun x => (a ^+ 2 + (2%:R * a) * f x) + f x ^+ 2)); last by move=> x; ring.
by rewrite !mean_add mean_const mean_mul centred mulr0 addr0.
Qed.

(** Variance of the sum. *)
Lemma variance_sum t :
  expectation D t (fun xs => (\sum_(x <- xs) f x) ^+ 2) = t%:R * mean D (fun x => f x ^+ 2).
Proof.
elim: t => [|t IH]; first by rewrite expectation0 big_nil expr0n mul0r.
rewrite expectation_rcons.
rewrite (@eq_mean _ _ _ _ (fun x => expectation D t (fun xs => (\sum_(z <- xs) f z + f x) ^+ 2))).
  rewrite mean_expectation (eq_expectation _ _ (fun xs => mean_square _)).
  by rewrite expectation_add expectation_const IH -[t.+1]addn1 natrD mulrDl mul1r.
by move=> x; apply: eq_expectation => xs; rewrite -cats1 big_cat big_seq1.
Qed.

Lemma foldl_sum (a : R) xs : foldl (fun a x => a + f x) a xs = a + \sum_(x <- xs) f x.
Proof.
by elim: xs a => [|x xs IH] a /=; rewrite ?big_nil ?addr0 // IH big_cons addrA.
Qed.

(** Kolmogorov's inequality. *)
Lemma kolmogorov t (lam : R) : 0 < lam ->
  Pr D t (fun xs => [exists u : 'I_(size xs).+1, lam <= `|\sum_(x <- take u xs) f x|])
    <= t%:R * mean D (fun x => f x ^+ 2) / lam ^+ 2.
Proof.
move=> lam0; set v := mean D _; pose G t a := (a ^+ 2 + t%:R * v) / lam ^+ 2.
have v0 : 0 <= v by apply: mean_ge0 => i; exact: sqr_ge0.
have l2 : 0 < lam ^+ 2 by rewrite exprn_gt0.
have -> : t%:R * v / lam ^+ 2 = G t 0 by rewrite /G expr0n /= add0r.
apply: le_trans (_ : Pr D t (hits (fun a x => a + f x) (fun a => lam <= `|a|) 0) <= _).
  by apply: Pr_le => xs; rewrite hitsE => /existsP[u le]; apply/existsP; exists u; rewrite foldl_sum add0r.
apply: maximal => {}t a.
- by rewrite /G divr_ge0 ?(ltW l2) // addr_ge0 ?sqr_ge0 // mulr_ge0 ?ler0n.
- move=> far; rewrite /G ler_pdivl_mulr // mul1r.
  apply: le_trans (_ : a ^+ 2 <= _); last by rewrite ler_addl mulr_ge0 ?ler0n.
  by rewrite -[a ^+ 2]real_normK ?num_real // ler_pexpn2r // nnegrE ?normr_ge0 // ltW.
rewrite /G (@eq_mean _ _ _ _ (fun x => (lam ^+ 2)^-1 * ((a + f x) ^+ 2 + t%:R * v))).
  rewrite mean_mul mean_add mean_const mean_square -/v -[t.+1]addn1 natrD.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; move: (lam ^+ 2)^-1 => q; ring.
by move=> x; rewrite mulrC.
Qed.

End Sums.

(** ** How often a label occurs *)
Section Labels.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (y : bool).

Lemma label_countE (xs : seq (sample K)) : label_count y xs = seq.count (fun x : sample K => label x == y) xs.
Proof. by rewrite /label_count count_map. Qed.

(** B_y is binomial. *)
Theorem label_count_binomial t b :
  Pr D t (fun xs => (label_count y xs < b)%N) = binomial_below t (prior D y) b.
Proof. by rewrite -mean_label -count_binomial; apply: eq_Pr => xs; rewrite label_countE. Qed.

(** Its mean and its variance. *)
Lemma label_count_sum (xs : seq (sample K)) : (label_count y xs)%:R = \sum_(x <- xs) (label x == y)%:R :> R.
Proof. by rewrite label_countE -sum1_count natr_sum big_mkcond; apply: eq_bigr => x _; case: ifP. Qed.

Lemma label_count_mean t :
  expectation D t (fun xs => (label_count y xs)%:R) = t%:R * prior D y.
Proof.
rewrite -mean_label -expectation_sum_samples; apply: eq_expectation => xs; exact: label_count_sum.
Qed.

Let f (x : sample K) : R := (label x == y)%:R - prior D y.

Let centred : mean D f = 0.
Proof. by rewrite /f mean_add mean_const mean_label subrr. Qed.

Let variance : mean D (fun x => f x ^+ 2) = prior D y * (1 - prior D y).
Proof.
rewrite (@eq_mean _ _ _ _ (fun x => prior D y ^+ 2 + (1 - 2%:R * prior D y) * (label x == y)%:R)).
  by rewrite mean_add mean_const mean_mul mean_label; ring.
by move=> x; rewrite /f; case: (label x == y); rewrite /=; ring.
Qed.

Let sum_f xs : \sum_(x <- xs) f x = (label_count y xs)%:R - (size xs)%:R * prior D y.
Proof.
rewrite /f big_split /= -label_count_sum; congr (_ + _).
by elim: xs => [|x xs IH]; rewrite ?big_nil ?mul0r ?oppr0 // big_cons IH /= -addn1 natrD; ring.
Qed.

Lemma label_count_variance t :
  expectation D t (fun xs => ((label_count y xs)%:R - t%:R * prior D y) ^+ 2) =
  t%:R * (prior D y * (1 - prior D y)).
Proof.
by rewrite -variance -(variance_sum centred); apply: eq_expectation_size => xs <-; rewrite sum_f.
Qed.

(** Chebyshev for the binomial tail, away from its mean. *)
Lemma binomial_below_chebyshev t b : b%:R < t%:R * prior D y ->
  binomial_below t (prior D y) b <=
  t%:R * (prior D y * (1 - prior D y)) / (t%:R * prior D y - b%:R) ^+ 2.
Proof.
move=> lt; have d0 : 0 < t%:R * prior D y - b%:R by rewrite subr_gt0.
rewrite -label_count_binomial -label_count_variance; apply: le_trans (chebyshev D t _ _ d0).
apply: Pr_le => xs /= few; rewrite distrC ler_normr; apply/orP; left.
by rewrite ler_sub // ler_nat ltnW.
Qed.

End Labels.

(** ** How far a background walk strays *)
Section Walks.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (k : 'I_K).

(** A2: an image has at most m - r background patches. *)
Lemma background_patches r m (x : sample K) : unique_key r m x ->
  (\sum_i count x (background i) <= m - r)%N.
Proof.
case/and3P=> /eqP own /eqP other le; rewrite leq_subRL; last first.
  apply: leq_trans le; rewrite -own /patches big_sumType /= big_bool.
  case: (label x); rewrite -addnA; first exact: leq_addr.
  exact: leq_trans (leq_addr _ _) (leq_addl _ _).
apply: leq_trans le; rewrite -own /patches big_sumType /= big_bool leq_add2r.
by case: (label x); rewrite ?leq_addr ?leq_addl.
Qed.

Lemma background_count r m (x : sample K) : unique_key r m x -> (count x (background k) <= m - r)%N.
Proof. by move/background_patches; apply: leq_trans; rewrite (bigD1 k) //= leq_addr. Qed.

(** Its steps. *)
Let f (x : sample K) : R := sgn (label x) * (count x (background k))%:R.

Lemma walk_variance t : mean D f = 0 ->
  expectation D t (fun xs => (walk k xs : R) ^+ 2) =
  t%:R * mean D (fun x => (count x (background k))%:R ^+ 2).
Proof.
move=> centred; rewrite (variance_sum centred); congr (_ * _); apply: eq_mean => x.
by rewrite /f exprMn expr2 sgn_sqr mul1r.
Qed.

Lemma second_moment_le c : (forall i : atom D, (count (sample_at i) (background k) <= c)%N) ->
  mean D (fun x => (count x (background k))%:R ^+ 2) <= c%:R ^+ 2.
Proof. by move=> le; apply: mean_le => i; rewrite -!natrX ler_nat leq_exp2r. Qed.

(** Kolmogorov's bound. *)
Theorem walk_kolmogorov t (lam : R) : mean D f = 0 -> 0 < lam ->
  Pr D t (walk_exceeds k lam) <= t%:R * mean D (fun x => (count x (background k))%:R ^+ 2) / lam ^+ 2.
Proof.
move=> centred lam0; have := kolmogorov centred t lam0; rewrite [mean D (fun x => f x ^+ 2)]
  (@eq_mean _ _ _ _ (fun x => (count x (background k))%:R ^+ 2)); last first.
  by move=> x; rewrite /f exprMn expr2 sgn_sqr mul1r.
apply: le_trans; apply: Pr_le => xs /existsP[u lt]; apply/existsP; exists u; exact: ltW.
Qed.

End Walks.

(** ** Bounds linear in time, under A2 to A4 *)
Section Linear.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (r m : nat).
Hypotheses (unique : unique_keys D r m) (independent : label_independent D) (even : balanced D).

(** A label occurs in less than a quarter of t images with probability at most 4 / t. *)
Lemma few_labels t y : (0 < t)%N ->
  Pr D t (fun xs => (label_count y xs)%:R < (t%:R / 4%:R : R)) <= 4%:R / t%:R.
Proof.
move=> t0; have tR : 0 < t%:R :> R by rewrite ltr0n.
have lam0 : 0 < t%:R / 4%:R :> R by rewrite divr_gt0 ?ltr0n.
have := chebyshev D t (fun xs => (label_count y xs)%:R) (t%:R * prior D y) lam0.
rewrite label_count_variance (balanced_prior y even) => cheb.
apply: le_trans (le_trans cheb _).
  apply: Pr_le => xs /= few; rewrite distrC ler_normr; apply/orP; left.
  have -> : t%:R * 2^-1 = t%:R / 4%:R + t%:R / 4%:R :> R by field.
  by rewrite ler_subr_addr ler_add2l ltW.
rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
by rewrite lt0r_neq0.
Qed.

(** A walk strays further than theta t with probability at most m^2 / (theta^2 t). *)
Lemma far_maximum t k (theta : R) : (0 < t)%N -> 0 < theta ->
  Pr D t (walk_exceeds k (theta * t%:R)) <= m%:R ^+ 2 / theta ^+ 2 / t%:R.
Proof.
move=> t0 theta0; have tR : 0 < t%:R :> R by rewrite ltr0n.
have lam0 : 0 < theta * t%:R by rewrite mulr_gt0.
have count_le (i : atom D) : (count (sample_at i) (background k) <= m)%N.
  by apply: leq_trans (background_count k (unique i)) (leq_subr _ _).
apply: le_trans (walk_kolmogorov t (mean_background0 independent even k) lam0) _.
have -> : m%:R ^+ 2 / theta ^+ 2 / t%:R = t%:R * m%:R ^+ 2 / (theta * t%:R) ^+ 2 :> R.
  by field; rewrite !lt0r_neq0.
rewrite ler_pmul2r ?invr_gt0 ?exprn_gt0 //; apply: ler_wpmul2l; first exact: ltW.
exact: second_moment_le.
Qed.

End Linear.
