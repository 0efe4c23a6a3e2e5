"""The company of the benchmark: a policy of realistic size, settings on scratch files, and requests as Slack signs them.

Invariant: production is gated by windows, freezes, roles, order and approvals as anywhere; only the clock does not matter, because its
window is open all day.
"""

import hashlib
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from bot.settings import Settings, Stated
from guards.policy import Policy

SECRET = "the-bench-signing-secret"  # noqa: S105 - signs requests of this program to itself
TOKEN = "xoxb-bench"  # noqa: S105
TEAM, CHANNEL = "T0BENCH", "C0RELEASES"
SERVICES = tuple(f"svc-{n:02}" for n in range(12))
ASKERS = 32
"""People who type at the same time."""

_FORM = "application/x-www-form-urlencoded"
_VERIFIER = SignatureVerifier(SECRET)
_NUMBERS = itertools.count(1)


def account(number: int) -> str:
    """The Slack account of a person."""
    return f"U0BENCH{number:03}"


def email(number: int) -> str:
    """The corporate id of a person."""
    return f"person-{number}@bench.example"


def policy_data() -> dict[str, Any]:
    """The policy as data: 40 people, 12 services, three environments."""
    everyone = [{"id": email(n), "name": f"Person {n}", "slack": [account(n)], "github": f"person-{n}"} for n in range(40)]
    service = {
        "repository": "bench/service", "channel": CHANNEL, "owners": [email(39)], "ci": "bench", "artifacts": "bench",
        "workflows": {"dev": "deploy.yml", "staging": "deploy.yml", "production": "deploy.yml"},
    }  # fmt: skip
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    peer = {"kind": "http", "url": "http://127.0.0.1:9", "secret": "BENCH_SECRET"}
    return {
        "version": 1,
        "zone": "Europe/Berlin",
        "slack": {"teams": [TEAM], "alerts": CHANNEL},
        "environments": [{"name": "dev"}, {"name": "staging"}, {"name": "production", "production": True}],
        "services": dict.fromkeys(SERVICES, service),
        "people": everyone,
        "roles": {
            "developer": [{"people": [email(n) for n in range(32)]}],
            "release_captain": [{"people": [email(n) for n in range(4)]}],
            "release_manager": [{"people": [email(32), email(33)]}, {"groups": ["S0MANAGERS"]}],
            "qa": [{"people": [email(34)], "services": list(SERVICES[:6])}],
        },
        "allow": {
            "promote": {"dev": ["developer"], "staging": ["developer"], "production": ["release_captain"]},
            "approve": {"staging": ["release_manager"], "production": ["release_manager", "service_owner"]},
        },
        "windows": {
            "office-hours": {"days": days[:4], "start": "10:00", "end": "16:00", "owner": email(32)},
            "all-day": {"days": days, "start": "00:00", "end": "00:00", "owner": email(32)},
        },
        "closed_weekdays": [],
        "approvals": {"production": {"count": 1}},
        "ci": {"bench": peer},
        "evidence": {"profile": "starter"},
        "artifacts": {"bench": peer},
    }  # fmt: skip


def policy() -> Policy:
    """The policy, checked."""
    return Policy.model_validate(policy_data())


def settings(database_url: str, slack_url: str) -> Settings:
    """Settings on free ports.

    Args:
        database_url: a migrated database.
        slack_url: base of the Web API.
    """
    return Stated.model_validate({
        "SIGNALBOX_DATABASE_URL": SecretStr(database_url), "SIGNALBOX_PORT": 0, "SIGNALBOX_INTERNAL_PORT": 0,
        "SLACK_BOT_TOKEN": SecretStr(TOKEN), "SLACK_SIGNING_SECRET": SecretStr(SECRET), "SLACK_API_URL": slack_url,
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Artefact:
    """What a version is in the benchmark.

    Args:
        digest, commit: made from the version's name, so that everybody knows the same.
    """

    digest: str
    commit: str


def built(version: str) -> Artefact:
    """Digest and commit of a version."""
    hashed = hashlib.sha256(version.encode()).hexdigest()
    return Artefact(f"sha256:{hashed}", hashed[:40])


# ---------------------------------------------------------------- what Slack sends


def typed(text: str, person: int = 0, answer_to: str | None = None) -> bytes:
    """A signed slash command as raw HTTP/1.1."""
    number = next(_NUMBERS)
    fields = {
        "token": "deprecated", "team_id": TEAM, "team_domain": "bench", "channel_id": CHANNEL, "channel_name": "releases",
        "user_id": account(person), "user_name": f"person-{person}", "command": "/release", "text": text, "api_app_id": "A0BENCH",
        "is_enterprise_install": "false", "trigger_id": f"{number}.{time.time_ns()}.bench",
    }  # fmt: skip
    if answer_to:
        fields["response_url"] = answer_to
    return _signed(urlencode(fields))


def clicked(action: str, known: dict[str, str], person: int) -> bytes:
    """A button."""
    number = next(_NUMBERS)
    return _payload({
        "type": "block_actions", "user": {"id": account(person), "team_id": TEAM}, "team": {"id": TEAM}, "channel": {"id": CHANNEL},
        "container": {"type": "message"}, "trigger_id": f"{number}.{time.time_ns()}.bench",
        "actions": [{"type": "button", "block_id": "b", "action_id": f"{action}#0", "value": json.dumps(known), "action_ts": "1"}],
    })  # fmt: skip


def submitted(word: str, known: dict[str, str], answers: dict[str, str], person: int) -> bytes:
    """A form that was sent."""
    number = next(_NUMBERS)
    values = {f"b-{name}": {name: {"type": "plain_text_input", "value": text}} for name, text in answers.items()}
    return _payload({
        "type": "view_submission", "user": {"id": account(person), "team_id": TEAM}, "team": {"id": TEAM},
        "view": {
            "id": f"V{number}-{time.time_ns()}", "hash": "1.bench", "type": "modal", "callback_id": word,
            "private_metadata": json.dumps({"known": known, "channel": CHANNEL}), "state": {"values": values},
        },
    })  # fmt: skip


def _payload(payload: dict[str, Any]) -> bytes:
    return _signed(urlencode({"payload": json.dumps(payload)}))


def _signed(body: str) -> bytes:
    stamp = str(int(time.time()))
    signature = _VERIFIER.generate_signature(timestamp=stamp, body=body)
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: bench\r\nUser-Agent: Slackbot 1.0\r\nAccept: */*\r\nContent-Type: {_FORM}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body.encode()


def helps(count: int, answer_to: str | None = None) -> Iterator[bytes]:
    """So many `/release help`, from all the askers in turn."""
    return (typed("help", n % ASKERS, answer_to) for n in range(count))
