(** * For ever, by doubling blocks

    An event that may go wrong at any time t >= T, where "wrong at t" depends on the first t samples
    only. The block of number b holds the times from 2^b T to 2^(b+1) T. What is wrong somewhere from T
    to a horizon is wrong in some block, so its probability is at most the sum of those of the blocks, each
    on a path that ends with its block. If these fall like 2^-b, one T serves every horizon. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Every time from T on is in a block. *)
Lemma in_some_block (T B t : nat) : (T <= t)%N -> (t < 2 ^ B * T)%N ->
  exists2 b : 'I_B, (2 ^ b * T <= t)%N & (t < 2 ^ b.+1 * T)%N.
Proof.
move=> le_T; elim: B => [|B IH]; first by rewrite expn0 mul1n ltnNge le_T.
case: (ltnP t (2 ^ B * T)) => [/IH[b lo hi] _ | lo hi]; last by exists ord_max.
by exists (widen_ord (leqnSn B) b).
Qed.

(** Half plus a quarter and so on is at most 1. *)
Lemma geometric_half (R : realFieldType) (e : R) B : 0 <= e ->
  \sum_(b < B) e / 2%:R ^+ b <= 2%:R * e.
Proof.
move=> e0.
suff -> : \sum_(b < B) e / 2%:R ^+ b = 2%:R * e - 2%:R * e / 2%:R ^+ B.
  by rewrite ler_subl_addr ler_addl divr_ge0 ?exprn_ge0 ?mulr_ge0 ?ler0n.
elim: B => [|B IH]; first by rewrite big_ord0 expr0 divr1 subrr.
rewrite big_ord_recr /= IH exprSr invfM; move: (2%:R ^+ B)^-1 => q.
by field.
Qed.

Section Blocks.
Variables (R : realFieldType) (K : nat) (D : distribution R K) (bad : pred (seq (sample K))) (T : nat).

(** Wrong at some time from T0 on. *)
Local Notation from T0 := (fun xs : seq (sample K) =>
  [exists t : 'I_(size xs).+1, (T0 <= t)%N && bad (take t xs)]).

Lemma fromP T0 xs :
  reflect (exists t, [/\ (T0 <= t)%N, (t <= size xs)%N & bad (take t xs)]) (from T0 xs).
Proof.
apply: (iffP existsP) => [[t /andP[late wrong]] | [t [late le_t wrong]]].
  by exists t; split=> //; rewrite -ltnS ltn_ord.
by exists (Ordinal (le_t : (t < (size xs).+1)%N)); rewrite /= late.
Qed.

(** Errors of the blocks add up. *)
Theorem blocks_sum (err : nat -> R) T' B : (T' < 2 ^ B * T)%N ->
  (forall b, Pr D (2 ^ b.+1 * T) (from (2 ^ b * T)%N) <= err b) ->
  Pr D T' (from T) <= \sum_(b < B) err b.
Proof.
move=> lt_T' small; set N := (2 ^ B * T)%N in lt_T'.
have end_le (b : 'I_B) : (2 ^ b.+1 * T <= N)%N by rewrite leq_mul2r leq_pexp2l ?orbT.
rewrite -(Pr_take D (from T) (ltnW lt_T')).
pose E (b : 'I_B) xs := from (2 ^ b * T)%N (take (2 ^ b.+1 * T) xs).
apply: (@le_trans _ _ (Pr D N (fun xs => [exists b, E b xs]))).
  apply: Pr_le_paths => w /fromP[u [late]].
  rewrite size_takel ?size_samples ?(ltnW lt_T') // => uT'; rewrite take_take // => wrong.
  have [b lo hi] := in_some_block late (leq_ltn_trans uT' lt_T').
  apply/existsP; exists b; apply/fromP; exists u.
  by rewrite size_takel ?size_samples // take_take ?(ltnW hi).
apply: le_trans (Pr_union_all D N E) _.
by apply: ler_sum => b _; apply: le_trans (small b); rewrite (Pr_take D (from (2 ^ b * T)%N) (end_le b)).
Qed.

(** Errors like 2^-b: one T for every horizon. *)
Theorem doubling_blocks (e : R) : (0 < T)%N ->
  (forall b, Pr D (2 ^ b.+1 * T) (from (2 ^ b * T)%N) <= e / 2%:R ^+ b) ->
  forall T', Pr D T' (from T) <= 2%:R * e.
Proof.
move=> T0 small T'; have e0 : 0 <= e.
  by apply: le_trans (Pr_ge0 D _ _) (le_trans (small 0%N) _); rewrite expr0 divr1.
apply: le_trans (geometric_half T' e0); apply: blocks_sum (small) => //.
by rewrite (leq_trans (ltn_expl T' (isT : 1 < 2)%N)) // leq_pmulr.
Qed.

(** The same for what holds at all times from T on. *)
Theorem doubling_blocks_all (e : R) : (0 < T)%N ->
  (forall b, Pr D (2 ^ b.+1 * T) (from (2 ^ b * T)%N) <= e / 2%:R ^+ b) ->
  forall T', 1 - 2%:R * e <= Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==> ~~ bad (take t xs)]).
Proof.
move=> T0 small T'; rewrite ler_subl_addr -ler_subl_addl -PrC.
apply: le_trans (doubling_blocks T0 small T'); apply: Pr_le_paths => w.
rewrite /= negb_forall => /existsP[t]; rewrite negb_imply negbK => wrong.
by apply/fromP; exists t; case/andP: wrong => late wrong; split=> //; rewrite size_samples -ltnS ltn_ord.
Qed.

End Blocks.
