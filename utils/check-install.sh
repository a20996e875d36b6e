#!/usr/bin/env bash
# Checks that cmake --install puts tools and headers in place, and that the tools
# run from there.
#
# usage: utils/check-install.sh BUILD_DIR
set -euo pipefail

build=${1:?usage: utils/check-install.sh BUILD_DIR}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >/dev/null
for tool in espresso-opt espresso-compile espresso-run; do
  "$prefix/bin/$tool" --version >/dev/null
done
test -f "$prefix/include/espresso/Runtime/Bundle.h"
test -f "$prefix/include/espresso/IR/Program.h"
