(** * Problems in which one assumption fails, for the near misses

    All have the patterns, labels and step size of [instances.v].
    - [tilted]: the label + has probability 4/5 (A4 fails);
    - [lone]: only images with label + have a background patch (A3 fails);
    - [keyless]: no image has a key patch (r = 0);
    - [idle]: the step size is 0.
    [duo] is a state with two filters, both with head 1: a winner with [a] on v_+ and [c] on u_1, and a
    loser with [b] on u_1; all else is 0. [lean] is a state with one filter. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model facts instances.
From filtercert Require closed_form.
From filtercert Require Import examples.values.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := rat_realFieldType.

(** ** A4 fails *)

Definition tilted_probability (y : bool) : rat := if y then 4%:R / 5%:R else 1 / 5%:R.

Lemma tilted_gt0 y : 0 < tilted_probability y.
Proof. by case: y. Qed.

Lemma tilted_sum : \sum_y tilted_probability y = 1.
Proof. by rewrite big_bool; apply/eqP. Qed.

Definition tilted : distribution Q 1 :=
  @Distribution Q 1 bool_finType small_sample tilted_probability tilted_gt0 tilted_sum.

Lemma tilted_keys : unique_keys tilted 1 2.
Proof. exact: small_unique_key. Qed.

Lemma tilted_mean F : mean tilted F =
  4%:R / 5%:R * F (small_sample true) + 1 / 5%:R * F (small_sample false).
Proof. by rewrite /mean big_bool. Qed.

Lemma tilted_prior y : prior tilted y = tilted_probability y.
Proof. by rewrite /prior big_mkcond big_bool; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma tilted_independent : label_independent tilted.
Proof.
rewrite /label_independent !tilted_prior; split=> // c; rewrite /joint.
have same y : background_of (small_sample y) = background_of (small_sample true).
  by apply/ffunP => k; rewrite !ffunE.
rewrite [X in X / _ = _]big_mkcond [X in _ = X / _]big_mkcond !big_bool /= same.
by case: (_ == c); rewrite ?addr0 ?add0r.
Qed.

(** A key drifts by 2/5 on v_+ and by -1/10 on v_-, the background by 3/10. *)
Lemma tilted_drift n l h (s : state Q n 1) j p : drift tilted (small_model l h) s j p =
  head s j * (if p is inl y then if y then 2%:R / 5%:R else - 1 / 10%:R else 3%:R / 10%:R).
Proof.
rewrite /drift tilted_mean [_ * head s j]mulrC -[LHS]mulrA; congr (_ * _).
by case: p => [[]|k] /=; apply/eqP.
Qed.

(** ** A3 fails *)

Definition lone_sample (y : bool) : sample 1 :=
  Sample y (fun p => if p is inl y' then nat_of_bool (y' == y) else nat_of_bool y).

Definition lone : distribution Q 1 :=
  @Distribution Q 1 bool_finType lone_sample (fun _ => 1 / 2%:R) half_gt0 halves.

Lemma lone_keys : unique_keys lone 1 2.
Proof.
by move=> y; rewrite /unique_key /patches big_sumType /= big_bool big_ord1 /=; case: y.
Qed.

Lemma lone_mean F : mean lone F = 1 / 2%:R * F (lone_sample true) + 1 / 2%:R * F (lone_sample false).
Proof. by rewrite /mean big_bool. Qed.

Lemma lone_balanced : balanced lone.
Proof. by rewrite /balanced /prior ![LHS]big_mkcond ![RHS]big_mkcond !big_bool. Qed.

(** The background drifts as v_+ does, by 1/4. *)
Lemma lone_drift n l h (s : state Q n 1) j p : drift lone (small_model l h) s j p =
  head s j * (if p is inl y then sgn y / 4%:R else 1 / 4%:R).
Proof.
rewrite /drift lone_mean [_ * head s j]mulrC -[LHS]mulrA; congr (_ * _).
by case: p => [[]|k] /=; apply/eqP.
Qed.

(** ** r = 0 *)

Definition keyless_sample (y : bool) : sample 1 := Sample y (fun p => if p is inl _ then 0%N else 1%N).

