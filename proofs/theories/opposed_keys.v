(** * T13: opposed keys

    The key of - is minus the key of +, a unit vector orthogonal to the backgrounds. So alpha, the
    inner product of a filter with the key of +, says everything of both keys: an image of label y
    moves it where y alpha is positive, by eta a_j times its keys times its gate ([alpha_move]). Hence
    a_j alpha never decreases, and 0 is absorbing. While alpha is not 0 one label moves it, the one of
    its sign; with the unhinged loss and r keys an image each step does so with probability pi_+ or
    pi_-, until alpha is 0, which only the values - eta a_j r k can reach. So the number of moves is
    at least binomial ([moves_tail], induction on the number of steps over all states).

    Nothing but the coordinates on both keys is used, which are opposite ([opposite_keys]). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability binomial_tail pathwise learning_time.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Opposed.
Variables (R : realFieldType) (n K : nat) (M : model R K) (l : loss).
Hypothesis header : fixed_head_relu M l.
Hypothesis keys : keys_opposed M.
Hypothesis gram_sym : forall p q, gram M p q = gram M q p.
Implicit Types (s : state R n K) (C : batch R K) (Cs : seq (batch R K)) (j : 'I_n) (y : bool).

Local Lemma act : activation_of M = Relu. Proof. by case: header. Qed.
Local Lemma pool : pooling_of M = SumPooling. Proof. by case: header. Qed.
Local Lemma fixed : trained M = false. Proof. by case: header. Qed.

(** The coordinates on both keys are opposite. *)
Definition opposite_keys s := forall j, weight s j (key false) = - weight s j (key true).

Local Notation alpha s j := (weight s j (key true)).

(** A step on the key of y. *)
Lemma key_move_opposed s C j y : weight (move M s C) j (key y) = weight s j (key y) +
  eta M * head s j * (filter_gradient M s C j (key y) - filter_gradient M s C j (key (~~ y))).
Proof.
have [one minus off] := keys; congr (_ + _ * _); rewrite sum_pattern big1 ?addr0; last first.
  by move=> k _; rewrite gram_sym off mulr0.
have opp : gram M (key (~~ y)) (key y) = -1 by rewrite gram_sym minus.
by case: y opp => opp; rewrite one opp mulr1 mulrN1 // addrC.
Qed.

Lemma opposite_move s C : opposite_keys s -> opposite_keys (move M s C).
Proof. by move=> opp j; rewrite !key_move_opposed opp /=; ring. Qed.

Lemma opposite_moves s Cs : opposite_keys s -> opposite_keys (moves M s Cs).
Proof. by elim: Cs s => [|C Cs IH] s opp //; apply: IH; exact: opposite_move. Qed.

(** One step on alpha. *)
Lemma alpha_move r s C j : opposite_keys s -> images (keys_by_label r) C ->
  alpha (move M s C) j = alpha s j + eta M * head s j *
    \sum_(c <- C | 0 < sgn (label c.2) * alpha s j) c.1 * (r (label c.2))%:R.
Proof.
move=> opp iC; rewrite key_move_opposed /=; congr (_ + _ * _); rewrite /filter_gradient.
rewrite /pooled_derivative act pool /= opp; elim: C iC => [|[c x] C IH]; first by rewrite !big_nil subr0.
move=> /= /andP[/andP[/eqP own /eqP other] iC]; rewrite !big_cons /= -(IH iC).
move: own other; case: (label x) => /= own other; rewrite own other.
  by rewrite /sgn mul1r; case: (0 < alpha s j); ring.
by rewrite /sgn mulN1r; case: (0 < - alpha s j); ring.
Qed.

(** A positive mass is not lost. *)
Lemma pushed_ge0 (r : bool -> nat) C (A : pred bool) : all (fun c => 0 <= c.1) C ->
  0 <= \sum_(c <- C | A (label c.2)) c.1 * (r (label c.2))%:R.
Proof.
elim: C => [|c C IH] /=; first by rewrite big_nil.
by case/andP=> c0 /IH le; rewrite big_cons; case: ifP => // _; rewrite addr_ge0 // mulr_ge0 ?ler0n.
Qed.

(** a_j alpha never decreases; at 0 alpha stays. *)
Lemma alpha_step r s C j : 0 <= eta M -> opposite_keys s -> all (fun c => 0 <= c.1) C ->
  images (keys_by_label r) C ->
  head s j * alpha s j <= head s j * alpha (move M s C) j
  /\ (alpha s j = 0 -> alpha (move M s C) j = 0).
Proof.
move=> eta0 opp C0 iC; rewrite (alpha_move _ opp iC); split; last first.
  by move=> ->; rewrite big_pred0 ?mulr0 ?addr0 // => c; rewrite mulr0 ltxx.
rewrite mulrDr ler_addl mulrA; apply: mulr_ge0; last first.
  exact: (@pushed_ge0 r C (fun y => 0 < sgn y * alpha s j)).
by rewrite mulrCA mulr_ge0 // -expr2 sqr_ge0.
Qed.

Lemma alpha_moves r s Cs j : 0 <= eta M -> opposite_keys s -> all (all (fun c => 0 <= c.1)) Cs ->
  all (images (keys_by_label r)) Cs ->
  head s j * alpha s j <= head s j * alpha (moves M s Cs) j
  /\ (alpha s j = 0 -> alpha (moves M s Cs) j = 0).
Proof.
move=> eta0; elim: Cs s => [|C Cs IH] s opp //= /andP[C0 Cs0] /andP[iC iCs].
have [up stay] := alpha_step j eta0 opp C0 iC.
have [up' stay'] := IH _ (opposite_move C opp) Cs0 iCs; split; last by move/stay/stay'.
by move: up'; rewrite (head_move _ _ _ fixed); exact: le_trans.
Qed.

(** Along the path. *)
Theorem opposed_monotone r s Cs1 Cs2 j : 0 <= eta M -> opposite_keys s ->
  all (all (fun c => 0 <= c.1)) (Cs1 ++ Cs2) -> all (images (keys_by_label r)) (Cs1 ++ Cs2) ->
  head s j * alpha (moves M s Cs1) j <= head s j * alpha (moves M s (Cs1 ++ Cs2)) j
  /\ (alpha (moves M s Cs1) j = 0 -> alpha (moves M s (Cs1 ++ Cs2)) j = 0).
Proof.
move=> eta0 opp; rewrite !all_cat => /andP[_ C0] /andP[_ iC].
have := alpha_moves j eta0 (opposite_moves Cs1 opp) C0 iC.
by rewrite (head_moves _ _ _ fixed) /moves foldl_cat.
Qed.

End Opposed.

(** ** Unhinged, one image a step *)
Section Random.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (r : nat) (j : 'I_n).
Hypothesis header : fixed_head_relu M Unhinged.
Hypothesis keys : keys_opposed M.
Hypothesis gram_sym : forall p q, gram M p q = gram M q p.
Hypothesis eta0 : 0 <= eta M.
Hypothesis keys_in : forall i : atom D, keys_by_label (fun _ => r) (sample_at i).
Implicit Types (s : state R n K) (x : sample K).

Local Notation alpha s := (weight s j (key true)).

Lemma alpha_single s (i : atom D) : opposite_keys s ->
  alpha (step M s (single R (sample_at i))) = alpha s +
    (if 0 < sgn (label (sample_at i)) * alpha s then eta M * head s j * r%:R else 0).
Proof.
move=> opp; rewrite step_unhinged; last by case: header.
have iC : images (keys_by_label (fun _ => r)) (single R (sample_at i)) by rewrite /images /= keys_in.
rewrite (alpha_move header keys gram_sym _ opp iC) /single big_mkcond big_seq1 /=.
by case: ifP => _; rewrite ?mul1r ?mulr0.
Qed.

(** The size of the head times alpha, and of one move. *)
Definition own s : R := Num.sg (head s j) * alpha s.
Definition one_move s : R := eta M * `|head s j| * r%:R.

Lemma own_single s (i : atom D) : opposite_keys s ->
  own (step M s (single R (sample_at i))) =
    own s + (if 0 < sgn (label (sample_at i)) * alpha s then one_move s else 0).
Proof.
move=> opp; rewrite /own alpha_single // (head_step _ _ _ _); last by case: header.
rewrite mulrDr; congr (_ + _); case: ifP => _; last by rewrite mulr0.
have size : `|head s j| = Num.sg (head s j) * head s j by exact: normrEsg.
by rewrite /one_move size; move: (Num.sg _) => e; ring.
Qed.

(** A start that never ends at 0. *)
Definition never_zero s := forall k : nat, alpha s != - (eta M * head s j * r%:R * k%:R).

Lemma never_zero_step s (i : atom D) : opposite_keys s -> never_zero s ->
  never_zero (step M s (single R (sample_at i))).
Proof.
move=> opp never k; rewrite (head_step _ _ _ _); last by case: header.
rewrite alpha_single //; case: ifP => _; last by rewrite addr0.
apply: contra (never k.+1) => /eqP eq; apply/eqP.
by rewrite -[alpha s](addrK (eta M * head s j * r%:R)) eq -addn1 natrD; ring.
Qed.

Lemma one_move_ge0 s : 0 <= one_move s.
Proof. by rewrite !mulr_ge0 ?ler0n ?normr_ge0. Qed.

Lemma one_move_step s B : one_move (step M s B) = one_move s.
Proof. by rewrite /one_move (head_step _ _ _ _) //; case: header. Qed.

Lemma opposite_step s B : opposite_keys s -> opposite_keys (step M s B).
Proof. exact: opposite_move. Qed.

Lemma own_sgd_le s (v : seq (atom D)) : opposite_keys s -> own s <= own (sgd M s (samples v)).
Proof.
elim: v s => //= i v IH s opp; apply: le_trans (IH _ (opposite_step _ opp)).
by rewrite own_single // ler_addl; case: ifP => // _; exact: one_move_ge0.
Qed.

(** While alpha is not 0 one label moves it. *)
Lemma moved_mean s : alpha s != 0 ->
  Num.min (prior D true) (prior D false) <= mean D (fun x => (0 < sgn (label x) * alpha s)%R%:R).
Proof.
move=> alpha0.
have mean_prior y : 0 < sgn y * alpha s ->
    mean D (fun x => (0 < sgn (label x) * alpha s)%R%:R) = prior D y.
  move=> pos; rewrite -mean_label; apply: eq_mean => x; congr (_%:R).
  have [->|] := eqVneq (label x) y; first by rewrite pos.
  move=> other; have -> : label x = ~~ y by case: (label x) (y) other => [] [].
  by rewrite sgn_neg mulNr oppr_gt0 (lt_gtF pos).
case: (ltgtP (alpha s) 0) alpha0 => // lt _.
  by rewrite (mean_prior false) ?le_minl ?lexx ?orbT // /sgn mulN1r oppr_gt0.
by rewrite (mean_prior true) ?le_minl ?lexx // /sgn mul1r.
Qed.

(** The number of moves is at least binomial. *)
Theorem moves_tail t b s : opposite_keys s -> never_zero s ->
  Pr D t (fun xs => own (sgd M s xs) < own s + one_move s * b%:R)
    <= binomial_below t (Num.min (prior D true) (prior D false)) b.
Proof.
set p := Num.min _ _; have p01 : 0 <= p <= 1.
  by rewrite le_minr !prior_ge0 le_minl prior_le1.
elim: t b s => [|t IH] b s opp never.
  case: b => [|b]; last by rewrite binomial_below_no_trial Pr_le1.
  by rewrite mulr0 addr0 Pr0 ?binomial_below_ge0 // => v; rewrite -leNgt own_sgd_le.
case: b => [|b].
  by rewrite mulr0 addr0 Pr0 ?binomial_below_ge0 // => v; rewrite -leNgt own_sgd_le.
rewrite PrS binomial_belowS; pose u := binomial_below t p b; pose v := binomial_below t p b.+1.
apply: le_trans (_ : mean D (fun x => if 0 < sgn (label x) * alpha s then u else v) <= _).
  apply: ler_mean => i; have eq := own_single i opp.
  have opp' := opposite_step (single R (sample_at i)) opp; have never' := never_zero_step i opp never.
  move: eq; case: ifP => _ eq; [apply: le_trans (IH b _ opp' never') | apply: le_trans
    (IH b.+1 _ opp' never')].
    by apply: Pr_le => xs; rewrite sgd_cons one_move_step eq -[b.+1]addn1 natrD mulrDr mulr1 -addrA
      [one_move s + _]addrC.
  by apply: Pr_le => xs; rewrite sgd_cons one_move_step eq addr0.
rewrite mean_choice -/u -/v.
have -> : p * u + (1 - p) * v = p * (u - v) + v by ring.
rewrite ler_add2r ler_wnmul2r ?moved_mean //; first by rewrite subr_le0 binomial_below_threshold.
by have := never 0%N; rewrite mulr0 oppr0.
Qed.

End Random.

(** ** Filters as vectors *)
Section Vectors.
Variables (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d).
Hypothesis dictionary : dictionary_of M P.
Hypothesis keys : keys_opposed M.
Implicit Types (w : network R n d) (j : 'I_n).

(** Each key is minus the other. *)
Lemma opposed_keys : P (key false) = - P (key true).
Proof.
apply/eqP; rewrite -subr_eq0 opprK -length_squared_eq0 length_squaredD /length_squared -!dictionary.
by case: keys => one minus _; rewrite !one (minus false); apply/eqP; ring.
Qed.

Lemma opposite_coordinates w : opposite_keys (coordinates P w).
Proof. by move=> j; rewrite /= opposed_keys dotNr. Qed.

(** One step after any steps. *)
Theorem opposed_one_step (l : loss) (r : bool -> nat) w (Cs : seq (batch R K)) (C : batch R K) j :
  fixed_head_relu M l -> images (keys_by_label r) C ->
  let now := moves M (coordinates P w) Cs in
  weight now j (key false) = - weight now j (key true)
  /\ weight (move M now C) j (key true) = weight now j (key true) + eta M * heads w j *
      \sum_(c <- C | 0 < sgn (label c.2) * weight now j (key true)) c.1 * (r (label c.2))%:R.
Proof.
move=> header iC now; have fixed : trained M = false by case: header.
have opp := opposite_moves keys (gramC dictionary) Cs (opposite_coordinates w); split; first exact: opp.
rewrite (alpha_move header keys (gramC dictionary) j opp iC); congr (_ + _ * _ * _).
by rewrite head_moves.
Qed.

Theorem opposed_monotone_vectors (l : loss) (r : bool -> nat) w (Cs1 Cs2 : seq (batch R K)) j :
  fixed_head_relu M l -> 0 <= eta M ->
  all (all (fun c => 0 <= c.1)) (Cs1 ++ Cs2) -> all (images (keys_by_label r)) (Cs1 ++ Cs2) ->
  let alpha Cs := weight (moves M (coordinates P w) Cs) j (key true) in
  heads w j * alpha Cs1 <= heads w j * alpha (Cs1 ++ Cs2)
  /\ (alpha Cs1 = 0 -> alpha (Cs1 ++ Cs2) = 0).
Proof.
move=> header eta0 C0 iC.
exact: (opposed_monotone header keys (gramC dictionary) j eta0 (opposite_coordinates w) C0 iC).
Qed.

(** With a probability that goes to 1 with the number of steps. *)
Theorem opposed_probability (D : distribution R K) r w j t b :
  fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall k : nat, along P w j true != - (eta M * heads w j * r%:R * k%:R)) ->
  1 - binomial_below t (Num.min (prior D true) (prior D false)) b <=
  Pr D t (fun xs => Num.sg (heads w j) * along P w j true + eta M * `|heads w j| * r%:R * b%:R
    <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true).
Proof.
move=> header eta0 keys_in never.
have tail := moves_tail header keys (gramC dictionary) eta0 keys_in t b (opposite_coordinates w) never.
rewrite ler_subl_addr -ler_subl_addl -PrC; apply: le_trans tail; apply: Pr_le => xs /=; rewrite -ltNge.
have fixed : trained M = false by case: header.
rewrite /own /one_move /along; have [same _] := coordinates_sgd dictionary w xs.
by rewrite -(same j (key true)) head_sgd.
Qed.

End Vectors.

(** Where both labels occur, any level is passed in the end. *)
Theorem opposed_limit (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (j : 'I_n) (level delta : R) :
  fixed_head_relu M Unhinged -> dictionary_of M P -> keys_opposed M -> 0 < eta M -> (0 < r)%N ->
  (forall i : atom D, keys_by_label (fun _ => r) (sample_at i)) ->
  (forall y, 0 < prior D y) -> heads w j != 0 ->
  (forall k : nat, along P w j true != - (eta M * heads w j * r%:R * k%:R)) -> 0 < delta ->
  exists T0, forall t, (T0 <= t)%N ->
    1 - delta <= Pr D t (fun xs => level <= Num.sg (heads w j) * along P (vector_sgd M P w xs) j true).
Proof.
move=> header dictionary keys eta0 r0 keys_in occur head0 never delta0.
have move0 : 0 < eta M * `|heads w j| * r%:R by rewrite !mulr_gt0 ?normr_gt0 ?ltr0n.
have [b big] := above ((level - Num.sg (heads w j) * along P w j true) / (eta M * `|heads w j| * r%:R)).
have p01 : 0 < Num.min (prior D true) (prior D false) <= 1.
  by rewrite lt_minr !occur le_minl prior_le1.
have [T0 small] := binomial_below_limit b p01 delta0; exists T0 => t /small le.
have := opposed_probability dictionary keys t b header (ltW eta0) keys_in never.
rewrite ler_subl_addr -ler_subl_addl => le'; rewrite ler_subl_addr -ler_subl_addl.
apply: le_trans (le_trans le' le); rewrite ler_add2l ler_opp2; apply: Pr_le => xs; apply: le_trans.
by rewrite -ler_subl_addl [X in _ <= X]mulrC -ler_pdivr_mulr // ltW.
Qed.
