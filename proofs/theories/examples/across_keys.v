(** * T12: examples and refuted near misses

    Vectors in three dimensions: the keys (1, 0, 0) and (0, 1, 0), and two background patterns on one
    line, (0, 0, 1) and (0, 0, 2), as coherent as can be. An image of label + has its key twice, an
      image
    of label - once; both background patterns occur N times each, N depending on the label. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability sgd_coordinates across_keys.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** ** Vectors as triples, which compute *)

Definition triple := (rat * rat * rat)%type.

Definition vec (s : triple) : 'rV[Q]_3 :=
  \row_i (if i == 0%N :> nat then s.1.1 else if i == 1%N :> nat then s.1.2 else s.2).

Definition dot3 (s t : triple) : rat := s.1.1 * t.1.1 + s.1.2 * t.1.2 + s.2 * t.2.

Lemma dot_vec s t : dot (vec s) (vec t) = dot3 s t.
Proof. by rewrite /dot !big_ord_recl big_ord0 !mxE /= addr0 addrA. Qed.

Lemma vec_add s t : vec s + vec t = vec (s.1.1 + t.1.1, s.1.2 + t.1.2, s.2 + t.2).
Proof. by apply/rowP => i; rewrite !mxE /=; do 2?case: ifP. Qed.

Lemma vec_scale c s : c *: vec s = vec (c * s.1.1, c * s.1.2, c * s.2).
Proof. by apply/rowP => i; rewrite !mxE /=; do 2?case: ifP. Qed.

Lemma vec_opp s : - vec s = vec (- s.1.1, - s.1.2, - s.2).
Proof. by apply/rowP => i; rewrite !mxE /=; do 2?case: ifP. Qed.

(** ** The problem *)

Notation line0 := (background (@Ordinal 2 0 isT)).
Notation line1 := (background (@Ordinal 2 1 isT)).

Definition stretch (k : nat) : rat := if k is 0%N then 1 else 2%:R.

Definition place (p : pattern 2) : triple :=
  match p with
  | inl true => (1, 0, 0)
  | inl false => (0, 1, 0)
  | inr k => (0, 0, stretch k)
  end.
Definition line (p : pattern 2) : 'rV[Q]_3 := vec (place p).

Definition line_model (e : rat) : model Q 2 := {|
  gram := fun p q => dot3 (place p) (place q); activation_of := Relu; pooling_of := SumPooling;
  loss_of := Unhinged; trained := false; eta := e |}.

Definition twice (y : bool) : nat := if y then 2%N else 1%N.

Definition line_sample (N : bool -> nat) (y : bool) : sample 2 :=
  Sample y (fun p => if p is inl y' then (if y' == y then twice y else 0%N) else N y).

Lemma half_gt0 (y : bool) : 0 < (1 / 2%:R : rat).
Proof. by []. Qed.

Lemma halves : \sum_(y : bool) (1 / 2%:R : rat) = 1.
Proof. by rewrite big_bool. Qed.

Definition line_distribution (N : bool -> nat) : distribution Q 2 :=
  @Distribution Q 2 bool_finType (line_sample N) (fun _ => 1 / 2%:R) half_gt0 halves.

(** Filters as a list of heads and triples. *)
Definition net n (l : seq (rat * triple)) : network Q n 3 :=
  Network (fun j => vec (nth (0, (0, 0, 0)) l j).2) (fun j => (nth (0, (0, 0, 0)) l j).1).

Lemma line_dictionary e : dictionary_of (line_model e) line.
Proof. by move=> p q; rewrite dot_vec. Qed.

