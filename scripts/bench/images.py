"""The images that are measured. They are sparse: each takes little more of the disk than its metadata."""

import os
import pathlib
import random
import struct
import subprocess
import sys

FOLDER = pathlib.Path("build/bench")
CLUSTER = 64 * 1024
COPIED = 1 << 63  # flag of an L1 or L2 entry: the cluster's refcount is 1
HEADER = struct.Struct(">4sIQIIQIIQQIIQQQQII")  # qcow2 version 3, 104 bytes


def made(name, make):
    """The path of the image, which is made if there is none. It gets its name when both checkers have accepted it."""
    image = FOLDER / f"{name}.qcow2"
    if not image.exists():
        print(f"making {image.name}", file=sys.stderr, flush=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = FOLDER / "unfinished.qcow2"
        unfinished.unlink(missing_ok=True)
        make(unfinished)
        run("qemu-img", "check", "-q", unfinished)
        run("build/refcow", "check", "-q", unfinished)
        unfinished.rename(image)
    drop_from_page_cache(image)
    return image


def drop_from_page_cache(image):
    """Pages that were just written are up to twice as fast to read as those that came from the disk, as the pages of an
    image that someone wants to check usually do."""
    with open(image, "rb") as file:
        os.fsync(file)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(*command):
    subprocess.run(command, check=True)


def mapped(image, size, cluster_size="64K"):
    """Every guest cluster has its host cluster, in order; none holds data."""
    options = f"preallocation=metadata,cluster_size={cluster_size}"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, size)


def with_snapshots(image, size, count):
    mapped(image, size)
    for number in range(count):
        run("qemu-img", "snapshot", "-c", f"snapshot-{number}", image)


def with_data(image, size, data):
    run("qemu-img", "create", "-q", "-f", "qcow2", image, size)
    run("qemu-io", "-f", "qcow2", "-c", f"write -q -P 7 0 {data}", image)


def compressed(image, clusters):
    """Really compressed. The clusters are small, and hold nothing but their number, so that it does not take long."""
    raw = image.with_suffix(".raw")
    with open(raw, "wb") as out:
        for number in range(1, clusters + 1):
            out.write(number.to_bytes(4096, "big"))
    run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "cluster_size=4K", raw, image)
    raw.unlink()


def shuffled(image, clusters):
    """What years of a guest's random writes do to the mapping. qemu-img and qemu-io would need hours for it."""
    l2_tables = clusters * 8 // CLUSTER
    host_clusters = 1 + 1 + 1 + l2_tables + clusters  # with the header, the refcount table and the L1 table
    refcount_blocks = -(-host_clusters * 2 // (CLUSTER - 2))  # 2 bytes for each cluster, the blocks included
    host_clusters += refcount_blocks
    table, l1 = 1, 2
    first_block = 3
    first_l2 = first_block + refcount_blocks
    data = list(range(first_l2 + l2_tables, host_clusters))
    random.Random(1).shuffle(data)

    with open(image, "wb") as out:
        out.write(HEADER.pack(b"QFI\xfb", 3, 0, 0, 16, clusters * CLUSTER, 0, l2_tables, l1 * CLUSTER,
                              table * CLUSTER, 1, 0, 0, 0, 0, 0, 4, HEADER.size))
        out.seek(table * CLUSTER)
        out.write(entries(range(first_block, first_l2)))
        out.seek(l1 * CLUSTER)
        out.write(entries(range(first_l2, first_l2 + l2_tables), COPIED))
        out.seek(first_block * CLUSTER)
        out.write(struct.pack(">H", 1) * host_clusters)
        out.seek(first_l2 * CLUSTER)
        out.write(entries(data, COPIED))
        out.truncate(host_clusters * CLUSTER)


def entries(clusters, flag=0):
    return b"".join(struct.pack(">Q", flag | cluster * CLUSTER) for cluster in clusters)
