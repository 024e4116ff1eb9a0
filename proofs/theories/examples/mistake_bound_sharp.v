(** * T6s: examples and refuted near misses

    On the second problem, hinge and perceptron: Q is 24, A_+ is 2 and A_- is 1, the keys of the winners
    of either label add up to 3/8, the squares of the other positive coordinates to 25/32. On the small
    problem, squared hinge: Q is 4, A_+ and A_- are 1, the keys 1/4 and 1/2, the other squares 1/4. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.evaluation.
From filtercert Require pathwise.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** The same inequality with its numbers put together. *)
Lemma same_le (a b a' b' : rat) : a = a' -> b = b' -> a <= b -> a' <= b'.
Proof. by move=> -> ->. Qed.

Section Second.
Local Notation D := two_distribution.
Local Notation s0 := two_state.

Lemma two_active (i : atom D) : active_square s0 (sample_at i) <= 24%:R.
Proof. by rewrite active_square_x; case: i => -[] []; vm_compute. Qed.

Lemma two_key_at_least (i : atom D) : key_at_least 2 (sample_at i).
Proof. by case: i => -[] []. Qed.

Lemma two_rest : \sum_j \sum_(p | ~~ winner_key s0 j p) relu (weight s0 j p) ^+ 2 = 25%:R / 32%:R.
Proof. by rewrite rest_x; apply/eqP; vm_compute. Qed.

Lemma two_heads y : head_square s0 y = if y then 2%:R else 1.
Proof. by rewrite head_square_x; case: y; apply/eqP; vm_compute. Qed.

Lemma two_keys y : \sum_(j | winner s0 y j) `|head s0 j| * weight s0 j (key y) = 3%:R / 8%:R.
Proof. by rewrite keys_x; case: y; apply/eqP; vm_compute. Qed.

Example T6s_hinge_holds (w : seq (atom D)) :
  let M := two_model Hinge false in
  forall mu, mu = (fun y => gate_sum y (gates_of M s0 (map (@single Q 2) (samples w)))) ->
  let right := 25%:R / 32%:R + 2%:R * (mu true + mu false) in
  2%:R * (mu true / 2%:R) ^+ 2 + (mu false / 2%:R) ^+ 2 + 3%:R / 8%:R * (mu true + mu false) <= right
  /\ 2%:R / 3%:R * ((mu true + mu false) / 2%:R) ^+ 2 <= right.
Proof.
move=> M mu mu_def; have keys : all (images (key_at_least 2)) (map (@single Q 2) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: two_key_at_least.
have active : all (images (fun x => active_square s0 x <= 24%:R)) (map (@single Q 2) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: two_active.
have := Statements.T6s_hinge (two_fixed Hinge) (ltW (two_eta _ _))
  (pathwise.singles_within Q (samples w)) keys active mu_def.
rewrite sum_labels !two_keys !two_heads two_rest.
have -> : eta M = 1 / 4%:R by [].
move: (mu true) (mu false) => p q [first second].
by split; [apply: same_le first | apply: same_le second]; field.
Qed.

(** The perceptron: 3/2 in the place of 2. *)
Example T6s_perceptron_holds (w : seq (atom D)) :
  let M := two_model Perceptron false in
  forall mu, mu = (fun y => gate_sum y (gates_of M s0 (map (@single Q 2) (samples w)))) ->
  let right := 25%:R / 32%:R + 3%:R / 2%:R * (mu true + mu false) in
  2%:R * (mu true / 2%:R) ^+ 2 + (mu false / 2%:R) ^+ 2 + 3%:R / 8%:R * (mu true + mu false) <= right
  /\ 2%:R / 3%:R * ((mu true + mu false) / 2%:R) ^+ 2 <= right.
Proof.
move=> M mu mu_def; have keys : all (images (key_at_least 2)) (map (@single Q 2) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: two_key_at_least.
have active : all (images (fun x => active_square s0 x <= 24%:R)) (map (@single Q 2) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: two_active.
have := Statements.T6s_perceptron (two_fixed Perceptron) (ltW (two_eta _ _))
  (pathwise.singles_within Q (samples w)) keys active mu_def.
rewrite sum_labels !two_keys !two_heads two_rest.
have -> : eta M = 1 / 4%:R by [].
move: (mu true) (mu false) => p q [first second].
by split; [apply: same_le first | apply: same_le second]; field.
Qed.

End Second.

(** The squared hinge, eta Q = 2. *)
Section Small.
Local Notation D := small_distribution.
Local Notation s0 := small_state.

Lemma small_active (i : atom D) : active_square s0 (sample_at i) <= 4%:R.
Proof. by rewrite active_square_x; case: i; vm_compute. Qed.

Lemma small_key_at_least (i : atom D) : key_at_least 1 (sample_at i).
Proof. by case: i. Qed.

Lemma small_rest : \sum_j \sum_(p | ~~ winner_key s0 j p) relu (weight s0 j p) ^+ 2 = 1 / 4%:R.
Proof. by rewrite rest_x; apply/eqP; vm_compute. Qed.

Lemma small_heads y : head_square s0 y = 1.
Proof. by rewrite head_square_x; case: y; apply/eqP; vm_compute. Qed.

Lemma small_keys y : \sum_(j | winner s0 y j) `|head s0 j| * weight s0 j (key y) =
  if y then 1 / 4%:R else 1 / 2%:R.
