#!/usr/bin/env bats
# bats file_tags=long
# Images on NBD servers: the same answers as for the file, few requests, and servers that are broken or hostile.

load ../lib/suite

make_image() {
    local cluster=65536
    create compat=1.1 160
    guest 'write 0 4' 'write -c 8 1' 'write 100 20'
}

# answer IMAGE OPTION...: what refcow says, less the name, what depends on how holes are told, and who has locked the file.
answer() {
    local code=0
    "$REFCOW" check --output=json "$@" >answer.json || code=$?
    echo "exit $code"
    jq -S 'del(.filename, .refcow["bytes-read", "work", "locks", "writer"]) |
        (.refcow["second-look"] | objects) |= {name, passes}' answer.json
}

# expect_same FILE URI OPTION...
expect_same() {
    local file=$1 uri=$2
    shift 2
    answer "$file" "$@" >of-file
    answer "$uri" "$@" >of-server
    diff -u of-file of-server >difference || fail "$uri: another answer than for the file: $(head -n 40 difference)"
}

at() { # SOCKET: the URI of what is served there
    echo "nbd+unix:///?socket=$PWD/$1"
}

@test "a file and its server get the same answer" {
    local statements options
    make_image
    while read -r statements; do
        cp image.qcow2 damaged.qcow2
        # shellcheck disable=SC2086 # the statements are words
        "$DAMAGE" damaged.qcow2 $statements
        serve nbdkit.pid nbdkit -f --exit-with-parent -U nbdkit.sock -P nbdkit.pid -r file damaged.qcow2
        serve qemu.sock "$QEMU_NBD" -t -r -f raw -k "$PWD/qemu.sock" damaged.qcow2
        for options in '' '--memory=64K' '--max-findings=3'; do
            # shellcheck disable=SC2086 # none, or one
            expect_same damaged.qcow2 "$(at nbdkit.sock)" $options
            # shellcheck disable=SC2086
            expect_same damaged.qcow2 "$(at qemu.sock)" $options
        done
        stop_servers
        rm -f ./*.sock nbdkit.pid
    done <<'ROWS'
get 0
set refcount:host:0 0 , append 1 , set refcount:last 1
fill l2_table:0 1c 0xff
truncate end-1
truncate 100000
truncate 112
truncate 0
set header:magic 0
set header:refcount_order 7
set l1:0 0x0000000012345600
ROWS
}

@test "servers that insist on blocks of 64 KiB, that know no holes, that give little at a time" {
    local options i=0
    make_image
    truncate -s %64K image.qcow2
    "$DAMAGE" image.qcow2 set l1:0 l1:0+512 , append 1 , set refcount:last 1
    truncate -s %64K image.qcow2
    while read -r options; do
        i=$((i + 1))
        # shellcheck disable=SC2086 # the options are words
        serve "$i.pid" nbdkit -f --exit-with-parent -U "$i.sock" -P "$i.pid" -r $options
        expect_same image.qcow2 "$(at "$i.sock")"
        expect_same image.qcow2 "$(at "$i.sock")" --memory=64K
    done <<'ROWS'
--filter=blocksize-policy file image.qcow2 blocksize-minimum=64K blocksize-preferred=64K blocksize-error-policy=error
--filter=noextents file image.qcow2
--filter=blocksize file image.qcow2 maxdata=512
--filter=delay file image.qcow2 rdelay=10ms
--no-sr file image.qcow2
ROWS
}

@test "whether somebody writes is not known" {
    make_image
    serve knows.pid nbdkit -f --exit-with-parent -U knows.sock -P knows.pid -r file image.qcow2
    run -0 "$REFCOW" check --output=json "$(at knows.sock)"
    assert_equal "$(jq -c '.refcow | [.writer, .changed, has("locks")]' <<<"$output")" '[null,false,false]'
}

@test "whether the header has changed in the end is asked" {
    make_image
    serve changes.sock "$conformance/tools/hostile-server" changes changes.sock image.qcow2
    run --separate-stderr "$REFCOW" check --timeout 5 --output=json "$(at changes.sock)"
    assert_equal "$(jq -c .refcow.changed <<<"$output")" true
}

@test "files and servers in one call; one that hangs does not keep the others from an answer" {
    make_image
    serve good.pid nbdkit -f --exit-with-parent -U good.sock -P good.pid -r file image.qcow2
    serve hangs.sock "$conformance/tools/hostile-server" silent hangs.sock image.qcow2
    serve stops.sock "$conformance/tools/hostile-server" silent-read stops.sock image.qcow2
    run -1 --separate-stderr "$REFCOW" check --timeout 1 --output=jsonl image.qcow2 "$(at hangs.sock)" \
        "$(at good.sock)" "$(at stops.sock)" missing.qcow2 "$(at good.sock)" image.qcow2
    assert_equal "$(jq -r 'select(.type == "summary") | .status.name' <<<"$output" | xargs)" \
        'ok timeout ok timeout open-failed ok ok'
}

@test "whether somebody writes is not known, so that the gate does not accept, unless that is allowed" {
    make_image
    serve nbdkit.pid nbdkit -f --exit-with-parent -U nbdkit.sock -P nbdkit.pid -r file image.qcow2
    run -1 "$REFCOW" gate --output=json "$(at nbdkit.sock)"
    assert_equal "$(jq -c '[.verdict, .undecided]' <<<"$output")" '["undecided",["writer"]]'
    run -1 "$REFCOW" gate "$(at nbdkit.sock)"
    assert_line --partial 'not judged: writer (it is not known who else has the image open: see --allow writer)'
    run -0 "$REFCOW" gate --allow writer "$(at nbdkit.sock)"
    run -1 "$REFCOW" gate --header-only --output=json "$(at nbdkit.sock)"
    assert_equal "$(jq -c '[.verdict, .undecided]' <<<"$output")" '["undecided",["writer"]]'
    run -1 "$REFCOW" gate --header-only "$(at nbdkit.sock)"
    assert_line --partial 'not judged: writer (it is not known who else has the image open: see --allow writer)'
    run -0 "$REFCOW" gate --header-only --allow writer "$(at nbdkit.sock)"
}

@test "over TCP" {
    make_image
    serve_port nbdkit -f --exit-with-parent -i 127.0.0.1 -p PORT -r file image.qcow2
    expect_same image.qcow2 "nbd://127.0.0.1:$port"
    expect_same image.qcow2 "nbd://127.0.0.1:$port/name"
}

certificates() { # DIRECTORY NAME: of the server, as a line of certtool's template; a bare machine knows no localhost
    mkdir "$1"
    (
        cd "$1"
        printf 'cn = %s\n' authority >ca.cfg && printf '%s\n' ca cert_signing_key >>ca.cfg
        printf '%s\n' 'cn = server' "$2" tls_www_server encryption_key signing_key >server.cfg
        certtool --generate-privkey --key-type ecdsa --outfile ca-key.pem
        certtool --generate-privkey --key-type ecdsa --outfile server-key.pem
        certtool --generate-self-signed --load-privkey ca-key.pem --template ca.cfg --outfile ca-cert.pem
        certtool --generate-certificate --load-privkey server-key.pem --load-ca-certificate ca-cert.pem \
            --load-ca-privkey ca-key.pem --template server.cfg --outfile server-cert.pem
    ) 2>"$1.log" || fail "$(cat "$1.log")"
}

@test "over TLS, with certificates" {
    make_image
    certificates right 'ip_address = 127.0.0.1'
    certificates wrong 'ip_address = 127.0.0.1'
    certificates other 'dns_name = elsewhere'
    serve_port nbdkit -f --exit-with-parent -i 127.0.0.1 -p PORT --tls=require --tls-certificates="$PWD/right" \
        -r file image.qcow2
    expect_same image.qcow2 "nbds://127.0.0.1:$port/?tls-certificates=$PWD/right"
    expect_same image.qcow2 "nbds://127.0.0.1:$port/?tls-certificates=$PWD/right" --memory=64K
    run -1 --separate-stderr "$REFCOW" check "nbds://127.0.0.1:$port/?tls-certificates=$PWD/wrong"
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == *certificate* ]] || fail "$stderr"
    run -1 --separate-stderr "$REFCOW" check "nbd://127.0.0.1:$port/"
    [[ $stderr == *TLS* ]] || fail "$stderr"
    serve_port nbdkit -f --exit-with-parent -i 127.0.0.1 -p PORT --tls=require --tls-certificates="$PWD/other" \
        -r file image.qcow2
    run -1 --separate-stderr "$REFCOW" check "nbds://127.0.0.1:$port/?tls-certificates=$PWD/other"
    [[ $stderr == *certificate* ]] || fail "another name than in the certificate: $stderr"
}

@test "over TLS, with a shared key" {
    make_image
    printf 'alice:%064d\n' 1 >keys
    printf 'alice:%064d\n' 2 >other-keys
    serve keys.pid nbdkit -f --exit-with-parent -U keys.sock -P keys.pid --tls=require --tls-psk="$PWD/keys" \
        -r file image.qcow2
    expect_same image.qcow2 "nbds+unix://alice@/?socket=$PWD/keys.sock&tls-psk-file=$PWD/keys"
    run -1 --separate-stderr "$REFCOW" check "nbds+unix://alice@/?socket=$PWD/keys.sock&tls-psk-file=$PWD/other-keys"
    assert_equal "${#stderr_lines[@]}" 1
}

@test "1 TiB over HTTP: only the metadata is read" {
    local requests
    mkdir www
    "$QEMU_IMG" create -q -f qcow2 -o preallocation=metadata www/image.qcow2 1T
    serve_port busybox httpd -f -p 127.0.0.1:PORT -h www
    serve web.pid nbdkit -f --exit-with-parent -U web.sock -P web.pid --filter=stats \
        curl "http://127.0.0.1:$port/image.qcow2" statsfile="$PWD/statistics"
    run -0 "$REFCOW" check --output=json "$(at web.sock)"
    assert_equal "$(jq -c '[.["allocated-clusters"], .refcow.verdict]' <<<"$output")" '[16777216,"clean"]'
    stop_servers
    # 2048 L2 tables and 512 refcount blocks of 64 KiB each, the header, the L1 table, the refcount table.
    requests=$(sed -n 's/^read: \([0-9]*\) ops.*/\1/p' statistics)
    [ "$requests" -ge 2560 ] && [ "$requests" -le 2590 ] || fail "$(cat statistics)"
    grep -q '^ *16 bits: 100.0%' statistics || fail "requests of other sizes: $(cat statistics)"
}

