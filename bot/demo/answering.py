"""How the demo's servers read what they are asked and answer it: models as JSON, refusals as a sentence.

Invariant: what does not fit its model is refused before anything is done.
"""

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

B = TypeVar("B", bound=BaseModel)


async def read(model: type[B], request: web.Request) -> B:
    """The body of a request.

    Raises:
        HTTPUnprocessableEntity: it does not fit.
    """
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        problem = refused(422, str(error.errors()[0]["msg"]))
        raise web.HTTPUnprocessableEntity(text=problem.text, content_type="application/json") from error


def answer(status: int, body: BaseModel) -> web.Response:
    """A model as JSON."""
    return web.json_response(text=body.model_dump_json(), status=status)


def refused(status: int, error: str) -> web.Response:
    """The contract's shape of a refusal: a sentence for people."""
    return web.json_response({"error": error}, status=status)
