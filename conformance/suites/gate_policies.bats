#!/usr/bin/env bats
# Policies of the gate: features that are refused or required, limits of files, the presets, raw files and short ones.

load ../lib/suite
load ../lib/gate

policies=$conformance/../cli/policy

# ------------------------------------------------------------------ features

# feature NAME COMMAND...: an image that has the feature, and what makes it; plain images lack it.
features() {
    cat <<'ROWS'
version-2|version_2
lazy-refcounts|plain -o lazy_refcounts=on
zstd|plain -o compression_type=zstd
compressed-clusters|compressed
extended-l2|plain -o extended_l2=on
backing-file|backing base.qcow2
data-file|data_file guest.raw
snapshots|snapshots
bitmaps|bitmaps
encryption|luks
ROWS
}

compressed() {
    plain
    "$QEMU_IMG" convert -c -O qcow2 image.qcow2 compressed.qcow2
    mv compressed.qcow2 image.qcow2
}

# about_feature RULE NAME: the image breaks the rule because of the feature, and nothing else that is not allowed.
about_feature() {
    assert_equal "$(jq -c '[.broken[] | [.rule, .feature]]' "$answer")" "[[\"$1\",\"$2\"]]"
}

@test "a feature that the policy refuses, and one that it requires" {
    local name made
    local -a words allowed
    mapfile -t allowed < <(allowing "$(allowable)")
    while IFS='|' read -r name made; do
        echo "$name"
        rm -f image.qcow2
        read -ra words <<<"$made"
        "${words[@]}"
        gate 0 "${allowed[@]}" --require "$name" image.qcow2
        gate 2 "${allowed[@]}" --refuse "$name" image.qcow2
        about_feature feature-refused "$name"
        plain
        gate 0 --refuse "$name" image.qcow2
        gate 2 --require "$name" image.qcow2
        about_feature feature-missing "$name"
    done < <(features)
    gate 2 --refuse version-3 image.qcow2
    about_feature feature-refused version-3
    version_2
    gate 2 --require version-3 image.qcow2
    about_feature feature-missing version-3
    judge_more
    # the manual names them all
    assert_equal "$({ features | cut -d'|' -f1; echo version-3; } | sort)" \
        "$("$REFCOW" gate --help | sed -n '/^FEATURE is/,/\.$/p' | tr ' ,.' '\n' | grep -vx -e '' -e or -e FEATURE -e is | sort)"
}

@test "compressed clusters are looked for by a check; where there can be none, it is not decided" {
    compressed
    gate 0 image.qcow2
    gate 2 --refuse compressed-clusters image.qcow2
    run -1 "$REFCOW" gate --refuse compressed-clusters --output=json - < <(cat image.qcow2; head -c 3M /dev/zero)
    assert_equal "$(jq -r '.undecided[]' <<<"$output" | grep feature)" feature-refused
    # a snapshot has them, the active disk does not
    "$QEMU_IMG" snapshot -c one image.qcow2
    "$QEMU_IO" -f qcow2 -c 'write -P 2 0 1M' image.qcow2 >/dev/null
    gate 2 --allow internal-snapshots --refuse compressed-clusters image.qcow2
    about_feature feature-refused compressed-clusters
}

@test "cluster sizes and widths of refcounts" {
    plain
    gate 0 --cluster-size 64K image.qcow2
    gate 0 --cluster-size 4K --cluster-size 64K image.qcow2
    gate 2 --cluster-size 4K --cluster-size 2M image.qcow2
    assert_equal "$(jq -c '.broken[] | [.rule, .offset, .value]' "$answer")" '["cluster-size",20,16]'
    gate 0 --refcount-bits 16 image.qcow2
    gate 2 --refcount-bits 1 --refcount-bits 64 image.qcow2
    assert_equal "$(jq -c '.broken[] | [.rule, .offset, .value]' "$answer")" '["refcount-width",96,4]'
    version_2
    gate 2 --refcount-bits 8 image.qcow2
    assert_equal "$(jq -c '.broken[] | [.rule, .offset, .value]' "$answer")" '["refcount-width",null,4]'
    gate 2 --output json --policy <(echo refcount-bits 64) image.qcow2
    assert_equal "$(jq -c '.policy."refcount-bits"' "$answer")" '[64]'
}

# ------------------------------------------------------------------ limits

@test "limits of the file and of the number of snapshots, on both sides" {
    local size
    snapshots
    size=$(stat -c %s image.qcow2)
    gate 0 --allow internal-snapshots --max-file-size "$size" --max-snapshots 2 image.qcow2
    gate 2 --allow internal-snapshots --max-file-size $((size - 1)) image.qcow2
    assert_equal "$(jq -c '.broken[] | [.rule, .offset, .value, .limit]' "$answer")" \
        "[\"file-size-limit\",null,$size,$((size - 1))]"
    gate 2 --allow internal-snapshots --max-snapshots 1 image.qcow2
    assert_equal "$(jq -c '.broken[] | [.rule, .offset, .value, .limit]' "$answer")" '["snapshots-limit",60,2,1]'
    judge_more
}

