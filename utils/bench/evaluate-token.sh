#!/bin/sh
# Measures how long the reference evaluator takes for one token of a Llama of 110 million
# weights, in each arithmetic; reading the weights is part of it.
#
# usage: evaluate-token.sh [BUILD_DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-"$here/../../build/release"}
cmake --build "$build" --target espresso-opt >&2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 "$here/make-token-program.py" "$directory"
for numerics in fp32 fp16 fp16-acc16 fp64 ane-q16; do
  start=$(date +%s%N)
  "$build/bin/espresso-opt" "$directory/model.mil" --evaluate --seed=1 \
    --numerics="$numerics" -o "$directory/out"
  end=$(date +%s%N)
  echo "$numerics: $(((end - start) / 1000000)) ms"
done
