"""The pages about what people see in chat: commands, refusals, and the life of a change.

Invariant: each is a pure function of the code and of the example policy.
"""

import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from bot.policy_file import load
from bot.refusals import MEANINGS
from commands import COMMANDS
from commands.core import dispatch
from commands.core.change_card import STATES
from commands.core.command import AnyCommand
from commands.core.words import Arguments, Named, Rest, usage
from guards.judge import Guard
from guards.lifecycle import CLAIMED, MOVES, OPEN, UNDECIDED, State
from guards.policy import Policy
from guards.vocabulary import TAKES_NO_ROLE, Action

MADE: Final = "<!-- Made by `signalbox docs`; do not edit. -->"

WORDS: Final = {
    "about": "the record that it belongs to, by its id",
    "after": "what is to be done afterwards; it is owed from the moment on in which the change goes out",
    "answers": "the risk questions that are answered yes, with commas between, or `none`: `db-schema`, `breaking-api`, `infrastructure`, "
    "`third-party`, `security`, `performance`, `customer-visible`",
    "apply": "`yes`: have it read now; left out, it only shows what that would change",
    "approver": "who answers for the freeze: an e-mail address from `people`",
    "approvers": "of a service outside trains: who approves it for production",
    "area": "an area of the go/no-go: `artifact`, `quality`, `governance` or `operations`",
    "at": "a moment that has been, in the policy's zone: `14:30`, `yesterday 14:30`, `2h`, `2026-12-24T18:00`; left out: its beginning",
    "attendees": "who answers for which area at the go/no-go (artifact, quality, governance, operations): `artifact: ada@example.com; "
    "quality: grace@example.com`",
    "base": "the older of two versions",
    "before": "until when a report tells, in the form of `since`; left out: now",
    "blocker": "a blocker's id: `BLK-2026-1201-001`",
    "blocks": "what stands still: `deployments`, `migrations`, `merges`, `flags`, with commas between; left out: what its kind says",
    "branch": "`yes` or `no`: whether a release branch is cut; `no` takes `unbranched`",
    "branches": "branches that take no merges, with commas between, like `main,release/*`; left out: all that are protected",
    "breaking": "what a major step asks of its users: how to move, until when the old one works, who was told",
    "cadence": "when a train is cut off, as five cron fields in its zone: `0 12 * * TUE`; once on a day at most",
    "calendar": "a calendar from `freeze_calendars` in the policy file",
    "captains": "who leads a train, in turn: e-mail addresses with commas between",
    "change": "a change's id, as it stands on its card: `CR-2026-1121-001`; to approve, reject, withdraw or cancel also that of a set: "
    "`SET-2026-1121-001`",
    "channel": "where a train is posted: a channel's id, like `C024BE91L`",
    "closing": "within how many days after the window a run is closed",
    "action": "of an emergency that is no deployment: how the setting, the flag or the API is changed",
    "classification": "of an emergency: `hotfix`, `emergency` or `both`",
    "criterion": "what makes it an emergency: `production-down`, `security-incident`, `data-at-risk` or `sla-breach`",
    "commit": "a commit: all 40 digits to cut it, `api@<commit>,web@<commit>` for several repositories; of a flagged one at least 7",
    "confirm": "items of the area that you confirm, with commas between: `communications`, `monitoring`, `runbooks`, `cover`",
    "commander": "who leads it: an e-mail address from `people`, or one of a domain in `slack.domains`",
    "cause": "why it happened, as far as is known",
    "containment": "how to go back, or keep the damage small",
    "control": "what comes of an incident: `test`, `monitor`, `runbook`, `gate`, `flag-default` or `rollout-policy`",
    "controls": "what is done instead",
    "customers": "which customers notice it, and how",
    "cutoff": "local time of the cutoff on `dates`: `12:00`",
    "data": "which data it touches, or `none`",
    "dates": "single days of cutoff instead of a cadence: `2026-12-01,2026-12-15`",
    "decision": "local time of the go/no-go: `10:00`",
    "days": "how many days back; left out: 90",
    "delegation": "a delegation's id: `DLG-2026-1121-001`",
    "dependencies": "how a train fits with other trains",
    "digest": "the artifact that you mean, `sha256:` and 64 hex digits; refused when the version is another one; of a hotfix the one that "
    "production runs",
    "cover": "who covers it, and how they are reached",
    "delay": "what waiting costs",
    "doubtful": "`accept`: a local time that the clocks skip or repeat is meant as it is",
    "downtime": "the planned downtime, or `none`",
    "environment": "an environment, or one of its aliases; of a freeze also several, with commas between",
    "emergency": "an emergency's id: `EMG-2026-1121-001`; of an exception, the one that it is for",
    "entries": "`service=version` for each service of the train, with blanks between",
    "environments": "environments or their aliases, with commas between them",
    "evidence": "links to pull requests, builds, incidents",
    "due": "until when, like `2026-11-27T18:00`; without an offset it is read in the policy's zone",
    "exception": "an exception's id: `EXC-2026-1121-001`",
    "excluded": "services that deliberately do not ride, with commas between",
    "exceptions": "how hotfixes and late changes are handled",
    "exit": "what has to be true before it is lifted",
    "flags": "what becomes of feature flags and configuration, where the version takes something back",
    "freeze": "a freeze's id: `FRZ-2026-1121-001`",
    "frequency": "of a service outside trains: how often it is released",
    "hotfix": "a hotfix's id: `HOT-2026-1121-001`",
    "grant": "an access's id: `BGL-2026-1121-001`",
    "happened": "what happened",
    "how": "how it was mended",
    "impact": "who is hurt, and how; of a train: what riding it does to lead time and failures",
    "improve": "what is to improve, in words",
    "incident": "an incident, by our reference or by the name that its source gave it: `INC-2026-1121-001`; of a hotfix also a link, or "
    "the ticket where no incident was opened",
    "infeasible": "why it cannot end; needed for a permanent one",
    "issues": "known issues and risks, with what is done about them and what to watch",
    "item": "an item of evidence from `evidence.items` in the policy file",
    "kind": "of a freeze: a kind from the policy file; of an exception: `temporary`, `permanent` or `emergency`; "
    "of a follow-up: `follow-up` or `corrective-action`; of an emergency: `deployment`, `configuration`, `flag` or `api-deprecation`",
    "lasts": "how long, like `90m` or `2h`",
    "link": "where it can be seen",
    "login": "a GitHub login",
    "manifest": "of a train: who answers for its manifests, an e-mail address from `people`; of one to be shown: the run, or the first 12 "
    "digits of its hash",
    "looked": "what you looked at in production: a dashboard, a request that you made, a log, a figure",
    "mechanism": "how service was restored",
    "migration": "what it does to its database: `no`, `expand` (it only adds), `contract` (it removes) or `other`; left open, it counts as "
    "a migration where that matters",
    "mitigation": "what eases it until it ships",
    "notes": "anything else that the record should say",
    "on": "the branch that it shall have; left out: from version and ticket, like `hotfix/1.4.1-PAY-12`",
    "once": "`yes` or `no`: whether the first change uses it up; left out: no",
    "obligation": "a follow-up's id: `OBL-2026-1121-001`",
    "owner": "who answers for it: an e-mail address from `people`",
    "people": "e-mail addresses, with commas between",
    "person": "an e-mail address from `people`, or one of a domain in `slack.domains`",
    "plan": "how things start to move again; of a fix: how main gets it",
    "prevention": "what keeps it from happening again; of a hotfix which work items do",
    "provider": "`github`",
    "queue": "`yes`: when only time speaks against it, keep it, and let it go at the next allowed time; buttons say it",
    "rationale": "what you looked at, and why; of a train: why its services ride one",
    "reason": "why",
    "reverted": "why something is taken back, where the version does that",
    "reconsider": "what would make you think again; needed for a permanent one",
    "record": "the id of what belongs to it: a change, a freeze, an exception, a set promotion, a follow-up or a run of a train",
    "regression": "which test would catch it now",
    "remediation": "which steps end it, and by whom; needed unless it is permanent",
    "requirement": "the evidence that is missing, as `evidence` in the policy file names it",
    "resolution": "how it was resolved, and what verified it",
    "residual": "why the risk that is left is acceptable",
    "retrospective": "within how many days after the window the captain is asked how it went",
    "review": "when its owner is reminded; left out: three days before its end, or at half of its time",
    "risk": "of a change, as you see it: `low`, `medium`, `high` or `critical`, the highest that is found counts; of an exception: impact "
    "and likelihood",
    "risks": "open risks beside those that the bot lists; in the form one a line",
    "role": "a role that the policy lets people delegate",
    "rollback": "how it is rolled back; to which version, the bot knows; of a train: what is expected of it; "
    "of a service outside trains: how it is taken back",
    "run": "a run of a train, by the day of its first cutoff: `weekly-2026-12-01`",
    "said": "what they said, as you heard it",
    "say": "`go`, `no-go` or `condition`",
    "scope": "the least that is changed; of break-glass access its name in `access` of the service",
    "seen": "filled in by a button: what its card showed",
    "service": "a service from the policy file; of a freeze also several, with commas between",
    "services": "services from the policy file, with commas between them",
    "severity": "a severity from `incidents.severities` in the policy file: `SEV-1`; of an emergency left out: as the incident says",
    "signoff": "who agreed: an e-mail address from `people`",
    "set": "a set promotion's id, as it stands on its card: `SET-2026-1121-001`",
    "since": "when it begins, `2026-12-24T18:00` in the policy's zone; left out: now; of a report from when on, `30d` by itself",
    "stabilization": "days from the cutoff to the go/no-go; 0 is the same day",
    "ships": "`now`, by its own approvals, or `train`, with the next run of one",
    "shown": "what shows that it is done: a link, a number, a sentence",
    "team": "a team from the policy file, or several with commas between: it stands for the services that it has now",
    "text": "release notes in Markdown; what stands in `text2` and so on follows",
    **dict.fromkeys(("text2", "text3", "text4", "text5"), "the rest of a text that does not fit into one input of the form"),
    "ticket": "a work item: `PAY-12`",
    "timeline": "where timeline and decisions are to be found",
    "title": "what it is",
    "to": "the moment to which the cutoff of one run moves",
    "train": "a train's name, or a run of it",
    "type": "`normal`, or `standard:` and the name of a standard change from the policy's catalogue",
    "unbranched": "why no release branch is cut",
    "underway": "what becomes of work that is on its way when the freeze begins: `finish`, `hold` or `stop`; left out: what its kind says",
    "until": "when it ends, in the same form",
    "verification": "what shows that it is restored; of a version that takes something back, what will show that it worked",
    "verified": "what shows that production works",
    "version": "a release tag: `v1.4.0`; for an exception also `all`; of a hotfix the one that production runs, as you confirm it",
    "waiting": "why waiting for the next window costs more than the risk of going now",
    "well": "what went well, in words",
    "why": "what you looked at, or why it does not apply",
    "window": "the change window that a train departs in, by its name in the policy file",
    "what": "what is to be done",
    "windows": "of a service outside trains: in which windows it goes out",
    "words": "a whole command, without `/release`",
    "zone": "an IANA time zone; left out: the policy's",
    "word": "the first word of some commands: `freeze`; of an item of evidence `holds`, `not-applicable` or `fails`",
}
"""Each word that a command takes → what it means; a test holds it complete."""

