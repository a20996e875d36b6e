#!/bin/sh
# Measures how the time to parse, verify and print text grows with its operations.
#
# usage: parse-scaling.sh [BUILD_DIR]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-"$here/../../build/release"}
cmake --build "$build" --target espresso-text-bench >&2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
for operations in 10000 30000 100000; do
  python3 "$here/make-program.py" "$operations" > "$directory/$operations.mil"
done
"$build/bin/espresso-text-bench" \
  "$directory/10000.mil" "$directory/30000.mil" "$directory/100000.mil"
