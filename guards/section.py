"""What every part of the policy file is: typed, frozen and closed (POL-01).

Invariant: an unknown key is an error, and so is a value of the wrong shape.
"""

from functools import cached_property
from typing import Self

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the policy file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    def __copy__(self) -> Self:  # type: ignore[explicit-override]  # `override` comes with 3.12
        """Without what was concluded from this part: of a copy with another word in it, it would not hold."""
        copied = super().__copy__()
        for concluded in copied.__dict__.keys() - type(self).model_fields:
            del copied.__dict__[concluded]
        return copied
