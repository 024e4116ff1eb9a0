(** * A second problem with rational numbers, for the examples: two background patterns, two key patches

    Four images: each label has probability 1/2; an image has two patches of its label's key pattern, and
    beside them one patch of each background pattern with probability 1/3, or two of the first with
    probability 2/3, whatever the label (r = 2, m = 4, K = 2; the images have probabilities 1/6 and 1/3).
    Step size 1/4, so that an image moves a key by eta r = 1/2 and kappa = 1/4; four filters:

<<
    filter   head   on v_+   on v_-   on u_1   on u_2
    0         1      1/4      3/8      1/8     -1/8     winner of label +, with a positive wrong key
    1         1      1/8     -1/4     -1/8      1/4     winner of label +, below its background
    2        -1      1/8      3/8      1/4      1/8     winner of label -, everything positive
    3         1     -1/8      5/8      1/4      1/8     loser
>>
    At the start the margins are 7/8 and 3/4 on the images with label +, -13/8 and -3/2 on those with
    label -. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The image with label y: its background is mixed, (1, 1), or plain, (2, 0). *)
Definition two_sample (y mixed : bool) : sample 2 :=
  Sample y (fun p => match p with
    | inl y' => if y' == y then 2%N else 0%N
    | inr k => if mixed then 1%N else if k == 0%N :> nat then 2%N else 0%N
    end).

Definition two_probability (i : bool * bool) : rat := if i.2 then 1 / 6%:R else 1 / 3%:R.

Lemma two_probability_gt0 i : 0 < two_probability i.
Proof. by case: i => y []. Qed.

(** Sums over the four images. *)
Lemma two_sum_images (V : zmodType) (F : bool * bool -> V) :
  \sum_i F i = F (true, true) + F (true, false) + (F (false, true) + F (false, false)).
Proof.
rewrite (eq_bigr (fun i => F (i.1, i.2))) => [|[y b] _] //.
by rewrite -(pair_bigA _ (fun y b => F (y, b))) /= !big_bool.
Qed.

Lemma two_probability_sum : \sum_i two_probability i = 1.
Proof. by rewrite two_sum_images; apply/eqP. Qed.

Definition two_distribution : distribution rat_realFieldType 2 :=
  @Distribution rat_realFieldType 2 [finType of bool * bool] (fun i => two_sample i.1 i.2)
    two_probability two_probability_gt0 two_probability_sum.

(** Relu, orthonormal patterns, step size 1/4; sum pooling, or max pooling. *)
Definition two_model (l : loss) (train_head : bool) : model rat_realFieldType 2 := {|
  gram := fun p q => (p == q)%:R;
  activation_of := Relu;
  pooling_of := SumPooling;
  loss_of := l;
  trained := train_head;
  eta := 1 / 4%:R
|}.

Definition two_max_model (l : loss) : model rat_realFieldType 2 := {|
  gram := fun p q => (p == q)%:R;
  activation_of := Relu;
  pooling_of := MaxPooling;
  loss_of := l;
  trained := false;
  eta := 1 / 4%:R
|}.

(** A filter by its coordinates on v_+, v_-, u_1 and u_2. *)
Definition row (plus minus first second : rat) (p : pattern 2) : rat :=
  match p with
  | inl true => plus
  | inl false => minus
  | inr k => if k == 0%N :> nat then first else second
  end.

Definition two_weight (j : nat) : pattern 2 -> rat :=
  match j with
  | 0 => row (1 / 4%:R)   (3%:R / 8%:R) (1 / 8%:R)   (- 1 / 8%:R)
  | 1 => row (1 / 8%:R)   (- 1 / 4%:R)  (- 1 / 8%:R) (1 / 4%:R)
  | 2 => row (1 / 8%:R)   (3%:R / 8%:R) (1 / 4%:R)   (1 / 8%:R)
  | _ => row (- 1 / 8%:R) (5%:R / 8%:R) (1 / 4%:R)   (1 / 8%:R)
  end.

Definition two_head (j : nat) : rat := if j == 2%N then -1 else 1.

Definition two_state : state rat_realFieldType 4 2 :=
  @State rat_realFieldType 4 2 (fun j p => two_weight j p) (fun j => two_head j).

(** ** The assumptions *)

Lemma two_fixed l : fixed_head_network (two_model l false) l.
Proof. by []. Qed.

Lemma two_trained l : trained_head_network (two_model l true) l.
Proof. by []. Qed.

Lemma two_max l : max_pooling_network (two_max_model l) l.
Proof. by []. Qed.

Lemma two_eta l h : 0 < eta (two_model l h).
Proof. by []. Qed.

