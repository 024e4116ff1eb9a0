(** * The binomial tail goes to 0

    P(Bin(t, p) < k) <= 2^k (1 - p/2)^t, by Markov's inequality for 2^(-Bin), here by induction on the
    recursion of the tail; and by Bernoulli's inequality a power of a number below 1 goes to 0 in an
    Archimedean field. Also: the number of open gates that a quadratic inequality allows is bounded. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Tail.
Variable R : realFieldType.
Implicit Types (p a : R) (t k : nat).

Lemma binomial_below_geometric t p k : 0 <= p <= 1 ->
  binomial_below t p k <= 2%:R ^+ k * (1 - p / 2%:R) ^+ t.
Proof.
move=> /andP[p0 p1]; have half : p / 2%:R <= 1.
  by rewrite ler_pdivr_mulr ?ltr0n // mul1r (le_trans p1) // ler1n.
have q0 : 0 <= 1 - p / 2%:R by rewrite subr_ge0.
elim: t k => [|t IH] k.
  rewrite binomial_below_no_trial expr0 mulr1; apply: le_trans (_ : 1 <= _).
    by case: (0 < k)%N; rewrite ?lexx ?ler01.
  by apply: exprn_ege1; rewrite ler1n.
case: k => [|k]; first by rewrite binomial_below0 mulr_ge0 ?exprn_ge0 ?ler0n.
rewrite binomial_belowS.
apply: le_trans (_ : p * (2%:R ^+ k * (1 - p / 2%:R) ^+ t)
    + (1 - p) * (2%:R ^+ k.+1 * (1 - p / 2%:R) ^+ t) <= _).
  by apply: ler_add; apply: ler_wpmul2l; rewrite ?subr_ge0.
rewrite le_eqVlt; apply/orP; left; apply/eqP; rewrite !exprS.
move: (2%:R ^+ k) ((1 - p / 2%:R) ^+ t) => u v; field.
done.
Qed.

(** Bernoulli: (1 - a)^t (1 + a t) <= 1. *)
Lemma bernoulli a t : 0 <= a <= 1 -> (1 - a) ^+ t * (1 + a * t%:R) <= 1.
Proof.
move=> /andP[a0 a1]; elim: t => [|t IH]; first by rewrite mulr0 addr0 mulr1.
apply: le_trans IH; rewrite exprS -mulrA mulrCA; apply: ler_wpmul2l.
  by rewrite exprn_ge0 // subr_ge0.
rewrite -subr_ge0 -addn1 natrD.
have -> : 1 + a * t%:R - (1 - a) * (1 + a * (t%:R + 1)) = a * a * (t%:R + 1) by ring.
by rewrite !mulr_ge0 // addr_ge0 ?ler0n ?ler01.
Qed.

(** (A M)^2 <= B + M C leaves M at most (B + C) / A^2. *)
Lemma quadratic_bound (A B C : R) (M : nat) : 0 < A -> 0 <= B -> 0 <= C ->
  (A * M%:R) ^+ 2 <= B + M%:R * C -> M%:R <= (B + C) / A ^+ 2.
Proof.
move=> A0 B0 C0; case: M => [|M] le; first by rewrite divr_ge0 ?addr_ge0 ?exprn_ge0 // ltW.
rewrite ler_pdivl_mulr ?exprn_gt0 //.
have M0 : 0 < M.+1%:R :> R by rewrite ltr0n.
rewrite -(ler_pmul2l M0); apply: le_trans (_ : B + M.+1%:R * C <= _).
  by apply: le_trans le; rewrite exprMn expr2 [_ ^+ 2 in X in _ <= X]expr2 mulrC -!mulrA mulrCA.
by rewrite mulrDr ler_add2r ler_pemull // ler1n.
Qed.

End Tail.

Section Limit.
Variable R : archiFieldType.

(** Some natural number is above any number. *)
Lemma above (a : R) : exists k : nat, a < k%:R.
Proof.
exists (Num.bound a); case: (ltP a 0) => [neg | pos]; first exact: lt_le_trans neg (ler0n _ _).
exact: archi_boundP.
Qed.

(** A power of a number below 1 goes to 0. *)
Lemma power_limit (q delta : R) : 0 <= q < 1 -> 0 < delta ->
  exists T, forall t, (T <= t)%N -> q ^+ t <= delta.
Proof.
move=> /andP[q0 q1] delta0; pose a := 1 - q.
have a0 : 0 < a by rewrite subr_gt0.
have a1 : a <= 1 by rewrite ler_subl_addr ler_addl.
have [T bigT] := above ((a * delta)^-1); exists T => t Tt.
have := @bernoulli _ a t; rewrite (ltW a0) a1 => /(_ isT).
have -> : 1 - a = q by rewrite /a opprB addrCA subrr addr0.
move=> le; have big : 1 <= delta * (1 + a * t%:R).
  rewrite mulrDr mulr1 ler_paddl ?(ltW delta0) //.
  have ad0 : 0 < a * delta by rewrite mulr_gt0.
  rewrite mulrA [delta * a]mulrC -ler_pdivr_mull // mulr1 (le_trans (ltW bigT)) //.
  by rewrite ler_nat.
have pos : 0 < 1 + a * t%:R.
  by rewrite ltr_spaddl ?ltr01 // mulr_ge0 ?ler0n // ltW.
by rewrite -(ler_pmul2r pos) (le_trans le).
Qed.

(** The tail of a fixed threshold goes to 0. *)
Lemma binomial_below_limit (p delta : R) (k : nat) : 0 < p <= 1 -> 0 < delta ->
  exists T, forall t, (T <= t)%N -> binomial_below t p k <= delta.
Proof.
move=> /andP[p0 p1] delta0; pose q := 1 - p / 2%:R.
have half : p / 2%:R <= 1.
  by rewrite ler_pdivr_mulr ?ltr0n // mul1r (le_trans p1) // ler1n.
have q01 : 0 <= q < 1.
  by rewrite subr_ge0 half /= ltr_subl_addr ltr_addl divr_gt0 // ltr0n.
have u0 : 0 < 2%:R ^+ k :> R by rewrite exprn_gt0 // ltr0n.
have [T small] := power_limit q01 (divr_gt0 delta0 u0).
exists T => t /small; rewrite ler_pdivl_mulr // mulrC; apply: le_trans.
by apply: binomial_below_geometric; rewrite ltW.
Qed.

(** The natural numbers that a quadratic inequality allows are bounded. *)
Lemma quadratic_limit (A B C : R) : 0 < A -> 0 <= B -> 0 <= C ->
  exists Mmax, forall M : nat, (A * M%:R) ^+ 2 <= B + M%:R * C -> (M <= Mmax)%N.
Proof.
move=> A0 B0 C0; have [k big] := above ((B + C) / A ^+ 2); exists k => M.
by move/(quadratic_bound A0 B0 C0) => le; rewrite -(ler_nat R) (le_trans le (ltW big)).
Qed.

End Limit.
