#!/bin/sh
# Stands for the program on the PATH of tests/clusters.rs. It notes every call, and kills the first try of one shard with
# kill -9, after a row is in its checkpoint and before its file is there; then it dies of the same signal itself, so that
# whoever started it sees what he would see.
#
#   CLUSTERS_PROGRAM  the program
#   CLUSTERS_CALLS    the file of calls
#   CLUSTERS_KILL     the shard to kill, as I/N
set -eu
echo "$*" >>"$CLUSTERS_CALLS"
killed=$CLUSTERS_CALLS.killed
case " $* " in
  *" --shard ${CLUSTERS_KILL:-none} "*) ;;
  *) exec "$CLUSTERS_PROGRAM" "$@" ;;
esac
[ ! -e "$killed" ] || exec "$CLUSTERS_PROGRAM" "$@"

part="" checkpoint="" last=""
for word in "$@"; do
  case $last in
    -o) part=$word ;;
    --checkpoint) checkpoint=$word ;;
  esac
  last=$word
done
lines() { wc -l 2>/dev/null <"$checkpoint" || echo 0; }
# A try that ends before it is killed does not count.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -f "$part" "$checkpoint"
  "$CLUSTERS_PROGRAM" "$@" --checkpoint-seconds 0 >/dev/null &
  until [ "$(lines)" -ge 2 ] || ! kill -0 $! 2>/dev/null; do sleep 0.005; done
  kill -9 $! 2>/dev/null || true
  code=0
  wait $! 2>/dev/null || code=$?
  if [ "$code" = 137 ] && [ ! -e "$part" ]; then
    lines >"$killed"
    kill -9 $$
  fi
done
echo "filtercert.sh: the shard always ended before it was killed" >&2
exit 1
