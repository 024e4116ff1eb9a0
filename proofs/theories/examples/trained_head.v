(** * T7: examples and refuted near misses

    The examples use the second problem of [instances_two.v] with a trained head, kappa = 1/4: filters 0
    and 1 learn +, filter 2 learns -, filter 3 loses its only key; and, in the field with a root of 2,
    single filters that are balanced or fade. The near misses use two equally likely images, over any
    field, and filters given by their head and two keys. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts instances instances_two.
From filtercert Require Import examples.values examples.values_two examples.surd.
From filtercert Require trained_head.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation Q := [archiFieldType of rat].
Local Notation Q2 := [archiFieldType of surd].

(** ** Two images over any field *)

Section AnyField.
Variable R : realFieldType.

Lemma either_gt0 (y : bool) : 0 < 2%:R^-1 :> R.
Proof. by rewrite invr_gt0 ltr0n. Qed.

Lemma either_sum : \sum_(y : bool) 2%:R^-1 = 1 :> R.
Proof. by rewrite big_bool /= [RHS]splitr !mul1r. Qed.

(** The images of [instances.v]. *)
Definition either : distribution R 1 :=
  @Distribution R 1 bool_finType small_sample (fun _ => 2%:R^-1) either_gt0 either_sum.

Definition free_model (e : R) : model R 1 := {|
  gram := fun p q => (p == q)%:R; activation_of := Relu; pooling_of := SumPooling;
  loss_of := Unhinged; trained := true; eta := e |}.

(** Filters by their head and their keys of + and -; the background is 0. *)
Definition filters_of n (row : nat -> R * R * R) : state R n 1 :=
  @State R n 1 (fun j p => match p with inl true => (row j).1.2 | inl false => (row j).2 | inr _ =>
    0 end) (fun j => (row j).1.1).

Lemma free_network e : trained_head_network (free_model e) Unhinged.
Proof. by []. Qed.

Lemma either_keys : unique_keys either 1 2.
Proof. exact: small_unique_key. Qed.

Lemma either_prior y : prior either y = 2%:R^-1.
Proof. by rewrite /prior big_mkcond big_bool; case: y; rewrite /= ?addr0 ?add0r. Qed.

Lemma either_balanced : balanced either.
Proof. by rewrite /balanced !either_prior. Qed.

Lemma either_independent : label_independent either.
Proof.
rewrite /label_independent !either_prior; split; rewrite ?(either_gt0 true) // => c; congr (_ / _).
rewrite /joint; have same y : background_of (small_sample y) = background_of (small_sample true).
  by apply/ffunP => k; rewrite !ffunE.
rewrite [LHS]big_mkcond [RHS]big_mkcond !big_bool /= same.
by case: (_ == c); rewrite ?addr0 ?add0r.
Qed.

(** One step of the expected dynamics. *)
Lemma first_step n (row : nat -> R * R * R) e j :
  let s := expected either (free_model e) (filters_of n row) 1 in
  let kappa := e * 1%:R / 2%:R in
  [/\ head s j = (row j).1.1 + kappa * (relu (row j).1.2 - relu (row j).2),
      weight s j (key true) = (row j).1.2 + (if 0 < (row j).1.2 then kappa * (row j).1.1 else 0)
    & weight s j (key false) = (row j).2 - (if 0 < (row j).2 then kappa * (row j).1.1 else 0)].
Proof.
have [] := trained_head.recurrence (filters_of n row) (free_network e) either_keys either_independent
  either_balanced 0 j.
by [].
Qed.

Lemma first_norm n (row : nat -> R * R * R) e j :
  let s := expected either (free_model e) (filters_of n row) 1 in
  norm_squared s j = weight s j (key true) ^+ 2 + weight s j (key false) ^+ 2.
Proof.
have [_ _ _ still] := trained_head.recurrence (filters_of n row) (free_network e) either_keys
  either_independent either_balanced 1 j.
by rewrite /norm_squared small_sum_patterns still expr0n addr0.
Qed.

End AnyField.

Arguments either_keys {R}.
Arguments either_balanced {R}.
Arguments either_independent {R}.

Local Notation two_run := (expected two_distribution (two_model Unhinged true) two_state).
Local Notation two_fate := (@Statements.T7_fate Q _ _ two_distribution (two_model Unhinged true)
  two_state 2 4 (two_trained Unhinged) two_unique_keys two_label_independent two_balanced isT isT).

(** ** T7_fate *)

(** Heads and keys of three filters over the field with a root of 2; kappa = 1/4. *)
Definition surd_rows (j : nat) : surd * surd * surd :=
  match j with
  | 0 => (- 1, 1 + sqrt2, 1)
  | 1 => (- 1, 1, 0)
  | _ => (1, 0, - 1)
  end.
Local Notation surd_state := (filters_of 3 surd_rows).
Local Notation surd_run := (expected (either Q2) (free_model (1 / 2%:R : surd)) surd_state).
Local Notation surd_fate := (@Statements.T7_fate Q2 _ _ (either Q2) (free_model (1 / 2%:R : surd))
  surd_state 1 2 (free_network _) either_keys either_independent either_balanced isT isT).

(** On the second problem filter 2 learns the key of -, loses that of +, and then grows by 5/4 a step;
    filter 3 loses its only key and stands still. With a root of 2, filter 0 is balanced: its keys
    add up to 2 + sqrt2 for ever, their difference and the head shrink by 1 - sqrt2 / 4 a step;
    filter 1 fades by 3/4 a step; filter 2 never moves. *)
Example T7_fate_holds :
  [/\ (forall t, 0 < weight (two_run t) g2 (key false)) /\
      (exists T c, [/\ weight (two_run T) g2 (key true) <= 0, 0 < c
        & forall t, - head (two_run (T + t)) g2 + weight (two_run (T + t)) g2 (key false) =
            (5%:R / 4%:R) ^+ t * c]),
      exists T, forall t, (T <= t)%N -> weight (two_run t) g3 (key false) <= 0 /\
        head (two_run t) g3 = head (two_run T) g3,
      forall t, [/\ weight (surd_run t) f0 (key true) + weight (surd_run t) f0 (key false) = 2%:R +
        sqrt2, weight (surd_run t) f0 (key true) - weight (surd_run t) f0 (key false) =
          (1 - sqrt2 / 4%:R) ^+ t * sqrt2
        & head (surd_run t) f0 = - (1 - sqrt2 / 4%:R) ^+ t],
      forall t, weight (surd_run t) f1 (key true) = (3%:R / 4%:R) ^+ t /\
        head (surd_run t) f1 = - (3%:R / 4%:R) ^+ t
    & forall t, head (surd_run t) f2 = 1].
Proof.
split.
- have := two_fate g2; set F := fate_at _ _; have -> : F = Learns false by vm_compute.
  move=> [_ [T [keeps _ loses grows later]]]; split; first exact: keeps.
  exists T; eexists; split; [exact: loses | exact: grows | move=> t].
  by have [_ + _] := later t; rewrite /sgn !mulN1r => ->.
- have := two_fate g3; set F := fate_at _ _; have -> : F = Dies false by vm_compute.
  by move=> [_ [T [_ stands]]]; exists T => t /stands[].
- have := surd_fate f0; set F := fate_at _ _; have -> : F = Balanced by vm_compute.
  move=> [_ [c [c1 factor keeps]]] t.
  have cE : c = 1 - sqrt2 / 4%:R.
    have root : (1 - c) ^+ 2 = (sqrt2 / 4%:R) ^+ 2.
      by case: factor => [-> | /eqP //]; apply/eqP; vm_compute.
    have : (1 - c == sqrt2 / 4%:R) || (1 - c == - (sqrt2 / 4%:R)) by rewrite -eqf_sqr root.
    case/orP=> /eqP one_c; first by rewrite -one_c subKr.
    move: c1; have -> : c = 1 + sqrt2 / 4%:R by rewrite -[c](subKr 1) one_c opprK.
    by move=> /ltW; rewrite leNgt; vm_compute.
  have [_ _ sum difference down] := keeps t; rewrite sum difference down cE; split.
  + by apply/eqP; vm_compute.
  + by congr (_ * _); apply/eqP; vm_compute.
  + by rewrite mulrN1.
- have := surd_fate f1; set F := fate_at _ _; have -> : F = Fades true by vm_compute.
  move=> [_ fades] t; have [_ zE aE] := fades t.
  have {}zE : weight (surd_run t) f1 (key true) = (3%:R / 4%:R) ^+ t.
    rewrite zE mulr1; congr (_ ^+ _); apply/eqP; by vm_compute.
  by split=> //; rewrite -zE -aE; exact: esym (mul1r _).
have := surd_fate f2; set F := fate_at _ _; have -> : F = Frozen by vm_compute.
by move=> [_ still] t; have [] := still t.
Qed.

(** kappa < 1 forgotten: with kappa = 3, head -3/4 and key 1 the sum is positive, and the key is -5/4
    after one step. *)
Lemma T7_fate_wrong_any_kappa : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> forall j,
  let a t := head (expected D M s t) j in
  let z p t := weight (expected D M s t) j p in
  (forall t k, z (background k) t = weight s j (background k)) /\
  match fate_at s j with
  | Frozen =>
      forall t, a t = head s j /\ forall p, z p t = weight s j p
  | Learns y =>
      exists T, [/\ forall t, 0 < z (key y) t, forall t, (t < T)%N -> 0 < z (key (~~ y)) t,
        z (key (~~ y)) T <= 0, 0 < sgn y * a T + z (key y) T
      & forall t, [/\ z (key (~~ y)) (T + t)%N = z (key (~~ y)) T,
          sgn y * a (T + t)%N + z (key y) (T + t)%N =
            (1 + kappa) ^+ t * (sgn y * a T + z (key y) T)
        & sgn y * a (T + t)%N - z (key y) (T + t)%N =
            (1 - kappa) ^+ t * (sgn y * a T - z (key y) T)]]
  | Dies y =>
      exists T, (forall t, (t < T)%N -> 0 < z (key y) t) /\
      forall t, (T <= t)%N -> [/\ z (key y) t <= 0, a t = a T & forall p, z p t = z p T]
  | Fades y =>
      forall t, [/\ 0 < z (key y) t, z (key y) t = (1 - kappa) ^+ t * weight s j (key y)
        & sgn y * a t = - z (key y) t]
  | Balanced =>
      exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * kappa ^+ 2 \/ head s j = 0
        & forall t, [/\ 0 < z (key true) t, 0 < z (key false) t,
          z (key true) t + z (key false) t = weight s j (key true) + weight s j (key false),
          z (key true) t - z (key false) t =
            c ^+ t * (weight s j (key true) - weight s j (key false))
        & a t = c ^+ t * head s j]]
  end).
