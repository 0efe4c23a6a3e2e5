"""Every call that the bot makes to somebody outside, and what may come of it when the answer is spoiled.

Invariant: a call that is neither here nor in `APART` fails `tests/contracts/test_faulty_neighbours.py`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.attestations import Trust
from bot.adapters.directory import SlackDirectory
from bot.adapters.freeze_calendars import ICalFreezes
from bot.adapters.generic_ci import GenericArtifacts, GenericCI
from bot.adapters.github import GitHubActions
from bot.adapters.github_api import GitHubApi
from bot.adapters.github_app import AppAuth
from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_releases import GitHubReleases
from bot.adapters.github_sign_in import GitHubSignIn
from bot.adapters.github_statuses import GitHubStatuses
from bot.adapters.github_vcs import GitHubVcs
from bot.adapters.links import HttpLinks
from bot.adapters.oci_proofs import OciProofs
from bot.adapters.registry import OciArtifacts
from bot.adapters.registry_auth import Login
from bot.adapters.signatures import PinnedKeys
from bot.slack.chat import SlackChat
from bot.slack.session import slack_session
from commands.core.ports.chat import Posted, Unposted
from commands.core.ports.ci import AccessOrder, AccessStep, BranchOrder, Run, RunLog, Started, Stopping, TurnedDown, Unknown
from commands.core.ports.links import Broken, Leads
from commands.core.ports.people import Account, DeviceCode, NotGiven, StillWaiting, VcsAccount
from commands.core.ports.vcs import Published, Shown
from commands.core.text import Card, Form, Input
from guards.calendar_rules import FreezeCalendar
from guards.codeowners import CodeOwners
from guards.provenance import Proof
from guards.train import Room
from guards.unread import Unread
from guards.vcs import Protection, Span, Tag
from guards.version import Artifact
from tests.world import demo_ci, github, github_vcs
from tests.world.attestations import P256, SOURCE, pem
from tests.world.github_sign_in import CLIENT
from tests.world.keys import RSA_KEY
from tests.world.moments import RealClock, StillClock
from tests.world.neighbours import COMMIT
from tests.world.registry import PASSWORD
from tests.world.stands import Asking, Row

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
REPO, OTHER = "octo/api", "f" * 40
CARD = Card("🕐 Promote api v1.4.0 to production")
FORM = Form("Approve", "approve", "Approve", (Input("rationale", "Why?", "text"),), {"change": "CR-1"})
ORDERED = (TurnedDown, Unknown)
NONE = type(None)

# ---------------------------------------------------------------- CI


def _generic(a: Asking) -> GenericCI:
    return GenericCI(a.transport, name="demo", base=a.url, secret=SecretStr(demo_ci.SECRET), clock=RealClock())


def _actions(a: Asking) -> GitHubActions:
    token, hook = SecretStr(github.TOKEN), SecretStr(github.SECRET)
    workflows = [(REPO, "deploy.yml")]
    return GitHubActions(a.transport, TokenAuth(token), clock=RealClock(), webhook_secret=hook, workflows=workflows, api_url=a.url)


async def _found(a: Asking) -> object:
    a.place.taken.append(a.key)
    return await _generic(a).find(a.order, f"run-of-{a.key}", NOW)


def _branch(a: Asking) -> BranchOrder:
    return BranchOrder(a.key, "RUN-1", "api", "release/1.8", COMMIT, REPO, "main", "deploy.yml")


def _access(a: Asking) -> AccessOrder:
    until = "2026-11-21T12:00:00+00:00"
    return AccessOrder(
        a.key, "GR-1", AccessStep.OPEN, "api", "production", "database", "rita@acme.example", until, REPO, "main", "deploy.yml"
    )


def _run(a: Asking) -> dict[str, Any]:
    """A run at work at GitHub."""
    run: dict[str, Any] = a.place.add(display_title=f"Deploy api [signalbox {a.key}]", status="in_progress")
    return run


async def _started_and_found(a: Asking) -> object:
    """What GitHub's word of a started run is worth once the run is looked up by it."""
    ci = _actions(a)
    answer = await ci.start(a.order)
    return await ci.find(a.order, answer.run, NOW - timedelta(days=1)) if isinstance(answer, Started) else answer


