#!/usr/bin/env bash
# Verdicts, exact figures and names of proofs of all examples and 300 random problems: records them in DIR
# where DIR has no record yet, else compares with it. Usage: tests/verdicts/compare.sh DIR
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
VERDICTS_DIR=$(cd "$1" && pwd)
export VERDICTS_DIR
cd "$(dirname "$0")/../.."
exec cargo test --release --test program recorded_verdicts -- --nocapture
