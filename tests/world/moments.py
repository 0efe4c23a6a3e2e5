"""A clock that tests move."""

from datetime import UTC, datetime, timedelta


class StillClock:
    """Shows `at` until it is moved; implements the `Clock` port."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


class RealClock:
    """The machine's clock, for neighbours that are other processes; implements the `Clock` port."""

    def now(self) -> datetime:
        return datetime.now(UTC)
