(** * The squared length of all filters along a run

    For an activation with slopes in [c, 1] that is homogeneous (relu: c = 0; leaky-relu; the
    identity: c = 1), sum pooling, a fixed head and any dictionary: one step raises |W|^2, the sum of
    the squared lengths of the filters, by at most T for each unit of open gate. The cross terms add
    up to 2 eta times gate times margin, since the output is 1-homogeneous in the filters; the squares
    of the strides to at most eta^2 A rho^2 times the squares of the gates, by Jensen's inequality for
    the batch, where no sum of patches with slopes in [c, 1] is longer than rho ([slopes_spread]: the
    squared length is convex, so that the slopes may be taken as a mixture of c everywhere and of
    slopes in [0, 1]).

    Used by [mistake_bound_coherent.v] (T6c) and [separator.v] (T14). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors pathwise mistake_bound_sharp.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Slopes in [c, 1], and homogeneous. *)
Definition slopes_from (R : realFieldType) (c : R) (f : activation R) :=
  forall z : R, activate f z = derivative f z * z /\ c <= derivative f z <= 1.

Section Slopes.
Variable R : realFieldType.

Lemma slopes_relu : slopes_from 0 (@Relu R).
Proof.
move=> z /=; case: ltP => [pos|neg]; first by rewrite mul1r relu_pos ?(ltW pos) // ler01 lexx.
by rewrite mul0r relu_neg // lexx ler01.
Qed.

Lemma slopes_leaky (c : R) : c <= 1 -> slopes_from c (LeakyRelu c).
Proof. by move=> c1 z /=; case: ltP => _; rewrite ?mul1r ?lexx ?c1. Qed.

Lemma slopes_identity : slopes_from 1 (@Identity R).
Proof. by move=> z /=; rewrite mul1r lexx. Qed.

End Slopes.

(** Gates that depend on the numbers of a state alone. *)
Section Same.
Variables (R : realFieldType) (n K : nat) (M : model R K).
Implicit Types (s : state R n K).

Lemma gates_of_same s s' Bs : same_state s s' -> gates_of M s Bs = gates_of M s' Bs.
Proof.
elim: Bs s s' => //= B Bs IH s s' same; rewrite (gated_same M B same); congr (_ :: _).
by apply: IH; exact: step_same.
Qed.

Lemma mistakes_same s s' xs : same_state s s' -> mistakes M s xs = mistakes M s' xs.
Proof.
elim: xs s s' => //= x xs IH s s' same; rewrite (gate_at_same M x same); congr (_ + _)%N.
by apply: IH; exact: step_same.
Qed.

(** Gates of a loss with gains are at least 0. *)
Lemma gated_nonneg Q T s B : gain_within M (loss_of M) Q T -> all (fun b => 0 <= b.1) B ->
  all (fun c => 0 <= c.1) (gated M s B).
Proof.
move=> gain; elim: B => //= b B IH /andP[b0 /IH->]; rewrite andbT mulr_ge0 // /gate_at.
by have [] := gain (margin M s b.2).
Qed.

Lemma gates_of_nonneg Q T s Bs : gain_within M (loss_of M) Q T -> all (weights_within 1) Bs ->
  all (all (fun c => 0 <= c.1)) (gates_of M s Bs).
Proof.
move=> gain; elim: Bs s => //= B Bs IH s /andP[/andP[B0 _] Bs1].
by rewrite (gated_nonneg _ gain) //= IH.
Qed.

(** The gates along a path of single images, where they are 0 or 1: the number of updates. *)
Lemma gate_sum_updates s xs : (forall z : R, gate (loss_of M) z = (gate (loss_of M) z != 0)%:R) ->
  gate_sum true (gates_of M s (map (@single R K) xs)) +
  gate_sum false (gates_of M s (map (@single R K) xs)) = (mistakes M s xs)%:R.
Proof.
move=> g01; elim: xs s => [|x xs IH] s /=; first by rewrite /gate_sum !big_nil addr0.
rewrite !gate_sum_cons addrACA IH natrD mass_split big_seq1 /= mul1r; congr (_ + _).
exact: g01.
Qed.

