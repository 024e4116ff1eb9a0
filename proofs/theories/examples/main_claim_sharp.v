(** * T11, the sharp forms and given heads: examples and refuted near misses

    Three filters with coordinates 1 or -1 on the small problem: 23 updates with winners for both labels, 50
    by the first form. Without a filter nothing is ever learnt, and two filters with coordinates 1/4 or
    -1/4 are not settled at the start; that refutes the near misses. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances.
From filtercert Require Import examples.values examples.lottery examples.main_claim.
From filtercert Require main_claim main_claim_sharp.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation D := small_distribution.
Local Notation M := (small_model Hinge false).
Local Notation L n := (fun (_ : 'I_n) (_ : pattern 1) => coin).

Lemma small_keys (i : atom D) : key_at_least 1 (sample_at i).
Proof. by case: i. Qed.

Lemma small_squares (i : atom D) : \sum_q (count (sample_at i) q)%:R ^+ 2 <= 2%:R :> Q.
Proof. by rewrite small_sum_patterns; case: i. Qed.

Lemma small_chance (i : atom D) : 1 / 2%:R <= probability i :> Q.
Proof. by []. Qed.

Lemma bound_23 (u : nat) : (eta M * 1%:R * u%:R) ^+ 2 <=
  2%:R / 1%:R * (3%:R * (3%:R * 1 ^+ 2) + u%:R * (2%:R * eta M + eta M ^+ 2 * 3%:R * 2%:R)) -> (u <= 23)%N.
Proof.
apply: contraTT; rewrite -ltnNge => many; rewrite -ltNge -subr_gt0 -(subnKC many) natrD.
have -> : eta M = 1 / 2%:R by [].
move: (u - 24)%N => v.
have -> : (1 / 2%:R * 1%:R * (24%:R + v%:R)) ^+ 2 - 2%:R / 1%:R * (3%:R * (3%:R * 1 ^+ 2)
    + (24%:R + v%:R) * (2%:R * (1 / 2%:R) + (1 / 2%:R) ^+ 2 * 3%:R * 2%:R))
  = 6%:R + (7%:R * v%:R + 1 / 4%:R * v%:R ^+ 2) :> rat by field.
by apply: ltr_paddr => //; apply: addr_ge0; rewrite mulr_ge0 ?sqr_ge0 ?ler0n.
Qed.

(** More winners need no more updates. *)
Lemma bound_23_all (j u : nat) : (0 < j)%N -> (eta M * 1%:R * u%:R) ^+ 2 <=
  2%:R / j%:R * (3%:R * (3%:R * 1 ^+ 2) + u%:R * (2%:R * eta M + eta M ^+ 2 * 3%:R * 2%:R)) -> (u <= 23)%N.
Proof.
move=> j0 le; apply: bound_23; apply: le_trans le _; apply: ler_wpmul2r.
  by rewrite addr_ge0 // mulr_ge0 ?ler0n.
by rewrite ler_wpmul2l // lef_pinv ?posrE ?ltr0n ?ler_nat.
Qed.

Lemma fewer_than_1 (n : nat) (s : state Q n 1) :
  (minn (winners s true) (winners s false) < 1)%N%:R = 1 - (both_win s)%:R :> Q.
Proof. by rewrite ltnS leqn0 -[_ == _]negbK -lt0n leq_min -/(both_win s); case: (both_win s). Qed.

(** 23/32 for the lottery, and a binomial tail that vanishes with T. *)
Example T11_sharp_holds T : mean_initial (L 3) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  23%:R / 32%:R + binomial_below T (1 / 2%:R) 23.
Proof.
have := @Statements.T11_sharp Q 3 1 D M bool_finType (L 3) 1 1 23 T 1 (1 / 2%:R) 2%:R (small_fixed Hinge)
  (ltW (small_eta _ _)) small_keys small_squares (@coin_bounded 3) isT small_chance isT bound_23.
have -> // : mean_initial (L 3) (fun s => (minn (winners s true) (winners s false) < 1)%N%:R)
  = 23%:R / 32%:R.
transitivity (mean_initial (L 3) (fun s => 1 - (both_win s)%:R)).
  by apply: eq_bigr => a _; congr (_ * _); apply: eq_bigr => z _; rewrite fewer_than_1.
by rewrite main_claim.mean_initial_sub Statements.T9_lottery; apply/eqP.
Qed.

Example T11_image_square_holds : \sum_q (count plus q)%:R ^+ 2 <= 1%:R ^+ 2 + (2 - 1)%N%:R ^+ 2 :> Q.
Proof. exact: (Statements.T11_image_square Q (small_unique_key true)). Qed.

Example T11_total_holds T : mean_initial (L 3) (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  \sum_(j < 4) mean_initial (L 3) (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
    * (if j == 0%N :> nat then 1 else binomial_below T (1 / 2%:R) 23).
Proof.
exact: (@Statements.T11_total Q 3 1 D M bool_finType (L 3) 1 (fun=> 23%N) T 1 (1 / 2%:R) 2%:R
  (small_fixed Hinge) (ltW (small_eta _ _)) small_keys small_squares (@coin_bounded 3) isT small_chance
  bound_23_all).
Qed.

(** Heads 1, -1, -1: 1 - 1/2 * 3/4. *)
Definition one_plus : {ffun 'I_3 -> bool} := [ffun j => j == f0].

Lemma one_plus_lottery :
  1 - (1 - 2%:R^-1 ^+ #|[pred j | one_plus j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ one_plus j]|)
  = 5%:R / 8%:R :> Q.
Proof.
have -> : #|[pred j | one_plus j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
have -> : #|[pred j | ~~ one_plus j]| = 2%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
by apply/eqP.
Qed.

Example T11_fixed_heads_holds T :
  mean_weights (L 3) one_plus (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  5%:R / 8%:R + binomial_below T (1 / 2%:R) 50.
Proof.
rewrite -one_plus_lottery.
exact: (@Statements.T11_fixed_heads Q 3 1 D M bool_finType (L 3) one_plus 1 2 50 T 1 (1 / 2%:R)
  (small_fixed Hinge) (small_eta _ _) small_unique_keys (@coin_bounded 3) isT small_chance bound_50).
Qed.

Example T11_fixed_heads_sharp_holds T :
  mean_weights (L 3) one_plus (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  5%:R / 8%:R + binomial_below T (1 / 2%:R) 23.
Proof.
have := @Statements.T11_fixed_heads_sharp Q 3 1 D M bool_finType (L 3) one_plus 1 1 23 T 1 (1 / 2%:R) 2%:R
  (small_fixed Hinge) (ltW (small_eta _ _)) small_keys small_squares (@coin_bounded 3) isT small_chance
  isT bound_23.
have -> // : mean_weights (L 3) one_plus
    (fun s => (minn (winners s true) (winners s false) < 1)%N%:R) = 5%:R / 8%:R.
transitivity (mean_weights (L 3) one_plus (fun s => 1 - (both_win s)%:R)).
  by apply: eq_bigr => z _; rewrite fewer_than_1.
by rewrite main_claim_sharp.mean_weights_sub Statements.T9_fixed_heads one_plus_lottery.
Qed.

Example T11_fixed_heads_total_holds T :
  mean_weights (L 3) one_plus (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
  \sum_(j < 4)
    mean_weights (L 3) one_plus (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
    * (if j == 0%N :> nat then 1 else binomial_below T (1 / 2%:R) 23).
Proof.
exact: (@Statements.T11_fixed_heads_total Q 3 1 D M bool_finType (L 3) one_plus 1 (fun=> 23%N) T 1
  (1 / 2%:R) 2%:R (small_fixed Hinge) (ltW (small_eta _ _)) small_keys small_squares (@coin_bounded 3) isT
  small_chance bound_23_all).
Qed.

(** ** Without a filter *)
Definition step_model (e : Q) : model Q 1 := Model (gram M) Relu SumPooling Hinge false e.
Local Notation M5 := (step_model 5%:R).
Local Notation no_heads := ([ffun=> true] : {ffun 'I_0 -> bool}).

Lemma nothing_learnt (s : state Q 0 1) T : Pr D T (fun xs => ~~ settled D M5 (sgd M5 s xs)) = 1.
Proof.
apply: PrT => w; apply/negP => /forallP/(_ true).
by rewrite /margin /output big_ord0 mulr0.
Qed.

Lemma nothing_heads T :
  mean_weights (L 0) no_heads (fun s => Pr D T (fun xs => ~~ settled D M5 (sgd M5 s xs))) = 1.
Proof.
by rewrite -[RHS](main_claim.mean_weights1 (L 0) no_heads); apply: eq_bigr => z _; rewrite nothing_learnt.
Qed.

Lemma nothing_fair T :
  mean_initial (L 0) (fun s => Pr D T (fun xs => ~~ settled D M5 (sgd M5 s xs))) = 1.
Proof.
rewrite -[RHS](main_claim.mean_initial1 (L 0)); apply: eq_bigr => a _; congr (_ * _).
by apply: eq_bigr => z _; rewrite nothing_learnt.
Qed.

Lemma never_heads (E : state Q 0 1 -> bool) : (forall s, ~~ E s) ->
  mean_weights (L 0) no_heads (fun s => (E s)%:R) = 0.
Proof. by move=> none; apply: big1 => z _; rewrite (negbTE (none _)) mulr0. Qed.

Lemma never_fair (E : state Q 0 1 -> bool) : (forall s, ~~ E s) ->
  mean_initial (L 0) (fun s => (E s)%:R) = 0.
Proof.
move=> none; apply: big1 => a _; rewrite [mean_weights _ _ _]big1 ?mulr0 // => z _.
by rewrite (negbTE (none _)) mulr0.
Qed.

(** No update is allowed. *)
Lemma bound_0 (j u : nat) : (eta M5 * 1%:R * u%:R) ^+ 2 <=
  2%:R / j%:R * (0%:R * (3%:R * 1 ^+ 2) + u%:R * (2%:R * eta M5 + eta M5 ^+ 2 * 0%:R * 2%:R)) -> (u <= 0)%N.
Proof.
rewrite leqn0; case: u => // u; rewrite leNgt => /negP[].
have u1 : 1 <= u.+1%:R :> Q by rewrite ler1n.
rewrite mul0r add0r mulr0 mul0r addr0 /= exprMn.
apply: (@le_lt_trans _ _ (20%:R * u.+1%:R)).
  have -> : 20%:R * u.+1%:R = 2%:R / 1 * (u.+1%:R * (2%:R * 5%:R)) :> Q by field.
  rewrite ler_wpmul2r ?mulr_ge0 ?ler0n // ler_wpmul2l //.
  case: j => [|j]; first by rewrite invr0 invr1.
  by rewrite lef_pinv ?posrE ?ltr0n // ler1n.
rewrite mulr1 expr2 mulrA -subr_gt0 -mulrBl mulr_gt0 ?ltr0n // subr_gt0.
by apply: lt_le_trans (_ : 5%:R ^+ 2 * 1 <= _) => //; rewrite ler_wpmul2l.
Qed.

Lemma bound_0_all (j u : nat) : (0 < j)%N -> (eta M5 * 1%:R * u%:R) ^+ 2 <=
  2%:R / j%:R * (0%:R * (3%:R * 1 ^+ 2) + u%:R * (2%:R * eta M5 + eta M5 ^+ 2 * 0%:R * 2%:R)) -> (u <= 0)%N.
Proof. by move=> _; exact: bound_0. Qed.

Lemma step_fixed e : fixed_head_network (step_model e) Hinge.
Proof. by []. Qed.

(** j = 0: division by 0 is 0, and nothing is claimed of the start. *)
Lemma T11_sharp_wrong_positive : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r j k T : nat) (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    mean_initial L (fun s => (minn (winners s true) (winners s false) < j)%N%:R)
      + binomial_below T p k).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) 1%N 0%N 0%N 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance (@bound_0 0)).
by rewrite nothing_fair binomial_below0 never_fair.
Qed.

(** j - 1 in the place of j. *)
Lemma T11_sharp_wrong_winners : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r j k T : nat) (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (0 < j)%N ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    mean_initial L (fun s => (minn (winners s true) (winners s false) < j.-1)%N%:R)
      + binomial_below T p k).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) 1%N 1%N 0%N 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance isT (@bound_0 1)).
by rewrite nothing_fair binomial_below0 never_fair.
Qed.

(** Starts without winners are taken to settle. *)
Lemma T11_total_wrong_none : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r : nat) (k : nat -> nat) (T : nat)
    (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall j u : nat, (0 < j)%N ->
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k j)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    \sum_(j < n.+1)
      mean_initial L (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
        * (if j == 0%N :> nat then 0 else binomial_below T p (k j))).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) 1%N (fun=> 0%N) 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance bound_0_all).
by rewrite nothing_fair big_ord1 mulr0.
Qed.

(** The sum ends before n. *)
Lemma T11_total_wrong_range : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (r : nat) (k : nat -> nat) (T : nat)
    (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall j u : nat, (0 < j)%N ->
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k j)%N) ->
  mean_initial L (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    \sum_(j < n)
      mean_initial L (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
        * (if j == 0%N :> nat then 1 else binomial_below T p (k j))).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) 1%N (fun=> 0%N) 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance bound_0_all).
by rewrite nothing_fair big_ord0.
Qed.

(** j = 0: division by 0 is 0, and nothing is claimed of the start. *)
Lemma T11_fixed_heads_sharp_wrong_positive : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r j k T : nat) (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    mean_weights L a (fun s => (minn (winners s true) (winners s false) < j)%N%:R)
      + binomial_below T p k).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) no_heads 1%N 0%N 0%N 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance (@bound_0 0)).
