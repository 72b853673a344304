# To be sourced: steps that are reported in TAP. Needs $out, a folder for the log. The script ends with
# [ "$failures" = 0 ].
steps=0
failures=0

# step TITLE COMMAND...: one line of TAP, and below it the last line that the command prints, or more if it fails. Exit 77
# is a skip.
step() {
    local title=$1 result=0 lines=1
    shift
    steps=$((steps + 1))
    set +e
    (set -e && "$@") >"$out/log" 2>&1 </dev/null
    result=$?
    set -e
    case $result in
    0) echo "ok $steps $title" ;;
    77) echo "ok $steps $title # skip $(tail -n 1 "$out/log")" && return ;;
    *) echo "not ok $steps $title" && failures=$((failures + 1)) && lines=60 ;;
    esac
    tail -n "$lines" "$out/log" | sed 's/^/#   /'
}

# for_each COMMAND...: for each file of the standard input, which the command has as {}; as many at a time as there are
# processors.
for_each() {
    xargs -P "$(nproc)" -I '{}' "$@"
}

# quietly COMMAND...: as for_each, without what it writes to standard output. A compiler that fails removes its output, and
# for root that would be /dev/null, if it were named after -o.
quietly() {
    # shellcheck disable=SC2016 # the arguments are those of the other shell
    for_each sh -c '"$@" >/dev/null' sh "$@"
}

# What records of sizes and instruction counts are filed under: the compiler, its major version, the machine.
compiler() {
    echo "gcc $(gcc -dumpversion | cut -d . -f 1) $(uname -m)"
}

# on_record FILE ROW: the value of a row in the column of this compiler, or nothing. The first line names the columns.
on_record() {
    awk -F '\t' -v compiler="$(compiler)" -v row="$2" '
        /^#/ {next}
        !names++ {for (i = 2; i <= NF; i++) if ($i == compiler) column = i; next}
        $1 == row && column {print $column}' "$1"
}