_KEYS = {"CR-2026-1121-001": "CR-2026-1121-999"}
_LOG = {"truncates, with a length that fits": "a log is kept as it came; nothing says how long it is", "is a web page": "a log is any text",
        "is empty": "a run may have written nothing", "has other types": "a log is any text"}  # fmt: skip
_ANY = {"is empty": "only the status is read", "is a web page": "only the status is read", "has other types": "only the status is read",
        "truncates, with a length that fits": "only the status is read"}  # fmt: skip
_TAKEN: Callable[[Asking], int] = lambda a: a.place.taken.count(a.key)  # noqa: E731
_DISPATCHED: Callable[[Asking], int] = lambda a: a.place.count(a.key)  # noqa: E731

CI = (
    Row("GenericCI.start", "ci", lambda a: _generic(a).start(a.order), Started, ORDERED, _KEYS, done=_TAKEN),
    Row("GenericCI.branch", "ci", lambda a: _generic(a).branch(_branch(a)), Started, ORDERED, _KEYS, done=_TAKEN),
    Row("GenericCI.access", "ci", lambda a: _generic(a).access(_access(a)), Started, ORDERED, _KEYS, done=_TAKEN),
    Row("GenericCI.cancel", "ci", lambda a: _generic(a).cancel(a.order, None), Stopping, ORDERED, _KEYS, done=_TAKEN),
    Row("GenericCI.find", "ci", _found, Run, lies=_KEYS),
    Row("GenericCI.find", "ci", _found, Run, lies={"run-of-": "run-for-"}, step="run"),
    Row("GenericCI.log", "ci", lambda a: _generic(a).log(a.order, None), RunLog, trusts="a log does not say whose it is", also=_LOG),
    Row("GenericCI.alive", "ci", lambda a: _generic(a).alive(), NONE, trusts="nothing is asked but whether it answers", also=_ANY),
    Row("GenericArtifacts.find", "ci", lambda a: _artifacts(a).find("api", "v1.4.0"), Artifact, lies={"v1.4.0": "v1.4.1"}),
    Row("GenericArtifacts.find", "ci", lambda a: _artifacts(a).find("api", "v1.4.0"), Artifact, lies={'"api"': '"web"'}, step="service"),
    Row("GitHubActions.start", "actions", lambda a: _actions(a).start(a.order), Started, ORDERED, done=_DISPATCHED,
        trusts="the run that it names is looked up, as below"),
    Row("GitHubActions.start", "actions", _started_and_found, Run, (*ORDERED, Unread), {"30433": "99433", COMMIT: OTHER}, step="found"),
    Row("GitHubActions.branch", "actions", lambda a: _actions(a).branch(_branch(a)), Started, ORDERED, done=_DISPATCHED,
        trusts="a branch counts when version control shows it"),
    Row("GitHubActions.access", "actions", lambda a: _actions(a).access(_access(a)), Started, ORDERED, done=_DISPATCHED,
        trusts="the run is a link for people"),
    Row("GitHubActions.cancel", "actions", lambda a: _actions(a).cancel(a.order, str(_run(a)["id"])), Stopping, ORDERED,
        trusts="its answer says nothing but that it was taken", also={"truncates, with a length that fits": "only the status is read"}),
    Row("GitHubActions.find", "actions", lambda a: _actions(a).find(a.order, str(_run(a)["id"]), NOW), Run, lies={COMMIT: OTHER}),
    Row("GitHubActions.find", "actions", lambda a: _actions(a).find(a.order, str(_run(a)["id"]), NOW), Run, lies={'"id": 30': '"id": 31'}, step="id"),
    Row("GitHubActions.log", "actions", lambda a: _actions(a).log(a.order, str(_run(a)["id"])), RunLog, also=_LOG,
        trusts="a log does not say whose it is"),
    Row("GitHubActions.alive", "actions", lambda a: _actions(a).alive(), NONE, also=_ANY, trusts="nothing is asked but whether it answers"),
    Row("AppAuth.token", "actions", lambda a: _app(a).token(REPO), str, trusts="it is GitHub who makes tokens"),
)  # fmt: skip


def _app(a: Asking) -> AppAuth:
    return AppAuth(a.transport, api_url=a.url, app="Iv1.test", key=SecretStr(RSA_KEY), clock=RealClock())


