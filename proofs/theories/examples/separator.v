(** * T14: examples and refuted near misses

    On the line ([line.v]): leaky-relu of slope 1/2, keys 1 and -1, three filters of which one starts
    at 1/4; the number 2 separates both images. A is 2, F0 1/2, |W(0)|^2 1/16, rho2 1, the step 1/4.
    The near misses are refuted by one image, or by images that move nothing. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability.
From filtercert Require Import examples.line.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation P1 := (line_key 1).
Local Notation M1 l := (line_model (LeakyRelu (1 / 2%:R)) l 1 (1 / 4%:R)).
Local Notation w1 := (line_network 1 (-1) 0 (1 / 4%:R) 0 0).
Local Notation path ys := (map (line_sample 1) ys).
Local Notation D := (line_law 1 half01).

Lemma slope_half : 0 < (1 / 2%:R : Q) <= 1. Proof. by []. Qed.
Lemma half_ge0 : 0 <= (1 / 2%:R : Q). Proof. by []. Qed.

Lemma w1_A : \sum_j heads w1 j ^+ 2 = 2%:R. Proof. by rewrite sum3; apply/eqP. Qed.
Lemma w1_F : \sum_j heads w1 j * dot (filters w1 j) (point 2%:R) = 1 / 2%:R.
Proof. by rewrite sum3 /= !dot_point; apply/eqP. Qed.
Lemma w1_W : \sum_j length_squared (filters w1 j) = 1 / 16%:R.
Proof. by rewrite sum3 /= !length_point; apply/eqP. Qed.
Lemma w1_v : length_squared (point 2%:R) = 4%:R. Proof. by rewrite length_point; apply/eqP. Qed.

Lemma P1_separates ys : all (separates P1 (1 / 2%:R) (point 2%:R)) (path ys).
Proof. exact: path_separates. Qed.

Lemma P1_separates_atoms (i : atom D) : separates P1 (1 / 2%:R) (point 2%:R) (sample_at i).
Proof. by rewrite line_separates. Qed.

Lemma P1_spread l ys : all (fun x => spread (M1 l) x <= 1) (path ys).
Proof. by rewrite all_map; apply/allP => y _ /=; rewrite line_spread. Qed.

Lemma P1_leaky l ys : all (fun x => leaky_spread (M1 l) (1 / 2%:R) x <= 1) (path ys).
Proof. exact: (path_leaky _ l 1 (1 / 4%:R) 1 ys half_ge0). Qed.

Lemma P1_leaky_atoms e (i : atom D) :
  leaky_spread (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 e) (1 / 2%:R) (sample_at i) <= 1.
Proof. exact: (line_leaky _ Hinge 1 e 1 i half_ge0). Qed.

Lemma w1_head : exists j, heads w1 j != 0. Proof. by exists g0. Qed.

Ltac numbers := cbv beta zeta; rewrite ?big_bool ?one_gate /gate_at ?line_margin ?sum3 /= ?dot_point
  ?length_point.

Example T14_separator_holds (ys : seq bool) :
  let u : Q := (mistakes (M1 Hinge) (coordinates P1 w1) (path ys))%:R in
  1 / 2%:R + 1 / 4%:R * 2%:R * u <= 0 \/ (1 / 2%:R + 1 / 4%:R * 2%:R * u) ^+ 2
    <= 2%:R * 4%:R * (1 / 16%:R + u * (2%:R * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * (2%:R * 1))).
Proof.
have := @Statements.T14_separator Q 3 0 1 (M1 Hinge) P1 (1 / 2%:R) (point 2%:R) w1 (path ys) 1
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (line_dictionary _ _ _ _) half_ge0
  (P1_separates ys) (P1_spread Hinge ys).
by cbv zeta; rewrite w1_A w1_F w1_W w1_v.
Qed.

(** The term 2 eta left out. *)
Lemma T14_separator_wrong_constant : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (v : 'rV[R]_d) (w : network R n d) (xs : seq (sample K))
    (rho2 : R),
  fixed_head_leaky M c Hinge -> 0 < c <= 1 -> dictionary_of M P -> 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => spread M x <= rho2) xs ->
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  let u : R := (mistakes M (coordinates P w) xs)%:R in
  F0 + eta M * A * u <= 0
  \/ (F0 + eta M * A * u) ^+ 2
      <= A * length_squared v * (W + u * (eta M ^+ 2 * (A * rho2)))).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 (1 / 10%:R))
  (line_key 1) (1 / 2%:R)
  (point 2%:R) (line_network 1 0 0 (1 / 2%:R) 0 0) [:: line_sample 1 true]
    (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (line_dictionary _ _ _ _) isT
    (P1_separates [:: true])
  (path_spread _ _ _ _ _ [:: true]).
rewrite /mistakes; numbers.
by case; vm_compute.
Qed.

(** eta for its square. *)
Lemma T14_separator_wrong_square : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (v : 'rV[R]_d) (w : network R n d) (xs : seq (sample K))
    (rho2 : R),
  fixed_head_leaky M c Hinge -> 0 < c <= 1 -> dictionary_of M P -> 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => spread M x <= rho2) xs ->
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  let u : R := (mistakes M (coordinates P w) xs)%:R in
  F0 + eta M * A * u <= 0
  \/ (F0 + eta M * A * u) ^+ 2
      <= A * length_squared v * (W + u * (2%:R * eta M + eta M * (A * rho2)))).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R)
  (line_key 1) (1 / 2%:R)
  (point 2%:R) (line_network 1 0 0 (1 / 2%:R) 0 0) [:: line_sample 1 true]
    (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (line_dictionary _ _ _ _) isT
    (P1_separates [:: true])
  (path_spread _ _ _ _ _ [:: true]).
rewrite /mistakes; numbers.
by case; vm_compute.
Qed.

(** relu with the same separator: a filter below 0 never moves. *)
Lemma T14_separator_wrong_relu : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (v : 'rV[R]_d) (w : network R n d) (xs : seq (sample K))
    (rho2 : R),
  fixed_head_relu M Hinge -> 0 < c <= 1 -> dictionary_of M P -> 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => spread M x <= rho2) xs ->
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  let u : R := (mistakes M (coordinates P w) xs)%:R in
  F0 + eta M * A * u <= 0
  \/ (F0 + eta M * A * u) ^+ 2
      <= A * length_squared v * (W + u * (2%:R * eta M + eta M ^+ 2 * (A * rho2)))).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge 1 1) (line_key 1) 1
  (point 1) (line_network 1 0 0 (-1) 0 0) (map (line_sample 1) (nseq 7 true))
    (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 erefl erefl erefl erefl) isT (line_dictionary _ _ _ _) isT
  (@path_separates 1 1%N 1 1 _ isT) (path_spread _ _ _ _ _ _).
