"""What can go wrong with memory, in our own words: no other room sees an SQLAlchemy error.

Invariant: a message names constraints and columns, never the values that people typed.
"""
# ruff: noqa: N818 - each name says what happened, as the other rooms read it: `except LostRace`


class StorageError(Exception):
    """Something that storage could not do; its text is a sentence for the log."""


class Unavailable(StorageError):
    """The database did not answer, or refused to; nothing of the transaction was kept."""


class CommitUnknown(StorageError):
    """The connection was lost while the database was committing: the transaction is kept whole or not at all, but which is not known."""


class Conflict(StorageError):
    """A constraint said no, or a value does not fit; nothing of the transaction was kept."""


class WrongSchema(StorageError):
    """The database is not at the schema that this program needs."""


class LostRace(StorageError):
    """The row is not (any more) as the caller saw it; nothing of the transaction may be kept."""


class IllegalMove(StorageError):
    """The lifecycle has no such move (PRM-19)."""


class Full(StorageError):
    """The inbox has no room; the sender shall try again (OPS-08)."""


class Closed(StorageError):
    """The store or the inbox was closed."""
