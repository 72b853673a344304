# The worst path through the stack, from the call graphs that gcc -fcallgraph-info=su writes:
#     awk -v limit=BYTES -f scripts/stack.awk *.ci
# Fails on a path over the limit, on recursion, and on a frame whose size is not fixed. Functions outside the graphs
# (mem*, the caller's callbacks) count 0.
BEGIN { FS = "\"" }

/^node:/ && match($4, /[0-9]+ bytes \([^)]*\)/) {
    frame[$2] = substr($4, RSTART, RLENGTH) + 0
    if ($4 !~ /bytes \(static\)/)
        fail("the frame of " $2 " has no fixed size")
}

/^edge:/ {
    callees[$2] = callees[$2] $4 "\n"
}

function fail(why)
{
    print why
    failed = 1
}

# Bytes on the deepest path from a function down; path[] is that path in words.
function depth(name,    list, count, i, below, deepest, chain)
{
    if (name in path)
        return bytes[name]
    if (name in open) {
        fail("recursion through " name)
        return 0
    }
    open[name] = 1
    count = split(callees[name], list, "\n")
    for (i = 1; i < count; i++) {
        below = depth(list[i])
        if (below > deepest) {
            deepest = below
            chain = " > " path[list[i]]
        }
    }
    delete open[name]
    path[name] = name " " frame[name] + 0 chain
    return bytes[name] = frame[name] + deepest
}

END {
    for (name in frame) {
        functions++
        if (depth(name) >= worst) {
            worst = bytes[name]
            where = path[name]
        }
    }
    if (!functions)
        fail("no function found")
    if (worst > limit)
        fail("over the limit of " limit " bytes")
    printf "%d bytes in %d functions, worst path: %s\n", worst, functions, where
    exit failed
}
