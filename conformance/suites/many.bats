#!/usr/bin/env bats
# Jobs over many images: the closing table, --brief, --only-problems, and --fail-on, which decides what a problem is.

load ../lib/suite

make_image() {
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 4'
}

# Images of each class; some names are hostile.
make_images() {
    make_image
    mv image.qcow2 clean
    cp clean leaks && "$DAMAGE" leaks append 1 , set refcount:last 1
    cp clean corrupt && "$DAMAGE" corrupt set refcount:host:0 0
    cp corrupt both && "$DAMAGE" both append 1 , set refcount:last 1
    cp clean refused && "$DAMAGE" refused set header:refcount_order 7
    cp leaks $'\e[31mred'
    cp corrupt $'two\nlines'
    truncate -s 1M raw
}

all=(clean leaks raw corrupt both refused $'\e[31mred' $'two\nlines' missing clean)

readonly counts='10 images: clean 2, leaks 2, corrupt 3, not judged 3'

@test "the answers for people end with a table" {
    make_images
    run -1 --separate-stderr "$REFCOW" check "${all[@]}"
    assert_equal "$(sed -n '/^10 images/,$p' <<<"$output")" "$counts"'
  leaks       leaks
              \x1b[31mred
  corrupt     corrupt
              both
              two\x0alines
  not judged  raw
              refused
              missing'
    # shellcheck disable=SC2154 # set by run
    assert_equal "${#stderr_lines[@]}" 3
    run -0 "$REFCOW" check clean clean
    assert_equal "${lines[-1]}" '2 images: clean 2, leaks 0, corrupt 0, not judged 0'
    # The same image twice.
    run -63 --separate-stderr "$REFCOW" check raw raw
    assert_equal "$(sed -n '/^2 images/,$p' <<<"$output")" '2 images: clean 0, leaks 0, corrupt 0, not judged 2
  not judged  raw
              raw'
}

@test "one image has no table, and nor have the forms for programs" {
    local form
    make_images
    for form in 'leaks' '--brief leaks' '--output=json leaks' '--output=jsonl clean leaks' '--output=csv clean leaks' \
        '-q clean leaks'; do
        # shellcheck disable=SC2086 # options and images
        run -3 --separate-stderr "$REFCOW" check $form
        refute_output --partial 'images: '
    done
}

@test "--brief: a line for each image, and the numbers" {
    make_images
    run -1 --separate-stderr "$REFCOW" check --brief "${all[@]}"
    assert_output 'clean: clean
leaks: leaks: 1 leaked cluster (64 KiB)
raw: not judged: not a QCOW2 image: magic is not 0x514649fb ("QFI\xfb"): 0 (field at offset 0)
corrupt: corrupt: 2 corruptions
both: corrupt: 2 corruptions, 1 leaked cluster (64 KiB)
refused: not judged: refcount_order is greater than 6: 7 (field at offset 96)
\x1b[31mred: leaks: 1 leaked cluster (64 KiB)
two\x0alines: corrupt: 2 corruptions
missing: not judged: the file cannot be opened: No such file or directory
clean: clean
'"$counts"
    assert_equal "$stderr" ''
    run -2 "$REFCOW" check --brief corrupt
    assert_output 'corrupt: corrupt: 2 corruptions'
}

@test "corruptions count, also where a check is not complete" {
    local cluster=512
    create compat=1.1,cluster_size=512,preallocation=metadata 16384
    "$DAMAGE" image.qcow2 set l2:0 0x7f00000000000000
    run -1 --separate-stderr "$REFCOW" check --brief --max-read 50K image.qcow2
    [[ $output == 'image.qcow2: corrupt: at least 1 corruption; the next read would exceed the limit on bytes read: '* ]] || fail "$output"
    run -1 --separate-stderr "$REFCOW" check --brief --max-read 10K image.qcow2
    [[ $output == 'image.qcow2: not judged: the next read would exceed the limit on bytes read: '* ]] || fail "$output"
    make_image
    "$DAMAGE" image.qcow2 add refcount_table:0 512
    run -1 --separate-stderr "$REFCOW" check --brief image.qcow2
    assert_output 'image.qcow2: corrupt: 1 corruption, 9 clusters whose refcount cannot be looked up'
    assert_equal "$stderr" ''
    run -2 --separate-stderr "$REFCOW" check -q --fail-on corrupt image.qcow2
    compare 'lookups that fail' image.qcow2
}

@test "--only-problems: no word about the others, but in the table" {
    make_images
    run -3 --separate-stderr "$REFCOW" check --only-problems clean leaks clean
    assert_equal "$(grep -c 'virtual size' <<<"$output")" 1
    assert_line --index 0 --partial 'leaks: qcow2 version 3'
    assert_line '3 images: clean 2, leaks 1, corrupt 0, not judged 0'
    run -0 --separate-stderr "$REFCOW" check --only-problems clean clean
    assert_output '2 images: clean 2, leaks 0, corrupt 0, not judged 0'
    run -0 --separate-stderr "$REFCOW" check --only-problems clean
    assert_output ''
    run -1 --separate-stderr "$REFCOW" check --only-problems --brief "${all[@]}"
    refute_output --partial ': clean'$'\n'
    assert_equal "${#lines[@]}" 9
    run -2 --separate-stderr "$REFCOW" check --only-problems --fail-on corrupt --brief "${all[@]}"
    assert_output 'corrupt: corrupt: 2 corruptions
both: corrupt: 2 corruptions, 1 leaked cluster (64 KiB)
two\x0alines: corrupt: 2 corruptions
'"$counts"
    # An image that is no problem is not on stderr either.
    run -0 --separate-stderr "$REFCOW" check --only-problems --fail-on corrupt raw missing
    assert_equal "$stderr" ''
}

@test "--only-problems in the forms for programs" {
    make_images
    run -1 --separate-stderr "$REFCOW" check --only-problems --output=jsonl "${all[@]}"
    echo "$output" >answer
    "$conformance/tools/validate-json" check-record --lines answer
    assert_equal "$(jq -c 'select(.type == "image" or .type == "summary") | .filename' <<<"$output" | grep -vc clean)" 16
    assert_equal "$(jq -s 'map(select(.type == "summary" and .verdict == "clean")) | length' <<<"$output")" 0
    run -1 --separate-stderr "$REFCOW" check --only-problems --output=csv "${all[@]}"
    assert_equal "$(grep -c '^record' <<<"$output")" 1
    assert_equal "$(grep -c '^summary' <<<"$output")" 8
    run -0 --separate-stderr "$REFCOW" check --only-problems --output=jsonl clean clean
    assert_output ''
    run -2 --separate-stderr "$REFCOW" check --only-problems --fail-on corrupt --output=csv "${all[@]}"
    assert_equal "$(csv_values summary verdict <<<"$output" | sort -u)" corrupt
}

@test "--fail-on decides the exit code, in either order, in every form" {
    local -a row
    local form
    make_images
    while read -ra row; do
        for form in human jsonl csv; do
            run "-${row[0]}" --separate-stderr "$REFCOW" check --output="$form" --fail-on "${row[@]:1}"
            run "-${row[0]}" --separate-stderr "$REFCOW" check --output="$form" --fail-on "${row[1]}" "${row[-1]}" \
                "${row[@]:2:${#row[@]}-3}"
            run "-${row[0]}" --separate-stderr "$REFCOW" check -q --fail-on "${row[@]:1}"
        done
    done <<'ROWS'
0 corrupt clean leaks raw refused missing
2 corrupt clean leaks raw both
0 leaks clean corrupt raw both
3 leaks clean corrupt leaks missing
0 not-judged clean corrupt leaks
1 not-judged clean raw
1 not-judged refused leaks
1 not-judged corrupt missing
2 corrupt,not-judged corrupt missing raw leaks
2 not-judged,corrupt corrupt missing raw leaks
1 corrupt,not-judged clean raw leaks
1 leaks,not-judged leaks raw corrupt
3 corrupt,leaks leaks raw clean
3 corrupt,leaks,not-judged leaks clean clean
0 corrupt,leaks,not-judged clean clean
2 corrupt,corrupt corrupt raw
ROWS
    run -1 --separate-stderr "$REFCOW" check --fail-on leaks --fail-on not-judged raw leaks corrupt
    run -2 --separate-stderr "$REFCOW" check --output=json --fail-on leaks,corrupt corrupt
    run -0 --separate-stderr "$REFCOW" check --output=json --fail-on leaks corrupt
    # By default the exit code is qemu-img's, and the worst one.
    run -63 --separate-stderr "$REFCOW" check clean raw corrupt
}

@test "-q prints the problems, and only those" {
    make_images
    run -1 --separate-stderr "$REFCOW" check -q "${all[@]}"
    assert_output ''
    assert_equal "$stderr" 'refcow: leaks: leaks: 1 leaked cluster (64 KiB)
refcow: raw: not judged: not a QCOW2 image: magic is not 0x514649fb ("QFI\xfb"): 0 (field at offset 0)
refcow: corrupt: corrupt: 2 corruptions
refcow: both: corrupt: 2 corruptions, 1 leaked cluster (64 KiB)
refcow: refused: not judged: refcount_order is greater than 6: 7 (field at offset 96)
refcow: \x1b[31mred: leaks: 1 leaked cluster (64 KiB)
refcow: two\x0alines: corrupt: 2 corruptions
refcow: missing: not judged: the file cannot be opened: No such file or directory'
    run -2 --separate-stderr "$REFCOW" check -q --fail-on corrupt,not-judged clean leaks corrupt raw
    assert_output ''
    assert_equal "$(cut -d: -f 2 <<<"$stderr" | xargs)" 'corrupt raw'
    run -0 --separate-stderr "$REFCOW" check -q --fail-on corrupt,not-judged clean leaks
    assert_equal "$stderr" ''
}

@test "an image in use is not judged where the check finds anything" {
    make_image
    cp image.qcow2 clean
    hold -f qcow2
    run -0 --separate-stderr "$REFCOW" check --brief --fail-on corrupt,leaks,not-judged image.qcow2
    assert_output 'image.qcow2: clean: another process has the image open for writing'
    let_go
    "$DAMAGE" image.qcow2 append 1 , set refcount:last 1
    hold -f qcow2
    run -3 --separate-stderr "$REFCOW" check image.qcow2 clean
    assert_equal "$(tail -n 2 <<<"$output")" '2 images: clean 1, leaks 0, corrupt 0, not judged 1
  not judged  image.qcow2'
    run -1 --separate-stderr "$REFCOW" check --brief --fail-on not-judged image.qcow2
    assert_output 'image.qcow2: not judged: another process has the image open for writing; 1 leaked cluster (64 KiB)'
    run -0 --separate-stderr "$REFCOW" check -q --fail-on corrupt,leaks image.qcow2
    let_go
    run -3 --separate-stderr "$REFCOW" check -q --fail-on corrupt,leaks image.qcow2
}

# check_while_changing OPTION...: each read changes the time of the file.
check_while_changing() {
    env LD_PRELOAD="$PWD/preload.so" "$REFCOW" check --no-sandbox "$@" image.qcow2
}

@test "an image that changes during the check is not judged" {
    make_image
    cat >preload.c <<'C'
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t pread64(int descriptor, void *buffer, size_t length, off64_t offset)
{
    chmod("image.qcow2", 0600);
    return syscall(SYS_pread64, descriptor, buffer, length, offset);
}
ssize_t pread(int descriptor, void *buffer, size_t length, off_t offset)
{
    return pread64(descriptor, buffer, length, offset);
}
C
    cc -shared -fPIC -o preload.so preload.c
    sleep 0.1 # the time of the file has to be another one
    run -1 check_while_changing --brief --fail-on not-judged
    assert_output 'image.qcow2: not judged: the image changed during the check'
    sleep 0.1
    run -0 check_while_changing --brief --fail-on corrupt,leaks
}

@test "an interrupted run fails, whatever --fail-on says" {
    make_images
    "$conformance/../corpus/hostile/make-hostile" scattered-references endless
    env --default-signal=INT "$REFCOW" check --max-work none --max-read none --fail-on corrupt --brief \
        clean endless corrupt >answers 2>messages &
    local check=$! number=0
    sleep 1
    kill -s INT "$check"
    wait "$check" || number=$?
    assert_equal "$number" 1
    assert_equal "$(cut -d: -f 1,2 answers | xargs)" \
        'clean: clean endless: corrupt corrupt: not judged 3 images: clean 1, leaks 0, corrupt 1, not judged 1'
    # A limit that ends a check is no interruption.
    run -0 --separate-stderr "$REFCOW" check --max-work 40 --fail-on corrupt clean leaks
}

@test "many images with the least memory" {
    local i
    make_images
    for ((i = 0; i < 2000; i++)); do
        echo leaks
    done >names
    xargs "$REFCOW" check --brief --memory 64K <names >answer || [ $? -eq 123 ]
    assert_equal "$(tail -n 1 answer)" '2000 images: clean 0, leaks 2000, corrupt 0, not judged 0'
    assert_equal "$(wc -l <answer)" 2001
}
