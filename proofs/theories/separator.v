(** * T14: a mistake bound by a separator, for any dictionary

    One vector v separates the images patch by patch ([separates]). With slopes in [c, 1] one step
    raises F, the sum of head times inner product with v, by at least eta A for each unit of open
    gate, and |W|^2 by at most T ([norm_potential.v]). Cauchy and Schwarz bound F^2 by A |v|^2 |W|^2
    ([alignment_le]). Where F is not negative the two meet, so that there are finitely many updates. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors pathwise mistake_bound_sharp binomial_tail.
From filtercert Require Import learning_time closed_gates norm_potential mistake_bound_coherent.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Leaky-relu, or the identity. *)
Lemma slopes_leaky_or_identity (R : realFieldType) (K : nat) (M : model R K) (c : R) : c <= 1 ->
  activation_of M = LeakyRelu c \/ activation_of M = Identity /\ c = 1 ->
  slopes_from c (activation_of M).
Proof.
move=> c1 [->|[-> ->]]; [exact: slopes_leaky | exact: slopes_identity].
Qed.

Section Separator.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R).
Variable v : 'rV[R]_d.
Hypothesis dictionary : dictionary_of M P.
Hypothesis slopes : slopes_from c (activation_of M).
Hypothesis c01 : 0 <= c <= 1.
Hypothesis pool : pooling_of M = SumPooling.
Hypothesis fixed : trained M = false.
Implicit Types (w : network R n d) (B : batch R K) (x : sample K) (j : 'I_n).

Local Notation A w := (\sum_j heads w j ^+ 2).

Lemma heads_ge0 w : 0 <= A w.
Proof. by apply: sumr_ge0 => j _; exact: sqr_ge0. Qed.

(** F. *)
Definition alignment w : R := \sum_j heads w j * dot (filters w j) v.

(** An inner product times a slope is at least the lesser of both ends. *)
Lemma slope_min (f z : R) : c <= f <= 1 -> Num.min z (c * z) <= f * z.
Proof.
move=> /andP[cf f1]; rewrite le_minl; case: (lerP 0 z) => [pos|neg].
  by rewrite (ler_wpmul2r pos cf) orbT.
by rewrite ler_nmull ?f1.
Qed.

(** A separated image pulls every filter along v. *)
Lemma direction_separated w x j : separates P c v x ->
  1 <= sgn (label x) * dot (direction M P w x j) v.
Proof.
move/le_trans; apply; rewrite dot_suml mulr_sumr; apply: ler_sum => p _; rewrite dotZl.
have [_ f1] := slopes (weight (coordinates P w) j p).
move: (derivative _ _) f1 => f /slope_min-/(_ (sgn (label x) * dot v (P p))) le.
have -> : sgn (label x) * ((count x p)%:R * f * dot (P p) v) =
  (count x p)%:R * (f * (sgn (label x) * dot v (P p))) by rewrite (dotC (P p)); ring.
by rewrite ler_wpmul2l ?ler0n.
Qed.

(** One step raises F. *)
Lemma alignment_step w B : 0 <= eta M -> all (fun c => 0 <= c.1) (gated M (coordinates P w) B) ->
  images (separates P c v) B ->
  alignment w + eta M * A w *
      (mass true (gated M (coordinates P w) B) + mass false (gated M (coordinates P w) B))
    <= alignment (vector_step M P w B).
Proof.
move=> eta0 C0 sep; set s := coordinates P w in C0 *.
have -> : alignment (vector_step M P w B) = alignment w +
    eta M * \sum_j heads w j ^+ 2 * dot (stride M P w B j) v.
  rewrite /alignment mulr_sumr -big_split; apply: eq_bigr => j _ /=.
  rewrite fixed.
  by rewrite -/(stride M P w B j) dotDl dotZl; ring.
rewrite ler_add2l -mulrA ler_wpmul2l // mulr_suml; apply: ler_sum => j _.
rewrite ler_wpmul2l ?sqr_ge0 // mass_split stride_sum // dot_suml /gated big_map /=.
move: C0 sep; rewrite /images; elim: B => [|b B IH]; first by rewrite !big_nil.
move=> /= /andP[b0 C0] /andP[sepb sep]; rewrite !big_cons ler_add ?IH // dotZl.
have -> : b.1 * (gate_at M (coordinates P w) b.2 * sgn (label b.2)) * dot (direction M P w b.2 j) v =
   b.1 * gate_at M s b.2 * (sgn (label b.2) * dot (direction M P w b.2 j) v) by rewrite /s; ring.
by rewrite ler_pemulr // direction_separated.
Qed.

(** The whole run. *)
Lemma alignment_run Q T w Bs : 0 <= eta M -> gain_within M (loss_of M) Q T ->
  all (weights_within 1) Bs -> all (images (separates P c v)) Bs ->
  alignment w + eta M * A w * (gate_sum true (gates_of M (coordinates P w) Bs)
      + gate_sum false (gates_of M (coordinates P w) Bs))
    <= alignment (vector_run M P w Bs).
Proof.
move=> eta0 gain; elim: Bs w => [|B Bs IH] w /=; first by rewrite /gate_sum !big_nil addr0 mulr0 addr0.
case/andP=> /andP[B0 _] Bs1 /andP[sB sBs].
have C0 := gated_nonneg (coordinates P w) gain B0.
have same_heads : A (vector_step M P w B) = A w.
  by apply: eq_bigr => j _; have := heads_vector_run P w [:: B] j fixed => /= ->.
apply: le_trans (IH _ Bs1 sBs); rewrite same_heads !gate_sum_cons.
rewrite (gates_of_same M Bs (coordinates_step dictionary w B)).
have := alignment_step eta0 C0 sB.
rewrite -(ler_add2r (eta M * A w * (gate_sum true (gates_of M (step M (coordinates P w) B) Bs)
  + gate_sum false (gates_of M (step M (coordinates P w) B) Bs)))).
apply: le_trans; rewrite le_eqVlt; apply/orP; left; apply/eqP.
by move: (A w) (alignment w) => a F; ring.
Qed.

(** F^2 <= A |v|^2 |W|^2. *)
Lemma alignment_le w : alignment w ^+ 2 <= A w * length_squared v * energy w.
Proof.
have -> : alignment w = dot (\row_j heads w j) (\row_j dot (filters w j) v).
  by apply: eq_bigr => j _; rewrite !mxE.
apply: le_trans (cauchy_schwarz _ _) _; rewrite -mulrA.
have -> : length_squared (\row_j heads w j) = A w.
  by apply: eq_bigr => j _; rewrite !mxE expr2.
rewrite ler_wpmul2l ?heads_ge0 // mulr_sumr; apply: ler_sum => j _; rewrite !mxE -expr2 mulrC.
exact: cauchy_schwarz.
Qed.

(** The bound for any loss, from what its gates give for one image. *)
Theorem separator_bound rho2 T w Bs : 0 <= eta M -> gain_within M (loss_of M) (A w * rho2) T ->
  all (weights_within 1) Bs -> all (images (separates P c v)) Bs ->
  all (images (fun x => leaky_spread M c x <= rho2)) Bs ->
  forall mu, mu = gate_sum true (gates_of M (coordinates P w) Bs)
    + gate_sum false (gates_of M (coordinates P w) Bs) ->
  alignment w + eta M * A w * mu <= 0
  \/ (alignment w + eta M * A w * mu) ^+ 2 <= A w * length_squared v * (energy w + mu * T).
Proof.
move=> eta0 gain Bs1 sep small mu ->; set F := alignment w + _.
case: (lerP F 0) => [neg|pos]; first by left.
right; have F_run := alignment_run w eta0 gain Bs1 sep.
have same_heads : A (vector_run M P w Bs) = A w.
  by apply: eq_bigr => j _; rewrite heads_vector_run.
apply: le_trans (_ : _ <= alignment (vector_run M P w Bs) ^+ 2) _.
  rewrite ler_expn2r ?nnegrE ?(ltW pos) //; exact: le_trans (ltW pos) F_run.
apply: le_trans (alignment_le _) _; rewrite same_heads ler_wpmul2l //.
  by rewrite mulr_ge0 ?heads_ge0 ?length_squared_ge0.
rewrite [_ * T]mulrC; exact: (energy_run dictionary slopes c01 pool fixed gain Bs1 small).
Qed.

End Separator.

(** ** Hinge and perceptron, one image a step *)
Section Updates.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R).
Variables (v : 'rV[R]_d) (w : network R n d) (rho2 : R).
Variable l : loss.
Hypothesis header : fixed_head_leaky M c l.
Hypothesis c01 : 0 < c <= 1.
Hypothesis loss_l : l = Hinge \/ l = Perceptron.
Hypothesis dictionary : dictionary_of M P.

Local Notation A := (\sum_j heads w j ^+ 2).
Local Notation theta := (if l is Hinge then 2%:R else 0).

(** Batches, gradient descent among them. *)
Theorem separator_batches Bs : 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (separates P c v)) Bs -> all (images (fun x => leaky_spread M c x <= rho2)) Bs ->
  forall mu, mu = gate_sum true (gates_of M (coordinates P w) Bs)
    + gate_sum false (gates_of M (coordinates P w) Bs) ->
  alignment v w + eta M * A * mu <= 0
  \/ (alignment v w + eta M * A * mu) ^+ 2
      <= A * length_squared v * (energy w + mu * (theta * eta M + eta M ^+ 2 * (A * rho2))).
