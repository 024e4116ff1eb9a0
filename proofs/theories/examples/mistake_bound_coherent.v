(** * T6c: examples and refuted near misses

    On the line ([line.v]) with keys of length 2 that are opposed, where A1 fails: a winner for each
    label and a loser, so that H is 2, |W(0)|^2 - S is 1/16, A is 3 and rho2 is 4. The near misses are
    refuted by one image, or by images that move nothing. *)

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

Local Notation P2 := (line_key 2%:R).
Local Notation M2 l := (line_model Relu l 2%:R (1 / 4%:R)).
Local Notation w2 := (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) (1 / 4%:R)).
Local Notation path ys := (map (line_sample 1) ys).
Local Notation steps ys := (map (@single Q 0) (path ys)).
Local Notation D := (line_law 1 half01).

(** Any path of both images. *)
Example T6c_hinge_holds (ys : seq bool) :
  let mu y := gate_sum y (gates_of (M2 Hinge) (coordinates P2 w2) (steps ys)) in
  2%:R * (1 / 4%:R * 1%:R * (mu true + mu false)) ^+ 2
    <= 1 / 16%:R + (2%:R * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * (3%:R * 4%:R)) * (mu true + mu false).
Proof.
have keys : all (images (key_at_least 1)) (steps ys) by rewrite pathwise.images_singles path_keys.
have small : all (images (fun x => spread (M2 Hinge) x <= 4%:R)) (steps ys).
  by rewrite pathwise.images_singles w2_small.
have [_] := @Statements.T6c_hinge Q 3 0 1 (M2 Hinge) P2 1 w2 (steps ys) 4%:R
  (And4 erefl erefl erefl erefl)
  (line_dictionary _ _ _ _) (line_not_aligned _ _ _ two_gt0) (ltW quarter_gt0)
  (pathwise.singles_within Q (path ys)) keys small _ erefl.
by rewrite w2_H w2_rest w2_A.
Qed.

(** The term 2 eta left out. *)
Lemma T6c_hinge_wrong_constant : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_relu M Hinge -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + (eta M ^+ 2 * (A * rho2)) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge 1 1) (line_key 1) 1%N
  (line_network 1 0 0 (1 / 2%:R) 0 0) [:: single Q (line_sample 1 true)] _
  (And4 erefl erefl erefl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT
  (one_within _ _) (one_keys _ _) (one_spread _ _ _ _ _ _) _ erefl.
case=> + _; numbers.
by vm_compute.
Qed.

(** eta for its square. *)
Lemma T6c_hinge_wrong_square : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_relu M Hinge -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + (2%:R * eta M + eta M * (A * rho2)) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge 1 4%:R) (line_key 1) 1%N
  (line_network 1 0 0 (1 / 2%:R) 0 0) [:: single Q (line_sample 1 true)] _
  (And4 erefl erefl erefl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT
  (one_within _ _) (one_keys _ _) (one_spread _ _ _ _ _ _) _ erefl.
case=> + _; numbers.
by vm_compute.
Qed.

(** The length of the keys forgotten. *)
Lemma T6c_hinge_wrong_length : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_relu M Hinge -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + (2%:R * eta M + eta M ^+ 2 * (A * rho2)) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge (1 / 10%:R) 10%:R)
  (line_key (1 / 10%:R)) 1%N
  (line_network 1 0 0 (1 / 2%:R) 0 0) [:: single Q (line_sample 1 true)] _
  (And4 erefl erefl erefl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ tenth_gt0) isT
  (one_within _ _) (one_keys _ _) (one_spread _ _ _ _ _ _) _ erefl.
case=> + _; numbers.
by vm_compute.
Qed.

(** The sum of the squared coordinates for the squared lengths. *)
Lemma T6c_hinge_wrong_coordinates : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_relu M Hinge -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j \sum_p weight s j p ^+ 2 - S
    + (2%:R * eta M + eta M ^+ 2 * (A * rho2)) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge (1 / 10%:R) 1) (line_key (1 / 10%:R))
  1%N
  (line_network 1 0 0 5%:R 0 0) [:: single Q (line_sample 1 true)] _
  (And4 erefl erefl erefl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ tenth_gt0) isT
  (one_within _ _) (one_keys _ _) (one_spread _ _ _ _ _ _) _ erefl.
