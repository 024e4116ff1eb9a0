(** * T2s: growth of every filter, without label independence or balanced labels

    Expected dynamics, fixed head with any weights, orthonormal dictionary, unhinged loss. Every
    coordinate is [kappa^+ t] plus an excess that is bounded for ever: the start of a coordinate that
    grows or stands still, and at most [z^2 + kappa^2], squared, for one that falls (T1). Adding up
    squares, [|w(t)|^2] lies between [rho^2 t^2] and [rho^2 t^2] plus a term of first order, with
    [rho^2] the sum of the squares of the [kappa^+]; Cauchy-Schwarz gives the bound without it. What
    happens to ratios and directions in the limit follows. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts closed_form.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section CauchySchwarz.
Variables (R : realFieldType) (I : finType).

(** Cauchy-Schwarz, as half the sum of the squares of u_p e_q - u_q e_p. *)
Lemma cauchy_schwarz (u e : I -> R) :
  (\sum_p u p * e p) ^+ 2 <= (\sum_p u p ^+ 2) * (\sum_p e p ^+ 2).
Proof.
have pairs : 0 <= \sum_p \sum_q (u p * e q - u q * e p) ^+ 2.
  by apply: sumr_ge0 => p _; apply: sumr_ge0 => q _; exact: sqr_ge0.
suff twice : \sum_p \sum_q (u p * e q - u q * e p) ^+ 2 =
    2%:R * ((\sum_p u p ^+ 2) * (\sum_p e p ^+ 2) - (\sum_p u p * e p) ^+ 2).
  by move: pairs; rewrite twice pmulr_rge0 ?ltr0n // subr_ge0.
have product (f g : I -> R) : (\sum_p f p) * (\sum_q g q) = \sum_p \sum_q f p * g q.
  by rewrite mulr_suml; apply: eq_bigr => p _; rewrite mulr_sumr.
have -> : 2%:R * ((\sum_p u p ^+ 2) * (\sum_p e p ^+ 2) - (\sum_p u p * e p) ^+ 2) =
    (\sum_p u p ^+ 2) * (\sum_p e p ^+ 2) + (\sum_p e p ^+ 2) * (\sum_p u p ^+ 2)
    + - 2%:R * ((\sum_p u p * e p) * (\sum_p u p * e p)) by ring.
rewrite !product mulr_sumr -!big_split; apply: eq_bigr => p _ /=.
by rewrite mulr_sumr -!big_split; apply: eq_bigr => q _ /=; ring.
Qed.

End CauchySchwarz.

Section Growth.
Variables (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K).
Variable s : state R n K.
Hypothesis network : fixed_head_network M Unhinged.
Implicit Types (j : 'I_n) (p : pattern K) (t : nat).

(** What a coordinate has beyond [kappa^+ t]. *)
Definition excess t j p : R := weight (expected D M s t) j p - rising_drift D M s j p * t%:R.

(** kappa^2 of a positive coordinate that falls. *)
Definition fall_squared j p : R :=
  if (0 < weight s j p) && (drift D M s j p < 0) then drift D M s j p ^+ 2 else 0.

Lemma weight_excess t j p :
  weight (expected D M s t) j p = rising_drift D M s j p * t%:R + excess t j p.
Proof. by rewrite /excess addrC subrK. Qed.

Lemma rising_ge0 j p : 0 <= rising_drift D M s j p.
Proof. by rewrite /rising_drift; case: ifP => // /andP[_ /ltW]. Qed.

Lemma fall_ge0 j p : 0 <= fall_squared j p.
Proof. by rewrite /fall_squared; case: ifP => // _; exact: sqr_ge0. Qed.

Lemma growth_sum j : growth_squared D M s j = \sum_p rising_drift D M s j p ^+ 2.
Proof.
rewrite /growth_squared big_mkcond; apply: eq_bigr => p _; rewrite /rising_drift.
by case: ifP => // _; rewrite expr0n.
Qed.

Lemma decay_sum j : decay_squared D M s j = \sum_p fall_squared j p.
Proof. by rewrite /decay_squared big_mkcond. Qed.

Lemma growth_ge0 j : 0 <= growth_squared D M s j.
Proof. by rewrite growth_sum sumr_ge0 // => p _; exact: sqr_ge0. Qed.

Lemma norm_ge0 (s' : state R n K) j : 0 <= norm_squared s' j.
Proof. by rewrite /norm_squared sumr_ge0 // => p _; exact: sqr_ge0. Qed.

Lemma decay_ge0 j : 0 <= decay_squared D M s j.
Proof. by rewrite decay_sum sumr_ge0 // => p _; exact: fall_ge0. Qed.

(** The excess of a coordinate that does not fall is its start; of a falling one it is bounded. *)
Lemma excess_cases t j p :
  (excess t j p = weight s j p) \/
  [/\ rising_drift D M s j p = 0, 0 < weight s j p & drift D M s j p < 0].
Proof.
have [frozen rising _] := closed_form D s network t j p; rewrite /excess /rising_drift.
case: (ltrP 0 (weight s j p)) => [pos|dead] /=; last by rewrite frozen // mul0r subr0; left.
case: (ltrgtP (drift D M s j p) 0) => [down|up|zero]; first by right.
  by left; rewrite rising ?ltW // addrK.
by left; rewrite rising ?zero ?lexx // !mul0r addr0 subr0.
Qed.

Lemma excess_square t j p : excess t j p ^+ 2 <= weight s j p ^+ 2 + fall_squared j p.
Proof.
case: (excess_cases t j p) => [->|[zero pos down]]; first by rewrite ler_addl fall_ge0.
rewrite /excess zero mul0r subr0 /fall_squared pos down.
by have := falling_square t network pos (ltW down).
Qed.

(** A coordinate that grows has a positive start. *)
Lemma rising_excess t j p :
  rising_drift D M s j p * excess t j p = rising_drift D M s j p * weight s j p.
Proof. by case: (excess_cases t j p) => [-> //|[-> _ _]]; rewrite !mul0r. Qed.

Lemma rising_start j p : 0 <= rising_drift D M s j p * weight s j p.
Proof.
rewrite /rising_drift; case: ifP => [/andP[pos up]|_]; last by rewrite mul0r.
by rewrite mulr_ge0 // ltW.
Qed.

(** One coordinate squared. *)
Lemma square_excess t j p : weight (expected D M s t) j p ^+ 2 =
  rising_drift D M s j p ^+ 2 * t%:R ^+ 2
  + 2%:R * t%:R * (rising_drift D M s j p * weight s j p) + excess t j p ^+ 2.
Proof. by rewrite weight_excess -(rising_excess t j p); ring. Qed.

Lemma square_lower t j p :
  rising_drift D M s j p ^+ 2 * t%:R ^+ 2 <= weight (expected D M s t) j p ^+ 2.
Proof.
rewrite square_excess -addrA ler_addl addr_ge0 ?sqr_ge0 //.
by rewrite mulr_ge0 ?rising_start // mulr_ge0 ?ler0n.
Qed.

Lemma square_upper t j p : weight (expected D M s t) j p ^+ 2 <=
  rising_drift D M s j p ^+ 2 * t%:R ^+ 2
  + 2%:R * t%:R * (rising_drift D M s j p * weight s j p)
  + (weight s j p ^+ 2 + fall_squared j p).
Proof. by rewrite square_excess ler_add2l excess_square. Qed.

(** rho^2 t^2 <= |w(t)|^2 *)
Lemma growth_lower t j :
  growth_squared D M s j * t%:R ^+ 2 <= norm_squared (expected D M s t) j.
Proof. by rewrite growth_sum mulr_suml; apply: ler_sum => p _; exact: square_lower. Qed.

(** |w(t)|^2 up to a term of first order. *)
Lemma growth_upper_linear t j : norm_squared (expected D M s t) j <=
  growth_squared D M s j * t%:R ^+ 2
  + 2%:R * t%:R * (\sum_p rising_drift D M s j p * weight s j p)
  + (norm_squared s j + decay_squared D M s j).
Proof.
rewrite growth_sum decay_sum mulr_suml mulr_sumr -!big_split /=.
by apply: ler_sum => p _; exact: square_upper.
Qed.

(** |w(t)| <= rho t + sqrt(|w(0)|^2 + delta^2), for any bounds x of rho and c of the root. *)
Lemma growth_upper t j (x c : R) : 0 <= x -> 0 <= c ->
  growth_squared D M s j <= x ^+ 2 ->
  norm_squared s j + decay_squared D M s j <= c ^+ 2 ->
  norm_squared (expected D M s t) j <= (x * t%:R + c) ^+ 2.
Proof.
move=> x0 c0 gx nc; apply: le_trans (growth_upper_linear t j) _.
have -> : (x * t%:R + c) ^+ 2 = x ^+ 2 * t%:R ^+ 2 + 2%:R * t%:R * (x * c) + c ^+ 2 by ring.
apply: ler_add => //; apply: ler_add; first by apply: ler_wpmul2r => //; exact: sqr_ge0.
apply: ler_wpmul2l; first by rewrite mulr_ge0 ?ler0n.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?mulr_ge0 //; last first.
  by apply: sumr_ge0 => p _; exact: rising_start.
apply: le_trans (cauchy_schwarz _ _) _; rewrite -growth_sum exprMn.
apply: ler_pmul gx _; [exact: growth_ge0 | exact: norm_ge0 | ].
by apply: le_trans nc; rewrite ler_addl decay_ge0.
Qed.

(** ** T2s *)
Theorem norm_growth t j :
  growth_squared D M s j * t%:R ^+ 2 <= norm_squared (expected D M s t) j
  /\ forall x c : R, 0 <= x -> 0 <= c -> growth_squared D M s j <= x ^+ 2 ->
     norm_squared s j + decay_squared D M s j <= c ^+ 2 ->
     norm_squared (expected D M s t) j <= (x * t%:R + c) ^+ 2.
Proof. by split=> [|x c]; [exact: growth_lower | exact: growth_upper]. Qed.

(** For the limits: the term of first order, in one constant. *)
Definition slack j : R :=
  2%:R * (\sum_p rising_drift D M s j p * weight s j p)
  + (norm_squared s j + decay_squared D M s j).

Lemma slack_ge0 j : 0 <= slack j.
Proof.
rewrite /slack addr_ge0 ?addr_ge0 ?norm_ge0 ?decay_ge0 //.
by rewrite mulr_ge0 ?ler0n // sumr_ge0 // => p _; exact: rising_start.
Qed.

Lemma norm_between t j : (0 < t)%N ->
  growth_squared D M s j * t%:R ^+ 2 <= norm_squared (expected D M s t) j
    <= growth_squared D M s j * t%:R ^+ 2 + slack j * t%:R.
Proof.
move=> t0; rewrite growth_lower /=; apply: le_trans (growth_upper_linear t j) _.
rewrite -addrA ler_add2l /slack mulrDl mulrAC ler_add2l.
by rewrite ler_pemulr ?ler1n // addr_ge0 ?norm_ge0 ?decay_ge0.
Qed.

(** The same for one coordinate. *)
Definition coordinate_slack j p : R :=
  2%:R * (rising_drift D M s j p * weight s j p) + (weight s j p ^+ 2 + fall_squared j p).

Lemma coordinate_slack_ge0 j p : 0 <= coordinate_slack j p.
Proof.
by rewrite /coordinate_slack !addr_ge0 ?sqr_ge0 ?fall_ge0 // mulr_ge0 ?ler0n ?rising_start.
Qed.

Lemma square_between t j p : (0 < t)%N ->
  rising_drift D M s j p ^+ 2 * t%:R ^+ 2 <= weight (expected D M s t) j p ^+ 2
    <= rising_drift D M s j p ^+ 2 * t%:R ^+ 2 + coordinate_slack j p * t%:R.
Proof.
move=> t0; rewrite square_lower /=; apply: le_trans (square_upper t j p) _.
rewrite -addrA ler_add2l /coordinate_slack mulrDl mulrAC ler_add2l.
by rewrite ler_pemulr ?ler1n // addr_ge0 ?sqr_ge0 ?fall_ge0.
Qed.

(** The excess itself. *)
Lemma excess_bound t j p : `|excess t j p| <= `|weight s j p| + `|drift D M s j p|.
Proof.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?addr_ge0 ?normr_ge0 // real_normK ?num_real //.
apply: le_trans (excess_square t j p) _.
have -> : (`|weight s j p| + `|drift D M s j p|) ^+ 2 = `|weight s j p| ^+ 2 +
   (`|drift D M s j p| ^+ 2 + 2%:R * (`|weight s j p| * `|drift D M s j p|)) by ring.
rewrite !real_normK ?num_real // ler_add2l.
have cross : 0 <= 2%:R * (`|weight s j p| * `|drift D M s j p|).
  by rewrite !mulr_ge0 ?normr_ge0 ?ler0n.
rewrite /fall_squared; case: ifP => _; first by rewrite ler_addl.
by rewrite addr_ge0 ?sqr_ge0.
Qed.

(** A filter that has become 0 stays 0. *)
Lemma zero_stays t u j : (t <= u)%N -> norm_squared (expected D M s t) j = 0 ->
  norm_squared (expected D M s u) j = 0.
Proof.
case: network => ortho act pool unhinged fixed.
move=> tu zero; have dead p : weight (expected D M s t) j p = 0.
  apply/eqP; rewrite -sqrf_eq0; apply/eqP.
  apply: (psumr_eq0P (P := xpredT) (F := fun p => weight (expected D M s t) j p ^+ 2)) => // q _.
  exact: sqr_ge0.
rewrite /norm_squared big1 // => p _; suff -> : weight (expected D M s u) j p = 0 by rewrite expr0n.
rewrite -(subnKC tu); elim: (u - t)%N => [|v IH]; first by rewrite addn0.
by rewrite addnS weight_expectedS // IH ltxx addr0.
Qed.

End Growth.

(** ** Limits *)
Section Limits.
Variable R : archiFieldType.

(** A multiple of the time passes any bound. *)
Lemma time_passes (C eps : R) : 0 < eps ->
  exists T, forall t, (T <= t)%N -> (0 < t)%N /\ C <= eps * t%:R.
Proof.
move=> eps0; have [k [above _]] := ceiling_exists (C / eps).
exists k.+1 => t kt; split; first exact: leq_ltn_trans kt.
rewrite mulrC -ler_pdivr_mulr //; apply: le_trans above _.
by rewrite ler_nat ltnW.
Qed.

(** A quotient with a numerator of first order and a denominator of second order. *)
Lemma quotient_small (num den C d eps : R) t : 0 < eps -> 0 < d -> (0 < t)%N ->
  `|num| <= C * t%:R -> d * t%:R ^+ 2 <= den -> C <= eps * d * t%:R -> `|num / den| <= eps.
Proof.
move=> eps0 d0 t0 top bottom late.
have pos : 0 < den by apply: lt_le_trans bottom; rewrite mulr_gt0 // exprn_gt0 // ltr0n.
rewrite normrM normfV (gtr0_norm pos) ler_pdivr_mulr //; apply: le_trans top _.
apply: (@le_trans _ _ (eps * d * t%:R * t%:R)); first by rewrite ler_wpmul2r ?ler0n.
by rewrite -!mulrA ler_wpmul2l ?(ltW eps0) // -expr2.
Qed.

(** Two quantities of second order. *)
Lemma ratio_of_squares (f h : nat -> R) (a b A B : R) : 0 <= a -> 0 < b -> 0 <= A -> 0 <= B ->
  (forall t, (0 < t)%N -> a * t%:R ^+ 2 <= f t <= a * t%:R ^+ 2 + A * t%:R) ->
  (forall t, (0 < t)%N -> b * t%:R ^+ 2 <= h t <= b * t%:R ^+ 2 + B * t%:R) ->
  forall eps, 0 < eps -> exists T, forall t, (T <= t)%N -> `|f t / h t - a / b| <= eps.
Proof.
move=> a0 b0 A0 B0 f_between h_between eps eps0.
have [T after] := time_passes (A * b + a * B) (mulr_gt0 eps0 (mulr_gt0 b0 b0)).
exists T => t /after[t0 late]; have /andP[f_lo f_hi] := f_between t t0.
have /andP[h_lo h_hi] := h_between t t0.
have h0 : 0 < h t by apply: lt_le_trans h_lo; rewrite mulr_gt0 // exprn_gt0 // ltr0n.
have -> : f t / h t - a / b = (f t * b - a * h t) / (h t * b).
  by rewrite -mulNr addf_div ?lt0r_neq0 // mulNr.
apply: (@quotient_small _ _ (A * b + a * B) (b * b) eps t) => //; first exact: mulr_gt0.
  rewrite ler_norml; apply/andP; split.
    rewrite -subr_ge0; set D := (X in 0 <= X).
    have -> : D = (f t - a * t%:R ^+ 2) * b + a * (b * t%:R ^+ 2 + B * t%:R - h t) + A * b * t%:R.
      by rewrite /D; ring.
    by rewrite !addr_ge0 ?mulr_ge0 ?subr_ge0 ?ler0n ?(ltW b0).
  rewrite -subr_ge0; set D := (X in 0 <= X).
  have -> : D = (a * t%:R ^+ 2 + A * t%:R - f t) * b + a * (h t - b * t%:R ^+ 2) + a * B * t%:R.
    by rewrite /D; ring.
  by rewrite !addr_ge0 ?mulr_ge0 ?subr_ge0 ?ler0n ?(ltW b0).
by rewrite mulrAC ler_wpmul2r // ltW.
Qed.

Variables (n K : nat) (D : distribution R K) (M : model R K) (s : state R n K).
Hypothesis network : fixed_head_network M Unhinged.
Implicit Types (i j : 'I_n) (p : pattern K) (t : nat).

(** ** The ratio of two norms *)
Theorem ratio_limit i j eps : 0 < growth_squared D M s j -> 0 < eps ->
  exists T, forall t, (T <= t)%N ->
    `|norm_squared (expected D M s t) i / norm_squared (expected D M s t) j
      - growth_squared D M s i / growth_squared D M s j| <= eps.
Proof.
move=> grows; apply: (ratio_of_squares (f := fun t => norm_squared (expected D M s t) i)
  (h := fun t => norm_squared (expected D M s t) j)
  (growth_ge0 D M s i) grows (slack_ge0 D M s i) (slack_ge0 D M s j)).
  by move=> t; exact: norm_between.
by move=> t; exact: norm_between.
Qed.

(** ** The direction of a filter that grows *)

(** Z(t) / t -> kappa^+ *)
Lemma share_limit j p eps : 0 < eps -> exists T, forall t, (T <= t)%N ->
  `|weight (expected D M s t) j p / t%:R - rising_drift D M s j p| <= eps.
Proof.
move=> eps0; have [T after] := time_passes (`|weight s j p| + `|drift D M s j p|) eps0.
exists T => t /after[t0 late]; have t0' : 0 < t%:R :> R by rewrite ltr0n.
rewrite weight_excess mulrDl mulfK ?lt0r_neq0 // addrC addKr.
rewrite normrM normfV (gtr0_norm t0') ler_pdivr_mulr //.
by apply: le_trans late; exact: excess_bound.
Qed.

(** cos^2 with each pattern -> (kappa^+)^2 / rho^2 *)
Lemma cosine_limit j p eps : 0 < growth_squared D M s j -> 0 < eps ->
  exists T, forall t, (T <= t)%N ->
    `|cos_squared (expected D M s t) j p
      - rising_drift D M s j p ^+ 2 / growth_squared D M s j| <= eps.
Proof.
move=> grows; apply: (ratio_of_squares (f := fun t => weight (expected D M s t) j p ^+ 2)
  (h := fun t => norm_squared (expected D M s t) j)
  (sqr_ge0 _) grows (coordinate_slack_ge0 D M s j p) (slack_ge0 D M s j)).
  by move=> t; exact: square_between.
by move=> t; exact: norm_between.
Qed.

(** Each coordinate of w / |w| -> kappa^+ / rho, wherever these roots exist. *)
Lemma direction_limit j p (rho eps : R) : 0 < rho -> rho ^+ 2 = growth_squared D M s j -> 0 < eps ->
  exists T, forall t (len : R), (T <= t)%N -> 0 <= len ->
    len ^+ 2 = norm_squared (expected D M s t) j ->
    `|weight (expected D M s t) j p / len - rising_drift D M s j p / rho| <= eps.
Proof.
move=> rho0 rhoE eps0; set u := rising_drift D M s j p.
pose c := 1 + (norm_squared s j + decay_squared D M s j).
pose E := `|weight s j p| + `|drift D M s j p|.
have nd0 : 0 <= norm_squared s j + decay_squared D M s j by rewrite addr_ge0 ?norm_ge0 ?decay_ge0.
have c1 : 1 <= c by rewrite ler_addl.
have c0 : 0 <= c by apply: le_trans c1; exact: ler01.
have nc : norm_squared s j + decay_squared D M s j <= c ^+ 2.
  by rewrite expr2; apply: le_trans (ler_pemulr c0 c1); rewrite /c ler_addr ler01.
have E0 : 0 <= E by rewrite addr_ge0 ?normr_ge0.
have eE t : `|excess D M s t j p| <= E by exact: excess_bound.
clearbody c E.
have u0 : 0 <= u by exact: rising_ge0.
have [T after] := time_passes (u * c + E * rho) (mulr_gt0 eps0 (mulr_gt0 rho0 rho0)).
exists T => t len /after[t0 late] len0 lenE.
have lo : rho * t%:R <= len.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // ?mulr_ge0 ?ler0n ?(ltW rho0) //.
  by rewrite exprMn lenE rhoE growth_lower.
have hi : len <= rho * t%:R + c.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // ?addr_ge0 ?mulr_ge0 ?ler0n ?(ltW rho0) //.
  by rewrite lenE; apply: growth_upper => //; rewrite ?rhoE ?(ltW rho0).
have t0' : 0 < t%:R :> R by rewrite ltr0n.
have pos : 0 < len by apply: lt_le_trans lo; rewrite mulr_gt0.
have {}eE := eE t; set e := excess D M s t j p in eE *.
rewrite [X in `|X| <= _](_ : _ = (u * (rho * t%:R - len) + e * rho) / (len * rho)); last first.
  by rewrite weight_excess -/u -/e -mulNr addf_div ?lt0r_neq0 //; congr (_ / _); ring.
rewrite normrM normfV (gtr0_norm (mulr_gt0 pos rho0)) ler_pdivr_mulr ?mulr_gt0 //.
apply: (@le_trans _ _ (u * c + E * rho)).
  apply: le_trans (ler_norm_add _ _) _; rewrite !normrM (ger0_norm u0) (gtr0_norm rho0).
  apply: ler_add; last by apply: ler_wpmul2r => //; exact: ltW.
  by rewrite ler_wpmul2l // ler0_norm ?subr_le0 // opprB ler_subl_addl.
apply: le_trans late _; rewrite -mulrA; apply: ler_wpmul2l; first exact: ltW.
by rewrite mulrAC; apply: ler_wpmul2r => //; exact: ltW.
Qed.

(** ** Dominance without limit *)

(** A filter without growth stands still from some time on. *)
Lemma standstill j : growth_squared D M s j = 0 -> exists T, forall t p, (T <= t)%N ->
  weight (expected D M s t) j p = weight (expected D M s T) j p.
Proof.
move=> still; have [tau tauP] : exists tau : pattern K -> nat, forall p t, (tau p <= t)%N ->
    weight (expected D M s t) j p = weight (expected D M s (tau p)) j p.
  apply: (@fin_all_exists _ _ (fun p tau => forall t, (tau <= t)%N ->
    weight (expected D M s t) j p = weight (expected D M s tau) j p)) => p.
  case: (lerP (weight s j p) 0) => [dead|pos].
    exists 0%N => t _; have [-> //] := closed_form D s network t j p.
  case: (ltrP (drift D M s j p) 0) => [down|up].
    have [tau tauP] := ceiling_exists (- (weight s j p / drift D M s j p)).
    exists tau => t late; have [_ _ falls] := closed_form D s network t j p.
    have [_ _ falls'] := closed_form D s network tau j p.
    by rewrite (falls pos down tau) // (falls' pos down tau) // minnn (minn_idPr late).
  exists 0%N => t _; have [_ rises _] := closed_form D s network t j p; rewrite rises //.
  suff -> : drift D M s j p = 0 by rewrite mul0r addr0.
  apply/eqP; rewrite -sqrf_eq0 eq_le sqr_ge0 andbT -still growth_sum (bigD1 p) //=.
  rewrite /rising_drift pos /=; case: (ltrP 0 (drift D M s j p)) => [_|le0].
    by rewrite ler_addl sumr_ge0 // => q _; exact: sqr_ge0.
  have -> : drift D M s j p = 0 by apply/le_anti/andP.
  by rewrite expr0n /= ler_paddr ?sumr_ge0 // => q _; exact: sqr_ge0.
exists (\max_p tau p) => t p late; have early : (tau p <= \max_q tau q)%N by exact: leq_bigmax.
by rewrite tauP ?(tauP p (\max_q tau q)) // (leq_trans early).
Qed.

(** One filter grows and the other does not, or has become 0. *)
Theorem unlimited_dominance i j :
  (forall rho : R, exists T, forall t, (T <= t)%N ->
    rho ^+ 2 * norm_squared (expected D M s t) i <= norm_squared (expected D M s t) j)
  <-> (0 < growth_squared D M s j /\ growth_squared D M s i = 0)
      \/ exists t, norm_squared (expected D M s t) i = 0.
Proof.
split=> [unlimited|]; last first.
  case=> [[grows still]|[u zero]] rho; last first.
    by exists u => t ut; rewrite (zero_stays network ut zero) mulr0 norm_ge0.
  have [T after] := time_passes (rho ^+ 2 * slack D M s i) grows.
  exists T => t /after[t0 late].
  have /andP[lo _] := norm_between D s network j t0.
  have /andP[_ hi] := norm_between D s network i t0.
  apply: le_trans lo; apply: le_trans (ler_wpmul2l (sqr_ge0 rho) hi) _.
  by rewrite still mul0r add0r mulrA expr2 mulrA ler_wpmul2r ?ler0n.
pose x := 1 + growth_squared D M s j; pose c := 1 + (norm_squared s j + decay_squared D M s j).
have bounded t : norm_squared (expected D M s t) j <= (x * t%:R + c) ^+ 2.
  have root (a : R) : 0 <= a -> 0 <= 1 + a /\ a <= (1 + a) ^+ 2.
    move=> a0; have a1 : 0 <= 1 + a by rewrite addr_ge0 ?ler01.
    by rewrite expr2 (le_trans _ (ler_pemulr a1 _)) ?ler_addl // ler_addr ler01.
  have [x0 gx] := root _ (growth_ge0 D M s j).
  have [c0 nc] := root _ (addr_ge0 (norm_ge0 s j) (decay_ge0 D M s j)).
  exact: growth_upper.
have x0 : 0 <= x by rewrite addr_ge0 ?ler01 ?growth_ge0.
have c0 : 0 <= c by rewrite !addr_ge0 ?ler01 ?norm_ge0 ?decay_ge0.
clearbody x c.
case: (ltrP 0 (growth_squared D M s i)) => [grows|le0].
  (* then no ratio above (x + c) / rho_i is kept *)
  exfalso; pose q := (1 + (x + c) ^+ 2) / growth_squared D M s i.
  have q0 : 0 <= q by rewrite divr_ge0 ?(ltW grows) // addr_ge0 ?ler01 ?sqr_ge0.
  have [T late] := unlimited (1 + q); have {late} := late T.+1 (leqnSn T).
  apply/negP; rewrite -ltNge; apply: le_lt_trans (bounded _) _.
  apply: (@lt_le_trans _ _ (q * (growth_squared D M s i * T.+1%:R ^+ 2))); last first.
    apply: ler_pmul => //; first by rewrite mulr_ge0 ?sqr_ge0 ?(ltW grows).
      rewrite expr2 (le_trans _ (ler_pemulr _ _)) ?ler_addr ?ler01 ?ler_addl //.
      by rewrite addr_ge0 ?ler01.
    exact: growth_lower.
  rewrite mulrA /q divfK ?lt0r_neq0 //.
  have T1 : 1 <= T.+1%:R :> R by rewrite ler1n.
  apply: (@le_lt_trans _ _ ((x + c) ^+ 2 * T.+1%:R ^+ 2)); last first.
    by rewrite ltr_pmul2r ?exprn_gt0 ?ltr0n // ltr_addr ltr01.
  have le : x * T.+1%:R + c <= (x + c) * T.+1%:R by rewrite mulrDl ler_add2l ler_pemulr.
  have lo : 0 <= x * T.+1%:R + c by apply: addr_ge0 => //; apply: mulr_ge0; rewrite ?ler0n.
  rewrite -exprMn; apply: ler_expn2r => //; rewrite nnegrE //; exact: le_trans le.
have still : growth_squared D M s i = 0 by apply/le_anti; rewrite le0 growth_ge0.
have [T stand] := standstill still.
have same t : (T <= t)%N -> norm_squared (expected D M s t) i = norm_squared (expected D M s T) i.
  by move=> Tt; rewrite /norm_squared; apply: eq_bigr => p _; rewrite stand.
case: (eqVneq (norm_squared (expected D M s T) i) 0) => [zero|nonzero]; first by right; exists T.
left; split=> //; rewrite lt_def growth_ge0 andbT; apply/eqP => still_j.
have [T' stand'] := standstill still_j.
have same' t : (T' <= t)%N -> norm_squared (expected D M s t) j = norm_squared (expected D M s T') j.
  by move=> Tt; rewrite /norm_squared; apply: eq_bigr => p _; rewrite stand'.
set a := norm_squared (expected D M s T) i in nonzero same.
set b := norm_squared (expected D M s T') j in same'.
have a0 : 0 < a by rewrite lt_def nonzero norm_ge0.
have b0 : 0 <= b by exact: norm_ge0.
have q0 : 0 <= (1 + b) / a by rewrite divr_ge0 ?(ltW a0) // addr_ge0 ?ler01.
have [T'' late] := unlimited (1 + (1 + b) / a).
have := late (T'' + (T + T'))%N (leq_addr _ _).
rewrite same ?same'; last 2 first.
- by rewrite addnA leq_addl.
- by rewrite addnCA leq_addr.
apply/negP; rewrite -ltNge; apply: (@lt_le_trans _ _ ((1 + b) / a * a)).
  by rewrite divfK // ltr_addr ltr01.
rewrite ler_wpmul2r ?(ltW a0) // expr2 (le_trans _ (ler_pemulr _ _)) ?ler_addr ?ler01 ?ler_addl //.
by rewrite addr_ge0 ?ler01.
Qed.

End Limits.
