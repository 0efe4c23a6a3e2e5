"""What all tables share: one metadata, one way to name a constraint, the kinds of columns."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from guards.lifecycle import State
from storage.columns import Moment

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""One name for a constraint on both databases, so that a message can name it."""


metadata = sa.MetaData(naming_convention=CONVENTION)


class Base(SQLModel):
    """Our tables, apart from whatever else uses SQLModel in this process."""

    metadata: ClassVar[sa.MetaData] = metadata


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def json_column(nullable: bool = False) -> Any:
    return Field(default=None, sa_type=sa.JSON(none_as_null=True), nullable=nullable)


def moment(nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Moment(), nullable=nullable)


def among(states: frozenset[State]) -> str:
    """A partial index's condition, as text: bound values would hide the index from the planner."""
    return f"state IN ({', '.join(repr(state.value) for state in State if state in states)})"


def table(row: type[Base]) -> sa.Table:
    """The table behind a row class, for Core statements."""
    return metadata.tables[str(row.__tablename__)]
