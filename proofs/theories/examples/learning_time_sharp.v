(** * T6 (a), (b) with the sharp bound: examples and refuted near misses

    On the small problem at most 16 updates of the hinge (32 without T6s) and 8 of the perceptron; every
    atom has probability 1/2. The near misses fall to two filters with all coordinates 1/4 and a large
    step size: both margins are 0 at the start, before any step, and the wrong bounds allow no update. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require Import examples.mistake_bound_sharp.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation M l := (small_model l false).

Lemma small_least (i : atom D) : 1 / 2%:R <= probability i :> Q.
Proof. by []. Qed.

Lemma sharp_16 (u : nat) :
  head_square s0 true * head_square s0 false / (head_square s0 true + head_square s0 false)
      * (eta (M Hinge) * 1%:R * u%:R) ^+ 2
    <= \sum_j \sum_(p | ~~ winner_key s0 j p) relu (weight s0 j p) ^+ 2
      + u%:R * (2%:R * eta (M Hinge) + eta (M Hinge) ^+ 2 * 4%:R) -> (u <= 16)%N.
Proof.
rewrite !small_heads small_rest; apply: contraTT; rewrite -ltnNge => many.
rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta (M Hinge) = 1 / 2%:R by [].
move: (u - 17)%N => v.
have -> : 1 * 1 / (1 + 1) * (1 / 2%:R * 1%:R * (17%:R + v%:R)) ^+ 2 - (1 / 4%:R
    + (17%:R + v%:R) * (2%:R * (1 / 2%:R) + (1 / 2%:R) ^+ 2 * 4%:R))
  = 15%:R / 8%:R + (9%:R / 4%:R * v%:R + 1 / 8%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Lemma sharp_8 (u : nat) :
  head_square s0 true * head_square s0 false / (head_square s0 true + head_square s0 false)
      * (eta (M Perceptron) * 1%:R * u%:R) ^+ 2
    <= \sum_j \sum_(p | ~~ winner_key s0 j p) relu (weight s0 j p) ^+ 2
      + u%:R * (eta (M Perceptron) ^+ 2 * 4%:R) -> (u <= 8)%N.
Proof.
rewrite !small_heads small_rest; apply: contraTT; rewrite -ltnNge => many.
rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta (M Perceptron) = 1 / 2%:R by [].
move: (u - 9)%N => v.
have -> : 1 * 1 / (1 + 1) * (1 / 2%:R * 1%:R * (9%:R + v%:R)) ^+ 2 - (1 / 4%:R
    + (9%:R + v%:R) * ((1 / 2%:R) ^+ 2 * 4%:R))
  = 7%:R / 8%:R + (5%:R / 4%:R * v%:R + 1 / 8%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Example T6a_sharp_holds T :
  Pr D T (fun xs => ~~ settled D (M Hinge) (sgd (M Hinge) s0 xs)) <= binomial_below T (1 / 2%:R) 16
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D (M Hinge) (sgd (M Hinge) s0 (take t xs)) < 1])
    <= binomial_below T (1 / 2%:R) 16.
Proof.
exact: (@Statements.T6a_sharp Q 3 1 D (M Hinge) 1 s0 4%:R (1 / 2%:R) 16 T (small_fixed Hinge)
  (ltW (small_eta _ _)) small_key_at_least small_active isT small_least sharp_16).
Qed.

Example T6b_sharp_holds T : Pr D T (fun xs => [forall t : 'I_T.+1,
  accuracy D (M Hinge) (sgd (M Hinge) s0 (take t xs)) <= 1 - 1 / 10%:R]) <= binomial_below T (1 / 10%:R) 16.
Proof.
exact: (@Statements.T6b_sharp Q 3 1 D (M Hinge) 1 s0 4%:R (1 / 10%:R) 16 T (small_fixed Hinge)
  (ltW (small_eta _ _)) small_key_at_least small_active isT sharp_16).
Qed.

Example T6a_perceptron_holds T :
  Pr D T (fun xs => accuracy D (M Perceptron) (sgd (M Perceptron) s0 xs) < 1)
    <= binomial_below T (1 / 2%:R) 8.
Proof.
exact: (@Statements.T6a_perceptron Q 3 1 D (M Perceptron) 1 s0 4%:R (1 / 2%:R) 8 T
  (small_fixed Perceptron) (ltW (small_eta _ _)) small_key_at_least small_active isT small_least sharp_8).
Qed.

Example T6b_perceptron_holds T : Pr D T (fun xs => [forall t : 'I_T.+1,
  accuracy D (M Perceptron) (sgd (M Perceptron) s0 (take t xs)) <= 1 - 1 / 10%:R])
    <= binomial_below T (1 / 10%:R) 8.
Proof.
exact: (@Statements.T6b_perceptron Q 3 1 D (M Perceptron) 1 s0 4%:R (1 / 10%:R) 8 T
  (small_fixed Perceptron) (ltW (small_eta _ _)) small_key_at_least small_active isT sharp_8).
Qed.

(** ** Two filters, all coordinates 1/4 *)

Definition level_state : state Q 2 1 :=
  @State Q 2 1 (fun _ p => if p is inl _ then 1 / 4%:R else - 1) (fun j => if j == ord0 then 1 else -1).
Definition level_model (l : loss) (e : Q) : model Q 1 :=
  Model (gram (M l)) Relu SumPooling l false e.

Local Notation s1 := level_state.

Lemma level_fixed l e : fixed_head_network (level_model l e) l.
Proof. by []. Qed.

Lemma sum_2 (V : zmodType) (F : 'I_2 -> V) : \sum_j F j = F (@Ordinal 2 0 isT) + F (@Ordinal 2 1 isT).
Proof. by rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _); exact: val_inj. Qed.

Lemma level_heads y : head_square s1 y = 1.
Proof. by rewrite /head_square big_mkcond sum_2; case: y; apply/eqP. Qed.

Lemma level_rest : \sum_j \sum_(p | ~~ winner_key s1 j p) relu (weight s1 j p) ^+ 2 = 1 / 8%:R.
Proof.
by rewrite sum_2 !(big_mkcond (fun p => ~~ winner_key s1 _ p)) !small_sum_patterns; apply/eqP.
Qed.

Lemma level_active (i : atom D) : active_square s1 (sample_at i) <= 2%:R.
Proof.
rewrite /active_square sum_2 !(big_mkcond (fun p => 0 < _)) !small_sum_patterns.
by case: i.
Qed.

Lemma level_margin l e i : margin (level_model l e) s1 (sample_at (i : atom D)) = 0.
Proof.
rewrite /margin /output sum_2 /pooled !small_sum_patterns.
by case: i; apply/eqP.
Qed.

Lemma level_accuracy l e : accuracy D (level_model l e) s1 = 0.
Proof. by apply: big1 => i; rewrite level_margin ltxx. Qed.

Lemma level_unsettled e : ~~ settled D (level_model Hinge e) s1.
Proof. by apply/negP => /forallP/(_ true); rewrite level_margin. Qed.

Lemma quadratic (a b c : nat) (v : Q) : (0 < a)%N -> 0 <= v ->
  0 < a%:R / 8%:R + (b%:R * v + c%:R / 2%:R * v ^+ 2).
Proof.
move=> a0 v0; apply: ltr_paddr; last by rewrite divr_gt0 ?ltr0n.
by apply: addr_ge0; apply: mulr_ge0; rewrite ?divr_ge0 ?ler0n ?sqr_ge0.
Qed.

(** What happens before the first step has probability 1, and P(Bin(0, p) < 0) is 0. *)
Lemma none_of_0 (E : pred (seq (sample 1))) (p : Q) : E [::] -> ~ Pr D 0 E <= binomial_below 0 p 0.
Proof. by rewrite PrE expectation0 binomial_below0 => ->. Qed.

(** The part that grows with the updates left out. *)
Lemma T6a_sharp_wrong_growth : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q p : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 ->
    (u <= k)%N) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k).
