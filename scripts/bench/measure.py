"""How long commands take, and how much memory."""

import array
import json
import os
import shlex
import subprocess
import typing

from images import FOLDER

DROP_CACHES = "/proc/sys/vm/drop_caches"

# After its first run, from which its memory is known, a command takes part in ROUNDS rounds: with a warm-up and three
# runs if it is QUICK, else with one run. When it has had COMMAND_SECONDS it takes part no more; if one run needs more
# than that, the first one's time must do. Many short rounds: on a busy machine a few long ones may treat one command
# much worse than another.
ROUNDS = 20
QUICK = 0.1
COMMAND_SECONDS = 25
COLD_RUNS = 5


class Measured(typing.NamedTuple):
    times: list  # seconds of each run
    peak_kib: int  # of resident memory
    output: str


def commands(image, refcow_options=()):
    """What is compared: both checkers answer in JSON; the bare read is of the extents that refcow looks at."""
    with open(extents(image), "wb") as out:
        subprocess.run(["build/bare_read", "--extents", image], stdout=out, check=True)
    return {
        "bare read": ["build/bare_read", extents(image), image],
        "refcow": ["build/refcow", "check", "--output=json", *refcow_options, image],
        "qemu-img": ["qemu-img", "check", "--output=json", image],
    }


def extents(image):
    return image.with_suffix(".extents")


def metadata_bytes(image):
    offsets_and_lengths = array.array("Q", extents(image).read_bytes())
    return sum(offsets_and_lengths[1::2])


def warm(named_commands):
    """With the metadata in the page cache. The commands take turns, so that other work of the machine hits all."""
    first = {name: first_run(command) for name, command in named_commands.items()}
    times = {name: [] for name in named_commands}
    for finished in range(ROUNDS):
        for name, command in named_commands.items():
            seconds = first[name].times[0]
            if (finished + 1) * seconds <= COMMAND_SECONDS:
                times[name] += hyperfine(command, *(["--runs=3", "--warmup=1"] if seconds < QUICK else ["--runs=1"]))
    return {name: runs._replace(times=times[name] or runs.times) for name, runs in first.items()}


def cold(named_commands):
    """Seconds of each run with nothing in the page cache, neither the image nor the program."""
    empty_cache = f"--prepare=sh -c 'sync; echo 3 >{DROP_CACHES}'"
    return {name: hyperfine(command, f"--runs={COLD_RUNS}", empty_cache) for name, command in named_commands.items()}


def can_be_cold():
    return os.access(DROP_CACHES, os.W_OK)


def first_run(command):
    """By GNU time, which is small: a command counts the memory of the process that starts it as its own at first."""
    figures = FOLDER / "time"
    done = subprocess.run(["/usr/bin/time", "-o", figures, "-f", "%e %M", *command], stdout=subprocess.PIPE, text=True,
                          check=True)
    seconds, peak_kib = figures.read_text().split()
    return Measured([max(float(seconds), 0.001)], int(peak_kib), done.stdout)


def hyperfine(command, *options):
    """Seconds of each run. No shell stands between, its start would be part of what is measured."""
    export = FOLDER / "hyperfine.json"
    subprocess.run(["hyperfine", "--shell=none", "--style=none", *options, "--export-json", export,
                    shlex.join(map(str, command))], stderr=subprocess.DEVNULL, check=True)
    return json.loads(export.read_text())["results"][0]["times"]
