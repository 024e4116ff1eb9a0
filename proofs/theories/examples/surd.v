(** * Numbers u + v sqrt2 with u and v rational: an ordered field in which 2 has a root

    Some statements speak of a root of 2, and the rationals have none. In this field, the least one that
    has, numbers are pairs and every sum, product, quotient and comparison computes, so that the examples
    can be as concrete as those with rational numbers. The sign of u + v sqrt2 is that of [tilt v u]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import ring.
From filtercert Require Import model facts head_recurrence.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** 2 has no rational root *)

Lemma rat_no_root (x : rat) : x ^+ 2 != 2%:R.
Proof.
apply/eqP => root.
have : (numq x ^+ 2)%:~R = (2%:R * denq x ^+ 2)%:~R :> rat.
  by rewrite rmorphX rmorphM rmorphX /= numqE exprMn root.
move/eqP; rewrite eqr_int => /eqP/(congr1 absz); rewrite abszX abszM abszX => square.
have := coprime_num_den x; move: square; move: `|numq x|%N `|denq x|%N => n d /= square co.
have /gcdn_idPl one : (d ^ 2 %| n ^ 2)%N by rewrite square dvdn_mull.
have /eqP d1 : coprime (d ^ 2) (n ^ 2) by apply: coprimeXl; apply: coprimeXr; rewrite coprime_sym.
move: square; rewrite -one d1; case: n {co one d1} => [|[|n]] // square.
by have : (2 ^ 2 <= n.+2 ^ 2)%N; [rewrite leq_exp2r | rewrite square].
Qed.

(** ** The field *)

Record surd := Surd { rational : rat; multiple : rat }.

Definition pair_of (x : surd) := (rational x, multiple x).
Definition of_pair (p : rat * rat) := Surd p.1 p.2.
Lemma pair_ofK : cancel pair_of of_pair.
Proof. by case. Qed.

Canonical surd_eqType := EqType surd (CanEqMixin pair_ofK).
Canonical surd_choiceType := ChoiceType surd (CanChoiceMixin pair_ofK).

Implicit Types x y z : surd.

Definition surd_add x y := Surd (rational x + rational y) (multiple x + multiple y).
Definition surd_opp x := Surd (- rational x) (- multiple x).
Definition surd_mul x y := Surd (rational x * rational y + 2%:R * (multiple x * multiple y))
  (rational x * multiple y + multiple x * rational y).
(** (u + v sqrt2) (u - v sqrt2) *)
Definition conjugate_product x := rational x ^+ 2 - 2%:R * multiple x ^+ 2.
Definition surd_inv x := Surd (rational x / conjugate_product x) (- multiple x / conjugate_product x).

Lemma surd_addA : associative surd_add.
Proof. by move=> x y z; rewrite /surd_add /= !addrA. Qed.
Lemma surd_addC : commutative surd_add.
Proof. by move=> x y; congr Surd; exact: addrC. Qed.
Lemma surd_add0 : left_id (Surd 0 0) surd_add.
Proof. by case=> u v; rewrite /surd_add /= !add0r. Qed.
Lemma surd_addN : left_inverse (Surd 0 0) surd_opp surd_add.
Proof. by case=> u v; rewrite /surd_add /= !addNr. Qed.

Canonical surd_zmodType := ZmodType surd (ZmodMixin surd_addA surd_addC surd_add0 surd_addN).

Lemma surd_mulA : associative surd_mul.
Proof. by move=> [u v] [u' v'] [u2 v2]; congr Surd => /=; ring. Qed.
Lemma surd_mulC : commutative surd_mul.
Proof. by move=> [u v] [u' v']; congr Surd => /=; ring. Qed.
Lemma surd_mul1 : left_id (Surd 1 0) surd_mul.
Proof. by move=> [u v]; congr Surd => /=; ring. Qed.
Lemma surd_mulD : left_distributive surd_mul surd_add.
Proof. by move=> [u v] [u' v'] [u2 v2]; congr Surd => /=; ring. Qed.
Lemma surd1_neq0 : Surd 1 0 != 0.
Proof. by []. Qed.

Canonical surd_ringType :=
  RingType surd (ComRingMixin surd_mulA surd_mulC surd_mul1 surd_mulD surd1_neq0).
