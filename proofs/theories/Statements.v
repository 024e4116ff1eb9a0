(** * What is proved

    A reader who trusts Coq reads [model.v] for the definitions and this file for the statements, and
    nothing else. Each theorem is proved by one application of a theorem of the file named after it.
    [Assumptions.ref] lists what each rests on: nothing beyond Coq's logic.

    Names: T0 to T11, as everywhere in the project; C5 is the claim about accuracy.
    [R] is any ordered field; where a time must exist it is an Archimedean one. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** T0: unbiasedness ([unbiasedness.v]) *)

(** ** T1: closed form of the expected dynamics ([closed_form.v]) *)

(** ** T2: norm dominance and alignment, expected dynamics ([norm_dominance.v]) *)

(** ** T2s: growth of every filter, without A2 to A4 ([norm_dominance.v]) *)

(** ** T3 and T3max: pathwise monotonicity ([pathwise.v]) *)

(** ** T4: norm dominance for SGD ([sgd_norm_dominance.v]) *)

(** ** T5: perfect accuracy of SGD, and the claim C5 ([perfect_accuracy.v]) *)

(** ** T6 and T6s: mistake bound ([mistake_bound.v]) *)

(** ** T7: fate and geometric growth with a trained head ([trained_head.v]) *)

(** ** T8: balancedness ([balancedness.v]) *)

(** ** T9: initialisation lottery ([lottery.v]) *)

(** ** T11: the main claim ([main_claim.v]) *)
