"""Finds ticket references in what people write about a change (REC-15).

Invariant: what stands in a comment of an untouched template is no reference.
"""

import re

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_KEY = re.compile(r"(?<![A-Za-z0-9-])[A-Z][A-Z0-9_]{1,9}-[1-9][0-9]{0,8}(?![A-Za-z0-9-])")
# GitHub, "Linking a pull request to an issue using a keyword"
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)?#([1-9][0-9]{0,8})\b", re.IGNORECASE
)
_NO_TICKET = frozenset({"AES", "ISO", "RFC", "SHA", "UTF", "CVE", "TLS", "MD"})


def tickets(repository: str, *texts: str) -> tuple[str, ...]:
    """Every reference in the texts, in order, each once: `PAY-12`, and `octo/api#7` for issues that are closed by keyword.

    Whether a key names a real ticket of the right project is for the policy to say; names of standards (`SHA-256`) are left out.

    Args:
        repository: where `#7` without a name belongs.
        texts: a title, a branch's name, Markdown.
    """
    found: list[str] = []
    for text in (_COMMENT.sub(" ", text) for text in texts):
        found += [key for key in _KEY.findall(text) if key.partition("-")[0] not in _NO_TICKET]
        found += [f"{other or repository}#{number}" for other, number in _CLOSES.findall(text)]
    return tuple(dict.fromkeys(found))