Canonical surd_comRingType := ComRingType surd surd_mulC.

Lemma conjugate_product_eq0 x : conjugate_product x = 0 -> x = 0.
Proof.
case: x => u v; rewrite /conjugate_product /= => /eqP; rewrite subr_eq0 => /eqP square.
have [v0 | v0] := eqVneq v 0.
  by move/eqP: square; rewrite v0 expr0n mulr0 sqrf_eq0 => /eqP ->.
by case/negP: (rat_no_root (u / v)); rewrite expr_div_n square mulfK // expf_neq0.
Qed.

Lemma surd_mulV x : x != 0 -> surd_mul (surd_inv x) x = 1.
Proof.
move=> x0; have q0 : conjugate_product x != 0 by apply: contraNneq x0 => /conjugate_product_eq0 ->.
move: q0; case: x {x0} => u v; rewrite /surd_mul /surd_inv /conjugate_product /= => q0.
by congr Surd => /=; field.
Qed.

Lemma surd_inv0 : surd_inv 0 = 0.
Proof. by []. Qed.

Canonical surd_unitRingType := UnitRingType surd (FieldUnitMixin surd_mulV surd_inv0).
Canonical surd_comUnitRingType := [comUnitRingType of surd].
Lemma surd_field : GRing.Field.mixin_of surd_unitRingType.
Proof. by []. Qed.
Canonical surd_idomainType := IdomainType surd (FieldIdomainMixin surd_field).
Canonical surd_fieldType := FieldType surd surd_field.

(** ** The order *)

Definition sign_of x : rat := tilt (multiple x) (rational x).
Definition surd_le x y := 0 <= sign_of (y - x).
Definition surd_lt x y := 0 < sign_of (y - x).
Definition surd_norm x := if surd_le 0 x then x else - x.

Lemma sign_ofN x : sign_of (- x) = - sign_of x.
Proof. exact: tilt_opp. Qed.

Lemma sign_of_eq0 x : sign_of x = 0 -> x = 0.
Proof.
case: x => u v; case/tilt_zero=> /= [[-> ->] // | [w [_ root _]]].
by case/eqP: (rat_no_root w).
Qed.

(** Positive: u > |v| sqrt2, or v sqrt2 > |u|. *)
Lemma sign_of_gt0 x : 0 < sign_of x <->
  (0 < rational x /\ 2%:R * multiple x ^+ 2 < rational x ^+ 2) \/
  (0 < multiple x /\ rational x ^+ 2 < 2%:R * multiple x ^+ 2).
Proof.
split; last by case=> -[pos less]; [exact: tilt_key | exact: tilt_head].
case: x => u v /= pos; case: (tiltP pos) => [[v0 u0 uv] | ? | ?]; [ | by right | by left].
case: (ltgtP (u ^+ 2) (2%:R * v ^+ 2)) => [less | less | square].
- right; split=> //; rewrite lt_neqAle v0 andbT; apply: contraTneq less => <-.
  by rewrite expr0n mulr0 -leNgt sqr_ge0.
- left; split=> //; rewrite lt_neqAle u0 andbT; apply: contraTneq less => <-.
  by rewrite expr0n -leNgt mulr_ge0 ?ler0n ?sqr_ge0.
have : Surd u v = 0 by apply: conjugate_product_eq0; rewrite /conjugate_product square subrr.
by case=> u1 v1; move: uv; rewrite u1 v1 addr0 ltxx.
Qed.

Lemma sign_of_mul x y : 0 < sign_of x -> 0 < sign_of y -> 0 < sign_of (x * y).
Proof.
have small (a b : rat) : 0 < b -> a ^+ 2 < b ^+ 2 -> 0 < b + a.
  by move=> b0 ab; have /andP[+ _] := sqr_lt_bounds (ltW b0) ab; rewrite -subr_gt0 opprK addrC.
move=> /sign_of_gt0 px /sign_of_gt0 py; apply/sign_of_gt0; move: px py.
case: x y => [u v] [u' v'] /=.
have double (a : rat) : 0 <= a ^+ 2 by exact: sqr_ge0.
have two : 0 < 2%:R :> rat by [].
have quad : (u * u' + 2%:R * (v * v')) ^+ 2 - 2%:R * (u * v' + v * u') ^+ 2 =
  (u ^+ 2 - 2%:R * v ^+ 2) * (u' ^+ 2 - 2%:R * v' ^+ 2) by ring.
