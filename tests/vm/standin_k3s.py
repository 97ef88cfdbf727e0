#!/usr/bin/env python3
"""A stand-in for the program ``k3s``, to be run inside the virtual machines of these tests.

It is no Kubernetes and runs no containers. What the guide's sections 1.3 and 1.4 can see of K3s is
real: a server on port 6443 behind TLS, tokens that carry the hash of its certificate and may end,
agents that join over the private network and report every few seconds, nodes that are Ready while
they do, a kubeconfig that only root may read, and the few ``kubectl`` commands of those sections.

The downloads' server writes the version in; nothing but the standard library is used.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import itertools
import json
import os
import platform
import re
import secrets
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERSION = "unset"
HERE = Path("/var/lib/rancher/k3s/server")
KUBECONFIG = Path("/etc/rancher/k3s/k3s.yaml")
PASSWORD = Path("/etc/rancher/node/password")
PORT = 6443
REPORT_SECONDS = 3
GRACE_SECONDS = 30


class Failed(Exception):
    """A sentence for people; the program ends with 1."""


# -- the server --------------------------------------------------------------------------


class State:
    """Nodes, tokens and the nodes' own passwords, kept in one file."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.path = HERE / "state.json"
        self.all: dict[str, dict[str, Any]] = {"nodes": {}, "tokens": {}, "passwords": {}}
        if self.path.exists():
            self.all = json.loads(self.path.read_text())

    def save(self) -> None:
        fresh = self.path.with_suffix(".new")
        write_private(fresh, json.dumps(self.all))
        fresh.replace(self.path)

    def seen(self, name: str, said: dict[str, Any], address: str, labels: dict[str, str]) -> None:
        with self.lock:
            node = self.all["nodes"].setdefault(name, {"created": now(), "labels": labels})
            node |= {"said": said, "address": address, "seen": time.time()}
            self.save()

    def token_is_good(self, token: str) -> bool:
        with self.lock:
            ends = self.all["tokens"].get(token, 0)
            return ends is None or ends > time.time()


def server(options: list[str]) -> None:
    """``k3s server``: until it is stopped."""
    own, address, names = node_name(), *told(options)
    state = prepare_server(names)
    listening = http.server.ThreadingHTTPServer(("", PORT), handler(state, own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / "tls/server.crt", HERE / "tls/server.key")
    listening.socket = context.wrap_socket(
        listening.socket, server_side=True, do_handshake_on_connect=False
    )
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    log(f"listening on port {PORT}; options: {' '.join(options) or 'none'}")
    role = {"node-role.kubernetes.io/control-plane": "true"}
    ready = False
    while True:
        state.seen(own, about_this_machine(), address, role)
        if not ready:
            ready = tell_systemd("READY=1")
        time.sleep(REPORT_SECONDS)


def told(options: list[str]) -> tuple[str, list[str]]:
    """The node's address, and further names for the certificate.

    :raises Failed: the network card that was named does not have the address.
    """
    given: dict[str, list[str]] = {}
    for name, value in itertools.pairwise(options):
        given.setdefault(name, []).append(value)
    address = given.get("--node-ip", addresses()[:1])[0]
    if card := given.get("--flannel-iface"):
        words = ["ip", "-o", "-4", "address", "show", "dev", card[0]]
        shown = subprocess.run(words, capture_output=True, text=True)
        if f" {address}/" not in shown.stdout:
            raise Failed(f"flannel: {card[0]} does not have {address}")
    return address, given.get("--tls-san", [])


def prepare_server(more: list[str]) -> State:
    """What the first start makes: certificate, tokens, kubeconfig."""
    (HERE / "tls").mkdir(parents=True, exist_ok=True)
    HERE.chmod(0o700)
    certificate = HERE / "tls/server.crt"
    if not certificate.exists():
        names = ",".join(f"IP:{address}" for address in ["127.0.0.1", *addresses(), *more])
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "3650"]
        words += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=stand-in for K3s"]
        words += ["-addext", f"subjectAltName={names}"]
        words += ["-keyout", str(HERE / "tls/server.key"), "-out", str(certificate)]
        subprocess.run(words, check=True, capture_output=True)
    state = State()
    if not state.all["tokens"]:
        mine, admin = f"server:{secrets.token_hex(16)}", f"admin:{secrets.token_hex(16)}"
        state.all["tokens"] = {mine: None, admin: None}
        state.save()
        write_private(HERE / "node-token", full_token(mine) + "\n")
        KUBECONFIG.parent.mkdir(parents=True, exist_ok=True)
        write_private(KUBECONFIG, kubeconfig(certificate.read_text(), admin))
    return state