Definition keyless : distribution Q 1 :=
  @Distribution Q 1 bool_finType keyless_sample (fun _ => 1 / 2%:R) half_gt0 halves.

Lemma keyless_keys : unique_keys keyless 0 2.
Proof.
by move=> y; rewrite /unique_key /patches big_sumType /= big_bool big_ord1 /=; case: y.
Qed.

Lemma keyless_prior y : prior keyless y = 1 / 2%:R.
Proof. by rewrite /prior big_mkcond big_bool; case: y. Qed.

Lemma keyless_balanced : balanced keyless.
Proof. by rewrite /balanced !keyless_prior. Qed.

Lemma keyless_independent : label_independent keyless.
Proof.
rewrite /label_independent !keyless_prior; split=> // c; congr (_ / _); rewrite /joint.
have same y : background_of (keyless_sample y) = background_of (keyless_sample true).
  by apply/ffunP => k; rewrite !ffunE.
rewrite [LHS]big_mkcond [RHS]big_mkcond !big_bool /= same.
by case: (_ == c); rewrite ?addr0 ?add0r.
Qed.

(** Nothing drifts. *)
Lemma keyless_drift n l h (s : state Q n 1) j p : drift keyless (small_model l h) s j p = 0.
Proof.
rewrite /drift /mean big_bool -[RHS](mulr0 (1 / 2%:R * head s j)); congr (_ * _).
by case: p => [y|k] /=; apply/eqP.
Qed.

(** ** Step size 0 *)

Definition idle (l : loss) : model Q 1 := {|
  gram := fun p q => (p == q)%:R; activation_of := Relu; pooling_of := SumPooling;
  loss_of := l; trained := false; eta := 0 |}.

Lemma idle_fixed l : fixed_head_network (idle l) l.
Proof. by []. Qed.

Lemma idle_drift n (D : distribution Q 1) l (s : state Q n 1) j p : drift D (idle l) s j p = 0.
Proof. by rewrite /drift /= !mul0r. Qed.

(** ** Two filters *)

Notation d0 := (@Ordinal 2 0 isT).
Notation d1 := (@Ordinal 2 1 isT).

Definition duo (a c b : rat) : state Q 2 1 :=
  @State Q 2 1 (fun j p =>
    match p with
    | inl y => if (j == 0%N :> nat) && y then a else 0
    | inr _ => if j == 0%N :> nat then c else b
    end) (fun _ => 1).

Section Duo.
Variables a c b : rat.

Lemma duo_signed : signed_head (duo a c b).
Proof. by left. Qed.

Lemma duo_winner : 0 < a -> winner (duo a c b) true d0.
Proof. by move=> a0; apply/andP; split. Qed.

Lemma duo_loser : loser (duo a c b) d1.
Proof. by []. Qed.

(** Squared norms, in every state. *)
Lemma duo_norm (s : state Q 2 1) j : norm_squared s j =
  weight s j (key true) ^+ 2 + weight s j (key false) ^+ 2 + weight s j (background ord0) ^+ 2.
Proof. exact: small_sum_patterns. Qed.

(** Every coordinate keeps its ratio to all others for ever. *)
Definition steady (D : distribution Q 1) (M : model Q 1) := forall t, exists2 x, 0 < x &
  forall j p, weight (expected D M (duo a c b) t) j p = weight (duo a c b) j p * x.

(** Then the winner does not dominate the loser, when it is shorter than twice the loser. *)
Lemma steady_no_dominance (D : distribution Q 1) (M : model Q 1) : steady D M -> 0 < a ->
  a ^+ 2 + c ^+ 2 < 4%:R * b ^+ 2 ->
  ~ exists T, forall t, (T <= t)%N -> dominates 2%:R (duo a c b) (expected D M (duo a c b) t).
Proof.
move=> keeps a0 less [T] /(_ T (leqnn T)) /forallP/(_ true)/forallP/(_ d0)/forallP/(_ d1).
have [x x0 at_T] := keeps T; rewrite duo_winner // duo_loser !duo_norm !at_T /= leNgt => /negP[].
rewrite !mul0r !expr0n /= !add0r !addr0 !exprMn -mulrDl -natrX [X in _ < X]mulrA.
by rewrite ltr_pmul2r ?exprn_gt0.
Qed.

