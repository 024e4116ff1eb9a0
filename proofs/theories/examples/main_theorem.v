(** * The main theorem: examples and refuted near misses

    The example has background patterns that are not orthogonal: u_1 = (0, 0, 1, 0) and
    u_2 = (0, 0, 3/5, 4/5), keys (1, 0, 0, 0) and (0, 1, 0, 0), images of the second problem. A filter is
    (1 or -1, 1 or -1, 1, 0), with probability 1/4 each. The near misses are about three dimensions. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors probability tails instances instances_two.
From filtercert Require main_theorem.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.
Local Notation AQ := [archiFieldType of rat].

Definition side (b : bool) : rat := if b then 1 else -1.

(** Sums over two signs. *)
Lemma sum_signs (F : bool * bool -> rat) :
  \sum_v F v = F (true, true) + F (true, false) + (F (false, true) + F (false, false)).
Proof. exact: two_sum_images. Qed.

(** ** The example *)

Definition slanted (p : pattern 2) (i : nat) : rat :=
  match p, i with
  | inl true, 0 => 1
  | inl false, 1 => 1
  | inr k, 2 => if k == 0%N :> nat then 1 else 3%:R / 5%:R
  | inr k, 3 => if k == 0%N :> nat then 0 else 4%:R / 5%:R
  | _, _ => 0
  end.

Definition slanted_patterns (p : pattern 2) : 'rV[Q]_4 := \row_i slanted p i.

Definition slanted_model : model Q 2 := {|
  gram := fun p q => dot (slanted_patterns p) (slanted_patterns q);
  activation_of := Relu; pooling_of := SumPooling; loss_of := Unhinged; trained := false;
  eta := 1 / 4%:R
|}.

Definition signed_filter (v : bool * bool) (i : nat) : rat :=
  match i with 0 => side v.1 | 1 => side v.2 | 2 => 1 | _ => 0 end.

Lemma quarter_ge0 (v : bool * bool) : 0 <= (1 / 4%:R : rat).
Proof. by []. Qed.

Lemma quarters : \sum_(v : bool * bool) (1 / 4%:R : rat) = 1.
Proof. by rewrite sum_signs; apply/eqP. Qed.

(** In any dimension. *)
Definition signed_law d : filter_law Q d [finType of bool * bool] :=
  @FilterLaw Q d [finType of bool * bool] (fun v => \row_i signed_filter v i) (fun=> 1 / 4%:R)
    quarter_ge0 quarters.

Lemma signed_law_symmetric d (u : 'rV[Q]_d) (y : bool) :
  (forall v, dot (vector_of (signed_law d) v) u = side (if y then v.1 else v.2)) ->
  symmetric_along (signed_law d) u.
Proof.
move=> dotE; split=> [F|v]; last by rewrite dotE; case: (if y then _ else _).
rewrite !sum_signs !dotE; case: (y); rewrite /side /= opprK; move: (F 1) (F (- 1)) => A B.
  exact: addrC.
by congr (_ + _); exact: addrC.
Qed.

Lemma dot4 (u v : 'rV[Q]_4) : dot u v = u 0 (@Ordinal 4 0 isT) * v 0 (@Ordinal 4 0 isT) +
  u 0 (@Ordinal 4 1 isT) * v 0 (@Ordinal 4 1 isT) + u 0 (@Ordinal 4 2 isT) * v 0 (@Ordinal 4 2 isT) +
  u 0 (@Ordinal 4 3 isT) * v 0 (@Ordinal 4 3 isT).
Proof. exact: two_sum_filters. Qed.

Lemma slanted_apart : keys_apart slanted_model.
Proof.
by move=> y p; rewrite /= dot4 !mxE; case: y; case: p => [[]|[[|[|k]] lt_k]] //; apply/eqP.
Qed.

(** The background patterns are not orthogonal. *)
Lemma slanted_coherent :
  gram slanted_model (background (@Ordinal 2 0 isT)) (background (@Ordinal 2 1 isT)) = 3%:R / 5%:R.
Proof. by rewrite /= dot4 !mxE; apply/eqP. Qed.

Lemma slanted_symmetric (y : bool) : symmetric_along (signed_law 4) (slanted_patterns (key y)).
Proof.
apply: (@signed_law_symmetric _ _ y) => v; rewrite dot4 !mxE /=.
by case: y; case: v => [[] []]; apply/eqP.
Qed.

Lemma signed_length4 v : length_squared (vector_of (signed_law 4) v) <= 2%:R ^+ 2.
Proof. by rewrite /length_squared dot4 !mxE; case: v => [[] []]. Qed.

(** Probability 9/10, winners ten times as long as losers. *)
Example Main_theorem_holds : exists n0, forall n, (n0 <= n)%N -> exists T, forall T',
  9%:R / 10%:R <= mean_network (fun _ : 'I_n => signed_law 4) (fun w => Pr two_distribution T' (fun xs =>
    [forall t : 'I_T'.+1, (T <= t)%N ==> learnt slanted_model slanted_patterns two_distribution 10%:R
      (1 / 10%:R) w (vector_sgd slanted_model slanted_patterns w (take t xs))])).
Proof.
have [n0 many] := @Statements.Main_theorem AQ (1 / 10%:R) isT.
exists n0 => n /many; move/(_ 2 4 two_distribution slanted_model slanted_patterns 2 4 2%:R 10%:R)%N.
case=> //; [exact: slanted_apart | exact: two_unique_keys | exact: two_label_independent
  | exact: two_balanced |].
move=> T late; exists T => T'; apply: le_trans (late _ (fun=> signed_law 4) _ _ T') => //.
- by move=> _ y; exact: slanted_symmetric.
by move=> _ v; exact: signed_length4.
Qed.

Lemma twelve_filters (R : realFieldType) :
  4%:R / 5%:R <= 1 - 2%:R * (3%:R / 4%:R) ^+ 12 + 2%:R^-1 ^+ 12 - 1 / 10%:R :> R.
Proof.
have step : (3%:R / 4%:R) ^+ 4 <= 1 / 3%:R :> R.
  rewrite -subr_ge0; have -> : 1 / 3%:R - (3%:R / 4%:R) ^+ 4 = 13%:R / 768%:R :> R by field.
  by rewrite divr_ge0 ?ler0n.
have few : (3%:R / 4%:R) ^+ 12 <= 1 / 27%:R :> R.
  have -> : 1 / 27%:R = (1 / 3%:R) ^+ 3 :> R by field.
  by rewrite (exprM _ 4 3) ler_expn2r ?nnegrE ?exprn_ge0 ?divr_ge0 ?ler0n ?ler01.
rewrite -subr_ge0; move: few; set u := _ ^+ 12; set v := _ ^+ 12 => few.
have v0 : 0 <= v by rewrite exprn_ge0 ?invr_ge0 ?ler0n.
have -> : 1 - 2%:R * u + v - 1 / 10%:R - 4%:R / 5%:R = 2%:R * (1 / 27%:R - u) + v + 7%:R / 270%:R.
  by field.
apply: addr_ge0; last by rewrite divr_ge0 ?ler0n.
by apply: addr_ge0 => //; apply: mulr_ge0; rewrite ?ler0n ?subr_ge0.
Qed.

(** Twelve filters: probability 4/5, the squared sines of winners and keys at most 1/50. *)
Example Main_theorem_rate_holds : exists T, forall T',
  4%:R / 5%:R <= mean_network (fun _ : 'I_12 => signed_law 4) (fun w =>
    Pr two_distribution T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      learnt slanted_model slanted_patterns two_distribution 50%:R (1 / 50%:R) w
        (vector_sgd slanted_model slanted_patterns w (take t xs))])).