Proof.
move/(_ Q 2%N 1%N D (level_model Hinge 1%:R) 1%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim small_key_at_least level_active isT small_least.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (proj1 (claim _))); first exact: level_unsettled.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (1%:R * u%:R + 1%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 1 1 _ isT (ler0n _ u)).
Qed.

(** eta for eta^2: for large step sizes. *)
Lemma T6a_sharp_wrong_eta : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q p : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R * (2%:R * eta M + eta M * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => ~~ settled D M (sgd M s xs)) <= binomial_below T p k
  /\ Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) < 1])
    <= binomial_below T p k).
Proof.
move/(_ Q 2%N 1%N D (level_model Hinge 9%:R) 1%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim small_key_at_least level_active isT small_least.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (proj1 (claim _))); first exact: level_unsettled.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 35%:R / 8%:R + (45%:R * u%:R + 81%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 35 45 81 _ isT (ler0n _ u)).
Qed.

(** Without r keys an image. *)
Lemma T6b_sharp_wrong_keys : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q eps : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M ->
  (forall i : atom D, active_square s (sample_at i) <= Q) -> 0 < eps <= 1 ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R * (2%:R * eta M + eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k).
Proof.
move/(_ Q 2%N 1%N D (level_model Hinge 1%:R) 3%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim level_active isT.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first by apply/forallP => t; rewrite /= level_accuracy.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (5%:R * u%:R + 9%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 5 9 _ isT (ler0n _ u)).
Qed.

(** Q below [active_square]. *)
Lemma T6b_sharp_wrong_active : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q eps : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  0 < eps <= 1 ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R * (2%:R * eta M + eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k).
Proof.
move/(_ Q 2%N 1%N D (level_model Hinge 1%:R) 1%N s1 (- 2%:R) (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim small_key_at_least isT.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first by apply/forallP => t; rewrite /= level_accuracy.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (1%:R * u%:R + 1%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 1 1 _ isT (ler0n _ u)).
Qed.

(** The part that grows with the updates left out. *)
Lemma T6a_perceptron_wrong_growth : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q p : R) (k T : nat),
  fixed_head_network M Perceptron -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 ->
    (u <= k)%N) ->
  Pr D T (fun xs => accuracy D M (sgd M s xs) < 1) <= binomial_below T p k).
