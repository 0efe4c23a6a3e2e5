"""Who may not, who is missing, and what was not approved."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.STRANGER: Meaning(
        ("authorized",),
        "Your Slack account belongs to nobody in the policy file, or it is a guest's, a bot's, deactivated, or from another workspace. "
        "Or the policy file gives the account to somebody, and its address to somebody else.",
        "Ask the owner of the policy file to add you to `people`, and try again.",
    ),
    Refusal.NOT_PERMITTED: Meaning(
        (
            "may_attest",
            "authorized",
            "independent",
            "apart",
            "heard",
            "grants_to_others",
            "endable_grant",
            "delegable",
            "endable",
            "owns_area",
            "impartial",
            "looks_after",
        ),
        "None of the roles that you hold there may do this, the train names others for the area, you lead the run in question, or others "
        "verify the change. "
        "The refusal names your roles, and those that it takes.",
        "Ask one of the people that it names to do it.",
    ),
    Refusal.NO_POLICY: Meaning(
        ("authorized", "delegable"),
        "The policy file opens this action for nobody in this place: what it does not grant is refused.",
        "Have the policy file changed by a reviewed change. There is no way around it in chat.",
    ),
    Refusal.OWN_REQUEST: Meaning(
        ("separated", "independent", "apart", "heard", "grants_to_others"),
        "You asked for this change or exception, declared this emergency, or answer for the exception, or act here only for somebody who "
        "did, so you cannot approve it. Nor does anybody write down their own word.",
        "Ask somebody else who may approve; the card of a change names them.",
    ),
    Refusal.OWN_WORK: Meaning(
        ("unauthored", "separated", "independent", "apart", "impartial"),
        "You wrote a part of this version, or act here only for somebody who did, so you let neither it nor an exception or emergency for "
        "it into production, and decide about no run that brings it.",
        "Ask somebody who did not work on it.",
    ),
    Refusal.SOLE_REVIEWER: Meaning(
        ("approved",),
        "Everybody who approved also reviewed the code. A reviewer never lets it out alone.",
        "Ask one more person, who did not review the code. The request is kept.",
    ),
    Refusal.NOT_APPROVED: Meaning(
        ("approved",),
        "Approvals are missing, or nobody who approved holds a role that must be among them.",
        "Ask one of the people that the card names. The request is kept, and goes out when the last approval is there.",
    ),
    Refusal.APPROVAL_MOVED: Meaning(
        ("approved",),
        "A part of what was approved is not what it was: the digest, the commit, the release record, the policy file. "
        "The approvals are void.",
        "Look at what moved. Cancel the change and ask again, so that people approve what will go out.",
    ),
    Refusal.NO_RATIONALE: Meaning(
        (
            "reason_said",
            "referring",
            "reasoned",
            "evidenced",
            "referenced",
            "worded_answer",
            "closable_hotfix",
            "looked_at",
        ),
        "A decision came without a reason, an answer to a roll call without its condition, or a verification does not say what was looked "
        "at.",
        "Say in a sentence what you looked at. It stands in the record with your name.",
    ),
    Refusal.REJECTED: Meaning(
        ("approved",),
        "Somebody rejected the change. One rejection stops it, however many approve.",
        "Settle it with that person, then ask for a new change.",
    ),
    Refusal.NO_SUCH_PERSON: Meaning(
        ("delegable",),
        "The person who was named has no working account, or may not use releases here.",
        "Name somebody else, or have the policy file changed.",
    ),
    Refusal.NO_SUCH_DELEGATION: Meaning(
        ("endable",),
        "There is no delegation with this id, or it is over.",
        "`/release delegate list` shows those that there are.",
    ),
    Refusal.NO_SUCH_LINK: Meaning(
        ("confirmable", "linking_begun", "linked"),
        "No GitHub account is linked to you, or none waits for your word: it was not begun, it ran out, or GitHub named another account.",
        "Type `/release link github` to begin.",
    ),
    Refusal.LOGIN_TAKEN: Meaning(
        ("confirmable",),
        "The GitHub account belongs to somebody else, by the policy file or because they linked it. One account belongs to one person.",
        "If that is wrong, have `people[].github` in the policy file say whose it is; nothing else can change it.",
    ),
}