case=> + _; rewrite ?sum3 !sum_keys; numbers.
by vm_compute.
Qed.

(** Any path of both images. *)
Example T6c_perceptron_holds (ys : seq bool) :
  let mu y := gate_sum y (gates_of (M2 Perceptron) (coordinates P2 w2) (steps ys)) in
  2%:R * (1 / 4%:R * 1%:R * (mu true + mu false)) ^+ 2
    <= 1 / 16%:R + (1 / 4%:R) ^+ 2 * (3%:R * 4%:R) * (mu true + mu false).
Proof.
have keys : all (images (key_at_least 1)) (steps ys) by rewrite pathwise.images_singles path_keys.
have small : all (images (fun x => spread (M2 Perceptron) x <= 4%:R)) (steps ys).
  by rewrite pathwise.images_singles w2_small.
have [_] := @Statements.T6c_perceptron Q 3 0 1 (M2 Perceptron) P2 1 w2 (steps ys) 4%:R
  (And4 erefl erefl erefl erefl)
  (line_dictionary _ _ _ _) (line_not_aligned _ _ _ two_gt0) (ltW quarter_gt0)
  (pathwise.singles_within Q (path ys)) keys small _ erefl.
by rewrite w2_H w2_rest w2_A.
Qed.

(** eta for its square. *)
Lemma T6c_perceptron_wrong_square : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_relu M Perceptron -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + eta M * (A * rho2) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Perceptron 1 2%:R) (line_key 1) 1%N
  (line_network 1 (-1) 0 2%:R 2%:R 0) [:: single Q (line_sample 1 true)] _
  (And4 erefl erefl erefl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT
  (one_within _ _) (one_keys _ _) (one_spread _ _ _ _ _ _) _ erefl.
case=> + _; numbers.
by vm_compute.
Qed.

(** Twice as many keys. *)
Lemma T6c_perceptron_wrong_keys : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (Bs : seq (batch R K)) (rho2 : R),
  fixed_head_relu M Perceptron -> dictionary_of M P -> keys_not_aligned M -> 0 <= eta M ->
  all (weights_within 1) Bs -> all (images (key_at_least r)) Bs ->
  all (images (fun x => spread M x <= rho2)) Bs ->
  let s := coordinates P w in
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let right := \sum_j length_squared (filters w j) - S
    + eta M ^+ 2 * (A * rho2) * (mu true + mu false) in
  \sum_(y : bool) (A_of y * (eta M * (2 * r)%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ A_of true * A_of false / (A_of true + A_of false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_model Relu Perceptron 1 2%:R) (line_key 1) 1%N
  (line_network 1 (-1) 0 2%:R 2%:R 0) [:: single Q (line_sample 1 true)] _
  (And4 erefl erefl erefl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT
  (one_within _ _) (one_keys _ _) (one_spread _ _ _ _ _ _) _ erefl.
case=> + _; numbers.
by vm_compute.
Qed.

(** At most 21/2 updates, however long the path. *)
Example T6c_explicit_holds (ys : seq bool) :
  (mistakes (M2 Hinge) (coordinates P2 w2) (path ys))%:R <= 21%:R / 2%:R :> Q.
Proof.
have := @Statements.T6c_explicit Q 3 0 1 (M2 Hinge) P2 Hinge 1 w2 (path ys) 4%:R
  (And4 erefl erefl erefl erefl)
  (or_introl erefl) (line_dictionary _ _ _ _) (line_not_aligned _ _ _ two_gt0) quarter_gt0 isT isT
  (path_keys 1 ys) (w2_small Hinge ys) w2_both.
rewrite w2_H w2_rest w2_A => le; apply: le_trans le _.
by vm_compute.
Qed.

(** eta for its square. *)
Lemma T6c_explicit_wrong_square : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (xs : seq (sample K))
    (rho2 : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> 0 <= rho2 -> all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs
    ->
  let s := coordinates P w in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  both_win s ->
  (mistakes M s xs)%:R <=
    (\sum_j length_squared (filters w j) - S + (2%:R * eta M + eta M * (A * rho2)))
    / (A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R) ^+ 2)).
Proof.
move=> wrong.
have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge 1 16%:R) (line_key 1) Hinge 1%N
  (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0) [:: line_sample 1 true]
    (1%:R * 1%:R * Num.max 0 (1 * 1)) (And4 erefl erefl erefl erefl)
  (or_introl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT isT isT
  (path_keys 1 [:: true]) (path_spread Relu Hinge 1 16%:R 1 [:: true]).
have both : both_win (coordinates (line_key 1) (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
move/(_ both); rewrite /mistakes; numbers.
by vm_compute.
Qed.

(** The length of the keys forgotten. *)
Lemma T6c_explicit_wrong_length : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (xs : seq (sample K))
    (rho2 : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> 0 <= rho2 -> all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs
    ->
  let s := coordinates P w in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  both_win s ->
  (mistakes M s xs)%:R <=
    (\sum_j length_squared (filters w j) - S + (2%:R * eta M + eta M ^+ 2 * (A * rho2)))
    / (A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R) ^+ 2)).
Proof.
move=> wrong.
have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge (1 / 4%:R) 16%:R) (line_key (1 / 4%:R)) Hinge 1%N
  (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0) [:: line_sample 1 true]
    (1%:R * 1%:R * Num.max 0 ((1 / 4%:R) * (1 / 4%:R))) (And4 erefl erefl erefl erefl)
  (or_introl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ quarter_gt0) isT isT isT
  (path_keys 1 [:: true]) (path_spread Relu Hinge (1 / 4%:R) 16%:R 1 [:: true]).
have both : both_win (coordinates (line_key (1 / 4%:R))
  (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
move/(_ both); rewrite /mistakes; numbers.
by vm_compute.
Qed.

(** Without winners a division by 0. *)
Lemma T6c_explicit_wrong_winners : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (xs : seq (sample K))
    (rho2 : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> 0 <= rho2 -> all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs
    ->
  let s := coordinates P w in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (mistakes M s xs)%:R <=
    (\sum_j length_squared (filters w j) - S + (2%:R * eta M + eta M ^+ 2 * (A * rho2)))
    / (A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R) ^+ 2)).
Proof.
move=> wrong.
have := wrong Q 3%N 0%N 1%N (line_model Relu Hinge 1 1) (line_key 1) Hinge 1%N
  (line_network 0 0 0 0 0 0) [:: line_sample 1 true] (1%:R * 1%:R * Num.max 0 (1 * 1))
    (And4 erefl erefl erefl erefl)
  (or_introl erefl) (@line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT isT isT
  (path_keys 1 [:: true]) (path_spread Relu Hinge 1 1 1 [:: true]).
by rewrite /mistakes; numbers; vm_compute.
Qed.

Example T6c_finitely_many_holds : exists k, forall ys,
  (mistakes (M2 Perceptron) (coordinates P2 w2) (path ys) <= k)%N.
Proof.
have [k few] := @Statements.T6c_finitely_many [archiFieldType of rat] 3 0 1 (M2 Perceptron) P2
  Perceptron 1 w2
  4%:R (And4 erefl erefl erefl erefl) (or_intror erefl) (line_dictionary _ _ _ _)
  (line_not_aligned _ _ _ two_gt0) quarter_gt0 isT w2_both.
by exists k => ys; apply: few; [exact: path_keys | exact: w2_small].
Qed.

(** Filters that are 0 never move. *)
Lemma T6c_finitely_many_wrong_winners : ~ (forall (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (rho2 : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N ->
  exists k, forall xs, all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N).
Proof.
move=> wrong; have [u few] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_model Relu Hinge 1 1)
  (line_key 1) Hinge 1%N (line_network 1 (-1) 0 0 0 0) (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ one_gt0) isT isT.
have := few (map (line_sample 1) (nseq u.+1 true)) (path_keys _ _) (path_spread _ _ _ _ _ _).
rewrite map_nseq stuck ?ltnn //; last by rewrite /gate_at line_margin; numbers.
exact: still_zero.
Qed.

(** Empty images move nothing. *)
Lemma T6c_finitely_many_wrong_keys : ~ (forall (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (rho2 : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> both_win (coordinates P w) ->
  exists k, forall xs, all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N).
Proof.
have both : both_win (coordinates (line_key 1) (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
move=> wrong; have [u few] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_model Relu Hinge 1 1)
  (line_key 1) Hinge 0%N (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)
    (0%:R * 0%:R * Num.max 0 (1 * 1))
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ one_gt0) isT both.
have := few (map (line_sample 0) (nseq u.+1 true)) (path_keys _ _) (path_spread _ _ _ _ _ _).
rewrite map_nseq stuck ?ltnn //; last by rewrite /gate_at line_margin; numbers.
exact: still_empty.
Qed.

(** Without steps nothing moves. *)
Lemma T6c_finitely_many_wrong_step : ~ (forall (R : archiFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (rho2 : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (0 < r)%N -> both_win (coordinates P w) ->
  exists k, forall xs, all (key_at_least r) xs -> all (fun x => spread M x <= rho2) xs ->
    (mistakes M (coordinates P w) xs <= k)%N).
Proof.
have both : both_win (coordinates (line_key 1) (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
move=> wrong; have [u few] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_model Relu Hinge 1 0)
  (line_key 1) Hinge 1%N (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)
    (1%:R * 1%:R * Num.max 0 (1 * 1))
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ one_gt0) isT isT both.
have := few (map (line_sample 1) (nseq u.+1 true)) (path_keys _ _) (path_spread _ _ _ _ _ _).
rewrite map_nseq stuck ?ltnn //; last by rewrite /gate_at line_margin; numbers.
exact: still_no_step.
Qed.

(** Filters 2 and -2 get both images right with margin 4: nothing moves any more. *)
Example T6c_settled_holds (v : seq bool) :
  accuracy D (M2 Hinge) (coordinates P2 (line_network 1 (-1) 0 2%:R (- 2%:R) 0)) = 1
  /\ filters (vector_sgd (M2 Hinge) P2 (line_network 1 (-1) 0 2%:R (- 2%:R) 0) (path v)) g0 = point 2%:R.
Proof.
have shut (y : atom D) : gate_at (M2 Hinge) (coordinates P2 (line_network 1 (-1) 0 2%:R (- 2%:R) 0))
  (sample_at y) = 0.
  by rewrite /gate_at line_margin; numbers; case: y; apply/eqP.
have [one /(_ v)[same _]] := @Statements.T6c_settled Q 3 0 1 D (M2 Hinge) P2 _ shut.
by split=> //; exact: same.
Qed.

(** One closed gate is not enough. *)
Lemma T6c_settled_wrong_one : ~ (forall (R : realFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (w : network R n d),
  (exists i : atom D, gate_at M (coordinates P w) (sample_at i) = 0) ->
  accuracy D M (coordinates P w) = 1
  /\ forall v : seq (atom D),
      (forall j, filters (vector_sgd M P w (samples v)) j = filters w j) /\
      (forall j, heads (vector_sgd M P w (samples v)) j = heads w j)).
Proof.
move=> wrong; have [|+ _] := wrong Q 3%N 0%N 1%N D (line_model Relu Hinge 1 1) (line_key 1)
  (line_network 1 0 0 2%:R 0 0).
  by exists true; rewrite /gate_at line_margin; numbers; apply/eqP.
by rewrite /accuracy big_mkcond big_bool !line_margin; numbers => /eqP; vm_compute.
Qed.

(** Open gates in place of closed ones. *)
Lemma T6c_settled_wrong_open : ~ (forall (R : realFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (w : network R n d),
  (forall i : atom D, gate_at M (coordinates P w) (sample_at i) = 1) ->
  accuracy D M (coordinates P w) = 1
  /\ forall v : seq (atom D),
      (forall j, filters (vector_sgd M P w (samples v)) j = filters w j) /\
      (forall j, heads (vector_sgd M P w (samples v)) j = heads w j)).
Proof.
move=> wrong; have [y|+ _] := wrong Q 3%N 0%N 1%N D (line_model Relu Hinge 1 1) (line_key 1)
  (line_network 1 0 0 0 0 0).
  by rewrite /gate_at line_margin; numbers; case: y; apply/eqP.
by rewrite /accuracy big_mkcond big_bool !line_margin; numbers => /eqP; vm_compute.
Qed.

(** Filters 2 and -2 are moved by no image, so no gate is open. *)
Example T6c_absorbing_holds (y : bool) :
  gate_at (M2 Hinge) (coordinates P2 (line_network 1 (-1) 0 2%:R (- 2%:R) 0)) (line_sample 1 y) = 0.
Proof.
have win : both_win (coordinates P2 (line_network 1 (-1) 0 2%:R (- 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
apply: (@Statements.T6c_absorbing Q 3 0 1 D (M2 Hinge) P2 Hinge 1
  (line_network 1 (-1) 0 2%:R (- 2%:R) 0) [::]
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ two_gt0)
  quarter_gt0 isT (line_keys 1) win _ y) => i j.
rewrite /= big1 ?scaler0 ?addr0 // => p _.
rewrite /filter_gradient /gated /= big_seq1 /= /gate_at line_margin; numbers.
by rewrite [if _ then _ else _](_ : _ = 0) ?mulr0 ?mul0r ?scale0r //; case: i; apply/eqP.
Qed.

(** Filters that are 0 never move. *)
Lemma T6c_absorbing_wrong_winners : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat)
    (w : network R n d) (v : seq (atom D)),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N -> (forall i : atom D, key_at_least r (sample_at i)) ->
  let now := vector_sgd M P w (samples v) in
  (forall (i : atom D) j, filters (vector_step M P now (single R (sample_at i))) j = filters now j) ->
  forall i : atom D, gate_at M (coordinates P now) (sample_at i) = 0).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_law 1 half01) (line_model Relu Hinge 1 1) (line_key 1)
  Hinge 1%N (line_network 1 (-1) 0 0 0 0) [::] (And4 erefl erefl erefl erefl) (or_introl erefl)
    (line_dictionary _ _ _ _)
  (line_not_aligned _ _ _ one_gt0) isT isT (line_keys 1).
have still (y : bool) j : filters (vector_step (line_model Relu Hinge 1 1) (line_key 1)
  (line_network 1 (-1) 0 0 0 0)
    (single Q (line_sample 1 y))) j = filters (line_network 1 (-1) 0 0 0 0) j.
  rewrite /= big1 ?scaler0 ?addr0 // => p _.
  rewrite /filter_gradient /gated /= big_seq1 /pooled_derivative /= [if _ then _ else _](_ : _ = 0).
    by rewrite !mulr0 scale0r.
  have -> : three 0 0 0 j = 0 by rewrite /three; case: eqP => // _; case: eqP.
  by rewrite dot_point mul0r ltxx.
move/(_ still true) => /eqP.
by rewrite /gate_at line_margin; numbers; vm_compute.
Qed.

(** Without steps nothing moves. *)
Lemma T6c_absorbing_wrong_step : ~ (forall (R : realFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d)
    (v : seq (atom D)),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (0 < r)%N -> (forall i : atom D, key_at_least r (sample_at i)) ->
  both_win (coordinates P w) ->
  let now := vector_sgd M P w (samples v) in
  (forall (i : atom D) j, filters (vector_step M P now (single R (sample_at i))) j = filters now j) ->
  forall i : atom D, gate_at M (coordinates P now) (sample_at i) = 0).
Proof.
have both : both_win (coordinates (line_key 1) (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_law 1 half01) (line_model Relu Hinge 1 0) (line_key 1)
  Hinge 1%N (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0) [::] (And4 erefl erefl erefl erefl)
    (or_introl erefl) (line_dictionary _ _ _ _)
  (line_not_aligned _ _ _ one_gt0) isT isT (line_keys 1) both.
have still (y : bool) j : filters (vector_step (line_model Relu Hinge 1 0) (line_key 1)
  (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)
    (single Q (line_sample 1 y))) j = filters (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0) j.
  by rewrite /= mul0r scale0r addr0.
move/(_ still true) => /eqP.
by rewrite /gate_at line_margin; numbers; vm_compute.
Qed.

(** At most 10 updates are allowed: after T images some gate is open with a probability of at most
    P(Bin(T, 1/2) < 10). *)
Lemma w2_bound (u : nat) : 2%:R * (1 / 4%:R * 1%:R * u%:R) ^+ 2
    <= 1 / 16%:R + (2%:R * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * (3%:R * 4%:R)) * u%:R :> Q -> (u <= 10)%N.
Proof.
by apply: (@at_most 2%:R (1 / 4%:R * 1%:R) (1 / 16%:R)
  (2%:R * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * (3%:R * 4%:R)) 10 u); vm_compute.
Qed.

Lemma w2_small_atoms (i : atom D) : spread (M2 Hinge) (sample_at i) <= 4%:R.
Proof. by rewrite line_spread. Qed.

Example T6c_unsettled_holds T :
  Pr D T (fun xs => [exists i : atom D, gate_at (M2 Hinge)
    (coordinates P2 (vector_sgd (M2 Hinge) P2 w2 xs)) (sample_at i) != 0]) <= binomial_below T
      (1 / 2%:R) 10.
Proof.
have [|+ _] := @Statements.T6c_unsettled Q 3 0 1 D (M2 Hinge) P2 Hinge 1 w2 4%:R (1 / 2%:R) 10 T
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ two_gt0)
  (ltW quarter_gt0) (line_keys 1) w2_small_atoms isT half_least; last by [].
by move=> u; rewrite w2_H w2_rest w2_A; exact: w2_bound.
Qed.

(** eta for its square: with a step of 100 no update would be allowed, while a gate is open at the start. *)
Lemma T6c_unsettled_wrong_square : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat)
    (w : network R n d) (rho2 p : R) (k T : nat),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  let s := coordinates P w in
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (forall u : nat,
    A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j length_squared (filters w j) - S + (theta * eta M + eta M * (A * rho2)) * u%:R ->
    (u <= k)%N) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) !=
    0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k).
Proof.
move=> wrong; have [|bad _] := wrong Q 3%N 0%N 1%N D (line_model Relu Hinge 1 100%:R) (line_key 1) Hinge
  1%N
  (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) 1) (1 * 1) (1 / 2%:R) 0%N 0%N
    (And4 erefl erefl erefl erefl)
  (or_introl erefl) (line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT (line_keys 1)
  (line_small _ one_gt0) isT half_least.
  by move=> u; cbv beta zeta => le; apply: (at_most _ _ _ le); numbers; vm_compute.
move: bad; rewrite binomial_below0 PrE expectation0 (_ : [exists i, _] = true) //.
by apply/existsP; exists true; rewrite /gate_at line_margin; numbers.
Qed.

(** The length of the keys forgotten. *)
Lemma T6c_unsettled_wrong_length : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat)
    (w : network R n d) (rho2 p : R) (k T : nat),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  let s := coordinates P w in
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (forall u : nat,
    A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j length_squared (filters w j) - S + (theta * eta M + eta M ^+ 2 * (A * rho2)) * u%:R ->
    (u <= k)%N) ->
  Pr D T (fun xs => [exists i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) !=
    0])
    <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1,
        accuracy D M (coordinates P (vector_sgd M P w (take t xs))) < 1]) <= binomial_below T p k).
Proof.
move=> wrong; have [|bad _] := wrong Q 3%N 0%N 1%N D (line_model Relu Hinge (1 / 4%:R) 100%:R)
  (line_key (1 / 4%:R)) Hinge 1%N
  (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) 1) ((1 / 4%:R) * (1 / 4%:R)) (1 / 2%:R) 0%N 0%N
    (And4 erefl erefl erefl erefl)
  (or_introl erefl) (line_dictionary _ _ _ _) (line_not_aligned _ _ _ quarter_gt0) isT (line_keys 1)
  (line_small _ quarter_gt0) isT half_least.
  by move=> u; cbv beta zeta => le; apply: (at_most _ _ _ le); numbers; vm_compute.
move: bad; rewrite binomial_below0 PrE expectation0 (_ : [exists i, _] = true) //.
by apply/existsP; exists true; rewrite /gate_at line_margin; numbers.
Qed.

Example T6c_inaccurate_holds T : Pr D T (fun xs => [forall t : 'I_T.+1,
  accuracy D (M2 Hinge) (coordinates P2 (vector_sgd (M2 Hinge) P2 w2 (take t xs))) <= 1 - 1 / 10%:R])
  <= binomial_below T (1 / 10%:R) 10.
Proof.
apply: (@Statements.T6c_inaccurate Q 3 0 1 D (M2 Hinge) P2 Hinge 1 w2 4%:R (1 / 10%:R) 10 T
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ two_gt0)
  (ltW quarter_gt0) (line_keys 1) w2_small_atoms isT).
by move=> u; rewrite w2_H w2_rest w2_A; exact: w2_bound.
Qed.

(** eta for its square. *)
Lemma T6c_inaccurate_wrong_square : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat)
    (w : network R n d) (rho2 eps : R) (k T : nat),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) -> 0 < eps <= 1 ->
  let s := coordinates P w in
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (forall u : nat,
    A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j length_squared (filters w j) - S + (theta * eta M + eta M * (A * rho2)) * u%:R ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps
        k).
