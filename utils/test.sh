#!/usr/bin/env bash
# Installs what is missing, builds everything, runs every test.
#
# usage: utils/test.sh [--preset NAME] [LIT_ARGUMENT...]
#   --preset NAME   release (default), debug or asan
#
# The last line is "N passed, N failed"; exits non-zero if any failed.
set -euo pipefail

cd "$(dirname "$0")/.."
preset=release
if [[ ${1:-} == --preset ]]; then
  preset=${2:?--preset needs a name}
  shift 2
fi

utils/setup.sh
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target all
exec python3 utils/run-tests.py "build/$preset" "$@"
