#!/usr/bin/env bash
# Compares whole processes pair by pair in one run: transfuse fuse against cp of the same base, both to fresh destinations.
# Usage: benchmarks/fuse.sh [LAYERS] [HIDDEN] [SHARDS] [PAIRS]     16 1024 1 is 738 MB; 24 4096 5 is 10.5 GB
# TRANSFUSE_COMMAND names a published command; without it one is published first.
set -euo pipefail
cd "$(dirname "$0")/.."
layers=${1:-16} hidden=${2:-1024} shards=${3:-1} pairs=${4:-9}
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

command=${TRANSFUSE_COMMAND:-$work/bin/transfuse}
[ -n "${TRANSFUSE_COMMAND:-}" ] || dotnet publish src/Cli -c Release -r "$(dotnet --info | awk '/RID:/ {print $2; exit}')" -o "$work/bin" >/dev/null
dotnet run -c Release --project benchmarks -- make-model "$work" "$layers" "$hidden" "$shards"
du -sh "$work/base"

seconds() { local start end; start=$(date +%s.%N); "$@" >/dev/null; end=$(date +%s.%N); echo "$end - $start" | bc -l; }
run_cp() { cp -r "$work/base" "$work/copy"; }
run_transfuse() { "$command" fuse --base "$work/base" --adapter "$work/adapter" --output "$work/merged" --quiet; }

cat "$work/base/"* >/dev/null
for pair in $(seq "$pairs"); do
  rm -rf "$work/copy" "$work/merged"
  a=$(seconds run_cp)
  b=$(seconds run_transfuse)
  echo "pair $pair: cp ${a:0:6} s, transfuse ${b:0:6} s, ratio $(echo "$b / $a" | bc -l | cut -c1-5)"
done | tee "$work/pairs"
echo "median ratio: $(awk '{print $NF}' "$work/pairs" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}')"

rm -rf "$work/copy" "$work/merged"
/usr/bin/time -v "$command" fuse --base "$work/base" --adapter "$work/adapter" --output "$work/merged" --quiet 2>&1 | grep -E 'Maximum resident|Elapsed'
