"""A CI, and a build index, that speak the small HTTP contract in docs/generic-ci.md.

Invariant: an order is sent once and signed; a 404 counts as absence only when it repeats what was asked for (PRM-20, EVD-31).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from bot.adapters.answers import Answer, not_taken, parse, retry_after, said
from bot.adapters.generic_wire import AbsentBody, AccessBody, ArtifactBody, BranchBody, Callback, ErrorBody, OrderBody, RunBody, TakenBody
from bot.adapters.signing import MAX_AGE, MAX_AHEAD, checked, sign, verify
from bot.adapters.transport import Transport
from commands.core.ports.ci import (
    AccessOrder,
    BranchOrder,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Order,
    Run,
    RunLog,
    Started,
    Stopping,
    TurnedDown,
    Unknown,
)
from commands.core.ports.clock import Clock
from guards.unread import Absent, Unread
from guards.version import Artifact

# CI refuses an order older than MAX_AGE by its own clock, which may be MAX_AHEAD behind ours; a minute more for one that waited here.
FINAL_AFTER: timedelta = MAX_AGE + MAX_AHEAD + timedelta(minutes=1)

MAX_LOG = 32 * 1024 * 1024
"""Bytes of the log of one run."""

_ARCHIVE = "application/zip"


class _Caller:
    """Signed reads below one base URL, shared by `GenericCI` and `GenericArtifacts`."""

    def __init__(self, transport: Transport, *, name: str, base: str, secret: SecretStr, clock: Clock) -> None:
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError(f"the base URL of {name} must be http(s)://host[/path], without credentials and query")
        self.name, self.transport, self.clock, self.secret = name, transport, clock, checked(secret)
        self.base = base.rstrip("/")

    async def read(self, what: str, path: str, size: int | None = None) -> Answer | Unread:
        """GET `path`; 200 and 404 are answers.

        Args:
            what: a noun phrase that fits "could not read …".
            path: below the base.
            size: as in `Transport.read`.
        """
        headers = sign(self.secret, "GET", path, b"", self.clock.now())
        return await self.transport.read(what, self.base + path, headers=headers, expect={200, 404}, size=size)

    async def alive(self) -> Unread | None:
        """None when `/health` answers 200."""
        answer = await self.transport.read(self.name, f"{self.base}/health")
        return answer if isinstance(answer, Unread) else None


class GenericCI:
    """A CI behind docs/generic-ci.md; implements the `CI` port (CMD-10, PRM-19).

    Args:
        transport: shared by all neighbours.
        name: `[a-z0-9-]+`; people see it, and callbacks arrive at `/webhooks/ci/<name>`.
        base: the CI's base URL, without credentials.
        secret: signs both directions, at least 16 characters.
        former: also accepted on callbacks while the secret is being replaced.
        clock: for signatures.
    """

    def __init__(
        self, transport: Transport, *, name: str, base: str, secret: SecretStr, clock: Clock, former: SecretStr | None = None
    ) -> None:
        self._caller = _Caller(transport, name=name, base=base, secret=secret, clock=clock)
        self._path = f"/webhooks/ci/{name}"
        self._accepted = [checked(s) for s in (secret, former) if s is not None]

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        """See `CI.start`."""
        return await self._post("/runs", order.key, lambda: OrderBody.of(order), RunBody)

    async def branch(self, order: BranchOrder) -> Started | TurnedDown | Unknown:
        """See `CI.branch`. The route is optional: a CI without it answers 404, which turns the order down."""
        return await self._post("/branches", order.key, lambda: BranchBody.of(order), TakenBody)

    async def access(self, order: AccessOrder) -> Started | TurnedDown | Unknown:
        """See `CI.access`. The route is optional: a CI without it answers 404, which turns the order down."""
        return await self._post("/access", order.key, lambda: AccessBody.of(order), TakenBody)

    async def _post(
        self, path: str, key: str, made: Callable[[], BaseModel], taken: type[RunBody | TakenBody]
    ) -> Started | TurnedDown | Unknown:  # fmt: skip
        caller = self._caller
        try:
            body = made().model_dump_json(exclude_none=True).encode()
        except ValidationError as error:
            return TurnedDown(f"The order was not sent: its {error.errors()[0]['loc'][0]} is not valid.")
        headers = sign(caller.secret, "POST", path, body, caller.clock.now())
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        answer = await caller.transport.send(caller.name, f"{caller.base}{path}", body=body, headers=headers)
        if not isinstance(answer, Answer):
            return answer
        if answer.good:
            run = parse(taken, "the started run", answer)
            if isinstance(run, Unread):
                return Unknown(f"{caller.name} seems to have taken the order, but {run.why}.")
            if run.key != key:
                return Unknown(f"{caller.name} answered about another order.")
            return Started(run.run, run.url)
        if answer.status == 503:
            refusal = parse(ErrorBody, "the refusal", answer)
            if isinstance(refusal, ErrorBody) and refusal.taken is False:
                return TurnedDown(f"{caller.name} did not take the order: {said(answer, 'error')}", retry_after(answer.headers))
        return not_taken(caller.name, answer, words=said(answer, "error"))

    async def cancel(self, order: Order, run: str | None) -> Stopping | TurnedDown | Unknown:  # noqa: ARG002  the key alone names it
        """See `CI.cancel`. The route is optional: a CI without it answers 404, which turns the request down."""
        path = f"/runs/{quote(order.key, safe='')}/cancel"
        answer = await self._post(path, order.key, lambda: TakenBody(key=order.key), TakenBody)
        return Stopping() if isinstance(answer, Started) else answer

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun | Unread:
        """See `CI.find`. The key alone identifies a run here; absence is final `FINAL_AFTER` after `since`."""
        caller, what = self._caller, f"the run of {order.change} at {self._caller.name}"
        answer = await caller.read(what, f"/runs/{quote(order.key, safe='')}")
        if isinstance(answer, Unread):
            return answer
        if answer.status == 404:
            absence = _absence(what, answer, order.key)
            return absence or NoRun(sure=run is None and caller.clock.now() - since > FINAL_AFTER)
        found = parse(RunBody, what, answer)
        if isinstance(found, Unread):
            return found
        if found.key != order.key or (run is not None and found.run != run):
            return Unread(what, "it answered about another run")
        return found.value()

    async def log(self, order: Order, run: str | None) -> RunLog | Absent | Unread:  # noqa: ARG002  the key alone names it
        """See `CI.log`. The route is optional: a CI without it answers 404 without the word of what is absent, which is no answer."""
        caller, what = self._caller, f"the log of {order.change} at {self._caller.name}"
        answer = await caller.read(what, f"/runs/{quote(order.key, safe='')}/log", MAX_LOG)
        if isinstance(answer, Unread):
            return answer
        if answer.status == 404:
            body = parse(AbsentBody, what, answer)
            if isinstance(body, AbsentBody) and body.absent == order.key:
                return Absent(f"log of {order.key} at {caller.name}")
            return Unread(what, "it answered 404 without saying what is absent; perhaps it does not offer logs")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return RunLog(answer.body, _ARCHIVE if kind == _ARCHIVE else "text/plain")

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard | Forged | Malformed:
        """See `CI.hear`."""
        if why := verify(self._accepted, headers, "POST", self._path, body, at):
            return Forged(why)
        try:
            callback = Callback.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return Malformed(f"{'.'.join(str(part) for part in first['loc']) or 'the body'}: {first['msg']}")
        return Heard(callback.delivery, tuple(report.value() for report in callback.reports))

    async def alive(self) -> Unread | None:
        """See `CI.alive`."""
        return await self._caller.alive()


class GenericArtifacts:
    """A build index behind docs/generic-ci.md; implements the `Artifacts` port.

    Args: as for `GenericCI`.
    """

    def __init__(self, transport: Transport, *, name: str, base: str, secret: SecretStr, clock: Clock) -> None:
        self._caller = _Caller(transport, name=name, base=base, secret=secret, clock=clock)

    async def find(self, service: str, version: str) -> Artifact | Absent | Unread:
        """See `Artifacts.find`."""
        what = f"the artifact {service} {version} at {self._caller.name}"
        answer = await self._caller.read(what, f"/artifacts/{quote(service, safe='')}/{quote(version, safe='')}")
        if isinstance(answer, Unread):
            return answer
        if answer.status == 404:
            absence = _absence(what, answer, f"{service}/{version}")
            return absence or Absent(f"artifact of {service} {version} at {self._caller.name}")
        found = parse(ArtifactBody, what, answer)
        if isinstance(found, Unread):
            return found
        if (found.service, found.version) != (service, version):
            return Unread(what, "it answered about another artifact")
        return found.value()


def _absence(what: str, answer: Answer, asked: str) -> Unread | None:
    """None when this 404 is the neighbour's own word about what was asked."""
    body = parse(AbsentBody, what, answer)
    if isinstance(body, AbsentBody) and body.absent == asked:
        return None
    return Unread(what, "it answered 404 without saying what is absent; is its address right?")
