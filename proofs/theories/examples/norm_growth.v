(** * T2s: examples and refuted near misses

    On the second problem rho_j^2 is 1/16 for the winners and 0 for the loser; on the tilted one, where
    the background grows too, rho^2 = (2/5)^2 + (3/10)^2 = 1/4. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.broken_assumptions.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation A := [archiFieldType of rat].
Local Notation D1 := small_distribution.
Local Notation M1 := (small_model Unhinged false).
Local Notation D2 := two_distribution.
Local Notation M2 := (two_model Unhinged false).
Local Notation s2 := two_state.

(** A quantity has one limit. *)
Lemma two_limits (f : nat -> rat) a b e :
  (exists T, forall t, (T <= t)%N -> `|f t - a| <= e) ->
  (exists T, forall t, (T <= t)%N -> `|f t - b| <= e) -> `|a - b| <= e + e.
Proof.
move=> [T to_a] [T' to_b]; have -> : a - b = (f (T + T')%N - b) - (f (T + T')%N - a) by ring.
apply: le_trans (ler_norm_sub _ _) _; apply: ler_add; first exact/to_b/leq_addl.
exact/to_a/leq_addr.
Qed.

Lemma two_growth : [/\ growth_squared D2 M2 s2 g0 = 1 / 16%:R, growth_squared D2 M2 s2 g1 = 1 / 16%:R
  & growth_squared D2 M2 s2 g3 = 0].
Proof. by rewrite /growth_squared; split; rewrite big_mkcond two_sum_patterns !two_drift; apply/eqP. Qed.

Lemma two_decay : decay_squared D2 M2 s2 g0 = 1 / 16%:R.
Proof. by rewrite /decay_squared big_mkcond two_sum_patterns !two_drift; apply/eqP. Qed.

(** ** Growth *)

(** Filter 0: 15/64 + 1/16 is below (9/16)^2. *)
Example T2s_growth_holds t :
  1 / 16%:R * t%:R ^+ 2 <= norm_squared (expected D2 M2 s2 t) g0 <= (1 / 4%:R * t%:R + 9%:R / 16%:R) ^+ 2.
Proof.
have [lower upper] := Statements.T2s_growth D2 s2 (two_fixed Unhinged) t g0.
have [grows _ _] := two_growth; rewrite grows in lower upper.
rewrite lower upper // two_decay two_norm_squared; by vm_compute.
Qed.

Lemma duo_growth a c b : growth_squared D1 M1 (duo a c b) d0 = (if 0 < a then 1 / 16%:R else 0)
  /\ growth_squared D1 M1 (duo a c b) d1 = 0.
Proof.
rewrite /growth_squared; split; rewrite big_mkcond small_sum_patterns !small_drift /=.
  by rewrite ltxx !andbF andbT; case: ifP => _; apply/eqP.
by rewrite ltxx !andbF; apply/eqP.
Qed.

(** The coordinates that fall forgotten: 1/16 on the wrong key becomes -3/16. *)
Lemma T2s_growth_wrong_decay : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j,
  growth_squared D M s j * t%:R ^+ 2 <= norm_squared (expected D M s t) j
  /\ forall x c : R, 0 <= x -> 0 <= c -> growth_squared D M s j <= x ^+ 2 ->
     norm_squared s j <= c ^+ 2 ->
     norm_squared (expected D M s t) j <= (x * t%:R + c) ^+ 2).
Proof.
move=> near; have [_ upper] := near Q 1%N 1%N D1 M1 lean (small_fixed _) 1%N ord0.
have none : growth_squared D1 M1 lean ord0 <= 0 ^+ 2.
  by rewrite /growth_squared big_mkcond small_sum_patterns !small_drift; vm_compute.
have start : norm_squared lean ord0 <= (1 / 16%:R) ^+ 2.
  by rewrite /norm_squared small_sum_patterns; vm_compute.
by have := upper 0 (1 / 16%:R) isT isT none start; rewrite lean_step1; vm_compute.
Qed.

(** The square of a sum is not the sum of the squares. *)
Lemma T2s_growth_wrong_square : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j,
  growth_squared D M s j * t%:R ^+ 2 <= norm_squared (expected D M s t) j
  /\ forall x c : R, 0 <= x -> 0 <= c -> growth_squared D M s j <= x ^+ 2 ->
     norm_squared s j + decay_squared D M s j <= c ^+ 2 ->
     norm_squared (expected D M s t) j <= (x * t%:R) ^+ 2 + c ^+ 2).
Proof.
move=> near; pose s := duo (1 / 4%:R) 0 0.
have [_ upper] := near Q 2%N 1%N D1 M1 s (small_fixed _) 1%N d0.
have grows : growth_squared D1 M1 s d0 <= (1 / 4%:R) ^+ 2 by rewrite (proj1 (duo_growth _ _ _)).
have start : norm_squared s d0 + decay_squared D1 M1 s d0 <= (1 / 4%:R) ^+ 2.
  by rewrite duo_norm /decay_squared big_mkcond small_sum_patterns !small_drift; vm_compute.
have [ortho act pool unhinged fixed] := small_fixed Unhinged.
have := upper (1 / 4%:R) (1 / 4%:R) isT isT grows start.
rewrite duo_norm !(weight_expectedS _ _ _ _ _ ortho act pool unhinged fixed) !expected0 !small_drift.
by vm_compute.
Qed.

(** The lower bound one step ahead. *)
Lemma T2s_growth_wrong_lower : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K),
  fixed_head_network M Unhinged ->
  forall t j,
  growth_squared D M s j * t.+1%:R ^+ 2 <= norm_squared (expected D M s t) j
  /\ forall x c : R, 0 <= x -> 0 <= c -> growth_squared D M s j <= x ^+ 2 ->
     norm_squared s j + decay_squared D M s j <= c ^+ 2 ->
     norm_squared (expected D M s t) j <= (x * t%:R + c) ^+ 2).
Proof.
move=> near; pose s := duo (1 / 8%:R) 0 0.
have [+ _] := near Q 2%N 1%N D1 M1 s (small_fixed _) 0%N d0.
by rewrite (proj1 (duo_growth _ _ _)) expected0 duo_norm; vm_compute.
Qed.

(** ** Dominance without limit *)

(** Filter 0 dominates the loser without limit; filter 1 it does not. *)
Example T2s_unlimited_dominance_holds :
  (forall rho : rat, exists T, forall t, (T <= t)%N ->
    rho ^+ 2 * norm_squared (expected D2 M2 s2 t) g3 <= norm_squared (expected D2 M2 s2 t) g0)
  /\ ~ (forall rho : rat, exists T, forall t, (T <= t)%N ->
    rho ^+ 2 * norm_squared (expected D2 M2 s2 t) g1 <= norm_squared (expected D2 M2 s2 t) g0).
Proof.
have [grows grows1 stays] := two_growth; split.
  apply: (@Statements.T2s_unlimited_dominance A 4 2 D2 M2 s2 g3 g0 (two_fixed Unhinged)).2; left.
  by split; [rewrite grows | exact: stays].
move/(@Statements.T2s_unlimited_dominance A 4 2 D2 M2 s2 g1 g0 (two_fixed Unhinged)).1.
case=> [[_]|[t]]; first by rewrite grows1 => /eqP; vm_compute.
have [lower _] := Statements.T2s_growth D2 s2 (two_fixed Unhinged) t g1.
move: lower; rewrite grows1; case: t => [|t] lower gone.
  by move: gone; rewrite expected0 two_norm_squared => /eqP; vm_compute.
by move: lower; rewrite gone leNgt mulr_gt0 ?exprn_gt0 ?ltr0n.
Qed.

(** The second case forgotten: filters that are 0. *)
Lemma T2s_unlimited_dominance_wrong_zero : ~ (forall (R : archiFieldType) (n K : nat)
    (D : distribution R K) (M : model R K) (s : state R n K) (i j : 'I_n),
  fixed_head_network M Unhinged ->
  (forall rho : R, exists T, forall t, (T <= t)%N ->
    rho ^+ 2 * norm_squared (expected D M s t) i <= norm_squared (expected D M s t) j)
  <-> (0 < growth_squared D M s j /\ growth_squared D M s i = 0)).
Proof.
move=> near; have [only_if _] := near A 2%N 1%N D1 M1 (duo 0 0 0) d1 d1 (small_fixed _).
have still t p : weight (expected D1 M1 (duo 0 0 0) t) d1 p = 0.
  have zero : weight (duo 0 0 0) d1 p = 0 by case: p.
  have [frozen _ _] := Statements.T1_closed_form D1 (duo 0 0 0) (small_fixed Unhinged) t d1 p.
  by rewrite frozen zero.
have [|+ _] := only_if; last by rewrite (proj2 (duo_growth _ _ _)) ltxx.
by move=> rho; exists 0%N => t _; rewrite duo_norm !still !expr0n /= !addr0 mulr0.
Qed.

(** The loser's growth forgotten. *)
Lemma T2s_unlimited_dominance_wrong_growing : ~ (forall (R : archiFieldType) (n K : nat)
    (D : distribution R K) (M : model R K) (s : state R n K) (i j : 'I_n),
  fixed_head_network M Unhinged ->
  (forall rho : R, exists T, forall t, (T <= t)%N ->
    rho ^+ 2 * norm_squared (expected D M s t) i <= norm_squared (expected D M s t) j)
  <-> 0 < growth_squared D M s j
      \/ exists t, norm_squared (expected D M s t) i = 0).
Proof.
move=> near; have [_ if_] := near A 4%N 2%N D2 M2 s2 g0 g0 (two_fixed _).
have [grows _ _] := two_growth; have [|T] := if_ _ 2%:R; first by left; rewrite grows.
move/(_ T.+1 (leqnSn T)); have [lower _] := Statements.T2s_growth D2 s2 (two_fixed Unhinged) T.+1 g0.
have pos : 0 < norm_squared (expected D2 M2 s2 T.+1) g0.
  by apply: lt_le_trans lower; rewrite grows mulr_gt0 ?exprn_gt0 ?ltr0n.
by rewrite -[X in _ <= X]mul1r ler_pmul2r.
Qed.

(** ** The ratio of two norms *)

(** Filter 1 with head 2. *)
Definition fast_state : state Q 4 2 :=
  @State Q 4 2 (fun j p => two_weight j p) (fun j => if j == 1%N :> nat then 2%:R else two_head j).

Lemma fast_growth : growth_squared D2 M2 fast_state g1 = 1 / 4%:R
  /\ growth_squared D2 M2 fast_state g0 = 1 / 16%:R.
Proof. by rewrite /growth_squared; split; rewrite big_mkcond two_sum_patterns !two_drift; apply/eqP. Qed.

Example T2s_ratio_limit_holds (eps : rat) : 0 < eps -> exists T, forall t, (T <= t)%N ->
  `|norm_squared (expected D2 M2 fast_state t) g1 / norm_squared (expected D2 M2 fast_state t) g0
    - 4%:R| <= eps.
Proof.
move=> eps0; have := @Statements.T2s_ratio_limit A 4 2 D2 M2 fast_state g1 g0 eps (two_fixed _).
have [-> ->] := fast_growth; have -> : 1 / 4%:R / (1 / 16%:R) = 4%:R :> rat by apply/eqP.
exact.
Qed.

(** The ratio upside down. *)
Lemma T2s_ratio_limit_wrong_inverse : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (i j : 'I_n) (eps : R),
  fixed_head_network M Unhinged -> 0 < growth_squared D M s j -> 0 < eps ->
  exists T, forall t, (T <= t)%N ->
    `|norm_squared (expected D M s t) i / norm_squared (expected D M s t) j
      - growth_squared D M s j / growth_squared D M s i| <= eps).
Proof.
move=> near; have := near A 4%N 2%N D2 M2 fast_state g1 g0 1 (two_fixed _).
have [-> ->] := fast_growth => /(_ isT isT) wrong.
by have := two_limits wrong (T2s_ratio_limit_holds (isT : (0 : rat) < 1)); vm_compute.
Qed.

(** The winner's growth forgotten: filters that do not grow keep their ratio. *)
Lemma T2s_ratio_limit_wrong_still : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (i j : 'I_n) (eps : R),
  fixed_head_network M Unhinged -> 0 < eps ->
  exists T, forall t, (T <= t)%N ->
    `|norm_squared (expected D M s t) i / norm_squared (expected D M s t) j
      - growth_squared D M s i / growth_squared D M s j| <= eps).
Proof.
move=> near; have [T] := near A 2%N 1%N D1 (idle Unhinged) (duo 1 1 1) d1 d1 (1 / 2%:R) (idle_fixed _) isT.
move=> /(_ T (leqnn T)); have [x x0 at_T] := idle_steady D1 T.
have -> : growth_squared D1 (idle Unhinged) (duo 1 1 1) d1 = 0.
  by rewrite /growth_squared big1 // => p _; rewrite idle_drift.
rewrite divff ?mul0r //.
by rewrite duo_norm !at_T /= !mul0r !mul1r !expr0n /= !add0r expf_neq0 // gt_eqF.
Qed.

(** Exact ratio, eps = 0. *)
Lemma T2s_ratio_limit_wrong_exact : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (i j : 'I_n) (eps : R),
  fixed_head_network M Unhinged -> 0 < growth_squared D M s j -> 0 <= eps ->
  exists T, forall t, (T <= t)%N ->
    `|norm_squared (expected D M s t) i / norm_squared (expected D M s t) j
      - growth_squared D M s i / growth_squared D M s j| <= eps).
Proof.
move=> near; have [_ growth3] := (tt, two_growth); case: growth3 => grows _ none.
have := near A 4%N 2%N D2 M2 s2 g3 g0 0 (two_fixed _); rewrite grows none => /(_ isT isT)[T].
move=> /(_ T.+1 (leqnSn T)); rewrite mul0r subr0 normr_le0 mulf_eq0 invr_eq0.
have lower j p : weight (expected D2 M2 s2 T.+1) j p != 0 -> norm_squared (expected D2 M2 s2 T.+1) j != 0.
  move=> p0; apply: lt0r_neq0; rewrite /norm_squared (bigD1 p isT) /=.
  apply: ltr_paddr; first by apply: sumr_ge0 => q _; exact: sqr_ge0.
  by rewrite exprn_even_gt0.
have stays j k : weight (expected D2 M2 s2 T.+1) j (background k) = two_weight j (background k).
  have [_ ->] // := Statements.T1_background_stays s2 (two_fixed Unhinged) two_label_independent
    two_balanced T.+1 j k.
by case/orP; apply/negP; apply: (lower _ b1); rewrite stays.
Qed.

(** ** The direction *)

Lemma tilted_rising (s := duo (2%:R / 5%:R) (3%:R / 10%:R) (3%:R / 10%:R)) :
  rising_drift tilted M1 s d0 (background ord0) = 3%:R / 10%:R
  /\ growth_squared tilted M1 s d0 = 1 / 4%:R.
Proof.
rewrite /rising_drift /growth_squared big_mkcond small_sum_patterns !tilted_drift.
by split; apply/eqP; vm_compute.
Qed.

(** Where the background grows: in the end it has the share 3/10 a step of its filter, 9/25 of the norm
    squared, and 3/5 of the norm. *)
Example T2s_direction_holds (eps : rat) : 0 < eps ->
  let z t := weight (expected tilted M1 (duo (2%:R / 5%:R) (3%:R / 10%:R) (3%:R / 10%:R)) t) d0 in
  [/\ exists T, forall t, (T <= t)%N -> `|z t (background ord0) / t%:R - 3%:R / 10%:R| <= eps,
      exists T, forall t, (T <= t)%N ->
        `|z t (background ord0) ^+ 2 / (\sum_p z t p ^+ 2) - 9%:R / 25%:R| <= eps
    & exists T, forall t (len : rat), (T <= t)%N -> 0 <= len -> len ^+ 2 = \sum_p z t p ^+ 2 ->
        `|z t (background ord0) / len - 3%:R / 5%:R| <= eps].
Proof.
move=> eps0 z; have [share cosine direct] := @Statements.T2s_direction A 2 1 tilted M1
  (duo (2%:R / 5%:R) (3%:R / 10%:R) (3%:R / 10%:R)) d0 (background ord0) eps (small_fixed _) eps0.
have [rises grows] := tilted_rising; split.
- by rewrite rises in share.
- have := cosine; rewrite rises grows => /(_ isT).
  by have -> : (3%:R / 10%:R) ^+ 2 / (1 / 4%:R) = 9%:R / 25%:R :> rat by apply/eqP.
- have := direct (1 / 2%:R) isT; rewrite rises grows => /(_ _)[|T near]; first by apply/eqP.
  exists T => t len late len0 norm; have := near t len late len0 norm.
  by have -> : 3%:R / 10%:R / (1 / 2%:R) = 3%:R / 5%:R :> rat by apply/eqP.
Qed.

(** The coordinates that fall counted: -1/4 in the place of 0 on the wrong key of [lean]. *)
Lemma T2s_direction_wrong_falling : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (j : 'I_n) (p : pattern K) (eps : R),
  fixed_head_network M Unhinged -> 0 < eps ->
  [/\ exists T, forall t, (T <= t)%N ->
        `|weight (expected D M s t) j p / t%:R - drift D M s j p| <= eps,
      0 < growth_squared D M s j -> exists T, forall t, (T <= t)%N ->
        `|cos_squared (expected D M s t) j p
          - rising_drift D M s j p ^+ 2 / growth_squared D M s j| <= eps
    & forall rho, 0 < rho -> rho ^+ 2 = growth_squared D M s j ->
      exists T, forall t (len : R), (T <= t)%N -> 0 <= len ->
        len ^+ 2 = norm_squared (expected D M s t) j ->
        `|weight (expected D M s t) j p / len - rising_drift D M s j p / rho| <= eps]).
Proof.
move=> near; pose e : rat := 1 / 16%:R; have e0 : 0 < e by [].
have [wrong _ _] := near A 1%N 1%N D1 M1 lean ord0 (key false) e (small_fixed _) e0.
have [right _ _] := @Statements.T2s_direction A 1 1 D1 M1 lean ord0 (key false) e (small_fixed _) e0.
have := two_limits wrong right.
by rewrite /rising_drift !small_drift; vm_compute.
Qed.

(** A filter that does not grow keeps its direction. *)
Lemma T2s_direction_wrong_still : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (j : 'I_n) (p : pattern K) (eps : R),
  fixed_head_network M Unhinged -> 0 < eps ->
  [/\ exists T, forall t, (T <= t)%N ->
        `|weight (expected D M s t) j p / t%:R - rising_drift D M s j p| <= eps,
      exists T, forall t, (T <= t)%N ->
        `|cos_squared (expected D M s t) j p
          - rising_drift D M s j p ^+ 2 / growth_squared D M s j| <= eps
    & forall rho, 0 < rho -> rho ^+ 2 = growth_squared D M s j ->
      exists T, forall t (len : R), (T <= t)%N -> 0 <= len ->
        len ^+ 2 = norm_squared (expected D M s t) j ->
        `|weight (expected D M s t) j p / len - rising_drift D M s j p / rho| <= eps]).
Proof.
move=> near; have [T close] : exists T, forall t, (T <= t)%N ->
    `|cos_squared (expected D1 (idle Unhinged) (duo 1 1 1) t) d0 (key true)
      - rising_drift D1 (idle Unhinged) (duo 1 1 1) d0 (key true) ^+ 2
        / growth_squared D1 (idle Unhinged) (duo 1 1 1) d0| <= 1 / 4%:R.
  have e0 : 0 < (1 / 4%:R : rat) by [].
  by have [] := near A 2%N 1%N D1 (idle Unhinged) (duo 1 1 1) d0 (key true) _ (idle_fixed _) e0.
move: (close T (leqnn T)); rewrite (steady_cosine T (idle_steady D1) isT).
rewrite /rising_drift idle_drift ltxx andbF expr0n mul0r subr0.
by vm_compute.
Qed.

(** The other root of rho^2. *)
Lemma T2s_direction_wrong_root : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (j : 'I_n) (p : pattern K) (eps : R),
  fixed_head_network M Unhinged -> 0 < eps ->
  [/\ exists T, forall t, (T <= t)%N ->
        `|weight (expected D M s t) j p / t%:R - rising_drift D M s j p| <= eps,
      0 < growth_squared D M s j -> exists T, forall t, (T <= t)%N ->
        `|cos_squared (expected D M s t) j p
          - rising_drift D M s j p ^+ 2 / growth_squared D M s j| <= eps
    & forall rho, rho ^+ 2 = growth_squared D M s j ->
      exists T, forall t (len : R), (T <= t)%N -> 0 <= len ->
        len ^+ 2 = norm_squared (expected D M s t) j ->
        `|weight (expected D M s t) j p / len - rising_drift D M s j p / rho| <= eps]).
