(** * T3: pathwise monotonicity

    Along every path of images, in any batches and with any gates: a coordinate that is not positive
    never moves (relu has derivative 0 there); with A2 the key coordinate of a winner grows by
    [eta |a_j| r] times the gates of its label; the other key coordinate of a filter only falls, and
    stops after its first step below 0, which is never longer than [eta |a_j| r g] when the gates of a
    step sum to at most g.

    Proof: one step moves a positive coordinate by [eta a_j push], where [push] is the signed, weighted
    count of its pattern ([facts.weight_move_relu]); A2 makes [push] of a key [y r mass_y]; the rest is
    induction over the path. Runs of a loss are moves along the gates they meet ([facts.run_moves]). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Push.
Variables (R : realFieldType) (K : nat).
Implicit Types (C : batch R K) (Cs : seq (batch R K)) (x : sample K) (y : bool).

(** The signed, weighted count of a pattern in a batch. *)
Definition push (q : pattern K) C : R :=
  \sum_(c <- C) c.1 * sgn (label c.2) * (count c.2 q)%:R.

Lemma push_cons q c C :
  push q (c :: C) = c.1 * sgn (label c.2) * (count c.2 q)%:R + push q C.
Proof. by rewrite /push big_cons. Qed.

Lemma mass_cons y c C : mass y (c :: C) = (if label c.2 == y then c.1 else 0) + mass y C.
Proof. by rewrite /mass big_cons; case: ifP; rewrite ?add0r. Qed.

Lemma mass_ge0 y C : all (fun c => 0 <= c.1) C -> 0 <= mass y C.
Proof.
elim: C => [|c C IH] /=; first by rewrite /mass big_nil.
by case/andP=> c0 C0; rewrite mass_cons addr_ge0 ?IH //; case: ifP.
Qed.

(** Both labels together have the whole weight. *)
Lemma mass_split C : mass true C + mass false C = \sum_(c <- C) c.1.
Proof.
elim: C => [|c C IH]; first by rewrite /mass !big_nil addr0.
by rewrite !mass_cons big_cons -IH; case: (label c.2) => /=; ring.
Qed.

Lemma mass_le y g C : weights_within g C -> mass y C <= g.
Proof.
case/andP=> w0; apply: le_trans; rewrite -mass_split.
by case: y; rewrite ?ler_addl ?ler_addr mass_ge0.
Qed.

(** A2: a key is pushed by the images of its own label only, r times each. *)
Lemma push_key r mm y C : images (unique_key r mm) C ->
  push (key y) C = sgn y * r%:R * mass y C.
Proof.
rewrite /images; elim: C => [|c C IH] /=; first by rewrite /push /mass !big_nil mulr0.
case/andP=> /and3P[/eqP own /eqP other _] /IH; rewrite push_cons mass_cons => ->.
have [<-|ny] := eqVneq (label c.2) y; first by rewrite own; ring.
by have -> : y = ~~ label c.2 by [case: (y) (label c.2) ny => [] []]; rewrite other; ring.
Qed.

Lemma gate_sum_cons y C Cs : gate_sum y (C :: Cs) = mass y C + gate_sum y Cs.
Proof. by rewrite /gate_sum big_cons. Qed.

Lemma gate_sum_cat y Cs Cs' : gate_sum y (Cs ++ Cs') = gate_sum y Cs + gate_sum y Cs'.
Proof. by rewrite /gate_sum big_cat. Qed.

Lemma gate_sum_ge0 y Cs : all (all (fun c => 0 <= c.1)) Cs -> 0 <= gate_sum y Cs.
Proof.
elim: Cs => [|C Cs IH] /=; first by rewrite /gate_sum big_nil.
by case/andP=> C0 /IH ?; rewrite gate_sum_cons addr_ge0 ?mass_ge0.
Qed.

End Push.

(** Gates in [0, 1] keep the weights of batches within 1. *)
Section Gates.
Variables (R : realFieldType) (n K : nat) (M : model R K).
Implicit Types (s : state R n K) (B : batch R K).

Definition gates_within (g : R) (l : loss) := forall z : R, 0 <= gate l z <= g.

Lemma gate_unhinged : gates_within (1 : R) Unhinged.
Proof. by move=> z; rewrite /= ler01 lexx. Qed.

