"""The tables, for the terminal and for benches/RESULTS.md."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any

import peers
from growth import MOST, Growth
from measure import ONE_THREAD, OURS, Measured, Rounds, ratio
from row import Row, Scale

Cells = Sequence[str]
Results = list[tuple[Row, Measured]]
Growths = list[tuple[Growth, Rounds]]


def table(head: Cells, lines: Iterable[Cells]) -> str:
    """In Markdown, with columns that stand below each other; nothing if it has no lines."""
    rows = [head, *lines]
    if len(rows) == 1:
        return ""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows)


def of_seconds(value: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1.0 or unit == "µs":
            return f"{value * factor:.3g} {unit}"
    raise AssertionError


def of_bytes(value: int) -> str:
    return f"{value / 1e6:,.0f} MB"


def asked(value: float | None, found: float) -> tuple[str, str]:
    """What was asked for, and whether it is reached."""
    return (f"{value:g}×", "yes" if found >= value else "**no**") if value else ("", "")


def against_peers(results: Results) -> str:
    lines: list[Cells] = []
    for row, result in results:
        ours = statistics.median(result.rounds[OURS])
        memory = {name: of_bytes(each.peak) for name, each in result.memory.items()}
        opening = (row.work, row.size, of_seconds(ours), memory.get(OURS, ""))
        for name in result.peers or [""]:
            if not name:
                lines.append((*opening, "none is installed", "", "", "", "", ""))
                continue
            found = ratio(result.rounds, name, OURS)
            wish, reached = asked(row.required_of(name), found)
            reached = "**RESULTS DIFFER**" if name in result.disagreements else reached
            theirs = of_seconds(statistics.median(result.rounds[name]))
            lines.append((*opening, name, theirs, memory.get(name, ""), f"{found:.2f}×", wish, reached))
            opening = ("", "", "", "")
    head = ("work", "size", "ours", "memory", "peer", "its time", "memory", "ratio", "asked", "reached")
    return table(head, lines)


def threads(results: Results) -> str:
    lines = []
    for row, result in results:
        if ONE_THREAD in result.rounds:
            found = ratio(result.rounds, ONE_THREAD, OURS)
            times = (of_seconds(statistics.median(result.rounds[name])) for name in (ONE_THREAD, OURS))
            lines.append((row.work, row.size, *times, f"{found:.2f}×", *asked(row.threads, found)))
    return table(("work", "size", "one thread", "two threads", "ratio", "asked", "reached"), lines)


def growths(results: Growths) -> str:
    lines = []
    for subject, rounds in results:
        sizes = list(rounds)
        times = ", ".join(of_seconds(statistics.median(rounds[size])) for size in sizes)
        steps = [ratio(rounds, more, fewer) for fewer, more in pairwise(sizes)]
        reached = "yes" if max(steps) <= MOST else "**no**"
        rows = ", ".join(f"{int(size):,}" for size in sizes)
        factors = ", ".join(f"{step:.1f}×" for step in steps)
        lines.append((subject.work, rows, times, factors, f"at most {MOST:g}×", reached))
    return table(("work", "rows", "time", "of ten times as many", "asked", "reached"), lines)


def memory(results: Results) -> str:
    lines = []
    for row, result in results:
        if row.memory is None:
            continue
        limit, unit = row.memory
        for name, found in result.memory.items():
            peak, kept = found.peak / result.unit, found.kept / result.unit
            wish = (f"at most {limit:g}", "yes" if peak <= limit else "**no**") if name == OURS else ("", "")
            opening = (row.work, row.size) if name == OURS else ("", "")
            lines.append((*opening, name, f"{peak:.3g} {unit}", f"{peak - kept:.3g}", *wish))
    head = ("work", "size", "who", "peak beside the input", "and beside what stays", "asked", "reached")
    return table(head, lines)


def node(rows: Iterable[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        wish = asked(row.get("asked"), row["ratio"])
        lines.append((row["work"], row["ours"], row["peerName"], row["peer"], f"{row['ratio']:.2f}×", *wish))
    return table(("work", "ours", "peer", "its time", "ratio", "asked", "reached"), lines)


def disagreements(results: Results) -> list[str]:
    return [
        f"{row.name}: the result of {name} is not ours: {difference}"
        for row, result in results
        for name, difference in result.disagreements.items()
    ]


def absentees(results: Results) -> list[str]:
    return sorted({name for _, result in results for name in result.absent})


def machine(scale: Scale) -> str:
    def first(path: str, key: str) -> str:
        try:
            lines = Path(path).read_text().splitlines()
        except OSError:
            return "unknown"
        return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "unknown")

    def read(path: Path) -> str:
        return path.read_text().strip()

    caches = [
        f"L{read(cache / 'level')}{read(cache / 'type')[0].lower().replace('u', '')} {read(cache / 'size')}"
        for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    ]
    flags = first("/proc/cpuinfo", "flags").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "baseline vectors"
    total = first("/proc/meminfo", "MemTotal").split()[0]
    memory = f"{int(total) / 2**20:.0f} GiB" if total.isdigit() else total
    versions = []
    for name in ("loyalty-py", *peers.PACKAGES):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    model = first("/proc/cpuinfo", "model name")
    about = {
        "CPU": f"{model}, {os.cpu_count()} cores, {vectors}; caches: {', '.join(caches)}",
        "Memory": memory,
        "System": f"{platform.system()} {platform.release()}, Python {sys.version.split()[0]}",
        "Versions": ", ".join(versions),
        "Threads": f"{peers.THREADS} for ours and for every peer",
        "Date": date.today().isoformat(),
        "Sizes": "as written" if scale.divisor == 1 else f"rows divided by {scale.divisor}: no results, only a look",
    }
    return "\n".join(f"* {name}: {text}" for name, text in about.items())