@test "a small image takes few requests" {
    local cluster=65536
    create compat=1.1 16384
    guest 'write 0 256'
    serve few.pid nbdkit -f --exit-with-parent -U few.sock -P few.pid --filter=log file image.qcow2 logfile="$PWD/log"
    run -0 "$REFCOW" check "$(at few.sock)"
    stop_servers
    [ "$(grep -cE ' (Read|Extents) id=' log)" -le 10 ] || fail "$(cat log)"
    run ! grep -E 'connection=[0-9]+ (Write|Trim|Zero|Flush|Cache) ' log
}

# requests RECIPE OPTION...: how many requests to a server the check takes, which is given up.
requests() {
    "$conformance/../corpus/hostile/make-hostile" "$1" image.qcow2
    serve few.pid nbdkit -f --exit-with-parent -U few.sock -P few.pid --filter=stats \
        file image.qcow2 statsfile="$PWD/statistics"
    run -1 "$REFCOW" check --quiet "${@:2}" "$(at few.sock)"
    stop_servers
    rm few.pid few.sock
    awk '/^(read|extents): [0-9]+ ops/ {sum += $2} END {print sum}' statistics
}

@test "requests are work: an image that is hostile to servers is given up" {
    local recipe count
    for recipe in past-the-end-tables scattered-l2-tables; do
        count=$(requests $recipe)
        [ "$count" -gt 1000 ] && [ "$count" -le $((33554432 / 6000 + 1)) ] || fail "$recipe: $count requests"
    done
    # Each of these 16,384 tables is on the disk.
    count=$(requests scattered-tables)
    [ "$count" -gt 16384 ] && [ "$count" -le 40000 ] || fail "$count requests"
    count=$(requests scattered-tables --max-work 6000000)
    [ "$count" -gt 500 ] && [ "$count" -le 1001 ] || fail "--max-work 6000000: $count requests"
}

