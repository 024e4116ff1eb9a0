(** * Values on the small problem, for the examples

    Drifts, margins and steps of the problem of [instances.v] written out, without sums, so that
    concrete numbers come by computation. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The three filters, the two images, the background pattern. *)
Notation f0 := (@Ordinal 3 0 isT).
Notation f1 := (@Ordinal 3 1 isT).
Notation f2 := (@Ordinal 3 2 isT).
Notation plus := (small_sample true).
Notation minus := (small_sample false).
Notation u1 := (inr ord0).

Lemma sum_f (V : zmodType) (F : 'I_3 -> V) : \sum_j F j = F f0 + F f1 + F f2.
Proof.
rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _ + F _).
all: exact: val_inj.
Qed.

Section Values.
Variables (l : loss) (h : bool).
Implicit Type s : state rat_realFieldType 3 1.
Let M := small_model l h.

(** kappa = a_j / 4 on v_+, -a_j / 4 on v_-, 0 on u_1. *)
Lemma small_drift n (s : state rat_realFieldType n 1) j p :
  drift small_distribution M s j p = head s j * (if p is inl y then sgn y / 4%:R else 0).
Proof.
rewrite /drift small_mean [_ * head s j]mulrC -[LHS]mulrA; congr (_ * _).
by case: p => [[]|k] /=; apply/eqP.
Qed.

(** The pooled activation of a filter, and the margin, on the image with label y. *)
Lemma small_pooled s j y : pooled M (weight s j) (count (small_sample y)) =
  relu (weight s j (key y)) + relu (weight s j u1).
Proof.
rewrite /pooled small_sum_patterns /= !mul1r; congr (_ + _).
by case: y; rewrite /= mul1r mul0r ?addr0 ?add0r.
Qed.

Lemma small_margin s y : margin M s (small_sample y) = sgn y *
  (head s f0 * (relu (weight s f0 (key y)) + relu (weight s f0 u1)) +
   head s f1 * (relu (weight s f1 (key y)) + relu (weight s f1 u1)) +
   head s f2 * (relu (weight s f2 (key y)) + relu (weight s f2 u1))).
Proof. by rewrite /margin /output sum_f !small_pooled. Qed.

(** A step on one image, and a step of the expected dynamics. *)
Lemma small_single s y j p : weight (step M s (single _ (small_sample y))) j p = weight s j p +
  (if 0 < weight s j p
   then 1 / 2%:R * head s j * (gate_at M s (small_sample y) *
     (sgn y * (count (small_sample y) p)%:R)) else 0).
Proof.
rewrite /step weight_move_relu //; congr (_ + _); case: ifP => // _; congr (_ * _).
by rewrite /gated /= big_seq1 /= mul1r mulrA.
Qed.

Lemma small_population s j p : weight (step M s (population small_distribution)) j p = weight s j p +
  (if 0 < weight s j p
   then 1 / 2%:R * head s j * (1 / 2%:R * (gate_at M s plus * (count plus p)%:R) -
     1 / 2%:R * (gate_at M s minus * (count minus p)%:R)) else 0).
Proof.
rewrite /step weight_move_relu //; congr (_ + _); case: ifP => // _; congr (_ * _).
rewrite /gated big_map /=.
transitivity (mean small_distribution (fun x => gate_at M s x * sgn (label x) * (count x p)%:R)).
  by rewrite -sum_population; apply: eq_bigr => b _; rewrite !mulrA.
by rewrite small_mean /= mulr1 mulrN1 mulNr mulrN.
Qed.

End Values.

(** One step of the unhinged expected dynamics: a positive coordinate moves by its drift. *)
Lemma small_unhinged (s : state rat_realFieldType 3 1) t j p :
  let z := weight (expected small_distribution (small_model Unhinged false) s t) j p in
  weight (expected small_distribution (small_model Unhinged false) s t.+1) j p =
    z + (if 0 < z then head s j * (if p is inl y then sgn y / 4%:R else 0) else 0).
Proof.
have [ortho act pool unhinged fixed] := small_fixed Unhinged.
by rewrite (weight_expectedS _ _ _ _ _ ortho act pool unhinged fixed) small_drift.
Qed.

Lemma small_population_unhinged (s : state rat_realFieldType 3 1) j p :
  weight (step (small_model Unhinged false) s (population small_distribution)) j p = weight s j p +
    (if 0 < weight s j p then head s j * (if p is inl y then sgn y / 4%:R else 0) else 0).
Proof.
by rewrite -[s]/(expected small_distribution (small_model Unhinged false) s 0) -expectedS small_unhinged.
Qed.

(** One step of SGD, unhinged. *)
Lemma small_single_unhinged (s : state rat_realFieldType 3 1) x j p :
  weight (step (small_model Unhinged false) s (single _ x)) j p = weight s j p +
    (if 0 < weight s j p then 1 / 2%:R * head s j * (sgn (label x) * (count x p)%:R) else 0).
Proof.
have [ortho act pool unhinged _] := small_fixed Unhinged.
by rewrite (weight_single _ _ _ _ ortho act pool unhinged).
Qed.
