"""Garbage collection of a program that serves: what it is made of stays, and is not walked again while people wait (OPS-12).

Invariant: the collector is off only while the program is put together, where next to nothing is garbage; afterwards it is on.
"""

import gc

YOUNG = 10_000
"""Objects that are made before the collector looks at them, some thousand kilobytes; Python's own 700 are made for two deliveries."""


def pause() -> None:
    """The program is being put together: a tenth of that would be spent on looking for garbage."""
    gc.disable()


def settle() -> None:
    """What is there now stays: it is looked through once, and never again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    gc.enable()