Proof.
move=> wrong; suff : Pr D 0 (fun xs => [forall t : 'I_1, accuracy D (line_model Relu Hinge 1 100%:R)
    (coordinates (line_key 1) (vector_sgd (line_model Relu Hinge 1 100%:R) (line_key 1)
      (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) 1) (take t xs))) <= 1 - 1 / 2%:R]) <= 0.
  rewrite PrE expectation0 (_ : [forall t, _] = true) //; apply/forallP => t.
  by rewrite /accuracy big_mkcond big_bool !line_margin; numbers.
rewrite -(binomial_below0 0 (1 / 2%:R)).
apply: (wrong Q 3%N 0%N 1%N D (line_model Relu Hinge 1 100%:R) (line_key 1) Hinge 1%N
  (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) 1) (1 * 1) (1 / 2%:R) 0%N 0%N
    (And4 erefl erefl erefl erefl)
  (or_introl erefl) (line_dictionary _ _ _ _) (line_not_aligned _ _ _ one_gt0) isT (line_keys 1)
  (line_small _ one_gt0) isT).
by move=> u; cbv beta zeta => le; apply: (at_most _ _ _ le); numbers; vm_compute.
Qed.

(** The length of the keys forgotten. *)
Lemma T6c_inaccurate_wrong_length : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat)
    (w : network R n d) (rho2 eps : R) (k T : nat),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, spread M (sample_at i) <= rho2) -> 0 < eps <= 1 ->
  let s := coordinates P w in
  let theta : R := if l is Hinge then 2%:R else 0 in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  (forall u : nat,
    A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j length_squared (filters w j) - S + (theta * eta M + eta M ^+ 2 * (A * rho2)) * u%:R ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1,
      accuracy D M (coordinates P (vector_sgd M P w (take t xs))) <= 1 - eps]) <= binomial_below T eps
        k).
