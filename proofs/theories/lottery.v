(** * T9: the initialisation lottery

    For which share of the initial values both labels have winners. The event fails when no filter
    wins for +, or none for -; each of these asks one thing of each filter, independently of the others,
    and both together ask one thing of each filter again: inclusion and exclusion. The sum over all
    draws of a product is the product of the sums. First as a count over sign patterns, then for
    coordinates with any symmetric laws without an atom at 0, each positive with probability 1/2. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Independent draws *)
Section Independent.
Variables (R : comRingType) (I T : finType) (P : I -> T -> R).

(** Nowhere C: a product over the places. *)
Lemma sum_avoid (C : I -> pred T) :
  \sum_(f : {ffun I -> T}) (\prod_i P i (f i)) * (~~ [exists i, C i (f i)])%:R =
  \prod_i \sum_(x | ~~ C i x) P i x.
Proof.
under [RHS]eq_bigr do rewrite big_mkcond.
rewrite bigA_distr_bigA; apply: eq_bigr => f _; case: existsP => [[i Ci]|none].
  by rewrite mulr0 (bigD1 i) //= Ci mul0r.
by rewrite mulr1; apply: eq_bigr => i _; case: ifP => // /negbFE Ci; case: none; exists i.
Qed.

(** Somewhere A and somewhere B: inclusion and exclusion. *)
Lemma sum_both (A B : I -> pred T) :
  \sum_(f : {ffun I -> T})
    (\prod_i P i (f i)) * ([exists i, A i (f i)] && [exists i, B i (f i)])%:R =
  \prod_i (\sum_x P i x) - \prod_i (\sum_(x | ~~ A i x) P i x)
    - \prod_i (\sum_(x | ~~ B i x) P i x) + \prod_i (\sum_(x | ~~ A i x && ~~ B i x) P i x).
Proof.
have -> : \prod_i (\sum_(x | ~~ A i x && ~~ B i x) P i x) =
    \prod_i \sum_(x | ~~ [pred x | A i x || B i x] x) P i x.
  by apply: eq_bigr => i _; apply: eq_bigl => x /=; rewrite negb_or.
rewrite -!sum_avoid bigA_distr_bigA -!sumrB -big_split; apply: eq_bigr => f _ /=.
rewrite -{2}[\prod_i P i (f i)]mulr1 -!mulrBr -mulrDr; congr (_ * _).
have -> : [exists i, A i (f i) || B i (f i)] = [exists i, A i (f i)] || [exists i, B i (f i)].
  apply/existsP/orP => [[i /orP[Ai|Bi]]|[/existsP[i Ai]|/existsP[i Bi]]].
  - by left; apply/existsP; exists i.
  - by right; apply/existsP; exists i.
  - by exists i; rewrite Ai.
  - by exists i; rewrite Bi orbT.
by case: [exists i, A i _]; case: [exists i, B i _] => /=; ring.
Qed.

End Independent.

(** ** Counts over sign patterns *)
Section Counts.
Local Open Scope nat_scope.

