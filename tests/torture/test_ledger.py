"""A byte of the stored ledger is changed, anywhere, again and again: each time `audit verify` finds it and names the entry (AUD-01)."""

import pytest

from tests.storage.tampered import change_bytes, tampered
from tests.torture.size import size


@pytest.mark.torture
def test_a_changed_byte_anywhere_is_found_and_named(database_url):
    with tampered(database_url) as judged:
        change_bytes(judged, size(20_000, least=100))
