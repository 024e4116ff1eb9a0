(** * Certificates: examples and refuted near misses

    The second problem of [instances_two.v] as plain data: four images, two background patterns, four
    filters, step size 1/4. *)

From Coq Require Import QArith NArith.
From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model checker certificates.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation q := Qmake.

Definition second (hinge : bool) : checker.problem := Problem
  [:: [:: q 1 1; q 0 1; q 0 1; q 0 1]; [:: q 0 1; q 1 1; q 0 1; q 0 1];
      [:: q 0 1; q 0 1; q 1 1; q 0 1]; [:: q 0 1; q 0 1; q 0 1; q 1 1]]
  [:: Image true [:: 2; 0; 1; 1]%num (q 1 6); Image true [:: 2; 0; 2; 0]%num (q 1 3);
      Image false [:: 0; 2; 1; 1]%num (q 1 6); Image false [:: 0; 2; 2; 0]%num (q 1 3)]
  hinge (q 1 4)
  [:: q 1 1; q 1 1; q (-1) 1; q 1 1]
  [:: [:: q 1 4; q 3 8; q 1 8; q (-1) 8]; [:: q 1 8; q (-1) 4; q (-1) 8; q 1 4];
      [:: q 1 8; q 3 8; q 1 4; q 1 8]; [:: q (-1) 8; q 5 8; q 1 4; q 1 8]].

Lemma second_ok hinge : checker.well_formed (second hinge) = true.
Proof. by case: hinge; vm_compute. Qed.

(** Three steps in which a wrong key dies each, then the same increment for 10^12 steps. *)
Local Notation still := (q 0 1).
Local Notation up := (q 1 4).
Local Notation down := (q (-1) 4).
Definition long : seq checker.segment := [::
  Segment 1 [:: [:: up; down; still; still]; [:: up; still; still; still];
                [:: down; up; still; still]; [:: still; down; still; still]];
  Segment 1 [:: [:: up; down; still; still]; [:: up; still; still; still];
                [:: still; up; still; still]; [:: still; down; still; still]];
  Segment 1 [:: [:: up; still; still; still]; [:: up; still; still; still];
                [:: still; up; still; still]; [:: still; down; still; still]];
  Segment 1000000000000 [:: [:: up; still; still; still]; [:: up; still; still; still];
                [:: still; up; still; still]; [:: still; still; still; still]]].

(** Where the expected dynamics with the unhinged loss are after 10^12 + 3 steps; that every winner is
    then 7.5 10^11 times as long as the loser; with the hinge, accuracy after two steps, a path of
    five images with three updates, and at most 54 updates on any path. *)
Example certificate_sound_holds (R : realFieldType) :
  [/\ @holds R (second false) (second_ok false) (ClaimState 1000000000003
        [:: [:: q 250000000001 1; q (-1) 8; q 1 8; q (-1) 8];
            [:: q 2000000000007 8; q (-1) 4; q (-1) 8; q 1 4];
            [:: q (-1) 8; q 2000000000009 8; q 1 4; q 1 8]; [:: q (-1) 8; q (-1) 8; q 1 4; q 1 8]]),
      @holds R (second false) (second_ok false) (ClaimDominance 1000000000003 (q 750000000000 1)),
      accuracy (@distribution_of R (second true) (second_ok true)) (model_of R (second true))
        (expected (@distribution_of R (second true) (second_ok true)) (model_of R (second true))
          (state_of R (second true) (problem_weights (second true))) 2) = 1,
      @holds R (second true) (second_ok true) (ClaimPath [:: 1; 2; 0; 3; 2]%num
        [:: [:: q 3 4; q (-1) 8; q (-1) 8; q (-1) 8]; [:: q 5 8; q (-1) 4; q (-1) 8; q 0 1];
            [:: q (-3) 8; q 11 8; q (-1) 4; q 3 8]; [:: q (-1) 8; q (-3) 8; q 0 1; q (-1) 8]] 3)
    & forall w : seq (atom (@distribution_of R (second true) (second_ok true))),
        (mistakes (model_of R (second true)) (state_of R (second true) (problem_weights (second true)))
          (samples w) <= 54)%N].
