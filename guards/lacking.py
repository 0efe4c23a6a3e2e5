"""Which wanted roles and seats nobody who approved fills, and who could (CF-11, RSK-08).

Invariant: a role that could not be told is neither filled nor lacking: then nobody says that somebody else is needed.
"""

from collections.abc import Callable, Mapping, Sequence

from guards.authorization import held_roles, names, of_groups
from guards.change import Approval, Change
from guards.decision import Refusal, Refuse, Unsure
from guards.facts import Facts
from guards.need import Need
from guards.roles import own_roles
from guards.sections import Person
from guards.vocabulary import Role

Counting = Sequence[tuple[Approval, Person]]
Able = Callable[[], Sequence[Person]]
"""Who could approve besides; asked for only when somebody is lacking: a company is large."""

Held = tuple[frozenset[Role], frozenset[Role]]


def lacking(counting: Counting, need: Need, able: Able, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """What is missing among those who approved, None when nothing is.

    Args:
        counting: the approvals that count, with their givers.
        need: what approving takes.
        able: who could approve besides.
        change, facts: the place, and who holds which role there.
    """
    if not (need.roles or need.seats):
        return None
    told = [_held_by(approval, person, change, facts) for approval, person in counting]
    together = _together(told)
    return _roles(together, need, able, change, facts) or _board(told, together, need, able, change, facts)


def _held_by(approval: Approval, person: Person, change: Change, facts: Facts) -> Held:
    """The roles that somebody approved in: their own, or the one that was delegated to them; and those that could not be told."""
    held, untold = own_roles(person, change.content.service, change.content.environment, facts)
    return (held | {approval.on_behalf.role}, untold - {approval.on_behalf.role}) if approval.on_behalf else (held, untold)


def _together(told: Sequence[Held]) -> Held:
    held, untold = frozenset[Role](), frozenset[Role]()
    for own, unread in told:
        held, untold = held | own, untold | unread
    return held, untold


def _roles(together: Held, need: Need, able: Able, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Each wanted role is held by somebody who approved; one person may fill several (CF-11)."""
    held, untold = together
    unfilled = [role for role in need.roles if role not in held]
    missing = [role for role in unfilled if role not in untold]
    if not missing:
        return Unsure(f"the Slack groups that hold {', '.join(unfilled)}") if unfilled else None
    return Refuse(
        Refusal.NOT_APPROVED,
        f"Nobody who approved is {' or '.join(missing)}; {need.sentence}.",
        _ask_as({role.value: (role,) for role in missing}, able, change, facts),
    )


def _board(told: Sequence[Held], together: Held, need: Need, able: Able, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Somebody on each seat of the change advisory board approved, and its quorum is there (RSK-08)."""
    if not need.quorum:
        return None
    held, untold = together
    members = need.board.members
    empty = {seat: roles for seat, roles in need.seats.items() if held.isdisjoint(roles)}
    missing = {seat: roles for seat, roles in empty.items() if untold.isdisjoint(roles)}
    present = sum(not roles.isdisjoint(members) for roles, _ in told)
    perhaps = sum(roles.isdisjoint(members) and not unread.isdisjoint(members) for roles, unread in told)
    if missing:
        return Refuse(
            Refusal.NOT_APPROVED,
            f"Nobody who approved sits on the CAB for {' or '.join(missing)}; {need.sentence}.",
            _ask_as(missing, able, change, facts),
        )
    if present + perhaps < need.quorum:
        return Refuse(
            Refusal.NOT_APPROVED,
            f"{present} of {need.quorum} members of the CAB approved; {need.sentence}.",
            _ask_as({"a member of the CAB": sorted(members)}, able, change, facts),
        )
    if empty or present < need.quorum:
        return Unsure(f"the Slack groups that hold {', '.join(sorted(members & untold))}")
    return None


def _ask_as(wanted: Mapping[str, Sequence[Role]], able: Able, change: Change, facts: Facts) -> str:
    """For each lacking role or seat who could fill it, by name or as a member of a Slack group."""
    content = change.content
    holding = [(person, held_roles(person, content.service, content.environment, facts)[0]) for person in able()]
    said = []
    for name, roles in wanted.items():
        who = names([person for person, held in holding if not held.isdisjoint(roles)])
        others = " or ".join(filter(None, (who, of_groups(roles, content.service, content.environment, facts))))
        said.append(f"ask {others} to approve as {name}" if others else f"nobody may approve as {name}: ask the owner of the policy file")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."
