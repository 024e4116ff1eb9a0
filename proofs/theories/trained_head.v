(** * T7: fate and geometric growth with a trained head, expected dynamics

    Trained head, relu, sum pooling, orthonormal dictionary, unhinged loss. With unique keys, label
    independence and balanced labels the background has no drift and adds nothing to the head, so every
    filter obeys, alone, the recurrence of its head and its two keys that [head_recurrence.v] solves,
    with kappa = eta r / 2. Read from the side of either label y, b = sgn y * head, the recurrence is the
    same. Here its solutions are put in terms of networks. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts label_independence binomial_tail head_recurrence.
From filtercert Require two_keys.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section TrainedHead.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (s0 : state R n K).
Variables (r m : nat).
Hypotheses (network : trained_head_network M Unhinged) (unique : unique_keys D r m).
Hypotheses (independent : label_independent D) (even : balanced D).

Let kappa : R := eta M * r%:R / 2%:R.
Let state_at t : state R n K := expected D M s0 t.
Let a j t := head (state_at t) j.
Let z j p t := weight (state_at t) j p.

(** One step moves each positive coordinate along E[y N_p] ... *)
Lemma weight_step t j p : z j p t.+1 = z j p t +
  (if 0 < z j p t then eta M * a j t * mean D (fun x => sgn (label x) * (count x p)%:R) else 0).
Proof.
case: network => ortho act pool unhinged _; rewrite /z /state_at expectedS step_unhinged //.
rewrite weight_move_relu //; congr (_ + _); case: ifP => // _; congr (_ * _).
by rewrite -sum_population; apply: eq_bigr => b _; rewrite mulrA.
Qed.

(** ... and the head along all of them. *)
Lemma head_step t j : a j t.+1 = a j t +
  eta M * \sum_p relu (z j p t) * mean D (fun x => sgn (label x) * (count x p)%:R).
Proof.
case: network => ortho act pool unhinged free; rewrite /a /state_at expectedS step_unhinged //.
rewrite /move /= free; congr (_ + _ * _); rewrite /head_gradient /pooled act pool /=.
under eq_bigr do rewrite mulr_sumr.
rewrite exchange_big /=; apply: eq_bigr => p _; rewrite -sum_population mulr_sumr.
by apply: eq_bigr => b _; rewrite -/(state_at t) -/(z j p t); ring.
Qed.

(** A2 to A4: a key moves by kappa a, the background not at all. *)
Lemma key_step t j y : z j (key y) t.+1 = z j (key y) t +
  (if 0 < z j (key y) t then kappa * (sgn y * a j t) else 0).
Proof.
rewrite weight_step (mean_key _ unique) prior_half //; congr (_ + _); case: ifP => // _.
by rewrite /kappa; ring.
Qed.

Lemma background_fixed t j k : z j (background k) t = weight s0 j (background k).
Proof.
by elim: t => [//|t IH]; rewrite weight_step (mean_background0 independent even) mulr0 if_same addr0.
Qed.

Lemma head_step_keys t j :
  a j t.+1 = a j t + kappa * (relu (z j (key true) t) - relu (z j (key false) t)).
Proof.
rewrite head_step sum_pattern !(mean_key _ unique) !prior_half // [X in _ + _ + X]big1; last first.
  by move=> k _; rewrite (mean_background0 independent even) mulr0.
by rewrite addr0 /kappa /sgn; congr (_ + _); ring.
Qed.

(** ** The recurrence of one filter *)
Theorem recurrence t j :
  [/\ a j t.+1 = a j t + kappa * (relu (z j (key true) t) - relu (z j (key false) t)),
      z j (key true) t.+1 = z j (key true) t + (if 0 < z j (key true) t then kappa * a j t else 0),
      z j (key false) t.+1 = z j (key false) t - (if 0 < z j (key false) t then kappa * a j t else 0)
    & forall k, z j (background k) t = weight s0 j (background k)].
Proof.
split; [exact: head_step_keys | by rewrite key_step mul1r | | by move=> k; exact: background_fixed].
by rewrite key_step /sgn mulN1r mulrN; case: ifP; rewrite ?subr0 ?addr0.
Qed.

(** The same from the side of label y. *)
Lemma obeys_label j y :
  obeys kappa (fun t => sgn y * a j t) (z j (key y)) (z j (key (~~ y))).
Proof.
have plus : obeys kappa (a j) (z j (key true)) (z j (key false)).
  by move=> t; have [] := recurrence t j.
case: y; last by move=> t; rewrite /sgn !mulN1r; exact: obeys_swap plus t.
by move=> t; rewrite /sgn !mul1r; exact: plus.
Qed.

(** The norm moves with the keys. *)
Lemma norm_keys t j y : norm_squared (state_at t) j =
  norm_squared s0 j + (z j (key y) t ^+ 2 + z j (key (~~ y)) t ^+ 2)
    - (weight s0 j (key y) ^+ 2 + weight s0 j (key (~~ y)) ^+ 2).
Proof.
rewrite /norm_squared !sum_pattern; under eq_bigr do rewrite -/(z j _ t) background_fixed.
by rewrite -!/(z j _ t); case: y => /=; ring.
Qed.

(** ** Both keys at 0 or below: nothing ever moves *)
Theorem filter_frozen j : weight s0 j (key true) <= 0 -> weight s0 j (key false) <= 0 ->
  fate_at s0 j = Frozen /\ forall t, a j t = head s0 j /\ forall p, z j p t = weight s0 j p.
Proof.
move=> p0 q0; split; first by rewrite /fate_at /fate_of !ltNge p0 q0.
move=> t; have [] := frozen t (obeys_label j true) p0 q0; rewrite /sgn !mul1r => -> pt qt.
by split=> // -[[]|k] //; exact: background_fixed.
Qed.

(** ** One positive key, that of y *)

(** Which fate it is depends on the sign of sgn y * head + key. *)
Lemma one_key_fate j y : 0 < weight s0 j (key y) -> weight s0 j (key (~~ y)) <= 0 ->
  fate_at s0 j = (let s := sgn y * head s0 j + weight s0 j (key y) in
    if 0 < s then Learns y else if s == 0 then Fades y else Dies y).
Proof. by case: y => p0 q0; rewrite /fate_at /fate_of p0 ltNge q0. Qed.

Theorem one_key j y : 0 < weight s0 j (key y) -> weight s0 j (key (~~ y)) <= 0 ->
  let key_at := z j (key y) in
  let s t := sgn y * a j t + key_at t in
  let d t := sgn y * a j t - key_at t in
  [/\ forall t, z j (key (~~ y)) t = weight s0 j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < key_at u) ->
        s t = (1 + kappa) ^+ t * s 0%N /\ d t = (1 - kappa) ^+ t * d 0%N
    & [/\ fate_at s0 j = Learns y <-> 0 < s 0%N, fate_at s0 j = Fades y <-> s 0%N = 0
        & fate_at s0 j = Dies y <-> s 0%N < 0]].
Proof.
move=> p0 q0 key_at s d; have rule := obeys_label j y; split.
- by move=> t; exact: stays rule q0.
- by move=> t alive; exact: (head_recurrence.one_key rule q0 alive).
have -> : fate_at s0 j = (if 0 < s 0%N then Learns y else if s 0%N == 0 then Fades y else Dies y).
  exact: one_key_fate p0 q0.
move: (s 0%N) => x; rewrite /is_true; case: (ltgtP x 0) => [neg|pos|->]; split; split=> // bad.
by rewrite bad ltxx in neg.
by rewrite bad ltxx in pos.
Qed.

(** The same with what follows: which keys live for ever, and when the others end. *)
Theorem one_key_life j y : 0 < weight s0 j (key y) -> weight s0 j (key (~~ y)) <= 0 ->
  let key_at := z j (key y) in
  let s t := sgn y * a j t + key_at t in
  let d t := sgn y * a j t - key_at t in
  [/\ forall t, z j (key (~~ y)) t = weight s0 j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < key_at u) ->
        s t = (1 + kappa) ^+ t * s 0%N /\ d t = (1 - kappa) ^+ t * d 0%N,
      0 <= kappa < 1 -> 0 <= s 0%N -> forall t, 0 < key_at t,
      0 <= kappa -> s 0%N < 0 -> forall t, key_at 0%N <= t%:R * (kappa * - s 0%N) ->
        exists u, (u <= t)%N /\ key_at u <= 0
    & fate_at s0 j = if 0 < s 0%N then Learns y else if s 0%N == 0 then Fades y else Dies y].
