#!/usr/bin/env bash
# Checks the proofs from scratch, what fails soonest first (README.md tells what each gate is for):
#
#   the files, the words and the commands of the sources, and that every theorem has its examples;
#   a clean build; the definitions of model.v and the statements of the theorems, as Coq prints them,
#   against Statements.ref; the examples and the refuted near misses against Examples.ref; what all of
#   them rest on, with Assumptions.ref; the compiled files, the libraries included, by coqchk.
#
# The build is in a temporary copy of the sources: nothing stale takes part, and runs beside each other
# do not meet.
#
#   proofs/check.sh             exit 0: all passed; 1: something failed; 3: Coq is missing
#   proofs/check.sh --install   installs the Debian packages first (needs root)
#   proofs/check.sh --install-only   installs them and checks nothing
#   proofs/check.sh --list-missing   lists theorems without example or near misses, and builds nothing
#   proofs/check.sh --update    writes the .ref files anew (then read what changed in them)
#   proofs/check.sh --limit N   seconds that each step may take (1500 unless told)
#   proofs/check.sh --keep DIR  leaves a copy of what was checked in DIR, compiled files and all
#   proofs/check.sh --reuse-build    compiles in place what changed and leaves coqchk out: no clean check,
#                               so that exit 4, not 0, says that all else passed
set -euo pipefail
export LC_ALL=C
from=$PWD
cd "$(dirname "$0")"

packages="coq libcoq-mathcomp-algebra-tactics"
# How many tokens of a theorem's statement a near miss may change.
most_changed=40
# Files whose definitions a theorem's statement may use beside those of model.v: the checker of
# certificates is part of what its theorem says.
also_stated="checker certificates"

install=no update=no limit=1500 listing=no reuse=no keep=""
usage() { echo "proofs/check.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case "$1" in
    --install) install=yes ;;
    --install-only) install=only ;;
    --list-missing) listing=yes ;;
    --update) update=yes ;;
    --reuse-build) reuse=yes ;;
    --keep)
      keep=${2-}
      [ "${keep:0:1}" = / ] || keep=${2:+$from/}$keep
      [ -n "$keep" ] && [ ! -e "$keep" ] || usage "--keep: found '${2-}', expected a directory to make"
      shift ;;
    --limit)
      [[ "${2-}" =~ ^[1-9][0-9]{0,5}$ ]] ||
        usage "--limit: found '${2-}', expected seconds, from 1 to 999999"
      limit=$2
      shift ;;
    *)
      usage "found '$1', expected --install, --install-only, --list-missing, --update," \
        "--keep DIR, --reuse-build or --limit SECONDS" ;;
  esac
  shift
done

exec 3>&2 # what fails inside a step whose output goes to a file is said here
fail() { echo "proofs/check.sh: $*" >&3; exit 1; }

trap 'echo "proofs/check.sh: a command failed in line $LINENO" >&3' ERR

work=$(mktemp -d)
checking="" # coqchk, which runs beside other steps
trap '[ -z "$checking" ] || kill "$checking" 2>/dev/null || true; rm -rf "$work"' EXIT