Proof.
have /andP[c0 c1] := c01; have c01' : 0 <= c <= 1 by rewrite ltW.
have [act pool loss_M fixed] := header; have slopes := slopes_leaky_or_identity c1 act.
move=> eta0; apply: (separator_bound dictionary slopes c01' pool fixed eta0).
by rewrite loss_M; exact: gain_theta.
Qed.

(** The updates of SGD. *)
Theorem separator_updates xs : 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
  let u := (mistakes M (coordinates P w) xs)%:R in
  alignment v w + eta M * A * u <= 0
  \/ (alignment v w + eta M * A * u) ^+ 2
      <= A * length_squared v * (energy w + u * (theta * eta M + eta M ^+ 2 * (A * rho2))).
Proof.
move=> eta0 sep small u; have [_ _ loss_M _] := header.
apply: (separator_batches eta0 (singles_within R xs)).
- by rewrite images_singles.
- by rewrite images_singles.
by rewrite gate_sum_updates // loss_M; exact: gate01.
Qed.

(** The spread is a bound of the leaky one. *)
Theorem separator_spread xs : 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => spread M x <= rho2) xs ->
  let u := (mistakes M (coordinates P w) xs)%:R in
  alignment v w + eta M * A * u <= 0
  \/ (alignment v w + eta M * A * u) ^+ 2
      <= A * length_squared v * (energy w + u * (theta * eta M + eta M ^+ 2 * (A * rho2))).
