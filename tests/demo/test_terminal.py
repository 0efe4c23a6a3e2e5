"""The demo at a terminal: lines, the end of the input, and being told to stop."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bot.demo.terminal import in_background

ROOT = Path(__file__).parents[2]


def lines(*given: str):
    left = list(given)

    def read(prompt: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return read


def test_the_loop_goes_on_while_a_line_is_waited_for():
    async def main(ask) -> int:
        meanwhile = asyncio.Event()
        asyncio.get_running_loop().call_soon(meanwhile.set)
        line = await ask("> ")
        assert meanwhile.is_set()
        return int(line)

    assert in_background(main, lines("7")) == 7


def test_the_end_of_the_input_and_ctrl_c_at_the_prompt_both_end_it():
    async def main(ask) -> int:
        with pytest.raises(EOFError):
            await ask("> ")
        return 3

    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    assert in_background(main, lines()) == 3
    assert in_background(main, interrupted) == 3


def test_what_goes_wrong_inside_is_raised_outside():
    async def main(ask) -> int:
        raise LookupError("inside")

    with pytest.raises(LookupError, match="inside"):
        in_background(main)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_at_work_it_puts_everything_away(told):
    cleaned = []

    async def main(ask) -> int:
        try:
            os.kill(os.getpid(), told)
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)
        return 0

    assert in_background(main) == 130
    assert cleaned == [True]


@pytest.mark.demo
@pytest.mark.timeout(240)
def test_told_to_stop_at_the_prompt_it_leaves_no_folder_and_no_process(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout
        shown = ""
        while not shown.endswith("captain> "):
            letter = demo.stdout.read(1)
            assert letter, shown
            shown += letter
        (page,) = re.findall(r"^(http://127\.0\.0\.1:\d+/[\w-]{22}/) *$", shown, re.MULTILINE)
        with urllib.request.urlopen(f"{page}news", timeout=10) as opened:  # a page that is open does not keep it from stopping
            assert b"Rita Manager" in opened.readline()
            demo.send_signal(signal.SIGTERM)
            assert demo.wait(60) == 0
    assert list(tmp_path.iterdir()) == []
