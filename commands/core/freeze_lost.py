"""Which shared calendars of freezes cannot be relied on now (WIN-13)."""

from guards.facts import Facts
from guards.unread import Unread
from storage import freeze_calendars
from storage.database import Tx


def lost(tx: Tx, facts: Facts) -> dict[str, Unread]:
    """The calendars of the policy of which what was read last is not good enough any more (WIN-13)."""
    if not facts.policy.freeze_calendars:
        return {}
    read, found = freeze_calendars.every(tx), dict[str, Unread]()
    for name, calendar in facts.policy.freeze_calendars.items():
        one = read.get(name) or freeze_calendars.Reading(name)
        if one.read is None or facts.at - one.read >= calendar.good_for:
            since = "never" if one.read is None else f"last {one.read:%a %Y-%m-%d %H:%M} UTC"
            found[name] = Unread(f"the freeze calendar {name}", f"it was read {since}" + (f"; {one.why}" if one.why else ""))
    return found
