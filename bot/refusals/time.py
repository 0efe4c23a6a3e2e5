"""What is not allowed now."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.OUTSIDE_WINDOW: Meaning(
        ("in_window", "in_its_slot"),
        "No change window of this service is open there now, or another one than that of the run by which it has its go.",
        "Wait: the refusal and the card say when the next one opens. An approved change then goes out by itself, judged once more.",
    ),
    Refusal.FROZEN: Meaning(
        ("not_frozen", "takes_merges"),
        "A freeze holds this place, or the branch. The refusal names who declared it, why, and until when.",
        "Wait until it lifts, or ask whoever may lift it (`/release freeze list`). Where nothing but time speaks against it, "
        "a button queues it for the next allowed time; it is judged once more then.",
    ),
    Refusal.LEAD_TIME: Meaning(
        ("announced",),
        "A normal change of this risk has to be known for some time before it goes out, and it is not yet.",
        "Wait: the refusal says until when. It can be approved meanwhile, and goes out by itself.",
    ),
}
