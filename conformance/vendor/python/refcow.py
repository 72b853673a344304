#!/usr/bin/env python3
"""refcow through ctypes, with the shared library that is installed: refcow.check(PATH), or refcow.py IMAGE."""

import itertools
import os
import sys
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, addressof, byref, c_char_p, c_int, c_size_t, c_uint32,
                    c_uint64, c_void_p, create_string_buffer, memmove, sizeof)

VERSION = 0x000100  # the version of refcow.h whose structures stand here
OK = 0

library = CDLL(f"librefcow.so.{VERSION >> 16}.{VERSION >> 8 & 0xff}")
for name in "status_name", "kind_name", "verdict_name":
    getattr(library, f"refcow_{name}").restype = c_char_p

# How long a result is depends on it.
KINDS = next(kind for kind in itertools.count() if library.refcow_kind_name(kind) == b"unknown")


def fields(kind, names):
    return [(name, kind) for name in names.split()]


class refcow_error(Structure):
    _fields_ = fields(c_int, "status") + fields(c_uint64, "value offset")


class refcow_source(Structure):
    READ = CFUNCTYPE(c_int, c_void_p, c_uint64, c_void_p, c_size_t)
    _fields_ = [("read", READ), ("next_data", c_void_p), ("user", c_void_p), ("size", c_uint64),
                ("work", c_void_p)]


class refcow_span(Structure):
    _fields_ = fields(c_uint64, "offset length")


class refcow_header(Structure):
    _fields_ = (fields(c_uint32, "version cluster_bits") + fields(c_uint64, "virtual_size")
                + fields(c_uint32, "crypt_method l1_size") + fields(c_uint64, "l1_table_offset refcount_table_offset")
                + fields(c_uint32, "refcount_table_clusters refcount_order nb_snapshots header_length")
                + fields(c_uint64, "snapshots_offset incompatible_features compatible_features autoclear_features")
                + fields(c_uint32, "compression_type extensions")
                + fields(refcow_span, "backing_file backing_format feature_names data_file encryption_header")
                + fields(refcow_span, "bitmap_directory") + fields(c_uint32, "nb_bitmaps"))


class refcow_image(Structure):
    _fields_ = [("header", refcow_header), ("error", refcow_error), ("source", refcow_source),
                ("work", c_uint64)]


class refcow_limits(Structure):
    _fields_ = fields(c_uint64, "max_read max_work")


class refcow_options(Structure):
    _fields_ = [("memory", c_void_p), ("memory_size", c_size_t), ("findings", c_void_p),
                ("findings_capacity", c_size_t), ("findings_kinds", c_uint32), ("limits", refcow_limits),
                ("progress", c_void_p), ("user", c_void_p), ("orphan", c_void_p), ("observer", c_void_p)]


class refcow_refcount_report(Structure):
    _fields_ = (fields(c_uint32, "refcount_order refcount_table_clusters")
                + fields(c_uint64, "refcount_table_offset allocated_clusters orphan_clusters unknown_clusters")
                + fields(c_int, "complete"))


class refcow_result(Structure):
    _fields_ = ([("verdict", c_int), ("error", refcow_error)]
                + fields(c_uint64, "corruptions leaks check_errors image_end_offset total_clusters")
                + fields(c_uint64, "allocated_clusters fragmented_clusters compressed_clusters")
                + fields(c_uint64, "data_clusters snapshot_data_clusters")
                + [("refcounts", refcow_refcount_report)]
                + fields(c_uint64, "passes memory_used bytes_read work")
                + [("found", c_uint64 * KINDS), ("findings_count", c_size_t), ("findings_omitted", c_uint64)])


library.refcow_open.argtypes = [POINTER(refcow_image), c_size_t, c_uint32, POINTER(refcow_source)]
library.refcow_check.argtypes = [POINTER(refcow_image), POINTER(refcow_options), POINTER(refcow_result)]


def check(path, memory_size=1 << 20):
    """The status of the check of an image, 0 or what has gone wrong, and its refcow_result."""
    with open(path, "rb") as file:
        def read(user, offset, buffer, length):
            data = os.pread(file.fileno(), length, offset)
            memmove(buffer, data, len(data))
            return len(data) != length

        callback = refcow_source.READ(read)
        source = refcow_source(read=callback, size=file.seek(0, os.SEEK_END))
        memory = create_string_buffer(memory_size)
        options = refcow_options(memory=addressof(memory), memory_size=memory_size)
        image = refcow_image()
        result = refcow_result()
        status = library.refcow_open(byref(image), sizeof(image), VERSION, byref(source))
        if status == OK:
            status = library.refcow_check(byref(image), byref(options), byref(result))
        return status, result


if __name__ == "__main__":
    status, result = check(sys.argv[1])
    if status != OK:
        print("not checked:", library.refcow_status_name(status).decode())
    else:
        print(f"{library.refcow_verdict_name(result.verdict).decode()}: {result.corruptions} corruptions, "
              f"{result.leaks} leaks, {result.check_errors} check errors")
