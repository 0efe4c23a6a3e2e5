"""The Web API methods about files: an address for the bytes, then sharing what came (files.*External).

Invariant: a file is seen only after it was shared, once, in a conversation that the bot is in, and its bytes are as many as were told.
Source: Slack's Web API reference; "Working with files", "Uploading files".
"""

from typing import Any

from bot.workspace.api_conversations import writable
from bot.workspace.arguments import Arguments, Refused, invalid
from bot.workspace.pictures import is_picture
from bot.workspace.state import BOT_USER, State, Upload, stable_id
from bot.workspace.text import Json

MOST = 1024**3
"""Bytes of one file: 1 GB for an app."""


def upload_url(state: State, given: Arguments) -> Json:
    """files.getUploadURLExternal; the server adds its own origin to the address."""
    name, length = given.text("filename"), given.number("length", 0)
    if length < 1:
        raise Refused("missing_argument")
    if length > MOST:
        raise Refused("file_upload_size_restricted")
    file = Upload(stable_id("F", f"{name}{state.number()}"), name, length)
    state.uploads[file.id] = file
    return {"ok": True, "upload_url": f"/upload/{file.id}", "file_id": file.id}


def take(state: State, id: str, content: bytes) -> tuple[int, str]:  # noqa: A002
    """The bytes that came to an address: HTTP status and body."""
    file = state.uploads.get(id)
    if file is None or file.content is not None:
        return 404, "no such upload"
    if len(content) != file.length:
        return 400, "the file has another length than was told"
    file.content = content
    return 200, f"OK - {len(content)}"


def complete(state: State, given: Arguments) -> Json:
    """files.completeUploadExternal: shared in one conversation, or kept private when none is named."""
    listed: Any = given.data("files")
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise invalid(["[ERROR] must provide files [json-pointer:/files]"])
    found = [state.uploads.get(str(each.get("id"))) for each in listed]
    files: list[Json] = []
    for each, file in zip(listed, found, strict=True):
        if file is None or file.content is None or file.shared:
            raise Refused("file_not_found")
        title = each.get("title") or file.name
        files.append({"id": file.id, "name": file.name, "title": title, "size": file.length, "picture": is_picture(file)})
    channel = given.maybe("channel_id")
    if channel is not None:
        message = state.add_message(writable(state, channel).id, BOT_USER, given.text("initial_comment", ""), [])
        message.files = files
    for file in found:
        assert file is not None
        file.shared = True
    return {"ok": True, "files": [{"id": each["id"], "title": each["title"]} for each in files]}