(** Sums over the two background patterns and over the four patterns. *)
Lemma two_sum_background (V : zmodType) (F : 'I_2 -> V) :
  \sum_k F k = F (@Ordinal 2 0 isT) + F (@Ordinal 2 1 isT).
Proof. by rewrite big_ord_recl big_ord1; congr (F _ + F _); exact: val_inj. Qed.

Lemma two_sum_patterns (V : zmodType) (F : pattern 2 -> V) : \sum_p F p =
  F (key true) + F (key false) + (F (inr (@Ordinal 2 0 isT)) + F (inr (@Ordinal 2 1 isT))).
Proof. by rewrite sum_pattern two_sum_background. Qed.

Lemma two_forall_background (P : pred 'I_2) :
  [forall k, P k] = P (@Ordinal 2 0 isT) && P (@Ordinal 2 1 isT).
Proof.
apply/forallP/andP => [all_k | [P0 P1] [[|[|k]] lt_k] //]; first by split.
  by have -> : Ordinal lt_k = @Ordinal 2 0 isT by apply: val_inj.
by have -> : Ordinal lt_k = @Ordinal 2 1 isT by apply: val_inj.
Qed.

Lemma two_patches y b : patches (two_sample y b) = 4%N.
Proof. by rewrite /patches big_sumType /= big_bool big_ord_recl big_ord1 /=; case: y; case: b. Qed.

Lemma two_unique_key y b : unique_key 2 4 (two_sample y b).
Proof. by rewrite /unique_key two_patches /=; case: y. Qed.

Lemma two_unique_keys : unique_keys two_distribution 2 4.
Proof. by case=> y b; exact: two_unique_key. Qed.

Lemma two_mean F : mean two_distribution F =
  1 / 6%:R * F (two_sample true true) + 1 / 3%:R * F (two_sample true false) +
  (1 / 6%:R * F (two_sample false true) + 1 / 3%:R * F (two_sample false false)).
Proof. by rewrite /mean two_sum_images. Qed.

Lemma two_prior y : prior two_distribution y = 1 / 2%:R.
Proof. by rewrite /prior big_mkcond two_sum_images /=; case: y; apply/eqP. Qed.

Lemma two_balanced : balanced two_distribution.
Proof. by rewrite /balanced !two_prior. Qed.

Lemma two_label_independent : label_independent two_distribution.
Proof.
rewrite /label_independent !two_prior; split=> // c; congr (_ / _); rewrite /joint.
have same y b : background_of (two_sample y b) = background_of (two_sample true b).
  by apply/ffunP => k; rewrite !ffunE.
rewrite [LHS]big_mkcond [RHS]big_mkcond !two_sum_images /= !(same false).
by rewrite !addr0 !add0r.
Qed.

Lemma two_signed : signed_head two_state.
Proof. by move=> [[|[|[|[|j]]]] lt_j] //; [left | left | right | left]. Qed.

Lemma two_winner y j : winner two_state y j = (if y then j < 2 else j == 2 :> nat)%N.
Proof. by case: y; move: j => [[|[|[|[|j]]]] lt_j]. Qed.

Lemma two_loser j : loser two_state j = (j == 3%N :> nat).
Proof. by rewrite /loser !two_winner; move: j => [[|[|[|[|j]]]] lt_j]. Qed.

(** With max pooling filter 1 wins nothing: its background is above its key. *)
Lemma two_max_winner y j : max_winner two_state y j = (j == (if y then 0 else 2) :> nat)%N.
Proof.
rewrite /max_winner two_winner two_forall_background.
by case: y; move: j => [[|[|[|[|j]]]] lt_j].
Qed.

Lemma two_winners y : winners two_state y = (if y then 2 else 1)%N.
Proof.
rewrite /winners -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !two_winner.
by case: y.
Qed.

Lemma two_both_win : both_win two_state.
Proof. by rewrite /both_win !two_winners. Qed.

(** Sums over its four filters. *)
Lemma two_sum_filters (V : zmodType) (F : 'I_4 -> V) : \sum_j F j =
  F (@Ordinal 4 0 isT) + F (@Ordinal 4 1 isT) + F (@Ordinal 4 2 isT) + F (@Ordinal 4 3 isT).
Proof.
rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _ + F _ + F _).
all: exact: val_inj.
Qed.

(** Squared norms at the start. *)
Lemma two_norm_squared j : norm_squared two_state j =
  (if j < 2 then if j == 0%N :> nat then 15%:R / 64%:R else 5%:R / 32%:R
   else if j == 2%N :> nat then 15%:R / 64%:R else 31%:R / 64%:R)%N.
Proof.
by rewrite /norm_squared two_sum_patterns; move: j => [[|[|[|[|j]]]] lt_j] //; apply/eqP.
Qed.

Lemma two_total_norm_squared : total_norm_squared two_state = 71%:R / 64%:R.
Proof. by rewrite /total_norm_squared two_sum_filters !two_norm_squared; apply/eqP. Qed.
