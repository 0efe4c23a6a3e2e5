"""How a figure grows with the history, as a picture that needs no library: the same points are the same file.

Invariant: the scale of what was measured begins at nothing, so what looks level is level.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 456, 44, 208
_LINES = 4
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1d1c1d}.title{font-weight:600;font-size:14px}.grid{stroke:#ddd}"
    ".line{stroke:#1264a3;stroke-width:2;fill:none}.point{fill:#1264a3}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure at several sizes of the history.

    Args:
        name: what was measured.
        unit: like `ms`.
        points: ledger entries → the value, the smallest history first.
        note: what a reader must know to judge it.
    """

    name: str
    unit: str
    points: tuple[tuple[int, float], ...]
    note: str = ""

    @property
    def file(self) -> str:
        """The picture's name."""
        return f"growth-{re.sub(r'[^a-z0-9]+', '-', self.name.lower()).strip('-')}.svg"

    def svg(self) -> str:
        """The picture: sizes side by side, each ten times the one before but for the empty one."""
        top = _nice(max((value for _, value in self.points), default=0.0))
        title = f"{self.name} ({self.unit}), by ledger entries"
        told = ", ".join(f"{size(entries)}: {digits(value)}" for entries, value in self.points)
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(told)}</desc>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text class="title" x="16" y="24">{escape(title)}</text>',
            *_grid(top),
            *_drawn(self.points, top),
            "</svg>",
            "",
        ])  # fmt: skip


def size(entries: int) -> str:
    """A history in words."""
    return f"{entries:,}" if entries else "empty"


def digits(value: float) -> str:
    """A value, three digits that count."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def _grid(top: float) -> Iterator[str]:
    for step in range(_LINES + 1):
        y = _BOTTOM - (_BOTTOM - _TOP) * step / _LINES
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:g}" y2="{y:g}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:g}" text-anchor="end">{top * step / _LINES:,.4g}</text>'


def _drawn(points: tuple[tuple[int, float], ...], top: float) -> Iterator[str]:
    apart = (_RIGHT - _LEFT) / len(points) if points else 0.0
    places = [
        (_LEFT + apart * (number + 0.5), _BOTTOM - (_BOTTOM - _TOP) * value / top, entries, value)
        for number, (entries, value) in enumerate(points)
    ]
    yield f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)}"/>'
    for x, y, entries, value in places:
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        yield f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{digits(value)}</text>'
        yield f'<text x="{x:.1f}" y="{_BOTTOM + 22}" text-anchor="middle">{size(entries)}</text>'


def _nice(most: float) -> float:
    """The end of the scale: a round number with room above the highest point."""
    if most <= 0:
        return 1.0
    tens = 10.0 ** math.floor(math.log10(most * 1.15))
    return next(step * tens for step in (1.0, 2.0, 4.0, 5.0, 8.0, 10.0) if step * tens >= most * 1.15)
