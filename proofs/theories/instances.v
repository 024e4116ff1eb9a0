(** * A small problem with rational numbers, for the examples

    Two equally likely images, one per label, each with one key patch and one patch of the only
    background pattern (r = 1, m = 2, K = 1); step size 1/2, so that kappa = 1/4; three filters:

<<
    filter   head   on v_+   on v_-   on u_1
    0         1      1/4     -1/4      1/4      winner of label +
    1        -1      1/4      1/2     -1/4      winner of label -
    2         1     -1/4      1/4      1/4      loser
>>
    Every assumption holds here, so no theorem is empty. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The image with label y. *)
Definition small_sample (y : bool) : sample 1 :=
  Sample y (fun p => if p is inl y' then nat_of_bool (y' == y) else 1%N).

Lemma half_gt0 (y : bool) : 0 < (1 / 2%:R : rat).
Proof. by []. Qed.

Lemma halves : \sum_(y : bool) (1 / 2%:R : rat) = 1.
Proof. by rewrite big_bool. Qed.

Definition small_distribution : distribution rat_realFieldType 1 :=
  @Distribution rat_realFieldType 1 bool_finType small_sample (fun _ => 1 / 2%:R) half_gt0 halves.

(** Relu, sum pooling, orthonormal patterns, step size 1/2. *)
Definition small_model (l : loss) (train_head : bool) : model rat_realFieldType 1 := {|
  gram := fun p q => (p == q)%:R;
  activation_of := Relu;
  pooling_of := SumPooling;
  loss_of := l;
  trained := train_head;
  eta := 1 / 2%:R
|}.

Definition small_weight (j : nat) (p : pattern 1) : rat :=
  match j, p with
  | 0, inl true => 1 / 4%:R | 0, inl false => - 1 / 4%:R | 0, inr _ => 1 / 4%:R
  | 1, inl true => 1 / 4%:R | 1, inl false => 1 / 2%:R   | 1, inr _ => - 1 / 4%:R
  | _, inl true => - 1 / 4%:R | _, inl false => 1 / 4%:R | _, inr _ => 1 / 4%:R
  end.

Definition small_head (j : nat) : rat := if j == 1%N then -1 else 1.

Definition small_state : state rat_realFieldType 3 1 :=
  @State rat_realFieldType 3 1 (fun j p => small_weight j p) (fun j => small_head j).

(** ** The assumptions *)

Lemma small_fixed l : fixed_head_network (small_model l false) l.
Proof. by []. Qed.

Lemma small_trained l : trained_head_network (small_model l true) l.
Proof. by []. Qed.

Lemma small_eta l h : 0 < eta (small_model l h).
Proof. by []. Qed.

Lemma small_patches y : patches (small_sample y) = 2%N.
Proof. by rewrite /patches big_sumType /= big_bool big_ord1; case: y. Qed.

Lemma small_unique_key y : unique_key 1 2 (small_sample y).
Proof. by rewrite /unique_key small_patches /=; case: y. Qed.

Lemma small_unique_keys : unique_keys small_distribution 1 2.
Proof. exact: small_unique_key. Qed.

Lemma small_mean F :
  mean small_distribution F = 1 / 2%:R * F (small_sample true) + 1 / 2%:R * F (small_sample false).
Proof. by rewrite /mean big_bool. Qed.

Lemma small_prior y : prior small_distribution y = 1 / 2%:R.
Proof. by rewrite /prior big_mkcond big_bool; case: y. Qed.

Lemma small_balanced : balanced small_distribution.
Proof. by rewrite /balanced !small_prior. Qed.

Lemma small_label_independent : label_independent small_distribution.
Proof.
rewrite /label_independent !small_prior; split=> // c; congr (_ / _); rewrite /joint.
have same y : background_of (small_sample y) = background_of (small_sample true).
  by apply/ffunP => k; rewrite !ffunE.
rewrite [LHS]big_mkcond [RHS]big_mkcond !big_bool /= same.
by case: (_ == c); rewrite ?addr0 ?add0r.
Qed.

Lemma small_signed : signed_head small_state.
Proof. by move=> [[|[|[|j]]] lt_j] //; [left | right | left]. Qed.

Lemma small_winner y j : winner small_state y j = (j == (if y then 0%N else 1%N) :> nat).
Proof. by case: y; move: j => [[|[|[|j]]] lt_j]. Qed.

Lemma small_loser j : loser small_state j = (j == 2%N :> nat).
Proof. by rewrite /loser !small_winner; move: j => [[|[|[|j]]] lt_j]. Qed.

Lemma small_winners y : winners small_state y = 1%N.
Proof.
rewrite /winners -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !small_winner.
by case: y.
Qed.

Lemma small_both_win : both_win small_state.
Proof. by rewrite /both_win !small_winners. Qed.

(** Sums over its three filters and three patterns. *)
Lemma small_sum_filters (V : zmodType) (F : 'I_3 -> V) :
  \sum_j F j = F (inord 0) + F (inord 1) + F (inord 2).
Proof.
rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _ + F _).
all: by apply: val_inj; rewrite /= inordK.
Qed.

Lemma small_sum_patterns (V : zmodType) (F : pattern 1 -> V) :
  \sum_p F p = F (key true) + F (key false) + F (background ord0).
Proof. by rewrite sum_pattern big_ord1. Qed.

(** Squared norms at the start. *)
Lemma small_norm_squared j : norm_squared small_state j =
  (if j == 1%N :> nat then 3%:R / 8%:R else 3%:R / 16%:R).
Proof. by rewrite /norm_squared small_sum_patterns; move: j => [[|[|[|j]]] lt_j]. Qed.
