(** * The recurrence of a trained head and two keys

    Under the expected dynamics with a trained head, the head a of one filter and its key coordinates
    p (own label) and q (other label) obey
      a' = a + kappa (relu p - relu q),  p' = p + [p > 0] kappa a,  q' = q - [q > 0] kappa a.
    This file knows nothing of networks; it decides what becomes of (a, p, q).

    One positive coordinate p: a + p is multiplied by 1 + kappa and a - p by 1 - kappa. Both positive:
    p + q stands still and (a, u) with u = p - q becomes (a + kappa u, u + 2 kappa a). With a root w of 2
    the map has the eigenvectors w a + u and w a - u; without one the sign of sqrt2 a + u is that of
    [tilt], and three facts do the work: the map preserves the sign of tilt; 2 a^2 - u^2 is multiplied
    by 1 - 2 kappa^2; and while a u < 0, a u grows by a constant at least. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Small facts on ordered fields *)

Section Small.
Variable R : realFieldType.
Implicit Types (x y z : R).

(** A square below a square. *)
Lemma sqr_lt_bounds x y : 0 <= y -> x ^+ 2 < y ^+ 2 -> (- y < x) && (x < y).
Proof.
move=> y0; rewrite -ltr_norml => xy.
by rewrite -(@ltr_pexpn2r _ 2) // ?nnegrE ?normr_ge0 // real_normK // num_real.
Qed.

(** Squares of numbers that are not negative. *)
Lemma sqr_lt x y : 0 <= x -> x < y -> x ^+ 2 < y ^+ 2.
Proof. by move=> x0 xy; rewrite ltr_pexpn2r // nnegrE ltW // (le_lt_trans x0 xy). Qed.

Lemma sqr_le x y : 0 <= x -> x <= y -> x ^+ 2 <= y ^+ 2.
Proof. by move=> x0 xy; rewrite ler_pexpn2r // nnegrE (le_trans x0 xy). Qed.

(** Powers of 1 + k do not fall, and those of 1 - k lie between 0 and 1. *)
Lemma grow_ge1 (k : R) t : 0 <= k -> 1 <= (1 + k) ^+ t.
Proof. by move=> k0; rewrite exprn_ege1 // ler_addl. Qed.

Lemma shrink_ge0 (k : R) t : k < 1 -> 0 <= (1 - k) ^+ t.
Proof. by move=> k1; rewrite exprn_ge0 // subr_ge0 ltW. Qed.

Lemma shrink_le1 (k : R) t : 0 <= k -> k < 1 -> (1 - k) ^+ t <= 1.
Proof.
move=> k0 k1; have le1 : 1 - k <= 1 by rewrite -subr_ge0 subKr.
by rewrite exprn_ile1 // subr_ge0 ltW.
Qed.

End Small.

(** ** The sign of sqrt2 a + u *)

Section Tilt.
Variable R : realFieldType.
Implicit Types (a u k w x : R).

Lemma tilt_opp a u : tilt (- a) (- u) = - tilt a u.
Proof. by rewrite /tilt !normrN; ring. Qed.

