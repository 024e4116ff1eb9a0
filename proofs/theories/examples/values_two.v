(** * Values on the second problem, for the examples

    Drifts, margins and steps of the problem of [instances_two.v] written out, without sums, so that
    concrete numbers come by computation. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts probability instances_two.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The four filters and the two background patterns. *)
Notation g0 := (@Ordinal 4 0 isT).
Notation g1 := (@Ordinal 4 1 isT).
Notation g2 := (@Ordinal 4 2 isT).
Notation g3 := (@Ordinal 4 3 isT).
Notation k1 := (@Ordinal 2 0 isT).
Notation k2 := (@Ordinal 2 1 isT).
Notation b1 := (inr k1).
Notation b2 := (inr k2).

(** The four images. *)
Notation plus11 := (two_sample true true).
Notation plus20 := (two_sample true false).
Notation minus11 := (two_sample false true).
Notation minus20 := (two_sample false false).

Section Values.
Variables (l : loss) (h : bool).
Implicit Type s : state rat_realFieldType 4 2.
Let M := two_model l h.

(** kappa = a_j / 4 on v_+, -a_j / 4 on v_-, 0 on the background. *)
Lemma two_drift s j p :
  drift two_distribution M s j p = head s j * (if p is inl y then sgn y / 4%:R else 0).
Proof.
rewrite /drift two_mean [_ * head s j]mulrC -[LHS]mulrA; congr (_ * _).
by case: p => [[]|k] /=; [| | case: ifP => _]; apply/eqP.
Qed.

(** The pooled activation of a filter, and the margin, on an image. *)
Definition two_pooled_value (z : pattern 2 -> rat) (y b : bool) : rat :=
  2%:R * relu (z (key y)) + (if b then relu (z b1) + relu (z b2) else 2%:R * relu (z b1)).

Lemma two_pooled s j y b :
  pooled M (weight s j) (count (two_sample y b)) = two_pooled_value (weight s j) y b.
Proof.
rewrite /pooled two_sum_patterns /=; congr (_ + _).
  by case: y; rewrite /= mul0r ?addr0 ?add0r.
by case: b; rewrite /= ?mul1r // mul0r addr0.
Qed.

Lemma two_margin s y b : margin M s (two_sample y b) = sgn y *
  (head s g0 * two_pooled_value (weight s g0) y b + head s g1 * two_pooled_value (weight s g1) y b +
   head s g2 * two_pooled_value (weight s g2) y b + head s g3 * two_pooled_value (weight s g3) y b).
Proof. by rewrite /margin /output two_sum_filters !two_pooled. Qed.

(** A step on one image, and a step of the expected dynamics. *)
Lemma two_single s x j p : weight (step M s (single _ x)) j p = weight s j p +
  (if 0 < weight s j p
   then 1 / 4%:R * head s j * (gate_at M s x * (sgn (label x) * (count x p)%:R)) else 0).
Proof.
rewrite /step weight_move_relu //; congr (_ + _); case: ifP => // _; congr (_ * _).
by rewrite /gated /= big_seq1 /= mul1r mulrA.
Qed.

Lemma two_population s j p : weight (step M s (population two_distribution)) j p = weight s j p +
  (if 0 < weight s j p
   then 1 / 4%:R * head s j *
     (1 / 6%:R * (gate_at M s plus11 * (count plus11 p)%:R) +
      1 / 3%:R * (gate_at M s plus20 * (count plus20 p)%:R) -
      (1 / 6%:R * (gate_at M s minus11 * (count minus11 p)%:R) +
       1 / 3%:R * (gate_at M s minus20 * (count minus20 p)%:R))) else 0).
Proof.
rewrite /step weight_move_relu //; congr (_ + _); case: ifP => // _; congr (_ * _).
rewrite /gated big_map /=.
transitivity (mean two_distribution (fun x => gate_at M s x * sgn (label x) * (count x p)%:R)).
  by rewrite -sum_population; apply: eq_bigr => b _; rewrite !mulrA.
by rewrite two_mean /= !mulr1 !mulrN1 !mulNr !mulrN -opprD.
Qed.

