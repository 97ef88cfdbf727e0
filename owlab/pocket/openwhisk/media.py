"""Media types as the controller's HTTP library knows them: which are text, which are bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = r"[!#$%&'*+.^_`|~\w-]+"
PATTERN = re.compile(rf"\s*({TOKEN})/({TOKEN})\s*((?:;\s*{TOKEN}=(?:{TOKEN}|\"[^\"]*\")\s*)*)")
# Text whose charset is told with it, and text that is UTF-8 by its definition. What is in neither
# list is bytes, unless a charset is told.
OPEN = (
    "application/atom+xml", "application/javascript", "application/rss+xml",
    "application/soap+xml", "application/vnd.google-earth.kml+xml", "application/x-latex",
    "application/xhtml+xml", "application/xml", "application/xml-dtd", "application/x-javascript",
    "application/mathml+xml",
)  # fmt: skip
FIXED = (
    "application/json", "application/json-patch+json", "application/merge-patch+json",
    "application/problem+json", "application/x-www-form-urlencoded", "application/grpc+proto",
    "application/json-seq", "application/manifest+json", "application/vnd.api+json",
)  # fmt: skip
BYTES = ("application/octet-stream", "application/pdf", "application/zip", "application/gzip")


@dataclass(frozen=True, slots=True)
class Media:
    """A media type, and whether its charset was told."""

    name: str
    charset: bool = False

    @property
    def binary(self) -> bool:
        """Bodies of this type are bytes."""
        main = self.name.split("/")[0]
        if main == "text" or self.name in (*OPEN, *FIXED):
            return False
        if main in ("image", "audio", "video", "font") or self.name in BYTES:
            return True
        return not self.charset

    @property
    def json(self) -> bool:
        """JSON, or a kind of it."""
        return self.name == "application/json" or self.name.endswith("+json")

    @property
    def header(self) -> str:
        """As a ``Content-Type``."""
        if self.binary or self.name in FIXED:
            return self.name
        return f"{self.name}; charset=UTF-8"


def media(text: str) -> Media | None:
    """A ``Content-Type``; None for what is none."""
    found = PATTERN.fullmatch(text)
    if found is None:
        return None
    return Media(f"{found[1]}/{found[2]}".lower(), "charset=" in found[3].lower())