Proof.
move=> p0 q0 key_at s d; have rule := obeys_label j y; have [other closed_form _] := one_key p0 q0; split=> //.
- by move=> /andP[k0 k1] s_ge0 t; exact: (head_recurrence.one_key_lives rule q0 k0 k1 p0 t s_ge0).
- by move=> k0 /ltW s_le0 t; exact: (head_recurrence.one_key_ends rule q0 k0 s_le0).
exact: one_key_fate.
Qed.

Hypotheses (k0 : 0 <= kappa) (k1 : kappa < 1).

Theorem one_key_learns j y : weight s0 j (key (~~ y)) <= 0 -> fate_at s0 j = Learns y ->
  forall t, [/\ 0 < z j (key y) t,
      sgn y * a j t + z j (key y) t = (1 + kappa) ^+ t * (sgn y * head s0 j + weight s0 j (key y))
    & sgn y * a j t - z j (key y) t = (1 - kappa) ^+ t * (sgn y * head s0 j - weight s0 j (key y))].
Proof.
move=> q0 fate t; have p0 : 0 < weight s0 j (key y).
  case: ltP (fate) => // p0; rewrite /fate_at /fate_of.
  by case: y p0 q0 {fate} => p0 q0; rewrite !ltNge p0 q0.
have [_ _ [/iffLR /(_ fate) s _ _]] := one_key p0 q0.
exact: (head_recurrence.one_key_learns (obeys_label j y) q0 k0 k1 p0 t s).
Qed.