Lemma line_keys e : keys_apart (line_model e).
Proof.
have two (k : 'I_2) : k = @Ordinal 2 0 isT \/ k = @Ordinal 2 1 isT.
  by case: k => [[|[|k]] lt] //; [left | right]; exact: val_inj.
by case=> [] [[]|k] //=; case: (two k) => ->; apply/eqP; vm_compute.
Qed.

Lemma line_fixed e : fixed_head_relu (line_model e) Unhinged.
Proof. by []. Qed.

Lemma line_unique N (i : atom (line_distribution N)) : keys_by_label twice (sample_at i).
Proof. by case: i. Qed.

(** ** Values without sums *)

Lemma sum_line (V : zmodType) (F : pattern 2 -> V) :
  \sum_p F p = F (key true) + F (key false) + (F line0 + F line1).
Proof.
rewrite sum_pattern !big_ord_recl big_ord0 addr0; congr (_ + (F (inr _) + F (inr _))); exact: val_inj.
Qed.

Lemma line_mean N F : mean (line_distribution N) F =
  1 / 2%:R * F (line_sample N true) + 1 / 2%:R * F (line_sample N false).
Proof. by rewrite /mean big_bool. Qed.

Lemma line_expectation1 N F : expectation (line_distribution N) 1 F =
  1 / 2%:R * F [:: line_sample N true] + 1 / 2%:R * F [:: line_sample N false].
Proof. by rewrite expectationS line_mean !expectation0. Qed.

Lemma line_prior N y : prior (line_distribution N) y = 1 / 2%:R.
Proof. by rewrite /prior big_mkcond big_bool; case: y. Qed.

(** One image: the three coordinates. *)
Definition on (z : rat) : rat := if 0 < z then 1 else 0.
Definition hop (c : rat) (t : triple) (x : sample 2) : triple :=
  let g := c * sgn (label x) in
  (t.1.1 + g * ((count x (key true))%:R * on t.1.1),
   t.1.2 + g * ((count x (key false))%:R * on t.1.2),
   t.2 + g * ((count x line0)%:R * on t.2 + (count x line1)%:R * on (t.2 * 2%:R) * 2%:R)).

Lemma sum_places (a : pattern 2 -> rat) :
  \sum_p a p *: line p = vec (a (key true), a (key false), a line0 + a line1 * 2%:R).
Proof.
rewrite sum_line /line !(vec_scale, vec_add); cbn [fst snd place stretch nat_of_ord].
by rewrite !(mulr0, mulr1, addr0, add0r).
Qed.

Lemma dot_line t p : dot (vec t) (line p) =
  match p with inl true => t.1.1 | inl false => t.1.2 | inr k => t.2 * stretch k end.
Proof.
by rewrite dot_vec /dot3; case: p => [[]|k]; cbn [fst snd place];
  rewrite !(mulr0, mulr1, addr0, add0r).
Qed.

Lemma travel_line c t x : travel line c (vec t) x = vec (hop c t x).
Proof.
rewrite /travel sum_places vec_scale vec_add /push !dot_line /hop /on; cbn [fst snd].
congr (vec (_, _, _)); rewrite -mulrA; congr (_ + c * _).
rewrite -[stretch (@Ordinal 2 0 isT)]/(1 : rat) -[stretch (@Ordinal 2 1 isT)]/(2%:R : rat) mulr1.
rewrite /derivative; move: (if _ then _ else _) (if _ then _ else _) => u v; ring.
Qed.

(** A filter of the list after a path; along and across its key; both keys set aside. *)
Definition nth_head (l : seq (rat * triple)) j := (nth (0, (0, 0, 0)) l j).1.
Definition nth_filter (l : seq (rat * triple)) j := (nth (0, (0, 0, 0)) l j).2.
Definition after (e : rat) l (xs : seq (sample 2)) j : triple :=
  foldl (hop (e * nth_head l j)) (nth_filter l j) xs.
Definition own_of (y : bool) (t : triple) : rat := if y then t.1.1 else t.1.2.
Definition drop_key (y : bool) (t : triple) : triple := if y then (0, t.1.2, t.2) else (t.1.1, 0, t.2).

Section Values.
Variables (n : nat) (e : rat) (l : seq (rat * triple)).
Implicit Types (xs : seq (sample 2)) (j : 'I_n) (y : bool).
Local Notation w := (net n l).
Local Notation M := (line_model e).

Lemma filters_after xs j : filters (vector_sgd M line w xs) j = vec (after e l xs j).
Proof.
rewrite (filters_sgd line (line_fixed e)) /= -/(nth_head l j) -/(nth_filter l j) /after.
move: (nth_filter l j); elim: xs => [//|x xs IH] t.
by rewrite [LHS]/= travel_line IH.
Qed.

Lemma heads_after xs j : heads (vector_sgd M line w xs) j = nth_head l j.
Proof. by rewrite (heads_sgd line (line_fixed e)). Qed.

Lemma along_start j y : along line w j y = own_of y (nth_filter l j).
Proof. by rewrite /along /= dot_line -/(nth_filter l j); case: y. Qed.

Lemma along_after xs j y : along line (vector_sgd M line w xs) j y = own_of y (after e l xs j).
Proof. by rewrite /along filters_after dot_line; case: y. Qed.

Lemma drop_keyE y t : vec t - own_of y t *: line (key y) = vec (drop_key y t).
Proof.
rewrite /line vec_scale vec_opp vec_add; congr vec; case: t => [[a b] c].
by case: y; cbn [fst snd own_of drop_key place]; congr (_, _, _); ring.
Qed.

Lemma across_start j y : length_squared (across line w j y) =
  dot3 (drop_key y (nth_filter l j)) (drop_key y (nth_filter l j)).
Proof. by rewrite /across along_start /= -/(nth_filter l j) drop_keyE /length_squared dot_vec. Qed.

Lemma across_after xs j y : length_squared (across line (vector_sgd M line w xs) j y) =
  dot3 (drop_key y (after e l xs j)) (drop_key y (after e l xs j)).
Proof. by rewrite /across along_after filters_after drop_keyE /length_squared dot_vec. Qed.

Lemma aside_start j y : length_squared (across line w j y - along line w j (~~ y) *: line (key (~~
  y))) =
  dot3 (drop_key (~~ y) (drop_key y (nth_filter l j))) (drop_key (~~ y) (drop_key y (nth_filter l j))).
Proof.
rewrite /across !along_start /= -/(nth_filter l j) drop_keyE.
have -> : own_of (~~ y) (nth_filter l j) = own_of (~~ y) (drop_key y (nth_filter l j)) by case: y.
by rewrite drop_keyE /length_squared dot_vec.
Qed.

Lemma length_after xs j : length_squared (filters (vector_sgd M line w xs) j) =
  dot3 (after e l xs j) (after e l xs j).
Proof. by rewrite filters_after /length_squared dot_vec. Qed.

Lemma winner_line j y : winner (coordinates line w) y j =
  (0 < sgn y * nth_head l j) && (0 < own_of y (nth_filter l j)).
Proof. by rewrite /winner -along_start. Qed.

Lemma loser_line j : loser (coordinates line w) j =
  ~~ ((0 < nth_head l j) && (0 < (nth_filter l j).1.1)) &&
  ~~ ((0 < - nth_head l j) && (0 < (nth_filter l j).1.2)).
Proof. by rewrite /loser !winner_line /sgn mul1r mulN1r. Qed.

(** Backgrounds that occur as often with either label do not rise. *)
Lemma line_no_rise c j : no_rising_background (line_distribution (fun=> c)) w j.
Proof.
move=> k; rewrite line_mean le_eqVlt; apply/orP; left; apply/eqP; rewrite /sgn /=; ring.
Qed.

(** A sum over the dictionary that computes; what an image spreads. *)
Definition all4 (F : pattern 2 -> rat) : rat := F (key true) + F (key false) + (F line0 + F line1).
Definition pair_of (x : sample 2) (p q : pattern 2) : rat :=
  (count x p)%:R * (count x q)%:R * Num.max 0 (dot3 (place p) (place q)).

Lemma spread_line x : spread M x = all4 (fun p => all4 (pair_of x p)).
Proof. by rewrite /spread sum_line !sum_line. Qed.

Lemma spread_across_line y x : spread_across M y x =
  all4 (fun p => if p != key y then all4 (fun q => if q != key y then pair_of x p q else 0) else 0).
Proof.
have row (p : pattern 2) : (if p != key y then \sum_(q | q != key y) (count x p)%:R * (count x q)%:R *
      Num.max 0 (gram M p q) else 0) =
    (if p != key y then all4 (fun q => if q != key y then pair_of x p q else 0) else 0).
  by case: ifP => // _; rewrite big_mkcond sum_line.
rewrite /spread_across big_mkcond sum_line (row (key true)) (row (key false)) (row line0) (row line1).
by [].
Qed.

Lemma spread_backgrounds_line x : \sum_k \sum_l (count x (background k))%:R *
    (count x (background l))%:R * Num.max 0 (gram M (background k) (background l)) =
  pair_of x line0 line0 + pair_of x line0 line1 + (pair_of x line1 line0 + pair_of x line1 line1).
Proof.
rewrite !big_ord_recl !big_ord0 !addr0 /pair_of.
have -> : lift ord0 ord0 = @Ordinal 2 1 isT by exact: val_inj.
by have -> : ord0 = @Ordinal 2 0 isT by exact: val_inj.
Qed.

(** Sums over filters, and a margin. *)
Lemma sum_filters (F : nat -> rat) : \sum_(j < n) F j = foldr (fun k s => F k + s) 0 (iota 0 n).
Proof. by rewrite -(big_mkord xpredT F) /index_iota subn0 unlock. Qed.

Definition margin_of xs x : rat := sgn (label x) * foldr (fun k s => nth_head l k *
  all4 (fun p => (count x p)%:R * relu (dot3 (after e l xs k) (place p))) + s) 0 (iota 0 n).

Lemma margin_after xs x : margin M (coordinates line (vector_sgd M line w xs)) x = margin_of xs x.
Proof.
rewrite /margin /margin_of /output -sum_filters; congr (_ * _); apply: eq_bigr => j _.
rewrite [head _ _]heads_after (pooled_relu line (line_fixed e)) sum_line filters_after.
by rewrite /line !dot_vec.
Qed.

End Values.

(** Paths of one image, and none. *)
Lemma line_Pr1 N (E : pred (seq (sample 2))) : Pr (line_distribution N) 1 E =
  1 / 2%:R * (E [:: line_sample N true])%:R + 1 / 2%:R * (E [:: line_sample N false])%:R.
Proof. by rewrite PrE line_expectation1. Qed.

Lemma line_Pr1_all N (E : pred (seq (sample 2))) : (forall y, E [:: line_sample N y]) ->
  Pr (line_distribution N) 1 E = 1.
Proof. by move=> all; rewrite line_Pr1 !all. Qed.

Lemma line_Pr1_none N (E : pred (seq (sample 2))) : (forall y, ~~ E [:: line_sample N y]) ->
  Pr (line_distribution N) 1 E = 0.
Proof. by move=> none; rewrite line_Pr1 !(negbTE (none _)). Qed.

Lemma line_Pr1_half N (E : pred (seq (sample 2))) y : E [:: line_sample N y] ->
  1 / 2%:R <= Pr (line_distribution N) 1 E.
Proof. by move=> ev; rewrite line_Pr1; case: y ev => ->; case: (E _). Qed.

Lemma line_Pr1_not N (E : pred (seq (sample 2))) y : ~~ E [:: line_sample N y] ->
  Pr (line_distribution N) 1 E <= 1 / 2%:R.
Proof. by move=> ev; rewrite line_Pr1; case: y ev => /negbTE ->; case: (E _). Qed.

(** Bad at the step u, and not good at the step u. *)
Lemma bad_at t (E : nat -> bool) (u : nat) (ut : (u < t.+1)%N) : E u -> [exists v : 'I_t.+1, E v].
Proof. by move=> Eu; apply/existsP; exists (Ordinal ut). Qed.

Lemma not_good_at t t0 (E : nat -> bool) (u : nat) (ut : (u < t.+1)%N) : (t0 <= u)%N -> ~~ E u ->
  ~~ [forall v : 'I_t.+1, (t0 <= v)%N ==> E v].
Proof.
by move=> tu Eu; rewrite negb_forall; apply/existsP; exists (Ordinal ut); rewrite /= tu.
Qed.

Lemma no_dominance n (l : seq (rat * triple)) (w' : network Q n 3) (ratio : rat) y (j i : 'I_n) :
  winner (coordinates line (net n l)) y j -> loser (coordinates line (net n l)) i ->
  length_squared (filters w' j) < ratio ^+ 2 * length_squared (filters w' i) ->
  ~~ [forall y, forall j, forall i,
    winner (coordinates line (net n l)) y j && loser (coordinates line (net n l)) i ==>
    (ratio ^+ 2 * length_squared (filters w' i) <= length_squared (filters w' j))].
Proof.
move=> win lose short; rewrite negb_forall; apply/existsP; exists y.
rewrite negb_forall; apply/existsP; exists j; rewrite negb_forall; apply/existsP; exists i.
by rewrite win lose /= -ltNge.
Qed.

Lemma not_accurate N n e l xs y : margin_of n e l xs (line_sample N y) <= 0 ->
  (accuracy (line_distribution N) (line_model e)
    (coordinates line (vector_sgd (line_model e) line (net n l) xs)) == 1) = false.
Proof.
move=> wrong; rewrite accuracy1; apply/negbTE; rewrite negb_forall; apply/existsP; exists y.
by rewrite -leNgt margin_after.
Qed.

(** ** The problem of the examples: three filters, step size 1, every background once an image

<<
    filter   head   on v_+   on v_-   on the line
    0         1      60        1        1           winner of label +
    1        -1       1      200        1           winner of label -
    2         1      -1        1        1           loser
>>
*)

Definition once (y : bool) : nat := 1%N.
Definition three : seq (rat * triple) :=
  [:: (1, (60%:R, 1, 1)); (-1, (1, 200%:R, 1)); (1, (-1, 1, 1))].
Local Notation D3 := (line_distribution once).
Local Notation M3 := (line_model 1).
Local Notation w3 := (net 3 three).
Notation g0 := (@Ordinal 3 0 isT).
Notation g1 := (@Ordinal 3 1 isT).
Notation g2 := (@Ordinal 3 2 isT).

Lemma few_of_two y : binomial_below 2 (prior D3 y) 1 = 1 / 4%:R.
Proof. by rewrite line_prior binomial_belowE big_ord1; apply/eqP; vm_compute. Qed.

(** One filter with head 1. *)
Definition thin (a z : rat) : seq (rat * triple) := [:: (1, (a, 0, z))].

Lemma three_heads (i : 'I_3) : heads w3 i != 0.
Proof. by move: i => [[|[|[|i]]] lt_i]. Qed.

Lemma three_loser i : loser (coordinates line w3) i = (i == 2%N :> nat).
Proof. by rewrite loser_line; move: i => [[|[|[|i]]] lt_i]; last (by []); vm_compute. Qed.

Lemma three_winner y j : winner (coordinates line w3) y j = (j == (if y then 0%N else 1%N) :> nat).
Proof. by rewrite winner_line; move: j => [[|[|[|j]]] lt_j]; last (by []); case: y; vm_compute. Qed.

(** The only loser, and the two winners. *)
Lemma three_cases (E : bool -> bool -> 'I_3 -> 'I_3 -> Prop) :
  E true true g0 g2 -> E false true g1 g2 -> forall y y' j i,
  winner (coordinates line w3) y j -> loser (coordinates line w3) i -> 0 < sgn y' * heads w3 i ->
  E y y' j i.
Proof.
move=> e0 e1 y y' j i; rewrite three_winner three_loser => /eqP j_ /eqP i_.
have -> : i = g2 by exact: val_inj.
case: y' => [_ | //].
by case: y j_ => j_; [have -> : j = g0 by exact: val_inj | have -> : j = g1 by exact: val_inj].
Qed.

Lemma three_losers (delta : rat) : \sum_(i | loser (coordinates line w3) i) delta = delta.
Proof. by rewrite (eq_bigl _ _ three_loser) big_mkcond !big_ord_recl big_ord0 /= !add0r addr0. Qed.

Lemma three_own (E : 'I_3 -> bool -> Prop) : E g0 true -> E g1 false -> E g2 true ->
  forall i y, 0 < sgn y * heads w3 i -> E i y.
Proof.
move=> e0 e1 e2 i y; move: i => [[|[|[|i]]] lt_i]; last by [].
- have -> : Ordinal lt_i = g0 by exact: val_inj.
  by case: y.
- have -> : Ordinal lt_i = g1 by exact: val_inj.
  by case: y.
have -> : Ordinal lt_i = g2 by exact: val_inj.
by case: y.
Qed.

Lemma sum_three (V : zmodType) (F : 'I_3 -> V) : \sum_j F j = F g0 + F g1 + F g2.
Proof.
rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _ + F _).
all: exact: val_inj.
Qed.

Lemma three_others y (F : 'I_3 -> rat) : \sum_(i | sgn y * heads w3 i < 0) F i =
  if y then F g1 else F g0 + F g2.
Proof.
have other i : (sgn y * heads w3 i < 0) = (y == (i == 1%N :> nat)).
  by move: i => [[|[|[|i]]] lt_i]; last (by []); case: y.
rewrite (eq_bigl _ _ other) big_mkcond sum_three.
by case: y other => _; rewrite /= ?add0r ?addr0.
Qed.

Lemma three_winners y (F : 'I_3 -> rat) : \sum_(j | winner (coordinates line w3) y j) F j =
  if y then F g0 else F g1.
Proof.
rewrite (eq_bigl _ _ (three_winner y)) (big_pred1 (if y then g0 else g1)); first by case: y.
by move=> j; case: y; rewrite /= -val_eqE.
Qed.

Lemma three_few : \sum_(y | (0 < winners (coordinates line w3) y)%N) binomial_below 2 (prior D3 y) 1 =
  1 / 2%:R.
Proof.
have some y : (0 < winners (coordinates line w3) y)%N.
  by apply/card_gt0P; exists (if y then g0 else g1); rewrite inE three_winner; case: y.
by rewrite big_mkcond big_bool !some !few_of_two; apply/eqP; vm_compute.
Qed.

(** ** (a) The second moment *)

(** After four steps the mean square across the key of filter 0 is at most 2 + 4 (9 + 1/2) = 40. *)
Example T12a_second_moment_holds :
  expectation D3 4 (fun xs => length_squared (across line (vector_sgd M3 line w3 xs) g0 true)) <=
    40%:R.
Proof.
apply: le_trans (@Statements.T12a_second_moment Q 3 2 3 D3 M3 line w3 twice g0 true 4
  (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _) isT (@line_no_rise _ _ _ _))
    _.
by rewrite across_start line_mean !spread_across_line; vm_compute.
Qed.

(** V halved: 1 on the line becomes 4 or -2, mean square 10, not 1 + 19/4. *)
Lemma T12a_second_moment_wrong_half : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j ->
  expectation D t (fun xs => length_squared (across P (vector_sgd M P w xs) j y)) <=
  length_squared (across P w j y) + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) / 2%:R *
    t%:R).
Proof.
move/(_ Q 1%N 2%N 3%N (line_distribution once) (line_model 1)).
move/(_ line (net 1 (thin 1 1)) twice ord0 true 1%N).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT (@line_no_rise _ _ _ _)).
rewrite line_expectation1 2!across_after across_start line_mean 2!spread_across_line.
by vm_compute.
Qed.

(** V without its cross terms: the two patterns are on one line, 1 + 2 squared is not 1 + 4. *)
Lemma T12a_second_moment_wrong_cross_terms : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j ->
  expectation D t (fun xs => length_squared (across P (vector_sgd M P w xs) j y)) <=
  length_squared (across P w j y) + eta M ^+ 2 * heads w j ^+ 2 * mean D (fun x => \sum_(p | p != key
    y) (count x p)%:R ^+ 2 * gram M p p) * t%:R).
Proof.
move/(_ Q 1%N 2%N 3%N (line_distribution once) (line_model 1)).
move/(_ line (net 1 (thin 1 1)) twice ord0 true 1%N).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT (@line_no_rise _ _ _ _)).
rewrite line_expectation1 2!across_after across_start line_mean ![\sum_(p | _) _]big_mkcond !sum_line.
by vm_compute.
Qed.

(** Step size 2, not squared: the mean square is 1 + 36. *)
Lemma T12a_second_moment_wrong_eta : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j ->
  expectation D t (fun xs => length_squared (across P (vector_sgd M P w xs) j y)) <=
  length_squared (across P w j y) + eta M * heads w j ^+ 2 * mean D (spread_across M y) * t%:R).
Proof.
move/(_ Q 1%N 2%N 3%N (line_distribution once) (line_model 2%:R)).
move/(_ line (net 1 (thin 1 1)) twice ord0 true 1%N).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT (@line_no_rise _ _ _ _)).
rewrite line_expectation1 2!across_after across_start line_mean 2!spread_across_line.
by vm_compute.
Qed.

(** A background that only images of label + have: it rises in the mean. *)
Lemma T12a_second_moment_wrong_rising_background : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j ->
  expectation D t (fun xs => length_squared (across P (vector_sgd M P w xs) j y)) <=
  length_squared (across P w j y) + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R).
Proof.
move/(_ Q 1%N 2%N 3%N (line_distribution (fun y => if y then 1%N else 0%N)) (line_model 1)).
move/(_ line (net 1 (thin 1 1)) twice ord0 true 1%N).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT).
rewrite line_expectation1 2!across_after across_start line_mean 2!spread_across_line.
by vm_compute.
Qed.