Proof.
move/(_ Q 2%N 1%N D (level_model Perceptron 1%:R) 1%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim small_key_at_least level_active isT small_least.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first by rewrite /= level_accuracy.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (1%:R * u%:R + 1%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 1 1 _ isT (ler0n _ u)).
Qed.

(** Without r keys an image. *)
Lemma T6a_perceptron_wrong_keys : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q p : R) (k T : nat),
  fixed_head_network M Perceptron -> 0 <= eta M ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 + u%:R * (eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => accuracy D M (sgd M s xs) < 1) <= binomial_below T p k).
Proof.
move/(_ Q 2%N 1%N D (level_model Perceptron 1%:R) 3%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim level_active isT small_least.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first by rewrite /= level_accuracy.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 19%:R / 8%:R + (7%:R * u%:R + 9%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 19 7 9 _ isT (ler0n _ u)).
Qed.

(** eta for eta^2: for large step sizes. *)
Lemma T6b_perceptron_wrong_eta : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q eps : R) (k T : nat),
  fixed_head_network M Perceptron -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) -> 0 < eps <= 1 ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 + u%:R * (eta M * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k).
Proof.
move/(_ Q 2%N 1%N D (level_model Perceptron 9%:R) 1%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim small_key_at_least level_active isT.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first by apply/forallP => t; rewrite /= level_accuracy.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 179%:R / 8%:R + (63%:R * u%:R + 81%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 179 63 81 _ isT (ler0n _ u)).
Qed.

(** Q below [active_square]. *)
Lemma T6b_perceptron_wrong_active : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r : nat) (s : state R n K) (Q eps : R) (k T : nat),
  fixed_head_network M Perceptron -> 0 <= eta M ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  0 < eps <= 1 ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * u%:R) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 + u%:R * (eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D T (fun xs => [forall t : 'I_T.+1, accuracy D M (sgd M s (take t xs)) <= 1 - eps])
    <= binomial_below T eps k).
Proof.
move/(_ Q 2%N 1%N D (level_model Perceptron 1%:R) 1%N s1 0 (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT).
move=> claim; have {claim} := claim small_key_at_least isT.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first by apply/forallP => t; rewrite /= level_accuracy.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (1%:R * u%:R + 1%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 1 1 _ isT (ler0n _ u)).
Qed.