(** And the cosine of the winner with its key is the same for ever. *)
Lemma steady_cosine (D : distribution Q 1) (M : model Q 1) t : steady D M -> 0 < a ->
  cos_squared (expected D M (duo a c b) t) d0 (key true) = a ^+ 2 / (a ^+ 2 + c ^+ 2).
Proof.
move=> keeps a0; have [x x0 at_t] := keeps t; rewrite /cos_squared duo_norm !at_t /=.
rewrite !mul0r !expr0n /= !addr0 !exprMn -mulrDl invfM mulrACA divff ?mulr1 //.
by rewrite expf_neq0 ?gt_eqF.
Qed.

End Duo.

Lemma growth_steady (D : distribution Q 1) (M : model Q 1) (a c b : rat) :
  fixed_head_network M Unhinged ->
  (forall j p, 0 <= weight (duo a c b) j p) ->
  (forall j p, 0 < weight (duo a c b) j p -> drift D M (duo a c b) j p = weight (duo a c b) j p) ->
  steady a c b D M.
Proof.
move=> network start same t; exists (1 + t%:R); first by rewrite ltr_paddr ?ler0n.
move=> j p; rewrite mulrDr mulr1.
have [frozen rising _] := closed_form.closed_form D (duo a c b) network t j p.
have := start j p; rewrite le_eqVlt => /orP[/eqP zero|pos]; first by rewrite frozen -zero // mul0r addr0.
by rewrite rising ?same // ltW.
Qed.

Lemma lone_steady : steady (1 / 4%:R) (1 / 4%:R) (1 / 4%:R) lone (small_model Unhinged false).
Proof.
apply: growth_steady; [exact: small_fixed | | ]; move=> j p; rewrite ?lone_drift.
all: by case: j => [[|[|j]] lt_j]; last by []; case: p => [[]|k]; vm_compute.
Qed.

Lemma tilted_steady :
  steady (2%:R / 5%:R) (3%:R / 10%:R) (3%:R / 10%:R) tilted (small_model Unhinged false).
Proof.
apply: growth_steady; [exact: small_fixed | | ]; move=> j p; rewrite ?tilted_drift.
all: by case: j => [[|[|j]] lt_j]; last by []; case: p => [[]|k]; vm_compute.
Qed.

Lemma still_steady (D : distribution Q 1) (M : model Q 1) : fixed_head_network M Unhinged ->
  (forall j p, drift D M (duo 1 1 1) j p = 0) -> steady 1 1 1 D M.
Proof.
move=> network none t; exists 1 => // j p; rewrite mulr1.
have [frozen rising _] := closed_form.closed_form D (duo 1 1 1) network t j p.
case: (leP (weight (duo 1 1 1) j p) 0) => [dead|pos]; first by rewrite frozen.
by rewrite rising // none ?mul0r ?addr0.
Qed.

Lemma keyless_steady : steady 1 1 1 keyless (small_model Unhinged false).
Proof. by apply: still_steady => // j p; exact: keyless_drift. Qed.

Lemma idle_steady (D : distribution Q 1) : steady 1 1 1 D (idle Unhinged).
Proof. by apply: still_steady => // j p; exact: idle_drift. Qed.

(** ** One filter *)

(** It has 1/16 on v_-, which the first step of the expected dynamics takes to -3/16. *)
Definition lean : state Q 1 1 :=
  @State Q 1 1 (fun _ p => if p is inl false then 1 / 16%:R else 0) (fun _ => 1).

Lemma lean_step1 :
  norm_squared (expected small_distribution (small_model Unhinged false) lean 1) ord0 = 9%:R / 256%:R.
Proof.
have [ortho act pool unhinged fixed] := small_fixed Unhinged.
rewrite /norm_squared small_sum_patterns !(weight_expectedS _ _ _ _ _ ortho act pool unhinged fixed).
by rewrite !expected0 !small_drift; apply/eqP.
Qed.