have all_two a b : (2%:R * (a * b)) ^+ 2 = (2%:R * a ^+ 2) * (2%:R * b ^+ 2) :> rat by ring.
have first_two a b : 2%:R * (a * b) ^+ 2 = (2%:R * a ^+ 2) * b ^+ 2 :> rat by ring.
have second_two a b : 2%:R * (a * b) ^+ 2 = a ^+ 2 * (2%:R * b ^+ 2) :> rat by ring.
case=> -[p le] [] [p' le'].
- left; split; last by rewrite -subr_gt0 quad mulr_gt0 // subr_gt0.
  by apply: small; [exact: mulr_gt0 | rewrite all_two exprMn ltr_pmul // mulr_ge0].
- right; split; last by rewrite -subr_lt0 quad pmulr_rlt0 ?subr_gt0 // subr_lt0.
  apply: small; first exact: mulr_gt0.
  by rewrite -(ltr_pmul2l two) first_two second_two ltr_pmul // mulr_ge0.
- right; split; last by rewrite -subr_lt0 quad nmulr_rlt0 ?subr_lt0 // subr_gt0.
  rewrite addrC; apply: small; first exact: mulr_gt0.
  by rewrite -(ltr_pmul2l two) second_two first_two; apply: ltr_pmul => //; rewrite mulr_ge0.
left; split; last by rewrite -subr_gt0 quad nmulr_rgt0 ?subr_lt0 // subr_lt0.
rewrite addrC; apply: small; first by rewrite !mulr_gt0.
by rewrite all_two exprMn; apply: ltr_pmul.
Qed.

(** Sums: 1 + z is positive with z, and x + y = x (1 + y / x). *)
Lemma sign_of_add x y : 0 < sign_of x -> 0 < sign_of y -> 0 < sign_of (x + y).
Proof.
have one_more z : 0 < sign_of z -> 0 < sign_of (1 + z).
  case: z => u v /tilt_pairP[w [w' [w0 w'0 ww' pos pos']]].
  by apply: (tilt_pair w0 w'0 ww'); rewrite /= add0r addrCA addr_gt0.
