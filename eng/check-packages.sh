#!/usr/bin/env bash
# Makes the packages, installs the command from their folder into a temporary one and runs it, and builds and runs a small program against the
# libraries' packages alone.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
adapter=$PWD/tests/fixtures/llama_all_linear/peft model=$PWD/tests/fixtures/bases/llama

expect() { # WHAT GOT WANTED
  if [ "$2" != "$3" ]; then printf 'packages: %s: got\n%s\nnot\n%s\n' "$1" "$2" "$3"; exit 1; fi
}

eng/pack.sh "$work/feed" >"$work/pack.log" || { cat "$work/pack.log"; exit 1; }
version=$(basename "$work"/feed/Transfuse.Formats.*.snupkg .snupkg)
version=${version#Transfuse.Formats.}

dotnet tool install Transfuse --tool-path "$work/tool" --add-source "$work/feed" --version "$version" >/dev/null
expect 'version of the tool' "$("$work/tool/transfuse" --version | cut -d+ -f1)" "$version"

# The best of many starts, so that what else runs here does not count.
best=1000000
for _ in $(seq 30); do
  begin=$(date +%s%N)
  "$work/tool/transfuse" --version >/dev/null
  took=$(( ($(date +%s%N) - begin) / 1000 ))
  if [ "$took" -lt "$best" ]; then best=$took; fi
done
echo "packages: the installed tool starts in $(( best / 1000 )) ms"
if [ "$best" -gt 25000 ]; then echo 'packages: that is more than 25 ms'; exit 1; fi

"$work/tool/transfuse" convert "$adapter" --base "$model" --to mlx-lm --output "$work/by-tool" --verify >/dev/null

# Outside the checkout, so that nothing of it is inherited; with packages of its own, so that no older build of the same version is found.
cp -r tests/Packages "$work/program"
export NUGET_PACKAGES=$work/packages
dotnet build "$work/program" -c Release -o "$work/built" -p:TransfuseVersion="$version" -p:RestoreAdditionalProjectSources="$work/feed" -v quiet
expect 'program' "$("$work/built/Packages" "$adapter" "$model" "$work/by-library")" "converted: True
changes the logits: True
same on the model: True"
expect 'what both wrote' "$(cd "$work/by-library" && sha256sum * | sort)" "$(cd "$work/by-tool" && sha256sum * | sort)"
echo "packages: $(ls "$work/feed" | wc -l) made, the tool and a program against the libraries ran"
