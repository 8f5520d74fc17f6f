"""Axes of charts: round ticks, and where a value is drawn.

Guarantees: ticks begin at 0 and are 1, 2 or 5 times a power of ten apart, at most 6 of them after 0; a value
beyond the last tick is drawn on it, and told to be beyond.
"""

from collections.abc import Iterator
from math import ceil, floor, log10

import msgspec

from mestral_experiments.views.pictures.svg import escape

_TICKS = 6


class Axis(msgspec.Struct, frozen=True):
    """An axis from 0 upwards.

    Attributes:
        step: From one tick to the next.
        ticks: How many come after 0.
        bottom, height: Where 0 is drawn, and how high the last tick is above, in pixels.
    """

    step: float
    ticks: int
    bottom: float
    height: float

    @classmethod
    def up_to(cls, highest: float, bottom: float, height: float) -> "Axis":
        """One on which this value has a place."""
        step = _step(highest)
        ticks = max(1, ceil(highest / step - 1e-9))
        return cls(step, ticks, bottom, height)

    @property
    def end(self) -> float:
        """The value of the last tick."""
        return self.step * self.ticks

    def y(self, value: float) -> float:
        """Where a value is drawn."""
        return self.bottom - min(value / self.end, 1.0) * self.height

    def beyond(self, value: float) -> bool:
        """Whether a value has no place."""
        return value > self.end

    def drawn(self, left: float, right: float, title: str) -> Iterator[str]:
        """Its lines and numbers, and what it measures above them."""
        digits = max(0, -floor(log10(self.step)))
        for n in range(self.ticks + 1):
            y = self.bottom - n / self.ticks * self.height
            yield f'<path class="{"axis" if n == 0 else "grid"}" d="M{left:g} {y:.1f}H{right:g}"/>'
            yield f'<text class="soft end" x="{left - 8:g}" y="{y + 4:.1f}">{n * self.step:.{digits}f}</text>'
        yield f'<text class="bold" x="{left:g}" y="{self.bottom - self.height - 20:g}">{escape(title)}</text>'


def _step(highest: float) -> float:
    """The least round step with which few ticks reach a value; 1 for none."""
    if not 1e-12 < highest < 1e300:
        return 1.0
    rough = highest / _TICKS
    power = 10.0 ** floor(log10(rough))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.999999)
