"""What the guards judge: an ask with its asker as a request, a set entry by entry, a change as it would go out.

Invariant: the place of an existing change is its own, whatever was typed.
"""

from dataclasses import replace

from commands.core.command import AnyCommand, Ask
from commands.core.gather_incident import incident_of
from commands.core.gather_set import key_of, parts_of
from commands.core.subject import wanted_train
from guards.access import Grant
from guards.assessment import UNSAID
from guards.change import Change
from guards.decision import Allow
from guards.emergency import Emergency
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.hotfix import Hotfix
from guards.identity import Stranger
from guards.judge import Case
from guards.lifecycle import UNDECIDED
from guards.manifest import SetStanding
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action, ChangeType
from storage.database import Tx


def request_of(action: Action, ask: Ask, by: Person | Stranger | Unread, facts: Facts) -> Request:
    """The request that the guards judge; the place of an existing change is its own, whatever was typed."""
    content = facts.change.content if isinstance(facts.change, Change) else None
    held = facts.freeze if isinstance(facts.freeze, Freeze) else None
    promotion = facts.set.promotion if isinstance(facts.set, SetStanding) else None
    if isinstance(facts.grant, Grant):
        ask = replace(ask, service=facts.grant.service, environment=facts.grant.environment)
    if content is None and ask.emergency and isinstance(facts.emergency, Emergency):
        own = facts.emergency  # whatever was typed, it is about what it covers
        access = replace(ask.access, service=own.service, environment=own.environment) if ask.access else None
        ask = replace(ask, service=own.service, environment=own.environment, version=own.version, digest=own.digest, access=access)
    hotfix = facts.hotfix if isinstance(facts.hotfix, Hotfix) else None
    if hotfix:
        ask = replace(ask, service=hotfix.service, environment=hotfix.environment, version=hotfix.version)
    return Request(
        action=action,
        by=by,
        service=content.service if content else ask.service,
        environment=content.environment if content else ask.environment or (promotion.environment if promotion else None),
        version=content.version if content else ask.version,
        digest=content.digest if content else ask.digest,
        change_type=ask.change_type or (content.change_type if content else ChangeType.NORMAL),
        entry=ask.entry if ask.change_type or content is None else content.entry,
        migration=ask.migration or (content.migration if content else None),
        declared=ask.said.over(content.declared if content else UNSAID),
        seen=ask.seen,
        rationale=ask.rationale,
        freeze=ask.declared or held,
        record=ask.record,
        notes=ask.notes,
        exception=ask.wanted,
        emergency=ask.urgent,
        spoken=ask.spoken,
        ending=ask.ending,
        grant=ask.access,
        until=ask.until,
        delegation=ask.delegated,
        obligation=ask.owed,
        login=ask.login,
        entries=ask.entries,
        breaking=ask.breaking,
        back=ask.back,
        definition=wanted_train(ask, facts.train),
        settled=ask.settled,
        moved=ask.moved,
        captain=ask.captain,
        commits=ask.commits,
        answer=ask.answer,
        acceptance=ask.acceptance,
        hotfix=ask.begun,
        incident=incident_of(ask, facts),
        moment=ask.moment,
        attestation=ask.attested,
        alone=ask.alone,
    )


def several(command: AnyCommand, ask: Ask) -> bool:
    """Whether what is asked is judged entry by entry, as a set."""
    return bool(command.whole) and ask.change is None


def cases_of(tx: Tx, command: AnyCommand, ask: Ask, by: Person | Stranger | Unread, facts: Facts) -> tuple[Case, ...]:
    """What is judged of each entry of a set; of one that exists, of those that people still decide (MAN-06).

    Args:
        tx: the transaction in which `facts` were completed.
        command: whose request it is.
        ask, by, facts: as for `request_of`, of the set.
    """
    if not several(command, ask):
        return ()
    asked = [(one, facts.parts[key_of(one)]) for one in parts_of(tx, ask, facts.policy)]
    left = [(one, part) for one, part in asked if not isinstance(part.change, Change) or part.change.state in UNDECIDED]
    cases = tuple((request_of(command.action, one, by, part), part) for one, part in left)
    return tuple(case for case in cases if all(isinstance(guard(*case), Allow) for guard in command.skips)) or cases


_NOTHING = Ask()
"""Nobody types anything at dispatch: all that is judged stands in the change."""


def at_dispatch(change: Change, facts: Facts) -> Request:
    """The promotion as it is judged again when it would go out: asked by its requester as they stand now (CMD-12)."""
    by = facts.person(change.requester, change.requester_name)
    return request_of(Action.DECLARE_EMERGENCY if change.content.emergency else Action.PROMOTE, _NOTHING, by, facts)
