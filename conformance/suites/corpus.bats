#!/usr/bin/env bats
# bats file_tags=long
# Every file of the corpus: what corpus/MANIFEST.tsv says of it and make check asserts, qemu-img says today.

load ../lib/suite

# Every image of a folder, in the presence of the files that some of them name.
compare_folder() {
    local file count=0
    : >base.raw
    : >guest.raw
    "$QEMU_IMG" create -q -f qcow2 a-longer-name.qcow2 64K
    for file in "$conformance/../corpus/$1"/*; do
        cp "$file" image.qcow2 # for a checker that writes to what it checks
        compare "$1/${file##*/}" image.qcow2
        count=$((count + 1))
    done
    [ "$count" -eq "$(grep -c "^$1/" "$conformance/../corpus/MANIFEST.tsv")" ]
}

@test "corpus: seeds" {
    compare_folder seeds
    compare_folder seeds-64k
    compare_folder seeds-128k
}

@test "corpus: damaged" {
    compare_folder damaged
}

@test "corpus: grown" {
    compare_folder grown
}

@test "corpus: no folder is forgotten" {
    cd "$conformance/../corpus"
    run -0 ls -d -- */
    assert_output $'damaged/\ngrown/\nhostile/\nseeds-128k/\nseeds-64k/\nseeds/' # hostile/ has recipes: hostile.bats
}
