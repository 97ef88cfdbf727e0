"""A machine as a node of K3s: what its unit does when it starts and stops."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

from owlab.pocket.ground.yaml_text import load_yaml
from owlab.pocket.machines import hosts, units
from owlab.pocket.machines.k3s_flags import (
    ArgumentError,
    Flags,
    from_environment,
    parse_flags,
)
from owlab.pocket.machines.k3s_token import JoinToken, accepts
from owlab.pocket.machines.state import K3s

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
NODE_TOKEN = "/var/lib/rancher/k3s/server/node-token"
SERVER_TOKEN = "/var/lib/rancher/k3s/server/token"
CONFIG = "/etc/rancher/k3s/config.yaml"
REGISTRIES = "/etc/rancher/k3s/registries.yaml"
PASSWORD = "/etc/rancher/node/password"
# The agent asks through a load balancer of its own, on its own machine.
UNAUTHORIZED = (
    'level=info msg="Waiting to retrieve agent configuration; server is not ready: failed to '
    'retrieve configuration from server: https://127.0.0.1:6444/v1-k3s/config: 401 Unauthorized"'
)
NODE_REFUSED = (
    "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may "
    "not match server node-passwd entry, try enabling a unique node name with the --with-node-id "
    "flag"
)


async def start(machine: Machine) -> str | None:
    """What ``k3s server`` or ``k3s agent`` does first. Returns its fatal sentence, or None."""
    record = machine.state.k3s
    try:
        words = [*from_environment(record.environment), *record.args]
        flags = parse_flags([*_config_file(machine), *words])
        record.mirrors = _registries(machine)
    except ArgumentError as error:
        return f'level=fatal msg="{error}"'
    version = record.version
    args = [*_config_file(machine), *words]
    record.node = _node_name(machine, record, flags)
    url = flags.values.get("server") or record.url
    if record.role == "server" and not url:
        other = machine.lab.hosting.server
        if other is not None and other is not machine:
            return (
                f'level=fatal msg="the pocket lab carries one cluster, and its server is on '
                f'{other.name}: join it with K3S_URL and K3S_TOKEN, or uninstall it there first"'
            )
        if machine.lab.hosting.api_port_taken(machine.address):
            return (
                f'level=fatal msg="listen tcp {machine.address}:6443: bind: address already '
                'in use (another program of this computer, or another lab: stop that)"'
            )
        _password(machine)
        await machine.lab.hosting.start_cluster(record.node, version, args)
        await _write_credentials(machine, flags)
        return None
    return await _join(machine, url, _token(machine, record, flags), version, args)


async def _join(
    machine: Machine, url: str, token: str, version: str, args: list[str]
) -> str | None:
    role = machine.state.k3s.role
    host = urlsplit(url).hostname or ""
    port = urlsplit(url).port or 443
    ca_url = f"{url.rstrip('/')}/cacerts"
    failed = (
        f'level=fatal msg="Error: failed to validate connection to cluster at {url}: '
        f'failed to get CA certs: Get \\"{ca_url}\\": dial tcp {host}:{port}: connect: '
    )
    if not token:
        return 'level=fatal msg="Error: --token is required"'
    server = hosts.find(machine.lab.fleet, host, "k3s")
    if server is None:
        return f'{failed}no route to host"'
    if port != 6443 or not server.service_active("k3s"):
        return f'{failed}connection refused"'
    state = server.state.k3s
    given = JoinToken.parse(token)
    if given.ca_hash and given.ca_hash != state.ca_hash:
        return (
            f'level=fatal msg="Error: token CA hash does not match the Cluster CA certificate '
            f'hash: {given.ca_hash} != {state.ca_hash}"'
        )
    node = str(machine.state.k3s.node)
    if not accepts(state, given, role=role) and not _has_certificate(machine, state.ca_hash):
        return UNAUTHORIZED
    if not machine.lab.hosting.accepts_node(node, _password(machine)):
        return f'level=error msg="{NODE_REFUSED}"'
    await machine.lab.hosting.join(node, role, version, args)
    machine.state.k3s.joined = state.ca_hash
    units.note(
        machine,
        "k3s" if role == "server" else "k3s-agent",
        f'level=info msg="Connected to {url} as node {node}"',
        by=f"k3s[{units.pid('k3s')}]",
    )
    return None


def _has_certificate(machine: Machine, ca_hash: str) -> bool:
    """An agent that has joined needs no token any more, until its node is deleted."""
    record = machine.state.k3s
    joined = record.role == "agent" and record.joined == ca_hash
    return joined and machine.lab.hosting.has_node(record.node)


def _password(machine: Machine) -> str:
    """What proves that a node is the one of its name: made once for each machine."""
    known = machine.read(PASSWORD)
    if known is None:
        known = f"{secrets.token_hex(16)}\n".encode()
        machine.write(PASSWORD, known, 0o600)
    return known.decode(errors="replace").strip()


async def stop(machine: Machine) -> None:
    """The unit stopped; the cluster sees it by the service's state."""
    machine.lab.fleet.changed(machine)
    await machine.lab.hosting.settle()


