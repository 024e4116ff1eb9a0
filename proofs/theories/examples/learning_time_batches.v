(** * T6 (a) with batches: an example and refuted near misses

    On the small problem, batches of two: at most 32 images with an open gate. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values examples.mistake_bound_sharp examples.learning_time_sharp.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation s1 := level_state.
Local Notation M := (small_model Hinge false).

Lemma images_32 (u : nat) :
  head_square s0 true * head_square s0 false / (head_square s0 true + head_square s0 false)
      * (eta M * 1%:R * (u%:R / 2%:R)) ^+ 2
    <= \sum_j \sum_(p | ~~ winner_key s0 j p) relu (weight s0 j p) ^+ 2
      + u%:R / 2%:R * (2%:R * eta M + eta M ^+ 2 * 4%:R) -> (u <= 32)%N.
Proof.
rewrite !small_heads small_rest; apply: contraTT; rewrite -ltnNge => many.
rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta M = 1 / 2%:R by [].
move: (u - 33)%N => v.
have -> : 1 * 1 / (1 + 1) * (1 / 2%:R * 1%:R * ((33%:R + v%:R) / 2%:R)) ^+ 2 - (1 / 4%:R
    + (33%:R + v%:R) / 2%:R * (2%:R * (1 / 2%:R) + (1 / 2%:R) ^+ 2 * 4%:R))
  = 25%:R / 32%:R + (17%:R / 16%:R * v%:R + 1 / 32%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Example T6a_batches_holds T :
  Pr D (T * 2) (fun xs => ~~ settled D M (run M s0
      [seq [seq (2%:R^-1, x) | x <- b] | b <- reshape (nseq T 2%N) xs]))
    <= binomial_below (T * 2) (1 / 2%:R) 31.
Proof.
exact: (@Statements.T6a_batches Q 3 1 D M 1 2 s0 4%:R (1 / 2%:R) 32 T (small_fixed Hinge)
  (ltW (small_eta _ _)) isT small_key_at_least small_active isT small_least images_32).
Qed.

(** The part that grows with the updates left out. *)
Lemma T6a_batches_wrong_growth : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r B : nat) (s : state R n K) (Q p : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M -> (0 < B)%N ->
  (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * (u%:R / B%:R)) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 ->
    (u <= k)%N) ->
  Pr D (T * B) (fun xs => ~~ settled D M (run M s
      [seq [seq (B%:R^-1, x) | x <- b] | b <- reshape (nseq T B) xs]))
    <= binomial_below (T * B) p (k.+1 - B)).
Proof.
move/(_ Q 2%N 1%N D (level_model Hinge 1%:R) 1%N 1%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT isT).
move=> claim; have {claim} := claim small_key_at_least level_active isT small_least.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first exact: level_unsettled.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (1%:R * u%:R + 1%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 1 1 _ isT (ler0n _ u)).
Qed.

(** Without r keys an image. *)
Lemma T6a_batches_wrong_keys : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r B : nat) (s : state R n K) (Q p : R) (k T : nat),
  fixed_head_network M Hinge -> 0 <= eta M -> (0 < B)%N ->
  (forall i : atom D, active_square s (sample_at i) <= Q) ->
  0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    head_square s true * head_square s false / (head_square s true + head_square s false)
        * (eta M * r%:R * (u%:R / B%:R)) ^+ 2
      <= \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2
        + u%:R / B%:R * (2%:R * eta M + eta M ^+ 2 * Q) ->
    (u <= k)%N) ->
  Pr D (T * B) (fun xs => ~~ settled D M (run M s
      [seq [seq (B%:R^-1, x) | x <- b] | b <- reshape (nseq T B) xs]))
    <= binomial_below (T * B) p (k.+1 - B)).
Proof.
move/(_ Q 2%N 1%N D (level_model Hinge 1%:R) 3%N 1%N s1 2%:R (1 / 2%:R) 0%N 0%N (level_fixed _ _) isT isT).
move=> claim; have {claim} := claim level_active isT small_least.
rewrite !level_heads level_rest => claim.
refine (none_of_0 _ (claim _)); first exact: level_unsettled.
case=> // u; rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD.
rewrite [X in 0 < X](_ : _ = 3%:R / 8%:R + (5%:R * u%:R + 9%:R / 2%:R * u%:R ^+ 2));
  last by rewrite /=; field.
exact: (@quadratic 3 5 9 _ isT (ler0n _ u)).
Qed.

