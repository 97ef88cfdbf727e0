"""Errors of the Kubernetes API, as clients see them: a Status with a reason and a code."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error that a client is told of as a ``Status``."""

    code = 500
    reason = "InternalError"

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.list_meta: dict[str, Any] = {}

    def status(self) -> dict[str, Any]:
        """The ``Status`` object."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.list_meta,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details is not None:
            status["details"] = self.details
        return status


class BadRequest(ApiError):
    code, reason = 400, "BadRequest"


class Misdirected(ApiError):
    """Of a browser that was led here by a name of somebody else's."""

    code, reason = 421, "MisdirectedRequest"


class Unauthorized(ApiError):
    code, reason = 401, "Unauthorized"


class NotFound(ApiError):
    code, reason = 404, "NotFound"


class NoSuchResource(NotFound):
    """A path that the server does not have."""

    def __init__(self) -> None:
        # kubectl reads the details without looking whether there are any.
        super().__init__("the server could not find the requested resource", details={})


class MethodNotAllowed(ApiError):
    code, reason = 405, "MethodNotAllowed"


class AlreadyExists(ApiError):
    code, reason = 409, "AlreadyExists"


class Conflict(ApiError):
    code, reason = 409, "Conflict"


class Forbidden(Conflict):
    """What a rule of the cluster does not let happen now, whoever asks."""

    code, reason = 403, "Forbidden"

    def __init__(self, resource: str, name: str, why: str) -> None:
        super().__init__(f'{resource} "{name}" is forbidden: {why}')


class Denied(ApiError):
    """What this user may not do, or what the cluster's policies do not let in."""

    code, reason = 403, "Forbidden"

    def __init__(self, group: str, plural: str, name: str, why: str) -> None:
        resource = f"{plural}.{group}" if group else plural
        what = f'{resource} "{name}"' if name else resource
        details = {
            **({"name": name} if name else {}),
            **({"group": group} if group else {}),
            **({"kind": plural} if plural else {}),
        }
        super().__init__(f"{what} is forbidden: {why}" if what else f"forbidden: {why}", details)


class Expired(ApiError):
    code, reason = 410, "Expired"


class UnsupportedMediaType(ApiError):
    code, reason = 415, "UnsupportedMediaType"


class TooManyRequests(ApiError):
    code, reason = 429, "TooManyRequests"


class ServiceUnavailable(ApiError):
    """Of a server behind the API server that does not run."""

    code, reason = 503, "ServiceUnavailable"


class Invalid(ApiError):
    code, reason = 422, "Invalid"


class NotTyped(ApiError):
    """Of server-side apply. Kubernetes itself gives it no reason, and this code."""

    code, reason = 500, ""


class TooLarge(ApiError):
    code, reason = 413, "RequestEntityTooLarge"


class Internal(ApiError):
    """A mistake of ours. What happened stands in the log under ``name``."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Internal error occurred: in the lab's daemon.log it is called {name}")


class ResourceVersionSet(ApiError):
    """An object that is to be made says that it is there already."""

    reason = ""

    def __init__(self) -> None:
        super().__init__("resourceVersion should not be set on objects to be created")


class KubeletUnreached(ApiError):
    """The node's kubelet does not answer: K3s asks it through a proxy of its own."""

    reason = ""

    def __init__(self, before: str, address: str) -> None:
        place = f"{address}:10250"
        super().__init__(
            f"{before}: proxy error from 127.0.0.1:6443 while dialing {place}, "
            "code 502: 502 Bad Gateway"
        )


class NotImplementedHere(ApiError):
    code, reason = 501, "NotImplemented"


class StorageFull(ApiError):
    code, reason = 507, "InsufficientStorage"
