"""Which places something is still at work in, or waits: what a new policy file must still know.

Invariant: everything that the bot goes on with by itself is among it; what has ended is not.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from guards.train import TrainState
from storage import accesses, emergencies, trains
from storage.database import Tx
from storage.tables.base import table
from storage.tables.changes import OPEN_STATES, ChangeRow
from storage.tables.hotfixes import LIVE, HotfixRow

_C, _H = table(ChangeRow).c, table(HotfixRow).c
_CHANGES = sa.select(_C.id, _C.service, _C.environment).where(sa.text(f"change.{OPEN_STATES}")).order_by(_C.id)
_HOTFIXES = sa.select(_H.id, _H.service, _H.environment).where(sa.text(f"hotfix.{LIVE}")).order_by(_H.id)


@dataclass(frozen=True, slots=True)
class OpenWork:
    """One record that is not over, in one place.

    Args:
        id: of a change, a train, a hotfix, an emergency or a grant of access.
        service: its name when it began.
        environment: None for a train, which goes where its services go.
    """

    id: str
    service: str
    environment: str | None


def all_of(tx: Tx) -> tuple[OpenWork, ...]:
    """Everything that is not over."""
    rows = [OpenWork(**row._mapping) for statement in (_CHANGES, _HOTFIXES) for row in tx.run(statement)]
    running = (train for train in trains.all_of(tx) if train.state is TrainState.PUBLISHED)
    rows += [OpenWork(train.id, service, None) for train in running for service in train.services]
    rows += [OpenWork(record.id, record.service, record.environment) for record in emergencies.still_open(tx)]
    rows += [OpenWork(grant.id, grant.service, grant.environment) for grant in accesses.still_open(tx)]
    return tuple(rows)