(** Only a positive key can fade or die, and only alone. *)
Lemma fades_other j y : fate_at s0 j = Fades y \/ fate_at s0 j = Dies y ->
  weight s0 j (key (~~ y)) <= 0 /\ 0 < weight s0 j (key y).
Proof.
rewrite /fate_at /fate_of.
by case: (ltP 0 (weight s0 j (key true))) => p; case: (ltP 0 (weight s0 j (key false))) => q;
  do 2?[case: ifP => _]; case: y => -[].
Qed.

Theorem one_key_fades j y : fate_at s0 j = Fades y ->
  forall t, [/\ 0 < z j (key y) t, z j (key y) t = (1 - kappa) ^+ t * weight s0 j (key y)
    & sgn y * a j t = - z j (key y) t].
Proof.
move=> fate t; have [q0 p0] := fades_other (or_introl fate).
have [_ _ [_ /iffLR /(_ fate) s _]] := one_key p0 q0.
exact: (head_recurrence.one_key_fades (obeys_label j y) q0 k0 k1 p0 t s).
Qed.

Theorem one_key_bound j y : fate_at s0 j = Fades y \/ fate_at s0 j = Dies y ->
  forall t, norm_squared (state_at t) j <= norm_squared s0 j + kappa ^+ 2 * head s0 j ^+ 2.
Proof.
move=> fate t; have [q0 p0] := fades_other fate.
have s : sgn y * head s0 j + weight s0 j (key y) <= 0.
  have [_ _ [_ /iffLR fades /iffLR dies]] := one_key p0 q0.
  case: fate => [fade|die]; last exact: ltW (dies die).
  by rewrite -[X in _ <= X](fades fade); exact: lexx.
have sq := one_key_square (obeys_label j y) q0 k0 k1 p0 t s.
have hd : (sgn y * head s0 j) ^+ 2 = head s0 j ^+ 2 by rewrite exprMn expr2 sgn_sqr mul1r.
have same : z j (key (~~ y)) t = weight s0 j (key (~~ y)) by exact: stays t (obeys_label j y) q0.
rewrite (norm_keys t j y) same -subr_ge0.
have -> : norm_squared s0 j + kappa ^+ 2 * head s0 j ^+ 2
    - (norm_squared s0 j + (z j (key y) t ^+ 2 + weight s0 j (key (~~ y)) ^+ 2)
       - (weight s0 j (key y) ^+ 2 + weight s0 j (key (~~ y)) ^+ 2))
  = weight s0 j (key y) ^+ 2 + kappa ^+ 2 * head s0 j ^+ 2 - z j (key y) t ^+ 2 by ring.
by rewrite subr_ge0 -hd; exact: sq.
Qed.

End TrainedHead.