Proof.
move=> near; pose e : rat := 1 / 4%:R; have e0 : 0 < e by [].
pose s := duo (2%:R / 5%:R) (3%:R / 10%:R) (3%:R / 10%:R).
have [_ _ direct] := near A 2%N 1%N tilted M1 s d0 (background ord0) e (small_fixed _) e0.
have [rises grows] := tilted_rising.
have root : (- 1 / 2%:R : rat) ^+ 2 = growth_squared tilted M1 s d0 by rewrite grows; apply/eqP.
have [T wrong] := direct (- 1 / 2%:R) root.
have [x x0 at_T] := tilted_steady T.
have len0 : 0 <= x / 2%:R := divr_ge0 (ltW x0) (ler0n _ 2).
have lenE : (x / 2%:R) ^+ 2 = norm_squared (expected tilted M1 s T) d0.
  rewrite duo_norm !at_T -[weight s d0 (key true)]/(2%:R / 5%:R) -[weight s d0 (key false)]/(0 : rat).
  rewrite -[weight s d0 (background ord0)]/(3%:R / 10%:R); move: x {x0 at_T len0} => x.
  by field.
have : `|weight (expected tilted M1 s T) d0 (background ord0) / (x / 2%:R) - 3%:R / 10%:R / (- 1 / 2%:R)|
    <= 1 / 4%:R.
  by rewrite -rises; exact: wrong.
have -> : weight (expected tilted M1 s T) d0 (background ord0) / (x / 2%:R) = 3%:R / 5%:R.
  rewrite at_T -[weight s d0 (background ord0)]/(3%:R / 10%:R); field.
  by rewrite gt_eqF.
by vm_compute.
Qed.
