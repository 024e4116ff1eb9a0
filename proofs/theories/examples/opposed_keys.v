(** * T13: examples and refuted near misses

    On the line ([line.v]) with keys 1 and -1, which are opposed; two patches an image, step 1/4. *)

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
Local Notation M1 l := (line_model Relu l 1 (1 / 4%:R)).
Local Notation path times ys := (map (line_sample times) ys).
Local Notation start z := (line_network 1 (-1) 1 z z z).
Local Notation D := (line_law 1 half01).

Lemma third01 : 0 < (1 / 3%:R : Q) < 1. Proof. by []. Qed.
Lemma thirds01 : 0 < (2%:R / 3%:R : Q) < 1. Proof. by []. Qed.

(** Half a batch of each label. *)
Definition both_images : batch Q 0 := [:: (1 / 2%:R, line_sample 2 true);
  (1 / 2%:R, line_sample 2 false)].

Lemma both_keys : images (keys_by_label (fun _ => 2%N)) both_images.
Proof. by []. Qed.

Lemma one_label_keys times (c : Q) y : images (keys_by_label (fun _ => times)) [::
  (c, line_sample times y)].
Proof. by case: y; rewrite /images /= /keys_by_label /= eqxx. Qed.

Ltac numbers := rewrite /= ?big_cons ?big_nil /= ?dot_point.

(** From -1/2, where the images of label - move it: -1/2 + (1/4) (1/2) 2. *)
Example T13_one_step_holds :
  weight (move (M1 Hinge) (coordinates P1 (start (- 1 / 2%:R))) both_images) g0 (key true) = - 1 / 4%:R.
Proof.
have [_ ->] := @Statements.T13_one_step Q 3 0 1 (M1 Hinge) P1 Hinge (fun _ => 2%N) (start (- 1 / 2%:R))
  [::]
  both_images g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _) both_keys.
by numbers; apply/eqP.
Qed.

(** r forgotten. *)
Lemma T13_one_step_wrong_keys : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : bool -> nat) (w : network R n d)
    (Cs : seq (batch R K)) (C : batch R K) (j : 'I_n),
  fixed_head_relu M l -> dictionary_of M P -> keys_opposed M -> images (keys_by_label r) C ->
  let now := moves M (coordinates P w) Cs in
  let alpha s := weight s j (key true) in
  weight now j (key false) = - alpha now
  /\ alpha (move M now C) = alpha now + eta M * heads w j *
      \sum_(c <- C | 0 < sgn (label c.2) * alpha now) c.1).
Proof.
move=> wrong; have [_] := wrong Q 3%N 0%N 1%N (M1 Hinge) P1 Hinge (fun _ => 2%N) (start (- 1 / 2%:R))
  [::]
  both_images g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _) both_keys.
rewrite [X in X = _]T13_one_step_holds; numbers => /eqP.
by vm_compute.
Qed.

(** 0 not absorbing. *)
Lemma T13_one_step_wrong_zero : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : bool -> nat) (w : network R n d)
    (Cs : seq (batch R K)) (C : batch R K) (j : 'I_n),
  fixed_head_relu M l -> dictionary_of M P -> keys_opposed M -> images (keys_by_label r) C ->
  let now := moves M (coordinates P w) Cs in
  let alpha s := weight s j (key true) in
  weight now j (key false) = - alpha now
  /\ alpha (move M now C) = alpha now + eta M * heads w j *
      \sum_(c <- C | 0 <= sgn (label c.2) * alpha now) c.1 * (r (label c.2))%:R).
Proof.
move=> wrong; have [_] := wrong Q 3%N 0%N 1%N (M1 Hinge) P1 Hinge (fun _ => 2%N) (start 0) [::]
  [:: (1, line_sample 2 true)] g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) (one_label_keys _ _ _).
have [_ right] := @Statements.T13_one_step Q 3 0 1 (M1 Hinge) P1 Hinge (fun _ => 2%N) (start 0) [::]
  [:: (1, line_sample 2 true)] g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) (one_label_keys _ _ _).
rewrite [X in X = _]right; numbers => /eqP.
by vm_compute.
Qed.

