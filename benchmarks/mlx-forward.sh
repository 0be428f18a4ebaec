#!/usr/bin/env bash
# Compares forward passes on one MLX library's CPU, pair by pair: Transfuse through mlx-c, and mlx-lm's own Python. A Llama of 100 million weights in bfloat16 and
# in 4 bits, a rank-8 adapter on all projections, a prompt of 64 ids and 32 decoded ones, each id compared.
# Usage: TRANSFUSE_MLX=.../libmlxc.so PYTHONPATH=... benchmarks/mlx-forward.sh [PAIRS]     PYTHON names a python that has mlx and mlx_lm
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-7} python=${PYTHON:-python3}
: "${TRANSFUSE_MLX:?names the file of mlx-c}"
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

dotnet build benchmarks -c Release -v q >/dev/null
"$python" benchmarks/mlx_reference.py make "$work"
transfuse() { dotnet benchmarks/bin/Release/net10.0/Transfuse.Benchmarks.dll forward "$work/$1" "$work/adapter" "$TRANSFUSE_MLX" 64 32; }
reference() { "$python" benchmarks/mlx_reference.py forward "$work/$1" "$work/adapter" 64 32; }

for model in bf16 q4; do
  for pair in $(seq "$pairs"); do
    # Who begins alternates: a machine that slows down while a pair runs would else favour the first.
    if ((pair % 2)); then theirs=$(reference "$model"); fi
    ours=$(transfuse "$model")
    if ((pair % 2 == 0)); then theirs=$(reference "$model"); fi
    same=$([ "${theirs##* }" = "${ours##* }" ] && echo "same ids" || echo "other ids")
    echo "$theirs $ours" | awk -v model="$model" -v pair="$pair" -v same="$same" \
      '{printf "%s pair %d: mlx-lm prompt %.0f ms, %.2f ms a token; transfuse prompt %.0f ms, %.2f ms a token; ratios %.3f %.3f, %s\n", model, pair, $2, $4, $8, $10, $8 / $2, $10 / $4, same}'
  done | tee "$work/$model.pairs"
  median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
  echo "$model: median ratio of the prompt $(awk '{print $(NF - 3)}' "$work/$model.pairs" | median), of a token $(awk '{print $(NF - 2) + 0}' "$work/$model.pairs" | median)"
done
