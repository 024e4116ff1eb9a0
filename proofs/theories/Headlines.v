(** * The six headlines

    For a reader who knows [model.v] and has ten minutes. They follow from [Statements.v], which has more
    general forms of most, and rest on nothing beyond Coq's logic. [s] is a network in pattern
    coordinates, [w] one whose filters are vectors, [D] a distribution of images, [M] the constants. *)

From mathcomp Require Import all_ssreflect all_algebra.
From filtercert Require Import model.
From filtercert Require Statements.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The main theorem, the abstract in one statement. For every delta there is a number of filters, from
    which on, for all data, ratios and sizes h of the initial filters, there is a time T, such that for
    all their laws, with probability at least 1 - delta over filters, heads and images, at all times from
    T to any horizon ([learnt]): both labels have winners, each is at least ratio times as long as every
    loser, its cosine with its key is positive, the square at least 1 - delta, and accuracy is 1. *)
Theorem Main_theorem (R : archiFieldType) (delta : R) : 0 < delta ->
  exists n0, forall n, (n0 <= n)%N ->
  forall (K d : nat) (D : distribution R K) (M : model R K) (P : pattern K -> 'rV[R]_d) (r m : nat)
    (h ratio : R),
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 < eta M -> (0 < r)%N ->
  unique_keys D r m -> label_independent D -> balanced D ->
  exists T, forall (V : finType) (L : 'I_n -> filter_law R d V),
  (forall j y, symmetric_along (L j) (P (key y))) ->
  (forall j v, length_squared (vector_of (L j) v) <= h ^+ 2) ->
  forall T', 1 - delta <= mean_network L (fun w => Pr D T' (fun xs => [forall t : 'I_T'.+1,
    (T <= t)%N ==> learnt M P D ratio delta w (vector_sgd M P w (take t xs))])).
Proof. exact: Statements.Main_theorem. Qed.

(** T2, gradient descent on the population loss, unhinged: winners grow, losers stay bounded, so the
    norms of the winners dominate; and winners turn to their keys. *)
Theorem T2 (R : realFieldType) (n K : nat) (D : distribution R K) (M : model R K) (r m : nat)
    (s : state R n K) :
  fixed_head_network M Unhinged -> 0 <= eta M -> signed_head s ->
  unique_keys D r m -> label_independent D -> balanced D ->
  let kappa := eta M * r%:R / 2%:R in forall t,
  [/\ forall j y, winner s y j ->
        weight (expected D M s t) j (key y) = weight s j (key y) + kappa * t%:R,
      forall j, loser s j -> norm_squared (expected D M s t) j <= norm_squared s j + kappa ^+ 2,
      forall rho t0, (t0 <= t)%N ->
        (forall j, loser s j -> rho ^+ 2 * (norm_squared s j + kappa ^+ 2) <= (kappa * t0%:R) ^+ 2) ->
        dominates rho s (expected D M s t)
    & forall j y X, winner s y j -> X = weight s j (key y) + kappa * t%:R ->
        X ^+ 2 / (X ^+ 2 + norm_squared s j + kappa ^+ 2) <= cos_squared (expected D M s t) j (key y)].
Proof. exact: Statements.T2_norm_dominance. Qed.

(** T3, SGD on every path, any loss with gates in [0, 1]: what is not positive never moves; the key of a
    winner grows by the gates of its label; the key of the other label stays at or below its start, and does
    not fall far. *)
Theorem T3 (R : realFieldType) (n K : nat) (M : model R K) (l : loss) (r m : nat) (s : state R n K)
    (xs : seq (sample K)) :
  fixed_head_network M l -> (forall z : R, 0 <= gate l z <= 1) -> 0 <= eta M -> signed_head s ->
  all (unique_key r m) xs -> forall j y,
  [/\ forall p, weight s j p <= 0 -> weight (sgd M s xs) j p = weight s j p,
      winner s y j -> weight (sgd M s xs) j (key y) =
        weight s j (key y) + eta M * r%:R * gate_sum y (gates_of M s (map (@single R K) xs))
    & 0 < sgn y * head s j -> Num.min (weight s j (key (~~ y))) (- (eta M * r%:R))
          <= weight (sgd M s xs) j (key (~~ y)) <= weight s j (key (~~ y))].
Proof.
move=> network gates eta0 signed keys j y.
by have [still grows other _] := Statements.T3_sgd network gates eta0 signed keys j y.
Qed.

(** T6c, hinge, coherent backgrounds: on every path finitely many updates; so, with any high probability,
    there is a time from which on no gate is open; and then accuracy is 1 and nothing moves any more. *)
Theorem T6c (R : archiFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (r : nat) (w : network R n d) (rho2 delta : R) :
  fixed_head_relu M Hinge -> dictionary_of M P -> keys_not_aligned M -> 0 < eta M -> (0 < r)%N ->
  both_win (coordinates P w) -> (forall i : atom D, key_at_least r (sample_at i)) -> 0 <= rho2 ->
  (forall i : atom D, spread M (sample_at i) <= rho2) -> 0 < delta ->
  let s := coordinates P w in
  let A := \sum_j heads w j ^+ 2 in
  let A_of y := gram M (key y) (key y) * head_square s y in
  let S := \sum_(y : bool) \sum_(j | winner s y j) weight s j (key y) ^+ 2 / gram M (key y) (key y) in
  let closed v := [forall i : atom D, gate_at M (coordinates P v) (sample_at i) == 0] in
  [/\ forall u : seq (atom D), (mistakes M s (samples u))%:R <=
        (\sum_j length_squared (filters w j) - S + (2%:R * eta M + eta M ^+ 2 * (A * rho2)))
        / (A_of true * A_of false / (A_of true + A_of false) * (eta M * r%:R) ^+ 2),
      exists T0, forall T, (T0 <= T)%N -> 1 - delta <= Pr D T (fun xs => closed (vector_sgd M P w xs))
    & forall v : network R n d, closed v -> accuracy D M (coordinates P v) = 1 /\
        forall u : seq (atom D), (forall j, filters (vector_sgd M P v (samples u)) j = filters v j) /\
          (forall j, heads (vector_sgd M P v (samples u)) j = heads v j)].
Proof.
move=> header dict keys eta0 r0 win key_in rho0 small delta0 s A A_of S closed.
have loss : Hinge = Hinge \/ Hinge = Perceptron by left.
split=> [u||v /forallP none].
- apply: (Statements.T6c_explicit header loss dict keys eta0 r0 rho0 _ _ win).
    by rewrite all_map; apply/allP => i _; exact: key_in.
  by rewrite all_map; apply/allP => i _; exact: small.
- exact: (Statements.T6c_limit header loss dict keys eta0 r0 win key_in delta0).
by apply: Statements.T6c_settled => i; exact/eqP.
Qed.

(** T12, SGD, unhinged, coherent backgrounds of which none grows in the mean: M_of i bounds the mean
    square, after t steps, of what filter i is across its key; Z j is its key after b_y images. If Z is
    large enough, norms dominate and accuracy is 1 at all steps from t0 to t, but for the probability of
    fewer than b_y images within t0 steps and shares delta_i of our choice. *)
Theorem T12 (R : realFieldType) (n K d : nat) (D : distribution R K) (M : model R K)
    (P : pattern K -> 'rV[R]_d) (w : network R n d) (r : bool -> nat) (t0 t : nat) (b : bool -> nat)
    (delta : 'I_n -> R) :
  dictionary_of M P -> keys_apart M -> fixed_head_relu M Unhinged -> 0 <= eta M ->
  (forall i : atom D, keys_by_label r (sample_at i)) -> (forall i, heads w i != 0) ->
  (forall i, no_rising_background D w i) -> (t0 <= t)%N -> (forall i, 0 < delta i) ->
  let s := coordinates P w in
  let M_of i y := length_squared (across P w i y)
    + eta M ^+ 2 * heads w i ^+ 2 * mean D (spread_across M y) * t%:R in
  let Z j y := along P w j y + eta M * `|heads w j| * (r y)%:R * (b y)%:R in
  (forall ratio, (forall y y' j i, winner s y j -> loser s i -> 0 < sgn y' * heads w i ->
      ratio ^+ 2 * (along P w i y' ^+ 2 + M_of i y' / delta i) <= Z j y ^+ 2) ->
    1 - \sum_(y | (0 < winners s y)%N) binomial_below t0 (prior D y) (b y)
      - \sum_(i | loser s i) delta i <=
    Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==> [forall y, forall j, forall i,
      winner s y j && loser s i ==>
        (ratio ^+ 2 * length_squared (filters (vector_sgd M P w (take u xs)) i) <=
         length_squared (filters (vector_sgd M P w (take u xs)) j))]]))
  /\ (forall (X : 'I_n -> R) (rho : bool -> R), (forall i, 0 <= X i) -> (forall y, 0 <= rho y) ->
    (forall i y, 0 < sgn y * heads w i -> M_of i y / delta i <= X i ^+ 2) ->
    (forall i : atom D, spread M (sample_at i) <= rho (label (sample_at i)) ^+ 2) ->
    (forall y, rho y * (\sum_(i | sgn y * heads w i < 0) `|heads w i| * X i) <
      (r y)%:R * (\sum_(j | winner s y j) `|heads w j| * Z j y)) ->
    1 - \sum_y binomial_below t0 (prior D y) (b y) - \sum_i delta i <=
    Pr D t (fun xs => [forall u : 'I_t.+1, (t0 <= u)%N ==>
      (accuracy D M (coordinates P (vector_sgd M P w (take u xs))) == 1)])).
Proof.
move=> dict keys network eta0 unique head0 H le_t delta0 s M_of Z.
by split=> *; [apply: Statements.T12e_norms | apply: Statements.T12f_accuracy] => //; eassumption.
Qed.

(** T14, leaky-relu of slope c, hinge: a vector v that separates the patches of every image bounds the
    number u of updates on every path, if eta > 0 and some head is not 0. *)
Theorem T14 (R : realFieldType) (n K d : nat) (M : model R K) (P : pattern K -> 'rV[R]_d) (c : R)
    (v : 'rV[R]_d) (w : network R n d) (xs : seq (sample K)) (rho2 : R) :
  fixed_head_leaky M c Hinge -> 0 < c <= 1 -> dictionary_of M P -> 0 <= eta M ->
  all (separates P c v) xs -> all (fun x => spread M x <= rho2) xs ->
  let A := \sum_j heads w j ^+ 2 in
  let F0 := \sum_j heads w j * dot (filters w j) v in
  let W := \sum_j length_squared (filters w j) in
  let u : R := (mistakes M (coordinates P w) xs)%:R in
  F0 + eta M * A * u <= 0 \/ (F0 + eta M * A * u) ^+ 2
      <= A * length_squared v * (W + u * (2%:R * eta M + eta M ^+ 2 * (A * rho2))).
Proof. exact: Statements.T14_separator. Qed.