@test "a server that is not there, an URI that is none" {
    local uri
    while read -r uri; do
        run -1 --separate-stderr timeout 20 "$REFCOW" check --output=json "$uri"
        assert_equal "${#stderr_lines[@]}" 1
        assert_equal "$(jq -c '[keys, .refcow.status.name]' <<<"$output")" '[["refcow"],"connect-failed"]'
        [[ $stderr != *[[:cntrl:]]* ]] || fail "control characters: $stderr"
    done <<'URIS'
nbd://127.0.0.1:1
nbd://[::1
nbd://127.0.0.1:99999
nbd+unix:///?socket=/no/such/socket
nbd+unix:///
nbds://127.0.0.1:1/?tls-certificates=/no/such/directory
nbd+unix:///%1b%5b31m%0aline?socket=/no/such/socket
URIS
}

@test "a name that another scheme begins is a file" {
    local name
    make_image
    mkdir -p nbd: && cp image.qcow2 nbd:/image.qcow2
    run -0 "$REFCOW" check ./nbd://image.qcow2
    for name in 'nbd:localhost:10809' 'http://localhost/x' 'json:{"driver":"nbd"}' 'nbd+vsock://1/'; do
        run -1 --separate-stderr "$REFCOW" check --output=json "$name"
        assert_equal "$(jq -r .refcow.status.name <<<"$output")" open-failed
    done
}

