"""What people see of a manifest: every pinned entry, the suite, and each gate that it was asked through (MAN-01, MAN-02)."""

from collections.abc import Sequence

from commands.core.set_card import suite_line
from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part
from guards.artifact import short
from guards.facts import Facts
from guards.manifest import Entry, Integration, Manifest, SetPromotion, SuiteState


def manifest_card(manifest: Manifest, suite: Integration | None, gates: Sequence[SetPromotion], facts: Facts) -> Card:
    """A manifest with what became of it.

    Args:
        manifest: sealed.
        suite: the newest run of the integration suite against it.
        gates: where it was asked for, oldest first.
        facts: give the moment and the policy.
    """
    zone = facts.policy.zone
    owner = facts.policy.by_id.get(manifest.owner)
    edited = manifest.hash != manifest.sealed
    rows: tuple[tuple[str, Line], ...] = (
        ("Hash", (Code(manifest.sealed),)),
        ("Built by", (manifest.by_name, ", ", Moment(manifest.at, zone))),
        ("Answers for it", (owner.name if owner else manifest.owner,)),
        ("Integration suite", suite_line(suite)),
    )
    lines = tuple(line for at, entry in enumerate(manifest.entries, 1) for line in _entry_lines(at, entry))
    parts = [Part(lines, heading="In this order")]
    if edited:
        parts.insert(0, Part(((f"⛔ It was edited after it was built: it reads {manifest.hash}.",),)))
    if manifest.breaking:
        parts.append(Part(((manifest.breaking,),), heading="What its major steps ask"))
    if gates:
        parts.append(Part(tuple(_gate(gate, zone) for gate in gates), heading="Asked for"))
    again = suite is None or suite.state is SuiteState.FAILED
    buttons = (Button("Run the integration suite", "manifest integrate", {"run": manifest.run}),) if again and not edited else ()
    return Card(f"📦 Manifest {manifest.number} of {manifest.run}", facts=rows, parts=tuple(parts), buttons=buttons)


def _entry_lines(at: int, entry: Entry) -> tuple[Line, ...]:
    attached: list[Line] = [
        (f"    {noun}: ", Link(url, url)) for noun, urls in (("SBOM", entry.sboms), ("provenance", entry.provenance)) for url in urls[:1]
    ]
    artifact: Line = (Code(short(entry.digest)), " at ", Code(entry.commit[:12]), f" of {', '.join((entry.repository, *entry.others))}")
    return ((f"{at}. ", Bold(f"{entry.service} {entry.version}"), " ", *artifact), *attached)


def _gate(gate: SetPromotion, zone: str) -> Line:
    end: Line = (", ", Moment(gate.finished, zone)) if gate.finished else ()
    back = ", going back" if gate.back else ""
    asked: Line = (f", asked by {gate.requester_name} ", Moment(gate.requested, zone))
    return (Code(gate.id), f" {gate.environment}{back}: {gate.state}", *asked, *end)
