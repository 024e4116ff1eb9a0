(** * T2 with heads of any size

    The limits of T2 need no A5f: with A2 to A4 the drift of the key of label y is [sgn y a_j kappa], that
    of the background 0. So for a winner the only positive coordinate that grows is its key, and for a
    loser there is none: rho_j > 0 = rho_i in the terms of T2s, which then gives both limits. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence norm_growth.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Finitely many things that hold from some time on hold together from some time on. *)
Lemma eventually_all (I : finType) (P : I -> nat -> Prop) :
  (forall i, exists T, forall t, (T <= t)%N -> P i t) -> exists T, forall t, (T <= t)%N -> forall i, P i t.
Proof.
move=> /fin_all_exists[T late]; exists (\max_i T i)%N => t Tt i.
by apply: late; apply: leq_trans Tt; exact: leq_bigmax.
Qed.

Section AnyHeads.
Variables (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K) (r m : nat).
Variable s : state R n K.

Hypothesis network : fixed_head_network M Unhinged.
Hypothesis eta_gt0 : 0 < eta M.
Hypothesis r_gt0 : (0 < r)%N.
Hypothesis unique : unique_keys D r m.
Hypothesis independent : label_independent D.
Hypothesis even : balanced D.

Let kappa : R := eta M * r%:R / 2%:R.

Lemma kappa_gt0 : 0 < kappa.
Proof. by rewrite /kappa divr_gt0 ?ltr0n // mulr_gt0 ?ltr0n. Qed.

(** The drift of a key, and its sign. *)
Lemma drift_key j y : drift D M s j (key y) = sgn y * head s j * kappa.
Proof. by rewrite /drift (mean_key y unique) prior_half // /kappa; ring. Qed.

Lemma rises j y : (0 < drift D M s j (key y)) = (0 < sgn y * head s j).
Proof. by rewrite drift_key pmulr_lgt0 // kappa_gt0. Qed.

(** The positive coordinate of a winner that grows is its key; a loser has none. *)
Lemma winner_rises j y p : winner s y j ->
  (0 < weight s j p) && (0 < drift D M s j p) = (p == key y).
Proof.
case/andP=> hd pos; case: p => [y'|k]; last by rewrite drift_background0 // ltxx andbF.
rewrite rises; case: (eqVneq (inl y') (key y : pattern K)) => [[->]|ne]; first by rewrite pos hd.
have -> : y' = ~~ y by case: y' y ne {hd pos} => [] [].
by rewrite sgn_neg mulNr oppr_gt0 (lt_gtF hd) andbF.
Qed.

Lemma winner_growth j y : winner s y j -> growth_squared D M s j = drift D M s j (key y) ^+ 2.
Proof. by move=> win; rewrite /growth_squared (big_pred1 (key y)) // => p; exact: winner_rises. Qed.

Lemma winner_growth_gt0 j y : winner s y j -> 0 < growth_squared D M s j.
Proof.
move=> win; rewrite (winner_growth win) exprn_gt0 //.
by have /andP[_ ->] : (0 < weight s j (key y)) && (0 < drift D M s j (key y)) by rewrite (winner_rises _ win).
Qed.

Lemma loser_growth j : loser s j -> growth_squared D M s j = 0.
Proof.
case/andP=> not_plus not_minus; rewrite /growth_squared big_pred0 // => -[y|k].
  by rewrite rises andbC; case: y; apply/negbTE.
by rewrite drift_background0 // ltxx andbF.
Qed.

(** Every ratio is reached, and kept. *)
Theorem dominance_time rho : exists T, forall t, (T <= t)%N -> dominates rho s (expected D M s t).
Proof.
pose late (w : bool * 'I_n * 'I_n) t := winner s w.1.1 w.1.2 -> loser s w.2 ->
  rho ^+ 2 * norm_squared (expected D M s t) w.2 <= norm_squared (expected D M s t) w.1.2.
have [[[y i] j]|T all_late] := @eventually_all _ late.
  case win: (winner s y i); last by exists 0%N => t _; rewrite /late win.
  case lose: (loser s j); last by exists 0%N => t _ _; rewrite lose.
  have [_ /(_ _ rho)[|T far]] := @unlimited_dominance R n K D M s network j i; last by exists T => t Tt _ _; exact: far.
  by left; rewrite (winner_growth_gt0 win) loser_growth.
exists T => t Tt; apply/forallP => y; apply/forallP => i; apply/forallP => j.
by apply/implyP => /andP[win lose]; exact: (all_late t Tt (y, i, j)).
Qed.

(** Winners align with their keys. *)
Theorem alignment_limit eps : 0 < eps -> exists T, forall t j y, (T <= t)%N -> winner s y j ->
  1 - eps <= cos_squared (expected D M s t) j (key y) <= 1.
Proof.
move=> eps0; pose late (w : bool * 'I_n) t := winner s w.1 w.2 ->
  1 - eps <= cos_squared (expected D M s t) w.2 (key w.1) <= 1.
have [[y j]|T all_late] := @eventually_all _ late; last first.
  by exists T => t j y Tt; exact: (all_late t Tt (y, j)).
case win: (winner s y j); last by exists 0%N => t _; rewrite /late win.
have grows := winner_growth_gt0 win.
have [T near] := cosine_limit network (key y) grows eps0; exists T => t Tt _ /=.
move: (near t Tt); rewrite /rising_drift (winner_rises _ win) eqxx -(winner_growth win) divff ?gt_eqF //.
rewrite ler_norml => /andP[lower _]; apply/andP; split.
  by have := ler_add lower (lexx 1); rewrite subrK addrC.
rewrite /cos_squared; set z := weight _ _ _; set N := norm_squared _ _.
have zN : z ^+ 2 <= N.
  rewrite /N /norm_squared (bigD1 (key y) isT) /= ler_addl.
  by apply: sumr_ge0 => p _; exact: sqr_ge0.
have := le_trans (sqr_ge0 z) zN; rewrite le_eqVlt => /orP[/eqP <-|N0]; first by rewrite invr0 mulr0 ler01.
by rewrite ler_pdivr_mulr // mul1r.
Qed.

End AnyHeads.
