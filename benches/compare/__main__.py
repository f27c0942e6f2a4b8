"""Ours beside every peer, in one run on the same data.

python benches/compare                     all rows at their full sizes
python benches/compare --quick             a twentieth of the rows
python benches/compare --smoke             so few that only the comparison itself is tested
python benches/compare --only kmeans       rows whose name has this part; several are possible; --list names all
python benches/compare --no-memory         without the processes that measure it
python benches/compare --write FILE        the tables into a file

Ends with 1 if a peer's result is not ours, or a peer crashes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import peers

peers.cap_threads()

import measure  # noqa: E402
import report  # noqa: E402
from growth import GROWTHS, Growth  # noqa: E402
from row import FULL, QUICK, SMOKE, Scale  # noqa: E402
from rows import ROWS  # noqa: E402

HERE = Path(__file__).parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for scale in (FULL, QUICK, SMOKE):
        parser.add_argument(f"--{scale.name}", action="store_const", dest="scale", const=scale, default=FULL)
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE")
    parser.add_argument("--here", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def node(scale: Scale) -> tuple[list[dict[str, Any]], list[str]]:
    """What node.mjs measured, and what went wrong; nothing where Node or the package is not there."""
    command = ["node", str(HERE / "node.mjs"), "--json", "--rounds", str(scale.rounds[0])]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return [], []
    if done.returncode:
        return [], [] if "MODULE_NOT_FOUND" in done.stderr else [f"node: {done.stderr}"]
    return json.loads(done.stdout), []


def main() -> int:
    args = arguments()
    scale: Scale = args.scale
    warnings.simplefilter("ignore")
    if args.here:
        name, party = args.here
        subject = next(subject for subject in [*ROWS, *GROWTHS] if subject.name == name)
        print(json.dumps(measure.here(subject, scale, party)))
        return 0
    chosen = lambda name: any(part in name for part in args.only)
    rows = [row for row in ROWS if chosen(row.name)]
    subjects = [subject for subject in GROWTHS if chosen(subject.name)]
    if args.list:
        print("\n".join([*(row.name for row in rows), *(subject.name for subject in subjects), "node"]))
        return 0

    measured = measure.apart if scale.apart else measure.here
    results: report.Results = []
    grown: report.Growths = []
    failures: list[str] = []
    for subject in [*rows, *subjects]:
        print(subject.name, file=sys.stderr, flush=True)
        try:
            found = measured(subject, scale)
            if isinstance(subject, Growth):
                grown.append((subject, found))
                continue
            result = measure.Measured(**found)
            results.append((subject, result))
            # Of the peers, the fastest.
            for party in [measure.OURS, *result.peers[:1]] if scale.apart and not args.no_memory else []:
                result.memory[party] = measure.Memory(**measured(subject, scale, party))
        except measure.Crashed as crash:
            failures.append(str(crash))
    from_node, of_node = node(scale) if chosen("node") else ([], [])

    failures += [*report.disagreements(results), *of_node]
    parts = [report.machine(scale)]
    if failures:
        parts += ["**RESULTS THAT DIFFER OR ARE MISSING**", "\n".join(f"* {failure}" for failure in failures)]
    if absent := report.absentees(results):
        parts.append(f"Not installed, and so not in the tables: {', '.join(absent)}.")
    tables = {
        "Beside the peers": report.against_peers(results),
        "Threads": report.threads(results),
        "Memory": report.memory(results),
        "Growth": report.growths(grown),
        "From Node": report.node(from_node),
    }
    parts += [f"## {title}\n\n{lines}" for title, lines in tables.items() if lines]
    text = "\n\n".join(parts) + "\n"
    print(text)
    if args.write:
        args.write.write_text((HERE / "preface.md").read_text() + "\n" + text + "\n" + (HERE / "notes.md").read_text())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