rewrite map_nseq stuck; first by numbers; case; vm_compute.
  split=> [j q|j] //; rewrite line_step /= !dot_point (_ : (if _ then _ else _) = 0); last first.
    by rewrite /three; case: eqP => [_|_] //; case: eqP.
  by rewrite !mulr0 !mul0r mulr0 addr0.
by rewrite /gate_at line_margin; numbers.
Qed.

Example T14_batches_holds (ys : seq bool) mu :
  mu = gate_sum true (gates_of (M1 Perceptron) (coordinates P1 w1) (map (@single Q 0) (path ys)))
    + gate_sum false (gates_of (M1 Perceptron) (coordinates P1 w1) (map (@single Q 0) (path ys))) ->
  1 / 2%:R + 1 / 4%:R * 2%:R * mu <= 0 \/ (1 / 2%:R + 1 / 4%:R * 2%:R * mu) ^+ 2
    <= 2%:R * 4%:R * (1 / 16%:R + mu * (0 * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * (2%:R * 1))).
Proof.
move=> eqmu.
have sep : all (images (separates P1 (1 / 2%:R) (point 2%:R))) (map (@single Q 0) (path ys)).
  by rewrite pathwise.images_singles; exact: P1_separates.
have small : all (images (fun x => leaky_spread (M1 Perceptron) (1 / 2%:R) x <= 1))
  (map (@single Q 0) (path ys)).
  by rewrite pathwise.images_singles; exact: P1_leaky.
have := @Statements.T14_batches Q 3 0 1 (M1 Perceptron) P1 (1 / 2%:R) Perceptron (point 2%:R) w1
  (map (@single Q 0) (path ys)) 1 (And4 (or_introl erefl) erefl erefl erefl) slope_half
    (or_intror erefl) (line_dictionary _ _ _ _) half_ge0
  (pathwise.singles_within Q (path ys)) sep small mu eqmu.
