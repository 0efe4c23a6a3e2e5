"""The one road: an invocation from the inbox is parsed, its facts gathered and judged, and what follows is committed at once.

Invariant: nothing that people, timers or CI cause is done elsewhere. Judgement, deed, ledger entry, answers and the mark
"done" on the inbox row are one transaction, so a crash before it repeats everything and a crash after it repeats nothing.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from commands.core import (
    announce,
    calendar_post,
    cards,
    checkpoints,
    dependencies,
    freeze_import,
    home,
    mirror,
    record,
    record_links,
    retention,
)
from commands.core.command import AnyCommand, Ask, Asker, Reply, Work
from commands.core.due import Carry
from commands.core.gather import Gather
from commands.core.inside import inside
from commands.core.invocation import ASKED, REPORTED, Asked
from commands.core.ports.chat import Chat, Unposted
from commands.core.ports.clock import Clock
from commands.core.queue import queue_button
from commands.core.requests import cases_of, request_of, several
from commands.core.tell import alert, alert_if_moved, reply_to
from commands.core.text import Card, Form, worded
from commands.core.words import Arguments, Missing, Problem, assign, bind, match, split
from guards.authorization import authorized
from guards.decision import Allow, Refuse
from guards.facts import Facts
from guards.identity import Stranger
from guards.incident import Incident
from guards.judge import Case, Judgement, judge, judge_set
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action
from storage import audit, changes, inbox, timers
from storage.database import Store, Tx
from storage.errors import Conflict

AFTER_FAULT = timedelta(minutes=5)
"""After this a timer whose work failed for a fault of the bot fires again."""


class Road:
    """Carries out what the inbox holds.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts.
        chat: opens forms while their trigger lives.
        clock: the present.
        commands: every command that can be typed, in help order.
        unasked: kind of a delivery that nobody typed → who carries it out.
    """

    def __init__(
        self, policy: Policy, store: Store, gather: Gather, chat: Chat, clock: Clock, commands: Sequence[AnyCommand],
        unasked: Mapping[str, Carry],
    ) -> None:  # fmt: skip
        self.policy = policy
        self._store = store
        self._gather = gather
        self._chat = chat
        self._clock = clock
        self._unasked = unasked
        self.commands = {command.name: command for command in commands}

    async def carry(self, taken: inbox.Taken) -> None:
        """Carry out one delivery, and mark it done in the transaction of its effects.

        Raises:
            KeyError: nobody carries out what is of this kind.
        """
        if taken.delivery.kind == ASKED:
            await self._asked(taken, Asked.model_validate(taken.delivery.payload), taken.delivery.correlation)
        else:
            await self._unasked[taken.delivery.kind](taken)

    async def give_up(self, taken: inbox.Taken) -> None:
        """After the last attempt failed: record it, and tell the asker, or whoever watches the alerts, an id to quote.

        What nobody typed stays due, and is delivered again after a while: people ask again by themselves, timers do not. A report of CI
        is not, since runs are looked up anyway, and one that cannot be read would come back for ever.
        """
        facts = Facts(at=self._clock.now(), policy=self.policy)
        correlation, kind = taken.delivery.correlation, taken.delivery.kind
        asked: Asked | None = None
        if kind == ASKED:
            with suppress(ValidationError):  # what cannot even be read is recorded and done
                asked = Asked.model_validate(taken.delivery.payload)

        def work(tx: Tx) -> None:
            record.write(tx, "fault:given-up", record.CLOCK, facts, correlation, kind=kind, attempts=taken.attempts)
            if asked:
                self._answer(tx, asked, cards.fault_card(correlation), facts, correlation)
            else:
                alert(tx, facts, cards.fault_card(correlation), correlation)
            if kind in self._unasked and kind != REPORTED:
                # a timer of its own: the first one may have been set anew meanwhile
                timers.set(tx, timers.Timer(f"again:{taken.id}", kind, facts.at + AFTER_FAULT, taken.delivery.payload))
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def refresh(self) -> None:
        """At the start: changes that were bound to another policy file are judged again, so that people approve what holds now.

        What the policy wants told of its windows is looked for anew, and its shared calendars are read.
        """
        now = self._clock.now()

        def work(tx: Tx) -> None:
            announce.begin(tx, self.policy, now)
            calendar_post.begin(tx, Facts(at=now, policy=self.policy))
            record_links.begin(tx, Facts(at=now, policy=self.policy))
            dependencies.begin(tx, self.policy, now)
            checkpoints.begin(tx, now)
            retention.begin(tx, self.policy, now)
            freeze_import.begin(tx, self.policy, now)
            mirror.begin(tx, self.policy, Facts(at=now, policy=self.policy), "start")
            for change in changes.undecided(tx, None, limit=1000):
                if change.content.policy != self.policy.hash:
                    timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", now, {"change": change.id}))

        await self._store.write(work)

    # ------------------------------------------------------------ people

    async def _asked(self, taken: inbox.Taken, asked: Asked, correlation: str) -> None:
        by = await self._gather.asker(asked.user)
        if not isinstance(by, Person):
            await self._turn_away(taken, asked, by, correlation)
            return
        asker = Asker(by, asked.user, self._clock.now(), self.policy)
        again = cards.AGAIN in asked.fields
        asked = asked.model_copy(update={"fields": {name: word for name, word in asked.fields.items() if name != cards.AGAIN}})
        command, bound = self._read(asked)
        form = await self._form(asked, command, bound, asker, again)
        if form is None and command and isinstance(bound, Arguments):
            ask = command.ask(bound, asker)
            outside = await self._gather.outside(ask, by)

            def decide(tx: Tx) -> Form | None:
                return self._decide(tx, taken, asked, command, bound, ask, asker, outside, correlation)

            try:
                form = await self._store.write(decide)
            except Conflict:  # somebody asked for the same at the same moment, and was first: now that is seen
                form = await self._store.write(decide)
        elif form is None:
            problem = Problem((f"It lacks {' and '.join(bound.names)}.",)) if isinstance(bound, Missing) else bound
            assert isinstance(problem, Problem)
            await self._misread(taken, asked, by, problem, command, correlation)
        if form:
            await self._open(taken, asked, form, correlation)

    async def _form(
        self, asked: Asked, command: AnyCommand | None, bound: Arguments | Missing | Problem, asker: Asker, again: bool
    ) -> Form | None:  # fmt: skip
        """The form that asks for what was not said, or that somebody wants again; as long as one can be opened."""
        if command is None or command.form is None or not asked.trigger:
            return None
        facts = Facts(at=asker.at, policy=self.policy)
        if again and not isinstance(bound, Arguments):  # what is needed may tell what the form is about, though other words are wrong
            needed = {
                name: word for name, word in asked.fields.items() if (f := command.arguments.model_fields.get(name)) and f.is_required()
            }
            bound = bind(command.arguments, needed, self.policy)
        if isinstance(bound, Arguments) and (again or (command.wants_form and command.wants_form(bound, self.policy))):
            facts = await self._gather.glimpse(command.ask(bound, asker), asker.person)
        elif not (again or isinstance(bound, Missing)):
            return None
        return command.form(asked.fields or self._typed(asked, command), facts, asker.person)

    def _read(self, asked: Asked) -> tuple[AnyCommand | None, Arguments | Missing | Problem]:
        """The command and its arguments; typing nothing at all stands for the first command, whose form then opens."""
        if asked.text is None:
            command = self.commands.get(asked.word)
            if command is None:
                return None, Problem((f"There is no command {asked.word[:40]!r} any more.",))
            return command, bind(command.arguments, asked.fields, self.policy)
        words = split(asked.text)
        if isinstance(words, Problem):
            return None, words
        found = match(words, tuple(self.commands)) if words else (next(iter(self.commands)), [])
        if isinstance(found, Problem):
            return self.commands.get(found.nearest or "") if found.nearest and " " in found.nearest else None, found
        command = self.commands[found[0]]
        fields = assign(command.arguments, found[1])
        return command, fields if isinstance(fields, Problem) else bind(command.arguments, fields, self.policy)

    def _typed(self, asked: Asked, command: AnyCommand) -> dict[str, str]:
        words = split(asked.text or "")
        found = match(words, tuple(self.commands)) if isinstance(words, list) and words else None
        fields = assign(command.arguments, found[1]) if isinstance(found, tuple) else {}
        return fields if isinstance(fields, dict) else {}

    def _decide(
        self, tx: Tx, taken: inbox.Taken, asked: Asked, command: AnyCommand, args: Arguments, ask: Ask, asker: Asker, outside: Facts,
        correlation: str,
    ) -> Form | None:  # fmt: skip
        """Judge, and do it or refuse it; a form where that is what must come first."""
        end = audit.head(tx)
        # the moment that counts is this transaction's: what was committed while the facts were read is in force (FRZ-03)
        facts = inside(tx, ask, replace(outside, at=self._clock.now()))
        request = request_of(command.action, ask, asker.person, facts)
        heals = command.healing(args)
        cases: tuple[Case, ...] = ((request, facts),)
        if several(command, ask):
            cases = cases_of(tx, command, ask, asker.person, facts)
            judgement = judge_set(command.whole, command.guards, request, facts, cases, heals)
        else:
            judgement = judge(command.guards, request, facts, heals)
        actor = record.actor_of(asker.person, asker.slack, request, facts)
        place: dict[str, Any] = {
            "subject": _subject(ask, facts),
            "service": record.service_of(request),
            "environment": request.environment,
        }
        final = [r for r in judgement.refusals if r.code not in heals]
        if command.form and asked.trigger and final and {r.code for r in final} <= command.form_after:
            if not judgement.unsure:
                form = command.form(args.model_dump(exclude_none=True), facts, asker.person)
                if form:
                    return replace(form, lines=(*(worded(r.why) for r in final), *form.lines))
            # nobody is told that a reason is missing when the form would come to nothing: what could not be read is what stops it
            judgement = replace(judgement, heals=heals | command.form_after)
        tag = command.name.replace(" ", "-")
        body = record.judgement_body(judgement, request, facts)
        if judgement.outcome in {"refused", "unsure"}:
            record.write(tx, f"{tag}:{judgement.outcome}", actor, facts, correlation, **place, **body)
            alert_if_moved(tx, judgement, request, facts, correlation)
            told = _told(judgement, command)
            fields = asked.fields or self._typed(asked, command)
            queue = queue_button(command.name, fields, told, request, facts) if command.queues else None
            card = cards.refusal_card(told, command.name, request, correlation, self.policy, queue)
            if command.form and _filled_in(asked) and not _turned_away(judgement):
                card = cards.with_form_again(card, command.name, asked.fields)
            self._answer(tx, asked, card, facts, correlation)
        else:
            work = Work(tx, args, request, facts, judgement, asker, correlation, end, cases)
            record.write(tx, f"{tag}:accepted", actor, facts, correlation, **place, **body)
            reply: Reply = command.run(work)
            if asked.home:
                home.opened(tx, asked.user, facts)
            if reply.card:
                self._answer(tx, asked, reply.card, facts, correlation)
        inbox.done(tx, taken.id, {"outcome": judgement.outcome})
        return None

    async def _open(self, taken: inbox.Taken, asked: Asked, form: Form, correlation: str) -> None:
        """Open a form; it only asks, so nothing is recorded but that the delivery is answered."""
        unopened = await self._chat.ask(asked.trigger or "", form, channel=asked.channel)
        facts = Facts(at=self._clock.now(), policy=self.policy)

        def work(tx: Tx) -> None:
            if isinstance(unopened, Unposted):
                command = self.commands[form.word]
                late = Problem(("Slack closed the moment in which a form can be opened. Type it, or try again.",))
                self._answer(tx, asked, cards.usage_card(late, command, correlation), facts, correlation)
            inbox.done(tx, taken.id, {"outcome": "form"})

        await self._store.write(work)

    async def _turn_away(self, taken: inbox.Taken, asked: Asked, by: Stranger | Unread, correlation: str) -> None:
        """Somebody who is nobody here learns only that, and that it was recorded (RBAC-01, SOD-14)."""
        facts = Facts(at=self._clock.now(), policy=self.policy)
        request = request_of(Action.READ, Ask(), by, facts)
        judgement = judge((authorized,), request, facts)

        def work(tx: Tx) -> None:
            actor = record.actor_of(by, asked.user, None, facts)
            record.write(tx, f"stranger:{judgement.outcome}", actor, facts, correlation, **record.judgement_body(judgement, request, facts))
            card = cards.refusal_card(judgement, "your request", request, correlation, self.policy)
            self._answer(tx, asked, card, facts, correlation)
            inbox.done(tx, taken.id, {"outcome": judgement.outcome})

        await self._store.write(work)

    async def _misread(
        self, taken: inbox.Taken, asked: Asked, by: Person, problem: Problem, command: AnyCommand | None, correlation: str
    ) -> None:
        facts = Facts(at=self._clock.now(), policy=self.policy)

        def work(tx: Tx) -> None:
            actor = record.actor_of(by, asked.user, None, facts)
            typed = asked.text if asked.text is not None else asked.word
            record.write(tx, "words:refused", actor, facts, correlation, typed=typed[:200], length=len(typed), said=list(problem.said))
            card = cards.usage_card(problem, command, correlation)
            if command and command.form and _filled_in(asked):
                card = cards.with_form_again(card, command.name, asked.fields)
            self._answer(tx, asked, card, facts, correlation)
            inbox.done(tx, taken.id, {"outcome": "misread"})

        await self._store.write(work)

    def _answer(self, tx: Tx, asked: Asked, card: Card, facts: Facts, correlation: str) -> None:
        if asked.home:
            home.show(tx, asked.user, card, facts, correlation)
        else:
            reply_to(tx, asked.user, card, facts.at, correlation, channel=asked.channel, answer_to=asked.answer_to)


def _filled_in(asked: Asked) -> bool:
    """Whether somebody sent a form: only a form comes without words and without anything that opens another one."""
    return asked.text is None and asked.trigger is None


def _turned_away(judgement: Judgement) -> bool:
    """Whether the authorization, which comes first, said no: a form would not help."""
    return not isinstance(judgement.answers[0].decision, Allow)


def _told(judgement: Judgement, command: AnyCommand) -> Judgement:
    """What the asker is shown: what the command's form would have asked for is no reason beside others that stand."""
    final = {r.code for r in judgement.refusals} - judgement.heals
    if not final - command.form_after:
        return judgement
    kept = tuple(a for a in judgement.answers if not (isinstance(a.decision, Refuse) and a.decision.code in command.form_after))
    return replace(judgement, answers=kept)


def _subject(ask: Ask, facts: Facts) -> str | None:
    """What stands in the ledger as the subject; an incident by our reference, whatever name somebody used for it."""
    urgent = ask.emergency or ask.grant
    named = ask.change or ask.freeze or ask.exception or urgent or ask.delegation or ask.set or ask.run or ask.train or ask.manifest
    return named or (facts.incident.reference if isinstance(facts.incident, Incident) else None)
