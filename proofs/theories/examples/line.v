(** * Problems on a line, for the examples of T6c, T13 and T14

    Filters and patterns are numbers: the keys are k and -k, there is no background pattern, and three
    filters z0, z1, z2 have the heads a0, a1, a2. An image of label y has [times] patches, all of its
    key. Everything about one step comes by computation. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability pathwise norm_potential.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation Q := rat_realFieldType.
Notation g0 := (@Ordinal 3 0 isT).
Notation g1 := (@Ordinal 3 1 isT).
Notation g2 := (@Ordinal 3 2 isT).

(** A number as a vector. *)
Definition point (z : Q) : 'rV[Q]_1 := const_mx z.

Lemma dot_point x z : dot (point x) (point z) = x * z.
Proof. by rewrite /dot big_ord1 !mxE. Qed.

Lemma length_point z : length_squared (point z) = z * z.
Proof. exact: dot_point. Qed.

(** The keys. *)
Definition line_key (k : Q) (p : pattern 0) : 'rV[Q]_1 := point (if p is key true then k else - k).

Definition line_model (f : activation Q) (l : loss) (k e : Q) : model Q 0 := {|
  gram := fun p q => dot (line_key k p) (line_key k q);
  activation_of := f;
  pooling_of := SumPooling;
  loss_of := l;
  trained := false;
  eta := e
|}.

Lemma line_dictionary f l k e : dictionary_of (line_model f l k e) (line_key k).
Proof. by []. Qed.

(** The image of label y with this number of patches. *)
Definition line_sample (times : nat) (y : bool) : sample 0 :=
  Sample y (fun p => if p is key y' then if y' == y then times else 0%N else 0%N).

(** Three filters with their heads. *)
Definition three (a b c : Q) (j : 'I_3) : Q := 
  if j == 0%N :> nat then a else if j == 1%N :> nat then b else c.

Definition line_network (a0 a1 a2 z0 z1 z2 : Q) : network Q 3 1 :=
  {| filters := fun j => point (three z0 z1 z2 j); heads := three a0 a1 a2 |}.

(** Both images, with probabilities p and 1 - p. *)
Section Law.
Variables (times : nat) (p : Q).
Hypothesis p01 : 0 < p < 1.
Let chance_of (y : bool) : Q := if y then p else 1 - p.
Lemma line_gt0 y : 0 < chance_of y.
Proof. by case/andP: p01 => p0 p1; case: y; rewrite /chance_of ?subr_gt0. Qed.
Lemma line_sum : \sum_y chance_of y = 1.
Proof. by rewrite big_bool /= addrC subrK. Qed.
Definition line_law : distribution Q 0 :=
  @Distribution Q 0 bool_finType (line_sample times) chance_of line_gt0 line_sum.
End Law.

(** The sums of a line. *)
Lemma sum3 (V : zmodType) (F : 'I_3 -> V) : \sum_j F j = F g0 + F g1 + F g2.
Proof. by rewrite !big_ord_recr big_ord0 /= add0r; congr (F _ + F _ + F _); exact: val_inj. Qed.

Lemma sum_keys (V : zmodType) (F : pattern 0 -> V) : \sum_p F p = F (key true) + F (key false).
Proof. by rewrite sum_pattern big_ord0 addr0. Qed.

Lemma sum_winners (V : zmodType) (A : pred 'I_3) (F : 'I_3 -> V) :
  \sum_(j | A j) F j = (if A g0 then F g0 else 0) + (if A g1 then F g1 else 0) +
    (if A g2 then F g2 else 0).
Proof. by rewrite big_mkcond sum3. Qed.

(** The margin of an image in any state, and what one step does to a coordinate. *)
Section Line.
Variables (f : activation Q) (l : loss) (k e : Q) (times : nat).
Implicit Types (s : state Q 3 0) (y : bool) (j : 'I_3).
Local Notation M := (line_model f l k e).

Lemma line_margin s y : margin M s (line_sample times y) = sgn y * (times%:R *
  (head s g0 * activate f (weight s g0 (key y)) + head s g1 * activate f (weight s g1 (key y))
   + head s g2 * activate f (weight s g2 (key y)))).
Proof.
rewrite /margin /output sum3 /pooled /= !sum_keys; congr (_ * _).
by case: y => /=; rewrite !mul0r ?addr0 ?add0r; ring.
Qed.

Lemma line_step s y j q : weight (step M s (single Q (line_sample times y))) j q = weight s j q +
  e * head s j * (gate_at M s (line_sample times y) * sgn y *
    (times%:R * derivative f (weight s j (key y))) * gram M (key y) q).
Proof.
rewrite /step /move /=; congr (_ + _ * _); rewrite sum_keys /filter_gradient /gated /= !big_seq1 /=
  mul1r.
by rewrite /pooled_derivative /=; case: y => /=; rewrite !mul0r !mulr0 !mul0r ?addr0 ?add0r.
Qed.

Lemma line_head s y j : head (step M s (single Q (line_sample times y))) j = head s j.
Proof. by []. Qed.

Lemma line_gram y y' : gram M (key y) (key y') = sgn y * sgn y' * (k * k).
Proof. by rewrite /= dot_point; case: y; case: y'; rewrite /sgn; ring. Qed.

Lemma line_spread y : spread M (line_sample times y) = times%:R * times%:R * Num.max 0 (k * k).
Proof.
rewrite /spread !sum_keys !line_gram.
by case: y => /=; rewrite ?mul0r ?mulr0 ?mul0r ?addr0 ?add0r ?addr0 ?add0r /sgn ?mulrNN !mul1r.
Qed.

(** What does not move while its gate is open is met with an open gate for ever. *)
Lemma stuck s x u : same_state s (step M s (single Q x)) -> gate_at M s x != 0 ->
  mistakes M s (nseq u x) = u.
Proof.
move=> same open; elim: u => //= u IH; rewrite open -(mistakes_same M _ same) IH.
by [].
Qed.

End Line.

(** ** The hypotheses of the theorems, on a path of one image *)

Lemma line_not_aligned f l k e : 0 < k -> keys_not_aligned (line_model f l k e).
Proof.
move=> k0; split=> [y||y [] //].
  by rewrite line_gram sgn_sqr mul1r mulr_gt0.
by rewrite line_gram /sgn mul1r mulN1r oppr_le0 ltW // mulr_gt0.
Qed.

Lemma line_opposed f l e : keys_opposed (line_model f l 1 e).
Proof.
by split=> [y|y|y [] //]; rewrite line_gram; case: y; apply/eqP.
Qed.

Lemma line_keys times y : key_at_least times (line_sample times y).
Proof. by rewrite /key_at_least /= eqxx leqnn; case: y. Qed.

Lemma line_label_keys times y : keys_by_label (fun _ => times) (line_sample times y).
Proof. by case: y; rewrite /keys_by_label /= eqxx. Qed.

Section OneImage.
Variables (f : activation Q) (l : loss) (k e : Q) (times : nat) (y : bool).
Local Notation B := [:: single Q (line_sample times y)].

Lemma one_within : all (weights_within 1) B.
Proof. exact: (singles_within Q [:: line_sample times y]). Qed.

Lemma one_keys : all (images (key_at_least times)) B.
Proof. by rewrite (images_singles Q _ [:: line_sample times y]) /= line_keys. Qed.

Lemma one_spread : all (images (fun x => spread (line_model f l k e) x
  <= times%:R * times%:R * Num.max 0 (k * k))) B.
Proof. by rewrite (images_singles Q _ [:: line_sample times y]) /= line_spread lexx. Qed.

(** The gates of that path. *)
Lemma one_gate (s : state Q 3 0) y' : gate_sum y' (gates_of (line_model f l k e) s B) =
  if y == y' then gate_at (line_model f l k e) s (line_sample times y) else 0.
Proof.
by rewrite /gate_sum big_seq1 /mass /= big_cons big_nil /= mul1r addr0.
Qed.

End OneImage.

(** ** Any path of images *)
Section Path.
Variables (f : activation Q) (l : loss) (k e : Q) (times : nat).
Local Notation M := (line_model f l k e).
Local Notation path ys := (map (line_sample times) ys).

Lemma path_keys ys : all (key_at_least times) (path ys).
Proof. by rewrite all_map; apply/allP => y _; exact: line_keys. Qed.

Lemma path_spread ys : all (fun x => spread M x <= times%:R * times%:R * Num.max 0 (k * k)) (path ys).
Proof. by rewrite all_map; apply/allP => y _ /=; rewrite line_spread lexx. Qed.

Lemma line_leaky (c : Q) y : 0 <= c -> leaky_spread M c (line_sample times y) <=
  times%:R * times%:R * Num.max 0 (k * k).
Proof. by move=> c0; rewrite -(line_spread f l k e times y); exact: leaky_spread_le. Qed.

Lemma path_leaky (c : Q) ys : 0 <= c ->
  all (fun x => leaky_spread M c x <= times%:R * times%:R * Num.max 0 (k * k)) (path ys).
Proof. by move=> c0; rewrite all_map; apply/allP => y _ /=; exact: line_leaky. Qed.

(** The number t separates both images. *)
Lemma line_separates (c t : Q) y : separates (line_key k) c (point t) (line_sample times y) =
  (1 <= times%:R * Num.min (t * k) (c * (t * k))).
Proof.
rewrite /separates sum_keys /= !dot_point.
by case: y => /=; rewrite mul0r ?addr0 ?add0r /sgn ?mul1r // mulrN mulN1r opprK.
Qed.

Lemma path_separates (c t : Q) ys : 1 <= times%:R * Num.min (t * k) (c * (t * k)) ->
  all (separates (line_key k) c (point t)) (path ys).
Proof. by move=> sep; rewrite all_map; apply/allP => y _ /=; rewrite line_separates. Qed.

(** What no image moves stays. *)
Lemma still_sgd (p : Q) (p01 : 0 < p < 1) (s : state Q 3 0) (v : seq bool) :
  (forall y, same_state s (step M s (single Q (line_sample times y)))) ->
  same_state s (sgd M s (map (line_sample times) v)).
Proof.
move=> still; elim/last_ind: v => [|v y IH] //; rewrite map_rcons sgd_rcons.
by apply: same_state_trans (still y) _; exact: step_same.
Qed.

(** With a gate open for ever the event that all are closed is impossible. *)
Lemma never_closed (p : Q) (p01 : 0 < p < 1) (w : network Q 3 1) T :
  let s := coordinates (line_key k) w in
  (forall y, same_state s (step M s (single Q (line_sample times y)))) ->
  (exists y, gate_at M s (line_sample times y) != 0) ->
  Pr (line_law times p01) T (fun xs => [forall i : atom (line_law times p01),
    gate_at M (coordinates (line_key k) (vector_sgd M (line_key k) w xs)) (sample_at i) == 0]) = 0.
Proof.
move=> s still [y open]; apply: Pr0 => v; rewrite negb_forall; apply/existsP; exists y.
have same := coordinates_sgd (line_dictionary f l k e) w (samples v).
rewrite (gate_at_same M _ same); have stays := still_sgd p01 v still.
by rewrite -(gate_at_same M _ stays).
Qed.

End Path.

(** A number that a quadratic inequality allows. *)
Lemma at_most (H e a b : Q) (k u : nat) : 0 <= H -> 0 <= a -> a + b < H * e ^+ 2 * k.+1%:R ->
  H * (e * u%:R) ^+ 2 <= a + b * u%:R -> (u <= k)%N.
Proof.
move=> H0 a0 small; case: (leqP u k) => // ku le; exfalso; move: le; rewrite leNgt => /negP; apply.
have u1 : 1 <= u%:R :> Q by rewrite ler1n (leq_trans _ ku).
have u0 : 0 < u%:R :> Q := lt_le_trans ltr01 u1.
have ku' : k.+1%:R <= u%:R :> Q by rewrite ler_nat.
apply: le_lt_trans (_ : (a + b) * u%:R < _).
  by rewrite mulrDl ler_add2r ler_pemulr.
have -> : H * (e * u%:R) ^+ 2 = H * e ^+ 2 * u%:R * u%:R by ring.
by rewrite ltr_pmul2r //; apply: lt_le_trans small _; rewrite ler_wpmul2l // mulr_ge0 ?sqr_ge0.
Qed.

(** ** The problem of the examples of T6c *)

Local Notation P2 := (line_key 2%:R).
Local Notation M2 l := (line_model Relu l 2%:R (1 / 4%:R)).
Local Notation w2 := (line_network 1 (-1) (-1) (1 / 2%:R) (- 1 / 2%:R) (1 / 4%:R)).
Local Notation path ys := (map (line_sample 1) ys).
Local Notation steps ys := (map (@single Q 0) (path ys)).

Lemma half01 : 0 < (1 / 2%:R : Q) < 1. Proof. by []. Qed.

Ltac numbers := cbv beta zeta; rewrite ?big_bool ?one_gate /gate_at ?line_margin ?big_bool ?sum_winners
  /head_square ?sum_winners
  ?sum3 /winner ?line_gram /= ?dot_point ?length_point.

(** The numbers of the example. *)
Lemma w2_winner y j : winner (coordinates P2 w2) y j = (j == (if y then 0%N else 1%N) :> nat).
Proof. by rewrite /winner /= dot_point; case: y; move: j => [[|[|[|j]]] lt_j]. Qed.

Lemma w2_heads y : head_square (coordinates P2 w2) y = 1.
Proof. by rewrite /head_square sum_winners !w2_winner; case: y; apply/eqP. Qed.

Lemma w2_rest l : \sum_j length_squared (filters w2 j) - \sum_(y : bool)
  \sum_(j | winner (coordinates P2 w2) y j)
  weight (coordinates P2 w2) j (key y) ^+ 2 / gram (M2 l) (key y) (key y) = 1 / 16%:R.
Proof. by rewrite sum3 big_bool !sum_winners !w2_winner !line_gram /= !dot_point !length_point;
  apply/eqP. Qed.

Lemma w2_A : \sum_j heads w2 j ^+ 2 = 3%:R. Proof. by rewrite sum3; apply/eqP. Qed.

Lemma w2_H l : gram (M2 l) (key true) (key true) * head_square (coordinates P2 w2) true *
    (gram (M2 l) (key false) (key false) * head_square (coordinates P2 w2) false)
  / (gram (M2 l) (key true) (key true) * head_square (coordinates P2 w2) true +
    gram (M2 l) (key false) (key false) * head_square (coordinates P2 w2) false) = 2%:R.
Proof. by rewrite !w2_heads !line_gram; apply/eqP. Qed.

Lemma w2_both : both_win (coordinates P2 w2).
Proof.
apply/andP; split; apply/card_gt0P; [exists g0 | exists g1]; by rewrite inE w2_winner.
Qed.

Lemma w2_small l ys : all (fun x => spread (M2 l) x <= 4%:R) (path ys).
Proof. by rewrite all_map; apply/allP => y _ /=; rewrite line_spread. Qed.

Lemma two_gt0 : 0 < (2%:R : Q). Proof. by []. Qed.
Lemma quarter_gt0 : 0 < (1 / 4%:R : Q). Proof. by []. Qed.
Lemma one_gt0 : 0 < (1 : Q). Proof. by []. Qed.
Lemma tenth_gt0 : 0 < (1 / 10%:R : Q). Proof. by []. Qed.

(** ** What does not move: filters that are 0, empty images, no step, heads that are 0 *)

Lemma still_zero k e times l (a0 a1 a2 : Q) y :
  let s := coordinates (line_key k) (line_network a0 a1 a2 0 0 0) in
  same_state s (step (line_model Relu l k e) s (single Q (line_sample times y))).
Proof.
split=> [j q|j] //; rewrite line_step /=.
have -> : three 0 0 0 j = 0 by rewrite /three; case: eqP => // _; case: eqP.
by rewrite !dot_point !mul0r ltxx !mulr0 !mul0r mulr0 addr0.
Qed.

Lemma still_empty f k e l (w : network Q 3 1) y :
  let s := coordinates (line_key k) w in
  same_state s (step (line_model f l k e) s (single Q (line_sample 0 y))).
Proof. by split=> [j q|j] //; rewrite line_step !mul0r mulr0 mul0r mulr0 addr0. Qed.

Lemma still_no_step f k l times (w : network Q 3 1) y :
  let s := coordinates (line_key k) w in
  same_state s (step (line_model f l k 0) s (single Q (line_sample times y))).
Proof. by split=> [j q|j] //; rewrite line_step !mul0r addr0. Qed.

Lemma still_no_head f k e l times (z0 z1 z2 : Q) y :
  let s := coordinates (line_key k) (line_network 0 0 0 z0 z1 z2) in
  same_state s (step (line_model f l k e) s (single Q (line_sample times y))).
Proof.
split=> [j q|j] //; rewrite line_step [head _ j](_ : _ = 0); first by rewrite mulr0 mul0r addr0.
by rewrite /= /three; case: eqP => // _; case: eqP.
Qed.

(** Both images have probability 1/2 at least; their spread. *)
Lemma half_least (i : atom (line_law 1 half01)) : 1 / 2%:R <= probability i.
Proof. by case: i. Qed.

Lemma line_small (k e : Q) : 0 < k -> forall i : atom (line_law 1 half01),
  spread (line_model Relu Hinge k e) (sample_at i) <= k * k.
Proof. by move=> k0 y; rewrite line_spread !mul1r le_maxl lexx andbT mulr_ge0 // ltW. Qed.

(** An inequality of T14 that allows no update. *)
Lemma none_allowed (F c V W t : Q) (u : nat) : F = 0 -> W = 0 -> 0 < c -> V * t < c ^+ 2 ->
  F + c * u%:R <= 0 \/ (F + c * u%:R) ^+ 2 <= V * (W + u%:R * t) -> (u <= 0)%N.
Proof.
move=> -> -> c0 small; rewrite !add0r => -[neg|le].
  by rewrite -(ler_nat Q) -(ler_pmul2l c0) mulr0.
apply: (@at_most 1 c 0 (V * t) 0 u); rewrite ?add0r ?mul1r ?mulr1 //.
by apply: le_trans le _; rewrite mulrA mulrAC.
Qed.

(** The law of a line. *)
Lemma line_prior times p (p01 : 0 < p < 1) y : prior (line_law times p01) y = if y then p else 1 - p.
Proof. by rewrite /prior big_mkcond big_bool; case: y; rewrite /= ?addr0 ?add0r. Qed.

(** What no image moves keeps its coordinate on the key. *)
Lemma along_still f l k e times (w : network Q 3 1) (v : seq bool) j :
  (forall y, same_state (coordinates (line_key k) w)
    (step (line_model f l k e) (coordinates (line_key k) w) (single Q (line_sample times y)))) ->
  along (line_key k) (vector_sgd (line_model f l k e) (line_key k) w (map (line_sample times) v)) j true
    = along (line_key k) w j true.
Proof.
move=> still; have [same _] := coordinates_sgd (line_dictionary f l k e) w (map (line_sample times) v).
have [stays _] := still_sgd (half01) v still.
by have := same j (key true); rewrite -stays.
Qed.

(** One image. *)
Lemma along_one f l k e times (w : network Q 3 1) y j :
  along (line_key k) (vector_sgd (line_model f l k e) (line_key k) w [:: line_sample times y]) j true =
  weight (step (line_model f l k e) (coordinates (line_key k) w) (single Q (line_sample times y))) j
    (key true).
Proof. by have [same _] := coordinates_step (line_dictionary f l k e) w
  (single Q (line_sample times y)); exact: same. Qed.
