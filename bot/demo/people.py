"""The people of the demo: who they are and what they are here for. What they may do stands in the policy file.

Invariant: each is found by handle and by part; their identity is the address that they commit with.
"""

from dataclasses import dataclass

from bot.demo.git import Author

RELEASE_CI = Author("Release CI", "release-ci@acme.example")
"""CI's release identity: it alone makes tags that count."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the company.

    Args:
        handle: in Slack, and what one types at the prompt.
        name: shown.
        part: the part they play, in one word that also works at the prompt.
        does: what they are here for.
    """

    handle: str
    name: str
    part: str
    does: str

    @property
    def author(self) -> Author:
        """As they commit."""
        return Author(self.name, f"{self.handle}@acme.example")


MEMBERS = (
    Member("carla", "Carla Captain", "captain", "release captain: asks for releases into production"),
    Member("dev", "Dev Author", "author", "tech lead, wrote what is new; may approve what others wrote"),
    Member("rita", "Rita Manager", "manager", "release manager: approves, declares and lifts freezes"),
    Member("rob", "Rob Second", "approver", "release manager by Slack user group, code owner; reviewed what is new"),
    Member("olga", "Olga Owner", "owner", "owns the service api: approves"),
    Member("ines", "Ines Incident", "commander", "incident commander: leads incidents, declares freezes and emergencies"),
    Member("otto", "Otto Oncall", "oncall", "on call: sees first what fails at night, opens incidents"),
    Member("sami", "Sami Security", "security", "security: is told of emergencies, approves where a risk asks for it"),
    Member("audrey", "Audrey Auditor", "auditor", "audits: reads everything, and takes the evidence along"),
    Member("gus", "Gus Guest", "guest", "a guest in Slack: nobody to the bot"),
)
BY_NAME = {word: member for member in MEMBERS for word in (member.handle, member.part)}
