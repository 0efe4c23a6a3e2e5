"""Says in words why an HTTP call came to no answer.

Invariant: no sentence here carries anything that the call or the neighbour said.
"""

import socket
import ssl
from collections.abc import Iterator

import httpx


def failure_words(error: Exception, *, connect: float, read: float) -> str:
    """A clause whose subject is "it".

    Args:
        error: of httpx.
        connect: seconds that a connection may take.
        read: seconds that may pass without a byte.
    """
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "its name could not be resolved"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "its TLS certificate could not be verified"
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return f"no connection within {connect:g} s"
        case httpx.ConnectError():
            refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes)
            return "it refused the connection" if refused else "no connection could be made"
        case httpx.ProxyError():
            return "the proxy could not reach it"
        case httpx.TimeoutException():
            return f"no answer within {read:g} s"
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return "its address is not a valid URL"
        case _:
            return "the connection broke off"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
