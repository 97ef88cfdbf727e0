"""What curl's ``-w`` tells of a request that is over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from owlab.pocket.network.programs.web import OutgoingRequest, Response

_PLACE = re.compile(r"%%|%\{(?P<name>[^}]*)\}|%header\{(?P<header>[^}]*)\}|\\[nrt]")
UNMEASURED = re.compile(
    "time_.*|speed_upload|size_(header|request)|(remote|local)_.*|num_.*|ssl_.*"
)
"""Variables of the real curl's for which the lab has no value."""
_PLAIN = {"%%": "%", "\\n": "\n", "\\r": "\r", "\\t": "\t"}


@dataclass(frozen=True)
class Outcome:
    """How one URL went."""

    url: str
    """As it was typed."""
    request: OutgoingRequest | None = None
    """The last one, after redirections."""
    answer: Response | None = None
    size: int = 0
    seconds: float = 0.0
    begun: float = 0.0
    """After how many seconds the answer began."""
    redirects: int = 0
    code: int = 0
    said: str = ""


def written(text: str, outcome: Outcome) -> tuple[str, list[str]]:
    """The text with its variables put in, and the names of those that there are not."""
    values, unknown = _values(outcome), []

    def put(place: re.Match[str]) -> str:
        if place["header"] is not None:
            return outcome.answer.header(place["header"]) if outcome.answer else ""
        if place["name"] is None:
            return _PLAIN[place[0]]
        if place["name"] not in values:
            unknown.append(place["name"])
        return values.get(place["name"], "")

    return _PLACE.sub(put, text), unknown


def _values(outcome: Outcome) -> dict[str, str]:
    answer, request = outcome.answer, outcome.request
    code = f"{answer.status if answer else 0:03d}"
    url = request.url if request else outcome.url
    place = answer.header("Location") if answer else ""
    return {
        "http_code": code,
        "response_code": code,
        "http_version": "1.1" if answer else "0",
        "content_type": answer.header("Content-Type") if answer else "",
        "size_download": str(outcome.size),
        "size_upload": str(len((request and request.body) or b"")),
        "speed_download": str(int(outcome.size / outcome.seconds) if outcome.seconds else 0),
        "time_starttransfer": f"{outcome.begun:.6f}",
        "time_total": f"{outcome.seconds:.6f}",
        "url": outcome.url,
        "url_effective": url,
        "method": request.method if request else "",
        "scheme": urlsplit(url).scheme.upper() if answer else "",
        "redirect_url": urljoin(url, place) if place else "",
        "num_redirects": str(outcome.redirects),
        "exitcode": str(outcome.code),
        "errormsg": outcome.said,
    }
