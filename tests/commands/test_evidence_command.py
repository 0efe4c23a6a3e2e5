"""/release evidence: everything that proves a version comes to whoever may have it, as one signed file (AUD-01, AUD-03 … AUD-05, AUD-08,
AUD-12)."""

import asyncio
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from inline_snapshot import snapshot
from sqlalchemy import text

from bot.evidence.keys import public
from bot.evidence.verify import Proven, verify
from commands.core import hand_over, keep_log
from commands.core.ports.ci import RunState
from guards.policy import Policy
from guards.provenance import Proof
from guards.unread import Unread
from tests.world.company import COMMIT, DIGEST, policy_data
from tests.world.signing import PUBLIC_KEY
from tests.world.strict import DECLARED, DEV, KEY, OLD_COMMIT, REPOSITORY, TAG, prove, pull, strict_policy
from tests.world.world import World

ASK = "/release evidence api v1.4.0"
SBOM = b'{"bomFormat": "CycloneDX"}'


@pytest.fixture
async def strict(database_url):
    """A world in which everything is proven."""
    async with World(database_url, strict_policy()) as made:
        await prove(made)
        made.proofs.documents |= {"sha256:" + "b0" * 32: SBOM, "sha256:" + "c0" * 32: b"envelope", "sha256:" + "d0" * 32: b"signature"}
        yield made


async def in_production(world: World) -> None:
    """A version goes all the way, and one attempt to skip staging is refused before."""
    await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")
    await world.on_staging()
    await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")
    await world.approve("rita", "diff read, alerts are quiet")
    await world.ci_says(RunState.SUCCEEDED)
    await world.news()


