#!/usr/bin/env bash
# package_test.sh FOLDER CMAKE_OPTION...
# Builds the program of this folder like another project: with the installed library, in a folder that was moved afterwards,
# and with a copy of the library's sources, in a path with spaces. Builds incrementally.
set -euo pipefail
kernels=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
cd "$1"
shift
common=("$@")
quickly=(-DCMAKE_BUILD_TYPE=None -DCMAKE_UNITY_BUILD_BATCH_SIZE=0)

# build FOLDER SOURCE CMAKE_OPTION...
build() {
  if ! { cmake --fresh -S "$2" -B "$1" "${common[@]}" "${quickly[@]}" "${@:3}" && cmake --build "$1"; } > "$1.log" 2>&1; then
    cat "$1.log"
    exit 1
  fi
}

# check WHAT PROGRAM
check() {
  local expected='1 8 27 64 from a child 7' found
  found=$("$2") || { echo "The program $1 ended with status $?"; exit 1; }
  [[ $found == "$expected" ]] || { echo "The program $1 printed '$found', expected '$expected'"; exit 1; }
}

rm -rf 'other sources' installed moved
mkdir 'other sources'
cp -Rp "$kernels/processes" "$kernels/host" 'other sources'

build library 'other sources/processes' -DCMAKE_INSTALL_PREFIX="$PWD/installed" -DCMAKE_INSTALL_LIBDIR=lib \
  -DCMAKE_UNITY_BUILD=ON
cmake --install library > install.log
mv installed moved
build with_installed "$kernels/tests/package" -DCMAKE_PREFIX_PATH="$PWD/moved"
check 'with the installed library' with_installed/cubes
"${CXX:-c++}" -o linked with_installed/CMakeFiles/cubes.dir/main.cpp.o -Lmoved/lib -lprocesses -lfmt -pthread
check 'linked without CMake' ./linked

# Installed headers count as system headers, whose warnings are off.
build with_sources "$kernels/tests/package" -DPROCESSES_SOURCE="$PWD/other sources/processes" -DCMAKE_UNITY_BUILD=ON \
  -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror' -DCMAKE_CXX_STANDARD=23
check 'with sources' with_sources/cubes
echo "Built and ran: with the installed library, linked without CMake, with sources"
