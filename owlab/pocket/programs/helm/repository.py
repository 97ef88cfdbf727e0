"""Chart repositories: which ones a user has added, their indexes, and versions of charts."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from owlab.pocket.ground import internet
from owlab.pocket.ground.yaml_text import dump_yaml, load_yaml
from owlab.pocket.programs.base import Call
from owlab.pocket.programs.helm.environment import cache_home, config_home
from owlab.pocket.programs.helm.files import CannotRead, read_bytes, write_bytes
from owlab.pocket.programs.helm.remote import HelmFailed

if TYPE_CHECKING:
    from owlab.pocket.programs.helm.invocation import HelmInvocation

Index = dict[str, Any]
Entry = dict[str, Any]


def download(url: str, redirects: int = 5) -> bytes:
    """What an address holds; raises HelmFailed in the words of Helm's downloader."""
    page = internet.fetch(url)
    if page is None:
        host = urlsplit(url).hostname
        raise HelmFailed(f'Get "{url}": dial tcp: lookup {host} on 127.0.0.53:53: no such host')
    if page.location and redirects:
        return download(page.location, redirects - 1)
    if page.status != 200:
        reason = {404: "Not Found"}.get(page.status, "")
        raise HelmFailed(f"failed to fetch {url} : {page.status} {reason}".rstrip())
    return page.content


def download_index(url: str) -> Index:
    """The index of the repository at ``url``; raises HelmFailed."""
    index = load_yaml(download(f"{url.rstrip('/')}/index.yaml"))
    if not isinstance(index, dict) or "entries" not in index:
        raise HelmFailed("no API version specified")
    return index


def no_repository(url: str, problem: HelmFailed) -> HelmFailed:
    """What Helm says of an address that turned out to be no repository."""
    return HelmFailed(
        f'looks like "{url}" is not a valid chart repository or cannot be reached: {problem}'
    )


@dataclass
class Repositories:
    """The repositories of one user of a machine, as its files say."""

    call: Call
    config: str
    cache: str

    @classmethod
    def of(cls, helm: HelmInvocation) -> Repositories:
        """Those of the user who runs ``helm``."""
        call, env = helm.call, helm.call.env
        return cls(
            call,
            helm["repository-config"]
            or env.get("HELM_REPOSITORY_CONFIG")
            or posixpath.join(config_home(call), "repositories.yaml"),
            helm["repository-cache"]
            or env.get("HELM_REPOSITORY_CACHE")
            or posixpath.join(cache_home(call), "repository"),
        )

    def entries(self) -> list[Entry]:
        """Every repository, in the order in which they were added."""
        try:
            content = load_yaml(read_bytes(self.call, self.config))
        except CannotRead as problem:
            if problem.reason != "no such file or directory":
                raise
            return []
        entries = (content or {}).get("repositories") or []
        return [entry for entry in entries if isinstance(entry, dict)]

    def url(self, name: str) -> str | None:
        """The address of a repository, or None for an unknown name."""
        return next((str(entry["url"]) for entry in self.entries() if entry["name"] == name), None)

    def save(self, entries: list[Entry]) -> None:
        """Write the list of repositories."""
        document = {
            "apiVersion": "",
            "generated": "0001-01-01T00:00:00Z",
            "repositories": [{**_BLANK, **entry} for entry in entries],
        }
        write_bytes(self.call, self.config, dump_yaml(document, sort_keys=True).encode(), 0o600)

    def index_path(self, name: str) -> str:
        """Where a repository's index is kept."""
        return posixpath.join(self.cache, f"{name}-index.yaml")

    def refresh(self, name: str, url: str) -> None:
        """Download a repository's index and keep it; raises HelmFailed."""
        index = download_index(url)
        write_bytes(self.call, self.index_path(name), dump_yaml(index, sort_keys=True).encode())
        names = "".join(f"{chart}\n" for chart in sorted(index["entries"]))
        write_bytes(self.call, posixpath.join(self.cache, f"{name}-charts.txt"), names.encode())

    def cached_index(self, name: str) -> Index:
        """The index as it was downloaded last; raises CannotRead."""
        index: Index = load_yaml(read_bytes(self.call, self.index_path(name)))
        return index

    def forget(self, name: str) -> None:
        """Remove a repository's cached files."""
        for file in (self.index_path(name), posixpath.join(self.cache, f"{name}-charts.txt")):
            if self.call.fs.exists(self.call.path(file)):
                self.call.fs.remove(self.call.path(file))


_BLANK = {
    "caFile": "",
    "certFile": "",
    "insecure_skip_tls_verify": False,
    "keyFile": "",
    "pass_credentials_all": False,
    "password": "",
    "username": "",
}

# --- versions -------------------------------------------------------------------------------------

Version = tuple[int, int, int, int, str]
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.\-]+))?(?:\+.*)?")
_TERM = re.compile(r"(=|!=|>=|<=|>|<|~|\^|)\s*(v?[0-9xX*][0-9A-Za-z.\-+*]*)")


def version_key(text: str) -> Version:
    """A sortable form of a semantic version; a pre-release sorts before its release."""
    match = _VERSION.fullmatch(text)
    if not match:
        return (-1, 0, 0, 0, text)
    major, minor, patch = (int(part or 0) for part in match.group(1, 2, 3))
    return (major, minor, patch, 0 if match[4] else 1, match[4] or "")


def satisfies(version: str, constraint: str) -> bool:
    """A version is within a constraint such as ``4.0.18``, ``^4.0``, ``>=1 <3`` or ``1 || 2``."""
    have = version_key(version)
    for alternative in constraint.split("||"):
        terms = [(op, text) for op, text in _TERM.findall(alternative)]
        stable = have[3] == 1 or any("-" in text for _, text in terms)
        if terms and stable and all(_fits(have, op, text) for op, text in terms):
            return True
    return False


def _fits(have: Version, operator: str, text: str) -> bool:
    parts = text.lstrip("v").split("-")[0].split("+")[0].split(".")
    fixed = [int(part) for part in parts if part.isdigit()]
    if operator in ("", "=") and (len(fixed) < 3 or not all(p.isdigit() for p in parts)):
        return list(have[: len(fixed)]) == fixed
    want = version_key(text) if len(fixed) == 3 else version_key(".".join(map(str, fixed or [0])))
    if operator in ("~", "^"):
        keep = 1 if operator == "^" and have[0] else min(2, max(len(fixed), 1))
        return have >= want and have[:keep] == want[:keep]
    return {
        "": have == want,
        "=": have == want,
        "!=": have != want,
        ">": have > want,
        ">=": have >= want,
        "<": have < want,
        "<=": have <= want,
    }[operator]


def versions_of(index: Index, name: str) -> list[Entry]:
    """The versions of a chart, newest first; raises LookupError with Helm's reason."""
    found = (index.get("entries") or {}).get(name)
    if not found:
        raise LookupError("no chart name found")
    return sorted(found, key=lambda entry: version_key(str(entry["version"])), reverse=True)


def pick(index: Index, name: str, constraint: str) -> Entry:
    """The newest version of a chart within a constraint; raises LookupError with Helm's reason."""
    entries = versions_of(index, name)
    for entry in entries:
        version = str(entry["version"])
        if version == constraint:
            return entry
        if satisfies(version, constraint or ">=0.0.0"):
            return entry
    raise LookupError(f"no chart version found for {name}-{constraint}")
