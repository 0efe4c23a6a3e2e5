"""The servers whose descriptions the adapters are held against."""

import json

import pytest

from tests.peers.described import PEERS


@pytest.fixture(scope="module", params=["api.github.com", "ghes-3.19", "ghes-3.17"])
def described(request):
    return request.param, json.loads((PEERS / "openapi" / "generated" / f"{request.param}.deref.json").read_text())
