#!/usr/bin/env bash
# Feeds damaged inputs to everything that reads files, under the address and
# undefined-behaviour sanitizers.
#
# usage: utils/fuzz.sh [--seconds N | --runs N] [TARGET...]
#   --seconds N   how long each target runs (default 60)
#   --runs N      how many inputs each target gets, the same ones every time from
#                 a fresh clone: what checks of a change want
#   TARGET        e.g. MilText; by default all of test/fuzz/*Fuzzer.cpp
#
# Builds the preset 'fuzz' and prints a line for each target. Exits 1 if there was a
# finding: the input is kept in build/fuzz/findings, and running the target with it as
# its only argument shows the finding again. What a target has learnt stays in
# build/fuzz/corpus for the next run.
set -euo pipefail

cd "$(dirname "$0")/.."
seconds=60
runs=
targets=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --seconds | --runs)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || {
        echo "error: $1 wants a number" >&2
        exit 2
      }
      declare "${1#--}=$2"
      shift 2
      ;;
    -*)
      echo "usage: utils/fuzz.sh [--seconds N | --runs N] [TARGET...]" >&2
      exit 2
      ;;
    *)
      [[ -f test/fuzz/${1}Fuzzer.cpp ]] || {
        echo "error: there is no target '$1'" >&2
        exit 2
      }
      targets+=("$1")
      shift
      ;;
  esac
done
if [[ ${#targets[@]} -eq 0 ]]; then
  for source in test/fuzz/*Fuzzer.cpp; do
    targets+=("$(basename "$source" Fuzzer.cpp)")
  done
fi

utils/setup.sh --with-fuzzers
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER:-$(
  command -v ccache || true)}
cmake --preset fuzz >/dev/null
build=build/fuzz
ninja -C "$build" "${targets[@]/%/Fuzzer}" MakeSeeds >&2

# Everything small that the tests read is where fuzzing starts. Files beside the
# sources are used if they are there.
max_seed_bytes=65536
seeds=$build/seeds
rm -rf "$seeds"
mkdir -p "$seeds/MilText" "$seeds/Gguf" "$build/findings"
shopt -s globstar nullglob
"$build/bin/fuzz/MakeSeeds" "$seeds" test/**/*.mil ../shared/corpus/mil/*.mil
for file in test/models/*.gguf ../shared/models/**/*.gguf; do
  cp "$file" "$seeds/Gguf/"
done
find "$seeds" -type f -size +"$max_seed_bytes"c -delete

# Some readers take files only; in memory these cost little.
if [[ -d /dev/shm && -w /dev/shm ]]; then
  export TMPDIR=/dev/shm
fi

run_target() {
  local target=$1 log=$build/findings/$1.log
  local corpus=$build/corpus/$target
  mkdir -p "$corpus"
  # Entropic scheduling costs more than the readers take.
  local -a options=(
    -max_len="$max_seed_bytes" -timeout=60 -rss_limit_mb=2048
    -print_final_stats=1 -entropic=0
    -artifact_prefix="$build/findings/$target-"
  )
  if [[ -n $runs ]]; then
    options+=(-runs="$runs" -seed=1)
  else
    options+=(-max_total_time="$seconds")
  fi
  if [[ -f test/fuzz/$target.dict ]]; then
    options+=(-dict="test/fuzz/$target.dict")
  fi
  local result="no findings" status=0
  "$build/bin/fuzz/$target" "${options[@]}" "$corpus" "$seeds/$target" \
    >"$log" 2>&1 || status=$?
  if [[ $status -ne 0 ]]; then
    result="FINDING: $(grep -m 1 -E \
      'ERROR: |runtime error: |broken promise: |Assertion' "$log" ||
      echo "exit code $status"); see $log"
  fi
  local executed first last
  executed=$(sed -nE 's/^stat::number_of_executed_units: *//p' "$log")
  first=$(sed -nE 's/.*INITED cov: ([0-9]+).*/\1/p' "$log" | head -n 1)
  last=$(sed -nE 's/^#.* cov: ([0-9]+).*/\1/p' "$log" | tail -n 1)
  echo "$target: ${executed:-0} runs, coverage ${first:-0} -> ${last:-0}, $result"
  return "$status"
}

found=0
for target in "${targets[@]}"; do
  run_target "$target" || found=1
done
exit "$found"
