(** * T6: the mistake bound of SGD with the hinge, and what holds afterwards

    The bound follows from the sharp one ([mistake_bound_sharp.v]) for steps of one image and heads 1
    and -1: the open gates of both labels together are the number of updates, the winners' heads have
    the squares 1, [Q <= n m^2], and [c^2 <= |J_+||J_-|]. Dividing by the number of updates bounds it.
    When every margin is at least 1 all gates are closed, so that nothing moves any more and every
    image is right; a state that no image moves is such a state, for an open gate moves a winner. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts pathwise mistake_bound_sharp.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A sum of squares is at most the square of the sum. *)
Lemma sum_sqr_le (I : finType) (N : I -> nat) : (\sum_i N i ^ 2 <= (\sum_i N i) ^ 2)%N.
Proof.
rewrite [X in (_ <= X)%N]expnS expn1 big_distrl /=; apply: leq_sum => i _.
by rewrite expnS expn1 leq_mul2l [X in (_ <= X)%N](bigD1 i) //= leq_addr orbT.
Qed.

Section MistakeBound.
Variables (R : realFieldType) (n K : nat) (M : model R K).
Hypothesis network : fixed_head_network M Hinge.
Implicit Types (s : state R n K) (j : 'I_n) (y : bool) (x : sample K) (xs : seq (sample K)).

Local Lemma hinge : loss_of M = Hinge. Proof. by case: network. Qed.
Local Lemma fixed : trained M = false. Proof. by case: network. Qed.

(** The gate is open below margin 1. *)
Lemma gate_hingeE s x : gate_at M s x = if margin M s x < 1 then 1 else 0.
Proof. by rewrite /gate_at hinge. Qed.

Lemma gate_open s x : (gate_at M s x != 0) = (margin M s x < 1).
Proof. by rewrite gate_hingeE; case: ifP; rewrite ?oner_eq0 ?eqxx. Qed.

(** The gates along a path of single images: the number of updates. *)
Lemma gate_sum_mistakes s xs :
  gate_sum true (gates_of M s (map (@single R K) xs)) +
  gate_sum false (gates_of M s (map (@single R K) xs)) = (mistakes M s xs)%:R.
Proof.
elim: xs s => [|x xs IH] s /=; first by rewrite /gate_sum !big_nil addr0.
rewrite !gate_sum_cons addrACA IH natrD mass_split big_seq1 /= mul1r; congr (_ + _).
by rewrite gate_open gate_hingeE; case: ifP.
Qed.

(** Heads 1 and -1: A_y counts the winners. *)
Lemma head_square_signed s y : signed_head s -> head_square s y = (winners s y)%:R.
Proof.
move=> signed; rewrite /head_square /winners -sum1_card natr_sum; apply: eq_bigr => j _.
by case: (signed j) => ->; rewrite ?sqrrN expr1n.
Qed.

Lemma active_square_signed s r m x : signed_head s -> unique_key r m x ->
  active_square s x <= n%:R * m%:R ^+ 2.
Proof.
move=> signed /and3P[_ _ few].
have -> : n%:R * m%:R ^+ 2 = \sum_(j < n) (m%:R ^+ 2 : R) by rewrite sumr_const card_ord mulr_natl.
apply: ler_sum => j _.
have -> : head s j ^+ 2 = 1 by case: (signed j) => ->; rewrite ?sqrrN expr1n.
rewrite mul1r; apply: (@le_trans _ _ (\sum_p (count x p)%:R ^+ 2)).
  rewrite big_mkcond; apply: ler_sum => p _; case: ifP => // _; exact: sqr_ge0.
under eq_bigr do rewrite -natrX; rewrite -natr_sum -natrX ler_nat.
by apply: leq_trans (sum_sqr_le _) _; rewrite leq_exp2r.
Qed.

Lemma rest_le_total s : rest_square s <= total_norm_squared s.
Proof.
apply: ler_sum => j _; rewrite /norm_squared big_mkcond; apply: ler_sum => p _.
case: ifP => _; last exact: sqr_ge0.
case: (lerP 0 (weight s j p)) => [pos|neg]; first by rewrite relu_pos.
by rewrite (relu_neg (ltW neg)) expr0n sqr_ge0.
Qed.

(** ** The bound *)
Theorem mistake_bound r m s xs : 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (eta M * r%:R * (minn (winners s true) (winners s false))%:R * (mistakes M s xs)%:R) ^+ 2 <=
  (winners s true + winners s false)%:R *
    (total_norm_squared s
     + (mistakes M s xs)%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)).
Proof.
move=> eta0 signed keys.
have at_least : all (images (key_at_least r)) (map (@single R K) xs).
  rewrite images_singles; apply: sub_all keys => x /and3P[/eqP own other _].
  by rewrite /key_at_least own leqnn.
have small : all (images (fun x => active_square s x <= n%:R * m%:R ^+ 2)) (map (@single R K) xs).
  by rewrite images_singles; apply: sub_all keys => x; exact: active_square_signed.