Example T13_monotone_holds (ys : seq bool) :
  - 1 / 2%:R <= weight (moves (M1 Hinge) (coordinates P1 (start (- 1 / 2%:R)))
    (map (@single Q 0) (path 2 ys)))
    g0 (key true).
Proof.
have nonneg : all (all (fun c : Q * sample 0 => 0 <= c.1)) ([::] ++ map (@single Q 0) (path 2 ys)).
  by rewrite /= all_map; elim: ys.
have keys : all (images (keys_by_label (fun _ => 2%N))) ([::] ++ map (@single Q 0) (path 2 ys)).
  by rewrite cat0s pathwise.images_singles all_map; apply/allP => y _; exact: line_label_keys.
have [+ _] := @Statements.T13_monotone Q 3 0 1 (M1 Hinge) P1 Hinge (fun _ => 2%N) (start (- 1 / 2%:R))
  [::]
  (map (@single Q 0) (path 2 ys)) g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) (ltW quarter_gt0) nonneg keys.
by rewrite /= !mul1r dot_point mulr1.
Qed.

(** Without the head: alpha itself falls where a_j is negative. *)
Lemma T13_monotone_wrong_head : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : bool -> nat) (w : network R n d)
    (Cs1 Cs2 : seq (batch R K)) (j : 'I_n),
  fixed_head_relu M l -> dictionary_of M P -> keys_opposed M -> 0 <= eta M ->
  all (all (fun c => 0 <= c.1)) (Cs1 ++ Cs2) -> all (images (keys_by_label r)) (Cs1 ++ Cs2) ->
  let alpha Cs := weight (moves M (coordinates P w) Cs) j (key true) in
  alpha Cs1 <= alpha (Cs1 ++ Cs2)
  /\ (alpha Cs1 = 0 -> alpha (Cs1 ++ Cs2) = 0)).
Proof.
move=> wrong; have [_ right] := @Statements.T13_one_step Q 3 0 1 (M1 Hinge) P1 Hinge (fun _ => 2%N)
  (line_network (-1) 0 0 1 0 0) [::]
  [:: (1, line_sample 2 true)] g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) (one_label_keys _ _ _).
have keys : all (images (keys_by_label (fun _ => 2%N))) ([::] ++ [:: [:: (1 : Q, line_sample 2 true)]]).
  by [].
have [+ _] := wrong Q 3%N 0%N 1%N (M1 Hinge) P1 Hinge (fun _ => 2%N) (line_network (-1) 0 0 1 0 0) [::]
  [:: [:: (1, line_sample 2 true)]]
  g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _) (ltW quarter_gt0) isT
    keys.
rewrite [weight (moves _ _ ([::] ++ _)) _ _](_ : _ = 1 / 2%:R); first by numbers; vm_compute.
apply: etrans right _; rewrite big_cons big_nil /= !dot_point; by apply/eqP.
Qed.

(** A negative gate. *)
Lemma T13_monotone_wrong_gates : ~ (forall (R : realFieldType) (n K d : nat) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (l : loss) (r : bool -> nat) (w : network R n d)
    (Cs1 Cs2 : seq (batch R K)) (j : 'I_n),
  fixed_head_relu M l -> dictionary_of M P -> keys_opposed M -> 0 <= eta M ->
  all (images (keys_by_label r)) (Cs1 ++ Cs2) ->
  let alpha Cs := weight (moves M (coordinates P w) Cs) j (key true) in
  heads w j * alpha Cs1 <= heads w j * alpha (Cs1 ++ Cs2)
  /\ (alpha Cs1 = 0 -> alpha (Cs1 ++ Cs2) = 0)).
Proof.
move=> wrong; have [_ right] := @Statements.T13_one_step Q 3 0 1 (M1 Hinge) P1 Hinge (fun _ => 2%N)
  (line_network 1 0 0 1 0 0) [::]
  [:: ((-1), line_sample 2 true)] g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) (one_label_keys _ _ _).
have keys : all (images (keys_by_label (fun _ => 2%N)))
  ([::] ++ [:: [:: ((-1) : Q, line_sample 2 true)]]).
  by [].