Proof.
split.
- by apply: (@Statements.certificate_sound R (second false) (second_ok false) long); vm_compute.
- by apply: (@Statements.certificate_sound R (second false) (second_ok false) long); vm_compute.
- rewrite (@Statements.certificate_sound R (second true) (second_ok true)
    [::] (ClaimAccuracy 2 (q 1 1))).
    exact: q2r1.
  by vm_compute.
- by apply: (@Statements.certificate_sound R (second true) (second_ok true) [::]); vm_compute.
apply: (@Statements.certificate_sound R (second true) (second_ok true) [::] (ClaimMistakes 2 4 54)).
by vm_compute.
Qed.

(** The accuracy at the start is 1/2 and nothing else. *)
Lemma start_accuracy (a : Q) :
  @holds rat_realFieldType (second true) (second_ok true) (ClaimAccuracy 0 a) -> Qeq_bool (q 1 2) a.
Proof.
have half : @holds rat_realFieldType (second true) (second_ok true) (ClaimAccuracy 0 (q 1 2)).
  by apply: (@Statements.certificate_sound _ (second true) (second_ok true) [::]); vm_compute.
by rewrite (q2r_eq rat_realFieldType); move: half => /= -> ->.
Qed.

(** A claim that is not checked. *)
Lemma certificate_sound_wrong_unchecked : ~ (forall (R : realFieldType) (p : checker.problem)
    (ok : checker.well_formed p = true) (segments : seq checker.segment) (c : checker.claim),
   certificates.holds R ok c).
Proof.
move/(_ rat_realFieldType (second true) (second_ok true) [::] (ClaimAccuracy 0 (q 1 1)))/start_accuracy.
by vm_compute.
Qed.

(** A claim that the checker refuses. *)
Lemma certificate_sound_wrong_refused : ~ (forall (R : realFieldType) (p : checker.problem)
    (ok : checker.well_formed p = true) (segments : seq checker.segment) (c : checker.claim),
  checker.check p segments c = false -> certificates.holds R ok c).
Proof.
move/(_ rat_realFieldType (second true) (second_ok true) [::] (ClaimAccuracy 0 (q 1 1))) => claim.
by have := start_accuracy (claim ltac:(by vm_compute)); vm_compute.
Qed.

(** The checker may refuse what is true: a segment of length 0 is no segment. *)
Lemma certificate_sound_wrong_complete : ~ (forall (R : realFieldType) (p : checker.problem)
    (ok : checker.well_formed p = true) (segments : seq checker.segment) (c : checker.claim),
  checker.check p segments c = true <-> certificates.holds R ok c).
Proof.
move/(_ rat_realFieldType (second true) (second_ok true) [:: Segment 0 [::]] (ClaimAccuracy 0 (q 1 2))).
case=> _; have half : @holds rat_realFieldType (second true) (second_ok true) (ClaimAccuracy 0 (q 1 2)).
  by apply: (@Statements.certificate_sound _ (second true) (second_ok true) [::]); vm_compute.
by move/(_ half); vm_compute.
Qed.

(** ** What the checker refuses *)

(** A ratio that is too large, a segment that is too long, another bound. *)
Lemma long_dominance_wrong :
  check (second false) long (ClaimDominance 1000000000003 (q 760000000000 1)) = false.
Proof. by vm_compute. Qed.

Lemma segment_wrong : check (second false) [:: Segment 2 (segment_increment (nth (Segment 1 [::]) long
  0))] (ClaimState 2 (problem_weights (second false))) = false.
Proof. by vm_compute. Qed.

Lemma few_updates_wrong : check (second true) [::] (ClaimMistakes 2 4 53) = false.
Proof. by vm_compute. Qed.