(** ** (b) The maximum *)

(** Within four steps it is above 160 with probability at most 1/4. *)
Example T12b_maximal_holds : Pr D3 4 (fun xs => [exists u : 'I_5,
    160%:R < length_squared (across line (vector_sgd M3 line w3 (take u xs)) g0 true)]) <= 1 / 4%:R.
Proof.
have := @Statements.T12b_maximal Q 3 2 3 D3 M3 line w3 twice g0 true 4 (1 / 4%:R)
  (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _) isT (@line_no_rise _ _ _ _)
    isT.
have -> : (length_squared (across line w3 g0 true) + eta M3 ^+ 2 * heads w3 g0 ^+ 2 *
    mean D3 (spread_across M3 true) * 4%:R) / (1 / 4%:R) = 160%:R.
  by rewrite across_start line_mean 2!spread_across_line; apply/eqP; vm_compute.
by [].
Qed.

(** V halved, step size 4: the first step goes further, whatever the label. *)
Lemma T12b_maximal_wrong_half : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat)
    (delta : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j -> 0 < delta ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    (length_squared (across P w j y)
      + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) / 2%:R * t%:R) / delta
    < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) <= delta).
Proof.
move/(_ Q 1%N 2%N 3%N D3 (line_model 4%:R) line (net 1 (thin 1 1)) twice ord0 true 1%N (4%:R / 5%:R)).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT (@line_no_rise _ _ _ _) isT).
apply/negP; rewrite -ltNge line_Pr1_all => [|y]; first by vm_compute.
apply: (@bad_at 1 (fun u => _ < length_squared (across _ (vector_sgd _ _ _ (take u _)) _ _)) 1 isT).
rewrite across_after across_start line_mean 2!spread_across_line.
by case: y; vm_compute.
Qed.

