(** * One coordinate along a path of SGD, unhinged

    A positive coordinate moves by eta a_j y N_q; one that is not positive stands still for ever. So at
    the end of every path a coordinate is what it was at the start plus eta a_j times the signed count
    of its pattern up to some time, and if it is positive at the end that time is the end. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Counts.
Variables (R : realFieldType) (K : nat).
Implicit Types (x : sample K) (xs : seq (sample K)) (q : pattern K) (y : bool).

(** Sum of y N_q along a path; of a background pattern it is [walk]. *)
Definition signed_count q xs : R := \sum_(x <- xs) sgn (label x) * (count x q)%:R.

Lemma signed_count_nil q : signed_count q [::] = 0.
Proof. by rewrite /signed_count big_nil. Qed.

Lemma signed_count_cons q x xs :
  signed_count q (x :: xs) = sgn (label x) * (count x q)%:R + signed_count q xs.
Proof. by rewrite /signed_count big_cons. Qed.

Lemma label_count_cons y x xs : label_count y (x :: xs) = ((label x == y) + label_count y xs)%N.
Proof. by []. Qed.

Lemma label_count_cat y xs zs : label_count y (xs ++ zs) = (label_count y xs + label_count y zs)%N.
Proof. by rewrite /label_count map_cat count_cat. Qed.

Lemma take_shorter T (l : seq T) u v : (u <= v)%N -> take u (take v l) = take u l.
Proof. by elim: l u v => [|x l IH] [|u] [|v] //= uv; rewrite IH. Qed.

(** It only grows along a path. *)
Lemma label_count_take y xs u v : (u <= v)%N ->
  (label_count y (take u xs) <= label_count y (take v xs))%N.
Proof.
move=> uv; rewrite -(take_shorter xs uv) -[X in (_ <= label_count _ X)%N](cat_take_drop u).
by rewrite label_count_cat leq_addr.
Qed.

(** A2: the count of a key. *)
Lemma unique_count r m y x : unique_key r m x -> count x (key y) = (r * (label x == y))%N.
Proof.
case/and3P=> /eqP own /eqP other _; case: eqP => [<- | ne]; first by rewrite own muln1.
have -> : y = ~~ label x by apply/eqP; move/eqP: ne; case: (label x); case: (y).
by rewrite other muln0.
Qed.

Lemma signed_count_key r m y xs : all (unique_key r m) xs ->
  signed_count (key y) xs = sgn y * (r%:R * (label_count y xs)%:R).
Proof.
elim: xs => [_|x xs IH]; first by rewrite signed_count_nil /label_count mulr0n !mulr0.
rewrite [all _ _]/= => /andP[kx /IH eq].
rewrite signed_count_cons eq (unique_count y kx) label_count_cons natrM natrD.
by case: eqP => [-> | _]; rewrite [nat_of_bool _]/=; ring.
Qed.

Lemma sgn_cancel y (e x : R) : e * - sgn y * (sgn y * x) = - (e * x).
Proof. by case: y; rewrite /sgn; ring. Qed.

End Counts.

Section Coordinates.
Variables (R : realFieldType) (n K : nat) (M : model R K).
Hypothesis network : fixed_head_network M Unhinged.
Implicit Types (s : state R n K) (x : sample K) (xs : seq (sample K)) (j : 'I_n) (q : pattern K).
Implicit Types (y : bool) (k : 'I_K).

Lemma fixed_head : trained M = false. Proof. by case: network. Qed.

Lemma weight_sample s x j q : weight (step M s (single R x)) j q =
  weight s j q + (if 0 < weight s j q then eta M * head s j * (sgn (label x) * (count x q)%:R) else 0).
Proof. by case: network => ortho act pool unhinged _; exact: weight_single. Qed.

Lemma frozen_sgd s xs j q : weight s j q <= 0 -> weight (sgd M s xs) j q = weight s j q.
Proof.
elim: xs s => [//|x xs IH] s dead.
have same : weight (step M s (single R x)) j q = weight s j q.
  by rewrite weight_sample ltNge dead addr0.
have dead' : weight (step M s (single R x)) j q <= 0 by rewrite same.
by rewrite sgd_cons (IH _ dead').
Qed.

(** It is its start plus eta a_j times the signed count up to some time. *)
Lemma stopped_value s xs j q : exists u, (u <= size xs)%N /\
  weight (sgd M s xs) j q = weight s j q + eta M * head s j * signed_count R q (take u xs).
Proof.
elim: xs s => [|x xs IH] s; first by exists 0%N; rewrite signed_count_nil mulr0 addr0.
case: (lerP (weight s j q) 0) => [dead | alive].
  by exists 0%N; rewrite take0 signed_count_nil mulr0 addr0; split=> //; exact: frozen_sgd.
have [u [le eq]] := IH (step M s (single R x)).
exists u.+1; split; first exact: le.
have -> : take u.+1 (x :: xs) = x :: take u xs by [].
by rewrite sgd_cons eq (head_step _ _ _ fixed_head) weight_sample alive signed_count_cons; ring.
Qed.

(** If it is positive at the end, up to the end. *)
Lemma alive_value s xs j q : 0 < weight (sgd M s xs) j q -> 0 < weight s j q /\
  weight (sgd M s xs) j q = weight s j q + eta M * head s j * signed_count R q xs.
Proof.
elim: xs s => [|x xs IH] s; first by move=> pos; rewrite signed_count_nil mulr0 addr0.
rewrite sgd_cons => /IH; rewrite (head_step _ _ _ fixed_head) weight_sample signed_count_cons.
case: ifP => alive [pos ->]; last by rewrite addr0 alive in pos.
by split=> //; ring.
Qed.

(** The key of a winner. *)
Lemma winner_value r m s xs j y : 0 <= eta M -> all (unique_key r m) xs ->
  0 < weight s j (key y) -> head s j = sgn y ->
  weight (sgd M s xs) j (key y) = weight s j (key y) + eta M * r%:R * (label_count y xs)%:R.
Proof.
move=> eta0; elim: xs s => [|x xs IH] s.
  by move=> _ _ _; rewrite /label_count mulr0n mulr0 addr0.
rewrite [all _ _]/= => /andP[kx keys] pos hd.
have eq : weight (step M s (single R x)) j (key y) =
    weight s j (key y) + eta M * r%:R * (label x == y)%:R.
  rewrite weight_sample pos (unique_count y kx) hd natrM; congr (_ + _).
  have : eta M * sgn y * (sgn y * (r%:R * 1)) = eta M * r%:R :> R by case: (y); rewrite /sgn; ring.
  by case: eqP => [-> | _]; rewrite [nat_of_bool _]/= ?mulr0n ?mulr0 // mulr1 => ->; rewrite mulr1.
have pos' : 0 < weight (step M s (single R x)) j (key y).
  by rewrite eq ltr_paddr // mulr_ge0 ?ler0n // mulr_ge0 ?ler0n.
have hd' : head (step M s (single R x)) j = sgn y by rewrite (head_step _ _ _ fixed_head).
by rewrite sgd_cons (IH _ keys pos' hd') eq label_count_cons natrD; ring.
Qed.

(** The activation of the key of the other label. *)
Lemma wrong_key_activation r m s xs j y : all (unique_key r m) xs -> head s j = - sgn y ->
  relu (weight (sgd M s xs) j (key y)) <=
  if 0 < weight s j (key y) then relu (weight s j (key y) - eta M * r%:R * (label_count y xs)%:R) else 0.
Proof.
move=> keys hd; case: (lerP (weight (sgd M s xs) j (key y)) 0) => [dead | pos].
  by rewrite relu_neg //; case: ifP => // _; exact: relu_ge0.
have [-> ->] := alive_value pos.
by rewrite hd (signed_count_key R y keys) sgn_cancel mulrA.
Qed.

(** The activation of the background, by the end point of its walk. *)
Lemma background_activation s xs j k y : head s j = - sgn y ->
  relu (weight (sgd M s xs) j (background k)) <=
  if 0 < weight s j (background k)
  then relu (weight s j (background k) - eta M * sgn y * walk k xs) else 0.
Proof.
move=> hd; case: (lerP (weight (sgd M s xs) j (background k)) 0) => [dead | pos].
  by rewrite relu_neg //; case: ifP => // _; exact: relu_ge0.
have [-> ->] := alive_value pos.
by rewrite hd mulrN mulNr; exact: lexx.
Qed.

(** A walk that has not strayed has not strayed before. *)
Lemma walk_within k (lam : R) xs u : ~~ walk_exceeds k lam xs -> `|walk k (take u xs)| <= lam.
Proof.
rewrite /walk_exceeds negb_exists => /forallP far; case: (leqP u (size xs)) => [le | lt].
  by have := far (Ordinal (le : (u < (size xs).+1)%N)); rewrite -leNgt.
have := far ord_max; rewrite -leNgt /= take_size.
by rewrite (take_oversize (ltnW lt)).
Qed.

Lemma walk_within_take k (lam : R) xs u : ~~ walk_exceeds k lam xs -> ~~ walk_exceeds k lam (take u xs).
Proof.
move=> far; rewrite /walk_exceeds negb_exists; apply/forallP => v.
have vu : (v <= u)%N.
  have := ltn_ord v; rewrite ltnS => le; apply: leq_trans le _.
  by rewrite size_take; case: ltnP.
by rewrite -leNgt (take_shorter xs vu); exact: walk_within.
Qed.

Lemma walk_end k (lam : R) xs : ~~ walk_exceeds k lam xs -> `|walk k xs| <= lam.
Proof. by move/(walk_within (size xs)); rewrite take_size. Qed.

(** The background strays from its start no further than its walk. *)
Lemma background_near s xs j k lam : 0 <= eta M -> signed_head s -> ~~ walk_exceeds k lam xs ->
  `|weight (sgd M s xs) j (background k)| <= `|weight s j (background k)| + eta M * lam.
Proof.
move=> eta0 signed far; have [u [_ ->]] := stopped_value s xs j (background k).
apply: le_trans (ler_norm_add _ _) _; rewrite ler_add2l !normrM (ger0_norm eta0).
have -> : `|head s j| = 1 by case: (signed j) => ->; rewrite ?normrN normr1.
by rewrite mulr1; apply: ler_wpmul2l => //; exact: walk_within far.
Qed.

End Coordinates.
