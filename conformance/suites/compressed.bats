#!/usr/bin/env bats
# bats file_tags=long
# Images with compressed clusters: many streams in one host cluster, streams that cross a cluster boundary, and a
# plain cluster between them.

load ../lib/suite

make_compressed() { # OPTIONS
    local clusters=$((cluster > 65536 ? 3 : 12))
    seq 1 10000000 | head -c $((clusters * cluster + 512)) >text.raw
    "$QEMU_IMG" convert -c -f raw -O qcow2 -o "$1" text.raw image.qcow2
    rm text.raw
    "$QEMU_IMG" resize -q image.qcow2 $(((table + 2) * cluster + 512))
    guest "write -c $table 1" "write -c $((table + 1)) 1" 'write 2 1'
}

make_zstd() { # OPTIONS
    make_compressed "$1,compression_type=zstd"
}

zlib() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_compressed "${compressed[@]}" "${l2_table[@]}"
}

zstd() { # CLUSTER_SIZE
    in_all_widths 'v3' "$1" make_zstd "${compressed[@]}"
}

@test "compressed by zlib, clusters of 512 bytes" { zlib 512; }
@test "compressed by zlib, clusters of 4 KiB" { zlib 4096; }
@test "compressed by zlib, clusters of 64 KiB" { zlib 65536; }
@test "compressed by zlib, clusters of 2 MiB" { zlib 2097152; }

@test "compressed by zstd, clusters of 512 bytes" { zstd 512; }
@test "compressed by zstd, clusters of 4 KiB" { zstd 4096; }
@test "compressed by zstd, clusters of 64 KiB" { zstd 65536; }
@test "compressed by zstd, clusters of 2 MiB" { zstd 2097152; }
