(** * What an accepted certificate means

    The data of [checker.v] read in the model of [model.v], over any real field, and the soundness
    theorem: a claim that [check] accepts holds. A certificate in Coq is a problem, segments and
    claims; each claim is proved by [check_sound] and a computation. *)

From Coq Require Import ZArith NArith QArith Lia Ring_theory Ring.
From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts mistake_bound checker.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Numbers *)

Section Numbers.
Variable R : realFieldType.

Definition p2r (d : positive) : R := (Pos.to_nat d)%:R.
Definition z2r (z : Z) : R :=
  match z with Z0 => 0 | Zpos d => p2r d | Zneg d => - p2r d end.
Definition q2r (q : Q) : R := z2r (Qnum q) / p2r (Qden q).

Lemma p2r_gt0 d : 0 < p2r d.
Proof. by rewrite ltr0n; apply/ssrnat.ltP; exact: Pos2Nat.is_pos. Qed.

Lemma p2r_neq0 d : p2r d != 0.
Proof. by rewrite gt_eqF // p2r_gt0. Qed.

Lemma p2r_mul d e : p2r (d * e) = p2r d * p2r e.
Proof. by rewrite /p2r Pos2Nat.inj_mul natrM. Qed.

Lemma z2rE z : z2r z = (Z.to_nat z)%:R - (Z.to_nat (- z))%:R.
Proof. by case: z => [|d|d] /=; rewrite ?subr0 ?sub0r. Qed.

Lemma z2r_add a b : z2r (a + b) = z2r a + z2r b.
Proof.
have same : (Z.to_nat (a + b) + (Z.to_nat (- a) + Z.to_nat (- b)) =
             Z.to_nat a + Z.to_nat b + Z.to_nat (- (a + b)))%N.
  by rewrite -!plusE; lia.
move/(congr1 (fun k => k%:R : R)): same; rewrite !natrD !z2rE => same.
rewrite addrACA -opprD; move: same.
set x := (Z.to_nat (a + b))%:R; set y := (Z.to_nat (- a))%:R; set z := (Z.to_nat (- b))%:R.
set u := _ + (Z.to_nat b)%:R; set w := (Z.to_nat (- (a + b)))%:R => same.
by apply: (addIr (w + (y + z))); rewrite addrA subrK same [w + _]addrC addrA subrK.
Qed.

Lemma z2r_mul a b : z2r (a * b) = z2r a * z2r b.
Proof.
by case: a => [|a|a]; case: b => [|b|b] /=;
  rewrite ?mul0r ?mulr0 ?p2r_mul ?mulrN ?mulNr ?opprK.
Qed.

Lemma z2r_opp a : z2r (- a) = - z2r a.
Proof. by case: a => [|a|a] /=; rewrite ?oppr0 ?opprK. Qed.

Lemma z2r_ge0 a : (0 <= z2r a) = Z.leb 0 a.
Proof.
case: a => [|a|a] /=; first by rewrite lexx.
  by rewrite ltW // p2r_gt0.
by rewrite oppr_ge0 leNgt p2r_gt0.
Qed.

Lemma z2r_le a b : (z2r a <= z2r b) = Z.leb a b.
Proof.
rewrite -subr_ge0 -z2r_opp -z2r_add z2r_ge0.
by apply/idP/idP => /Z.leb_le h; apply/Z.leb_le; lia.
Qed.

Lemma q2r_le a b : Qle_bool a b = (q2r a <= q2r b).
Proof.
rewrite /q2r ler_pdivr_mulr ?p2r_gt0 // mulrAC ler_pdivl_mulr ?p2r_gt0 //.
by rewrite /Qle_bool -z2r_le !z2r_mul.
Qed.

Lemma q2r_lt a b : qlt a b = (q2r a < q2r b).
Proof. by rewrite /qlt q2r_le ltNge. Qed.

Lemma q2r_eq a b : Qeq_bool a b = (q2r a == q2r b).
Proof.
rewrite eq_le -!q2r_le; apply/idP/andP => [|[]].
  by move/Qeq_bool_iff => ab; split; apply/Qle_bool_iff; rewrite ab; exact: Qle_refl.
by move=> /Qle_bool_iff ab /Qle_bool_iff ba; apply/Qeq_bool_iff; exact: Qle_antisym.
Qed.

Lemma q2r_red a : q2r (Qred a) = q2r a.
Proof. by apply/eqP; rewrite -q2r_eq; apply/Qeq_bool_iff; exact: Qred_correct. Qed.

Lemma is0_eq a : is0 a -> q2r a = 0.
Proof. by rewrite /is0 /q2r => /Z.eqb_spec ->; rewrite /= mul0r. Qed.

Lemma q2r_add a b : q2r (qadd a b) = q2r a + q2r b.
Proof.
rewrite /qadd; case: ifP => [/is0_eq ->|_]; first by rewrite add0r.
case: ifP => [/is0_eq ->|_]; first by rewrite addr0.
by rewrite q2r_red /q2r /Qplus /= z2r_add !z2r_mul p2r_mul addf_div ?p2r_neq0.
Qed.

