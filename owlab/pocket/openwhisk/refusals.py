"""What OpenWhisk refuses, and its sentences."""

from __future__ import annotations


class WhiskError(Exception):
    """An answer other than success; ``message`` is the ``error`` of its body."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}


DOES_NOT_EXIST = "The requested resource does not exist."
FORBIDDEN = "The supplied authentication is not authorized to access this resource."
BAD_AUTHENTICATION = "The supplied authentication is invalid."
NO_AUTHENTICATION = "The resource requires authentication, which was not supplied with the request"
EXISTS = "resource already exists"
OTHER_COLLECTION = "Resource by this name exists but is not in this collection."
NAME_ILLEGAL = "The name of the entity contains illegal characters."
NOT_ON_BINDING = "Operation not permitted on package binding."
NOT_ALLOWED = "Request defines parameters that are not allowed (e.g., reserved properties)."
PROCESSING = "There was an error processing your request."
NOT_READY = "Response not yet ready."
ABNORMAL_INIT = "The action did not initialize and exited unexpectedly."
ABNORMAL_RUN = "The action did not produce a valid response and exited unexpectedly."
MEMORY_EXHAUSTED = "The action exhausted its memory and was aborted."
INCOMPLETE_LOGS = "The action did not initialize or run as expected. Log data might be missing."


def not_found() -> WhiskError:
    """404."""
    return WhiskError(404, DOES_NOT_EXIST)


def forbidden() -> WhiskError:
    """403."""
    return WhiskError(403, FORBIDDEN)


def conflict(message: str = EXISTS) -> WhiskError:
    """409."""
    return WhiskError(409, message)


def malformed(why: str) -> WhiskError:
    """400, as the controller's parser says it."""
    return WhiskError(400, f"The request content was malformed:\n{why}")


def bad_request(message: str) -> WhiskError:
    """400, in the sentence's own words."""
    return WhiskError(400, message)


def too_large(field: str, size: int, allowed: int) -> WhiskError:
    """413."""
    return WhiskError(413, f"{field} larger than allowed: {size} > {allowed} bytes.")


def too_long_result(size: int, allowed: int, text: str) -> str:
    """An activation's error when its result is too large, with its beginning."""
    return (
        f"The action produced a response that exceeded the allowed length: {size} > {allowed} "
        f"bytes. The truncated response was: {text}"
    )


def time_limit(milliseconds: int, *, init: bool) -> str:
    """An activation's error when its action took too long."""
    tail = " during initialization." if init else "."
    return f"The action exceeded its time limits of {milliseconds} milliseconds{tail}"


def log_limit(size: int) -> str:
    """The last line of cut logs."""
    return f"Logs were truncated because the total bytes size exceeds the limit of {size} bytes."
