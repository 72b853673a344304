# Input: one line per image, as compare() in compare.bash writes them. Output: a text for each disagreement.

# The exit code that goes with a verdict.
def exit_code: {clean: 0, refused: 1, incomplete: 1, corrupt: 2, leaks: 3}[tostring];

def sorted: if type == "object" then to_entries | sort_by(.key) | from_entries else . end;

# The kinds of severity note, which are among the findings and in no count of qemu-img.
def is_note: . as $kind
    | ["truncated", "compressed-past-end", "l2-table-empty", "marked-dirty", "marked-corrupt", "bitmap-in-use",
       "l2-table-damaged", "data-in-hole", "in-use", "backing-file-itself"]
    | index($kind) != null;

# What refcow's own key contradicts; the input is refcow's answer.
def contradictions($exit):
    .refcow as $own
    | if ($own | type) != "object" then "the key refcow is missing"
      elif $exit != 63 and $exit != ($own.verdict | exit_code) then "the verdict contradicts the exit code"
      elif $own.complete != ($own.verdict == "clean" or $own.verdict == "leaks" or $own.verdict == "corrupt")
          then "complete contradicts the verdict"
      elif $own.found then
          ([$own.found[]] | add // 0) as $found
          | ([$own.found | to_entries[] | select(.key | is_note).value] | add // 0) as $notes
          | if $found - $notes != (.corruptions // 0) + (.leaks // 0) + (.["check-errors"] // 0)
                then "found does not add up to the counts"
            elif $found != $own.omitted + ([$own.findings[].times] | add // 0)
                then "the findings do not add up to found"
            else empty end
      else empty end;

# What is wrong with one pair of answers.
def faults:
    if .refcow | type == "object" then
        (if (.qemu // {}) != (.refcow | del(.refcow)) then "the keys or values differ" else empty end),
        (if .["qemu-exit"] != .["refcow-exit"] then "the exit codes differ" else empty end),
        (.["refcow-exit"] as $exit | .refcow | contradictions($exit))
    else "refcow printed no JSON object" end;

. as $line
    | (try fromjson catch {case: $line})
    | [faults] as $faults
    | select($faults != [])
    | "\(.case): \($faults | join(", "))",
      "  qemu-img: exit \(.["qemu-exit"]), \(.qemu | sorted)",
      "  refcow:   exit \(.["refcow-exit"]), \(.refcow | sorted)"
