(** * The recurrence with both keys positive

    While p and q are positive their sum stands still and (b, u), u = p - q, becomes
    (b + k u, u + 2 k b). The sign of tilt, which is that of sqrt2 b + u, is kept. If it is positive, p
    stays positive, q reaches 0 or falls below, and from then on there is one positive key with
    b + p > 0. If it is 0 both keys stay positive for ever, and head and difference shrink
    by the factor 1 - sqrt2 k at every step. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts closed_form head_recurrence.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Both.
Variables (R : realFieldType) (k : R) (b p q : nat -> R).
Hypothesis rule : obeys k b p q.
Implicit Types (t i : nat) (w : R).

Lemma both_step t : 0 < p t -> 0 < q t ->
  [/\ b t.+1 = b t + k * (p t - q t), p t.+1 = p t + k * b t & q t.+1 = q t - k * b t].
Proof. by move=> pt qt; have [-> -> ->] := rule t; rewrite pt qt !relu_pos ?ltW. Qed.

(** The sum stands still. *)
Lemma both_sum t : (forall i, (i < t)%N -> 0 < p i /\ 0 < q i) -> p t + q t = p 0%N + q 0%N.
Proof.
elim: t => [//|t IH] alive; have [pt qt] := alive t (leqnn _).
have [_ -> ->] := both_step pt qt; rewrite -IH; first by ring.
by move=> v vt; apply: alive; exact: ltnW.
Qed.

(** With a root w of 2: w b + u is multiplied by 1 + w k. *)
Lemma both_root w t : w ^+ 2 = 2%:R -> (forall i, (i < t)%N -> 0 < p i /\ 0 < q i) ->
  w * b t + (p t - q t) = (1 + w * k) ^+ t * (w * b 0%N + (p 0%N - q 0%N)).
Proof.
move=> root; elim: t => [|t IH] alive; first by rewrite expr0 mul1r.
have [pt qt] := alive t (leqnn _); have [-> -> ->] := both_step pt qt.
rewrite exprS -mulrA -IH; last by move=> v vt; apply: alive; exact: ltnW.
apply/eqP; rewrite -subr_eq0; apply/eqP.
transitivity (k * b t * (2%:R - w ^+ 2)); first by ring.
by rewrite root subrr mulr0.
Qed.

Hypotheses (k0 : 0 < k) (k1 : k < 1).

(** tilt stays positive. *)
Lemma tilt_kept t : 0 < p t -> 0 < q t -> 0 < tilt (b t) (p t - q t) ->
  0 < tilt (b t.+1) (p t.+1 - q t.+1).
Proof.
move=> pt qt tl; have [-> -> ->] := both_step pt qt.
have -> : p t + k * b t - (q t - k * b t) = (p t - q t) + 2%:R * k * b t by ring.
exact: tilt_step (ltW k0) tl.
Qed.

(** p stays positive. *)
Lemma own_lives t : 0 < p t -> 0 < q t -> 0 < tilt (b t) (p t - q t) -> 0 < p t.+1.
Proof.
move=> pt qt tl; have [_ -> _] := both_step pt qt.
case: (lerP 0 (b t)) => [b0 | b0].
  by apply: ltr_paddr => //; apply: mulr_ge0 => //; exact: ltW.
have ub : - b t < p t.
  case: (tiltP tl) => [[a0 _ _] | [a0 _] | [u0 less]].
  - by have := le_lt_trans a0 b0; rewrite ltxx.
  - by have := lt_trans a0 b0; rewrite ltxx.
  have small : b t ^+ 2 < p t ^+ 2.
    apply: le_lt_trans (lt_le_trans less _).
      by rewrite -[X in X <= _]mul1r ler_wpmul2r ?sqr_ge0 // ler1n.
    by apply: sqr_le; [exact: ltW | rewrite ler_subl_addr ler_addl ltW].
  by have /andP[lo _] := sqr_lt_bounds (ltW pt) small; rewrite ltr_oppl.
rewrite -(opprK (k * b t)) subr_gt0 -mulrN; apply: le_lt_trans ub.
by apply: ler_pimull; [rewrite oppr_ge0 ltW | exact: ltW].
Qed.

(** When q has fallen to 0 or below, b + p is positive. *)
Lemma one_key_from t : 0 < p t -> 0 < q t -> 0 < tilt (b t) (p t - q t) -> q t.+1 <= 0 ->
  0 < b t.+1 + p t.+1.
Proof.
move=> pt qt tl; have [-> -> ->] := both_step pt qt; rewrite subr_le0 => qb.
have b0 : 0 < b t by rewrite -(pmulr_rgt0 _ k0) (lt_le_trans qt qb).
have main : 0 < b t + k * (p t - q t) + k * b t.
  case: (lerP 0 (p t - q t)) => [u0 | u0].
    apply: ltr_paddr; first by apply: mulr_ge0; exact: ltW.
    by apply: ltr_paddr => //; apply: mulr_ge0 => //; exact: ltW.
  case: (tiltP tl) => [[_ u1 _] | [_ less] | [u1 _]].
  - by have := lt_le_trans u0 u1; rewrite ltxx.
  - have less2 : (p t - q t) ^+ 2 < (2%:R * b t) ^+ 2.
      apply: lt_le_trans less _; rewrite exprMn ler_wpmul2r ?sqr_ge0 //.
      by rewrite -natrX ler_nat.
    have two0 : 0 <= 2%:R * b t by rewrite mulr_ge0 ?ler0n // ltW.
    have /andP[lo _] := sqr_lt_bounds two0 less2.
    have -> : b t + k * (p t - q t) + k * b t = (1 - k) * b t + k * ((p t - q t) + 2%:R * b t) by ring.
    apply: addr_gt0; first by rewrite mulr_gt0 // subr_gt0.
    by rewrite mulr_gt0 // -(opprK (2%:R * b t)) subr_gt0.
  by have := lt_trans u0 u1; rewrite ltxx.
have -> : b t + k * (p t - q t) + (p t + k * b t) = p t + (b t + k * (p t - q t) + k * b t) by ring.
exact: addr_gt0.
Qed.

Hypotheses (start : 0 < p 0%N) (tilted : 0 < tilt (b 0%N) (p 0%N - q 0%N)).

(** As long as q has not fallen. *)
Lemma kept t : (forall i, (i < t)%N -> 0 < q i) -> 0 < p t /\ 0 < tilt (b t) (p t - q t).
Proof.
elim: t => [//|t IH] alive; have qt := alive t (leqnn _).
have [pt tl] : 0 < p t /\ 0 < tilt (b t) (p t - q t).
  by apply: IH => v vt; apply: alive; exact: ltnW.
by split; [exact: own_lives | exact: tilt_kept].
Qed.

(** Two sums that do not fall, the first of which grows. *)
Lemma sums_grow (w v : R) t : 0 < w -> 0 < v -> w * v = 2%:R ->
  0 < w * b 0%N + (p 0%N - q 0%N) -> 0 < v * b 0%N + (p 0%N - q 0%N) ->
  (forall u, (u < t)%N -> 0 < q u) ->
  w * b 0%N + (p 0%N - q 0%N) + t%:R * (k * w * (v * b 0%N + (p 0%N - q 0%N)))
    <= w * b t + (p t - q t)
  /\ v * b 0%N + (p 0%N - q 0%N) <= v * b t + (p t - q t).
Proof.
move=> w0 v0 wv x0 y0; elim: t => [|t IH] alive; first by rewrite mul0r addr0.
have [|x_le y_le] := IH; first by move=> u ut; apply: alive; exact: ltnW.
have [pt _] : 0 < p t /\ 0 < tilt (b t) (p t - q t).
  by apply: kept => u ut; apply: alive; exact: ltnW.
have [-> -> ->] := both_step pt (alive t (leqnn _)).
set X := w * b t + (p t - q t) in x_le; set Y := v * b t + (p t - q t) in y_le.
have -> : w * (b t + k * (p t - q t)) + (p t + k * b t - (q t - k * b t)) = X + k * w * Y.
  apply/eqP; rewrite -subr_eq0; apply/eqP.
  transitivity (k * b t * (2%:R - w * v)); first by rewrite /X /Y; ring.
  by rewrite wv subrr mulr0.
have -> : v * (b t + k * (p t - q t)) + (p t + k * b t - (q t - k * b t)) = Y + k * v * X.
  apply/eqP; rewrite -subr_eq0; apply/eqP.
  transitivity (k * b t * (2%:R - w * v)); first by rewrite /X /Y; ring.
  by rewrite wv subrr mulr0.
have kw : 0 <= k * w by rewrite mulr_ge0 // ltW.
have kv : 0 <= k * v by rewrite mulr_ge0 // ltW.
have X0 : 0 <= X.
  apply: le_trans x_le; apply: addr_ge0; first exact: ltW.
  by apply: mulr_ge0; [exact: ler0n | apply: mulr_ge0 => //; exact: ltW].
split; last by apply: le_trans y_le _; rewrite ler_addl mulr_ge0.
rewrite -[t.+1]addn1 natrD mulrDl mul1r addrA; apply: ler_add => //.
by rewrite ler_wpmul2l.
Qed.

End Both.

(** ** Both keys stay positive when tilt is 0 *)
Section Balanced.
Variables (R : realFieldType) (k : R) (b p q : nat -> R).
Hypotheses (rule : obeys k b p q) (k0 : 0 < k) (k1 : k < 1).
Hypotheses (p0 : 0 < p 0%N) (q0 : 0 < q 0%N) (flat : tilt (b 0%N) (p 0%N - q 0%N) = 0).

Lemma half_gt0 (x : R) : 0 < x + x -> 0 < x.
Proof. by apply: contraTT; rewrite -!leNgt => le; have := ler_add le le; rewrite addr0. Qed.

(** The factor by which head and difference shrink: 1 - sqrt2 k, or 0 if both are 0. *)
Lemma flat_factor : exists c : R, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * k ^+ 2 \/ b 0%N = 0,
    c * (p 0%N - q 0%N) = p 0%N - q 0%N + 2%:R * k * b 0%N
  & c * b 0%N = b 0%N + k * (p 0%N - q 0%N)].
Proof.
case: (tilt_zero flat) => [[b0 u0] | [w [w0 root u0]]].
  by exists 0; rewrite b0 u0 normr0 !mulr0 addr0 ltr01; split=> //; right.
exists (1 - w * k); split.
- have wk0 : 0 < w * k by rewrite mulr_gt0.
  have /andP[_ w2] : (- 2%:R < w) && (w < 2%:R).
    by apply: sqr_lt_bounds; rewrite ?ler0n // root -natrX ltr_nat.
  have wk2 : w * k < 2%:R.
    by rewrite -[X in _ < X]mulr1 ltr_pmul // ltW.
  rewrite ltr_norml ltr_subl_addr ltr_addl wk0 andbT.
  by rewrite -subr_gt0 opprK addrAC -(natrD _ 1 1) subr_gt0.
- by left; rewrite subKr exprMn root.
- rewrite u0; apply/eqP; rewrite -subr_eq0; apply/eqP.
  transitivity (k * b 0%N * (w ^+ 2 - 2%:R)); first by ring.
  by rewrite root subrr mulr0.
by rewrite u0; ring.
Qed.

Theorem both_shrink : exists c : R, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * k ^+ 2 \/ b 0%N = 0
  & forall t, [/\ 0 < p t, 0 < q t, p t + q t = p 0%N + q 0%N,
      p t - q t = c ^+ t * (p 0%N - q 0%N) & b t = c ^+ t * b 0%N]].
Proof.
have [c [c1 cE cu cb]] := flat_factor; exists c; split=> // t.
have small : `|p 0%N - q 0%N| < p 0%N + q 0%N.
  rewrite ltr_norml -subr_gt0 opprK -(subr_gt0 (p 0%N - q 0%N)).
  have -> : p 0%N - q 0%N + (p 0%N + q 0%N) = p 0%N + p 0%N by ring.
  have -> : p 0%N + q 0%N - (p 0%N - q 0%N) = q 0%N + q 0%N by ring.
  by rewrite !addr_gt0.
have shrinks u : `|c ^+ u * (p 0%N - q 0%N)| <= `|p 0%N - q 0%N|.
  by rewrite normrM normrX ler_pimull // exprn_ile1 // ltW.
elim: t => [|t [pt qt sum dif bt]]; first by rewrite expr0 !mul1r.
have [bE pE qE] := both_step rule pt qt.
have sumE : p t.+1 + q t.+1 = p 0%N + q 0%N by rewrite pE qE -sum; ring.
have difE : p t.+1 - q t.+1 = c ^+ t.+1 * (p 0%N - q 0%N).
  rewrite pE qE exprS.
  transitivity (p t - q t + 2%:R * k * b t); first by ring.
  rewrite dif bt; transitivity (c ^+ t * (c * (p 0%N - q 0%N))); last by rewrite mulrCA mulrA.
  by rewrite cu; move: (c ^+ t) => e; ring.
have bE' : b t.+1 = c ^+ t.+1 * b 0%N.
  rewrite bE dif bt exprS.
  transitivity (c ^+ t * (c * b 0%N)); last by rewrite mulrCA mulrA.
  by rewrite cb; move: (c ^+ t) => e; ring.
have : `|p t.+1 - q t.+1| < p t.+1 + q t.+1.
  by rewrite sumE difE; exact: le_lt_trans (shrinks _) small.
rewrite ltr_norml => /andP[lo hi]; split=> //; apply: half_gt0.
  have -> : p t.+1 + p t.+1 = p t.+1 - q t.+1 + (p t.+1 + q t.+1) by ring.
  by move: lo; rewrite -subr_gt0 opprK.
have -> : q t.+1 + q t.+1 = p t.+1 + q t.+1 - (p t.+1 - q t.+1) by ring.
by rewrite subr_gt0.
Qed.

End Balanced.

(** ** Learning *)
Section Learning.
Variables (R : archiFieldType) (k : R) (b p q : nat -> R).
Hypotheses (rule : obeys k b p q) (k0 : 0 < k) (k1 : k < 1) (p0 : 0 < p 0%N).

(** Both positive and tilt positive: q falls to 0 or below. *)
Theorem other_falls : 0 < q 0%N -> 0 < tilt (b 0%N) (p 0%N - q 0%N) ->
  exists T, q T <= 0 /\ forall u, (u < T)%N -> 0 < q u.
Proof.
move=> q0 tl; apply: first_time.
have [w [v [w0 v0 wv x0 y0]]] := tilt_pairP tl.
pose c := k * w * (v * b 0%N + (p 0%N - q 0%N)).
have c0 : 0 < c by rewrite !mulr_gt0.
have [N [above _]] := ceiling_exists ((p 0%N + q 0%N + w) / c).
apply: (@reach R q N k) => // t le alive.
have before u : (u < t)%N -> 0 < q u by move=> ut; apply: alive; exact: ltnW.
have [pt _] := kept rule k0 k1 p0 tl before.
have qt := alive t (leqnn _).
have [_ _ ->] := both_step rule pt qt.
rewrite ler_add2l ler_opp2 -[X in X <= _]mulr1 ler_wpmul2l ?(ltW k0) //.
have [x_le _] := sums_grow rule k0 k1 p0 tl w0 v0 wv x0 y0 before.
have sum : p t + q t = p 0%N + q 0%N.
  apply: (both_sum rule) => u ut; split; last exact: before.
  by have [] := kept rule k0 k1 p0 tl (fun x (xu : (x < u)%N) => before x (ltn_trans xu ut)).
have late : p 0%N + q 0%N + w <= t%:R * c.
  rewrite -ler_pdivr_mulr //; apply: le_trans above _; by rewrite ler_nat.
rewrite -(ler_pmul2l w0) mulr1 -(ler_add2r (p t - q t)); apply: le_trans x_le.
apply: (@le_trans _ _ (t%:R * c)); last by rewrite -/c ler_addr ltW.
apply: le_trans late; rewrite -sum [_ + w]addrC ler_add2l.
by rewrite ler_add2l; apply: (@le_trans _ _ 0); [rewrite oppr_le0 ltW | exact: ltW].
Qed.

(** The whole life of a filter that learns the label whose key is p. *)
Theorem learns :
  (q 0%N <= 0 /\ 0 < b 0%N + p 0%N) \/ (0 < q 0%N /\ 0 < tilt (b 0%N) (p 0%N - q 0%N)) ->
  exists T, [/\ forall t, 0 < p t, forall t, (t < T)%N -> 0 < q t, q T <= 0, 0 < b T + p T
    & forall t, [/\ q (T + t)%N = q T,
        b (T + t)%N + p (T + t)%N = (1 + k) ^+ t * (b T + p T)
      & b (T + t)%N - p (T + t)%N = (1 - k) ^+ t * (b T - p T)]].
Proof.
move=> cases.
have [T [dead alive own sT]] : exists T, [/\ q T <= 0, forall t, (t < T)%N -> 0 < q t,
    forall t, (t <= T)%N -> 0 < p t & 0 < b T + p T].
  case: cases => [[dead s0] | [q0 tl]].
    by exists 0%N; split=> // t; rewrite leqn0 => /eqP->.
  have [[|T] [dead alive]] := other_falls q0 tl; first by rewrite leNgt q0 in dead.
  have before u t : (t <= T.+1)%N -> (u < t)%N -> 0 < q u.
    by move=> tT ut; apply: alive; exact: leq_trans ut tT.
  have all_kept t (tT : (t <= T.+1)%N) := kept rule k0 k1 p0 tl (fun u => @before u t tT).
  exists T.+1; split=> // [t /all_kept[] //|].
  have [pT tT] := all_kept T (leqnSn T).
  exact: (one_key_from rule k0 k1 pT (alive T (leqnn _)) tT).
have rule' := obeys_shift T rule.
have dead' : q (T + 0)%N <= 0 by rewrite addn0.
have start' : 0 < p (T + 0)%N by rewrite addn0 own.
have sT' : 0 < b (T + 0)%N + p (T + 0)%N by rewrite addn0.
have later t := head_recurrence.one_key_learns rule' dead' (ltW k0) k1 start' t sT'.
have other t := stays t rule' dead'.
exists T; split=> // t.
  case: (leqP t T) => [/own // | lt].
  by have [pos _ _] := later (t - T)%N; move: pos; rewrite /= subnKC // ltnW.
have [_] := later t; rewrite /= addn0 => -> ->; split=> //.
by have := other t; rewrite /= addn0.
Qed.

End Learning.