have := sharp_bound_sum network eta0 (gain_hinge eta0 (n%:R * m%:R ^+ 2)) (singles_within R xs)
  at_least small erefl.
rewrite /= gate_sum_mistakes !head_square_signed // => sharp.
have W0 : 0 <= total_norm_squared s by apply: sumr_ge0 => j _; apply: sumr_ge0 => p _; exact: sqr_ge0.
have [none|some] := posnP (winners s true + winners s false).
  by move/eqP: none; rewrite addn_eq0 => /andP[/eqP-> /eqP->]; rewrite min0n mulr0 mul0r expr0n mul0r.
move: (mistakes M s xs) sharp => k sharp.
set a := winners s true in some sharp *; set b := winners s false in some sharp *.
have ab : 0 < (a + b)%:R :> R by rewrite ltr0n.
have X0 : 0 <= (eta M * r%:R * k%:R) ^+ 2 :> R by exact: sqr_ge0.
have : (a * b)%:R * (eta M * r%:R * k%:R) ^+ 2 <=
    (a + b)%:R * (rest_square s + (2%:R * eta M + eta M ^+ 2 * (n%:R * m%:R ^+ 2)) * k%:R).
  move: sharp; rewrite -natrD -natrM mulrAC ler_pdivr_mulr // => sharp.
  by rewrite [X in _ <= X]mulrC.
have low : (eta M * r%:R * (minn a b)%:R * k%:R) ^+ 2 <= (a * b)%:R * (eta M * r%:R * k%:R) ^+ 2.
  have -> : (eta M * r%:R * (minn a b)%:R * k%:R) ^+ 2 =
     ((minn a b) * (minn a b))%:R * (eta M * r%:R * k%:R) ^+ 2 by rewrite natrM; ring.
  by rewrite ler_wpmul2r // ler_nat leq_mul ?geq_minl ?geq_minr.
move=> mid; apply: le_trans low (le_trans mid _).
rewrite ler_wpmul2l ?ler0n //.
have -> : k%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2) =
  (2%:R * eta M + eta M ^+ 2 * (n%:R * m%:R ^+ 2)) * k%:R by ring.
by rewrite ler_add2r rest_le_total.
Qed.

(** Divided by the number of updates. *)
Theorem mistake_bound_explicit r m s xs : 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  all (unique_key r m) xs ->
  (mistakes M s xs)%:R <=
    (winners s true + winners s false)%:R *
      (total_norm_squared s + 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)
    / (eta M * r%:R * (minn (winners s true) (winners s false))%:R) ^+ 2.
Proof.
move=> eta0 r0 signed /andP[win_plus win_minus] keys.
have := mistake_bound (ltW eta0) signed keys.
have W0 : 0 <= total_norm_squared s by apply: sumr_ge0 => j _; apply: sumr_ge0 => p _; exact: sqr_ge0.
move: (mistakes M s xs) => k.
set c := minn _ _; set J := (_ + _)%N.
have A0 : 0 < (eta M * r%:R * c%:R) ^+ 2.
  by rewrite exprn_gt0 // !mulr_gt0 ?ltr0n // leq_min win_plus win_minus.
have T0 : 0 <= 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2.
  by rewrite addr_ge0 ?mulr_ge0 ?ler0n ?exprn_ge0 ?ler0n // ltW.
