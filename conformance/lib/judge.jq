# Input: one line per image, as compare() in compare.bash writes them. Output: a text for each disagreement.

# The exit code that goes with a verdict.
def exit_code: {clean: 0, refused: 1, incomplete: 1, corrupt: 2, leaks: 3}[tostring];

def sorted: if type == "object" then to_entries | sort_by(.key) | from_entries else . end;

# What is wrong with one pair of answers.
def faults:
    (if (.refcow | type) != "object" then "refcow printed no object" else empty end),
    (if (.qemu // {}) != (.refcow // {} | del(.refcow)) then "the keys or values differ" else empty end),
    (if .["qemu-exit"] != .["refcow-exit"] then "the exit codes differ" else empty end),
    (.["refcow-exit"] as $exit | .refcow.refcow
        | if type != "object" then "the key refcow is missing"
          elif $exit != 63 and $exit != (.verdict | exit_code) then "the verdict contradicts the exit code"
          elif .complete != (.verdict == "clean" or .verdict == "leaks" or .verdict == "corrupt")
              then "complete contradicts the verdict"
          else empty end),
    (.refcow | select(.refcow.found)
        | ([.refcow.found[]] | add // 0) as $found
        | if $found != (.corruptions // 0) + (.leaks // 0) + (.["check-errors"] // 0)
              then "found does not add up to the counts"
          elif $found != .refcow["findings-omitted"] + ([.refcow.findings[].times] | add // 0)
              then "the findings do not add up to found"
          else empty end);

. as $line
    | (try fromjson catch {case: "not JSON", refcow: $line})
    | [faults] as $faults
    | select($faults != [])
    | "\(.case): \($faults | join(", "))",
      "  qemu-img: exit \(.["qemu-exit"]), \(.qemu | sorted)",
      "  refcow:   exit \(.["refcow-exit"]), \(.refcow | sorted)"
