(** * Generative data: A2, and A3 where the background law is one for both labels

    An image of [generated g r b] has r patches of its label's key and b background patches drawn one by
    one. So every image has r keys of its own label and none of the other, and r + b patches (A2); the
    counts of the background patches are multinomial; and if both labels draw from the same law their
    background is independent of the label (A3). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** The multinomial coefficient *)
Section Multinomial.
Variable K : nat.
Implicit Types (c : {ffun 'I_K -> nat}) (k : 'I_K).

Definition tally b (t : b.-tuple 'I_K) : {ffun 'I_K -> nat} := [ffun k => count_mem k t].

(** One patch less of pattern k. *)
Definition less c k : {ffun 'I_K -> nat} := [ffun l => (c l - (l == k))%N].

Lemma tally_cons b k (t : b.-tuple 'I_K) c :
  (tally (cons_tuple k t) == c) = (0 < c k)%N && (tally t == less c k).
Proof.
apply/eqP/andP => [<-|[pos /eqP eqt]].
  split; first by rewrite ffunE /= eqxx.
  by apply/eqP/ffunP => l; rewrite !ffunE /= [k == l]eq_sym addKn.
apply/ffunP => l; have := congr1 (fun f : {ffun _} => f l) eqt; rewrite !ffunE /= => ->.
rewrite [k == l]eq_sym addnC subnK //; case: eqP => [->|] //.
Qed.

Lemma sum_tuple b (F : b.+1.-tuple 'I_K -> nat) :
  (\sum_t F t = \sum_k \sum_(t : b.-tuple 'I_K) F (cons_tuple k t))%N.
Proof.
rewrite pair_big /= (reindex (fun p : 'I_K * b.-tuple 'I_K => cons_tuple p.1 p.2)) //=.
exists (fun w => (thead w, [tuple of behead w])) => [[i w] _ | w _] /=.
  by congr (_, _); apply: val_inj.
by rewrite [RHS](tuple_eta w); apply: val_inj.
Qed.

Lemma multinomialE b c : multinomial b c = (\sum_(t : b.-tuple 'I_K) (tally t == c))%N.
Proof. by rewrite /multinomial -sum1_card big_mkcond; apply: eq_bigr => t _; rewrite inE; case: eqP. Qed.

Lemma multinomialS b c : multinomial b.+1 c = (\sum_(k | (0 < c k)%N) multinomial b (less c k))%N.
Proof.
rewrite multinomialE sum_tuple [RHS]big_mkcond; apply: eq_bigr => k _.
case: ifP => pos; last by rewrite big1 // => t _; rewrite tally_cons pos.
by rewrite multinomialE; apply: eq_bigr => t _; rewrite tally_cons pos.
Qed.

Lemma less_sum c k : (0 < c k)%N -> (\sum_l less c k l = (\sum_l c l).-1)%N.
Proof.
move=> pos; rewrite (bigD1 k) //= [in RHS](bigD1 k) //= ffunE eqxx subn1.
rewrite -[in RHS](prednK pos) addSn /=; congr (_ + _)%N.
by apply: eq_bigr => l /negbTE lk; rewrite ffunE lk subn0.
Qed.

Lemma less_factorials c k : (0 < c k)%N ->
  (\prod_l (c l)`! = c k * \prod_l (less c k l)`!)%N.
Proof.
move=> pos; rewrite (bigD1 k) //= [in RHS](bigD1 k) //= ffunE eqxx subn1 mulnA.
congr (_ * _)%N; first by rewrite -[in LHS](prednK pos) factS prednK.
by apply: eq_bigr => l /negbTE lk; rewrite ffunE lk subn0.
Qed.

(** b! / prod (c k)! where the counts sum to b, and 0 elsewhere. *)
Theorem multinomial_factorial b c :
  (multinomial b c * \prod_k (c k)`! = if (\sum_k c k == b)%N then b`! else 0)%N.
Proof.
elim: b c => [|b IH] c.
  rewrite multinomialE (bigD1 [tuple]) //= big1 ?addn0; last by move=> t; case/eqP; exact: tuple0.
  case: eqP => [<-|ne].
    rewrite mul1n big1 => [|k _]; last by rewrite ffunE.
    rewrite big1 //= => k _; by rewrite ffunE.
  rewrite mul0n; case: eqP => // /eqP; rewrite sum_nat_eq0 => /forallP zero.
  by case: ne; apply/ffunP => k; rewrite ffunE /=; apply/esym/eqP; exact: (implyP (zero k)).
rewrite multinomialS big_distrl /=.
transitivity (\sum_(k | (0 < c k)%N) c k * (if (\sum_l c l == b.+1)%N then b`! else 0))%N.
  apply: eq_bigr => k pos; rewrite (less_factorials pos) mulnCA IH less_sum //; congr (_ * _)%N.
  have total : (0 < \sum_l c l)%N by rewrite (bigD1 k) //= ltn_addr.
  by rewrite -[in RHS](prednK total) eqSS.
rewrite -big_distrl /=; have -> : (\sum_(k | 0 < c k) c k = \sum_k c k)%N.
  by rewrite [RHS](bigID (fun k => 0 < c k)%N) /= [X in (_ + X)%N]big1 ?addn0 // => k; case: (c k).
by case: eqP => [->|]; rewrite ?muln0 // factS.
Qed.

End Multinomial.

(** ** The law of an image *)
Section Generated.
Variables (R : realFieldType) (K : nat) (g : generator R K) (r b : nat).
Local Notation D := (generated g r b).

Lemma draw_probability_ge0 (a : draw K b) : 0 <= draw_probability g a.
Proof. by rewrite mulr_ge0 ?label_law_ge0 // prodr_ge0 // => k _; exact: patch_law_ge0. Qed.

(** Sums over the possible draws are sums over all. *)
Lemma sum_possible (A : pred (draw K b)) :
  \sum_(a : possible g b | A (val a)) draw_probability g (val a) = \sum_(a | A a) draw_probability g a.
Proof.
rewrite [RHS](bigID (fun a => 0 < draw_probability g a)) /= [X in _ = _ + X]big1 ?addr0.
  rewrite [RHS](reindex_omap (val : possible g b -> draw K b) insub) /=.
    by apply: eq_bigl => a; rewrite (valP a) valK eqxx !andbT.
  by move=> a /andP[_ pos]; rewrite insubT.
move=> a /andP[_]; rewrite -leNgt => le; apply/eqP; rewrite eq_le le; exact: draw_probability_ge0.
Qed.

(** A label and its patches. *)
Lemma sum_draw (y : bool) (A : pred (b.-tuple 'I_K)) :
  \sum_(a : draw K b | (a.1 == y) && A a.2) draw_probability g a =
  label_law g y * \sum_(t : b.-tuple 'I_K | A t) \prod_(k <- t) patch_law g y k.
Proof.
rewrite -(pair_big (pred1 y) A (fun y t => draw_probability g (y, t))) /= big_pred1_eq mulr_sumr.
by apply: eq_bigr.
Qed.

Lemma sum_patch_sequences y : \sum_(t : b.-tuple 'I_K) \prod_(k <- t) patch_law g y k = 1.
Proof.
transitivity (\prod_(i < b) \sum_k patch_law g y k); last first.
  by rewrite big1 // => i _; exact: patch_law_sum.
rewrite bigA_distr_bigA /= (reindex (@tuple_of_finfun _ _)) /=; last first.
  by exists (@finfun_of_tuple _ _) => t _; [exact: tuple_of_finfunK | exact: finfun_of_tupleK].
by apply: eq_bigr => f _; rewrite big_map big_enum.
Qed.

(** The label has its law. *)
Theorem generated_prior y : prior D y = label_law g y.
Proof.
rewrite /prior (sum_possible (fun a => a.1 == y)).
have := sum_draw y xpredT; rewrite sum_patch_sequences mulr1 => <-.
by apply: eq_bigl => a; rewrite andbT.
Qed.

Lemma sequence_probability (q : 'I_K -> R) (t : seq 'I_K) :
  \prod_(k <- t) q k = \prod_k q k ^+ count_mem k t.
Proof.
elim: t => [|k t IH]; first by rewrite big_nil big1.
rewrite big_cons IH [RHS](eq_bigr (fun l => q l ^+ (k == l) * q l ^+ count_mem l t)); last first.
  by move=> l _; rewrite /= exprD.
rewrite big_split /=; congr (_ * _); rewrite (bigD1 k) //= eqxx expr1 big1 ?mulr1 // => l.
by rewrite eq_sym => /negbTE ->.
Qed.

(** The counts of the background patches are multinomial. *)
Theorem generated_joint y c :
  joint D y c = label_law g y * ((multinomial b c)%:R * \prod_k patch_law g y k ^+ c k).
Proof.
rewrite /joint (sum_possible (fun a => (a.1 == y) && (background_of (drawn_sample r a) == c))).
transitivity (\sum_(a : draw K b | (a.1 == y) && (tally a.2 == c)) draw_probability g a).
  by apply: eq_bigl => -[y' t] /=; congr (_ && (_ == _)); apply/ffunP => k; rewrite !ffunE.
rewrite (sum_draw y (fun t => tally t == c)); congr (_ * _).
transitivity (\sum_(t in [set t : b.-tuple 'I_K | [ffun k => count_mem k t] == c])
    \prod_k patch_law g y k ^+ c k); last by rewrite sumr_const mulr_natl.
apply: eq_big => [t|t /eqP <-]; first by rewrite inE.
by rewrite sequence_probability; apply: eq_bigr => k _; rewrite ffunE.
Qed.

(** A2: r keys of its own label, none of the other, r + b patches. *)
Theorem generated_unique : unique_keys D r (r + b).
Proof.
move=> [[y t] pos]; rewrite /unique_key /= eqxx eqxx.
have -> : (~~ y == y) = false by case: y {pos}.
rewrite /= /patches big_sumType /= big_bool.
have -> : forall z, ((if true == y then r else 0) + (if false == y then r else 0) + z = r + z)%N.
  by move=> z; case: y {pos}; rewrite /= ?addn0 ?add0n.
rewrite leq_add2l; have -> : (\sum_k count_mem k t = size t)%N; last by rewrite size_tuple.
elim: (tval t) => [|k s IH] /=; first by rewrite big1.
rewrite big_split /= IH; have one : (\sum_(l < K) (k == l) = 1)%N.
  by rewrite (bigD1 k) //= eqxx big1 ?addn0 // => l; rewrite eq_sym => /negbTE ->.
exact: (f_equal2 addn one (erefl (size s))).
Qed.

(** A3: one background law for both labels, which both occur. *)
Theorem generated_independent : (forall y, 0 < label_law g y) ->
  (forall k, patch_law g true k = patch_law g false k) -> label_independent D.
Proof.
move=> occurs same; split=> [||c]; rewrite ?generated_prior ?occurs //.
rewrite !generated_joint ![label_law g _ * _]mulrC !mulfK ?lt0r_neq0 ?occurs //.
by congr (_ * _); apply: eq_bigr => k _; rewrite same.
Qed.

(** A4 is a matter of the label's law. *)
Theorem generated_balanced : label_law g true = label_law g false -> balanced D.
Proof. by rewrite /balanced !generated_prior. Qed.

End Generated.
