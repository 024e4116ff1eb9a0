(** * T1: examples and refuted near misses

    On the second problem (kappa = a_j / 4 on v_+, -a_j / 4 on v_-, 0 on the background), and where the
    hinge matters on the small one. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.broken_assumptions.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D1 := small_distribution.
Local Notation D2 := two_distribution.
Local Notation M2 := (two_model Unhinged false).
Local Notation s1 := small_state.
Local Notation s2 := two_state.

(** ** The closed form *)

(** The wrong key of filter 3 starts at 5/8: ceil(5/2) is 3. *)
Lemma two_ceiling :
  is_ceiling (- (weight s2 g3 (key false) / drift D2 M2 s2 g3 (key false))) 3.
Proof. by rewrite two_drift; split=> // -[|[|[|u]]]. Qed.

(** Filter 1 stays below 0 on v_-; the key of filter 0 rises by 1/4 a step; the wrong key of filter 3 is
    5/8, 3/8, 1/8, and then -1/8 for ever. *)
Example T1_closed_form_holds t :
  [/\ weight (expected D2 M2 s2 t) g1 (key false) = - 1 / 4%:R,
      weight (expected D2 M2 s2 t) g0 (key true) = 1 / 4%:R + 1 / 4%:R * t%:R
    & weight (expected D2 M2 s2 t) g3 (key false) = 5%:R / 8%:R + - 1 / 4%:R * (minn t 3)%:R].
Proof.
have closed := Statements.T1_closed_form D2 s2 (two_fixed Unhinged) t; split.
- by have [frozen _ _] := closed g1 (key false); rewrite frozen.
- by have [_ rising _] := closed g0 (key true); rewrite rising ?two_drift.
- have [_ _ falling] := closed g3 (key false).
  by rewrite (falling _ _ _ two_ceiling) ?two_drift //; congr (_ + _ * _); apply/eqP.
Qed.

(** The drift off by a factor 2. *)
Lemma T1_closed_form_wrong_drift : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + 2%:R * kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R]).
Proof.
move=> near; have [_ + _] := near Q 4%N 2%N D2 M2 s2 (two_fixed _) 1%N g0 (key true).
by have [_ -> _] := T1_closed_form_holds 1; rewrite two_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

(** Death one step late or one step early: tau + 1 or tau - 1 in the place of tau. *)
Lemma T1_closed_form_wrong_late : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau.+1)%:R]).
Proof.
move=> near; have [_ _ +] := near Q 4%N 2%N D2 M2 s2 (two_fixed _) 4%N g3 (key false).
have [_ _ ->] := T1_closed_form_holds 4.
by move=> /(_ _ _ 3%N two_ceiling); rewrite two_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

Lemma T1_closed_form_wrong_early : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau.-1)%:R]).
Proof.
move=> near; have [_ _ +] := near Q 4%N 2%N D2 M2 s2 (two_fixed _) 4%N g3 (key false).
have [_ _ ->] := T1_closed_form_holds 4.
by move=> /(_ _ _ 3%N two_ceiling); rewrite two_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

(** A coordinate at 0 counted among those that move. *)
Lemma T1_closed_form_wrong_zero : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 <= z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R]).
Proof.
move=> near; pose M := small_model Unhinged false.
have [frozen + _] := near Q 2%N 1%N D1 M (duo 1 0 1) (small_fixed _) 1%N d1 (key true).
by rewrite frozen // small_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

(** ** The ceiling *)

Example T1_ceiling_exists_holds : exists2 k, is_ceiling (5%:R / 2%:R : rat) k & k = 3%N.
Proof.
have [k ceiling] := @Statements.T1_ceiling_exists [archiFieldType of rat] (5%:R / 2%:R); exists k => //.
have [above below] := ceiling; case: (ltngtP k 3) => // [|/below]; last by [].
by move: above; case: k {ceiling below} => [|[|[|k]]].
Qed.

