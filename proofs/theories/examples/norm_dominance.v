(** * T2: examples and refuted near misses

    On the second problem kappa is 1/4; filter 3 is the only loser, its norm squared is 31/64. The near
    misses of the limits run on the two filters of [duo] in problems where an assumption fails, so that
    winner and loser, or key and background, keep the same ratio for ever. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.broken_assumptions.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D1 := small_distribution.
Local Notation M1 := (small_model Unhinged false).
Local Notation s1 := small_state.
Local Notation D2 := two_distribution.
Local Notation M2 := (two_model Unhinged false).
Local Notation s2 := two_state.

(** ** At every step *)

(** The key of filter 0 is 1/4 + t/4; filter 3 stays below 35/64; dominance with ratio 2 from step 6 on;
    the cosine of filter 0 with its key. *)
Example T2_norm_dominance_holds t :
  [/\ weight (expected D2 M2 s2 t) g0 (key true) = 1 / 4%:R + 1 / 4%:R * t%:R,
      norm_squared (expected D2 M2 s2 t) g3 <= 35%:R / 64%:R,
      (6 <= t)%N -> dominates 2%:R s2 (expected D2 M2 s2 t)
    & let X := 1 / 4%:R + 1 / 4%:R * t%:R in
      X ^+ 2 / (X ^+ 2 + 15%:R / 64%:R + 1 / 16%:R) <= cos_squared (expected D2 M2 s2 t) g0 (key true)].
Proof.
have [grows bounded dominant aligned] := Statements.T2_norm_dominance (two_fixed Unhinged)
  (ltW (two_eta Unhinged false)) two_signed two_unique_keys two_label_independent two_balanced t.
have kappaE : eta M2 * 2%:R / 2%:R = 1 / 4%:R by apply/eqP.
split=> [||late|X].
- by rewrite (grows g0 true (two_winner true g0)) kappaE.
- by apply: le_trans (bounded g3 _) _; rewrite ?two_loser // two_norm_squared.
- apply: (dominant _ 6%N late) => j; rewrite two_loser two_norm_squared => /eqP ->.
  by rewrite kappaE.
- have XE : X = weight s2 g0 (key true) + eta M2 * 2%:R / 2%:R * t%:R by rewrite kappaE.
  by have := aligned g0 true X (two_winner true g0) XE; rewrite kappaE two_norm_squared.
Qed.

(** The factor 1/2 forgotten in kappa. *)
Lemma T2_norm_dominance_wrong_rate : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R in forall t,
  [/\ forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      forall j, loser s j ->
        norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2,
      forall rho t0, (t0 <= t)%N ->
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2)
          <= cos_squared (expected D M s t) j (key y)]).
Proof.
move=> near; have [grows _ _ _] := near Q 4%N 2%N D2 M2 2%N 4%N s2 (two_fixed _) isT two_signed
  two_unique_keys two_label_independent two_balanced 1%N.
have := grows g0 true (two_winner true g0); have [-> _ _ _] := T2_norm_dominance_holds 1.
by move/eqP; vm_compute.
Qed.

(** A loser never longer than at the start: the wrong key of [lean] becomes -3/16. *)
Lemma T2_norm_dominance_wrong_loser : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in forall t,
  [/\ forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      forall j, loser s j ->
        norm_squared (expected D M s t) j <= norm_squared s j,
      forall rho t0, (t0 <= t)%N ->
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2)
          <= cos_squared (expected D M s t) j (key y)]).
Proof.
move=> near; have signed : signed_head lean by left.
have [_ bounded _ _] := near Q 1%N 1%N D1 M1 1%N 2%N lean (small_fixed _) isT signed
  small_unique_keys small_label_independent small_balanced 1%N.
have lose : loser lean ord0 by [].
by have := bounded ord0 lose; rewrite lean_step1 /norm_squared small_sum_patterns; vm_compute.
Qed.

(** Dominance at every step, however early. *)
Lemma T2_norm_dominance_wrong_early : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in forall t,
  [/\ forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      forall j, loser s j ->
        norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2,
      forall rho t0,
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2)
          <= cos_squared (expected D M s t) j (key y)]).
Proof.
move=> near; have [_ _ dominant _] := near Q 4%N 2%N D2 M2 2%N 4%N s2 (two_fixed _) isT two_signed
  two_unique_keys two_label_independent two_balanced 0%N.
have : dominates 2%:R s2 (expected D2 M2 s2 0).
  by apply: (dominant _ 6%N) => j; rewrite two_loser two_norm_squared => /eqP ->.