(** x |x| increases with x: at least - x^2, and of the sign of x. *)
Lemma norm_sqr_ge x : - (x ^+ 2) <= x * `|x|.
Proof.
case: (leP 0 x) => x0; first by rewrite ger0_norm // ler_oppl -subr_ge0 opprK addr_ge0 // ?mulr_ge0.
by rewrite ltr0_norm // mulrN.
Qed.

(** Three ways to be positive ... *)
Lemma tilt_both a u : 0 <= a -> 0 <= u -> 0 < a + u -> 0 < tilt a u.
Proof.
move=> a0 u0 au; rewrite /tilt !ger0_norm //; move: a0; rewrite le_eqVlt => /orP[/eqP a0 | a0].
  by move: au; rewrite -a0 add0r mulr0 mulr0 add0r => u1; rewrite mulr_gt0.
by rewrite ltr_paddr ?mulr_ge0 // ?mulr_gt0 ?ltr0n.
Qed.

Lemma tilt_head a u : 0 < a -> u ^+ 2 < 2%:R * a ^+ 2 -> 0 < tilt a u.
Proof.
move=> a0 less; rewrite /tilt (gtr0_norm a0).
have := norm_sqr_ge u; rewrite -(ler_add2l (2%:R * (a * a))); apply: lt_le_trans.
by rewrite subr_gt0 -expr2.
Qed.

Lemma tilt_key a u : 0 < u -> 2%:R * a ^+ 2 < u ^+ 2 -> 0 < tilt a u.
Proof.
move=> u0 less; rewrite /tilt (gtr0_norm u0).
have := norm_sqr_ge a; rewrite -(ler_pmul2l (ltr0n R 2)) -(ler_add2r (u * u)); apply: lt_le_trans.
by rewrite mulrN addrC subr_gt0 -expr2.
Qed.

(** ... and there are no others. *)
Lemma tiltP a u : 0 < tilt a u ->
  [\/ [/\ 0 <= a, 0 <= u & 0 < a + u], 0 < a /\ u ^+ 2 < 2%:R * a ^+ 2
    | 0 < u /\ 2%:R * a ^+ 2 < u ^+ 2].
Proof.
rewrite /tilt; case: (leP 0 a) => a0; case: (leP 0 u) => u0.
- move=> pos; apply: Or31; split=> //; rewrite lt_neqAle addr_ge0 // andbT eq_sym paddr_eq0 //.
  by apply: contraTN pos => /andP[/eqP-> /eqP->]; rewrite normr0 !mulr0 addr0 ltxx.
- rewrite (ger0_norm a0) (ltr0_norm u0) mulrN subr_gt0 -!expr2 => less; apply: Or32; split=> //.
  rewrite lt_neqAle a0 andbT eq_sym; apply: contraTneq less => ->.
  by rewrite expr0n mulr0 -leNgt (sqr_ge0 u).
- rewrite (ltr0_norm a0) (ger0_norm u0) !mulrN addrC subr_gt0 -!expr2 => less.
  apply: Or33; split=> //; rewrite lt_neqAle u0 andbT eq_sym; apply: contraTneq less => ->.
  by rewrite expr0n -leNgt mulr_ge0 ?ler0n ?sqr_ge0.
- rewrite (ltr0_norm a0) (ltr0_norm u0) !mulrN -opprD oppr_gt0 -!expr2 => neg.
  by move: neg; rewrite ltNge addr_ge0 ?sqr_ge0 // mulr_ge0 ?ler0n ?sqr_ge0.
Qed.

(** Two numbers with product 2 do for a root: tilt is positive iff w a + u and v a + u are, for some. *)
Lemma tilt_pair w v a u : 0 < w -> 0 < v -> w * v = 2%:R ->
  0 < w * a + u -> 0 < v * a + u -> 0 < tilt a u.
Proof.
move=> w0 v0 wv x0 y0; case: (leP 0 a) => a0; case: (leP 0 u) => u0.
- apply: tilt_both => //; rewrite lt_neqAle addr_ge0 // andbT eq_sym paddr_eq0 //.
  by apply: contraTN x0 => /andP[/eqP-> /eqP->]; rewrite mulr0 addr0 ltxx.
- have u1 : 0 < - u by rewrite oppr_gt0.
  have wa : - u < w * a by rewrite -subr_gt0 opprK.
  have va : - u < v * a by rewrite -subr_gt0 opprK.
  apply: tilt_head; first by rewrite -(pmulr_rgt0 _ w0) (lt_trans u1).
  by rewrite -wv -sqrrN !expr2 mulrACA ltr_pmul // ltW.
- have a1 : 0 < - a by rewrite oppr_gt0.
  have wa : w * - a < u by rewrite mulrN -subr_gt0 opprK addrC.
  have va : v * - a < u by rewrite mulrN -subr_gt0 opprK addrC.
  apply: tilt_key; first by rewrite (lt_trans _ wa) // mulr_gt0.
  by rewrite -wv -sqrrN !expr2 mulrACA ltr_pmul // mulr_ge0 // ltW.
- by move: x0; rewrite ltNge ltW // -oppr_gt0 opprD addr_gt0 ?oppr_gt0 // pmulr_rlt0.
Qed.

Lemma tilt_pairP a u : 0 < tilt a u ->
  exists w v, [/\ 0 < w, 0 < v, w * v = 2%:R, 0 < w * a + u & 0 < v * a + u].
Proof.
have mid (c : R) : 0 < c -> c ^+ 2 != 2%:R -> exists w v, [/\ 0 < w, 0 < v, w * v = 2%:R
    & if c ^+ 2 < 2%:R then c < w /\ c < v else w < c /\ v < c].
  move=> c0 c2; set w := (c + 2%:R / c) / 2%:R; have two : 0 < 2%:R :> R by rewrite ltr0n.
  have w0 : 0 < w by rewrite divr_gt0 // addr_gt0 // divr_gt0.
  exists w, (2%:R / w); split=> //; first exact: divr_gt0.
    by rewrite mulrC divfK // lt0r_neq0.
  have [less | more | same] := ltgtP (c ^+ 2) 2%:R; last by rewrite same eqxx in c2.
    have cd : c < 2%:R / c by rewrite ltr_pdivl_mulr // -expr2.
    have [lo hi] := midf_lt cd; split=> //.
    by rewrite ltr_pdivl_mulr // mulrC -ltr_pdivl_mulr.
  have cd : 2%:R / c < c by rewrite ltr_pdivr_mulr // -expr2.
  have [] := midf_lt cd; rewrite [_ + c]addrC -/w => lo hi; split=> //.
  by rewrite ltr_pdivr_mulr // mulrC -ltr_pdivr_mulr.
case/tiltP=> [[a0 u0 au] | [a0 less] | [u0 less]].
- exists 1, 2%:R; split; rewrite ?ltr01 ?ltr0n ?mul1r //.
  by rewrite mulr_natl mulr2n -addrA ltr_paddl.
- case: (leP 0 u) => u0.
    exists 1, 2%:R; split; rewrite ?ltr01 ?ltr0n ?mul1r // ltr_paddr // mulr_gt0 ?ltr0n //.
  have c0 : 0 < - u / a by rewrite divr_gt0 // oppr_gt0.
  have c2 : (- u / a) ^+ 2 < 2%:R by rewrite expr_div_n sqrrN ltr_pdivr_mulr // exprn_gt0.
  have [|w [v [w0 v0 wv]]] := mid _ c0; first by rewrite lt_eqF.
  rewrite c2 !ltr_pdivr_mulr // => -[wa va]; exists w, v; split=> //.
    by rewrite -subr_gt0 opprK in wa.
  by rewrite -subr_gt0 opprK in va.
case: (leP 0 a) => a0.
  exists 1, 2%:R; split; rewrite ?ltr01 ?ltr0n ?mul1r // ltr_paddl // mulr_ge0 ?ler0n //.
have a1 : 0 < - a by rewrite oppr_gt0.
have c0 : 0 < u / - a by rewrite divr_gt0.
have c2 : 2%:R < (u / - a) ^+ 2 by rewrite expr_div_n sqrrN ltr_pdivl_mulr // exprn_even_gt0 //= lt_eqF.
have [|w [v [w0 v0 wv]]] := mid _ c0; first by rewrite gt_eqF.
rewrite ltNge ltW //= !ltr_pdivl_mulr // => -[wa va]; exists w, v; split=> //.
  by rewrite -subr_gt0 mulrN opprK addrC in wa.
by rewrite -subr_gt0 mulrN opprK addrC in va.
Qed.

(** One step of two positive keys preserves the sign, whatever kappa >= 0. *)
Lemma tilt_step k a u : 0 <= k -> 0 < tilt a u -> 0 < tilt (a + k * u) (u + 2%:R * k * a).
Proof.
move=> k0 /tilt_pairP[w [v [w0 v0 wv x0 y0]]]; apply: (tilt_pair w0 v0 wv).
  have -> : w * (a + k * u) + (u + 2%:R * k * a) = (w * a + u) + k * w * (v * a + u).
    by rewrite -wv; ring.
  by rewrite ltr_paddr // !mulr_ge0 // ltW.
have -> : v * (a + k * u) + (u + 2%:R * k * a) = (v * a + u) + k * v * (w * a + u).
  by rewrite -wv; ring.
by rewrite ltr_paddr // !mulr_ge0 // ltW.
Qed.

(** With a root of 2, tilt has the sign of sqrt2 a + u. *)
Lemma tilt_root w a u : 0 < w -> w ^+ 2 = 2%:R -> (0 < tilt a u) = (0 < w * a + u).
Proof.
move=> w0 w2; apply/idP/idP => [/tiltP | pos]; last by apply: (tilt_pair w0 w0).
case=> [[a0 u0 au] | [a0 less] | [u0 less]].
- move: a0; rewrite le_eqVlt => /orP[/eqP a0 | a0].
    by move: au; rewrite -a0 mulr0.
  by rewrite ltr_paddr // mulr_gt0.
- move: less; rewrite -w2 -exprMn => /sqr_lt_bounds; rewrite mulr_ge0 ?ltW // => /(_ isT) /andP[+ _].
  by rewrite -subr_gt0 opprK addrC.
- move: less; rewrite -w2 -exprMn => /sqr_lt_bounds; rewrite ltW // => /(_ isT) /andP[+ _].
  by rewrite -subr_gt0 opprK.
Qed.

(** tilt is 0 on the line u = - sqrt2 a only: at the origin if 2 has no root. *)
Lemma tilt_zero a u : tilt a u = 0 ->
  (a = 0 /\ u = 0) \/ (exists w, [/\ 0 < w, w ^+ 2 = 2%:R & u = - (w * a)]).
Proof.
move=> zero; have [a0 | a0] := eqVneq a 0.
  left; split=> //; apply/eqP; rewrite -[_ == _](orbb) -{2}normr_eq0 -mulf_eq0.
  by move: zero; rewrite /tilt a0 mul0r mulr0 add0r => ->.
right; exists (- u / a); rewrite divfK // opprK expr_div_n sqrrN.
have u2 : u * `|u| = - (2%:R * (a * `|a|)) by apply/eqP; rewrite -addr_eq0 addrC -/(tilt a u) zero.
have root : u ^+ 2 = 2%:R * a ^+ 2 -> u ^+ 2 / a ^+ 2 = 2%:R by move=> ->; rewrite mulfK // expf_neq0.
case: (ltgtP a 0) a0 => // a0 _; [move: u2; rewrite (ltr0_norm a0) | move: u2; rewrite (gtr0_norm a0)].
  case: (ltP 0 u) => u0.
    by rewrite (gtr0_norm u0) !mulrN opprK -!expr2 => u2; split; rewrite ?root // mulNr oppr_gt0 pmulr_rlt0 ?invr_lt0.
  have pos : 0 < - (2%:R * (a * - a)) by rewrite !mulrN opprK mulr_gt0 ?ltr0n // nmulr_rgt0.
  by move=> u2; move: pos; rewrite -u2 ltNge mulr_le0_ge0.
case: (ltP u 0) => u0.
  rewrite (ltr0_norm u0) mulrN -!expr2 => /oppr_inj u2; split; rewrite ?root // mulNr oppr_gt0.
  by rewrite nmulr_rlt0 // invr_gt0.
have neg : - (2%:R * (a * a)) < 0 by rewrite oppr_lt0 !mulr_gt0 ?ltr0n.
by move=> u2; move: neg; rewrite -u2 ltNge mulr_ge0.
Qed.

End Tilt.

(** ** The recurrence *)

Section Recurrence.
Variables (R : realFieldType) (k : R).
Implicit Types (b p q : nat -> R) (t : nat).

(** b is the head times the sign of the label whose key is p; q is the other key. *)
Definition obeys b p q := forall t,
  [/\ b t.+1 = b t + k * (relu (p t) - relu (q t)),
      p t.+1 = p t + (if 0 < p t then k * b t else 0)
    & q t.+1 = q t - (if 0 < q t then k * b t else 0)].

(** It may start at any time, and be read from the other label's side. *)
Lemma obeys_shift b p q T : obeys b p q ->
  obeys (fun t => b (T + t)%N) (fun t => p (T + t)%N) (fun t => q (T + t)%N).
Proof. by move=> rule t; rewrite addnS; exact: rule. Qed.

Lemma obeys_swap b p q : obeys b p q -> obeys (fun t => - b t) q p.
Proof.
move=> rule t; have [-> -> ->] := rule t; split; first by ring.
  by case: ifP; rewrite ?mulrN ?subr0 ?addr0.
by case: ifP; rewrite ?mulrN ?subr0 ?addr0 // opprK.
Qed.

(** A key that is not positive stands still. *)
Lemma stays b p q t : obeys b p q -> q 0%N <= 0 -> q t = q 0%N.
Proof.
by move=> rule dead; elim: t => [//|t IH]; have [_ _ ->] := rule t; rewrite IH ltNge dead subr0.
Qed.

Lemma stays_own b p q t : obeys b p q -> p 0%N <= 0 -> p t = p 0%N.
Proof. by move/obeys_swap; exact: stays. Qed.

(** Two such keys: nothing moves. *)
Lemma frozen b p q t : obeys b p q -> p 0%N <= 0 -> q 0%N <= 0 ->
  [/\ b t = b 0%N, p t = p 0%N & q t = q 0%N].
Proof.
move=> rule p0 q0; split; [ | exact: stays_own rule p0 | exact: stays rule q0].
elim: t => [//|t IH]; have [-> _ _] := rule t.
by rewrite (stays_own t rule p0) (stays t rule q0) !relu_neg // subr0 mulr0 addr0.
Qed.

(** ** One positive key *)

Section OneKey.
Variables b p q : nat -> R.
Hypotheses (rule : obeys b p q) (dead : q 0%N <= 0).

(** The step while p is positive. *)
Lemma one_step t : 0 < p t -> b t.+1 = b t + k * p t /\ p t.+1 = p t + k * b t.
Proof.
move=> alive; have [-> -> _] := rule t.
by rewrite alive (stays t rule dead) (relu_neg dead) subr0 relu_pos // ltW.
Qed.

(** b + p and b - p are multiplied by 1 + k and 1 - k. *)
Lemma one_key t : (forall u, (u < t)%N -> 0 < p u) ->
  b t + p t = (1 + k) ^+ t * (b 0%N + p 0%N) /\ b t - p t = (1 - k) ^+ t * (b 0%N - p 0%N).
Proof.
elim: t => [|t IH] alive; first by rewrite !mul1r.
have [] := IH; first by move=> u ut; apply: alive; exact: ltnW.
have [-> ->] := one_step (alive t (leqnn _)); rewrite !exprS -!mulrA => <- <-.
by split; ring.
Qed.

(** The key itself. *)
Lemma one_key_value t : (forall u, (u < t)%N -> 0 < p u) ->
  p t = ((1 + k) ^+ t * (b 0%N + p 0%N) - (1 - k) ^+ t * (b 0%N - p 0%N)) / 2%:R.
Proof. by case/one_key=> <- <-; field. Qed.

(** b + p < 0: p falls by k |b + p| a step at least, so its end can be told beforehand. *)
Lemma one_key_ends t : 0 <= k -> b 0%N + p 0%N <= 0 -> p 0%N <= t%:R * (k * - (b 0%N + p 0%N)) ->
  exists u, (u <= t)%N /\ p u <= 0.
Proof.
move=> k0 s0 late.
have [/existsP[u ended] | ] := boolP [exists u : 'I_t.+1, p u <= 0].
  by exists u; split=> //; rewrite -ltnS.
rewrite negb_exists => /forallP above.
have alive u : (u <= t)%N -> 0 < p u.
  by move=> ut; have := above (Ordinal (ut : (u < t.+1)%N)); rewrite -ltNge.
have fall u : (u <= t)%N -> p u <= p 0%N + u%:R * (k * (b 0%N + p 0%N)).
  elim: u => [|u IH] ut; first by rewrite mul0r addr0.
  have alive_u := alive u (ltnW ut); have [_ ->] := one_step alive_u.
  have [|sum _] := @one_key u; first by move=> v vu; apply: alive; exact: ltnW (ltn_trans vu ut).
  rewrite -[u.+1]addn1 natrD mulrDl mul1r addrA; apply: ler_add; first exact: IH (ltnW ut).
  apply: ler_wpmul2l => //; apply: (@le_trans _ _ (b u + p u)); first by rewrite ler_addl ltW.
  by rewrite sum -[X in _ <= X]mul1r ler_wnmul2r // grow_ge1.
exists t; split=> //; apply: le_trans (fall t (leqnn t)) _.
by rewrite -[t%:R * _]opprK subr_le0 -!mulrN.
Qed.

Hypotheses (k0 : 0 <= k) (k1 : k < 1) (start : 0 < p 0%N).

(** b + p >= 0 at the start: p is positive for ever. *)
Lemma one_key_lives t : 0 <= b 0%N + p 0%N -> 0 < p t.
Proof.
move=> s0; suff /andP[] : (0 < p t) && (0 <= b t + p t) by [].
elim: t => [|t /andP[alive s]]; first by rewrite start.
have [-> ->] := one_step alive; apply/andP; split.
  have -> : p t + k * b t = (1 - k) * p t + k * (b t + p t) by ring.
  by rewrite ltr_paddr ?mulr_ge0 // mulr_gt0 // subr_gt0.
have -> : b t + k * p t + (p t + k * b t) = (1 + k) * (b t + p t) by ring.
by rewrite mulr_ge0 // addr_ge0 ?ler01.
Qed.

(** b + p > 0: closed forms for ever. *)
Lemma one_key_learns t : 0 < b 0%N + p 0%N ->
  [/\ 0 < p t, b t + p t = (1 + k) ^+ t * (b 0%N + p 0%N)
    & b t - p t = (1 - k) ^+ t * (b 0%N - p 0%N)].
Proof.
move=> /ltW s0; have [|-> ->] := @one_key t; first by move=> u _; exact: one_key_lives.
by split=> //; exact: one_key_lives.
Qed.

(** b + p = 0: p fades, and b with it. *)
Lemma one_key_fades t : b 0%N + p 0%N = 0 ->
  [/\ 0 < p t, p t = (1 - k) ^+ t * p 0%N & b t = - p t].
Proof.
move=> s0; have alive u : 0 < p u by apply: one_key_lives; rewrite s0.
split=> //.
  rewrite one_key_value // s0 mulr0 sub0r.
  have -> : b 0%N = - p 0%N by apply/eqP; rewrite -addr_eq0 s0.
  by field.
have [|sum _] := @one_key t; first by move=> u _; exact: alive.
by apply/eqP; rewrite -addr_eq0 sum s0 mulr0.
Qed.

(** b + p <= 0: p never gains, and never passes below k b. *)
Lemma one_key_bounded t : b 0%N + p 0%N <= 0 ->
  [/\ b 0%N <= b t <= 0, k * b 0%N <= p t <= p 0%N & 0 < p t -> b t + p t <= 0].
Proof.
move=> s0; have b0 : b 0%N <= 0 by rewrite (le_trans _ s0) // ler_addl ltW.
elim: t => [|t [/andP[lo hi] /andP[plo phi] s]].
  by rewrite !lexx b0 (le_trans _ (ltW start)) // mulr_ge0_le0.
case: (ltP 0 (p t)) => [alive | still]; last first.
  have [-> -> _] := rule t; rewrite ltNge still addr0 (relu_neg still) (stays t rule dead).
  by rewrite (relu_neg dead) subr0 mulr0 addr0 lo hi plo phi ltNge still.
have {}s := s alive; have [-> ->] := one_step alive; split.
- have up : 0 <= k * p t by rewrite mulr_ge0 // ltW.
  rewrite (le_trans lo) ?ler_addl //= (le_trans _ s) // ler_add2l.
  by apply: ler_pimull; exact: ltW.
- have down : k * b t <= 0 by rewrite mulr_ge0_le0.
  rewrite (le_trans _ phi) ?ger_addl // andbT ler_paddl ?(ltW alive) //.
  by rewrite ler_wpmul2l.
have -> : b t + k * p t + (p t + k * b t) = (1 + k) * (b t + p t) by ring.
by rewrite mulr_ge0_le0 // addr_ge0 ?ler01.
Qed.

Lemma one_key_square t : b 0%N + p 0%N <= 0 -> p t ^+ 2 <= p 0%N ^+ 2 + k ^+ 2 * b 0%N ^+ 2.
Proof.
case/(one_key_bounded t)=> _ /andP[lo hi] _; rewrite -exprMn.
case: (lerP 0 (p t)) => pt; first by rewrite ler_paddr ?sqr_ge0 // sqr_le.
by rewrite ler_paddl ?sqr_ge0 // -sqrrN -[X in _ <= X]sqrrN sqr_le ?oppr_ge0 ?ler_opp2 // ltW.
Qed.

End OneKey.

End Recurrence.

(** ** Archimedes: what falls by a constant passes 0 *)

Section Reach.
Variable R : archiFieldType.
Implicit Types (f : nat -> R) (c : R).

Lemma reach f N c : 0 < c ->
  (forall t, (N <= t)%N -> (forall u, (u <= t)%N -> 0 < f u) -> f t.+1 <= f t - c) ->
  exists t, f t <= 0.
Proof.
move=> c0 falls; have := archi_boundP (divr_ge0 (normr_ge0 (f N)) (ltW c0)).
set B := Num.bound _; rewrite ltr_pdivr_mulr // => far.
have [/forallP up | ] := boolP [forall u : 'I_(N + B).+1, 0 < f u]; last first.
  by rewrite negb_forall => /existsP[u]; rewrite -leNgt; exists u.
have pos u : (u <= N + B)%N -> 0 < f u by move=> lt; have := up (Ordinal (lt : (u < (N + B).+1)%N)).
have line t : (t <= B)%N -> f (N + t)%N <= f N - t%:R * c.
  elim: t => [|t IH] lt; first by rewrite addn0 mul0r subr0.
  rewrite addnS (le_trans (falls _ (leq_addr _ _) _)) //.
    by move=> u ut; apply: pos; rewrite (leq_trans ut) // leq_add2l ltnW.
  by rewrite -[t.+1]addn1 natrD mulrDl mul1r opprD addrA ler_add2r IH // ltnW.
exists (N + B)%N; rewrite (le_trans (line B (leqnn _))) // subr_le0.
by rewrite (le_trans (ler_norm _)) // ltW.
Qed.

(** The first such time. *)
Lemma first_time f : (exists t, f t <= 0) -> exists T, f T <= 0 /\ forall u, (u < T)%N -> 0 < f u.
Proof.
move=> some; exists (ex_minn some); case: ex_minnP => T dead least; split=> // u.
by apply: contraTT; rewrite -leNgt -leqNgt; exact: least.
Qed.

(** One positive key, b + p < 0: it dies. *)
Lemma one_key_dies (k : R) b p q : obeys k b p q -> q 0%N <= 0 -> 0 < k -> 0 < p 0%N ->
  b 0%N + p 0%N < 0 -> exists T, p T <= 0 /\ forall u, (u < T)%N -> 0 < p u.
Proof.
move=> rule dead k0 start s0; apply: first_time.
apply: (@reach p 0 (k * - (b 0%N + p 0%N))); first by rewrite mulr_gt0 // oppr_gt0.
move=> t _ alive; have [_ ->] := one_step rule dead (alive t (leqnn _)).
rewrite ler_add2l mulrN opprK ler_pmul2l //.
have [|s _] := @one_key _ k b p q rule dead t; first by move=> u /ltnW; exact: alive.
have : b t <= b t + p t by rewrite ler_addl ltW // alive.
move/le_trans; apply; rewrite s -subr_ge0 -{1}[b 0%N + p 0%N]mul1r -mulrBl.
by rewrite mulr_le0 ?(ltW s0) // subr_le0 grow_ge1 // ltW.
Qed.

End Reach.