# The sentences of a Coq file, one a line: no comments, no text of strings, white space squeezed.
sentences() {
  awk '
    {
      line = $0 " "
      while (line != "") {
        if (quoted) {
          at = index(line, "\"")
          if (!at) break
          quoted = 0
          line = substr(line, at + 1)
          if (!depth) all = all "\""
        } else if (match(line, /"|\(\*|\*\)/)) {
          token = substr(line, RSTART, RLENGTH)
          if (!depth) all = all substr(line, 1, RSTART - 1)
          line = substr(line, RSTART + RLENGTH)
          if (token == "\"") { quoted = 1; if (!depth) all = all "\"" }
          else if (token == "(*") { depth++; all = all " " }
          else if (depth) depth--
          else all = all token
        } else {
          if (!depth) all = all line
          line = ""
        }
      }
    }
    END {
      gsub(/[ \t\r\f\v]+/, " ", all)
      gsub(/\.\.\./, "\001", all)
      gsub(/\. /, ".\n", all)
      gsub(/\.\.\n/, ".. ", all)
      gsub(/\001 */, "...\n", all)
      n = split(all, sentence, "\n")
      for (i = 1; i <= n; i++) {
        sub(/^[-+*{} ]+/, "", sentence[i])
        if (sentence[i] != "") print sentence[i]
      }
      if (depth || quoted) print "Unfinished comment or string."
    }' "$1"
}

# The theorems of a file with statements, in its order.
theorems_of() { sentences "$1" | sed -nE 's/^Theorem ([A-Za-z0-9_]+).*/\1/p'; }

# What the files of examples prove: the kind, the name, the file.
proved_examples() {
  local file
  for file in theories/examples/*.v; do
    [ -f "$file" ] || continue
    sentences "$file" | sed -nE "s#^(Example|Lemma) ([A-Za-z0-9_']+).*#\1 \2 $(basename "$file" .v)#p"
  done
}

# Theorems without an example, or with fewer than two near misses.
missing_examples() {
  awk '
    NR == FNR {
      kind[$2] = $1
      if ($1 == "Lemma" && match($2, /_wrong_/)) near[substr($2, 1, RSTART - 1)]++
      next
    }
    {
      if (kind[$1 "_holds"] != "Example") print $1 ": there is no Example " $1 "_holds"
      if (near[$1] < 2) print $1 ": " near[$1] + 0 " of 2 lemmas " $1 "_wrong_..."
    }' "$work/examples" "$work/theorems"
}

theorems_of theories/Statements.v >"$work/theorems"
[ -s "$work/theorems" ] || fail "Statements.v holds no theorem"
proved_examples >"$work/examples"
if [ "$listing" = yes ]; then
  missing_examples >"$work/missing"
  cat "$work/missing"
  [ ! -s "$work/missing" ] || exit 1
  exit 0
fi

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

# Runs a command as the step with this name, for $limit seconds at most. When the script is told to end,
# the command and all that it started end too.
running=""
ended() {
  local process
  for process in $running $checking; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
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

step() { printf '== %d:%02d %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

step "files, words and commands of the sources"
statements=theories/Statements.v
if [ -f theories/Headlines.v ]; then statements="$statements theories/Headlines.v"; fi

# No file but these, and what a build leaves: Makefile.coq.local, say, would be read by make.
find . -mindepth 1 ! -path './theories/*.v' ! -name '*.vo' ! -name '*.vos' ! -name '*.vok' \
  ! -name '*.glob' ! -name '.*.aux' |
  grep -vxE '\./(README\.md|CERTIFICATES\.md|Makefile|_CoqProject|check\.sh|faults\.sh|(Assumptions|Statements|Examples)\.ref|theories|theories/examples|Makefile\.coq|Makefile\.coq\.conf|\.Makefile\.coq\.d|\.(lia|nia)\.cache)' \
  >"$work/other" || true
find theories -name '*.v' | grep -vxE 'theories/(examples/)?[A-Za-z0-9_]+\.v' >>"$work/other" || true
find theories/examples -name model.v -o -name Statements.v -o -name Headlines.v >>"$work/other"
find . -type l >>"$work/other"
if [ -s "$work/other" ]; then
  cat "$work/other"
  fail "proofs/ may hold no such file"
fi
for file in $(find theories -name '*.v' | sort); do
  grep -qx "$file" _CoqProject || fail "$file is not listed in _CoqProject"
done
if grep -nvxE 'theories/(examples/)?[A-Za-z0-9_]+\.v' _CoqProject |
  grep -vxE '1:-Q theories filtercert|2:-arg -w -arg -notation-overridden,-ambiguous-paths'; then
  fail "_CoqProject may hold no such line"
fi

# Words that appear nowhere, comments included; white space in a text is one blank here.
forbidden='Admitted|admit|Axioms?|Parameters?|Conjectures?|give_up|bypass_check|Unset (Guard|Positivity|Universe) Checking|native_compute|type-in-type|Declare ML Module|Elpi|LoadPath|Extraction|Redirect'
for file in _CoqProject Makefile theories/*.v theories/examples/*.v; do
  if tr -s ' \t\r\f\v\n' ' ' <"$file" | grep -owE "$forbidden" >"$work/words"; then
    fail "$file: a forbidden word is in the sources: $(head -1 "$work/words")"
  fi
done

# Every command of a file is one of these. What is assumed in a section becomes a hypothesis when the
# section ends; outside of one it would be an axiom.
for file in theories/*.v theories/examples/*.v; do
  sentences "$file" | awk -v file="$file" '
    function refuse(why) { print file ": " substr($0, 1, 80) ": " why; bad = 1 }
    /^[A-Z#"]/ {
      whole = $0
      while (sub(/^(#\[ ?(local|global|export) ?\]|Local|Global) ?/, "", whole)) { }
      split(whole, word, /[ :.]/)
      if (word[1] == "Set" || word[1] == "Unset") {
        if (whole !~ /^(Set Implicit Arguments|Unset Strict Implicit|Unset Printing Implicit Defensive)\.$/)
          refuse("no such option may be set")
      } else if (word[1] == "Section") depth++
      else if (word[1] == "End") depth--
      else if (word[1] ~ /^(Variables?|Hypothes[ie]s|Context)$/) {
        if (!depth) refuse("assumed outside a section")
      } else if (whole ~ /^From /) {
        if (whole !~ /^From (Coq|mathcomp|filtercert) Require [A-Za-z0-9_. ]+\.$/ || whole ~ / Export /)
          refuse("no such import")
      } else if (word[1] == "Open" || word[1] == "Close") {
        if (whole !~ /^(Open|Close) Scope [a-zA-Z_]+\.$/) refuse("no such command")
      } else if (word[1] !~ /^(Theorem|Lemma|Fact|Remark|Corollary|Proposition|Example|Definition|Fixpoint|Let|Record|Inductive|Variant|Notation|Import|Arguments|Implicit|Prenex|Canonical|Coercion|Ltac|Hint|Proof|Qed|Defined)$/)
        refuse("no such command")
    }
    END { exit bad }' >"$work/commands" || {
    cat "$work/commands"
    fail "$(head -1 "$work/commands")"
  }
done
if sentences theories/model.v | grep filtercert; then
  fail "model.v may import no other file"
fi

# Statements.v and Headlines.v: the libraries, model.v, and theorems; all else by its qualified name.
for file in $statements; do
  sentences "$file" | awk '
    /^Theorem [A-Za-z0-9_]+ / || /^Theorem [A-Za-z0-9_]+:/ { inside = 1; next }
    /^Proof\.$/ && inside { next }
    /^Qed\.$/ && inside { inside = 0; next }
    /^[a-z]/ && inside { next }
    inside { print; next }
    $0 == "From filtercert Require Import model." { model++; next }
    $0 == "From mathcomp Require Import all_ssreflect all_algebra." { next }
    /^From filtercert Require [A-Za-z0-9_ ]+\.$/ && !/ (Import|Export) / { next }
    /^(Set Implicit Arguments|Unset Strict Implicit|Unset Printing Implicit Defensive)\.$/ { next }
    $0 == "Import Order.TTheory GRing.Theory Num.Theory." { next }
    $0 == "Local Open Scope ring_scope." { next }
    { print }
    END { if (model != 1) print "From filtercert Require Import model: " model + 0 " times" }' >"$work/other"
  if [ -s "$work/other" ]; then
    cat "$work/other"
    fail "$(basename "$file") may hold nothing but theorems over model.v, which alone it imports"
  fi
done
cut -d ' ' -f 2 "$work/examples" | sort | uniq -d | grep -E '_holds$|_wrong_' >"$work/other" || true
[ ! -s "$work/other" ] || fail "examples with the same name: $(tr '\n' ' ' <"$work/other")"
sed 's/: .*//' Assumptions.ref | diff "$work/theorems" - >"$work/other" || [ "$update" = yes ] || {
  cat "$work/other"
  fail "the theorems of Statements.v are not those of Assumptions.ref"
}
missing_examples >"$work/missing"
complete() {
  [ -s "$work/missing" ] || return 0
  cat "$work/missing"
  fail "theorems lack examples or near misses"
}
# With --update what there is can be written first.
[ "$update" = yes ] || complete

# Builds these files in the copy, or in place. No Makefile of the sources takes part.
if [ "$reuse" = yes ]; then
  copy=.
else
  copy=$work/copy
  mkdir "$copy"
  cp _CoqProject "$copy"
  find theories -name '*.v' -exec cp --parents {} "$copy" ';'
fi
built=$copy/theories
building() {
  limited "clean build" bash -ec 'cd "$1"; shift
    coq_makefile -f _CoqProject -o Makefile.coq
    exec make -s -f Makefile.coq -j "$(nproc)" "$@"' build "$copy" "$@" || fail "the build failed"
}

# Coq's answers to the commands in $work/questions, with model.v and the given files at hand: that to
# "say NAME COMMAND" is left in $out/NAME.out. Names of model.v are printed short, those of all other
# files of the project with their file.
out=$work/out
mkdir "$out"
asked=0
ask() {
  local name=$1
  shift
  asked=$((asked + 1))
  {
    echo "From mathcomp Require Import all_ssreflect all_algebra."
    echo "From filtercert Require model $*."
    echo "Import filtercert.model."
    echo "Local Open Scope ring_scope."
    echo "Set Printing Width 100. Set Printing Depth 1000000."
    sed -E "s|^say ([^ ]+) |Redirect \"$out/\1\" |" "$work/questions"
  } >"$work/asked$asked.v"
  limited "$name" coqc -w none -Q "$built" filtercert -o "$work/asked$asked.vo" "$work/asked$asked.v"
}

# Eight bytes of the digest of an answer. In full it leaves nothing to notations, implicit arguments or
# coercions.
digest() { sha256sum <"$1" | cut -c 1-16; }

# Pairs of answers, short and in full: the short one without what Coq adds about arguments, and the digest
# of the other. With "once", what has the digest of one before is left out: a type is printed once, though
# its constructors were asked about too.
show() {
  cat >"$work/pairs"
  [ -s "$work/pairs" ] || return 0
  cut -d ' ' -f 2 "$work/pairs" | xargs sha256sum | awk -v once="${1-}" '
    NR == FNR { digest[$2] = substr($1, 1, 16); next }
    once != "" && shown[digest[$2]]++ { next }
    {
      while ((getline line <$1) > 0 && line !~ /^Arguments / && line != "") print line
      close($1)
      print "  in full: " digest[$2]
      print ""
    }' - "$work/pairs"
}

section() { awk -v name="== $1" '/^== / { on = $0 == name } on' "$2"; }

# Compares a section of a reference file with what there is now.
compare() {
  local file=$1 name=$2 now=$3
  [ "$update" = no ] || return 0
  section "$name" "$file" | diff -u - "$now" || fail "$file differs: $name"
}

# Definitions outside of model.v that the answers in files $2... use, and what those use, in turn: printed in
# full for definitions, with their type for what is proved. Leaves them in $out/$1.*, and their names in $1.
files=$(sed -nE 's|^theories/(examples/)?([A-Za-z0-9_]+)\.v$|\2|p' _CoqProject | sort -u | paste -sd '|')
names() {
  grep -oE "[A-Za-z0-9_']+(\.[A-Za-z0-9_']+)+" | grep -E "^(examples\.)?($files)\." |
    grep -vE '^(Statements|Headlines)\.' | sort -u || true
}
used() {
  local name=$1 loaded=$2 all=$work/$1 new=$work/new one
  shift 2
  : >"$all"
  tail -qn +2 "$@" | names >"$new"
  while [ -s "$new" ]; do
    cat "$new" >>"$all"
    # Members of the checker are asked about at once, not when one after the other is met.
    { cat "$new"; [ "$name" != definition ] || cat "$work/members"; } | sort -u |
      while read -r one; do [ -f "$out/$name.full.$one.out" ] || echo "$one"; done >"$work/unknown"
    if [ -s "$work/unknown" ]; then
      {
        sed -E "s/.*/say $name.about.& About &.\nsay $name.short.& Print &.\nsay $name.type.& Check @&./" "$work/unknown"
        echo "Set Printing All."
        sed -E "s/.*/say $name.full.& Print &.\nsay $name.fulltype.& Check @&./" "$work/unknown"
      } >"$work/questions"
      ask "definitions that are used" $loaded || fail "definitions cannot be printed"
      sed "s|.*|$out/$name.about.&.out|" "$work/unknown" |
        xargs grep -LE 'is transparent|^Expands to: (Inductive|Constructor)' |
        sed "s|^$out/$name\.about\.||; s|\.out$||" >"$work/opaque" || true
      while read -r one; do
        mv "$out/$name.type.$one.out" "$out/$name.short.$one.out"
        mv "$out/$name.fulltype.$one.out" "$out/$name.full.$one.out"
      done <"$work/opaque"
    fi
    sed "s|.*|$out/$name.full.&.out|" "$new" | xargs cat | names | grep -vxFf "$all" >"$new.next" || true
    mv "$new.next" "$new"
  done
  sort -o "$all" "$all"
}
shown_used() { sed "s|.*|$out/$1.short.&.out $out/$1.full.&.out|" "$work/$1" | show once; }

step "clean build: the definitions"
[ "$reuse" = no ] || echo "(compiled files are used again: this is no clean check)"
building theories/model.vo

step "definitions of model.v, as Coq prints them, against Statements.ref"
# What the compiled file holds: all of it, whatever the text looks like. The principles of induction and
# the projections are part of their types.
echo "say module Print Module filtercert.model." >"$work/questions"
ask "definitions of model.v" || fail "the definitions cannot be printed"
members() { sed -nE "s/^     ([A-Z][A-Za-z]*) ([A-Za-z0-9_']+).*/\1 \2/p" "$1"; }
members "$out/module.out" >"$work/in-model"
projections=$(sed -nE 's/^proj [0-9:]+ <> (.*)/\1/p' "$built/model.glob" 2>/dev/null || true)
awk -v projections="$projections" '
  BEGIN { split(projections, list, "\n"); for (i in list) part[list[i]] = 1 }
  $1 != "Definition" { for (e = split("_rect _ind _rec _sind", end, " "); e; e--) part[$2 end[e]] = 1 }
  { name[NR] = $2 }
  # What is proved there is printed without its proof.
  { command[NR] = $1 == "Parameter" ? "Check @" : "Print " }
  END { for (i = 1; i <= NR; i++) if (!(name[i] in part)) print name[i], command[i] "filtercert.model." name[i] }
' "$work/in-model" >"$work/definitions"
{
  sed -E 's/^([^ ]*) (.*)/say model.\1 \2./' "$work/definitions"
  echo "Set Printing All."
  sed -E 's/^([^ ]*) (.*)/say full.model.\1 \2./' "$work/definitions"
  echo "say full.module Print Module filtercert.model."
} >"$work/questions"
ask "definitions of model.v" || fail "the definitions cannot be printed"
{
  echo "== Definitions of model.v"
  echo
  sed "s|\([^ ]*\) .*|$out/model.\1.out $out/full.model.\1.out|" "$work/definitions" | show
  echo "All $(wc -l <"$work/in-model") members and their types: $(digest "$out/full.module.out")"
  echo
} >"$work/definitions.ref"
compare Statements.ref "Definitions of model.v" "$work/definitions.ref"

step "clean build: the theorems"
building $(printf '%s\n' $statements | sed 's/$/o/')

step "statements of the theorems, as Coq prints them, against Statements.ref"
modules=$(basename -s .v $statements | tr '\n' ' ')
for module in $modules; do theorems_of "theories/$module.v" | sed "s/^/$module./"; done >"$work/stated"
{
  for module in $also_stated; do
    [ ! -f "theories/$module.v" ] || echo "say module.$module Print Module filtercert.$module."
  done
  sed -E 's/.*/say & Check @&./' "$work/stated"
  echo "Set Printing All."
  sed -E 's/.*/say full.& Check @&./' "$work/stated"
} >"$work/questions"
ask "statements of the theorems" $modules || fail "the statements cannot be printed"
for module in $modules; do
  {
    echo "== Theorems of $module.v"
    echo
    sed -n "s|^$module\..*|$out/&.out $out/full.&.out|p" "$work/stated" | show
  } >"$work/$module.ref"
  compare Statements.ref "Theorems of $module.v" "$work/$module.ref"
done
for module in $also_stated; do
  [ ! -f "theories/$module.v" ] || members "$out/module.$module.out" | sed -nE "s/^(Definition|Inductive|Record) /$module./p"
done | grep -vE '_(rect|ind|rec|sind)$' >"$work/members" || true
used definition "$modules" $(sed "s|.*|$out/full.&.out|" "$work/stated")
{
  for module in $modules; do cat "$work/$module.ref"; done
  echo "== Definitions outside model.v that these use"
  echo
  shown_used definition
} >"$work/statements.ref"
if [ "$update" = yes ]; then cat "$work/definitions.ref" "$work/statements.ref" >Statements.ref; fi
cat "$work/definitions.ref" "$work/statements.ref" | diff -u Statements.ref - ||
  fail "Statements.ref differs: definitions outside model.v, or the order"
outside=$(grep -vE "^(${also_stated// /|})\." "$work/definition" || true)
[ -z "$outside" ] || fail "a statement uses what is not defined in model.v: ${outside//$'\n'/ }"

step "clean build: the examples"
building
if [ "$reuse" != yes ]; then
  compiled=$(sed -n 's|^theories/\(.*\)\.v$|filtercert/\1|p' _CoqProject | tr / .)
  timeout "$limit" coqchk -silent -o -Q "$built" filtercert $compiled >"$work/coqchk" 2>&1 &
  checking=$!
fi

step "examples and near misses of each theorem"
# Kind, name in Coq, name of the theorem.
awk '
  NR == FNR { theorem[$1] = 1; next }
  $2 ~ /_holds$/ && substr($2, 1, length($2) - 6) in theorem {
    print "holds examples." $3 "." $2, substr($2, 1, length($2) - 6)
  }
  match($2, /_wrong_/) && substr($2, 1, RSTART - 1) in theorem {
    print "wrong examples." $3 "." $2, substr($2, 1, RSTART - 1)
  }' "$work/theorems" "$work/examples" >"$work/pinned"
loaded="$modules $(cut -d ' ' -f 2 "$work/pinned" | sed 's/\.[^.]*$//' | sort -u | tr '\n' ' ')"
{
  sed -E 's/.* (.*) .*/say \1 Check @\1./' "$work/pinned"
  echo "Set Printing All."
  sed -E 's/.* (.*) .*/say full.\1 Check @\1./' "$work/pinned"
  echo "Unset Printing All. Unset Printing Notations. Set Printing Width 10000."
  sed -nE 's/^holds (.*) .*/say proof.\1 Print \1./p' "$work/pinned"
} >"$work/questions"
ask "examples and near misses" $loaded || fail "the examples cannot be printed"
used example "$loaded" $(sed -E "s|.* (.*) .*|$out/full.\1.out|" "$work/pinned")

# The tokens of a statement, one a line; those of a near miss without its negation.
tokens() { sed -e 1d "$1" | sed -e '1s/^ *: //' -e 's/[][(){},;`]/ & /g' | tr -s ' ' '\n' | sed '/^$/d'; }
inside() {
  awk '{ token[NR] = $0 } END {
    first = 2; last = NR
    if (token[2] == "(" && token[NR] == ")") { first = 3; last = NR - 1 }
    for (i = first; i <= last; i++) print token[i]
  }'
}
: >"$work/near"
{
  echo "== Examples and near misses: [-what a theorem says-] {+what the refuted near miss says+}"
  echo
  while read -r theorem; do
    tokens "$out/Statements.$theorem.out" >"$work/right"
    while read -r kind name; do
      answer=$out/$name.out
      if [ "$kind" = holds ]; then
        echo "$answer $out/full.$name.out" | show
        continue
      fi
      tokens "$answer" >"$work/whole"
      if ! sed -n 2p "$out/full.$name.out" | grep -qE '^ *: not( |$)'; then
        echo "$name is not the negation of anything" >>"$work/near"
      fi
      inside <"$work/whole" >"$work/left"
      diff "$work/right" "$work/left" >"$work/changes" || true
      changed=$(awk '/^</ { old++ } /^>/ { new++ } END { print (old > new ? old : new) + 0 }' "$work/changes")
      if [ "$changed" = 0 ] || [ "$changed" -gt "$most_changed" ]; then
        echo "$name changes $changed tokens of the statement of $theorem, not 1 to $most_changed" >>"$work/near"
      fi
      echo "$name: $changed changed"
      { diff --unchanged-line-format='= %L' --old-line-format='- %L' --new-line-format='+ %L' \
        "$work/right" "$work/left" || true; } | awk '
        { kind[NR] = substr($0, 1, 1); token[NR] = substr($0, 3) }
        END {
          for (i = 1; i <= NR; i++) if (kind[i] != "=") for (k = i - 8; k <= i + 4; k++) near[k] = 1
          text = "   "
          for (i = 1; i <= NR; i++) {
            if (!near[i]) { if (near[i - 1] || i == 1) text = text " ..."; continue }
            if (kind[i] == "-" && kind[i - 1] != "-") text = text " [-"
            else if (kind[i] == "+" && kind[i - 1] != "+") text = text " {+"
            else text = text " "
            text = text token[i]
            if (kind[i] == "-" && kind[i + 1] != "-") text = text "-]"
            if (kind[i] == "+" && kind[i + 1] != "+") text = text "+}"
          }
          print text
        }' | fold -s -w 100 | sed '2,$s/^/    /'
      echo "  in full: $(digest "$out/full.$name.out")"
      echo
    done < <(awk -v theorem="$theorem" '$3 == theorem { print $1, $2 }' "$work/pinned")
  done <"$work/theorems"
  echo "== Definitions outside model.v that these use"
  echo
  shown_used example
} >"$work/examples.ref"
if [ "$update" = yes ]; then cp "$work/examples.ref" Examples.ref; fi
if [ -s "$work/near" ]; then
  cat "$work/near"
  fail "near misses are not mutations of their theorems"
