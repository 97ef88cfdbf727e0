"""What an installation of K3s was asked to be: the installer's variables and arguments, read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from owlab.pocket.machines.k3s_flags import ArgumentError

CHANNELS = {
    "stable": "v1.36.4+k3s1",
    "latest": "v1.37.1+k3s1",
    "testing": "v1.37.1+k3s1",
    "v1.37": "v1.37.1+k3s1",
    "v1.36": "v1.36.4+k3s1",
    "v1.35": "v1.35.7+k3s1",
    "v1.29": "v1.29.4+k3s1",
}
RELEASE = re.compile(r"v1\.(\d{2})\.\d{1,2}\+k3s\d")
OLDEST, NEWEST = 19, 37


@dataclass(frozen=True, slots=True)
class Install:
    """One run of the install script."""

    role: str  # server or agent
    version: str
    channel: str
    args: tuple[str, ...]
    url: str
    token: str
    token_file: str
    node_name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """All of its ``K3S_`` variables, which the service gets too."""
    mirror: str = ""  # where binaries come from, when not GitHub
    start: bool = True
    enable: bool = True

    @property
    def unit(self) -> str:
        """The systemd unit that runs it."""
        return "k3s" if self.role == "server" else "k3s-agent"


def parse_install(env: Mapping[str, str], argv: list[str]) -> Install:
    """Read the installer's variables and arguments. Raises :class:`ArgumentError`."""
    try:
        words = shlex.split(env.get("INSTALL_K3S_EXEC", ""))
    except ValueError as error:
        raise ArgumentError(f"INSTALL_K3S_EXEC: {error}") from None
    words = [*words, *argv]
    url, token = env.get("K3S_URL", ""), env.get("K3S_TOKEN", env.get("K3S_CLUSTER_SECRET", ""))
    token_file = env.get("K3S_TOKEN_FILE", "")
    if words and not words[0].startswith("-"):
        role = words.pop(0)
        if role not in ("server", "agent"):
            raise ArgumentError(f"Invalid K3s command: {role}")
    else:
        role = "agent" if url else "server"
        given = token or token_file or any(w.startswith(("--token", "-t")) for w in words)
        if role == "agent" and not given:
            raise ArgumentError(
                "Defaulted k3s exec command to 'agent' because K3S_URL is defined, but K3S_TOKEN "
                "or K3S_TOKEN_FILE is not defined."
            )
    if url and not url.startswith("https://"):
        raise ArgumentError(f"Only https:// URLs are supported for K3S_URL (have {url})")
    channel = env.get("INSTALL_K3S_CHANNEL", "") or "stable"
    version = env.get("INSTALL_K3S_VERSION", "")
    if not version and channel not in CHANNELS:
        raise ArgumentError(f"Failed to find a release for channel {channel}")
    return Install(
        role,
        version or CHANNELS[channel],
        "" if version else channel,
        tuple(words),
        url,
        token,
        token_file,
        env.get("K3S_NODE_NAME", ""),
        {name: value for name, value in sorted(env.items()) if name.startswith("K3S_")},
        _mirror(env),
        env.get("INSTALL_K3S_SKIP_START") != "true",
        env.get("INSTALL_K3S_SKIP_ENABLE") != "true",
    )


def released(version: str) -> bool:
    """There is such a release, as far as the lab knows."""
    found = RELEASE.fullmatch(version)
    return found is not None and OLDEST <= int(found[1]) <= NEWEST


def _mirror(env: Mapping[str, str]) -> str:
    if env.get("INSTALL_K3S_MIRROR") != "cn":
        return ""
    # As the real script: without a scheme, so that curl uses plain http.
    return env.get("INSTALL_K3S_MIRROR_URL") or "rancher-mirror.rancher.cn"
