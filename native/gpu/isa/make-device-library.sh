#!/bin/sh
# usage: make-device-library.sh FOLDER - AMD device libraries for Debian's clang-19: those of rocm-device-libs 5.2.3 plus the
# one file clang wants for gfx942 that 5.2.3 does not have.
set -eu
folder=$1
source=/usr/lib/x86_64-linux-gnu/amdgcn/bitcode
[ -d "$source" ] || { echo "rocm-device-libs is not installed"; exit 1; }
mkdir -p "$folder"
ln -sf "$source"/*.bc "$folder"/
cat > "$folder/isa942.ll" <<'L'
target datalayout = "e-p:64:64-p1:64:64-p2:32:32-p3:32:32-p4:64:64-p5:32:32-p6:32:32-p7:160:256:256:32-p8:128:128-p9:192:256:256:32-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-v512:512-v1024:1024-v2048:2048-n32:64-S32-A5-G1-ni:7:8:9"
target triple = "amdgcn-amd-amdhsa"
@__oclc_ISA_version = linkonce_odr protected local_unnamed_addr addrspace(4) constant i32 9402, align 4
L
llvm-as-19 "$folder/isa942.ll" -o "$folder/oclc_isa_version_942.bc"
