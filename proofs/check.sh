#!/usr/bin/env bash
# Checks the proofs from scratch: forbidden words, a clean build, the assumptions of every theorem in
# Statements.v against Assumptions.ref, and the compiled files, the libraries included, with the independent
# checker coqchk.
# The build is in a temporary copy of the sources: nothing stale takes part, and runs beside each other
# do not meet.
#
#   proofs/check.sh             exit 0: all passed; 1: something failed; 3: Coq is missing
#   proofs/check.sh --install   installs the Debian packages first (needs root)
#   proofs/check.sh --install-only   installs them and checks nothing
#   proofs/check.sh --update    writes Assumptions.ref anew after the build (then read it)
#   proofs/check.sh --limit N   seconds that each step may take (1500 unless told)
set -euo pipefail
cd "$(dirname "$0")"

packages="coq libcoq-mathcomp-algebra-tactics"
install=no update=no limit=1500
usage() { echo "proofs/check.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case "$1" in
    --install) install=yes ;;
    --install-only) install=only ;;
    --update) update=yes ;;
    --limit)
      [[ "${2-}" =~ ^[1-9][0-9]{0,5}$ ]] ||
        usage "--limit: found '${2-}', expected seconds, from 1 to 999999"
      limit=$2
      shift ;;
    *) usage "found '$1', expected --install, --install-only, --update or --limit SECONDS" ;;
  esac
  shift
done

if [ "$install" != no ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages make >/dev/null
  if [ "$install" = only ]; then exit; fi
fi

missing=""
for tool in coqc coqchk coq_makefile make; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -z "$missing" ] && [ ! -f "$(coqc -where)/user-contrib/mathcomp/algebra/ring.vo" ] &&
  [ ! -f "$(coqc -where)/user-contrib/mathcomp/algebra_tactics/ring.vo" ]; then
  missing=" mathcomp with algebra-tactics"
fi
if [ -n "$missing" ]; then
  echo "proofs/check.sh: missing:$missing. Nothing was checked." >&2
  echo "On Debian 12: apt-get install --no-install-recommends $packages make" >&2
  echo "or: proofs/check.sh --install" >&2
  exit 3
fi

exec 3>&2 # what fails inside a step whose output goes to a file is said here
fail() { echo "proofs/check.sh: $*" >&3; exit 1; }

# Runs a command as the step with this name, for $limit seconds at most. When the script is told to end,
# the command and all that it started end too.
running=""
ended() {
  if [ -n "$running" ]; then
    kill "$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
  fi
  exit "$1"
}
trap 'ended 130' INT
trap 'ended 143' TERM
limited() {
  local name=$1 code=0
  shift
  timeout "$limit" "$@" &
  running=$!
  wait "$running" || code=$?
  running=""
  [ "$code" != 124 ] || fail "timed out after $limit s: $name"
  return "$code"
}

echo "== words that would weaken a proof"
forbidden='Admitted|admit|Axiom|Axioms|Parameter|Parameters|Conjecture|Conjectures|give_up|bypass_check|Unset Guard Checking|Unset Positivity Checking|Unset Universe Checking|native_compute|type-in-type'
if grep -rnwE "$forbidden" --include='*.v' --include=_CoqProject --include=Makefile .; then
  fail "a forbidden word is in the sources"
fi
if grep -nwE 'Section|Variable|Variables|Hypothesis|Hypotheses|Context|Definition|Notation|Fixpoint|Inductive' theories/Statements.v; then
  fail "Statements.v may hold nothing but theorems: no hypothesis or definition may hide in it"
fi
for file in $(find theories -name '*.v'); do
  grep -qx "$file" _CoqProject || fail "$file is not listed in _CoqProject"
done

for file in $(grep -o '(\[[a-z_0-9]*\.v\])' theories/Statements.v | tr -d '()[]' | sort -u); do
  examples=theories/examples/$file
  [ -f "$examples" ] || fail "$file has no examples: $examples is missing"
  grep -q '^Example ' "$examples" || fail "$examples has no Example: its theorems may be vacuous"
  grep -q '^Lemma [A-Za-z0-9_]*_wrong[_ ]' "$examples" || fail "$examples refutes no near miss"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== clean build"
cp -r _CoqProject Makefile "$work"
find theories -name '*.v' -exec cp --parents {} "$work" ';'
limited "clean build" make -s -C "$work" -j "$(nproc)" || fail "the build failed"
built=$work/theories

theorems=$(sed -n 's/^Theorem \([A-Za-z0-9_]*\).*/\1/p' theories/Statements.v)
[ -n "$theorems" ] || fail "Statements.v holds no theorem"

echo "== what each theorem rests on"
{
  echo 'From filtercert Require Statements.'
  for theorem in $theorems; do echo "Redirect \"$work/$theorem\" Print Assumptions Statements.$theorem."; done
} >"$work/a.v"
limited "what each theorem rests on" coqc -Q "$built" filtercert -o "$work/a.vo" "$work/a.v" ||
  fail "the assumptions cannot be printed"
for theorem in $theorems; do
  printf '%s: ' "$theorem"
  tr '\n' ' ' <"$work/$theorem.out" | sed 's/ *$//'
  echo
done >"$work/assumptions"
if [ "$update" = yes ]; then cp "$work/assumptions" Assumptions.ref; fi
diff -u Assumptions.ref "$work/assumptions" || fail "assumptions differ from Assumptions.ref"
if grep -v ': Closed under the global context$' Assumptions.ref; then
  fail "these theorems rest on axioms"
fi

echo "== the compiled files, and what they use of the libraries, by coqchk"
modules=$(sed -n 's|^theories/\(.*\)\.v$|filtercert/\1|p' _CoqProject | tr / .)
limited "coqchk" coqchk -silent -o -Q "$built" filtercert $modules >"$work/coqchk" 2>&1 ||
  { cat "$work/coqchk"; fail "coqchk refuses the compiled files"; }
# Its summary also names sealed members of the libraries; what counts is that none is of this project.
if grep -n '^ *filtercert\.' "$work/coqchk"; then
  fail "coqchk finds these to rest on axioms, or on checks switched off"
fi

echo "== proved, with no axioms"
for theorem in $theorems; do echo "  $theorem: no axioms"; done
