#!/bin/bash
# Two processes that group vectors over a slow link: each in a network namespace of its own, with a limited rate between
# them (tc tbf, which kernels have that lack netem). Says how long they take, and what the other says when one of them is
# killed in the middle.
#
#     scripts/bench/slow_link.sh FACENET VECTORS.npy THRESHOLD [RATE [AFTER]]     # 100mbit each way, 4 seconds
#
# Needs root, ip and tc. Touches nothing but its two namespaces, which go with it.
set -euo pipefail

facenet=$1 vectors=$2 threshold=$3 rate=${4:-100mbit} after=${5:-4}
work=$(mktemp -d)
left=facenet-left-$$ right=facenet-right-$$
trap 'ip netns del "$left" 2>/dev/null; ip netns del "$right" 2>/dev/null; rm -rf "$work"' EXIT

ip netns add "$left"
ip netns add "$right"
ip link add link0 netns "$left" type veth peer name link0 netns "$right"
number=1
for side in "$left" "$right"; do
  ip -n "$side" address add "10.200.0.$number/24" dev link0
  ip -n "$side" link set link0 up
  ip -n "$side" link set lo up
  ip netns exec "$side" tc qdisc add dev link0 root tbf rate "$rate" burst 64kb latency 400ms
  number=$((number + 1))
done

# run RANK NAMESPACE: begins one of the two
run() {
  MASTER_ADDR=10.200.0.1 MASTER_PORT=29500 RANK=$1 WORLD_SIZE=2 GLOO_SOCKET_IFNAME=link0 \
    ip netns exec "$2" "$facenet" cluster --embeddings "$vectors" --threshold "$threshold" --threads 1 -v \
    > "$work/out.$1" 2> "$work/err.$1"
}

"$facenet" cluster --embeddings "$vectors" --threshold "$threshold" --threads 1 > "$work/alone"
begin=$(date +%s.%N)
run 1 "$right" &
run 0 "$left"
wait
printf '%s: %.1f s, %s; ' "$rate" "$(echo "$(date +%s.%N) - $begin" | bc)" "$(tail -1 "$work/err.0")"
cmp -s "$work/alone" "$work/out.0" && echo 'the groups of one process' || echo 'OTHER GROUPS'

# lose WHAT COMMAND...: how the first ends when COMMAND has taken the other away in the middle
lose() {
  local what=$1 status=0 begin
  shift
  run 1 "$right" &
  other=$!
  sleep 2
  begin=$(date +%s.%N)
  (sleep "$after"; "$@") &
  run 0 "$left" || status=$?
  printf '%s: after %.1f s the other ends with status %s: %s\n' \
    "$what" "$(echo "$(date +%s.%N) - $begin" | bc)" "$status" "$(tail -1 "$work/err.0")"
  wait 2>/dev/null || true
}

kill_other() {
  pkill -KILL -P "$other"
  kill -KILL "$other" 2>/dev/null
}

# As when a machine loses its power: nothing comes from it any more.
cut_off() {
  ip -n "$right" link set link0 down
  kill_other
}

lose 'one is killed' kill_other
lose 'the machine of one is cut off' cut_off
