#!/usr/bin/env bash
# Checks that cmake --install puts tools and headers in place: the tools run from
# there, and every header compiles with nothing of the source tree in sight.
#
# usage: utils/check-install.sh BUILD_DIR
set -euo pipefail

build=${1:?usage: utils/check-install.sh BUILD_DIR}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >/dev/null
for tool in espresso-opt espresso-compile espresso-run espresso-reduce; do
  "$prefix/bin/$tool" --version >/dev/null
done

# Where the build found LLVM's headers.
llvm_include=$(grep -o -m 1 -E -- '-isystem [^ ]*llvm[^ ]*' \
  "$build/compile_commands.json" | head -n 1 | cut -d ' ' -f 2)
(cd "$prefix/include" && find espresso -name '*.h' | LC_ALL=C sort |
  sed 's/.*/#include "&"/') > "$prefix/all.cpp"
grep -q 'espresso/Runtime/Session.h' "$prefix/all.cpp"
"${CXX:-c++}" -std=c++20 -fsyntax-only -I "$prefix/include" \
  -isystem "$llvm_include" "$prefix/all.cpp"
