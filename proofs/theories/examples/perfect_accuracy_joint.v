(** * T5, joint: examples and refuted near misses

    On the small problem, after two images: one of each label, in either order, has the probability 1/2 and
    implies accuracy 1. The near misses are refuted at the start, by a background that outweighs the key. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation s0 := small_state.
Local Notation M := (small_model Unhinged false).

Lemma small_most (i : atom D) : (\sum_k count (sample_at i) (background k) <= 1)%N.
Proof. by rewrite big_ord1; case: i. Qed.

(** What the keys of the winners are worth, and what the other filters make of them. *)
Lemma small_win y b : win M s0 1 y b = (if y then 1 / 4%:R else 1 / 2%:R) + 1 / 2%:R * 1%:R * b.
Proof. by rewrite /win big_mkcond sum_f !small_winner; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma small_opposition y b : opposition M s0 1 y b = relu (1 / 4%:R - 1 / 2%:R * 1%:R * b).
Proof. by rewrite /opposition big_mkcond sum_f; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma small_background_at y k S : background_at M s0 y k S =
  if y then 0 else relu (1 / 4%:R - 1 / 2%:R * (-1) * S) + relu (1 / 4%:R - 1 / 2%:R * (-1) * S).
Proof. by rewrite /background_at big_mkcond sum_f; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma one_of_each : Pr D 2 (fun xs => label_count true xs == 1%N) = 1 / 2%:R.
Proof.
rewrite PrS small_mean !PrS !small_mean !PrE !expectation0.
by apply/eqP.
Qed.

Example T5_joint_holds : 1 / 2%:R <= Pr D 2 (fun xs => accuracy D M (sgd M s0 xs) == 1).
Proof.
apply: le_trans (@Statements.T5_joint Q 3 1 D M 1 2 s0 (fun=> 1%N) 2 (small_fixed Unhinged)
  (ltW (small_eta _ _)) small_signed small_unique_keys small_most).
rewrite big_mkcond (bigD1 (@Ordinal 3 1 isT)) //=; apply: ler_paddr.
  by apply: sumr_ge0 => b _; case: ifP => // _; rewrite le_maxr lexx.
rewrite ifT; last first.
  by apply/forallP => y; apply/implyP => _; rewrite small_win small_opposition; case: y.
rewrite le_maxr; apply/orP; right; rewrite one_of_each big_ord1 Pr0 ?subr0 // => -[[|a [|b []]]] //= sz.
rewrite negb_and negbK; case eq1: (label_count _ _ == _) => //=; apply/forallP => y; apply/implyP => _.
rewrite small_background_at small_win small_opposition /walk !big_cons big_nil.
by case: a sz eq1; case: b => // sz _; case: y.
Qed.

(** ** The background outweighs the key *)
Definition heavy_state : state Q 2 1 :=
  @State Q 2 1 (fun j p => match p with
      | inl y => if y == (j == ord0) then 1 / 4%:R else 0
      | inr _ => if j == ord0 then 0 else 1 end)
    (fun j => if j == ord0 then 1 else -1).
Local Notation s1 := heavy_state.

Lemma sum_2 (V : zmodType) (F : 'I_2 -> V) : \sum_j F j = F (@Ordinal 2 0 isT) + F (@Ordinal 2 1 isT).
Proof. by rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _); exact: val_inj. Qed.

Lemma heavy_signed : signed_head s1.
Proof. by move=> [[|[|j]] lt_j] //; [left | right]. Qed.

Lemma heavy_wrong : accuracy D M s1 == 1 = false.
Proof.
rewrite accuracy1; apply/negbTE; rewrite negb_forall; apply/existsP; exists true.
by rewrite /margin /output sum_2 /pooled !small_sum_patterns.
Qed.

Lemma heavy_win y : win M s1 1 y 0%:R = 1 / 4%:R.
Proof. by rewrite /win big_mkcond sum_2; case: y; apply/eqP. Qed.

Lemma heavy_opposition y : opposition M s1 1 y 0%:R = 0.
Proof. by rewrite /opposition big_mkcond sum_2; case: y; apply/eqP. Qed.

(** What the walks are worth is forgotten. *)
Lemma T5_joint_wrong_walks : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (c : bool -> nat) (T : nat),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  (forall i : atom D, (\sum_k count (sample_at i) (background k) <= c (label (sample_at i)))%N) ->
  let occurs y := [exists i : atom D, label (sample_at i) == y] in
  let shows y k :=
    [exists i : atom D, (label (sample_at i) == y) && (0 < count (sample_at i) (background k))%N] in
  let ahead y b := let B := (if y then b else T - b)%N in
    r%:R * (win M s r y B%:R - opposition M s r y B%:R) in
  \sum_(b < T.+1 | [forall y, occurs y ==> (0 < ahead y b)])
    Num.max 0 (Pr D T (fun xs => label_count true xs == b :> nat)
      - \sum_k Pr D T (fun xs => (label_count true xs == b :> nat) &&
          ~~ [forall y, shows y k ==> (0 < ahead y b)]))
  <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ Q 2%N 1%N D M 1%N 2%N s1 (fun=> 1%N) 0%N (small_fixed Unhinged) isT heavy_signed
  small_unique_keys small_most).
rewrite PrE expectation0 /= heavy_wrong /= big_mkcond big_ord1.
rewrite ifT; last first.
  apply/forallP => y; apply/implyP => _.
  by rewrite if_same heavy_win heavy_opposition.
rewrite PrE expectation0 big_ord1 Pr0 // => w; rewrite negb_and negbK orbC.
apply/orP; left; apply/forallP => y; apply/implyP => _.
by rewrite if_same heavy_win heavy_opposition.
Qed.

(** c_y need not bound the background patches. *)
Lemma T5_joint_wrong_most : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (r m : nat) (s : state R n K) (c : bool -> nat) (T : nat),
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s -> unique_keys D r m ->
  let occurs y := [exists i : atom D, label (sample_at i) == y] in
  let shows y k :=
    [exists i : atom D, (label (sample_at i) == y) && (0 < count (sample_at i) (background k))%N] in
  let ahead y b := let B := (if y then b else T - b)%N in
    r%:R * (win M s r y B%:R - opposition M s r y B%:R) in
  \sum_(b < T.+1 | [forall y, occurs y ==> (0 < ahead y b)])
    Num.max 0 (Pr D T (fun xs => label_count true xs == b :> nat)
      - \sum_k Pr D T (fun xs => (label_count true xs == b :> nat) &&
          ~~ [forall y, shows y k ==> ((c y)%:R * background_at M s y k (walk k xs) < ahead y b)]))
  <= Pr D T (fun xs => accuracy D M (sgd M s xs) == 1)).
Proof.
move/(_ Q 2%N 1%N D M 1%N 2%N s1 (fun=> 0%N) 0%N (small_fixed Unhinged) isT heavy_signed
  small_unique_keys).
rewrite PrE expectation0 /= heavy_wrong /= big_mkcond big_ord1.
rewrite ifT; last first.
  apply/forallP => y; apply/implyP => _.
  by rewrite if_same heavy_win heavy_opposition.
rewrite PrE expectation0 big_ord1 Pr0 // => w; rewrite negb_and negbK orbC.
apply/orP; left; apply/forallP => y; apply/implyP => _.
by rewrite mul0r if_same heavy_win heavy_opposition.
Qed.

