"""nginx's configuration: its words, and what of it is obeyed here."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass, field

from owlab.pocket.kube.servers.setting import ContainerFiles, ServerFailed

_WORD = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[{};])|"(?P<two>(?:\\.|[^"\\])*)"|'(?P<one>(?:\\.|[^'\\])*)'"""
    r"""|(?P<word>(?:\\.|\$\{[^}]*\}|[^\s{};"'\\])+)"""
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of no effect on what a client sees here: how fast, how many, where to, and as whom.
_IDLE = _names(
    """
    user worker_processes worker_connections worker_rlimit_nofile error_log pid events use
    multi_accept pcre_jit sendfile tcp_nopush tcp_nodelay keepalive_timeout keepalive_requests
    keepalive types_hash_max_size server_names_hash_bucket_size log_format access_log
    open_file_cache resolver client_body_buffer_size client_body_timeout client_header_timeout
    send_timeout types proxy_http_version proxy_buffering proxy_buffer_size proxy_buffers
    proxy_connect_timeout proxy_read_timeout proxy_send_timeout log_not_found
    ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_buffer_size
    ssl_prefer_server_ciphers proxy_ssl_server_name proxy_ssl_session_reuse
    """
)
# Of an effect that this nginx has not: it says so when it starts.
_UNHEEDED = _names(
    """
    gzip gzip_types gzip_vary gzip_proxied gzip_comp_level gzip_min_length
    client_max_body_size server_tokens proxy_redirect charset etag expires
    http2 ssl_ciphers ssl_dhparam ssl_ecdh_curve ssl_stapling ssl_stapling_verify
    ssl_trusted_certificate
    """
)
_KNOWN = _names(
    """
    http server listen server_name root index location return alias autoindex try_files
    add_header default_type error_page proxy_pass proxy_set_header upstream include
    ssl_certificate ssl_certificate_key ssl_protocols
    """
)


@dataclass
class Directive:
    """One directive, with what is in its braces."""

    name: str
    words: list[str]
    place: str
    block: list[Directive] = field(default_factory=list)


_ABSENT = {"quic": "QUIC", "proxy_protocol": "PROXY protocol"}
_PARAMETERS = {"default_server", "default", "ssl", "http2"} | {
    # Of sockets, which these servers have none of their own: no answer shows them.
    "setfib", "fastopen", "backlog", "rcvbuf", "sndbuf", "accept_filter", "deferred", "bind",
    "ipv6only", "reuseport", "so_keepalive",
}  # fmt: skip


@dataclass
class Site:
    """One server: where it listens, its names, and its directives."""

    ports: list[int]
    names: list[str]
    block: list[Directive]
    default: bool
    tls: set[int] = field(default_factory=set)
    """Its ports that speak TLS."""


@dataclass
class NginxConfiguration:
    """All of it."""

    sites: list[Site] = field(default_factory=list)
    upstreams: dict[str, str] = field(default_factory=dict)
    """Their first members."""
    unheeded: set[str] = field(default_factory=set)


def configuration(view: ContainerFiles, path: str = "/etc/nginx/nginx.conf") -> NginxConfiguration:
    """What the files say.

    :raises ServerFailed: in nginx's words, also for what this nginx does not obey.
    """
    config = NginxConfiguration()
    tree = _expanded(view, _read(view, path), path, config.unheeded)
    found, upstreams = config.sites, config.upstreams
    for http in tree:
        if http.name != "http":
            continue
        shared = [d for d in http.block if d.name not in ("server", "upstream")]
        for directive in http.block:
            if directive.name == "upstream":
                members = [d.words[0] for d in directive.block if d.name == "server" and d.words]
                upstreams[directive.words[0]] = members[0] if members else ""
            elif directive.name == "server":
                found.append(_site(directive, shared))
    if not found:
        raise ServerFailed(f"nginx: [emerg] no server in {path}: nothing to listen on\n")
    return config


