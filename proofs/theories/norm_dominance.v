(** * T2: norm dominance and alignment, expected dynamics

    From the closed form (T1), with A2 to A4: the drift of the key of a filter's own label is
    [kappa = eta r / 2], that of the other key [- kappa], that of the background 0. So a filter's own
    key, if positive, grows by kappa a step, for a winner that is its key; everything else keeps its
    squares, but for the other key, which may jump below 0 by less than kappa when it dies. So a loser
    is bounded, [|w(t)|^2 <= |w(0)|^2 + kappa^2], a winner is not, and all but one of a winner's
    coordinates have that bound too: it turns to its key. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence closed_form.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section NormDominance.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (r m : nat).
Variable s : state R n K.
Implicit Types (j : 'I_n) (p : pattern K) (t : nat) (y : bool).

Hypothesis network : fixed_head_network M Unhinged.
Hypothesis eta_ge0 : 0 <= eta M.
Hypothesis unique : unique_keys D r m.
Hypothesis independent : label_independent D.
Hypothesis even : balanced D.
Hypothesis signed : signed_head s.

Let kappa : R := eta M * r%:R / 2%:R.

Lemma kappa_ge0 : 0 <= kappa.
Proof. by rewrite /kappa mulr_ge0 ?invr_ge0 ?ler0n // mulr_ge0 ?ler0n. Qed.

(** Every filter has the sign of a label. *)
Lemma label_of_head j : exists y, head s j = sgn y.
Proof. by case: (signed j) => ->; [exists true | exists false]. Qed.

Lemma head_of_sign j y : 0 < sgn y * head s j -> head s j = sgn y.
Proof.
case: (signed j) => ->; case: y; rewrite /sgn ?mulrNN ?mulr1 ?mul1r //.
all: by rewrite oppr_gt0 ltr10.
Qed.

(** The drift of a key. *)
Lemma drift_key j y y' : head s j = sgn y ->
  drift D M s j (key y') = if y' == y then kappa else - kappa.
Proof.
move=> hd; rewrite /drift hd (mean_key y' unique) prior_half // /kappa.
have -> : eta M * sgn y * (sgn y' * (r%:R * 2%:R^-1)) = (sgn y' * sgn y) * (eta M * r%:R / 2%:R) by ring.
by rewrite sgn_mul; case: ifP; rewrite ?mul1r ?mulN1r.
Qed.

(** The key of its own label grows where it is positive. *)
Lemma own_key_grows t j y : head s j = sgn y -> 0 < weight s j (key y) ->
  weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R.
Proof.
move=> hd pos; have [_ rising _] := closed_form D s network t j (key y).
by rewrite rising // (drift_key y hd) eqxx ?kappa_ge0.
Qed.

(** Each other square stays, but for the kappa^2 of the other key. *)
Lemma square_bound t j y p : head s j = sgn y -> p != key y ->
  weight (expected D M s t) j p ^+ 2 <=
  weight s j p ^+ 2 + (if p == key (~~ y) then kappa ^+ 2 else 0).
Proof.
move=> hd; case: p => [y' other|k _]; last first.
  by have [_ ->] := background_stays s network independent even t j k; rewrite addr0.
have -> : y' = ~~ y by move: other; case: (y'); case: (y).
rewrite eqxx; have drift_other := drift_key (~~ y) hd.
have neq : (~~ y == y) = false by case: (y).
rewrite neq in drift_other.
case: (lerP (weight s j (key (~~ y))) 0) => [dead|pos].
  have [frozen _ _] := closed_form D s network t j (key (~~ y)).
  by rewrite frozen // ler_addl sqr_ge0.
have down : drift D M s j (key (~~ y)) <= 0 by rewrite drift_other oppr_le0 kappa_ge0.
by have := falling_square t network pos down; rewrite drift_other sqrrN.
Qed.

(** All coordinates but the own key together. *)
Lemma rest_bound t j y : head s j = sgn y ->
  \sum_(p | p != key y) weight (expected D M s t) j p ^+ 2 <=
  \sum_(p | p != key y) weight s j p ^+ 2 + kappa ^+ 2.
Proof.
move=> hd; apply: (@le_trans _ _ (\sum_(p | p != key y)
    (weight s j p ^+ 2 + (if p == key (~~ y) then kappa ^+ 2 else 0)))).
  by apply: ler_sum => p; exact: square_bound.
rewrite big_split /= ler_add2l (bigD1 (key (~~ y))) /=; last by case: (y).
rewrite eqxx big1 ?addr0 // => p /andP[_ /negbTE->] //.
Qed.

Lemma norm_split (s' : state R n K) j p :
  norm_squared s' j = weight s' j p ^+ 2 + \sum_(q | q != p) weight s' j q ^+ 2.
Proof. by rewrite /norm_squared (bigD1 p). Qed.

Lemma norm_le_total j : norm_squared s j <= total_norm_squared s.
Proof.
rewrite /total_norm_squared (bigD1 j) //= ler_addl sumr_ge0 // => i _.
by apply: sumr_ge0 => p _; exact: sqr_ge0.
Qed.

Lemma rest_le_norm (s' : state R n K) j p :
  \sum_(q | q != p) weight s' j q ^+ 2 <= norm_squared s' j.
Proof. by rewrite (norm_split s' j p) ler_addr sqr_ge0. Qed.

(** A loser is bounded for ever. *)
Lemma loser_bound t j : loser s j ->
  norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2.
Proof.
move=> lose; have [y hd] := label_of_head j.
have dead : weight s j (key y) <= 0.
  have : ~~ winner s y j by case: y hd => _; case/andP: lose.
  by rewrite /winner hd sgn_sqr ltr01 /= -leNgt.
rewrite !(norm_split _ j (key y)) -addrA ler_add ?rest_bound //.
by have [-> //] := closed_form D s network t j (key y).
Qed.

Lemma winner_weight t j y : winner s y j ->
  weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R.
Proof. by case/andP=> /head_of_sign hd pos; exact: own_key_grows. Qed.

(** A winner is at least as long as its key coordinate. *)
Lemma winner_norm t j y : winner s y j ->
  (kappa * t%:R) ^+ 2 <= norm_squared (expected D M s t) j.
Proof.
move=> win; rewrite (norm_split _ j (key y)) winner_weight //.
have [_ pos] := andP win; have growth : 0 <= kappa * t%:R by rewrite mulr_ge0 ?kappa_ge0 ?ler0n.
rewrite ler_paddr ?sumr_ge0 // => [p _|]; first exact: sqr_ge0.
by rewrite ler_expn2r ?nnegrE ?addr_ge0 ?ler_addr // ltW.
Qed.

(** Dominance from T_dom on. *)
Lemma dominates_from rho t0 t : (t0 <= t)%N ->
  (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
  dominates rho s (expected D M s t).
Proof.
move=> t0t large; apply/forallP => y; apply/forallP => i; apply/forallP => j; apply/implyP.
case/andP=> win lose; apply: le_trans (winner_norm t win).
apply: (le_trans (ler_wpmul2l (sqr_ge0 rho) (loser_bound t lose))).
apply: le_trans (large j lose) _.
have grown u : 0 <= kappa * u%:R by apply: mulr_ge0; [exact: kappa_ge0 | exact: ler0n].
by apply: ler_expn2r; rewrite ?nnegrE //; apply: ler_wpmul2l; rewrite ?kappa_ge0 ?ler_nat.
Qed.

(** A winner turns to its key. *)
Lemma winner_alignment t j y X : winner s y j -> X = weight s j (key y) + kappa * t%:R ->
  X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2) <= cos_squared (expected D M s t) j (key y).
Proof.
move=> win X_def; have [/head_of_sign hd pos] := andP win.
have X0 : 0 < X ^+ 2.
  rewrite X_def exprn_gt0 // ltr_paddr //; apply: mulr_ge0; [exact: kappa_ge0 | exact: ler0n].
rewrite /cos_squared winner_weight // -X_def (norm_split (expected D M s t) j (key y)) winner_weight // -X_def.
have rest0 : 0 <= \sum_(q | q != key y) weight (expected D M s t) j q ^+ 2.
  by apply: sumr_ge0 => q _; exact: sqr_ge0.
apply: ler_wpmul2l; first exact: ltW.
rewrite lef_pinv ?posrE.
- rewrite -addrA ler_add2l; apply: le_trans (rest_bound t hd) _.
  by rewrite ler_add2r rest_le_norm.
- rewrite ltr_paddr ?sqr_ge0 // ltr_paddr // /norm_squared sumr_ge0 // => p _; exact: sqr_ge0.
by rewrite ltr_paddr.
Qed.

(** ** T2 *)
Theorem norm_dominance t :
  [/\ forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      forall j, loser s j ->
        norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2,
      forall rho t0, (t0 <= t)%N ->
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2)
          <= cos_squared (expected D M s t) j (key y)].
Proof.
split=> [j y|j|rho t0|j y X]; [exact: winner_weight|exact: loser_bound|exact: dominates_from|].
exact: winner_alignment.
Qed.

End NormDominance.