async def _write_credentials(machine: Machine, flags: Flags) -> None:
    record = machine.state.k3s
    kubeconfig = machine.lab.hosting.kubeconfig()
    assert kubeconfig is not None, "a cluster that started has a kubeconfig"
    authority = load_yaml(kubeconfig)["clusters"][0]["cluster"]["certificate-authority-data"]
    record.ca_hash = hashlib.sha256(base64.b64decode(authority)).hexdigest()
    given = JoinToken.parse(_token(machine, record, flags)).secret
    record.secret = record.secret or given or secrets.token_hex(16)
    token = f"K10{record.ca_hash}::server:{record.secret}\n".encode()
    mode = int(flags.values.get("write-kubeconfig-mode", "600"), 8)
    written = machine.lab.hosting.kubeconfig_on(machine)
    machine.write(flags.values.get("write-kubeconfig", KUBECONFIG), written, mode)
    machine.write(SERVER_TOKEN, token, 0o600)
    machine.write(NODE_TOKEN, token, 0o600)
    machine.mkdir("/var/lib/rancher/k3s/storage", 0o701)


def _node_name(machine: Machine, record: K3s, flags: Flags) -> str:
    """What the node is called: as K3s was told, or as the machine; in small letters."""
    told = flags.values.get("node-name") or record.node_name
    name = (told or machine.name).lower()
    if "with-node-id" not in flags.switches:
        return name
    return f"{name}-{hashlib.sha256(_password(machine).encode()).hexdigest()[:8]}"


def _token(machine: Machine, record: K3s, flags: Flags) -> str:
    direct = flags.values.get("token") or record.token
    file = flags.values.get("token-file") or record.token_file
    if not direct and file:
        direct = (machine.read(file) or b"").decode(errors="replace")
    return direct.strip()


def _config_file(machine: Machine) -> list[str]:
    """``config.yaml`` as flags; those of the command line come after and win."""
    text = machine.read(CONFIG)
    if text is None:
        return []
    try:
        values = load_yaml(text) or {}
    except yaml.YAMLError as error:
        raise ArgumentError(f"failed to read {CONFIG}: {str(error).splitlines()[0]}") from None
    if not isinstance(values, dict):
        raise ArgumentError(f"failed to read {CONFIG}: a mapping is expected")
    words = []
    for name, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            shown = str(item).lower() if isinstance(item, bool) else str(item)
            words.append(f"--{name}={shown}")
    return words


def _registries(machine: Machine) -> dict[str, list[str]]:
    """``registries.yaml``: the mirrors of each registry. Read when the unit starts, as in life."""
    text = machine.read(REGISTRIES)
    if text is None:
        return {}
    try:
        mirrors = (load_yaml(text) or {}).get("mirrors") or {}
        return {str(host): list((one or {}).get("endpoint") or []) for host, one in mirrors.items()}
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ArgumentError(f"failed to get CRI registry config: {reason}") from None