move=> x0 y0; have xn0 : x != 0 by apply: contraTneq x0 => ->.
have inv0 : 0 < sign_of x^-1.
  case: (ltgtP (sign_of x^-1) 0) => [neg | // | /sign_of_eq0/eqP]; last by rewrite invr_eq0 (negPf xn0).
  have : 0 < sign_of (x * - x^-1) by apply: sign_of_mul; rewrite ?sign_ofN ?oppr_gt0.
  by rewrite mulrN divff.
have -> : x + y = x * (1 + x^-1 * y) by rewrite mulrDr mulr1 mulVKf.
by apply: sign_of_mul => //; apply: one_more; exact: sign_of_mul.
Qed.

Lemma surd_le0E x : surd_le 0 x = (x == 0) || (0 < sign_of x).
Proof.
rewrite /surd_le subr0 le_eqVlt; congr orb; apply/eqP/eqP => [/esym/sign_of_eq0 // | ->].
by rewrite /sign_of /tilt.
Qed.

Lemma surd_le0_add x y : surd_le 0 x -> surd_le 0 y -> surd_le 0 (x + y).
Proof.
rewrite !surd_le0E => /orP[/eqP-> | x0] /orP[/eqP-> | y0]; rewrite ?add0r ?addr0 ?eqxx ?x0 ?y0 ?orbT //.
by rewrite sign_of_add ?orbT.
Qed.

Lemma surd_le0_mul x y : surd_le 0 x -> surd_le 0 y -> surd_le 0 (x * y).
Proof.
rewrite !surd_le0E => /orP[/eqP-> | x0] /orP[/eqP-> | y0]; rewrite ?mul0r ?mulr0 ?eqxx //.
by rewrite sign_of_mul ?orbT.
Qed.

Lemma surd_le0_anti x : surd_le 0 x -> surd_le x 0 -> x = 0.
Proof.
rewrite /surd_le subr0 sub0r sign_ofN oppr_ge0 => x0 x1; apply: sign_of_eq0.
by apply/eqP; rewrite eq_le x0 x1.
Qed.

Lemma surd_sub_ge0 x y : surd_le 0 (y - x) = surd_le x y.
Proof. by rewrite /surd_le subr0. Qed.

Lemma surd_le0_total x : surd_le 0 x || surd_le x 0.
Proof. by rewrite /surd_le subr0 sub0r sign_ofN oppr_ge0 le_total. Qed.

Lemma surd_normN x : surd_norm (- x) = surd_norm x.
Proof.
rewrite /surd_norm /surd_le !subr0 sign_ofN oppr_ge0 opprK.
by case: (ltgtP (sign_of x) 0) => // /sign_of_eq0 ->; rewrite oppr0.
Qed.

Lemma surd_norm_ge0 x : surd_le 0 x -> surd_norm x = x.
Proof. by rewrite /surd_norm => ->. Qed.

Lemma surd_lt_def x y : surd_lt x y = (y != x) && surd_le x y.
Proof.
rewrite /surd_lt /surd_le lt_neqAle; congr andb; rewrite -[y == x]subr_eq0; congr negb.
by apply/eqP/eqP => [/esym/sign_of_eq0 // | ->]; rewrite /sign_of /tilt.
Qed.

Definition surd_order : realLeMixin surd_idomainType :=
  RealLeMixin surd_le0_add surd_le0_mul surd_le0_anti surd_sub_ge0 surd_le0_total surd_normN
    surd_norm_ge0 surd_lt_def.

Lemma surd_total : total surd_le.
Proof. by move=> x y; rewrite /surd_le -[x - y]opprB sign_ofN oppr_ge0 le_total. Qed.

Canonical surd_porderType := POrderType ring_display surd surd_order.
Canonical surd_latticeType := LatticeType surd surd_order.
Canonical surd_distrLatticeType := DistrLatticeType surd surd_order.
Canonical surd_orderType := OrderType surd surd_total.
Canonical surd_numDomainType := NumDomainType surd surd_order.
Canonical surd_normedZmodType := NormedZmodType surd surd surd_order.
Canonical surd_numFieldType := [numFieldType of surd].
Canonical surd_realDomainType := [realDomainType of surd].
Canonical surd_realFieldType := [realFieldType of surd].

(** ** Archimedean, and the root *)

Lemma surd_nat k : k%:R = Surd k%:R 0.
Proof. by elim: k => // k IH; rewrite -addn1 !natrD IH; congr Surd; rewrite /= addr0. Qed.

Lemma surd_archimedean : Num.archimedean_axiom [numDomainType of surd].
Proof.
move=> x; pose y := `|x|; exists (Num.bound (`|rational y| + 2%:R * `|multiple y|)).
rewrite -/y surd_nat; have := archi_boundP (addr_ge0 (normr_ge0 (rational y)) 
  (mulr_ge0 (ler0n _ 2) (normr_ge0 (multiple y)))).
move: (Num.bound _) => k; case: y => u v /= far; change (0 < tilt (0 - v) (k%:R - u)).
have u0 : 0 <= `|u| by []. have v0 : 0 <= `|v| by [].
have bound (w : rat) : 0 <= w <= 2%:R -> 0 < w * (0 - v) + (k%:R - u).
  move=> /andP[w0 w2]; rewrite sub0r mulrN addrCA -opprD subr_gt0; apply: le_lt_trans far.
  rewrite addrC ler_add ?ler_norm //; apply: le_trans (ler_norm _) _.
  by rewrite normrM (ger0_norm w0) ler_wpmul2r.
by apply: (@tilt_pair _ 1 2%:R); rewrite // bound.
Qed.

Canonical surd_archiType := ArchiFieldType surd surd_archimedean.

Definition sqrt2 : surd := Surd 0 1.

Lemma sqrt2_square : sqrt2 ^+ 2 = 2%:R.
Proof. by apply/eqP. Qed.

Lemma sqrt2_gt0 : 0 < sqrt2.
Proof. by []. Qed.

(** The order computes: 7/5 < sqrt2 < 3/2. *)
Example sqrt2_between : 7%:R / 5%:R < sqrt2 < 3%:R / 2%:R.
Proof. by []. Qed.
