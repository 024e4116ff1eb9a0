(** * A checker of certificates: plain data and functions that compute

    Numbers are those of Coq's library (Z, N, Q in binary); nothing here mentions the model.
    [certificates.v] says what an accepted claim means and proves it. Covered: relu, sum pooling, a
    fixed head, the unhinged loss or the hinge, one sample a step. *)

From Coq Require Import ZArith NArith QArith Qround.
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

(** One atom of the distribution; counts in the order of the dictionary: v+, v-, then the background. *)
Record image := Image { image_label : bool; image_counts : seq N; image_probability : Q }.

(** A problem in explicit form: P patterns, n filters. *)
Record problem := Problem {
  problem_gram : seq (seq Q);
  problem_atoms : seq image;
  problem_hinge : bool;
  problem_step : Q;
  problem_head : seq Q;
  problem_weights : seq (seq Q)
}.

(** An affine stretch of the expected dynamics: so many steps, each of which adds the increment. *)
Record segment := Segment { segment_length : N; segment_increment : seq (seq Q) }.

Inductive claim :=
| ClaimState (t : N) (weights : seq (seq Q))
| ClaimDominance (t : N) (ratio : Q)
| ClaimAccuracy (t : N) (accuracy : Q)
| ClaimPath (samples : seq N) (weights : seq (seq Q)) (updates : N)
| ClaimMistakes (key_patches patches bound : N).

(** ** Arithmetic: reduced fractions, sums, entries of tables *)

Definition is0 (a : Q) : bool := Z.eqb (Qnum a) 0.
Definition qadd (a b : Q) : Q := if is0 a then b else if is0 b then a else Qred (Qplus a b).
Definition qmul (a b : Q) : Q := if is0 a || is0 b then 0%Q else Qred (Qmult a b).
Definition qN (c : N) : Q := Qmake (Z.of_N c) 1.
Definition qlt (a b : Q) : bool := ~~ Qle_bool b a.
Definition qrelu (z : Q) : Q := if qlt 0 z then z else 0%Q.
Definition qsgn (y : bool) : Q := if y then 1%Q else Qmake (-1) 1.

Definition entry (Z : seq (seq Q)) (j p : nat) : Q := nth 0%Q (nth [::] Z j) p.

(** sum of F i over i < k. *)
Definition qsum (k : nat) (F : nat -> Q) : Q := foldr (fun i s => qadd (F i) s) 0%Q (iota 0 k).

(** sum of F x over a list. *)
Definition qsum_seq (T : Type) (F : T -> Q) (s : seq T) : Q := foldr (fun x a => qadd (F x) a) 0%Q s.

Definition table (n P : nat) (F : nat -> nat -> Q) : seq (seq Q) :=
  mkseq (fun j => mkseq (F j) P) n.

