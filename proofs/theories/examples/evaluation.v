(** * Values by computation, for the examples

    The sums, quantifiers and probabilities of [model.v] are over finite types and do not compute. Here
    each of them is a loop over a list: [vm_compute] gives its number on a concrete problem. [x_step]
    keeps the numbers of a state in a table, so that a path of some length is evaluated step by step. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts probability instances instances_two.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** Lists in the place of finite types *)

Fixpoint ords n : seq 'I_n :=
  if n is n'.+1 then ord0 :: map (lift ord0) (ords n') else [::].
Definition patterns K : seq (pattern K) :=
  key true :: key false :: map (fun k => background k) (ords K).
Definition total (V : zmodType) I (r : seq I) (F : I -> V) : V := foldr (fun i => +%R (F i)) 0 r.
Definition number I (r : seq I) (F : I -> nat) : nat := foldr (fun i => addn (F i)) 0%N r.

(** Where the number of a pattern stands in the row of a filter. *)
Definition place K (p : pattern K) : nat :=
  match p with inl true => 0 | inl false => 1 | inr k => k.+2 end.

Arguments patterns K : simpl never.

Section Lists.

Lemma mem_ords n (i : 'I_n) : i \in ords n.
Proof.
elim: n i => [[]//|n IH] i /=; rewrite inE; case: (unliftP ord0 i) => [j ->|->] //.
by rewrite map_f ?orbT.
Qed.

Lemma size_ords n : size (ords n) = n.
Proof. by elim: n => //= n; rewrite size_map => ->. Qed.

Lemma nth_ords n (i j : 'I_n) : nth i (ords n) j = j.
Proof.
elim: n i j => [[]//|n IH] i j /=; case: (unliftP ord0 j) => [k ->|->] //=.
by rewrite (nth_map k) ?size_ords // IH.
Qed.

Lemma size_patterns K : size (patterns K) = K.+2.
Proof. by rewrite /patterns /= size_map size_ords. Qed.

Lemma nth_patterns K (q p : pattern K) : nth q (patterns K) (place p) = p.
Proof. by case: p => [[]|k] //; rewrite /patterns /= (nth_map k) ?size_ords // nth_ords. Qed.

Lemma place_lt K (p : pattern K) : (place p < K.+2)%N.
Proof. by case: p => [[]|k] //=; rewrite !ltnS. Qed.

Lemma all_ords n (P : pred 'I_n) : [forall i, P i] = all P (ords n).
Proof. by apply/forallP/allP => [ok i _|ok i]; [exact: ok | exact: (ok i (mem_ords i))]. Qed.

Lemma has_ords n (P : pred 'I_n) : [exists i, P i] = has P (ords n).
Proof.
by apply/existsP/hasP => [[i Pi]|[i _ Pi]]; [exists i; rewrite ?mem_ords | exists i].
Qed.

Lemma all_labels (P : pred bool) : [forall y, P y] = P true && P false.
Proof. by apply/forallP/andP => [ok|[t f] []]. Qed.

Lemma totalE (V : zmodType) I (r : seq I) (F : I -> V) : \sum_(i <- r) F i = total r F.
Proof. by elim: r => [|i r IH]; rewrite ?big_nil ?big_cons ?IH. Qed.

Lemma eq_total (V : zmodType) I (r : seq I) (F G : I -> V) : F =1 G -> total r F = total r G.
Proof. by move=> FG; elim: r => //= i r ->; rewrite FG. Qed.

Lemma total_if (V : zmodType) I (r : seq I) (P : pred I) (F : I -> V) :
  \sum_(i <- r | P i) F i = total r (fun i => if P i then F i else 0).
Proof. by rewrite big_mkcond totalE. Qed.

Lemma sum_ords (V : zmodType) n (F : 'I_n -> V) : \sum_i F i = total (ords n) F.
Proof.
rewrite -totalE; elim: n F => [|n IH] F; first by rewrite big_ord0 big_nil.
by rewrite big_ord_recl big_cons IH big_map.
Qed.

Lemma sum_ords_if (V : zmodType) n (P : pred 'I_n) (F : 'I_n -> V) :
  \sum_(i | P i) F i = total (ords n) (fun i => if P i then F i else 0).
Proof. by rewrite big_mkcond sum_ords. Qed.

Lemma sum_patterns (V : zmodType) K (F : pattern K -> V) : \sum_p F p = total (patterns K) F.
Proof. by rewrite sum_pattern sum_ords /total /= foldr_map -addrA. Qed.

Lemma sum_patterns_if (V : zmodType) K (P : pred (pattern K)) (F : pattern K -> V) :
  \sum_(p | P p) F p = total (patterns K) (fun p => if P p then F p else 0).
Proof. by rewrite big_mkcond sum_patterns. Qed.

Lemma number_ords n (F : 'I_n -> nat) : (\sum_i F i)%N = number (ords n) F.
Proof.
have seqE I (r : seq I) G : (\sum_(i <- r) G i)%N = number r G.
  by elim: r => [|i r IH]; rewrite ?big_nil ?big_cons ?IH.
rewrite -seqE; elim: n F => [|n IH] F; first by rewrite big_ord0 big_nil.
by rewrite big_ord_recl big_cons IH big_map.
Qed.

Lemma sum_labels (V : zmodType) (F : bool -> V) : \sum_y F y = F true + F false.
Proof. by rewrite big_bool. Qed.

End Lists.

(** ** The network, a step, a path *)

Section Network.
Variables (R : realFieldType) (n K : nat).
Implicit Types (M : model R K) (s : state R n K) (x : sample K) (xs : seq (sample K)).

Definition table_state (W : seq (seq R)) (a : seq R) : state R n K :=
  State (fun j p => nth 0 (nth [::] W j) (place p)) (fun j => nth 0 a j).

Definition tabulate s : state R n K :=
  table_state [seq [seq weight s j p | p <- patterns K] | j <- ords n] [seq head s j | j <- ords n].

Lemma tabulateE s : same_state s (tabulate s).
Proof.
split=> [j p|j].
  rewrite -[RHS]/(nth 0 (nth [::] [seq [seq weight s i q | q <- patterns K] | i <- ords n] j) (place p)).
  by rewrite (nth_map j) ?size_ords // (nth_map p) ?size_patterns ?place_lt // nth_ords nth_patterns.
by rewrite /= (nth_map j) ?size_ords // nth_ords.
Qed.

Definition x_margin s x : R :=
  sgn (label x) * total (ords n) (fun j => head s j * total (patterns K) (fun p =>
    (count x p)%:R * relu (weight s j p))).

Definition x_move M s x (g : R) : state R n K := State
  (fun j p => weight s j p +
    if 0 < weight s j p then g * head s j * (count x p)%:R else 0) (head s).
Definition x_step M s x : state R n K :=
  tabulate (x_move M s x (eta M * gate (loss_of M) (x_margin s x) * sgn (label x))).
Definition x_sgd M s xs : state R n K := foldl (x_step M) s xs.

Section Fixed.
Variables (M : model R K) (l : loss).
Hypothesis network : fixed_head_network M l.

Lemma margin_x s x : margin M s x = x_margin s x.
Proof.
case: network => _ act pool _ _; congr (_ * _); rewrite /output sum_ords; apply: eq_total => j.
by congr (_ * _); rewrite /pooled pool sum_patterns; apply: eq_total => p; rewrite act.
Qed.

Lemma margin_blank s x : (forall p, count x p = 0%N) -> margin M s x = 0.
Proof.
move=> blank; rewrite margin_x /x_margin -totalE big1 ?mulr0 // => j _.
by rewrite -totalE big1 ?mulr0 // => p _; rewrite blank mul0r.
Qed.

Lemma weight_one s x j p : weight (step M s (single R x)) j p = weight s j p +
  (if 0 < weight s j p
   then eta M * head s j * (gate_at M s x * (sgn (label x) * (count x p)%:R)) else 0).
Proof.
case: network => ortho act pool _ _; rewrite /step weight_move_relu //; congr (_ + _).
by case: ifP => // _; congr (_ * _); rewrite /gated /= big_seq1 /= mul1r mulrA.
Qed.

Lemma same_margin s s' x : same_state s s' -> margin M s x = margin M s' x.
Proof.
case=> eqw eqh; rewrite !margin_x; congr (_ * _); apply: eq_total => j; rewrite eqh; congr (_ * _).
by apply: eq_total => p; rewrite eqw.
Qed.

Lemma step_x s s' x : same_state s s' -> same_state (step M s (single R x)) (x_step M s' x).
Proof.
move=> ss; have [eqw eqh] := ss; have fixed : trained M = false by case: network.
have [tw th] := tabulateE (x_move M s' x (eta M * gate (loss_of M) (x_margin s' x) * sgn (label x))).
split=> [j p|j]; last by rewrite head_step // eqh -th.
rewrite -tw weight_one /gate_at (same_margin x ss) margin_x eqw eqh; congr (_ + _).
by case: ifP => // _; ring.
Qed.

Lemma sgd_x s s' xs : same_state s s' -> same_state (sgd M s xs) (x_sgd M s' xs).
Proof. by elim: xs s s' => [|x xs IH] s s' ss //; rewrite sgd_cons; apply/IH/step_x. Qed.

Lemma sgd_x0 s xs : same_state (sgd M s xs) (x_sgd M s xs).
Proof. by apply: sgd_x; split. Qed.

Lemma margin_sgd_x s xs x : margin M (sgd M s xs) x = x_margin (x_sgd M s xs) x.
Proof. by rewrite (same_margin x (sgd_x0 s xs)) margin_x. Qed.

(** Norms and dominance. *)
Definition x_norm s (j : 'I_n) : R := total (patterns K) (fun p => weight s j p ^+ 2).
Definition x_dominates (rho : R) s0 s : bool :=
  let ok y := all (fun i => if winner s0 y i then
    all (fun j => if loser s0 j then rho ^+ 2 * x_norm s j <= x_norm s i else true) (ords n)
    else true) (ords n) in
  ok true && ok false.

Lemma norm_x s j : norm_squared s j = x_norm s j.
Proof. by rewrite /norm_squared sum_patterns. Qed.

Lemma same_norm s s' j : same_state s s' -> norm_squared s j = norm_squared s' j.
Proof. by case=> eqw _; apply: eq_bigr => p _; rewrite eqw. Qed.

Lemma dominates_x rho s0 s : dominates rho s0 s = x_dominates rho (tabulate s0) s.
Proof.
have [eqw eqh] := tabulateE s0.
have winE y j : winner (tabulate s0) y j = winner s0 y j by rewrite /winner eqw eqh.
have loseE j : loser (tabulate s0) j = loser s0 j by rewrite /loser !winE.
rewrite /dominates all_labels; congr (_ && _); rewrite all_ords; apply: eq_all => i.
all: rewrite all_ords winE; case: (winner s0 _ i) => /=; last by elim: (ords n).
all: by apply: eq_all => j; rewrite loseE; case: (loser s0 j); rewrite // !norm_x.
Qed.

Lemma dominates_sgd_x rho s0 s xs :
  dominates rho s0 (sgd M s xs) = x_dominates rho (tabulate s0) (x_sgd M s xs).
Proof.
rewrite -dominates_x; apply: eq_forallb => y; apply: eq_forallb => i; apply: eq_forallb => j.
by rewrite !(same_norm _ (sgd_x0 s xs)).
Qed.

(** Updates, and the sum of the gates of a label. *)
Fixpoint x_mistakes s xs : nat := if xs is x :: xs' then
  ((gate (loss_of M) (x_margin s x) != 0%R) + x_mistakes (x_step M s x) xs')%N else 0%N.
Fixpoint x_gate_sum (y : bool) s xs : R := if xs is x :: xs' then
  (if label x == y then gate (loss_of M) (x_margin s x) else 0) + x_gate_sum y (x_step M s x) xs' else 0.

Lemma mistakes_same s s' xs : same_state s s' -> mistakes M s xs = x_mistakes s' xs.
Proof.
elim: xs s s' => [//|x xs IH] s s' ss /=.
by rewrite /gate_at (same_margin x ss) margin_x (IH _ _ (step_x x ss)).
Qed.

Lemma mistakes_x s xs : mistakes M s xs = x_mistakes s xs.
Proof. exact: mistakes_same. Qed.

Lemma gate_sum_same y s s' xs : same_state s s' ->
  gate_sum y (gates_of M s (map (@single R K) xs)) = x_gate_sum y s' xs.
Proof.
elim: xs s s' => [|x xs IH] s s' ss /=; first by rewrite /gate_sum big_nil.
rewrite /gate_sum big_cons -/(gate_sum y _) (IH _ _ (step_x x ss)); congr (_ + _).
rewrite /mass /gated /= big_cons big_nil /= mul1r addr0.
by rewrite /gate_at (same_margin x ss) margin_x.
Qed.

Lemma gate_sum_x y s xs : gate_sum y (gates_of M s (map (@single R K) xs)) = x_gate_sum y s xs.
Proof. exact: gate_sum_same. Qed.

(** A coordinate that no image of a path moves stays; where that holds for all, nothing moves. *)
Lemma coordinate_still s xs j p : all (fun x => eta M * head s j * (count x p)%:R == 0) xs ->
  weight (sgd M s xs) j p = weight s j p.
Proof.
have fixed : trained M = false by case: network.
elim: xs s => [//|x xs IH] s /andP[/eqP no still].
rewrite sgd_cons IH; last by rewrite head_step.
rewrite weight_one; case: ifP; rewrite ?addr0 // => _.
have -> : eta M * head s j * (gate_at M s x * (sgn (label x) * (count x p)%:R)) =
  gate_at M s x * sgn (label x) * (eta M * head s j * (count x p)%:R) by ring.
by rewrite no mulr0 addr0.
Qed.

Lemma sgd_still s xs : (forall j p, all (fun x => eta M * head s j * (count x p)%:R == 0) xs) ->
  same_state s (sgd M s xs).
Proof.
move=> still; split=> [j p|j]; first by rewrite coordinate_still.
by rewrite head_sgd //; case: network.
Qed.

Lemma same_dominates rho s0 s s' : same_state s s' -> dominates rho s0 s = dominates rho s0 s'.
Proof.
move=> ss; apply: eq_forallb => y; apply: eq_forallb => i; apply: eq_forallb => j.
by rewrite !(same_norm _ ss).
Qed.

End Fixed.

(** ** What the theorems count at the start *)

Lemma total_norm_x s : total_norm_squared s = total (ords n) (x_norm s).
Proof. by rewrite /total_norm_squared sum_ords; apply: eq_total => j; exact: norm_x. Qed.

Lemma winners_x s y : winners s y = number (ords n) (fun j => winner s y j).
Proof.
rewrite /winners -sum1_card big_mkcond number_ords; by elim: (ords n) => //= j js ->.
Qed.

Lemma both_win_x s : (0 < number (ords n) (fun j => winner s true j))%N &&
  (0 < number (ords n) (fun j => winner s false j))%N -> both_win s.
Proof. by rewrite /both_win !winners_x. Qed.

Lemma win_x M s r y b : win M s r y b = total (ords n) (fun j => if winner s y j
  then weight s j (key y) + eta M * r%:R * b else 0).
Proof. by rewrite /win sum_ords_if. Qed.

Lemma opposition_x M s r y b : opposition M s r y b = total (ords n) (fun j =>
  if (sgn y * head s j < 0) && (0 < weight s j (key y))
  then relu (weight s j (key y) - eta M * r%:R * b) else 0).
Proof. by rewrite /opposition sum_ords_if. Qed.

Lemma background_at_x M s y k S : background_at M s y k S = total (ords n) (fun j =>
  if (sgn y * head s j < 0) && (0 < weight s j (background k))
  then relu (weight s j (background k) - eta M * sgn y * S) else 0).
Proof. by rewrite /background_at sum_ords_if. Qed.

Lemma background_within_x M s y k lam : background_within M s y k lam = total (ords n) (fun j =>
  if (sgn y * head s j < 0) && (0 < weight s j (background k))
  then weight s j (background k) + eta M * lam else 0).
Proof. by rewrite /background_within sum_ords_if. Qed.

Lemma head_square_x s y :
  head_square s y = total (ords n) (fun j => if winner s y j then head s j ^+ 2 else 0).
Proof. by rewrite /head_square sum_ords_if. Qed.

Lemma active_square_x s x : active_square s x = total (ords n) (fun j => head s j ^+ 2 *
  total (patterns K) (fun p => if 0 < weight s j p then (count x p)%:R ^+ 2 else 0)).
Proof.
rewrite /active_square sum_ords; apply: eq_total => j; by rewrite sum_patterns_if.
Qed.

(** The squares that are no winner's key, and the keys of the winners of a label, of T6s. *)
Lemma rest_x s : \sum_j \sum_(p | ~~ winner_key s j p) relu (weight s j p) ^+ 2 =
  total (ords n) (fun j => total (patterns K) (fun p =>
    if ~~ winner_key s j p then relu (weight s j p) ^+ 2 else 0)).
Proof. by rewrite sum_ords; apply: eq_total => j; rewrite sum_patterns_if. Qed.

Lemma keys_x s y : \sum_(j | winner s y j) `|head s j| * weight s j (key y) =
  total (ords n) (fun j => if winner s y j then `|head s j| * weight s j (key y) else 0).
Proof. by rewrite sum_ords_if. Qed.

Lemma signed_x s : all (fun j => (head s j == 1) || (head s j == -1)) (ords n) -> signed_head s.
Proof. by rewrite -all_ords => /forallP ok j; case/orP: (ok j) => /eqP; [left | right]. Qed.

End Network.

(** ** Images *)

Section Images.
Variables (R : realFieldType) (K : nat).
Implicit Types (x : sample K) (xs : seq (sample K)).

(** The image with label y and these numbers of v_+, v_-, u_1, ... *)
Definition image (y : bool) (N : seq nat) : sample K := Sample y (fun p => nth 0%N N (place p)).

Lemma patches_x x : patches x = number (patterns K) (count x).
Proof.
by rewrite /patches big_sumType /= big_bool number_ords /number /patterns /= foldr_map -addnA.
Qed.

Definition x_unique_key (r m : nat) x : bool :=
  [&& count x (key (label x)) == r, count x (key (~~ label x)) == 0%N
    & (number (patterns K) (count x) <= m)%N].

Lemma unique_key_x r m x : unique_key r m x = x_unique_key r m x.
Proof. by rewrite /unique_key patches_x. Qed.

Lemma walk_x (k : 'I_K) xs :
  walk k xs = total xs (fun x => sgn (label x) * (count x (background k))%:R) :> R.
Proof. by rewrite /walk totalE. Qed.

Definition x_walk_exceeds (k : 'I_K) (lam : R) xs : bool :=
  has (fun u : 'I__ => lam < `|total (take u xs) (fun x => sgn (label x) * (count x (background k))%:R)|)
    (ords (size xs).+1).

Lemma walk_exceeds_x k lam xs : walk_exceeds k lam xs = x_walk_exceeds k lam xs.
Proof. by rewrite /walk_exceeds has_ords; apply: eq_has => u; rewrite walk_x. Qed.

Lemma binomial_x t (p : R) k : binomial_below t p k =
  total (ords t.+1) (fun i => if (i < k)%N then 'C(t, i)%:R * p ^+ i * (1 - p) ^+ (t - i) else 0).
Proof. by rewrite /binomial_below sum_ords_if. Qed.

End Images.

(** T5s fails in background k: for a table of the state, whose numbers are then computed once. *)
Section Short.
Variables (R : realFieldType) (n K : nat) (M : model R K) (r m : nat).
Implicit Type s : state R n K.

Definition x_ahead s (y : bool) (b : R) : R :=
  total (ords n) (fun j => if winner s y j then weight s j (key y) + eta M * r%:R * b else 0) -
  total (ords n) (fun j => if (sgn y * head s j < 0) && (0 < weight s j (key y))
    then relu (weight s j (key y) - eta M * r%:R * b) else 0).
Definition x_background s (y : bool) (k : 'I_K) (S : R) : R := total (ords n) (fun j =>
  if (sgn y * head s j < 0) && (0 < weight s j (background k))
  then relu (weight s j (background k) - eta M * sgn y * S) else 0).
Definition x_short s (k : 'I_K) (xs : seq (sample K)) : bool :=
  let S := total xs (fun x => sgn (label x) * (count x (background k))%:R) in
  let behind y := r%:R * x_ahead s y (label_count y xs)%:R <= (m - r)%:R * x_background s y k S in
  if behind true then true else behind false.

Lemma short_x s k xs : ~~ [forall y, (m - r)%:R * background_at M s y k (walk k xs) <
    r%:R * (win M s r y (label_count y xs)%:R - opposition M s r y (label_count y xs)%:R)] =
  x_short (tabulate s) k xs.
Proof.
have [eqw eqh] := tabulateE s.
have ahead y b : win M s r y b - opposition M s r y b = x_ahead (tabulate s) y b.
  by rewrite win_x opposition_x; congr (_ - _); apply: eq_total => j; rewrite /winner eqw eqh.
have aside y S : background_at M s y k S = x_background (tabulate s) y k S.
  by rewrite background_at_x; apply: eq_total => j; rewrite eqw eqh.
by rewrite all_labels negb_and !ltNge !negbK !ahead !aside walk_x.
Qed.

End Short.

(** ** Distributions given by lists *)

Section Lists.
Variables (R : realFieldType) (K : nat).

Definition a_law (l : seq (R * sample K)) : bool :=
  all (fun c => 0 < c.1) l && (total l (fun c => c.1) == 1).

Section Law.
Variables (l : seq (R * sample K)) (ok : a_law l).
Let item (i : 'I_(size l)) := nth (0, image K true [::]) l i.

Lemma law_gt0 i : 0 < (item i).1.
Proof. by case/andP: ok => /(all_nthP (0, image K true [::])) pos _; exact: pos. Qed.

Lemma law_total (F : R * sample K -> R) : \sum_i F (item i) = total l F.
Proof. by rewrite -totalE (big_nth (0, image K true [::])) big_mkord. Qed.

Lemma law_sum : \sum_i (item i).1 = 1.
Proof. by rewrite (law_total (fun c => c.1)); case/andP: ok => _ /eqP. Qed.

Definition law : distribution R K := Distribution (fun i => (item i).2) law_gt0 law_sum.

End Law.

(** [l] has the atoms of [D], and nothing else. *)
Definition listed (D : distribution R K) (l : seq (R * sample K)) :=
  (forall F, mean D F = total l (fun c => c.1 * F c.2)) /\
  (forall P : pred (sample K), [forall i : atom D, P (sample_at i)] = all (fun c => P c.2) l).

Lemma law_listed l ok : listed (@law l ok) l.
Proof.
split=> [F|P]; first by rewrite -(law_total l (fun c => c.1 * F c.2)).
apply/forallP/(all_nthP (0, image K true [::])) => [all_i i lt_i | all_i i]; last exact: all_i.
exact: (all_i (Ordinal lt_i)).
Qed.

Fixpoint x_Pr (l : seq (R * sample K)) (t : nat) (E : pred (seq (sample K))) : R :=
  if t is t'.+1 then total l (fun c => c.1 * x_Pr l t' (fun xs => E (c.2 :: xs))) else (E [::])%:R.

Section Listed.
Variables (D : distribution R K) (l : seq (R * sample K)).
Hypothesis D_l : listed D l.

Lemma Pr_x t (E E' : pred (seq (sample K))) : E =1 E' -> Pr D t E = x_Pr l t E'.
Proof.
move=> EE; rewrite (eq_Pr D t EE); elim: t E' {E EE} => [|t IH] E /=; first by rewrite PrE expectation0.
by rewrite PrS D_l.1; apply: eq_total => c; rewrite IH.
Qed.

Lemma prior_x y : prior D y = total l (fun c => if label c.2 == y then c.1 else 0).
Proof.
rewrite -mean_label D_l.1; apply: eq_total => c.
by case: (label _ == y); rewrite ?mulr1 ?mulr0.
Qed.

Lemma unique_keys_x r m : all (fun c => x_unique_key r m c.2) l -> unique_keys D r m.
Proof. by rewrite -D_l.2 => /forallP ok i; rewrite unique_key_x; exact: ok. Qed.

Section Accuracy.
Variables (n : nat) (M : model R K) (lo : loss).
Hypothesis network : fixed_head_network M lo.
Implicit Type s : state R n K.

Definition x_accuracy s : R := total l (fun c => if 0 < x_margin s c.2 then c.1 else 0).
Definition x_settled s : bool := all (fun c => 1 <= x_margin s c.2) l.

Lemma accuracy_mean s : accuracy D M s = mean D (fun x => (0 < margin M s x)%R%:R).
Proof.
rewrite /accuracy /mean big_mkcond; apply: eq_bigr => i _.
by case: (_ < _); rewrite ?mulr1 ?mulr0.
Qed.

Lemma accuracy_x s : accuracy D M s = x_accuracy s.
Proof.
rewrite accuracy_mean D_l.1; apply: eq_total => c; rewrite (margin_x network).
by case: (_ < _); rewrite ?mulr1 ?mulr0.
Qed.

Lemma accuracy_sgd_x s xs : accuracy D M (sgd M s xs) = x_accuracy (x_sgd M s xs).
Proof.
rewrite accuracy_mean D_l.1; apply: eq_total => c; rewrite (margin_sgd_x network).
by case: (_ < _); rewrite ?mulr1 ?mulr0.
Qed.

Lemma same_accuracy s s' : same_state s s' -> accuracy D M s = accuracy D M s'.
Proof. by move=> ss; apply: eq_bigl => i; rewrite (same_margin network _ ss). Qed.

Lemma same_settled s s' : same_state s s' -> settled D M s = settled D M s'.
Proof. by move=> ss; apply: eq_forallb => i; rewrite (same_margin network _ ss). Qed.

Lemma settled_x s : settled D M s = x_settled s.
Proof.
rewrite /settled (D_l.2 (fun x => 1 <= margin M s x)); apply: eq_all => c.
by rewrite (margin_x network).
Qed.

Lemma settled_sgd_x s xs : settled D M (sgd M s xs) = x_settled (x_sgd M s xs).
Proof.
rewrite /settled (D_l.2 (fun x => 1 <= margin M (sgd M s xs) x)); apply: eq_all => c.
by rewrite (margin_sgd_x network).
Qed.

End Accuracy.
End Listed.
End Lists.

(** ** Small rational problems *)

Section Rational.
Local Notation Q := rat_realFieldType.

(** Relu, sum pooling, orthonormal patterns, fixed head, any loss and step size. *)
Definition tiny K (l : loss) (e : rat) : model Q K := {|
  gram := fun p q => (p == q)%:R;
  activation_of := Relu;
  pooling_of := SumPooling;
  loss_of := l;
  trained := false;
  eta := e
|}.

Lemma tiny_fixed {K l e} : fixed_head_network (tiny K l e) l.
Proof. by []. Qed.

(** The image with label y, r patches of its key and these numbers of background patches. *)
Definition keyed K (r : nat) (N : seq nat) (y : bool) : sample K :=
  image K y ((if y then r else 0%N) :: (if y then 0%N else r) :: N).

(** One for each label, with probabilities 1/2, or p and 1 - p. *)
Definition pair_list K r N (p : rat) : seq (Q * sample K) :=
  [:: (p, keyed K r N true); (1 - p, keyed K r N false)].

Lemma pair_law K r N (p : rat) : 0 < p -> 0 < 1 - p -> a_law (pair_list K r N p).
Proof. by move=> p0 p1; rewrite /a_law /= p0 p1 addr0 addrCA subrr addr0 eqxx. Qed.

Lemma half_law K r N : a_law (pair_list K r N (1 / 2%:R)).
Proof. exact: pair_law. Qed.

Definition pair_distribution K r N : distribution Q K := law (half_law K r N).

Lemma pair_prior K r N y : prior (pair_distribution K r N) y = 1 / 2%:R.
Proof. by rewrite (prior_x (law_listed _)); case: y; apply/eqP. Qed.

Lemma pair_balanced K r N : balanced (pair_distribution K r N).
Proof. by rewrite /balanced !pair_prior. Qed.

Lemma pair_independent K r N : label_independent (pair_distribution K r N).
Proof.
rewrite /label_independent !pair_prior; split=> // c; congr (_ / _).
rewrite /joint [LHS]big_mkcond [RHS]big_mkcond !big_ord_recl !big_ord0 /=.
have same y : background_of (keyed K r N y) = background_of (keyed K r N true).
  by apply/ffunP => k; rewrite !ffunE.
by rewrite /= !(same false); case: (_ == c); rewrite ?addr0 ?add0r.
Qed.

(** The problems of [instances.v] and [instances_two.v]. *)
Definition small_list : seq (Q * sample 1) :=
  [:: (1 / 2%:R, small_sample true); (1 / 2%:R, small_sample false)].

Lemma small_listed : listed small_distribution small_list.
Proof.
split=> [F|P]; first by rewrite small_mean /total /= addr0.
by rewrite all_labels /= andbT.
Qed.

Definition two_list : seq (Q * sample 2) :=
  [:: (1 / 6%:R, two_sample true true); (1 / 3%:R, two_sample true false);
      (1 / 6%:R, two_sample false true); (1 / 3%:R, two_sample false false)].

Lemma two_listed : listed two_distribution two_list.
Proof.
split=> [F|P]; first by rewrite two_mean /total /= addr0 !addrA.
apply/forallP/and5P => [ok | [? ? ? ? _] [[] []] //].
by split; rewrite // ?(ok (true, true)) ?(ok (true, false)) ?(ok (false, true)) ?(ok (false, false)).
Qed.

(** All of the images of such a law. *)
Lemma pair_samples K r N (P : pred (sample K)) (w : seq (atom (pair_distribution K r N))) :
  (forall y, P (keyed K r N y)) -> all P (samples w).
Proof.
move=> ok; apply: all_samples; apply/forallP; rewrite (law_listed (half_law K r N)).2 /=.
by rewrite !ok.
Qed.

Lemma pair_keys K r N m : all (fun y => x_unique_key r m (keyed K r N y)) [:: true; false] ->
  unique_keys (pair_distribution K r N) r m.
Proof. by case/and3P=> t f _; apply: (unique_keys_x (law_listed _)); rewrite /= t f. Qed.

(** One image a label with its key alone; empty images. *)
Definition coin := pair_distribution 0 1 [::].
Definition blanks := pair_distribution 0 0 [::].

Lemma coin_keys : unique_keys coin 1 1.
Proof. exact: pair_keys. Qed.

Lemma blanks_keys : unique_keys blanks 0 0.
Proof. exact: pair_keys. Qed.

Lemma coin_listed : listed coin (pair_list 0 1 [::] (1 / 2%:R)).
Proof. exact: law_listed. Qed.

Lemma blanks_listed : listed blanks (pair_list 0 0 [::] (1 / 2%:R)).
Proof. exact: law_listed. Qed.

(** Without a step size, or without patches, nothing moves. *)
Lemma still_no_step n K l (s : state Q n K) xs : same_state s (sgd (tiny K l 0) s xs).
Proof.
apply: (sgd_still tiny_fixed) => j p.
by rewrite (eq_all (a2 := predT)) ?all_predT // => x; rewrite !mul0r eqxx.
Qed.

Lemma still_blanks n l e (s : state Q n 0) (w : seq (atom blanks)) :
  same_state s (sgd (tiny 0 l e) s (samples w)).
Proof.
apply: (sgd_still tiny_fixed) => j p; apply: pair_samples => -[]; case: p => [[]|[]] //.
all: by rewrite mulr0.
Qed.

(** One path on which an event fails. *)
Lemma Pr_lt1 K (D : distribution Q K) t (E : pred (seq (sample K))) (w : t.-tuple (atom D)) :
  ~~ E (samples w) -> Pr D t E < 1.
Proof.
move=> fails; rewrite -(path_probability_sum D t) /Pr [X in _ < X]
  (bigID (fun w' : t.-tuple (atom D) => E (samples w'))) /=.
rewrite ltr_addl (bigD1 w) //= ltr_paddr ?prodr_gt0 // => [|i _]; last exact: probability_gt0.
by apply: sumr_ge0 => w' _; exact: path_probability_ge0.
Qed.

(** The coin falls on the image - for ever: the keys of label + and the margin of the image + stay. *)
Definition tails : atom coin := Ordinal (isT : (1 < 2)%N).
Definition all_tails t : t.-tuple (atom coin) := nseq_tuple t tails.

Lemma tails_key n l e (s : state Q n 0) t j :
  weight (sgd (tiny 0 l e) s (samples (all_tails t))) j (key true) = weight s j (key true).
Proof.
by apply: (coordinate_still tiny_fixed); rewrite /samples map_nseq all_nseq mulr0 eqxx orbT.
Qed.

Lemma tails_margin n l e (s : state Q n 0) t :
  margin (tiny 0 l e) (sgd (tiny 0 l e) s (samples (all_tails t))) (keyed 0 1 [::] true) =
  x_margin s (keyed 0 1 [::] true).
Proof.
rewrite (margin_x tiny_fixed); congr (_ * _); apply: eq_total => j; rewrite head_sgd //.
congr (_ * _); apply: eq_total => p; case: p => [[]|[]] //=; first by rewrite tails_key.
by rewrite !mul0r.
Qed.

(** A claim about all labels, winners j and losers i, by going through them. *)
Lemma each_pair n (A : bool -> 'I_n -> bool) (B : 'I_n -> bool) (h : 'I_n -> rat)
    (C : bool -> bool -> 'I_n -> 'I_n -> bool) :
  all (fun y => all (fun y' => all (fun j => all (fun i =>
    A y j && B i && (h i == sgn y') ==> C y y' j i) (ords n)) (ords n)) [:: true; false])
    [:: true; false] ->
  forall y y' j i, A y j -> B i -> h i = sgn y' -> C y y' j i.
Proof.
have mem (y : bool) : y \in [:: true; false] by case: y.
move/allP => ok y y' j i Aj Bi /eqP hi; have /allP/(_ y' (mem y'))/allP := ok y (mem y).
by move=> /(_ j (mem_ords j))/allP/(_ i (mem_ords i)); rewrite Aj Bi hi.
Qed.

(** Where a u^2 <= b + c u, u is at most k, if the inequality fails at k + 1. *)
Lemma quadratic_bound (a b c : rat) (k u : nat) : 0 <= b -> 0 <= c ->
  b + c * k.+1%:R < a * k.+1%:R ^+ 2 -> a * u%:R ^+ 2 <= b + c * u%:R -> (u <= k)%N.
Proof.
move=> b0 c0 fails; apply: contraTT; rewrite -ltnNge -ltNge => lt_u.
have ku : k.+1%:R <= u%:R :> rat by rewrite ler_nat.
have k0 : 0 < k.+1%:R :> rat by rewrite ltr0n.
have u0 : 0 < u%:R :> rat by apply: lt_le_trans ku.
rewrite -(ltr_pmul2r (exprn_gt0 2 k0)); apply: le_lt_trans (_ : _ <= (b + c * k.+1%:R) * u%:R ^+ 2) _.
  rewrite !mulrDl; apply: ler_add; first by rewrite ler_wpmul2l // ler_expn2r // nnegrE ltW.
  have -> : c * u%:R * k.+1%:R ^+ 2 = c * u%:R * k.+1%:R * k.+1%:R by ring.
  have -> : c * k.+1%:R * u%:R ^+ 2 = c * u%:R * k.+1%:R * u%:R by ring.
  by rewrite ler_wpmul2l // !mulr_ge0 // ltW.
have -> : a * u%:R ^+ 2 * k.+1%:R ^+ 2 = a * k.+1%:R ^+ 2 * u%:R ^+ 2 by ring.
by rewrite ltr_pmul2r // exprn_gt0.
Qed.

(** The same in the form of T6. *)
Lemma updates_bound (A N W G : rat) (k u : nat) : 0 <= N * W -> 0 <= N * G ->
  N * W + N * G * k.+1%:R < A ^+ 2 * k.+1%:R ^+ 2 ->
  (A * u%:R) ^+ 2 <= N * (W + u%:R * G) -> (u <= k)%N.
Proof.
move=> NW NG fails le; apply: (quadratic_bound NW NG fails); rewrite -exprMn; apply: le_trans le _.
by rewrite mulrDr [u%:R * G]mulrC mulrA.
Qed.

End Rational.