(** The same as a count. *)
Lemma card_both (I T : finType) (A B : I -> pred T) :
  #|[set f : {ffun I -> T} | [exists i, A i (f i)] && [exists i, B i (f i)]]|
    + (\prod_i #|[pred x | ~~ A i x]| + \prod_i #|[pred x | ~~ B i x]|) =
  #|T| ^ #|I| + \prod_i #|[pred x | ~~ A i x && ~~ B i x]|.
Proof.
have := sum_both (fun (_ : I) (_ : T) => 1%R : int) A B.
rewrite (eq_bigr (fun f : {ffun I -> T} =>
  ([exists i, A i (f i)] && [exists i, B i (f i)])%:R%R)); last first.
  by move=> f _; rewrite prodr_const expr1n mul1r.
have one (C : pred T) : (\sum_(x | C x) 1 = #|[pred x | C x]|%:R :> int)%R by rewrite sumr_const.
under [X in (_ = X - _ - _ + _)%R]eq_bigr do rewrite one.
under [X in (_ = _ - X - _ + _)%R]eq_bigr do rewrite one.
under [X in (_ = _ - _ - X + _)%R]eq_bigr do rewrite one.
under [X in (_ = _ - _ - _ + X)%R]eq_bigr do rewrite one.
rewrite -natr_sum -!natr_prod prod_nat_const => eq_int.
have -> : #|[set f : {ffun I -> T} | [exists i, A i (f i)] && [exists i, B i (f i)]]| =
    \sum_(f : {ffun I -> T}) ([exists i, A i (f i)] && [exists i, B i (f i)]).
  by rewrite -sum1dep_card big_mkcond; apply: eq_bigr => f _; case: (_ && _).
apply/eqP; rewrite -(eqr_nat int_numDomainType) !natrD; apply/eqP; move: eq_int.
move: (\prod_i _) (\prod_i _) (\prod_i _) => a b c eq_int.
transitivity (((#|T| ^ #|I|)%:R - c%:R - b%:R + a%:R) + (c%:R + b%:R) : int)%R; last by ring.
by congr (_ + _)%R; exact: eq_int.
Qed.

(** T9, fair heads: of the 8^n sign patterns of n filters (sign of the head, of the coordinate on v_+,
    of that on v_-), 8^n - 2 6^n + 4^n have winners for both labels. *)
Theorem lottery_count n :
  #|[set f : {ffun 'I_n -> bool * bool * bool} |
      [exists j, (f j).1.1 && (f j).1.2] && [exists j, ~~ (f j).1.1 && (f j).2]]| + 2 * 6 ^ n =
  8 ^ n + 4 ^ n.
Proof.
have card3 (C : pred (bool * bool * bool)) : #|[pred x | C x]| =
    \sum_(a : bool) \sum_(b : bool) \sum_(c : bool) C ((a, b), c).
  rewrite pair_bigA /= pair_bigA /= -sum1_card big_mkcond; apply: eq_bigr => -[[a b] c] _ /=.
  by rewrite inE; case: (C _).
have := card_both (fun (_ : 'I_n) (x : bool * bool * bool) => x.1.1 && x.1.2)
  (fun _ x => ~~ x.1.1 && x.2).
rewrite !prod_nat_const !card_prod !card_bool !card_ord !card3 !big_bool /= !addn0 ?add0n.
rewrite -[2 * 1 + (2 * 1 + 2 * 1)]/6 -[2 * 1 + 2 * 1 + 2 * 1]/6 -[2 * 2 * 2]/8 -[2 * 1 + 2 * 1]/4.
by rewrite addnn -mul2n.
Qed.

End Counts.

(** ** Random initial values *)
Section Initial.
Variables (R : realFieldType) (n K : nat) (V : finType) (L : 'I_n -> pattern K -> symmetric_law R V).
Implicit Types (a : {ffun 'I_n -> bool}) (y : bool).

(** A symmetric value without an atom at 0 is positive with probability 1/2. *)
Lemma positive_half (law : symmetric_law R V) :
  \sum_(v | ~~ (0 < value law v)) chance law v = 2%:R^-1.
Proof.
set S := \sum_(v | _) _; have all1 := chance_sum law.
rewrite (bigID (fun v => 0 < value law v)) /= -/S in all1.
have same : \sum_(v | 0 < value law v) chance law v = S.
  rewrite (reindex_inj (inv_inj (oppositeK law))) /S; apply: eq_big => v.
    by rewrite value_opposite oppr_gt0 -leNgt le_eqVlt (negbTE (value_neq0 law v)).
  by rewrite chance_opposite.
rewrite same in all1; have two : S * 2%:R = 1 by rewrite mulr_natr mulr2n.
by apply: (mulIf (x := 2%:R)); rewrite ?pnatr_eq0 // two mulVf // pnatr_eq0.
Qed.

(** The place where filter j may win for y, and whether it does. *)
Let wins a y (jp : 'I_n * pattern K) (v : V) : bool :=
  [&& a jp.1 == y, jp.2 == key y & 0 < value (L jp.1 jp.2) v].

Lemma winners_initial a y z :
  (0 < winners (initial L a z) y)%N = [exists jp, wins a y jp (z jp)].
Proof.
rewrite /winners; apply/card_gt0P/existsP => [[j]|[[j p]] /and3P[/= /eqP aj /eqP-> pos]].
  rewrite inE => /andP[/= hd pos]; exists (j, key y); rewrite /wins /= eqxx pos !andbT.
  by move: hd; rewrite sgn_mul; case: (a j); case: (y); rewrite /= ?ltr0N1.
by exists j; rewrite inE /winner /= pos andbT aj sgn_sqr ltr01.
Qed.

(** The chance that a place does not win. *)
Let misses a y (jp : 'I_n * pattern K) : R := if (a jp.1 == y) && (jp.2 == key y) then 2%:R^-1 else 1.

Lemma sum_misses a y jp :
  \sum_(v | ~~ wins a y jp v) chance (L jp.1 jp.2) v = misses a y jp.
Proof.
rewrite /misses /wins; case: (a jp.1 == y) => /=; last exact: chance_sum.
case: (jp.2 == key y) => /=; [exact: positive_half | exact: chance_sum].
Qed.

Lemma sum_misses2 a jp :
  \sum_(v | ~~ wins a true jp v && ~~ wins a false jp v) chance (L jp.1 jp.2) v =
  misses a true jp * misses a false jp.
Proof.
rewrite -!sum_misses /wins; case: (a jp.1) => /=.
  by rewrite chance_sum mulr1; apply: eq_bigl => v; rewrite andbT.
by rewrite chance_sum mul1r.
Qed.

Lemma prod_misses a y : \prod_jp misses a y jp = 2%:R^-1 ^+ #|[pred j | a j == y]|.
Proof.
rewrite -(pair_bigA _ (fun j p => misses a y (j, p))) /= -prodr_const [RHS]big_mkcond /=.
apply: eq_bigr => j _; rewrite inE (bigD1 (key y)) //= big1 => [|p /negbTE other].
  by rewrite mulr1 /misses /= eqxx andbT.
by rewrite /misses /= other andbF.
Qed.

(** Given heads. *)
Theorem fixed_heads a :
  mean_weights L a (fun s => (both_win s)%:R) =
  (1 - 2%:R^-1 ^+ #|[pred j | a j]|) * (1 - 2%:R^-1 ^+ #|[pred j | ~~ a j]|).
Proof.
rewrite /mean_weights; under eq_bigr do rewrite /both_win !winners_initial.
rewrite (sum_both (fun jp => chance (L jp.1 jp.2))).
rewrite (eq_bigr (fun _ => 1)); last by move=> jp _; exact: chance_sum.
rewrite prodr_const expr1n; under eq_bigr do rewrite sum_misses.
under [X in _ - X + _]eq_bigr do rewrite sum_misses.
under [X in _ + X]eq_bigr do rewrite sum_misses2.
rewrite big_split /= !prod_misses.
have -> : #|[pred j | a j == true]| = #|[pred j | a j]| by apply: eq_card => j; rewrite !inE eqb_id.
have -> : #|[pred j | a j == false]| = #|[pred j | ~~ a j]|.
  by apply: eq_card => j; rewrite !inE eqbF_neg.
move: (2%:R^-1 ^+ _) (2%:R^-1 ^+ _) => u v; ring.
Qed.

(** Independent fair heads. *)
Theorem lottery :
  mean_initial L (fun s => (both_win s)%:R) =
  1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n.
Proof.
have two0 : 2%:R != 0 :> R by rewrite pnatr_eq0.
pose h y (b : bool) : R := if b == y then 2%:R^-1 else 1.
have power y a : 2%:R^-1 ^+ #|[pred j | a j == y]| = \prod_j h y (a j).
  by rewrite -prodr_const big_mkcond; apply: eq_bigr => j _; rewrite inE.
have average (g : bool -> R) :
    \sum_(a : {ffun 'I_n -> bool}) 2%:R^-1 ^+ n * \prod_j g (a j) = (2%:R^-1 * (g true + g false)) ^+ n.
  rewrite -[in RHS](card_ord n) -prodr_const.
  transitivity (\prod_(j < n) \sum_(b : bool) 2%:R^-1 * g b).
    rewrite bigA_distr_bigA; apply: eq_bigr => a _.
    by rewrite big_split /= prodr_const card_ord.
  by apply: eq_bigr => j _; rewrite big_bool mulrDr.
transitivity (\sum_(a : {ffun 'I_n -> bool}) (2%:R^-1 ^+ n * \prod_(j < n) (1 : R)
    - 2%:R^-1 ^+ n * \prod_j h true (a j) - 2%:R^-1 ^+ n * \prod_j h false (a j)
    + 2%:R^-1 ^+ n * \prod_j (h true (a j) * h false (a j)))).
  apply: eq_bigr => a _; rewrite fixed_heads.
  have -> : #|[pred j | a j]| = #|[pred j | a j == true]| by apply: eq_card => j; rewrite !inE eqb_id.
  have -> : #|[pred j | ~~ a j]| = #|[pred j | a j == false]|.
    by apply: eq_card => j; rewrite !inE eqbF_neg.
  have one : \prod_(j < n) (1 : R) = 1 by rewrite big1.
  have both : \prod_j (h true (a j) * h false (a j)) =
    (\prod_j h true (a j)) * \prod_j h false (a j) by rewrite big_split.
  rewrite !power one both.
  by move: (2%:R^-1 ^+ n) (\prod_j h true (a j)) (\prod_j h false (a j)) => q u v; ring.
have av1 : \sum_(a : {ffun 'I_n -> bool}) 2%:R^-1 ^+ n * \prod_(j < n) (1 : R) =
  (2%:R^-1 * (1 + 1)) ^+ n := average (fun _ => 1).
have av2 : \sum_(a : {ffun 'I_n -> bool}) 2%:R^-1 ^+ n * \prod_j (h true (a j) * h false (a j)) =
  (2%:R^-1 * (h true true * h false true + h true false * h false false)) ^+ n :=
  average (fun b => h true b * h false b).
rewrite big_split /= !sumrB av1 av2 !average.
rewrite /h /= !mul1r !mulr1.
have -> : 2%:R^-1 * (1 + 1) = 1 :> R by rewrite -[1 + 1]/(2%:R) mulVf.
have -> : 2%:R^-1 * (2%:R^-1 + 1) = 3%:R / 4%:R :> R by field.
have -> : 2%:R^-1 * (1 + 2%:R^-1) = 3%:R / 4%:R :> R by field.
have -> : 2%:R^-1 * (2%:R^-1 + 2%:R^-1) = 2%:R^-1 :> R by field.
by rewrite expr1n; ring.
Qed.

End Initial.
