"""The company with its people for emergencies, on a Sunday night when nothing may go."""

from datetime import UTC, datetime
from typing import Any

from tests.world.company import policy_data
from tests.world.world import World

SUNDAY = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
"""23:30 in Berlin, outside of every window."""

ID = "EMG-2026-1122-001"

WORDS = {
    "criterion": "production-down", "classification": "emergency", "incident": "INC-77", "severity": "SEV-2", "reason": "logins fail",
    "waiting": "nobody can log in until Monday", "rollback": "promote v1.3.2", "after": "alert before keys run out",
}  # fmt: skip


def urgent_policy(**changed: Any) -> dict[str, Any]:
    """The world's policy with roles for emergencies: Carla and Rita command incidents, Rob leads on-call, Dev is on call."""
    data = policy_data(**changed)
    for role, handles in {
        "incident_commander": ("carla", "rita"), "on_call": ("dev",), "on_call_lead": ("rob",), "on_call_manager": ("olga",),
        "security": ("audrey",),
    }.items():  # fmt: skip
        data["roles"].setdefault(role, []).append({"people": [f"{handle}@acme.example" for handle in handles]})
    data["allow"] |= {
        "declare-emergency": {"production": ["incident_commander", "on_call"]},
        "approve-emergency": {"production": ["service_owner", "release_manager", "incident_commander", "on_call", "on_call_lead"]},
        "request-access": {"production": ["incident_commander", "on_call"]},
        "grant-access": {"production": ["on_call_manager"]},
    }
    return data


async def declare(world: World, who: str = "carla", what: str = "api v1.4.0 production", **words: str) -> None:
    """Declare an emergency, complete in one line; `words` adds or replaces."""
    named = " ".join(f'{name}="{value}"' for name, value in (WORDS | words).items() if value)
    await world.say(who, f"/release emergency declare {what} {named}")


async def declared(world: World, **words: str) -> None:
    """An emergency for a version that ran in staging; its ledger entries are read."""
    await world.on_staging()
    await declare(world, **words)
    assert "emergency:declared" in await world.tags()
    await world.news()


async def approved(world: World, *who: str, **words: str) -> None:
    """The same, approved by Rita and Olga, or by those who are named."""
    await declared(world, **words)
    for each in who or ("rita", "olga"):
        await world.say(each, f"/release emergency approve {ID} diff read, tests green")
    await world.news()
