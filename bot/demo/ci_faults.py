"""What the demo CI does wrong when it is told to.

Invariant: a fault is used up after the stated number of times; then everything is well again.
"""

from typing import Literal

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """What goes wrong next.

    Args:
        mode: `slow` (the run takes `seconds`), `down` (503), `silent` (no callbacks), `drop_answer` (takes the order, loses the answer),
            `fail` (the run fails), `registry_down` (the registry beside it answers 503), `ok` (nothing).
        times: for how many orders; for `down` and `registry_down`, for how many requests.
        seconds: for `slow`.
    """

    mode: Literal["slow", "down", "silent", "drop_answer", "fail", "registry_down", "ok"]
    times: int = Field(default=1, ge=1, le=1000)
    seconds: float = Field(default=3.0, ge=0, le=600)


class Faults:
    """The fault that is set, counted down."""

    def __init__(self) -> None:
        self._fault, self._left = Fault(mode="ok"), 0

    def set(self, fault: Fault) -> None:
        """Replace the fault; `ok` ends it."""
        self._fault, self._left = fault, fault.times if fault.mode != "ok" else 0

    def order(self) -> Fault:
        """The fault for this order."""
        return Fault(mode="ok") if self._fault.mode in {"down", "registry_down"} else self._use()

    def _use(self) -> Fault:
        if not self._left:
            return Fault(mode="ok")
        self._left -= 1
        return self._fault

    def down(self) -> bool:
        """Whether this request meets a CI that is down."""
        return self._fault.mode == "down" and self._use().mode == "down"

    def registry_down(self) -> bool:
        """Whether this request meets a registry that is down."""
        return self._fault.mode == "registry_down" and self._use().mode == "registry_down"
