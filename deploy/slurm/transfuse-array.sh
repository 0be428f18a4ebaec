#!/usr/bin/env bash
# Converts a folder of adapters as a Slurm array: each task takes a part of equal bytes.
#
#   sbatch --array=1-8 deploy/slurm/transfuse-array.sh 'runs/**' mlx-lm converted [further options of transfuse convert]
#
# A task that is killed and requeued goes on where it stopped. When all have ended:
#
#   transfuse report --merge converted
#
#SBATCH --job-name=transfuse
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@30
set -euo pipefail
if [ $# -lt 3 ]; then echo "usage: sbatch --array=1-N $0 PATH TARGET OUTPUT [OPTION...]" >&2; exit 2; fi
paths=$1 target=$2 output=$3
shift 3

# exec: the scheduler's signals reach the command itself, which rolls back what is in work.
exec "${TRANSFUSE:-transfuse}" convert "$paths" --to "$target" --output "$output" \
  --shard auto --jobs "${SLURM_CPUS_PER_TASK:-1}" "$@"