Proof.
pose row (_ : nat) := (- 3%:R / 4%:R, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model 6%:R) (filters_of 1 row) 1%N 2%N (free_network _) either_keys
  either_independent either_balanced isT ord0); set F := fate_at _ _.
have -> : F = Learns true by vm_compute.
case=> _ [T [/(_ 1%N) + _ _ _ _]]; have [_ -> _] := @first_step Q 1 row 6%:R ord0.
by vm_compute.
Qed.

(** kappa without the half. *)
Lemma T7_fate_wrong_kappa : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R in 0 < kappa -> kappa < 1 -> forall j,
  let a t := head (expected D M s t) j in
  let z p t := weight (expected D M s t) j p in
  (forall t k, z (background k) t = weight s j (background k)) /\
  match fate_at s j with
  | Frozen =>
      forall t, a t = head s j /\ forall p, z p t = weight s j p
  | Learns y =>
      exists T, [/\ forall t, 0 < z (key y) t, forall t, (t < T)%N -> 0 < z (key (~~ y)) t,
        z (key (~~ y)) T <= 0, 0 < sgn y * a T + z (key y) T
      & forall t, [/\ z (key (~~ y)) (T + t)%N = z (key (~~ y)) T,
          sgn y * a (T + t)%N + z (key y) (T + t)%N =
            (1 + kappa) ^+ t * (sgn y * a T + z (key y) T)
        & sgn y * a (T + t)%N - z (key y) (T + t)%N =
            (1 - kappa) ^+ t * (sgn y * a T - z (key y) T)]]
  | Dies y =>
      exists T, (forall t, (t < T)%N -> 0 < z (key y) t) /\
      forall t, (T <= t)%N -> [/\ z (key y) t <= 0, a t = a T & forall p, z p t = z p T]
  | Fades y =>
      forall t, [/\ 0 < z (key y) t, z (key y) t = (1 - kappa) ^+ t * weight s j (key y)
        & sgn y * a t = - z (key y) t]
  | Balanced =>
      exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * kappa ^+ 2 \/ head s j = 0
        & forall t, [/\ 0 < z (key true) t, 0 < z (key false) t,
          z (key true) t + z (key false) t = weight s j (key true) + weight s j (key false),
          z (key true) t - z (key false) t =
            c ^+ t * (weight s j (key true) - weight s j (key false))
        & a t = c ^+ t * head s j]]
  end).
