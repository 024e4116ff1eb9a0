(** * T1: closed form of the expected dynamics

    Fixed head, relu, sum pooling, orthonormal dictionary, unhinged loss: every coordinate obeys the
    scalar recurrence [z' = z + (kappa if z > 0)] with its own constant drift kappa, whatever the others
    do ([facts.weight_expectedS]). So it stands still if it starts at 0 or below, is affine for ever if
    kappa >= 0, and is affine up to its death if kappa < 0. With label independence and balanced labels
    the background has no drift ([label_independence.v]). The hinge has the gates of the unhinged loss
    as long as every margin is below 1. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Ceiling.
Variable R : archiFieldType.

(** Over an Archimedean field every number has a ceiling. *)
Lemma ceiling_exists (a : R) : exists k, is_ceiling a k.
Proof.
have above : exists k : nat, a <= k%:R.
  exists (Num.bound `|a|); apply: le_trans (ler_norm a) _.
  exact: ltW (archi_boundP (normr_ge0 a)).
exists (ex_minn above); case: ex_minnP => k ak least; split=> // u; apply: contraTT.
by rewrite -!leNgt -leqNgt; exact: least.
Qed.

End Ceiling.

Section Recurrence.
Variables (R : realFieldType) (z : nat -> R) (kappa : R) (T : nat).
Hypothesis next : forall t, (t < T)%N -> z t.+1 = z t + (if 0 < z t then kappa else 0).

(** A coordinate that is not positive stands still. *)
Lemma recurrence_frozen t : (t <= T)%N -> z 0%N <= 0 -> z t = z 0%N.
Proof.
move=> tT dead; elim: t tT => [//|t IH] lt.
by rewrite next // IH ?(ltnW lt) // ltNge dead addr0.
Qed.

(** A positive one that does not fall is affine. *)
Lemma recurrence_rising t : (t <= T)%N -> 0 < z 0%N -> 0 <= kappa -> z t = z 0%N + kappa * t%:R.
Proof.
move=> tT alive up; elim: t tT => [|t IH] lt; first by rewrite mulr0 addr0.
rewrite next // IH ?(ltnW lt) // ltr_paddr ?mulr_ge0 ?ler0n //.
by rewrite -[t.+1]addn1 natrD mulrDr mulr1 addrA.
Qed.

(** A positive one that falls is affine up to its first value that is not positive. *)
Lemma recurrence_falling t tau : (t <= T)%N -> 0 < z 0%N -> kappa < 0 ->
  is_ceiling (- (z 0%N / kappa)) tau -> z t = z 0%N + kappa * (minn t tau)%:R.
Proof.
move=> tT alive down [above below]; elim: t tT => [|t IH] lt; first by rewrite min0n mulr0 addr0.
have sign u : (0 < z 0%N + kappa * u%:R) = (u%:R < - (z 0%N / kappa)).
  by rewrite -mulNr ltr_ndivl_mulr // -[RHS]subr_gt0 opprK mulrC addrC.
rewrite next // IH ?(ltnW lt) // sign.
case: (ltnP t tau) => [before|after].
  rewrite (minn_idPl before) below //.
  by rewrite -[t.+1]addn1 natrD mulrDr mulr1 addrA.
by rewrite (minn_idPr (leqW after)) ltNge above addr0.
Qed.

End Recurrence.

Section ClosedForm.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Implicit Types (s : state R n K) (j : 'I_n) (p : pattern K) (t : nat).

(** ** T1 *)
Theorem closed_form s : fixed_head_network M Unhinged ->
  forall t j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R].
Proof.
case=> ortho act pool unhinged fixed t j p z kappa.
have next u : (u < t)%N -> weight (expected D M s u.+1) j p = weight (expected D M s u) j p +
    (if 0 < weight (expected D M s u) j p then kappa else 0).
  by move=> _; exact: weight_expectedS.
split; [exact: recurrence_frozen next _ (leqnn _) | exact: recurrence_rising next _ (leqnn _) | ].
by move=> z0 k0 tau; exact: (recurrence_falling next (leqnn _)).
Qed.

(** With label independence and balanced labels the background has no drift and stays. *)
Theorem background_stays s : fixed_head_network M Unhinged -> label_independent D -> balanced D ->
  forall t j k, drift D M s j (background k) = 0 /\
    weight (expected D M s t) j (background k) = weight s j (background k).
Proof.
move=> network independent even t j k; have zero := drift_background0 independent even M s j k.
split=> //; have [frozen rising _] := closed_form s network t j (background k).
case: (lerP (weight s j (background k)) 0) => [dead|alive]; first exact: frozen.
by rewrite rising ?zero // mul0r addr0.
Qed.

(** One step of the expected dynamics with the hinge, all margins below 1. *)
Lemma weight_expectedS_hinge s t j q : fixed_head_network M Hinge ->
  (forall i : atom D, margin M (expected D M s t) (sample_at i) < 1) ->
  weight (expected D M s t.+1) j q = weight (expected D M s t) j q +
    (if 0 < weight (expected D M s t) j q then drift D M s j q else 0).
Proof.
case=> ortho act pool hinge fixed open; rewrite expectedS /step.
have -> : gated M (expected D M s t) (population D) = population D.
  rewrite /gated /population -map_comp; apply: eq_map => i /=.
  by rewrite /gate_at hinge /= open mulr1.
rewrite weight_move_relu //; congr (_ + _); case: ifP => // _.
rewrite head_expected // /drift; congr (_ * _).
by rewrite -sum_population; apply: eq_bigr => b _; rewrite mulrA.
Qed.

(** ** The hinge: the same up to and including the first step at which a margin is 1 or more. *)
Theorem closed_form_hinge s t : fixed_head_network M Hinge ->
  (forall u (i : atom D), (u < t)%N -> margin M (expected D M s u) (sample_at i) < 1) ->
  forall j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R].
Proof.
move=> network open j p z kappa.
have next u : (u < t)%N -> weight (expected D M s u.+1) j p = weight (expected D M s u) j p +
    (if 0 < weight (expected D M s u) j p then kappa else 0).
  by move=> ut; apply: weight_expectedS_hinge => // i; exact: open.
split; [exact: recurrence_frozen next _ (leqnn _) | exact: recurrence_rising next _ (leqnn _) | ].
by move=> z0 k0 tau; exact: (recurrence_falling next (leqnn _)).
Qed.

(** ** Bounds that the closed form gives for one coordinate, without the time of death *)

(** A coordinate that does not rise keeps its square below [z^2 + kappa^2], and its sign or size: it
    stays between min(z, kappa) and z. *)
Lemma falling_between s t j p : fixed_head_network M Unhinged ->
  0 < weight s j p -> drift D M s j p <= 0 ->
  drift D M s j p <= weight (expected D M s t) j p <= weight s j p.
Proof.
case=> ortho act pool unhinged fixed alive down; elim: t => [|t /andP[lo hi]].
  by rewrite expected0 lexx andbT (le_trans down) // ltW.
rewrite weight_expectedS //; case: ifP => pos; last by rewrite addr0 lo.
by rewrite ler_addr (ltW pos) /= (le_trans _ hi) // ger_addl.
Qed.

Lemma falling_square s t j p : fixed_head_network M Unhinged ->
  0 < weight s j p -> drift D M s j p <= 0 ->
  weight (expected D M s t) j p ^+ 2 <= weight s j p ^+ 2 + drift D M s j p ^+ 2.
Proof.
move=> network alive down; have /andP[lo hi] := falling_between t network alive down.
case: (lerP 0 (weight (expected D M s t) j p)) => [pos|neg].
  by rewrite ler_paddr ?sqr_ge0 // ler_expn2r // nnegrE // ltW.
rewrite ler_paddl ?sqr_ge0 // -sqrrN -[X in _ <= X]sqrrN ler_expn2r ?nnegrE ?oppr_ge0 ?ler_opp2 //.
exact: ltW.
Qed.

End ClosedForm.
