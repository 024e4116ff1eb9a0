(** * T6s: the sharp mistake bound, for batches and gradient descent

    The potential is the sum of the squares of all positive coordinates. One step raises it by at most
    [T] times the gates of the step: the terms [2 Z dZ] sum to [2 eta] times gate times margin, since
    the output is 1-homogeneous in the filters, and the terms [dZ^2] to at most [eta^2 Q] times the
    squares of the gates, by Jensen's inequality for the batch. Along the path the keys of the winners
    grow by at least [eta |a_j| r mu_y] (as in T3), and their squares are part of the potential.
    Comparing both ends gives the bound, without Cauchy-Schwarz.

    Hinge, perceptron and squared hinge differ only in what their gates make of one image
    ([gate_hinge_gain] and so on). Uses [facts.v] and [pathwise.v]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts pathwise.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Jensen.
Variables (R : realFieldType) (K : nat).
Implicit Types (B : batch R K) (F : sample K -> R).

Lemma weighted_ge0 B F : all (fun b => 0 <= b.1) B -> (forall x, 0 <= F x) ->
  0 <= \sum_(b <- B) b.1 * F b.2.
Proof.
move=> + F0; elim: B => [|b B IH] /=; first by rewrite big_nil.
by case/andP=> b0 /IH ?; rewrite big_cons addr_ge0 ?mulr_ge0.
Qed.

Lemma weighted_le B F G : all (fun b => 0 <= b.1) B -> images (fun x => F x <= G x) B ->
  \sum_(b <- B) b.1 * F b.2 <= \sum_(b <- B) b.1 * G b.2.
Proof.
rewrite /images; elim: B => [|b B IH] /=; first by rewrite !big_nil.
by case/andP=> b0 B0 /andP[bFG BFG]; rewrite !big_cons ler_add ?IH ?ler_wpmul2l.
Qed.

(** Second moment about any number. *)
Lemma second_moment B F f :
  \sum_(b <- B) b.1 * (F b.2 - f) ^+ 2 = \sum_(b <- B) b.1 * F b.2 ^+ 2
    - 2%:R * f * (\sum_(b <- B) b.1 * F b.2) + f ^+ 2 * \sum_(b <- B) b.1.
Proof.
elim: B => [|b B IH]; first by rewrite !big_nil; ring.
by rewrite !big_cons IH; ring.
Qed.

(** Jensen's inequality for weights that sum to at most 1. *)
Lemma jensen B F : weights_within 1 B ->
  (\sum_(b <- B) b.1 * F b.2) ^+ 2 <= \sum_(b <- B) b.1 * F b.2 ^+ 2.
Proof.
case/andP=> B0 B1; set S := \sum_(b <- B) b.1 * F b.2; set T := \sum_(b <- B) _.
have : 0 <= T - 2%:R * S * S + S ^+ 2 * \sum_(b <- B) b.1.
  rewrite -second_moment; apply: (weighted_ge0 (F := fun x => (F x - S) ^+ 2)) => // x.
  exact: sqr_ge0.
move: (\sum_(b <- B) b.1) B1 => W W1 pos; rewrite -subr_ge0; apply: le_trans pos _.
have -> : T - S ^+ 2 = T - 2%:R * S * S + S ^+ 2 * 1 by ring.
by rewrite ler_add2l ler_wpmul2l ?sqr_ge0.
Qed.

End Jensen.

Section Potential.
Variables (R : realFieldType) (n K : nat) (M : model R K) (l : loss).
Hypothesis network : fixed_head_network M l.
Implicit Types (s : state R n K) (B C : batch R K) (j : 'I_n) (y : bool) (x : sample K).

Local Lemma fixed : trained M = false. Proof. by case: network. Qed.

Definition potential s : R := \sum_j \sum_p relu (weight s j p) ^+ 2.

(** Positive coordinates are positive from the start. *)
Lemma alive_before s C j p : 0 < weight (move M s C) j p -> 0 < weight s j p.
Proof. by rewrite (weight_move_push network); case: ifP => // + ; rewrite addr0 => ->. Qed.

(** So [active_square] only falls. *)
Lemma active_square_move s C x : active_square (move M s C) x <= active_square s x.
Proof.
rewrite /active_square; apply: ler_sum => j _; rewrite (head_move _ _ _ fixed).
apply: ler_wpmul2l; first exact: sqr_ge0.
rewrite [X in X <= _]big_mkcond [X in _ <= X]big_mkcond; apply: ler_sum => p _.
have := @alive_before s C j p; case: ifP => [_ ->//|_ _].
by case: ifP => // _; rewrite sqr_ge0.
Qed.

(** The square of a positive part when the coordinate moves by d. *)
Lemma relu_square_move (z d : R) : relu (z + (if 0 < z then d else 0)) ^+ 2 <=
  relu z ^+ 2 + (if 0 < z then 2%:R * (z * d) + d ^+ 2 else 0).
Proof.
case: ifP => alive; last by rewrite !addr0.
rewrite (relu_pos (ltW alive)).
have -> : z ^+ 2 + (2%:R * (z * d) + d ^+ 2) = (z + d) ^+ 2 by ring.
case: (lerP 0 (z + d)) => [pos|neg]; first by rewrite relu_pos.
by rewrite (relu_neg (ltW neg)) expr0n sqr_ge0.
Qed.

(** The margin, written out. *)
Lemma margin_sum s x : margin M s x =
  sgn (label x) * \sum_j head s j * \sum_(p | 0 < weight s j p) (count x p)%:R * weight s j p.
Proof.
have [_ act pool _ _] := network.
rewrite /margin /output; congr (_ * _); apply: eq_bigr => j _; congr (_ * _).
rewrite /pooled pool act /= [RHS]big_mkcond; apply: eq_bigr => p _.
by case: ltP => [pos|neg]; rewrite ?(relu_pos (ltW pos)) // relu_neg // mulr0.
Qed.

(** Homogeneity: weights times increments are gates times margins. *)
Lemma first_order s C :
  \sum_j \sum_(p | 0 < weight s j p) weight s j p * (head s j * push p C)
  = \sum_(c <- C) c.1 * margin M s c.2.
Proof.
elim: C => [|c C IH].
  by rewrite big_nil big1 // => j _; rewrite big1 // => p _; rewrite /push big_nil !mulr0.
rewrite big_cons -IH margin_sum !mulr_sumr -big_split; apply: eq_bigr => j _ /=.
rewrite !mulr_sumr -big_split; apply: eq_bigr => p _ /=; rewrite push_cons; ring.
Qed.

(** The squares of the increments, by Jensen. *)
Lemma second_order s B (g : sample K -> R) : weights_within 1 B ->
  \sum_j \sum_(p | 0 < weight s j p)
    (head s j * \sum_(b <- B) b.1 * (g b.2 * sgn (label b.2) * (count b.2 p)%:R)) ^+ 2
  <= \sum_(b <- B) b.1 * (g b.2 ^+ 2 * active_square s b.2).
Proof.
move=> B1.
have -> : \sum_(b <- B) b.1 * (g b.2 ^+ 2 * active_square s b.2) =
    \sum_j \sum_(p | 0 < weight s j p) head s j ^+ 2 *
      \sum_(b <- B) b.1 * (g b.2 * sgn (label b.2) * (count b.2 p)%:R) ^+ 2.
  elim: B {B1} => [|b B IH].
    by rewrite big_nil big1 // => j _; rewrite big1 // => p _; rewrite big_nil mulr0.
  rewrite big_cons IH /active_square !mulr_sumr -big_split; apply: eq_bigr => j _ /=.
  rewrite !mulr_sumr -big_split; apply: eq_bigr => p _ /=; rewrite big_cons.
  by have := sgn_sqr R (label b.2); move: (sgn _) => e ee; rewrite !exprMn [e ^+ 2]ee; ring.
apply: ler_sum => j _; apply: ler_sum => p _; rewrite exprMn ler_wpmul2l ?sqr_ge0 //.
exact: jensen (fun x => g x * sgn (label x) * (count x p)%:R) B1.
Qed.

(** What the gates of a loss give for one image: T for each unit of gate. *)
Definition gain_within (Q T : R) := forall z : R,
  0 <= gate l z /\ 2%:R * eta M * (gate l z * z) + eta M ^+ 2 * Q * gate l z ^+ 2 <= T * gate l z.

(** Weight of all images with their gates. *)
Lemma mass_gated s B :
  mass true (gated M s B) + mass false (gated M s B) = \sum_(b <- B) b.1 * gate_at M s b.2.
Proof. by rewrite mass_split /gated big_map. Qed.

Lemma gated_ge0 Q T s B : gain_within Q T -> all (fun b => 0 <= b.1) B ->
  all (fun c => 0 <= c.1) (gated M s B).
Proof.
move=> gain; have loss_l : loss_of M = l by case: network.
elim: B => //= b B IH /andP[b0 /IH->]; rewrite andbT mulr_ge0 // /gate_at loss_l.
by have [] := gain (margin M s b.2).
Qed.

(** Gates are at least 0. *)
Lemma gates_of_ge0 Q T s Bs : gain_within Q T -> all (weights_within 1) Bs ->
  all (all (fun c => 0 <= c.1)) (gates_of M s Bs).
Proof.
move=> gain; elim: Bs s => //= B Bs IH s /andP[/andP[B0 _] Bs1].
by rewrite (gated_ge0 _ gain) //= IH.
Qed.

(** One step raises the potential by at most T for each unit of gate. *)
Lemma potential_step Q T s B : gain_within Q T -> weights_within 1 B ->
  images (fun x => active_square s x <= Q) B ->
  potential (step M s B) <= potential s +
    T * (mass true (gated M s B) + mass false (gated M s B)).
Proof.
move=> gain B1 small; rewrite mass_gated /step; set C := gated M s B.
have grow : potential (move M s C) <= potential s +
    (2%:R * eta M * (\sum_(c <- C) c.1 * margin M s c.2) +
     eta M ^+ 2 * \sum_j \sum_(p | 0 < weight s j p) (head s j * push p C) ^+ 2).
  have moved j p := weight_move_push network s C j p; move: (move M s C) moved => s' moved.
  rewrite -first_order !mulr_sumr -!big_split; apply: ler_sum => j _ /=.
  rewrite !mulr_sumr -big_split /= [X in _ <= _ + X]big_mkcond -big_split; apply: ler_sum => p _ /=.
  rewrite moved (le_trans (relu_square_move _ _)) // ler_add2l.
  by case: ifP => // _; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
apply: le_trans grow _; rewrite ler_add2l.
have push_gated p : push p C =
    \sum_(b <- B) b.1 * (gate_at M s b.2 * sgn (label b.2) * (count b.2 p)%:R).
  by rewrite /push /C /gated big_map; apply: eq_bigr => b _ /=; ring.
have sq : \sum_j \sum_(p | 0 < weight s j p) (head s j * push p C) ^+ 2 <=
    \sum_(b <- B) b.1 * (gate_at M s b.2 ^+ 2 * active_square s b.2).
  apply: le_trans (second_order s (gate_at M s) B1).
  by apply: ler_sum => j _; apply: ler_sum => p _; rewrite push_gated.
apply: le_trans (ler_add (lexx _) (ler_wpmul2l (sqr_ge0 _) sq)) _.
rewrite /C /gated big_map /= !mulr_sumr -big_split /=.
have -> : \sum_(b <- B) (2%:R * eta M * (b.1 * gate_at M s b.2 * margin M s b.2)
    + eta M ^+ 2 * (b.1 * (gate_at M s b.2 ^+ 2 * active_square s b.2)))
  = \sum_(b <- B) b.1 * (2%:R * eta M * (gate_at M s b.2 * margin M s b.2)
    + eta M ^+ 2 * active_square s b.2 * gate_at M s b.2 ^+ 2).
  by apply: eq_bigr => b _; ring.
have -> : \sum_(b <- B) T * (b.1 * gate_at M s b.2) = \sum_(b <- B) b.1 * (T * gate_at M s b.2).
  by apply: eq_bigr => b _; ring.
have [B0 _] := andP B1.
apply: (weighted_le (F := fun x => 2%:R * eta M * (gate_at M s x * margin M s x)
    + eta M ^+ 2 * active_square s x * gate_at M s x ^+ 2)
  (G := fun x => T * gate_at M s x)) B0 _.
apply: sub_all small => -[w x] /= smallx.
have loss_l : loss_of M = l by case: network.
rewrite /gate_at loss_l; have [g0 gx] := gain (margin M s x).
by apply: le_trans gx; rewrite ler_add2l ler_wpmul2r ?sqr_ge0 // ler_wpmul2l ?sqr_ge0.
Qed.

(** The whole run. *)
Lemma potential_run Q T s Bs : gain_within Q T -> all (weights_within 1) Bs ->
  all (images (fun x => active_square s x <= Q)) Bs ->
  potential (run M s Bs) <= potential s +
    T * (gate_sum true (gates_of M s Bs) + gate_sum false (gates_of M s Bs)).
Proof.
move=> gain; elim: Bs s => [|B Bs IH] s /=; first by rewrite /gate_sum !big_nil addr0 mulr0 addr0.
case/andP=> B1 Bs1 /andP[sB sBs].
have sBs' : all (images (fun x => active_square (step M s B) x <= Q)) Bs.
  apply: sub_all sBs => C; apply: sub_all => b /=; apply: le_trans.
  exact: active_square_move.
apply: le_trans (IH _ Bs1 sBs') _; rewrite !gate_sum_cons.
have := potential_step gain B1 sB; rewrite -(ler_add2r (T * (gate_sum true (gates_of M (step M s B) Bs)
  + gate_sum false (gates_of M (step M s B) Bs)))) => /le_trans; apply.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

(** ** The keys of the winners *)

(** A key is pushed at least r times by every image of its label, and never by another. *)
Lemma push_key_ge r y C : all (fun c => 0 <= c.1) C -> images (key_at_least r) C ->
  r%:R * mass y C <= sgn y * push (key y) C.
Proof.
rewrite /images; elim: C => [|c C IH] /=; first by rewrite /push /mass !big_nil !mulr0.
case/andP=> c0 C0 /andP[/andP[own /eqP other] iC].
rewrite push_cons mass_cons !mulrDr ler_add ?IH //.
have [<-|ny] := eqVneq (label c.2) y.
  have -> : sgn (label c.2) * (c.1 * sgn (label c.2) * (count c.2 (key (label c.2)))%:R) =
    (count c.2 (key (label c.2)))%:R * c.1 * (sgn (label c.2) * sgn (label c.2)) by ring.
  by rewrite sgn_sqr mulr1 ler_wpmul2r // ler_nat.
by have -> : y = ~~ label c.2 by [case: (y) (label c.2) ny => [] []]; rewrite other !mulr0.
Qed.

(** The key of a winner grows by at least r times the gates of its label. *)
Lemma winner_key_ge Q T r s Bs j y : 0 <= eta M -> gain_within Q T -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> winner s y j ->
  weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s Bs) * `|head s j|
    <= weight (run M s Bs) j (key y).
Proof.
move=> eta0 gain; elim: Bs s => [|B Bs IH] s /=; first by rewrite /gate_sum big_nil mulr0 mul0r addr0.
case/andP=> B1 Bs1 /andP[iB iBs] /andP[hd pos]; have [B0 _] := andP B1.
have C0 := gated_ge0 s gain B0.
have iC : images (key_at_least r) (gated M s B) by rewrite images_gated.
have size_head : sgn y * head s j = `|head s j|.
  move: hd; rewrite /sgn; case: (y); rewrite ?mul1r ?mulN1r ?oppr_gt0.
    by move/gtr0_norm.
  by move/ltr0_norm.
have up : weight s j (key y) + eta M * r%:R * mass y (gated M s B) * `|head s j|
    <= weight (step M s B) j (key y).
  rewrite /step (weight_move_push network) pos ler_add2l -size_head.
  have -> : eta M * head s j * push (key y) (gated M s B) =
      eta M * (sgn y * push (key y) (gated M s B)) * (sgn y * head s j).
    have -> : eta M * (sgn y * push (key y) (gated M s B)) * (sgn y * head s j) =
      eta M * head s j * push (key y) (gated M s B) * (sgn y * sgn y) by ring.
    by rewrite sgn_sqr mulr1.
  rewrite ler_wpmul2r ?(ltW hd) // -mulrA ler_wpmul2l //; exact: push_key_ge.
have win' : winner (step M s B) y j.
  rewrite /winner (head_step _ _ _ fixed) hd /=; apply: lt_le_trans up.
  by rewrite ltr_spaddl // mulr_ge0 // mulr_ge0 ?mass_ge0 // mulr_ge0 ?ler0n.
apply: le_trans (IH _ Bs1 iBs win'); rewrite (head_step _ _ _ fixed) gate_sum_cons.
move: up; rewrite -(ler_add2r (eta M * r%:R * gate_sum y (gates_of M (step M s B) Bs) * `|head s j|)).
by apply: le_trans; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

(** The potential at the start: the winners' keys, and the rest. *)
Definition rest_square s : R := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2.

Lemma potential_split s : potential s =
  rest_square s + \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2.
Proof.
rewrite big_bool [X in _ + (X + _)]big_mkcond [X in _ + (_ + X)]big_mkcond -!big_split.
apply: eq_bigr => j _ /=; rewrite [X in _ = X + _]big_mkcond !sum_pattern /=.
have win y : relu (weight s j (key y)) ^+ 2 =
    (if ~~ winner s y j then relu (weight s j (key y)) ^+ 2 else 0) +
    (if winner s y j then weight s j (key y) ^+ 2 else 0).
  case win: (winner s y j) => /=; rewrite ?addr0 // add0r.
  by have /andP[_ /ltW/relu_pos->] := win.
rewrite [in LHS](win true) [in LHS](win false) {win}.
by rewrite [RHS]addrAC [X in _ = X + _]addrACA.
Qed.

(** The potential later is at least the squares of the keys of the winners at the start. *)
Lemma potential_keys s s' : (forall y j, winner s y j -> 0 <= weight s' j (key y)) ->
  \sum_(y : bool) \sum_(j | winner s y j) weight s' j (key y) ^+ 2 <= potential s'.
Proof.
move=> pos; rewrite big_bool /= [X in X + _ <= _]big_mkcond [X in _ + X <= _]big_mkcond -big_split.
apply: ler_sum => j _ /=; rewrite sum_pattern.
have win y : (if winner s y j then weight s' j (key y) ^+ 2 else 0) <= relu (weight s' j (key y)) ^+ 2.
  by case: ifP => [/pos/relu_pos->//|_]; exact: sqr_ge0.
by rewrite ler_paddr ?ler_add // sumr_ge0 // => k _; exact: sqr_ge0.
Qed.

(** The bound for any loss, from what its gates give for one image. *)
Lemma sharp_bound Q T r s Bs : 0 <= eta M -> gain_within Q T -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= rest_square s + T * (mu true + mu false) :> R.
Proof.
move=> eta0 gain Bs1 iBs small mu eqmu.
have mu0 y : 0 <= eta M * r%:R * mu y.
  by rewrite eqmu mulr_ge0 ?mulr_ge0 ?ler0n // gate_sum_ge0 // (gates_of_ge0 _ gain).
have key_up y j : winner s y j ->
    weight s j (key y) + eta M * r%:R * mu y * `|head s j| <= weight (run M s Bs) j (key y).
  by rewrite eqmu; exact: winner_key_ge.
have key_pos y j : winner s y j -> 0 <= weight s j (key y) + eta M * r%:R * mu y * `|head s j|.
  by move=> /andP[_ pos]; rewrite addr_ge0 ?(ltW pos) // mulr_ge0.
have late : \sum_(y : bool) \sum_(j | winner s y j) weight (run M s Bs) j (key y) ^+ 2
    <= rest_square s + \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2
      + T * (mu true + mu false).
  rewrite -potential_split eqmu; apply: le_trans (potential_run gain Bs1 small).
  apply: potential_keys => y j win; exact: le_trans (key_pos _ _ win) (key_up _ _ win).
rewrite -(ler_add2r (\sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2)) addrAC.
apply: le_trans late; rewrite -big_split; apply: ler_sum => y _ /=.
rewrite /head_square mulr_suml !mulr_sumr -!big_split; apply: ler_sum => j win /=.
have -> : head s j ^+ 2 * (eta M * r%:R * mu y) ^+ 2
    + 2%:R * eta M * r%:R * mu y * (`|head s j| * weight s j (key y)) + weight s j (key y) ^+ 2
    = (weight s j (key y) + eta M * r%:R * mu y * `|head s j|) ^+ 2.
  have := real_normK (num_real (head s j)); move: `|head s j| => a aa.
  by rewrite -aa; ring.
by rewrite ler_expn2r ?nnegrE ?key_up ?key_pos // (le_trans (key_pos _ _ win) (key_up _ _ win)).
Qed.

Lemma head_square_ge0 s y : 0 <= head_square s y.
Proof. by apply: sumr_ge0 => j _; exact: sqr_ge0. Qed.

(** Two labels against their sum: the harmonic mean. *)
Lemma harmonic (a b x z : R) : 0 <= a -> 0 <= b ->
  a * b / (a + b) * (x + z) ^+ 2 <= a * x ^+ 2 + b * z ^+ 2.
Proof.
move=> a0 b0; have := addr_ge0 a0 b0; rewrite le_eqVlt => /orP[/eqP<-|pos].
  by rewrite invr0 mulr0 mul0r addr_ge0 // mulr_ge0 ?sqr_ge0.
rewrite mulrAC ler_pdivr_mulr // -subr_ge0.
have -> : (a * x ^+ 2 + b * z ^+ 2) * (a + b) - a * b * (x + z) ^+ 2 = (a * x - b * z) ^+ 2 by ring.
exact: sqr_ge0.
Qed.

(** The same bound for the sum of both labels. *)
Lemma sharp_bound_sum Q T r s Bs : 0 <= eta M -> gain_within Q T -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2
    <= rest_square s + T * (mu true + mu false) :> R.
Proof.
move=> eta0 gain Bs1 iBs small mu eqmu; have := sharp_bound eta0 gain Bs1 iBs small eqmu.
apply: le_trans; rewrite mulrDr.
apply: le_trans (harmonic _ _ (head_square_ge0 s true) (head_square_ge0 s false)) _.
have extra y : 0 <= 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y).
  rewrite mulr_ge0 ?sumr_ge0 // => [|j /andP[_ /ltW pos]]; last by rewrite mulr_ge0.
  by rewrite eqmu -!mulrA !mulr_ge0 ?ler0n // gate_sum_ge0 // (gates_of_ge0 _ gain).
by rewrite big_bool /= ler_add // ler_addl.
Qed.

End Potential.

(** ** What the gates of each loss give *)
Section Losses.
Variables (R : realFieldType) (n K : nat) (M : model R K).
Hypothesis eta0 : 0 <= eta M.

Lemma gain_hinge (Q : R) : gain_within M Hinge Q (2%:R * eta M + eta M ^+ 2 * Q).
Proof.
move=> z /=; case: ltP => [z1|_]; last by split; rewrite ?lexx // mul0r expr0n !mulr0 addr0.
split; first exact: ler01.
by rewrite mul1r expr1n !mulr1 ler_add2r ler_pimulr ?mulr_ge0 ?ler0n // ltW.
Qed.

Lemma gain_perceptron (Q : R) : gain_within M Perceptron Q (eta M ^+ 2 * Q).
Proof.
move=> z /=; case: (lerP z 0) => [z0|_]; last by split; rewrite ?lexx // mul0r expr0n !mulr0 addr0.
split; first exact: ler01.
by rewrite mul1r expr1n !mulr1 ger_addr mulr_ge0_le0 // mulr_ge0 ?ler0n.
Qed.

Lemma gain_squared_hinge (Q : R) : eta M * Q <= 2%:R -> gain_within M SquaredHinge Q (2%:R * eta M).
Proof.
move=> small z /=; split; first by rewrite le_maxr lexx.
case: (lerP (1 - z) 0) => [_|pos]; first by rewrite mul0r expr0n !mulr0 addr0.
set g := 1 - z; have -> : z = 1 - g by rewrite /g; ring.
rewrite -subr_ge0.
have -> : 2%:R * eta M * g - (2%:R * eta M * (g * (1 - g)) + eta M ^+ 2 * Q * g ^+ 2) =
  eta M * (2%:R - eta M * Q) * g ^+ 2 by ring.
by rewrite mulr_ge0 ?sqr_ge0 // mulr_ge0 // subr_ge0.
Qed.

End Losses.
