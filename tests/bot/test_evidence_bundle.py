"""A bundle proves itself with nothing but its bytes and a key; whatever is done to it is named (AUD-04, AUD-05, AUD-08, SEC-09)."""

import asyncio
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from bot.cli import app
from bot.evidence import verify as verifying
from bot.evidence.keys import Ed25519Signer, KeyProblem, fingerprint, generate, pem_of, private, public
from bot.evidence.pack import Zip, zipped
from bot.evidence.verify import Bad, Proven, verify
from commands.core.bundle import Collection, EvidenceClass, Item, Trail
from commands.core.ports.ci import RunState
from commands.core.record import Actor
from guards.unread import Absent, Unread
from storage.audit import Extract
from storage.chain import GENESIS, Row, Withheld, content_hash, digest
from tests.storage.cases import AT, COMMIT, DIGEST
from tests.world.company import policy_data
from tests.world.keys import RSA_KEY, RSA_PUBLIC
from tests.world.signing import PUBLIC_KEY, SIGNING_KEY
from tests.world.world import World

ROOT = Path(__file__).parents[2]
KEY, OTHER_KEY = private(SIGNING_KEY), Ed25519PrivateKey.generate()
SIGNER = Ed25519Signer(KEY)
EVIL = "<script>alert('x')</script>"


def ledger(length: int = 4) -> list[Row]:
    rows, prev = [], GENESIS
    body = json.dumps({"answers": [{"guard": "in_order", "answer": "refuse", "code": "x", "why": EVIL, "until": None}], "rationale": EVIL})
    for seq in range(1, length + 1):
        row = Row(
            seq, f"2026-11-21T10:00:{seq:02}.000000Z", "promote:refused", "x@y", EVIL, "r", None, "api", None, "c", "p", body, prev, ""
        )
        row = row._replace(hash=digest(row))
        rows.append(row)
        prev = row.hash
    return rows


ROWS = ledger()
PART = Extract((1, ROWS[0].hash), (ROWS[1], Withheld(3, content_hash(ROWS[2])), ROWS[3]), (4, ROWS[3].hash))
PULL = Item(
    EvidenceClass.PULL_REQUEST, f"#12 {EVIL}", "history/pull-request-12.json", "github", {"pull request": "12", "by": EVIL}, AT, b'{"n": 12}\n',
    url=f"https://git.test/12?{EVIL}", trail=frozenset({Trail.TICKET, Trail.MERGE}),
)  # fmt: skip
LOG = Item(EvidenceClass.CI, "the log", "ci/cr-1.txt", "actions", {"run": "7"}, AT + timedelta(seconds=1), b"deployed\n" * 9, "text/plain")
GONE = Item(EvidenceClass.TAG, "the tag", "history/tag.json", "github", {}, AT, Unread("the tag", EVIL), trail=frozenset({Trail.MARKER}))
NONE = Item(EvidenceClass.SBOM, "the SBOM", "registry/sbom.json", "images", {}, AT, Absent("SBOM"))
COLLECTION = Collection(
    "api", "v1.4.0", "acme/api", DIGEST, COMMIT, AT, Actor("audrey@acme.example", "Audrey"), "p" * 64, (PULL, LOG, GONE, NONE), PART
)
PACKED = Zip(SIGNER, "0.1.0").pack(COLLECTION)


def contents(packed: bytes = PACKED.content) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rest(files: dict[str, bytes | None]) -> dict[str, bytes]:
    """The bundle's files with others in their place; None takes one away."""
    return {name: content for name, content in (contents() | files).items() if content is not None}


def resigned(others: dict[str, bytes] | None = None, **manifest: object) -> bytes:
    """What somebody who has the key could make: files changed, the manifest fitting to them, and signed."""
    all_files = contents() | (others or {})
    made = json.loads(all_files["manifest.json"])
    for file in made["files"]:
        content = all_files[file["path"]]
        file |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    all_files["manifest.json"] = json.dumps(made | manifest).encode()
    all_files["manifest.sig"] = KEY.sign(all_files["manifest.json"])
    return zipped(all_files)


def judged(tmp_path: Path, packed: bytes, key: object = KEY) -> Proven | Bad:
    (tmp_path / "bundle.zip").write_bytes(packed)
    return verify(tmp_path / "bundle.zip", key.public_key() if key else None)


def lines(*rows: Row | Withheld) -> bytes:
    return "".join(json.dumps(row._asdict()) + "\n" for row in rows).encode()


# ---------------------------------------------------------------- packing


def test_the_same_evidence_makes_the_same_bytes():
    assert Zip(SIGNER, "0.1.0").pack(COLLECTION) == PACKED
    assert PACKED.sha256 == hashlib.sha256(PACKED.content).hexdigest()


def test_each_item_is_listed_with_source_link_keys_time_and_hash(tmp_path):
    made = judged(tmp_path, PACKED.content).manifest
    [file] = [file for file in made.files if file.path == "evidence/ci/cr-1.txt"]
    assert (file.sha256, file.size, file.media_type) == (hashlib.sha256(LOG.content).hexdigest(), len(LOG.content), "text/plain")
    assert (file.source.system, file.source.keys, file.source.read_at) == ("actions", {"run": "7"}, LOG.at)
    assert [(each.state, each.what, each.why) for each in made.lacking] == [("unread", "the tag", EVIL), ("absent", "SBOM", "")]
    assert made.key == fingerprint(KEY.public_key())


def test_the_page_runs_nothing_loads_nothing_and_links_only_to_what_is_in_the_bundle():
    """Titles, names and reasons are other people's words (SEC-09)."""
    page = contents()["index.html"].decode()
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"<(script|img|iframe|link|object|form)\b|src=|\son\w+=|@import|url\(", page)
    linked = set(re.findall(r'href="([^"]*)"', page))
    assert linked == {"evidence/history/pull-request-12.json", "evidence/ci/cr-1.txt", "ledger.jsonl"}
    assert "default-src 'none'" in page


def test_the_page_says_for_each_item_of_the_trail_what_carries_it_or_why_nothing_does():
    page = contents()["index.html"].decode()
    trail = page.partition("Audit trail")[2].partition("<h2>")[0]
    assert [item.value in trail for item in Trail] == [True] * 6
    assert "Could not be read: the tag" in trail
    assert trail.count("nothing was found") == 3


# ---------------------------------------------------------------- verifying


def test_untouched_it_is_proven(tmp_path):
    answer = judged(tmp_path, PACKED.content)
    assert isinstance(answer, Proven)
    assert (answer.signed, answer.manifest.ledger.shown) == (True, [2, 4])


def test_an_unsigned_one_is_whole_and_says_that_it_is_unsigned(tmp_path):
    answer = judged(tmp_path, Zip(None, "0.1.0").pack(COLLECTION).content)
    assert isinstance(answer, Proven)
    assert not answer.signed


def doubled(name: str) -> bytes:
    packed = BytesIO(PACKED.content)
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(zipfile.ZipInfo(name), b"another")
    return packed.getvalue()


def compressed_by(method: int) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in contents().items():
            archive.writestr(name, content)
    return packed.getvalue()


def encrypted() -> bytes:
    """The flag that says so, set in the central directory."""
    at = PACKED.content.rindex(b"PK\x01\x02")
    flags = struct.unpack_from("<H", PACKED.content, at + 8)[0] | 1
    return PACKED.content[: at + 8] + struct.pack("<H", flags) + PACKED.content[at + 10 :]


FORGED = ROWS[1]._replace(body="{}")
OTHER = Zip(SIGNER, "0.1.0").pack(replace(COLLECTION, version="v1.5.0", items=(LOG, NONE)))

HOSTILE = [
    ("a byte of evidence", zipped(rest({"evidence/ci/cr-1.txt": b"Deployed\n" * 9})), "evidence/ci/cr-1.txt was changed"),
    ("a byte of the page", zipped(rest({"index.html": contents()["index.html"].replace(b"refused", b"allowed")})), "index.html was changed"),
    ("a byte of the manifest", zipped(rest({"manifest.json": contents()["manifest.json"].replace(b"v1.4.0", b"v1.4.1")})), "is no signature of manifest.json"),
    ("a byte of the signature", zipped(rest({"manifest.sig": bytes(64)})), "is no signature of manifest.json"),
    ("a longer signature", zipped(rest({"manifest.sig": bytes(65)})), "manifest.sig is longer than it may be"),
    ("the manifest of another", zipped(rest({name: contents(OTHER.content)[name] for name in ("manifest.json", "manifest.sig")})), "evidence/history/pull-request-12.json is in the zip, but not in manifest.json"),
    ("a file taken away", zipped(rest({"evidence/ci/cr-1.txt": None})), "evidence/ci/cr-1.txt is missing"),
    ("the ledger taken away", zipped(rest({"ledger.jsonl": None})), "ledger.jsonl is missing"),
    ("the signature taken away", zipped(rest({"manifest.sig": None})), "but there is no signature"),
    ("the manifest taken away", zipped(rest({"manifest.json": None})), "It has no manifest.json"),
    ("a file put in", zipped(rest({"evidence/more.txt": b""})), "evidence/more.txt is in the zip, but not in manifest.json"),
    ("a file twice", doubled("index.html"), "two files with the name index.html"),
    ("a path that leads out", zipped(rest({"../evil": b""})), "leads elsewhere"),
    ("a path that leads out in its middle", zipped(rest({"evidence/../../evil": b""})), "leads elsewhere"),
    ("a path from the root", zipped(rest({"/etc/evil": b""})), "leads elsewhere"),
    ("a path for another system", zipped(rest({"evidence\\..\\evil": b""})), "leads elsewhere"),
    ("a path that hides", zipped(rest({".evil": b""})), "leads elsewhere"),
    ("a folder", zipped(rest({"evidence/": b""})), "leads elsewhere"),
    ("a bomb", zipped(rest({"evidence/ci/cr-1.txt": bytes(50_000_000)})), "evidence/ci/cr-1.txt is longer than it may be"),
    ("another compression", compressed_by(zipfile.ZIP_LZMA), "compressed by a method that is not used here"),
    ("encrypted", encrypted(), "is encrypted"),
    ("bytes before it", b"#!/bin/sh\n" + PACKED.content, "bytes that belong to none of its files"),
    ("bytes after it", PACKED.content + b"more", "bytes that belong to none of its files"),
    ("a comment", PACKED.content[:-2] + b"\x04\x00more", "bytes that belong to none of its files"),
    ("no zip", b"PK and nothing more", "no zip that can be read"),
    ("nothing", b"", "no zip that can be read"),
    ("half of it", PACKED.content[: len(PACKED.content) // 2], "no zip that can be read"),
    ("signed, an entry was changed", resigned({"ledger.jsonl": lines(FORGED, *PART.entries[1:])}), "entry 2 was changed"),
    ("signed, an entry is missing", resigned({"ledger.jsonl": lines(PART.entries[0], PART.entries[2])}), "entry 3 is missing"),
    ("signed, the end was cut off", resigned({"ledger.jsonl": lines(*PART.entries[:2])}), "entry 4 is missing"),
    ("signed, an entry was withheld", resigned({"ledger.jsonl": lines(Withheld(2, content_hash(ROWS[1])), *PART.entries[1:])}), "shows other entries"),
    ("signed, no entry", resigned({"ledger.jsonl": b"[]\n"}), "a line that is no entry, where entry 2 should be"),
    ("signed, bytes", resigned({"ledger.jsonl": b"\xff\n"}), "a line that is no entry, where entry 2 should be"),
    ("signed, another form", resigned(format="signalbox-evidence-2"), "not of the known form: format"),
    ("signed, more fields", resigned(more=1), "not of the known form: more"),
    ("signed, a file twice", resigned(files=json.loads(contents()["manifest.json"])["files"] * 2), "names evidence/ci/cr-1.txt twice"),
    ("signed, by nobody", resigned(key=None), "names no key, but there is a signature"),
    ("signed, by another than it names", resigned(key="sha256:" + "0" * 64), "names the key sha256:0000"),
]  # fmt: skip


@pytest.mark.parametrize(("packed", "named"), [pytest.param(packed, named, id=what) for what, packed, named in HOSTILE])
def test_whatever_was_done_to_it_is_named(tmp_path, packed, named):
    answer = judged(tmp_path, packed)
    assert isinstance(answer, Bad)
    assert named in answer.why


def test_another_key_proves_nothing(tmp_path):
    answer = judged(tmp_path, PACKED.content, OTHER_KEY)
    assert isinstance(answer, Bad)
    assert f"by the key {fingerprint(OTHER_KEY.public_key())}" in answer.why


@pytest.mark.parametrize(
    ("limit", "value", "named"), [("MOST_FILES", 3, "more than 3 files"), ("MOST_BYTES", 100, "It would unpack to more than")]
)
def test_no_more_is_unpacked_than_is_bearable(tmp_path, monkeypatch, limit, value, named):
    monkeypatch.setattr(verifying, limit, value)
    answer = judged(tmp_path, PACKED.content)
    assert isinstance(answer, Bad)
    assert named in answer.why


# ---------------------------------------------------------------- keys


def test_a_key_is_made_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "key.pem"
    key = generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert fingerprint(private(path.read_text()).public_key()) == fingerprint(public(pem_of(key).encode())) == fingerprint(key)
    with pytest.raises(FileExistsError):
        generate(path)


@pytest.mark.parametrize(
    ("read", "pem"), [(private, ""), (private, PUBLIC_KEY), (private, RSA_KEY), (public, b"no key"), (public, RSA_PUBLIC.encode())]
)
def test_what_is_no_key_for_this_is_refused(read, pem):
    with pytest.raises(KeyProblem):
        read(pem)


# ---------------------------------------------------------------- the console script


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The script in an empty folder, with nothing of ours in the environment but what is given."""
    for name in os.environ:
        if name.startswith(("SIGNALBOX_", "SLACK_", "GITHUB_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words, given=None: CliRunner(env=given or {}).invoke(app, ["evidence", *map(str, words)])


def alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The script as a program of its own, in a folder that holds the bundle and the key and nothing else."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bot.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "evidence", "verify", *words],
        cwd=folder,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_auditor_needs_only_the_zip_and_the_key(tmp_path):
    (tmp_path / "bundle.zip").write_bytes(PACKED.content)
    (tmp_path / "public.pem").write_text(PUBLIC_KEY)
    proven = alone(tmp_path, "bundle.zip", "--key", "public.pem")
    assert proven.returncode == 0, proven.stderr
    assert f"as it was packed, signed by {fingerprint(KEY.public_key())}" in proven.stdout
    (tmp_path / "bundle.zip").write_bytes(HOSTILE[0][1])
    refused = alone(tmp_path, "bundle.zip", "--key", "public.pem")
    assert refused.returncode == 1
    assert "evidence/ci/cr-1.txt was changed" in refused.stdout


def test_what_a_hostile_bundle_says_does_not_reach_the_terminal(run, tmp_path):
    (tmp_path / "bundle.zip").write_bytes(resigned(**{"\x1b[2Jmore": 1}))
    result = run("verify", "bundle.zip", "--allow-unsigned")
    assert (result.exit_code, "\x1b" in result.output, "\\u001b[2Jmore" in result.output) == (1, False, True)


UNSIGNED = Zip(None, "0.1.0").pack(COLLECTION).content


@pytest.mark.parametrize(
    ("packed", "words", "code", "said"),
    [
        pytest.param(PACKED.content, (), 1, "its signature was not looked at: give --key", id="signed, no key"),
        pytest.param(PACKED.content, ("--allow-unsigned",), 0, "NOT PROVEN BY A SIGNATURE", id="signed, no key, hashes are enough"),
        pytest.param(UNSIGNED, ("--key", "public.pem"), 1, "it is not signed, so anybody may have made it", id="unsigned"),
        pytest.param(UNSIGNED, ("--key", "public.pem", "--allow-unsigned"), 0, "NOT PROVEN BY A SIGNATURE", id="unsigned, hashes are enough"),
        pytest.param(PACKED.content, ("--key", "bundle.zip"), 2, "is no PEM public key", id="no key"),
        pytest.param(PACKED.content, ("--key", "nowhere.pem"), 2, "cannot be read", id="no such key"),
    ],
)  # fmt: skip
def test_what_a_bundle_and_a_key_come_to(run, tmp_path, packed, words, code, said):
    (tmp_path / "bundle.zip").write_bytes(packed)
    (tmp_path / "public.pem").write_text(PUBLIC_KEY)
    result = run("verify", "bundle.zip", *words)
    assert result.exit_code == code
    assert said in result.output


def test_a_bundle_that_is_not_there_is_said(run):
    result = run("verify", "nowhere.zip", "--allow-unsigned")
    assert (result.exit_code, "nowhere.zip cannot be read" in result.output) == (2, True)


def test_keygen_prints_the_public_key_alone(run, tmp_path):
    result = run("keygen", "--out", "key.pem")
    assert result.exit_code == 0
    assert fingerprint(public(result.stdout.encode())) == fingerprint(private((tmp_path / "key.pem").read_text()).public_key())
    assert "PRIVATE" not in result.output
    assert run("keygen", "--out", "key.pem").exit_code == 2


async def test_an_operator_exports_what_an_auditor_verifies_and_it_is_on_record(run, sqlite_url, tmp_path):
    """(AUD-03): from the database alone; what does not answer stands in the bundle as unread."""
    async with World(sqlite_url) as world:
        await world.asked()
        await world.approve("rita")
        await world.ci_says(RunState.SUCCEEDED)
        await world.close()
        (tmp_path / "policy.yaml").write_text(json.dumps(policy_data()))
        (tmp_path / "public.pem").write_text(PUBLIC_KEY)
        given = {"SIGNALBOX_DATABASE_URL": sqlite_url, "SIGNALBOX_SIGNING_KEY": SIGNING_KEY, "FAKE_CI_SECRET": "0123456789abcdef"}
        words = ("export", "--service", "api", "--version", "v1.4.0", "--out", "bundle.zip", "--policy", "policy.yaml")
        result = await asyncio.to_thread(run, *words, given=given)
        assert result.exit_code == 0, result.output
        assert "not there: the log of the deployment to production" in result.output
        answer = verify(tmp_path / "bundle.zip", KEY.public_key())
        assert isinstance(answer, Proven), answer
        assert len(answer.manifest.ledger.shown) > 10
        await world.open()
        body = await world.body("evidence:exported")
        assert body["sha256"] == hashlib.sha256((tmp_path / "bundle.zip").read_bytes()).hexdigest()
        assert (await world.ledger())[-1].actor.startswith("host:")

    again = run(*words, given=given)
    assert (again.exit_code, "is already there" in again.output) == (2, True)
    unknown = run(*(word.replace("api", "ghost").replace("bundle", "other") for word in words), given=given)
    assert (unknown.exit_code, "there is no service" in unknown.output) == (2, True)
