"""What keeps a hotfix from beginning, going out or ending."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.NO_SUCH_HOTFIX: Meaning(
        ("known_hotfix", "shipped", "closable_hotfix", "classified"),
        "There is no hotfix with this id, or none that makes the version of an emergency that is declared as a hotfix.",
        "`/release hotfix list` shows those that there are; `/release hotfix start` begins one.",
    ),
    Refusal.HOTFIX_UNDER_WAY: Meaning(
        ("alone_under_way",),
        "Another hotfix of the service is begun and does not run yet. Of two that are built from the same base, one would take the other "
        "out.",
        "Bring the fix into the branch of the other one, wait until it runs, or give it up: `/release hotfix close <hotfix> <reason>`.",
    ),
    Refusal.NOT_FROM_PRODUCTION: Meaning(
        ("grounded", "confirmed", "hotfixed"),
        "A hotfix is made from exactly what production runs. Production runs something else than was confirmed or than the hotfix was "
        "begun from, nothing is on record that runs there, or the branch does not descend from it, or holds more of main.",
        "Look at what runs now. A branch that begins elsewhere is removed and made anew; a hotfix that was overtaken is given up.",
    ),
    Refusal.NOT_THE_FIX: Meaning(
        ("hotfixed",),
        "The version brings something that no pull request into the hotfix branch brought, brings nothing, or brings the work of a hotfix "
        "under another version than the hotfix has.",
        "Take off what does not belong there, have the fix come in by a reviewed pull request, and have CI build the hotfix's own version.",
    ),
    Refusal.REUSED: Meaning(
        ("hotfixed",),
        "The hotfix has the digest of another version: nothing was built anew.",
        "Have CI build the hotfix from its branch.",
    ),
    Refusal.NOT_PORTED: Meaning(
        ("forward_ported",),
        "Production has a fix that main or a release branch lacks: the next version would bring back what was mended.",
        "Bring the fix to each branch that is named, by a pull request that names its ticket and its version, or ask for an exception.",
    ),
}