def _artifacts(a: Asking) -> GenericArtifacts:
    return GenericArtifacts(a.transport, name="demo", base=a.url, secret=SecretStr(demo_ci.SECRET), clock=RealClock())


# ---------------------------------------------------------------- version control


def _vcs(a: Asking) -> GitHubVcs:
    return GitHubVcs(GitHubApi(a.transport, TokenAuth(SecretStr(github_vcs.TOKEN)), clock=StillClock(NOW), api_url=a.url))


def _asks(method: str, *given: object) -> Callable[[Asking], Awaitable[object]]:
    """Asks GitHub; BASE and HEAD stand for the ids of commits."""

    async def call(a: Asking) -> object:
        known = {"BASE": a.place.history[0], "HEAD": a.place.history[-1]}
        vcs = _vcs(a)
        try:
            return await getattr(vcs, method)(REPO, *(known.get(str(one), one) for one in given))
        finally:
            await vcs.close()

    return call


_COMMITS = {github_vcs.sha("what runs 0"): OTHER, github_vcs.sha("Change 1 (#1) 2"): "e" * 40}


def _releases(a: Asking) -> GitHubReleases:
    return GitHubReleases(a.transport, TokenAuth(SecretStr(github.TOKEN)), clock=StillClock(NOW), api_url=a.url)


async def _show(a: Asking) -> object:
    a.place.heads[:] = ["a1" * 20]
    statuses = GitHubStatuses(a.transport, TokenAuth(SecretStr(github.TOKEN)), clock=StillClock(NOW), api_url=a.url)
    return await statuses.show(REPO, "main", f"held {a.number}")


def _sign_in(a: Asking) -> GitHubSignIn:
    return GitHubSignIn(a.transport, web_url=a.url, api_url=a.url, client=CLIENT, auth=None)


async def _account(a: Asking) -> object:
    asking = _sign_in(a)
    try:
        return await asking.account("Octo-Cat", REPO)
    finally:
        await asking.close()


async def _outcome(a: Asking) -> object:
    device, user = f"{a.number:040d}", f"SPOI-{a.number:04d}"
    a.place.codes[user], a.place.answers[device] = device, "Octo-Cat"
    return await _sign_in(a).outcome(device)


VCS = (
    Row("GitHubVcs.tag", "history", _asks("tag", "v1.4.0"), Tag, lies={"refs/tags/v1.4.0": "refs/tags/v1.4.1"}),
    Row("GitHubVcs.span", "history", _asks("span", "BASE", "HEAD"), Span, lies={"PR_1": "PR_9"}, step="pulls"),
    Row("GitHubVcs.span", "history", _asks("span", "BASE", "HEAD"), Span, lies=_COMMITS),
    Row("GitHubVcs.checks", "history", _asks("checks", "HEAD"), tuple, lies=_COMMITS),
    Row("GitHubVcs.protection", "history", _asks("protection", "main"), Protection, trusts="GitHub's answer does not name the branch"),
    Row("GitHubVcs.codeowners", "history", _asks("codeowners", "HEAD"), CodeOwners, lies={'"CODEOWNERS"': '"README.md"'}),
    Row("GitHubVcs.head", "history", _asks("head", "main"), str, lies={"refs/heads/main": "refs/heads/evil"}),
    Row("GitHubVcs.head", "history", _asks("head", "main", NOW), str, lies={"refs/heads/main": "refs/heads/evil"}, step="earlier"),
    Row("GitHubVcs.merge_base", "history", _asks("merge_base", "BASE", "HEAD"), str, lies=_COMMITS),
    Row("GitHubVcs.line", "history", _asks("line", "HEAD", 2), tuple, lies=_COMMITS),
    Row("GitHubVcs.patch", "history", _asks("patch", "HEAD"), str, lies=_COMMITS),
    Row("GitHubVcs.patch", "history", _asks("patch", "HEAD", "BASE"), str, lies=_COMMITS, step="since"),
    Row("GitHubVcs.open_pulls", "history", _asks("open_pulls", "main"), tuple, lies={'"ref": "main"': '"ref": "release/1.4"'}),
    Row("GitHubReleases.publish", "releases", lambda a: _releases(a).publish(REPO, "v1.4.0", "api v1.4.0", f"# notes {a.number}"), Published,
        Unposted, trusts="the link is for people, and the text is compared at the next look",
        done=lambda a: sum(f"# notes {a.number}\n" in body["body"] for _, body in a.place.writes)),
    Row("GitHubStatuses.show", "statuses", _show, Shown, Unposted, lies={"signalbox/freeze": "other/freeze"}),
    Row("GitHubSignIn.begin", "sign-in", lambda a: _sign_in(a).begin(), DeviceCode, trusts="the codes are GitHub's own"),
    Row("GitHubSignIn.outcome", "sign-in", _outcome, VcsAccount, (Unread, NotGiven, StillWaiting),
        trusts="the token is its own, and who it is for is asked with it"),
    Row("GitHubSignIn.account", "sign-in", _account, VcsAccount, lies={"Octo-Cat": "Mallory"}),
)  # fmt: skip