Proof. by rewrite keys_x; case: y; apply/eqP; vm_compute. Qed.

Example T6s_squared_hinge_holds (w : seq (atom D)) :
  let M := small_model SquaredHinge false in
  forall mu, mu = (fun y => gate_sum y (gates_of M s0 (map (@single Q 1) (samples w)))) ->
  let right := 1 / 4%:R + (mu true + mu false) in
  (mu true / 2%:R) ^+ 2 + (mu false / 2%:R) ^+ 2 + mu true / 4%:R + mu false / 2%:R <= right
  /\ 1 / 2%:R * ((mu true + mu false) / 2%:R) ^+ 2 <= right.
Proof.
move=> M mu mu_def; have keys : all (images (key_at_least 1)) (map (@single Q 1) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: small_key_at_least.
have active : all (images (fun x => active_square s0 x <= 4%:R)) (map (@single Q 1) (samples w)).
  by rewrite pathwise.images_singles; apply: all_samples; exact: small_active.
have := Statements.T6s_squared_hinge (small_fixed SquaredHinge) (ltW (small_eta _ _))
  (isT : 1 / 2%:R * 4%:R <= 2%:R :> Q)
  (pathwise.singles_within Q (samples w)) keys active mu_def.
rewrite sum_labels !small_keys !small_heads small_rest.
have -> : eta M = 1 / 2%:R by [].
move: (mu true) (mu false) => p q [first second].
by split; [apply: same_le first | apply: same_le second]; field.
Qed.

End Small.

(** ** Near misses

    One step on the image +. Filter 0 wins label + with a key of 1/2 or more; Q is 1, or 2 where filter
    1, of the other sign, has a positive key too. *)

Definition alone (z : rat) : state Q 1 0 := table_state _ _ [:: [:: z; 0]] [:: 1].
Definition resisted (z v : rat) : state Q 2 0 := table_state _ _ [:: [:: z; 0]; [:: v; 0]] [:: 1; -1].

Definition pluses (k : nat) : seq (sample 0) := nseq k (keyed 0 1 [::] true).
Local Notation singles k := (map (@single Q 0) (pluses k)).

Lemma pluses_keys k : all (images (key_at_least 1)) (singles k).
Proof. by rewrite pathwise.images_singles all_nseq orbT. Qed.

Lemma pluses_active n (s : state Q n 0) (c : rat) k :
  total (ords n) (fun j => head s j ^+ 2 * total (patterns 0) (fun p =>
    if 0 < weight s j p then (count (keyed 0 1 [::] true) p)%:R ^+ 2 else 0)) <= c ->
  all (images (fun x => active_square s x <= c)) (singles k).
Proof. by move=> le; rewrite pathwise.images_singles all_nseq active_square_x le orbT. Qed.

(** The term 2 eta forgotten: 1 + 2 z is claimed to be at most 1. *)
Lemma T6s_hinge_wrong_no_growth :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R),
  fixed_head_network M Hinge -> 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + eta M ^+ 2 * Q * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move/(_ Q 1%N 0%N (tiny 0 Hinge 1) 1%N (alone (1 / 2%:R)) (singles 1) 1 tiny_fixed isT
  (pathwise.singles_within _ _) (pluses_keys 1)
  (pluses_active (s := alone (1 / 2%:R)) (c := 1) 1 isT) _ erefl) => -[bad _]; move: bad.
rewrite sum_labels !keys_x !head_square_x rest_x !(gate_sum_x tiny_fixed).
by vm_compute.
Qed.

