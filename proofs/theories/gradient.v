(** * Gradient descent is what the name says; pattern coordinates are enough

    For images that are lists of vectors: one step of the network is minus eta times the derivative of the
    loss of its batch by filters and, where it is trained, head, wherever no margin and no patch sits at a
    kink ([pixel_gradient]). And where the patches are patterns, in any order, the network does on them
    what the model does on counts of patterns: the same outputs, the same steps ([pixels_lossless]). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors slope.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Gradient.
Variables (R : realFieldType) (n K d : nat) (m : model R K).
Implicit Types (w u : network R n d) (x : 'rV[R]_d) (X : seq 'rV[R]_d) (b : R * picture R d)
  (B : seq (R * picture R d)).

Let on_patch w u j x (h : R) := dot (filters (shifted w u h) j) x.

Lemma on_patchE w u j x h : on_patch w u j x h = dot (filters w j) x + h * dot (filters u j) x.
Proof. by rewrite /on_patch /shifted /= dotDl dotZl. Qed.

(** The slope of one activated patch, of a filter's sum, of the output. *)
Let patch_slope w u j x := derivative (activation_of m) (dot (filters w j) x) * dot (filters u j) x.
Let pooled_slope w u j X := \sum_(x <- X) patch_slope w u j x.
Let output_slope w u X :=
  \sum_j (heads u j * pixel_pooled m (filters w j) X + heads w j * pooled_slope w u j X).

Lemma shifted0 w u j : filters (shifted w u 0) j = filters w j.
Proof. by rewrite /shifted /= scale0r addr0. Qed.

Lemma pooled_has_slope w u j X :
  smooth (activation_of m) || all (fun x => dot (filters w j) x != 0) X ->
  has_slope (fun h => pixel_pooled m (filters (shifted w u h) j) X) (pooled_slope w u j X).
Proof.
rewrite /pixel_pooled /pooled_slope; elim: X => [|x X IH] ok.
  by apply: (eq_slope (f := fun=> 0)) => [h|]; rewrite big_nil //; exact: slope_const.
have [okx okX] : (dot (filters w j) x != 0) || smooth (activation_of m) /\
    smooth (activation_of m) || all (fun x => dot (filters w j) x != 0) X.
  by move: ok; case: (smooth _) => /=; [rewrite orbT | case/andP=> -> ->].
rewrite big_cons; apply: (eq_slope (f := fun h => activate (activation_of m) (on_patch w u j x h) +
  \sum_(z <- X) activate (activation_of m) (dot (filters (shifted w u h) j) z))).
  by move=> h; rewrite big_cons.
apply: slope_add (IH okX).
apply: (slope_comp (g := activate (activation_of m)) (f := on_patch w u j x)).
  by apply: (eq_slope (f := fun h => dot (filters w j) x + h * dot (filters u j) x)) (slope_line _ _) => h;
    rewrite on_patchE.
apply: eq_slope (activation_slope okx) => k.
by rewrite on_patchE mul0r addr0.
Qed.

Lemma output_has_slope w u X :
  smooth (activation_of m) || [forall j, all (fun x => dot (filters w j) x != 0) X] ->
  has_slope (fun h => pixel_output m (shifted w u h) X) (output_slope w u X).
Proof.
move=> ok; apply: slope_sum => j _.
have okj : smooth (activation_of m) || all (fun x => dot (filters w j) x != 0) X.
  by case/orP: ok => [->//|/forallP/(_ j) ->]; rewrite orbT.
have := slope_mul (slope_line (heads w j) (heads u j)) (pooled_has_slope u okj).
by rewrite mul0r addr0 shifted0.
Qed.

(** Minus the slope of the loss of a batch. *)
Let descent w u B := \sum_(b <- B)
  b.1 * gate (loss_of m) (pixel_margin m w b.2) * sgn (class_of b.2) * output_slope w u (pixels b.2).

Lemma loss_has_slope w u B : no_kink m w B ->
  has_slope (fun h => pixel_loss m (shifted w u h) B) (- descent w u B).
Proof.
rewrite /pixel_loss /descent -sumrN; elim: B => [|b B IH] /=.
  by move=> _; apply: (eq_slope (f := fun=> 0)) => [h|]; rewrite big_nil //; exact: slope_const.
case/andP=> /andP[kinkless ok] okB; rewrite big_cons.
apply: (eq_slope (f := fun h => b.1 * loss_value (loss_of m) (pixel_margin m (shifted w u h) b.2) +
  \sum_(b' <- B) b'.1 * loss_value (loss_of m) (pixel_margin m (shifted w u h) b'.2))).
  by move=> h; rewrite big_cons.
apply: slope_add (IH okB).
have -> : - (b.1 * gate (loss_of m) (pixel_margin m w b.2) * sgn (class_of b.2) *
    output_slope w u (pixels b.2)) = b.1 * (- gate (loss_of m) (pixel_margin m w b.2) *
    (sgn (class_of b.2) * output_slope w u (pixels b.2))) by ring.
apply: slope_scale.
apply: (slope_comp (g := loss_value (loss_of m)) (f := fun h => pixel_margin m (shifted w u h) b.2)).
  exact: slope_scale (output_has_slope u ok).
have start : pixel_margin m (shifted w u 0) b.2 = pixel_margin m w b.2.
  rewrite /pixel_margin /pixel_output; congr (_ * _); apply: eq_bigr => j _.
  by rewrite shifted0 /shifted /= mul0r addr0.
by rewrite start; exact: loss_slope.
Qed.

(** The step goes along the descent. *)
Lemma step_descent w u B : (trained m = false -> forall j, heads u j = 0) ->
  inner (displacement w (pixel_step m w B)) u = eta m * descent w u B.
Proof.
move=> fixed; rewrite /inner /descent /displacement /pixel_step /=.
pose c b := b.1 * gate (loss_of m) (pixel_margin m w b.2) * sgn (class_of b.2).
transitivity (\sum_j eta m * \sum_(b <- B) c b *
  (heads u j * pixel_pooled m (filters w j) (pixels b.2) + heads w j * pooled_slope w u j (pixels b.2))).
  apply: eq_bigr => j _.
  have -> : \sum_(b <- B) c b * (heads u j * pixel_pooled m (filters w j) (pixels b.2)
      + heads w j * pooled_slope w u j (pixels b.2)) =
    \sum_(b <- B) c b * heads w j * pooled_slope w u j (pixels b.2) +
    heads u j * \sum_(b <- B) c b * pixel_pooled m (filters w j) (pixels b.2).
    rewrite [X in _ = _ + X]mulr_sumr -big_split; apply: eq_bigr => b _ /=.
    by rewrite mulrDr addrC mulrA; congr (_ + _); rewrite mulrCA.
  rewrite mulrDr addrC [filters w j + _]addrC addrK dotZl dot_suml addrC; congr (_ + _).
    congr (_ * _); apply: eq_bigr => b _; rewrite dotZl dot_suml; congr (_ * _).
    by apply: eq_bigr => x _; rewrite dotZl [dot x _]dotC.
  case trainedP : (trained m); last by rewrite (fixed trainedP) mulr0 mul0r mulr0.
  rewrite [heads w j + _]addrC addrK -mulrA; congr (_ * _); exact: mulrC.
rewrite -mulr_sumr exchange_big /=; congr (_ * _); apply: eq_bigr => b _.
by rewrite /output_slope mulr_sumr.
Qed.

(** ** Gradient descent *)
Theorem pixel_gradient w u B : no_kink m w B -> (trained m = false -> forall j, heads u j = 0) ->
  exists g, has_slope (fun h => pixel_loss m (shifted w u h) B) (- g)
    /\ inner (displacement w (pixel_step m w B)) u = eta m * g.
Proof.
move=> ok fixed; exists (descent w u B); split; [exact: loss_has_slope | exact: step_descent].
Qed.

End Gradient.

(** ** Counts of patterns are enough *)
Section Lossless.
Variables (R : realFieldType) (n K d : nat) (m : model R K) (P : pattern K -> 'rV[R]_d).
Hypothesis sum : pooling_of m = SumPooling.
Implicit Types (w : network R n d) (x : sample K) (X : picture R d) (B : batch R K).

(** A sum over the patches is a sum over the patterns. *)
Lemma sum_patches (V : zmodType) (F : 'rV[R]_d -> V) X x : same_picture X (picture_of P x) ->
  \sum_(z <- pixels X) F z = \sum_p F (P p) *+ count x p.
Proof.
case/andP=> _ order; rewrite (perm_big _ order) /picture_of /= big_flatten big_map big_enum /=.
by apply: eq_bigr => p _; rewrite big_nseq iter_addr_0.
Qed.

Lemma pixel_pooledE w j X x : same_picture X (picture_of P x) ->
  pixel_pooled m (filters w j) (pixels X) = pooled m (weight (coordinates P w) j) (count x).
Proof.
by move=> same; rewrite /pixel_pooled (sum_patches _ same) /pooled sum; apply: eq_bigr => p _; rewrite mulr_natl.
Qed.

Lemma pixel_marginE w X x : same_picture X (picture_of P x) ->
  pixel_margin m w X = margin m (coordinates P w) x.
Proof.
move=> same; have /andP[/eqP cls _] := same; rewrite /pixel_margin /margin cls; congr (_ * _).
by apply: eq_bigr => j _; rewrite (pixel_pooledE _ _ same).
Qed.

(** Two networks with the same numbers. *)
Let same_network w w' := (forall j, filters w j = filters w' j) /\ (forall j, heads w j = heads w' j).

Lemma same_coordinates w w' : same_network w w' -> same_state (coordinates P w) (coordinates P w').
Proof. by case=> f h; split=> [j p|j] /=; rewrite ?f ?h. Qed.

Lemma vector_step_same w w' B : same_network w w' -> same_network (vector_step m P w B) (vector_step m P w' B).
Proof.
move=> same; have coords := same_coordinates same; case: (same) => f h; split=> j; last first.
  exact: (proj2 (step_same m B coords) j).
rewrite /vector_step /= f h (gated_same _ B coords); congr (_ + _ *: _); apply: eq_bigr => p _.
by rewrite (filter_gradient_same _ _ _ _ coords).
Qed.

(** A sum over pictures is the sum over their samples. *)
Lemma sum_pictures (V : zmodType) (F : R -> picture R d -> V) (G : R -> sample K -> V) Xs B :
  (forall c X x, same_picture X (picture_of P x) -> F c X = G c x) ->
  same_pictures Xs (pictures P B) -> \sum_(b <- Xs) F b.1 b.2 = \sum_(b <- B) G b.1 b.2.
Proof.
move=> FG; elim: Xs B => [|b Xs IH] [|b' B] //=; first by rewrite !big_nil.
by case/andP=> /andP[/eqP weight same] /IH; rewrite !big_cons weight => ->; rewrite (FG _ _ _ same).
Qed.

Lemma pixel_stepE w Xs B : same_pictures Xs (pictures P B) ->
  same_network (pixel_step m w Xs) (vector_step m P w B).
Proof.
move=> same; set s := coordinates P w; split=> j /=.
  congr (_ + _); rewrite -scalerA; congr (_ *: _).
  rewrite (@sum_pictures _
    (fun c X => (c * gate (loss_of m) (pixel_margin m w X) * sgn (class_of X) * heads w j) *:
      (\sum_(x <- pixels X) derivative (activation_of m) (dot (filters w j) x) *: x))
    (fun c x => (c * gate_at m s x * sgn (label x) * heads w j) *:
      \sum_p ((count x p)%:R * derivative (activation_of m) (weight s j p)) *: P p) _ B _ same).
    rewrite scaler_sumr; under [RHS]eq_bigr do rewrite scalerA.
    transitivity (\sum_p (\sum_(b <- B) heads w j * (b.1 * gate_at m s b.2 * sgn (label b.2)
      * ((count b.2 p)%:R * derivative (activation_of m) (weight s j p)))) *: P p).
      under [RHS]eq_bigr do rewrite scaler_suml.
      rewrite exchange_big /=; apply: eq_bigr => b _; rewrite scaler_sumr; apply: eq_bigr => p _.
      by rewrite scalerA; congr (_ *: _); rewrite -mulrA mulrCA.
    apply: eq_bigr => p _; congr (_ *: _); rewrite -mulr_sumr; congr (_ * _).
    rewrite /filter_gradient /gated big_map; apply: eq_bigr => b _ /=.
    by rewrite /pooled_derivative sum.
  move=> c X x sameX; have /andP[/eqP cls _] := sameX.
  rewrite (pixel_marginE _ sameX) cls (sum_patches _ sameX); congr (_ *: _); apply: eq_bigr => p _.
  by rewrite -scalerA scaler_nat.
case: (trained m) => //; congr (_ + _ * _); rewrite /head_gradient /gated big_map /=.
apply: (sum_pictures (F := fun c X => c * gate (loss_of m) (pixel_margin m w X) * sgn (class_of X) *
  pixel_pooled m (filters w j) (pixels X)) (G := fun c x => c * gate_at m s x * sgn (label x) *
  pooled m (weight s j) (count x))) same => c X x sameX; have /andP[/eqP cls _] := sameX.
by rewrite (pixel_marginE _ sameX) cls (pixel_pooledE _ _ sameX).
Qed.

(** ** The network on pixels does what the model does on counts *)
Theorem pixels_lossless w Xss Bs : dictionary_of m P ->
  all2 (@same_pictures R d) Xss [seq pictures P B | B <- Bs] ->
  [/\ forall j, filters (pixel_run m w Xss) j = filters (vector_run m P w Bs) j,
      same_state (coordinates P (pixel_run m w Xss)) (run m (coordinates P w) Bs)
    & forall X x, same_picture X (picture_of P x) ->
      pixel_margin m (pixel_run m w Xss) X = margin m (run m (coordinates P w) Bs) x].
Proof.
move=> dict same.
have run_same w1 w2 : same_network w1 w2 -> same_network (pixel_run m w1 Xss) (vector_run m P w2 Bs).
  elim: Xss Bs same w1 w2 => [|Xs Xss IH] [|B Bs] //= /andP[sameB /IH {}IH] w1 w2 same12; apply: IH.
  have [f h] := pixel_stepE w1 sameB; have [f' h'] := vector_step_same B same12.
  by split=> j; rewrite ?f ?f' ?h ?h'.
have [f h] := run_same w w (conj (fun=> erefl) (fun=> erefl)).
have coords : same_state (coordinates P (pixel_run m w Xss)) (run m (coordinates P w) Bs).
  exact: same_state_trans (same_coordinates (conj f h)) (coordinates_run dict w Bs).
split=> // X x sameX; rewrite (pixel_marginE _ sameX); exact: margin_same.
Qed.

End Lossless.
