# Input: a line for each image, as ask() in the random differential writes them. Output for each: "outcome", the case,
# what qemu-img says, how many passes refcow makes in the least memory, and how many guest clusters have data by
# qemu-img map; then a text if refcow says another thing in the least memory, and one if it counts less data.

# What must not depend on memory.
def answer: if type == "object" and has("refcow")
    then del(.refcow.passes, .refcow["memory-used"], .refcow["bytes-read"], .refcow["work"]) |
        (.refcow["second-look"] | objects) |= {name} else . end;

def outcome:
    if .qemu == null then "refused" elif .qemu["check-errors"] > 0 then "errors"
    else {"0": "clean", "2": "corrupt", "3": "leaks"}[.["qemu-exit"] | tostring] end;

# Guest clusters of the image itself with data, where qemu-img map comes to an end.
def clusters_with_data: .info["cluster-size"] as $size
    | if .map == null or $size == null then 0
      else [.map[] | select(.data and .depth == 0)
            | range(.start / $size | floor; (.start + .length + $size - 1) / $size | floor)] | unique | length end;

. as $line
| (try fromjson catch ($line | capture("(?<case>[0-9]+)")))
| if has("refcow") then
    clusters_with_data as $data | .info.refcow?.amplification?.mapped?.size as $mapped
    | "outcome \(.case) \(outcome) \(.small.refcow.passes? // 0) \($data)",
    (select($mapped != null and $data * .info["cluster-size"] > $mapped)
        | "\(.case): qemu-img map finds data in \($data) guest clusters, refcow counts \($mapped) bytes",
          "  qemu-img map: \(.map)"),
    (select((.refcow | answer) != (.small | answer) or .["refcow-exit"] != .["small-exit"])
        | "\(.case): refcow says another thing in 64 KiB of memory",
          "  refcow:       exit \(.["refcow-exit"]), \(.refcow)",
          "  --memory 64K: exit \(.["small-exit"]), \(.small)")
  else
    "outcome \(.case) garbled 0 0",
    "\(.case): this is not JSON"
  end