Proof.
move=> eta0 sep small; apply: separator_updates => //; have /andP[c0 _] := c01.
by apply: sub_all small => x /=; apply: le_trans; exact: leaky_spread_le (ltW c0).
Qed.

(** A number of updates that is at least every one that the inequality allows. *)
Lemma separator_within (D : distribution R K) k : 0 <= eta M ->
  (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) ->
  (forall u : nat,
    alignment v w + eta M * A * u%:R <= 0
    \/ (alignment v w + eta M * A * u%:R) ^+ 2
      <= A * length_squared v * (energy w + u%:R * (theta * eta M + eta M ^+ 2 * (A * rho2))) ->
    (u <= k)%N) ->
  mistakes_within D M k (coordinates P w).
Proof.
move=> eta0 sep small bound u; apply: bound; apply: separator_updates => //.
  by rewrite all_map; apply/allP => i _; exact: sep.
by rewrite all_map; apply/allP => i _; exact: small.
Qed.

(** What bounds their number. *)
Definition separator_max : R :=
  (2%:R * eta M * `|alignment v w|
    + length_squared v * (energy w + (theta * eta M + eta M ^+ 2 * (A * rho2))))
  / (eta M ^+ 2 * A).

Theorem separator_explicit xs : 0 < eta M -> (exists j, heads w j != 0) -> 0 <= rho2 ->
  all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
  (mistakes M (coordinates P w) xs)%:R <= separator_max.
Proof.
move=> eta0 [j0 head0] rho0 sep small.
have := separator_updates (ltW eta0) sep small.
have A0 : 0 < A.
  rewrite (bigD1 j0) //= ltr_paddr ?sumr_ge0 // => [j _|]; first exact: sqr_ge0.
  by rewrite lt_def sqr_ge0 sqrf_eq0 head0.
rewrite /separator_max; set T := theta * eta M + _; set F := alignment v w; set W := energy w.
have T0 : 0 <= T.
  apply: addr_ge0; last by rewrite mulr_ge0 ?sqr_ge0 // mulr_ge0 ?(ltW A0).
  by rewrite mulr_ge0 ?(ltW eta0) //; case: (l); rewrite ?ler0n.
have W0 : 0 <= W := energy_ge0 w; have V0 := length_squared_ge0 v.
case: (mistakes _ _ _) => [|k]; move: (length_squared v) V0 => V V0.
  move=> _; apply: divr_ge0; last by rewrite mulr_ge0 ?sqr_ge0 // ltW.
  by apply: addr_ge0; rewrite ?mulr_ge0 ?ler0n ?normr_ge0 ?(ltW eta0) // addr_ge0.
set u := k.+1%:R; have u1 : 1 <= u :> R by rewrite ler1n.
have u0 : 0 < u := lt_le_trans ltr01 u1.
move: (A) A0 (eta M) eta0 => a a0 e e0; have ea0 : 0 < e * a by rewrite mulr_gt0.
have F_abs : - F <= `|F| by rewrite -normrN ler_norm.
move=> either; rewrite ler_pdivl_mulr; last by rewrite mulr_gt0 // exprn_gt0.
have main : (e * a * u) ^+ 2 <= 2%:R * `|F| * (e * a * u) + a * V * (W + u * T).
  case: either => [neg | le].
    have le : e * a * u <= `|F|.
      by apply: le_trans F_abs; rewrite -subr_ge0 -oppr_le0; have -> : - (- F - e * a * u) = F + e * a *
        u by ring.
    apply: ler_paddr; first by rewrite !mulr_ge0 ?(ltW a0) // addr_ge0 // mulr_ge0 // ltW.
    rewrite expr2 ler_wpmul2r ?mulr_ge0 ?(ltW e0) ?(ltW a0) ?(ltW u0) // (le_trans le) //.
    by rewrite ler_pemull ?normr_ge0 // ler1n.
  rewrite -ler_subl_addl; apply: le_trans le.
  have -> : (F + e * a * u) ^+ 2 = F ^+ 2 + 2%:R * F * (e * a * u) + (e * a * u) ^+ 2 by ring.
  rewrite addrC ler_add2r ler_paddl ?sqr_ge0 // -mulNr -mulrN.
  by rewrite ler_wpmul2r ?mulr_ge0 ?(ltW e0) ?(ltW a0) ?(ltW u0) // ler_wpmul2l ?ler0n // ler_oppl.
rewrite -(ler_pmul2l (mulr_gt0 a0 u0)).
apply: le_trans (_ : _ <= 2%:R * `|F| * (e * a * u) + a * V * (W + u * T)) _.
  by apply: le_trans main; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
rewrite -subr_ge0.
have -> : a * u * (2%:R * e * `|F| + V * (W + T)) - (2%:R * `|F| * (e * a * u) + a * V * (W + u * T))
   = a * V * W * (u - 1) by ring.
by rewrite mulr_ge0 ?subr_ge0 // !mulr_ge0 // ltW.
Qed.

End Updates.

(** One number of updates is enough for all paths, however long. *)
Theorem separator_finitely_many (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (rho2 : R) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> 0 < eta M
    -> (exists j, heads w j != 0) ->
  exists k, forall xs, all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N.
Proof.
move=> header c01 loss_l dictionary eta0 head0.
have rho0 : 0 <= Num.max 0 rho2 by rewrite le_maxr lexx.
have [k big] := above (separator_max M v w (Num.max 0 rho2) l); exists k => xs sep small.
have small' : all (fun x => leaky_spread M c x <= Num.max 0 rho2) xs.
  by apply: sub_all small => x /= le; rewrite le_maxr le orbT.
have le := separator_explicit header c01 loss_l dictionary eta0 head0 rho0 sep small'.
by rewrite -(ler_nat R) (le_trans le (ltW big)).
Qed.

Theorem separator_limit (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (delta : R) :
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  (forall i : atom D, separates P c v (sample_at i)) -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]).
Proof.
move=> header c01 loss_l dictionary eta0 some sep delta0.
have [k few] := separator_finitely_many v (\sum_(a : atom D) spread M (sample_at a))
  header c01 loss_l dictionary eta0 some.
apply: (closed_limit_vectors dictionary (k := k)) delta0 => u; apply: few.
  by rewrite all_map; apply/allP => i _; exact: sep.
rewrite all_map; apply/allP => i _; have /andP[c0 _] := c01.
exact: le_trans (leaky_spread_le M _ (ltW c0)) (spread_sum M i).
Qed.