End Same.

Section Potential.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R).
Hypothesis dictionary : dictionary_of M P.
Hypothesis slopes : slopes_from c (activation_of M).
Hypothesis c01 : 0 <= c <= 1.
Hypothesis pool : pooling_of M = SumPooling.
Hypothesis fixed : trained M = false.
Implicit Types (w : network R n d) (B : batch R K) (x : sample K) (j : 'I_n).

(** The sum of the patches of an image, each with the slope that filter j has there. *)
Definition direction w x j : 'rV[R]_d :=
  \sum_p ((count x p)%:R * derivative (activation_of M) (weight (coordinates P w) j p)) *: P p.

(** |W|^2. *)
Definition energy w : R := \sum_j length_squared (filters w j).

Lemma energy_ge0 w : 0 <= energy w.
Proof. by apply: sumr_ge0 => j _; exact: length_squared_ge0. Qed.

(** The stride of a step, image by image. *)
Lemma stride_sum w B j : stride M P w B j =
  \sum_(b <- B) (b.1 * (gate_at M (coordinates P w) b.2 * sgn (label b.2))) *: direction w b.2 j.
Proof.
rewrite /stride /filter_gradient; elim: B => [|b B IH].
  by rewrite big_nil big1 // => p _; rewrite big_nil scale0r.
rewrite big_cons -IH /direction scaler_sumr -big_split; apply: eq_bigr => p _ /=.
rewrite big_cons scalerDl; congr (_ + _); rewrite scalerA; congr (_ *: _).
by rewrite /pooled_derivative pool /=; ring.
Qed.

(** Homogeneity: the pooled activation of a filter is its inner product with that sum. *)
Lemma dot_direction w x j : dot (filters w j) (direction w x j) =
  pooled M (weight (coordinates P w) j) (count x).
Proof.
rewrite /pooled pool dot_sumr; apply: eq_bigr => p _; rewrite dotZr /=.
by have [-> _] := slopes (dot (filters w j) (P p)); rewrite mulrA.
Qed.

Lemma margin_direction w x : margin M (coordinates P w) x =
  sgn (label x) * \sum_j heads w j * dot (filters w j) (direction w x j).
Proof. by congr (_ * _); apply: eq_bigr => j _; rewrite dot_direction. Qed.

(** ** No such sum is longer than rho *)

Lemma max_opp (z : R) : Num.max 0 z - Num.max 0 (- z) = z.
Proof.
case: (lerP 0 z) => [pos|neg].
  by rewrite (_ : Num.max 0 (- z) = 0) ?subr0 //; apply/max_idPl; rewrite oppr_le0.
by rewrite (_ : Num.max 0 (- z) = - z) ?sub0r ?opprK //; apply/max_idPr; rewrite oppr_ge0 ltW.
Qed.

(** The squared length is convex. *)
Lemma length_squared_convex (a : R) (u v : 'rV[R]_d) : 0 <= a <= 1 ->
  length_squared (a *: u + (1 - a) *: v) <= a * length_squared u + (1 - a) * length_squared v.
Proof.
move=> /andP[a0 a1]; rewrite -subr_ge0.
have -> : a * length_squared u + (1 - a) * length_squared v - length_squared (a *: u + (1 - a) *: v)
  = a * (1 - a) * length_squared (u - v).
  by rewrite length_squaredB length_squaredD !length_squaredZ dotZl dotZr; ring.
by rewrite mulr_ge0 ?length_squared_ge0 // mulr_ge0 ?subr_ge0.
Qed.

Lemma patches_length (N : pattern K -> nat) (f : pattern K -> R) : (forall p, 0 <= f p <= 1) ->
  length_squared (\sum_p ((N p)%:R * f p) *: P p)
    <= \sum_p \sum_q (N p)%:R * (N q)%:R * Num.max 0 (gram M p q).
Proof.
move=> f01; rewrite /length_squared (dot_patterns dictionary); apply: ler_sum => p _; apply: ler_sum =>
  q _.
have [/andP[p0 p1] /andP[q0 q1]] := (f01 p, f01 q).
have -> : (N p)%:R * f p * ((N q)%:R * f q) * gram M p q =
  (N p)%:R * (N q)%:R * ((f p * f q) * gram M p q) by ring.
rewrite ler_wpmul2l ?mulr_ge0 ?ler0n //.
case: (lerP 0 (gram M p q)) => [pos|neg]; last by rewrite mulr_ge0_le0 ?mulr_ge0 ?(ltW neg).
by rewrite ler_pimull // mulr_ile1.
Qed.

Lemma patches_length1 (N : pattern K -> nat) : length_squared (\sum_p (N p)%:R *: P p) =
  \sum_p \sum_q (N p)%:R * (N q)%:R * (Num.max 0 (gram M p q) - Num.max 0 (- gram M p q)).
Proof.
rewrite /length_squared (dot_patterns dictionary); apply: eq_bigr => p _; apply: eq_bigr => q _.
by rewrite max_opp.
Qed.

Lemma slopes_spread w x j : length_squared (direction w x j) <= leaky_spread M c x.
Proof.
have /andP[c0 c1] := c01; pose th p := derivative (activation_of M) (weight (coordinates P w) j p).
have th1 p : c <= th p <= 1 by have [_] := slopes (weight (coordinates P w) j p).
pose f p := if c == 1 then 0 else (th p - c) / (1 - c).
have fE p : th p = c + (1 - c) * f p.
  rewrite /f; case: eqP => [c_1|/eqP c_1].
    by apply/eqP; rewrite mulr0 addr0 eq_le; have := th1 p; rewrite c_1 andbC.
  by rewrite mulrCA divff ?mulr1; [ring | rewrite subr_eq0 eq_sym].
have f01 p : 0 <= f p <= 1.
  rewrite /f; case: eqP => [_|/eqP c_1]; first by rewrite lexx ler01.
  have pos : 0 < 1 - c by rewrite subr_gt0 lt_neqAle c_1.
  have /andP[lo hi] := th1 p.
  by rewrite divr_ge0 ?subr_ge0 //= ler_pdivr_mulr // mul1r ler_add2r.
have -> : direction w x j =
    c *: (\sum_p (count x p)%:R *: P p) + (1 - c) *: (\sum_p ((count x p)%:R * f p) *: P p).
  rewrite !scaler_sumr -big_split; apply: eq_bigr => p _ /=.
  by rewrite !scalerA -scalerDl -/(th p) fE; congr (_ *: _); ring.
apply: le_trans (length_squared_convex _ _ c01) _.
apply: le_trans (ler_add (lexx _) (ler_wpmul2l _ (patches_length (count x) f01))) _.
  by rewrite subr_ge0.
rewrite patches_length1 /leaky_spread !mulr_sumr -big_split; apply: ler_sum => p _ /=.
rewrite !mulr_sumr -big_split; apply: ler_sum => q _ /=.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

(** ** One step *)

Lemma weighted_le_all B (F G : sample K -> R) : all (fun b => 0 <= b.1) B -> (forall x, F x <= G x) ->
  \sum_(b <- B) b.1 * F b.2 <= \sum_(b <- B) b.1 * G b.2.
Proof. by move=> B0 FG; apply: weighted_le B0 _; rewrite /images; elim: B => //= b B ->; rewrite FG. Qed.

(** Jensen's inequality for vectors. *)
Lemma jensen_vectors B (F : sample K -> 'rV[R]_d) : weights_within 1 B ->
  length_squared (\sum_(b <- B) b.1 *: F b.2) <= \sum_(b <- B) b.1 * length_squared (F b.2).
Proof.
move=> B1; have -> : \sum_(b <- B) b.1 * length_squared (F b.2) =
    \sum_i \sum_(b <- B) b.1 * (F b.2 0 i) ^+ 2.
  rewrite exchange_big; apply: eq_bigr => b _; rewrite mulr_sumr; apply: eq_bigr => i _.
  by rewrite expr2.
apply: ler_sum => i _; rewrite -expr2 summxE.
apply: le_trans (jensen (fun x => F x 0 i) B1); rewrite le_eqVlt; apply/orP; left; apply/eqP.
by congr (_ ^+ 2); apply: eq_bigr => b _; rewrite mxE.
Qed.

Lemma stride_length w B j : weights_within 1 B -> length_squared (stride M P w B j) <=
  \sum_(b <- B) b.1 * (gate_at M (coordinates P w) b.2 ^+ 2 * leaky_spread M c b.2).
Proof.
move=> B1; pose F x := (gate_at M (coordinates P w) x * sgn (label x)) *: direction w x j.
have -> : stride M P w B j = \sum_(b <- B) b.1 *: F b.2.
  by rewrite stride_sum; apply: eq_bigr => b _; rewrite scalerA.
apply: le_trans (jensen_vectors F B1) _; have [B0 _] := andP B1.
apply: (weighted_le_all (F := fun x => length_squared (F x))
  (G := fun x => gate_at M (coordinates P w) x ^+ 2 * leaky_spread M c x)) B0 _ => x.
rewrite length_squaredZ exprMn (_ : sgn _ ^+ 2 = 1) ?mulr1.
  by rewrite ler_wpmul2l ?sqr_ge0 // slopes_spread.
by rewrite expr2 sgn_sqr.
Qed.

(** Weights times strides are gates times margins. *)
Lemma first_order_vectors w B : \sum_j heads w j * dot (filters w j) (stride M P w B j) =
  \sum_(b <- B) b.1 * (gate_at M (coordinates P w) b.2 * margin M (coordinates P w) b.2).
Proof.
transitivity (\sum_j \sum_(b <- B) b.1 * (gate_at M (coordinates P w) b.2 * (sgn (label b.2) *
    (heads w j * dot (filters w j) (direction w b.2 j))))).
  apply: eq_bigr => j _; rewrite stride_sum dot_sumr mulr_sumr; apply: eq_bigr => b _.
  by rewrite dotZr; ring.
rewrite exchange_big; apply: eq_bigr => b _; rewrite margin_direction !mulr_sumr.
by [].
Qed.

Local Notation A w := (\sum_j heads w j ^+ 2).

(** One step raises |W|^2 by at most T for each unit of gate. *)
Lemma energy_step rho2 T w B : gain_within M (loss_of M) (A w * rho2) T -> weights_within 1 B ->
  images (fun x => leaky_spread M c x <= rho2) B ->
  energy (vector_step M P w B) <= energy w +
    T * (mass true (gated M (coordinates P w) B) + mass false (gated M (coordinates P w) B)).
Proof.
move=> gain B1 small; have [B0 _] := andP B1.
set s := coordinates P w; pose g x := gate_at M s x.
have A0 : 0 <= A w by apply: sumr_ge0 => j _; exact: sqr_ge0.
have -> : energy (vector_step M P w B) = energy w
    + 2%:R * eta M * (\sum_j heads w j * dot (filters w j) (stride M P w B j))
    + eta M ^+ 2 * \sum_j heads w j ^+ 2 * length_squared (stride M P w B j).
  rewrite /energy !mulr_sumr -!big_split; apply: eq_bigr => j _ /=.
  by rewrite -/(stride M P w B j) length_squaredD length_squaredZ dotZr; ring.
rewrite first_order_vectors -/s -addrA ler_add2l mass_split /gated big_map /=.
have sq : \sum_j heads w j ^+ 2 * length_squared (stride M P w B j) <=
    \sum_(b <- B) b.1 * (A w * rho2 * g b.2 ^+ 2).
  apply: le_trans (_ : _ <= A w * \sum_(b <- B) b.1 * (g b.2 ^+ 2 * leaky_spread M c b.2)) _.
    rewrite mulr_suml; apply: ler_sum => j _; rewrite ler_wpmul2l ?sqr_ge0 //.
    exact: stride_length.
  rewrite mulr_sumr.
  have -> : \sum_(b <- B) A w * (b.1 * (g b.2 ^+ 2 * leaky_spread M c b.2)) =
    \sum_(b <- B) b.1 * (A w * g b.2 ^+ 2 * leaky_spread M c b.2) by apply: eq_bigr => b _; ring.
  apply: (weighted_le (F := fun x => A w * g x ^+ 2 * leaky_spread M c x)
    (G := fun x => A w * rho2 * g x ^+ 2)) B0 _.
  apply: sub_all small => -[v x] /= smallx; rewrite mulrAC.
  by rewrite ler_wpmul2r ?sqr_ge0 // ler_wpmul2l.
apply: le_trans (ler_add (lexx _) (ler_wpmul2l (sqr_ge0 _) sq)) _.
rewrite !mulr_sumr -big_split /=.
have -> : \sum_(b <- B) (2%:R * eta M * (b.1 * (gate_at M s b.2 * margin M s b.2)) +
      eta M ^+ 2 * (b.1 * (A w * rho2 * g b.2 ^+ 2))) =
    \sum_(b <- B) b.1 * (2%:R * eta M * (g b.2 * margin M s b.2) + eta M ^+ 2 * (A w * rho2) * g b.2 ^+
      2).
  by apply: eq_bigr => b _; rewrite /g; ring.
have -> : \sum_(b <- B) T * (b.1 * gate_at M s b.2) = \sum_(b <- B) b.1 * (T * g b.2).
  by apply: eq_bigr => b _; rewrite /g; ring.
apply: (weighted_le_all
  (F := fun x => 2%:R * eta M * (g x * margin M s x) + eta M ^+ 2 * (A w * rho2) * g x ^+ 2)
  (G := fun x => T * g x)) B0 _ => x.
by have [] := gain (margin M s x).
Qed.

(** The whole run. *)
Lemma energy_run rho2 T w Bs : gain_within M (loss_of M) (A w * rho2) T -> all (weights_within 1) Bs ->
  all (images (fun x => leaky_spread M c x <= rho2)) Bs ->
  energy (vector_run M P w Bs) <= energy w + T * (gate_sum true (gates_of M (coordinates P w) Bs)
    + gate_sum false (gates_of M (coordinates P w) Bs)).
Proof.
elim: Bs w => [|B Bs IH] w gain /=; first by rewrite /gate_sum !big_nil addr0 mulr0 addr0.
case/andP=> B1 Bs1 /andP[sB sBs].
have same_heads : A (vector_step M P w B) = A w.
  by apply: eq_bigr => j _; have := heads_vector_run P w [:: B] j fixed => /= ->.
have gain' : gain_within M (loss_of M) (A (vector_step M P w B) * rho2) T by rewrite same_heads.
apply: le_trans (IH _ gain' Bs1 sBs) _; rewrite !gate_sum_cons.
rewrite (gates_of_same M Bs (coordinates_step dictionary w B)).
have := energy_step gain B1 sB.
rewrite -(ler_add2r (T * (gate_sum true (gates_of M (step M (coordinates P w) B) Bs)
  + gate_sum false (gates_of M (step M (coordinates P w) B) Bs)))) => /le_trans; apply.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

End Potential.

(** The spread of relu and of leaky-relu. *)
Section Spreads.
Variables (R : realFieldType) (K : nat) (M : model R K).

Lemma leaky_spread0 (x : sample K) : leaky_spread M 0 x = spread M x.
Proof. by apply: eq_bigr => p _; apply: eq_bigr => q _; rewrite mul0r subr0. Qed.

Lemma leaky_spread_le (c : R) (x : sample K) : 0 <= c -> leaky_spread M c x <= spread M x.
Proof.
move=> c0; apply: ler_sum => p _; apply: ler_sum => q _.
by rewrite ler_wpmul2l ?mulr_ge0 ?ler0n // ler_subl_addr ler_addl mulr_ge0 // le_maxr lexx.
Qed.

Lemma spread_ge0 (x : sample K) : 0 <= spread M x.
Proof.
apply: sumr_ge0 => p _; apply: sumr_ge0 => q _.
by rewrite !mulr_ge0 ?ler0n // le_maxr lexx.
Qed.

End Spreads.