Lemma gate_hinge : gates_within (1 : R) Hinge.
Proof. by move=> z /=; case: ifP; rewrite ?lexx ler01. Qed.

Lemma gate_perceptron : gates_within (1 : R) Perceptron.
Proof. by move=> z /=; case: ifP; rewrite ?lexx ler01. Qed.

Lemma gates01 (z : R) :
  [/\ 0 <= gate Unhinged z <= 1, 0 <= gate Hinge z <= 1 & 0 <= gate Perceptron z <= 1].
Proof. by split; [exact: gate_unhinged | exact: gate_hinge | exact: gate_perceptron]. Qed.

Lemma weights_within_single (g : R) (c : sample K) : 0 <= g <= 1 -> weights_within 1 [:: (g, c)].
Proof. by case/andP=> g0 g1; rewrite /weights_within /= big_seq1 g0. Qed.

Lemma gated_within s B : gates_within (1 : R) (loss_of M) -> weights_within 1 B ->
  weights_within 1 (gated M s B).
Proof.
move=> g01 /andP[w0 w1]; apply/andP.
have [ge0 le1] : all (fun c => 0 <= c.1) (gated M s B) /\
    \sum_(c <- gated M s B) c.1 <= \sum_(c <- B) c.1.
  elim: B w0 {w1} => [|b B IH] /=; first by rewrite !big_nil.
  case/andP=> b0 /IH[ge0 le1]; have /andP[g0 g1] := g01 (margin M s b.2).
  by rewrite !big_cons /= mulr_ge0 // ler_add // ler_pimulr.
by split=> //; exact: le_trans w1.
Qed.

Lemma images_gated (P : pred (sample K)) s B : images P (gated M s B) = images P B.
Proof. by rewrite /images all_map. Qed.

Lemma images_gates_of (P : pred (sample K)) s Bs : all (images P) (gates_of M s Bs) = all (images P) Bs.
Proof. by elim: Bs s => //= B Bs IH s; rewrite IH images_gated. Qed.

Lemma gates_of_within s Bs : gates_within (1 : R) (loss_of M) -> all (weights_within 1) Bs ->
  all (weights_within 1) (gates_of M s Bs).
Proof. by move=> g01; elim: Bs s => //= B Bs IH s /andP[B1 /IH->]; rewrite gated_within. Qed.