by rewrite nothing_heads binomial_below0 never_heads.
Qed.

(** j - 1 in the place of j. *)
Lemma T11_fixed_heads_sharp_wrong_winners : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r j k T : nat) (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (0 < j)%N ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    mean_weights L a (fun s => (minn (winners s true) (winners s false) < j.-1)%N%:R)
      + binomial_below T p k).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) no_heads 1%N 1%N 0%N 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance isT (@bound_0 1)).
by rewrite nothing_heads binomial_below0 never_heads.
Qed.

(** Starts without winners are taken to settle. *)
Lemma T11_fixed_heads_total_wrong_none : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r : nat) (k : nat -> nat) (T : nat) (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall j u : nat, (0 < j)%N ->
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k j)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    \sum_(j < n.+1)
      mean_weights L a (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
        * (if j == 0%N :> nat then 0 else binomial_below T p (k j))).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) no_heads 1%N (fun=> 0%N) 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance bound_0_all).
by rewrite nothing_heads big_ord1 mulr0.
Qed.

(** The sum ends before n. *)
Lemma T11_fixed_heads_total_wrong_range : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r : nat) (k : nat -> nat) (T : nat) (h p S : R),
  fixed_head_network M Hinge -> 0 <= eta M -> (forall i : atom D, key_at_least r (sample_at i)) ->
  (forall i : atom D, \sum_q (count (sample_at i) q)%:R ^+ 2 <= S) ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall j u : nat, (0 < j)%N ->
    (eta M * r%:R * u%:R) ^+ 2 <=
      2%:R / j%:R * (n%:R * (K.+2%:R * h ^+ 2)
        + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * S)) ->
    (u <= k j)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    \sum_(j < n)
      mean_weights L a (fun s => (minn (winners s true) (winners s false) == j :> nat)%:R)
        * (if j == 0%N :> nat then 1 else binomial_below T p (k j))).
