"""`signalbox audit checkpoint`, and what a third party proves with an export, the checkpoints and a public key (AUD-08)."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot import audit
from bot.evidence.keys import Ed25519Signer, private
from bot.settings import Settings
from bot.signed import Known, NotSigned, known_of, read_lines
from storage import audit as ledger
from storage import chain, checkpoints
from storage.checkpoints import Checkpoint, line_of
from tests.storage.cases import AT, ENTRY, HOUR
from tests.world.examples import examples
from tests.world.signing import PUBLIC_KEY, SIGNING_KEY

SIGNER, STRANGER = Ed25519Signer(private(SIGNING_KEY)), Ed25519Signer(Ed25519PrivateKey.generate())


def settings_of(url, key=SIGNING_KEY):
    return Settings.model_validate({"SIGNALBOX_DATABASE_URL": url, "SIGNALBOX_SIGNING_KEY": key})


def signed(size, head="a" * 64, at=AT, by=SIGNER):
    signature = base64.b64encode(by.sign(checkpoints.statement(size, head, at))).decode()
    return Checkpoint(size, head, at, by.key, signature)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
async def settings(store, database_url):
    """A database with five entries, signed when it had two and when it had four."""

    def fill(tx):
        for number in range(1, 6):
            ledger.append(tx, ENTRY)
            if number in {2, 4}:
                checkpoints.sign(tx, SIGNER.key, SIGNER.sign, AT + number * HOUR)

    await store.write(fill)
    return settings_of(database_url)


@pytest.fixture
def files(settings, tmp_path):
    """What left the house: the export, the checkpoints, and the public key."""
    files = tmp_path / "ledger.jsonl", tmp_path / "checkpoints.jsonl", tmp_path / "key.pem"
    assert audit.export(settings, to=files[0], checkpoints_to=files[1]) == 0
    files[2].write_text(PUBLIC_KEY)
    return files


def proved(files):
    """What a third party is answered."""
    export, signed, key = files
    return audit.verify(None, export_file=export, checkpoints_file=signed, key_files=[key])


def test_an_export_is_proved_against_what_was_signed(files, capsys):
    assert proved(files) == 0
    told = capsys.readouterr().out
    assert "5 entries of" in told
    assert f"2 checkpoints agree, the last one: entry 4, signed 2026-11-21 14:00 UTC by {SIGNER.key}" in told


def test_a_process_of_its_own_needs_the_files_alone(files):
    """No settings, no database, nothing of the bot's environment."""
    export, signed, key = files
    words = ["audit", "verify", "--export", export, "--checkpoints", signed, "--key", key]
    environment = {"PATH": os.environ["PATH"], "SIGNALBOX_DATABASE_URL": "nonsense", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([sys.executable, "-m", "bot", *words], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 checkpoints agree" in done.stdout


on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rest is about files


@on_one_database
@pytest.mark.parametrize(("left", "first"), [(0, 1), (1, 2), (3, 4)])
def test_a_cut_tail_shows(files, capsys, left, first):
    export = files[0]
    export.write_text("".join(export.read_text().splitlines(keepends=True)[:left]))
    assert audit.verify(None, export_file=export) == 0  # the chain alone shows nothing
    assert proved(files) == 1
    assert f"entry {first} is missing" in capsys.readouterr().out


@on_one_database
def test_what_came_after_the_last_checkpoint_can_still_be_cut(files):
    """So checkpoints are made often."""
    export = files[0]
    export.write_text("".join(export.read_text().splitlines(keepends=True)[:4]))
    assert proved(files) == 0


@on_one_database
def test_a_past_that_was_written_anew_shows(files, capsys):
    rows = [chain.parse_line(line) for line in files[0].read_text().splitlines()]
    prev, forged = rows[1].hash, rows[:2]
    for row in rows[2:]:
        other = row._replace(actor="nobody@example.com" if row.seq == 3 else row.actor, prev=prev)
        forged.append(other._replace(hash=(prev := chain.digest(other))))
    files[0].write_text("\n".join(chain.export_lines(forged)) + "\n")
    assert audit.verify(None, export_file=files[0]) == 0  # every hash fits
    assert proved(files) == 1
    assert "entry 4 is not the one that a checkpoint names" in capsys.readouterr().out


@on_one_database
def test_checkpoints_of_another_key_prove_nothing(files, tmp_path, capsys):
    forged = [signed(5, head="b" * 64, by=STRANGER)]
    files[1].write_text("".join(f"{line_of(one)}\n" for one in forged))
    assert proved(files) == 1
    assert "which is no key that was given" in capsys.readouterr().out
    claimed = Checkpoint(4, "b" * 64, AT, SIGNER.key, forged[0].signature)
    files[1].write_text(f"{line_of(claimed)}\n")
    assert proved(files) == 1
    assert f"the checkpoint of 4 entries was not signed by {SIGNER.key}" in capsys.readouterr().out


@on_one_database
def test_checkpoints_without_any_key_are_not_called_broken(files, database_url, capsys):
    assert audit.verify(settings_of(database_url, None), export_file=None, checkpoints_file=files[1]) == 2
    assert "give --key" in capsys.readouterr().err
    assert audit.verify(settings_of(database_url), export_file=None, checkpoints_file=files[1]) == 0  # the bot's own


@on_one_database
@pytest.mark.parametrize("wrong", ["no key", ""])
def test_a_key_or_a_file_that_cannot_be_read_is_unusable_and_not_broken(files, capsys, wrong):
    files[2].write_text(wrong)
    assert proved(files) == 2
    files[2].unlink()
    assert proved(files) == 2
    assert "cannot be read" in capsys.readouterr().err


# ---------------------------------------------------------------- the database's own


def test_the_database_is_held_against_its_own_checkpoints_as_far_as_its_own_key_signed_them(settings, database_url, capsys):
    assert audit.verify(settings, export_file=None) == 0
    assert "2 checkpoints agree" in capsys.readouterr().out
    assert audit.verify(settings_of(database_url, None), export_file=None) == 0
    assert "No checkpoint was held against it" in capsys.readouterr().out


def test_a_checkpoint_is_printed_as_a_line_to_be_kept_and_once_for_each_size(settings, capsys):
    assert audit.checkpoint(settings) == 0
    first = capsys.readouterr().out
    assert audit.checkpoint(settings) == 0
    assert capsys.readouterr().out == first
    one = checkpoints.parse_line(first.rstrip("\n"))
    assert (one.size, one.key) == (5, SIGNER.key)
    assert known_of([one], [SIGNER.public]).heads == {5: one.head}


@on_one_database
def test_without_a_key_or_an_entry_there_is_nothing_to_sign(database_url, capsys):
    assert audit.checkpoint(settings_of(database_url, None)) == 2
    assert "SIGNALBOX_SIGNING_KEY is not set" in capsys.readouterr().err
    assert audit.checkpoint(settings_of(database_url)) == 2
    assert "the ledger is empty" in capsys.readouterr().err


async def test_two_replicas_sign_one_size_once(store):
    await store.write(lambda tx: ledger.append(tx, ENTRY))
    both = await asyncio.gather(
        *(store.write(lambda tx, n=n: checkpoints.sign(tx, SIGNER.key, SIGNER.sign, AT + n * HOUR)) for n in (0, 1))
    )
    assert both[0] == both[1]
    assert await store.read(checkpoints.all_of) == (both[0],)


# ---------------------------------------------------------------- lines


def test_what_was_signed_can_be_checked_without_signalbox():
    """docs/operate.md shows how, with openssl."""
    assert checkpoints.statement(7, "a" * 64, AT) == b"signalbox ledger checkpoint 1\n7\n" + b"a" * 64 + b"\n2026-11-21T10:00:00.000000Z\n"


@given(st.data())
@hypothesis_settings(max_examples=examples(80), database=None)
def test_no_other_line_passes(data):
    """Whatever is changed in a line, it is no checkpoint any more, or not signed."""
    line = bytearray(line_of(signed(7)).encode())
    where = data.draw(st.integers(0, len(line) - 1))
    line[where] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotSigned):
        known_of(read_lines([bytes(line)]), [SIGNER.public])


@pytest.mark.parametrize(
    "line", [b"1", b"[]", b"{}", b"[" * 5_000, b'{"at": 7}', json.dumps({**json.loads(line_of(signed(7))), "more": 1}).encode()]
)
def test_what_is_no_checkpoint_is_named_by_its_line(line):
    with pytest.raises(NotSigned, match="line 3 is no checkpoint"):
        read_lines([line_of(signed(7)).encode() + b"\n", b"\n", line])


def test_two_histories_are_told():
    with pytest.raises(NotSigned, match="two histories"):
        known_of([signed(7), signed(7, head="b" * 64)], [SIGNER.public])
    assert known_of([signed(7), signed(7, at=AT + HOUR)], [SIGNER.public]).heads == {7: "a" * 64}


def test_a_key_that_was_replaced_is_given_too_or_passed_over_where_that_is_asked_for():
    both = [signed(7), signed(9, by=STRANGER)]
    assert set(known_of(both, [SIGNER.public, STRANGER.public]).heads) == {7, 9}
    assert known_of(both, [SIGNER.public], others=True) == Known({7: "a" * 64}, both[0], 1)
    with pytest.raises(NotSigned):
        known_of(both, [SIGNER.public])
