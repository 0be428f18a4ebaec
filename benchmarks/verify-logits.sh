#!/usr/bin/env bash
# Runs transfuse verify --logits on random Llamas in bfloat16 with one adapter, 32 tokens: 1.24 billion weights, and 8.03 billion that are sparse on the disk.
# Reports the time of a pass (base and adapter are two) and the resident memory.
# Usage: benchmarks/verify-logits.sh [1b|8b ...] [-- more options of verify, such as --backend mlx-cpu --mlx-library FILE]
# TRANSFUSE_COMMAND names a published command; without it one is published first. With MLX_LM (a python that has mlx and mlx_lm's models) its CPU is timed on the
# same passes, base and adapter fused in one model each: MLX_LM="python3 benchmarks/mlx_passes.py".
set -euo pipefail
cd "$(dirname "$0")/.."
sizes=() more=()
while [ $# -gt 0 ]; do
  if [ "$1" = -- ]; then shift; more=("$@"); break; fi
  sizes+=("$1"); shift
done
[ ${#sizes[@]} -gt 0 ] || sizes=(1b 8b)
work=$(mktemp -d "${TMPDIR:-/tmp}/transfuse-benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT

command=${TRANSFUSE_COMMAND:-$work/bin/transfuse}
[ -n "${TRANSFUSE_COMMAND:-}" ] || dotnet publish src/Cli -c Release -r "$(dotnet --info | awk '/RID:/ {print $2; exit}')" -o "$work/bin" >/dev/null
dotnet build benchmarks -c Release -v q >/dev/null

# The first rows of the sparse model's embedding are its only ones.
python3 -c "import json; print(json.dumps([[(7 * i + 3) % 64 for i in range(32)]]))" >"$work/ids.json"
for size in "${sizes[@]}"; do
  rm -rf "$work/base" "$work/adapter"
  dotnet benchmarks/bin/Release/net10.0/Transfuse.Benchmarks.dll make-llama "$work" "$size"
  echo "$size: $(du -sh --apparent-size "$work/base" | cut -f1) of weights, $(du -sh "$work/base" | cut -f1) on the disk"
  for run in 1 2 3; do
    /usr/bin/time -f "%e s %M KiB" "$command" verify "$work/adapter" --base "$work/base" --logits --ids "$work/ids.json" --quiet "${more[@]}" 2>"$work/time" || true
    tail -1 "$work/time" | awk -v size="$size" -v run="$run" '{printf "%s run %d: %.1f s, %.1f s a pass, %.0f MiB resident\n", size, run, $1, $1 / 2, $3 / 1024}'
  done
  [ -z "${MLX_LM:-}" ] || $MLX_LM "$work/base" "$work/ids.json"
done