(** eta for eta^2, at step size 2: 4 + 3 is claimed to be at most 4 + 2. *)
Lemma T6s_hinge_wrong_eta :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R),
  fixed_head_network M Hinge -> 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + (2%:R * eta M + eta M * Q) * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move/(_ Q 1%N 0%N (tiny 0 Hinge 2%:R) 1%N (alone (3%:R / 4%:R)) (singles 1) 1 tiny_fixed isT
  (pathwise.singles_within _ _) (pluses_keys 1)
  (pluses_active (s := alone (3%:R / 4%:R)) (c := 1) 1 isT) _ erefl) => -[bad _]; move: bad.
rewrite sum_labels !keys_x !head_square_x rest_x !(gate_sum_x tiny_fixed).
by vm_compute.
Qed.

(** eta for eta^2, at step size 4: 16 + 8 is claimed to be at most 1 + 8. *)
Lemma T6s_perceptron_wrong_eta :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R),
  fixed_head_network M Perceptron -> 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + eta M * Q * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move/(_ Q 2%N 0%N (tiny 0 Perceptron 4%:R) 1%N (resisted 1 1) (singles 1) 2%:R tiny_fixed isT
  (pathwise.singles_within _ _) (pluses_keys 1)
  (pluses_active (s := resisted 1 1) (c := 2%:R) 1 isT) _ erefl) => -[bad _]; move: bad.
rewrite sum_labels !keys_x !head_square_x rest_x !(gate_sum_x tiny_fixed).
by vm_compute.
Qed.

(** The squares that are no winner's key forgotten: after two updates 4 + 2 is claimed to be at most
    4. *)
Lemma T6s_perceptron_wrong_no_rest :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R),
  fixed_head_network M Perceptron -> 0 <= eta M -> all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := eta M ^+ 2 * Q * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move/(_ Q 2%N 0%N (tiny 0 Perceptron 1) 1%N (resisted (1 / 2%:R) 3%:R) (singles 2) 2%:R tiny_fixed isT
  (pathwise.singles_within _ _) (pluses_keys 2)
  (pluses_active (s := resisted (1 / 2%:R) 3%:R) (c := 2%:R) 2 isT) _ erefl) => -[bad _]; move: bad.
rewrite sum_labels !keys_x !head_square_x !(gate_sum_x tiny_fixed).
by vm_compute.
Qed.

(** A large step, eta Q = 4: the gate is 1/2, and 4 + 2 is claimed to be at most 4. *)
Lemma T6s_squared_hinge_wrong_large_step :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R),
  fixed_head_network M SquaredHinge -> 0 <= eta M ->
  all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + 2%:R * eta M * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move/(_ Q 1%N 0%N (tiny 0 SquaredHinge 4%:R) 1%N (alone (1 / 2%:R)) (singles 1) 1 tiny_fixed isT
  (pathwise.singles_within _ _) (pluses_keys 1)
  (pluses_active (s := alone (1 / 2%:R)) (c := 1) 1 isT) _ erefl) => -[bad _]; move: bad.
rewrite sum_labels !keys_x !head_square_x rest_x !(gate_sum_x tiny_fixed).
by vm_compute.
Qed.

(** Half the growth, at step size 2: 1 + 1 is claimed to be at most 1. *)
Lemma T6s_squared_hinge_wrong_half_growth :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r : nat) (s : state R n K)
    (Bs : seq (batch R K)) (Q : R),
  fixed_head_network M SquaredHinge -> 0 <= eta M -> eta M * Q <= 2%:R ->
  all (weights_within 1) Bs ->
  all (images (key_at_least r)) Bs -> all (images (fun x => active_square s x <= Q)) Bs ->
  forall mu, mu = (fun y => gate_sum y (gates_of M s Bs)) ->
  let right := \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
    + eta M * (mu true + mu false) in
  \sum_(y : bool) (head_square s y * (eta M * r%:R * mu y) ^+ 2
      + 2%:R * eta M * r%:R * mu y * \sum_(j | winner s y j) `|head s j| * weight s j (key y))
    <= right
  /\ head_square s true * head_square s false / (head_square s true + head_square s false)
      * (eta M * r%:R * (mu true + mu false)) ^+ 2 <= right).
Proof.
move/(_ Q 1%N 0%N (tiny 0 SquaredHinge 2%:R) 1%N (alone (1 / 2%:R)) (singles 1) 1 tiny_fixed isT isT
  (pathwise.singles_within _ _) (pluses_keys 1)
  (pluses_active (s := alone (1 / 2%:R)) (c := 1) 1 isT) _ erefl) => -[bad _]; move: bad.
rewrite sum_labels !keys_x !head_square_x rest_x !(gate_sum_x tiny_fixed).
by vm_compute.
Qed.