rewrite -(addrA (total_norm_squared s)).
move: (2%:R * eta M + _) T0 (eta M * r%:R * c%:R) A0 => T T0 A A0.
rewrite -/J; case: k => [|k] le.
  by apply: divr_ge0; [rewrite mulr_ge0 ?ler0n // addr_ge0 | exact: ltW].
rewrite ler_pdivl_mulr // -(ler_pmul2l (ltr0Sn R k)).
apply: le_trans (_ : (A * k.+1%:R) ^+ 2 <= _).
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
apply: le_trans le _; rewrite mulrCA ler_wpmul2l ?ler0n //.
rewrite mulrDr ler_add2r ler_pemull // ler1n //.
Qed.

(** ** Afterwards *)

(** All margins at least 1: all images right. *)
Lemma settled_accurate (D : distribution R K) s : settled D M s -> accuracy D M s = 1.
Proof.
move=> /forallP all1; apply/eqP; rewrite accuracy1; apply/forallP => i.
exact: lt_le_trans ltr01 (all1 i).
Qed.

Lemma settledE (D : distribution R K) s :
  settled D M s = [forall i : atom D, gate_at M s (sample_at i) == 0].
Proof. by apply: eq_forallb => i; rewrite -[RHS]negbK gate_open ltNge negbK. Qed.

(** Nothing moves any more. *)
Lemma settled_stays (D : distribution R K) s (w : seq (atom D)) :
  settled D M s -> same_state s (sgd M s (samples w)).
Proof.
move=> /forallP all1; elim/last_ind: w => [|w i IH]; first by split.
rewrite /samples map_rcons sgd_rcons -/(samples w).
have closed : gate_at M (sgd M s (samples w)) (sample_at i) = 0.
  by rewrite gate_hingeE -(margin_same _ _ IH) ltNge all1.
have [eqw eqh] := closed_step closed; case: IH => [IHw IHh].
by split=> [j p|j]; rewrite ?IHw ?IHh.
Qed.

(** Winners stay winners. *)
Lemma winner_sgd r m s xs y j : 0 <= eta M -> all (unique_key r m) xs -> winner s y j ->
  winner (sgd M s xs) y j.
Proof.
move=> eta0; elim: xs s => //= x xs IH s /andP[key keys] win; rewrite sgd_cons; apply: IH => //.
have gate0 : all (fun c => 0 <= c.1) (gated M s (single R x)).
  by rewrite /gated /= andbT mul1r gate_hingeE; case: ifP => _; rewrite ?ler01 ?lexx.
have key' : images (unique_key r m) (gated M s (single R x)) by rewrite images_gated /images /= key.
by have [] := winner_move network eta0 gate0 key' win.
Qed.

(** A state that no image moves is settled. *)
Lemma absorbing_settled (D : distribution R K) r m s : 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> both_win s ->
  (forall i : atom D, same_state s (step M s (single R (sample_at i)))) -> settled D M s.
Proof.
move=> eta0 r0 keys /andP[win_plus win_minus] still; rewrite settledE; apply/forallP => i.
have [j win] : exists j, winner s (label (sample_at i)) j.
  have /card_gt0P[j win] : (0 < winners s (label (sample_at i)))%N by case: (label _).
  by exists j.
have gate0 : all (fun c => 0 <= c.1) (gated M s (single R (sample_at i))).
  by rewrite /gated /= andbT mul1r gate_hingeE; case: ifP => _; rewrite ?ler01 ?lexx.
have key' : images (unique_key r m) (gated M s (single R (sample_at i))).
  by rewrite images_gated /images /= keys.
have [moved _] := winner_move network (ltW eta0) gate0 key' win.
have [/(_ j (key (label (sample_at i)))) + _] := still i; rewrite /step moved.
move/(congr1 (fun z => z - weight s j (key (label (sample_at i))))); rewrite subrr addrAC subrr add0r.
rewrite /mass /gated /= big_cons big_nil eqxx addr0 mul1r => /esym/eqP.
have [hd _] := andP win.
have pos : 0 < eta M * (sgn (label (sample_at i)) * head s j) * r%:R.
  by rewrite pmulr_lgt0 ?ltr0n // mulr_gt0.
by rewrite mulf_eq0 (gt_eqF pos).
Qed.

(** No open gate. *)
Theorem closed_gates (D : distribution R K) s :
  (forall i : atom D, gate_at M s (sample_at i) = 0) ->
  [/\ settled D M s, accuracy D M s = 1
    & forall w : seq (atom D), same_state s (sgd M s (samples w))].
Proof.
move=> shut; have all1 : settled D M s by rewrite settledE; apply/forallP => i; rewrite shut.
by split=> //; [exact: settled_accurate | move=> w; exact: settled_stays].
Qed.

(** Winners for both labels stay. *)
Lemma both_win_sgd r m s xs : 0 <= eta M -> all (unique_key r m) xs -> both_win s ->
  both_win (sgd M s xs).
Proof.
move=> eta0 keys /andP[plus minus]; apply/andP.
by split; [move: plus | move: minus]; rewrite /winners => /card_gt0P[j win];
  apply/card_gt0P; exists j; exact: (winner_sgd eta0 keys win).
Qed.

Theorem absorbing (D : distribution R K) r m s (w : seq (atom D)) :
  0 < eta M -> (0 < r)%N -> unique_keys D r m -> both_win s ->
  let now := sgd M s (samples w) in
  (forall i : atom D, same_state now (step M now (single R (sample_at i)))) ->
  settled D M now /\ accuracy D M now = 1.
Proof.
move=> eta0 r0 keys win now still.
have keys' : all (unique_key r m) (samples w) by rewrite all_map; apply/allP => i _; exact: keys.
have all1 := absorbing_settled eta0 r0 keys (both_win_sgd (ltW eta0) keys' win) still.
by split=> //; exact: settled_accurate.
Qed.

End MistakeBound.

(** ** There is a bound for all paths *)
Theorem finitely_many (R : archiFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K) :
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  exists k, forall xs, all (unique_key r m) xs -> (mistakes M s xs <= k)%N.
Proof.
move=> network eta0 r0 signed win.
set B := (winners s true + winners s false)%:R *
      (total_norm_squared s + 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)
    / (eta M * r%:R * (minn (winners s true) (winners s false))%:R) ^+ 2.
exists (Num.bound B) => xs keys.
have := mistake_bound_explicit network eta0 r0 signed win keys; rewrite -/B => le.
rewrite -(ler_nat R); apply: le_trans le _; apply/ltW.
have := archi_boundP (normr_ge0 B).
by have [B0|] := lerP 0 B; [rewrite ger0_norm | move=> B0 _; apply: lt_le_trans B0 (ler0n _ _)].
Qed.
