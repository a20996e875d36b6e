#!/usr/bin/env bash
# Checks that espresso-run and the runtime libraries contain nothing of LLVM.
#
# usage: utils/check-links.sh BUILD_DIR
set -euo pipefail

build=${1:?usage: utils/check-links.sh BUILD_DIR}
status=0
for binary in "$build/bin/espresso-run" "$build"/lib/libEspresso{Base,Plan,Kernels,MachineLimits,Text,Runtime}.a; do
  if ! symbols=$(nm -C "$binary" 2>/dev/null) || [[ -z $symbols ]]; then
    echo "$binary: has no symbols to look at" >&2
    status=1
  elif grep -m 3 -E '\bllvm::' <<<"$symbols" >&2; then
    echo "$binary: refers to LLVM" >&2
    status=1
  fi
done
exit $status
