#!/usr/bin/env bash
# From a fresh clone to text: installs what is missing, builds, compiles a model to
# a bundle of MIL programs, and lets it write.
#
# usage: utils/quickstart.sh [MODEL] [PROMPT]
#   MODEL    a GGUF or llama2.c checkpoint (default: our own small model)
#   PROMPT   how the text begins
set -euo pipefail

cd "$(dirname "$0")/.."
model=${1:-test/models/fable.gguf}
prompt=${2:-"Once upon a time"}

utils/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release \
  --target espresso-compile espresso-opt espresso-run

bin=build/release/bin
bundle=build/$(basename "${model%.*}").espresso
echo "+ espresso-compile $model -o $bundle" >&2
"$bin/espresso-compile" "$model" -o "$bundle"
echo "+ espresso-run $bundle -p \"$prompt\" -n 192" >&2
"$bin/espresso-run" "$bundle" -p "$prompt" -n 192
