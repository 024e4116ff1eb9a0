(** * T6: examples and refuted near misses

    On the second problem with the hinge: two winners of label +, one of label -, |W(0)|^2 = 71/64,
    n = 4, r = 2, m = 4, eta = 1/4. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances_two.
From filtercert Require Import examples.values_two examples.evaluation.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := two_distribution.
Local Notation s0 := two_state.
Local Notation M := (two_model Hinge false).

(** The inequality allows at most 54 updates on every path, ... *)
Lemma bound_54 (u : nat) :
  (eta M * 2%:R * (minn (winners s0 true) (winners s0 false))%:R * u%:R) ^+ 2 <=
    (winners s0 true + winners s0 false)%:R *
      (total_norm_squared s0 + u%:R * (2%:R * eta M + eta M ^+ 2 * 4%:R * 4%:R ^+ 2)) -> (u <= 54)%N.
Proof.
by rewrite two_total_norm_squared !two_winners => le; refine (updates_bound _ _ _ le); vm_compute.
Qed.

Example T6_mistake_bound_holds xs : all (unique_key 2 4) xs -> (mistakes M s0 xs <= 54)%N.
Proof.
move=> keys; apply: bound_54.
exact: (Statements.T6_mistake_bound (two_fixed Hinge) (ltW (two_eta _ _)) two_signed keys).
Qed.

(** ... its explicit form 67. *)
Example T6_explicit_holds xs : all (unique_key 2 4) xs -> (mistakes M s0 xs <= 67)%N.
Proof.
move=> keys.
have le := Statements.T6_explicit (two_fixed Hinge) (two_eta Hinge false) (isT : (0 < 2)%N) two_signed
  two_both_win keys.
rewrite two_total_norm_squared !two_winners in le.
by rewrite -ltnS -(ltr_nat rat_numDomainType); apply: le_lt_trans le _; vm_compute.
Qed.

(** On the path -, +, +, - there are two. *)
Example T6_number : mistakes M s0 [:: minus20; plus11; plus20; minus11] = 2%N.
Proof. by rewrite (mistakes_x (two_fixed _)); vm_compute. Qed.

Example T6_finitely_many_holds :
  exists k, forall xs, all (unique_key 2 4) xs -> (mistakes M s0 xs <= k)%N.
Proof.
exact: (@Statements.T6_finitely_many [archiFieldType of rat] 4 2 M 2 4 s0 (two_fixed Hinge) (two_eta _ _)
  isT two_signed two_both_win).
Qed.

(** After one image - and one image + every margin is at least 1: 9/8 and more. *)
Definition learnt_state := sgd M s0 [:: minus20; plus11].

Lemma learnt_margins : [seq margin M learnt_state x | x <- [:: plus11; plus20; minus11; minus20]] =
  [:: 25%:R / 8%:R; 7%:R / 4%:R; 9%:R / 8%:R; 5%:R / 2%:R].
Proof. by rewrite /= !(margin_sgd_x (two_fixed _)); apply/eqP; vm_compute. Qed.

Example T6_settled_holds : [/\ settled D M learnt_state, accuracy D M learnt_state = 1
  & forall w : seq (atom D), same_state learnt_state (sgd M learnt_state (samples w))].
Proof.
apply: (Statements.T6_settled (two_fixed Hinge)) => -[y b]; apply/eqP.
by rewrite /gate_at (margin_sgd_x (two_fixed _)); case: y; case: b; vm_compute.
Qed.

(** The same state as one that no image moves. *)
Example T6_absorbing_holds : settled D M learnt_state /\ accuracy D M learnt_state = 1.
Proof.
apply: (Statements.T6_absorbing (w := [:: (false, false); (true, true)] : seq (atom D)) (two_fixed Hinge)
  (two_eta _ _) (isT : (0 < 2)%N) two_unique_keys two_both_win) => i.
by have [_ _ stays] := T6_settled_holds; exact: (stays [:: i]).
Qed.

(** ** Near misses *)

(** One filter a label with the key e / 2: at step size e it needs about 1 / e updates. *)
Definition matched (z : rat) : state Q 2 0 := table_state _ _ [:: [:: z; 0]; [:: 0; z]] [:: 1; -1].

Lemma matched_signed z : signed_head (matched z).
Proof. exact: signed_x. Qed.

Definition repeat (k : nat) (y : bool) : seq (sample 0) := nseq k (keyed 0 1 [::] y).

Lemma repeat_keys k y : all (unique_key 1 1) (repeat k y).
Proof. by rewrite all_nseq unique_key_x; case: y; rewrite orbT. Qed.

(** Six updates with step size 1/3: the term 2 eta forgotten, 36 / 9 is claimed to be at most 25 / 9. *)
Lemma T6_mistake_bound_wrong_no_growth :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)),
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (eta M * r%:R * (minn (winners s true) (winners s false))%:R * (mistakes M s xs)%:R) ^+ 2 <=
  (winners s true + winners s false)%:R *
    (total_norm_squared s
     + (mistakes M s xs)%:R * (eta M ^+ 2 * n%:R * m%:R ^+ 2))).
