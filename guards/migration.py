"""What a version does to its database: the weightiest of what its requester declares and what its pull requests do (DBM-01, FRZ-05).

Invariant: a pull request can only raise what was declared. While its work is not known, nobody takes a "no" for sure.
"""

from collections.abc import Iterable
from dataclasses import replace

from guards.facts import Facts, Request
from guards.unread import Unread
from guards.vocabulary import Migration
from guards.work import Work, work_of

_ORDER = tuple(Migration)


def declared_by(works: Iterable[Work]) -> Migration | None:
    """The weightiest migration that a pull request declares; None when none says anything."""
    said = (pull.declared.migration for work in works for pull in work.span.pulls)
    return max((one for one in said if one is not None), key=_ORDER.index, default=None)


def migration_of(request: Request, facts: Facts) -> Migration | Unread | None:
    """What a version does; None when its requester did not say, `Unread` when that hangs on work that could not be read.

    Args:
        request: the service, and what its requester declares.
        facts: the work in the version, for a service whose history is read.
    """
    known = facts.policy.services.get(request.service or "")
    if request.migration is None or request.service is None or known is None or known.history is None:
        return request.migration
    works = work_of(request.service, facts)
    if isinstance(works, Unread):
        return works
    return max(request.migration, declared_by(works) or Migration.NONE, key=_ORDER.index)


def weighed(request: Request, facts: Facts) -> Request:
    """The request with the migration that counts; what could not be read is as if nobody had said it, which is restricted."""
    found = migration_of(request, facts)
    migration = None if isinstance(found, Unread) else found
    return request if migration is request.migration else replace(request, migration=migration)