_IDS: Final = re.compile(r" \(([A-Z]{2,4}-[0-9]{2}[^)]*)\)")


@cache
def example() -> Policy:
    """The policy that the pages take their examples from."""
    return load(Path(__file__).parents[1] / "examples" / "signalbox.yaml")


# ---------------------------------------------------------------- docs/commands.md


def commands_page() -> str:
    """Every command: how it is written, who may, which guards judge it."""
    lines = [
        "# The commands",
        "",
        MADE,
        "",
        "Everything that can be asked for. Type `/release help` for those that you may run, or `/release` alone for a form. Words in",
        "`<…>` are needed, those in `[…]` may be left out; put a text with blanks into double quotes where it is not the last word.",
        "Who may is told for `examples/signalbox.yaml`; your policy file decides.",
        "",
        "Buttons on a card are the same commands with some words filled in. What is not in this list is refused and recorded (CMD-01).",
        "",
        *(f"- [`{c.name}`](#release-{c.name.replace(' ', '-')}): {c.summary}" for c in COMMANDS),
    ]
    for command in COMMANDS:
        lines += ["", f"## /release {command.name}", "", command.summary, "", *_command(command)]
    lines += [
        "",
        "## At dispatch",
        "",
        "When an approved change would go out, it is judged once more inside the transaction that takes its place (CMD-12), as a",
        "request of its requester as they stand then.",
        f"What people or time heal keeps it waiting: {_codes(dispatch.HEALS)}.",
        "Anything else refuses it for good.",
        "",
        *_guards(dispatch.GUARDS),
    ]
    return "\n".join(lines) + "\n"