Lemma q2r_mul a b : q2r (qmul a b) = q2r a * q2r b.
Proof.
rewrite /qmul; case: ifP => [/orP[]/is0_eq ->|_].
- by rewrite mul0r /q2r /= mul0r.
- by rewrite mulr0 /q2r /= mul0r.
by rewrite q2r_red /q2r /Qmult /= z2r_mul p2r_mul mulf_div.
Qed.

Lemma p2r1 : p2r 1 = 1. Proof. by []. Qed.

Lemma q2r0 : q2r 0 = 0. Proof. by rewrite /q2r /= mul0r. Qed.
Lemma q2r1 : q2r 1 = 1. Proof. by rewrite /q2r /= divff // p2r_neq0. Qed.
Lemma q2rN1 : q2r (Qmake (-1) 1) = -1. Proof. by rewrite /q2r /= p2r1 divr1. Qed.
Lemma q2r2 : q2r (Qmake 2 1) = 2%:R. Proof. by rewrite /q2r /= p2r1 divr1. Qed.

Lemma q2r_N c : q2r (qN c) = (N.to_nat c)%:R.
Proof. by case: c => [|c]; rewrite /q2r /= ?mul0r // p2r1 divr1. Qed.

Lemma q2r_relu z : q2r (qrelu z) = relu (q2r z).
Proof.
rewrite /qrelu q2r_lt q2r0; case: ltP => [pos|neg]; first by rewrite relu_pos // ltW.
by rewrite relu_neg // q2r0.
Qed.

Lemma q2r_sgn y : q2r (qsgn y) = sgn y.
Proof. by case: y; rewrite /qsgn ?q2r1 ?q2rN1. Qed.

Lemma q2r_sum_seq (T : Type) (F : T -> Q) s : q2r (qsum_seq F s) = \sum_(x <- s) q2r (F x).
Proof.
elim: s => [|x s IH]; first by rewrite big_nil q2r0.
by rewrite big_cons /= q2r_add -IH.
Qed.

Lemma q2r_sum k F : q2r (qsum k F) = \sum_(i < k) q2r (F i).
Proof.
have -> : qsum k F = qsum_seq F (iota 0 k) by [].
by rewrite q2r_sum_seq -{1}[k]subn0 -/(index_iota 0 k) big_mkord.
Qed.

(** Of the values of an affine function at 0, k and m >= k, the middle one has the sign of the outer
    ones, if these have the same sign. *)
Lemma sign_between (z d : R) (k m : nat) : (k <= m)%N ->
  (0 < z) = (0 < z + m%:R * d) -> (0 < z + k%:R * d) = (0 < z).
Proof.
move=> km same; have kmR : k%:R <= m%:R :> R by rewrite ler_nat.
have k0 : 0 <= k%:R :> R by rewrite ler0n.
case: (lerP 0 d) => d0; case: (ltP 0 z) => z0.
- by rewrite ltr_paddr // mulr_ge0.
- move: same; rewrite ltNge z0 /= => /esym /negbT; rewrite -leNgt => last.
  by apply/negbTE; rewrite -leNgt (le_trans _ last) // ler_add2l ler_wpmul2r.
- move: same; rewrite z0 => /esym last.
  by rewrite (lt_le_trans last) // ler_add2l ler_wnmul2r // ltW.
- by apply/negbTE; rewrite -leNgt ler_naddr // mulr_ge0_le0 // ltW.
Qed.

End Numbers.

Arguments q2r {R} q.

(** ** The problem *)

Section Problem.
Variables (R : realFieldType) (p : problem).
Notation K := (patterns p).
Notation n := (filters p).
Notation W := (width p).

(** The place of a pattern in the dictionary. *)
Definition place (k : nat) (q : pattern k) : nat :=
  match q with inl true => 0 | inl false => 1 | inr i => i.+2 end.

Definition model_of : model R K := {|
  gram := fun q r => q2r (entry (problem_gram p) (place q) (place r));
  activation_of := Relu;
  pooling_of := SumPooling;
  loss_of := if problem_hinge p then Hinge else Unhinged;
  trained := false;
  eta := q2r (problem_step p)
|}.

Definition sample_of (a : image) : sample K :=
  Sample (image_label a) (fun q => N.to_nat (count_at a (place q))).

Definition state_of (Z : seq (seq Q)) : state R n K :=
  @State R n K (fun j q => q2r (entry Z j (place q))) (fun j => q2r (head_at p j)).

Definition sample_nth (i : nat) : sample K := sample_of (nth nowhere (problem_atoms p) i).
Definition chance_nth (i : nat) : R := q2r (image_probability (nth nowhere (problem_atoms p) i)).

Hypothesis ok : well_formed p = true.

