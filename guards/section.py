"""What every part of the policy file is: typed, frozen and closed (POL-01).

Invariant: an unknown key is an error, and so is a value of the wrong shape.
"""

from functools import cached_property

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the policy file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))