(** M_t not divided by delta: exceeded with probability 1/2. *)
Lemma T12b_maximal_wrong_delta : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat)
    (delta : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> no_rising_background D w j -> 0 < delta ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    (length_squared (across P w j y)
      + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R)
    < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) <= delta).
Proof.
move/(_ Q 1%N 2%N 3%N (line_distribution once) (line_model 1)).
move/(_ line (net 1 (thin 1 1)) twice ord0 true 1%N).
move/(_ (1 / 4%:R) (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT (@line_no_rise _ _ _ _) isT).
apply/negP; rewrite -ltNge; apply: lt_le_trans (@line_Pr1_half _ _ true _); first by vm_compute.
apply: (@bad_at 1 (fun u => _ < length_squared (across _ (vector_sgd _ _ _ (take u _)) _ _)) 1 isT).
rewrite across_after across_start line_mean 2!spread_across_line.
by vm_compute.
Qed.

(** A background that only images of label + have. *)
Lemma T12b_maximal_wrong_rising_background : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (t : nat)
    (delta : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  0 < sgn y * heads w j -> 0 < delta ->
  Pr D t (fun xs => [exists u : 'I_t.+1,
    (length_squared (across P w j y)
      + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R) / delta
    < length_squared (across P (vector_sgd M P w (take u xs)) j y)]) <= delta).
Proof.
move/(_ Q 1%N 2%N 3%N (line_distribution (fun y => if y then 1%N else 0%N)) (line_model 1)).
move/(_ line (net 1 (thin 1 1)) twice ord0 true 1%N).
move/(_ (2%:R / 5%:R) (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ isT isT).
apply/negP; rewrite -ltNge; apply: lt_le_trans (@line_Pr1_half _ _ true _); first by vm_compute.
apply: (@bad_at 1 (fun u => _ < length_squared (across _ (vector_sgd _ _ _ (take u _)) _ _)) 1 isT).
rewrite across_after across_start line_mean 2!spread_across_line.
by vm_compute.
Qed.

(** ** (c) The own key *)

(** After +, +, - the key of filter 0 is 60 + 2 2, and that of the loser is where it was. *)
Example T12c_own_key_holds (y := line_sample once) :
  along line (vector_sgd M3 line w3 [:: y true; y true; y false]) g0 true = 64%:R /\
  along line (vector_sgd M3 line w3 [:: y true; y true; y false]) g2 true = -1.
Proof.
have claim (j : 'I_3) := @Statements.T12c_own_key Q 3 2 3 M3 line w3 twice j true
  [:: y true; y true; y false] (line_dictionary _) (@line_keys _) (line_fixed _) isT isT.
by split; rewrite claim ?along_start; try (apply/eqP); vm_compute.
Qed.

(** The number of key patches forgotten. *)
Lemma T12c_own_key_wrong_repeats : ~ (forall
    (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  along P (vector_sgd M P w xs) j y =
  if 0 < along P w j y
  then along P w j y + eta M * `|heads w j| * (label_count y xs)%:R
  else along P w j y).
Proof.
move/(_ Q 1%N 2%N 3%N (line_model 1)).
move/(_ line (net 1 [:: (1, (1, 0, 0))]) twice ord0 true [:: line_sample once true]).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT isT isT)/eqP.
rewrite along_after along_start.
by vm_compute.
Qed.

(** The head in the place of its size: filters of label - would lose their key. *)
Lemma T12c_own_key_wrong_head : ~ (forall
    (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  along P (vector_sgd M P w xs) j y =
  if 0 < along P w j y
  then along P w j y + eta M * heads w j * (r y)%:R * (label_count y xs)%:R
  else along P w j y).
Proof.
move/(_ Q 1%N 2%N 3%N (line_model 1)).
move/(_ line (net 1 [:: (-1, (0, 1, 0))]) twice ord0 false [:: line_sample once false]).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT isT isT)/eqP.
rewrite along_after along_start.
by vm_compute.
Qed.

(** A key below 0 does not grow. *)
Lemma T12c_own_key_wrong_dead : ~ (forall
    (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  along P (vector_sgd M P w xs) j y =
  along P w j y + eta M * `|heads w j| * (r y)%:R * (label_count y xs)%:R).
Proof.
move/(_ Q 1%N 2%N 3%N (line_model 1)).
move/(_ line (net 1 [:: (1, (-1, 0, 0))]) twice ord0 true [:: line_sample once true]).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT isT isT)/eqP.
rewrite along_after along_start.
by vm_compute.
Qed.

(** ** (d) The angle *)

(** Filter 0: tan^2 is at most 160 / 62^2 at steps 2 to 4 with probability at least 1 - 1/4 - 1/4. *)
Example T12d_angle_holds : 1 / 2%:R <= Pr D3 4 (fun xs => [forall u : 'I_5, (2 <= u)%N ==>
    (length_squared (across line (vector_sgd M3 line w3 (take u xs)) g0 true) /
       along line (vector_sgd M3 line w3 (take u xs)) g0 true ^+ 2 <= 40%:R / 961%:R)]).
Proof.
have win : winner (coordinates line w3) true g0 by rewrite winner_line.
have := @Statements.T12d_angle Q 3 2 3 D3 M3 line w3 twice g0 true 2 4 1 (1 / 4%:R)
  (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _) win (@line_no_rise _ _ _ _)
    isT isT.
have -> : (length_squared (across line w3 g0 true) + eta M3 ^+ 2 * heads w3 g0 ^+ 2 *
    mean D3 (spread_across M3 true) * 4%:R) /
    (1 / 4%:R * (along line w3 g0 true + eta M3 * `|heads w3 g0| * (twice true)%:R * 1%:R) ^+ 2) =
    40%:R / 961%:R.
  by rewrite across_start along_start line_mean 2!spread_across_line; apply/eqP; vm_compute.
by rewrite few_of_two; have -> : 1 - 1 / 4%:R - 1 / 4%:R = 1 / 2%:R :> Q by apply/eqP; vm_compute.
Qed.

(** V halved: the angle is larger after the first step, whatever the label. *)
Lemma T12d_angle_wrong_half : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool)
    (t0 t b : nat) (delta : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  winner (coordinates P w) y j -> no_rising_background D w j -> (t0 <= t)%N -> 0 < delta ->
  1 - binomial_below t0 (prior D y) b - delta <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (length_squared (across P (vector_sgd M P w (take u xs)) j y) /
       along P (vector_sgd M P w (take u xs)) j y ^+ 2 <=
     (length_squared (across P w j y)
        + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) / 2%:R * t%:R) /
       (delta * (along P w j y + eta M * `|heads w j| * (r y)%:R * b%:R) ^+ 2))])).
