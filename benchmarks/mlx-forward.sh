#!/usr/bin/env bash
# Compares forward passes on one MLX library's CPU, in turns of a few tokens: Transfuse through mlx-c, and mlx-lm's own Python. A Llama of 100 million weights in
# bfloat16 and in 4 bits, a rank-8 adapter on all projections, a prompt of 64 ids and 32 decoded ones, each id compared.
# Usage: TRANSFUSE_MLX=.../libmlxc.so PYTHONPATH=... benchmarks/mlx-forward.sh [ROUNDS]     PYTHON names a python that has mlx and mlx_lm
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-7} python=${PYTHON:-python3}
: "${TRANSFUSE_MLX:?names the file of mlx-c}"
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

dotnet build benchmarks -c Release -v q >/dev/null
"$python" benchmarks/mlx_reference.py make "$work"
for model in bf16 q4; do
  echo "$model:"
  "$python" benchmarks/mlx_reference.py pairs "$work/$model" "$work/adapter" "$rounds" 64 32 \
    dotnet benchmarks/bin/Release/net10.0/Transfuse.Benchmarks.dll forward "$work/$model" "$work/adapter" "$TRANSFUSE_MLX" 64
done