Proof.
move=> wrong; suff : Pr D 0 (fun xs => [forall t : 'I_1, accuracy D
  (line_model Relu Hinge (1 / 4%:R) 100%:R)
    (coordinates (line_key (1 / 4%:R)) (vector_sgd (line_model Relu Hinge (1 / 4%:R) 100%:R)
      (line_key (1 / 4%:R))
      (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) 1) (take t xs))) <= 1 - 1 / 2%:R]) <= 0.
  rewrite PrE expectation0 (_ : [forall t, _] = true) //; apply/forallP => t.
  by rewrite /accuracy big_mkcond big_bool !line_margin; numbers.
rewrite -(binomial_below0 0 (1 / 2%:R)).
apply: (wrong Q 3%N 0%N 1%N D (line_model Relu Hinge (1 / 4%:R) 100%:R) (line_key (1 / 4%:R)) Hinge 1%N
  (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) 1) ((1 / 4%:R) * (1 / 4%:R)) (1 / 2%:R) 0%N 0%N
    (And4 erefl erefl erefl erefl)
  (or_introl erefl) (line_dictionary _ _ _ _) (line_not_aligned _ _ _ quarter_gt0) isT (line_keys 1)
  (line_small _ quarter_gt0) isT).
by move=> u; cbv beta zeta => le; apply: (at_most _ _ _ le); numbers; vm_compute.
Qed.

