(** * The model: patterns, images, the network, its gradient, one step, paths, probability

    Everything that the statements in [Statements.v] speak of is defined here, and nothing is proved but
    that the chances of generated data are positive and sum to 1.
    The names are those of the Rust sources: [Model], [activate], [derivative], [gate], [argmax],
    [pooled], [output], [margin], [gradient] and [step] of [src/dynamics/gradient.rs], [State] of
    [src/dynamics/state.rs], [accuracy] of [src/dynamics/accuracy.rs].

    [R] is any real field ([realFieldType]): the rationals that the engine computes with, the real
    numbers, and every ordered field between or beyond them. Statements that say "there is a time"
    need an Archimedean one ([archiFieldType]); the rationals and the reals are both.

    The subgradient conventions stand in [derivative], [gate] and [argmax], and nowhere else. *)

From mathcomp Require Import all_ssreflect all_algebra.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Patterns and images *)

(** A dictionary pattern: [key y] is the key pattern of label y ([true] is +, [false] is -), and
    [background k] one of the K background patterns. The order of the dictionary, which decides ties
    of max pooling, is that of the finite type: [key true], [key false], then the background. *)
Notation pattern K := (bool + 'I_K)%type.
Notation key y := (inl y).
Notation background k := (inr k).

(** An image: its label and how many of its patches are each pattern. *)
Record sample (K : nat) := Sample { label : bool; count : pattern K -> nat }.

Section Model.

Variables (R : realFieldType) (n K : nat).

(** The sign of a label: 1 or -1. *)
Definition sgn (y : bool) : R := if y then 1 else -1.

(** Number of patches of an image. *)
Definition patches (x : sample K) : nat := \sum_p count x p.

(** A2 for one image: r key patches of its own label, none of the other, at most m patches. *)
Definition unique_key (r m : nat) (x : sample K) : bool :=
  [&& count x (key (label x)) == r, count x (key (~~ label x)) == 0%N & (patches x <= m)%N].

(** The same with "at least r": the key patterns of its own label r times or more, the other never. *)
Definition key_at_least (r : nat) (x : sample K) : bool :=
  (r <= count x (key (label x)))%N && (count x (key (~~ label x)) == 0%N).

(** A2 with a number of key patches for each label. *)
Definition keys_by_label (r : bool -> nat) (x : sample K) : bool :=
  (count x (key (label x)) == r (label x)) && (count x (key (~~ label x)) == 0%N).

(** ** The network *)

Inductive activation := Relu | LeakyRelu of R | Identity | Relu2.
Inductive pooling := SumPooling | MaxPooling.
Inductive loss := Unhinged | Hinge | Perceptron | SquaredHinge | Square.

Definition relu (z : R) : R := Num.max 0 z.

Definition activate (f : activation) (z : R) : R :=
  match f with
  | Relu => relu z
  | LeakyRelu c => if 0 < z then z else c * z
  | Identity => z
  | Relu2 => relu z ^+ 2
  end.

(** [relu'(0) = 0], [leaky-relu'(0)] is its slope on the left. *)
Definition derivative (f : activation) (z : R) : R :=
  match f with
  | Relu => if 0 < z then 1 else 0
  | LeakyRelu c => if 0 < z then 1 else c
  | Identity => 1
  | Relu2 => 2%:R * relu z
  end.

(** The loss of one image, as a function of its margin. *)
Definition loss_value (l : loss) (z : R) : R :=
  match l with
  | Unhinged => 1 - z
  | Hinge => Num.max 0 (1 - z)
  | Perceptron => Num.max 0 (- z)
  | SquaredHinge => Num.max 0 (1 - z) ^+ 2 / 2%:R
  | Square => (1 - z) ^+ 2 / 2%:R
  end.

(** Minus the derivative of the loss by the margin. The hinge gate is closed at margin 1, the
    perceptron gate open at margin 0. *)
Definition gate (l : loss) (z : R) : R :=
  match l with
  | Unhinged => 1
  | Hinge => if z < 1 then 1 else 0
  | Perceptron => if z <= 0 then 1 else 0
  | SquaredHinge => Num.max 0 (1 - z)
  | Square => 1 - z
  end.

(** The margin at which a loss has no derivative; the activations that have one at 0 too. *)
Definition kink (l : loss) (z : R) : bool :=
  match l with Hinge => z == 1 | Perceptron => z == 0 | _ => false end.
Definition smooth (f : activation) : bool :=
  match f with Identity | Relu2 => true | _ => false end.

(** The constants of a problem: Gram matrix of the dictionary, network, loss, whether the head is
    trained, step size. *)
Record model := Model {
  gram : pattern K -> pattern K -> R;
  activation_of : activation;
  pooling_of : pooling;
  loss_of : loss;
  trained : bool;
  eta : R
}.

(** A1: the dictionary is orthonormal. *)
Definition orthonormal (m : model) := forall p q, gram m p q = (p == q)%:R.

(** A0 with A1, fixed head or trained head: relu, sum pooling, orthonormal dictionary. *)
Definition fixed_head_network (m : model) (l : loss) :=
  [/\ orthonormal m, activation_of m = Relu, pooling_of m = SumPooling, loss_of m = l
    & trained m = false].
Definition trained_head_network (m : model) (l : loss) :=
  [/\ orthonormal m, activation_of m = Relu, pooling_of m = SumPooling, loss_of m = l
    & trained m = true].

(** A1k: the keys are unit vectors, orthogonal to each other and to every background pattern. *)
Definition keys_apart (m : model) := forall y p, gram m (key y) p = (p == key y)%:R.

(** A1k-, for T6c: keys of any length but 0, their inner product at most 0, orthogonal to every
    background pattern. *)
Definition keys_not_aligned (m : model) :=
  [/\ forall y, 0 < gram m (key y) (key y), gram m (key true) (key false) <= 0
    & forall y k, gram m (key y) (background k) = 0].

(** T13: unit keys, each minus the other, orthogonal to every background pattern. *)
Definition keys_opposed (m : model) :=
  [/\ forall y, gram m (key y) (key y) = 1, forall y, gram m (key y) (key (~~ y)) = - 1
    & forall y k, gram m (key y) (background k) = 0].

(** A0 with a fixed head, for any dictionary: relu and sum pooling. *)
Definition fixed_head_relu (m : model) (l : loss) :=
  [/\ activation_of m = Relu, pooling_of m = SumPooling, loss_of m = l & trained m = false].

(** A0 of T14: leaky-relu of slope c, or the identity, whose slope is 1. *)
Definition fixed_head_leaky (m : model) (c : R) (l : loss) :=
  [/\ activation_of m = LeakyRelu c \/ activation_of m = Identity /\ c = 1,
      pooling_of m = SumPooling, loss_of m = l & trained m = false].

(** The header of T3max: fixed head, max pooling. *)
Definition max_pooling_network (m : model) (l : loss) :=
  [/\ orthonormal m, activation_of m = Relu, pooling_of m = MaxPooling, loss_of m = l
    & trained m = false].

(** What moves: [weight s j p] is the inner product of filter j with pattern p, [head s j] the weight
    of filter j in the second layer. *)
Record state := State { weight : 'I_n -> pattern K -> R; head : 'I_n -> R }.

(** Two states with the same numbers. *)
Definition same_state (s s' : state) :=
  (forall j p, weight s j p = weight s' j p) /\ (forall j, head s j = head s' j).

(** Where max pooling sends the gradient: the first pattern, in dictionary order, among those of the
    image, whose activated value is largest; none for an empty image. *)
Definition argmax (f : activation) (z : pattern K -> R) (N : pattern K -> nat) : option (pattern K) :=
  [pick p | (0 < N p)%N && [forall q, (0 < N q)%N ==> (activate f (z q) <= activate f (z p))]].

(** The pooled activation of one filter on an image with counts [N]. *)
Definition pooled (m : model) (z : pattern K -> R) (N : pattern K -> nat) : R :=
  match pooling_of m with
  | SumPooling => \sum_p (N p)%:R * activate (activation_of m) (z p)
  | MaxPooling =>
      if argmax (activation_of m) z N is Some p then activate (activation_of m) (z p) else 0
  end.

(** Its derivative by the coordinate of pattern p. *)
Definition pooled_derivative (m : model) (z : pattern K -> R) (N : pattern K -> nat)
    (p : pattern K) : R :=
  match pooling_of m with
  | SumPooling => (N p)%:R * derivative (activation_of m) (z p)
  | MaxPooling =>
      if argmax (activation_of m) z N == Some p then derivative (activation_of m) (z p) else 0
  end.

Definition output (m : model) (s : state) (N : pattern K -> nat) : R :=
  \sum_j head s j * pooled m (weight s j) N.

Definition margin (m : model) (s : state) (x : sample K) : R :=
  sgn (label x) * output m s (count x).

(** The gate of an image in a state. *)
Definition gate_at (m : model) (s : state) (x : sample K) : R := gate (loss_of m) (margin m s x).

(** ** One step *)

(** A batch: images with their weights in the average: 1 for one sample, 1/B in a batch of B,
    probabilities for the expected dynamics. *)
Definition batch := seq (R * sample K).

(** Weights that are at least 0 and sum to at most g: of an average (g = 1), or of an average times
    gates in [0, g]. *)
Definition weights_within (g : R) (C : batch) : bool :=
  all (fun c => 0 <= c.1) C && (\sum_(c <- C) c.1 <= g).

(** Every image of a batch is of a kind. *)
Definition images (P : pred (sample K)) (C : batch) : bool := all (fun c => P c.2) C.

(** The same list with every weight multiplied by the gate of its image. *)
Definition gated (m : model) (s : state) (B : batch) : batch :=
  [seq (b.1 * gate_at m s b.2, b.2) | b <- B].

(** S_jp, the averaged, gated, signed sum of the active patterns of filter j. [C] carries the gates. *)
Definition filter_gradient (m : model) (s : state) (C : batch) (j : 'I_n) (p : pattern K) : R :=
  \sum_(c <- C) c.1 * sgn (label c.2) * pooled_derivative m (weight s j) (count c.2) p.

Definition head_gradient (m : model) (s : state) (C : batch) (j : 'I_n) : R :=
  \sum_(c <- C) c.1 * sgn (label c.2) * pooled m (weight s j) (count c.2).

(** One step of gradient descent whose gates are given: [C] lists weight times gate with each image. *)
Definition move (m : model) (s : state) (C : batch) : state := {|
  weight := fun j q =>
    weight s j q + eta m * head s j * \sum_p filter_gradient m s C j p * gram m p q;
  head := fun j => if trained m then head s j + eta m * head_gradient m s C j else head s j
|}.

(** One step of gradient descent: the gates are those of the loss. *)
Definition step (m : model) (s : state) (B : batch) : state := move m s (gated m s B).

(** Many steps. *)
Definition moves (m : model) (s : state) (Cs : seq batch) : state := foldl (move m) s Cs.
Definition run (m : model) (s : state) (Bs : seq batch) : state := foldl (step m) s Bs.

(** SGD with one sample a step, along a path of samples. *)
Definition single (x : sample K) : batch := [:: (1, x)].
Definition sgd (m : model) (s : state) (xs : seq (sample K)) : state := run m s (map single xs).

(** ** The distribution, the expected dynamics, accuracy *)

(** Finitely many atoms of positive probability. *)
Record distribution := Distribution {
  atom : finType;
  sample_at : atom -> sample K;
  probability : atom -> R;
  probability_gt0 : forall i, 0 < probability i;
  probability_sum : \sum_i probability i = 1
}.

Variable D : distribution.

(** Expectation over one draw. *)
Definition mean (F : sample K -> R) : R := \sum_(i : atom D) probability i * F (sample_at i).

(** Probability of a label. *)
Definition prior (y : bool) : R := \sum_(i : atom D | label (sample_at i) == y) probability i.

(** All atoms in one batch, and t steps of gradient descent on the population loss. *)
Definition population : batch := [seq (probability i, sample_at i) | i <- enum (atom D)].
Definition expected (m : model) (s : state) (t : nat) : state := run m s (nseq t population).

(** P(y f(X) > 0); a tie is an error. *)
Definition accuracy (m : model) (s : state) : R :=
  \sum_(i : atom D | 0 < margin m s (sample_at i)) probability i.

(** Every image is right with margin 1 at least: no gate of the hinge is open. *)
Definition settled (m : model) (s : state) : bool :=
  [forall i : atom D, 1 <= margin m s (sample_at i)].

(** A2: every image has r patches of its label's key pattern, none of the other, at most m patches. *)
Definition unique_keys (r m : nat) := forall i : atom D, unique_key r m (sample_at i).

(** A3: the law of the background counts is the same for both labels, which both occur. *)
Definition background_of (x : sample K) : {ffun 'I_K -> nat} := [ffun k => count x (background k)].
Definition joint (y : bool) (c : {ffun 'I_K -> nat}) : R :=
  \sum_(i : atom D | (label (sample_at i) == y) && (background_of (sample_at i) == c)) probability i.
Definition label_independent :=
  [/\ 0 < prior true, 0 < prior false & forall c, joint true c / prior true = joint false c / prior false].

(** A4: the labels are balanced. *)
Definition balanced := prior true = prior false.

(** kappa_jp = eta a_j E[y N_p], the drift of a coordinate. *)
Definition drift (m : model) (s : state) (j : 'I_n) (p : pattern K) : R :=
  eta m * head s j * mean (fun x => sgn (label x) * (count x p)%:R).

(** The least natural number that is at least [a]. *)
Definition is_ceiling (a : R) (k : nat) := a <= k%:R /\ (forall u, (u < k)%N -> u%:R < a).

(** rho_j^2 and delta_j^2: the squared drifts of the positive coordinates that grow, and of those that
    fall. *)
Definition growth_squared (m : model) (s : state) (j : 'I_n) : R :=
  \sum_(p | (0 < weight s j p) && (0 < drift m s j p)) drift m s j p ^+ 2.
Definition decay_squared (m : model) (s : state) (j : 'I_n) : R :=
  \sum_(p | (0 < weight s j p) && (drift m s j p < 0)) drift m s j p ^+ 2.

(** kappa^+_jp: the drift of a positive coordinate that grows, 0 for all others. *)
Definition rising_drift (m : model) (s : state) (j : 'I_n) (p : pattern K) : R :=
  if (0 < weight s j p) && (0 < drift m s j p) then drift m s j p else 0.

(** ** Filters *)

(** A5f: every head is 1 or -1. *)
Definition signed_head (s : state) := forall j, head s j = 1 \/ head s j = -1.

(** A winner of label y: its head has the sign of y and its coordinate on v_y is positive. *)
Definition winner (s : state) (y : bool) (j : 'I_n) : bool :=
  (0 < sgn y * head s j) && (0 < weight s j (key y)).

(** A winner of max pooling: in addition no background coordinate is above that of the key. *)
Definition max_winner (s : state) (y : bool) (j : 'I_n) : bool :=
  winner s y j && [forall k, weight s j (background k) <= weight s j (key y)].

(** All other filters. *)
Definition loser (s : state) (j : 'I_n) : bool := ~~ winner s true j && ~~ winner s false j.

(** |J_y|, and A6': both labels have winners. *)
Definition winners (s : state) (y : bool) : nat := #|[pred j | winner s y j]|.
Definition both_win (s : state) := (0 < winners s true)%N && (0 < winners s false)%N.

(** A_y of T6s: the winners of a label, each counted by the square of its head. *)
Definition head_square (s : state) (y : bool) : R := \sum_(j | winner s y j) head s j ^+ 2.

(** The key coordinate of a winner. *)
Definition winner_key (s : state) (j : 'I_n) (p : pattern K) : bool :=
  if p is inl y then winner s y j else false.

(** sum of a_j^2 N_p^2 over the positive coordinates: Q of T6s is its maximum over the images. *)
Definition active_square (s : state) (x : sample K) : R :=
  \sum_j head s j ^+ 2 * \sum_(p | 0 < weight s j p) (count x p)%:R ^+ 2.

(** |w_j|^2 of a filter in the span of an orthonormal dictionary, and |W|^2 of all filters. *)
Definition norm_squared (s : state) (j : 'I_n) : R := \sum_p weight s j p ^+ 2.
Definition total_norm_squared (s : state) : R := \sum_j norm_squared s j.

(** Filters in the span of any dictionary: the filter sum_p c_p p has the coordinates [z], and its
    norm squared is |sum_p c_p p|^2. *)
Definition represents (m : model) (c z : pattern K -> R) :=
  forall q, z q = \sum_p c p * gram m p q.
Definition gram_square (m : model) (c : pattern K -> R) : R :=
  \sum_p \sum_q c p * c q * gram m p q.

(** Dominance with ratio rho >= 0 in state [s] of the winners and losers of state [s0], squared. *)
Definition dominates (rho : R) (s0 s : state) : bool :=
  [forall y, forall i, forall j, winner s0 y i && loser s0 j ==>
    (rho ^+ 2 * norm_squared s j <= norm_squared s i)].

(** ** The thresholds of T5 *)

(** What the keys of the winners of a label are worth after b steps on images with that label. *)
Definition win (m : model) (s : state) (r : nat) (y : bool) (b : R) : R :=
  \sum_(j | winner s y j) (weight s j (key y) + eta m * r%:R * b).

(** What that key is still worth to the filters of the other sign. *)
Definition opposition (m : model) (s : state) (r : nat) (y : bool) (b : R) : R :=
  \sum_(j | (sgn y * head s j < 0) && (0 < weight s j (key y)))
    relu (weight s j (key y) - eta m * r%:R * b).

(** At most this is background k worth to the filters of the other sign, when its walk ends at S, or
    within lam. *)
Definition background_at (m : model) (s : state) (y : bool) (k : 'I_K) (S : R) : R :=
  \sum_(j | (sgn y * head s j < 0) && (0 < weight s j (background k)))
    relu (weight s j (background k) - eta m * sgn y * S).
Definition background_within (m : model) (s : state) (y : bool) (k : 'I_K) (lam : R) : R :=
  \sum_(j | (sgn y * head s j < 0) && (0 < weight s j (background k)))
    (weight s j (background k) + eta m * lam).

(** ** Fates with a trained head *)

(** What becomes of a filter: nothing ever moves; it learns the key of label y for ever; its only
    positive key coordinate, that of y, stops at or below 0; the same coordinate fades like a power;
    both key coordinates stay positive for ever. *)
Inductive fate := Frozen | Learns (y : bool) | Dies (y : bool) | Fades (y : bool) | Balanced.

(** It has the sign of sqrt2 a + u, without a root: x |x| increases with x. *)
Definition tilt (a u : R) : R := 2%:R * (a * `|a|) + u * `|u|.

(** The fate of a filter with head [a] and key coordinates [plus] and [minus]. *)
Definition fate_of (a plus minus : R) : fate :=
  let one y z :=
    if 0 < sgn y * a + z then Learns y else if sgn y * a + z == 0 then Fades y else Dies y in
  if 0 < plus then
    if 0 < minus then
      if 0 < tilt a (plus - minus) then Learns true
      else if tilt a (plus - minus) < 0 then Learns false else Balanced
    else one true plus
  else if 0 < minus then one false minus else Frozen.

Definition fate_at (s : state) (j : 'I_n) : fate :=
  fate_of (head s j) (weight s j (key true)) (weight s j (key false)).

(** A learner. *)
Definition learner (s : state) (j : 'I_n) : bool := if fate_at s j is Learns _ then true else false.

(** cos^2 of the angle between filter j and pattern p. *)
Definition cos_squared (s : state) (j : 'I_n) (p : pattern K) : R :=
  weight s j p ^+ 2 / norm_squared s j.

(** ** What is counted along a path *)

(** G_y: sum of weight times gate over the images with label y. *)
Definition mass (y : bool) (C : batch) : R := \sum_(c <- C | label c.2 == y) c.1.
Definition gate_sum (y : bool) (Cs : seq batch) : R := \sum_(C <- Cs) mass y C.

(** The gates that a run meets, step by step. *)
Fixpoint gates_of (m : model) (s : state) (Bs : seq batch) : seq batch :=
  if Bs is B :: Bs' then gated m s B :: gates_of m (step m s B) Bs' else [::].

(** M: number of steps of SGD with an open gate. *)
Fixpoint mistakes (m : model) (s : state) (xs : seq (sample K)) : nat :=
  if xs is x :: xs' then ((gate_at m s x != 0%R) + mistakes m (step m s (single x)) xs')%N else 0%N.

(** Number of steps of SGD on an image with label y at which coordinate p of filter j is positive:
    its label's steps up to its death. *)
Fixpoint steps_alive (m : model) (s : state) (j : 'I_n) (p : pattern K) (y : bool)
    (xs : seq (sample K)) : nat :=
  if xs is x :: xs'
  then (((label x == y) && (0 < weight s j p)%R) + steps_alive m (step m s (single x)) j p y xs')%N
  else 0%N.

(** B_y: number of samples with label y; S_k: sum of y N_k. *)
Definition label_count (y : bool) (xs : seq (sample K)) : nat := count_mem y (map (@label K) xs).
Definition walk (k : 'I_K) (xs : seq (sample K)) : R :=
  \sum_(x <- xs) sgn (label x) * (count x (background k))%:R.

(** S*_k > lam: somewhere along the path, its ends included, |S_k| is above lam. *)
Definition walk_exceeds (k : 'I_K) (lam : R) (xs : seq (sample K)) : bool :=
  [exists u : 'I_(size xs).+1, lam < `|walk k (take u xs)|].

(** ** Probability over sample sequences: finite sums only *)

(** The product law on sequences of t atoms. *)
Definition path_probability t (w : t.-tuple (atom D)) : R := \prod_(i <- w) probability i.

(** The samples of a sequence of atoms. *)
Definition samples (w : seq (atom D)) : seq (sample K) := map (@sample_at D) w.

(** Expectation of a quantity and probability of an event of a path of t independent samples. *)
Definition expectation t (F : seq (sample K) -> R) : R :=
  \sum_(w : t.-tuple (atom D)) path_probability w * F (samples w).
Definition Pr t (E : pred (seq (sample K))) : R :=
  \sum_(w : t.-tuple (atom D) | E (samples w)) path_probability w.

(** P(Bin(t, p) < k). *)
Definition binomial_below (t : nat) (p : R) (k : nat) : R :=
  \sum_(i < t.+1 | (i < k)%N) 'C(t, i)%:R * p ^+ i * (1 - p) ^+ (t - i).

(** ** Random initialisation (A6) *)

(** A symmetric law without an atom at 0, on a finite set of values: [opposite v] has minus the value
    of v and its probability. *)
Record symmetric_law (V : finType) := SymmetricLaw {
  value : V -> R;
  chance : V -> R;
  opposite : V -> V;
  oppositeK : involutive opposite;
  value_opposite : forall v, value (opposite v) = - value v;
  chance_opposite : forall v, chance (opposite v) = chance v;
  value_neq0 : forall v, value v != 0;
  chance_ge0 : forall v, 0 <= chance v;
  chance_sum : \sum_v chance v = 1
}.

Variables (V : finType) (L : 'I_n -> pattern K -> symmetric_law V).

(** The state with heads 1 (where [a] is true) and -1, whose coordinates are the values of [z]. *)
Definition initial (a : {ffun 'I_n -> bool}) (z : {ffun 'I_n * pattern K -> V}) : state := {|
  weight := fun j p => value (L j p) (z (j, p));
  head := fun j => sgn (a j)
|}.

(** Expectation over independent coordinates with the laws [L], the heads being given. *)
Definition mean_weights (a : {ffun 'I_n -> bool}) (F : state -> R) : R :=
  \sum_(z : {ffun 'I_n * pattern K -> V}) (\prod_jp chance (L jp.1 jp.2) (z jp)) * F (initial a z).

(** The same with independent fair heads. *)
Definition mean_initial (F : state -> R) : R := \sum_a 2%:R^-1 ^+ n * mean_weights a F.

End Model.

Arguments sgn {R} y.

(** ** Vectors: patterns and filters in R^d *)

Section Vectors.
Variables (R : realFieldType) (n K d : nat).
Local Notation vector := 'rV[R]_d.

(** Inner product and squared length. *)
Definition dot (u v : vector) : R := \sum_i u 0 i * v 0 i.
Definition length_squared (u : vector) : R := dot u u.

(** The patterns as vectors: the Gram matrix of the model is theirs. *)
Definition dictionary_of (m : model R K) (P : pattern K -> vector) :=
  forall p q, gram m p q = dot (P p) (P q).

(** The network: filter j and its weight in the second layer. *)
Record network := Network { filters : 'I_n -> vector; heads : 'I_n -> R }.

(** Its pattern coordinates. *)
Definition coordinates (P : pattern K -> vector) (w : network) : state R n K :=
  {| weight := fun j p => dot (filters w j) (P p); head := heads w |}.

(** One step of gradient descent, many, and SGD: filter j moves along the patterns. *)
Definition vector_step (m : model R K) (P : pattern K -> vector) (w : network) (B : batch R K) : network :=
  let s := coordinates P w in {|
    filters := fun j => filters w j + (eta m * heads w j) *: \sum_p filter_gradient m s (gated m s B) j p *: P p;
    heads := head (step m s B)
|}.
Definition vector_run (m : model R K) (P : pattern K -> vector) (w : network) (Bs : seq (batch R K)) : network :=
  foldl (vector_step m P) w Bs.
Definition vector_sgd (m : model R K) (P : pattern K -> vector) (w : network) (xs : seq (sample K)) : network :=
  vector_run m P w (map (@single R K) xs).

(** Z and w_perp of T12: filter j along the key of label y, and everything orthogonal to it. *)
Definition along (P : pattern K -> vector) (w : network) (j : 'I_n) (y : bool) : R :=
  dot (filters w j) (P (key y)).
Definition across (P : pattern K -> vector) (w : network) (j : 'I_n) (y : bool) : vector :=
  filters w j - along P w j y *: P (key y).

(** sum_pq N_p N_q max(G_pq, 0), over all patterns, and over all but the key of label y. *)
Definition spread (m : model R K) (x : sample K) : R :=
  \sum_p \sum_q (count x p)%:R * (count x q)%:R * Num.max 0 (gram m p q).
Definition spread_across (m : model R K) (y : bool) (x : sample K) : R :=
  \sum_(p | p != key y) \sum_(q | q != key y)
    (count x p)%:R * (count x q)%:R * Num.max 0 (gram m p q).

(** The same where every slope is at least c: negative products count c times. *)
Definition leaky_spread (m : model R K) (c : R) (x : sample K) : R :=
  \sum_p \sum_q (count x p)%:R * (count x q)%:R
    * (Num.max 0 (gram m p q) - c * Num.max 0 (- gram m p q)).

(** T14: the vector v separates the patches of an image, each with its least slope of c and 1. *)
Definition separates (P : pattern K -> vector) (c : R) (v : vector) (x : sample K) : bool :=
  1 <= \sum_p (count x p)%:R *
    Num.min (sgn (label x) * dot v (P p)) (c * (sgn (label x) * dot v (P p))).

(** H_j of T12: no background pattern grows in the mean. *)
Definition no_rising_background (D : distribution R K) (w : network) (j : 'I_n) :=
  forall k, heads w j * mean D (fun x => sgn (label x) * (count x (background k))%:R) <= 0.

(** ** Pixels: the network on images that are lists of vectors *)

(** An image: its label and its patches. *)
Record picture := Picture { class_of : bool; pixels : seq vector }.

(** The picture with the given counts of patterns, pattern by pattern. *)
Definition picture_of (P : pattern K -> vector) (x : sample K) : picture :=
  Picture (label x) (flatten [seq nseq (count x p) (P p) | p <- enum {: pattern K}]).

(** Sum pooling; the gradient of max pooling is defined on pattern coordinates only. *)
Definition pixel_pooled (m : model R K) (u : vector) (X : seq vector) : R :=
  \sum_(x <- X) activate (activation_of m) (dot u x).
Definition pixel_output (m : model R K) (w : network) (X : seq vector) : R :=
  \sum_j heads w j * pixel_pooled m (filters w j) X.
Definition pixel_margin (m : model R K) (w : network) (x : picture) : R :=
  sgn (class_of x) * pixel_output m w (pixels x).

(** The loss of a batch of pictures with their weights. *)
Definition pixel_loss (m : model R K) (w : network) (B : seq (R * picture)) : R :=
  \sum_(b <- B) b.1 * loss_value (loss_of m) (pixel_margin m w b.2).

(** One step: filters and, where it is trained, head move by what each patch says. *)
Definition pixel_step (m : model R K) (w : network) (B : seq (R * picture)) : network := {|
  filters := fun j => filters w j + eta m *: \sum_(b <- B)
    (b.1 * gate (loss_of m) (pixel_margin m w b.2) * sgn (class_of b.2) * heads w j) *:
      \sum_(x <- pixels b.2) derivative (activation_of m) (dot (filters w j) x) *: x;
  heads := fun j => if trained m then heads w j + eta m * \sum_(b <- B)
    b.1 * gate (loss_of m) (pixel_margin m w b.2) * sgn (class_of b.2)
      * pixel_pooled m (filters w j) (pixels b.2) else heads w j
|}.

(** Many steps, and the pictures of a batch of samples. *)
Definition pixel_run (m : model R K) (w : network) (Bs : seq (seq (R * picture))) : network :=
  foldl (pixel_step m) w Bs.
Definition pictures (P : pattern K -> vector) (B : batch R K) : seq (R * picture) :=
  [seq (b.1, picture_of P b.2) | b <- B].

(** The same picture up to the order of its patches. *)
Definition same_picture (x x' : picture) : bool := (class_of x == class_of x') && perm_eq (pixels x) (pixels x').
Definition same_pictures (B B' : seq (R * picture)) : bool :=
  all2 (fun b b' => (b.1 == b'.1) && same_picture b.2 b'.2) B B'.

(** f has the slope a at 0. *)
Definition has_slope (f : R -> R) (a : R) :=
  exists c e, [/\ 0 <= c, 0 < e & forall h, `|h| <= e -> `|f h - f 0 - a * h| <= c * h ^+ 2].

(** No margin is at a kink of the loss, and no patch at one of the activation. *)
Definition no_kink (m : model R K) (w : network) (B : seq (R * picture)) : bool :=
  all (fun b => ~~ kink (loss_of m) (pixel_margin m w b.2) &&
    (smooth (activation_of m) || [forall j, all (fun x => dot (filters w j) x != 0) (pixels b.2)])) B.

(** The network moved by h along a direction, the direction from one network to another, and the inner
    product of two directions. *)
Definition shifted (w u : network) (h : R) : network := {|
  filters := fun j => filters w j + h *: filters u j; heads := fun j => heads w j + h * heads u j |}.
Definition displacement (w w' : network) : network := {|
  filters := fun j => filters w' j - filters w j; heads := fun j => heads w' j - heads w j |}.
Definition inner (u v : network) : R := \sum_j (dot (filters u j) (filters v j) + heads u j * heads v j).

(** ** Random networks (A6 on the keys) *)

(** A law on finitely many vectors. *)
Record filter_law (V : finType) := FilterLaw {
  vector_of : V -> vector;
  likely : V -> R;
  likely_ge0 : forall v, 0 <= likely v;
  likely_sum : \sum_v likely v = 1
}.

(** The inner product with u has the law of its opposite, and is never 0. *)
Definition symmetric_along (V : finType) (L : filter_law V) (u : vector) :=
  (forall F : R -> R, \sum_v likely L v * F (dot (vector_of L v) u) =
    \sum_v likely L v * F (- dot (vector_of L v) u))
  /\ forall v, dot (vector_of L v) u != 0.

(** Expectation over independent filters with the laws [L] and independent fair heads, 1 or -1. *)
Definition random_network (V : finType) (L : 'I_n -> filter_law V) (a : {ffun 'I_n -> bool})
    (z : {ffun 'I_n -> V}) : network :=
  {| filters := fun j => vector_of (L j) (z j); heads := fun j => sgn (a j) |}.
Definition mean_network (V : finType) (L : 'I_n -> filter_law V) (F : network -> R) : R :=
  \sum_(a : {ffun 'I_n -> bool}) 2%:R^-1 ^+ n *
    \sum_(z : {ffun 'I_n -> V}) (\prod_j likely (L j) (z j)) * F (random_network L a z).

(** What the main theorem promises of a network [w] that started as [w0]: both labels have winners; every
    winner is at least R times as long as every loser; the cosine of every winner with its key is positive
    and its square at least 1 - delta; accuracy is 1. *)
Definition learnt (m : model R K) (P : pattern K -> vector) (D : distribution R K) (ratio delta : R)
    (w0 w : network) : bool :=
  let s0 := coordinates P w0 in
  [&& both_win s0,
      [forall y, forall i, forall j, winner s0 y i && loser s0 j ==>
        (ratio ^+ 2 * length_squared (filters w j) <= length_squared (filters w i))],
      [forall y, forall i, winner s0 y i ==>
        (0 < along P w i y) && ((1 - delta) * length_squared (filters w i) <= along P w i y ^+ 2)]
    & accuracy D m (coordinates P w) == 1].

End Vectors.

(** ** Generative data: images whose background patches are drawn one by one *)

Section Generative.
Variables (R : realFieldType) (K : nat).

(** The law of the label, and for each label that of one background patch. *)
Record generator := Generator {
  label_law : bool -> R;
  patch_law : bool -> 'I_K -> R;
  label_law_ge0 : forall y, 0 <= label_law y;
  patch_law_ge0 : forall y k, 0 <= patch_law y k;
  label_law_sum : \sum_y label_law y = 1;
  patch_law_sum : forall y, \sum_k patch_law y k = 1
}.

Variables (g : generator) (r b : nat).

(** A draw: a label and b background patches, independent given the label. *)
Definition draw := (bool * b.-tuple 'I_K)%type.
Definition draw_probability (a : draw) : R := label_law g a.1 * \prod_(k <- a.2) patch_law g a.1 k.

(** Its image: r patches of the label's key pattern, and the background patches. *)
Definition drawn_sample (a : draw) : sample K := Sample a.1 (fun p =>
  match p with inl y => if y == a.1 then r else 0%N | inr k => count_mem k a.2 end).

(** The draws of positive probability, and their distribution; these two lemmas are all that is proved in
    this file. *)
Definition possible : Type := {a : draw | 0 < draw_probability a}.

Lemma possible_gt0 (a : possible) : 0 < draw_probability (val a).
Proof. exact: (valP a). Qed.

Lemma possible_sum : \sum_(a : possible) draw_probability (val a) = 1.
Proof.
have patches y : \sum_(t : b.-tuple 'I_K) \prod_(k <- t) patch_law g y k = 1.
  transitivity (\prod_(i < b) \sum_k patch_law g y k); last first.
    by rewrite big1 // => i _; exact: patch_law_sum.
  rewrite bigA_distr_bigA /= (reindex (@tuple_of_finfun _ _)) /=; last first.
    by exists (@finfun_of_tuple _ _) => t _; [exact: tuple_of_finfunK | exact: finfun_of_tupleK].
  by apply: eq_bigr => f _; rewrite big_map big_enum.
have all1 : \sum_(a : draw) draw_probability a = 1.
  rewrite -(label_law_sum g) -(pair_bigA _ (fun y t => draw_probability (y, t))) /=.
  by apply: eq_bigr => y _; rewrite /draw_probability /= -mulr_sumr patches mulr1.
rewrite -[RHS]all1 [RHS](bigID (fun a => 0 < draw_probability a)) /= [X in _ = _ + X]big1 ?addr0.
  rewrite [RHS](reindex_omap (val : possible -> draw) insub) /=.
    by apply: eq_bigl => a; rewrite (valP a) valK eqxx.
  by move=> a pos; rewrite insubT.
move=> a; rewrite -leNgt => le; apply/eqP; rewrite eq_le le mulr_ge0 ?label_law_ge0 //.
by apply: prodr_ge0 => k _; exact: patch_law_ge0.
Qed.

Definition generated : distribution R K :=
  @Distribution R K _ (fun a : possible => drawn_sample (val a)) _ possible_gt0 possible_sum.

(** The multinomial coefficient: how many sequences of b patches have these counts. *)
Definition multinomial (c : {ffun 'I_K -> nat}) : nat :=
  #|[set t : b.-tuple 'I_K | [ffun k => count_mem k t] == c]|.

End Generative.

Arguments Relu {R}.
Arguments LeakyRelu {R} _.
Arguments Identity {R}.
Arguments Relu2 {R}.
Arguments walk {R K} k xs.
Arguments SymmetricLaw {R V}.
