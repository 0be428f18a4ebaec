#!/bin/sh
# The long fuzz run: damaged files must give a typed refusal or the right tensors, in bounded time and memory.
# usage: tests/fuzz.sh [SEED]
set -eu
cd "$(dirname "$0")/.."
seed="${1:-1}"
dotnet build -c Release tests/Formats.Fuzz >&2
for run in "safetensors 100000" "torch 200000" "pickle 50000" "npz 100000"; do
    # shellcheck disable=SC2086
    dotnet run --no-build -c Release --project tests/Formats.Fuzz -- $run "$seed"
done
