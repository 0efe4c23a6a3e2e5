"""Block Kit in few words, and an open page as a browser has it."""

import json


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


def button(label: str, value: str = "1", **more) -> dict:
    return {"type": "button", "action_id": "go", "text": plain(label), "value": value, **more}


def card(*elements: dict) -> list[dict]:
    return [{"type": "actions", "block_id": "all", "elements": list(elements)}]


def asks(block_id: str, element: dict, **more) -> dict:
    return {"type": "input", "block_id": block_id, "label": plain(block_id.title()), "element": {"action_id": "a", **element}, **more}


def form(*blocks: dict) -> dict:
    return {"type": "modal", "callback_id": "ask", "title": plain("Ask"), "submit": plain("Send"), "blocks": list(blocks)}


def heard(bot) -> dict:
    return json.loads(bot.heard[-1].form["payload"])


class Tab:
    """One open page, as a browser has it: the first news, then what changed."""

    def __init__(self, stream) -> None:
        self._stream = stream
        self.messages: dict[str, dict] = {}

    async def news(self) -> dict:
        async for line in self._stream.content:
            if line.startswith(b"data: "):
                told = json.loads(line[6:])
                for key, message in told["messages"].items():
                    self.messages.pop(key, None)
                    if message:
                        self.messages[key] = message
                return told
        raise EOFError

    async def until(self, so) -> dict:
        while not so(told := await self.news()):
            pass
        return told