def files(world: World, who: str = "audrey") -> dict[str, bytes]:
    """What is in the newest bundle that somebody got."""
    with ZipFile(BytesIO(sent(world, who))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sent(world: World, who: str = "audrey") -> bytes:
    return world.slack.file([m for m in world.slack.private(world.people[who]) if m.files][-1])


def told(world: World, who: str = "audrey") -> list[str]:
    """What somebody was told, hashes masked."""
    return [re.sub(r"[0-9a-f]{64}", "<sha256>", m.as_text()) for m in world.slack.private(world.people[who])]


def proven(tmp_path, content: bytes) -> Proven:
    """The bundle, verified as an auditor does."""
    (tmp_path / "bundle.zip").write_bytes(content)
    answer = verify(tmp_path / "bundle.zip", public(PUBLIC_KEY.encode()))
    assert isinstance(answer, Proven), answer
    return answer


async def test_an_auditor_gets_both_sides_of_every_decision_and_the_bundle_proves_itself(world, tmp_path):
    await in_production(world)
    await world.say("audrey", ASK)
    assert await world.news() == ["evidence:accepted", "evidence:exported"]
    assert told(world) == snapshot([
        """\
📦 Collecting the evidence
Everything about api v1.4.0 is being read; the file comes as a direct message.\
""",
        """\
📦 Evidence of api v1.4.0
7 pieces of evidence and every decision, in evidence-api-v1.4.0-20261124T100000Z.zip. Open its index.html.
Not in it: the pull requests and commits in it (the policy names no version control for this service)
Not in it: the protection of branch main (the policy names no version control for this service)
Not in it: the checks of its commit (the policy names no version control for this service)
Not in it: the tag v1.4.0 (the policy names no version control for this service)
Not in it: the provenance (the policy names no signers for its registry)
Not in it: the SBOM (the policy names no signers for its registry)
Not in it: release record: what people wrote (there is none)
Not in it: release notes (there is none)
… and 1 more; the index says which.
SHA-256, as it stands in the ledger: <sha256>\
""",
        "📎 Evidence of api v1.4.0 (evidence-api-v1.4.0-20261124T100000Z.zip)",
    ])  # fmt: skip

    body, content = await world.body("evidence:exported"), sent(world)
    assert body["sha256"] == hashlib.sha256(content).hexdigest()
    assert (body["version"], body["digest"], body["signed"], body["size"]) == ("v1.4.0", DIGEST, True, len(content))
    made = proven(tmp_path, content).manifest
    assert (made.digest, made.made_by, made.policy) == (DIGEST, "audrey@acme.example", world.policy.hash)

    tags = [json.loads(line)["tag"] for line in files(world)["ledger.jsonl"].splitlines()]
    assert {"promote:refused", "promote:accepted", "change:approval", "dispatch:ordered", "run:succeeded"} <= set(tags)
    page = files(world)["index.html"].decode()
    assert "diff read, alerts are quiet" in page
    assert "refused</span> by in_order" in page


async def test_the_change_record_names_who_asked_who_approved_what_ran_and_the_log_is_copied(world):
    """The log would be gone with CI's retention (PRM-12, PRM-14, AUD-12)."""
    await in_production(world)
    await world.say("audrey", ASK)
    bundle = files(world)
    record = json.loads(bundle["evidence/deployments/cr-2026-1124-002.json"])
    assert (record["change"]["requester"], record["change"]["run"], record["change"]["state"]) == (
        "carla@acme.example",
        "run-2",
        "succeeded",
    )
    assert (record["change"]["content"]["digest"], record["change"]["content"]["environment"]) == (DIGEST, "production")
    [approval] = record["approvals"]
    assert (approval["by"], approval["rationale"]) == ("rita@acme.example", "diff read, alerts are quiet")
    assert "release_manager" in approval["roles"]
    assert record["seen_at_dispatch"]["before"]["digest"] == DIGEST
    assert bundle["evidence/ci/cr-2026-1124-002.txt"] == b"CR-2026-1124-002.1: api v1.4.0 to production\n"
    ran = json.loads(bundle["evidence/deployments/deployments.json"])
    assert [(d["environment"], d["change"]) for d in ran] == [
        ("dev", None), ("staging", "CR-2026-1124-001"), ("production", "CR-2026-1124-002"),
    ]  # fmt: skip


LOG = b"CR-2026-1124-002.1: api v1.4.0 to production\n"
LOG_FILE = "evidence/ci/cr-2026-1124-002.txt"


async def test_a_log_that_ci_keeps_no_longer_was_copied_when_the_run_ended(world):
    """AUD-12: a bundle that is made a year later has it."""
    await in_production(world)
    await world.wait(minutes=1)
    copies = [json.loads(row.body) for row in await world.ledger() if row.tag == "log:kept"]
    assert len(copies) == 2  # of both runs, in either order
    kept = next(copy for copy in copies if copy["key"] == "CR-2026-1124-002.1")
    assert (kept["hash"], kept["size"]) == (f"sha256:{hashlib.sha256(LOG).hexdigest()}", len(LOG))
    world.ci.forgotten = {"CR-2026-1124-001.1", "CR-2026-1124-002.1"}
    await world.wait(until=datetime(2027, 11, 24, 11, 0, tzinfo=UTC))
    assert (await world.tags()).count("log:kept") == 2

    await world.say("audrey", ASK)
    assert files(world)[LOG_FILE] == LOG
    assert kept["hash"] in files(world)["manifest.json"].decode()


async def test_a_log_that_cannot_be_copied_is_tried_again_and_then_given_up_with_the_reason(world):
    """AUD-12: with growing pauses, and never silently."""
    await in_production(world)
    world.ci.away = Unread("the CI", "no answer in time")
    await world.wait(minutes=1)
    assert "log:lost" not in await world.tags()
    world.ci.away = None
    await world.wait(minutes=5)
    assert (await world.tags()).count("log:kept") == 2

    world.publish("v1.4.1")
    await world.on_staging("v1.4.1", "sha256:" + "b2" * 32)
    world.ci.forgotten = {"CR-2026-1124-003.1"}
    for _ in range(9):
        await world.wait(days=4)
    assert (await world.tags()).count("log:lost") == 1
    assert (await world.body("log:lost"))["why"] == "there is no log of CR-2026-1124-003.1 any more"
    await world.say("audrey", "/release evidence api v1.4.1")
    page = files(world)["index.html"].decode()
    assert "no copy was kept: there is no log of CR-2026-1124-003.1 any more" in page


async def test_a_log_that_is_too_large_is_not_kept_and_what_it_was_is(world, monkeypatch):
    monkeypatch.setattr(keep_log, "LARGEST", 10)
    await in_production(world)
    await world.wait(minutes=1)
    lost = await world.body("log:lost")
    assert re.fullmatch(r"it has \d+ bytes, compressed \d+; at most 10 are kept", lost["why"])
    await world.say("audrey", ASK)
    assert files(world)[LOG_FILE] == LOG  # CI still has it


@pytest.mark.parametrize("damage", ["packed = substr(packed, 1, 12)", "hash = 'sha256:00'"])
async def test_a_copy_that_was_damaged_is_never_taken_for_the_log(world, database_url, damage):
    await in_production(world)
    await world.wait(minutes=1)
    await world.house.store.write(lambda tx: tx.run(text(f"UPDATE run_log SET {damage}")))
    await world.say("audrey", ASK)
    assert LOG_FILE not in files(world)
    assert "its copy is" in files(world)["index.html"].decode()


async def test_the_six_items_and_the_seven_classes_are_there_when_everything_is_proven(strict, tmp_path):
    """(AUD-03, AUD-05, REC-07): each with its source, the keys that lead back there, when it was read, and its hash."""
    await in_production(strict)
    await strict.say("audrey", ASK)
    assert [(each.source.kind, each.state) for each in proven(tmp_path, sent(strict)).manifest.lacking] == [("monitoring", "absent")]
    await strict.say("carla", "/release verify CR-2026-1124-002 error rate and latency of the last hour")
    await strict.say("audrey", ASK)
    bundle, made = files(strict), proven(tmp_path, sent(strict)).manifest
    by_path = {file.path: file for file in made.files}

    assert {item for file in made.files for item in file.source.trail} == {
        "ticket linked in the pull request", "pull request with reviewers, approvals and checks", "merge commit",
        "provenance with version and digest", "promotion history", "signed release marker",
    }  # fmt: skip
    assert {file.source.kind for file in made.files} - {"index", "ledger"} == {
        "pull requests", "CI logs and checks", "signed tag", "provenance", "SBOM", "deployments and approvals", "monitoring",
    }  # fmt: skip
    assert not made.lacking
    seen = json.loads(bundle["evidence/monitoring/cr-2026-1124-002.json"])
    assert (seen["name"], seen["looked_at"]) == ("Carla Captain", "error rate and latency of the last hour")

    written = {name: json.loads(bundle[f"evidence/deployments/{name}.json"]) for name in ("record", "notes")}
    assert written["record"]["by"] == written["notes"]["by"] == "rita@acme.example"
    assert written["record"]["rollback"]
    assert written["notes"]["text"]

    pull = by_path["evidence/history/pull-request-12.json"].source
    assert (pull.system, pull.url, pull.keys["pull request"], pull.keys["tickets"]) == (
        "github", "https://git.test/acme/api/pull/12", "12", "PAY-12",
    )  # fmt: skip
    assert json.loads(bundle["evidence/history/pull-request-12.json"])["approvers"] == ["olga", "rob"]
    sbom = by_path["evidence/registry/01-sbom.json"]
    assert bundle[sbom.path] == SBOM
    assert sbom.source.keys == {"version": "v1.4.0", "digest": DIGEST, "hash": "sha256:" + "b0" * 32}
    assert bundle["evidence/registry/02-provenance.json"] == b"envelope"
    assert json.loads(bundle["evidence/registry/verified.json"])["sboms"][0]["signer"]["fingerprint"] == KEY.fingerprint
    assert json.loads(bundle["evidence/history/tag.json"])["verified"] is True
    assert json.loads(bundle["evidence/history/protection.json"])["required_reviews"] == 2
    assert json.loads(bundle["evidence/history/commits.json"])["base"].startswith("01d")  # as the approvers saw it


async def test_the_work_of_every_repository_of_a_service_is_in_it(database_url):
    """(SOD-13): counted from what ran in production before, by the tags there."""
    data = strict_policy()
    data["services"]["api"]["repositories"] = ["acme/config"]
    async with World(database_url, data) as world:
        await prove(world)
        head, before = "02d" + "0" * 37, "03d" + "0" * 37
        world.vcs.tags["acme/config", "v1.4.0"] = replace(TAG, repository="acme/config", commit=head)
        world.vcs.tags["acme/config", "v1.3.2"] = replace(TAG, repository="acme/config", name="v1.3.2", commit=before)
        world.vcs.owned["acme/config", head] = world.vcs.owned[REPOSITORY, COMMIT]
        world.vcs.checked["acme/config", head] = world.vcs.checked[REPOSITORY, COMMIT]
        world.vcs.protected["acme/config", "main"] = world.vcs.protected[REPOSITORY, "main"]
        for base in (None, before):
            work = replace(world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT], repository="acme/config", base=base, head=head)
            world.vcs.spans["acme/config", base, head] = replace(work, pulls=(pull(4, DEV, "rob", "olga"),))
        await in_production(world)
        await world.say("audrey", ASK)
        bundle = files(world)
        assert json.loads(bundle["evidence/history/acme-config/tag.json"])["commit"] == head
        assert json.loads(bundle["evidence/history/acme-config/commits.json"])["base"] == before
        assert json.loads(bundle["evidence/history/acme-config/pull-request-4.json"])["approvers"] == ["olga", "rob"]
        assert "evidence/history/pull-request-12.json" in bundle
        assert [check["name"] for check in json.loads(bundle["evidence/history/acme-config/checks.json"])] == ["lint", "unit-test"]
        assert json.loads(bundle["evidence/history/acme-config/protection.json"])["required_reviews"] == 2

        await world.say("audrey", "/release evidence api v9.9.9")
        assert ("absent", "tag v9.9.9 in acme/config") in lacking(world)


async def test_an_exception_by_which_it_went_out_is_in_it_with_who_decided_that(database_url):
    """(EXC-07): with the one that was refused, the one that was rejected and the one that nobody used, both sides of every decision."""
    evidence = {"profile": "starter", "environments": {"production": {"add": ["rollback-target"]}}}
    async with World(database_url, policy_data(evidence=evidence)) as world:
        await world.runs_in("production", "v1.3.2", digest="sha256:" + "0d" * 32)
        await world.runs_in("staging", "v1.4.0")
        words = 'kind=temporary owner=dev@acme.example until=2026-12-10T18:00 risk="low" controls="two people watch" containment="forward"'
        asked = f'{words} evidence=INC-7 remediation="Dev restores the image"'
        await world.say("carla", f"/release exception request rollback-target api production v1.4.0 {asked}")
        await world.say("rita", "/release exception approve EXC-2026-1124-001 the change is one line")
        await world.say("carla", f"/release exception request sbom api production v1.4.0 {asked}")
        for what in ("rollback-target api production v1.4.0", "rollback-target api production all", "rollback-target web production all"):
            await world.say("carla", f"/release exception request {what} {asked}")
        await world.say("rita", "/release exception reject EXC-2026-1124-002 one is enough")
        await world.say("carla", "/release promote api v1.4.0 production")
        await world.approve("olga")
        await world.say("audrey", ASK)
        bundle = files(world)
        assert json.loads(bundle["evidence/deployments/exc-2026-1124-002.json"])["state"] == "rejected"
        assert "evidence/deployments/exc-2026-1124-003.json" in bundle
        assert "evidence/deployments/exc-2026-1124-004.json" not in bundle
        record = json.loads(bundle["evidence/deployments/exc-2026-1124-001.json"])
        assert [(d["by"], d["reason"]) for d in record["decisions"]] == [("rita@acme.example", "the change is one line")]
        tags = [json.loads(line).get("tag") for line in bundle["ledger.jsonl"].splitlines()]
        assert {"exception:requested", "exception:approval", "exception:approved", "exception:used", "exception:rejected"} <= set(tags)
        assert tags.count("exception-request:refused") == 1


async def test_what_cannot_be_read_is_said_and_never_left_out(strict, tmp_path):
    await in_production(strict)
    strict.vcs.away = Unread("acme/api", "GitHub answered 502")
    strict.ci.away = Unread("the CI", "no answer in time")
    strict.proofs.documents.clear()
    await strict.say("audrey", ASK)
    made = proven(tmp_path, sent(strict)).manifest
    assert sorted((each.source.kind, each.state, each.why) for each in made.lacking) == snapshot([
        ("CI logs and checks", "unread", "GitHub answered 502"),
        ("CI logs and checks", "unread", "no answer in time"),
        ("CI logs and checks", "unread", "no answer in time"),
        ("SBOM", "absent", ""),
        ("monitoring", "absent", ""),
        ("provenance", "absent", ""),
        ("provenance", "absent", ""),
        ("pull requests", "unread", "GitHub answered 502"),
        ("pull requests", "unread", "GitHub answered 502"),
        ("signed tag", "unread", "GitHub answered 502"),
    ])  # fmt: skip
    page = files(strict)["index.html"].decode()
    assert "Could not be read: acme/api (GitHub answered 502)" in page
    assert (await strict.body("evidence:exported"))["lacking"][:1] == ["the pull requests and commits in it"]
    assert "… and 2 more; the index says which." in "\n".join(told(strict))


async def test_entries_about_other_versions_are_withheld_and_still_prove_the_chain(world, tmp_path):
    await in_production(world)
    world.publish("v1.5.0")
    await world.say("dev", "/release promote api v1.5.0 staging")
    await world.say("audrey", ASK)
    made = proven(tmp_path, sent(world)).manifest
    lines = [json.loads(line) for line in files(world)["ledger.jsonl"].splitlines()]
    [hidden] = [line for line in lines if "content" in line]
    assert set(hidden) == {"seq", "content"}
    assert b"v1.5.0" not in b"".join(files(world).values())
    assert (made.ledger.head, made.ledger.head_hash) == (lines[-1]["seq"], lines[-1]["hash"])


@pytest.mark.parametrize("who", ["carla", "rita", "dev"])
async def test_nobody_else_gets_it(world, who):
    await world.say(who, ASK)
    assert await world.tags() == ["evidence:refused"]
    assert await world.codes() == ["not-permitted"]
    assert "Ask Audrey Auditor." in told(world, who)[-1]


async def test_the_policy_can_add_who_may_have_it(world):
    data = policy_data()
    data["allow"]["evidence"] = {"production": ["release_captain"]}
    await world.restart(Policy.model_validate(data))
    await world.say("carla", ASK)
    assert await world.tags() == ["evidence:accepted", "evidence:exported"]
    assert files(world, "carla")


async def test_a_version_that_never_was_has_its_refusals(world):
    await world.say("carla", "/release promote api v9.9.9 production")
    await world.say("audrey", "/release evidence api v9.9.9")
    lines = [json.loads(line) for line in files(world)["ledger.jsonl"].splitlines()]
    assert [line["tag"] for line in lines] == ["promote:refused", "evidence:accepted"]
    assert json.loads(files(world)["manifest.json"])["digest"] is None


async def test_how_far_it_is_is_shown_meanwhile(world, monkeypatch):
    await in_production(world)
    slow, log = asyncio.Event(), world.ci.log

    async def late(order, run):
        await slow.wait()
        return await log(order, run)

    monkeypatch.setattr(world.ci, "log", late)
    await world.slack.say(world.people["audrey"], world.channels["releases"], ASK)
    await world.slack.until(lambda: any("Collecting… 5 of 7" in text for text in told(world)))
    slow.set()
    await world.quiet()
    assert told(world)[-1].startswith("📎 Evidence of api v1.4.0")


async def test_what_slack_does_not_take_is_collected_anew_and_tried_again(world):
    await in_production(world)
    world.slack.faults.status("upload", 500)
    await world.say("audrey", ASK)
    assert "It could not be sent (Slack answered with status 500 to a file); it is tried again." in told(world)[-1]
    await world.wait(seconds=10)
    assert told(world)[-1].startswith("📎")
    # each file that left, or may have left, stands there by its hash
    assert await world.news() == ["evidence:accepted", "evidence:exported", "evidence:exported"]


async def test_what_slack_never_takes_is_recorded_and_told(world):
    await in_production(world)
    world.slack.faults.fail("files.completeUploadExternal", "file_uploads_disabled")
    await world.say("audrey", ASK)
    assert (await world.news())[-1] == "evidence:undelivered"
    assert (await world.body("evidence:undelivered"))["why"] == "Slack says file_uploads_disabled"
    assert told(world)[-1] == snapshot("""\
⚠️ Evidence of api v1.4.0
It could not be sent: Slack says file_uploads_disabled.
Ask again, or have an operator run signalbox evidence export.\
""")


async def test_without_a_key_it_says_that_it_is_not_signed(database_url):
    async with World(database_url, signing_key=None) as world:
        await world.say("audrey", ASK)
        assert "It is not signed: the bot has no signing key." in told(world)[-2]
        assert (await world.body("evidence:exported"))["signed"] is False
        assert "manifest.sig" not in files(world)


# ---------------------------------------------------------------- what is not there


def lacking(world: World) -> set[tuple[str, str]]:
    """What the newest bundle says that it lacks: the state of it, and what."""
    return {(each["state"], each["what"]) for each in json.loads(files(world)["manifest.json"])["lacking"]}


async def test_what_its_sources_say_that_there_is_none_of_is_said_to_be_absent(strict):
    """Not the same as what could not be read."""
    await in_production(strict)
    for key, span in strict.vcs.spans.items():
        strict.vcs.spans[key] = replace(span, pulls=())
    strict.vcs.checked.clear()
    strict.vcs.protected.clear()
    strict.proofs.add("api", Proof(DIGEST))
    await strict.say("audrey", ASK)
    assert lacking(strict) == {
        ("absent", "merged pull request in it"),
        ("absent", "check of its commit"),
        ("absent", "protection of branch main in acme/api"),
        ("absent", "such document attached to api v1.4.0"),
        ("absent", "verification of CR-2026-1124-002 yet; it is owed"),
    }
    page = files(strict)["index.html"].decode()
    assert "There is no merged pull request in it." in page


async def test_nothing_is_asked_about_a_version_of_which_nobody_knows_what_it_is(strict):
    await strict.say("audrey", "/release evidence api v9.9.9")
    assert lacking(strict) >= {
        ("absent", "artifact of api v9.9.9"),
        ("absent", "tag v9.9.9 in acme/api"),
        ("unread", "the checks of its commit"),
        ("unread", "what is attached to api v9.9.9"),
        ("absent", "deployment of api v9.9.9 on record"),
    }


async def test_a_registry_that_is_away_leaves_neither_document_out(strict):
    await in_production(strict)
    strict.proofs.away = Unread("the registry", "no answer in time")
    await strict.say("audrey", ASK)
    assert ("unread", "the registry") in lacking(strict)
    kinds = [each["source"]["kind"] for each in json.loads(files(strict)["manifest.json"])["lacking"] if each["what"] == "the registry"]
    assert kinds == ["provenance", "SBOM"]


async def test_a_place_that_the_policy_no_longer_has_keeps_its_record(world):
    await in_production(world)
    data = policy_data()
    for service in data["services"].values():
        service["chain"] = ["dev", "production"]
        service["workflows"] = {"dev": "deploy.yml", "production": "deploy.yml"}
    await world.restart(Policy.model_validate(data))
    await world.say("audrey", ASK)
    assert ("unread", "the log of CR-2026-1124-001") in lacking(world)
    assert "evidence/deployments/cr-2026-1124-001.json" in files(world)


# ---------------------------------------------------------------- what goes wrong on the way


async def test_whoever_cannot_be_written_to_gets_it_when_it_works_again(world):
    world.slack.faults.fail("conversations.open", "internal_error")
    await world.say("audrey", ASK)
    assert await world.tags() == ["evidence:accepted"]
    await world.wait(seconds=10)
    assert files(world)


async def test_a_neighbour_that_hangs_does_not_hold_it_for_ever(world, monkeypatch):
    await in_production(world)

    async def never(order, run):
        await asyncio.Event().wait()

    monkeypatch.setattr(world.ci, "log", never)
    monkeypatch.setattr(hand_over, "READING", 0.1)
    await world.say("audrey", ASK)
    assert ("unread", "the log of CR-2026-1124-002") in lacking(world)

    monkeypatch.setattr(hand_over, "READING", 10.0)
    monkeypatch.setattr(hand_over, "WHOLE", 0.1)
    await world.say("audrey", ASK)
    assert "it took longer than 0.1 s" in told(world)[-1]


async def test_a_bot_that_was_killed_meanwhile_makes_it_anew(world, monkeypatch):
    await in_production(world)
    begun = asyncio.Event()

    async def never(order, run):
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.ci, "log", never)
    await world.slack.say(world.people["audrey"], world.channels["releases"], ASK)
    await begun.wait()
    await world.die()
    monkeypatch.undo()
    await world.open()
    await world.wait(seconds=61)
    assert files(world)
    assert await world.news() == ["evidence:accepted", "evidence:exported"]