Proof.
have keys (i : atom two_distribution) : keys_by_label (fun=> 2%N) (sample_at i).
  by have /and3P[own other _] := two_unique_keys i; rewrite /keys_by_label own.
have occurs y : 0 < prior two_distribution y by rewrite two_prior.
have no_drift k : mean two_distribution (fun x => sgn (label x) * (count x (background k))%:R) = 0.
  by rewrite two_mean /sgn; case: k => [[|[|k]] lt_k] //=; apply/eqP.
have [T late] := @Statements.Main_theorem_rate AQ 12 2 4 two_distribution slanted_model slanted_patterns
  (fun=> 2%N) 2%:R 50%:R (1 / 50%:R) (1 / 10%:R) (fun _ _ => erefl) slanted_apart
  (And4 erefl erefl erefl erefl) isT (fun=> isT) keys occurs no_drift isT isT.
exists T => T'; apply: le_trans (late _ (fun=> signed_law 4) _ _ T').
- exact: twelve_filters.
- by move=> _ y; exact: slanted_symmetric.
by move=> _ v; exact: signed_length4.
Qed.

(** ** What the near misses share *)

(** Three dimensions, one background pattern. *)
Definition unit_pattern (p : pattern 1) : 'rV[Q]_3 :=
  delta_mx 0 (match p with inl true => @Ordinal 3 0 isT | inl false => @Ordinal 3 1 isT
    | inr _ => @Ordinal 3 2 isT end).

