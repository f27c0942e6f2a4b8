"""Ours beside every peer, in one run on the same data.

python benches/compare                     all rows at their full sizes
python benches/compare --quick             a twentieth of the rows
python benches/compare --smoke             so few that only the comparison itself is tested
python benches/compare --only kmeans       rows whose name has this part; several are possible; --list names all
python benches/compare --no-memory         without the processes that measure it
python benches/compare --write FILE        the tables into a file

Ends with 1 if a peer's result is not ours.
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
from growth import GROWTHS  # noqa: E402
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
    parser.add_argument("--memory-of", metavar="PARTY", help=argparse.SUPPRESS)
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
    chosen = lambda name: any(part in name for part in args.only)
    rows = [row for row in ROWS if chosen(row.name)]
    subjects = [subject for subject in GROWTHS if chosen(subject.name)]
    warnings.simplefilter("ignore")
    if args.list:
        print("\n".join([*(row.name for row in rows), *(subject.name for subject in subjects), "node"]))
        return 0
    if args.memory_of:
        found = measure.memory_here(rows[0], scale, args.memory_of)
        print(found.peak, found.kept)
        return 0

    said = lambda name: print(name, file=sys.stderr, flush=True)
    results = []
    for row in rows:
        said(row.name)
        result = measure.speed(row, scale)
        if scale.memory and not args.no_memory:
            # Of the peers, the fastest.
            for party in [measure.OURS, *result.peers[:1]]:
                result.memory[party] = measure.memory(row, scale, party)
        results.append(result)
    grown = []
    for subject in subjects:
        said(subject.name)
        grown.append((subject, *measure.growth(subject, scale)))
    from_node, failures = node(scale) if chosen("node") else ([], [])

    failures += report.failures(results)
    parts = [report.machine(scale)]
    if failures:
        parts += ["**RESULTS THAT DIFFER**", "\n".join(f"* {failure}" for failure in failures)]
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