Example T6c_limit_holds : exists T0, forall T, (T0 <= T)%N -> 1 - 1 / 100%:R <= Pr D T (fun xs =>
  [forall i : atom D, gate_at (M2 Hinge) (coordinates P2 (vector_sgd (M2 Hinge) P2 w2 xs)) (sample_at i)
    == 0]).
Proof.
exact: (@Statements.T6c_limit [archiFieldType of rat] 3 0 1 D (M2 Hinge) P2 Hinge 1 w2 (1 / 100%:R)
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ two_gt0)
  quarter_gt0 isT w2_both (line_keys 1) isT).
Qed.

(** Filters that are 0 never move. *)
Lemma T6c_limit_wrong_winners : ~ (forall (R : archiFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (delta : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> (0 < r)%N ->
  (forall i : atom D, key_at_least r (sample_at i)) -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0])).
Proof.
move=> wrong; have [T likely] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_law 1 half01)
  (line_model Relu Hinge 1 1) (line_key 1) Hinge 1%N (line_network 1 (-1) 0 0 0 0) (1 / 2%:R)
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ one_gt0) isT isT (line_keys 1) isT.
have := likely T (leqnn T); rewrite never_closed //; first exact: still_zero.
by exists true; rewrite /gate_at line_margin; numbers.
Qed.