by cbv zeta; rewrite w1_A w1_F w1_W w1_v.
Qed.

(** The term 2 eta left out. *)
Lemma T14_batches_wrong_constant : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d)
    (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> all (weights_within 1) Bs -> all (images (separates P c v)) Bs ->
  all (images (fun x => leaky_spread M c x <= rho2)) Bs ->
  forall mu, mu = gate_sum true (gates_of M (coordinates P w) Bs)
    + gate_sum false (gates_of M (coordinates P w) Bs) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  F0 + eta M * A * mu <= 0
  \/ (F0 + eta M * A * mu) ^+ 2
      <= A * length_squared v * (W + mu * (eta M ^+ 2 * (A * rho2)))).
Proof.
move=> wrong; have one (P : pred (sample 0)) : P (line_sample 1 true) -> all (images P) [:: single Q
  (line_sample 1 true)].
  by move=> ok; rewrite /= /images /= ok.
have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 (1 / 10%:R)) (line_key 1)
  (1 / 2%:R) Hinge
  (point 2%:R) (line_network 1 0 0 (1 / 2%:R) 0 0) [:: single Q (line_sample 1 true)] 1
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    (one_within _ _)
  (one _ (P1_separates_atoms true)) (one _ (P1_leaky_atoms _ true)) _ erefl.
rewrite !one_gate; numbers.
by case; vm_compute.
Qed.

(** eta for its square. *)
Lemma T14_batches_wrong_square : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d)
    (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> all (weights_within 1) Bs -> all (images (separates P c v)) Bs ->
  all (images (fun x => leaky_spread M c x <= rho2)) Bs ->
  forall mu, mu = gate_sum true (gates_of M (coordinates P w) Bs)
    + gate_sum false (gates_of M (coordinates P w) Bs) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  F0 + eta M * A * mu <= 0
  \/ (F0 + eta M * A * mu) ^+ 2
      <= A * length_squared v * (W + mu * (theta * eta M + eta M * (A * rho2)))).
Proof.
move=> wrong; have one (P : pred (sample 0)) : P (line_sample 1 true) -> all (images P) [:: single Q
  (line_sample 1 true)].
  by move=> ok; rewrite /= /images /= ok.
have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R) (line_key 1) (1 / 2%:R)
  Hinge
  (point 2%:R) (line_network 1 0 0 (1 / 2%:R) 0 0) [:: single Q (line_sample 1 true)] 1
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    (one_within _ _)
  (one _ (P1_separates_atoms true)) (one _ (P1_leaky_atoms _ true)) _ erefl.
rewrite !one_gate; numbers.
by case; vm_compute.
Qed.

(** (1/4 + 4 (1/16 + 1/2 + 1/8)) / (1/8) = 24 updates at most. *)
Example T14_explicit_holds (ys : seq bool) :
  (mistakes (M1 Hinge) (coordinates P1 w1) (path ys))%:R <= 24%:R :> Q.
Proof.
have := @Statements.T14_explicit Q 3 0 1 (M1 Hinge) P1 (1 / 2%:R) Hinge (point 2%:R) w1 (path ys) 1
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _)
    quarter_gt0 w1_head isT
  (P1_separates ys) (P1_leaky Hinge ys).
rewrite w1_A w1_F w1_W w1_v => le; apply: le_trans le _.
by vm_compute.
Qed.