(** The least number above a: at a = 0 it is 1, and 0 is not below 0. *)
Lemma T1_ceiling_exists_wrong_next : ~ (forall (R : archiFieldType) (a : R), exists k, is_ceiling a k.+1).
Proof. by move=> /(_ [archiFieldType of rat] 0)[k [_ /(_ 0%N isT)]]. Qed.

(** One ceiling for all numbers. *)
Lemma T1_ceiling_exists_wrong_one : ~ (forall (R : archiFieldType), exists k, forall (a : R), is_ceiling a k).
Proof.
move=> /(_ [archiFieldType of rat])[k ceiling].
by have [+ _] := ceiling k.+1%:R; rewrite ler_nat ltnn.
Qed.

(** ** The background *)

(** All eight background coordinates keep their starts. *)
Example T1_background_stays_holds t (j : 'I_4) (k : 'I_2) : drift D2 M2 s2 j (background k) = 0 /\
  weight (expected D2 M2 s2 t) j (background k) = two_weight j (background k).
Proof.
exact: (Statements.T1_background_stays s2 (two_fixed Unhinged) two_label_independent two_balanced t j k).
Qed.

(** A4 forgotten: with a label of probability 4/5 the background drifts. *)
Lemma T1_background_stays_wrong_unbalanced : ~ (forall (R : realFieldType) (n K : nat)
    (D : distribution R K) (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged -> label_independent D ->
  forall t j k, drift D M s j (background k) = 0 /\
    weight (expected D M s t) j (background k) = weight s j (background k)).
Proof.
move=> near; pose M := small_model Unhinged false.
have [+ _] := near Q 3%N 1%N tilted M s1 (small_fixed _) tilted_independent 0%N f0 ord0.
by rewrite tilted_drift => /eqP; vm_compute.
Qed.

(** A3 forgotten: background on images with label + alone. *)
Lemma T1_background_stays_wrong_dependent : ~ (forall (R : realFieldType) (n K : nat)
    (D : distribution R K) (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged -> balanced D ->
  forall t j k, drift D M s j (background k) = 0 /\
    weight (expected D M s t) j (background k) = weight s j (background k)).
Proof.
move=> near; pose M := small_model Unhinged false.
have [+ _] := near Q 3%N 1%N lone M s1 (small_fixed _) lone_balanced 0%N f0 ord0.
by rewrite lone_drift => /eqP; vm_compute.
Qed.

(** ** The hinge *)

(** On the second problem no margin has reached 1 before step 1, where T1 still holds. *)
Example T1_hinge_holds : let z := weight (expected D2 (two_model Hinge false) s2 1) in
  [/\ z g1 (key false) = - 1 / 4%:R, z g0 (key true) = 1 / 2%:R & z g3 (key false) = 3%:R / 8%:R].
Proof.
have below u (i : atom D2) : (u < 1)%N ->
    margin (two_model Hinge false) (expected D2 (two_model Hinge false) s2 u) (sample_at i) < 1.
  case: u => // _; rewrite expected0 [sample_at i]/(two_sample i.1 i.2) two_margin_start.
  by case: i => -[] [].
have closed := Statements.T1_hinge (two_fixed Hinge) below; split.
- by have [frozen _ _] := closed g1 (key false); rewrite frozen.
- by have [_ rising _] := closed g0 (key true); rewrite rising ?two_drift.
- have [_ _ falling] := closed g3 (key false).
  have ceiling : is_ceiling (- (weight s2 g3 (key false) /
      drift D2 (two_model Hinge false) s2 g3 (key false))) 3.
    by rewrite two_drift; split=> // -[|[|[|u]]].
  by rewrite (falling _ _ _ ceiling) ?two_drift //; apply/eqP.
Qed.

(** On the small problem: the margins are 1/2 and -1/4 at the start; at step 1 that of label + is 1, its
    gate closes, and the key of filter 0 stays at 1/2. *)
Local Notation H1 := (small_model Hinge false).
Local Notation hinge_at := (expected D1 H1 s1).

Lemma hinge_margin0 i : margin H1 (hinge_at 0) (small_sample i) = if i then 1 / 2%:R else - 1 / 4%:R.
Proof. by rewrite expected0 small_margin; case: i; apply/eqP. Qed.

Lemma hinge_step1 j p : weight (hinge_at 1) j p = weight s1 j p +
  (if 0 < weight s1 j p then head s1 j * (if p is inl y then sgn y / 4%:R else 0) else 0).
Proof.
rewrite expectedS small_population /gate_at !hinge_margin0; congr (_ + _); case: ifP => // _.
rewrite [_ * head s1 j]mulrC -[LHS]mulrA; congr (_ * _).
by case: p => [[]|k]; apply/eqP.
Qed.

Lemma hinge_margin1 i : margin H1 (hinge_at 1) (small_sample i) = if i then 1 else 1 / 4%:R.
Proof. by rewrite small_margin !hinge_step1 !head_expected //; case: i; apply/eqP. Qed.

Lemma hinge_step2 : weight (hinge_at 2) f0 (key true) = 1 / 2%:R.
Proof.
by rewrite expectedS small_population /gate_at !hinge_margin1 hinge_step1 head_expected //; apply/eqP.
Qed.

(** One step too far. *)
Lemma T1_hinge_wrong_step : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (t : nat),
  fixed_head_network M Hinge ->
  (forall u (i : atom D), (u.+1 < t)%N -> margin M (expected D M s u) (sample_at i) < 1) ->
  forall j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R]).