Proof.
have win : winner (coordinates line (net 1 (thin 32%:R 1))) true ord0 by rewrite winner_line.
move/(_ Q 1%N 2%N 3%N D3 (line_model 4%:R)).
move/(_ line (net 1 (thin 32%:R 1)) twice ord0 true 1%N 1%N 0%N (4%:R / 5%:R)).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ win (@line_no_rise _ _ _ _) isT isT).
apply/negP; rewrite -ltNge line_Pr1_none => [|y]; first by rewrite binomial_below0; vm_compute.
apply: (@not_good_at 1 1 (fun u => length_squared (across _ (vector_sgd _ _ _ (take u _)) _ _) /
  along _ (vector_sgd _ _ _ (take u _)) _ _ ^+ 2 <= _) 1 isT isT).
rewrite across_after along_after across_start along_start line_mean 2!spread_across_line.
by case: y; vm_compute.
Qed.

(** Five images of label + in one step: the probability of fewer is 1. *)
Lemma T12d_angle_wrong_few_images : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool)
    (t0 t b : nat) (delta : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  winner (coordinates P w) y j -> no_rising_background D w j -> (t0 <= t)%N -> 0 < delta ->
  1 - delta <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (length_squared (across P (vector_sgd M P w (take u xs)) j y) /
       along P (vector_sgd M P w (take u xs)) j y ^+ 2 <=
     (length_squared (across P w j y)
        + eta M ^+ 2 * heads w j ^+ 2 * mean D (spread_across M y) * t%:R) /
       (delta * (along P w j y + eta M * `|heads w j| * (r y)%:R * b%:R) ^+ 2))])).
Proof.
have win : winner (coordinates line (net 1 (thin 32%:R 1))) true ord0 by rewrite winner_line.
move/(_ Q 1%N 2%N 3%N D3 (line_model 4%:R)).
move/(_ line (net 1 (thin 32%:R 1)) twice ord0 true 1%N 1%N 5%N (4%:R / 5%:R)).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ win (@line_no_rise _ _ _ _) isT isT).
apply/negP; rewrite -ltNge line_Pr1_none => [|y]; first by vm_compute.
apply: (@not_good_at 1 1 (fun u => length_squared (across _ (vector_sgd _ _ _ (take u _)) _ _) /
  along _ (vector_sgd _ _ _ (take u _)) _ _ ^+ 2 <= _) 1 isT isT).
rewrite across_after along_after across_start along_start line_mean 2!spread_across_line.
by case: y; vm_compute.
Qed.

(** ** (e) Norms *)

(** Every winner is four times as long as the loser at steps 2 to 4, with probability at least
    1 - 1/4 - 1/4 - 1/4: 62^2 >= 4^2 (1 + 40 4). *)
Example T12e_norms_holds : 1 / 4%:R <= Pr D3 4 (fun xs => [forall u : 'I_5, (2 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates line w3) y j && loser (coordinates line w3) i
      ==>
      (4%:R ^+ 2 * length_squared (filters (vector_sgd M3 line w3 (take u xs)) i) <=
       length_squared (filters (vector_sgd M3 line w3 (take u xs)) j))]]).
Proof.
have := @Statements.T12e_norms Q 3 2 3 D3 M3 line w3 twice 2 4 (fun=> 1%N) (fun=> 1 / 4%:R) 4%:R
  (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _) three_heads (fun _ _ =>
    @line_no_rise _ _ _ _) isT (fun _ _ => isT).
move=> /(_ _)/wrap[|]; last by apply: le_trans; rewrite three_losers three_few; vm_compute.
apply: three_cases; rewrite 2!along_start across_start line_mean 2!spread_across_line.
  by vm_compute.
by vm_compute.
Qed.

(** A winner with a long key, and a loser. *)
Definition pair (z : rat) : seq (rat * triple) := [:: (1, (40%:R, 0, 0)); (1, (-1, 0, z))].

Lemma pair_heads z (i : 'I_2) : heads (net 2 (pair z)) i != 0.
Proof. by move: i => [[|[|i]] lt_i]. Qed.

Lemma pair_labels z :
  \sum_(y | (0 < winners (coordinates line (net 2 (pair z))) y)%N) binomial_below 1 (prior D3 y) 0 = 0.
Proof. by rewrite big1 // => y _; exact: binomial_below0. Qed.

Lemma pair_loser z i : loser (coordinates line (net 2 (pair z))) i = (i == 1%N :> nat).
Proof. by rewrite loser_line; move: i => [[|[|i]] lt_i]; last (by []); vm_compute. Qed.

Lemma pair_cases z (E : bool -> bool -> 'I_2 -> 'I_2 -> Prop) :
  E true true ord0 (@Ordinal 2 1 isT) -> forall y y' j i,
  winner (coordinates line (net 2 (pair z))) y j -> loser (coordinates line (net 2 (pair z))) i ->
  0 < sgn y' * heads (net 2 (pair z)) i -> E y y' j i.
Proof.
move=> e y y' j i; rewrite winner_line pair_loser => win /eqP i_.
have -> : i = @Ordinal 2 1 isT by exact: val_inj.
case: y' => [_ | //].
have [-> j_] : y = true /\ j = 0%N :> nat.
  by move: j win => [[|[|j]] lt_j]; last (by []); case: y; vm_compute.
by have -> : j = ord0 by exact: val_inj.
Qed.

Lemma pair_losers z (delta : rat) :
  \sum_(i | loser (coordinates line (net 2 (pair z))) i) delta = delta.
Proof. by rewrite (eq_bigl _ _ (@pair_loser z)) big_mkcond !big_ord_recl big_ord0 /= add0r addr0. Qed.

(** V halved: after the first step the factor is not four, whatever the label. *)
Lemma T12e_norms_wrong_half : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) (ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, loser (coordinates P w) i -> no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, loser (coordinates P w) i -> 0 < delta i) ->
  (forall y y' j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    0 < sgn y' * heads w i ->
    ratio ^+ 2 * (along P w i y' ^+ 2 + (length_squared (across P w i y')
        + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y') / 2%:R * t%:R) / delta i) <=
    (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)
    - \sum_(i | loser (coordinates P w) i) delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]])).
Proof.
move/(_ Q 2%N 2%N 3%N D3 (line_model 4%:R)).
move/(_ line (net 2 (pair 1)) twice 1%N 1%N (fun=> 0%N) (fun=> 4%:R / 5%:R) 4%:R).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@pair_heads 1) (fun _ _ => @line_no_rise _ _ _ _) isT (fun _ _ => isT)).
move=> /(_ _)/wrap[|].
  apply: pair_cases; rewrite 2!along_start across_start line_mean 2!spread_across_line.
  by vm_compute.
apply/negP; rewrite -ltNge line_Pr1_none => [|y]; first by rewrite pair_labels pair_losers; vm_compute.
rewrite negb_forall; apply/existsP; exists (@Ordinal 2 1 isT); rewrite negb_imply; apply/andP; split=>
  [//|].
apply: (@no_dominance 2 (pair 1) _ _ true ord0 (@Ordinal 2 1 isT)).
- by rewrite winner_line; vm_compute.
- by rewrite loser_line; vm_compute.
by rewrite !length_after; case: y; vm_compute.
Qed.

(** The losers' shares not subtracted: with a share of 100 every factor would be certain. *)
Lemma T12e_norms_wrong_shares : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) (ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, loser (coordinates P w) i -> no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, loser (coordinates P w) i -> 0 < delta i) ->
  (forall y y' j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    0 < sgn y' * heads w i ->
    ratio ^+ 2 * (along P w i y' ^+ 2 + (length_squared (across P w i y')
        + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y') * t%:R) / delta i) <=
    (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)  <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]])).
Proof.
move/(_ Q 2%N 2%N 3%N D3 (line_model 4%:R)).
move/(_ line (net 2 (pair 1)) twice 1%N 1%N (fun=> 0%N) (fun=> 100%:R) 4%:R).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@pair_heads 1) (fun _ _ => @line_no_rise _ _ _ _) isT (fun _ _ => isT)).
move=> /(_ _)/wrap[|].
  apply: pair_cases; rewrite 2!along_start across_start line_mean 2!spread_across_line.
  by vm_compute.
apply/negP; rewrite -ltNge line_Pr1_none => [|y]; first by rewrite pair_labels; vm_compute.
rewrite negb_forall; apply/existsP; exists (@Ordinal 2 1 isT); rewrite negb_imply; apply/andP; split=>
  [//|].
apply: (@no_dominance 2 (pair 1) _ _ true ord0 (@Ordinal 2 1 isT)).
- by rewrite winner_line; vm_compute.
- by rewrite loser_line; vm_compute.
by rewrite !length_after; case: y; vm_compute.
Qed.

(** ** (f) Accuracy *)

(** Accuracy is 1 at steps 2 to 4 with probability at least 1 - 1/4 - 1/4 - 3/12: 4 24 < 2 62 and
    4 (22 + 22) < 201. *)
Example T12f_accuracy_holds : 1 / 4%:R <= Pr D3 4 (fun xs => [forall u : 'I_5, (2 <= u)%N ==>
    (accuracy D3 M3 (coordinates line (vector_sgd M3 line w3 (take u xs))) == 1)]).
Proof.
pose X (i : 'I_3) : rat := if i == 1%N :> nat then 24%:R else 22%:R.
have X0 i : 0 <= X i by rewrite /X; case: ifP.
have := @Statements.T12f_accuracy Q 3 2 3 D3 M3 line w3 twice 2 4 (fun=> 1%N) (fun=> 1 / 12%:R) X
  (fun=> 4%:R)
  (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _) (@line_no_rise _ _ _) isT
    (fun=> isT) X0 (fun=> isT).
move=> /(_ _ _ _)/wrap[||| ].
- by apply: three_own; rewrite across_start line_mean 2!spread_across_line; vm_compute.
- by case; rewrite spread_line; vm_compute.
- by move=> y; rewrite three_others three_winners; case: y; rewrite along_start; vm_compute.
by apply: le_trans; rewrite big_bool !few_of_two sumr_const card_ord; vm_compute.
Qed.

(** Two winners; that of label - hears much of the background, four times as often now. *)
Definition often (y : bool) : nat := 4%N.
Definition rivals : seq (rat * triple) := [:: (1, (120%:R, 0, 0)); (-1, (0, 200%:R, 12%:R))].
Local Notation D4 := (line_distribution often).
Local Notation w4 := (net 2 rivals).
Notation h0 := (@Ordinal 2 0 isT).
Notation h1 := (@Ordinal 2 1 isT).

Lemma two_own a b (E : 'I_2 -> bool -> Prop) : E h0 true -> E h1 false ->
  forall i y, 0 < sgn y * heads (net 2 [:: (1, a); (-1, b)]) i -> E i y.
Proof.
move=> e0 e1 i y; move: i => [[|[|i]] lt_i]; last by [].
- have -> : Ordinal lt_i = h0 by exact: val_inj.
  by case: y.
have -> : Ordinal lt_i = h1 by exact: val_inj.
by case: y.
Qed.

Lemma two_others a b y (F : 'I_2 -> rat) :
  \sum_(i | sgn y * heads (net 2 [:: (1, a); (-1, b)]) i < 0) F i = if y then F h1 else F h0.
Proof.
rewrite (eq_bigl (pred1 (if y then h1 else h0))) ?big_pred1_eq; first by case: y.
by move=> i; move: i => [[|[|i]] lt_i]; last (by []); case: y.
Qed.

Lemma two_winners a b y (F : 'I_2 -> rat) : 0 < a.1.1 -> 0 < b.1.2 ->
  \sum_(j | winner (coordinates line (net 2 [:: (1, a); (-1, b)])) y j) F j = if y then F h0 else F h1.
Proof.
move=> a0 b0; rewrite (eq_bigl (pred1 (if y then h0 else h1))) ?big_pred1_eq; first by case: y.
move=> j; rewrite winner_line; move: j => [[|[|j]] lt_j]; last (by []); case: y => //.
all: by apply/andP; split.
Qed.

Lemma rivals_lose : ~~ [forall u : 'I_2, (1 <= u)%N ==> (accuracy D4 M3
  (coordinates line (vector_sgd M3 line w4 (take u [:: line_sample often false]))) == 1)].
Proof.
rewrite negb_forall; apply/existsP; exists h1; rewrite negb_imply; apply/andP; split=> [//|].
by rewrite (@not_accurate often _ _ _ _ true); [|vm_compute].
Qed.

(** M_t not divided by delta: after an image of label - the margin of label + is 240 - 288. *)
Lemma T12f_accuracy_wrong_delta : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta X : 'I_n -> R) (rho : bool -> R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, 0 < delta i) -> (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
  (forall i y, 0 < sgn y * heads w i ->
    (length_squared (across P w i y)
        + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y) * t%:R) <= X i ^+ 2) ->
  (forall i : atom D, spread M (sample_at i) <= rho (label (sample_at i)) ^+ 2) ->
  (forall y, rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_i delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)])).
Proof.
pose X (i : 'I_2) : rat := if i == 0%N :> nat then 13%:R else 18%:R.
have X0 i : 0 <= X i by rewrite /X; case: ifP.
move/(_ Q 2%N 2%N 3%N D4 M3 line w4 twice 1%N 1%N (fun=> 0%N) (fun=> 1 / 8%:R) X (fun=> 13%:R)).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@line_no_rise _ _ _) isT (fun=> isT) X0 (fun=> isT)).
move=> /(_ _ _ _)/wrap[||| ].
- by apply: two_own; rewrite across_start line_mean 2!spread_across_line; vm_compute.
- by case; rewrite spread_line; vm_compute.
- by move=> y; rewrite two_others two_winners //; case: y; rewrite along_start; vm_compute.
apply/negP; rewrite -ltNge; apply: le_lt_trans (@line_Pr1_not _ _ false rivals_lose) _.
by rewrite big1 => [|y _]; rewrite ?binomial_below0 ?sumr_const ?card_ord; vm_compute.
Qed.

(** The shares not subtracted. *)
Lemma T12f_accuracy_wrong_shares : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta X : 'I_n -> R) (rho : bool -> R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, 0 < delta i) -> (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
  (forall i y, 0 < sgn y * heads w i ->
    (length_squared (across P w i y)
        + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y) * t%:R) / delta i <= X i ^+ 2) ->
  (forall i : atom D, spread M (sample_at i) <= rho (label (sample_at i)) ^+ 2) ->
  (forall y, rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)])).
Proof.
pose X (i : 'I_2) : rat := if i == 0%N :> nat then 13%:R else 18%:R.
have X0 i : 0 <= X i by rewrite /X; case: ifP.
move/(_ Q 2%N 2%N 3%N D4 M3 line w4 twice 1%N 1%N (fun=> 0%N) (fun=> 100%:R) X (fun=> 13%:R)).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@line_no_rise _ _ _) isT (fun=> isT) X0 (fun=> isT)).
move=> /(_ _ _ _)/wrap[||| ].
- by apply: two_own; rewrite across_start line_mean 2!spread_across_line; vm_compute.
- by case; rewrite spread_line; vm_compute.
- by move=> y; rewrite two_others two_winners //; case: y; rewrite along_start; vm_compute.
apply/negP; rewrite -ltNge; apply: le_lt_trans (@line_Pr1_not _ _ false rivals_lose) _.
by rewrite big1 => [|y _]; rewrite ?binomial_below0 ; vm_compute.
Qed.

(** ** (i) The wrong key apart *)

(** One image of label + takes the wrong key of filter 1 from 1 to -1: between -2 and 1. *)
Example T12i_other_key_holds (w' := vector_sgd M3 line w3 [:: line_sample once true]) :
  along line w' g1 true = -1 /\
  [/\ along line w' g1 true <= 1, -2%:R <= along line w' g1 true & along line w' g1 true ^+ 2 <= 4%:R].
Proof.
split; first by rewrite along_after; apply/eqP; vm_compute.
have := @Statements.T12i_other_key Q 3 2 3 M3 line w3 twice g1 false [:: line_sample once true]
  (line_dictionary _) (@line_keys _) (line_fixed _) isT isT isT.
rewrite (@along_start 3 three g1 (~~ false)) => -[up low square].
split; [exact: up | exact: (le_trans _ low) | exact: (le_trans square _)].
Qed.

(** The number of key patches forgotten: the key falls from 1/2 to -3/2. *)
Lemma T12i_other_key_wrong_repeats : ~ (forall
    (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  [/\ along P (vector_sgd M P w xs) j (~~ y) <= along P w j (~~ y),
      Num.min (along P w j (~~ y)) (- (eta M * `|heads w j|)) <=
        along P (vector_sgd M P w xs) j (~~ y)
    & along P (vector_sgd M P w xs) j (~~ y) ^+ 2 <=
        Num.max (along P w j (~~ y) ^+ 2) ((eta M * `|heads w j| * (r (~~ y))%:R) ^+ 2)]).
Proof.
move/(_ Q 1%N 2%N 3%N M3).
move/(_ line (net 1 [:: (-1, (1 / 2%:R, 0, 0))]) twice ord0 false [:: line_sample once true]).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT isT isT).
rewrite along_after along_start => -[up low square].
by move: low; vm_compute.
Qed.

(** So its square does not stay below that of the start. *)
Lemma T12i_other_key_wrong_square : ~ (forall
    (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d)
    (w : network R n d) (r : bool -> nat) (j : 'I_n) (y : bool) (xs : seq (sample K)),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  all (keys_by_label r) xs -> 0 < sgn y * heads w j ->
  [/\ along P (vector_sgd M P w xs) j (~~ y) <= along P w j (~~ y),
      Num.min (along P w j (~~ y)) (- (eta M * `|heads w j| * (r (~~ y))%:R)) <=
        along P (vector_sgd M P w xs) j (~~ y)
    & along P (vector_sgd M P w xs) j (~~ y) ^+ 2 <=
        along P w j (~~ y) ^+ 2]).
