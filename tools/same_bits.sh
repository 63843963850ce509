#!/usr/bin/env bash
# same_bits.sh NATIVE_BUILD WORK: fits give the same bits on every instruction set with FMA that can be run here, NEON
# under an emulator included. NATIVE_BUILD is a CMake build folder with tests, WORK an empty one to be filled.
set -euo pipefail
native=$1
work=$2
source_dir=$(cd "$(dirname "$0")/.." && pwd)

reference=""
compare() { # NAME COMMAND...
    local name=$1
    shift
    "$@" >"$work/$name.txt"
    if [ -z "$reference" ]; then
        reference=$work/$name.txt
    else
        diff "$reference" "$work/$name.txt" || { echo "$name gives other bits than $(basename "$reference" .txt)"; exit 1; }
    fi
    echo "$name: $(wc -l <"$work/$name.txt") fits"
}

mkdir -p "$work"
for isa in avx2 avx512 neon; do
    if "$native/tests/cpp/fingerprint" $isa >/dev/null 2>&1; then compare $isa "$native/tests/cpp/fingerprint" $isa; fi
done
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
    cmake -S "$source_dir" -B "$work/aarch64" -DCMAKE_TOOLCHAIN_FILE="$source_dir/cmake/aarch64-linux-gnu.cmake" \
        -DGAUSSMIX_TESTS=ON -DGAUSSMIX_OPENMP=OFF -DGAUSSMIX_WARNINGS_AS_ERRORS=ON >/dev/null
    cmake --build "$work/aarch64" --target fingerprint test_math_neon -j "$(nproc)" >/dev/null
    qemu-aarch64 "$work/aarch64/tests/cpp/test_math_neon" 200000
    compare emulated-neon qemu-aarch64 "$work/aarch64/tests/cpp/fingerprint" neon
else
    echo "no cross-compiler or emulator for aarch64 here: NEON not compared"
fi