(** Two tables agree on n rows of P entries. *)
Definition same_table (n P : nat) (Z Z' : seq (seq Q)) : bool :=
  all (fun j => all (fun p => Qeq_bool (entry Z j p) (entry Z' j p)) (iota 0 P)) (iota 0 n).

Section Problem.
Variable p : problem.

Definition patterns : nat := size (problem_gram p) - 2.
Definition width : nat := patterns.+2.
Definition filters : nat := size (problem_head p).
Definition head_at (j : nat) : Q := nth 0%Q (problem_head p) j.
Definition count_at (a : image) (q : nat) : N := nth 0%num (image_counts a) q.

Definition well_formed : bool :=
  [&& all (fun a => qlt 0 (image_probability a)) (problem_atoms p)
    & Qeq_bool (qsum_seq image_probability (problem_atoms p)) 1].

(** ** Steps *)

(** sum_j a_j relu(Z_jq), for each pattern. *)
Definition totals (Z : seq (seq Q)) : seq Q :=
  mkseq (fun q => qsum filters (fun j => qmul (head_at j) (qrelu (entry Z j q)))) width.

Definition margin_from (tot : seq Q) (a : image) : Q :=
  qmul (qsgn (image_label a)) (qsum width (fun q => qmul (qN (count_at a q)) (nth 0%Q tot q))).

Definition gate_from (tot : seq Q) (a : image) : Q :=
  if problem_hinge p then (if qlt (margin_from tot a) 1 then 1%Q else 0%Q) else 1%Q.

(** One step on weighted images: the sums S_q = sum of weight gate y N_q, then their effect on each
    filter through the Gram matrix. *)
Definition pushes (tot : seq Q) (B : seq (Q * image)) : seq Q :=
  let gated := [seq (qmul (qmul b.1 (gate_from tot b.2)) (qsgn (image_label b.2)), b.2) | b <- B] in
  mkseq (fun q => qsum_seq (fun b => qmul b.1 (qN (count_at b.2 q))) gated) width.

Definition moved (Z : seq (seq Q)) (S : seq Q) : seq (seq Q) :=
  table filters width (fun j q =>
    qadd (entry Z j q) (qmul (qmul (problem_step p) (head_at j))
      (qsum width (fun r => if qlt 0 (entry Z j r)
         then qmul (nth 0%Q S r) (entry (problem_gram p) r q) else 0%Q)))).

Definition step_on (B : seq (Q * image)) (Z : seq (seq Q)) : seq (seq Q) :=
  moved Z (pushes (totals Z) B).

Definition whole : seq (Q * image) := [seq (image_probability a, a) | a <- problem_atoms p].
Definition next (Z : seq (seq Q)) : seq (seq Q) := step_on whole Z.

(** ** Segments *)

Definition along (Z D : seq (seq Q)) (k : N) : seq (seq Q) :=
  table filters width (fun j q => qadd (entry Z j q) (qmul (qN k) (entry D j q))).

Definition same_signs (Z Z' : seq (seq Q)) : bool :=
  all (fun j => all (fun q => qlt 0 (entry Z j q) == qlt 0 (entry Z' j q)) (iota 0 width))
    (iota 0 filters).

Definition same_gates (Z Z' : seq (seq Q)) : bool :=
  let tot := totals Z in let tot' := totals Z' in
  ~~ problem_hinge p ||
  all (fun a => qlt (margin_from tot a) 1 == qlt (margin_from tot' a) 1) (problem_atoms p).

(** One step adds the increment at the first state, and the last state has its signs and gates. *)
Definition accepts (Z : seq (seq Q)) (s : segment) : bool :=
  let e := along Z (segment_increment s) (N.pred (segment_length s)) in
  [&& N.ltb 0%num (segment_length s),
      same_table filters width (next Z) (along Z (segment_increment s) 1%num),
      same_signs Z e & same_gates Z e].

(** The state at step t: along the segments while they last, then step by step. *)
Fixpoint state_at (segments : seq segment) (Z : seq (seq Q)) (t : N) : option (seq (seq Q)) :=
  match segments with
  | [::] => Some (N.iter t next Z)
  | s :: rest =>
      if accepts Z s then
        if N.leb t (segment_length s) then Some (along Z (segment_increment s) t)
        else state_at rest (along Z (segment_increment s) (segment_length s))
               (N.sub t (segment_length s))
      else None
  end.

(** ** Claims *)

Definition is_winner (j : nat) (y : bool) : bool :=
  qlt 0 (qmul (qsgn y) (head_at j)) && qlt 0 (entry (problem_weights p) j (if y then 0 else 1)%nat).
Definition is_loser (j : nat) : bool := ~~ is_winner j true && ~~ is_winner j false.

Definition norm_of (Z : seq (seq Q)) (j : nat) : Q :=
  qsum width (fun q => qmul (entry Z j q) (entry Z j q)).

Definition dominates_at (ratio : Q) (Z : seq (seq Q)) : bool :=
  let norms := mkseq (norm_of Z) filters in
  let winners := [seq j <- iota 0 filters | ~~ is_loser j] in
  let losers := [seq j <- iota 0 filters | is_loser j] in
  ~~ nilp winners &&
  all (fun i => let bound := qmul (qmul ratio ratio) (nth 0%Q norms i) in
    all (fun j => Qle_bool bound (nth 0%Q norms j)) winners) losers.

Definition accuracy_of (Z : seq (seq Q)) : Q :=
  let tot := totals Z in
  qsum_seq (fun a => if qlt 0 (margin_from tot a) then image_probability a else 0%Q)
    (problem_atoms p).

Definition nowhere : image := Image true [::] 0.

(** SGD along atoms: the last state, and the number of open gates. *)
Definition path_step (c : seq (seq Q) * N) (a : image) : seq (seq Q) * N :=
  (step_on [:: (1%Q, a)] c.1,
   if Qeq_bool (gate_from (totals c.1) a) 0 then c.2 else N.succ c.2).
Definition path_end (Z : seq (seq Q)) (atoms : seq image) : seq (seq Q) * N :=
  foldl path_step (Z, 0%num) atoms.

Definition orthonormal_gram : bool :=
  all (fun q => all (fun r => Qeq_bool (entry (problem_gram p) q r) (if q == r then 1%Q else 0%Q))
    (iota 0 width)) (iota 0 width).

Definition total_count (a : image) : N :=
  foldr (fun q s => N.add (count_at a q) s) 0%num (iota 0 width).

Definition unique_keys_of (r m : N) : bool :=
  all (fun a => [&& N.eqb (count_at a (if image_label a then 0 else 1)%nat) r,
                    N.eqb (count_at a (if image_label a then 1 else 0)%nat) 0%num
                  & N.leb (total_count a) m]) (problem_atoms p).

Definition winners_of (y : bool) : nat := count (fun j => is_winner j y) (iota 0 filters).

(** The two sides of T6's inequality: (eta r c M)^2 and |J| (|W|^2 + M (2 eta + eta^2 n m^2)). *)
Definition mistakes_left (r M : Q) : Q :=
  let x := qmul (qmul (problem_step p) r)
    (qmul (qN (N.of_nat (minn (winners_of true) (winners_of false)))) M) in qmul x x.
Definition mistakes_right (m M : Q) : Q :=
  qmul (qN (N.of_nat (winners_of true + winners_of false)))
    (qadd (qsum filters (norm_of (problem_weights p)))
       (qmul M (qadd (qmul (Qmake 2 1) (problem_step p))
          (qmul (qmul (problem_step p) (problem_step p))
             (qmul (qN (N.of_nat filters)) (qmul m m)))))).

Definition check (segments : seq segment) (c : claim) : bool :=
  match c with
  | ClaimState t Z =>
      if state_at segments (problem_weights p) t is Some Z'
      then same_table filters width Z' Z else false
  | ClaimDominance t ratio =>
      if state_at segments (problem_weights p) t is Some Z'
      then orthonormal_gram && Qle_bool 0 ratio && dominates_at ratio Z' else false
  | ClaimAccuracy t a =>
      if state_at segments (problem_weights p) t is Some Z'
      then Qeq_bool (accuracy_of Z') a else false
  | ClaimPath xs Z u =>
      let xs := [seq N.to_nat x | x <- xs] in
      let e := path_end (problem_weights p) [seq nth nowhere (problem_atoms p) x | x <- xs] in
      [&& all (fun x => leq x.+1 (size (problem_atoms p))) xs, same_table filters width e.1 Z
        & N.eqb e.2 u]
  | ClaimMistakes r m bound =>
      [&& problem_hinge p, Qle_bool 0 (problem_step p), orthonormal_gram,
          all (fun j => Qeq_bool (head_at j) 1 || Qeq_bool (head_at j) (Qmake (-1) 1))
            (iota 0 filters),
          unique_keys_of r m,
          Qle_bool (mistakes_left (qN r) (qN bound)) (mistakes_right (qN m) (qN bound))
        & qlt (mistakes_right (qN m) (qN (N.succ bound))) (mistakes_left (qN r) (qN (N.succ bound)))]
  end.

End Problem.
