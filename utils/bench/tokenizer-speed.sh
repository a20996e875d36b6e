#!/usr/bin/env bash
# Measures how long a megabyte of text takes to encode and decode, and how long
# llama.cpp takes for the same, run after run in turn.
#
# usage: tokenizer-speed.sh VOCABULARY [--build DIR] [--llama-cpp DIR] [--bytes N]
#   VOCABULARY       *.gguf, tokenizer.json, *.model, ...; *.gguf for llama.cpp
#   --llama-cpp DIR  sources of llama.cpp, with libllama in DIR/build/bin
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage() {
  sed -n '5,7s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
vocabulary='' build="$here/../../build/release" llama='' bytes=1000000
while [[ $# -gt 0 ]]; do
  case $1 in
    --build | --llama-cpp | --bytes)
      [[ $# -ge 2 ]] || usage
      case $1 in
        --build) build=$2 ;;
        --llama-cpp) llama=$2 ;;
        --bytes) bytes=$2 ;;
      esac
      shift 2
      ;;
    -*) usage ;;
    *) vocabulary=$1; shift ;;
  esac
done
[[ -n $vocabulary ]] || usage

cmake --build "$build" --target espresso-tokenizer-bench >&2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 "$here/make-text.py" "$bytes" > "$directory/text"
if [[ -n $llama ]]; then
  libraries=$llama/build/bin
  "${CXX:-c++}" -std=c++17 -O2 -I "$llama/include" -I "$llama/ggml/include" \
    "$here/LlamaTokenizerBench.cpp" -o "$directory/llama" \
    -L "$libraries" -lllama -Wl,-rpath,"$libraries"
fi
for _ in 1 2 3; do
  "$build/bin/espresso-tokenizer-bench" "$vocabulary" "$directory/text"
  [[ -z $llama ]] || "$directory/llama" "$vocabulary" "$directory/text"
done
