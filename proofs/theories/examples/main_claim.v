(** * T11: examples and refuted near misses

    Random filters with the laws of [examples/lottery.v], hinge. The examples are on the second problem
    of [instances_two.v]; the near misses on the small one of [instances.v], with no filters at all, or
    with coordinates so small that every margin is below 1 at the start. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances instances_two.
From filtercert Require Import examples.lottery.
From filtercert Require main_claim.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := [archiFieldType of rat].
Local Notation hinge := (small_model Hinge false).
Local Notation two_hinge := (two_model Hinge false).
Local Notation two_settled := (settled two_distribution two_hinge).

(** The same law for all, at scale 1 / (k + 1), for one and for two background patterns. *)
Local Notation small_law k n := (fun (_ : 'I_n) (_ : pattern 1) => coordinate_law k).
Local Notation two_law n := (fun (_ : 'I_n) (_ : pattern 2) => coordinate_law 0).

(** ** Starts at which some margin is below 1 *)

(** Heads of 1 and -1 and coordinates of at most h: no margin is above n h times the number of
    patches. *)
Lemma small_margins n K (N : model Q K) (s : state Q n K) (h : rat) x :
  activation_of N = Relu -> pooling_of N = SumPooling -> 0 <= h ->
  (forall j, `|head s j| = 1) -> (forall j p, weight s j p <= h) ->
  margin N s x <= n%:R * ((patches x)%:R * h).
Proof.
move=> act pool h0 heads small.
have bound j : `|pooled N (weight s j) (count x)| <= (patches x)%:R * h.
  rewrite /pooled pool act /= /patches natr_sum mulr_suml.
  apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => p _.
  rewrite normrM normr_nat; apply: ler_wpmul2l; first exact: ler0n.
  by rewrite ger0_norm /relu ?le_maxr ?lexx ?le_maxl ?h0 ?small.
rewrite /margin /output; apply: le_trans (ler_norm _) _; rewrite normrM.
have -> : `|sgn (label x) : rat| = 1 by case: (label x); rewrite /sgn ?normrN normr1.
have -> : n%:R * ((patches x)%:R * h) = \sum_(j < n) (patches x)%:R * h.
  by rewrite sumr_const card_ord mulr_natl.
rewrite mul1r; apply: le_trans (ler_norm_sum _ _ _) _.
by apply: ler_sum => j _; rewrite normrM heads mul1r.
Qed.

(** Then, at the start, no path is settled. *)
Lemma unsettled_at_start n K (D : distribution Q K) (N : model Q K) k m (i : atom D) :
  activation_of N = Relu -> pooling_of N = SumPooling ->
  (patches (sample_at i) <= m)%N -> n%:R * (m%:R * k.+1%:R^-1) < 1 :> rat ->
  mean_initial (fun (_ : 'I_n) (_ : pattern K) => coordinate_law k)
    (fun s => Pr D 0 (fun xs => ~~ settled D N (sgd N s xs))) = 1.
Proof.
move=> act pool few less; rewrite -(main_claim.mean_initial1 (fun (_ : 'I_n) (_ : pattern K) =>
  coordinate_law k)).
apply: eq_bigr => a _; congr (_ * _); apply: eq_bigr => z _; congr (_ * _); apply: PrT => w.
rewrite tuple0 /=; apply/negP => /forallP/(_ i); rewrite leNgt => /negP[]; apply: le_lt_trans less.
have scale0 : 0 <= k.+1%:R^-1 :> rat by rewrite invr_ge0 ler0n.
apply: le_trans (small_margins _ act pool scale0 _ _) _.
- by move=> j; rewrite /= /sgn; case: (a j); rewrite ?normrN normr1.
- by move=> j p; apply: le_trans (ler_norm _) (coordinate_bounded _ _).
by rewrite ler_wpmul2l ?ler0n // ler_wpmul2r // ler_nat.
Qed.

(** Without filters nothing is ever learnt. *)
Lemma no_filters T : mean_initial (small_law 0 0)
  (fun s => Pr small_distribution T (fun xs => ~~ settled small_distribution hinge (sgd hinge s xs)))
  = 1.
Proof.
rewrite -(main_claim.mean_initial1 (small_law 0 0)); apply: eq_bigr => a _; congr (_ * _).
apply: eq_bigr => z _; congr (_ * _); apply: PrT => w; apply/negP => /forallP/(_ true).
by rewrite /margin /output big_ord0 mulr0.
Qed.

Lemma no_updates (u : nat) : (eta hinge * 1%:R * u%:R) ^+ 2 <= 0%:R * (0%:R * (3%:R * 1 ^+ 2)
    + u%:R * (2%:R * eta hinge + eta hinge ^+ 2 * 0%:R * 2%:R ^+ 2)) -> (u <= 0)%N.
Proof.
by rewrite mul0r leqn0; case: u => // u; rewrite leNgt => /negP[]; rewrite exprn_gt0 // mulr_gt0 ?ltr0n.
Qed.

(** The coins of [examples/lottery.v] on the small problem: three filters make at most 50 updates. *)
Lemma coin_bounded n (j : 'I_n) (q : pattern 1) v :
  `|value ((fun (_ : 'I_n) (_ : pattern 1) => coin) j q) v| <= 1.
Proof. by case: v. Qed.

Lemma bound_50 (u : nat) : (eta hinge * 1%:R * u%:R) ^+ 2 <= 3%:R * (3%:R * (3%:R * 1 ^+ 2)
    + u%:R * (2%:R * eta hinge + eta hinge ^+ 2 * 3%:R * 2%:R ^+ 2)) -> (u <= 50)%N.
Proof.
apply: contraTT; rewrite -ltnNge => many; rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta hinge = 1 / 2%:R by [].
move: (u - 51)%N => v.
have -> : (1 / 2%:R * 1%:R * (51%:R + v%:R)) ^+ 2 - 3%:R * (3%:R * (3%:R * 1 ^+ 2)
    + (51%:R + v%:R) * (2%:R * (1 / 2%:R) + (1 / 2%:R) ^+ 2 * 3%:R * 2%:R ^+ 2))
  = 45%:R / 4%:R + (27%:R / 2%:R * v%:R + 1 / 4%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Lemma law_bounded n K k (j : 'I_n) (q : pattern K) v :
  `|value ((fun (_ : 'I_n) (_ : pattern K) => coordinate_law k) j q) v| <= k.+1%:R^-1.
Proof. exact: coordinate_bounded. Qed.

(** ** T11_main_claim *)

(** Three filters on the second problem: at most 45 updates; every image has probability 1/6 at least. *)
Lemma bound_45 (u : nat) : (eta two_hinge * 2%:R * u%:R) ^+ 2 <= 3%:R * (3%:R * (4%:R * 1 ^+ 2)
    + u%:R * (2%:R * eta two_hinge + eta two_hinge ^+ 2 * 3%:R * 4%:R ^+ 2)) -> (u <= 45)%N.
Proof.
apply: contraTT; rewrite -ltnNge => many; rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta two_hinge = 1 / 4%:R by [].
move: (u - 46)%N => v.
have -> : (1 / 4%:R * 2%:R * (46%:R + v%:R)) ^+ 2 - 3%:R * (3%:R * (4%:R * 1 ^+ 2)
    + (46%:R + v%:R) * (2%:R * (1 / 4%:R) + (1 / 4%:R) ^+ 2 * 3%:R * 4%:R ^+ 2))
  = 10%:R + (25%:R / 2%:R * v%:R + 1 / 4%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

Example T11_main_claim_holds :
  [/\ forall T, mean_initial (two_law 3)
      (fun s => Pr two_distribution T (fun xs => ~~ two_settled (sgd two_hinge s xs))) <=
    23%:R / 32%:R + binomial_below T (1 / 6%:R) 45,
      forall T, mean_initial (fun (_ : 'I_3) (_ : pattern 1) => coin)
        (fun s => Pr small_distribution T (fun xs => ~~ settled small_distribution hinge (sgd hinge s
          xs))) <=
      23%:R / 32%:R + binomial_below T (1 / 2%:R) 50
    & forall s : state Q 3 2, two_settled s ->
    accuracy two_distribution two_hinge s = 1 /\
    forall w : seq (atom two_distribution), same_state s (sgd two_hinge s (samples w))].
Proof.
have least (i : atom two_distribution) : 1 / 6%:R <= probability i by case: i => y [].
have claim T := @Statements.T11_main_claim Q 3 2 two_distribution two_hinge _ (two_law 3) 2 4 45 T 1
  (1 / 6%:R) (two_fixed Hinge) (two_eta _ _) two_unique_keys (@law_bounded 3 2 0) isT least bound_45.
split=> [T | T | s no_margin]; last by have [_ stays] := claim 0%N; exact: stays.
  by have [le _] := claim T; apply: le_trans le _; rewrite ler_add2r; vm_compute.
have [le _] := @Statements.T11_main_claim Q 3 1 small_distribution hinge _ _ 1 2 50 T 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@coin_bounded 3) isT (fun=> isT) bound_50.
by apply: le_trans le _; rewrite ler_add2r; vm_compute.
Qed.

(** The lottery off by (1/2)^n. *)
Lemma T11_main_claim_wrong_overlap : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r m k T : nat)
    (h p : R),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)
              + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    2%:R * (3%:R / 4%:R) ^+ n - 2%:R * 2%:R^-1 ^+ n + binomial_below T p k
  /\ forall s : state R n K, settled D M s ->
     accuracy D M s = 1 /\ forall w : seq (atom D), same_state s (sgd M s (samples w))).
Proof.
case/(_ Q 0%N 1%N small_distribution hinge _ (small_law 0 0) 1%N 2%N 0%N 0%N 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@law_bounded 0 1 0) isT (fun=> isT) no_updates)
    => + _.
by rewrite no_filters binomial_below0; vm_compute.
Qed.

(** The probability that one given label wins nothing counted once. *)
Lemma T11_main_claim_wrong_one_label : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r m k T : nat)
    (h p : R),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)
              + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    (3%:R / 4%:R) ^+ n - 2%:R^-1 ^+ n + binomial_below T p k
  /\ forall s : state R n K, settled D M s ->
     accuracy D M s = 1 /\ forall w : seq (atom D), same_state s (sgd M s (samples w))).
Proof.
case/(_ Q 0%N 1%N small_distribution hinge _ (small_law 0 0) 1%N 2%N 0%N 0%N 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@law_bounded 0 1 0) isT (fun=> isT) no_updates)
    => + _.
by rewrite no_filters binomial_below0; vm_compute.
Qed.

(** The growth of the norms left out: two filters with coordinates of at most 1/8 could not make one
    update. *)
Lemma no_growth (u : nat) : (eta hinge * 1%:R * u%:R) ^+ 2 <=
  2%:R * (2%:R * (3%:R * 8%:R^-1 ^+ 2)) -> (u <= 0)%N.
Proof.
case: u => // u; rewrite leNgt => /negP[]; have -> : eta hinge = 1 / 2%:R by [].
have -> : (1 / 2%:R * 1%:R * u.+1%:R) ^+ 2 = 1 / 4%:R * u.+1%:R ^+ 2 :> rat by field.
apply: (@lt_le_trans _ _ (1 / 4%:R * 1)); first by [].
by rewrite ler_wpmul2l // exprn_ege1 // ler1n.
Qed.

Lemma T11_main_claim_wrong_growth : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r m k T : nat)
    (h p : R),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    2%:R * (3%:R / 4%:R) ^+ n - 2%:R^-1 ^+ n + binomial_below T p k
  /\ forall s : state R n K, settled D M s ->
     accuracy D M s = 1 /\ forall w : seq (atom D), same_state s (sgd M s (samples w))).
Proof.
case/(_ Q 2%N 1%N small_distribution hinge _ (small_law 7 2) 1%N 2%N 0%N 0%N 8%:R^-1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@law_bounded 2 1 7) isT (fun=> isT) no_growth)
    => + _.
rewrite (@unsettled_at_start 2 1 small_distribution hinge 7 2 true erefl erefl
  (eq_leq (small_patches true)) isT).
by rewrite binomial_below0; vm_compute.
Qed.

(** Accuracy 1 whether or not some margin is below 1. *)
Lemma T11_main_claim_wrong_unsettled : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r m k T : nat)
    (h p : R),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)
              + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    2%:R * (3%:R / 4%:R) ^+ n - 2%:R^-1 ^+ n + binomial_below T p k
  /\ forall s : state R n K, accuracy D M s = 1 /\ forall w : seq (atom D), same_state s
    (sgd M s (samples w))).
Proof.
case/(_ Q 0%N 1%N small_distribution hinge _ (small_law 0 0) 1%N 2%N 0%N 0%N 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@law_bounded 0 1 0) isT (fun=> isT) no_updates)
    => _.
case/(_ (@State Q 0 1 (fun _ _ => 0) (fun _ => 1))) => + _.
by rewrite /accuracy big1 // => i; rewrite /margin /output big_ord0 mulr0 ltxx.
Qed.

(** ** T11_limit *)

(** On the second problem, at most one in a hundred. *)
Example T11_limit_holds : exists n0, forall n, (n0 <= n)%N -> exists T0, forall T, (T0 <= T)%N ->
  mean_initial (two_law n)
    (fun s => Pr two_distribution T (fun xs => ~~ two_settled (sgd two_hinge s xs)))
    <= 1 / 100%:R.
Proof.
exact: (@Statements.T11_limit Q 2 two_distribution two_hinge _ (fun n => two_law n) 2 4 1 (1 / 100%:R)
  (two_fixed Hinge) (two_eta _ _) isT two_unique_keys (fun n => @law_bounded n 2 0) isT).
Qed.

(** With any number of filters: none do not learn. *)
Lemma T11_limit_wrong_any_n : ~ (forall (R : archiFieldType) (K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : forall n, 'I_n -> pattern K -> symmetric_law R V) (r m : nat)
    (h delta : R),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> unique_keys D r m ->
  (forall n j q v, `|value (@L n j q) v| <= h) -> 0 < delta ->
  forall n, exists T0, forall T, (T0 <= T)%N ->
    mean_initial (@L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <= delta).
Proof.
move/(_ Q 1%N small_distribution hinge _ (fun n => small_law 0 n) 1%N 2%N 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) isT small_unique_keys (fun n => @law_bounded n 1 0) isT 0%N) =>
    [T0 /(_ T0 (leqnn T0))].
by rewrite no_filters.
Qed.

(** After any number of steps: small coordinates need some. *)
Lemma T11_limit_wrong_any_T : ~ (forall (R : archiFieldType) (K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : forall n, 'I_n -> pattern K -> symmetric_law R V) (r m : nat)
    (h delta : R),
  fixed_head_network M Hinge -> 0 < eta M -> (0 < r)%N -> unique_keys D r m ->
  (forall n j q v, `|value (@L n j q) v| <= h) -> 0 < delta ->
  exists n0, forall n, (n0 <= n)%N -> forall T,
    mean_initial (@L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <= delta).
Proof.
have bounded n (j : 'I_n) (q : pattern 1) v : `|value (small_law (2 * n) n j q) v| <= 1.
  by apply: le_trans (coordinate_bounded _ _) _; rewrite invf_le1 ?ltr0n // ler1n.
case/(_ Q 1%N small_distribution hinge _ (fun n => small_law (2 * n) n) 1%N 2%N 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) isT small_unique_keys bounded isT) => n /(_ n (leqnn n) 0%N).
have less : n%:R * (2%:R * (2 * n).+1%:R^-1) < 1 :> rat.
  by rewrite mulrA ltr_pdivr_mulr ?ltr0n // mul1r -natrM ltr_nat mulnC.
rewrite (@unsettled_at_start n 1 small_distribution hinge (2 * n) 2 true erefl erefl
  (eq_leq (small_patches true)) less).
by vm_compute.
Qed.

(** Images without key patches, r = 0: the two images are one, with two labels. *)
Definition blank_sample (y : bool) : sample 1 := Sample y (fun _ => 0%N).
Definition blank_distribution : distribution Q 1 :=
  @Distribution rat_realFieldType 1 bool_finType blank_sample (fun _ => 1 / 2%:R) half_gt0 halves.

Lemma T11_limit_wrong_no_keys : ~ (forall (R : archiFieldType) (K : nat) (D : distribution R K)
    (M : model R K) (V : finType) (L : forall n, 'I_n -> pattern K -> symmetric_law R V) (r m : nat)
    (h delta : R),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall n j q v, `|value (@L n j q) v| <= h) -> 0 < delta ->
  exists n0, forall n, (n0 <= n)%N -> exists T0, forall T, (T0 <= T)%N ->
    mean_initial (@L n) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <= delta).
Proof.
have keys : unique_keys blank_distribution 0 0.
  by move=> y; rewrite /unique_key /patches /= big1 ?eqxx.
move/(_ Q 1%N blank_distribution hinge _ (fun n => small_law 0 n) 0%N 0%N 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) keys (fun n => @law_bounded n 1 0) isT) => [n /(_ n (leqnn n))
    [T /(_ T (leqnn T))]].
have -> : mean_initial (small_law 0 n) (fun s => Pr blank_distribution T
    (fun xs => ~~ settled blank_distribution hinge (sgd hinge s xs))) = 1.
  rewrite -(main_claim.mean_initial1 (small_law 0 n)); apply: eq_bigr => a _; congr (_ * _).
  apply: eq_bigr => z _; congr (_ * _); apply: PrT => w; apply/negP => /forallP/(_ true).
  rewrite /margin /output big1 ?mulr0 // => j _.
  by rewrite /pooled /= big1 ?mulr0 // => p _; rewrite mul0r.
by [].
Qed.

