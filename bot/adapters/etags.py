"""Answers that may be asked for again by "only if it changed" (RFC 9110 13.1.2).

Invariant: an answer is used only after its sender said that it is still the same.
"""

from collections import OrderedDict

from bot.adapters.answers import Answer


class Tagged:
    """The answers used last that carry an ETag.

    Args:
        room: bytes that their bodies may take.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> Answer | None:
        """What is kept for this question."""
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    def put(self, key: str, answer: Answer) -> None:
        """Keep the newest answer to a question, if it can be asked for conditionally."""
        old = self._answers.pop(key, None)
        self._size -= len(old.body) if old else 0
        if "etag" not in answer.headers:
            return
        self._answers[key] = answer
        self._size += len(answer.body)
        while self._size > self._room:
            self._size -= len(self._answers.popitem(last=False)[1].body)