@test "the line of a limit says what the limit is, and the option that it names accepts the image" {
    local option
    "$QEMU_IMG" create -q -f qcow2 image.qcow2 2T
    run -2 "$REFCOW" gate image.qcow2
    assert_line --partial 'virtual size 2 TiB is over the limit of 1 TiB'
    assert_line '            (--max-virtual-size 2T accepts it)'
    snapshots
    head -c 100000 /dev/zero >>image.qcow2
    for option in '--max-virtual-size 1K' '--max-file-size 1023' '--max-snapshots 1' '--max-amplification 1'; do
        # shellcheck disable=SC2086 # words
        run "$REFCOW" gate --allow internal-snapshots $option image.qcow2
        while read -r option; do
            # shellcheck disable=SC2086 # words
            run -0 "$REFCOW" gate --allow internal-snapshots $option image.qcow2
        done < <(sed -n 's/^ *(\(--max-.*\) accepts it)$/\1/p' <<<"$output")
    done
}

@test "what is most dangerous comes first, and what is allowed last" {
    backing /etc/passwd
    "$DAMAGE" image.qcow2 set-bits header:incompatible_features 3
    gate 2 --allow backing-file image.qcow2
    assert_equal "$(jq -r '.broken[].severity' "$answer" | paste -sd ' ')" 'critical high medium'
    run -2 "$REFCOW" gate --allow backing-file image.qcow2
    assert_equal "$(awk '/^  [a-z]/ {print $1}' <<<"$output" | paste -sd ' ')" 'critical high medium allowed'
}

# ------------------------------------------------------------------ presets

