"""A GitHub account is linked only to the person who confirmed it on both sides, and never to a second one (RBAC-01, SOD-12).

Invariant: the policy file goes before a link; an account that was ever linked to one person is given to another by the policy file only.
"""

from guards.decision import Allow, Decision, Refusal, Refuse
from guards.facts import Facts, Request
from guards.identity import Linking
from guards.policy import Policy

_AGAIN = "Type `/release link github` to begin."


def taken(linking: Linking, policy: Policy) -> Refuse | None:
    """Why the account that GitHub named cannot be linked to this person, or None."""
    named = policy.by_login.get((linking.login or "").lower())
    if named and named.id == linking.person:
        return None
    holder = named.id if named else linking.holder
    if holder is None:
        return None
    source = "the policy file" if named else "a link"
    return Refuse(
        Refusal.LOGIN_TAKEN,
        f"By {source}, the GitHub account {linking.login} belongs to {holder}; one account belongs to one person.",
        "If that is wrong, have `people[].github` in the policy file say whose it is; nothing else can change it.",
    )


def confirmable(request: Request, facts: Facts) -> Decision:
    """Whether GitHub named this account for the asker, and it is nobody else's."""
    linking = facts.linking
    if linking is None or linking.login is None or facts.at >= linking.expires:
        return Refuse(Refusal.NO_SUCH_LINK, "No GitHub account waits for your word.", _AGAIN)
    if request.login is None or request.login.lower() != linking.login.lower():
        return Refuse(
            Refusal.NO_SUCH_LINK,
            f"GitHub named the account {linking.login}, not {request.login}.",
            f"If {linking.login} is yours, type `/release link confirm {linking.login}`.",
        )
    return taken(linking, facts.policy) or Allow(f"GitHub says that {linking.login} is {linking.name}'s")


def linking_begun(request: Request, facts: Facts) -> Decision:
    """Whether the asker has begun to link an account."""
    if facts.linking is None:
        return Refuse(Refusal.NO_SUCH_LINK, "You are not linking an account.", _AGAIN)
    return Allow("an account is being linked")


def linked(request: Request, facts: Facts) -> Decision:
    """Whether the asker has a linked account to take back."""
    if facts.link is None:
        return Refuse(Refusal.NO_SUCH_LINK, "No GitHub account is linked to you.", _AGAIN)
    return Allow(f"{facts.link.login} is linked")