Proof.
move/(_ Q 2%N 0%N (tiny 0 Hinge (1 / 3%:R)) 1%N 1%N (matched (1 / 6%:R))
  (repeat 3 true ++ repeat 3 false) tiny_fixed isT (matched_signed _)).
rewrite all_cat !repeat_keys (mistakes_x tiny_fixed) !winners_x total_norm_x => /(_ isT).
by vm_compute.
Qed.

(** One winner of label +, five of label -: the greater number in the place of the lesser. *)
Definition uneven : state Q 6 0 :=
  table_state _ _ ([:: 1 / 8%:R; 0] :: nseq 5 [:: 0; 1 / 8%:R]) (1 :: nseq 5 (-1)).

Lemma uneven_signed : signed_head uneven.
Proof. exact: signed_x. Qed.

Lemma T6_mistake_bound_wrong_greater :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)),
  fixed_head_network M Hinge -> 0 <= eta M -> signed_head s -> all (unique_key r m) xs ->
  (eta M * r%:R * (maxn (winners s true) (winners s false))%:R * (mistakes M s xs)%:R) ^+ 2 <=
  (winners s true + winners s false)%:R *
    (total_norm_squared s
     + (mistakes M s xs)%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2))).
Proof.
move/(_ Q 6%N 0%N (tiny 0 Hinge (1 / 4%:R)) 1%N 1%N uneven (repeat 4 true) tiny_fixed isT).
rewrite repeat_keys (mistakes_x tiny_fixed) !winners_x total_norm_x.
by move=> /(_ uneven_signed isT); vm_compute.
Qed.

(** Heads of 1/4: sixteen updates for one label. *)
Definition faint : state Q 2 0 :=
  table_state _ _ [:: [:: 1 / 8%:R; 0]; [:: 0; 1 / 8%:R]] [:: 1 / 4%:R; - (1 / 4%:R)].

Lemma T6_mistake_bound_wrong_any_head :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)),
  fixed_head_network M Hinge -> 0 <= eta M -> all (unique_key r m) xs ->
  (eta M * r%:R * (minn (winners s true) (winners s false))%:R * (mistakes M s xs)%:R) ^+ 2 <=
  (winners s true + winners s false)%:R *
    (total_norm_squared s
     + (mistakes M s xs)%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2))).
Proof.
move/(_ Q 2%N 0%N (tiny 0 Hinge 1) 1%N 1%N faint (repeat 16 true) tiny_fixed isT).
rewrite repeat_keys (mistakes_x tiny_fixed) !winners_x total_norm_x => /(_ isT).
by vm_compute.
Qed.

(** The same six updates, against 5. *)
Lemma T6_explicit_wrong_no_growth :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  all (unique_key r m) xs ->
  (mistakes M s xs)%:R <=
    (winners s true + winners s false)%:R *
      (total_norm_squared s + eta M ^+ 2 * n%:R * m%:R ^+ 2)
    / (eta M * r%:R * (minn (winners s true) (winners s false))%:R) ^+ 2).
Proof.
move/(_ Q 2%N 0%N (tiny 0 Hinge (1 / 3%:R)) 1%N 1%N (matched (1 / 6%:R))
  (repeat 3 true ++ repeat 3 false) tiny_fixed isT isT (matched_signed _)
  (both_win_x (s := matched (1 / 6%:R)) isT)).
rewrite all_cat !repeat_keys (mistakes_x tiny_fixed) !winners_x total_norm_x => /(_ isT).
by vm_compute.
Qed.

