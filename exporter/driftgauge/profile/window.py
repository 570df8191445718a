"""Window: a length of time, or a number of rows, by the name that labels carry."""

from __future__ import annotations

from dataclasses import dataclass, field

from driftgauge.profile.strata import DAY_SECONDS

__all__ = ["WINDOWS", "Window"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A length of time, or a number of rows, by the name that labels carry.

    A window of rows (`rows` > 0) counts as long as a day where a length is asked for: it judges only what spans one.
    """

    seconds: int
    name: str = field(compare=False)
    rows: int = field(default=0, compare=False)

    @classmethod
    def of_rows(cls, rows: int) -> Window:
        """Make a window of the last *rows* rows."""
        return cls(DAY_SECONDS, f"last_{rows}", rows)


#: Days are not enough: slow features need weeks to be judged at all (statistics.md 11)
WINDOWS = tuple(
    Window(seconds, name)
    for seconds, name in (
        (900, "15m"),
        (3600, "1h"),
        (6 * 3600, "6h"),
        (86_400, "24h"),
        (7 * 86_400, "7d"),
        (14 * 86_400, "14d"),
    )
)
