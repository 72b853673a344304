# What refcow info and qemu-img info have to say alike. Input: the JSON of one of them. Use: jq -L lib 'include "info"; ...'

# Keys of qemu-img info that refcow does not have, in any version: DIVERGENCES.md says which version has which.
def of_qemu_alone: ["full-backing-filename", "children", "limits"];

# An image with an external data file: qemu-img lists no snapshots of it.
def has_data_file: .["format-specific"].data | has("data-file-raw");

# qemu-img lists all snapshots, refcow as many as --max-listed says: not more than a hundred are compared.
def of_both: if has_data_file then del(.snapshots) elif .snapshots then .snapshots |= .[:100] else . end;

# Of encryption refcow says the format, and reads nothing of a LUKS header.
def of_qemu:
    del(.[of_qemu_alone[]])
    | if .["format-specific"].data.encrypt then .["format-specific"].data.encrypt |= {format} else . end
    | of_both;

def of_refcow: walk(if type == "object" then del(.refcow) else . end) | of_both;
