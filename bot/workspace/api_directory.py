"""The Web API methods about accounts: auth.test, users.info, users.lookupByEmail and usergroups.*.

Invariant: a person's e-mail is shown only with the scope for it, and never for someone of another workspace.
Source: Slack's reference of users.info ("User object"), users.lookupByEmail, usergroups.list, usergroups.users.list.
"""

from zoneinfo import ZoneInfo

from bot.workspace.arguments import Arguments, Refused
from bot.workspace.nouns import Group, Person
from bot.workspace.state import BOT_ID, BOT_USER, TEAM_DOMAIN, State
from bot.workspace.text import Json

OTHER_TEAM = "T0ELSEWHERE"


def auth_test(state: State, given: Arguments) -> Json:  # noqa: ARG001 - every method has the same form
    """auth.test."""
    return {
        "ok": True,
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": "Signalbox",
        "user": "signalbox",
        "team_id": state.team,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def person_json(state: State, person: Person) -> Json:
    """Slack's user object."""
    profile: Json = {"real_name": person.name, "display_name": person.handle, "team": team_of(state, person)}
    if person.email and "users:read.email" in state.app.scopes and not person.external:
        profile["email"] = person.email
    shown: Json = {
        "id": person.id,
        "team_id": team_of(state, person),
        "name": person.handle,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.bot,
        "is_app_user": False,
        "is_workflow_bot": False,
        "updated": int(state.now().timestamp()),
    }
    if not person.deleted:
        here = state.now().astimezone(ZoneInfo(person.tz))
        offset = here.utcoffset()
        assert offset is not None
        shown |= {
            "real_name": person.name,
            "tz": person.tz,
            "tz_label": here.tzname(),
            "tz_offset": int(offset.total_seconds()),
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": person.guest,
            "is_ultra_restricted": False,
            "is_email_confirmed": person.email is not None,
        }
        if person.external:
            shown["is_stranger"] = True
    return shown


def team_of(state: State, person: Person) -> str:
    """The workspace that an account belongs to."""
    return OTHER_TEAM if person.external else state.team


def user_info(state: State, given: Arguments) -> Json:
    """users.info."""
    person = state.people.get(given.text("user"))
    if person is None:
        raise Refused("user_not_found")
    return {"ok": True, "user": person_json(state, person)}


def user_by_email(state: State, given: Arguments) -> Json:
    """users.lookupByEmail; an account that was deactivated is not found."""
    address = given.text("email").lower()
    found = next((p for p in state.people.values() if (p.email or "").lower() == address and not p.deleted), None)
    if found is None:
        raise Refused("users_not_found")
    return {"ok": True, "user": person_json(state, found)}


def groups(state: State, given: Arguments) -> Json:
    """usergroups.list."""
    return {"ok": True, "usergroups": [group_json(state, each, users=given.flag("include_users")) for each in state.groups.values()]}


def group_members(state: State, given: Arguments) -> Json:
    """usergroups.users.list."""
    group = state.groups.get(given.text("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"ok": True, "users": list(group.members)}


def group_json(state: State, group: Group, *, users: bool = False) -> Json:
    """Slack's usergroup object."""
    shown: Json = {
        "id": group.id,
        "team_id": state.team,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.handle,
        "handle": group.handle,
        "is_external": False,
        "date_delete": 0,
        "user_count": len(group.members),
    }
    return shown | ({"users": list(group.members)} if users else {})
