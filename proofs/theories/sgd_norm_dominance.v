(** * T4: norm dominance for SGD, unhinged

    On every path the key of a winner of label y is worth its start plus eta r B_y; a loser's own key
    stands still, its other key ends between its start and - eta r, and its background strays from the
    start no further than eta times the walks do. So thresholds for B_y and for the walks imply
    dominance, from the step on at which B_y has reached its threshold. With A3 and A4 linear thresholds
    are as likely as one likes (Chebyshev, Kolmogorov): every ratio is reached. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence probability tails closed_form.
From filtercert Require Import sgd_coordinates.
From filtercert Require pathwise norm_dominance.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Squares.
Variable R : realFieldType.
Implicit Types x y w z c d : R.

Lemma square_le x y : 0 <= x -> x <= y -> x ^+ 2 <= y ^+ 2.
Proof. by move=> x0 xy; rewrite ler_pexpn2r // nnegrE (le_trans x0 xy). Qed.

Lemma between_square w z c : Num.min w (- c) <= z -> z <= w ->
  z ^+ 2 <= Num.max (w ^+ 2) (c ^+ 2).
Proof.
rewrite le_minl le_maxr => /orP[lo | lo] hi.
  have -> : z = w by apply/le_anti; rewrite hi lo.
  by rewrite lexx.
case: (lerP 0 z) => z0; first by rewrite square_le.
apply/orP; right; rewrite -[z ^+ 2]sqrrN; apply: square_le; first by rewrite oppr_ge0 ltW.
by rewrite ler_oppl.
Qed.

Lemma max_le_sum x y : 0 <= x -> 0 <= y -> Num.max x y <= x + y.
Proof. by move=> x0 y0; rewrite le_maxl ler_addl ler_addr x0 y0. Qed.

Lemma square_sum_le w d : (`|w| + d) ^+ 2 <= 2%:R * w ^+ 2 + 2%:R * d ^+ 2.
Proof.
rewrite -subr_ge0 -[w ^+ 2]real_normK ?num_real //.
have -> : 2%:R * `|w| ^+ 2 + 2%:R * d ^+ 2 - (`|w| + d) ^+ 2 = (`|w| - d) ^+ 2 by ring.
exact: sqr_ge0.
Qed.

End Squares.

Section Dominance.
Variables (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K).
Hypothesis network : fixed_head_network M Unhinged.
Hypothesis eta0 : 0 <= eta M.
Hypothesis signed : signed_head s.
Implicit Types (xs : seq (sample K)) (i j : 'I_n) (k : 'I_K) (y : bool) (lam : 'I_K -> R).

Lemma norm_by_key (s' : state R n K) i y : norm_squared s' i =
  weight s' i (key y) ^+ 2 + weight s' i (key (~~ y)) ^+ 2 + \sum_k weight s' i (background k) ^+ 2.
Proof.
rewrite /norm_squared sum_pattern; case: y => //=.
by rewrite [weight s' i (key true) ^+ 2 + _]addrC.
Qed.

Lemma unhinged_gates (z : R) : 0 <= gate Unhinged z <= 1.
Proof. by rewrite /= ler01 lexx. Qed.

(** The bound of a loser, from its start and bounds of the walks. *)
Definition loser_bound i y lam : R :=
  weight s i (key y) ^+ 2 + Num.max (weight s i (key (~~ y)) ^+ 2) ((eta M * r%:R) ^+ 2)
  + \sum_k (`|weight s i (background k)| + eta M * lam k) ^+ 2.

Lemma loser_norm xs i y lam : all (unique_key r m) xs -> loser s i -> head s i = sgn y ->
  (forall k, ~~ walk_exceeds k (lam k) xs) -> norm_squared (sgd M s xs) i <= loser_bound i y lam.
Proof.
move=> keys lose hd near; rewrite (norm_by_key _ _ y) /loser_bound.
have dead : weight s i (key y) <= 0.
  have : ~~ winner s y i by case/andP: lose => l1 l2; case: (y).
  by rewrite /winner hd sgn_sqr ltr01 /= -leNgt.
have [_ _ wrong _] := pathwise.pathwise_sgd network unhinged_gates eta0 signed keys i y.
have hd1 : 0 < sgn y * head s i by rewrite hd sgn_sqr ltr01.
have /andP[lo hi] := wrong hd1.
apply: ler_add; first apply: ler_add.
- by rewrite (frozen_sgd network _ dead) lexx.
- exact: between_square.
apply: ler_sum => k _; rewrite -[X in X <= _]real_normK ?num_real //.
by apply: square_le; [exact: normr_ge0 | exact: (background_near network)].
Qed.

Lemma winner_norm xs j y (b : R) : all (unique_key r m) xs -> winner s y j -> 0 <= b ->
  b <= (label_count y xs)%:R ->
  (weight s j (key y) + eta M * r%:R * b) ^+ 2 <= norm_squared (sgd M s xs) j.
Proof.
move=> keys win b0 many; have [hd pos] := andP win.
have hd' := norm_dominance.head_of_sign signed hd.
rewrite (norm_by_key _ _ y) -addrA; apply: ler_paddr.
  by rewrite addr_ge0 ?sqr_ge0 // sumr_ge0 // => k _; exact: sqr_ge0.
have er0 : 0 <= eta M * r%:R by rewrite mulr_ge0 ?ler0n.
rewrite (winner_value network eta0 keys pos hd'); apply: square_le.
  by apply: addr_ge0; [exact: ltW | exact: mulr_ge0].
by rewrite ler_add2l ler_wpmul2l.
Qed.

(** Thresholds imply dominance, at every step from t0 on. *)
Theorem dominance_path xs t0 u (b : bool -> R) lam (rho : R) :
  all (unique_key r m) xs -> (t0 <= u)%N -> (forall y, 0 <= b y) ->
  (forall y, b y <= (label_count y (take t0 xs))%:R) ->
  (forall k, ~~ walk_exceeds k (lam k) xs) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound i y' lam <= (weight s j (key y) + eta M * r%:R * b y) ^+ 2) ->
  dominates rho s (sgd M s (take u xs)).
Proof.
move=> keys tu b0 many near large; set zs := take u xs.
have keys' : all (unique_key r m) zs.
  by move: keys; rewrite -{1}(cat_take_drop u xs) all_cat => /andP[].
have near' k : ~~ walk_exceeds k (lam k) zs by apply: walk_within_take; exact: near.
have many' y : b y <= (label_count y zs)%:R.
  by apply: le_trans (many y) _; rewrite ler_nat label_count_take.
apply/forallP => y; apply/forallP => j; apply/forallP => i; apply/implyP => /andP[win lose].
have [y' hd] := norm_dominance.label_of_head signed i.
apply: le_trans (winner_norm keys' win (b0 y) (many' y)).
apply: le_trans (large _ _ _ _ win lose hd).
by rewrite ler_wpmul2l ?sqr_ge0 // loser_norm.
Qed.

Variable D : distribution R K.
Hypothesis unique : unique_keys D r m.

(** T4 *)
Theorem dominance_probability t0 t (b : bool -> nat) lam (rho : R) : (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound i y' lam <= (weight s j (key y) + eta M * r%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_k Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))]).
Proof.
move=> le large.
have -> : \sum_y binomial_below t0 (prior D y) (b y) =
    \sum_y Pr D t (fun xs => (label_count y (take t0 xs) < b y)%N).
  apply: eq_bigr => y _; rewrite -label_count_binomial.
  by rewrite -(Pr_take D (fun xs => (label_count y xs < b y)%N) le).
apply: Pr_unless => w many near; apply/forallP => u; apply/implyP => tu.
apply: (@dominance_path _ t0 _ (fun y => (b y)%:R) lam) => // [|y|y]; first exact: all_samples.
  exact: ler0n.
by rewrite ler_nat leqNgt; exact: many.
Qed.

End Dominance.

(** ** Every ratio is reached *)
Section Late.
Variables (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K).
Hypothesis eta0 : 0 <= eta M.
Variables (rho c : R).
Hypothesis c0 : 0 < c.
Hypothesis c_large : 64%:R * (K%:R * rho ^+ 2) <= c ^+ 2.

Local Notation e := (eta M * r%:R).
Local Notation W := (total_norm_squared s).

(** The bound of a loser, when no walk strays further than d / eta. *)
Lemma loser_bound_le i y (d : R) :
  loser_bound M r s i y (fun=> d) <= 2%:R * W + e ^+ 2 + 2%:R * (K%:R * (eta M * d) ^+ 2).
Proof.
have le : loser_bound M r s i y (fun=> d) <= weight s i (key y) ^+ 2
    + (weight s i (key (~~ y)) ^+ 2 + e ^+ 2)
    + \sum_k (2%:R * weight s i (background k) ^+ 2 + 2%:R * (eta M * d) ^+ 2).
  apply: ler_add; last by apply: ler_sum => k _; exact: square_sum_le.
  by rewrite ler_add2l max_le_sum ?sqr_ge0.
apply: le_trans le _; rewrite big_split /= sumr_const card_ord -mulr_sumr -[_ *+ K]mulr_natl.
have := norm_dominance.norm_le_total s i; rewrite (norm_by_key _ _ y).
set own := weight s i (key y); set wrong := weight s i (key (~~ y)).
set rest := \sum_k weight s i (background k) ^+ 2; move=> le.
rewrite -subr_ge0.
have -> : 2%:R * W + e ^+ 2 + 2%:R * (K%:R * (eta M * d) ^+ 2)
    - (own ^+ 2 + (wrong ^+ 2 + e ^+ 2) + (2%:R * rest + K%:R * (2%:R * (eta M * d) ^+ 2)))
    = 2%:R * (W - (own ^+ 2 + wrong ^+ 2 + rest)) + (own ^+ 2 + wrong ^+ 2) by ring.
apply: addr_ge0; last by rewrite addr_ge0 ?sqr_ge0.
by apply: mulr_ge0; [exact: ler0n | rewrite subr_ge0].
Qed.

Lemma late_enough (t z : R) i y : 0 < t -> 0 <= z ->
  32%:R * (rho ^+ 2 * (2%:R * W + e ^+ 2)) <= (e * t) ^+ 2 ->
  rho ^+ 2 * loser_bound M r s i y (fun=> r%:R / c * t) <= (z + e * (t / 4%:R)) ^+ 2.
Proof.
move=> t0 z0 late; have e0 : 0 <= e by rewrite mulr_ge0 ?ler0n.
apply: le_trans (ler_wpmul2l (sqr_ge0 rho) (loser_bound_le i y _)) _.
apply: (@le_trans _ _ ((e * (t / 4%:R)) ^+ 2)); last first.
  have p0 : 0 <= e * (t / 4%:R) by apply: mulr_ge0 => //; rewrite divr_ge0 ?ler0n // ltW.
  by apply: square_le => //; rewrite ler_addr.
set A := rho ^+ 2 * (2%:R * W + e ^+ 2) in late.
set x := e * t in late.
have -> : (e * (t / 4%:R)) ^+ 2 = x ^+ 2 / 32%:R + x ^+ 2 / 32%:R by rewrite /x; field.
rewrite mulrDr -/A; apply: ler_add; first by rewrite ler_pdivl_mulr ?ltr0n // mulrC.
have -> : rho ^+ 2 * (2%:R * (K%:R * (eta M * (r%:R / c * t)) ^+ 2)) =
    x ^+ 2 / 32%:R * (64%:R * (K%:R * rho ^+ 2) / c ^+ 2).
  by rewrite /x; field; exact: lt0r_neq0.
apply: ler_pimulr; first by rewrite divr_ge0 ?sqr_ge0 ?ler0n.
by rewrite ler_pdivr_mulr ?exprn_gt0 // mul1r.
Qed.

End Late.

(** Walks that grow no faster than theta t, and t late enough. *)
Lemma dominance_late (R : archiFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (rho : R) :
  0 < eta M -> (0 < r)%N -> exists theta, 0 < theta /\ exists T0, forall t, (T0 <= t)%N -> (0 < t)%N /\
    forall y i (z : R), 0 <= z ->
      rho ^+ 2 * loser_bound M r s i y (fun=> theta * t%:R) <= (z + eta M * r%:R * (t%:R / 4%:R)) ^+ 2.
Proof.
move=> eta0 r0; have rR : 0 < r%:R :> R by rewrite ltr0n.
pose c : R := 8%:R * (K.+1%:R * (`|rho| + 1)).
have q0 : 0 < `|rho| + 1 by rewrite ltr_spaddr ?ltr01.
have c0 : 0 < c by rewrite !mulr_gt0 ?ltr0n.
have c_large : 64%:R * (K%:R * rho ^+ 2) <= c ^+ 2.
  have -> : c ^+ 2 = 64%:R * (K.+1%:R ^+ 2 * (`|rho| + 1) ^+ 2).
    by rewrite /c; move: (K.+1%:R) (`|rho|) => a b; ring.
  apply: ler_wpmul2l; first exact: ler0n.
  apply: ler_pmul; rewrite ?ler0n ?sqr_ge0 //.
    by rewrite -natrX ler_nat (leq_trans (leqnSn K)) // -mulnn leq_pmulr.
  rewrite -[rho ^+ 2]real_normK ?num_real //; apply: square_le; first exact: normr_ge0.
  by rewrite ler_addl ler01.
exists (r%:R / c); split; first by rewrite divr_gt0.
pose e : R := eta M * r%:R; have e0 : 0 < e by rewrite mulr_gt0.
pose B : R := 32%:R * (rho ^+ 2 * (2%:R * total_norm_squared s + e ^+ 2)).
have B0 : 0 <= B.
  apply: mulr_ge0; first exact: ler0n.
  apply: mulr_ge0; first exact: sqr_ge0.
  apply: addr_ge0; last exact: sqr_ge0.
  apply: mulr_ge0; first exact: ler0n.
  by apply: sumr_ge0 => j _; apply: sumr_ge0 => p _; exact: sqr_ge0.
pose X := B / e ^+ 2; have X0 : 0 <= X by rewrite divr_ge0 // sqr_ge0.
have [T0 [above _]] := ceiling_exists (X + 1).
exists T0 => t le_t; have tX : X + 1 <= t%:R by apply: le_trans above _; rewrite ler_nat.
have t1 : 1 <= t%:R :> R by apply: le_trans tX; rewrite ler_addr.
have tR : 0 < t%:R :> R by exact: lt_le_trans ltr01 t1.
split=> [|y i z z0]; first by rewrite -(ltr0n R).
apply: (late_enough (ltW eta0) c0 c_large _ _ tR z0).
have : X <= t%:R ^+ 2.
  apply: (@le_trans _ _ t%:R); first by apply: le_trans tX; rewrite ler_addl ler01.
  by rewrite expr2 ler_pmull.
have swap (a u : R) : (a * u) ^+ 2 = u ^+ 2 * a ^+ 2 by ring.
by rewrite /X ler_pdivr_mulr ?exprn_gt0 // (swap e).
Qed.

Theorem dominance_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (rho delta : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => dominates rho s (sgd M s xs)).
Proof.
move=> network eta0 r0 signed unique independent even delta0.
have [theta [theta0 [T1 late]]] := dominance_late s rho eta0 r0.
pose C : R := 8%:R + K%:R * (m%:R ^+ 2 / theta ^+ 2).
have [T2 [above _]] := ceiling_exists (C / delta).
exists (maxn T1 T2) => t; rewrite geq_max => /andP[/late[t0 large] le2].
apply: le_trans (Pr_unless (A := fun y xs => (label_count y xs)%:R < (t%:R / 4%:R : R))
  (B := fun k => walk_exceeds k (theta * t%:R)) _); last first.
  move=> w many near; have full : take t (samples w) = samples w.
    by rewrite take_oversize // size_samples.
  rewrite -full; apply: (@dominance_path _ _ _ _ r m _ network (ltW eta0) signed _ t _
    (fun=> t%:R / 4%:R) (fun=> theta * t%:R)) => // [||y|y y' j i /andP[_ pos] lose hd].
  - exact: all_samples.
  - by rewrite divr_ge0 ?ler0n.
  - by rewrite full leNgt; exact: many.
  exact: large (ltW pos).
apply: (@le_trans _ _ (1 - C / t%:R)).
  rewrite ler_add2l ler_opp2 ler_pdivr_mulr ?ltr0n // mulrC -ler_pdivr_mulr //.
  by apply: le_trans above _; rewrite ler_nat.
rewrite /C mulrDl opprD addrA; apply: ler_sub.
  apply: ler_sub => //; apply: le_trans (ler_sum _ (fun y _ => few_labels even y t0)) _.
  rewrite big_bool -[X in X <= _]/(4%:R / t%:R + 4%:R / t%:R).
  by rewrite -mulrDl -natrD; exact: lexx.
apply: le_trans (ler_sum _ (fun k _ => far_maximum unique independent even k t0 theta0)) _.
by rewrite sumr_const card_ord -[X in X <= _]mulr_natl -[X in _ <= X]mulrA lexx.
Qed.