def _command(command: AnyCommand) -> Iterator[str]:
    yield f"    /release {usage(command.name, command.arguments)}"
    yield ""
    fields = command.arguments.model_fields
    if fields:
        yield from ("| word | written | meaning |", "| --- | --- | --- |")
        yield from (f"| `{name}` | {_written(command.arguments, name)} | {WORDS[name]} |" for name in fields)
        yield ""
    yield "For example:"
    yield ""
    yield from (f"    /release {example}" for example in command.examples)
    yield ""
    yield f"Takes the action `{command.action}`. {_who(command.action)}"
    if command.heals:
        yield f"With nothing else against it than {_codes(command.heals)}, the request is kept and waits."
    yield ""
    yield "Guards, in order:"
    yield ""
    yield from _guards(command.guards)
    if command.whole:
        yield from ("", "Of a set, each entry is judged by all of these, and the set itself by:", "")
        yield from _guards(command.whole)


def _written(arguments: type[Arguments], name: str) -> str:
    field = arguments.model_fields[name]
    how = "in its place"
    if any(isinstance(mark, Named) for mark in field.metadata):
        how = f"`{name}=…`"
    elif any(isinstance(mark, Rest) for mark in field.metadata):
        how = "all words that are left"
    return how if field.is_required() else f"{how}, or not at all"


