"""What each refusal means and what to do about it: the text of docs/refusals.md.

Invariant: complete; a test holds it to `Refusal` and to the guards that give each code.
"""

from collections.abc import Mapping
from typing import Final

from bot.refusals import artifacts, changes, evidence, hotfixes, people, time, trains
from bot.refusals.meaning import Meaning
from guards.decision import Refusal

_ALL: Mapping[Refusal, Meaning] = {
    code: meaning for part in (people, time, artifacts, evidence, changes, trains, hotfixes) for code, meaning in part.MEANINGS.items()
}

MEANINGS: Final[Mapping[Refusal, Meaning]] = {code: _ALL[code] for code in Refusal}
"""In the order of `Refusal`."""
