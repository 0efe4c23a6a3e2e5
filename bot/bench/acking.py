"""Acknowledging a signed slash command: our whole door beside a Bolt app that only acknowledges (OPS-12).

Invariant: the servers take turns, round by round, so that a machine that becomes slower becomes so for all of them.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from bot.bench.company import helps
from bot.bench.figures import Figure
from bot.bench.load import Round, fire, percentile


async def take_turns(ports: Mapping[str, int], rounds: int, requests: int, connections: int) -> dict[str, list[Round]]:
    """Fire rounds at each server in turn.

    Args:
        ports: name → port.
        rounds: for each, after one that does not count.
        requests: in a round.
        connections: at a time.
    """
    found: dict[str, list[Round]] = {name: [] for name in ports}
    for number in range(-1, rounds):
        names = list(ports) if number % 2 else list(reversed(list(ports)))
        for name in names:
            fired = await fire(ports[name], list(helps(requests if number >= 0 else max(1, requests // 4))), connections)
            if number >= 0:
                found[name].append(fired)
    return found


def spent(pid: int) -> float | None:
    """Seconds of CPU that a process has spent; None where the system does not tell it in /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc_pid_stat(5)


def by_cpu(ours: float, theirs: float, connections: int) -> list[Figure]:
    """The same comparison in CPU, which a machine that is busy otherwise changes less.

    Args:
        ours, theirs: seconds of CPU for the same number of requests.
        connections: for the heading.
    """
    note = "bare Bolt's CPU for a request to ours; where servers wait for processors, requests/s flatter the one with more threads."
    return [Figure(heading(connections), "our door to bare Bolt, by CPU", 100 * theirs / ours, "%", above=60, note=note)]


def heading(connections: int) -> str:
    """The group of these figures."""
    return f"Acknowledging a slash command, {connections} connections"


def rate(rounds: list[Round]) -> float:
    """Requests in a second, the median round."""
    return median(r.rate for r in rounds)


def share(ours: list[Round], theirs: list[Round]) -> float:
    """Ours to theirs, round by round, the median."""
    return median(mine.rate / other.rate for mine, other in zip(ours, theirs, strict=True))


def latency(rounds: list[Round], part: float) -> float:
    """Milliseconds, over all rounds."""
    return percentile((each for r in rounds for each in r.latencies), part) * 1000


def figures(found: Mapping[str, list[Round]], connections: int) -> list[Figure]:
    """What is told of the rounds of `bare`, `door` and `long`."""
    group = heading(connections)
    bare, door, long = found["bare"], found["door"], found["long"]
    return [
        Figure(group, "bare Bolt app", rate(bare), "requests/s"),
        Figure(group, "bare Bolt app, p99", latency(bare, 0.99), "ms"),
        Figure(group, "our door", rate(door), "requests/s"),
        Figure(group, "our door, p50", latency(door, 0.5), "ms"),
        Figure(group, "our door, p99", latency(door, 0.99), "ms", below=100),
        Figure(
            group, "our door to bare Bolt", 100 * share(door, bare), "%", above=60,
            note="signature, Bolt, a row committed and synced to disk, answer; nobody carries the commands out meanwhile. "
            "What else runs on the machine, or syncs to its disk, slows ours more than Bolt's, which waits for nobody.",
        ),
        Figure(group, "full database to empty, time for a request", 1 / share(long, door), "×", below=1.2),
        Figure(group, "full database, p99", latency(long, 0.99), "ms", below=100),
    ]  # fmt: skip
