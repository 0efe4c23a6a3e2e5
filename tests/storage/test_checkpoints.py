"""Checkpoints of the ledger: one for each size, and lines that read back exactly as they were written (AUD-01, AUD-08)."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from storage import audit, checkpoints
from storage.checkpoints import Checkpoint, line_of, parse_line
from tests.storage.cases import AT, ENTRY, HOUR

KEY = "sha256:" + "5e" * 32
ONE = Checkpoint(7, "ab" * 32, AT, KEY, base64.b64encode(b"s" * 64).decode())
LINE = line_of(ONE)


async def sign(store, at, mark=b"s"):
    return await store.write(lambda tx: checkpoints.sign(tx, KEY, lambda said: mark + said, at))


async def test_an_empty_ledger_is_not_signed(store):
    assert await sign(store, AT) is None
    assert await store.read(checkpoints.newest) is None


async def test_each_size_is_signed_once_and_the_newest_is_the_longest(store):
    for number in range(3):
        await store.write(lambda tx: audit.append(tx, ENTRY))
        size, head = await store.read(audit.head)
        signed = await sign(store, AT + number * HOUR)
        assert (signed.size, signed.head, signed.at, signed.key) == (size, head, AT + number * HOUR, KEY)
        assert base64.b64decode(signed.signature) == b"s" + checkpoints.statement(size, head, signed.at)
        assert await sign(store, AT + number * HOUR + timedelta(minutes=1), b"another") == signed
        assert await store.read(checkpoints.newest) == signed
    assert [one.size for one in await store.read(checkpoints.all_of)] == [1, 2, 3]


def test_a_line_says_what_was_signed_and_reads_back():
    assert parse_line(LINE) == ONE
    assert json.loads(LINE)["at"] == "2026-11-21T10:00:00.000000Z"
    assert parse_line(line_of(replace(ONE, size=1))).size == 1


def with_(**parts):
    return json.dumps(json.loads(LINE) | parts, separators=(",", ":"))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("", id="nothing"),
        pytest.param("7", id="a number"),
        pytest.param("[]", id="a list"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("{}", id="no part"),
        pytest.param(with_(more=1), id="a part too many"),
        pytest.param(with_(at=7), id="a moment that is none"),
        pytest.param(with_(size=0), id="of no entry"),
        pytest.param(with_(size=-1), id="of fewer"),
        pytest.param(with_(size="7"), id="a size that is a text"),
        pytest.param(with_(size=True), id="a size that is a truth"),
        pytest.param(with_(head="AB" * 32), id="a hash in capitals"),
        pytest.param(with_(head="ab" * 31), id="half a byte too few"),
        pytest.param(with_(head=7), id="a hash that is a number"),
        pytest.param(with_(key="5e" * 32), id="a key without its method"),
        pytest.param(with_(signature=base64.b64encode(b"s" * 63).decode()), id="a signature too short"),
        pytest.param(with_(signature=base64.b64encode(b"s" * 65).decode()), id="a signature too long"),
        pytest.param(with_(signature="!" + ONE.signature), id="a signature with something before it"),
        pytest.param(json.dumps(json.loads(LINE)), id="with spaces"),
        pytest.param(LINE + " ", id="with a space at its end"),
        pytest.param(with_(at="2026-11-21T10:00:00+00:00"), id="a moment in another form"),
    ],
)
def test_what_is_not_written_as_the_bot_does_is_no_checkpoint(line):
    with pytest.raises(ValueError, match=r"is no checkpoint of a ledger"):
        parse_line(line)
