#!/usr/bin/env bash
# Compares whole processes pair by pair in one run: transfuse convert against cp of the same adapter.
# Usage: benchmarks/compare-with-cp.sh [LAYERS] [PAIRS]     32 layers are 336 MB, 192 layers 2 GB
set -euo pipefail
cd "$(dirname "$0")/.."
layers=${1:-32} pairs=${2:-9}
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

dotnet publish src/Cli -c Release -r "$(dotnet --info | awk '/RID:/ {print $2; exit}')" -o "$work/bin" >/dev/null
dotnet run -c Release --project benchmarks -- make-adapter "$work/adapter" "$layers"
du -sh "$work/adapter"

seconds() { local start end; start=$(date +%s.%N); "$@" >/dev/null 2>&1; end=$(date +%s.%N); echo "$end - $start" | bc -l; }
run_cp() { cp -r "$work/adapter" "$work/copy"; }
run_transfuse() { "$work/bin/transfuse" convert "$work/adapter" --base "$work/base" --to mlx-lm --output "$work/converted" --quiet; }

mkdir "$work/base"
echo "{\"model_type\": \"llama\", \"num_hidden_layers\": $layers, \"hidden_size\": 4096, \"tie_word_embeddings\": false}" >"$work/base/config.json"
cat "$work/adapter/"* >/dev/null
for pair in $(seq "$pairs"); do
  rm -rf "$work/copy" "$work/converted"
  a=$(seconds run_cp)
  b=$(seconds run_transfuse)
  echo "pair $pair: cp ${a:0:6} s, transfuse ${b:0:6} s, ratio $(echo "$b / $a" | bc -l | cut -c1-5)"
done | tee "$work/pairs"
echo "median ratio: $(awk '{print $NF}' "$work/pairs" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}')"

rm -rf "$work/converted"
/usr/bin/time -v "$work/bin/transfuse" convert "$work/adapter" --base "$work/base" --to mlx-lm --output "$work/converted" --quiet 2>&1 | grep -E 'Maximum resident'

small=tests/fixtures/llama_qv/peft
for _ in 1 2 3; do "$work/bin/transfuse" inspect "$small" --json >/dev/null; done
for _ in $(seq "$pairs"); do seconds "$work/bin/transfuse" inspect "$small" --json; done | sort -n |
  awk '{v[NR]=$1} END {printf "inspect --json of a small adapter: median %.0f ms\n", v[int((NR+1)/2)] * 1000}'
