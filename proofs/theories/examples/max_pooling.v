(** * T3max: examples and refuted near misses

    The small problem with max pooling: filter 0 ties its key with the background, and the key wins. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require max_pooling.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.

Definition max_model : model Q 1 := {|
  gram := fun p q => (p == q)%:R; activation_of := Relu; pooling_of := MaxPooling;
  loss_of := Unhinged; trained := false; eta := 1 / 2%:R |}.

Lemma max_network : max_pooling_network max_model Unhinged.
Proof. by []. Qed.

Definition path : seq (batch Q 1) := [:: [:: (1, plus)]; [:: (1, plus)]].

Lemma path_within : all (weights_within (1 : Q)) path.
Proof. by rewrite /path /weights_within /= !big_seq1 /=. Qed.

Lemma path_images : all (images (unique_key 1 2)) path.
Proof. by rewrite /path /images /= !small_unique_key. Qed.

Lemma max_winner_0 : max_winner s0 true f0.
Proof. by apply/andP; split; [exact: (small_winner true f0) | apply/forallP => k]. Qed.

Example T3max_key : weight (moves max_model s0 path) f0 (key true) = 5%:R / 4%:R.
Proof.
have [_ grows _ _ _] := Statements.T3max_pathwise max_network (isT : (0 < 1)%N) isT small_signed path_within
  path_images f0 true.
rewrite (grows max_winner_0) /gate_sum /mass !big_cons !big_nil /=.
by apply/eqP.
Qed.

Example T3max_argmax : argmax Relu (weight (moves max_model s0 path) f0) (count plus) = Some (key true).
Proof.
have [_ _ wins _ _] := Statements.T3max_pathwise max_network (isT : (0 < 1)%N) isT small_signed path_within
  path_images f0 true.
by apply: (wins max_winner_0); first exact: small_unique_key.
Qed.

(** A positive key is not enough: with 1/4 on the keys and 1 on the background the background wins. *)
Definition covered_state : state Q 3 1 :=
  @State Q 3 1 (fun _ p => if p is inl _ then 1 / 4%:R else 1) (fun _ => 1).

Lemma covered : argmax Relu (weight covered_state f0) (count plus) != Some (key true).
Proof.
apply/negP => /eqP; rewrite /argmax; case: pickP => // p /andP[_ /forallP top] [eq].
by have := top u1; rewrite eq.
Qed.

Lemma T3max_winner_wrong : ~ (forall (s : state Q 3 1) j y, signed_head s -> winner s y j ->
  weight (step max_model s (single Q (small_sample y))) j (key y) = weight s j (key y) + 1 / 2%:R).
Proof.
have signed : signed_head covered_state by move=> j; left.
move/(_ covered_state f0 true signed isT); rewrite /step facts.weight_move //.
rewrite /filter_gradient /gated /= big_seq1 /= (max_pooling.slopeE max_network) (negbTE covered).
by rewrite /= !mulr0 => /eqP; vm_compute.
Qed.
