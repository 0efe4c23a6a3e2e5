"""The company that the stories are about: who works there, what its policy says, and a clock that stands until it is moved."""

from datetime import UTC, datetime
from typing import Any

from bot.workspace.state import stable_id

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""11:00 in Berlin, inside the weekday window."""

DIGEST = "sha256:" + "a1" * 32
COMMIT = "c0ffee" + "0" * 34

PEOPLE = ("carla", "dev", "rita", "rob", "olga", "audrey", "rita-phone")
"""The accounts in the workspace; Rita has two."""


FREEZES = {
    "url": "https://calendar.acme.example/freezes.ics", "kind": "holiday", "environments": ["production"], "approver": "rita@acme.example",
    "exit": "all are back", "plan": "trains resume",
}  # fmt: skip
"""A shared calendar of freezes, for a policy that names one."""


class MovingClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def policy_data(**changed: Any) -> dict[str, Any]:
    """The world's policy as data; arguments replace whole sections."""

    def person(handle: str, name: str, *more: str) -> dict[str, Any]:
        accounts = [slack_id(account) for account in (handle, *more)]
        return {"id": f"{handle}@acme.example", "name": name, "slack": accounts, "github": handle}

    service = {
        "repository": "acme/api", "channel": channel_id("releases"), "owners": ["olga@acme.example"], "ci": "fake", "artifacts": "index",
        "zone": "Europe/Berlin", "workflows": {"dev": "deploy.yml", "staging": "deploy.yml", "production": "deploy.yml"},
    }  # fmt: skip
    data: dict[str, Any] = {
        "version": 1,
        "zone": "Europe/Berlin",
        "slack": {"teams": ["T0SIGNAL"], "alerts": channel_id("alerts")},
        "environments": [
            {"name": "dev", "aliases": ["test"]},
            {"name": "staging", "aliases": ["stg"]},
            {"name": "production", "aliases": ["prod", "prd"], "production": True},
        ],
        "services": {"api": service, "web": {**service, "repository": "acme/web"}},
        "people": [
            person("carla", "Carla Captain"), person("dev", "Dev Author"), person("rita", "Rita Manager", "rita-phone"),
            person("rob", "Rob Second"), person("olga", "Olga Owner"), person("audrey", "Audrey Auditor"),
        ],
        "roles": {
            "release_captain": [{"people": ["carla@acme.example"]}],
            "developer": [{"people": ["dev@acme.example", "carla@acme.example"]}],
            "release_manager": [{"people": ["rita@acme.example"]}, {"groups": [group_id("release-managers")]}],
            "audit": [{"people": ["audrey@acme.example"]}],
        },
        "allow": {
            "promote": {"dev": ["developer"], "staging": ["developer"], "production": ["developer", "release_captain"]},
            "approve": {"staging": ["release_manager"], "production": ["release_manager", "service_owner"]},
            "cancel": {"dev": ["developer"], "staging": ["developer"], "production": ["release_captain", "release_manager"]},
            "freeze": {"production": ["release_manager", "release_captain"]},
            "lift": {"production": ["release_manager"]},
            "record": {"production": ["release_captain", "release_manager"]},
            "train": {"production": ["release_captain", "release_manager"]},
            "request-exception": {"staging": ["developer"], "production": ["developer", "release_captain"]},
            "approve-exception": {"staging": ["release_manager"], "production": ["release_manager", "service_owner"]},
            "call-decision": {"production": ["release_captain", "release_manager"]},
            "decide": {"production": ["release_manager"]},
        },
        "windows": {"weekdays": {"days": ["Mon", "Tue", "Wed", "Thu"], "start": "10:00", "end": "16:00", "owner": "rita@acme.example"}},
        "approvals": {"production": {"count": 1}},
        "ci": {name: {"kind": "http", "url": "http://127.0.0.1:1", "secret": "FAKE_CI_SECRET"} for name in ("fake", "other")},
        "evidence": {"profile": "starter"},
        "artifacts": {"index": {"kind": "http", "url": "http://127.0.0.1:1", "secret": "FAKE_CI_SECRET"}},
    }  # fmt: skip
    return {**data, **changed}


def slack_id(handle: str) -> str:
    return stable_id("U", handle)


def channel_id(name: str) -> str:
    return stable_id("C", name)


def group_id(handle: str) -> str:
    return stable_id("S", handle)
