#!/usr/bin/env bash
# Checks that C++ sources are formatted; --fix formats them.
#
# usage: utils/check-format.sh [--fix]
set -euo pipefail

cd "$(dirname "$0")/.."
formatter=$(command -v clang-format-14 || command -v clang-format) || {
  echo "error: clang-format was not found; run utils/setup.sh --with-checks" >&2
  exit 1
}
mode=(--dry-run --Werror)
[[ ${1:-} == --fix ]] && mode=(-i)
git ls-files '*.cpp' '*.h' | xargs "$formatter" "${mode[@]}"