Proof.
move/(_ Q 1%N 2%N 3%N M3).
move/(_ line (net 1 [:: (-1, (1 / 2%:R, 0, 0))]) twice ord0 false [:: line_sample once true]).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT isT isT).
rewrite along_after along_start => -[up low square].
by move: square; vm_compute.
Qed.

(** Norms: the factor is five at least: 62^2 >= 5^2 (1 + max(1, 1) + (1 + 9 4) 4). *)
Example T12i_norms_holds : 1 / 4%:R <= Pr D3 4 (fun xs => [forall u : 'I_5, (2 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates line w3) y j && loser (coordinates line w3) i
      ==>
      (5%:R ^+ 2 * length_squared (filters (vector_sgd M3 line w3 (take u xs)) i) <=
       length_squared (filters (vector_sgd M3 line w3 (take u xs)) j))]]).
Proof.
have := @Statements.T12i_norms Q 3 2 3 D3 M3 line w3 twice 2 4 (fun=> 1%N) (fun=> 1 / 4%:R) 5%:R
  (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _) three_heads (fun _ _ =>
    @line_no_rise _ _ _ _) isT (fun _ _ => isT).
move=> /(_ _)/wrap[|]; last by apply: le_trans; rewrite three_losers three_few; vm_compute.
apply: three_cases; rewrite aside_start 3!along_start line_mean spread_backgrounds_line.
  by vm_compute.