(** A network without filters: the bound is 0, and every step is an update. *)
Definition none : state Q 0 0 := table_state _ _ [::] [::].

Lemma none_signed : signed_head none.
Proof. exact: signed_x. Qed.

Lemma T6_explicit_wrong_no_winners :
  ~ (forall (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K)
    (xs : seq (sample K)),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s -> all (unique_key r m) xs ->
  (mistakes M s xs)%:R <=
    (winners s true + winners s false)%:R *
      (total_norm_squared s + 2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)
    / (eta M * r%:R * (minn (winners s true) (winners s false))%:R) ^+ 2).
Proof.
move/(_ Q 0%N 0%N (tiny 0 Hinge 1) 1%N 1%N none (repeat 1 true) tiny_fixed isT isT).
rewrite repeat_keys (mistakes_x tiny_fixed) !winners_x total_norm_x.
by move=> /(_ none_signed isT); vm_compute.
Qed.

(** Every step is an update where the gate is open in all states that are reached. *)
Lemma always_open n K (m : model Q K) (s : state Q n K) (P : state Q n K -> Prop) x k :
  P s -> (forall s', P s' -> gate_at m s' x != 0 /\ P (step m s' (single Q x))) ->
  mistakes m s (nseq k x) = k.
Proof.
move=> Ps open; elim: k s Ps => [//|k IH] s Ps /=.
by have [-> Pt] := open s Ps; rewrite IH.
Qed.

(** A network without filters. *)
Lemma T6_finitely_many_wrong_no_winners :
  ~ (forall (R : archiFieldType) (n K : nat) (M : model R K) (r m : nat)
    (s : state R n K),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> signed_head s ->
  exists k, forall xs, all (unique_key r m) xs -> (mistakes M s xs <= k)%N).
Proof.
move/(_ [archiFieldType of rat] 0%N 0%N (tiny 0 Hinge 1) 1%N 1%N none tiny_fixed isT isT none_signed).
case=> k /(_ (repeat k.+1 true) (repeat_keys _ _)).
rewrite (@always_open _ _ _ _ xpredT) ?ltnn // => s' _; split=> //.
by rewrite /gate_at (margin_x tiny_fixed); vm_compute.
Qed.

(** No step size. *)
Lemma T6_finitely_many_wrong_no_step_size :
  ~ (forall (R : archiFieldType) (n K : nat) (M : model R K) (r m : nat)
    (s : state R n K),
  fixed_head_network M Hinge -> 0 <= eta M -> (0 < r)%N -> signed_head s -> both_win s ->
  exists k, forall xs, all (unique_key r m) xs -> (mistakes M s xs <= k)%N).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N (tiny 0 Hinge 0) 1%N 1%N (matched (1 / 2%:R)) tiny_fixed isT isT
  (matched_signed _) (both_win_x (s := matched (1 / 2%:R)) isT)) =>
    [k /(_ (repeat k.+1 true) (repeat_keys _ _))].
rewrite (@always_open _ _ _ _ (same_state (matched (1 / 2%:R)))) ?ltnn // => s' same; split.
  by rewrite /gate_at -(same_margin tiny_fixed _ same) (margin_x tiny_fixed); vm_compute.
have [eqw eqh] := same; have [tw th] := still_no_step Hinge s' [:: keyed 0 1 [::] true].
by split=> [j p|j]; rewrite ?eqw ?eqh ?tw ?th.
Qed.

(** Images without a key: the margin is 0 for ever. *)
Lemma T6_finitely_many_wrong_no_key :
  ~ (forall (R : archiFieldType) (n K : nat) (M : model R K) (r m : nat)
    (s : state R n K),
  fixed_head_network M Hinge -> 0 < eta M -> signed_head s -> both_win s ->
  exists k, forall xs, all (unique_key r m) xs -> (mistakes M s xs <= k)%N).
Proof.
move/(_ [archiFieldType of rat] 2%N 0%N (tiny 0 Hinge 1) 0%N 0%N (matched 1) tiny_fixed isT
  (matched_signed _) (both_win_x (s := matched 1) isT)) => [k /(_ (nseq k.+1 (keyed 0 0 [::] true)))].
rewrite all_nseq unique_key_x orbT (@always_open _ _ _ _ xpredT) ?ltnn // => [/(_ isT)//|s' _];
  split=> //.
