(** * Examples for [certificates.v]: claims about a small problem, accepted and refused

    Two images, one background pattern, three filters, step size 1/2: the problem of [instances.v] as
    plain data. *)

From Coq Require Import QArith NArith.
From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model checker certificates.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Definition small (hinge : bool) : checker.problem := Problem
  [:: [:: Qmake 1 1; Qmake 0 1; Qmake 0 1]; [:: Qmake 0 1; Qmake 1 1; Qmake 0 1];
      [:: Qmake 0 1; Qmake 0 1; Qmake 1 1]]
  [:: Image true [:: 1; 0; 1]%num (Qmake 1 2); Image false [:: 0; 1; 1]%num (Qmake 1 2)]
  hinge (Qmake 1 2)
  [:: Qmake 1 1; Qmake (-1) 1; Qmake 1 1]
  [:: [:: Qmake 1 4; Qmake (-1) 4; Qmake 1 4]; [:: Qmake 1 4; Qmake 1 2; Qmake (-1) 4];
      [:: Qmake (-1) 4; Qmake 1 4; Qmake 1 4]].

Lemma small_ok hinge : well_formed (small hinge) = true.
Proof. by case: hinge; vm_compute. Qed.

(** One step in which both wrong keys die, then the same increment for ever. *)
Definition long : seq segment := [::
  Segment 1 [:: [:: Qmake 1 4; Qmake 0 1; Qmake 0 1]; [:: Qmake (-1) 4; Qmake 1 4; Qmake 0 1];
                [:: Qmake 0 1; Qmake (-1) 4; Qmake 0 1]];
  Segment 1000000000000 [:: [:: Qmake 1 4; Qmake 0 1; Qmake 0 1];
     [:: Qmake 0 1; Qmake 1 4; Qmake 0 1]; [:: Qmake 0 1; Qmake 0 1; Qmake 0 1]]].

Definition long_state : claim := ClaimState 1000000000001
  [:: [:: Qmake 500000000001 2; Qmake (-1) 4; Qmake 1 4];
      [:: Qmake 0 1; Qmake 1000000000003 4; Qmake (-1) 4]; [:: Qmake (-1) 4; Qmake 0 1; Qmake 1 4]].

Example long_run (R : realFieldType) : @holds R (small false) (small_ok false) long_state.
Proof. by apply: (@check_sound R (small false) (small_ok false) long); vm_compute. Qed.

Example long_dominance (R : realFieldType) :
  @holds R (small false) (small_ok false) (ClaimDominance 1000000000001 (Qmake 500000000000 1)).
Proof. by apply: (@check_sound R (small false) (small_ok false) long); vm_compute. Qed.

Example right_everywhere (R : realFieldType) :
  @holds R (small true) (small_ok true) (ClaimAccuracy 3 (Qmake 1 1)).
Proof. by apply: (@check_sound R (small true) (small_ok true) [::]); vm_compute. Qed.

Example path_of_three (R : realFieldType) : @holds R (small true) (small_ok true)
  (ClaimPath [:: 0; 1; 0]%num
     [:: [:: Qmake 3 4; Qmake (-1) 4; Qmake 1 4]; [:: Qmake (-1) 4; Qmake 1 1; Qmake (-1) 4];
         [:: Qmake (-1) 4; Qmake (-1) 4; Qmake 1 4]] 2).
Proof. by apply: (@check_sound R (small true) (small_ok true) [::]); vm_compute. Qed.

Example few_updates (R : realFieldType) :
  @holds R (small true) (small_ok true) (ClaimMistakes 1 2 32).
Proof. by apply: (@check_sound R (small true) (small_ok true) [::]); vm_compute. Qed.

(** Near misses are refused: a dominance that is too large, a segment that is too long, another
    bound. *)
Lemma long_dominance_wrong :
  check (small false) long (ClaimDominance 1000000000001 (Qmake 1000000000000 1)) = false.
Proof. by vm_compute. Qed.

Lemma segment_wrong : check (small false) [:: Segment 2 (segment_increment (nth (Segment 1 [::]) long 0))]
  (ClaimState 2 (problem_weights (small false))) = false.
Proof. by vm_compute. Qed.

Lemma few_updates_wrong : check (small true) [::] (ClaimMistakes 1 2 33) = false.
Proof. by vm_compute. Qed.
