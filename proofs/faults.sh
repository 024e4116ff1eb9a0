#!/usr/bin/env bash
# Plants faults in copies of the proofs, one in each, and expects check.sh to refuse every copy for its
# reason, also where the reference files were written anew after the fault was planted.
#
#   proofs/faults.sh        exit 0: all were refused; 1: one was not; 3: Coq is missing
#   proofs/faults.sh DIR    starts from what check.sh --keep DIR left there, compiled files and all
#   proofs/faults.sh DIR NAME ...   plants these faults alone
set -euo pipefail
export LC_ALL=C
base=${1-}
[ -z "$base" ] || base=$(cd "$base" && pwd)
cd "$(dirname "$0")"
command -v coqc >/dev/null || { echo "proofs/faults.sh: Coq is missing" >&2; exit 3; }
work=$(mktemp -d)
finish() {
  local job
  for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "$base" ]; then
  base=$work/base
  mkdir "$base"
  cp -p README.md CERTIFICATES.md Makefile _CoqProject *.sh *.ref "$base"
  find theories -name '*.v' -exec cp -p --parents {} "$base" ';'
  echo "== building once"
  (cd "$base" && coq_makefile -f _CoqProject -o Makefile.coq && exec make -s -f Makefile.coq -j "$(nproc)")
fi

