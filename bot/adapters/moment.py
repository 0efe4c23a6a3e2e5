"""Moments in what neighbours say: with an offset, and in UTC from the edge on.

Invariant: what is no moment of our time ("0001-01-01T00:00+14:00") breaks the shape there, and not later whoever reckons with it.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is no moment of our time") from None


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A field of a wire model; its value is in UTC."""
