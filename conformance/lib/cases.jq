# Input: a line for each row, as ask_rows() of run-cases writes them. Output: TAP, or with $style "table" only the rows
# in which the checker differs. The last line counts.

def names: {
    corruptions: "corruptions", leaks: "leaks", "check-errors": "check-errors", end: "image-end-offset",
    total: "total-clusters", allocated: "allocated-clusters", fragmented: "fragmented-clusters",
    compressed: "compressed-clusters"
};

def number:
    def digit: if . >= 97 then . - 87 else . - 48 end;
    if startswith("0x") then .[2:] | explode | reduce .[] as $character (0; . * 16 + ($character | digit))
    else tonumber end;

# What the table expects: the text is "EXIT ANSWER".
def expectation:
    capture("^(?<exit>[0-9]+) (?<answer>.*)$")
    | {exit: (.exit | tonumber), refused: (.answer == "refused"),
       values: ([.answer | scan("([a-z-]+)=([0-9a-fx]+)") | {(names[.[0]]): (.[1] | number)}]
                | add // {} | {corruptions: 0, leaks: 0, "check-errors": 0} + .)};

# What a command said; no JSON at all is no object.
def answer($exit; $text):
    {exit: ($exit | tonumber), text: $text, whole: (if $text | test("^ *$") then {} else $text | (try fromjson catch null) end)}
    | .json = if .whole | type == "object" then .whole | del(.refcow) else null end;

# Whether it is what the table expects. Counts that are 0 may be left out of the JSON.
def meets($expected):
    .json as $json
    | .exit == $expected.exit and $json != null
      and if $expected.refused then $json == {}
          else $json != {} and ($expected.values | to_entries | all(($json[.key] // 0) == .value)) end;

# What can be compared with qemu-img's: with a key, qemu-img calls the image by another name.
def comparable($row):
    .json | if $row.asked == "key" and . != null then del(.filename) else . end
    | if $style == "table" and . != null then with_entries(select(.key as $key | names | any(. == $key))) else . end;

def shown: "exit \(.exit), \(if .json == null then .text elif .json == {} then "no answer\(.whole.refcow.status.name? // "" | if . == "" then "" else ", \(.)" end)" else .json | del(.filename, .format) end)";

def row:
    split("\t")
    | {number: .[0], id: .[1], rule: .[2], base: .[3], damage: .[4], expected: "\(.[5]) \(.[6])", difference: .[7],
       asked: .[8], wrong: .[9], checker: answer(.[10]; .[11]), qemu: answer(.[12]; .[13])}
    | .other = if .difference | test(" ") then .difference | sub("^[^ ]+ "; "") else .expected end;

# What is wrong with the row.
def faults:
    . as $row
    | if .wrong != "-" then "cannot be planted: \(.wrong)" else
        (if .checker | meets($row.expected | expectation) | not then "refcow differs from the table" else empty end),
        (if .qemu | meets($row.other | expectation) | not then "qemu-img differs from the table" else empty end),
        (if $row.expected == $row.other and (.checker | comparable($row)) != (.qemu | comparable($row))
         then "the keys or values differ" else empty end),
        (if $style == "tap" and (.checker.whole.refcow? | type) != "object" then "refcow says nothing of its own" else empty end)
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

def differs:
    . as $row
    | .wrong != "-" or (.checker | meets($row.expected | expectation) | not)
      or (.difference == "-" and (.checker | comparable($row)) != (.qemu | comparable($row)));

def tabulated:
    "\(.id)\t\(.difference | split(" ")[0])\t\(.rule)\texpected: \(.expected)\tanswer: \(if .wrong != "-" then .wrong else .checker | shown end)";

[inputs | row]
| if $style == "table" then
    map(select(differs)) as $different
    | ($different | map(select(.difference == "-"))) as $failed
    | "id\tdeliberate\trule\texpected\tanswer",
      ($different[] | tabulated),
      "# \(length) rows, \($different | length) differ: \($different | length - ($failed | length)) deliberately, \($failed | length) failed"
  else
    map(select([faults] != [])) as $failed
    | "1..\(length)",
      (.[] | tap),
      "# \(length) rows, \(map(select(.difference != "-")) | length) deliberate differences, \($failed | length) failed"
  end
