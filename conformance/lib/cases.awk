# Are bases.tsv and cases.tsv, in this order, well-formed? Says what is wrong and fails if not. least: rows at least.

function wrong(what) {
    print FILENAME ":" FNR ": " what
    failures++
}

# Whether an exit code goes with an answer. qemu-img may end by a signal, too: by_signal.
function goes_with(code, answer, by_signal) {
    if (answer == "refused")
        return code == 1 || code == 63 || (by_signal && code > 128)
    if (answer ~ /check-errors=/)
        return code == 1
    if (answer ~ /corruptions=/)
        return code == 2
    if (answer ~ /leaks=/)
        return code == 3
    return code == 0
}

# "refused", "-", or names with their values, each name once.
function is_answer(text,   words, pair, count, i, seen) {
    if (text == "-" || text == "refused")
        return 1
    count = split(text, words, " ")
    for (i = 1; i <= count; i++) {
        split(words[i], pair, "=")
        if (words[i] !~ /^[a-z-]+=(0x[0-9a-f]+|[0-9]+)$/ || pair[1] in seen || !(pair[1] in names))
            return 0
        seen[pair[1]]
    }
    return 1
}

function check_answer(code, answer, by_signal) {
    if (!is_answer(answer))
        wrong("this is no answer: " answer)
    else if (!goes_with(code, answer, by_signal))
        wrong("exit code " code " does not go with this answer: " answer)
}

function check_base() {
    if (NF != 3)
        wrong("a base has 3 columns, not " NF)
    if ($1 in asked)
        wrong("this base is there twice: " $1)
    if ($2 !~ /^(format|probe|key|locked)$/)
        wrong("nobody can be asked like this: " $2)
    asked[$1] = $2
}

function check_difference(text,   words, answer) {
    if (text == "-")
        return
    answer = text
    if (sub(/ before [0-9]+(\.[0-9]+)* /, " ", answer))
        text = answer
    else if (text ~ / before/)
        wrong("a version is numbers and dots, and an answer follows: " text)
    split(text, words, " ")
    if (words[1] !~ /^D[0-9]+$/)
        wrong("a difference begins with its number: " text)
    else if (sub(/^D[0-9]+ [0-9]+ /, "", answer))
        check_answer(words[2], answer, 1)
    else if (words[2] != "")
        wrong("the other answer is an exit code and an answer: " text)
    else if (asked[$3] != "key")
        wrong("without another answer, it is about a key: " text)
}

function check_case() {
    rows++
    if (NF != 7)
        wrong("a case has 7 columns, not " NF)
    if ($1 !~ /^[a-z0-9]+(-[a-z0-9]+)*$/)
        wrong("an id is made of small letters, digits and single hyphens: " $1)
    if ($1 in ids)
        wrong("this id is there twice: " $1)
    if ($2 !~ /: ./)
        wrong("a rule is a structure, a colon and what it says: " $2)
    if (!($3 in asked))
        wrong("there is no such base: " $3)
    if (($3, $4) in planted)
        wrong("this was planted before, as " planted[$3, $4])
    if (asked[$3] ~ /key|locked/ && $7 == "-")
        wrong("refcow needs no key and no lock: this is a deliberate difference")
    check_answer($5, $6)
    check_difference($7)
    ids[$1]
    used[$3]
    planted[$3, $4] = $1
}

BEGIN {
    split("corruptions leaks check-errors end total allocated fragmented compressed", list, " ")
    for (i in list)
        names[list[i]]
}

/^#/ { next }
/ $|^$|  |\t\t/ { wrong("an empty line, an empty column or a space too many") }
FILENAME != previous { previous = FILENAME; files++; next }
files == 1 { check_base() }
files == 2 { check_case() }

END {
    for (base in asked)
        if (!(base in used)) {
            print "no case uses this base: " base
            failures++
        }
    if (rows < least) {
        print rows + 0 " cases, there must be at least " least
        failures++
    }
    exit failures > 0
}
