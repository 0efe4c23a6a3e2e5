"""When the shared calendars of freezes were read last, and whether that is good enough (WIN-13)."""

from datetime import datetime

from guards.facts import Facts
from guards.unread import Unread
from storage import freeze_calendars
from storage.database import Tx


def shared(tx: Tx, facts: Facts) -> dict[str, datetime | Unread]:
    """For each calendar of the policy, as in `Facts`."""
    if not facts.policy.freeze_calendars:
        return {}
    read, found = freeze_calendars.every(tx), dict[str, datetime | Unread]()
    for name, calendar in facts.policy.freeze_calendars.items():
        one = read.get(name) or freeze_calendars.Reading(name)
        if one.read is not None and facts.at - one.read < calendar.good_for:
            found[name] = one.read
        else:
            since = "never" if one.read is None else f"last {one.read:%a %Y-%m-%d %H:%M} UTC"
            found[name] = Unread(f"the freeze calendar {name}", f"it was read {since}" + (f"; {one.why}" if one.why else ""))
    return found
