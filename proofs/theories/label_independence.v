(** * What label independence (A3) says of means

    A3 compares the two laws of the background, value by value. Here it is turned into what the proofs
    use: the label and any quantity of the background are uncorrelated,
      mean of 1(label = y) h(background) = prior y * mean of h(background),
    so under A4 the mean of y h(background) is 0. The sum over the atoms is cut by the value of the
    background; the values that occur form a finite list. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section LabelIndependence.
Variables (R : realFieldType) (K : nat) (D : distribution R K).
Implicit Types (h : {ffun 'I_K -> nat} -> R) (y : bool).

(** The values of the background that occur. *)
Definition backgrounds : seq {ffun 'I_K -> nat} :=
  undup [seq background_of (sample_at i) | i <- enum (atom D)].

(** The atoms of one label, cut by their background. *)
Lemma sum_by_background y h :
  \sum_(i : atom D | label (sample_at i) == y) probability i * h (background_of (sample_at i)) =
  \sum_(c <- backgrounds) joint D y c * h c.
Proof.
transitivity (\sum_(c <- backgrounds) \sum_(i : atom D | label (sample_at i) == y)
  if background_of (sample_at i) == c then probability i * h c else 0); last first.
  apply: eq_bigr => c _; rewrite /joint mulr_suml big_mkcondr.
  by apply: eq_bigr => i _; case: ifP => _ //; rewrite mul0r.
rewrite exchange_big /=; apply: eq_bigr => i _.
rewrite (bigD1_seq (background_of (sample_at i))) ?undup_uniq //=; last first.
  by rewrite mem_undup map_f // mem_enum.
by rewrite eqxx big1 ?addr0 // => c /negbTE neq; rewrite eq_sym neq.
Qed.

Hypothesis independent : label_independent D.

(** Each value has, with each label, the prior's share of its probability. *)
Lemma joint_independent y c : joint D y c = prior D y * (joint D true c + joint D false c).
Proof.
case: independent => pos neg /(_ c) same; have one := prior_sum D.
have [p0 q0] : prior D true != 0 /\ prior D false != 0 by rewrite !lt0r_neq0.
set l := joint D true c / prior D true in same.
have share z : joint D z c = prior D z * l.
  by case: z; [rewrite /l | rewrite same]; rewrite mulrCA divff ?mulr1.
by rewrite !share -mulrDl one mul1r.
Qed.

(** The label and the background are uncorrelated. *)
Theorem mean_label_background y h :
  mean D (fun x => (label x == y)%:R * h (background_of x)) =
  prior D y * mean D (fun x => h (background_of x)).
Proof.
have cut z : mean D (fun x => (label x == z)%:R * h (background_of x)) =
    \sum_(c <- backgrounds) joint D z c * h c.
  rewrite -sum_by_background [RHS]big_mkcond; apply: eq_bigr => i _.
  by case: ifP; rewrite ?mul1r // mul0r mulr0.
have -> : mean D (fun x => h (background_of x)) =
    \sum_(c <- backgrounds) (joint D true c + joint D false c) * h c.
  under [RHS]eq_bigr do rewrite mulrDl; rewrite big_split /= -!cut -mean_add.
  by apply: eq_mean => x; rewrite -mulrDl; case: (label x); rewrite /= ?add0r ?addr0 mul1r.
by rewrite cut mulr_sumr; apply: eq_bigr => c _; rewrite joint_independent mulrA.
Qed.

(** The same by the sign of the label. *)
Lemma mean_sgn_background h :
  mean D (fun x => sgn (label x) * h (background_of x)) =
  (prior D true - prior D false) * mean D (fun x => h (background_of x)).
Proof.
rewrite mulrBl -!mean_label_background -mulN1r -mean_mul -mean_add; apply: eq_mean => x.
by case: (label x); rewrite /sgn /= mul0r ?mulr0 ?add0r ?addr0 ?mulN1r ?mulNr // !mul1r.
Qed.

Hypothesis even : balanced D.

(** With balanced labels (A4) the signed mean of any quantity of the background is 0. *)
Lemma mean_sgn_background0 h : mean D (fun x => sgn (label x) * h (background_of x)) = 0.
Proof. by rewrite mean_sgn_background even subrr mul0r. Qed.

(** In particular E[y N_k] = 0. *)
Lemma mean_background0 k : mean D (fun x => sgn (label x) * (count x (background k))%:R) = 0.
Proof.
rewrite -(mean_sgn_background0 (fun c => (c k)%:R)); apply: eq_mean => x.
by rewrite /background_of ffunE.
Qed.

(** The background has no drift, whatever the model. *)
Lemma drift_background0 n (m : model R K) (s : state R n K) j k : drift D m s j (background k) = 0.
Proof. by rewrite /drift mean_background0 mulr0. Qed.

End LabelIndependence.

Section Halves.
Variables (R : realFieldType) (K : nat) (D : distribution R K).

(** A4: both labels have probability one half. *)
Lemma prior_half y : balanced D -> prior D y = 2%:R^-1.
Proof.
move=> even; have two : 2%:R != 0 :> R by rewrite pnatr_eq0.
apply: (mulIf two); rewrite mulVf // mulr_natr mulr2n -{1}(prior_sum D).
by case: y; rewrite ?even // -even.
Qed.

(** A2: the signed mean of a key count is r times the signed prior of its label. *)
Lemma mean_key r m y : unique_keys D r m ->
  mean D (fun x => sgn (label x) * (count x (key y))%:R) = sgn y * (r%:R * prior D y).
Proof.
move=> unique; rewrite /mean (bigID (fun i => label (sample_at i) == y)) /= [X in _ + X]big1; last first.
  move=> i other; have /and3P [_ /eqP none _] := unique i.
  have -> : y = ~~ label (sample_at i) by move: other; case: (label _); case: (y).
  by rewrite none !mulr0.
rewrite addr0 /prior !mulr_sumr; apply: eq_bigr => i /eqP same.
by have /and3P [/eqP <- _ _] := unique i; rewrite same mulrC -mulrA.
Qed.

End Halves.
