"""What a unit of work takes: nanoseconds of processor time, for each of the hostile images.

A check stops at a limit on its work, so the work has to stand for time, whatever the image makes the check do. If one
kind of work takes much longer than the others, an image full of it holds up a machine for longer than the limit
says."""

import csv
import json
import os
import statistics
import subprocess
import sys
import typing

import images

CORPUS = "corpus/hostile"
WORK = "work"  # the name of the work in the answer of refcow check
RUNS = 5
RUNS_SECONDS = 0.3  # of processor time; when they have passed there are no more runs
SHORT = 0.020  # seconds: too short to be judged
TIMES_THE_MEDIAN = 5


class Cost(typing.NamedTuple):
    name: str  # of the recipe, with the options of the check
    seconds: float  # user and system time, less those for an empty image
    work: int

    @property
    def nanoseconds(self):
        """Of one unit."""
        return self.seconds / self.work * 1e9 if self.work else 0.0

    @property
    def is_short(self):
        """Whether the figure means little."""
        return self.seconds < SHORT


def measure_all():
    """The cost of each row of the table of ceilings, most expensive unit first."""
    images.FOLDER.mkdir(parents=True, exist_ok=True)
    empty, _ = run(empty_image(), [])
    costs = []
    for name, several_options in recipes().items():
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        image = images.FOLDER / "hostile.qcow2"
        image.unlink(missing_ok=True)
        images.run(f"{CORPUS}/make-hostile", name, image)
        for options in several_options:
            seconds, work = run(image, options)
            costs.append(Cost(" ".join([name, *options]), max(seconds - empty, 0.0), work))
        image.unlink()
    return sorted(costs, key=lambda cost: -cost.nanoseconds)


def recipes():
    """The options of each image's rows."""
    by_name = {}
    with open(f"{CORPUS}/CEILINGS.tsv", encoding="utf-8") as table:
        for row in csv.DictReader((line for line in table if not line.startswith("#")), delimiter="\t",
                                  quoting=csv.QUOTE_NONE):
            by_name.setdefault(row["name"], []).append([] if row["options"] == "-" else row["options"].split())
    return by_name


def empty_image():
    image = images.FOLDER / "empty.qcow2"
    images.run("qemu-img", "create", "-q", "-f", "qcow2", image, "64K")
    return image


def run(image, options):
    """Seconds of the quickest of some runs, and work, which is the same in all. Other load only ever makes a run
    slower."""
    command = ["build/refcow", "check", "--output=json", *options, str(image)]
    seconds, output = run_once(command)
    times = [seconds]
    while len(times) < RUNS and sum(times) < RUNS_SECONDS:
        times.append(run_once(command)[0])
    return min(times), json.loads(output)["refcow"].get(WORK, 0)


def run_once(command):
    """User and system seconds, and output."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode < 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, output


def median(costs):
    """Of those that are not too short."""
    return statistics.median([cost.nanoseconds for cost in costs if not cost.is_short] or [0.0])


def rows(costs):
    """For a table."""
    middle = median(costs)
    return [{"hostile image": cost.name, "ms": 1000 * cost.seconds, "units": cost.work,
             "ns / unit": cost.nanoseconds,
             "of the median": "short" if cost.is_short else f"{cost.nanoseconds / middle:.1f}"} for cost in costs]


def worst(costs):
    """How many times the median the most expensive unit takes, and whose it is."""
    judged = [cost for cost in costs if not cost.is_short]
    if not judged:
        return 0.0, "none"
    return judged[0].nanoseconds / median(costs), judged[0].name