by vm_compute.
Qed.

(** No background at all; the key of label + is the wrong one of the loser. *)
Definition never (y : bool) : nat := 0%N.
Definition crossed : seq (rat * triple) := [:: (1, (10%:R, 0, 0)); (-1, (1 / 2%:R, -1, 0))].
Local Notation w5 := (net 2 crossed).

Lemma crossed_heads (i : 'I_2) : heads w5 i != 0.
Proof. by move: i => [[|[|i]] lt_i]. Qed.

Lemma crossed_loser i : loser (coordinates line w5) i = (i == 1%N :> nat).
Proof. by rewrite loser_line; move: i => [[|[|i]] lt_i]; last (by []); vm_compute. Qed.

Lemma crossed_winner y j : winner (coordinates line w5) y j = y && (j == 0%N :> nat).
Proof. by rewrite winner_line; move: j => [[|[|j]] lt_j]; last (by []); case: y; vm_compute. Qed.

Lemma crossed_cases (E : bool -> bool -> 'I_2 -> 'I_2 -> Prop) : E true false h0 h1 ->
  forall y y' j i, winner (coordinates line w5) y j -> loser (coordinates line w5) i ->
  0 < sgn y' * heads w5 i -> E y y' j i.
Proof.
move=> e y y' j i; rewrite crossed_winner crossed_loser => /andP[-> /eqP j_] /eqP i_.
have -> : i = h1 by exact: val_inj.
have -> : j = h0 by exact: val_inj.
by case: y'.
Qed.

Lemma crossed_losers (delta : rat) : \sum_(i | loser (coordinates line w5) i) delta = delta.
Proof. by rewrite (eq_bigl _ _ crossed_loser) big_mkcond !big_ord_recl big_ord0 /= add0r addr0. Qed.

(** The wrong key counted as at the start only: 8^2 (1 + 1/4) < 10^2, but 8^2 (1 + 9/4) > 12^2. *)
Lemma T12i_norms_wrong_other_key : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) (ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, loser (coordinates P w) i -> no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, loser (coordinates P w) i -> 0 < delta i) ->
  (forall y y' j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    0 < sgn y' * heads w i ->
    ratio ^+ 2 * (along P w i y' ^+ 2
      + along P w i (~~ y') ^+ 2
      + (length_squared (across P w i y' - along P w i (~~ y') *: P (key (~~ y')))
         + eta M ^+ 2 * heads w i ^+ 2 * mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
             (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R)
        / delta i) <=
    (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)
    - \sum_(i | loser (coordinates P w) i) delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]])).
Proof.
move/(_ Q 2%N 2%N 3%N (line_distribution never) M3).
move/(_ line w5 twice 1%N 1%N (fun=> 0%N) (fun=> 1 / 4%:R) 8%:R).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ crossed_heads (fun _ _ => @line_no_rise _ _ _ _) isT (fun _ _ => isT)).
move=> /(_ _)/wrap[|].
  apply: crossed_cases; rewrite aside_start 3!along_start line_mean spread_backgrounds_line.
  by vm_compute.
