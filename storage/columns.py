"""Column types that mean the same on SQLite and on PostgreSQL.

Invariant: a moment is stored in UTC and comes back aware, and two moments compare in the database as they do in Python.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

_TEXT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Fixed width, so that text compares like time."""


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 text in UTC, always 27 characters (OPS-13).

    Args:
        moment: aware, in any zone.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is never stored")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    # isoformat is much faster than strftime, and strftime does not pad years before 1000
    return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class Moment(TypeDecorator[datetime]):
    """An aware datetime: `timestamptz` on PostgreSQL, fixed-width ISO text in UTC on SQLite, which has no such type."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = iso(value)  # refuses naive moments on both databases
        return text if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def choice(kind: type[StrEnum], length: int = 24, name: str = "") -> sa.Enum:
    """An enum as text with a CHECK that lists its values; a new value is a migration of the CHECK.

    Args:
        kind: the enum; its values are stored, not its names.
        length: room for the longest value and for later ones.
        name: of the CHECK, where a table has two columns of this kind; left out: the kind's.
    """
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=length,
        name=name or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )
