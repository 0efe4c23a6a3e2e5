"""The two forms that define a train, filled with what stands already.

Invariant: every question has the name of a word of its command, so that a form says nothing that cannot be typed.
"""

from collections.abc import Mapping

from commands.core.command import FormBuilder
from commands.core.text import Form, Input, Line
from commands.core.train_fields import AREAS
from guards.facts import Facts
from guards.policy import Policy
from guards.sections import Person
from guards.train import Train

_BOXES = 10
"""Services that are offered as boxes; more are typed."""


def planning_form(word: str, title: str) -> FormBuilder:
    """Builds the form that asks when, what and who."""

    def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
        train = facts.train if isinstance(facts.train, Train) else None
        if word == "train amend" and train is None:
            return None
        policy, said = facts.policy, {**_standing(train), **fields}
        name = () if train else (Input("train", "Name", initial=said.get("train", ""), hint="For ever: weekly, shop-monthly.", longest=40),)
        captain = said.get("captains", "" if train else person.id)
        inputs = (
            *name,
            _services(policy, said),
            Input(
                "cadence", "Cadence of the cutoff", initial=said.get("cadence", ""), optional=True, longest=80,
                hint="Minute, hour, day, month, weekday: “0 12 * * TUE” is Tuesdays at 12:00. Or leave it open and give dates.",
            ),
            Input("dates", "Or single dates", initial=said.get("dates", ""), hint="2026-12-01, 2026-12-15", optional=True, longest=700),
            Input("cutoff", "Time of the cutoff on these dates", initial=said.get("cutoff", ""), hint="12:00", optional=True, longest=5),
            Input("zone", "Time zone", initial=said.get("zone", policy.zone), hint="IANA name, like Europe/Berlin.", longest=60),
            Input("stabilization", "Days of stabilization", initial=said.get("stabilization", "2"), hint="0: the same day.", longest=2),
            Input("decision", "Time of the go/no-go", initial=said.get("decision", "10:00"), longest=5),
            Input("window", "Departs in", "choice", tuple((w, w) for w in policy.windows), said.get("window", "")),
            Input("channel", "Channel", "channel", initial=said.get("channel", ""), hint="I have to be in it."),
            Input("captains", "Captains, in turn", initial=captain, hint="E-mail addresses, with commas.", optional=True, longest=700),
            Input(
                "doubtful", "When the clocks change", "choices", (("accept", "A time that is skipped or comes twice is meant as it is"),),
                said.get("doubtful", ""), optional=True,
            ),
        )  # fmt: skip
        return Form(title, word, "Save", inputs, {"train": train.id} if train else {}, _note(train))

    return form


def _note(train: Train | None) -> tuple[Line, ...]:
    if train is None:
        return (("It is saved as a draft; what else it needs is asked next.",),)
    return ((f"What is changed here counts for every run of {train.id} that is not cut off yet.",),)


def _services(policy: Policy, said: Mapping[str, str]) -> Input:
    known, initial = tuple(policy.services), said.get("services", "")
    if len(known) <= _BOXES:
        return Input("services", "Services", "choices", tuple((s, s) for s in known), initial)
    return Input("services", "Services", initial=initial, hint="Names from the policy file, with commas between.", longest=3000)


def _standing(train: Train | None) -> dict[str, str]:
    """A train's rule in the words of its command."""
    if train is None:
        return {}
    rule = train.rule
    return {
        "services": ",".join(train.services),
        "cadence": rule.cadence,
        "dates": ", ".join(map(str, rule.dates)),
        "cutoff": f"{rule.cutoff:%H:%M}" if rule.cutoff else "",
        "zone": rule.zone,
        "stabilization": str(rule.stabilization),
        "decision": f"{rule.decision:%H:%M}",
        "window": rule.window,
        "channel": train.channel,
        "captains": ", ".join(train.captains),
    }


def describing_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks for what else a published train needs; None when there is no such train."""
    train = facts.train
    if not isinstance(train, Train):
        return None
    attendees = "\n".join(f"{area}: {', '.join(train.attendees.get(area, ()))}" for area in AREAS)

    def text(name: str, label: str, initial: str, hint: str = "", optional: bool = False) -> Input:
        return Input(name, label, "text", initial=fields.get(name, initial), hint=hint, optional=optional, longest=1000)

    def days(name: str, label: str, initial: int) -> Input:
        return Input(name, label, initial=fields.get(name, str(initial)), longest=2)

    branch = "yes" if train.branch else "no"
    people = tuple((p.id, p.name) for p in facts.policy.people[:100])
    inputs = (
        text("attendees", "Who answers for which area at the go/no-go?", attendees, "An area in each line, with e-mail addresses."),
        Input("manifest", "Who answers for the manifest?", "choice", people, fields.get("manifest", train.manifest_owner)),
        text("rollback", "What is expected of a rollback?", train.rollback),
        text("exceptions", "How are hotfixes and late changes handled?", train.exceptions),
        text("rationale", "Why do these services ride a train?", train.rationale, "Instead of each release going out on its own."),
        text("impact", "What does that do to lead time and failures?", train.impact, "How long a change waits, how many fail."),
        text("dependencies", "How does it fit with other trains?", train.dependencies, optional=True),
        Input("branch", "Is a release branch cut?", "choice", (("yes", "Yes"), ("no", "No")), fields.get("branch", branch)),
        text("unbranched", "If not, why?", train.unbranched, optional=True),
        days("retrospective", "Retrospective, days after the window", train.rule.retrospective),
        days("closing", "Closed, days after the window", train.rule.closing),
    )  # fmt: skip
    return Form("Describe a train", "train describe", "Save", inputs, {"train": train.id})