# What follows edits the copy that it stands in.
statements=theories/Statements.v
# Replaces by Perl, in whole files; a replacement that finds nothing is an error.
edit() {
  local file=$1
  cp "$file" "$file.before"
  perl -0pi -e "$2" "$file"
  ! cmp -s "$file" "$file.before" || { echo "nothing to replace in $file" >&2; return 1; }
  rm "$file.before"
}
# The text of a theorem with its proof becomes another.
restate() { edit "$1" 's/^(?:Theorem|Lemma|Example) '"$2"'\b.*?\n(?=\n|\z)/'"$3"'\n/ms'; }
after_header() { edit "$1" 's/\nLocal Open Scope ring_scope\.\n/$&\n'"$2"'\n/'; }
impossible() { # an hypothesis that nothing satisfies, for the theorem and its proof
  edit $statements 's/^(Theorem '"$1"'\b.*?) :\n(.*?)Proof\./$1 :\n  prior D true < 0 ->\n$2Proof. move=> _./ms'
}
# The first example, or near miss, whose name appears once: nothing else leans on it.
alone() {
  local name file
  while read -r name; do
    if [ "$(cat theories/examples/*.v | grep -ow "$name" | wc -l)" = 1 ]; then
      file=$(grep -lw "$name" theories/examples/*.v)
      echo "$file $name"
      return
    fi
  done < <(sed -nE "s/^$1 ([A-Za-z0-9_]+$2[A-Za-z0-9_]*).*/\1/p" theories/examples/*.v)
  echo "none is alone: $1 $2" >&2
  return 1
}
another_definition='Definition background_at (R : realFieldType) (n K : nat) (m : model R K) (s : state R n K) (y : bool) (k : \x27I_K) (S : R) : R := background_at m s y k S + 1000%:R.'

declare -A plant expected options
order=""
fault() { # NAME OPTIONS SENTENCE COMMANDS
  order="$order $1"
  options[$1]=$2 expected[$1]=$3 plant[$1]=$4
}

# What a statement means.
fault shadowed-by-import "" "Statements.v may hold nothing but theorems over model.v" '
  edit theories/balancedness.v "s/\z/\n$another_definition\n/"
  edit $statements "s/Require Import model\./Require Import model balancedness./"'
fault shadowed-by-name --update "a statement uses what is not defined in model.v: balancedness.background_at" '
  edit theories/balancedness.v "s/\z/\n$another_definition\n/"
  restate $statements T5s_accuracy "Theorem T5s_accuracy : forall (R : realFieldType) n K (M : model R K) (s : state R n K) y k S,
  balancedness.background_at M s y k S = balancedness.background_at M s y k S.\nProof. by []. Qed.\n"'
fault local-notation "" "Statements.v may hold nothing but theorems over model.v" '
  after_header $statements "Local Notation winner := loser."'
fault impossible-hypothesis "" "Statements.ref differs: Theorems of Statements.v" '
  impossible T4_probability
  impossible T5_probability'
fault true "" "Statements.ref differs: Theorems of Statements.v" '
  restate $statements T6_absorbing "Theorem T6_absorbing : True.\nProof. by []. Qed.\n"'
fault deleted "" "Statements.ref differs: Theorems of Statements.v" '
  restate $statements T8_balancedness_run ""
  edit Assumptions.ref "s/^T8_balancedness_run: .*\n//m"'
fault deleted-only-there "" "the theorems of Statements.v are not those of Assumptions.ref" '
  restate $statements T8_balancedness_run ""'
fault added "" "the theorems of Statements.v are not those of Assumptions.ref" '
  edit $statements "s/\z/\nTheorem extra : True.\nProof. by []. Qed.\n/"'
fault added-and-listed "" "theorems lack examples or near misses" '
  edit $statements "s/\z/\nTheorem extra : True.\nProof. by []. Qed.\n/"
  echo "extra: Closed under the global context" >>Assumptions.ref'
fault headline "" "Statements.ref differs" '
  if [ -f theories/Headlines.v ]; then
    name=$(sed -nE "s/^Theorem ([A-Za-z0-9_]+).*/\1/p" theories/Headlines.v | head -1)
    restate theories/Headlines.v "$name" "Theorem $name : True.\nProof. by []. Qed.\n"
  else
    sed "/^Theorem/,\$d" $statements >theories/Headlines.v
    printf "Theorem headline : True.\nProof. by []. Qed.\n" >>theories/Headlines.v
    echo theories/Headlines.v >>_CoqProject
  fi'
fault definition "" "Statements.ref differs: Definitions of model.v" '
  edit theories/model.v "s/Hinge => if z < 1 then/Hinge => if z <= 1 then/"'
fault notation "" "Statements.ref differs: Definitions of model.v" '
  edit theories/model.v "s/Notation background k := \(inr k\)/Notation background k := (\@id (pattern _) (inr k))/"'

# What an example shows.
fault example-of-nothing --update "says nothing: its statement is True" '
  read -r file name < <(alone Example _holds)
  restate "$file" "$name" "Example $name : True.\nProof. by []. Qed.\n"'
fault example-of-something-else --update "does not use Statements" '
  read -r file name < <(alone Example _holds)
  restate "$file" "$name" "Example $name : forall n : nat, (n <= n)%N.\nProof. by []. Qed.\n"'
fault no-mutation --update "near misses are not mutations of their theorems" '
  read -r file name < <(alone Lemma _wrong_)
  restate "$file" "$name" "Lemma $name : ~ (forall n : nat, n = 0%N).\nProof. by move=> \/(_ 1%N). Qed.\n"'
fault no-negation --update "near misses are not mutations of their theorems" '
  read -r file name < <(alone Lemma _wrong_)
  restate "$file" "$name" "Lemma $name : or (~ False) True.\nProof. by left. Qed.\n"'
fault example-changed "" "Examples.ref differs" '
  edit Examples.ref "s/in full: ./in full: x/"'

# What is assumed.
fault variable "" "assumed outside a section" '
  after_header theories/facts.v "Variable cheat : forall P : Prop, P."'
fault unguarded "" "a forbidden word is in the sources" '
  after_header theories/facts.v "Unset  Guard  Checking."'
fault unguarded-by-comment "" "no such option may be set" '
  after_header theories/facts.v "Unset (* the *) Guard Checking."'
fault axiom-in-example "" "a forbidden word is in the sources" '
  read -r file name < <(alone Lemma _wrong_)
  after_header "$file" "Axiom cheat : False."'
fault axiom-of-the-library --update "these theorems rest on axioms" '
  read -r file name < <(alone Lemma _wrong_)
  edit "$file" "s/\nFrom mathcomp /\nFrom Coq Require FunctionalExtensionality.\$&/"
  edit "$file" "s/^(Lemma $name\b.*?)Proof\./\$1Proof.\nmove: (\@FunctionalExtensionality.functional_extensionality nat nat id id (fun=> erefl)) => _./ms"'
fault notation-of-a-plugin "" "a forbidden word is in the sources" '
  after_header theories/facts.v "Declare ML Module \"any\"."'

# What is built.
fault make-file "" "proofs/ may hold no such file" '
  echo "COQFLAGS += -type-in-type" >Makefile.coq.local'
fault argument "" "_CoqProject may hold no such line" '
  edit _CoqProject "s/\z/-arg -impredicative-set\n/"'
fault not-built "" "is not listed in _CoqProject" '
  edit _CoqProject "s/theories\/facts\.v\n//"'

run() {
  local name=$1 copy=$work/$1 code=0 wanted=1 begin=$SECONDS with=${options[$1]}
  cp -a "$base" "$copy"
  (
    cd "$copy"
    eval "${plant[$name]}"
    exec bash check.sh --reuse-build $with
  ) >"$work/$name.out" 2>&1 || code=$?
  if [ "$name" = none ]; then wanted=4; fi
  if [ "$code" = "$wanted" ] && grep -qF -- "${expected[$name]}" "$work/$name.out"; then
    if [ "$name" = none ]; then echo "  unchanged: passed"; else echo "  $name: refused"; fi
  else
    echo "  $name: exit $code; expected $wanted and \"${expected[$name]}\", found:"
    tail -n 20 "$work/$name.out" | cut -c 1-300 | sed 's/^/    /'
    touch "$work/bad"
  fi
  echo "    $((SECONDS - begin)) s"
  rm -rf "$copy"
}

options[none]="" expected[none]="all but a clean build and coqchk passed" plant[none]=""
echo "== faults, one in a copy"
set -m # each in a process group of its own, to be ended with all that it started
[ $# -lt 2 ] || order=${*:2}
# What check.sh --keep left has passed it; each refusal is told from any other by its sentence.
[ -n "${1-}" ] || order="none $order"
for name in $order; do
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
  run "$name" &
done
wait
[ ! -e "$work/bad" ] || { echo "proofs/faults.sh: check.sh let a fault pass" >&2; exit 1; }
echo "== each was refused for its reason"
