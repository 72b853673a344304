# Servers that live as long as a test. Needs BATS_TEST_TMPDIR.

# serve FILE COMMAND...: start a server, and wait until it has made the file: its socket, or one that names its process.
serve() {
    local file=$1 tries
    shift
    "$@" >"$BATS_TEST_TMPDIR/server.log" 2>&1 3>&- </dev/null &
    echo $! >>"$BATS_TEST_TMPDIR/servers"
    for ((tries = 0; tries < 200; tries++)); do
        if [ -e "$file" ]; then return; fi
        sleep 0.05
    done
    cat "$BATS_TEST_TMPDIR/server.log"
    fail "no server after ten seconds: $*"
}

# serve_port COMMAND...: start a server on a free port of this machine, which is PORT in its words and then in $port.
serve_port() {
    local tries
    for ((tries = 0; tries < 20; tries++)); do
        port=$((20000 + RANDOM % 12000))
        "${@//PORT/$port}" >"$BATS_TEST_TMPDIR/server.log" 2>&1 3>&- </dev/null &
        sleep 0.2
        if kill -0 $! 2>/dev/null; then
            echo $! >>"$BATS_TEST_TMPDIR/servers"
            wait_for_port "$port"
            return
        fi
    done
    cat "$BATS_TEST_TMPDIR/server.log"
    fail "no server: $*"
}

wait_for_port() { # PORT
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        if (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        sleep 0.05
    done
    fail "nobody listens on port $1"
}

# stop_servers: end those that are left, so that files they write at their end are there.
stop_servers() {
    local server
    [ -e "$BATS_TEST_TMPDIR/servers" ] || return 0
    while read -r server; do
        kill "$server" 2>/dev/null || continue
        wait "$server" 2>/dev/null || true
    done <"$BATS_TEST_TMPDIR/servers"
    rm "$BATS_TEST_TMPDIR/servers"
}