def _who(action: Action) -> str:
    if action in TAKES_NO_ROLE:
        return "Everybody who is known here may."
    by_place = example().allow.get(action, {})
    return "In the example: " + "; ".join(f"{place}: {', '.join(roles) or 'nobody'}" for place, roles in by_place.items()) + "."


def _guards(guards: tuple[Guard, ...]) -> Iterator[str]:
    for guard in guards:
        first, ids = _told(guard)
        yield f"1. `{guard.__name__}`: {first[0].lower()}{first[1:]}{f' ({ids})' if ids else ''}"


def _told(guard: Guard) -> tuple[str, str]:
    """A guard's own sentence, and the requirements that it or its file names."""
    sentence = (inspect.getdoc(guard) or "").partition("\n")[0]
    module = inspect.getdoc(inspect.getmodule(guard)) or ""
    ids = _IDS.search(sentence) or _IDS.search(module.partition("\n")[0])
    return _IDS.sub("", sentence).rstrip("."), ids[1] if ids else ""


def _codes(codes: frozenset[str]) -> str:
    return ", ".join(f"[`{code}`](refusals.md#{code})" for code in sorted(codes))


# ---------------------------------------------------------------- docs/refusals.md


def refusals_page() -> str:
    """Every code: what it means, which guard gives it, what to do next."""
    lines = [
        "# The refusals",
        "",
        MADE,
        "",
        "A refusal says which rule, why, and what to do next (CMD-13). All reasons are told at once; the one that heals soonest is",
        "first. The code stands on the card, in the ledger and in exports, and never changes its meaning. A refusal is not the same as",
        "**cannot verify**: then something could not be read, nothing was started, and nobody says that you may not.",
        "",
        "| code | guard | meaning |",
        "| --- | --- | --- |",
        *(f"| [`{code}`](#{code}) | {_names(meaning.guards)} | {meaning.means} |" for code, meaning in MEANINGS.items()),
    ]
    for code, meaning in MEANINGS.items():
        lines += ["", f"## {code}", "", meaning.means, "", f"**What to do:** {meaning.next}", "", f"Given by {_names(meaning.guards)}."]
    return "\n".join(lines) + "\n"


def _names(guards: tuple[str, ...]) -> str:
    return ", ".join(f"`{guard}`" for guard in guards)


# ---------------------------------------------------------------- the drawing in docs/design.md


def lifecycle_drawing() -> str:
    """`guards.lifecycle.MOVES` as a Mermaid diagram, with what each state means below."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR", f"    [*] --> {_state(State.REQUESTED)}"]
    for state in State:
        lines += [f"    {_state(state)} --> {_state(onward)}" for onward in State if onward in MOVES[state]]
        if state not in OPEN:
            lines.append(f"    {_state(state)} --> [*]")
    lines += [
        f"    classDef claimed stroke-width:3px\n    class {','.join(_state(s) for s in State if s in CLAIMED)} claimed",
        "```",
        "",
        "| state | on the card | people can decide | holds the place | may become |",
        "| --- | --- | --- | --- | --- |",
    ]
    for state in State:
        emoji, words = STATES[state]
        marks = ("yes" if state in UNDECIDED else "", "yes" if state in CLAIMED else "")
        onward = ", ".join(f"`{s}`" for s in State if s in MOVES[state]) or "nothing: this is an end"
        lines.append(f"| `{state}` | {emoji} {words} | {marks[0]} | {marks[1]} | {onward} |")
    return "\n".join(lines)


def _state(state: State) -> str:
    return state.value.replace("-", "_")
