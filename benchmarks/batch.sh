#!/usr/bin/env bash
# Measures batches of whole processes: 1,000 adapters of 2 MB against cp -r of the same folder, pair by pair; a second run; memory at 100 and 1,000; 10,000 of 50 KB.
# Usage: benchmarks/batch.sh [PAIRS] [COMMAND]     the command is published where none is given
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-5} command=${2:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-batch.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ -z "$command" ]; then
  dotnet publish src/Cli -c Release -r "$(dotnet --info | awk '/RID:/ {print $2; exit}')" -o "$work/bin" >/dev/null
  command=$work/bin/transfuse
fi
make() { dotnet run -c Release --project benchmarks -- make-adapters "$@"; }
make "$work/runs" 1000 32 1024
du -sh "$work/runs"
mkdir "$work/base"
echo '{"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 1024, "tie_word_embeddings": false}' >"$work/base/config.json"

seconds() { local start end; start=$(date +%s.%N); "$@" >/dev/null 2>&1; end=$(date +%s.%N); echo "$end - $start" | bc -l; }
convert() { "$command" convert "$work/$1/*" --base "$work/base" --to mlx-lm --output "$work/converted" --quiet; }
memory() { /usr/bin/time -f '%M' "$command" convert "$work/$1/*" --base "$work/base" --to mlx-lm --output "$work/converted" --quiet 2>&1 | tail -1; }
cat "$work"/runs/*/* >/dev/null
for pair in $(seq "$pairs"); do
  rm -rf "$work/copy" "$work/converted"
  a=$(seconds cp -r "$work/runs" "$work/copy")
  rm -rf "$work/copy"
  b=$(seconds convert runs)
  echo "pair $pair: cp ${a:0:6} s, transfuse ${b:0:6} s, ratio $(echo "$b / $a" | bc -l | cut -c1-5)"
done | tee "$work/pairs"
echo "median ratio: $(awk '{print $NF}' "$work/pairs" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}')"
for run in 1 2 3; do c=$(seconds convert runs); echo "second run, nothing to do: ${c:0:6} s"; done

rm -rf "$work/converted"
echo "memory, 1,000 adapters: $(memory runs) kB"
mkdir "$work/hundred"
for folder in "$work"/runs/000*; do ln -s "$folder" "$work/hundred/"; done
rm -rf "$work/converted"
echo "memory, 100 adapters: $(memory hundred) kB"
rm -rf "$work/converted" "$work/runs"

make "$work/small" 10000 3 256
echo '{"model_type": "llama", "num_hidden_layers": 3, "hidden_size": 256, "tie_word_embeddings": false}' >"$work/base/config.json"
cat "$work"/small/*/* >/dev/null
for run in 1 2 3; do
  rm -rf "$work/converted"
  d=$(seconds convert small)
  echo "10,000 adapters of 50 KB: ${d:0:6} s, $(echo "10000 / $d" | bc -l | cut -d. -f1) a second"
done
e=$(seconds convert small)
echo "second run over 10,000: ${e:0:6} s"