(** Empty images move nothing. *)
Lemma T6c_limit_wrong_keys : ~ (forall (R : archiFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (l : loss) (r : nat) (w : network R n d) (delta : R),
  fixed_head_relu M l -> l = Hinge \/ l = Perceptron -> dictionary_of M P -> keys_not_aligned M ->
  0 < eta M -> both_win (coordinates P w) ->
  (forall i : atom D, key_at_least r (sample_at i)) -> 0 < delta ->
  exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs =>
    [forall i : atom D, gate_at M (coordinates P (vector_sgd M P w xs)) (sample_at i) == 0])).
Proof.
have both : both_win (coordinates (line_key 1) (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)).
  by apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; rewrite inE /winner /= dot_point.
move=> wrong; have [T likely] := wrong [archiFieldType of rat] 3%N 0%N 1%N (line_law 0 half01)
  (line_model Relu Hinge 1 1) (line_key 1) Hinge 0%N (line_network 1 (-1) 0 (1 / 2%:R) (- 1 / 2%:R) 0)
    (1 / 2%:R)
  (And4 erefl erefl erefl erefl) (or_introl erefl) (line_dictionary _ _ _ _)
    (line_not_aligned _ _ _ one_gt0) isT both (line_keys 0) isT.
have := likely T (leqnn T); rewrite never_closed //; first exact: still_empty.
by exists true; rewrite /gate_at line_margin; numbers.
Qed.
