# Input: a line for each image, as ask() in the random differential writes them. Output for each: "outcome", the case,
# what qemu-img says, and how many passes refcow makes in the least memory; then a text if it says another thing there.

# What must not depend on memory.
def answer: if type == "object" and has("refcow")
    then del(.refcow.passes, .refcow["memory-used"], .refcow["bytes-read"], .refcow["work"]) else . end;

def outcome:
    if .qemu == null then "refused" elif .qemu["check-errors"] > 0 then "errors"
    else {"0": "clean", "2": "corrupt", "3": "leaks"}[.["qemu-exit"] | tostring] end;

. as $line
| (try fromjson catch ($line | capture("(?<case>[0-9]+)")))
| if has("refcow") then
    "outcome \(.case) \(outcome) \(.small.refcow.passes? // 0)",
    (select((.refcow | answer) != (.small | answer) or .["refcow-exit"] != .["small-exit"])
        | "\(.case): refcow says another thing in 64 KiB of memory",
          "  refcow:       exit \(.["refcow-exit"]), \(.refcow)",
          "  --memory 64K: exit \(.["small-exit"]), \(.small)")
  else
    "outcome \(.case) garbled 0",
    "\(.case): this is not JSON"
  end
