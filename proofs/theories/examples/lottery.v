(** * T9: examples and refuted near misses

    In the examples coordinates are 1 or -1 with probability 1/3 each and 1/2 or -1/2 with probability
    1/6 each, times a scale that may differ from one coordinate to the next; in the near misses 1 or -1.
    *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** ** Laws *)

(** Sign and size; the scale is 1 / (k + 1). *)
Definition coordinate_value (k : nat) (v : bool * bool) : Q :=
  (if v.1 then 1 else -1) * (if v.2 then k.+1%:R^-1 else k.+1%:R^-1 / 2%:R).
Definition coordinate_chance (v : bool * bool) : Q := if v.2 then 1 / 3%:R else 1 / 6%:R.
Definition coordinate_opposite (v : bool * bool) : bool * bool := (~~ v.1, v.2).

Lemma coordinate_oppositeK : involutive coordinate_opposite.
Proof. by case=> y b; rewrite /coordinate_opposite /= negbK. Qed.

Lemma coordinate_value_opposite k v :
  coordinate_value k (coordinate_opposite v) = - coordinate_value k v.
Proof. by case: v => [[] b]; rewrite /coordinate_value /= ?mul1r ?mulN1r ?opprK. Qed.

Lemma coordinate_size_gt0 k (b : bool) : 0 < (if b then k.+1%:R^-1 else k.+1%:R^-1 / 2%:R : Q).
Proof. by case: b; rewrite ?divr_gt0 // invr_gt0 ltr0n. Qed.

Lemma coordinate_value_neq0 k v : coordinate_value k v != 0.
Proof.
apply: mulf_neq0; first by case: v => [[]].
exact/lt0r_neq0/coordinate_size_gt0.
Qed.

Lemma coordinate_chance_ge0 v : 0 <= coordinate_chance v.
Proof. by case: v => y []. Qed.

Lemma coordinate_chance_sum : \sum_v coordinate_chance v = 1.
Proof.
rewrite (eq_bigr (fun v => coordinate_chance (v.1, v.2))) => [|[y b] _] //.
by rewrite -(pair_bigA _ (fun y b => coordinate_chance (y, b))) /= !big_bool; apply/eqP.
Qed.

Definition coordinate_law (k : nat) : symmetric_law Q [finType of bool * bool] :=
  @SymmetricLaw Q _ (coordinate_value k) coordinate_chance coordinate_opposite coordinate_oppositeK
    (coordinate_value_opposite k) (fun=> erefl) (coordinate_value_neq0 k) coordinate_chance_ge0
    coordinate_chance_sum.

Lemma coordinate_bounded k v : `|coordinate_value k v| <= k.+1%:R^-1.
Proof.
rewrite normrM (gtr0_norm (coordinate_size_gt0 k _)).
have -> : `|if v.1 then 1 else -1 : Q| = 1 by case: (v.1); rewrite ?normrN normr1.
by rewrite mul1r; case: (v.2) => //; rewrite ler_pdivr_mulr ?ltr0n // ler_pmulr ?invr_gt0 ?ltr0n.
Qed.

(** 1 or -1 with probability 1/2 each. *)
Definition coin_value (b : bool) : Q := if b then 1 else -1.
Definition coin_chance (b : bool) : Q := 1 / 2%:R.

Lemma coin_opposite v : coin_value (~~ v) = - coin_value v.
Proof. by case: v; rewrite /coin_value /= ?opprK. Qed.

Lemma coin_neq0 v : coin_value v != 0.
Proof. by case: v. Qed.

Lemma coin_ge0 v : 0 <= coin_chance v.
Proof. by []. Qed.

Lemma coin_sum : \sum_v coin_chance v = 1.
Proof. by rewrite big_bool. Qed.

Definition coin : symmetric_law Q bool_finType :=
  @SymmetricLaw Q bool_finType coin_value coin_chance negb negbK coin_opposite (fun=> erefl) coin_neq0
    coin_ge0 coin_sum.

