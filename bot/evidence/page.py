"""The index page of an evidence bundle: what a person reads first, in any browser, without a network (AUD-03, AUD-05).

Invariant: pure; every value is escaped, there is no script, and nothing is loaded or linked from outside the bundle (SEC-09).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Any

from bot.evidence.manifest import File, Lacking, Manifest, Source
from commands.core.bundle import EvidenceClass, Trail
from storage.chain import Row

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:1px solid #8888}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;
border-bottom:1px solid #8884}th{white-space:nowrap}code{font-size:.85em;overflow-wrap:anywhere}.no{color:#b3261e}.yes{color:#1b6e3c}
@media(prefers-color-scheme:dark){.no{color:#ff8a80}.yes{color:#81c995}}ul{margin:.2rem 0;padding-left:1.2rem}
""".strip().replace("\n", "")

_MARKS = {"allow": ("yes", "allowed"), "refuse": ("no", "refused"), "unsure": ("no", "could not be verified")}


def page(made: Manifest, rows: Sequence[Row]) -> str:
    """The page.

    Args:
        made: the manifest, without this page in it.
        rows: the entries of the ledger about the version, in order.
    """
    title = f"Evidence of {made.service} {made.version}"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">""",
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            *_about(made),
            "<h2>Audit trail</h2>",
            *_trail(made),
            *(line for kind in EvidenceClass for line in _class(made, kind.value)),
            "<h2>Decisions</h2>",
            *_decisions(rows),
            "<h2>The ledger</h2>",
            *_ledger(made),
            "</body></html>\n",
        )
    )


def _about(made: Manifest) -> Iterable[str]:
    signed = f"by {_code(made.key)}" if made.key else '<strong class="no">not signed</strong>'
    facts = {
        "service": escape(made.service),
        "version": _code(made.version),
        "repository": _code(made.repository),
        "digest": _code(made.digest),
        "commit": _code(made.commit),
        "made": f"{_moment(made.made_at)} for {escape(made.made_by_name)} ({escape(made.made_by)})",
        "policy": _code(made.policy),
        "signed": signed,
        "program": f"Signalbox {escape(made.signalbox)}",
    }
    yield f"<p>{len(made.files)} files, {len(made.ledger.shown)} entries of the ledger, {len(made.lacking)} things that are not here.</p>"
    yield from _table((), ((f"<strong>{name}</strong>", value) for name, value in facts.items()))
    yield "<p>Prove it without a network: <code>signalbox evidence verify &lt;this zip&gt; --key public.pem</code>.</p>"


def _trail(made: Manifest) -> Iterable[str]:
    """The six items, each with what carries it, or why nothing does."""
    rows = []
    for item in Trail:
        here = [_link(file) for file in made.files if item.value in file.source.trail]
        gone = [_gone(each) for each in made.lacking if item.value in each.source.trail]
        found = "".join(f"<li>{each}</li>" for each in (*here, *gone)) or '<li class="no">nothing was found</li>'
        rows.append((f'<span class="{"yes" if here else "no"}">{escape(item.value)}</span>', f"<ul>{found}</ul>"))
    yield from _table((), rows)


def _class(made: Manifest, kind: str) -> Iterable[str]:
    yield f"<h2>{escape(kind[:1].upper() + kind[1:])}</h2>"
    rows = [
        (_link(file), escape(file.source.system), _keys(file.source), _moment(file.source.read_at), _code(file.sha256))
        for file in made.files
        if file.source.kind == kind
    ]
    rows += [
        (_gone(each), escape(each.source.system), _keys(each.source), _moment(each.source.read_at), "")
        for each in made.lacking
        if each.source.kind == kind
    ]
    yield from _table(("what", "source", "found there by", "read", "SHA-256"), rows)


def _decisions(rows: Sequence[Row]) -> Iterable[str]:
    """Both sides of every decision: what was allowed and what was refused, by which guard, for whom (AUD-01)."""
    yield from _table(
        ("#", "when", "what", "who", "where", "answers and reasons"),
        (
            (
                str(row.seq),
                escape(row.at[:19].replace("T", " ")) + " UTC",
                _code(row.tag),
                escape(f"{row.actor_name} ({row.actor})" + (f", {row.roles.replace(',', ', ')}" if row.roles else "")),
                escape(" ".join(filter(None, (row.subject, row.environment)))),
                _told(json.loads(row.body)),
            )
            for row in rows
        ),
    )


def _told(body: dict[str, Any]) -> str:
    lines = []
    for answer in body.get("answers", ()):
        look, word = _MARKS[answer["answer"]]
        why = str(answer.get("why") or "") if answer["answer"] != "unsure" else f"{answer.get('missing')} {answer.get('why') or ''}"
        lines.append(f'<li><span class="{look}">{word}</span> by {escape(answer["guard"])}: {escape(why)}</li>')
    lines += [
        f"<li>{escape(name.replace('_', ' '))}: {escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))}</li>"
        for name, value in body.items()
        if name not in {"answers", "seen"} and value not in ("", None, [], {})
    ]
    return f"<ul>{''.join(lines)}</ul>" if lines else ""


def _ledger(made: Manifest) -> Iterable[str]:
    chain = made.ledger
    yield '<p><a href="ledger.jsonl">ledger.jsonl</a> holds the entries above in full, and of all others only the hash of their content:'
    yield f"entries {chain.after + 1} to {chain.head}. It follows {_code(chain.after_hash)} and ends with {_code(chain.head_hash)},"
    yield "which was the last entry of the ledger when this was made. Compare that hash with the one that was noted elsewhere.</p>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """Cells are HTML already."""
    yield "<table>"
    if heads:
        yield f"<tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>"
    for cells in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</table>"


def _link(file: File) -> str:
    return f'<a href="{escape(file.path)}">{escape(file.source.title)}</a>'


def _gone(lacking: Lacking) -> str:
    if lacking.state == "absent":
        return f'<span class="no">There is no {escape(lacking.what)}.</span>'
    return f'<span class="no">Could not be read: {escape(lacking.what)}{escape(f" ({lacking.why})" if lacking.why else "")}</span>'


def _keys(source: Source) -> str:
    keys = [f"{escape(name)} {_code(value)}" for name, value in source.keys.items()]
    return "<br>".join([*keys, *([_code(source.url)] if source.url else [])])


def _code(value: str | None) -> str:
    return f"<code>{escape(value)}</code>" if value else "nobody knows"


def _moment(at: datetime) -> str:
    return escape(f"{at:%Y-%m-%d %H:%M:%S} UTC")