Proof.
move/(_ Q 0%N 1%N D M5 bool_finType (L 0) no_heads 1%N (fun=> 0%N) 0%N 1 (1 / 2%:R) 2%:R (step_fixed _)
  isT small_keys small_squares (@coin_bounded 0) isT small_chance bound_0_all).
by rewrite nothing_heads big_ord0.
Qed.

(** The key forgotten. *)
Lemma T11_image_square_wrong_key : ~ (
  forall (R : realFieldType) (K r m : nat) (x : sample K),
  unique_key r m x -> \sum_q (count x q)%:R ^+ 2 <= (m - r)%:R ^+ 2 :> R).
Proof.
by move/(_ Q 1%N 1%N 2%N plus (small_unique_key true)); rewrite small_sum_patterns.
Qed.

(** Without A2. *)
Lemma T11_image_square_wrong_unique : ~ (
  forall (R : realFieldType) (K r m : nat) (x : sample K),
  \sum_q (count x q)%:R ^+ 2 <= r%:R ^+ 2 + (m - r)%:R ^+ 2 :> R).
Proof.
by move/(_ Q 1%N 0%N 0%N plus); rewrite small_sum_patterns.
Qed.

(** ** Two filters with heads 1 and -1 *)
Definition quarter_value (b : bool) : Q := if b then 1 / 4%:R else - (1 / 4%:R).

