"""The moved clock, the small Slack and everything beside it exist in the demo alone: `signalbox serve` has no way to them (issue 6)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOOK = """
import sys
import bot.cli, bot.serve, bot.build, bot.neighbours, bot.settings, bot.slack.intake, bot.slack.socket
print([name for name in sys.modules if name.startswith(("bot.demo", "bot.workspace"))])
"""


def test_what_serves_loads_nothing_of_the_demo():
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_setting_names_a_clock():
    from bot.settings import Settings

    names = {str(each) for field, info in Settings.model_fields.items() for each in (field, info.validation_alias, info.alias)}
    assert not [name for name in names if "clock" in name.lower() or "ahead" in name.lower() or "demo" in name.lower()]
