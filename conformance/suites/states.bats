#!/usr/bin/env bats
# States that a writer leaves an image in: lazy refcounts, a crash, the dirty and the corrupt bit.

load ../lib/suite

# The writer is killed after its metadata has reached the file: refcounts lag behind where they are lazy.
make_crashed() { # OPTIONS
    create "$1" $((2 * table + 8))
    guest 'write 0 2'
    (
        "$QEMU_IO" -f qcow2 -t unsafe -c "write $((4 * cluster)) $cluster" -c "write $((table * cluster)) $cluster" \
            -c "discard $cluster $cluster" -c flush -c abort image.qcow2 || [ $? -eq 134 ]
    ) >qemu-io.out 2>&1 # a subshell: it is the shell that says "Aborted"
}

make_crashed_lazy() { # OPTIONS
    make_crashed "$1,lazy_refcounts=on"
}

crashed() { # CLUSTER_SIZE
    in_all_widths 'v2 v3' "$1" make_crashed 'set refcount:0 max'
    in_all_widths 'v3' "$1" make_crashed_lazy 'set header:incompatible_features 0' \
        'set header:incompatible_features 2' 'set header:incompatible_features 3' 'set header:compatible_features 0'
}

@test "crashed writer, clusters of 512 bytes" { crashed 512; }
@test "crashed writer, clusters of 4 KiB" { crashed 4096; }
@test "crashed writer, clusters of 64 KiB" { crashed 65536; }

@test "a crashed writer with lazy refcounts leaves an image that both call corrupt" {
    local cluster=65536 table=8192
    make_crashed_lazy compat=1.1
    compare 'lazy refcounts' image.qcow2
    run -2 "$REFCOW" check --output=json image.qcow2
    assert_equal "$("$DAMAGE" image.qcow2 get header:incompatible_features)" 0x1
}
