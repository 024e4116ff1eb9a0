(** * Gradient descent on images: examples and refuted near misses

    Numbers, one filter on an image of two patches, and images whose patches all look the same. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts vectors slope.
From filtercert Require gradient.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** ** Losses *)

(** The squared hinge lies above its tangent at margin 1/2: at margin 2 that is 0 >= 1/8 - 3/4. *)
Example Loss_subgradient_holds :
  loss_value SquaredHinge (1 / 2%:R : Q) - 1 / 2%:R * (2%:R - 1 / 2%:R) <= loss_value SquaredHinge (2%:R : Q).
Proof. exact: (@Statements.Loss_subgradient Q SquaredHinge (1 / 2%:R) 2%:R). Qed.

Lemma Loss_subgradient_wrong_sign : ~ (forall (R : realFieldType) (l : loss) (z z' : R),
  loss_value l z + gate l z * (z' - z) <= loss_value l z').
Proof. by move/(_ Q Unhinged 0 1). Qed.

Lemma Loss_subgradient_wrong_factor : ~ (forall (R : realFieldType) (l : loss) (z z' : R),
  loss_value l z - 2%:R * gate l z * (z' - z) <= loss_value l z').
Proof. by move/(_ Q Unhinged 0 (-1)). Qed.

(** Below margin 1 the slope of the hinge is -1 and nothing else. *)
Example Loss_slope_holds (a : Q) : has_slope (fun h => loss_value Hinge (1 / 2%:R + h)) a <-> a = -1.
Proof. exact: (@Statements.Loss_slope Q Hinge (1 / 2%:R) a isT). Qed.

(** A function that is |h| on one side has no slope 0 at 0. *)
Lemma not_flat (f : Q -> Q) s : `|s| = 1 -> (forall h, 0 <= h -> `|f (s * h) - f 0| = h) -> ~ has_slope f 0.
Proof.
move=> s1 line [c [e [c0 e0 near]]]; pose h := Num.min e ((c + 1)^-1).
have c1 : 0 < c + 1 by rewrite ltr_paddl.
have h0 : 0 < h by rewrite lt_minr e0 invr_gt0.
have := near (s * h); rewrite normrM s1 mul1r ger0_norm ?(ltW h0) // mul0r subr0 line ?(ltW h0) //.
rewrite exprMn -[s ^+ 2]real_normK ?num_real // s1 expr1n mul1r => /(_ _)/wrap[|le].
  by rewrite le_minl lexx.
have : h < h; last by rewrite ltxx.
apply: le_lt_trans le _; rewrite expr2 mulrA gtr_pmull //.
have : h <= (c + 1)^-1 by rewrite le_minl lexx orbT.
move/(ler_wpmul2l c0) => le; apply: le_lt_trans le _.
by rewrite ltr_pdivr_mulr // mul1r ltr_addl.
Qed.

(** At the kink there is none. *)
Lemma Loss_slope_wrong_at_kink : ~ (forall (R : realFieldType) (l : loss) (z a : R),
  has_slope (fun h => loss_value l (z + h)) a <-> a = - gate l z).
Proof.
move/(_ Q Hinge 1 0) => [_ /(_ erefl)]; apply: (@not_flat _ (-1)); first by [].
move=> h h0; rewrite /loss_value addr0 subrr maxxx subr0.
have -> : 1 - (1 + -1 * h) = h by ring.
by rewrite (max_idPr h0) ger0_norm.
Qed.

Lemma Loss_slope_wrong_sign : ~ (forall (R : realFieldType) (l : loss) (z a : R),
  ~~ kink l z -> (has_slope (fun h => loss_value l (z + h)) a <-> a = gate l z)).
Proof.
move/(_ Q Unhinged 0 1 isT) => [_ /(_ erefl) wrong].
by have := slope_unique wrong (@loss_slope Q Unhinged 0 isT).
Qed.

(** ** Activations *)

Example Activation_slope_holds (a : Q) : has_slope (fun h => activate Relu2 (3%:R + h)) a <-> a = 6%:R.
Proof. exact: (@Statements.Activation_slope Q Relu2 3%:R a isT). Qed.

Lemma Activation_slope_wrong_at_kink : ~ (forall (R : realFieldType) (f : activation R) (z a : R),
  has_slope (fun h => activate f (z + h)) a <-> a = derivative f z).
Proof.
move/(_ Q Relu 0 0) => [_ /(_ erefl)]; apply: (@not_flat _ 1); first by [].
by move=> h h0; rewrite /activate !add0r mul1r !relu_pos // subr0 ger0_norm.
Qed.

Lemma Activation_slope_wrong_factor : ~ (forall (R : realFieldType) (f : activation R) (z a : R),
  (z != 0) || smooth f -> (has_slope (fun h => activate f (z + h)) a <-> a = 2%:R * derivative f z)).
Proof.
move/(_ Q Identity 0 2%:R isT) => [_ /(_ erefl) wrong].
by have := slope_unique wrong (@activation_slope Q Identity 0 isT).
Qed.

(** ** One step on an image of two patches

    One filter, (1/4, 1/2), with head 1/2; patches (1, 0) and (0, 1), label +. Its margin is 3/8. *)

Definition plane (x y : rat) : 'rV[Q]_2 := \row_i (if i == 0 then x else y).

Lemma dot_plane x y x' y' : dot (plane x y) (plane x' y') = x * x' + y * y'.
Proof. by rewrite /dot !big_ord_recl big_ord0 !mxE addr0. Qed.

Lemma plane_add x y x' y' : plane x y + plane x' y' = plane (x + x') (y + y').
Proof. by apply/rowP => i; rewrite !mxE; case: ifP. Qed.

Lemma plane_scale c x y : c *: plane x y = plane (c * x) (c * y).
Proof. by apply/rowP => i; rewrite !mxE; case: ifP. Qed.

Lemma plane_opp x y : - plane x y = plane (- x) (- y).
Proof. by apply/rowP => i; rewrite !mxE; case: ifP. Qed.

Definition one_model (f : activation Q) (l : loss) (h : bool) : model Q 0 := {|
  gram := fun p q => 1; activation_of := f; pooling_of := SumPooling; loss_of := l; trained := h;
  eta := 1 / 2%:R |}.

Definition one_network : network Q 1 2 := Network (fun _ => plane (1 / 4%:R) (1 / 2%:R)) (fun _ => 1 / 2%:R).
Definition one_picture : picture Q 2 := Picture true [:: plane 1 0; plane 0 1].
Definition one_batch : seq (Q * picture Q 2) := [:: (1, one_picture)].

(** In the direction ((1, 0), head 1) the hinge loss has the slope -(1/2 + 3/4). *)
Example Gradient_descent_holds :
  has_slope (fun h => pixel_loss (one_model Relu Hinge true)
      (shifted one_network (Network (fun _ => plane 1 0) (fun _ => 1)) h) one_batch)
    (- (5%:R / 4%:R)).
Proof.
pose u : network Q 1 2 := Network (fun _ => plane 1 0) (fun _ => 1).
have margin : pixel_margin (one_model Relu Hinge true) one_network one_picture = 3%:R / 8%:R.
  by rewrite /pixel_margin /pixel_output big_ord1 /pixel_pooled !big_cons big_nil /= !dot_plane; vm_compute.
have clear : no_kink (one_model Relu Hinge true) one_network one_batch.
  rewrite /no_kink /= margin /= andbT; apply/forallP => j.
  by rewrite /= !dot_plane; vm_compute.
have := @Statements.Gradient_descent Q 1 0 2 (one_model Relu Hinge true) one_network u one_batch isT clear.
move=> /(_ (fun impossible => False_ind _ (Bool.diff_true_false impossible))).
have -> : inner (displacement one_network (pixel_step (one_model Relu Hinge true) one_network one_batch)) u =
  5%:R / 8%:R; last by [].
rewrite /inner big_ord1 /displacement /pixel_step /= !big_seq1 /= margin /pixel_pooled.
rewrite !big_cons !big_nil /= !dot_plane !addr0.
rewrite !(plane_scale, plane_add, plane_opp) dot_plane; by vm_compute.
Qed.

Local Notation dot_model := (one_model Identity Unhinged false).

(** The loss on which the near misses fail: 1 - <w, (1, 1)> / 2, fixed head. *)
Lemma dot_slope : has_slope (fun h => pixel_loss dot_model
    (shifted one_network (Network (fun _ => plane 1 0) (fun _ => 0)) h) one_batch) (- (1 / 2%:R))
  /\ inner (displacement one_network (pixel_step dot_model one_network one_batch))
      (Network (fun _ => plane 1 0) (fun _ => 0)) = 1 / 4%:R.
Proof.
split; last first.
  rewrite /inner big_ord1 /displacement /pixel_step /= !big_seq1 /= !big_cons !big_nil /= !addr0.
  by rewrite !(plane_scale, plane_add, plane_opp) dot_plane; vm_compute.
apply: (eq_slope (f := fun h => 1 - 3%:R / 8%:R + h * - (1 / 2%:R))); last exact: slope_line.
move=> h; rewrite /pixel_loss big_seq1 /= mul1r /pixel_margin /pixel_output big_ord1 /pixel_pooled.
by rewrite !big_cons big_nil /= !(plane_scale, plane_add) !dot_plane /sgn; field.
Qed.

Lemma Gradient_descent_wrong_sign : ~ (forall (R : realFieldType) (n K d : nat) (m : model R K)
    (w u : network R n d) (B : seq (R * picture R d)),
  eta m != 0 -> no_kink m w B -> (trained m = false -> forall j, heads u j = 0) ->
  has_slope (fun h => pixel_loss m (shifted w u h) B)
    (inner (displacement w (pixel_step m w B)) u / eta m)).
Proof.
have [right along] := dot_slope.
move/(_ Q 1%N 0%N 2%N dot_model one_network (Network (fun _ => plane 1 0) (fun _ => 0)) one_batch isT isT).
move=> /(_ (fun _ _ => erefl)) wrong; have := slope_unique wrong right; rewrite along => /eqP.
by vm_compute.
Qed.

Lemma Gradient_descent_wrong_eta : ~ (forall (R : realFieldType) (n K d : nat) (m : model R K)
    (w u : network R n d) (B : seq (R * picture R d)),
  eta m != 0 -> no_kink m w B -> (trained m = false -> forall j, heads u j = 0) ->
  has_slope (fun h => pixel_loss m (shifted w u h) B)
    (- inner (displacement w (pixel_step m w B)) u)).
Proof.
have [right along] := dot_slope.
move/(_ Q 1%N 0%N 2%N dot_model one_network (Network (fun _ => plane 1 0) (fun _ => 0)) one_batch isT isT).
move=> /(_ (fun _ _ => erefl)) wrong; have := slope_unique wrong right; rewrite along => /eqP.
by vm_compute.
Qed.

(** ** Counts instead of patches *)

(** Both keys are (1, 0); an image with two patches of the first. *)
Definition twice : sample 0 := Sample true (fun p => if p == key true then 2%N else 0%N).
Definition all_plane : pattern 0 -> 'rV[Q]_2 := fun _ => plane 1 0.

Lemma one_dictionary f l h : dictionary_of (one_model f l h) all_plane.
Proof. by move=> p q; rewrite dot_plane. Qed.

Lemma same_refl B : same_pictures (pictures all_plane B) (pictures all_plane B).
Proof. by elim: B => //= b B ->; rewrite /same_picture !eqxx perm_refl. Qed.

(** After one step on it the filter (1/4, 1/2) has the coordinate 1/4 + 1/2, by the vector and by counts. *)
Example Pixels_lossless_holds :
  dot (filters (pixel_run dot_model one_network [:: pictures all_plane (single Q twice)]) ord0)
    (all_plane (key true)) = 3%:R / 4%:R.
Proof.
have [_ [coordinate _] _] := @Statements.Pixels_lossless Q 1 0 2 dot_model all_plane one_network
  [:: pictures all_plane (single Q twice)] [:: single Q twice] erefl (one_dictionary _ _ _)
  (introT andP (conj (same_refl _) isT)).
have := coordinate ord0 (key true); rewrite /= => ->.
rewrite sum_pattern big_ord0 addr0 /filter_gradient /gated /= !big_seq1 /pooled_derivative /= dot_plane.
by vm_compute.
Qed.

Lemma Pixels_lossless_wrong_pooling : ~ (forall (R : realFieldType) (n K d : nat) (m : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (Xss : seq (seq (R * picture R d))) (Bs : seq (batch R K)),
  dictionary_of m P ->
  all2 (@same_pictures R d) Xss [seq pictures P B | B <- Bs] ->
  [/\ forall j, filters (pixel_run m w Xss) j = filters (vector_run m P w Bs) j,
      same_state (coordinates P (pixel_run m w Xss)) (run m (coordinates P w) Bs)
    & forall X x, same_picture X (picture_of P x) ->
      pixel_margin m (pixel_run m w Xss) X = margin m (run m (coordinates P w) Bs) x]).
Proof.
pose m : model Q 0 := {| gram := fun p q => 1; activation_of := Identity; pooling_of := MaxPooling;
  loss_of := Unhinged; trained := false; eta := 1 / 2%:R |}.
have dict : dictionary_of m all_plane by move=> p q; rewrite dot_plane.
move/(_ Q 1%N 0%N 2%N m all_plane one_network [::] [::] dict isT) => [_ _].
have refl : same_picture (picture_of all_plane twice) (picture_of all_plane twice).
  by rewrite /same_picture eqxx perm_refl.
move/(_ (picture_of all_plane twice) twice refl).
rewrite /pixel_margin /margin /pixel_output /output !big_ord1 /pixel_pooled (gradient.sum_patches _ refl).
rewrite sum_pattern big_ord0 /= !dot_plane /pooled /argmax /=.
by case: pickP => [p _|_]; rewrite ?dot_plane; vm_compute.
Qed.

Lemma Pixels_lossless_wrong_dictionary : ~ (forall (R : realFieldType) (n K d : nat) (m : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (Xss : seq (seq (R * picture R d))) (Bs : seq (batch R K)),
  pooling_of m = SumPooling ->
  all2 (@same_pictures R d) Xss [seq pictures P B | B <- Bs] ->
  [/\ forall j, filters (pixel_run m w Xss) j = filters (vector_run m P w Bs) j,
      same_state (coordinates P (pixel_run m w Xss)) (run m (coordinates P w) Bs)
    & forall X x, same_picture X (picture_of P x) ->
      pixel_margin m (pixel_run m w Xss) X = margin m (run m (coordinates P w) Bs) x]).
Proof.
pose P (p : pattern 0) : 'rV[Q]_2 := plane 2%:R 0.
have same B : same_pictures (pictures P B) (pictures P B).
  by elim: B => //= b B ->; rewrite /same_picture !eqxx perm_refl.
move/(_ Q 1%N 0%N 2%N dot_model P one_network [:: pictures P (single Q twice)] [:: single Q twice] erefl).
move/(_ (introT andP (conj (same _) isT))) => [vectors [/(_ ord0 (key true)) coords _] _].
have : dot (filters (pixel_run dot_model one_network [:: pictures P (single Q twice)]) ord0) (P (key true)) =
  weight (run dot_model (coordinates P one_network) [:: single Q twice]) ord0 (key true) := coords.
rewrite vectors /= dotDl dotZl dot_suml !sum_pattern !big_ord0 !addr0.
rewrite !dotZl /filter_gradient /gated /= !big_seq1 /pooled_derivative /= !dot_plane.
by vm_compute.
Qed.