move=> /forallP/(_ true)/forallP/(_ g0)/forallP/(_ g3).
by rewrite two_winner two_loser expected0 !two_norm_squared; vm_compute.
Qed.

(** The start forgotten in the cosine: at step 0 it is 1/3 for filter 0 of the small problem. *)
Lemma T2_norm_dominance_wrong_cosine : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in forall t,
  [/\ forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      forall j, loser s j ->
        norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2,
      forall rho t0, (t0 <= t)%N ->
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + kappa ^+ 2)
          <= cos_squared (expected D M s t) j (key y)]).
Proof.
move=> near; have [_ _ _ aligned] := near Q 3%N 1%N D1 M1 1%N 2%N s1 (small_fixed _) isT small_signed
  small_unique_keys small_label_independent small_balanced 0%N.
have start : 1 / 4%:R = weight s1 f0 (key true) + eta M1 * 1%:R / 2%:R * 0%:R by apply/eqP.
have := aligned f0 true _ (small_winner true f0) start.
by rewrite expected0 /cos_squared small_norm_squared; vm_compute.
Qed.

(** ** Every ratio *)

(** With heads 1, 2, -3 and 4. *)
Definition heavy : state Q 4 2 :=
  @State Q 4 2 (fun j p => two_weight j p) (fun j => j.+1%:R * two_head j).

Example T2_dominance_time_holds (rho : rat) :
  exists T, forall t, (T <= t)%N -> dominates rho heavy (expected D2 M2 heavy t).
Proof.
exact: (@Statements.T2_dominance_time [archiFieldType of rat] 4 2 D2 M2 2 4 heavy rho (two_fixed Unhinged)
  (two_eta _ _) isT two_unique_keys two_label_independent two_balanced).
Qed.

(** Step size 0 allowed. *)
Lemma T2_dominance_time_wrong_idle : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (rho : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall t, (T <= t)%N -> dominates rho s (expected D M s t)).
Proof.
move=> near; apply: (steady_no_dominance (idle_steady D1)) => //.
exact: (near [archiFieldType of rat] 2%N 1%N D1 (idle Unhinged) 1%N 2%N (duo 1 1 1) 2%:R (idle_fixed _)
  (lexx _) isT small_unique_keys small_label_independent small_balanced).
Qed.

(** No key patch. *)
Lemma T2_dominance_time_wrong_keyless : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (rho : R),
  fixed_head_network M Unhinged -> 0 < eta M ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall t, (T <= t)%N -> dominates rho s (expected D M s t)).
Proof.
move=> near; apply: (steady_no_dominance keyless_steady) => //.
exact: (near [archiFieldType of rat] 2%N 1%N keyless M1 0%N 2%N (duo 1 1 1) 2%:R (small_fixed _)
  (small_eta _ _) keyless_keys keyless_independent keyless_balanced).
Qed.

(** A3 forgotten: the loser's background grows as the winner's key does. *)
Lemma T2_dominance_time_wrong_dependent : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (rho : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> balanced D ->
  exists T, forall t, (T <= t)%N -> dominates rho s (expected D M s t)).
Proof.
move=> near; apply: (steady_no_dominance lone_steady) => //.
exact: (near [archiFieldType of rat] 2%N 1%N lone M1 1%N 2%N (duo _ _ _) 2%:R (small_fixed _)
  (small_eta _ _) isT lone_keys lone_balanced).
Qed.

(** A4 forgotten: with a label of probability 4/5 the background grows too. *)
Lemma T2_dominance_time_wrong_unbalanced : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (rho : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D ->
  exists T, forall t, (T <= t)%N -> dominates rho s (expected D M s t)).
Proof.
move=> near; apply: (steady_no_dominance tilted_steady) => //.
exact: (near [archiFieldType of rat] 2%N 1%N tilted M1 1%N 2%N (duo _ _ _) 2%:R (small_fixed _)
  (small_eta _ _) isT tilted_keys tilted_independent).
Qed.

(** ** Alignment *)

Example T2_alignment_limit_holds : exists T, forall t j y, (T <= t)%N -> winner heavy y j ->
  99%:R / 100%:R <= cos_squared (expected D2 M2 heavy t) j (key y) <= 1.
Proof.
have := @Statements.T2_alignment_limit [archiFieldType of rat] 4 2 D2 M2 2 4 heavy (1 / 100%:R)
  (two_fixed Unhinged) (two_eta _ _) isT two_unique_keys two_label_independent two_balanced isT.
