# Input: a line for each row of cases.tsv, as ask_row() of run-cases writes them. Output: TAP, or with $style "table"
# only the rows in which the checker differs. The last line counts, the one before says which qemu-img was asked: $release,
# of the number $version.

def names: {
    corruptions: "corruptions", leaks: "leaks", "check-errors": "check-errors", end: "image-end-offset",
    total: "total-clusters", allocated: "allocated-clusters", fragmented: "fragmented-clusters",
    compressed: "compressed-clusters"
};

# Decimal, or hexadecimal with 0x.
def number:
    def digit: if . >= 97 then . - 87 else . - 48 end;
    if startswith("0x") then .[2:] | explode | reduce .[] as $character (0; . * 16 + ($character | digit))
    else tonumber end;

# What the table expects, from its text: "EXIT ANSWER".
def expectation:
    capture("^(?<exit>[0-9]+) (?<answer>.*)$")
    | {exit: (.exit | tonumber), refused: (.answer == "refused"),
       values: ([.answer | scan("([a-z-]+)=([0-9a-fx]+)") | {(names[.[0]]): (.[1] | number)}] | add // {}
                | {corruptions: 0, leaks: 0, "check-errors": 0} + .)};

# What a command has said. json: without refcow's own key; {} if it has said nothing, null if that was no JSON object.
def answer($exit; $text):
    {exit: ($exit | tonumber), text: $text,
     whole: (if $text | test("^ *$") then {} else $text | (try fromjson catch null) end)}
    | .json = if .whole | type == "object" then .whole | del(.refcow) else null end;

# Whether an answer is what the table expects. Counts of 0 may be left out.
def meets($text):
    ($text | expectation) as $expected | .json as $json
    | .exit == $expected.exit and $json != null
      and if $expected.refused then $json == {}
          else $json != {} and ($expected.values | to_entries | all(($json[.key] // 0) == .value)) end;

# The parts of a version; "10.0" is before "10.0.1", and "9" before "10".
def version: split(".") | map(tonumber);

# The difference that a row states for the qemu-img that was asked: "-" where only versions before another one differ, and
# this one is not among them.
def stated:
    (capture("^(?<number>D[0-9]+) before (?<version>[0-9.]+) (?<answer>.*)$") // null) as $bound
    | if $bound == null then .
      elif ($version | version) < ($bound.version | version) then "\($bound.number) \($bound.answer)"
      else "-" end;

# A row and both answers. other: what is expected of qemu-img. alone: of qemu-img if it gets no key.
def row:
    split("\t")
    | {number: .[0], id: .[1], rule: .[2], base: .[3], damage: .[4], expected: "\(.[5]) \(.[6])", difference: (.[7] | stated),
       asked: .[8], wrong: .[9], checker: answer(.[10]; .[11]), qemu: answer(.[12]; .[13])}
    | .other = if .difference | test(" ") then .difference | sub("^[^ ]+ "; "") else .expected end
    | .alone = if .asked == "key" then "1 refused" else .other end;

# What the two commands have to say alike. When qemu-img gets a key, it calls the image by another name; checkers other
# than refcow may have keys of their own.
def comparable($row):
    .json
    | if $row.asked == "key" and . != null then del(.filename) else . end
    | if $style == "table" and . != null then with_entries(select(.key as $key | names | any(. == $key))) else . end;

def agrees: . as $row | (.checker | comparable($row)) == (.qemu | comparable($row));

def shown:
    def status: .whole.refcow.status.name? // "" | if . == "" then "" else ", \(.)" end;
    "exit \(.exit), " +
    if .json == null then .text
    elif .json == {} then "no answer\(status)"
    else "\(.json | del(.filename, .format))" end;

# ------------------------------------------------------------------- refcow

def faults:
    . as $row
    | if .wrong != "-" then "cannot be planted: \(.wrong)" else
        (if .checker | meets($row.expected) then empty else "refcow differs from the table" end),
        (if .qemu | meets($row.other) then empty else "qemu-img differs from the table" end),
        (if .expected != .other or agrees then empty else "keys or values differ" end),
        (if .checker.whole.refcow? | type == "object" then empty else "refcow has no key of its own" end)
      end;

def tap:
    . as $row | [faults] as $faults
    | "\(if $faults == [] then "ok" else "not ok" end) \(.number) \(.id): \(.rule)",
      if $faults == [] then empty else
        "# \($faults | join("; "))",
        "# base:     \(.base)",
        "# damage:   \(.damage)",
        "# expected: \(.expected)\(if .other != .expected then ", qemu-img \(.difference)" else "" end)",
        "# refcow:   \(.checker | shown)",
        "# qemu-img: \(.qemu | shown)"
      end;

# ------------------------------------------------------------ other checkers

def differs:
    . as $row
    | .wrong != "-" or (.checker | meets($row.expected) | not) or (.difference == "-" and (agrees | not));

# It differs from refcow where refcow differs from qemu-img on purpose, and says what qemu-img says.
def is_deliberate: . as $row | .difference != "-" and .wrong == "-" and (.checker | meets($row.alone));

def tabulated:
    [.id, (if is_deliberate then .difference | split(" ")[0] else "-" end), .rule, "expected \(.expected)",
     (if .wrong != "-" then .wrong else .checker | shown end)] | join("\t");

def count(condition): map(select(condition)) | length;

[inputs | row]
| "# compared with \($release)" as $compared
| "# \(length) rows, " as $total
| if $style == "table" then
    count(differs) as $differ | count(differs and is_deliberate) as $deliberate
    | "id\tdeliberate\trule\texpected\tanswer",
      (.[] | select(differs) | tabulated),
      $compared,
      $total + "\($differ) differ: \($deliberate) deliberately, \($differ - $deliberate) failed"
  else
    "1..\(length)",
    (.[] | tap),
    $compared,
    $total + "\(count(.difference != "-")) deliberate differences, \(count([faults] != [])) failed"
  end
