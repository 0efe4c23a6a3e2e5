"""What Slack never shows, beside the demo's page: the request as judged, the ledger, and what CI was asked.

Invariant: everything is read from the ledger and from CI's own log, and nothing is left out of a judgement.
"""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.demo.playground import Playground
from bot.workspace.text import Json
from storage.chain import Row

_ROWS, _CALLS = 60, 30


async def panel(company: Playground, zone: str) -> Json:
    """Everything that the panel shows, newest first; times in `zone`."""
    rows = await company.ledger()
    judged = next((row for row in reversed(rows) if '"guard":' in row.body), None)
    return {
        "judged": _judged(judged) if judged else None,
        "ledger": [
            {"seq": r.seq, "at": _time(r.at, zone), "tag": r.tag, "who": r.actor_name, "about": r.subject or _place(r)}
            for r in rows[: -_ROWS - 1 : -1]
        ],
        "calls": [{**each, "at": _time(each["at"], zone)} for each in (await company.ci.calls())[: -_CALLS - 1 : -1]],
    }


def _judged(row: Row) -> Json:
    """The newest entry that tells what every guard said."""
    body = json.loads(row.body)
    asked = (body.get("seen") or {}).get("request") or {}
    what = " ".join(
        filter(None, (asked.get("service"), asked.get("version"), "→" if asked.get("environment") else "", asked.get("environment")))
    )
    answers = [{"guard": each["guard"], "answer": each["answer"], "why": _why(each), "code": each.get("code")} for each in _answers(body)]
    return {"seq": row.seq, "tag": row.tag, "who": row.actor_name, "what": what or row.subject or "", "answers": answers}


def _answers(body: Json) -> list[Json]:
    """What the guards said; of a cutoff, about each repository."""
    found: list[Json] = body.get("answers") or [each for source in body.get("sources", ()) for each in source["answers"]]
    return found


def _why(answer: Json) -> str:
    if answer["answer"] == "unsure":
        return f"could not read {answer['missing']}" + (f": {answer['why']}" if answer["why"] else "")
    return str(answer["why"])


def _place(row: Row) -> str:
    return " ".join(filter(None, (row.service, row.environment)))


def _time(at: str, zone: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(ZoneInfo(zone)):%a %H:%M:%S}"
