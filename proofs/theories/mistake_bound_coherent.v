(** * T6c: the mistake bound with coherent backgrounds, for filters as vectors

    Keys of any length whose inner product is at most 0, orthogonal to the backgrounds; the
    backgrounds may have any Gram matrix. An image of label y with an open gate raises the key
    coordinate of a winner of y by at least eta |a_j| r |v_y|^2, one of the other label does not lower
    it ([winner_key_up]). By Cauchy and Schwarz a filter is at least as long as its part along a key
    ([keys_length]), and |W|^2 grows by at most T for each unit of open gate ([norm_potential.v]).
    Comparing both ends gives the bound. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors pathwise mistake_bound_sharp binomial_tail.
From filtercert Require Import learning_time closed_gates norm_potential.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Coherent.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss).
Hypothesis header : fixed_head_relu M l.
Hypothesis dictionary : dictionary_of M P.
Hypothesis keys : keys_not_aligned M.
Implicit Types (w : network R n d) (s : state R n K) (B C : batch R K) (j : 'I_n) (y : bool).

Local Lemma act : activation_of M = Relu. Proof. by case: header. Qed.
Local Lemma pool : pooling_of M = SumPooling. Proof. by case: header. Qed.
Local Lemma loss_l : loss_of M = l. Proof. by case: header. Qed.
Local Lemma fixed : trained M = false. Proof. by case: header. Qed.

Local Notation length2 y := (gram M (key y) (key y)).

Lemma key_length y : 0 < length2 y. Proof. by case: keys. Qed.

Lemma keys_apart_or_opposed y : gram M (key (~~ y)) (key y) <= 0.
Proof. by case: keys => _ le _; case: y => //=; rewrite (gramC dictionary). Qed.

Lemma background_off_key y k : gram M (background k) (key y) = 0.
Proof. by case: keys => _ _ off; rewrite (gramC dictionary) off. Qed.

(** The gradient along a pattern: the push where the coordinate is positive. *)
Lemma filter_gradient_relu s C j p :
  filter_gradient M s C j p = if 0 < weight s j p then push p C else 0.
Proof.
rewrite /filter_gradient /pooled_derivative act pool /=; case: ifP => _.
  by apply: eq_bigr => c _; rewrite mulr1.
by rewrite big1 // => c _; rewrite !mulr0.
Qed.

(** One step on the key coordinate of label y: the gradients along both keys alone. *)
Lemma key_move s C j y : weight (move M s C) j (key y) = weight s j (key y) + eta M * head s j *
  (filter_gradient M s C j (key y) * length2 y
   + filter_gradient M s C j (key (~~ y)) * gram M (key (~~ y)) (key y)).
Proof.
congr (_ + _ * _); rewrite sum_pattern big1 ?addr0; last first.
  by move=> k _; rewrite background_off_key mulr0.
by case: y; rewrite // addrC.
Qed.

(** The signed push of a key is at least 0. *)
Lemma push_key_ge0 r y C : all (fun c => 0 <= c.1) C -> images (key_at_least r) C ->
  0 <= sgn y * push (key y) C.
Proof.
move=> C0 iC; apply: le_trans (push_key_ge y C0 iC).
by rewrite mulr_ge0 ?ler0n ?mass_ge0.
Qed.

(** The key coordinate of a winner grows. *)
Lemma winner_key_step r s C j y : 0 <= eta M -> all (fun c => 0 <= c.1) C ->
  images (key_at_least r) C -> winner s y j ->
  weight s j (key y) + eta M * r%:R * mass y C * (`|head s j| * length2 y)
    <= weight (move M s C) j (key y).
Proof.
move=> eta0 C0 iC /andP[hd pos]; rewrite key_move ler_add2l filter_gradient_relu pos.
have size_head : `|head s j| = sgn y * head s j.
  move: hd; rewrite /sgn; case: (y); rewrite ?mul1r ?mulN1r ?oppr_gt0.
    by move/gtr0_norm.
  by move/ltr0_norm.
have a0 : 0 <= eta M * (sgn y * head s j) by rewrite mulr_ge0 // ltW.
have -> : eta M * head s j * (push (key y) C * length2 y
    + filter_gradient M s C j (key (~~ y)) * gram M (key (~~ y)) (key y))
  = eta M * (sgn y * head s j) * (sgn y * push (key y) C * length2 y
    + sgn y * filter_gradient M s C j (key (~~ y)) * gram M (key (~~ y)) (key y)).
  have ss := sgn_sqr R y; move: (sgn y) ss => e ss.
  have -> : eta M * (e * head s j) * (e * push (key y) C * length2 y
    + e * filter_gradient M s C j (key (~~ y)) * gram M (key (~~ y)) (key y))
   = (e * e) * (eta M * head s j * (push (key y) C * length2 y
    + filter_gradient M s C j (key (~~ y)) * gram M (key (~~ y)) (key y))) by ring.
  by rewrite ss mul1r.
have -> : eta M * r%:R * mass y C * (`|head s j| * length2 y) =
    eta M * (sgn y * head s j) * (r%:R * mass y C * length2 y) by rewrite size_head; ring.
rewrite ler_wpmul2l // ler_paddr //; last by rewrite ler_wpmul2r ?(ltW (key_length y)) ?push_key_ge.
rewrite mulr_le0 ?keys_apart_or_opposed // filter_gradient_relu; case: ifP => _; last by rewrite mulr0.
by rewrite -oppr_ge0 -mulNr -sgn_neg (push_key_ge0 _ C0 iC).
Qed.

Lemma winner_step r s C j y : 0 <= eta M -> all (fun c => 0 <= c.1) C ->
  images (key_at_least r) C -> winner s y j -> winner (move M s C) y j.
Proof.
move=> eta0 C0 iC win; have [hd pos] := andP win.
rewrite /winner (head_move _ _ _ fixed) hd /=; apply: lt_le_trans (winner_key_step eta0 C0 iC win).
rewrite ltr_paddr // mulr_ge0 ?mulr_ge0 ?ler0n ?mass_ge0 //; exact: ltW (key_length y).
Qed.

Lemma winner_key_up Q T r s Bs j y : 0 <= eta M -> gain_within M l Q T -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> winner s y j ->
  weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s Bs) * (`|head s j| * length2 y)
    <= weight (run M s Bs) j (key y).
Proof.
move=> eta0; rewrite -loss_l => gain; elim: Bs s => [|B Bs IH] s /=.
  by rewrite /gate_sum big_nil mulr0 mul0r addr0.
case/andP=> B1 Bs1 /andP[iB iBs] win; have [B0 _] := andP B1.
have C0 := gated_nonneg s gain B0.
have iC : images (key_at_least r) (gated M s B) by rewrite images_gated.
have up := winner_key_step eta0 C0 iC win; have win' := winner_step eta0 C0 iC win.
apply: le_trans (IH _ Bs1 iBs win'); rewrite (head_step _ _ _ fixed) gate_sum_cons.
move: up; rewrite -/(step M s B).
rewrite -(ler_add2r (eta M * r%:R * gate_sum y (gates_of M (step M s B) Bs) *
  (`|head s j| * length2 y))).
by apply: le_trans; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

(** No filter is a winner of both labels. *)
Lemma winner_one s y j : winner s y j -> winner s (~~ y) j = false.
Proof.
move=> /andP[hd _]; apply/negP => /andP[]; rewrite sgn_neg mulNr oppr_gt0 => neg _.
by have := lt_trans hd neg; rewrite ltxx.
Qed.

(** |W|^2 later is at least what the keys of the winners at the start have. *)
Lemma keys_length s w : \sum_(y : bool) \sum_(j | winner s y j)
    dot (filters w j) (P (key y)) ^+ 2 / length2 y <= energy w.
Proof.
rewrite big_bool /= [X in X + _ <= _]big_mkcond [X in _ + X <= _]big_mkcond -big_split.
apply: ler_sum => j _ /=.
have one y : dot (filters w j) (P (key y)) ^+ 2 / length2 y <= length_squared (filters w j).
  rewrite ler_pdivr_mulr ?key_length // dictionary; exact: cauchy_schwarz.
have [plus|_] := boolP (winner s true j).
  by rewrite (winner_one plus) addr0.
by rewrite add0r; case: ifP => // _; exact: length_squared_ge0.
Qed.

(** The length that the keys of the winners have at the start. *)
Definition keys_energy s : R :=
  \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / length2 y.

Lemma keys_energy_le w : keys_energy (coordinates P w) <= energy w.
Proof. exact: keys_length. Qed.

Local Notation A w := (\sum_j heads w j ^+ 2).

(** The bound for any loss, from what its gates give for one image. *)
Lemma coherent_bound rho2 T r w Bs : 0 <= eta M -> gain_within M l (A w * rho2) T ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  \sum_(y : bool) (length2 y * head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= energy w - keys_energy s + T * (mu true + mu false) :> R.
Proof.
move=> eta0 gain Bs1 iBs small s mu eqmu.
have gain' : gain_within M (loss_of M) (A w * rho2) T by rewrite loss_l.
have mu0 y : 0 <= eta M * r%:R * mu y.
  by rewrite eqmu mulr_ge0 ?mulr_ge0 ?ler0n // gate_sum_ge0 // (gates_of_nonneg _ gain').
have small' : all (images (fun x => leaky_spread M 0 x <= rho2)) Bs.
  by apply: sub_all small => C; apply: sub_all => b /=; rewrite leaky_spread0.
have slopes : slopes_from 0 (activation_of M) by rewrite act; exact: slopes_relu.
have zero01 : (0 <= (0 : R)) && ((0 : R) <= 1) by rewrite lexx ler01.
have up := energy_run dictionary slopes zero01 pool fixed gain' Bs1 small'.
have key_up y j : winner s y j ->
    weight s j (key y) + eta M * r%:R * mu y * (`|head s j| * length2 y)
      <= dot (filters (vector_run M P w Bs) j) (P (key y)).
  move=> win; rewrite eqmu.
  have -> : dot (filters (vector_run M P w Bs) j) (P (key y)) = weight (run M s Bs) j (key y).
    by have [<-] := coordinates_run dictionary w Bs.
  exact: winner_key_up win.
have key_pos y j : winner s y j -> 0 <= weight s j (key y) + eta M * r%:R * mu y *
  (`|head s j| * length2 y).
  move=> /andP[_ pos]; rewrite addr_ge0 ?(ltW pos) // mulr_ge0 // mulr_ge0 //; exact: ltW (key_length y).
have late : \sum_(y : bool) \sum_(j | winner s y j)
    dot (filters (vector_run M P w Bs) j) (P (key y)) ^+ 2 / length2 y
    <= energy w + T * (mu true + mu false).
  by rewrite eqmu; exact: le_trans (keys_length s (vector_run M P w Bs)) up.
rewrite -(ler_add2r (keys_energy s)) [X in _ <= X]addrAC subrK.
apply: le_trans late.
rewrite /keys_energy -big_split; apply: ler_sum => y _ /=.
rewrite /head_square mulrAC mulr_sumr !mulr_sumr -!big_split; apply: ler_sum => j win /=.
have le : (weight s j (key y) + eta M * r%:R * mu y * (`|head s j| * length2 y)) ^+ 2 / length2 y
    <= dot (filters (vector_run M P w Bs) j) (P (key y)) ^+ 2 / length2 y.
  rewrite ler_wpmul2r ?invr_ge0 ?(ltW (key_length y)) // ler_expn2r ?nnegrE ?key_up ?key_pos //.
  by rewrite (le_trans (key_pos _ _ win) (key_up _ _ win)).
apply: le_trans le; rewrite le_eqVlt; apply/orP; left; apply/eqP.
have := real_normK (num_real (head s j)); move: `|head s j| => a <-.
have := lt0r_neq0 (key_length y); move: (length2 y) => v v0.
rewrite (_ : dot (filters w j) (P (key y)) = weight s j (key y)) //; move: (weight s j (key y)) => z.
by field.
Qed.

(** A_y. *)
Definition key_square s y : R := length2 y * head_square s y.

Lemma key_square_ge0 s y : 0 <= key_square s y.
Proof. by rewrite mulr_ge0 ?head_square_ge0 // ltW ?key_length. Qed.

(** The same bound for the sum of both labels. *)
Lemma coherent_bound_sum rho2 T r w Bs : 0 <= eta M -> gain_within M l (A w * rho2) T ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  key_square s true * key_square s false / (key_square s true + key_square s false) *
    (eta M * r%:R * (mu true + mu false)) ^+ 2
    <= energy w - keys_energy s + T * (mu true + mu false) :> R.
Proof.
move=> eta0 gain Bs1 iBs small s mu eqmu.
have gain' : gain_within M (loss_of M) (A w * rho2) T by rewrite loss_l.
have := coherent_bound eta0 gain Bs1 iBs small eqmu.
apply: le_trans; rewrite mulrDr.
apply: le_trans (harmonic _ _ (key_square_ge0 s true) (key_square_ge0 s false)) _.
have extra y : 0 <= 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j
  (key y).
  rewrite mulr_ge0 ?sumr_ge0 // => [|j /andP[_ /ltW pos]]; last by rewrite mulr_ge0.
  by rewrite eqmu -!mulrA !mulr_ge0 ?ler0n // gate_sum_ge0 // (gates_of_nonneg _ gain').
rewrite -[coordinates P w]/s big_bool; apply: ler_add; rewrite -/(key_square _ _) ler_addl; exact: extra.
Qed.

(** Winners of both labels: the harmonic mean is positive. *)
Lemma key_square_gt0 s y : (0 < winners s y)%N -> 0 < key_square s y.
Proof.
move=> /card_gt0P[j win]; have win' : winner s y j by [].
have [hd _] := andP win'; rewrite mulr_gt0 ?key_length // /head_square (bigD1 j) //=.
rewrite ltr_paddr ?sumr_ge0 // => [i _|]; first exact: sqr_ge0.
rewrite lt_def sqr_ge0 sqrf_eq0 andbT; apply: contraL hd => /eqP->.
by rewrite mulr0 ltxx.
Qed.

(** Divided by the mass of open gates, where that is 1 at least. *)
Lemma coherent_explicit rho2 T r w Bs : 0 < eta M -> (0 < r)%N -> 0 <= T ->
  gain_within M l (A w * rho2) T -> both_win (coordinates P w) ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) -> 1 <= mu true + mu false ->
  mu true + mu false <= (energy w - keys_energy s + T) /
    (key_square s true * key_square s false / (key_square s true + key_square s false)
      * (eta M * r%:R) ^+ 2) :> R.
Proof.
move=> eta0 r0 T0 gain /andP[win_plus win_minus] Bs1 iBs small s mu eqmu big.
have := coherent_bound_sum (ltW eta0) gain Bs1 iBs small eqmu; rewrite -/s.
have plus := key_square_gt0 win_plus; have minus := key_square_gt0 win_minus.
have h0 : 0 < key_square s true * key_square s false / (key_square s true + key_square s false).
  by apply: divr_gt0; [exact: mulr_gt0 | exact: addr_gt0].
move: (_ / _) h0 => H H0 {eqmu}; move: (mu true + mu false) big => u u1 le.
have u0 : 0 < u := lt_le_trans ltr01 u1.
have B0 : 0 <= energy w - keys_energy s by rewrite subr_ge0 keys_energy_le.
rewrite ler_pdivl_mulr; last by rewrite mulr_gt0 // exprn_gt0 // mulr_gt0 // ltr0n.
rewrite -(ler_pmul2l u0); apply: le_trans (_ : _ <= energy w - keys_energy s + T * u) _.
  by apply: le_trans le; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
by rewrite mulrDr [u * T]mulrC ler_add2r ler_pemull.
Qed.

End Coherent.

(** ** Hinge and perceptron *)
Section Losses.
Variables (R : realFieldType) (K : nat) (M : model R K) (l : loss).
Hypothesis loss_l : l = Hinge \/ l = Perceptron.

(** Their gates are 0 or 1; *)
Lemma gate01 (z : R) : gate l z = (gate l z != 0)%:R.
Proof. by case: loss_l => -> /=; case: ifP; rewrite ?oner_eq0 ?eqxx. Qed.

(** for both the gain of the hinge is enough. *)
Lemma gain_either (Q : R) : 0 <= eta M -> gain_within M l Q (2%:R * eta M + eta M ^+ 2 * Q).
Proof.
move=> eta0; case: loss_l => ->; first exact: gain_hinge.
move=> z; have [g0 le] := gain_perceptron eta0 Q z; split=> //; apply: le_trans le _.
by rewrite ler_wpmul2r // ler_addr mulr_ge0 ?ler0n.
Qed.

(** Each has its own. *)
Lemma gain_theta (Q : R) : 0 <= eta M ->
  gain_within M l Q ((if l is Hinge then 2%:R else 0) * eta M + eta M ^+ 2 * Q).
Proof.
move=> eta0; case: loss_l => -> /=; first exact: gain_hinge.
by rewrite mul0r add0r; exact: gain_perceptron.
Qed.

End Losses.

Section Updates.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss).
Variables (r : nat) (w : network R n d) (rho2 : R).
Hypothesis header : fixed_head_relu M l.
Hypothesis loss_l : l = Hinge \/ l = Perceptron.
Hypothesis dictionary : dictionary_of M P.
Hypothesis keys : keys_not_aligned M.
Hypothesis eta0 : 0 < eta M.
Hypothesis r0 : (0 < r)%N.
Hypothesis win : both_win (coordinates P w).
Hypothesis rho0 : 0 <= rho2.

(** What bounds the number of updates. *)
Definition coherent_max : R :=
  (energy w - keys_energy M (coordinates P w)
    + (2%:R * eta M + eta M ^+ 2 * ((\sum_j heads w j ^+ 2) * rho2)))
  / (key_square M (coordinates P w) true * key_square M (coordinates P w) false
      / (key_square M (coordinates P w) true + key_square M (coordinates P w) false)
      * (eta M * r%:R) ^+ 2).

Theorem coherent_mistakes xs : all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
  (mistakes M (coordinates P w) xs)%:R <= coherent_max.
Proof.
move=> ixs small; have gain := gain_either loss_l ((\sum_j heads w j ^+ 2) * rho2) (ltW eta0).
have A0 : 0 <= \sum_j heads w j ^+ 2 by apply: sumr_ge0 => j _; exact: sqr_ge0.
have T0 : 0 <= 2%:R * eta M + eta M ^+ 2 * ((\sum_j heads w j ^+ 2) * rho2).
  apply: addr_ge0; first by rewrite mulr_ge0 ?ler0n ?(ltW eta0).
  by apply: mulr_ge0; [exact: sqr_ge0 | exact: mulr_ge0].
have loss_M : loss_of M = l by case: header.
have count := @gate_sum_updates _ n _ M (coordinates P w) xs.
rewrite loss_M in count; rewrite -(count (gate01 loss_l)).
have [none|some] := posnP (mistakes M (coordinates P w) xs).
  rewrite (count (gate01 loss_l)) none; case/andP: win => plus minus.
  have p0 := ltW (key_square_gt0 keys plus); have m0 := ltW (key_square_gt0 keys minus).
  apply: divr_ge0; first by rewrite addr_ge0 // subr_ge0 keys_energy_le.
  apply: mulr_ge0; last exact: sqr_ge0.
  by apply: divr_ge0; [exact: mulr_ge0 | exact: addr_ge0].
apply: (coherent_explicit header dictionary keys eta0 r0 T0 gain win (singles_within R xs) _ _ erefl).
- by rewrite images_singles.
- by rewrite images_singles.
by rewrite (count (gate01 loss_l)) ler1n.
Qed.

End Updates.

(** Every number of updates is one that the inequality allows. *)
Theorem coherent_allows (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (l : loss) (r : nat) (w : network R n d) (rho2 : R) xs :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
  forall s, s = coordinates P w ->
  key_square M s true * key_square M s false / (key_square M s true + key_square M s false)
      * (eta M * r%:R * (mistakes M s xs)%:R) ^+ 2
    <= energy w - keys_energy M s
      + ((if l is Hinge then 2%:R else 0) * eta M + eta M ^+ 2 * ((\sum_j heads w j ^+ 2) * rho2))
        * (mistakes M s xs)%:R :> R.
Proof.
move=> header loss_l dictionary keys eta0 ixs small s ->.
have gain := gain_theta loss_l ((\sum_j heads w j ^+ 2) * rho2) eta0.
have loss_M : loss_of M = l by case: header.
have ixs' : all (images (key_at_least r)) (map (@single R K) xs) by rewrite images_singles.
have small' : all (images (fun x => spread M x <= rho2)) (map (@single R K) xs) by rewrite
  images_singles.
have := coherent_bound_sum header dictionary keys eta0 gain (singles_within R xs) ixs' small' erefl.
by rewrite /= gate_sum_updates // loss_M; exact: gate01.
Qed.

(** One number of updates is enough for all paths, however long. *)
Theorem coherent_finitely_many (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (rho2 : R) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> both_win (coordinates P w) ->
  exists k, forall xs, all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N.
Proof.
move=> header loss_l dictionary keys eta0 r0 win.
have rho0 : 0 <= Num.max 0 rho2 by rewrite le_maxr lexx.
have [k big] := above (coherent_max M P r w (Num.max 0 rho2)); exists k => xs ixs small.
have small' : all (fun x => spread M x <= Num.max 0 rho2) xs.
  by apply: sub_all small => x /= le; rewrite le_maxr le orbT.
have le := coherent_mistakes header loss_l dictionary keys eta0 r0 win rho0 ixs small'.
by rewrite -(ler_nat R) (le_trans le (ltW big)).
Qed.

(** ** With independent images *)
Section Random.
Variables (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K).
Variables (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d).
Hypothesis header : fixed_head_relu M l.
Hypothesis loss_l : l = Hinge \/ l = Perceptron.
Hypothesis dictionary : dictionary_of M P.
Hypothesis keys : keys_not_aligned M.

(** A number of updates that is at least every one that the inequality allows. *)
Lemma coherent_within (rho2 : R) k : 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) ->
  (forall u : nat,
    key_square M (coordinates P w) true * key_square M (coordinates P w) false
      / (key_square M (coordinates P w) true + key_square M (coordinates P w) false)
      * (eta M * r%:R * u%:R) ^+ 2
    <= energy w - keys_energy M (coordinates P w)
      + ((if l is Hinge then 2%:R else 0) * eta M + eta M ^+ 2 * ((\sum_j heads w j ^+ 2) * rho2))
        * u%:R -> (u <= k)%N) ->
  mistakes_within D M k (coordinates P w).
Proof.
move=> eta0 keys_in small bound v; apply: bound.
have ixs : all (key_at_least r) (samples v) by rewrite all_map; apply/allP => i _; exact: keys_in.
have smalls : all (fun x => spread M x <= rho2) (samples v).
  by rewrite all_map; apply/allP => i _; exact: small.
exact: (coherent_allows header loss_l dictionary keys eta0 ixs smalls erefl).
Qed.

(** A bound of the spread of all images. *)
Lemma spread_sum (i : atom D) : spread M (sample_at i) <= \sum_(a : atom D) spread M (sample_at a).
Proof. by rewrite (bigD1 i) //= ler_addl sumr_ge0 // => a _; exact: spread_ge0. Qed.

End Random.

Theorem coherent_limit (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (delta : R) :
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> both_win (coordinates P w) ->
  (forall i : atom D, key_at_least r (sample_at i)) -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]).
Proof.
move=> header loss_l dictionary keys eta0 r0 win keys_in delta0.
have [k few] := coherent_finitely_many (\sum_(a : atom D) spread M (sample_at a))
  header loss_l dictionary keys eta0 r0 win.
apply: (closed_limit_vectors dictionary (k := k)) delta0 => v; apply: few.
  by rewrite all_map; apply/allP => i _; exact: keys_in.
by rewrite all_map; apply/allP => i _; exact: spread_sum.
Qed.

(** ** What no image moves *)
Section Absorbing.
Variables (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K).
Variables (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat).
Hypothesis header : fixed_head_relu M l.
Hypothesis loss_l : l = Hinge \/ l = Perceptron.
Hypothesis dictionary : dictionary_of M P.
Hypothesis keys : keys_not_aligned M.
Hypothesis eta0 : 0 < eta M.
Hypothesis r0 : (0 < r)%N.
Hypothesis keys_in : forall i : atom D, key_at_least r (sample_at i).
Implicit Types (s : state R n K) (w : network R n d).

Lemma gate_nonneg s x : 0 <= gate_at M s x.
Proof.
have -> : gate_at M s x = gate l (margin M s x) by rewrite /gate_at; case: header => _ _ ->.
by rewrite (gate01 loss_l) ler0n.
Qed.

Lemma gate_mass s x : all (fun c => 0 <= c.1) (gated M s (single R x)).
Proof. by rewrite /= mul1r gate_nonneg. Qed.

Lemma keys_gated s (i : atom D) : images (key_at_least r) (gated M s (single R (sample_at i))).
Proof. by rewrite images_gated /images /= keys_in. Qed.

(** Winners stay winners. *)
Lemma winner_later s (v : seq (atom D)) y j : winner s y j -> winner (sgd M s (samples v)) y j.
Proof.
elim: v s => //= i v IH s win; apply: IH.
exact: (winner_step header dictionary keys (ltW eta0) (gate_mass s _) (keys_gated s i) win).
Qed.

(** An open gate moves a winner. *)
Lemma still_closed s (i : atom D) j : winner s (label (sample_at i)) j ->
  weight (step M s (single R (sample_at i))) j (key (label (sample_at i)))
    = weight s j (key (label (sample_at i))) -> gate_at M s (sample_at i) = 0.
Proof.
move=> win still; have [hd _] := andP win.
have := winner_key_step header dictionary keys (ltW eta0) (gate_mass s _) (keys_gated s i) win.
rewrite [weight _ _ _ as X in _ <= X]still ger_addl /mass /gated /= big_cons big_nil eqxx addr0 mul1r =>
  le.
apply/eqP; rewrite eq_le gate_nonneg andbT; move: le.
have pos : 0 < eta M * r%:R by rewrite mulr_gt0 ?ltr0n.
have pos' : 0 < `|head s j| * gram M (key (label (sample_at i))) (key (label (sample_at i))).
  rewrite mulr_gt0 ?(key_length keys) // normr_gt0; apply: contraTneq hd => ->.
  by rewrite mulr0 ltxx.
by rewrite pmulr_lle0 // pmulr_rle0.
Qed.

Theorem coherent_absorbing w (v : seq (atom D)) : both_win (coordinates P w) ->
  let now := vector_sgd M P w (samples v) in
  (forall (i : atom D) j, filters (vector_step M P now (single R (sample_at i))) j = filters now j) ->
  forall i : atom D, gate_at M (coordinates P now) (sample_at i) = 0.
Proof.
move=> /andP[plus minus] now still i.
have same := coordinates_sgd dictionary w (samples v).
have [j win] : exists j, winner (coordinates P w) (label (sample_at i)) j.
  have /card_gt0P[j win] : (0 < winners (coordinates P w) (label (sample_at i)))%N by case: (label _).
  by exists j.
have later : winner (coordinates P now) (label (sample_at i)) j.
  by rewrite (winner_same _ _ same); exact: winner_later.
apply: (still_closed later).
have [<- _] := coordinates_step dictionary now (single R (sample_at i)).
exact: (congr1 (fun u => dot u (P (key (label (sample_at i))))) (still i j)).
Qed.

End Absorbing.
