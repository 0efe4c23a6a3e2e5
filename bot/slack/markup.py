"""Text as Slack's mrkdwn, for the places where rich text cannot stand, and the cutting of what is too long.

Invariant: nothing that a person typed can act as markup: the three escapes, formatting characters defused, no links of Slack's own
making (SEC-09; https://docs.slack.dev/messaging/formatting-message-text).
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import MarkdownTextObject

from commands.core.text import Bold, Code, Line, Link, Mention, Moment, Span

DATE = "{date_short_pretty} {time}"
_DEFUSED = str.maketrans({c: c + "\u200b" for c in "*_~`"})


def marked(line: Line, longest: int) -> MarkdownTextObject:
    """A line as a text object, at most so many characters."""
    # verbatim: Slack makes no links of its own from what stands there
    return MarkdownTextObject(text=mrkdwn(line, longest) or " ", verbatim=True)


def mrkdwn(line: Line, longest: int) -> str:
    """A line as Slack's mrkdwn, for the places where rich text cannot stand; cut between characters, never inside of markup.

    Args:
        line: what to show.
        longest: characters, markup and escapes counted.
    """
    drawn = ""
    for span in line:
        piece = _span(span)
        if len(drawn) + len(piece) > longest - 1:
            return drawn + _fitting(span, longest - 1 - len(drawn)) + "…"
        drawn += piece
    return drawn


def _fitting(span: str | Span, most: int) -> str:
    """As much of a text as fits once it is escaped; of anything else all or nothing."""
    if not isinstance(span, str | Code | Bold):
        return ""
    text = span if isinstance(span, str) else span.text
    low, high = 0, min(len(text), most)
    while low < high:  # the escaped length only grows with the text
        middle = (low + high + 1) // 2
        piece = text[:middle] if isinstance(span, str) else replace(span, text=text[:middle])
        low, high = (middle, high) if len(_span(piece)) <= most else (low, middle - 1)
    piece = text[:low] if isinstance(span, str) else replace(span, text=text[:low])
    return _span(piece) if low else ""


def escape(text: str) -> str:
    """Slack's three escapes: nothing in the text can become a mention, a channel or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _span(span: str | Span) -> str:
    match span:
        case str():
            return escape(span).translate(_DEFUSED)
        case Mention(slack=slack):
            return f"<@{slack}>"
        case Moment():
            return f"<!date^{int(span.at.timestamp())}^{DATE}|{own(span)}> ({own(span)})"
        case Code(text=text):
            return f"`{escape(text).replace('`', 'ˋ')}`" if text else ""
        case Bold(text=text):
            return f"*{escape(text).translate(_DEFUSED)}*" if text else ""
        case Link(url=url, text=text) if not is_web(url):
            return escape(text or url).translate(_DEFUSED)
        case Link(url=url, text=text):
            return f"<{escape(url).replace('|', '%7C')}|{escape(text or url).translate(_DEFUSED).replace('|', '¦')}>"


def own(moment: Moment) -> str:
    """The service's own time, beside the reader's."""
    return f"{moment.at.astimezone(ZoneInfo(moment.zone)):%a %H:%M} {moment.zone}"


def is_web(url: str) -> bool:
    """Whether Slack takes it as the address of a link."""
    return url.startswith(("http://", "https://")) and len(url) <= 3000


def cut(text: str, longest: int) -> str:
    """The text, or its beginning with a sign that there was more."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