have [+ _] := wrong Q 3%N 0%N 1%N (M1 Hinge) P1 Hinge (fun _ => 2%N) (line_network 1 0 0 1 0 0) [::] [::
  [:: ((-1), line_sample 2 true)]]
  g0 (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _) (ltW quarter_gt0)
    keys.
rewrite [weight (moves _ _ ([::] ++ _)) _ _](_ : _ = 1 / 2%:R); first by numbers; vm_compute.
apply: etrans right _; rewrite big_cons big_nil /= !dot_point; by apply/eqP.
Qed.

(** Label + has probability 1/3; alpha starts at -1/3, and each move adds 1/2. *)
Lemma never_third (k : nat) : along P1 (start (- 1 / 3%:R)) g0 true
  != - (eta (M1 Unhinged) * heads (start (- 1 / 3%:R)) g0 * 2%:R * k%:R).
Proof.
rewrite /along /= dot_point; apply/eqP => eq.
have : 2%:R = 3%:R * k%:R :> Q.
  have -> : 2%:R = - (- 1 / 3%:R * 1) * 6%:R :> Q by apply/eqP.
  by rewrite eq /three /=; move: (k%:R) => x; field.
by rewrite -natrM => /eqP; rewrite eqr_nat => /eqP/(congr1 (fun x => x %% 3)%N); rewrite modnMr.
Qed.

Example T13_probability_holds t b : 1 - binomial_below t (1 / 3%:R) b <=
  Pr (line_law 2 third01) t (fun xs => - 1 / 3%:R + 1 / 2%:R * b%:R
    <= along P1 (vector_sgd (M1 Unhinged) P1 (start (- 1 / 3%:R)) xs) g0 true).
Proof.
have := @Statements.T13_probability Q 3 0 1 (line_law 2 third01) (M1 Unhinged) P1 2 (start (- 1 / 3%:R))
  g0 t b
  (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _) (ltW quarter_gt0)
    (line_label_keys 2) never_third.
rewrite !line_prior (_ : Num.min _ _ = 1 / 3%:R); last by apply/eqP.
move=> le; apply: le_trans le _; apply: Pr_le => xs.
rewrite [Num.sg _](_ : _ = 1); last by apply/eqP.
by rewrite !mul1r {1}/along /= dot_point mulr1 (_ : 1 / 4%:R * `|1| * 2%:R = 1 / 2%:R) //.
Qed.

(** A filter at 0 never moves. *)
Lemma T13_probability_wrong_excluded : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d)
    (j : 'I_n) (t b : nat),
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 <= eta M ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  1 - binomial_below t (Num.min (prior D true) (prior D false)) b <=
  Pr D t (fun xs => Num.sg (heads w j) * along P w j true + eta M * `|heads w j| * r%:R * b%:R
    <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true)).
Proof.
move=> wrong; have := wrong Q 3%N 0%N 1%N D (M1 Unhinged) P1 1%N (start 0) g0 1%N 1%N
  (And4 erefl erefl erefl erefl)
  (line_dictionary _ _ _ _) (line_opposed _ _ _) (ltW quarter_gt0) (line_label_keys 1).
rewrite Pr0 => [|v]; last first.
  rewrite along_still; first by rewrite /along /= dot_point; vm_compute.
  by move=> y; exact: still_zero.
rewrite !line_prior binomial_belowE big_ord_recl big_ord0.
by vm_compute.
Qed.

