#!/usr/bin/env bash
# idx_part.sh FROM TO PREFIX FIRST COUNT: so many images and labels of an IDX set (PREFIX: train or t10k), from FIRST on, as an IDX set in TO.
set -euo pipefail
from=$1 to=$2 prefix=$3 first=$4 count=$5
mkdir -p "$to"
big_endian() { printf "\\x$(printf %02x $(($1 >> 24 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 & 255)))"; }
bytes() { if [[ -f $from/$1 ]]; then cat "$from/$1"; else gzip -dc "$from/$1.gz"; fi; }
part() { bytes "$1" | tail -c +$(($2 + first * $3 + 1)) | head -c $((count * $3)) || true; }
{ big_endian $((0x803)); big_endian "$count"; big_endian 28; big_endian 28; part "$prefix-images-idx3-ubyte" 16 784; } >"$to/$prefix-images-idx3-ubyte"
{ big_endian $((0x801)); big_endian "$count"; part "$prefix-labels-idx1-ubyte" 8 1; } >"$to/$prefix-labels-idx1-ubyte"
[[ $(stat -c %s "$to/$prefix-images-idx3-ubyte") -eq $((16 + count * 784)) ]]
