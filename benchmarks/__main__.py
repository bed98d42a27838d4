"""``python -m benchmarks``: measure, print the tables, and write the numbers down as JSON."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from benchmarks import report, runner
from benchmarks.cases import CASES

NAMES = [*CASES, "import", "memory", "plots"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case",
                        help=f"all by default: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="a short run, for a first look")
    parser.add_argument("--rounds", type=int, help="how often each peer is timed")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="where the numbers go; by default benchmarks/results/<time>.json")
    parser.add_argument("--keep", action="store_true",
                        help="these are the numbers that README.md quotes: into measured.json, and "
                             "the tables into the page")
    given = parser.parse_args()
    unknown = set(given.cases) - set(NAMES)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    settings = runner.QUICK if given.quick else runner.FULL
    if given.rounds is not None:
        settings = runner.replace(settings, rounds=given.rounds)
    when = time.strftime("%Y-%m-%d %H:%M:%S %z")
    result = {"when": when, **runner.run(given.cases or NAMES, settings)}
    result["targets"] = report.targets(result)
    print(f"\n{report.text(result)}")
    if given.keep:
        report.put_into(runner.ROOT / "benchmarks/README.md", result)
    path = given.json or runner.ROOT / (
        "benchmarks/measured.json" if given.keep else
        time.strftime("benchmarks/results/%Y-%m-%d-%H%M%S.json"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"\nwritten to {path}")


if __name__ == "__main__":
    main()