@test "presets: known by name, the same as their files, and shown" {
    local file name
    plain
    for file in "$policies"/*.policy; do
        name=$(basename "$file" .policy)
        gate 0 --policy "$name" image.qcow2
        by_name=$(jq -c .policy "$answer")
        gate 0 --policy "$file" image.qcow2
        assert_equal "$(jq -c .policy "$answer")" "$by_name"
        run -0 "$REFCOW" gate --list-policies
        [[ $output == *"$(<"$file")"* ]]
        [[ $("$REFCOW" gate --help) == *"$name"* ]]
    done
    gate 0 image.qcow2
    assert_equal "$(jq -c .policy "$answer")" "$(gate 0 --policy strict image.qcow2 && jq -c .policy "$answer")"
}

@test "presets: what each is for" {
    snapshots
    gate 2 --policy strict image.qcow2
    gate 2 --policy cloud-upload image.qcow2
    gate 0 --policy migration image.qcow2
    bitmaps
    gate 0 --policy migration image.qcow2
    luks
    gate 2 --policy cloud-upload image.qcow2
    assert_equal "$(ids broken)" encrypted,feature-refused
    gate 0 --policy migration image.qcow2
    backing base.qcow2
    gate 2 --policy migration image.qcow2
    gate 2 --policy cloud-upload --allow backing-file image.qcow2
    assert_equal "$(ids broken)" feature-refused
    plain
    "$DAMAGE" image.qcow2 set refcount:host:0 0
    gate 0 --policy strict image.qcow2
    gate 2 --policy cloud-upload image.qcow2
    gate 2 --policy migration image.qcow2
}

@test "one policy serves raw and qcow2: what does not concern raw files is no error" {
    plain
    truncate -s 1M image.raw
    printf '%s\n' check 'refuse zstd' 'cluster-size 64K' max-virtual-size=1M 'output json' 'timeout 30' >policy
    run -2 --separate-stderr "$REFCOW" gate --policy policy image.qcow2
    assert_equal "$(jq -r '.broken[].rule' <<<"$output")" virtual-size-limit
    run -0 --separate-stderr "$REFCOW" gate --policy policy --expect raw image.raw
    assert_equal "$(jq -c '[.verdict, ."virtual-size"]' <<<"$output")" '["accept",1048576]'
    echo header-only >policy
    gate 0 --policy policy --expect raw image.raw
    run -1 "$REFCOW" gate --policy <(echo timeout 0) image.qcow2
    assert_output --partial 'the timeout must be a number of seconds'
}

# ------------------------------------------------------------------ raw and short files

@test "raw: the file's size is the virtual size, and is whole sectors" {
    truncate -s 10G image.raw
    gate 2 --expect raw --max-virtual-size 1G image.raw
    assert_equal "$(jq -c '[.broken[].rule, ."virtual-size"]' "$answer")" '["virtual-size-limit",10737418240]'
    gate 0 --expect raw --max-virtual-size 10G image.raw
    gate 2 --expect raw --max-file-size 10737418239 image.raw
    truncate -s 10737418241 image.raw
    gate 2 --expect raw image.raw
    assert_equal "$(jq -c '.broken[] | [.rule, .value]' "$answer")" '["raw-size",10737418241]'
    : >empty
    run -2 "$REFCOW" gate --expect raw empty
    assert_line --partial 'the file is empty'
}

@test "raw: a compressed file or an archive is named, with advice" {
    local command format
    head -c 1M /dev/urandom >image.raw
    while IFS='|' read -r command format; do
        rm -f packed
        $command
        run -2 "$REFCOW" gate --expect raw packed
        assert_line --partial "$format at offset"
        assert_line --partial 'unpack the file, then judge what was in it'
        run -2 "$REFCOW" gate packed
        assert_line --partial "$format at offset"
    done <<'ROWS'
gzip_it|gzip
bzip2_it|bzip2
xz_it|xz
zstd_it|zstd
tar_it|tar
zip_it|zip
ROWS
    printf '#!/bin/sh\n' >packed
    truncate -s 512 packed
    gate 2 --expect raw packed
    assert_equal "$(ids broken)" other-magic
}

gzip_it() { gzip -c image.raw >packed; }
bzip2_it() { python3 -c 'import bz2, sys; sys.stdout.buffer.write(bz2.compress(open("image.raw", "rb").read()))' >packed; }
xz_it() { python3 -c 'import lzma, sys; sys.stdout.buffer.write(lzma.compress(open("image.raw", "rb").read(), preset=0))' >packed; }
zstd_it() { printf '\x28\xb5\x2f\xfd' | cat - image.raw >packed; } # the frame's magic is enough
tar_it() { tar -cf packed image.raw; }
zip_it() { python3 -c 'import zipfile; zipfile.ZipFile("packed", "w").write("image.raw")'; }

@test "short: an empty file and one without a header are named, and nothing is made up of them" {
    plain
    head -c 50 image.qcow2 >short
    run -2 "$REFCOW" gate short
    assert_line --partial 'the file is 50 bytes long, a QCOW2 header has at least 72 bytes'
    gate 2 short
    assert_equal "$(ids broken)" no-header,short-file
    : >empty
    run -2 "$REFCOW" gate empty
    assert_line --partial 'the file is empty, a QCOW2 header has at least 72 bytes'
    local -a allowed
    mapfile -t allowed < <(allowing "$(allowable)")
    gate 2 "${allowed[@]}" "${unlimited[@]}" short
    assert_equal "$(ids broken)" no-header
    version_2
    head -c 72 image.qcow2 >short
    gate 0 "${allowed[@]}" "${unlimited[@]}" short # its tables are not there, but that is what was allowed
    assert_equal "$(ids allowed)" l1-past-end,refcount-table-past-end,short-file
}

@test "the backing file is the image itself" {
    local name
    backing xmage.qcow2
    "$DAMAGE" image.qcow2 poke header:backing_file_offset 69
    for name in image.qcow2 ./image.qcow2 "$PWD/image.qcow2"; do
        gate 2 --allow backing-file "$name"
        assert_equal "$(ids broken)" backing-itself
    done
    cp image.qcow2 other.qcow2
    gate 0 --allow backing-file other.qcow2
    backing "$PWD/xmage.qcow2"
    "$DAMAGE" image.qcow2 poke "header:backing_file_offset+$((${#PWD} + 1))" 69
    gate 2 --allow backing-file --allow backing-absolute "$PWD/image.qcow2"
    assert_equal "$(ids broken)" backing-itself
    gate 0 --allow backing-file --allow backing-absolute image.qcow2 # which folder that is, only the system knows
}

@test "compressed data that is cut off by less than a cluster" {
    compressed_and_cut
    run -0 "$QEMU_IMG" check image.qcow2
    run -1 "$QEMU_IMG" convert -O raw image.qcow2 out.raw
    gate 2 --check image.qcow2
    assert_equal "$(ids broken)" compressed-past-end
    # an honest one ends where its last sector does
    "$QEMU_IMG" convert -c -f raw -O qcow2 data.raw image.qcow2
    truncate -s $((($(jq '.broken[0].value' "$answer") + 511) / 512 * 512)) image.qcow2
    gate 0 --check image.qcow2
    truncate -s -1 image.qcow2
    gate 0 --check image.qcow2
    truncate -s -511 image.qcow2
    gate 2 --check image.qcow2
    assert_equal "$(ids broken)" compressed-past-end
}