(** ** A key that dies *)
Theorem one_key_dies (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa ->
  forall j y, fate_at s j = Dies y ->
  exists T, (forall u, (u < T)%N -> 0 < weight (expected D M s u) j (key y)) /\
    forall t, (T <= t)%N ->
      [/\ weight (expected D M s t) j (key y) <= 0, fate_at (expected D M s t) j = Frozen,
          head (expected D M s t) j = head (expected D M s T) j
        & forall p, weight (expected D M s t) j p = weight (expected D M s T) j p].
Proof.
move=> network unique independent even kappa k0 j y fate.
have rule := obeys_label s network unique independent even j y.
have [q0 p0] := fades_other (or_intror fate).
have [_ _ [_ _ /iffLR /(_ fate) s_neg]] := one_key network unique independent even p0 q0.
have [T [dead alive]] := head_recurrence.one_key_dies rule q0 k0 p0 s_neg.
exists T; split=> // t le_Tt.
set sT := expected D M s T.
have later u : expected D M s (T + u) = expected D M sT u.
  by rewrite /sT /expected nseqD run_cat.
have qT : weight sT j (key (~~ y)) <= 0 by rewrite /sT (stays T rule q0).
have both : weight sT j (key true) <= 0 /\ weight sT j (key false) <= 0.
  by move: dead qT; rewrite -/sT; case: (y).
have [_ stuck] := filter_frozen network unique independent even (proj1 both) (proj2 both).
rewrite -(subnKC le_Tt) later; have [-> same] := stuck (t - T)%N; split=> //.
- by rewrite same; case: (y) both => -[].
- by rewrite /fate_at /fate_of !same !ltNge (proj1 both) (proj2 both).
Qed.

(** ** What each fate says of the start *)
Section Start.
Variables (R : realFieldType) (n K : nat) (s : state R n K) (j : 'I_n).

Lemma frozen_start : fate_at s j = Frozen -> weight s j (key true) <= 0 /\ weight s j (key false) <= 0.
Proof.
rewrite /fate_at /fate_of; case: (ltP 0 (weight s j (key true))) => p;
  case: (ltP 0 (weight s j (key false))) => q //=; by case: ifP => // _; case: ifP.
Qed.

Lemma learns_start y : fate_at s j = Learns y -> 0 < weight s j (key y) /\
  ((weight s j (key (~~ y)) <= 0 /\ 0 < sgn y * head s j + weight s j (key y)) \/
   (0 < weight s j (key (~~ y)) /\
    0 < tilt (sgn y * head s j) (weight s j (key y) - weight s j (key (~~ y))))).
Proof.
rewrite /fate_at /fate_of; case: (ltP 0 (weight s j (key true))) => p;
  case: (ltP 0 (weight s j (key false))) => q.
- case: ifP => [t1 [<-] | _]; first by split=> //; right; split=> //; rewrite /sgn mul1r.
  case: ifP => // t2 [<-]; split=> //; right; split=> //.
  by rewrite /sgn mulN1r -opprB tilt_opp oppr_gt0.
- by case: ifP => [s1 [<-] | _]; [split=> //; left | case: ifP].
- by case: ifP => [s1 [<-] | _]; [split=> //; left | case: ifP].
by [].
Qed.

Lemma balanced_start : fate_at s j = Balanced -> [/\ 0 < weight s j (key true),
  0 < weight s j (key false) & tilt (head s j) (weight s j (key true) - weight s j (key false)) = 0].
Proof.
rewrite /fate_at /fate_of; case: (ltP 0 (weight s j (key true))) => p;
  case: (ltP 0 (weight s j (key false))) => q //=; try by case: ifP => // _; case: ifP.
case: ifP => // t1; case: ifP => // t2 _; split=> //.
by apply/eqP; rewrite eq_le !leNgt t1 t2.
Qed.

End Start.

(** ** Both keys positive *)
Theorem both_keys (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K) (r m : nat) :
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y,
  let a t := sgn y * head (expected D M s t) j in
  let u t := weight (expected D M s t) j (key y) - weight (expected D M s t) j (key (~~ y)) in
  let sum t := weight (expected D M s t) j (key y) + weight (expected D M s t) j (key (~~ y)) in
  forall t, (forall i, (i < t)%N -> forall y', 0 < weight (expected D M s i) j (key y')) ->
  sum t = sum 0%N /\
  forall w, w ^+ 2 = 2%:R -> w * a t + u t = (1 + w * kappa) ^+ t * (w * a 0%N + u 0%N).
Proof.
move=> network unique independent even kappa j y a u sum t alive.
have rule := obeys_label s network unique independent even j y.
have alive' i : (i < t)%N -> 0 < weight (expected D M s i) j (key y) /\
    0 < weight (expected D M s i) j (key (~~ y)) by move=> it; split; exact: alive.
split; first exact: (two_keys.both_sum rule alive').
by move=> w root; exact: (two_keys.both_root rule root alive').
Qed.

(** ** Every fate *)
Section Fate.
Variables (R : archiFieldType) (n K : nat) (D : distribution R K) (M : model R K) (s : state R n K).
Variables (r m : nat).
Hypotheses (network : trained_head_network M Unhinged) (unique : unique_keys D r m).
Hypotheses (independent : label_independent D) (even : balanced D).

Local Notation kappa := (eta M * r%:R / 2%:R).
Local Notation a j t := (head (expected D M s t) j).
Local Notation z j p t := (weight (expected D M s t) j p).

Hypotheses (k0 : 0 < kappa) (k1 : kappa < 1).

Theorem learner_life j y : fate_at s j = Learns y ->
  exists T, [/\ forall t, 0 < z j (key y) t, forall t, (t < T)%N -> 0 < z j (key (~~ y)) t,
      z j (key (~~ y)) T <= 0, 0 < sgn y * a j T + z j (key y) T
    & forall t, [/\ z j (key (~~ y)) (T + t)%N = z j (key (~~ y)) T,
        sgn y * a j (T + t)%N + z j (key y) (T + t)%N =
          (1 + kappa) ^+ t * (sgn y * a j T + z j (key y) T)
      & sgn y * a j (T + t)%N - z j (key y) (T + t)%N =
          (1 - kappa) ^+ t * (sgn y * a j T - z j (key y) T)]].
Proof.
move=> fate; have [p0 cases] := learns_start fate.
exact: (two_keys.learns (obeys_label s network unique independent even j y) k0 k1 p0 cases).
Qed.

Lemma balanced_life j : fate_at s j = Balanced ->
  exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * kappa ^+ 2 \/ head s j = 0
    & forall t, [/\ 0 < z j (key true) t, 0 < z j (key false) t,
        z j (key true) t + z j (key false) t = weight s j (key true) + weight s j (key false),
        z j (key true) t - z j (key false) t =
          c ^+ t * (weight s j (key true) - weight s j (key false))
      & a j t = c ^+ t * head s j]].
Proof.
move=> fate; have [p0 q0 flat] := balanced_start fate.
have rule := obeys_label s network unique independent even j true.
have flat' : tilt (sgn true * head s j) (weight s j (key true) - weight s j (key false)) = 0.
  by rewrite /sgn mul1r.
have [c [c1 cE shrink]] := two_keys.both_shrink rule k0 k1 p0 q0 flat'.
exists c; split=> // [|t]; first by case: cE; [left | rewrite /sgn mul1r; right].
by have [] := shrink t; rewrite /sgn !mul1r.
Qed.

Theorem fates j :
  (forall t k, z j (background k) t = weight s j (background k)) /\
  match fate_at s j with
  | Frozen => forall t, a j t = head s j /\ forall p, z j p t = weight s j p
  | Learns y => exists T, [/\ forall t, 0 < z j (key y) t, forall t, (t < T)%N -> 0 < z j (key (~~ y)) t,
        z j (key (~~ y)) T <= 0, 0 < sgn y * a j T + z j (key y) T
      & forall t, [/\ z j (key (~~ y)) (T + t)%N = z j (key (~~ y)) T,
          sgn y * a j (T + t)%N + z j (key y) (T + t)%N =
            (1 + kappa) ^+ t * (sgn y * a j T + z j (key y) T)
        & sgn y * a j (T + t)%N - z j (key y) (T + t)%N =
            (1 - kappa) ^+ t * (sgn y * a j T - z j (key y) T)]]
  | Dies y => exists T, (forall t, (t < T)%N -> 0 < z j (key y) t) /\
      forall t, (T <= t)%N ->
        [/\ z j (key y) t <= 0, a j t = a j T & forall p, z j p t = z j p T]
  | Fades y => forall t, [/\ 0 < z j (key y) t, z j (key y) t = (1 - kappa) ^+ t * weight s j (key y)
        & sgn y * a j t = - z j (key y) t]
  | Balanced => exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * kappa ^+ 2 \/ head s j = 0
      & forall t, [/\ 0 < z j (key true) t, 0 < z j (key false) t,
          z j (key true) t + z j (key false) t = weight s j (key true) + weight s j (key false),
          z j (key true) t - z j (key false) t =
            c ^+ t * (weight s j (key true) - weight s j (key false))
        & a j t = c ^+ t * head s j]]
  end.
Proof.
split; first by move=> t k; exact: background_fixed.
case fate: (fate_at s j) => [|y|y|y|].
- have [p0 q0] := frozen_start fate.
  by have [_ still] := filter_frozen network unique independent even p0 q0.
- exact: learner_life.
- have [T [alive after]] := one_key_dies network unique independent even k0 fate.
  by exists T; split=> // t /after[].
- exact: (one_key_fades network unique independent even (ltW k0) k1 fate).
exact: balanced_life.
Qed.

(** All but the learners are bounded for ever. *)
Theorem others_bounded j t : ~~ learner s j ->
  norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2 * head s j ^+ 2.
Proof.
have extra : 0 <= kappa ^+ 2 * head s j ^+ 2 by apply: mulr_ge0; exact: sqr_ge0.
rewrite /learner; case fate: (fate_at s j) => [|y|y|y|] // _.
- have [p0 q0] := frozen_start fate.
  have [_ still] := filter_frozen network unique independent even p0 q0.
  have -> : norm_squared (expected D M s t) j = norm_squared s j.
    by apply: eq_bigr => p _; rewrite (proj2 (still t) p).
  by rewrite ler_addl.
- exact: (one_key_bound network unique independent even (ltW k0) k1 (or_intror fate)).
- exact: (one_key_bound network unique independent even (ltW k0) k1 (or_introl fate)).
have [c [c1 _ /(_ t)[_ _ sum shrinks _]]] := balanced_life fate.
have dif : (z j (key true) t - z j (key false) t) ^+ 2 <=
    (weight s j (key true) - weight s j (key false)) ^+ 2.
  rewrite shrinks exprMn ler_pimull ?sqr_ge0 // -exprM mulnC exprM exprn_ile1 ?sqr_ge0 //.
  by rewrite -[c ^+ 2]real_normK ?num_real // exprn_ile1 // ltW.
have -> : norm_squared (expected D M s t) j = norm_squared s j
    + (z j (key true) t ^+ 2 + z j (key (~~ true)) t ^+ 2)
    - (weight s j (key true) ^+ 2 + weight s j (key (~~ true)) ^+ 2) by exact: norm_keys.
rewrite [~~ true]/=; rewrite -addrA ler_add2l; apply: le_trans extra; rewrite subr_le0.
rewrite -(ler_pmul2l (ltr0n R 2)).
have twice (x y : R) : 2%:R * (x ^+ 2 + y ^+ 2) = (x + y) ^+ 2 + (x - y) ^+ 2 by ring.
by rewrite !twice sum ler_add2l.
Qed.

(** A learner grows like the powers of 1 + kappa. *)
Theorem learner_grows j : learner s j -> exists c T, 0 < c /\ forall t, (T <= t)%N ->
  c * ((1 + kappa) ^+ t) ^+ 2 <= norm_squared (expected D M s t) j.
Proof.
rewrite /learner; case fate: (fate_at s j) => [|y|y|y|] // _.
have [T [pos _ _ S0 later]] := learner_life fate.
set S := sgn y * a j T + z j (key y) T in S0 later; set d := sgn y * a j T - z j (key y) T in later.
have base1 : 1 < 1 + kappa by rewrite ltr_addl.
have base0 : 0 < 1 + kappa by exact: lt_trans ltr01 base1.
have q01 : 0 <= (1 + kappa)^-1 < 1 by rewrite invr_ge0 (ltW base0) invf_lt1.
have d0 : 0 < 2%:R * `|d| + 1 by rewrite ltr_spaddr ?ltr01 // mulr_ge0 ?ler0n.
have eps0 : 0 < S / (2%:R * `|d| + 1) by rewrite divr_gt0.
have [N small] := power_limit q01 eps0.
pose c := (S / 4%:R / (1 + kappa) ^+ T) ^+ 2.
have powT : 0 < (1 + kappa) ^+ T by rewrite exprn_gt0.
exists c, (T + N)%N; split; first by rewrite exprn_gt0 // !divr_gt0 ?ltr0n.
move=> t le_t; have le_T : (T <= t)%N by apply: leq_trans le_t; exact: leq_addr.
have le_N : (N <= t - T)%N by rewrite leq_subRL.
have [_ sum dif] := later (t - T)%N; rewrite subnKC // in sum dif.
set g := (1 + kappa) ^+ (t - T) in sum; have g0 : 0 < g by rewrite exprn_gt0.
have large : 2%:R * `|d| <= g * S.
  have := small _ le_N; rewrite exprVn -/g ler_pdivl_mulr // mulrC ler_pdivr_mulr // => le.
  by rewrite [g * S]mulrC; apply: le_trans le; rewrite ler_addl ler01.
have dec : (1 - kappa) ^+ (t - T) * d <= `|d|.
  apply: le_trans (ler_norm _) _; rewrite normrM ler_pimull // normrX exprn_ile1 //.
  have k_le : 0 <= 1 - kappa by rewrite subr_ge0 ltW.
  by rewrite (ger0_norm k_le) ler_subl_addr ler_addl ltW.
have keyE : z j (key y) t = (g * S - (1 - kappa) ^+ (t - T) * d) / 2%:R.
  by rewrite -sum -dif; field.
have lower : g * S / 4%:R <= z j (key y) t.
  rewrite keyE; apply: (@le_trans _ _ ((g * S - `|d|) / 2%:R)); last first.
    by rewrite ler_pmul2r ?invr_gt0 ?ltr0n // ler_add2l ler_opp2.
  rewrite -subr_ge0.
  have -> : (g * S - `|d|) / 2%:R - g * S / 4%:R = (g * S - 2%:R * `|d|) / 4%:R by field.
  by rewrite divr_ge0 ?ler0n // subr_ge0.
have -> : c * ((1 + kappa) ^+ t) ^+ 2 = (g * S / 4%:R) ^+ 2.
  rewrite -[t in LHS](subnKC le_T) exprD -/g /c; move: powT; move: ((1 + kappa) ^+ T) => e e0.
  by field; rewrite lt0r_neq0.
apply: (@le_trans _ _ (z j (key y) t ^+ 2)).
  by apply: sqr_le => //; rewrite divr_ge0 ?ler0n // mulr_ge0 // ltW.
rewrite /norm_squared (bigD1 (key y)) //= ler_addl; apply: sumr_ge0 => p _; exact: sqr_ge0.
Qed.

(** Learners dominate all others, at a geometric rate. *)
Theorem learners_dominate i j : learner s i -> ~~ learner s j -> exists c T, 0 < c /\
  forall t, (T <= t)%N -> c * ((1 + kappa) ^+ t) ^+ 2 * norm_squared (expected D M s t) j <=
    norm_squared (expected D M s t) i.
Proof.
move=> learn other; have [c [T [c0 grows]]] := learner_grows learn.
pose B := norm_squared s j + kappa ^+ 2 * head s j ^+ 2 + 1.
have norm0 : 0 <= norm_squared s j by apply: sumr_ge0 => p _; exact: sqr_ge0.
have extra : 0 <= kappa ^+ 2 * head s j ^+ 2 by apply: mulr_ge0; exact: sqr_ge0.
have B0 : 0 < B by apply: ltr_spaddr; [exact: ltr01 | exact: addr_ge0].
exists (c / B), T; split; first by rewrite divr_gt0.
move=> t /grows; apply: le_trans.
have le : norm_squared (expected D M s t) j <= B.
  by apply: le_trans (others_bounded t other) _; rewrite ler_addl ler01.
have pow0 : 0 <= c / B * ((1 + kappa) ^+ t) ^+ 2.
  by apply: mulr_ge0; [rewrite divr_ge0 // ltW | exact: sqr_ge0].
apply: le_trans (ler_wpmul2l pow0 le) _.
rewrite le_eqVlt; apply/orP; left; apply/eqP; move: (((1 + kappa) ^+ t) ^+ 2) => e.
by field; rewrite lt0r_neq0.
Qed.

End Fate.