fi
while read -r kind name theorem; do
  if [ "$kind" = holds ] && [ "$(tokens "$out/$name.out")" = True ]; then
    fail "$name says nothing: its statement is True"
  fi
done <"$work/pinned"

# The proof of each example has its theorem in it, itself or by way of what it uses.
uses() { grep -qE "(^|[^A-Za-z0-9_'.])Statements\.$1([^A-Za-z0-9_']|$)" "$2"; }
sed -n 's/^holds //p' "$work/pinned" >"$work/holds"
while read -r name theorem; do
  uses "$theorem" "$out/proof.$name.out" || echo "$name $theorem"
done <"$work/holds" >"$work/indirect"
if [ -s "$work/indirect" ]; then
  sed -E 's/(.*) (.*)/say deep.\1 Print Opaque Dependencies \1./' "$work/indirect" >"$work/questions"
  ask "what examples use" $loaded || fail "what examples use cannot be printed"
  while read -r name theorem; do
    uses "$theorem" "$out/deep.$name.out" || fail "$name does not use Statements.$theorem"
  done <"$work/indirect"
fi
diff -u Examples.ref "$work/examples.ref" || fail "Examples.ref differs: an example is not what it was"

step "what each theorem, example and near miss rests on"
cut -d ' ' -f 2 "$work/pinned" | cat "$work/stated" - >"$work/all"
{
  echo "Definition all :="
  sed 's/.*/conj (@&) (/' "$work/all"
  echo "I"
  sed 's/.*/)/' "$work/all"
  echo "."
  echo "say all Print Assumptions all."
} >"$work/questions"
ask "what each theorem rests on" $loaded || fail "the assumptions cannot be printed"
if [ "$(cat "$out/all.out")" != "Closed under the global context" ]; then
  cat "$out/all.out"
  fail "these theorems rest on axioms"
