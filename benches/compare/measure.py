"""Time and memory, each party beside the others."""

from __future__ import annotations

import gc
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from growth import Growth
from peers import THREADS
from row import Call, Disagreement, Row, Scale, Tuned

OURS, ONE_THREAD = "loyalty", "loyalty, one thread"

#: Seconds of each round, by who ran. What stands at one place of these lists ran in one round.
Rounds = dict[str, list[float]]


def ratio(rounds: Rounds, slower: str, faster: str) -> float:
    """How often faster the second is: the median of pairs."""
    pairs = zip(rounds[slower], rounds[faster], strict=True)
    return statistics.median(a / b for a, b in pairs)


@dataclass(frozen=True)
class Memory:
    """Bytes beyond what there was before a call: at its peak, and after it, with its result kept."""

    peak: int
    kept: int


@dataclass
class Measured:
    """What a row showed."""

    rounds: Rounds = field(default_factory=dict)
    #: Peers that are not installed.
    absent: list[str] = field(default_factory=list)
    #: Whose result is not ours, and in what.
    disagreements: dict[str, str] = field(default_factory=dict)
    #: Bytes of what the memory limit counts in.
    unit: int = 1
    #: Of ours and of the fastest peer.
    memory: dict[str, Memory] = field(default_factory=dict)

    @property
    def peers(self) -> list[str]:
        """The fastest first."""
        names = [name for name in self.rounds if name not in (OURS, ONE_THREAD)]
        return sorted(names, key=lambda name: statistics.median(self.rounds[name]))


class Crashed(Exception):
    """A process that measured has come to no end."""


def apart(subject: Row | Growth, scale: Scale, party: str = "") -> Any:
    """What `here` says in a process of its own: it meets nothing that peers have left, and takes nobody along if one
    of them crashes.
    """
    name = subject.name
    command = [sys.executable, str(Path(__file__).parent), f"--{scale.name}", "--here", name, party]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Crashed(f"{name}{party and f', memory of {party}'}: the process ended with {done.returncode}")
    return json.loads(done.stdout)


def here(subject: Row | Growth, scale: Scale, party: str = "") -> Any:
    """The rounds of a row or a growth, or the memory that one party of a row takes, for JSON."""
    if isinstance(subject, Growth):
        return growth(subject, scale)
    return asdict(memory(subject, scale, party) if party else speed(subject, scale))


def seconds(call: Call, calls: int) -> float:
    """Of one of so many calls."""
    gc.collect()
    # The threads of whoever ran before fall asleep.
    time.sleep(0.03)
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def in_turns(parties: Mapping[str, Call], scale: Scale, calls: int, first: Mapping[str, float]) -> Rounds:
    """Rounds, each beginning with another party. `first` is how long each has taken before; who alone would take longer
    than all rounds together are to take is not run again.
    """
    least, most = scale.rounds
    again = [name for name in parties if name == OURS or first[name] * calls * least <= 4 * scale.seconds]
    rounds: Rounds = {name: [] for name in parties}
    end = time.perf_counter() + scale.seconds
    for i in range(most):
        if i >= least and time.perf_counter() > end:
            break
        turn = i % len(again)
        for name in again[turn:] + again[:turn]:
            rounds[name].append(seconds(parties[name], calls))
        for name in parties.keys() - set(again):
            rounds[name].append(first[name])
    return rounds


def speed(row: Row, scale: Scale) -> Measured:
    """Runs all once to compare their results, then in turns."""
    case = row.prepare(scale)
    measured = Measured(unit=case.unit)
    parties: dict[str, Call] = {OURS: lambda: case.ours(THREADS)}
    if row.threads is not None:
        parties[ONE_THREAD] = lambda: case.ours(1)
    for name, make_ready in case.peers.items():
        try:
            parties[name] = ready = make_ready()
            if isinstance(ready, Tuned):
                ready.tune()
        except ModuleNotFoundError as missing:
            measured.absent.append(f"{name} ({missing.name})")
    first: dict[str, float] = {}
    ours: Any = None
    for name, call in parties.items():
        start = time.perf_counter()
        result = call()
        first[name] = time.perf_counter() - start
        if name == OURS:
            ours = result
            continue
        try:
            case.agree(ours, result)
        except Disagreement as difference:
            measured.disagreements[name] = str(difference)
    measured.rounds = in_turns(parties, scale, case.calls, first)
    return measured


def growth(subject: Growth, scale: Scale) -> Rounds:
    """Rounds by number of rows."""
    sizes = [scale.rows(rows, 100 * 10**i) for i, rows in enumerate(subject.full)]
    calls = {str(rows): subject.prepare(rows) for rows in sizes}
    for call in calls.values():
        call()
    return in_turns(calls, scale, 1, dict.fromkeys(calls, 0.0))


def memory(row: Row, scale: Scale, party: str) -> Memory:
    """Of ours or of a peer, in a process that has done nothing else."""
    case = row.prepare(scale)
    call = (lambda: case.ours(THREADS)) if party == OURS else case.peers[party]()
    gc.collect()
    # The kernel forgets the peak so far.
    Path("/proc/self/clear_refs").write_text("5")
    before = _bytes_of("VmRSS")
    result = call()
    peak, after = _bytes_of("VmHWM"), _bytes_of("VmRSS")
    del result
    return Memory(peak - before, after - before)


def _bytes_of(name: str) -> int:
    """What the kernel says of this process's memory."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found[1]) if found else 0