@test "a server that an image names is not asked" {
    make_image
    "$QEMU_IMG" create -q -f qcow2 -u -b 'nbd://127.0.0.1:1/' -F raw backed.qcow2 1M
    strace -f -o calls.txt "$REFCOW" check backed.qcow2
    run ! grep -E '^[0-9]+ (socket|connect)\(' calls.txt
    grep -q pread64 calls.txt
}

# Mode of hostile-server, and exit status, verdict and name of the status. "*": any. "|": one or the other, by the version of
# libnbd: of an answer of odd length 1.14 gives up the connection, 1.22 the answer. Then all is read, as from a server that
# cannot say where data is.
hostile_answers() {
    cat <<'ROWS'
honest 0 clean ok
silent 1 incomplete timeout
garbage 1 incomplete connect-failed
hangs-up 1 incomplete connect-failed
silent-options 1 incomplete timeout
refuses 1 incomplete connect-failed
endless-options 1 incomplete timeout
long-option 1 incomplete connect-failed
size-largest 1 incomplete source-too-large
size-negative 1 incomplete connect-failed
other-context 0 clean ok
silent-read 1 incomplete timeout
half 1 incomplete timeout
half-hangs-up 1 incomplete read-failed
short 1 incomplete read-failed
empty 1 incomplete read-failed
long 1 incomplete read-failed
elsewhere 1 incomplete read-failed
other-request 1 incomplete read-failed
fails 1 incomplete read-failed
fails-with-text 1 incomplete read-failed
floods 1 incomplete timeout
floods-with-data 1 incomplete timeout
drips 1 incomplete timeout
changes *
garbage-read 1 incomplete read-failed
status-zeros 2 corrupt ok
status-empty 0 clean ok
status-beyond 0 clean ok
status-odd 1 incomplete read-failed|0 clean ok
status-many 0 clean ok
status-silent 1 incomplete timeout
status-fails 0 clean ok
status-floods 1 incomplete timeout
ROWS
}

@test "the rows below are all that hostile-server can do" {
    assert_equal "$(hostile_answers | cut -d ' ' -f 1)" "$("$conformance/tools/hostile-server" --list)"
}

fits() { # EXPECTED ACTUAL
    [ "$1" = '*' ] || [[ "|$1|" == *"|$2|"* ]]
}

# Neither a crash nor a hang, at most a line on stderr, nothing that commands a terminal.
@test "hostile servers" {
    local mode expected answer exit_code
    make_image
    while read -r mode expected; do
        serve "$mode.sock" "$conformance/tools/hostile-server" "$mode" "$mode.sock" image.qcow2
        exit_code=0
        LC_ALL=C.UTF-8 timeout -s KILL 10 "$REFCOW" check --timeout 1 --output=json "$(at "$mode.sock")" \
            >answer.json 2>complaint || exit_code=$?
        stop_servers
        if [ "$exit_code" -gt 3 ] || [ "$(wc -l <complaint)" -gt 1 ] ||
            LC_ALL=C grep '[^ -~]' answer.json complaint; then
            fail "$mode: exit status $exit_code, $(cat -v complaint)"
        fi
        answer="$exit_code $(jq -r '.refcow | "\(.verdict) \(.status.name)"' answer.json)"
        fits "$expected" "$answer" || fail "$mode: $answer, expected $expected: $(cat -v complaint)"
    done < <(hostile_answers)
}

@test "what libnbd says is escaped" {
    make_image
    serve refuses.sock "$conformance/tools/hostile-server" refuses refuses.sock image.qcow2
    LC_ALL=C.UTF-8 run -1 --separate-stderr \
        "$REFCOW" check "nbd+unix:///%1b%5b31m%0aline%e2%80%aeleft?socket=$PWD/refuses.sock"
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == *'\x1b[31m\x0aline\xe2\x80\xaeleft'* ]] || fail "$stderr"
    [[ $stderr != *[[:cntrl:]]* ]] || fail "$stderr"
}

@test "a signal ends the wait for a server" {
    local signal checker code
    make_image
    serve waits.sock "$conformance/tools/hostile-server" silent-read waits.sock image.qcow2
    for signal in INT TERM HUP; do
        # A shell that is not interactive lets commands in the background ignore SIGINT.
        env --default-signal=INT "$REFCOW" check --output=json "$(at waits.sock)" >answer.json 2>/dev/null 3>&- &
        checker=$!
        sleep 0.5
        kill -"$signal" "$checker"
        code=0
        wait "$checker" || code=$?
        assert_equal "$code" 1
        assert_equal "$(jq -r .refcow.status.name answer.json)" interrupted
    done
}
