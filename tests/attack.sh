#!/usr/bin/env bash
# The long attack on the published command: mutated folders over all verbs, kills at random moments, disks that fill (as root).
# Every run ends as the contract says, within 256 MiB and 5 s; a failure leaves no output, and the next run clears what a kill left.
# usage: tests/attack.sh [SEED] [FOLDERS] [KILLS] [DISKS]     TRANSFUSE_COMMAND names a published command; without it one is published
set -euo pipefail
cd "$(dirname "$0")/.."
seed=${1:-1} folders=${2:-20000} kills=${3:-300} disks=${4:-150}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command=${TRANSFUSE_COMMAND:-$work/bin/transfuse}
[ -n "${TRANSFUSE_COMMAND:-}" ] || dotnet publish src/Cli -c Release -r "$(dotnet --info | awk '/RID:/ {print $2; exit}')" -o "$work/bin" >&2
dotnet build -c Release tests/Attack >&2
attack() { dotnet run --no-build -c Release --project tests/Attack -- "$command" "$@" "$seed"; }
attack folders "$folders"
attack kills "$kills"
if [ "$(id -u)" -eq 0 ]; then attack disks "$disks"; else echo "disks: not run, mounting needs root"; fi