(** The head after a step. *)
Lemma two_single_head s y b j : h = true ->
  head (step M s (single _ (two_sample y b))) j = head s j +
    1 / 4%:R * (gate_at M s (two_sample y b) * (sgn y * two_pooled_value (weight s j) y b)).
Proof.
rewrite /step /move /= => ->; congr (_ + _ * _).
by rewrite /head_gradient /gated /= big_seq1 two_pooled /= mul1r mulrA.
Qed.

Lemma two_population_head s j : h = true -> head (step M s (population two_distribution)) j = head s j +
  1 / 4%:R * (1 / 6%:R * (gate_at M s plus11 * two_pooled_value (weight s j) true true) +
              1 / 3%:R * (gate_at M s plus20 * two_pooled_value (weight s j) true false) -
              (1 / 6%:R * (gate_at M s minus11 * two_pooled_value (weight s j) false true) +
               1 / 3%:R * (gate_at M s minus20 * two_pooled_value (weight s j) false false))).
Proof.
rewrite /step /move /= => ->; congr (_ + _ * _).
rewrite /head_gradient /gated big_map /=.
transitivity (mean two_distribution
    (fun x => gate_at M s x * sgn (label x) * pooled M (weight s j) (count x))).
  by rewrite -sum_population; apply: eq_bigr => b _; rewrite !mulrA.
by rewrite two_mean !two_pooled /= !mulr1 !mulrN1 !mulNr !mulrN -opprD.
Qed.

End Values.

(** Expectations over one and two images, written out. *)
Lemma two_expectation1 F : expectation two_distribution 1 F =
  1 / 6%:R * F [:: plus11] + 1 / 3%:R * F [:: plus20] +
  (1 / 6%:R * F [:: minus11] + 1 / 3%:R * F [:: minus20]).
Proof. by rewrite expectationS two_mean !expectation0. Qed.

Lemma two_expectation2 F : expectation two_distribution 2 F =
  1 / 6%:R * expectation two_distribution 1 (fun xs => F (plus11 :: xs)) +
  1 / 3%:R * expectation two_distribution 1 (fun xs => F (plus20 :: xs)) +
  (1 / 6%:R * expectation two_distribution 1 (fun xs => F (minus11 :: xs)) +
   1 / 3%:R * expectation two_distribution 1 (fun xs => F (minus20 :: xs))).
Proof. by rewrite expectationS two_mean. Qed.

(** The margins at the start. *)
Lemma two_margin_start l h y b : margin (two_model l h) two_state (two_sample y b) =
  (if y then if b then 7%:R / 8%:R else 3%:R / 4%:R
   else if b then - 13%:R / 8%:R else - 3%:R / 2%:R).
Proof. by rewrite two_margin; case: y; case: b; apply/eqP. Qed.

(** One step of the unhinged expected dynamics: a positive coordinate moves by its drift. *)
Lemma two_unhinged (s : state rat_realFieldType 4 2) t j p :
  let z := weight (expected two_distribution (two_model Unhinged false) s t) j p in
  weight (expected two_distribution (two_model Unhinged false) s t.+1) j p =
    z + (if 0 < z then head s j * (if p is inl y then sgn y / 4%:R else 0) else 0).
Proof.
have [ortho act pool unhinged fixed] := two_fixed Unhinged.
by rewrite (weight_expectedS _ _ _ _ _ ortho act pool unhinged fixed) two_drift.
Qed.

Lemma two_population_unhinged (s : state rat_realFieldType 4 2) j p :
  weight (step (two_model Unhinged false) s (population two_distribution)) j p = weight s j p +
    (if 0 < weight s j p then head s j * (if p is inl y then sgn y / 4%:R else 0) else 0).
Proof.
by rewrite -[s]/(expected two_distribution (two_model Unhinged false) s 0) -expectedS two_unhinged.
Qed.

(** One step of SGD, unhinged. *)
Lemma two_single_unhinged (s : state rat_realFieldType 4 2) x j p :
  weight (step (two_model Unhinged false) s (single _ x)) j p = weight s j p +
    (if 0 < weight s j p then 1 / 4%:R * head s j * (sgn (label x) * (count x p)%:R) else 0).
Proof.
have [ortho act pool unhinged _] := two_fixed Unhinged.
by rewrite (weight_single _ _ _ _ ortho act pool unhinged).
Qed.
