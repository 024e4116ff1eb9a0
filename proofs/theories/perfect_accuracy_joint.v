(** * T5, the joint form

    Given the number b of images with label +, the sum over b of what the walks leave of its probability.
    Only the demands of images that occur count: labels that occur, patterns in their images, the most
    background patches of an image of a label. On a path whose label counts put the winners ahead, and
    whose walks meet the demands, every margin is positive; the paths are split by b, and for each b the
    walks get a union bound. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability tails sgd_coordinates perfect_accuracy.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Split.
Variables (R : realFieldType) (K : nat) (D : distribution R K).
Implicit Types (xs : seq (sample K)) (E : pred (seq (sample K))).

(** Both labels together are all. *)
Lemma label_counts xs : (label_count true xs + label_count false xs)%N = size xs.
Proof.
by elim: xs => [|x xs IH] //; rewrite !label_count_cons [RHS]/= -IH; case: (label x); rewrite ?addnS.
Qed.

Lemma label_count_false xs t : size xs = t -> label_count false xs = (t - label_count true xs)%N.
Proof. by move=> <-; rewrite -(label_counts xs) addKn. Qed.

(** Paths by their number of images with label +. *)
Lemma Pr_split t E :
  Pr D t E = \sum_(b < t.+1) Pr D t (fun xs => (label_count true xs == b :> nat) && E xs).
Proof.
under eq_bigr do rewrite PrE; rewrite PrE -expectation_sum; apply: eq_expectation_size => xs size_xs.
have lt_t : (label_count true xs < t.+1)%N by rewrite ltnS -size_xs -(label_counts xs) leq_addr.
rewrite (bigD1 (Ordinal lt_t)) //= eqxx big1 ?addr0 // => b ne.
by rewrite (negbTE (_ : label_count true xs != b)) // eq_sym.
Qed.

(** Of an event, what a union bound leaves. *)
Lemma Pr_rest t (I : finType) (C E : pred (seq (sample K))) (bad : I -> pred (seq (sample K))) :
  (forall w : t.-tuple (atom D), C (samples w) -> (forall i, ~~ bad i (samples w)) -> E (samples w)) ->
  Num.max 0 (Pr D t C - \sum_i Pr D t (fun xs => C xs && bad i xs)) <= Pr D t (fun xs => C xs && E xs).
Proof.
move=> good; rewrite le_maxl Pr_ge0 ler_subl_addr.
apply: le_trans (ler_add (lexx _) (Pr_union_all D t (fun i xs => C xs && bad i xs))).
apply: le_trans (Pr_union2 D t _ _); apply: Pr_le_paths => w /= c; rewrite c /=.
case: (boolP [exists i, bad i (samples w)]) => [_ | ]; first by rewrite orbT.
by rewrite orbF negb_exists => /forallP none; exact: good.
Qed.

End Split.

Section Joint.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Variables (r m : nat) (s : state R n K).
Hypothesis network : fixed_head_network M Unhinged.
Hypothesis eta0 : 0 <= eta M.
Hypothesis signed : signed_head s.
Hypothesis unique : unique_keys D r m.
Variable c : bool -> nat.
Hypothesis most : forall i : atom D,
  (\sum_k count (sample_at i) (background k) <= c (label (sample_at i)))%N.
Implicit Types (y : bool) (k : 'I_K) (xs : seq (sample K)).

Definition occurs y : bool := [exists i : atom D, label (sample_at i) == y].
Definition shows y k : bool :=
  [exists i : atom D, (label (sample_at i) == y) && (0 < count (sample_at i) (background k))%N].

(** One path. *)
Theorem accurate_joint xs : all (unique_key r m) xs ->
  (forall y, occurs y -> 0 < lead M s r (fun y => (label_count y xs)%:R) y) ->
  (forall y k, shows y k -> (c y)%:R * background_at M s y k (walk k xs) <
    lead M s r (fun y => (label_count y xs)%:R) y) ->
  accuracy D M (sgd M s xs) = 1.
Proof.
move=> keys ahead below; apply/eqP; rewrite accuracy1; apply/forallP => i.
set x := sample_at i; set y := label x.
have pos := ahead y _; have {}pos : 0 < lead M s r (fun y => (label_count y xs)%:R) y.
  by apply: pos; apply/existsP; exists i.
pose f k : R := if (0 < count x (background k))%N then background_at M s y k (walk k xs) else 0.
have bounded k : (c y)%:R * f k < lead M s r (fun y => (label_count y xs)%:R) y.
  rewrite /f; case: ifP => [some | _]; last by rewrite mulr0.
  by apply: below; apply/existsP; exists i; rewrite eqxx.
have [beta [b0 up lt]] := upper_bound pos bounded.
apply: lt_le_trans (margin_ge network eta0 signed keys (unique i) erefl); rewrite subr_gt0.
apply: le_lt_trans lt; apply: (@le_trans _ _ (\sum_k (count x (background k))%:R * beta)).
  apply: ler_sum => k _; have := up k; rewrite /f.
  by case: posnP => [-> _ | _ le]; [rewrite !mul0r | rewrite ler_wpmul2l ?ler0n].
by rewrite -mulr_suml -natr_sum ler_wpmul2r // ler_nat; exact: most.
Qed.

(** r (win - opp) after b images with label + among t. *)
Definition ahead t y (b : nat) : R :=
  let B := (if y then b else t - b)%N in r%:R * (win M s r y B%:R - opposition M s r y B%:R).

Theorem joint_probability t :
  \sum_(b < t.+1 | [forall y, occurs y ==> (0 < ahead t y b)])
    Num.max 0 (Pr D t (fun xs => label_count true xs == b :> nat)
      - \sum_k Pr D t (fun xs => (label_count true xs == b :> nat) &&
          ~~ [forall y, shows y k ==> ((c y)%:R * background_at M s y k (walk k xs) < ahead t y b)]))
  <= Pr D t (fun xs => accuracy D M (sgd M s xs) == 1).
Proof.
rewrite (Pr_split D t (fun xs => accuracy D M (sgd M s xs) == 1)) big_mkcond; apply: ler_sum => b _.
case: ifP => [/forallP lead_b | _]; last exact: Pr_ge0.
apply: Pr_rest => w /eqP eq_b good; apply/eqP.
have aheadE y : ahead t y b = lead M s r (fun y => (label_count y (samples w))%:R) y.
  rewrite /ahead /lead; case: y => /=; first by rewrite eq_b.
  by rewrite (label_count_false (size_samples w)) eq_b.
apply: accurate_joint => [|y occ|y k show]; first exact: all_samples.
  by rewrite -aheadE; apply: implyP (lead_b y) occ.
by have := good k; rewrite negbK => /forallP/(_ y); rewrite show aheadE.
Qed.

End Joint.