# ---------------------------------------------------------------- registry, calendars, links


def _login() -> Login:
    return Login("robot", SecretStr(PASSWORD))


def _oci(a: Asking) -> OciArtifacts:
    return OciArtifacts(a.transport, base=a.url, repositories={"api": "team/api"}, login=_login())


def _proofs(a: Asking) -> OciProofs:
    trust = {"api": Trust(SOURCE, (PinnedKeys(pem(P256)),))}
    return OciProofs(a.transport, base=a.url, repositories={"api": "team/api"}, trust=trust, login=_login())


async def _retrievable(a: Asking) -> object:
    """Whether it is there; None for a no, which a 404 to HEAD is: it has no body that could say whose it is."""
    answer = await _proofs(a).retrievable("api", a.place.artifact)
    return None if answer is False else answer


def _calendars(a: Asking) -> ICalFreezes:
    known = FreezeCalendar(
        url=f"{a.url}/freezes.ics", kind="holiday", environments=("production",), approver="rita@acme.example", exit="back", plan="resume"
    )
    return ICalFreezes(a.transport, {"company": known}, "Europe/Berlin")


async def _here(*_: object) -> list[str]:
    return ["127.0.0.1"]


def _links(a: Asking) -> HttpLinks:
    return HttpLinks(resolve=_here, allowed=lambda _: True, seconds=a.seconds)


_ONLY_STATUS = dict.fromkeys(("resets in the middle of the answer", "ends in the middle of the answer", "drips", "is compressed", "answers about something else"), "only the status is read") | _ANY  # fmt: skip

OTHERS = (
    Row("OciArtifacts.find", "registry", lambda a: _oci(a).find("api", "v1.4.0"), Artifact, lies={COMMIT: OTHER}),
    Row("OciProofs.find", "registry", lambda a: _proofs(a).find("api", "v1.4.0", a.place.artifact), Proof, lies={"sha256:": "sha256:0"}),
    Row("OciProofs.document", "registry", lambda a: _proofs(a).document("api", a.place.document), bytes, lies={"CycloneDX": "CycloneDY"}),
    Row("OciProofs.retrievable", "registry", _retrievable, bool, (Unread, NONE), lies={"sha256:": "sha256:0"},
        also=_ONLY_STATUS, tail=2),
    Row("ICalFreezes.events", "calendar", lambda a: _calendars(a).events("company", NOW), tuple,
        trusts="whoever keeps the calendar says what is in it"),
    Row("HttpLinks.look", "page", lambda a: _links(a).look(f"{a.url}/there"), Leads, (Unread, Broken), trusts="only the status is read",
        also=_ONLY_STATUS),
)  # fmt: skip


# ---------------------------------------------------------------- Slack


def _client(a: Asking) -> AsyncWebClient:
    return AsyncWebClient(token=a.place.bot_token, base_url=f"{a.url}/api/", session=a.session, retry_handlers=[])


def _chat(a: Asking) -> SlackChat:
    return SlackChat(_client(a), a.session, a.seconds)


def _people(a: Asking) -> SlackDirectory:
    return SlackDirectory(_client(a), a.seconds)


async def _standing(a: Asking) -> Posted:
    """A card that was posted before."""
    async with slack_session(60) as session:  # what comes before the call has time, whatever the call has
        client = AsyncWebClient(token=a.place.bot_token, base_url=f"{a.proxy.behind}/api/", session=session, retry_handlers=[])
        posted = await SlackChat(client, session, 60).post(a.place.releases.id, CARD, subject=a.key)
    assert isinstance(posted, Posted), posted
    return posted


