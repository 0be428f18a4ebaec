#!/usr/bin/env bash
# Compares whole processes pair by pair in one run: transfuse verify, of equal and of unequal adapters, and convert --verify, against the conversion alone.
# Usage: benchmarks/compare-verify-with-convert.sh [LAYERS] [PAIRS]     32 layers are 336 MB, 192 layers 2 GB
set -euo pipefail
cd "$(dirname "$0")/.."
layers=${1:-32} pairs=${2:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

dotnet publish src/Cli -c Release -r "$(dotnet --info | awk '/RID:/ {print $2; exit}')" -o "$work/bin" >/dev/null
for seed in 1 2; do dotnet run -c Release --project benchmarks -- make-adapter "$work/adapter$seed" "$layers" "$seed"; done
du -sh "$work/adapter1"
mkdir "$work/base"
echo "{\"model_type\": \"llama\", \"num_hidden_layers\": $layers, \"hidden_size\": 4096, \"tie_word_embeddings\": false}" >"$work/base/config.json"
transfuse() { "$work/bin/transfuse" "$@" --base "$work/base" --quiet; }

seconds() { local start end; start=$(date +%s.%N); "$@" >/dev/null 2>&1 || [ $? -eq 5 ]; end=$(date +%s.%N); echo "$end - $start" | bc -l; }
convert() { transfuse convert "$work/adapter1" --to mlx-lm --output "$work/converted"; }
equal() { transfuse verify "$work/adapter1" "$work/converted"; }
unequal() { transfuse verify "$work/adapter2" "$work/converted"; }
convert_and_verify() { transfuse convert "$work/adapter1" --to mlx-lm --output "$work/verified" --verify; }

cat "$work"/adapter?/* >/dev/null
for what in equal unequal convert_and_verify; do
  for pair in $(seq "$pairs"); do
    rm -rf "$work/converted" "$work/verified"
    a=$(seconds convert)
    b=$(seconds "$what")
    echo "pair $pair: convert ${a:0:6} s, $what ${b:0:6} s, ratio $(echo "$b / $a" | bc -l | cut -c1-5)"
  done | tee "$work/pairs"
  echo "$what: median ratio $(awk '{print $NF}' "$work/pairs" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}')"
done

memory() { /usr/bin/time -f "$1: %M KiB resident at most" "$work/bin/transfuse" "${@:2}" --base "$work/base" --quiet 2>&1 >/dev/null | tail -1; }
memory equal verify "$work/adapter1" "$work/converted"
memory unequal verify "$work/adapter2" "$work/converted"
rm -rf "$work/verified"
memory convert_and_verify convert "$work/adapter1" --to mlx-lm --output "$work/verified" --verify
