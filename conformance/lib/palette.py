"""How much the colours of the owners differ in a page of `refcow map`: palette.py FILE

Prints the smallest difference of two colours, as a distance in CIELAB, for each way to see them: with all cones, without
the red ones, without the green ones. Then how dark the darkest damage is, and how bright the brightest of all else.
"""
import itertools
import math
import re
import sys

# What is left of a colour without a sort of cones (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1, 1.08883)
DAMAGE = ("overlapping", "orphan", "undercounted", "leaked", "unknown")


def times(matrix, vector):
    """Their product."""
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


def lab(color, sight):
    """Lightness, green to red, blue to yellow, of a colour "rrggbb"."""
    parts = [int(color[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    seen = [min(1, max(0, part)) for part in times(sight, linear)]
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
               for t in (part / white for part, white in zip(times(XYZ, seen), WHITE)))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def main():
    """The command."""
    with open(sys.argv[1], encoding="utf-8") as file:
        page = file.read()
    colors = dict(re.findall(r"^[.]([a-z0-9-]+) { fill: #([0-9a-f]{6});", page, re.MULTILINE))
    free = dict(zip(("free", "free, dark page"), re.findall(r"--free: #([0-9a-f]{6});", page)))
    assert len(colors) == 15 and len(free) == 2, (colors, free)
    for name, sight in SIGHTS.items():
        seen = {owner: lab(color, sight) for owner, color in (colors | free).items()}
        pairs = [pair for pair in itertools.combinations(seen, 2) if pair != tuple(free)]
        one, other = min(pairs, key=lambda pair: math.dist(seen[pair[0]], seen[pair[1]]))
        darkest = min(seen[owner][0] for owner in DAMAGE)
        brightest = max(seen[owner][0] for owner in colors if owner not in DAMAGE)
        print(f"{name}: {math.dist(seen[one], seen[other]):.0f} {darkest:.0f} {brightest:.0f} ({one}, {other})")


if __name__ == "__main__":
    main()
