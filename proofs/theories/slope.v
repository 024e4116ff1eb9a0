(** * Slopes: derivatives in an ordered field, without limits

    [has_slope f a] of [model.v]: near 0 the function f differs from f 0 + a h by at most c h^2. There is
    at most one such a; sums, products and compositions follow the usual rules. The losses have the slope
    minus their gate, and everywhere minus the gate is a subgradient; the activations have the slope that
    [derivative] says. Exceptions are the kinks alone. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Slope.
Variable R : realFieldType.
Implicit Types (f g : R -> R) (a b c e h z : R).

(** Small changes: |f h - f 0| is at most L |h|. *)
Lemma slope_lipschitz f a : has_slope f a ->
  exists L e, [/\ 0 <= L, 0 < e & forall h, `|h| <= e -> `|f h - f 0| <= L * `|h|].
Proof.
case=> c [e [c0 e0 near]]; exists (`|a| + c * e), e.
split=> // [|h small]; first by rewrite addr_ge0 ?normr_ge0 // mulr_ge0 // ltW.
have -> : f h - f 0 = (f h - f 0 - a * h) + a * h by ring.
apply: le_trans (ler_norm_add _ _) _; rewrite normrM addrC mulrDl ler_add2l.
apply: le_trans (near h small) _; rewrite -mulrA; apply: ler_wpmul2l => //.
by rewrite -[h ^+ 2]real_normK ?num_real // expr2; apply: ler_wpmul2r.
Qed.

(** Functions that agree near 0. *)
Lemma slope_near f g a e : 0 < e -> (forall h, `|h| <= e -> f h = g h) -> has_slope f a -> has_slope g a.
Proof.
move=> e0 same [c [e' [c0 e'0 near]]]; exists c, (Num.min e e').
split=> // [|h]; first by rewrite lt_minr e0.
rewrite le_minr => /andP[h1 h2]; have zero : `|0 : R| <= e by rewrite normr0 ltW.
by rewrite -(same h h1) -(same 0 zero); exact: near.
Qed.

Lemma eq_slope f g a : f =1 g -> has_slope f a -> has_slope g a.
Proof. by move=> same; apply: (slope_near (ltr01)) => h _. Qed.

(** The slope is unique. *)
Lemma slope_unique f a b : has_slope f a -> has_slope f b -> a = b.
Proof.
case=> c [e [c0 e0 near]] [c' [e' [c'0 e'0 near']]].
apply/eqP/negPn/negP => ab; have d0 : 0 < `|a - b| by rewrite normr_gt0 subr_eq0.
pose s := c + c' + 1; have s0 : 0 < s by rewrite /s ltr_paddl ?addr_ge0.
pose h := Num.min (Num.min e e') (`|a - b| / s / 2%:R).
have h0 : 0 < h by rewrite /h !lt_minr e0 e'0 /= !divr_gt0 ?ltr0n.
have habs : `|h| = h by rewrite ger0_norm // ltW.
have le1 : `|h| <= e by rewrite habs /h !le_minl lexx.
have le2 : `|h| <= e' by rewrite habs /h !le_minl lexx orbT.
have le3 : h <= `|a - b| / s / 2%:R by rewrite /h !le_minl lexx !orbT.
have : `|a - b| * h <= (c + c') * h ^+ 2.
  rewrite -[X in _ * X]habs -normrM.
  have -> : (a - b) * h = (f h - f 0 - b * h) - (f h - f 0 - a * h) by ring.
  apply: le_trans (ler_norm_sub _ _) _; rewrite mulrDl addrC.
  by apply: ler_add; [exact: near | exact: near'].
rewrite expr2 mulrA ler_pmul2r // => le4.
have : s * h < `|a - b|.
  rewrite mulrC -ltr_pdivl_mulr //; apply: le_lt_trans le3 _.
  by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr ?ltr1n // divr_gt0.
rewrite /s mulrDl mul1r => /(le_lt_trans _) lt.
have := lt _ (_ : (c + c') * h <= (c + c') * h + h); rewrite ler_addl (ltW h0) => /(_ isT).
by rewrite ltNge le4.
Qed.

Lemma slope_const c : has_slope (fun _ => c) 0.
Proof.
exists 0, 1; split; rewrite ?ltr01 // => h _.
by rewrite subrr mul0r subr0 normr0 mul0r.
Qed.

Lemma slope_line z a : has_slope (fun h => z + h * a) a.
Proof.
exists 0, 1; split; rewrite ?ltr01 // => h _.
have -> : z + h * a - (z + 0 * a) - a * h = 0 by ring.
by rewrite normr0 mul0r.
Qed.

Lemma slope_add f g a b : has_slope f a -> has_slope g b -> has_slope (fun h => f h + g h) (a + b).
Proof.
case=> c [e [c0 e0 near]] [c' [e' [c'0 e'0 near']]].
exists (c + c'), (Num.min e e'); split=> [||h]; rewrite ?addr_ge0 ?lt_minr ?e0 ?e'0 //.
rewrite le_minr => /andP[h1 h2].
have -> : f h + g h - (f 0 + g 0) - (a + b) * h = (f h - f 0 - a * h) + (g h - g 0 - b * h) by ring.
apply: le_trans (ler_norm_add _ _) _; rewrite mulrDl; apply: ler_add; [exact: near | exact: near'].
Qed.

Lemma slope_sum (I : Type) (r : seq I) (A : pred I) (F : I -> R -> R) (a : I -> R) :
  (forall i, A i -> has_slope (F i) (a i)) ->
  has_slope (fun h => \sum_(i <- r | A i) F i h) (\sum_(i <- r | A i) a i).
Proof.
move=> slopes; elim: r => [|i r IH].
  by rewrite big_nil; apply: (eq_slope (f := fun=> 0)) (slope_const 0) => h; rewrite big_nil.
rewrite big_cons; case: ifP => Ai; last first.
  by apply: eq_slope IH => h; rewrite big_cons Ai.
apply: (eq_slope (f := fun h => F i h + \sum_(k <- r | A k) F k h)).
  by move=> h; rewrite big_cons Ai.
by apply: slope_add IH; exact: slopes.
Qed.

Lemma slope_mul f g a b : has_slope f a -> has_slope g b ->
  has_slope (fun h => f h * g h) (a * g 0 + f 0 * b).
Proof.
move=> sf sg; have [Lf [ef [Lf0 ef0 lf]]] := slope_lipschitz sf.
have [Lg [eg [Lg0 eg0 lg]]] := slope_lipschitz sg.
case: sf => c [e [c0 e0 near]]; case: sg => c' [e' [c'0 e'0 near']].
exists (`|f 0| * c' + `|g 0| * c + Lf * Lg), (Num.min (Num.min e e') (Num.min ef eg)); split=> [||h].
- by rewrite !addr_ge0 ?mulr_ge0 ?normr_ge0.
- by rewrite !lt_minr e0 e'0 ef0 eg0.
rewrite !le_minr => /andP[/andP[h1 h2] /andP[h3 h4]].
have -> : f h * g h - f 0 * g 0 - (a * g 0 + f 0 * b) * h =
  f 0 * (g h - g 0 - b * h) + g 0 * (f h - f 0 - a * h) + (f h - f 0) * (g h - g 0).
  by move: (f h) (g h) (f 0) (g 0) => *; ring.
apply: le_trans (ler_norm_add _ _) _; rewrite [X in _ <= X]mulrDl; apply: ler_add.
  apply: le_trans (ler_norm_add _ _) _; rewrite [X in _ <= X]mulrDl !normrM -!mulrA.
  by apply: ler_add; apply: ler_wpmul2l; rewrite ?normr_ge0 //; [exact: near' | exact: near].
have -> : Lf * Lg * h ^+ 2 = (Lf * `|h|) * (Lg * `|h|).
  by rewrite [RHS]mulrACA -[in RHS]expr2 real_normK ?num_real.
by rewrite normrM; apply: ler_pmul; rewrite ?normr_ge0 //; [exact: lf | exact: lg].
Qed.

Lemma slope_scale c f a : has_slope f a -> has_slope (fun h => c * f h) (c * a).
Proof.
move=> sf; have := slope_mul (slope_const c) sf.
by rewrite mul0r add0r.
Qed.

(** The chain rule. *)
Lemma slope_comp f g a b : has_slope f a -> has_slope (fun k => g (f 0 + k)) b ->
  has_slope (fun h => g (f h)) (b * a).
Proof.
move=> sf; have [L [e1 [L0 e10 lf]]] := slope_lipschitz sf; case: sf => c [e [c0 e0 near]].
case=> c' [e' [c'0 e'0 near']].
have L1 : 0 < L + 1 by rewrite ltr_paddl.
exists (c' * L ^+ 2 + `|b| * c), (Num.min (Num.min e e1) (e' / (L + 1))); split=> [||h].
- by rewrite addr_ge0 ?mulr_ge0 ?normr_ge0 ?sqr_ge0.
- by rewrite !lt_minr e0 e10 divr_gt0.
rewrite !le_minr => /andP[/andP[h1 h2] h3].
set k := f h - f 0; have small : `|k| <= e'.
  apply: le_trans (lf h h2) _; rewrite ler_pdivl_mulr // in h3; apply: le_trans h3.
  by rewrite mulrC ler_wpmul2l ?normr_ge0 // ler_addl.
have := near' k small; rewrite addr0 /k [f 0 + _]addrC subrK -/k => outer.
have -> : g (f h) - g (f 0) - b * a * h = (g (f h) - g (f 0) - b * k) + b * (k - a * h) by ring.
apply: le_trans (ler_norm_add _ _) _; rewrite mulrDl; apply: ler_add.
  apply: le_trans outer _; rewrite -mulrA; apply: ler_wpmul2l => //.
  rewrite -[k ^+ 2]real_normK ?num_real // -[h ^+ 2]real_normK ?num_real // -exprMn.
  by apply: ler_expn2r (lf h h2); rewrite nnegrE ?normr_ge0 // mulr_ge0 ?normr_ge0.
by rewrite normrM -mulrA; apply: ler_wpmul2l; [exact: normr_ge0 | exact: near].
Qed.

(** ** Near a point that is not 0 a value keeps its sign *)

Lemma keeps_pos z h : 0 < z -> `|h| <= z / 2%:R -> 0 < z + h.
Proof.
move=> z0; rewrite ler_norml => /andP[lo _]; apply: lt_le_trans (_ : z - z / 2%:R <= _); last first.
  by rewrite ler_add2l.
have -> : z - z / 2%:R = z / 2%:R by field.
by rewrite divr_gt0 ?ltr0n.
Qed.

Lemma keeps_neg z h : z < 0 -> `|h| <= - z / 2%:R -> z + h < 0.
Proof.
move=> z0 small; rewrite -oppr_gt0 opprD; apply: keeps_pos; first by rewrite oppr_gt0.
by rewrite normrN.
Qed.

Lemma half_gt0' z : 0 < z -> 0 < z / 2%:R.
Proof. by move=> z0; rewrite divr_gt0 ?ltr0n. Qed.

(** max(0, z) away from 0, and its square everywhere. *)
Lemma relu_slope z : z != 0 -> has_slope (fun h => relu (z + h)) (if 0 < z then 1 else 0).
Proof.
move=> nz; case: ltrP => z0.
  apply: (slope_near (f := fun h => z + h * 1) (half_gt0' z0)); last exact: slope_line.
  by move=> h small; rewrite mulr1 relu_pos // ltW // keeps_pos.
have {}z0 : z < 0 by rewrite lt_neqAle nz.
have n0 : 0 < - z by rewrite oppr_gt0.
apply: (slope_near (f := fun=> 0) (half_gt0' n0)); last exact: slope_const.
by move=> h small; rewrite relu_neg // ltW // keeps_neg.
Qed.

Lemma relu_square_slope z : has_slope (fun h => relu (z + h) ^+ 2) (2%:R * relu z).
Proof.
have [->|nz] := eqVneq z 0.
  rewrite relu_neg // mulr0; exists 1, 1; split; rewrite ?ltr01 ?ler01 // => h _.
  rewrite mul0r subr0 !add0r [relu 0]relu_neg // [0 ^+ 2]expr0n subr0 mul1r ger0_norm ?sqr_ge0 //.
  case: (lerP 0 h) => h0; first by rewrite relu_pos.
  by rewrite (relu_neg (ltW h0)) expr0n /= sqr_ge0.
apply: (eq_slope (f := fun h => relu (z + h) * relu (z + h))); first by move=> h; rewrite expr2.
have := slope_mul (relu_slope nz) (relu_slope nz); rewrite addr0.
suff -> : (if 0 < z then 1 else 0) * relu z + relu z * (if 0 < z then 1 else 0) = 2%:R * relu z by [].
by case: ltrP => z0; [ring | rewrite relu_neg //; ring].
Qed.

(** ** The losses *)

(** Minus the gate is a subgradient everywhere. *)
Theorem gate_subgradient l z z' : loss_value l z - gate l z * (z' - z) <= loss_value l z'.
Proof.
case: l; rewrite /loss_value /gate.
- by rewrite mul1r le_eqVlt; apply/orP; left; apply/eqP; ring.
- rewrite -/(relu (1 - z)) -/(relu (1 - z')); case: (ltrP z 1) => z1.
    have le : 0 <= 1 - z by rewrite subr_ge0; exact: ltW z1.
    rewrite (relu_pos le).
    have -> : 1 - z - 1 * (z' - z) = 1 - z' by ring.
    by rewrite /relu le_maxr lexx orbT.
  by rewrite mul0r subr0 relu_neg ?subr_le0 // relu_ge0.
- rewrite -/(relu (- z)) -/(relu (- z')); case: (lerP z 0) => z0.
    have le : 0 <= - z by rewrite oppr_ge0; exact: z0.
    rewrite (relu_pos le).
    have -> : - z - 1 * (z' - z) = - z' by ring.
    by rewrite /relu le_maxr lexx orbT.
  by rewrite mul0r subr0 relu_neg ?relu_ge0 // oppr_le0 ltW.
- rewrite -/(relu (1 - z)) -/(relu (1 - z')); set u := relu (1 - z); set u' := relu (1 - z').
  have lower : 1 - z' <= u' by rewrite /u' /relu le_maxr lexx orbT.
  have u0 : 0 <= u by exact: relu_ge0.
  have uE : u * (1 - z) = u ^+ 2.
    by rewrite /u; case: (lerP 0 (1 - z)) => s; [rewrite relu_pos // expr2 | rewrite relu_neg ?ltW // mul0r expr0n].
  have -> : u ^+ 2 / 2%:R - u * (z' - z) = u ^+ 2 / 2%:R - u * (1 - z) + u * (1 - z') by ring.
  rewrite uE; apply: le_trans (_ : u ^+ 2 / 2%:R - u ^+ 2 + u * u' <= _).
    by rewrite ler_add2l; apply: ler_wpmul2l.
  rewrite -subr_ge0.
  have -> : u' ^+ 2 / 2%:R - (u ^+ 2 / 2%:R - u ^+ 2 + u * u') = (u - u') ^+ 2 / 2%:R by field.
  by rewrite divr_ge0 ?sqr_ge0 ?ler0n.
rewrite -subr_ge0.
have -> : (1 - z') ^+ 2 / 2%:R - ((1 - z) ^+ 2 / 2%:R - (1 - z) * (z' - z)) = (z' - z) ^+ 2 / 2%:R by field.
by rewrite divr_ge0 ?sqr_ge0 ?ler0n.
Qed.

(** A shift by a constant with the sign turned. *)
Lemma slope_turned f a c : has_slope (fun k => f (c + k)) a -> forall z, c = 1 - z ->
  has_slope (fun h => f (1 - (z + h))) (- a).
Proof.
move=> sf z eqc; apply: (eq_slope (f := fun h => f (1 - z + h * -1))).
  by move=> h; congr f; ring.
rewrite -[- a]mulrN1; apply: (slope_comp (g := f) (f := fun h => 1 - z + h * -1)); first exact: slope_line.
by apply: eq_slope sf => k; rewrite eqc mul0r addr0.
Qed.

(** Away from its kink a loss has the slope minus its gate. *)
Theorem loss_slope l z : ~~ kink l z -> has_slope (fun h => loss_value l (z + h)) (- gate l z).
Proof.
case: l; rewrite /loss_value /gate /kink.
- move=> _; apply: (eq_slope (f := fun h => (1 - z) + h * -1)); last exact: slope_line.
  by move=> h; ring.
- move=> nz; have nz' : 1 - z != 0 by rewrite subr_eq0 eq_sym.
  by rewrite -subr_gt0; exact: (slope_turned (f := @relu R) (relu_slope nz')).
- move=> nz; have nz' : - z != 0 by rewrite oppr_eq0.
  have -> : (if z <= 0 then 1 else 0) = (if 0 < - z then 1 else 0) :> R.
    by rewrite oppr_gt0 le_eqVlt (negbTE nz).
  apply: (eq_slope (f := fun h => relu (- z + h * -1))); first by move=> h; rewrite /relu; congr Num.max; ring.
  rewrite -[X in has_slope _ X]mulrN1; apply: (slope_comp (g := @relu R) (f := fun h => - z + h * -1)); first exact: slope_line.
  by apply: eq_slope (relu_slope nz') => k; rewrite mul0r addr0.
- move=> _.
  have := slope_scale 2%:R^-1 (slope_turned (f := fun k => relu k ^+ 2) (relu_square_slope (1 - z)) (erefl _)).
  rewrite mulrN mulrA mulVf ?pnatr_eq0 // mul1r; apply: eq_slope => h.
  by rewrite mulrC.
move=> _; have line := slope_line (1 - z) (-1); have := slope_scale 2%:R^-1 (slope_mul line line).
rewrite mul0r addr0.
have -> : 2%:R^-1 * (-1 * (1 - z) + (1 - z) * -1) = - (1 - z) by field.
by apply: eq_slope => h; rewrite [RHS]mulrC expr2; congr (_ * (_ * _)); ring.
Qed.

(** An activation has the slope that [derivative] says, but at 0. *)
Theorem activation_slope (f : activation R) z : (z != 0) || smooth f ->
  has_slope (fun h => activate f (z + h)) (derivative f z).
Proof.
case: f => [|c||] /=; rewrite ?orbF ?orbT.
- exact: relu_slope.
- move=> nz; case: ltrP => z0.
    apply: (slope_near (f := fun h => z + h * 1) (half_gt0' z0)); last exact: slope_line.
    by move=> h small; rewrite mulr1 keeps_pos.
  have {}z0 : z < 0 by rewrite lt_neqAle nz.
  have n0 : 0 < - z by rewrite oppr_gt0.
  apply: (slope_near (f := fun h => c * z + h * c) (half_gt0' n0)); last exact: slope_line.
  move=> h small; rewrite ltNge ltW ?keeps_neg //=; ring.
- by move=> _; apply: (eq_slope (f := fun h => z + h * 1)); [move=> h; rewrite mulr1 | exact: slope_line].
by move=> _; exact: relu_square_slope.
Qed.

End Slope.