async def _find(a: Asking) -> object:
    await _standing(a)
    return await _chat(a).find(a.place.releases.id, subject=a.key)


async def _update(a: Asking) -> object:
    return await _chat(a).update(await _standing(a), replace(CARD, title=f"🟢 {a.key}"))


async def _pin(a: Asking) -> object:
    return await _chat(a).pin(await _standing(a), stays=True)


async def _ask(a: Asking) -> object:
    trigger = (await a.place.say(a.place.carla, a.place.releases, "/release promote")).payload["trigger_id"]
    return await _chat(a).ask(trigger, FORM)


def _posted(a: Asking) -> int:
    return sum((message.metadata or {}).get("event_payload", {}).get("subject") == a.key for message in a.place.messages(a.place.releases))


_OWN = "what Slack calls its own messages and conversations is its word"
_SAYS_OK = "Slack's own answer has nothing that is needed but that it took the call"

SLACK = (
    Row("SlackChat.post", "slack", lambda a: _chat(a).post(a.place.releases.id, CARD, subject=a.key), Posted, Unposted, trusts=_OWN, done=_posted),
    Row("SlackChat.find", "slack", _find, Posted, Unposted, trusts=_OWN),
    Row("SlackChat.update", "slack", _update, Posted, Unposted, trusts=_SAYS_OK),
    Row("SlackChat.pin", "slack", _pin, NONE, Unposted, trusts=_SAYS_OK),
    Row("SlackChat.tell", "slack", lambda a: _chat(a).tell(a.place.carla.id, CARD), Posted, Unposted, trusts=_OWN),
    Row("SlackChat.tell", "slack", lambda a: _chat(a).tell(a.place.carla.id, CARD, channel=a.place.releases.id), Posted, Unposted, trusts=_OWN,
        step="where they look"),
    Row("SlackChat.upload", "slack", lambda a: _chat(a).upload(a.place.releases.id, "a.zip", b"PK", title="Evidence"), NONE, Unposted, trusts=_OWN),
    Row("SlackChat.ask", "slack", _ask, NONE, Unposted, trusts=_SAYS_OK),
    Row("SlackChat.home", "slack", lambda a: _chat(a).home(a.place.carla.id, CARD), NONE, Unposted, trusts=_SAYS_OK),
    Row("SlackChat.alive", "slack", lambda a: _chat(a).alive(), NONE, trusts=_SAYS_OK),
    Row("SlackDirectory.account", "slack", lambda a: _people(a).account(a.place.carla.id), Account, lies={"U": "W"}),
    Row("SlackDirectory.members", "slack", lambda a: _people(a).members(a.place.captains.id), frozenset, trusts="Slack does not name the group"),
    Row("SlackDirectory.holder", "slack", lambda a: _people(a).holder("carla@acme.example"), str, lies={"carla@acme": "mallory@acme"}),
    Row("SlackDirectory.channel", "slack", lambda a: _people(a).channel(a.place.releases.id), Room,
        trusts="a channel that was converted has another id, and Slack's word for it is taken"),
)  # fmt: skip

ROWS = (*CI, *VCS, *OTHERS, *SLACK)

APART: Mapping[str, str] = {
    "_Cache": "keeps what SlackDirectory read",
    "_Caller": "what GenericCI and GenericArtifacts have in common",
    "Auth": "a protocol",
    "BranchReading": "a part of GitHubVcs",
    "GitHubApi": "how GitHubVcs and the others ask",
    "HolidayCalendars": "computed on this machine",
    "Intake": "is asked by Slack, and asks nobody",
    "Limited": "how answers of Slack are read",
    "NoDirectory": "asks nobody",
    "Pull": "how OciArtifacts and OciProofs ask",
    "Recent": "keeps what others read",
    "RegistryAuth": "a part of Pull: these rows are asked for a token first",
    "SocketMode": "a connection that Slack's SDK keeps; tests/commands/test_socket_mode.py",
    "SpanReading": "a part of GitHubVcs",
    "TokenAuth": "asks nobody",
    "Transport": "how all but Slack are asked; tests/contracts/test_transport.py",
}
"""Classes with public coroutines that have no row, and why."""
