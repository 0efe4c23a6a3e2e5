"""What is wrong with a change, a freeze, an exception, an emergency, an incident or a record."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.OPEN_INCIDENT: Meaning(
        ("no_incident",),
        "An incident is open that touches this service, and the policy lets nothing in meanwhile (`incidents.blocks`).",
        "Wait until it is closed: an approved change is judged again then. What goes back to an older version that ran there before "
        "passes, and so does an emergency by its record.",
    ),
    Refusal.IN_FLIGHT: Meaning(
        ("alone", "ready_to_depart", "way_back", "suite_free"),
        "Another change is at work on this service in this environment; or another set of the train is open there; or the integration "
        "suite is at work on the manifest.",
        "Wait until it is over (`/release status <service>`). If CI lost it, somebody who looked closes it by hand.",
    ),
    Refusal.ALREADY_REQUESTED: Meaning(
        ("asked_once", "composed", "declarable"),
        "There is an open change for the same version and place, or an emergency that covers it and was not used yet; or the run's newest "
        "manifest says the same.",
        "Follow that one, or take it back.",
    ),
    Refusal.NO_SUCH_CHANGE: Meaning(
        ("authorized", "undecided", "cancellable", "as_seen", "undecided_by_asker", "verifiable", "looks_after"),
        "There is no change with this id.",
        "Look the id up on the card, or in `/release status`.",
    ),
    Refusal.WRONG_STATE: Meaning(
        (
            "dischargeable",
            "verifiable",
            "undecided",
            "cancellable",
            "undecided_exception",
            "complete_exception",
            "declarable",
            "classified",
            "deploys",
            "executable",
            "undecided_emergency",
            "withdrawable_emergency",
            "closable_emergency",
            "spoke",
            "accessible",
            "pending_grant",
            "endable_grant",
            "approved",
            "revocable",
            "reconsiderable",
            "unclosed",
            "unpublished",
            "rides_nothing",
            "skippable",
            "resumable",
            "on_track",
            "open_to_go",
            "open_to_no_go",
            "withdrawable",
            "open_set",
            "ready_to_depart",
            "in_turn",
            "composed",
            "hotfixed",
            "shipped",
            "closable_hotfix",
        ),
        "The change, exception, emergency, set, train or run stands where this is not possible: CI works on it, it is over, or for a run "
        "its cutoff or its go is still to come. Or the exception is not permanent, and so is not reconsidered.",
        "Read its card. What CI works on is cancelled in CI.",
    ),
    Refusal.STALE_CARD: Meaning(
        ("as_seen", "set_as_seen", "unedited", "unmoved", "as_shown"),
        "The button was on an older card, or somebody wrote into the record or the notes, or answered the roll call, since the form was "
        "opened.",
        "Look at what is there now, and decide or write on that.",
    ),
    Refusal.ALREADY_DECIDED: Meaning(
        ("undecided_by_asker", "decided_by_asker", "independent", "apart", "heard", "uncalled", "approvable", "verifiable"),
        "You approved this already, the freeze is approved already, somebody verified it already, there is no approval of yours to "
        "withdraw, or the roll was called about this candidate already.",
        "Nothing is left to do. One person counts once.",
    ),
    Refusal.NOT_REQUESTER: Meaning(
        ("own_request",),
        "Only the person who asked for a change edits it.",
        "Ask that person, or reject the change and say why.",
    ),
    Refusal.INCOMPLETE: Meaning(
        (
            "complete_freeze",
            "liftable",
            "extendable",
            "complete_exception",
            "declarable",
            "accessible",
            "heard",
            "closable_emergency",
            "reconsiderable",
            "delegable",
            "owed",
            "filled_in",
            "worded",
            "edited",
            "described",
            "still_described",
            "altered",
            "skippable",
            "accepted",
            "breaking_said",
            "cadence_said",
            "risk_said",
            "confirmed",
            "scoped",
            "grounded",
        ),
        "A freeze, exception, delegation, follow-up or train lacks a field, ends before it begins, or cannot be as described; lifting a "
        "freeze came without a word on the exit criteria, or extending it without a later end or a reason; a record or notes were sent "
        "with nothing written; or an amendment says nothing "
        "that the change does not say already; or a go came without a word on the risk that is left. Or a manifest has a major step in it, "
        "and nothing says what that asks of its users.",
        "Type the command without its words and fill in the form, or say how the exit criteria are met.",
    ),
    Refusal.TOO_LONG: Meaning(
        ("complete_freeze", "extendable", "complete_exception", "reconsiderable", "delegable", "worded", "accessible"),
        "The freeze, access, exception or delegation lasts longer than the policy lets one last, or an exception past an audit or a "
        "deprecation; or a text is longer than a form can show again.",
        "Give an earlier end, and renew it when that comes near; or say it shorter.",
    ),
    Refusal.NO_SUCH_FREEZE: Meaning(
        ("authorized", "liftable", "approvable", "extendable"),
        "There is no freeze with this id, or it is over.",
        "`/release freeze list` shows those that there are.",
    ),
    Refusal.NO_SUCH_EXCEPTION: Meaning(
        ("authorized", "known_exception", "undecided_exception", "revocable", "reconsiderable", "waivable", "independent"),
        "There is no exception with this id.",
        "`/release exception list` shows those that wait or count.",
    ),
    Refusal.NO_SUCH_EMERGENCY: Meaning(
        (
            "authorized",
            "known_emergency",
            "undecided_emergency",
            "withdrawable_emergency",
            "apart",
            "same_version",
            "heard",
            "spoke",
            "accessible",
            "closable_emergency",
            "approved",
        ),
        "There is no emergency with this id.",
        "`/release emergency list` shows those that are open.",
    ),
    Refusal.NOT_COVERED: Meaning(
        ("approved", "executable"),
        "The emergency is not approved yet, or approvals of it do not count any more, or it covers another version or place. It covers "
        "exactly one version in one place, or one other change there, and lets nothing else past windows and freezes.",
        "Have those approve it who still may, or declare one for what is to go out.",
    ),
    Refusal.NO_SUCH_GRANT: Meaning(
        ("authorized", "pending_grant", "grants_to_others", "endable_grant"),
        "There is no break-glass access with this id.",
        "`/release break-glass list` shows those that there are.",
    ),
    Refusal.NO_ACCESS_WORKFLOW: Meaning(
        ("accessible", "pending_grant"),
        "The policy names no workflow that opens this access: the bot opens nothing by itself.",
        "Name an access that the service has, or have `access` of the service changed by a reviewed change.",
    ),
    Refusal.NOT_WAIVABLE: Meaning(
        ("waivable",),
        "The policy lets no exception stand in for this requirement; or, as it is a security gate, only one for an emergency; or, as it is "
        "the signed tag, only one that ends, where signed provenance names the commit instead.",
        "Meet the requirement. What can be waived is `exceptions.waivable` in the policy file.",
    ),
    Refusal.NO_SUCH_OBLIGATION: Meaning(
        ("dischargeable",),
        "There is no follow-up with this id.",
        "`/release follow-up list` shows those that are open.",
    ),
    Refusal.NO_SUCH_INCIDENT: Meaning(
        ("known_incident", "still_open", "otherwise", "restored", "declarable"),
        "There is no incident with this reference, and none that its source calls so.",
        "`/release incident list` shows those that there are.",
    ),
    Refusal.NO_SUCH_RECORD: Meaning(
        ("known_record",),
        "Nothing with this id is on record.",
        "Copy the id from its card.",
    ),
    Refusal.NOT_BY_WORD: Meaning(
        ("dischargeable",),
        "The bot looks for itself whether this is done: nobody's word ends it.",
        "Do it; the bot finds it and says so.",
    ),
    Refusal.STILL_OWED: Meaning(
        (
            "closable",
            "closable_emergency",
            "closable_hotfix",
        ),
        "Something of the run is still owed: its retrospective, a follow-up, a commit that main lacks. Or of the hotfix: the fix on a "
        "branch, what was found out, its branch removed.",
        "Have each of them done; `/release follow-up list <run>`, or `/release hotfix show <hotfix>`, shows them.",
    ),
}
