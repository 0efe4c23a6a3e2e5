"""Sends release notes to where the policy has them published (REC-04, REC-17).

Invariant: what is sent is what stands in the database when it is sent, errata included; sending it again changes nothing, so whatever is
uncertain is sent again. No release ever waits for it.
"""

from collections.abc import Mapping
from datetime import timedelta

from commands.core import post_release, record
from commands.core.cards import note
from commands.core.ports.chat import Unposted
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Published, Releases
from commands.core.record_links import note_links
from commands.core.tell import alert, reply_to
from commands.core.text import Code, Link
from commands.core.trains import closing
from guards.facts import Facts
from guards.policy import Policy
from guards.sections import Service
from storage import outbox, releases
from storage.database import Store, Tx

LAST = 10
"""Attempts after which it is given up and told; with the waits between them, after about eight minutes."""


def publish_later(tx: Tx, service: str, version: str, user: str, facts: Facts, correlation: str) -> None:
    """Have the notes of a version published as they will stand then; several requests before it is sent are one.

    Args:
        tx: the transaction of what is published.
        user: the Slack account to tell.
        facts: gives the moment.
        correlation: ties it to log and ledger.
    """
    body = {"service": service, "version": version, "user": user}
    key = f"notes:{service}:{version}"
    outbox.add(tx, outbox.Message("notes", body, key=key, lane=key, correlation=correlation), facts.at)


class Publish:
    """Sends notes.

    Args:
        policy: in force.
        store: the database.
        releases: kind in a service's `publish` → where notes are published.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, releases: Mapping[str, Releases], clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._releases = releases
        self._clock = clock

    async def send(self, sending: outbox.Sending) -> None:
        """Send the notes of one version and settle the row."""
        service, version = str(sending.message.payload["service"]), str(sending.message.payload["version"])
        known = self._policy.services.get(service)
        notes = await self._store.read(lambda tx: releases.notes(tx, service, version))
        if known is None or known.publish is None or notes is None:
            gone = Unposted("the policy file does not have them published any more", final=True)
            await self._settle(sending, service, version, gone)
            return
        answer = await self._put(known, service, version, notes.whole)
        await self._settle(sending, service, version, answer)

    async def _put(self, known: Service, service: str, version: str, text: str) -> Published | Unposted:
        assert known.publish is not None
        return await self._releases[known.publish].publish(known.repository, version, f"{service} {version}", text)

    async def _settle(self, sending: outbox.Sending, service: str, version: str, answer: Published | Unposted) -> None:
        facts = Facts(at=self._clock.now(), policy=self._policy)
        user, correlation = str(sending.message.payload["user"]), sending.message.correlation
        what = f"Release notes of {service} {version}"

        def work(tx: Tx) -> None:
            match answer:
                case Published(url=url):
                    releases.stands_at(tx, service, version, url)
                    record.write(tx, "notes:stand", record.CLOCK, facts, correlation, service=service, version=version, url=url)
                    note_links(tx, service, version, facts)
                    post_release.notes_published(tx, service, version, facts, correlation)
                    closing.notes_published(tx, service, version, facts, correlation)
                    card = note(f"📰 {what} are published", (Link(url, url),))
                    reply_to(tx, user, card, facts.at, correlation, channel=None, answer_to=None)
                    outbox.done(tx, sending.id)
                case Unposted(why=why) if answer.final or sending.attempts >= LAST:
                    record.write(tx, "notes:not-published", record.CLOCK, facts, correlation, service=service, version=version, why=why)
                    card = note(
                        f"⚠️ {what} are not published",
                        (f"{why}.",),
                        ("Mend it, then ", Code(f"/release notes publish {service} {version}"), "."),
                    )
                    alert(tx, facts, card, correlation)
                    outbox.dead(tx, sending.id, why)
                case Unposted(why=why, retry_after=after):
                    wait = after if after is not None else min(2**sending.attempts, 120)
                    outbox.retry(tx, sending.id, why, facts.at + timedelta(seconds=wait))

        await self._store.write(work)
