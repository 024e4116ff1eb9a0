(** * T3max: pathwise monotonicity with max pooling

    Max pooling sends the gradient of a filter to one pattern of the image. A filter whose key
    coordinate is positive and at least its background coordinates sends it to the key on every image of
    its label: the other key does not occur, and ties go to the key, which comes first in the
    dictionary. So these images push the key up and nothing else, all others push other patterns down
    and never the key, which they do not have; the filter keeps the property. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts pathwise.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Which pattern wins *)

(** The keys come first in the order of patterns. *)
Lemma patterns_in_order K : Finite.enum [finType of pattern K] =
  [:: key true, key false & [seq background k | k <- enum 'I_K]].
Proof. by rewrite Finite.EnumDef.enumDef /= /sum_enum !enumT Finite.EnumDef.enumDef. Qed.

Lemma pick_key K (P : pred (pattern K)) y :
  P (key y) -> ~~ P (key (~~ y)) -> [pick p | P p] = Some (key y).
Proof.
rewrite /pick /enum_mem patterns_in_order.
by case: y => own /negbTE other; rewrite /= -?topredE /= ?own ?other //= ?own.
Qed.

Section Argmax.
Variables (R : realFieldType) (K : nat).

Lemma argmax_key (z : pattern K -> R) (N : pattern K -> nat) y :
  (0 < N (key y))%N -> N (key (~~ y)) = 0%N -> (forall k, z (background k) <= z (key y)) ->
  argmax Relu z N = Some (key y).
Proof.
move=> own other top; apply: pick_key; last by rewrite other ltnn.
rewrite own /=; apply/forallP => q; apply/implyP; case: q => [y'|k] present; last exact: relu_le.
case: (eqVneq y' y) => [-> | ne]; first exact: lexx.
have eq : y' = ~~ y by move: ne; case: (y'); case: (y).
by rewrite eq other ltnn in present.
Qed.

(** A pattern that does not occur does not win. *)
Lemma argmax_absent f (z : pattern K -> R) (N : pattern K -> nat) q :
  N q = 0%N -> argmax f z N != Some q.
Proof.
move=> none; apply/negP => /eqP; rewrite /argmax; case: pickP => [p /andP[present _] [eq] | //].
by rewrite eq none ltnn in present.
Qed.

End Argmax.

(** ** Sums over lists whose members have a property *)
Section Lists.
Variables (R : realFieldType) (T : Type).
Implicit Types (a b : pred T) (F G : T -> R) (C : seq T).

Lemma all_and a b C : all a C -> all b C -> all (fun c => a c && b c) C.
Proof. by elim: C => //= c C IH /andP[-> aC] /andP[-> bC]; rewrite IH. Qed.

Lemma eq_sum_all a F G C : all a C -> (forall c, a c -> F c = G c) ->
  \sum_(c <- C) F c = \sum_(c <- C) G c.
Proof.
move=> aC FG; elim: C aC => [|c C IH]; first by rewrite !big_nil.
by rewrite [all _ _]/= !big_cons => /andP[ac /IH ->]; rewrite FG.
Qed.

Lemma ler_sum_all a F G C : all a C -> (forall c, a c -> F c <= G c) ->
  \sum_(c <- C) F c <= \sum_(c <- C) G c.
Proof.
move=> aC FG; elim: C aC => [|c C IH]; first by rewrite !big_nil.
by rewrite [all _ _]/= !big_cons => /andP[ac aC]; apply: ler_add; [exact: FG | exact: IH].
Qed.

Lemma sum_all_ge0 a F C : all a C -> (forall c, a c -> 0 <= F c) -> 0 <= \sum_(c <- C) F c.
Proof.
move=> aC F0; elim: C aC => [|c C IH]; first by rewrite big_nil.
by rewrite [all _ _]/= big_cons => /andP[ac aC]; apply: addr_ge0; [exact: F0 | exact: IH].
Qed.

End Lists.

Section MaxPooling.
Variables (R : realFieldType) (n K : nat) (M : model R K) (l : loss).
Hypothesis network : max_pooling_network M l.
Implicit Types (s : state R n K) (C : batch R K) (Cs : seq (batch R K)) (j : 'I_n) (y : bool).
Implicit Types (q : pattern K).

Local Lemma ortho : orthonormal M. Proof. by case: network. Qed.
Local Lemma fixed : trained M = false. Proof. by case: network. Qed.

(** 1 where the gradient goes, if the coordinate is alive there. *)
Lemma slopeE (z : pattern K -> R) N q : pooled_derivative M z N q =
  if (argmax Relu z N == Some q) && (0 < z q) then 1 else 0.
Proof.
case: network => _ act pool _ _; rewrite /pooled_derivative pool act /derivative.
by case: (argmax Relu z N == Some q).
Qed.

Lemma slope_bounds (z : pattern K -> R) N q : 0 <= pooled_derivative M z N q <= 1.
Proof. by rewrite slopeE; case: ifP; rewrite ?lexx ?ler01. Qed.

(** ** One step *)

(** A pattern that the images of label y do not push is pushed against y, by the others. *)
Lemma gradient_away (P : pred (sample K)) s C j y q : all (fun c => 0 <= c.1) C -> images P C ->
  (forall x, P x -> label x = y -> pooled_derivative M (weight s j) (count x) q = 0) ->
  exists X, [/\ filter_gradient M s C j q = - (sgn y * X), 0 <= X, X <= mass (~~ y) C
    & weight s j q <= 0 -> X = 0].
Proof.
move=> C0 imgs none; have both := all_and C0 imgs.
exists (\sum_(c <- C) if label c.2 == ~~ y
  then c.1 * pooled_derivative M (weight s j) (count c.2) q else 0); split.
- rewrite /filter_gradient mulr_sumr -sumrN; apply: (eq_sum_all both) => c /andP[_ Pc].
  case: (eqVneq (label c.2) y) => [eq | ne]; first by rewrite (none _ Pc eq) !mulr0 if_same mulr0 oppr0.
  have -> : label c.2 = ~~ y by move: ne; case: (label c.2); case: (y).
  by rewrite eqxx sgn_neg; ring.
- apply: (sum_all_ge0 C0) => c c0; case: ifP => // _.
  by have /andP[ge0 _] := slope_bounds (weight s j) (count c.2) q; rewrite mulr_ge0.
- rewrite /mass [X in _ <= X]big_mkcond; apply: (ler_sum_all C0) => c c0; case: ifP => // _.
  by have /andP[_ le1] := slope_bounds (weight s j) (count c.2) q; rewrite ler_pimulr.
by move=> dead; apply: big1 => c _; rewrite slopeE ltNge dead andbF mulr0 if_same.
Qed.

(** (i) A coordinate that is not positive does not move. *)
Lemma frozen_move s C j q : weight s j q <= 0 -> weight (move M s C) j q = weight s j q.
Proof.
move=> dead; rewrite (weight_move _ _ _ _ ortho) /filter_gradient big1 ?mulr0 ?addr0 // => c _.
by rewrite slopeE ltNge dead andbF mulr0.
Qed.

Lemma frozen s Cs j q : weight s j q <= 0 -> weight (moves M s Cs) j q = weight s j q.
Proof.
elim: Cs s => [//|C Cs IH] s dead; have same := frozen_move C dead.
have dead' : weight (move M s C) j q <= 0 by rewrite same.
by rewrite -same -(IH _ dead').
Qed.

Variables (r mm : nat) (g : R).
Hypotheses (r0 : (0 < r)%N) (eta0 : 0 <= eta M).

(** Where a winner sends the gradient on an image of its label. *)
Lemma winner_argmax s j y x : max_winner s y j -> unique_key r mm x -> label x = y ->
  argmax Relu (weight s j) (count x) = Some (key y).
Proof.
case/andP=> _ /forallP top /and3P[/eqP own /eqP other _] eq; rewrite eq in own other.
by apply: argmax_key; rewrite ?own.
Qed.

(** One step of a winner: its key goes up by the gates of its label, all else does not go up. *)
Lemma winner_move s C j y : signed_head s -> weights_within g C -> images (unique_key r mm) C ->
  max_winner s y j ->
  [/\ weight (move M s C) j (key y) = weight s j (key y) + eta M * mass y C,
      forall q, q != key y -> weight (move M s C) j q <= weight s j q
    & max_winner (move M s C) y j].
Proof.
move=> signed Cg imgs win; have /andP[/andP[hd pos] /forallP top] := win.
have [C0 _] := andP Cg; have unit_head := signed_size signed hd.
have up : weight (move M s C) j (key y) = weight s j (key y) + eta M * mass y C.
  rewrite (weight_move _ _ _ _ ortho); congr (_ + _).
  have -> : filter_gradient M s C j (key y) = sgn y * mass y C.
    rewrite /filter_gradient /mass mulr_sumr [RHS]big_mkcond.
    apply: (eq_sum_all (imgs : all (fun c => unique_key r mm c.2) C)) => c keys.
    case: (eqVneq (label c.2) y) => [eq | ne].
      by rewrite slopeE (winner_argmax win keys eq) eqxx pos eq mulr1 mulrC.
    have absent : count c.2 (key y) = 0%N.
      have /and3P[_ /eqP other _] := keys.
      by have -> : y = ~~ label c.2 by move: ne; case: (label c.2); case: (y).
    by rewrite slopeE (negbTE (argmax_absent _ _ absent)) mulr0.
  by rewrite -mulrA [head s j * _]mulrA [head s j * _]mulrC unit_head mul1r.
have down q : q != key y -> weight (move M s C) j q <= weight s j q.
  move=> ne; have [|X [grad X0 _ _]] := @gradient_away (unique_key r mm) s C j y q C0 imgs.
    move=> x keys eq; rewrite slopeE (winner_argmax win keys eq).
    by rewrite (_ : (Some (key y) == Some q) = false) //; apply/negbTE; rewrite eq_sym.
  rewrite (weight_move _ _ _ _ ortho) grad ger_addl -mulrA mulr_ge0_le0 //.
  by rewrite mulrN oppr_le0 mulrA [head s j * _]mulrC unit_head mul1r.
split=> //; apply/andP; split.
  apply/andP; split; first by rewrite (head_move _ _ _ fixed).
  by rewrite up ltr_paddr // mulr_ge0 // mass_ge0.
apply/forallP => k; rewrite up; apply: le_trans (down _ _) _ => //.
by apply: le_trans (top k) _; rewrite ler_addl mulr_ge0 // mass_ge0.
Qed.

(** One step on the key of the other label, any filter. *)
Lemma wrong_key_move s C j y : signed_head s -> weights_within g C -> images (unique_key r mm) C ->
  0 < sgn y * head s j ->
  Num.min (weight s j (key (~~ y))) (- (eta M * g)) <= weight (move M s C) j (key (~~ y))
    <= weight s j (key (~~ y)).
Proof.
move=> signed Cg imgs hd; have [C0 _] := andP Cg; have unit_head := signed_size signed hd.
have [|X [grad X0 Xm dead0]] := @gradient_away (unique_key r mm) s C j y (key (~~ y)) C0 imgs.
  move=> x /and3P[_ /eqP other _] eq; rewrite eq in other.
  by rewrite slopeE (negbTE (argmax_absent _ _ other)).
have -> : weight (move M s C) j (key (~~ y)) = weight s j (key (~~ y)) - eta M * X.
  rewrite (weight_move _ _ _ _ ortho) grad -[X in _ = _ - _ * X]mul1r -unit_head; ring.
have eX : 0 <= eta M * X by exact: mulr_ge0.
rewrite ler_subl_addr ler_addl eX andbT le_minl.
case: (lerP (weight s j (key (~~ y))) 0) => [dead | pos].
  by rewrite (dead0 dead) mulr0 subr0 lexx.
apply/orP; right; apply: ler_paddl; first exact: ltW.
by rewrite ler_opp2 ler_wpmul2l // (le_trans Xm) // mass_le.
Qed.

(** ** All steps *)
Lemma signed_move s C : signed_head s -> signed_head (move M s C).
Proof. by move=> signed j; rewrite (head_move _ _ _ fixed). Qed.

Lemma winner_moves s Cs j y : signed_head s -> all (weights_within g) Cs ->
  all (images (unique_key r mm)) Cs -> max_winner s y j ->
  [/\ weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      forall q, q != key y -> weight (moves M s Cs) j q <= weight s j q
    & max_winner (moves M s Cs) y j].
Proof.
elim: Cs s => [|C Cs IH] s signed.
  by move=> _ _ win; split=> //; rewrite /gate_sum big_nil mulr0 addr0.
rewrite [all _ _]/= [all (images _) _]/= => /andP[Cg Csg] /andP[iC iCs] win.
have [up down win1] := winner_move signed Cg iC win.
have [up' down' win'] := IH _ (signed_move C signed) Csg iCs win1; split=> //.
  by rewrite (up' : weight (moves M s (C :: Cs)) j (key y) = _) up gate_sum_cons; ring.
by move=> q ne; apply: le_trans (down' q ne) (down q ne).
Qed.

Lemma wrong_key_moves s Cs j y : signed_head s -> all (weights_within g) Cs ->
  all (images (unique_key r mm)) Cs -> 0 < sgn y * head s j ->
  Num.min (weight s j (key (~~ y))) (- (eta M * g)) <= weight (moves M s Cs) j (key (~~ y))
    <= weight s j (key (~~ y)).
Proof.
elim: Cs s => [|C Cs IH] s signed; first by move=> _ _ _; rewrite lexx andbT le_minl lexx.
rewrite [all _ _]/= [all (images _) _]/= => /andP[Cg Csg] /andP[iC iCs] hd.
have /andP[lo hi] := wrong_key_move signed Cg iC hd.
have hd' : 0 < sgn y * head (move M s C) j by rewrite (head_move _ _ _ fixed).
have /andP[lo' hi'] := IH _ (signed_move C signed) Csg iCs hd'.
apply/andP; split; last exact: le_trans hi' hi.
by apply: le_trans lo'; rewrite le_minr lo /= le_minl lexx orbT.
Qed.

Lemma signed_moves s Cs : signed_head s -> signed_head (moves M s Cs).
Proof. by move=> signed j; rewrite (head_moves _ _ _ fixed). Qed.

(** ** The theorem: any gates, any batches *)
Theorem max_pathwise s Cs : signed_head s -> all (weights_within g) Cs ->
  all (images (unique_key r mm)) Cs -> forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      max_winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * gate_sum y Cs,
      max_winner s y j -> forall x, unique_key r mm x -> label x = y ->
        argmax Relu (weight (moves M s Cs) j) (count x) = Some (key y),
      max_winner s y j -> forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> forall p, p != key y ->
        weight (moves M s Cs) j p <= weight (moves M s Cs1) j p
    & 0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))].
Proof.
move=> signed Csg iCs j y; split.
- by move=> p; exact: frozen.
- by move=> win; have [] := winner_moves signed Csg iCs win.
- by move=> win x; have [_ _ win'] := winner_moves signed Csg iCs win; exact: winner_argmax.
- move=> win Cs1 Cs2 eqCs p ne; move: Csg iCs; rewrite eqCs !all_cat => /andP[g1 g2] /andP[i1 i2].
  rewrite /moves foldl_cat -!/(moves _ _ _).
  have [_ _ win1] := winner_moves signed g1 i1 win.
  by have [_ down _] := winner_moves (signed_moves Cs1 signed) g2 i2 win1; exact: down.
exact: wrong_key_moves.
Qed.

End MaxPooling.

(** ** The theorem for a loss with gates in [0, 1], in batches *)
Theorem max_pathwise_run (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat)
    (s : state R n K) (Bs : seq (batch R K)) :
  max_pooling_network M l -> (forall z : R, 0 <= gate l z <= 1) -> (0 < r)%N -> 0 <= eta M ->
  signed_head s -> all (weights_within 1) Bs -> all (images (unique_key r m)) Bs ->
  forall j y, max_winner s y j ->
  [/\ weight (run M s Bs) j (key y) = weight s j (key y) + eta M * gate_sum y (gates_of M s Bs),
      forall x, unique_key r m x -> label x = y ->
        argmax Relu (weight (run M s Bs) j) (count x) = Some (key y)
    & forall p, p != key y -> weight (run M s Bs) j p <= weight s j p].
Proof.
move=> network g01 r0 eta0 signed Bs1 iBs j y win; rewrite run_moves.
have g01' : gates_within (1 : R) (loss_of M) by case: network => _ _ _ ->.
have within := gates_of_within s g01' Bs1.
rewrite -(images_gates_of M _ s) in iBs.
have [up down win'] := winner_moves network r0 eta0 signed within iBs win.
by split=> // x keys eq; exact: (winner_argmax r0 win' keys eq).
Qed.