(** The label of the filter's head for the rarer one. *)
Lemma T13_probability_wrong_rarer : ~ (forall (R : realFieldType) (n K d : nat)
    (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d)
    (j : 'I_n) (t b : nat),
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 <= eta M ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall k : nat, along P w j true != - (eta M * heads w j * r%:R * k%:R)) ->
  1 - binomial_below t (prior D true) b <=
  Pr D t (fun xs => Num.sg (heads w j) * along P w j true + eta M * `|heads w j| * r%:R * b%:R
    <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true)).
Proof.
have never (k : nat) : along P1 (start (- 1 / 2%:R)) g0 true
    != - (eta (line_model Relu Unhinged 1 1) * heads (start (- 1 / 2%:R)) g0 * 1%:R * k%:R).
  rewrite /along /= dot_point; apply/eqP => eq.
  have : 1%:R = 2%:R * k%:R :> Q.
    have -> : 1%:R = - (- 1 / 2%:R * 1) * 2%:R :> Q by apply/eqP.
    by rewrite eq /three /=; move: (k%:R) => x; ring.
  by rewrite -natrM => /eqP; rewrite eqr_nat => /eqP/(congr1 odd); rewrite oddM.
move=> wrong; have := wrong Q 3%N 0%N 1%N (line_law 1 thirds01) (line_model Relu Unhinged 1 1) P1 1%N
  (start (- 1 / 2%:R)) g0 1%N 1%N (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) isT (line_label_keys 1) never.
rewrite line_prior binomial_belowE big_ord_recl big_ord0 PrS /mean big_bool !PrE !expectation0
  !along_one.
rewrite !line_step /gate_at /along /= !dot_point.
by vm_compute.
Qed.

(** Filter 0 starts as a loser, and still passes any level. *)
Example T13_limit_holds (level : Q) : loser (coordinates P1 (start (- 1 / 3%:R))) g0 /\
  exists T0, forall t, (T0 <= t)%N -> 1 - 1 / 100%:R <= Pr (line_law 2 third01) t (fun xs =>
    level <= Num.sg (heads (start (- 1 / 3%:R)) g0) * along P1
      (vector_sgd (M1 Unhinged) P1 (start (- 1 / 3%:R)) xs) g0 true).
Proof.
split; first by rewrite /loser /winner /= !dot_point.
apply: (@Statements.T13_limit [archiFieldType of rat] 3 0 1 (line_law 2 third01) (M1 Unhinged) P1 2
  (start (- 1 / 3%:R))
  g0 level (1 / 100%:R) (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _)
    quarter_gt0 isT (line_label_keys 2) _ isT
  never_third isT).
by move=> y; rewrite line_prior; case: y.
Qed.

(** A filter at 0 never moves. *)
Lemma T13_limit_wrong_excluded : ~ (forall (R : archiFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (j : 'I_n)
    (level delta : R),
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 < eta M -> (0 < r)%N ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall y, 0 < prior D y) -> heads w j != 0 ->  0 < delta ->
  exists T0, forall t, (T0 <= t)%N ->
    1 - delta <= Pr D t (fun xs => level <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true)).
Proof.
move=> wrong; have [y|T likely] := wrong [archiFieldType of rat] 3%N 0%N 1%N D (M1 Unhinged) P1 1%N
  (start 0) g0 1
  (1 / 2%:R) (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _) (line_opposed _ _ _) quarter_gt0
    isT (line_label_keys 1) _ isT isT.
  by rewrite line_prior; case: y.
have := likely T (leqnn T); rewrite Pr0 => [|v]; first by vm_compute.
rewrite along_still; first by rewrite /along /= dot_point; vm_compute.
by move=> y; exact: still_zero.
Qed.

(** A head that is 0. *)
Lemma T13_limit_wrong_head : ~ (forall (R : archiFieldType) (n K d : nat) (D : distribution R K)
    (M : model R K) (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (j : 'I_n)
    (level delta : R),
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 < eta M -> (0 < r)%N ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall y, 0 < prior D y) ->
  (forall k : nat, along P w j true != - (eta M * heads w j * r%:R * k%:R)) -> 0 < delta ->
  exists T0, forall t, (T0 <= t)%N ->
    1 - delta <= Pr D t (fun xs => level <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true)).
Proof.
move=> wrong; have [y|k|T likely] := wrong [archiFieldType of rat] 3%N 0%N 1%N D (M1 Unhinged) P1 1%N
  (line_network 0 0 0 1 0 0) g0 1 (1 / 2%:R) (And4 erefl erefl erefl erefl) (line_dictionary _ _ _ _)
    (line_opposed _ _ _) quarter_gt0 isT
  (line_label_keys 1) _ _ isT.
- by rewrite line_prior; case: y.
- by rewrite /along /= dot_point mulr0 !mul0r oppr0.
have := likely T (leqnn T); rewrite Pr0 => [|v]; first by vm_compute.
rewrite [heads _ _](_ : _ = 0) // sgr0 mul0r.
by vm_compute.
Qed.
