(** * T5, T5s: 100 % accuracy for SGD, unhinged; and the claim C5

    After B_y steps on images with label y the winners of y have gained eta r B_y each, the same key has
    lost as much in every filter of the other sign, and background k is worth to these no more than its
    start minus eta y S_k, where the walk ends. If for both labels r times the difference of the first
    two exceeds m - r times the third, every margin is positive. Of the walk only the end point counts
    (T5s); a bound of its maximum bounds that (T5). By Chebyshev B_y >= t/4 and |S_k| <= theta t are as
    likely as one likes, which gives C5. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence probability tails closed_form.
From filtercert Require Import sgd_coordinates.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A bound that is strictly met by finitely many is met by one upper bound of them. *)
Lemma upper_bound (R : realFieldType) (I : finType) (f : I -> R) (d c : R) :
  0 < c -> (forall i, d * f i < c) -> exists beta, [/\ 0 <= beta, forall i, f i <= beta & d * beta < c].
Proof.
move=> c0 below.
suff below_all (l : seq I) : exists beta, [/\ 0 <= beta, forall i, i \in l -> f i <= beta & d * beta < c].
  have [b [b0 up lt]] := below_all (enum I).
  by exists b; split=> // i; apply: up; rewrite mem_enum.
elim: l => [|i l [b [b0 up lt]]]; first by exists 0; split=> //; rewrite mulr0.
case: (lerP b (f i)) => [le | gt].
  exists (f i); split=> // [|k]; first exact: le_trans le.
  by rewrite inE => /orP[/eqP-> // | /up up_k]; exact: le_trans le.
exists b; split=> // k.
by rewrite inE => /orP[/eqP-> | /up //]; exact: ltW.
Qed.

(** What the winners of a label are ahead of the other side's key, r times. *)
Definition lead (R : realFieldType) (n K : nat) (M : model R K) (s : state R n K) (r : nat)
    (b : bool -> R) (y : bool) : R :=
  r%:R * (win M s r y (b y) - opposition M s r y (b y)).

(** More than any coordinate at the start. *)
Definition start_size (R : realFieldType) (n K : nat) (s : state R n K) : R :=
  \sum_j \sum_p `|weight s j p|.

Section Accuracy.
Variables (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K).
Hypothesis network : fixed_head_network M Unhinged.
Hypothesis eta0 : 0 <= eta M.
Hypothesis signed : signed_head s.
Implicit Types (x : sample K) (xs : seq (sample K)) (j : 'I_n) (k : 'I_K) (y : bool).

(** The margin, by key and background. *)
Lemma marginE (s' : state R n K) x : unique_key r m x -> margin M s' x =
  \sum_j (sgn (label x) * head s' j) * (r%:R * relu (weight s' j (key (label x)))
    + \sum_k (count x (background k))%:R * relu (weight s' j (background k))).
Proof.
move=> /and3P[/eqP own /eqP other _].
rewrite /margin /output mulr_sumr; apply: eq_bigr => j _; rewrite mulrA; congr (_ * _).
case: network => _ act pool _ _; rewrite /pooled pool act sum_pattern /activate.
by move: own other; case: (label x) => /= -> ->; rewrite mulr0n mul0r ?addr0 ?add0r.
Qed.

Lemma head_sign j y : sgn y * head s j = 1 \/ sgn y * head s j = -1.
Proof.
by case: (signed j) => ->; case: y; rewrite /sgn ?mulrNN ?mulr1 ?mul1r ?mulrN1; [left|right|right|left].
Qed.

Lemma head_of j y c : sgn y * head s j = c -> head s j = sgn y * c.
Proof. by move=> <-; rewrite mulrA sgn_sqr mul1r. Qed.

(** One image: its margin is at least this. *)
Theorem margin_ge xs x y : all (unique_key r m) xs -> unique_key r m x -> label x = y ->
  r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)
    - \sum_k (count x (background k))%:R * background_at M s y k (walk k xs) <= margin M (sgd M s xs) x.
Proof.
move=> keys kx eqy; rewrite (marginE _ kx) eqy; set B : R := (label_count y xs)%:R.
pose O j : R := if (sgn y * head s j < 0) && (0 < weight s j (key y))
  then relu (weight s j (key y) - eta M * r%:R * B) else 0.
pose A j : R := if winner s y j then weight s j (key y) + eta M * r%:R * B else 0.
pose G j k : R := if (sgn y * head s j < 0) && (0 < weight s j (background k))
  then relu (weight s j (background k) - eta M * sgn y * walk k xs) else 0.
apply: (@le_trans _ _ (\sum_j (r%:R * A j - r%:R * O j
    - \sum_k (count x (background k))%:R * G j k))); last first.
  apply: ler_sum => j _; rewrite (head_sgd _ _ _ (fixed_head network)).
  case: (head_sign j y) => sg; rewrite sg; have hd := head_of sg.
    have -> : O j = 0 by rewrite /O sg ltr10.
    have -> : \sum_k (count x (background k))%:R * G j k = 0.
      by apply: big1 => k _; rewrite /G sg ltr10 mulr0.
    rewrite mulr0 !subr0 mul1r; apply: ler_paddr.
      by apply: sumr_ge0 => k _; rewrite mulr_ge0 ?ler0n ?relu_ge0.
    rewrite ler_wpmul2l ?ler0n // /A; case: ifP => win_j; last exact: relu_ge0.
    have [_ pos] := andP win_j; rewrite mulr1 in hd.
    by rewrite (winner_value network eta0 keys pos hd) -/B /relu le_maxr lexx orbT.
  have -> : A j = 0 by rewrite /A /winner sg oppr_gt0 ltr10.
  rewrite mulrN1 in hd; rewrite mulr0 sub0r mulN1r -opprD ler_opp2; apply: ler_add.
    rewrite ler_wpmul2l ?ler0n // /O sg ltrN10 andTb.
    exact: (wrong_key_activation network keys hd).
  apply: ler_sum => k _; rewrite ler_wpmul2l ?ler0n // /G sg ltrN10 andTb.
  exact: (background_activation network).
have -> : \sum_j (r%:R * A j - r%:R * O j - \sum_k (count x (background k))%:R * G j k) =
    r%:R * (win M s r y B - opposition M s r y B)
      - \sum_k (count x (background k))%:R * background_at M s y k (walk k xs).
  rewrite sumrB sumrB -mulr_sumr -mulr_sumr -mulrBr; congr (_ * (_ - _) - _).
  - by rewrite /win [RHS]big_mkcond.
  - by rewrite /opposition [RHS]big_mkcond.
  rewrite exchange_big /=; apply: eq_bigr => k _; rewrite -mulr_sumr; congr (_ * _).
  by rewrite /background_at [RHS]big_mkcond.
by [].
Qed.

(** T5s, one image: with one bound for all backgrounds. *)
Theorem margin_bound xs x y beta : all (unique_key r m) xs -> unique_key r m x -> label x = y ->
  0 <= beta -> (forall k, background_at M s y k (walk k xs) <= beta) ->
  r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)
    - (m - r)%:R * beta <= margin M (sgd M s xs) x.
Proof.
move=> keys kx eqy beta0 below; apply: le_trans (margin_ge keys kx eqy).
rewrite ler_add2l ler_opp2.
apply: (@le_trans _ _ (\sum_k (count x (background k))%:R * beta)).
  by apply: ler_sum => k _; rewrite ler_wpmul2l ?ler0n.
by rewrite -mulr_suml -natr_sum ler_wpmul2r // ler_nat (background_patches kx).
Qed.

Variable D : distribution R K.
Hypothesis unique : unique_keys D r m.

(** T5s: accuracy 1 at the end of the path. *)
Theorem accurate_end xs : all (unique_key r m) xs ->
  (forall y, 0 < lead M s r (fun y => (label_count y xs)%:R) y) ->
  (forall y k, (m - r)%:R * background_at M s y k (walk k xs) <
    lead M s r (fun y => (label_count y xs)%:R) y) ->
  accuracy D M (sgd M s xs) = 1.
Proof.
move=> keys ahead below; apply/eqP; rewrite accuracy1; apply/forallP => i.
have [beta [b0 up lt]] := upper_bound (ahead (label (sample_at i))) (below (label (sample_at i))).
apply: lt_le_trans (margin_bound keys (unique i) erefl b0 up).
by rewrite subr_gt0.
Qed.

Lemma eta_r_ge0 : 0 <= eta M * r%:R.
Proof. by rewrite mulr_ge0 ?ler0n. Qed.

Lemma win_le y (b b' : R) : b <= b' -> win M s r y b <= win M s r y b'.
Proof. by move=> bb; apply: ler_sum => j _; rewrite ler_add2l ler_wpmul2l ?eta_r_ge0. Qed.

Lemma opposition_le y (b b' : R) : b <= b' -> opposition M s r y b' <= opposition M s r y b.
Proof.
by move=> bb; apply: ler_sum => j _; apply: relu_le; rewrite ler_add2l ler_opp2 ler_wpmul2l ?eta_r_ge0.
Qed.

Lemma lead_le (b b' : bool -> R) y : b y <= b' y -> lead M s r b y <= lead M s r b' y.
Proof. by move=> bb; rewrite ler_wpmul2l ?ler0n // ler_sub ?win_le ?opposition_le. Qed.

Lemma background_at_le y k (S lam : R) : `|S| <= lam ->
  background_at M s y k S <= background_within M s y k lam.
Proof.
move=> le; have lam0 := le_trans (normr_ge0 S) le.
apply: ler_sum => j /andP[_ pos]; rewrite /relu le_maxl addr_ge0 ?mulr_ge0 ?(ltW pos) //=.
rewrite ler_add2l -mulrA -mulrN ler_wpmul2l //; apply: le_trans le.
by case: (y); rewrite /sgn ?mul1r ?mulN1r ?opprK ?ler_norm // -normrN ler_norm.
Qed.

(** T5, pathwise: thresholds imply accuracy 1. *)
Theorem accurate_thresholds xs (b : bool -> R) (lam : 'I_K -> R) : all (unique_key r m) xs ->
  (forall y, b y <= (label_count y xs)%:R) -> (forall k, `|walk k xs| <= lam k) ->
  (forall y, 0 < lead M s r b y) -> (forall y k, (m - r)%:R * background_within M s y k (lam k) < lead M s r b y) ->
  accuracy D M (sgd M s xs) = 1.
Proof.
move=> keys many near ahead below; apply: accurate_end => // [y|y k].
  exact: lt_le_trans (ahead y) (lead_le (many y)).
apply: lt_le_trans (lead_le (many y)); apply: le_lt_trans (below y k).
by rewrite ler_wpmul2l ?ler0n // background_at_le.
Qed.

Lemma unique_samples (w : seq (atom D)) : all (unique_key r m) (samples w).
Proof. exact: all_samples. Qed.

(** T5 *)
Theorem accuracy_probability t (b : bool -> nat) (lam : 'I_K -> R) :
  (forall y, 0 < lead M s r (fun y => (b y)%:R) y) ->
  (forall y k, (m - r)%:R * background_within M s y k (lam k) < lead M s r (fun y => (b y)%:R) y) ->
  1 - \sum_y binomial_below t (prior D y) (b y) - \sum_k Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> ahead below.
have -> : \sum_y binomial_below t (prior D y) (b y) =
    \sum_y Pr D t (fun xs => (label_count y xs < b y)%N).
  by apply: eq_bigr => y _; rewrite label_count_binomial.
apply: Pr_unless => w many near; apply/eqP.
apply: (accurate_thresholds (unique_samples w) _ _ ahead below) => [y | k].
  by rewrite ler_nat leqNgt; exact: many.
exact: walk_end (near k).
Qed.

(** T5s *)
Theorem accuracy_probability_end t : (0 < K)%N ->
  1 - \sum_k Pr D t (fun xs => ~~ [forall y, (m - r)%:R * background_at M s y k (walk k xs) <
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)]) <=
  Pr D t (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> K0; pose E k xs := ~~ [forall y, (m - r)%:R * background_at M s y k (walk k xs) <
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)].
have := @Pr_unless _ _ D t [finType of 'I_0] [finType of 'I_K] (fun xs => accuracy D M (sgd M s xs) == 1) (fun _ => pred0) E.
rewrite big_ord0 subr0; apply=> w _ all_k; apply/eqP.
have below y k : (m - r)%:R * background_at M s y k (walk k (samples w)) <
    lead M s r (fun y => (label_count y (samples w))%:R) y.
  by have := all_k k; rewrite negbK => /forallP /(_ y).
apply: accurate_end => // [|y]; first exact: unique_samples.
apply: le_lt_trans (below y (Ordinal K0)); rewrite mulr_ge0 ?ler0n //.
by apply: sumr_ge0 => j _; exact: relu_ge0.
Qed.

(** ** Late enough, thresholds linear in time suffice *)
Hypothesis both : both_win s.

Local Notation h := (start_size s).

Lemma h_ge0 : 0 <= h.
Proof. by apply: sumr_ge0 => j _; apply: sumr_ge0 => p _. Qed.

Lemma weight_le_h j p : weight s j p <= h.
Proof.
apply: le_trans (ler_norm _) _; rewrite /start_size (bigD1 j) //= (bigD1 p) //= -addrA ler_addl.
apply: addr_ge0; first by apply: sumr_ge0.
by apply: sumr_ge0 => i _; apply: sumr_ge0.
Qed.

Lemma win_ge y (b : R) : 0 <= b -> eta M * r%:R * b <= win M s r y b.
Proof.
move=> b0; have /card_gt0P[j] : (0 < winners s y)%N by have [] := andP both; case: (y).
rewrite inE => win_j; rewrite /win (bigD1 j) //=; apply: ler_paddr.
  apply: sumr_ge0 => i /andP[/andP[_ pos] _].
  by apply: addr_ge0; [exact: ltW | rewrite mulr_ge0 ?eta_r_ge0].
by have [_ pos] := andP win_j; rewrite ler_addr ltW.
Qed.

Lemma opposition0 y (b : R) : h <= eta M * r%:R * b -> opposition M s r y b = 0.
Proof.
move=> late; apply: big1 => j _; apply: relu_neg; rewrite subr_le0.
exact: le_trans (weight_le_h _ _) late.
Qed.

Lemma background_within_le y k (lam : R) : 0 <= lam ->
  background_within M s y k lam <= n%:R * (h + eta M * lam).
Proof.
move=> lam0; have c0 : 0 <= h + eta M * lam by rewrite addr_ge0 ?h_ge0 ?mulr_ge0.
rewrite /background_within big_mkcond; apply: (@le_trans _ _ (\sum_(j < n) (h + eta M * lam))).
  by apply: ler_sum => j _; case: ifP => // _; rewrite ler_add2r weight_le_h.
by rewrite sumr_const card_ord mulr_natl.
Qed.

Theorem accurate_late xs (b theta : R) : all (unique_key r m) xs -> 0 <= theta -> 0 <= b ->
  (forall y, b <= (label_count y xs)%:R) -> (forall k, `|walk k xs| <= theta) ->
  h <= eta M * r%:R * b ->
  (m - r)%:R * (n%:R * (h + eta M * theta)) < r%:R * (eta M * r%:R * b) ->
  accuracy D M (sgd M s xs) = 1.
Proof.
move=> keys theta0 b0 many near late below.
have ahead y : r%:R * (eta M * r%:R * b) <= lead M s r (fun=> b) y.
  by rewrite /lead ler_wpmul2l ?ler0n // (opposition0 _ late) subr0 win_ge.
have c0 : 0 <= (m - r)%:R * (n%:R * (h + eta M * theta)).
  by rewrite !mulr_ge0 ?ler0n // addr_ge0 ?h_ge0 ?mulr_ge0.
apply: (@accurate_thresholds xs (fun=> b) (fun=> theta)) => // [y | y k].
  exact: lt_le_trans (le_lt_trans c0 below) (ahead y).
apply: lt_le_trans (ahead y); apply: le_lt_trans below.
by rewrite ler_wpmul2l ?ler0n // background_within_le.
Qed.

(** ** How likely that is, by Chebyshev *)
Hypothesis independent : label_independent D.
Hypothesis even : balanced D.

Theorem accurate_likely t (theta : R) : (0 < t)%N -> 0 < theta ->
  h <= eta M * r%:R * (t%:R / 4%:R) ->
  (m - r)%:R * (n%:R * (h + eta M * (theta * t%:R))) < r%:R * (eta M * r%:R * (t%:R / 4%:R)) ->
  1 - (8%:R + K%:R * (m%:R ^+ 2 / theta ^+ 2)) / t%:R <=
  Pr D t (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> t0 theta0 late below.
apply: le_trans (Pr_unless (A := fun y xs => (label_count y xs)%:R < (t%:R / 4%:R : R))
  (B := fun k => walk_exceeds k (theta * t%:R)) _); last first.
  move=> w many near; apply/eqP.
  apply: (@accurate_late _ (t%:R / 4%:R) (theta * t%:R)) => //.
  - exact: unique_samples.
  - by rewrite mulr_ge0 ?ler0n // ltW.
  - by rewrite divr_ge0 ?ler0n.
  - by move=> y; rewrite leNgt.
  by move=> k; exact: walk_end (near k).
rewrite mulrDl opprD addrA; apply: ler_sub.
  apply: ler_sub => //; apply: le_trans (ler_sum _ (fun y _ => few_labels even y t0)) _.
  rewrite big_bool -[X in X <= _]/(4%:R / t%:R + 4%:R / t%:R).
  by rewrite -mulrDl -natrD; exact: lexx.
apply: le_trans (ler_sum _ (fun k _ => far_maximum unique independent even k t0 theta0)) _.
by rewrite sumr_const card_ord -[X in X <= _]mulr_natl -[X in _ <= X]mulrA lexx.
Qed.

End Accuracy.

(** ** C5 *)

(** Walks that grow no faster than theta t, and t late enough. *)
Lemma thresholds_late (R : archiFieldType) (n r m : nat) (e h : R) : 0 < e -> (0 < r)%N -> 0 <= h ->
  exists theta, 0 < theta /\ exists T0, forall t, (T0 <= t)%N ->
    [/\ (0 < t)%N, h <= e * r%:R * (t%:R / 4%:R)
      & (m - r)%:R * (n%:R * (h + e * (theta * t%:R))) < r%:R * (e * r%:R * (t%:R / 4%:R))].
Proof.
move=> e0 r0 hh; have rR : 0 < r%:R :> R by rewrite ltr0n.
pose c : R := 8%:R * (m - r).+1%:R * n.+1%:R.
have c0 : 0 < c by rewrite !mulr_gt0 ?ltr0n.
pose theta : R := r%:R ^+ 2 / c.
have theta0 : 0 < theta by rewrite divr_gt0 ?exprn_gt0.
exists theta; split=> //; pose X2 := 4%:R * h / (e * r%:R); pose X3 := c * h / (e * r%:R ^+ 2).
have X20 : 0 <= X2 by rewrite divr_ge0 ?mulr_ge0 ?ler0n // ltW.
have X30 : 0 <= X3 by apply: divr_ge0; apply: mulr_ge0; rewrite ?sqr_ge0 ?(ltW c0) ?(ltW e0).
have [T0 [above _]] := ceiling_exists (X2 + X3 + 1).
exists T0 => t le_t; have tX : X2 + X3 + 1 <= t%:R by apply: le_trans above _; rewrite ler_nat.
have t1 : 1 <= t%:R :> R by apply: le_trans tX; rewrite ler_addr !addr_ge0.
have t_2 : X2 <= t%:R by apply: le_trans tX; rewrite -!addrA ler_addl !addr_ge0 ?ler01.
have t_3 : X3 < t%:R.
  apply: (@lt_le_trans _ _ (X3 + 1)); first by rewrite ltr_addl ltr01.
  by apply: le_trans tX; rewrite ler_add2r ler_addr.
split; first by rewrite -(ltr0n R) (lt_le_trans ltr01 t1).
  move: t_2; rewrite /X2 ler_pdivr_mulr ?mulr_gt0 // => le.
  have -> : e * r%:R * (t%:R / 4%:R) = t%:R * (e * r%:R) / 4%:R by ring.
  by rewrite ler_pdivl_mulr ?ltr0n // mulrC.
have le1 : (m - r)%:R * n%:R <= c / 8%:R :> R.
  have -> : c / 8%:R = (m - r).+1%:R * n.+1%:R by rewrite /c; field.
  by rewrite ler_pmul ?ler0n ?ler_nat.
have both0 : 0 <= h + e * (theta * t%:R).
  apply: addr_ge0 => //; apply: mulr_ge0; first exact: ltW.
  by apply: mulr_ge0; [exact: ltW | exact: ler0n].
apply: (@le_lt_trans _ _ (c / 8%:R * (h + e * (theta * t%:R)))).
  by rewrite mulrA ler_wpmul2r.
have -> : c / 8%:R * (h + e * (theta * t%:R)) = c * h / 8%:R + e * r%:R ^+ 2 * t%:R / 8%:R.
  by rewrite /theta; field; rewrite lt0r_neq0.
have -> : r%:R * (e * r%:R * (t%:R / 4%:R)) =
    e * r%:R ^+ 2 * t%:R / 8%:R + e * r%:R ^+ 2 * t%:R / 8%:R by field.
rewrite ltr_add2r ltr_pmul2r ?invr_gt0 ?ltr0n //.
by move: t_3; rewrite /X3 ltr_pdivr_mulr ?mulr_gt0 ?exprn_gt0 // [_ * t%:R]mulrC.
Qed.

Theorem accuracy_limit (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (delta : R) :
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N ->
    1 - delta <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
move=> network eta0 r0 signed both unique independent even delta0.
have [theta [theta0 [T1 late]]] := thresholds_late n m eta0 r0 (h_ge0 s).
pose C : R := 8%:R + K%:R * (m%:R ^+ 2 / theta ^+ 2).
have [T2 [above _]] := ceiling_exists (C / delta).
exists (maxn T1 T2) => t; rewrite geq_max => /andP[/late[t0 late1 late2] le2].
apply: le_trans (accurate_likely network (ltW eta0) signed unique both independent even t0 theta0
  late1 late2).
rewrite ler_add2l ler_opp2 -/C ler_pdivr_mulr ?ltr0n // mulrC -ler_pdivr_mulr //.
by apply: le_trans above _; rewrite ler_nat.
Qed.
