(** * T7: examples and refuted near misses

    The small problem with a trained head, kappa = 1/4: filter 0 learns +, filter 1, with both keys
    positive, learns -, filter 2 loses the key of - and stands still. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation M := (small_model Unhinged true).

Example T7_fates : [/\ fate_at s0 f0 = Learns true, fate_at s0 f1 = Learns false
  & fate_at s0 f2 = Dies false].
Proof. by []. Qed.

(** Head and key of filter 0 add up to 5/4 at the start and to 25/16 after a step. *)
Example T7_growth : head (expected D M s0 1) f0 + weight (expected D M s0 1) f0 (key true) = 25%:R / 16%:R.
Proof.
have [_ closed_form _] := Statements.T7_one_key (small_trained Unhinged) small_unique_keys
  small_label_independent small_balanced (isT : 0 < weight s0 f0 (key true)) isT.
have [|sum _] := closed_form 1%N; first by case.
by rewrite -[head _ _]mul1r sum; apply/eqP.
Qed.

Local Definition fate j := @Statements.T7_fate [archiFieldType of rat] 3 1 D M s0 1 2 (small_trained Unhinged)
  small_unique_keys small_label_independent small_balanced isT isT j.

(** Filter 1 keeps the key of - for ever and loses that of +. *)
Example T7_learner : (forall t, 0 < weight (expected D M s0 t) f1 (key false)) /\
  exists T, weight (expected D M s0 T) f1 (key true) <= 0.
Proof.
have := fate f1; set F := fate_at _ _; have -> : F = Learns false by vm_compute.
move=> [_ [T [keeps _ loses _ _]]].
by split; [exact: keeps | exists T].
Qed.

Example T7_dies : exists T, forall t, (T <= t)%N -> weight (expected D M s0 t) f2 (key false) <= 0.
Proof.
have := fate f2; set F := fate_at _ _; have -> : F = Dies false by vm_compute.
move=> [_ [T [_ stands]]].
by exists T => t /stands[].
Qed.

Example T7_ratio : exists c T, 0 < c /\ forall t, (T <= t)%N ->
  c * ((1 + eta M * 1%:R / 2%:R) ^+ t) ^+ 2 * norm_squared (expected D M s0 t) f2 <=
    norm_squared (expected D M s0 t) f0.
Proof.
have [_ dominant] := @Statements.T7_dominance [archiFieldType of rat] 3 1 D M s0 1 2 (small_trained Unhinged)
  small_unique_keys small_label_independent small_balanced isT isT f2 isT.
exact: dominant.
Qed.

(** kappa < 1 forgotten: kappa = 3, head -3/4, key 1. The sum is positive, and the key is -5/4 after one
    step. *)
Definition large_model : model Q 1 := {|
  gram := fun p q => (p == q)%:R; activation_of := Relu; pooling_of := SumPooling;
  loss_of := Unhinged; trained := true; eta := 6%:R |}.

Definition large_state : state Q 3 1 :=
  @State Q 3 1 (fun _ p => if p is inl true then 1 else -1) (fun _ => - 3%:R / 4%:R).

Lemma T7_large_kappa_wrong : ~ (forall (M : model Q 1) (s : state Q 3 1) j y,
  trained_head_network M Unhinged -> 0 < eta M * 1%:R / 2%:R -> fate_at s j = Learns y ->
  forall t, 0 < weight (expected D M s t) j (key y)).
Proof.
have network : trained_head_network large_model Unhinged by [].
move/(_ large_model large_state f0 true network isT erefl 1%N).
have [_ closed_form _] := Statements.T7_one_key network small_unique_keys
  small_label_independent small_balanced (isT : 0 < weight large_state f0 (key true)) isT.
have [|sum difference] := closed_form 1%N; first by case.
move: sum difference; set z := weight _ _ _; set a := sgn true * _ => sum difference.
have halved (x y : Q) : y = ((x + y) - (x - y)) / 2%:R by field.
by rewrite (halved a z) sum difference; vm_compute.
Qed.