Proof.
pose row (_ : nat) := (-1, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced isT isT ord0); set F := fate_at _ _.
have -> : F = Fades true by vm_compute.
case=> _ /(_ 1%N) [_ + _]; have [_ -> _] := @first_step Q 1 row (1 / 2%:R) ord0.
by move/eqP; vm_compute.
Qed.

(** The head of a filter that fades with the sign of its key. *)
Lemma T7_fate_wrong_sign : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j,
  let a t := head (expected D M s t) j in
  let z p t := weight (expected D M s t) j p in
  (forall t k, z (background k) t = weight s j (background k)) /\
  match fate_at s j with
  | Frozen =>
      forall t, a t = head s j /\ forall p, z p t = weight s j p
  | Learns y =>
      exists T, [/\ forall t, 0 < z (key y) t, forall t, (t < T)%N -> 0 < z (key (~~ y)) t,
        z (key (~~ y)) T <= 0, 0 < sgn y * a T + z (key y) T
      & forall t, [/\ z (key (~~ y)) (T + t)%N = z (key (~~ y)) T,
          sgn y * a (T + t)%N + z (key y) (T + t)%N =
            (1 + kappa) ^+ t * (sgn y * a T + z (key y) T)
        & sgn y * a (T + t)%N - z (key y) (T + t)%N =
            (1 - kappa) ^+ t * (sgn y * a T - z (key y) T)]]
  | Dies y =>
      exists T, (forall t, (t < T)%N -> 0 < z (key y) t) /\
      forall t, (T <= t)%N -> [/\ z (key y) t <= 0, a t = a T & forall p, z p t = z p T]
  | Fades y =>
      forall t, [/\ 0 < z (key y) t, z (key y) t = (1 - kappa) ^+ t * weight s j (key y)
        & sgn y * a t = z (key y) t]
  | Balanced =>
      exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = 2%:R * kappa ^+ 2 \/ head s j = 0
        & forall t, [/\ 0 < z (key true) t, 0 < z (key false) t,
          z (key true) t + z (key false) t = weight s j (key true) + weight s j (key false),
          z (key true) t - z (key false) t =
            c ^+ t * (weight s j (key true) - weight s j (key false))
        & a t = c ^+ t * head s j]]
  end).
