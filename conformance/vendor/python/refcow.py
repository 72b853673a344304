#!/usr/bin/env python3
"""refcow through ctypes, with the shared library that is installed: refcow.check(PATH), refcow.gate(PATH), or
refcow.py IMAGE."""

import contextlib
import itertools
import os
import sys
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, addressof, byref, c_char_p, c_int, c_size_t, c_uint32,
                    c_uint64, c_void_p, create_string_buffer, memmove, pointer, sizeof)

VERSION = 0x000100  # the version of refcow.h whose structures stand here
OK = 0
ACCEPTED = 2  # refcow_decision
BREACHES_MAX = 320
REFUSALS_MAX = 32

library = CDLL(f"librefcow.so.{VERSION >> 16}.{VERSION >> 8 & 0xff}")
for name in "status_name", "kind_name", "verdict_name", "decision_name", "rule_name":
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
                ("work", c_void_p), ("next_hole", c_void_p)]


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


class refcow_damage(Structure):
    _fields_ = fields(c_uint64, "l2_tables damaged_l2_tables guest guest_end")


class refcow_result(Structure):
    _fields_ = ([("verdict", c_int), ("error", refcow_error)]
                + fields(c_uint64, "corruptions leaks check_errors notes image_end_offset total_clusters")
                + fields(c_uint64, "allocated_clusters fragmented_clusters compressed_clusters compressed_end")
                + fields(c_uint64, "data_clusters snapshot_data_clusters most_references")
                + [("refcounts", refcow_refcount_report), ("damage", refcow_damage)]
                + fields(c_uint64, "passes memory_used bytes_read work")
                + [("found", c_uint64 * KINDS), ("findings_count", c_size_t), ("findings_omitted", c_uint64)])


class refcow_rules(Structure):
    _fields_ = [("bits", c_uint64 * 4)]


class refcow_policy(Structure):
    _fields_ = ([("allowed", refcow_rules)]
                + fields(c_uint64, "max_file_size max_virtual_size max_amplification max_sharing max_snapshots")
                + fields(c_uint32, "refused_features required_features cluster_sizes refcount_widths")
                + fields(c_int, "expects_raw wants_check header_only"))


class refcow_breach(Structure):
    _fields_ = (fields(c_int, "rule is_allowed") + fields(c_uint64, "offset value limit") + [("name", refcow_span)]
                + fields(c_uint32, "snapshot magic") + fields(c_int, "feature"))


class refcow_gate_options(Structure):
    _fields_ = [("policy", POINTER(refcow_policy)), ("check", refcow_options), ("breaches", POINTER(refcow_breach)),
                ("breaches_capacity", c_size_t), ("name", c_char_p), ("name_length", c_size_t), ("writer", c_int),
                ("head_bytes", c_uint64)]


class refcow_snapshot(Structure):
    _fields_ = (fields(c_uint32, "index l1_size") + fields(c_uint64, "offset l1_offset")
                + fields(refcow_span, "id name")
                + fields(c_uint32, "date_seconds date_nanoseconds")
                + fields(c_uint64, "vm_clock vm_state_size disk_size icount") + fields(c_uint32, "extra_size next")
                + [("end", c_uint64)])


class refcow_gate_notes(Structure):
    _fields_ = ([("size", c_uint64)] + fields(c_int, "knows_size has_header wants_check") + [("features", c_uint32)]
                + fields(c_uint64, "bitmaps_extension snapshot_tables snapshots_length")
                + [("snapshot_error", refcow_error)]
                + fields(refcow_snapshot, "past_end largest_disk largest_data")
                + [("refusals", refcow_error * REFUSALS_MAX)])


class refcow_gate_result(Structure):
    _fields_ = ([("decision", c_int), ("error", refcow_error)] + fields(refcow_rules, "broken undecided")
                + fields(c_size_t, "breaches_count breaches_omitted")
                + [("image", refcow_image), ("is_checked", c_int), ("check", refcow_result)]
                + fields(c_uint64, "amplification bytes_read") + [("notes", refcow_gate_notes)])


library.refcow_open.argtypes = [POINTER(refcow_image), c_size_t, c_uint32, POINTER(refcow_source)]
library.refcow_check.argtypes = [POINTER(refcow_image), POINTER(refcow_options), POINTER(refcow_result)]
library.refcow_policy_strict.restype = refcow_policy
library.refcow_policy_allow.argtypes = [POINTER(refcow_policy), c_int]
library.refcow_gate.argtypes = [POINTER(refcow_source), POINTER(refcow_gate_options), POINTER(refcow_gate_result),
                                c_size_t, c_uint32]


@contextlib.contextmanager
def source_of(path):
    with open(path, "rb") as file:
        def read(user, offset, buffer, length):
            data = os.pread(file.fileno(), length, offset)
            memmove(buffer, data, len(data))
            return len(data) != length

        callback = refcow_source.READ(read)
        yield refcow_source(read=callback, size=file.seek(0, os.SEEK_END))


def check(path, memory_size=1 << 20):
    """The status of the check of an image, 0 or what has gone wrong, and its refcow_result."""
    with source_of(path) as source:
        memory = create_string_buffer(memory_size)
        options = refcow_options(memory=addressof(memory), memory_size=memory_size)
        image = refcow_image()
        result = refcow_result()
        status = library.refcow_open(byref(image), sizeof(image), VERSION, byref(source))
        if status == OK:
            status = library.refcow_check(byref(image), byref(options), byref(result))
        return status, result


def gate(path, policy=None, memory_size=1 << 20):
    """The refcow_gate_result for an image and a refcow_policy (None: the strict one), and a list of refcow_breach. Each
    decision but ACCEPTED means that the image is refused."""
    policy = policy or library.refcow_policy_strict()
    with source_of(path) as source:
        memory = create_string_buffer(memory_size)
        breaches = (refcow_breach * BREACHES_MAX)()
        options = refcow_gate_options(policy=pointer(policy), breaches=breaches, breaches_capacity=BREACHES_MAX,
                                      check=refcow_options(memory=addressof(memory), memory_size=memory_size))
        result = refcow_gate_result()
        library.refcow_gate(byref(source), byref(options), byref(result), sizeof(result), VERSION)
        return result, breaches[:result.breaches_count]


def name_of(kind, number):
    return getattr(library, f"refcow_{kind}_name")(number).decode()


if __name__ == "__main__":
    status, result = check(sys.argv[1])
    if status != OK:
        print("not checked:", name_of("status", status))
    else:
        print(f"{name_of('verdict', result.verdict)}: {result.corruptions} corruptions, "
              f"{result.leaks} leaks, {result.check_errors} check errors")
    decided, breaches = gate(sys.argv[1])
    print("gate:", name_of("decision", decided.decision), *(name_of("rule", breach.rule) for breach in breaches))
