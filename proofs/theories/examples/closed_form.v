(** * T1: examples and refuted near misses

    The small problem has kappa = a_j / 4 on v_+, -a_j / 4 on v_- and 0 on u_1. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances.
From filtercert Require Import examples.values.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation D := small_distribution.
Local Notation M := (small_model Unhinged false).
Local Notation at_step := (expected D M small_state).

(** ** Every hypothesis holds: numbers *)

(** Rising: the key of filter 0 is 1/4, 1/2, 3/4, 1. *)
Example T1_rising t : weight (at_step t) f0 (key true) = 1 / 4%:R + 1 / 4%:R * t%:R.
Proof.
have [_ rising _] := Statements.T1_closed_form D small_state (small_fixed Unhinged) t f0 (key true).
by rewrite rising ?small_drift.
Qed.

Example T1_rising_3 : weight (at_step 3) f0 (key true) = 1.
Proof. by rewrite T1_rising; apply/eqP. Qed.

(** Falling: the wrong key of filter 1 is 1/4 and falls by 1/4, so that tau = 1: it dies at 0. *)
Example T1_falling t : weight (at_step t.+1) f1 (key true) = 0.
Proof.
have [_ _ falling] :=
  Statements.T1_closed_form D small_state (small_fixed Unhinged) t.+1 f1 (key true).
have tau : is_ceiling (- (weight small_state f1 (key true) / drift D M small_state f1 (key true))) 1.
  by rewrite small_drift; split=> // -[|u].
by rewrite (falling _ _ 1%N tau) ?small_drift.
Qed.

(** Frozen: the wrong key of filter 0 stays at -1/4. *)
Example T1_frozen t : weight (at_step t) f0 (key false) = - 1 / 4%:R.
Proof.
have [frozen _ _] := Statements.T1_closed_form D small_state (small_fixed Unhinged) t f0 (key false).
by rewrite frozen.
Qed.

(** The background of all filters stays. *)
Example T1_background t j k :
  weight (at_step t) j (background k) = weight small_state j (background k).
Proof.
by have [] := Statements.T1_background_stays small_state (small_fixed Unhinged)
  small_label_independent small_balanced t j k.
Qed.

(** A ceiling that is not reached exactly: one filter starts with 3/5 on the other key, so that
    tau = ceil(12/5) = 3; it is 3/5, 7/20, 1/10, and then -3/20 for ever. *)
Definition slow_state : state rat_realFieldType 3 1 :=
  @State rat_realFieldType 3 1 (fun _ _ => 3%:R / 5%:R) (fun _ => 1).

Lemma slow_ceiling :
  is_ceiling (- (weight slow_state f0 (key false) / drift D M slow_state f0 (key false))) 3.
Proof. by rewrite small_drift; split=> // -[|[|[|u]]]. Qed.

Example T1_slow t : weight (expected D M slow_state t) f0 (key false) =
  3%:R / 5%:R - 1 / 4%:R * (minn t 3)%:R.
Proof.
have [_ _ falling] :=
  Statements.T1_closed_form D slow_state (small_fixed Unhinged) t f0 (key false).
rewrite (falling _ _ _ slow_ceiling) ?small_drift //.
by congr (_ + _); rewrite -mulNr; congr (_ * _).
Qed.

Example T1_slow_dead t : weight (expected D M slow_state t.+3) f0 (key false) = - 3%:R / 20%:R.
Proof. by rewrite T1_slow (minn_idPr _) //; apply/eqP. Qed.

(** The hinge: the margins start at 1/2 and -1/4, and that of the image with label + is 1 at step 1; so
    T1 holds at step 1, and filter 0 has the key 1/2 there. *)
Local Notation hinge_at := (expected D (small_model Hinge false) small_state).

Lemma hinge_open u (i : atom D) : (u < 1)%N ->
  margin (small_model Hinge false) (hinge_at u) (sample_at i) < 1.
Proof. by case: u => // _; rewrite expected0 [sample_at i]/(small_sample i) small_margin; case: i. Qed.

Example T1_hinge_number : weight (hinge_at 1) f0 (key true) = 1 / 2%:R.
Proof.
have [_ rising _] := Statements.T1_hinge (small_fixed Hinge) hinge_open f0 (key true).
by rewrite rising ?small_drift.
Qed.

(** The whole state at step 1. *)
Lemma hinge_step1 j p : weight (hinge_at 1) j p = weight (at_step 1) j p.
Proof.
rewrite !expectedS !expected0 !small_population.
by rewrite /gate_at !small_margin.
Qed.

(** ** Near misses *)

(** The drift off by a factor 2. *)
Lemma T1_drift_wrong : ~ (forall (n K : nat) (D : distribution rat_realFieldType K)
    (M : model rat_realFieldType K) (s : state rat_realFieldType n K),
  fixed_head_network M Unhinged -> forall t j p, 0 < weight s j p -> 0 <= drift D M s j p ->
  weight (expected D M s t) j p = weight s j p + 2%:R * drift D M s j p * t%:R).
Proof.
move=> /(_ 3%N 1%N D M small_state (small_fixed _) 1%N f0 (key true)).
by rewrite T1_rising small_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

(** Death one step late or one step early: tau + 1 or tau - 1 in the place of tau. *)
Lemma T1_late_wrong : ~ (forall (n K : nat) (D : distribution rat_realFieldType K)
    (M : model rat_realFieldType K) (s : state rat_realFieldType n K),
  fixed_head_network M Unhinged -> forall t j p, 0 < weight s j p -> drift D M s j p < 0 ->
  forall tau, is_ceiling (- (weight s j p / drift D M s j p)) tau ->
  weight (expected D M s t) j p = weight s j p + drift D M s j p * (minn t tau.+1)%:R).
Proof.
move=> /(_ 3%N 1%N D M slow_state (small_fixed _) 4%N f0 (key false) isT).
rewrite T1_slow_dead => /(_ _ 3%N slow_ceiling); rewrite small_drift => /(_ isT)/eqP.
by vm_compute.
Qed.

Lemma T1_early_wrong : ~ (forall (n K : nat) (D : distribution rat_realFieldType K)
    (M : model rat_realFieldType K) (s : state rat_realFieldType n K),
  fixed_head_network M Unhinged -> forall t j p, 0 < weight s j p -> drift D M s j p < 0 ->
  forall tau, is_ceiling (- (weight s j p / drift D M s j p)) tau ->
  weight (expected D M s t) j p = weight s j p + drift D M s j p * (minn t tau.-1)%:R).
Proof.
move=> /(_ 3%N 1%N D M slow_state (small_fixed _) 3%N f0 (key false) isT).
rewrite T1_slow_dead => /(_ _ 3%N slow_ceiling); rewrite small_drift => /(_ isT)/eqP.
by vm_compute.
Qed.

(** A coordinate at 0 moves: the first case for negative coordinates only. *)
Definition zero_state : state rat_realFieldType 3 1 :=
  @State rat_realFieldType 3 1 (fun _ _ => 0) (fun _ => 1).

Lemma T1_at_zero_wrong : ~ (forall (n K : nat) (D : distribution rat_realFieldType K)
    (M : model rat_realFieldType K) (s : state rat_realFieldType n K),
  fixed_head_network M Unhinged -> forall t j p, 0 <= weight s j p -> 0 <= drift D M s j p ->
  weight (expected D M s t) j p = weight s j p + drift D M s j p * t%:R).
Proof.
move=> /(_ 3%N 1%N D M zero_state (small_fixed _) 1%N f0 (key true) isT).
have [frozen _ _] := Statements.T1_closed_form D zero_state (small_fixed Unhinged) 1 f0 (key true).
by rewrite frozen // small_drift => /(_ isT)/eqP; vm_compute.
Qed.
