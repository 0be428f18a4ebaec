#!/usr/bin/env bash
# Makes the packages: the four libraries, and the command as a tool: machine code for this platform, and one that needs a runtime for the rest.
# Usage: eng/pack.sh [FOLDER]     (default: artifacts/packages); other platforms' packages of machine code are made on those platforms
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-artifacts/packages}
mkdir -p "$output"
rid=$(dotnet --info | awk '/RID:/ {print $2; exit}')

# By the environment, so that a build that has it already is not made again.
export ContinuousIntegrationBuild=true

pack() { dotnet pack "$@" -c Release -o "$output" -v quiet; }
for library in Formats Metadata Conversion Apply; do pack "src/$library"; done
pack src/Cli -r "$rid"
pack src/Cli -r any
pack src/Cli -p:PublishAot=true   # the package that people name: it holds nothing but the list of the others
ls "$output"
