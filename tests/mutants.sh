#!/usr/bin/env bash
# Draws mutants (small planted faults) of some files with a stated seed and runs the tests that are
# about these files on each of them. Needs cargo-mutants: cargo install cargo-mutants --locked
#
#   tests/mutants.sh SEED COUNT FILE_GLOB... -- CARGO_TEST_ARGUMENTS...
#   tests/mutants.sh 20 40 'src/dynamics/expected/**' -- --lib --test library
#
# Works in place, so the checkout must be clean. What was caught, missed, or could not be built is in
# mutants.out/. A mutant is drawn if the SHA-256 of "SEED NAME" is among the COUNT least; line and
# column do not count, so that an edit elsewhere in a file changes no draw.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 5 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ -z "$(git status --porcelain)" ] || { echo "mutants.sh: the checkout has changes" >&2; exit 2; }

seed=$1 count=$2
shift 2
files=()
while [ "$1" != -- ]; do
  files+=(-f "$1")
  shift
done
shift

drawn=$(mktemp)
trap 'rm -f "$drawn"' EXIT
cargo mutants --list "${files[@]}" |
  while read -r name; do
    printf '%s %s\n' "$(sed -E 's/^([^:]+):[0-9]+:[0-9]+:/\1:/' <<<"$seed $name" | sha256sum | cut -c1-16)" "$name"
  done | sort | awk -v n="$count" "NR <= n" | cut -d' ' -f2- >"$drawn"

names=()
while read -r name; do
  names+=(-F "^$(sed -E 's/[][\\.^$*+?(){}|]/\\&/g' <<<"$name")\$")
done <"$drawn"
export PROPTEST_DISABLE_FAILURE_PERSISTENCE=1
# With cargo-nextest the first test that fails ends a mutant's run.
tool=cargo
if cargo nextest --version >/dev/null 2>&1; then tool=nextest; fi
cargo mutants --in-place --profile mutants --baseline skip --timeout "${MUTANT_TIMEOUT:-240}" \
  --test-tool "$tool" "${files[@]}" "${names[@]}" -- "$@"
