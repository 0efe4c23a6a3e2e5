"""Writes the files that the demo's servers remember things in.

Invariant: a file is replaced atomically and durably, so whoever reads it sees the old or the new content, whole.
"""

import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Replace a file, and make its folder if there is none.

    Args:
        path: of the file.
        content: all of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