(** eta for its square. *)
Lemma T14_explicit_wrong_square : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d)
    (xs : seq (sample K)) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  0 <= rho2 -> all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
  (mistakes M (coordinates P w) xs)%:R <=
    (2%:R * eta M * `|F0| + length_squared v * (W + (theta * eta M + eta M * (A * rho2))))
    / (eta M ^+ 2 * A)).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 16%:R) (line_key 1)
  (1 / 2%:R) Hinge
  (point 2%:R) (line_network 1 0 0 0 0 0) [:: line_sample 1 true] (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    (ex_intro _ g0 isT) isT
  (P1_separates [:: true]) (path_leaky _ _ _ _ _ [:: true] half_ge0).
rewrite /mistakes; numbers.
by vm_compute.
Qed.

(** A vector that does not separate. *)
Lemma T14_explicit_wrong_separator : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d)
    (xs : seq (sample K)) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  0 <= rho2 -> all (fun x => leaky_spread M c x <= rho2) xs ->
  (mistakes M (coordinates P w) xs)%:R <=
    (2%:R * eta M * `|F0| + length_squared v * (W + (theta * eta M + eta M ^+ 2 * (A * rho2))))
    / (eta M ^+ 2 * A)).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 1) (line_key 1)
  (1 / 2%:R) Hinge
  (point 0) (line_network 1 0 0 0 0 0) [:: line_sample 1 true] (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    (ex_intro _ g0 isT) isT
  (path_leaky _ _ _ _ _ [:: true] half_ge0).
rewrite /mistakes; numbers.
by vm_compute.
Qed.

(** Without heads a division by 0. *)
Lemma T14_explicit_wrong_head : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d)
    (xs : seq (sample K)) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  0 <= rho2 -> all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
  (mistakes M (coordinates P w) xs)%:R <=
    (2%:R * eta M * `|F0| + length_squared v * (W + (theta * eta M + eta M ^+ 2 * (A * rho2))))
    / (eta M ^+ 2 * A)).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 1) (line_key 1)
  (1 / 2%:R) Hinge
  (point 2%:R) (line_network 0 0 0 1 0 0) [:: line_sample 1 true] (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    isT
  (P1_separates [:: true]) (path_leaky _ _ _ _ _ [:: true] half_ge0).
rewrite /mistakes; numbers.
by vm_compute.
Qed.

Example T14_finitely_many_holds : exists k, forall ys,
  (mistakes (M1 Perceptron) (coordinates P1 w1) (path ys) <= k)%N.
Proof.
have [k few] := @Statements.T14_finitely_many [archiFieldType of rat] 3 0 1 (M1 Perceptron) P1
  (1 / 2%:R) Perceptron
  (point 2%:R) w1 1 (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_intror erefl)
    (line_dictionary _ _ _ _) quarter_gt0 w1_head.
by exists k => ys; apply: few; [exact: P1_separates | exact: P1_leaky].
Qed.

(** Heads that are 0. *)
Lemma T14_finitely_many_wrong_head : ~ (forall (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M ->
  exists k, forall xs, all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N).
Proof.
move=> wrong; have [u few] := wrong [archiFieldType of rat] 3%N 0%N 1%N
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 1) (line_key 1) (1 / 2%:R) Hinge (point 2%:R)
    (line_network 0 0 0 1 0 0)
  (1%:R * 1%:R * Num.max 0 (1 * 1)) (And4 (or_introl erefl) erefl erefl erefl) slope_half
    (or_introl erefl)
  (line_dictionary _ _ _ _) isT.
have := few (map (line_sample 1) (nseq u.+1 true)) (P1_separates _) (path_leaky _ _ _ _ _ _ half_ge0).
rewrite map_nseq stuck ?ltnn //; last by rewrite /gate_at line_margin; numbers.
exact: still_no_head.
Qed.

(** Empty images move nothing. *)
Lemma T14_finitely_many_wrong_separator : ~ (forall (R : archiFieldType) (n K d : nat)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d)
    (w : network R n d) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  exists k, forall xs, all (fun x => leaky_spread M c x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N).
Proof.
move=> wrong; have [u few] := wrong [archiFieldType of rat] 3%N 0%N 1%N
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 1) (line_key 1) (1 / 2%:R) Hinge (point 2%:R)
    (line_network 1 0 0 0 0 0)
  (0%:R * 0%:R * Num.max 0 (1 * 1)) (And4 (or_introl erefl) erefl erefl erefl) slope_half
    (or_introl erefl)
  (line_dictionary _ _ _ _) isT (ex_intro _ g0 isT) .
have := few (map (line_sample 0) (nseq u.+1 true)) (path_leaky _ _ _ _ _ _ half_ge0).
rewrite map_nseq stuck ?ltnn //; last by rewrite /gate_at line_margin; numbers.
exact: still_empty.
Qed.

(** Without steps nothing moves. *)
Lemma T14_finitely_many_wrong_step : ~ (forall (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d) (w : network R n d) (rho2 : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (exists j, heads w j != 0) ->
  exists k, forall xs, all (separates P c v) xs -> all (fun x => leaky_spread M c x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N).
Proof.
move=> wrong; have [u few] := wrong [archiFieldType of rat] 3%N 0%N 1%N
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 0) (line_key 1) (1 / 2%:R) Hinge (point 2%:R)
    (line_network 1 0 0 0 0 0)
  (1%:R * 1%:R * Num.max 0 (1 * 1)) (And4 (or_introl erefl) erefl erefl erefl) slope_half
    (or_introl erefl)
  (line_dictionary _ _ _ _) isT (ex_intro _ g0 isT) .
have := few (map (line_sample 1) (nseq u.+1 true)) (P1_separates _) (path_leaky _ _ _ _ _ _ half_ge0).
rewrite map_nseq stuck ?ltnn //; last by rewrite /gate_at line_margin; numbers.
exact: still_no_step.
Qed.

(** At most 19 updates are allowed by the inequality itself. *)
Lemma w1_bound (u : nat) : 1 / 2%:R + 1 / 4%:R * 2%:R * u%:R <= 0 :> Q
    \/ (1 / 2%:R + 1 / 4%:R * 2%:R * u%:R) ^+ 2
      <= 2%:R * 4%:R * (1 / 16%:R + u%:R * (2%:R * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * (2%:R * 1))) :> Q ->
  (u <= 19)%N.
Proof.
move=> either; have u0 : 0 <= u%:R :> Q by rewrite ler0n.
have le : 1 * (1 / 2%:R * u%:R) ^+ 2 <= 1 / 4%:R + (9%:R / 2%:R) * u%:R :> Q.
  case: either => [neg|le].
    exfalso; move: neg; rewrite leNgt => /negP; apply; rewrite ltr_spaddl //.
    by rewrite mulr_ge0 //.
  rewrite -subr_ge0; rewrite -subr_ge0 in le; move: le; move: (u%:R) => x; congr (0 <= _).
  by field.
by apply: (@at_most 1 (1 / 2%:R) (1 / 4%:R) (9%:R / 2%:R) 19 u) le; vm_compute.
Qed.

Example T14_unsettled_holds T : Pr D T (fun xs => [exists i : atom D, gate_at (M1 Hinge)
    (coordinates P1 (vector_sgd (M1 Hinge) P1 w1 xs)) (sample_at i) != 0]) <= binomial_below T
      (1 / 2%:R) 19.
Proof.
have [|+ _] := @Statements.T14_unsettled Q 3 0 1 D (M1 Hinge) P1 (1 / 2%:R) Hinge (point 2%:R) w1 1
  (1 / 2%:R) 19 T
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _)
    (ltW quarter_gt0) P1_separates_atoms
  (P1_leaky_atoms _) isT half_least; last by [].
by move=> u; rewrite w1_A w1_F w1_W w1_v; exact: w1_bound.
Qed.

(** eta for its square: with a step of 100 no update would be allowed, while a gate is open at the start. *)
Lemma T14_unsettled_wrong_square : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss)
    (v : 'rV[R]_d) (w : network R n d) (rho2 p : R) (k T : nat),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  (forall u : nat,
    F0 + eta M * A * u%:R <= 0
    \/ (F0 + eta M * A * u%:R) ^+ 2
        <= A * length_squared v * (W + u%:R * (theta * eta M + eta M * (A * rho2))) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) !=
    0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k).
Proof.
move=> wrong; have [|bad _] := wrong Q 3%N 0%N 1%N D (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R)
  (line_key 1)
  (1 / 2%:R) Hinge (point 2%:R) (line_network 1 0 0 0 0 0) 1 (1 / 2%:R) 0%N 0%N
    (And4 (or_introl erefl) erefl erefl erefl) slope_half
  (or_introl erefl) (line_dictionary _ _ _ _) isT P1_separates_atoms (P1_leaky_atoms _) isT half_least.
  move=> u; cbv beta zeta => either; apply: (none_allowed _ _ _ _ either); numbers;
    [by apply/eqP | by apply/eqP | by vm_compute | by vm_compute].
move: bad; rewrite binomial_below0 PrE expectation0 (_ : [exists i, _] = true) //.
by apply/existsP; exists true; rewrite /gate_at line_margin; numbers.
Qed.

(** The step forgotten. *)
Lemma T14_unsettled_wrong_step : ~ (forall (R : realFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d)
    (w : network R n d) (rho2 p : R) (k T : nat),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  (forall u : nat,
    F0 + eta M * A * u%:R <= 0
    \/ (F0 + eta M * A * u%:R) ^+ 2
        <= A * length_squared v * (W + u%:R * (theta * eta M + A * rho2)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) !=
    0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k).
Proof.
move=> wrong; have [|bad _] := wrong Q 3%N 0%N 1%N D (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R)
  (line_key 1)
  (1 / 2%:R) Hinge (point 2%:R) (line_network 1 0 0 0 0 0) 1 (1 / 2%:R) 0%N 0%N
    (And4 (or_introl erefl) erefl erefl erefl) slope_half
  (or_introl erefl) (line_dictionary _ _ _ _) isT P1_separates_atoms (P1_leaky_atoms _) isT half_least.
  move=> u; cbv beta zeta => either; apply: (none_allowed _ _ _ _ either); numbers;
    [by apply/eqP | by apply/eqP | by vm_compute | by vm_compute].
move: bad; rewrite binomial_below0 PrE expectation0 (_ : [exists i, _] = true) //.
by apply/existsP; exists true; rewrite /gate_at line_margin; numbers.
Qed.

Example T14_inaccurate_holds T : Pr D T (fun xs => [forall t : 'I_T.+1,
  accuracy D (M1 Hinge) (coordinates P1 (vector_sgd (M1 Hinge) P1 w1 (take t xs))) <= 1 - 1 / 10%:R])
  <= binomial_below T (1 / 10%:R) 19.
Proof.
apply: (@Statements.T14_inaccurate Q 3 0 1 D (M1 Hinge) P1 (1 / 2%:R) Hinge (point 2%:R) w1 1
  (1 / 10%:R) 19 T
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _)
    (ltW quarter_gt0) P1_separates_atoms
  (P1_leaky_atoms _) isT).
by move=> u; rewrite w1_A w1_F w1_W w1_v; exact: w1_bound.
Qed.

(** eta for its square. *)
Lemma T14_inaccurate_wrong_square : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss)
    (v : 'rV[R]_d) (w : network R n d) (rho2 eps : R) (k T : nat),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) -> 0 < eps <= 1 ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  (forall u : nat,
    F0 + eta M * A * u%:R <= 0
    \/ (F0 + eta M * A * u%:R) ^+ 2
        <= A * length_squared v * (W + u%:R * (theta * eta M + eta M * (A * rho2))) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps
        k).
Proof.
move=> wrong; suff : Pr D 0 (fun xs => [forall t : 'I_1, accuracy D
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R)
    (coordinates (line_key 1) (vector_sgd (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R) (line_key 1)
      (line_network 1 0 0 0 0 0) (take t xs))) <= 1 - 1 / 2%:R]) <= 0.
  rewrite PrE expectation0 (_ : [forall t, _] = true) //; apply/forallP => t.
  by rewrite /accuracy big_mkcond big_bool !line_margin; numbers.
rewrite -[X in _ <= X](binomial_below0 0 (1 / 2%:R)).
apply: (wrong Q 3%N 0%N 1%N D (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R) (line_key 1) (1 / 2%:R)
  Hinge
  (point 2%:R) (line_network 1 0 0 0 0 0) 1 (1 / 2%:R) 0%N 0%N
    (And4 (or_introl erefl) erefl erefl erefl) slope_half
  (or_introl erefl) (line_dictionary _ _ _ _) isT P1_separates_atoms (P1_leaky_atoms _) isT).
move=> u; cbv beta zeta => either; apply: (none_allowed _ _ _ _ either); numbers;
  [by apply/eqP | by apply/eqP | by vm_compute | by vm_compute].
Qed.

(** The step forgotten. *)
Lemma T14_inaccurate_wrong_step : ~ (forall (R : realFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d)
    (w : network R n d) (rho2 eps : R) (k T : nat),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 <= eta M -> (forall i : atom D, separates P c v (sample_at i)) ->
  (forall i : atom D, leaky_spread M c (sample_at i) <= rho2) -> 0 < eps <= 1 ->
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  (forall u : nat,
    F0 + eta M * A * u%:R <= 0
    \/ (F0 + eta M * A * u%:R) ^+ 2
        <= A * length_squared v * (W + u%:R * (theta * eta M + A * rho2)) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps
        k).
Proof.
move=> wrong; suff : Pr D 0 (fun xs => [forall t : 'I_1, accuracy D
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R)
    (coordinates (line_key 1) (vector_sgd (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R) (line_key 1)
      (line_network 1 0 0 0 0 0) (take t xs))) <= 1 - 1 / 2%:R]) <= 0.
  rewrite PrE expectation0 (_ : [forall t, _] = true) //; apply/forallP => t.
  by rewrite /accuracy big_mkcond big_bool !line_margin; numbers.
rewrite -[X in _ <= X](binomial_below0 0 (1 / 2%:R)).
apply: (wrong Q 3%N 0%N 1%N D (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 100%:R) (line_key 1) (1 / 2%:R)
  Hinge
  (point 2%:R) (line_network 1 0 0 0 0 0) 1 (1 / 2%:R) 0%N 0%N
    (And4 (or_introl erefl) erefl erefl erefl) slope_half
  (or_introl erefl) (line_dictionary _ _ _ _) isT P1_separates_atoms (P1_leaky_atoms _) isT).
move=> u; cbv beta zeta => either; apply: (none_allowed _ _ _ _ either); numbers;
  [by apply/eqP | by apply/eqP | by vm_compute | by vm_compute].
Qed.

Example T14_limit_holds : exists T0, forall T, (T0 <= T)%N -> 1 - 1 / 100%:R <= Pr D T (fun xs =>
  [forall i : atom D, gate_at (M1 Hinge) (coordinates P1 (vector_sgd (M1 Hinge) P1 w1 xs)) (sample_at i)
    == 0]).
Proof.
have [likely _] := @Statements.T14_limit [archiFieldType of rat] 3 0 1 D (M1 Hinge) P1 (1 / 2%:R) Hinge
  (point 2%:R) w1
  (1 / 100%:R) (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl)
    (line_dictionary _ _ _ _) quarter_gt0 w1_head P1_separates_atoms isT.
exact: likely.
Qed.

(** Heads that are 0. *)
Lemma T14_limit_wrong_head : ~ (forall (R : archiFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss) (v : 'rV[R]_d)
    (w : network R n d) (delta : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M ->
  (forall i : atom D, separates P c v (sample_at i)) -> 0 < delta ->
  (exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]))
  /\ forall w' : network R n d, (forall i : atom D, gate_at M (coordinates P w') (sample_at i) = 0) ->
      accuracy D M (coordinates P w') = 1
      /\ forall u : seq (atom D),
          (forall j, filters (vector_sgd M P w' (samples u)) j = filters w' j) /\
          (forall j, heads (vector_sgd M P w' (samples u)) j = heads w' j)).
Proof.
move=> wrong; have [[T likely] _] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_law 1 half01)
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 1) (line_key 1) (1 / 2%:R) Hinge (point 2%:R)
    (line_network 0 0 0 1 0 0) (1 / 2%:R)
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    P1_separates_atoms isT.
have := likely T (leqnn T); rewrite never_closed //; first exact: still_no_head.
by exists true; rewrite /gate_at line_margin; numbers.
Qed.

(** Empty images move nothing. *)
Lemma T14_limit_wrong_separator : ~ (forall (R : archiFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R) (l : loss)
    (v : 'rV[R]_d) (w : network R n d) (delta : R),
  fixed_head_leaky M c l -> 0 < c <= 1 -> l = Hinge \/ l = Perceptron -> dictionary_of M P ->
  0 < eta M -> (exists j, heads w j != 0) ->
  0 < delta ->
  (exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0]))
  /\ forall w' : network R n d, (forall i : atom D, gate_at M (coordinates P w') (sample_at i) = 0) ->
      accuracy D M (coordinates P w') = 1
      /\ forall u : seq (atom D),
          (forall j, filters (vector_sgd M P w' (samples u)) j = filters w' j) /\
          (forall j, heads (vector_sgd M P w' (samples u)) j = heads w' j)).
Proof.
move=> wrong; have [[T likely] _] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_law 0 half01)
  (line_model (LeakyRelu (1 / 2%:R)) Hinge 1 1) (line_key 1) (1 / 2%:R) Hinge (point 2%:R)
    (line_network 1 0 0 0 0 0) (1 / 2%:R)
  (And4 (or_introl erefl) erefl erefl erefl) slope_half (or_introl erefl) (line_dictionary _ _ _ _) isT
    (ex_intro _ g0 isT) isT.
have := likely T (leqnn T); rewrite never_closed //; first exact: still_empty.
by exists true; rewrite /gate_at line_margin; numbers.
Qed.