def kubeconfig(certificate: str, token: str) -> str:
    """JSON is YAML."""
    authority = base64.b64encode(certificate.encode()).decode()
    cluster = {
        "server": f"https://127.0.0.1:{PORT}",
        "certificate-authority-data": authority,
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "default", "cluster": cluster}],
        "users": [{"name": "default", "user": {"token": token}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
    }
    return json.dumps(content, indent=1) + "\n"


def full_token(short: str) -> str:
    """With the hash by which an agent knows the right server: ``K10<hash>::<user>:<secret>``."""
    return f"K10{hashlib.sha256((HERE / 'tls/server.crt').read_bytes()).hexdigest()}::{short}"


def handler(state: State, own: str) -> type[http.server.BaseHTTPRequestHandler]:
    """The server's answers."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/cacerts":
                self.answer(200, (HERE / "tls/server.crt").read_text())
            elif self.is_admin():
                self.nodes()

        def do_DELETE(self) -> None:
            if self.is_admin():
                name = self.path.rpartition("/")[2]
                with state.lock:
                    there = state.all["nodes"].pop(name, None)
                    state.all["passwords"].pop(name, None)
                    state.save()
                self.answer(200 if there else 404, {})

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/tokens" and self.is_admin():
                short = f"{secrets.token_hex(3)}.{secrets.token_hex(8)}"
                with state.lock:
                    state.all["tokens"][short] = time.time() + said["ttl"]
                    state.save()
                self.answer(200, full_token(short))
            elif self.path == "/join":
                self.join(said)
            elif self.path == "/report":
                self.report(said)

        def join(self, said: dict[str, Any]) -> None:
            if not state.token_is_good(self.bearer()):
                self.answer(401, "not authorized")
                return
            password = secrets.token_hex(16)
            with state.lock:
                state.all["passwords"][said["name"]] = password
            state.seen(said["name"], said, self.client_address[0], {})
            self.answer(200, password)

        def report(self, said: dict[str, Any]) -> None:
            if state.all["passwords"].get(said["name"]) != self.bearer():
                self.answer(401, "not authorized")
                return
            state.seen(said["name"], said, self.client_address[0], {})
            self.answer(200, "")

        def nodes(self) -> None:
            with state.lock:
                found = {n: node_object(n, v) for n, v in state.all["nodes"].items()}
            name = self.path.removeprefix("/api/v1/nodes").strip("/")
            if not name:
                self.answer(200, {"kind": "List", "apiVersion": "v1", "items": [*found.values()]})
            elif name in found:
                self.answer(200, found[name])
            else:
                self.answer(404, {})

        def is_admin(self) -> bool:
            good = self.bearer().startswith("admin:") and state.token_is_good(self.bearer())
            if not good:
                self.answer(401, "not authorized")
            return good

        def bearer(self) -> str:
            return self.headers.get("Authorization", "").removeprefix("Bearer ")

        def answer(self, status: int, content: Any) -> None:
            body = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Reports every few seconds are not worth a line."""

    return Answers


def node_object(name: str, node: dict[str, Any]) -> dict[str, Any]:
    """As ``kubectl get node -o json`` shows it."""
    ready = time.time() - node["seen"] < GRACE_SECONDS
    condition = {
        "type": "Ready",
        "status": "True" if ready else "Unknown",
        "reason": "KubeletReady" if ready else "NodeStatusUnknown",
        "message": "a stand-in for K3s" if ready else "Kubelet stopped posting node status.",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": node["labels"], "creationTimestamp": node["created"]},
        "status": {
            "conditions": [condition],
            "addresses": [{"type": "InternalIP", "address": node["address"]}],
            "nodeInfo": {
                "kubeletVersion": node["said"]["version"],
                "osImage": node["said"]["release"],
                "kernelVersion": node["said"]["kernel"],
                "containerRuntimeVersion": "none://stand-in",
            },
        },
    }


# -- the agent ---------------------------------------------------------------------------


def agent(options: list[str]) -> None:
    """``k3s agent``: joins, then reports until it is stopped."""
    told(options)
    url, token = os.environ["K3S_URL"], os.environ["K3S_TOKEN"]
    expected, _, short = token.removeprefix("K10").partition("::")
    context = trusted(url, expected)
    said = about_this_machine()
    password = PASSWORD.read_text() if PASSWORD.exists() else ""
    ready = False
    while True:
        try:
            if not password:
                password = ask(f"{url}/join", short, said, context)
                PASSWORD.parent.mkdir(parents=True, exist_ok=True)
                write_private(PASSWORD, password)
                log(f"joined {url}")
            ask(f"{url}/report", password, said, context)
            ready = ready or tell_systemd("READY=1")
        except urllib.error.HTTPError as error:
            if error.code != 401 or not password:
                raise Failed(f"{url}: {error.code} not authorized: is the token right?") from None
            password = ""  # the node was deleted: it joins again
            continue
        except OSError as error:
            log(f"{url} does not answer: {error}")
        time.sleep(REPORT_SECONDS)


def trusted(url: str, expected: str) -> ssl.SSLContext:
    """What verifies the server, once its certificate has the hash that the token names."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    while True:
        try:
            certificate = ask(f"{url}/cacerts", "", None, unverified)
            break
        except OSError as error:
            log(f"{url} does not answer: {error}")
            time.sleep(REPORT_SECONDS)
    if hashlib.sha256(certificate.encode()).hexdigest() != expected:
        raise Failed("token CA hash does not match the Cluster CA certificate hash")
    return ssl.create_default_context(cadata=certificate)


# -- kubectl and k3s token ---------------------------------------------------------------


def kubectl(words: list[str]) -> None:
    """The few commands that sections 1.3 and 1.4 use."""
    text = " ".join(words)
    if match := re.fullmatch(r"get nodes?(?: ([^-]\S*))?( -o json| -o wide)?", text):
        name, as_json = match[1] or "", match[2] == " -o json"
        found = get_nodes(name)
        if as_json:
            print(json.dumps(found, indent=4))
        else:
            print_table(found.get("items", [found]))
    elif match := re.fullmatch(r"wait --for=condition=Ready node/(\S+) --timeout=(\d+)s", text):
        wait_until_ready(match[1], int(match[2]))
    elif match := re.fullmatch(r"delete node (\S+)( --ignore-not-found)?", text):
        status, _ = cluster("DELETE", f"/api/v1/nodes/{match[1]}")
        if status == 404 and not match[2]:
            raise Failed(not_found(match[1]))
        if status == 200:
            print(f'node "{match[1]}" deleted')
    else:
        raise Failed(f"error: the stand-in for kubectl does not know `kubectl {text}`")


def get_nodes(name: str) -> dict[str, Any]:
    status, found = cluster("GET", f"/api/v1/nodes/{name}".rstrip("/"))
    if status == 404:
        raise Failed(not_found(name))
    return dict(json.loads(found))


def is_ready(node: dict[str, Any]) -> bool:
    return any(c["status"] == "True" for c in node["status"]["conditions"])


def print_table(nodes: list[dict[str, Any]]) -> None:
    print(f"{'NAME':<10}{'STATUS':<10}{'ROLES':<16}VERSION")
    for node in nodes:
        labels = node["metadata"]["labels"]
        roles = ",".join(label.rpartition("/")[2] for label in labels) or "<none>"
        status = "Ready" if is_ready(node) else "NotReady"
        version = node["status"]["nodeInfo"]["kubeletVersion"]
        print(f"{node['metadata']['name']:<10}{status:<10}{roles:<16}{version}")


def wait_until_ready(name: str, seconds: int) -> None:
    limit = time.monotonic() + seconds
    while not is_ready(get_nodes(name)):
        if time.monotonic() > limit:
            raise Failed(f"error: timed out waiting for the condition on nodes/{name}")
        time.sleep(1)
    print(f"node/{name} condition met")


def not_found(name: str) -> str:
    return f'Error from server (NotFound): nodes "{name}" not found'


def create_token(words: list[str]) -> None:
    """``k3s token create --ttl 1h``."""
    match = re.fullmatch(r"token create --ttl (\d+)([smh])", " ".join(words))
    if match is None:
        raise Failed(f"the stand-in for K3s does not know `k3s {' '.join(words)}`")
    seconds = int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]
    print(cluster("POST", "/tokens", {"ttl": seconds})[1])


def cluster(method: str, path: str, said: Any = None) -> tuple[int, str]:
    """Ask this machine's server, as the kubeconfig's user."""
    try:
        config = json.loads(KUBECONFIG.read_text())
    except FileNotFoundError:
        raise Failed("The connection to the server localhost:8080 was refused") from None
    except PermissionError as error:
        raise Failed(f"error loading config file {KUBECONFIG}: {error.strerror}") from None
    given = config["clusters"][0]["cluster"]
    url, authority = given["server"], base64.b64decode(given["certificate-authority-data"])
    context = ssl.create_default_context(cadata=authority.decode())
    try:
        return 200, ask(f"{url}{path}", config["users"][0]["user"]["token"], said, context, method)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        raise Failed(f"The connection to the server {url} was refused: {error}") from None


# -- helpers -----------------------------------------------------------------------------


def ask(
    url: str, bearer: str, said: Any, context: ssl.SSLContext, method: str | None = None
) -> str:
    """One request; the answer's text."""
    data = None if said is None else json.dumps(said).encode()
    request = urllib.request.Request(url, data, method=method)
    if bearer:
        request.add_header("Authorization", f"Bearer {bearer}")
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return str(answer.read().decode())


def about_this_machine() -> dict[str, str]:
    return {
        "name": node_name(),
        "version": VERSION,
        "release": platform.freedesktop_os_release()["PRETTY_NAME"],
        "kernel": platform.release(),
    }


def node_name() -> str:
    """As K3s: what it was told, or what the machine calls itself."""
    return os.environ.get("K3S_NODE_NAME") or socket.gethostname().lower()


def addresses() -> list[str]:
    done = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True)
    return done.stdout.split()


def tell_systemd(text: str) -> bool:
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as endpoints:
            endpoints.sendto(text.encode(), path)
    return True


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(text)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def log(text: str) -> None:
    print(text, flush=True)


def main(program: str, words: list[str]) -> None:
    """``kubectl`` is a link to ``k3s``, as with K3s."""
    if program == "kubectl":
        kubectl(words)
    elif words[:1] == ["kubectl"]:
        kubectl(words[1:])
    elif words[:1] == ["server"]:
        server(words[1:])
    elif words[:1] == ["agent"]:
        agent(words[1:])
    elif words[:1] == ["token"]:
        create_token(words)
    elif words == ["--version"]:
        print(f"k3s: owlab's stand-in for version {VERSION}, no Kubernetes")
    else:
        raise Failed(f"the stand-in for K3s does not know `k3s {' '.join(words)}`")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[0]).name, sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
