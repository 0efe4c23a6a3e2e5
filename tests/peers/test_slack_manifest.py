"""manifest.yml against Slack's own schema of app manifests, which is not ours to publish and so lies beside the repository."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
SCHEMA = Path(os.environ.get("SIGNALBOX_MANIFEST_SCHEMA") or ROOT.parent / "shared" / "contracts" / "slack-manifest.schema.json")


@pytest.fixture(scope="module")
def validator():
    if not SCHEMA.is_file():
        pytest.fail("Slack's manifest schema is not there: put it beside the repository as shared/contracts/slack-manifest.schema.json, "
                    "or let SIGNALBOX_MANIFEST_SCHEMA name it")  # fmt: skip
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    made = jsonschema.validators.validator_for(schema)(schema)
    made.check_schema(schema)
    return made


def test_slack_takes_the_manifest(validator):
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(manifest)] == []
    broken = manifest | {"features": manifest["features"] | {"slash_command": []}}
    assert len(list(validator.iter_errors(broken))) == 1  # the schema is strict, so the line above says something
