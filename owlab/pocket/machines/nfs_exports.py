"""The language of ``/etc/exports``: lines into entries, and who matches a client.

Pure: no machine is looked at here.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from owlab.pocket.machines.inode import Credentials

FLAGS = {
    *("ro", "rw", "sync", "async", "secure", "insecure", "wdelay", "no_wdelay", "hide", "nohide"),
    *("root_squash", "no_root_squash", "all_squash", "no_all_squash", "subtree_check"),
    *("no_subtree_check", "crossmnt", "nocrossmnt", "acl", "no_acl", "mountpoint", "mp", "pnfs"),
    *("no_pnfs", "secure_locks", "insecure_locks", "auth_nlm", "no_auth_nlm", "security_label"),
}
NOBODY = 65534
VALUED = {"anonuid", "anongid", "fsid", "sec", "refer", "replicas", "mountpoint", "mp", "xprtsec"}


@dataclass(frozen=True, slots=True)
class Export:
    """One directory, one kind of client, and the options between them."""

    path: str
    client: str
    options: tuple[str, ...] = ()

    def writable(self) -> bool:
        """Clients may write; the default is read-only."""
        return [option for option in self.options if option in ("ro", "rw")][-1:] == ["rw"]

    def identity(self, who: Credentials) -> Credentials:
        """As whom the server lets a client's user in: root becomes nobody, unless it says no."""
        squashed = "all_squash" in self.options or (
            who.is_root and "no_root_squash" not in self.options
        )
        return Credentials(self._anonymous("uid"), self._anonymous("gid")) if squashed else who

    def _anonymous(self, kind: str) -> int:
        given = [o.partition("=")[2] for o in self.options if o.startswith(f"anon{kind}=")]
        return int(given[-1]) if given else NOBODY

    def as_json(self) -> dict[str, object]:
        """For the machine's state."""
        return {"path": self.path, "client": self.client, "options": list(self.options)}

    @classmethod
    def from_json(cls, record: dict[str, object]) -> Export:
        """From the machine's state."""
        options = record["options"]
        assert isinstance(options, list)
        return cls(str(record["path"]), str(record["client"]), tuple(map(str, options)))

    def shown(self) -> str:
        """All options as ``exportfs -v`` lists them."""
        given = set(self.options)
        parts = ["async" if "async" in given else "sync"]
        parts.append("no_wdelay" if "no_wdelay" in given else "wdelay")
        parts.append("nohide" if "nohide" in given else "hide")
        if "subtree_check" not in given:
            parts.append("no_subtree_check")
        valued = ("anonuid", "anongid", "fsid")
        parts += [option for option in self.options if option.split("=")[0] in valued]
        parts.append(next((o for o in self.options if o.startswith("sec=")), "sec=sys"))
        parts.append("rw" if self.writable() else "ro")
        parts.append("insecure" if "insecure" in given else "secure")
        parts.append("no_root_squash" if "no_root_squash" in given else "root_squash")
        parts.append("all_squash" if "all_squash" in given else "no_all_squash")
        return ",".join(parts)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says: its entries, and what is wrong with it in exportfs' words."""

    exports: tuple[Export, ...]
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def parse(text: str, file: str = "/etc/exports") -> Table:
    """Read an exports file."""
    exports: list[Export] = []
    errors: list[str] = []
    warnings: list[str] = []
    for number, line in _lines(text):
        words = _words(line)
        if not words:
            continue
        path, clients = words[0], words[1:]
        if not path.startswith("/"):
            errors.append(f'exportfs: {file}:{number}: unknown keyword "{path}"')
            continue
        defaults: tuple[str, ...] = ()
        if clients and clients[0].startswith("-") and "(" not in clients[0]:
            defaults = tuple(clients.pop(0)[1:].split(","))
        path = path.rstrip("/") or "/"
        if not clients:
            warnings.append(
                f"exportfs: No host name given with {path} (ro,sync,wdelay,hide,nocrossmnt), "
                "suggest *(ro,sync) to avoid warning"
            )
            clients = ["*"]
        for client in clients:
            found = re.fullmatch(r"([^()]*)(?:\(([^()]*)\))?", client)
            if found is None:
                errors.append(f"exportfs: {file}:{number}: syntax error: bad option list")
                continue
            host, given = found[1], found[2]
            options = defaults + tuple(o for o in (given or "").split(",") if o)
            bad = [option for option in options if not known_option(option)]
            if bad:
                errors.append(f'exportfs: {file}:{number}: unknown keyword "{bad[0]}"')
                continue
            if not host:
                warnings.append(
                    f"exportfs: No host name given with {path} {client}, "
                    f"suggest *{client} to avoid warning"
                )
                host = "*"
            if "subtree_check" not in options and "no_subtree_check" not in options:
                warnings.append(
                    f"exportfs: {file} [{number}]: Neither 'subtree_check' or "
                    f"'no_subtree_check' specified for export \"{host}:{path}\".\n"
                    "  Assuming default behaviour ('no_subtree_check').\n"
                    "  NOTE: this default has changed since nfs-utils version 1.0.x\n"
                )
            exports.append(Export(path, host, options))
    return Table(tuple(exports), tuple(errors), tuple(warnings))


def known_option(option: str) -> bool:
    """exportfs understands it."""
    name, equals, value = option.partition("=")
    if not equals:
        return name in FLAGS
    if name in ("anonuid", "anongid"):
        return re.fullmatch(r"-?\d+", value) is not None
    return name in VALUED and bool(value)


def matching(exports: Iterable[Export], path: str, address: str, name: str) -> Export | None:
    """The entry that lets a client mount ``path``, the most specific first; or None."""
    path = path.rstrip("/") or "/"
    fitting = [
        export
        for export in exports
        if admits(export.client, address, name)
        and (path == export.path or path.startswith(export.path.rstrip("/") + "/"))
    ]
    fitting.sort(key=lambda export: (len(export.path), _rank(export.client)), reverse=True)
    return fitting[0] if fitting else None


@lru_cache(maxsize=256)  # asked for each mount of each pod
def admits(client: str, address: str, name: str) -> bool:
    """A client of this address and host name is meant by the entry's ``client``."""
    if client == "*":
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(client, strict=False)
    except ValueError:
        pass
    return any(fnmatch.fnmatchcase(own.lower(), client.lower()) for own in (name, f"{name}.local"))


def _rank(client: str) -> int:
    if client == "*":
        return 0
    return 1 if "*" in client or "?" in client or "/" in client else 2


def _lines(text: str) -> Iterable[tuple[int, str]]:
    """Logical lines: comments gone, continuation lines joined; with their last line's number."""
    pending = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*", "", raw)
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        yield number, pending + line
        pending = ""
    if pending:
        yield text.count("\n") + 1, pending


def _words(line: str) -> list[str]:
    """Split at blanks, except inside double quotes; ``\\040`` is a blank."""
    words = re.findall(r'(?:"[^"]*"|[^\s"])+', line)
    return [word.replace('"', "").replace("\\040", " ") for word in words]