rewrite /gate_at (margin_blank tiny_fixed); first by vm_compute.
by case=> [[]|[]].
Qed.

(** One image, of margin 1/2. *)
Definition half_way : state Q 1 0 := table_state _ _ [:: [:: 1 / 2%:R; 0]] [:: 1].

Lemma sure_law : a_law [:: (1 : rat, keyed 0 1 [::] true)].
Proof. by []. Qed.

(** The perceptron: its gate closes at any positive margin. *)
Lemma T6_settled_wrong_perceptron :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K),
  fixed_head_network M Perceptron ->
  (forall i : atom D, gate_at M s (sample_at i) = 0) ->
  [/\ settled D M s, accuracy D M s = 1
    & forall w : seq (atom D), same_state s (sgd M s (samples w))]).
Proof.
pose D1 := law sure_law; have D1P : listed D1 _ := law_listed sure_law.
move/(_ Q 1%N 0%N D1 (tiny 0 Perceptron 1) half_way tiny_fixed).
case=> [i|]; last by rewrite (settled_x D1P tiny_fixed).
apply/eqP; move: i; apply/forallP; rewrite (D1P.2 (fun x => gate_at (tiny 0 Perceptron 1) half_way x ==
  0)).
by rewrite /= /gate_at (margin_x tiny_fixed).
Qed.

(** One closed gate is not enough. *)
Lemma T6_settled_wrong_one_gate :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (s : state R n K),
  fixed_head_network M Hinge ->
  (exists i : atom D, gate_at M s (sample_at i) = 0) ->
  [/\ settled D M s, accuracy D M s = 1
    & forall w : seq (atom D), same_state s (sgd M s (samples w))]).
Proof.
pose learnt_plus : state Q 1 0 := table_state _ _ [:: [:: 1; 0]] [:: 1].
move/(_ Q 1%N 0%N coin (tiny 0 Hinge 1) learnt_plus tiny_fixed).
case=> [|]; last by rewrite (settled_x coin_listed tiny_fixed).
by exists ord0; rewrite /gate_at (margin_x tiny_fixed).
Qed.

(** A network without filters never moves. *)
Lemma T6_absorbing_wrong_no_winners :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (w : seq (atom D)),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> unique_keys D r m ->
  let now := sgd M s (samples w) in
  (forall i : atom D, same_state now (step M now (single R (sample_at i)))) ->
  settled D M now /\ accuracy D M now = 1).
Proof.
move/(_ Q 0%N 0%N coin (tiny 0 Hinge 1) 1%N 1%N none [::] tiny_fixed isT isT coin_keys).
by case=> [i|]; [split=> [[]|[]] | rewrite (settled_x coin_listed tiny_fixed)].
Qed.

(** No step size. *)
Lemma T6_absorbing_wrong_no_step_size :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (w : seq (atom D)),
  fixed_head_network M Hinge -> 0 <= eta M -> (0 < r)%N -> unique_keys D r m -> both_win s ->
  let now := sgd M s (samples w) in
  (forall i : atom D, same_state now (step M now (single R (sample_at i)))) ->
  settled D M now /\ accuracy D M now = 1).
Proof.
move/(_ Q 2%N 0%N coin (tiny 0 Hinge 0) 1%N 1%N (matched (1 / 2%:R)) [::] tiny_fixed isT isT coin_keys
  (both_win_x (s := matched (1 / 2%:R)) isT)).
case=> [i|]; last by rewrite (settled_x coin_listed tiny_fixed).
exact: (still_no_step _ _ [:: sample_at i]).
Qed.

(** Images without a key. *)
Lemma T6_absorbing_wrong_no_key :
  ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (w : seq (atom D)),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m -> both_win s ->
  let now := sgd M s (samples w) in
  (forall i : atom D, same_state now (step M now (single R (sample_at i)))) ->
  settled D M now /\ accuracy D M now = 1).
Proof.
move/(_ Q 2%N 0%N blanks (tiny 0 Hinge 1) 0%N 0%N (matched 1) [::] tiny_fixed isT blanks_keys
  (both_win_x (s := matched 1) isT)).
case=> [i|]; last by rewrite (settled_x blanks_listed tiny_fixed).
exact: (still_blanks _ _ _ [:: i]).
Qed.