Proof.
move=> near; have below u (i : atom D1) : (u.+1 < 2)%N -> margin H1 (hinge_at u) (sample_at i) < 1.
  by case: u => // _; rewrite hinge_margin0; case: i.
have [_ + _] := near Q 3%N 1%N D1 H1 s1 2%N (small_fixed _) below f0 (key true).
by rewrite hinge_step2 small_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

(** A margin of exactly 1 allowed before. *)
Lemma T1_hinge_wrong_margin : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (t : nat),
  fixed_head_network M Hinge ->
  (forall u (i : atom D), (u < t)%N -> margin M (expected D M s u) (sample_at i) <= 1) ->
  forall j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R]).
Proof.
move=> near; have below u (i : atom D1) : (u < 2)%N -> margin H1 (hinge_at u) (sample_at i) <= 1.
  by case: u => [|[|//]] _; [rewrite hinge_margin0 | rewrite hinge_margin1]; case: i.
have [_ + _] := near Q 3%N 1%N D1 H1 s1 2%N (small_fixed _) below f0 (key true).
by rewrite hinge_step2 small_drift => /(_ isT isT)/eqP; vm_compute.
Qed.

(** The perceptron in the place of the hinge: its gate closes above margin 0. *)
Lemma T1_hinge_wrong_perceptron : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (t : nat),
  fixed_head_network M Perceptron ->
  (forall u (i : atom D), (u < t)%N -> margin M (expected D M s u) (sample_at i) < 1) ->
  forall j p, let z := weight s j p in let kappa := drift D M s j p in
  [/\ z <= 0 -> weight (expected D M s t) j p = z,
      0 < z -> 0 <= kappa -> weight (expected D M s t) j p = z + kappa * t%:R
    & 0 < z -> kappa < 0 -> forall tau, is_ceiling (- (z / kappa)) tau ->
      weight (expected D M s t) j p = z + kappa * (minn t tau)%:R]).
Proof.
move=> near; pose M := small_model Perceptron false.
have start i : margin M (expected D1 M s1 0) (small_sample i) = if i then 1 / 2%:R else - 1 / 4%:R.
  by rewrite expected0 small_margin; case: i; apply/eqP.
have below u (i : atom D1) : (u < 1)%N -> margin M (expected D1 M s1 u) (sample_at i) < 1.
  by case: u => // _; rewrite start; case: i.
have [_ + _] := near Q 3%N 1%N D1 M s1 1%N (small_fixed _) below f0 (key true).
rewrite expectedS small_population /gate_at !start small_drift => /(_ isT isT)/eqP.
by vm_compute.
Qed.