(** The law of coordinate p of filter j: keys at scale 1, backgrounds at scale 1 / (j + 2). *)
Local Notation laws n := (fun (j : 'I_n) (p : pattern 2) =>
  coordinate_law (if p is inl _ then 0%N else j.+1)).
(** Coins for all coordinates, one background pattern. *)
Local Notation coins n := (fun (_ : 'I_n) (_ : pattern 1) => coin).

(** ** T9_lottery_count *)

(** Of the 512 sign patterns of three filters 144 have winners for both labels. *)
Example T9_lottery_count_holds : #|[set f : {ffun 'I_3 -> bool * bool * bool} |
  [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| = 144%N.
Proof.
by apply/eqP; rewrite -(eqn_add2r (2 * 6 ^ 3)%N) Statements.T9_lottery_count.
Qed.

(** One filter is never enough. *)
Lemma one_filter : #|[set f : {ffun 'I_1 -> bool * bool * bool} |
  [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| = 0%N.
Proof.
by apply/eqP; rewrite -(eqn_add2r (2 * 6 ^ 1)%N) Statements.T9_lottery_count.
Qed.

(** The patterns in which a given label wins nothing, for one label only. *)
Lemma T9_lottery_count_wrong_one_label : ~ (forall n,
  (#|[set f : {ffun 'I_n -> bool * bool * bool} |
      [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| + 6 ^ n =
  8 ^ n + 4 ^ n)%N).
Proof. by move/(_ 1%N); rewrite one_filter. Qed.

(** Neither label: 4 of 8 for each filter, not 2. *)
Lemma T9_lottery_count_wrong_overlap : ~ (forall n,
  (#|[set f : {ffun 'I_n -> bool * bool * bool} |
      [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| + 2 * 6 ^ n =
  8 ^ n + 2 ^ n)%N).
Proof. by move/(_ 1%N); rewrite one_filter. Qed.

(** Winners for at least one label. *)
Lemma T9_lottery_count_wrong_or : ~ (forall n,
  (#|[set f : {ffun 'I_n -> bool * bool * bool} |
      [exists j, (f j).1.1 && (f j).1.2] || [exists j, ~~ (f j).1.1 && (f j).2]]| + 2 * 6 ^ n =
  8 ^ n + 4 ^ n)%N).
Proof.
move/(_ 1%N)/eqP; rewrite -[X in _ == X]add0n eqn_add2r cards_eq0 => /eqP/setP/(_ [ffun _ =>
  (true, true, true)]).
by rewrite !inE => /negbT/norP[/existsP[]]; exists ord0; rewrite ffunE.
Qed.

(** ** T9_lottery *)

(** One, two, three, four filters. *)
Example T9_lottery_holds :
  [/\ mean_initial (laws 1) (fun s => (both_win s)%:R) = 0,
      mean_initial (laws 2) (fun s => (both_win s)%:R) = 1 / 8%:R,
      mean_initial (laws 3) (fun s => (both_win s)%:R) = 9%:R / 32%:R
    & mean_initial (laws 4) (fun s => (both_win s)%:R) = 55%:R / 128%:R].
Proof. by split; rewrite Statements.T9_lottery; apply/eqP; vm_compute. Qed.

(** The probability that neither label wins left out: (1/2)^n. *)
Lemma T9_lottery_wrong_overlap : ~ (forall (R : realFieldType) (n K : nat) (V : finType)
    (L : 'I_n -> pattern K -> symmetric_law R V),
  mean_initial L (fun s => (both_win s)%:R) = 1 - 2%:R * (3%:R / 4%:R) ^+ n).
Proof.
move/(_ Q 1%N 1%N _ (coins 1)); rewrite Statements.T9_lottery => /eqP.
by vm_compute.
Qed.

(** The probability that one given label wins nothing counted once. *)
Lemma T9_lottery_wrong_one_label : ~ (forall (R : realFieldType) (n K : nat) (V : finType)
    (L : 'I_n -> pattern K -> symmetric_law R V),
  mean_initial L (fun s => (both_win s)%:R) = 1 - (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n).
Proof.
move/(_ Q 1%N 1%N _ (coins 1)); rewrite Statements.T9_lottery => /eqP.
by vm_compute.
Qed.

(** ** T9_fixed_heads *)

Local Notation heads_of_3 := [ffun j : 'I_3 => j != ord0].

(** One head is -1 and two are 1: (1 - 1/4) (1 - 1/2). *)
Example T9_fixed_heads_holds :
  mean_weights (laws 3) heads_of_3 (fun s => (both_win s)%:R) = 3%:R / 8%:R.
Proof.
rewrite Statements.T9_fixed_heads.
have -> : #|[pred j : 'I_3 | heads_of_3 j]| = 2%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
have -> : #|[pred j : 'I_3 | ~~ heads_of_3 j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
by apply/eqP; vm_compute.
Qed.

(** Two filters, one head of each sign. *)
Local Notation heads_of_2 := [ffun j : 'I_2 => j == ord0].

Lemma one_head_true : #|[pred j : 'I_2 | heads_of_2 j]| = 1%N.
Proof. by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE. Qed.

Lemma one_head_false : #|[pred j : 'I_2 | ~~ heads_of_2 j]| = 1%N.
Proof. by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE. Qed.

(** Heads that are all 1: no filter can win the label -. *)
Lemma T9_fixed_heads_wrong_sign : ~ (forall (R : realFieldType) (n K : nat) (V : finType)
    (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool}),
  mean_weights L a (fun s => (both_win s)%:R) =
  (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | a j]|)).
Proof.
move/(_ Q 1%N 1%N _ (coins 1) [ffun _ => true]); rewrite Statements.T9_fixed_heads.
have -> : #|[pred j : 'I_1 | [ffun _ : 'I_1 => true] j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= big_ord1 !inE !ffunE.
have -> : #|[pred j : 'I_1 | ~~ [ffun _ : 'I_1 => true] j]| = 0%N.
  by rewrite -sum1_card big_mkcond /= big_ord1 !inE !ffunE.
by move/eqP; vm_compute.
Qed.

(** A coordinate that is positive with probability 1/4. *)
Lemma T9_fixed_heads_wrong_half : ~ (forall (R : realFieldType) (n K : nat) (V : finType)
    (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool}),
  mean_weights L a (fun s => (both_win s)%:R) =
  (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 4%:R^-1 ^+ #|[pred j | ~~ a j]|)).
Proof.
move/(_ Q 2%N 1%N _ (coins 2) heads_of_2); rewrite Statements.T9_fixed_heads one_head_true
  one_head_false.
by move/eqP; vm_compute.
Qed.