Proof.
pose row (_ : nat) := (-1, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced isT isT ord0); set F := fate_at _ _.
have -> : F = Fades true by vm_compute.
by case=> _ /(_ 0%N) [_ _] /eqP.
Qed.

(** The factor of a balanced filter without the root of 2: 1 - kappa. *)
Lemma T7_fate_wrong_factor : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j,
  let a t := head (expected D M s t) j in
  let z p t := weight (expected D M s t) j p in
  (forall t k, z (background k) t = weight s j (background k)) /\
  match fate_at s j with
  | Frozen =>
      forall t, a t = head s j /\ forall p, z p t = weight s j p
  | Learns y =>
      exists T, [/\ forall t, 0 < z (key y) t, forall t, (t < T)%N -> 0 < z (key (~~ y)) t,
        z (key (~~ y)) T <= 0, 0 < sgn y * a T + z (key y) T
      & forall t, [/\ z (key (~~ y)) (T + t)%N = z (key (~~ y)) T,
          sgn y * a (T + t)%N + z (key y) (T + t)%N =
            (1 + kappa) ^+ t * (sgn y * a T + z (key y) T)
        & sgn y * a (T + t)%N - z (key y) (T + t)%N =
            (1 - kappa) ^+ t * (sgn y * a T - z (key y) T)]]
  | Dies y =>
      exists T, (forall t, (t < T)%N -> 0 < z (key y) t) /\
      forall t, (T <= t)%N -> [/\ z (key y) t <= 0, a t = a T & forall p, z p t = z p T]
  | Fades y =>
      forall t, [/\ 0 < z (key y) t, z (key y) t = (1 - kappa) ^+ t * weight s j (key y)
        & sgn y * a t = - z (key y) t]
  | Balanced =>
      exists c, [/\ `|c| < 1, (1 - c) ^+ 2 = kappa ^+ 2 \/ head s j = 0
        & forall t, [/\ 0 < z (key true) t, 0 < z (key false) t,
          z (key true) t + z (key false) t = weight s j (key true) + weight s j (key false),
          z (key true) t - z (key false) t =
            c ^+ t * (weight s j (key true) - weight s j (key false))
        & a t = c ^+ t * head s j]]
  end).
Proof.
pose row (_ : nat) := (- 1, 1 + sqrt2, 1) : surd * surd * surd.
move/(_ Q2 1%N 1%N (either Q2) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced isT isT ord0); set F := fate_at _ _.
have -> : F = Balanced by vm_compute.
case=> _ [c [_ factor /(_ 1%N) [_ _ _ _]]]; have [-> _ _] := @first_step Q2 1 row (1 / 2%:R) ord0.
have flip (x : surd) : x = c ^+ 1 * - 1 -> c = - x by move=> ->; rewrite expr1 mulrN1 opprK.
by move/flip=> cE; case: factor => /eqP; rewrite ?cE; vm_compute.
Qed.

(** ** T7_one_key *)

(** Filter 1 of the second problem for ever: head and key add up to (5/4)^t 9/8, their difference is
    (3/4)^t 7/8, the key is positive, the key of - stays -1/4. The head of filter 3 is of the
    wrong sign: its key is 5/8, then 3/8, and ends at step 7 or before. *)
Example T7_one_key_holds :
  (forall t, [/\
      head (two_run t) g1 + weight (two_run t) g1 (key true) = (5%:R / 4%:R) ^+ t * (9%:R / 8%:R),
      head (two_run t) g1 - weight (two_run t) g1 (key true) = (3%:R / 4%:R) ^+ t * (7%:R / 8%:R),
      0 < weight (two_run t) g1 (key true) & weight (two_run t) g1 (key false) = - 1 / 4%:R])
  /\ [/\ fate_at two_state g3 = Dies false, weight (two_run 1) g3 (key false) = 3%:R / 8%:R
    & exists u, (u <= 7)%N /\ weight (two_run u) g3 (key false) <= 0].
Proof.
split=> [t | ].
  have [other closed_form lives _ _] := Statements.T7_one_key (two_trained Unhinged) two_unique_keys
    two_label_independent two_balanced (isT : 0 < weight two_state g1 (key true)) isT.
  have alive := lives isT isT.
  have [sum difference] := closed_form t (fun u _ => alive u).
  by rewrite /sgn !mul1r in sum difference; split; rewrite ?sum ?difference ?other ?alive.
have [_ closed_form _ ends dies] := Statements.T7_one_key (two_trained Unhinged) two_unique_keys
  two_label_independent two_balanced (isT : 0 < weight two_state g3 (key false)) isT.
split; [exact: dies | | exact: (ends isT isT 7%N isT)].
have [|sum difference] := closed_form 1%N; first by case.
have halved (x y : rat) : y = ((x + y) - (x - y)) / 2%:R by field.
by rewrite (halved (sgn false * head (two_run 1) g3) (weight (two_run 1) g3 (key false))) sum
  difference; apply/eqP; vm_compute.
Qed.

(** kappa without the half. *)
Lemma T7_one_key_wrong_kappa : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R in
  forall j y, 0 < weight s j (key y) -> weight s j (key (~~ y)) <= 0 ->
  let z t := weight (expected D M s t) j (key y) in
  let sum t := sgn y * head (expected D M s t) j + z t in
  let difference t := sgn y * head (expected D M s t) j - z t in
  [/\
      forall t, weight (expected D M s t) j (key (~~ y)) = weight s j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < z u) ->
        sum t = (1 + kappa) ^+ t * sum 0%N /\ difference t = (1 - kappa) ^+ t * difference 0%N,
      0 <= kappa < 1 -> 0 <= sum 0%N -> forall t, 0 < z t,
      0 <= kappa -> sum 0%N < 0 -> forall t, z 0%N <= t%:R * (kappa * - sum 0%N) ->
        exists u, (u <= t)%N /\ z u <= 0
    &
      fate_at s j = if 0 < sum 0%N then Learns y else if sum 0%N == 0 then Fades y else Dies y]).
Proof.
pose row (_ : nat) := (1, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced ord0 true isT isT) => [_ /(_ 1%N) + _ _ _].
case=> [[|u] // | + _]; have [-> -> _] := @first_step Q 1 row (1 / 2%:R) ord0.
by move/eqP; vm_compute.
Qed.

(** The other key positive too: it moves. *)
Lemma T7_one_key_wrong_two_keys : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y, 0 < weight s j (key y) ->
  let z t := weight (expected D M s t) j (key y) in
  let sum t := sgn y * head (expected D M s t) j + z t in
  let difference t := sgn y * head (expected D M s t) j - z t in
  [/\
      forall t, weight (expected D M s t) j (key (~~ y)) = weight s j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < z u) ->
        sum t = (1 + kappa) ^+ t * sum 0%N /\ difference t = (1 - kappa) ^+ t * difference 0%N,
      0 <= kappa < 1 -> 0 <= sum 0%N -> forall t, 0 < z t,
      0 <= kappa -> sum 0%N < 0 -> forall t, z 0%N <= t%:R * (kappa * - sum 0%N) ->
        exists u, (u <= t)%N /\ z u <= 0
    &
      fate_at s j = if 0 < sum 0%N then Learns y else if sum 0%N == 0 then Fades y else Dies y]).
Proof.
pose row (_ : nat) := (1, 1, 1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced ord0 true isT) => [/(_ 1%N) + _ _ _ _].
have [_ _ ->] := @first_step Q 1 row (1 / 2%:R) ord0.
by move/eqP; vm_compute.
Qed.

(** kappa = 3: head -3/4 and key 1 have a positive sum, and the key is -5/4 after one step. *)
Lemma T7_one_key_wrong_any_kappa : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y, 0 < weight s j (key y) -> weight s j (key (~~ y)) <= 0 ->
  let z t := weight (expected D M s t) j (key y) in
  let sum t := sgn y * head (expected D M s t) j + z t in
  let difference t := sgn y * head (expected D M s t) j - z t in
  [/\
      forall t, weight (expected D M s t) j (key (~~ y)) = weight s j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < z u) ->
        sum t = (1 + kappa) ^+ t * sum 0%N /\ difference t = (1 - kappa) ^+ t * difference 0%N,
      0 <= kappa -> 0 <= sum 0%N -> forall t, 0 < z t,
      0 <= kappa -> sum 0%N < 0 -> forall t, z 0%N <= t%:R * (kappa * - sum 0%N) ->
        exists u, (u <= t)%N /\ z u <= 0
    &
      fate_at s j = if 0 < sum 0%N then Learns y else if sum 0%N == 0 then Fades y else Dies y]).
Proof.
pose row (_ : nat) := (- 3%:R / 4%:R, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model 6%:R) (filters_of 1 row) 1%N 2%N (free_network _) either_keys
  either_independent either_balanced ord0 true isT isT) => [_ _ /(_ isT isT 1%N) + _ _].
by have [_ -> _] := @first_step Q 1 row 6%:R ord0; vm_compute.
Qed.

(** The end without kappa: head -2, key 1, then 1/2. *)
Lemma T7_one_key_wrong_end : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y, 0 < weight s j (key y) -> weight s j (key (~~ y)) <= 0 ->
  let z t := weight (expected D M s t) j (key y) in
  let sum t := sgn y * head (expected D M s t) j + z t in
  let difference t := sgn y * head (expected D M s t) j - z t in
  [/\
      forall t, weight (expected D M s t) j (key (~~ y)) = weight s j (key (~~ y)),
      forall t, (forall u, (u < t)%N -> 0 < z u) ->
        sum t = (1 + kappa) ^+ t * sum 0%N /\ difference t = (1 - kappa) ^+ t * difference 0%N,
      0 <= kappa < 1 -> 0 <= sum 0%N -> forall t, 0 < z t,
      0 <= kappa -> sum 0%N < 0 -> forall t, z 0%N <= t%:R * - sum 0%N ->
        exists u, (u <= t)%N /\ z u <= 0
    &
      fate_at s j = if 0 < sum 0%N then Learns y else if sum 0%N == 0 then Fades y else Dies y]).
Proof.
pose row (_ : nat) := (- 2%:R, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced ord0 true isT isT) => [_ _ _ /(_ isT isT 1%N isT)
    [u [+ +]] _].
have [_ first _] := @first_step Q 1 row (1 / 2%:R) ord0.
by case: u => [|[|u]] // _; rewrite ?first; vm_compute.
Qed.

(** ** T7_both_keys *)

(** Head 1, keys 1 and 2 after two steps: sqrt2 a + u and - sqrt2 a + u are multiplied by (1 + sqrt2 /
    4)^2 and (1 - sqrt2 / 4)^2, so that a = 5/8 and u = -1/8. *)
Definition both_rows (j : nat) : surd * surd * surd := (1, 1, 2%:R).
Local Notation both_run := (expected (either Q2) (free_model (1 / 2%:R : surd))
  (filters_of 1 both_rows)).

Example T7_both_keys_holds : let s := both_run 2 in
  [/\ weight s ord0 (key true) + weight s ord0 (key false) = 3%:R,
      sqrt2 * head s ord0 + (weight s ord0 (key true) - weight s ord0 (key false)) =
        (1 + sqrt2 / 4%:R) ^+ 2 * (sqrt2 - 1),
      head s ord0 = 5%:R / 8%:R & weight s ord0 (key true) - weight s ord0 (key false) = - 1 / 8%:R].
Proof.
have alive i : (i < 2)%N -> forall y, 0 < weight (both_run i) ord0 (key y).
  case: i => [_ [] // | [_ y | //]]; have [_ p q] := @first_step Q2 1 both_rows (1 / 2%:R) ord0.
  by case: y; rewrite ?p ?q; vm_compute.
have [sum root] := @Statements.T7_both_keys Q2 1 1 (either Q2) (free_model (1 / 2%:R))
  (filters_of 1 both_rows) 1 2 (free_network _) either_keys either_independent either_balanced ord0 true
    2%N alive.
have solve (a u : surd) : a = ((sqrt2 * a + u) - (- sqrt2 * a + u)) / (2%:R * sqrt2) /\
    u = ((sqrt2 * a + u) + (- sqrt2 * a + u)) / 2%:R by split; field.
move=> s; set a := head s ord0; set u := weight s ord0 (key true) - weight s ord0 (key false).
have up : sqrt2 * a + u = (1 + sqrt2 / 4%:R) ^+ 2 * (sqrt2 - 1).
  rewrite -[a]mul1r; apply: (etrans (root sqrt2 sqrt2_square)).
  by apply/eqP; vm_compute.
have down : - sqrt2 * a + u = (1 - sqrt2 / 4%:R) ^+ 2 * (- sqrt2 - 1).
  rewrite -[a]mul1r; apply: (etrans (root (- sqrt2) (etrans (sqrrN _) sqrt2_square))).
  by apply/eqP; vm_compute.
split.
- by apply: (etrans sum); apply/eqP; vm_compute.
- exact: up.
- by rewrite (solve a u).1 up down; apply/eqP; vm_compute.
by rewrite (solve a u).2 up down; apply/eqP; vm_compute.
Qed.

(** The root of 2 forgotten in the factor. *)
Lemma T7_both_keys_wrong_factor : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y,
  let a t := sgn y * head (expected D M s t) j in
  let u t := weight (expected D M s t) j (key y) - weight (expected D M s t) j (key (~~ y)) in
  let sum t := weight (expected D M s t) j (key y) + weight (expected D M s t) j (key (~~ y)) in
  forall t, (forall i, (i < t)%N -> forall y', 0 < weight (expected D M s i) j (key y')) ->
  sum t = sum 0%N /\
  forall w, w ^+ 2 = 2%:R -> w * a t + u t = (1 + kappa) ^+ t * (w * a 0%N + u 0%N)).
Proof.
move/(_ Q2 1%N 1%N (either Q2) (free_model (1 / 2%:R)) (filters_of 1 both_rows) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced ord0 true 1%N) => [[|i] // _ [] // |].
move=> _ /(_ sqrt2 sqrt2_square); have [-> -> ->] := @first_step Q2 1 both_rows (1 / 2%:R) ord0.
by move/eqP; vm_compute.
Qed.

(** Any number in place of a root of 2. *)
Lemma T7_both_keys_wrong_root : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y,
  let a t := sgn y * head (expected D M s t) j in
  let u t := weight (expected D M s t) j (key y) - weight (expected D M s t) j (key (~~ y)) in
  let sum t := weight (expected D M s t) j (key y) + weight (expected D M s t) j (key (~~ y)) in
  forall t, (forall i, (i < t)%N -> forall y', 0 < weight (expected D M s i) j (key y')) ->
  sum t = sum 0%N /\
  forall w, w * a t + u t = (1 + w * kappa) ^+ t * (w * a 0%N + u 0%N)).
Proof.
pose row (_ : nat) := (1, 1, 2%:R) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced ord0 true 1%N) => [[|i] // _ [] // |].
move=> _ /(_ 1); have [-> -> ->] := @first_step Q 1 row (1 / 2%:R) ord0.
by move/eqP; vm_compute.
Qed.

(** The sum of a key that lives and one that does not. *)
Lemma T7_both_keys_wrong_dead : ~ (forall (R : realFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in
  forall j y,
  let a t := sgn y * head (expected D M s t) j in
  let u t := weight (expected D M s t) j (key y) - weight (expected D M s t) j (key (~~ y)) in
  let sum t := weight (expected D M s t) j (key y) + weight (expected D M s t) j (key (~~ y)) in
  forall t,
  sum t = sum 0%N /\
  forall w, w ^+ 2 = 2%:R -> w * a t + u t = (1 + w * kappa) ^+ t * (w * a 0%N + u 0%N)).
Proof.
pose row (_ : nat) := (1, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced ord0 true 1%N) => [+ _].
have [_ -> ->] := @first_step Q 1 row (1 / 2%:R) ord0.
by move/eqP; vm_compute.
Qed.

(** ** T7_criterion *)

(** 5 sqrt2 > 7 since 50 > 49, and 12 sqrt2 < 17 since 288 < 289. *)
Example T7_criterion_holds : 0 < sqrt2 * 5%:R + - 7%:R /\ sqrt2 * 12%:R + - 17%:R < 0.
Proof.
have [above _] := Statements.T7_criterion 5%:R (- 7%:R) sqrt2_gt0 sqrt2_square.
have [_ below] := Statements.T7_criterion 12%:R (- 17%:R) sqrt2_gt0 sqrt2_square.
by split; [rewrite -above | rewrite -below]; vm_compute.
Qed.

(** Any number in place of the root. *)
Lemma T7_criterion_wrong_root : ~ (forall (R : realFieldType) (w a u : R),
  0 < w ->
  (0 < tilt a u) = (0 < w * a + u) /\ (tilt a u < 0) = (w * a + u < 0)).
Proof. by case/(_ [realFieldType of rat] 1 (- 5%:R) 6%:R isT) => + _; vm_compute. Qed.

(** The negative root. *)
Lemma T7_criterion_wrong_negative : ~ (forall (R : realFieldType) (w a u : R),
  w ^+ 2 = 2%:R ->
  (0 < tilt a u) = (0 < w * a + u) /\ (tilt a u < 0) = (w * a + u < 0)).
Proof.
by case/(_ [realFieldType of surd] (- sqrt2) 1 0 (etrans (sqrrN _) sqrt2_square)) => + _; vm_compute.
Qed.

(** ** T7_dominance *)

(** On the second problem filter 3 keeps within 31/64 + 1/16, and each of the others leaves it behind. *)
Example T7_dominance_holds :
  (forall t, norm_squared (two_run t) g3 <= 35%:R / 64%:R) /\
  forall i : 'I_4, i != g3 -> exists c T, 0 < c /\ forall t, (T <= t)%N ->
    c * ((5%:R / 4%:R) ^+ t) ^+ 2 * norm_squared (two_run t) g3 <= norm_squared (two_run t) i.
Proof.
have [bounded dominant] := @Statements.T7_dominance Q _ _ two_distribution (two_model Unhinged true)
  two_state 2 4 (two_trained Unhinged) two_unique_keys two_label_independent two_balanced isT isT g3 isT.
split=> [t | i other]; first by have := bounded t; rewrite two_norm_squared.
have [|c [T [c0 le]]] := dominant i; first by move: i other => [[|[|[|[|i]]]] lt].
by exists c, T.
Qed.

(** A learner is not bounded. *)
Lemma T7_dominance_wrong_learner : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j,
  (forall t, norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2 * head s j ^+ 2)
  /\ forall i, learner s i -> exists c T, 0 < c /\
    forall t, (T <= t)%N -> c * ((1 + kappa) ^+ t) ^+ 2 * norm_squared (expected D M s t) j <=
      norm_squared (expected D M s t) i).
Proof.
pose row (_ : nat) := (1, 1, -1) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced isT isT ord0) => [/(_ 1%N) + _].
have [_ p q] := @first_step Q 1 row (1 / 2%:R) ord0.
by rewrite first_norm p q /norm_squared small_sum_patterns; vm_compute.
Qed.

(** A key that passes 0 overshoots: the bound needs the last step. *)
Lemma T7_dominance_wrong_bound : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j, ~~ learner s j ->
  (forall t, norm_squared (expected D M s t) j <= norm_squared s j)
  /\ forall i, learner s i -> exists c T, 0 < c /\
    forall t, (T <= t)%N -> c * ((1 + kappa) ^+ t) ^+ 2 * norm_squared (expected D M s t) j <=
      norm_squared (expected D M s t) i).
Proof.
pose row (_ : nat) := (1, -1, 1 / 16%:R) : rat * rat * rat.
move/(_ Q 1%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 1 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced isT isT ord0 isT) => [/(_ 1%N) + _].
have [_ p q] := @first_step Q 1 row (1 / 2%:R) ord0.
by rewrite first_norm p q /norm_squared small_sum_patterns; vm_compute.
Qed.

(** A filter that does not learn dominates nothing. *)
Lemma T7_dominance_wrong_dominator : ~ (forall (R : archiFieldType) (n K : nat) (D : distribution R K)
    (M : model R K) (s : state R n K) (r m : nat),
  trained_head_network M Unhinged -> unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in 0 < kappa -> kappa < 1 -> forall j, ~~ learner s j ->
  (forall t, norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2 * head s j ^+ 2)
  /\ forall i, exists c T, 0 < c /\
    forall t, (T <= t)%N -> c * ((1 + kappa) ^+ t) ^+ 2 * norm_squared (expected D M s t) j <=
      norm_squared (expected D M s t) i).
Proof.
pose row (j : nat) := (if j == 0%N then (1, 0, -1) else (1, 0, 0)) : rat * rat * rat.
move/(_ Q 2%N 1%N (either Q) (free_model (1 / 2%:R)) (filters_of 2 row) 1%N 2%N (free_network _)
  either_keys either_independent either_balanced isT isT (@Ordinal 2 0 isT) isT).
case=> _ /(_ (@Ordinal 2 1 isT)) [c [T [c0 /(_ T (leqnn T))]]].
have still j : norm_squared (expected (either Q) (free_model (1 / 2%:R)) (filters_of 2 row) T) j =
    norm_squared (filters_of 2 row) j.
  have plus_dead : weight (filters_of 2 row) j (key true) <= 0 by case: (j) => [[|[|k]] lt].
  have minus_dead : weight (filters_of 2 row) j (key false) <= 0 by case: (j) => [[|[|k]] lt].
  have [_ frozen] := trained_head.filter_frozen (free_network (1 / 2%:R)) either_keys either_independent
    either_balanced plus_dead minus_dead.
  by apply: eq_bigr => p _; rewrite (proj2 (frozen T) p).
have one : norm_squared (filters_of 2 row) (@Ordinal 2 0 isT) = 1.
  by rewrite /norm_squared small_sum_patterns.
have zero : norm_squared (filters_of 2 row) (@Ordinal 2 1 isT) = 0.
  by rewrite /norm_squared small_sum_patterns.
rewrite !still one zero mulr1 leNgt => /negP[].
by apply: mulr_gt0 c0 _; apply: exprn_gt0; exact: exprn_gt0.
Qed.