def _site(directive: Directive, shared: list[Directive]) -> Site:
    block = directive.block
    own = {d.name for d in block}
    ports, tls, default = [], set[int](), False
    for listen in (d for d in block if d.name == "listen"):
        _check_parameters(listen)
        host, _, port = listen.words[0].rpartition(":")
        if host.startswith("[") or not port.isdecimal():
            if host.startswith("["):
                continue
            raise emergency(
                f'invalid port in "{listen.words[0]}" of the "listen" directive', listen.place
            )
        ports.append(int(port))
        if "ssl" in listen.words:
            tls.add(int(port))
        default = default or not {"default_server", "default"}.isdisjoint(listen.words)
    names = [name for d in block if d.name == "server_name" for name in d.words]
    inherited = [d for d in shared if d.name not in own]
    return Site(ports or [80], names, [*inherited, *block], default, tls)


def _check_parameters(listen: Directive) -> None:
    if not listen.words:
        raise emergency('invalid number of arguments in "listen" directive', listen.place)
    for word in listen.words[1:]:
        if word in _ABSENT:
            raise emergency(f"the pocket lab's nginx has no {_ABSENT[word]}", listen.place)
        if word.partition("=")[0] not in _PARAMETERS:
            raise emergency(f'invalid parameter "{word}"', listen.place)


def _read(view: ContainerFiles, path: str) -> list[Directive]:
    content = view.read(path)
    if content is None:
        raise ServerFailed(
            f'nginx: [emerg] open() "{path}" failed (2: No such file or directory)\n'
        )
    return _Parser(content.decode(errors="replace"), path).block(top=True)


def _expanded(
    view: ContainerFiles, block: list[Directive], path: str, unheeded: set[str]
) -> list[Directive]:
    """With the files that are included, and with nothing that is not known."""
    result: list[Directive] = []
    for directive in block:
        if directive.name == "include":
            pattern = posixpath.join(posixpath.dirname(path), directive.words[0])
            folder, mask = posixpath.split(pattern)
            if mask == "mime.types":
                continue
            names = sorted(fnmatch.filter(view.names(folder) or [], mask))
            if not names and "*" not in mask:
                _read(view, pattern)
            for name in names:
                inner = posixpath.join(folder, name)
                result += _expanded(view, _read(view, inner), inner, unheeded)
            continue
        if directive.name in _IDLE | _UNHEEDED:
            if directive.name in _UNHEEDED:
                unheeded.add(directive.name)
            continue
        if directive.name not in _KNOWN:
            raise emergency(
                f'unknown directive "{directive.name}" (the pocket lab has the plain ones)',
                directive.place,
            )
        directive.block = _expanded(view, directive.block, path, unheeded)
        result.append(directive)
    return result


def emergency(text: str, place: str) -> ServerFailed:
    """Why nginx does not start, and where it says so."""
    return ServerFailed(f"nginx: [emerg] {text} in {place}\n")


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def _unescaped(text: str) -> str:
    """What stands between quotes."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text)


class _Parser:
    """Directives out of text."""

    def __init__(self, text: str, path: str) -> None:
        self._text, self._path, self._at, self._line = text, path, 0, 1

    def block(self, top: bool = False) -> list[Directive]:
        """Up to the brace that ends it."""
        found: list[Directive] = []
        words: list[str] = []
        while True:
            token = self._next()
            if token is None:
                if not top or words:
                    raise self._wrong('unexpected end of file, expecting "}"')
                return found
            kind, text = token
            if kind == "word":
                words.append(text)
            elif text == "}":
                if top or words:
                    raise self._wrong('unexpected "}"')
                return found
            elif not words:
                raise self._wrong(f'unexpected "{text}"')
            else:
                made = Directive(words[0], words[1:], f"{self._path}:{self._line}")
                if text == "{":
                    made.block = [] if words[0] == "types" and self._skip() else self.block()
                found.append(made)
                words = []

    def _skip(self) -> bool:
        """Over a block whose words are no directives."""
        while (token := self._next()) is not None and token != ("mark", "}"):
            pass
        return True

    def _next(self) -> tuple[str, str] | None:
        while self._at < len(self._text):
            found = _WORD.match(self._text, self._at)
            if found is None:
                raise self._wrong(f'unexpected "{self._text[self._at]}"')
            self._line += found[0].count("\n")
            self._at = found.end()
            for name in ("two", "one", "word"):
                if found[name] is not None:
                    return "word", _unescaped(found[name]) if name != "word" else found[name]
            if found["mark"]:
                return "mark", found["mark"]
        return None

    def _wrong(self, text: str) -> ServerFailed:
        return emergency(text, f"{self._path}:{self._line}")