apply/negP; rewrite -ltNge; apply: le_lt_trans (@line_Pr1_not never _ true _) _.
  rewrite negb_forall; apply/existsP; exists (@Ordinal 2 1 isT); rewrite negb_imply.
  apply/andP; split=> [//|]; apply: (@no_dominance 2 crossed _ _ true h0 h1).
  - by rewrite crossed_winner.
  - by rewrite crossed_loser.
  by rewrite !length_after; vm_compute.
by rewrite crossed_losers big1 => [|y _]; rewrite ?binomial_below0; vm_compute.
Qed.

(** The losers' shares not subtracted. *)
Lemma T12i_norms_wrong_shares : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) (ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, loser (coordinates P w) i -> no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, loser (coordinates P w) i -> 0 < delta i) ->
  (forall y y' j i, winner (coordinates P w) y j -> loser (coordinates P w) i ->
    0 < sgn y' * heads w i ->
    ratio ^+ 2 * (along P w i y' ^+ 2
      + Num.max (along P w i (~~ y') ^+ 2) ((eta M * `|heads w i| * (r (~~ y'))%:R) ^+ 2)
      + (length_squared (across P w i y' - along P w i (~~ y') *: P (key (~~ y')))
         + eta M ^+ 2 * heads w i ^+ 2 * mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
             (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R)
        / delta i) <=
    (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R) ^+ 2) ->
  1 - \sum_(y | (0 < winners (coordinates P w) y)%N) binomial_below t0 (prior D y) (b y)  <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    [forall y, forall j, forall i, winner (coordinates P w) y j && loser (coordinates P w) i ==>
      (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
       length_squared (filters (vector_sgd M P w (take u xs)) j))]])).
Proof.
move/(_ Q 2%N 2%N 3%N D3 (line_model 4%:R)).
move/(_ line (net 2 (pair 1)) twice 1%N 1%N (fun=> 0%N) (fun=> 100%:R) 4%:R).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@pair_heads 1) (fun _ _ => @line_no_rise _ _ _ _) isT (fun _ _ => isT)).
move=> /(_ _)/wrap[|].
  apply: pair_cases; rewrite aside_start 3!along_start line_mean spread_backgrounds_line.
  by vm_compute.
apply/negP; rewrite -ltNge line_Pr1_none => [|y]; first by rewrite pair_labels; vm_compute.
rewrite negb_forall; apply/existsP; exists (@Ordinal 2 1 isT); rewrite negb_imply; apply/andP; split=>
  [//|].
apply: (@no_dominance 2 (pair 1) _ _ true ord0 (@Ordinal 2 1 isT)).
- by rewrite winner_line; vm_compute.
- by rewrite loser_line; vm_compute.
by rewrite !length_after; case: y; vm_compute.
Qed.

(** Accuracy: 2 1 + 3 22 < 2 62 and 1 (1 + 1) + 3 (22 + 22) < 201. *)
Example T12i_accuracy_holds : 1 / 4%:R <= Pr D3 4 (fun xs => [forall u : 'I_5, (2 <= u)%N ==>
    (accuracy D3 M3 (coordinates line (vector_sgd M3 line w3 (take u xs))) == 1)]).
Proof.
have := @Statements.T12i_accuracy Q 3 2 3 D3 M3 line w3 twice 2 4 (fun=> 1%N) (fun=> 1 / 12%:R)
  (fun=> 22%:R) (fun=> 3%:R) (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)
    (@line_no_rise _ _ _) isT
  (fun=> isT) (fun=> isT) (fun=> isT).
move=> /(_ _ _ _)/wrap[||| ].
- by apply: three_own; rewrite aside_start line_mean spread_backgrounds_line; vm_compute.
- by case; rewrite spread_backgrounds_line; vm_compute.
- by move=> y; rewrite 2!three_others three_winners; case: y; rewrite !along_start; vm_compute.
by apply: le_trans; rewrite big_bool !few_of_two sumr_const card_ord; vm_compute.
Qed.

(** The wrong key of filter 1 says more of label + than the own key of filter 0. *)
Definition louder : seq (rat * triple) := [:: (1, (1, 0, 0)); (-1, (2%:R, 1, 0))].
Local Notation w6 := (net 2 louder).

Lemma louder_wrong : ~~ [forall u : 'I_1, (0 <= u)%N ==> (accuracy (line_distribution never) M3
  (coordinates line (vector_sgd M3 line w6 (take u [::]))) == 1)].
Proof.
rewrite negb_forall; apply/existsP; exists ord0; rewrite negb_imply; apply/andP; split=> [//|].
by rewrite (@not_accurate never _ _ _ _ true); [|vm_compute].
Qed.

(** The wrong key left out. *)
Lemma T12i_accuracy_wrong_other_key : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta X : 'I_n -> R) (rho : bool -> R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, 0 < delta i) -> (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
  (forall i y, 0 < sgn y * heads w i ->
    (length_squared (across P w i y - along P w i (~~ y) *: P (key (~~ y)))
      + eta M ^+ 2 * heads w i ^+ 2 * mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
          (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R)
      / delta i <= X i ^+ 2) ->
  (forall i : atom D,
    \sum_k \sum_l (count (sample_at i) (background k))%:R * (count (sample_at i) (background l))%:R *
      Num.max 0 (gram M (background k) (background l)) <= rho (label (sample_at i)) ^+ 2) ->
  (forall y, rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_i delta i <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)])).
Proof.
move/(_ Q 2%N 2%N 3%N (line_distribution never) M3 line w6 twice 0%N 0%N (fun=> 0%N) (fun=> 1 / 8%:R)).
move/(_ (fun=> 0) (fun=> 0) (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@line_no_rise _ _ _) isT).
move/(_ (fun=> isT) (fun=> isT) (fun=> isT)) => /(_ _ _ _)/wrap[||| ].
- by apply: two_own; rewrite aside_start line_mean spread_backgrounds_line; vm_compute.
- by case; rewrite spread_backgrounds_line; vm_compute.
- by move=> y; rewrite two_others two_winners //; case: y; rewrite along_start; vm_compute.
apply/negP; rewrite -ltNge PrE expectation0 (negbTE louder_wrong).
by rewrite big1 => [|y _]; rewrite ?binomial_below0 ?sumr_const ?card_ord; vm_compute.
Qed.

(** The shares not subtracted. *)
Lemma T12i_accuracy_wrong_shares : ~ (forall
    (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta X : 'I_n -> R) (rho : bool -> R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, no_rising_background D w i) ->
  (t0 <= t)%N -> (forall i, 0 < delta i) -> (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
  (forall i y, 0 < sgn y * heads w i ->
    (length_squared (across P w i y - along P w i (~~ y) *: P (key (~~ y)))
      + eta M ^+ 2 * heads w i ^+ 2 * mean D (fun x => \sum_k \sum_l (count x (background k))%:R *
          (count x (background l))%:R * Num.max 0 (gram M (background k) (background l))) * t%:R)
      / delta i <= X i ^+ 2) ->
  (forall i : atom D,
    \sum_k \sum_l (count (sample_at i) (background k))%:R * (count (sample_at i) (background l))%:R *
      Num.max 0 (gram M (background k) (background l)) <= rho (label (sample_at i)) ^+ 2) ->
  (forall y, (r y)%:R * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * relu (along P w i y))
      + rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
    (r y)%:R * (\sum_(j | winner (coordinates P w) y j)
      `|heads w j| * (along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R))) ->
  1 - \sum_y binomial_below t0 (prior D y) (b y) <=
  Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
    (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)])).
Proof.
pose X (i : 'I_2) : rat := if i == 0%N :> nat then 13%:R else 18%:R.
have X0 i : 0 <= X i by rewrite /X; case: ifP.
move/(_ Q 2%N 2%N 3%N D4 M3 line w4 twice 1%N 1%N (fun=> 0%N) (fun=> 100%:R) X (fun=> 13%:R)).
move/(_ (line_dictionary _) (@line_keys _) (line_fixed _) isT (@line_unique _)).
move/(_ (@line_no_rise _ _ _) isT (fun=> isT) X0 (fun=> isT)).
move=> /(_ _ _ _)/wrap[||| ].
- by apply: two_own; rewrite aside_start line_mean spread_backgrounds_line; vm_compute.
- by case; rewrite spread_backgrounds_line; vm_compute.
- by move=> y; rewrite 2!two_others two_winners //; case: y; rewrite !along_start; vm_compute.
apply/negP; rewrite -ltNge; apply: le_lt_trans (@line_Pr1_not _ _ false rivals_lose) _.
by rewrite big1 => [|y _]; rewrite ?binomial_below0 ; vm_compute.
Qed.