Lemma gates_of_cat s Bs Bs' :
  gates_of M s (Bs ++ Bs') = gates_of M s Bs ++ gates_of M (run M s Bs) Bs'.
Proof. by elim: Bs s => //= B Bs IH s; rewrite IH. Qed.

(** Paths of single images are batches of weight 1. *)
Lemma singles_within (xs : seq (sample K)) : all (weights_within 1) (map (@single R K) xs).
Proof. by elim: xs => //= x xs ->; rewrite weights_within_single ?lexx ?ler01. Qed.

Lemma images_singles (P : pred (sample K)) xs : all (images P) (map (@single R K) xs) = all P xs.
Proof. by rewrite all_map; apply: eq_all => x; rewrite /images /= andbT. Qed.

End Gates.

Section Pathwise.
Variables (R : realFieldType) (n K : nat) (M : model R K) (l : loss).
Hypothesis network : fixed_head_network M l.
Implicit Types (s : state R n K) (C : batch R K) (Cs : seq (batch R K)) (j : 'I_n) (y : bool).

(** The five parts of the header. *)
Local Lemma ortho : orthonormal M. Proof. by case: network. Qed.
Local Lemma act : activation_of M = Relu. Proof. by case: network. Qed.
Local Lemma pool : pooling_of M = SumPooling. Proof. by case: network. Qed.
Local Lemma fixed : trained M = false. Proof. by case: network. Qed.

(** One step: a positive coordinate moves by the push on its pattern, every other stands still. *)
Lemma weight_move_push s C j q : weight (move M s C) j q =
  weight s j q + (if 0 < weight s j q then eta M * head s j * push q C else 0).
Proof. exact: (weight_move_relu _ _ _ _ ortho act pool). Qed.

(** (i) A coordinate that is not positive never moves. *)
Lemma frozen_moves s Cs j q : weight s j q <= 0 -> weight (moves M s Cs) j q = weight s j q.
Proof.
elim: Cs s => [//|C Cs IH] s dead /=.
have same : weight (move M s C) j q = weight s j q by rewrite weight_move_push ltNge dead addr0.
by rewrite IH same.
Qed.

(** One step on a winner's key. *)
Lemma winner_move r mm s C j y : 0 <= eta M -> all (fun c => 0 <= c.1) C ->
  images (unique_key r mm) C -> winner s y j ->
  weight (move M s C) j (key y) =
    weight s j (key y) + eta M * (sgn y * head s j) * r%:R * mass y C
  /\ winner (move M s C) y j.
Proof.
move=> eta0 C0 imgs /andP[hd pos].
have eq : weight (move M s C) j (key y) =
    weight s j (key y) + eta M * (sgn y * head s j) * r%:R * mass y C.
  by rewrite weight_move_push pos (push_key _ imgs); ring.
split=> //; rewrite /winner (head_move _ _ _ fixed) hd eq /= ltr_spaddl //.
by rewrite mulr_ge0 ?mass_ge0 // mulr_ge0 ?ler0n // mulr_ge0 // ltW.
Qed.

(** (ii) The key of a winner grows by the gates of its label, whatever the size of its head. *)
Lemma winner_moves r mm s Cs j y : 0 <= eta M -> all (all (fun c => 0 <= c.1)) Cs ->
  all (images (unique_key r mm)) Cs -> winner s y j ->
  weight (moves M s Cs) j (key y) =
    weight s j (key y) + eta M * (sgn y * head s j) * r%:R * gate_sum y Cs.
Proof.
move=> eta0; elim: Cs s => [|C Cs IH] s /=; first by rewrite /gate_sum big_nil mulr0 addr0.
case/andP=> C0 Cs0 /andP[iC iCs] win.
have [eq win'] := winner_move eta0 C0 iC win.
by rewrite IH // eq (head_move _ _ _ fixed) gate_sum_cons; ring.
Qed.

(** One step on the key of the other label: down, and not far below 0. *)
Lemma wrong_key_move r mm g s C j y : 0 <= eta M -> weights_within g C ->
  images (unique_key r mm) C -> 0 < sgn y * head s j ->
  Num.min (weight s j (key (~~ y))) (- (eta M * (sgn y * head s j) * r%:R * g))
    <= weight (move M s C) j (key (~~ y)) <= weight s j (key (~~ y)).
Proof.
move=> eta0 C1 imgs hd; rewrite weight_move_push (push_key _ imgs) sgn_neg.
have [w0 _] := andP C1.
have -> : eta M * head s j * (- sgn y * r%:R * mass (~~ y) C) =
   - (eta M * (sgn y * head s j) * r%:R * mass (~~ y) C) by ring.
have a0 : 0 <= eta M * (sgn y * head s j) * r%:R by rewrite mulr_ge0 ?ler0n // mulr_ge0 // ltW.
case: ifP => alive; last by rewrite addr0 lexx andbT le_minl lexx.
rewrite ler_subl_addr ler_addl mulr_ge0 ?mass_ge0 // andbT le_minl; apply/orP; right.
by rewrite ler_paddl ?(ltW alive) // ler_opp2 ler_wpmul2l // mass_le.
Qed.

(** (iii) The key of the other label only falls, and its end is known. *)
Lemma wrong_key_moves r mm g s Cs j y : 0 <= eta M -> all (weights_within g) Cs ->
  all (images (unique_key r mm)) Cs -> 0 < sgn y * head s j ->
  Num.min (weight s j (key (~~ y))) (- (eta M * (sgn y * head s j) * r%:R * g))
    <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y)).
Proof.
move=> eta0; elim: Cs s => [|C Cs IH] s /=; first by rewrite lexx andbT le_minl lexx.
case/andP=> C1 Cs1 /andP[iC iCs] hd.
have /andP[lo hi] := wrong_key_move eta0 C1 iC hd.
have hd' : 0 < sgn y * head (move M s C) j by rewrite (head_move _ _ _ fixed).
have /andP[lo' hi'] := IH _ Cs1 iCs hd'.
rewrite (le_trans hi' hi) andbT; apply: le_trans lo'; rewrite (head_move _ _ _ fixed).
by rewrite le_minr lo /= le_minl lexx orbT.
Qed.

(** A signed head has size 1 where its sign is known. *)
Lemma signed_size s j y : signed_head s -> 0 < sgn y * head s j -> sgn y * head s j = 1.
Proof.
move=> signed; case: (signed j) => ->; case: y; rewrite /sgn ?mulrNN ?mulr1 ?mul1r //.
all: by rewrite oppr_gt0 ltr10.
Qed.

(** ** The theorem: any gates, any batches *)
Theorem pathwise r mm g s Cs : 0 <= eta M -> signed_head s ->
  all (weights_within g) Cs -> all (images (unique_key r mm)) Cs ->
  forall j y,
  [/\ (* (i) *) forall p, weight s j p <= 0 -> weight (moves M s Cs) j p = weight s j p,
      (* (ii) *) winner s y j ->
        weight (moves M s Cs) j (key y) = weight s j (key y) + eta M * r%:R * gate_sum y Cs,
      (* (iii), both ends *) 0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R * g))
          <= weight (moves M s Cs) j (key (~~ y)) <= weight s j (key (~~ y))
    & (* (iii), nonincreasing *) forall Cs1 Cs2, Cs = Cs1 ++ Cs2 -> 0 < sgn y * head s j ->
        weight (moves M s Cs) j (key (~~ y)) <= weight (moves M s Cs1) j (key (~~ y))].
Proof.
move=> eta0 signed Cs1 iCs j y; split.
- by move=> p; exact: frozen_moves.
- move=> win; have [hd _] := andP win.
  rewrite (winner_moves eta0 _ iCs) // ?(signed_size signed hd) ?mulr1 //.
  by apply: sub_all Cs1 => C /andP[].
- by move=> hd; have := wrong_key_moves eta0 Cs1 iCs hd; rewrite (signed_size signed hd) mulr1.
move=> Cs' Cs'' eqCs hd; move: Cs1 iCs; rewrite eqCs !all_cat => /andP[_ w''] /andP[_ i''].
rewrite /moves foldl_cat -!/(moves _ _ _).
have hd' : 0 < sgn y * head (moves M s Cs') j by rewrite (head_moves _ _ _ fixed).
by have /andP[] := wrong_key_moves eta0 w'' i'' hd'.
Qed.

(** ** The theorem for a loss with gates in [0, 1], in batches *)
Theorem pathwise_run r mm s Bs : (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (weights_within 1) Bs -> all (images (unique_key r mm)) Bs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (run M s Bs) j p = weight s j p,
      winner s y j -> weight (run M s Bs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s Bs),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (run M s Bs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall Bs1 Bs2, Bs = Bs1 ++ Bs2 -> 0 < sgn y * head s j ->
        weight (run M s Bs) j (key (~~ y)) <= weight (run M s Bs1) j (key (~~ y))].
Proof.
move=> g01 eta0 signed Bs1 iBs j y; rewrite run_moves.
have g01' : gates_within (1 : R) (loss_of M) by case: network => _ _ _ ->.
have within := gates_of_within s g01' Bs1.
rewrite -(images_gates_of M _ s) in iBs.
have [T1 T2 T3 T4] := pathwise eta0 signed within iBs j y; split=> //.
  by rewrite mulr1 in T3.
move=> Bs' Bs'' eqBs hd; rewrite run_moves; apply: T4 hd.
by rewrite eqBs gates_of_cat.
Qed.

(** ** The theorem for SGD, one image a step *)
Theorem pathwise_sgd r mm s xs : (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (unique_key r mm) xs ->
  forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (sgd M s xs) j p = weight s j p,
      winner s y j -> weight (sgd M s xs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s (map (@single R K) xs)),
      0 < sgn y * head s j ->
        Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (sgd M s xs) j (key (~~ y)) <= weight s j (key (~~ y))
    & forall xs1 xs2, xs = xs1 ++ xs2 -> 0 < sgn y * head s j ->
        weight (sgd M s xs) j (key (~~ y)) <= weight (sgd M s xs1) j (key (~~ y))].
Proof.
move=> g01 eta0 signed ixs j y.
have ixs' : all (images (unique_key r mm)) (map (@single R K) xs) by rewrite images_singles.
have [T1 T2 T3 T4] := pathwise_run g01 eta0 signed (singles_within R xs) ixs' j y.
by split=> // xs1 xs2 eqxs; apply: (T4 _ (map (@single R K) xs2)); rewrite eqxs map_cat.
Qed.

End Pathwise.
