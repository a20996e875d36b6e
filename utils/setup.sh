#!/usr/bin/env bash
# Installs the packages Espresso builds with, if any are missing.
#
# usage: utils/setup.sh [--with-checks] [--with-fuzzers]
#   --with-checks    also what formatting and lint checks need
#   --with-fuzzers   also what utils/fuzz.sh needs
#
# Debian 12 and its kin: apt-get, through sudo unless run as root. macOS: Homebrew
# (untested by us: see README, "Limits").
set -euo pipefail

debian_packages=(
  ca-certificates git g++ cmake ninja-build pkg-config python3
  llvm-19-dev llvm-19-tools libzip-dev libzstd-dev zlib1g-dev
  libabsl-dev protobuf-compiler libprotobuf-dev
  libhwy-dev nlohmann-json3-dev libssl-dev libpcre2-dev libutf8proc-dev
  libgtest-dev libgmock-dev
)
check_packages=(clang-format-14 clang-tidy-14)
fuzzer_packages=(clang-14 libclang-rt-14-dev)
brew_packages=(
  cmake ninja pkg-config llvm@19 abseil protobuf highway libzip nlohmann-json openssl
  pcre2 utf8proc
  googletest lit
)

for option in "$@"; do
  case $option in
    --with-checks) debian_packages+=("${check_packages[@]}") ;;
    --with-fuzzers) debian_packages+=("${fuzzer_packages[@]}") ;;
    *)
      echo "usage: utils/setup.sh [--with-checks] [--with-fuzzers]" >&2
      exit 2
      ;;
  esac
done

install_debian() {
  local missing=() package
  for package in "${debian_packages[@]}"; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
        grep -q '^install ok installed$'; then
      missing+=("$package")
    fi
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  echo "installing: ${missing[*]}" >&2
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || {
      echo "error: installing packages needs root or sudo" >&2
      exit 1
    }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

if command -v apt-get >/dev/null; then
  install_debian
elif command -v brew >/dev/null; then
  brew install --quiet "${brew_packages[@]}" >&2
else
  echo "error: neither apt-get nor brew was found; install by hand what" \
    "utils/setup.sh lists" >&2
  exit 1
fi