by have -> : 1 - 1 / 100%:R = 99%:R / 100%:R :> rat by apply/eqP.
Qed.

(** Exact alignment, eps = 0. *)
Lemma T2_alignment_limit_wrong_exact : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (eps : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 <= eps ->
  exists T, forall t j y, (T <= t)%N -> winner s y j ->
    1 - eps <= cos_squared (expected D M s t) j (key y) <= 1).
Proof.
move=> near; have := near [archiFieldType of rat] 3%N 1%N D1 M1 1%N 2%N s1 0 (small_fixed _) (small_eta _ _)
  isT small_unique_keys small_label_independent small_balanced (lexx _).
case=> T /(_ T f0 true (leqnn T) (small_winner true f0))/andP[+ _].
have stays : weight (expected D1 M1 s1 T) f0 (background ord0) = 1 / 4%:R.
  have [] := Statements.T1_background_stays s1 (small_fixed Unhinged) small_label_independent
    small_balanced T f0 ord0.
  by move=> _ ->.
have shorter : weight (expected D1 M1 s1 T) f0 (key true) ^+ 2 < norm_squared (expected D1 M1 s1 T) f0.
  by rewrite /norm_squared small_sum_patterns stays -addrA ltr_addl ltr_paddl ?sqr_ge0.
rewrite subr0 /cos_squared ler_pdivl_mulr ?mul1r; last by apply: le_lt_trans shorter; exact: sqr_ge0.
by rewrite leNgt shorter.
Qed.

(** A3 forgotten: the background grows with the key, and the cosine squared stays 1/2. *)
Lemma T2_alignment_limit_wrong_dependent : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (eps : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> balanced D -> 0 < eps ->
  exists T, forall t j y, (T <= t)%N -> winner s y j ->
    1 - eps <= cos_squared (expected D M s t) j (key y) <= 1).
Proof.
move=> near; pose s := duo (1 / 4%:R) (1 / 4%:R) (1 / 4%:R).
have := near [archiFieldType of rat] 2%N 1%N lone M1 1%N 2%N s (1 / 4%:R) (small_fixed _)
  (small_eta _ _) isT lone_keys lone_balanced isT.
case=> T /(_ T d0 true (leqnn T) isT)/andP[close _].
have : 1 - 1 / 4%:R <= (1 / 4%:R) ^+ 2 / ((1 / 4%:R) ^+ 2 + (1 / 4%:R) ^+ 2) :> rat; last by vm_compute.
by rewrite -(steady_cosine T lone_steady isT).
Qed.

(** A4 forgotten: it stays 16/25. *)
Lemma T2_alignment_limit_wrong_unbalanced : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (eps : R),
  fixed_head_network M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> 0 < eps ->
  exists T, forall t j y, (T <= t)%N -> winner s y j ->
    1 - eps <= cos_squared (expected D M s t) j (key y) <= 1).
Proof.
move=> near; pose s := duo (2%:R / 5%:R) (3%:R / 10%:R) (3%:R / 10%:R).
have := near [archiFieldType of rat] 2%N 1%N tilted M1 1%N 2%N s (1 / 4%:R) (small_fixed _)
  (small_eta _ _) isT tilted_keys tilted_independent isT.
case=> T /(_ T d0 true (leqnn T) isT)/andP[close _].
have : 1 - 1 / 4%:R <= (2%:R / 5%:R) ^+ 2 / ((2%:R / 5%:R) ^+ 2 + (3%:R / 10%:R) ^+ 2) :> rat;
  last by vm_compute.
by rewrite -(steady_cosine T tilted_steady isT).
Qed.

(** Step size 0 allowed. *)
Lemma T2_alignment_limit_wrong_idle : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (r m : nat) (s : state R n K) (eps : R),
  fixed_head_network M Unhinged -> 0 <= eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D -> 0 < eps ->
  exists T, forall t j y, (T <= t)%N -> winner s y j ->
    1 - eps <= cos_squared (expected D M s t) j (key y) <= 1).
Proof.
move=> near; have := near [archiFieldType of rat] 2%N 1%N D1 (idle Unhinged) 1%N 2%N (duo 1 1 1) (1 / 4%:R)
  (idle_fixed _) (lexx _) isT small_unique_keys small_label_independent small_balanced isT.
case=> T /(_ T d0 true (leqnn T) isT)/andP[close _].
have : 1 - 1 / 4%:R <= 1 ^+ 2 / (1 ^+ 2 + 1 ^+ 2) :> rat; last by vm_compute.
by rewrite -(steady_cosine T (idle_steady D1) isT).
Qed.
