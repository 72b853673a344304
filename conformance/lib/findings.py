"""The findings in an answer of `refcow check` or `refcow map`: findings.py json|jsonl|csv <ANSWER

Prints each as a JSON object of texts, without the fields that have no value: then answers of all forms can be compared,
and jq, which has numbers of 53 bits, reads them without loss.
"""
import csv
import json
import sys


def findings(form, file):
    """Each as a dictionary; a field without a value is None or empty."""
    if form == "json":
        yield from json.load(file)["refcow"].get("findings", [])
    elif form == "jsonl":
        yield from (record for record in map(json.loads, file) if record["type"] == "finding")
    else:
        rows = list(csv.DictReader(file, restkey="surplus", restval="missing"))
        assert all("surplus" not in row and "missing" not in row.values() for row in rows), "rows of different lengths"
        yield from (row for row in rows if row["record"] == "finding")


def text(value):
    """As it stands in a table."""
    if isinstance(value, list):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def main():
    """The command."""
    for finding in findings(sys.argv[1], sys.stdin):
        for name in ("type", "record", "filename"):
            finding.pop(name, None)
        texts = {name: text(value) for name, value in finding.items() if value not in (None, "")}
        print(json.dumps(texts, sort_keys=True))


if __name__ == "__main__":
    main()