Lemma quarter_opposite v : quarter_value (~~ v) = - quarter_value v.
Proof. by case: v; rewrite /quarter_value /= ?opprK. Qed.

Lemma quarter_neq0 v : quarter_value v != 0.
Proof. by case: v. Qed.

Definition quarter : symmetric_law Q bool_finType :=
  @SymmetricLaw Q bool_finType quarter_value coin_chance negb negbK quarter_opposite (fun=> erefl)
    quarter_neq0 coin_ge0 coin_sum.

Local Notation L2 := (fun (_ : 'I_2) (_ : pattern 1) => quarter).
Local Notation M1 := (step_model 1).

Definition plus_minus : {ffun 'I_2 -> bool} := [ffun j => j == ord0].

Lemma quarter_bounded (j : 'I_2) (q : pattern 1) v : `|value (L2 j q) v| <= 1 / 4%:R.
Proof. by case: v. Qed.

Lemma quarter_unsettled z : ~~ settled D M1 (initial L2 plus_minus z).
Proof.
apply/negP => /forallP/(_ true); apply/negP; rewrite -ltNge.
rewrite /margin /output !big_ord_recr big_ord0 /= /pooled !small_sum_patterns /= !ffunE /=.
by case: (z _); case: (z _); case: (z _); case: (z _); case: (z _); case: (z _).
Qed.

Lemma quarter_start :
  mean_weights L2 plus_minus (fun s => Pr D 0 (fun xs => ~~ settled D M1 (sgd M1 s xs))) = 1.
Proof.
rewrite -[RHS](main_claim.mean_weights1 L2 plus_minus); apply: eq_bigr => z _.
by rewrite PrE expectation0 /= quarter_unsettled.
Qed.

Lemma quarter_lottery :
  1 - (1 - 2%:R^-1 ^+ #|[pred j | plus_minus j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ plus_minus j]|)
  = 3%:R / 4%:R :> Q.
Proof.
have -> : #|[pred j | plus_minus j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
have -> : #|[pred j | ~~ plus_minus j]| = 1%N.
  by rewrite -sum1_card big_mkcond /= !big_ord_recr big_ord0 /= !inE !ffunE.
by apply/eqP.
Qed.

(** The part that grows with the updates left out. *)
Lemma T11_fixed_heads_wrong_growth : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r m k T : nat) (h p : R),
  fixed_head_network M Hinge -> 0 < eta M -> unique_keys D r m ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    1 - (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ a j]|)
      + binomial_below T p k).
Proof.
move/(_ Q 2%N 1%N D M1 bool_finType L2 plus_minus 1%N 2%N 0%N 0%N (1 / 4%:R) (1 / 2%:R) (step_fixed _) isT
  small_unique_keys quarter_bounded isT small_chance).
rewrite quarter_start quarter_lottery binomial_below0 => claim.
suff: (1 : Q) <= 3%:R / 4%:R + 0 by []; apply: claim => u; rewrite leqn0; case: u => // u.
rewrite leNgt => /negP[]; apply: (@lt_le_trans _ _ 1); first by [].
by rewrite /= !mul1r exprn_ege1 // ler1n.
Qed.

(** Without A2. *)
Lemma T11_fixed_heads_wrong_keys : ~ (
  forall (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K)
    (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V) (a : {ffun 'I_n -> bool})
    (r m k T : nat) (h p : R),
  fixed_head_network M Hinge -> 0 < eta M ->
  (forall j q v, `|value (L j q) v| <= h) -> 0 <= p -> (forall i : atom D, p <= probability i) ->
  (forall u : nat,
    (eta M * r%:R * u%:R) ^+ 2 <=
      n%:R * (n%:R * (K.+2%:R * h ^+ 2)
              + u%:R * (2%:R * eta M + eta M ^+ 2 * n%:R * m%:R ^+ 2)) ->
    (u <= k)%N) ->
  mean_weights L a (fun s => Pr D T (fun xs => ~~ settled D M (sgd M s xs))) <=
    1 - (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ a j]|)
      + binomial_below T p k).
Proof.
move/(_ Q 2%N 1%N D M1 bool_finType L2 plus_minus 3%N 0%N 0%N 0%N (1 / 4%:R) (1 / 2%:R) (step_fixed _) isT
  quarter_bounded isT small_chance).
rewrite quarter_start quarter_lottery binomial_below0 => claim.
suff: (1 : Q) <= 3%:R / 4%:R + 0 by []; apply: claim => u; rewrite leqn0; case: u => // u.
rewrite leNgt => /negP[]; rewrite -subr_gt0 -(addn1 u) natrD; move: u%:R (ler0n Q u) => v v0.
rewrite [X in 0 < X](_ : _ = 17%:R / 4%:R + (14%:R * v + 9%:R * v ^+ 2));
  last by rewrite /=; field.
by rewrite ltr_paddr // addr_ge0 // mulr_ge0 // sqr_ge0.
Qed.

