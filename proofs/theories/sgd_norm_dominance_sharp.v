(** * T4, the alive form and the end point form

    Both leave what is not positive at the start where it is: it never moves, costs no tail, and counts
    for winners too. In the alive form a positive background coordinate of a loser strays no further than
    its walk. At the end of a path it is either still positive, and then its start plus eta a_i S_k, or it
    has stopped above - eta c_k, c_k a bound of the counts of u_k: only the end of the walk counts, and
    only on the side on which the loser grows. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability tails sgd_coordinates sgd_norm_dominance.
From filtercert Require pathwise norm_dominance.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Sharp.
Variables (R : realFieldType) (n K : nat) (M : model R K) (r m : nat) (s : state R n K).
Hypothesis network : fixed_head_network M Unhinged.
Hypothesis eta0 : 0 <= eta M.
Hypothesis signed : signed_head s.
Implicit Types (xs : seq (sample K)) (i j : 'I_n) (k : 'I_K) (y : bool).

(** A winner: its key, and what never moves. *)
Definition winner_bound y j (b : R) : R :=
  (weight s j (key y) + eta M * r%:R * b) ^+ 2 + \sum_(p | weight s j p <= 0) weight s j p ^+ 2.

Lemma winner_norm_still xs j y (b : R) : all (unique_key r m) xs -> winner s y j -> 0 <= b ->
  b <= (label_count y xs)%:R -> winner_bound y j b <= norm_squared (sgd M s xs) j.
Proof.
move=> keys win b0 many; have [hd pos] := andP win.
have hd' := norm_dominance.head_of_sign signed hd.
rewrite /norm_squared (bigD1 (key y)) //=; apply: ler_add.
  have er0 : 0 <= eta M * r%:R by rewrite mulr_ge0 ?ler0n.
  rewrite (winner_value network eta0 keys pos hd'); apply: square_le.
    by apply: addr_ge0; [exact: ltW | exact: mulr_ge0].
  by rewrite ler_add2l ler_wpmul2l.
rewrite big_mkcond [X in _ <= X]big_mkcond; apply: ler_sum => p _.
case: (lerP (weight s j p) 0) => [dead | _]; last by case: ifP => // _; exact: sqr_ge0.
have -> : p != key y by apply: contraTneq pos => <-; rewrite -leNgt.
by rewrite (frozen_sgd network _ dead).
Qed.

(** A loser, given what its positive background coordinates are worth. *)
Definition loser_bound_still i y (lam : 'I_K -> R) : R :=
  weight s i (key y) ^+ 2
  + (if 0 < weight s i (key (~~ y)) then Num.max (weight s i (key (~~ y)) ^+ 2) ((eta M * r%:R) ^+ 2)
     else weight s i (key (~~ y)) ^+ 2)
  + \sum_k (if 0 < weight s i (background k) then (weight s i (background k) + eta M * lam k) ^+ 2
            else weight s i (background k) ^+ 2).

Lemma loser_norm_still xs i y lam : all (unique_key r m) xs -> loser s i -> head s i = sgn y ->
  (forall k, 0 < weight s i (background k) ->
    `|weight (sgd M s xs) i (background k)| <= weight s i (background k) + eta M * lam k) ->
  norm_squared (sgd M s xs) i <= loser_bound_still i y lam.
Proof.
move=> keys lose hd near; rewrite (norm_by_key _ _ y) /loser_bound_still.
have dead : weight s i (key y) <= 0.
  have : ~~ winner s y i by case/andP: lose => l1 l2; case: (y).
  by rewrite /winner hd sgn_sqr ltr01 /= -leNgt.
have [_ _ wrong _] := pathwise.pathwise_sgd network (@unhinged_gates R) eta0 signed keys i y.
have hd1 : 0 < sgn y * head s i by rewrite hd sgn_sqr ltr01.
have /andP[lo hi] := wrong hd1.
apply: ler_add; first apply: ler_add.
- by rewrite (frozen_sgd network _ dead) lexx.
- case: ltP => [_ | dead']; first exact: between_square.
  by rewrite (frozen_sgd network _ dead') lexx.
apply: ler_sum => k _; case: ltP => [pos | dead']; last by rewrite (frozen_sgd network _ dead') lexx.
by rewrite -[X in X <= _]real_normK ?num_real //; apply: square_le; [exact: normr_ge0 | exact: near].
Qed.

(** A coordinate that falls below 0 stops within one step of it. *)
Lemma stops_near xs j k (c : R) : 0 <= c -> all (fun x => (count x (background k))%:R <= c) xs ->
  - (eta M * c) <= weight s j (background k) -> - (eta M * c) <= weight (sgd M s xs) j (background k).
Proof.
move=> c0; move: (signed j); elim: xs s => [|x xs IH] s' //= hd /andP[small smalls] low.
rewrite sgd_cons; apply: IH => //; first by rewrite (head_step _ _ _ (fixed_head network)).
rewrite (weight_sample network); case: ltP => [pos | _]; last by rewrite addr0.
apply: le_trans (_ : 0 + - (eta M * c) <= _); first by rewrite add0r.
apply: ler_add; first exact: ltW.
rewrite -mulrA -mulrN ler_wpmul2l //; apply: le_trans (_ : - (count x (background k))%:R <= _).
  by rewrite ler_opp2.
by have N0 := ler0n R (count x (background k)); case: hd => ->; case: (label x);
  rewrite /sgn ?mul1r ?mulN1r ?opprK ?lexx // ge0_cp.
Qed.

(** At the end: the walk's end, on the side on which it makes the coordinate grow. *)
Lemma end_near xs i y k (lam : R) : head s i = sgn y -> 0 < weight s i (background k) ->
  0 <= lam -> all (fun x => (count x (background k))%:R <= lam) xs -> sgn y * walk k xs <= lam ->
  `|weight (sgd M s xs) i (background k)| <= weight s i (background k) + eta M * lam.
Proof.
move=> hd pos lam0 small le; have el0 : 0 <= eta M * lam by rewrite mulr_ge0.
case: (lerP (weight (sgd M s xs) i (background k)) 0) => [dead | alive].
  rewrite ler0_norm // ler_oppl; apply: (@le_trans _ _ (- (eta M * lam))).
    by rewrite ler_opp2 ler_addr ltW.
  by apply: stops_near => //; apply: le_trans (ltW pos); rewrite oppr_le0.
rewrite gtr0_norm //; have [_ ->] := alive_value network alive.
by rewrite ler_add2l hd -mulrA ler_wpmul2l.
Qed.

(** A loser with the sign of y is positive on background k. *)
Definition grows y k : bool :=
  [exists i, [&& loser s i, head s i == sgn y & 0 < weight s i (background k)]].

Definition active k : bool := [exists i, loser s i && (0 < weight s i (background k))].

(** The ratio, from both bounds. *)
Lemma dominates_by zs (b : bool -> R) (lam : bool -> 'I_K -> R) (rho : R) :
  all (unique_key r m) zs -> (forall y, 0 <= b y) -> (forall y, b y <= (label_count y zs)%:R) ->
  (forall y i k, loser s i -> head s i = sgn y -> 0 < weight s i (background k) ->
    `|weight (sgd M s zs) i (background k)| <= weight s i (background k) + eta M * lam y k) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound_still i y' (lam y') <= winner_bound y j (b y)) ->
  dominates rho s (sgd M s zs).
Proof.
move=> keys b0 many near large.
apply/forallP => y; apply/forallP => j; apply/forallP => i; apply/implyP => /andP[win lose].
have [y' hd] := norm_dominance.label_of_head signed i.
apply: le_trans (winner_norm_still keys win (b0 y) (many y)).
apply: le_trans (large _ _ _ _ win lose hd).
rewrite ler_wpmul2l ?sqr_ge0 //; apply: loser_norm_still => // k; exact: near.
Qed.

(** ** Alive, at every step from t0 on *)
Theorem alive_path xs t0 u (b : bool -> R) (lam : 'I_K -> R) (rho : R) :
  all (unique_key r m) xs -> (t0 <= u)%N -> (forall y, 0 <= b y) ->
  (forall y, b y <= (label_count y (take t0 xs))%:R) ->
  (forall k, active k -> ~~ walk_exceeds k (lam k) xs) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound_still i y' lam <= winner_bound y j (b y)) ->
  dominates rho s (sgd M s (take u xs)).
Proof.
move=> keys tu b0 many near large; apply: (@dominates_by _ b (fun=> lam)) => // [|y|y i k lose hd pos].
- by move: keys; rewrite -{1}(cat_take_drop u xs) all_cat => /andP[].
- by apply: le_trans (many y) _; rewrite ler_nat label_count_take.
have act : active k by apply/existsP; exists i; rewrite lose.
have := background_near network i eta0 signed (walk_within_take u (near k act)).
by rewrite (gtr0_norm pos).
Qed.

(** ** The end point, at the last step *)
Theorem end_point_path xs (b : bool -> R) (lam : bool -> 'I_K -> R) (rho : R) :
  all (unique_key r m) xs -> (forall y, 0 <= b y) -> (forall y, b y <= (label_count y xs)%:R) ->
  (forall y k, grows y k -> [/\ 0 <= lam y k, all (fun x => (count x (background k))%:R <= lam y k) xs
    & sgn y * walk k xs <= lam y k]) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound_still i y' (lam y') <= winner_bound y j (b y)) ->
  dominates rho s (sgd M s xs).
Proof.
move=> keys b0 many near large; apply: (@dominates_by _ b lam) => // y i k lose hd pos.
have [] := near y k _; last by move=> lam0 small le; exact: end_near hd pos lam0 small le.
by apply/existsP; exists i; rewrite lose hd eqxx.
Qed.

(** ** With independent images *)
Variable D : distribution R K.
Hypothesis unique : unique_keys D r m.

Lemma few_labels_binomial t0 t (b : bool -> nat) : (t0 <= t)%N ->
  \sum_y binomial_below t0 (prior D y) (b y) =
  \sum_y Pr D t (fun xs => (label_count y (take t0 xs) < b y)%N).
Proof.
move=> le; apply: eq_bigr => y _; rewrite -label_count_binomial.
by rewrite -(Pr_take D (fun xs => (label_count y xs < b y)%N) le).
Qed.

Theorem alive_probability t0 t (b : bool -> nat) (lam : 'I_K -> R) (rho : R) : (t0 <= t)%N ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound_still i y' lam <= winner_bound y j (b y)%:R) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_(k | active k) Pr D t (walk_exceeds k (lam k)) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> dominates rho s (sgd M s (take u xs))]).
Proof.
move=> le large; rewrite (few_labels_binomial b le) [X in _ - X <= _]big_mkcond.
rewrite (eq_bigr (fun k => Pr D t (fun xs => active k && walk_exceeds k (lam k) xs))); last first.
  by move=> k _; case: (active k) => //=; rewrite Pr0.
apply: Pr_unless => w many near; apply/forallP => u; apply/implyP => tu.
apply: (@alive_path _ t0 _ (fun y => (b y)%:R) lam) => // [|y|y|k act].
- exact: all_samples.
- exact: ler0n.
- by rewrite ler_nat leqNgt; exact: many.
by have := near k; rewrite act.
Qed.

Theorem end_point_probability t (b : bool -> nat) (lam : bool -> 'I_K -> R) (rho : R) :
  (forall y k, grows y k ->
    0 <= lam y k /\ forall i : atom D, (count (sample_at i) (background k))%:R <= lam y k) ->
  (forall y y' j i, winner s y j -> loser s i -> head s i = sgn y' ->
    rho ^+ 2 * loser_bound_still i y' (lam y') <= winner_bound y j (b y)%:R) ->
  1 - \sum_y binomial_below t (prior D y) (b y)
    - \sum_y \sum_(k | grows y k) Pr D t (fun xs => lam y k < sgn y * walk k xs) <=
  Pr D t (fun xs => dominates rho s (sgd M s xs)).
Proof.
move=> small large; rewrite (few_labels_binomial b (leqnn t)).
have -> : \sum_y \sum_(k | grows y k) Pr D t (fun xs => lam y k < sgn y * walk k xs) =
    \sum_(yk : bool * 'I_K) Pr D t (fun xs => grows yk.1 yk.2 && (lam yk.1 yk.2 < sgn yk.1 * walk yk.2 xs)).
  rewrite -(pair_bigA _ (fun y k => Pr D t (fun xs => grows y k && (lam y k < sgn y * walk k xs)))) /=.
  apply: eq_bigr => y _; rewrite big_mkcond; apply: eq_bigr => k _.
  by case: (grows y k) => //=; rewrite Pr0.
apply: Pr_unless => w many near.
apply: (@end_point_path _ (fun y => (b y)%:R) lam) => // [|y|y|y k act].
- exact: all_samples.
- exact: ler0n.
- by rewrite ler_nat leqNgt; have := many y; rewrite take_oversize // size_samples.
have [lam0 le] := small y k act; split=> //; first exact: all_samples.
by have := near (y, k); rewrite /= act -leNgt.
Qed.

End Sharp.