Lemma dot_delta d (u : 'rV[Q]_d) i : dot u (delta_mx 0 i) = u 0 i.
Proof.
rewrite /dot (bigD1 i) //= big1 ?addr0; first by rewrite mxE !eqxx mulr1.
by move=> k /negbTE ki; rewrite mxE eqxx ki mulr0.
Qed.

Lemma unit_dictionary l h : dictionary_of (small_model l h) unit_pattern.
Proof.
move=> p q; rewrite /unit_pattern dot_delta mxE eqxx /=.
by case: p => [[]|i]; case: q => [[]|k]; rewrite /= ?(ord1 i) ?(ord1 k).
Qed.

Lemma unit_apart l h : keys_apart (small_model l h).
Proof. by move=> y p; rewrite /= eq_sym. Qed.

Lemma unit_symmetric (y : bool) : symmetric_along (signed_law 3) (unit_pattern (key y)).
Proof.
apply: (@signed_law_symmetric _ _ y) => v; rewrite /unit_pattern dot_delta mxE.
by case: y.
Qed.

Lemma unit_length (u : 'rV[Q]_3) : length_squared u = dot u (unit_pattern (key true)) ^+ 2
  + dot u (unit_pattern (key false)) ^+ 2 + dot u (unit_pattern (background ord0)) ^+ 2.
Proof.
rewrite /unit_pattern !dot_delta /length_squared /dot !big_ord_recr big_ord0 /= add0r !expr2.
by congr (_ * _ + _ * _ + _ * _); congr (u _ _); exact: val_inj.
Qed.

Lemma signed_length3 v : length_squared (vector_of (signed_law 3) v) <= 2%:R ^+ 2.
Proof. by rewrite unit_length /unit_pattern !dot_delta !mxE; case: v => [[] []]. Qed.

(** What never happens has probability 0, *)
Lemma never n K d (V : finType) (D : distribution Q K) (L : 'I_n -> filter_law Q d V) T'
    (E : network Q n d -> pred (seq (sample K))) :
  (forall a z (w : T'.-tuple (atom D)), ~~ E (random_network L a z) (samples w)) ->
  mean_network L (fun w => Pr D T' (E w)) = 0.
Proof.
move=> no; rewrite -(main_theorem.mean_network_const L 0); apply: main_theorem.eq_mean_network => a z.
by apply: Pr0 => w; exact: no.
Qed.

(** and what must not happen at the horizon T does not happen from T on. *)
Lemma not_from T (E : pred nat) : ~~ E T -> ~~ [forall t : 'I_T.+1, (T <= t)%N ==> E t].
Proof.
by move=> no; apply/negP => /forallP/(_ ord_max); rewrite leqnn /= (negbTE no).
Qed.

Lemma learnt_wins (R : realFieldType) n K d (M : model R K) (P : pattern K -> 'rV[R]_d)
    (D : distribution R K) ratio delta (w0 w : network R n d) y :
  learnt M P D ratio delta w0 w -> exists2 j, winner (coordinates P w0) y j &
    (1 - delta) * length_squared (filters w j) <= along P w j y ^+ 2.
Proof.
case/and4P=> /andP[pos neg] _ /forallP/(_ y)/forallP align _.
have /card_gt0P[j] : (0 < winners (coordinates P w0) y)%N by case: (y).
by rewrite inE => win_j; exists j => //; have := align j; rewrite win_j => /andP[].
Qed.

Lemma learnt_right (R : realFieldType) n K d (M : model R K) (P : pattern K -> 'rV[R]_d)
    (D : distribution R K) ratio delta (w0 w : network R n d) :
  learnt M P D ratio delta w0 w -> forall i : atom D, 0 < margin M (coordinates P w) (sample_at i).
Proof. by case/and4P=> _ _ _; rewrite accuracy1 => /forallP. Qed.

(** When nothing is learnt at the time T itself. *)
Lemma never_learnt n K d (V : finType) (D : distribution Q K) (M : model Q K) P
    (L : 'I_n -> filter_law Q d V) ratio delta T :
  (forall a z (w : T.-tuple (atom D)), ~~ learnt M P D ratio delta (random_network L a z)
    (vector_sgd M P (random_network L a z) (samples w))) ->
  mean_network L (fun w => Pr D T (fun xs => [forall t : 'I_T.+1, (T <= t)%N ==>
    learnt M P D ratio delta w (vector_sgd M P w (take t xs))])) = 0.
Proof.
move=> no; apply: (never (E := fun w xs => _)) => a z w.
apply: (not_from (E := fun t => learnt M P D ratio delta (random_network L a z)
  (vector_sgd M P (random_network L a z) (take t (samples w))))).
by rewrite take_oversize ?size_samples.
Qed.

(** Images without patches: r = 0. *)
Definition blank_sample (y : bool) : sample 1 := Sample y (fun=> 0%N).

Definition blank_distribution : distribution Q 1 :=
  @Distribution Q 1 bool_finType blank_sample (fun _ => 1 / 2%:R) half_gt0 halves.

Lemma blank_prior y : prior blank_distribution y = 1 / 2%:R.
Proof. by rewrite /prior big_mkcond big_bool; case: y. Qed.

Lemma blank_balanced : balanced blank_distribution.
Proof. by rewrite /balanced !blank_prior. Qed.

Lemma blank_unique : unique_keys blank_distribution 0 0.
Proof. by move=> i; rewrite /unique_key /patches /= big1. Qed.

Lemma blank_independent : label_independent blank_distribution.
Proof.
rewrite /label_independent !blank_prior; split=> // c; congr (_ / _); rewrite /joint.
rewrite [LHS]big_mkcond [RHS]big_mkcond !big_bool /=.
have -> : background_of (blank_sample false) = background_of (blank_sample true).
  by apply/ffunP => k; rewrite !ffunE.
by case: (_ == c); rewrite ?addr0 ?add0r.
Qed.

Lemma blank_margin n (s : state Q n 1) y : margin (small_model Unhinged false) s (blank_sample y) = 0.
Proof.
rewrite /margin /output big1 ?mulr0 // => j _.
by rewrite /pooled /= big1 ?mulr0 // => p _; rewrite mul0r.
Qed.

Lemma blank_never n ratio delta (w0 w : network Q n 3) :
  ~~ learnt (small_model Unhinged false) unit_pattern blank_distribution ratio delta w0 w.
Proof.
by apply/negP => /learnt_right/(_ (true : atom blank_distribution)); rewrite blank_margin ltxx.
Qed.

(** The background pattern is on every image with label + and on none with label -. *)
Definition marked_sample (y : bool) : sample 1 :=
  Sample y (fun p => if p is inl y' then nat_of_bool (y' == y) else nat_of_bool y).

Definition marked_distribution : distribution Q 1 :=
  @Distribution Q 1 bool_finType marked_sample (fun _ => 1 / 2%:R) half_gt0 halves.

Lemma marked_prior y : prior marked_distribution y = 1 / 2%:R.
Proof. by rewrite /prior big_mkcond big_bool; case: y. Qed.

Lemma marked_balanced : balanced marked_distribution.
Proof. by rewrite /balanced !marked_prior. Qed.

Lemma marked_unique : unique_keys marked_distribution 1 2.
Proof. by move=> y; rewrite /unique_key /patches big_sumType /= big_bool big_ord1; case: y. Qed.

(** A winner of label + whose background starts at the value of its key keeps them equal. *)
Lemma marked_path n (s : state Q n 1) j c (w : seq bool) : head s j = 1 -> 0 < c ->
  weight s j (key true) = c -> weight s j (background ord0) = c -> exists2 c' : Q, 0 < c' &
  weight (sgd (small_model Unhinged false) s (map marked_sample w)) j (key true) = c'
  /\ weight (sgd (small_model Unhinged false) s (map marked_sample w)) j (background ord0) = c'.
Proof.
elim: w s c => [|y w IH] s c hd c0 keyE backE; first by exists c.
rewrite map_cons sgd_cons; apply: (IH _ (c + if y then 1 / 2%:R else 0)).
- by rewrite head_step.
- by case: y; rewrite ?addr0 // addr_gt0.
- by rewrite weight_single // keyE c0 hd /=; case: y => /=; rewrite ?mulr0 // mulr1 mulr1 mulr1.
by rewrite weight_single // backE c0 hd /=; case: y => /=; rewrite ?mulr0 // mulr1 mulr1 mulr1.
Qed.

Lemma marked_never n ratio (a : {ffun 'I_n -> bool}) z (w : seq bool) (w0 : network Q n 3) :
  w0 = random_network (fun=> signed_law 3) a z ->
  ~~ learnt (small_model Unhinged false) unit_pattern marked_distribution ratio (1 / 4%:R) w0
    (vector_sgd (small_model Unhinged false) unit_pattern w0 (map marked_sample w)).
Proof.
move=> w0E; apply/negP => learn; have [j /andP[hd pos] close] := learnt_wins true learn.
have a1 : a j by move: hd; rewrite w0E /= mul1r /sgn; case: (a j).
have first1 : (z j).1.
  by move: pos; rewrite w0E /= /unit_pattern dot_delta mxE /= /side; case: (z j).1.
have [||||c' c0 [keyE backE]] := @marked_path n (coordinates unit_pattern w0) j 1 w.
- by rewrite w0E /= a1.
- by [].
- by rewrite w0E /= /unit_pattern dot_delta mxE /= first1.
- by rewrite w0E /= /unit_pattern dot_delta mxE.
have [same _] := coordinates_sgd (unit_dictionary Unhinged false) w0 (map marked_sample w).
move: close; rewrite unit_length /along.
rewrite -![dot _ (unit_pattern (key true))]/(weight (coordinates unit_pattern _) j (key true)).
rewrite -[dot _ (unit_pattern (background ord0))]/(weight (coordinates unit_pattern _) j _).
rewrite !same keyE backE; set wrong := dot _ _; apply/negP; rewrite -ltNge -subr_gt0.
have -> : (1 - 1 / 4%:R) * (c' ^+ 2 + wrong ^+ 2 + c' ^+ 2) - c' ^+ 2 =
  c' ^+ 2 / 2%:R + 3%:R / 4%:R * wrong ^+ 2 by field.
by rewrite ltr_spaddl ?divr_gt0 ?exprn_gt0 // mulr_ge0 ?sqr_ge0.
Qed.

(** Both keys are the same vector: the images of the two labels look alike. *)
Definition same_pattern (p : pattern 1) : 'rV[Q]_3 :=
  delta_mx 0 (if p is inl _ then @Ordinal 3 0 isT else @Ordinal 3 2 isT).

Definition same_model : model Q 1 := {|
  gram := fun p q => dot (same_pattern p) (same_pattern q);
  activation_of := Relu; pooling_of := SumPooling; loss_of := Unhinged; trained := false;
  eta := 1 / 2%:R
|}.

Lemma same_symmetric (y : bool) : symmetric_along (signed_law 3) (same_pattern (key y)).
Proof. by apply: (@signed_law_symmetric _ _ true) => v; rewrite /same_pattern dot_delta mxE. Qed.

Lemma same_never n ratio delta (w0 w : network Q n 3) :
  ~~ learnt same_model same_pattern small_distribution ratio delta w0 w.
Proof.
apply/negP => /learnt_right right; have plus := right true; have minus := right false.
move: plus minus; rewrite /margin /= mul1r mulN1r oppr_gt0.
have -> : output same_model (coordinates same_pattern w) (count (small_sample false)) =
    output same_model (coordinates same_pattern w) (count (small_sample true)).
  apply: eq_bigr => j _; congr (_ * _); rewrite /pooled /= !small_sum_patterns /=.
  by congr (_ + _); rewrite addrC.
by move=> plus minus; have := lt_trans plus minus; rewrite ltxx.
Qed.

(** Nine of ten images have label +, the small problem's images otherwise: the background rises in the
    filters with head 1. A walk that starts at 2, goes up by 1 with each + image and down by 2 with each
    - image, tells how far the background of a winner of + is above half its key; with probability 3/4
    at least it never comes down to 0. *)
Definition lopsided (y : bool) : rat := if y then 9%:R / 10%:R else 1 / 10%:R.

Lemma lopsided_gt0 y : 0 < lopsided y.
Proof. by case: y. Qed.

Lemma lopsided_sum : \sum_y lopsided y = 1.
Proof. by rewrite big_bool. Qed.

Definition lopsided_distribution : distribution Q 1 :=
  @Distribution Q 1 bool_finType small_sample lopsided lopsided_gt0 lopsided_sum.

Lemma lopsided_prior y : prior lopsided_distribution y = lopsided y.
Proof. by rewrite /prior big_mkcond big_bool; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma lopsided_independent : label_independent lopsided_distribution.
Proof.
rewrite /label_independent !lopsided_prior; split=> // c; rewrite /joint.
have same y : background_of (small_sample y) = background_of (small_sample true).
  by apply/ffunP => k; rewrite !ffunE.
rewrite [X in X / _]big_mkcond [X in _ = X / _]big_mkcond !big_bool /= same.
by case: (_ == c); rewrite ?addr0 ?add0r ?mul0r // !divff.
Qed.

Definition climb (v : nat) (x : sample 1) : nat := if label x then v.+1 else (v - 2)%N.

Lemma climb_dies T : Pr lopsided_distribution T (hits climb (fun v => v == 0%N) 2%N) <= 1 / 4%:R.
Proof.
have -> : 1 / 4%:R = 2%:R^-1 ^+ 2 :> Q by [].
apply: (maximal (G := fun _ v => 2%:R^-1 ^+ v)) => [t v|t v /eqP ->|t v].
- by rewrite exprn_ge0 ?invr_ge0 ?ler0n.
- by rewrite expr0.
rewrite /mean big_bool /climb /=; case: v => [|[|v]]; [by [] | by [] |].
rewrite subSS subSS subn0; set q : Q := 2%:R^-1 ^+ v.
have q0 : 0 <= q by rewrite exprn_ge0 ?invr_ge0 ?ler0n.
have -> : 2%:R^-1 ^+ v.+3 = 2%:R^-1 ^+ 3 * q :> Q by rewrite -exprD.
have -> : 2%:R^-1 ^+ v.+2 = 2%:R^-1 ^+ 2 * q :> Q by rewrite -exprD.
by rewrite mulrA -mulrDl; apply: ler_wpmul2r.
Qed.

Lemma climb_path n (s : state Q n 1) j v (w : seq bool) :
  ~~ hits climb (fun v => v == 0%N) v (map small_sample w) -> head s j = 1 ->
  0 < weight s j (key true) ->
  weight s j (background ord0) = weight s j (key true) / 2%:R + v%:R / 4%:R ->
  let s' := sgd (small_model Unhinged false) s (map small_sample w) in
  0 < weight s' j (key true) /\ weight s' j (key true) / 2%:R <= weight s' j (background ord0).
Proof.
elim: w s v => [|y w IH] s v /=.
  by rewrite orbF => v0 hd k0 ->; rewrite ler_addl divr_ge0 ?ler0n.
rewrite negb_or => /andP[v0 alive] hd k0 backE; rewrite sgd_cons.
have b0 : 0 < weight s j (background ord0).
  by rewrite backE ltr_spaddl ?divr_gt0 ?divr_ge0 ?ler0n ?ltr0n.
apply: (IH _ (climb v (small_sample y))) => //.
- by rewrite weight_single // k0 hd /=; case: (y) => /=; rewrite ?mulr0 ?addr0 // addr_gt0.
rewrite !weight_single // k0 b0 hd backE /climb /=; case: y alive => /= alive.
  by rewrite -[v.+1]addn1 natrD; field.
have v2 : (2 <= v)%N.
  case: v v0 alive {backE} => [|[|v]] //= _; by case: (w).
by rewrite natrB //; field.
Qed.

Lemma lopsided_never n ratio (a : {ffun 'I_n -> bool}) z (w : seq bool) (w0 : network Q n 3) :
  w0 = random_network (fun=> signed_law 3) a z ->
  ~~ hits climb (fun v => v == 0%N) 2%N (map small_sample w) ->
  ~~ learnt (small_model Unhinged false) unit_pattern lopsided_distribution ratio (1 / 10%:R) w0
    (vector_sgd (small_model Unhinged false) unit_pattern w0 (map small_sample w)).
Proof.
move=> w0E alive; apply/negP => learn; have [j /andP[hd pos] close] := learnt_wins true learn.
have a1 : a j by move: hd; rewrite w0E /= mul1r /sgn; case: (a j).
have first1 : (z j).1.
  by move: pos; rewrite w0E /= /unit_pattern dot_delta mxE /= /side; case: (z j).1.
have [||k0 back] := @climb_path n (coordinates unit_pattern w0) j 2%N w alive _ pos.
- by rewrite w0E /= a1.
- by rewrite w0E /= /unit_pattern !dot_delta !mxE /= first1.
have [same _] := coordinates_sgd (unit_dictionary Unhinged false) w0 (map small_sample w).
move: close; rewrite unit_length /along.
rewrite -![dot _ (unit_pattern (key true))]/(weight (coordinates unit_pattern _) j (key true)).
rewrite -[dot _ (unit_pattern (background ord0))]/(weight (coordinates unit_pattern _) j _).
rewrite !same; set wrong := dot _ _; move: k0 back => /=.
set k := weight _ j (key true); set b := weight _ j (background ord0) => k0 back.
apply/negP; rewrite -ltNge -subr_gt0.
have b2 : (k / 2%:R) ^+ 2 <= b ^+ 2.
  have h0 : 0 <= k / 2%:R by rewrite divr_ge0 ?ler0n // ltW.
  by rewrite ler_expn2r // nnegrE // (le_trans h0).
have -> : (1 - 1 / 10%:R) * (k ^+ 2 + wrong ^+ 2 + b ^+ 2) - k ^+ 2 =
  k ^+ 2 / 8%:R + (9%:R / 10%:R * wrong ^+ 2 + 9%:R / 10%:R * (b ^+ 2 - (k / 2%:R) ^+ 2)) by field.
rewrite ltr_spaddl ?divr_gt0 ?exprn_gt0 ?ltr0n //.
by apply: addr_ge0; apply: mulr_ge0; rewrite ?sqr_ge0 ?subr_ge0.
Qed.

(** The start: no winner is aligned. *)
Lemma side_square b : side b ^+ 2 = 1.
Proof. by case: b. Qed.

Lemma third_below_half (R : realFieldType) : ~~ ((1 - 1 / 2%:R) * (1 + 1 + 1) <= 1 :> R).
Proof.
rewrite -ltNge -subr_gt0; have -> : (1 - 1 / 2%:R) * (1 + 1 + 1) - 1 = 1 / 2%:R :> R by field.
by rewrite divr_gt0 ?ltr0n ?ltr01.
Qed.

Lemma start_never n (D : distribution Q 1) l h ratio (a : {ffun 'I_n -> bool}) z :
  ~~ learnt (small_model l h) unit_pattern D ratio (1 / 2%:R)
    (random_network (fun=> signed_law 3) a z) (random_network (fun=> signed_law 3) a z).
Proof.
apply/negP => learn; have [j _ close] := learnt_wins true learn; move: close.
rewrite unit_length /along /= /unit_pattern !dot_delta !mxE /= !side_square expr1n.
exact/negP/third_below_half.
Qed.

(** A probability of 0 is less than 1 - delta. *)
Lemma too_little (R : realFieldType) (delta : R) : delta < 1 -> ~ (1 - delta <= 0).
Proof. by move=> lt; apply/negP; rewrite -ltNge subr_gt0. Qed.

Lemma half_lt1 : 1 / 2%:R < 1 :> rat. Proof. by []. Qed.
Lemma quarter_lt1 : 1 / 4%:R < 1 :> rat. Proof. by []. Qed.
Lemma quarter_below : 1 / 4%:R < 1 - 1 / 10%:R :> rat. Proof. by []. Qed.

(** ** Near misses of the main theorem *)

(** Any number of filters: without filters nothing is learnt. *)
Lemma Main_theorem_wrong_number : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0 : nat, forall n : nat,
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [_ any] := claim AQ (1 / 2%:R) isT.
have [T late] := any 0%N 1%N 3%N small_distribution (small_model Unhinged false) unit_pattern 1%N 2%N
  2%:R 1 (unit_dictionary _ _) (@unit_apart _ _) (And4 erefl erefl erefl erefl) isT isT small_unique_keys
  small_label_independent small_balanced.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; first exact: too_little half_lt1.
by apply/negP => /(learnt_wins true)[[]].
Qed.

(** r = 0: images without patches. *)
Lemma Main_theorem_wrong_no_key : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [n /(_ n (leqnn n)) many] := claim AQ (1 / 2%:R) isT.
have [T late] := many 1%N 3%N blank_distribution (small_model Unhinged false) unit_pattern 0%N 0%N
  2%:R 1 (unit_dictionary _ _) (@unit_apart _ _) (And4 erefl erefl erefl erefl) isT blank_unique
  blank_independent blank_balanced.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; first exact: too_little half_lt1.
exact: blank_never.
Qed.

(** Without A3: a background pattern that marks a label is learnt beside the key. *)
Lemma Main_theorem_wrong_label_dependent : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [n /(_ n (leqnn n)) many] := claim AQ (1 / 4%:R) isT.
have [T late] := many 1%N 3%N marked_distribution (small_model Unhinged false) unit_pattern 1%N 2%N
  2%:R 1 (unit_dictionary _ _) (@unit_apart _ _) (And4 erefl erefl erefl erefl) isT isT marked_unique
  marked_balanced.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; first exact: too_little quarter_lt1.
exact: (@marked_never _ _ a z _ _ erefl).
Qed.

(** Without A1k. *)
Lemma Main_theorem_wrong_same_keys : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [n /(_ n (leqnn n)) many] := claim AQ (1 / 2%:R) isT.
have [T late] := many 1%N 3%N small_distribution same_model same_pattern 1%N 2%N 2%:R 1
  (fun _ _ => erefl) (And4 erefl erefl erefl erefl) isT isT small_unique_keys small_label_independent
  small_balanced.
have := late _ (fun=> signed_law 3) (fun=> same_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; first exact: too_little half_lt1.
exact: same_never.
Qed.

(** Without A4. *)
Lemma Main_theorem_wrong_unbalanced : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [n /(_ n (leqnn n)) many] := claim AQ (1 / 10%:R) isT.
have [T late] := many 1%N 3%N lopsided_distribution (small_model Unhinged false) unit_pattern 1%N 2%N
  2%:R 1 (unit_dictionary _ _) (@unit_apart _ _) (And4 erefl erefl erefl erefl) isT isT small_unique_key
  lopsided_independent.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
apply/negP; rewrite -ltNge; apply: (@le_lt_trans _ _ (1 / 4%:R)); last exact: quarter_below.
rewrite -[X in _ <= X](main_theorem.mean_network_const (fun _ : 'I_n => signed_law 3)).
apply: main_theorem.ler_mean_network => a z; apply: le_trans (climb_dies T).
apply: Pr_le_paths => w; apply: contraTT => alive.
apply: (not_from (E := fun t => learnt _ _ _ _ _ _ (vector_sgd _ _ _ (take t _)))).
by rewrite take_oversize ?size_samples //; exact: (@lopsided_never _ _ a z _ _ erefl).
Qed.

(** From the first step on. *)
Lemma Main_theorem_wrong_from_start : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T : nat, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [n /(_ n (leqnn n)) many] := claim AQ (1 / 2%:R) isT.
have [T late] := many 1%N 3%N small_distribution (small_model Unhinged false) unit_pattern 1%N 2%N
  2%:R 1 (unit_dictionary _ _) (@unit_apart _ _) (And4 erefl erefl erefl erefl) isT isT small_unique_keys
  small_label_independent small_balanced.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) 0%N.
rewrite (never (E := fun w xs => _)) => [|a z w]; first exact: too_little half_lt1.
apply/negP => /forallP/(_ ord0); rewrite take0; apply/negP; exact: start_never.
Qed.

(** With probability 1: there may be no winners. *)
Lemma Main_theorem_wrong_certain : ~ (forall (R : archiFieldType) (delta : R), 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim; have [n /(_ n (leqnn n)) many] := claim AQ (1 / 2%:R) isT.
have [T late] := many 1%N 3%N small_distribution (small_model Unhinged false) unit_pattern 1%N 2%N
  2%:R 1 (unit_dictionary _ _) (@unit_apart _ _) (And4 erefl erefl erefl erefl) isT isT small_unique_keys
  small_label_independent small_balanced.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
apply/negP; rewrite -ltNge.
apply: le_lt_trans (_ : mean_network (fun _ : 'I_n => signed_law 3)
  (fun w => (both_win (coordinates unit_pattern w))%:R) < _).
  apply: main_theorem.ler_mean_network => a z; case both: (both_win _); first exact: Pr_le1.
  rewrite Pr0 // => w.
  apply: (not_from (E := fun t => learnt _ _ _ _ _ _ (vector_sgd _ _ _ (take t _)))).
  by apply/negP => /and4P[]; rewrite both.
rewrite (main_theorem.network_lottery (fun=> unit_symmetric)) -addrA -subr_gt0 opprD addrA subrr add0r.
rewrite opprD opprK subr_gt0.
apply: (@le_lt_trans _ _ ((3%:R / 4%:R) ^+ n)); first by rewrite ler_expn2r.
by rewrite ltr_pmull // exprn_gt0.
Qed.

(** ** Near misses of the rate *)

Lemma by_label (D : distribution Q 1) r m : unique_keys D r m ->
  forall i : atom D, keys_by_label (fun=> r) (sample_at i).
Proof. by move=> unique i; have /and3P[own other _] := unique i; rewrite /keys_by_label own. Qed.

Lemma small_occurs y : 0 < prior small_distribution y.
Proof. by rewrite small_prior. Qed.

Lemma marked_occurs y : 0 < prior marked_distribution y.
Proof. by rewrite marked_prior. Qed.

Lemma blank_occurs y : 0 < prior blank_distribution y.
Proof. by rewrite blank_prior. Qed.

Lemma small_no_drift k :
  mean small_distribution (fun x => sgn (label x) * (count x (background k))%:R) = 0.
Proof. by rewrite small_mean /sgn; apply/eqP. Qed.

Lemma blank_no_drift k :
  mean blank_distribution (fun x => sgn (label x) * (count x (background k))%:R) = 0.
Proof. by rewrite /mean big1 // => i _; rewrite /= mulr0 mulr0. Qed.

Lemma one_filter (R : realFieldType) :
  ~~ (1 - (3%:R / 4%:R) ^+ 1 + 2%:R^-1 ^+ 1 - 1 / 4%:R <= 0 :> R).
Proof.
rewrite -ltNge !expr1.
have -> : 1 - 3%:R / 4%:R + 2%:R^-1 - 1 / 4%:R = 1 / 2%:R :> R by field.
by rewrite divr_gt0 ?ltr0n ?ltr01.
Qed.

(** What is claimed of eight filters is more than 0. *)
Lemma eight_filters (R : realFieldType) :
  ~~ (1 - 2%:R * (3%:R / 4%:R) ^+ 8 + 2%:R^-1 ^+ 8 - 1 / 4%:R <= 0 :> R).
Proof.
rewrite -ltNge; have few : (3%:R / 4%:R) ^+ 8 <= 1 / 9%:R :> R.
  have step : (3%:R / 4%:R) ^+ 4 <= 1 / 3%:R :> R.
    rewrite -subr_ge0; have -> : 1 / 3%:R - (3%:R / 4%:R) ^+ 4 = 13%:R / 768%:R :> R by field.
    by rewrite divr_ge0 ?ler0n.
  have -> : 1 / 9%:R = (1 / 3%:R) ^+ 2 :> R by field.
  by rewrite (exprM _ 4 2) ler_expn2r ?nnegrE ?exprn_ge0 ?divr_ge0 ?ler0n ?ler01.
move: few; set u := _ ^+ 8; set v := _ ^+ 8 => few.
have v0 : 0 <= v by rewrite exprn_ge0 ?invr_ge0 ?ler0n.
have -> : 1 - 2%:R * u + v - 1 / 4%:R = 2%:R * (1 / 9%:R - u) + v + 19%:R / 36%:R by field.
apply: ltr_paddl; last by rewrite divr_gt0 ?ltr0n.
by apply: addr_ge0 => //; apply: mulr_ge0; rewrite ?ler0n ?subr_ge0.
Qed.

(** The lottery without its factor 2. *)
Lemma Main_theorem_rate_wrong_lottery : ~ (
  forall (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (h ratio delta eps : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M ->
  (forall y, (0 < r y)%N) -> (forall i : atom D, keys_by_label r (sample_at i)) ->
  (forall y, 0 < prior D y) ->
  (forall k, mean D (fun x => sgn (label x) * (count x (background k))%:R) = 0) ->
  0 < delta -> 0 < eps ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n - eps <=
    mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim.
have [T late] := claim AQ 1%N 1%N 3%N small_distribution (small_model Unhinged false) unit_pattern
  (fun=> 1%N) 2%:R 1 (1 / 2%:R) (1 / 4%:R) (unit_dictionary _ _) (@unit_apart _ _)
  (And4 erefl erefl erefl erefl) isT (fun=> isT)
  (by_label small_unique_keys) small_occurs small_no_drift isT isT.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; first exact/negP/one_filter.
apply/negP => learn; have [j /andP[plus _] _] := learnt_wins true learn.
have [k /andP[minus _] _] := learnt_wins false learn.
move: plus minus; rewrite (ord1 j) (ord1 k) /= mul1r mulN1r oppr_gt0 => plus minus.
by have := lt_trans plus minus; rewrite ltxx.
Qed.

(** A background pattern that rises with one label. *)
Lemma Main_theorem_rate_wrong_drift : ~ (
  forall (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (h ratio delta eps : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M ->
  (forall y, (0 < r y)%N) -> (forall i : atom D, keys_by_label r (sample_at i)) ->
  (forall y, 0 < prior D y) ->
  0 < delta -> 0 < eps ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n - eps <=
    mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim.
have [T late] := claim AQ 8%N 1%N 3%N marked_distribution (small_model Unhinged false) unit_pattern
  (fun=> 1%N) 2%:R 1 (1 / 4%:R) (1 / 4%:R) (unit_dictionary _ _) (@unit_apart _ _)
  (And4 erefl erefl erefl erefl) isT (fun=> isT) (by_label marked_unique) marked_occurs isT isT.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; last exact: (@marked_never _ _ a z _ _ erefl).
exact/negP/eight_filters.
Qed.

(** r = 0. *)
Lemma Main_theorem_rate_wrong_no_key : ~ (
  forall (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : bool -> nat) (h ratio delta eps : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) ->
  (forall y, 0 < prior D y) ->
  (forall k, mean D (fun x => sgn (label x) * (count x (background k))%:R) = 0) ->
  0 < delta -> 0 < eps ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - 2%:R * (3%:R / 4%:R) ^+ n + 2%:R^-1 ^+ n - eps <=
    mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1, (T <= t)%N ==>
      learnt M P D ratio delta w (vector_sgd M P w (take t xs))]))).
Proof.
move=> claim.
have [T late] := claim AQ 8%N 1%N 3%N blank_distribution (small_model Unhinged false) unit_pattern
  (fun=> 0%N) 2%:R 1 (1 / 4%:R) (1 / 4%:R) (unit_dictionary _ _) (@unit_apart _ _)
  (And4 erefl erefl erefl erefl) isT (by_label blank_unique) blank_occurs blank_no_drift isT isT.
have := late _ (fun=> signed_law 3) (fun=> unit_symmetric) (fun=> signed_length3) T.
rewrite never_learnt => [|a z w]; last exact: blank_never.
exact/negP/eight_filters.
Qed.
