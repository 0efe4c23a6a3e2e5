"""Finds ticket references in what people write about a change (REC-15).

Invariant: what stands in a comment of an untouched template is no reference.
"""

import re
from functools import lru_cache

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# GitHub, "Linking a pull request to an issue using a keyword"
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)?#([1-9][0-9]{0,8})\b", re.IGNORECASE
)
_NO_TICKET = frozenset({"AES", "ISO", "RFC", "SHA", "UTF", "CVE", "TLS", "MD"})


def tickets(repository: str, *texts: str, key: str) -> tuple[str, ...]:
    """Every reference in the texts, in order, each once: `PAY-12`, and `octo/api#7` for issues that are closed by keyword.

    What a key looks like, and of which projects, is for the policy to say (NAM-07); names of standards (`SHA-256`) are left out.

    Args:
        repository: where `#7` without a name belongs.
        texts: a title, a branch's name, Markdown.
        key: the policy's pattern of a work item; anchors at its ends mean nothing here, as it is looked for in a text.
    """
    found: list[str] = []
    for text in (_COMMENT.sub(" ", text) for text in texts):
        found += [one for one in (match[0] for match in _keys(key).finditer(text)) if one and one.partition("-")[0] not in _NO_TICKET]
        found += [f"{other or repository}#{number}" for other, number in _CLOSES.findall(text)]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8)
def _keys(key: str) -> re.Pattern[str]:
    inner = re.sub(r"^\^|(?<!\\)\$$", "", key)
    return re.compile(rf"(?<![A-Za-z0-9-])(?:{inner})(?![A-Za-z0-9-])")