fi
sed 's/$/: Closed under the global context/' "$work/theorems" >"$work/assumptions"
if [ "$update" = yes ]; then cp "$work/assumptions" Assumptions.ref; fi
diff -u Assumptions.ref "$work/assumptions" || fail "assumptions differ from Assumptions.ref"

complete
if [ "$reuse" = yes ]; then
  step "all but a clean build and coqchk passed"
  exit 4
fi

step "the compiled files, and what they use of the libraries, by coqchk"
code=0
wait "$checking" || code=$?
checking=""
[ "$code" != 124 ] || fail "timed out after $limit s: coqchk"
[ "$code" = 0 ] || { cat "$work/coqchk"; fail "coqchk refuses the compiled files"; }
# Its summary also names sealed members of the libraries; what counts is that none is of this project.
if grep -n '^ *filtercert\.' "$work/coqchk"; then
  fail "coqchk finds these to rest on axioms, or on checks switched off"
fi

if [ -n "$keep" ]; then
  cp -p *.md Makefile *.sh *.ref "$copy"
  cp -a "$copy" "$keep"
fi
step "proved, with no axioms"
sed -n 's/^Headlines\.\(.*\)/  \1: no axioms (Headlines.v)/p; s/^Statements\.\(.*\)/  \1: no axioms/p' "$work/stated"