Lemma chance_gt0 (i : 'I_(size (problem_atoms p))) : 0 < chance_nth i.
Proof.
case/andP: ok => /(all_nthP nowhere)/(_ _ (ltn_ord i)) + _.
by rewrite (q2r_lt R) q2r0.
Qed.

Lemma chance_sum : \sum_(i < size (problem_atoms p)) chance_nth i = 1.
Proof.
case/andP: ok => _; rewrite (q2r_eq R) q2r1 q2r_sum_seq => /eqP <-.
by rewrite (big_nth nowhere) big_mkord.
Qed.

Definition distribution_of : distribution R K :=
  @Distribution R K _ (fun i : 'I_(size (problem_atoms p)) => sample_nth i)
    (fun i => chance_nth i) chance_gt0 chance_sum.

(** What each claim says. *)
Definition holds (c : claim) : Prop :=
  let M := model_of in let D := distribution_of in let s0 := state_of (problem_weights p) in
  match c with
  | ClaimState t Z => same_state (expected D M s0 (N.to_nat t)) (state_of Z)
  | ClaimDominance t ratio =>
      [/\ orthonormal M, exists y, exists j, winner s0 y j
        & dominates (q2r ratio) s0 (expected D M s0 (N.to_nat t))]
  | ClaimAccuracy t a => accuracy D M (expected D M s0 (N.to_nat t)) = q2r a
  | ClaimPath xs Z u =>
      let path := [seq sample_nth (N.to_nat x) | x <- xs] in
      same_state (sgd M s0 path) (state_of Z) /\ mistakes M s0 path = N.to_nat u
  | ClaimMistakes r m bound =>
      forall w : seq (atom D), (mistakes M s0 (samples w) <= N.to_nat bound)%N
  end.

(** ** Sums, tables *)

Lemma place_lt (q : pattern K) : (place q < W)%N.
Proof. by case: q => [[]|[k lt_k]]. Qed.

Lemma sum_place (F : nat -> R) : \sum_(i < W) F i = \sum_(q : pattern K) F (place q).
Proof.
rewrite sum_pattern /width !big_ord_recl addrA; congr (_ + _ + _).
Qed.

Lemma entry_table (k w : nat) F j q : (j < k)%N -> (q < w)%N -> entry (table k w F) j q = F j q.
Proof. by move=> jk qw; rewrite /entry /table nth_mkseq // nth_mkseq. Qed.

Lemma same_table_entry (Z Z' : seq (seq Q)) (j : 'I_n) (q : pattern K) :
  same_table n W Z Z' -> q2r (entry Z j (place q)) = q2r (entry Z' j (place q)) :> R.
Proof.
move/allP/(_ (j : nat)); rewrite mem_iota add0n ltn_ord => /(_ isT)/allP/(_ (place q)).
by rewrite mem_iota add0n place_lt => /(_ isT); rewrite (q2r_eq R) => /eqP.
Qed.

Lemma same_state_of (Z Z' : seq (seq Q)) : same_table n W Z Z' ->
  same_state (state_of Z) (state_of Z').
Proof. by move=> same; split=> // j q; exact: same_table_entry. Qed.

(** ** One step *)

Notation M := model_of.

Lemma total_at Z q : (q < W)%N ->
  q2r (nth (Qmake 0 1) (totals p Z) q) = \sum_(j < n) q2r (head_at p j) * relu (q2r (entry Z j q)) :> R.
Proof.
move=> qW; rewrite /totals nth_mkseq // q2r_sum; apply: eq_bigr => j _.
by rewrite q2r_mul q2r_relu.
Qed.

Lemma margin_of Z a : margin M (state_of Z) (sample_of a) = q2r (margin_from p (totals p Z) a).
Proof.
rewrite /margin_from q2r_mul q2r_sgn q2r_sum /margin; congr (_ * _).
rewrite (sum_place (fun q => q2r (qmul (qN (count_at a q)) (nth (Qmake 0 1) (totals p Z) q)))).
rewrite /output /pooled /= (eq_bigr (fun j : 'I_n => \sum_(q : pattern K)
  q2r (head_at p j) * ((N.to_nat (count_at a (place q)))%:R * relu (q2r (entry Z j (place q)))))).
  rewrite exchange_big /=; apply: eq_bigr => q _; rewrite q2r_mul q2r_N total_at ?place_lt //.
  by rewrite mulr_sumr; apply: eq_bigr => j _; rewrite mulrCA.
by move=> j _; rewrite mulr_sumr.
Qed.

Lemma gate_of Z a : gate_at M (state_of Z) (sample_of a) = q2r (gate_from p (totals p Z) a).
Proof.
rewrite /gate_at /gate_from margin_of /=; case: (problem_hinge p) => /=; last by rewrite q2r1.
by rewrite (q2r_lt R) q2r1; case: ifP; rewrite ?q2r1 ?q2r0.
Qed.

(** A list of weighted atoms as a batch. *)
Definition batch_of (B : seq (Q * image)) : batch R K := [seq (q2r b.1, sample_of b.2) | b <- B].

Lemma gradient_of (s : state R n K) C j q : filter_gradient M s C j q =
  if 0 < weight s j q then \sum_(c <- C) c.1 * sgn (label c.2) * (count c.2 q)%:R else 0.
Proof.
rewrite /filter_gradient /pooled_derivative /=; case: ifP => _.
  by apply: eq_bigr => b _; rewrite mulr1.
by rewrite big1 // => b _; rewrite !mulr0.
Qed.

Lemma push_at Z B r : (r < W)%N -> q2r (nth (Qmake 0 1) (pushes p (totals p Z) B) r) =
  \sum_(b <- B) q2r b.1 * q2r (gate_from p (totals p Z) b.2) * sgn (image_label b.2)
    * (N.to_nat (count_at b.2 r))%:R :> R.
Proof.
move=> rW; rewrite /pushes nth_mkseq // q2r_sum_seq big_map; apply: eq_bigr => b _ /=.
by rewrite !q2r_mul q2r_N q2r_sgn.
Qed.

Lemma step_of Z B : same_state (step M (state_of Z) (batch_of B)) (state_of (step_on p B Z)).
Proof.
split=> // j q; rewrite /= /step_on /moved entry_table ?place_lt // q2r_add !q2r_mul.
congr (_ + _ * _); rewrite q2r_sum.
rewrite (sum_place (fun r => q2r (if qlt 0 (entry Z j r) then qmul (nth (Qmake 0 1)
  (pushes p (totals p Z) B) r) (entry (problem_gram p) r (place q)) else (Qmake 0 1)))).
apply: eq_bigr => r _; rewrite gradient_of /= (q2r_lt R) q2r0; case: ifP => _; last by rewrite mul0r q2r0.
rewrite q2r_mul push_at ?place_lt //; congr (_ * _).
by rewrite /gated /batch_of !big_map; apply: eq_bigr => b _; rewrite /= gate_of.
Qed.

(** How far one step moves a coordinate: this depends on signs and gates only. *)
Definition moved_by (s : state R n K) (B : batch R K) (j : 'I_n) (q : pattern K) : R :=
  eta M * head s j * \sum_r filter_gradient M s (gated M s B) j r * gram M r q.

Lemma step_moved (s : state R n K) B j q : weight (step M s B) j q = weight s j q + moved_by s B j q.
Proof. by []. Qed.

Lemma moved_by_same (s s' : state R n K) B j q : (forall j', head s j' = head s' j') ->
  (forall j' r, (0 < weight s j' r) = (0 < weight s' j' r)) ->
  gated M s B = gated M s' B -> moved_by s B j q = moved_by s' B j q.
Proof.
move=> heads signs gates; rewrite /moved_by heads gates; congr (_ * _); apply: eq_bigr => r _.
by congr (_ * _); rewrite !gradient_of signs.
Qed.

Notation D := distribution_of.

Lemma population_nth : population D =
  [seq (chance_nth i, sample_nth i) | i <- iota 0 (size (problem_atoms p))].
Proof.
transitivity [seq (chance_nth (val i), sample_nth (val i)) | i <- enum 'I_(size (problem_atoms p))].
  by [].
by rewrite -(val_enum_ord (size (problem_atoms p))) -[in RHS]map_comp; apply: eq_map => i.
Qed.

Lemma population_of : population D = batch_of (whole p).
Proof.
rewrite population_nth /batch_of /whole -map_comp.
rewrite -[in RHS](@mkseq_nth _ nowhere (problem_atoms p)) /mkseq -map_comp.
by apply: eq_map.
Qed.

Lemma next_of Z : same_state (step M (state_of Z) (population D)) (state_of (next p Z)).
Proof. by rewrite population_of; exact: step_of. Qed.

Lemma expected_same (s s' : state R n K) t : same_state s s' -> same_state (expected D M s t) (expected D M s' t).
Proof. exact: run_same. Qed.

Lemma expected_iter Z t : same_state (expected D M (state_of Z) t) (state_of (Nat.iter t (next p) Z)).
Proof.
elim: t => [|t IH]; first exact: same_state_refl.
rewrite expectedS; apply: same_state_trans (step_same _ _ IH) _; exact: next_of.
Qed.

Lemma expectedD (s : state R n K) t u : expected D M s (t + u) = expected D M (expected D M s t) u.
Proof. by rewrite /expected nseqD run_cat. Qed.

(** ** Segments *)

Section Segment.
Variables (Z E : seq (seq Q)).
Notation state k := (state_of (along p Z E k)).

Lemma along_weight k (j : 'I_n) (q : pattern K) : weight (state k) j q =
  q2r (entry Z j (place q)) + (N.to_nat k)%:R * q2r (entry E j (place q)).
Proof. by rewrite /= /along entry_table ?place_lt // q2r_add q2r_mul q2r_N. Qed.

Lemma along0 : same_state (state 0%num) (state_of Z).
Proof. by split=> // j q; rewrite along_weight /= mul0r addr0. Qed.

Variable m : nat.
Variable last : N.
Hypothesis lastE : N.to_nat last = m.
Hypothesis signs : same_signs p Z (along p Z E last).
Hypothesis gates : same_gates p Z (along p Z E last).

Lemma sign_last (j : 'I_n) (q : pattern K) :
  (0 < weight (state_of Z) j q) = (0 < weight (state last) j q).
Proof.
move/allP: signs => /(_ (j : nat)); rewrite mem_iota add0n ltn_ord => /(_ isT)/allP/(_ (place q)).
by rewrite mem_iota add0n place_lt => /(_ isT)/eqP; rewrite !(q2r_lt R) q2r0.
Qed.

Lemma sign_along k (j : 'I_n) (q : pattern K) : (N.to_nat k <= m)%N ->
  (0 < weight (state k) j q) = (0 < weight (state_of Z) j q).
Proof.
move=> km; rewrite along_weight; apply: sign_between km _.
by rewrite -lastE -along_weight -sign_last.
Qed.

(** The margin of an image, while the signs stay. *)
Definition slope (x : sample K) : R := sgn (label x) * \sum_(j < n) q2r (head_at p j) *
  \sum_q (count x q)%:R * (if 0 < weight (state_of Z) j q then q2r (entry E j (place q)) else 0).

Lemma margin_along k x : (N.to_nat k <= m)%N ->
  margin M (state k) x = margin M (state_of Z) x + (N.to_nat k)%:R * slope x.
Proof.
move=> km; rewrite /margin /slope mulrCA -mulrDr; congr (_ * _); rewrite /output mulr_sumr -big_split.
apply: eq_bigr => j _ /=; rewrite mulrCA -mulrDr; congr (_ * _).
rewrite /pooled /= mulr_sumr -big_split; apply: eq_bigr => q _ /=.
rewrite mulrCA -mulrDr; congr (_ * _).
have := sign_along j q km; have := along_weight k j q => /= -> same.
case: ifP => pos; first by rewrite !relu_pos ?(ltW pos) // ltW // same.
by rewrite mulr0 addr0 !relu_neg // leNgt ?same pos.
Qed.

(** Agreement of the gates, read in the model. Stated for variables, so that no tactic compares two
    margins by computing them. *)
Lemma below1_same Z1 Z2 x :
  qlt (margin_from p (totals p Z1) x) (Qmake 1 1) = qlt (margin_from p (totals p Z2) x) (Qmake 1 1) ->
  (margin M (state_of Z1) (sample_of x) < 1) = (margin M (state_of Z2) (sample_of x) < 1).
Proof.
rewrite (margin_of Z1) (margin_of Z2); move: (margin_from _ (totals p Z1) x) => a.
by move: (margin_from _ _ _) => b; rewrite !(q2r_lt R) q2r1.
Qed.

Lemma gate_along k i : (N.to_nat k <= m)%N -> (i < size (problem_atoms p))%N ->
  gate_at M (state k) (sample_nth i) = gate_at M (state_of Z) (sample_nth i).
Proof.
move=> km lt_i; rewrite /gate_at /=; case hinge: (problem_hinge p) => //=.
have lm : (N.to_nat last <= m)%N by rewrite lastE.
have same : (0 < 1 - margin M (state_of Z) (sample_nth i)) =
            (0 < 1 - margin M (state_of Z) (sample_nth i) + m%:R * - slope (sample_nth i)).
  rewrite mulrN -addrA -opprD -lastE -margin_along // !subr_gt0 /sample_nth.
  move: gates; rewrite /same_gates hinge /= => /(all_nthP nowhere)/(_ _ lt_i)/eqP.
  exact: below1_same.
have between := sign_between km same.
move: between; rewrite mulrN -addrA -opprD -margin_along // !subr_gt0 => ->.
by [].
Qed.

Hypothesis first : same_table n W (next p Z) (along p Z E 1%num).

Lemma moved_first j q : moved_by (state_of Z) (population D) j q = q2r (entry E j (place q)).
Proof.
have [w _] := next_of Z; have := w j q; rewrite step_moved /= (same_table_entry j q first).
rewrite /along entry_table ?place_lt // q2r_add q2r_mul q2r_N.
have -> : (N.to_nat 1)%:R = 1 :> R by [].
by rewrite mul1r; move/addrI.
Qed.

Lemma step_along k : (N.to_nat k <= m)%N ->
  same_state (step M (state k) (population D)) (state (N.succ k)).
Proof.
move=> km; split=> // j q; rewrite step_moved (@moved_by_same _ (state_of Z)) //.
- rewrite moved_first !along_weight N2Nat.inj_succ.
  by rewrite -addn1 natrD mulrDl mul1r addrA.
- by move=> j' r; exact: sign_along.
rewrite population_nth /gated -!map_comp; apply/eq_in_map => i.
by rewrite mem_iota add0n => /= lt_i; rewrite gate_along.
Qed.

Lemma expected_along k : (N.to_nat k <= m.+1)%N ->
  same_state (expected D M (state_of Z) (N.to_nat k)) (state k).
Proof.
move: k; apply: N.peano_ind => [_|k IH].
  by case: along0 => w h; split=> [j q|j]; rewrite ?w ?h.
rewrite N2Nat.inj_succ ltnS => km; rewrite expectedS.
apply: same_state_trans (step_same _ _ (IH (leqW km))) _; exact: step_along.
Qed.

End Segment.

Lemma state_at_sound segments Z t Z' : state_at p segments Z t = Some Z' ->
  same_state (expected D M (state_of Z) (N.to_nat t)) (state_of Z').
Proof.
elim: segments Z t => [|s rest IH] Z t /=.
  by case=> <-; rewrite N2Nat.inj_iter; exact: expected_iter.
case: ifP => // /and4P[pos first signs gates].
have lastE : N.to_nat (N.pred (segment_length s)) = (N.to_nat (segment_length s)).-1.
  by rewrite N2Nat.inj_pred.
have len0 : (0 < N.to_nat (segment_length s))%N.
  by move/N.ltb_lt: pos => pos; apply/ssrnat.ltP; lia.
have whole_segment k : (N.to_nat k <= N.to_nat (segment_length s))%N ->
    same_state (expected D M (state_of Z) (N.to_nat k)) (state_of (along p Z (segment_increment s) k)).
  move=> le; apply: (expected_along lastE signs gates first).
  by rewrite prednK.
case: ifP => [/N.leb_le le [<-]|/N.leb_gt gt].
  by apply: whole_segment; apply/ssrnat.leP; lia.
move=> /IH rest_sound.
have -> : N.to_nat t = (N.to_nat (segment_length s) + N.to_nat (t - segment_length s))%N.
  by rewrite -plusE; lia.
rewrite expectedD; apply: same_state_trans rest_sound; apply: expected_same.
exact: whole_segment.
Qed.

(** ** Claims *)

Lemma accuracy_at Z : accuracy D M (state_of Z) = q2r (accuracy_of p Z).
Proof.
rewrite /accuracy_of q2r_sum_seq (big_nth nowhere) big_mkord /accuracy big_mkcond /=.
apply: eq_bigr => i _; rewrite /sample_nth margin_of (q2r_lt R) q2r0.
by case: ifP => _; rewrite ?q2r0.
Qed.

Lemma is_winner_of (j : 'I_n) y : is_winner p j y = winner (state_of (problem_weights p)) y j.
Proof. by rewrite /is_winner /winner !(q2r_lt R) !q2r0 q2r_mul q2r_sgn; case: y. Qed.

Lemma is_loser_of (j : 'I_n) : is_loser p j = loser (state_of (problem_weights p)) j.
Proof. by rewrite /is_loser /loser !is_winner_of. Qed.

Lemma norm_at Z (j : 'I_n) : q2r (norm_of p Z j) = norm_squared (state_of Z) j.
Proof.
rewrite /norm_of q2r_sum (sum_place (fun q => q2r (qmul (entry Z j q) (entry Z j q)))).
by apply: eq_bigr => q _; rewrite q2r_mul expr2.
Qed.

Lemma norm_same (s s' : state R n K) j : same_state s s' -> norm_squared s j = norm_squared s' j.
Proof. by case=> w _; apply: eq_bigr => q _; rewrite w. Qed.

Lemma place_inj (q r : pattern K) : (place q == place r) = (q == r).
Proof. by case: q => [[]|k]; case: r => [[]|l]. Qed.

Lemma orthonormal_of : orthonormal_gram p -> orthonormal M.
Proof.
move/allP=> all_rows q r /=.
have := all_rows (place q); rewrite mem_iota add0n place_lt => /(_ isT)/allP/(_ (place r)).
rewrite mem_iota add0n place_lt => /(_ isT); rewrite (q2r_eq R) => /eqP ->.
by rewrite place_inj; case: eqP; rewrite ?q2r1 ?q2r0.
Qed.

Lemma dominance_sound Z ratio (s : state R n K) : dominates_at p ratio Z -> same_state s (state_of Z) ->
  (exists y, exists j, winner (state_of (problem_weights p)) y j) /\
  dominates (q2r ratio) (state_of (problem_weights p)) s.
Proof.
case/andP=> some /allP all_losers same; split.
  move: some; case winners: [seq j <- iota 0 n | ~~ is_loser p j] => [//|j rest] _.
  have : j \in [seq j <- iota 0 n | ~~ is_loser p j] by rewrite winners mem_head.
  rewrite mem_filter mem_iota add0n => /and3P[won _ lt_j].
  move: won; rewrite (is_loser_of (Ordinal lt_j)) /loser negb_and !negbK.
  by case/orP=> won; [exists true | exists false]; exists (Ordinal lt_j).
apply/forallP=> y; apply/forallP=> i; apply/forallP=> j; apply/implyP=> /andP[won lost].
have lost_j : (j : nat) \in [seq j <- iota 0 n | is_loser p j].
  by rewrite mem_filter mem_iota add0n ltn_ord is_loser_of lost.
have won_i : (i : nat) \in [seq j <- iota 0 n | ~~ is_loser p j].
  rewrite mem_filter mem_iota add0n ltn_ord is_loser_of andbT /loser negb_and !negbK.
  by case: y won => ->; rewrite ?orbT.
move/allP: (all_losers _ lost_j) => /(_ _ won_i).
rewrite (q2r_le R) !q2r_mul !nth_mkseq ?ltn_ord // !norm_at !(norm_same _ same) expr2.
by [].
Qed.

Lemma path_sound Z atoms (s : state R n K) u : same_state s (state_of Z) ->
  let e := foldl (path_step p) (Z, u) atoms in
  let xs := [seq sample_of a | a <- atoms] in
  same_state (sgd M s xs) (state_of e.1) /\ (N.to_nat u + mistakes M s xs)%N = N.to_nat e.2.
Proof.
elim: atoms Z s u => [|a atoms IH] Z s u same /=; first by rewrite addn0.
have one : same_state (step M s (single R (sample_of a))) (state_of (step_on p [:: ((Qmake 1 1), a)] Z)).
  apply: same_state_trans (step_same _ _ same) _.
  have -> : single R (sample_of a) = batch_of [:: ((Qmake 1 1), a)] by rewrite /batch_of /= q2r1.
  exact: step_of.
rewrite /path_step /=.
have gateE : gate_at M s (sample_of a) = q2r (gate_from p (totals p Z) a).
  by rewrite -gate_of /gate_at (margin_same _ _ same).
rewrite gateE (q2r_eq R) q2r0; case: ifP => /= closed.
  by have := IH _ _ u one; rewrite add0n.
have := IH _ _ (N.succ u) one; rewrite N2Nat.inj_succ => -[state_same count_same].
by split=> //; rewrite add1n addnS -count_same addSn.
Qed.

Lemma samples_nth (xs : seq N) :
  [seq sample_nth (N.to_nat x) | x <- xs] =
  [seq sample_of a | a <- [seq nth nowhere (problem_atoms p) x | x <- [seq N.to_nat x | x <- xs]]].
Proof. by rewrite -!map_comp. Qed.

(** *** The mistake bound *)

Lemma total_count_of a : N.to_nat (total_count p a) = model.patches (sample_of a).
Proof.
have sum k : N.to_nat (foldr (fun q s => N.add (count_at a q) s) 0%num (iota 0 k)) =
    (\sum_(i < k) N.to_nat (count_at a i))%N.
  rewrite -(big_mkord xpredT (fun i => N.to_nat (count_at a i))) /index_iota subn0.
  elim: (iota 0 k) => [|q s IH]; first by rewrite big_nil.
  by rewrite big_cons /= N2Nat.inj_add plusE IH.
rewrite /total_count sum /model.patches /= big_sumType /= big_bool /width !big_ord_recl addnA.
by congr (_ + _ + _)%N.
Qed.

Lemma unique_keys_sound r m a : unique_keys_of p r m -> (a < size (problem_atoms p))%N ->
  unique_key (N.to_nat r) (N.to_nat m) (sample_nth a).
Proof.
move=> /(all_nthP nowhere) all_atoms /all_atoms; rewrite /sample_nth.
set x := nth nowhere _ a => /and3P[/N.eqb_eq own /N.eqb_eq other /N.leb_le most].
rewrite /unique_key -total_count_of; apply/and3P; split; last by apply/ssrnat.leP; lia.
  by apply/eqP; rewrite -own /=; case: (image_label x).
by apply/eqP; rewrite -[0%N]/(N.to_nat 0%num) -other /=; case: (image_label x).
Qed.

Lemma winners_of_count y : winners_of p y = winners (state_of (problem_weights p)) y.
Proof.
rewrite /winners_of /winners -sum1_card -sum1_count -{1}[n]subn0 -/(index_iota 0 n).
by rewrite big_mkord; apply: eq_bigl => j; rewrite is_winner_of inE.
Qed.

Lemma left_of r k : q2r (mistakes_left p (qN r) (qN k)) =
  (eta M * (N.to_nat r)%:R * (minn (winners (state_of (problem_weights p)) true)
     (winners (state_of (problem_weights p)) false))%:R * (N.to_nat k)%:R) ^+ 2.
Proof.
by rewrite /mistakes_left !q2r_mul !q2r_N Nat2N.id !winners_of_count expr2 !mulrA.
Qed.

Lemma right_of m k : q2r (mistakes_right p (qN m) (qN k)) =
  (winners (state_of (problem_weights p)) true + winners (state_of (problem_weights p)) false)%:R *
  (total_norm_squared (state_of (problem_weights p)) + (N.to_nat k)%:R *
    (2%:R * eta M + eta M ^+ 2 * n%:R * (N.to_nat m)%:R ^+ 2)).
Proof.
rewrite /mistakes_right !(q2r_mul, q2r_add, q2r_N) q2r2 !Nat2N.id !winners_of_count.
congr (_ * (_ + _ * (_ + _))); last by rewrite !expr2 !mulrA.
by rewrite q2r_sum; apply: eq_bigr => j _; rewrite norm_at.
Qed.

(** A square that is above a line with nonnegative coefficients at N stays above it. *)
Lemma above_line (c w g : R) (N k : nat) : 0 <= w -> 0 <= g -> (N <= k)%N ->
  w + N%:R * g < (c * N%:R) ^+ 2 -> w + k%:R * g < (c * k%:R) ^+ 2.
Proof.
move=> w0 g0 Nk above; have N0 : (0 < N)%N.
  case: N above {Nk} => // ; rewrite mul0r addr0 mulr0 expr0n /= => /lt_le_trans /(_ w0).
  by rewrite ltxx.
have k0 : (0 < k)%N by exact: leq_trans Nk.
have NkR : N%:R <= k%:R :> R by rewrite ler_nat.
have N2 : 0 < N%:R ^+ 2 :> R by rewrite exprn_gt0 // ltr0n.
rewrite -(ltr_pmul2r N2) exprMn mulrAC -exprMn.
apply: le_lt_trans (_ : (w + N%:R * g) * k%:R ^+ 2 < _); last by rewrite ltr_pmul2r // exprn_gt0 // ltr0n.
rewrite !mulrDl ler_add //.
  by rewrite ler_wpmul2l // ler_expn2r ?nnegrE ?ler0n.
rewrite !expr2 -![_ * g * _]mulrAC !mulrA ler_wpmul2r //.
by rewrite [k%:R * N%:R]mulrC ler_wpmul2l ?mulr_ge0 ?ler0n.
Qed.

Lemma mistakes_sound r m bound : check p [::] (ClaimMistakes r m bound) ->
  forall w : seq (atom D), (mistakes M (state_of (problem_weights p)) (samples w) <= N.to_nat bound)%N.
Proof.
case/and5P=> hinge eta_ge0 ortho signed /and3P[keys _ above] w.
have network : fixed_head_network M Hinge.
  by split=> //=; [exact: orthonormal_of | rewrite hinge].
have eta0 : 0 <= eta M by rewrite /= -(q2r0 R) -(q2r_le R).
have signed_s : signed_head (state_of (problem_weights p)).
  move=> j; move/allP: signed => /(_ (j : nat)); rewrite mem_iota add0n ltn_ord => /(_ isT).
  by rewrite !(q2r_eq R) q2r1 q2rN1 => /orP[] /eqP; [left | right].
have all_keys : all (unique_key (N.to_nat r) (N.to_nat m)) (samples w).
  rewrite /samples all_map; apply/allP=> i _ /=; exact: unique_keys_sound keys (ltn_ord i).
have := mistake_bound network eta0 signed_s all_keys.
set s := state_of _; set k := mistakes M s (samples w); move=> bounded.
rewrite leqNgt; apply/negP=> more; move: bounded; apply/negP; rewrite -ltNge.
move: above; rewrite (q2r_lt R) left_of right_of -/s N2Nat.inj_succ.
set J := (_ + _)%:R; set T := total_norm_squared s; set G := (2%:R * _ + _).
have J0 : 0 <= J by rewrite ler0n.
have T0 : 0 <= T.
  by rewrite sumr_ge0 // => j _; rewrite sumr_ge0 // => q _; exact: sqr_ge0.
have G0 : 0 <= G.
  apply: addr_ge0; first by apply: mulr_ge0 => //; exact: ler0n.
  apply: mulr_ge0; last exact: sqr_ge0.
  by apply: mulr_ge0; [exact: sqr_ge0 | exact: ler0n].
clearbody J T G; rewrite !mulrDr ![J * (_ * _)]mulrCA; apply: above_line => //; exact: mulr_ge0.
Qed.

Theorem check_sound segments (c : claim) : check p segments c = true -> holds c.
Proof.
case: c => [t Z|t ratio|t a|xs Z u|r m bound]; last exact: mistakes_sound.
- rewrite /check; case found: state_at => [Z'|] // same.
  exact: same_state_trans (state_at_sound found) (same_state_of same).
- rewrite /check; case found: state_at => [Z'|] // /andP[/andP[ortho _] dominance].
  have [some all_dominated] := dominance_sound dominance (state_at_sound found).
  by split=> //; exact: orthonormal_of.
- rewrite /check; case found: state_at => [Z'|] //; rewrite (q2r_eq R) => /eqP same.
  by rewrite /holds (accuracy_same _ _ (state_at_sound found)) accuracy_at same.
rewrite /check => /and3P[_ same /N.eqb_eq updates]; rewrite /holds samples_nth.
set atoms := [seq nth _ _ _ | _ <- _] in same updates *.
have [state_same count_same] := path_sound atoms 0%num (same_state_refl (state_of (problem_weights p))).
split; first exact: same_state_trans state_same (same_state_of same).
by move: count_same; rewrite add0n -/(path_end _ _ _) updates.
Qed.

End Problem.
