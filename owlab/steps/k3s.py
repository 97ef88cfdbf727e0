"""Sections 1.3 and 1.4: K3s on the master, and the workers that join it."""

from __future__ import annotations

from collections.abc import Iterator

from owlab import versions
from owlab.command import Command, Variable
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, on_master, on_workers
from owlab.steps import addresses, mirror, vms
from owlab.steps.kubernetes import condition, one
from owlab.steps.undoing import if_there

SCRIPT = "https://get.k3s.io"
MIRROR_SCRIPT = "https://rancher-mirror.rancher.cn/k3s/k3s-install.sh"

_READY_SECONDS = 420

# An installation that failed half-way may have left neither.
UNINSTALL = "/usr/local/bin/k3s-uninstall.sh"
UNINSTALL_AGENT = "/usr/local/bin/k3s-agent-uninstall.sh"


def install_script(lab: Lab, machine: str, *settings: str) -> str:
    """The line that downloads K3s' install script and runs it with these settings.

    K3s would call the node as its machine calls itself, which is ``ip-172-31-5-10`` in a cloud,
    or ``localhost`` twice.
    """
    version = lab.config.k3s.version
    if not (lab.config.as_written and lab.provider.fresh_ubuntu):
        settings = (f"K3S_NODE_NAME={machine}", *settings)
    words = [f"INSTALL_K3S_VERSION={version}"] if version else []
    if lab.config.mirror == "cn":
        # Without a scheme the mirror's own script fetches the binary over plain http.
        words += [
            "INSTALL_K3S_MIRROR=cn",
            "INSTALL_K3S_MIRROR_URL=https://rancher-mirror.rancher.cn",
        ]
    script = MIRROR_SCRIPT if lab.config.mirror == "cn" else SCRIPT
    if lab.config.as_written:
        return " ".join([f"curl -sfL {script} |", *words, *settings, "sh -"])
    # Without pipefail a download that fails is a success: sh has run nothing, well.
    return "set -o pipefail\n" + " ".join([f"curl -sSfL {script} |", *words, *settings, "sh -"])


def _install_server(lab: Lab, machine: str) -> Iterator[Command]:
    yield from mirror.registries(lab, machine)
    options = ["server", *(f"--disable {name}" for name in lab.config.k3s.disable)]
    if lab.config.mirror == "cn":
        options.append(f"--system-default-registry {mirror.SYSTEM_REGISTRY}")
    network = addresses.network(lab, machine)
    options += [network.options] if network.options else []
    execute = [f'INSTALL_K3S_EXEC="{" ".join(options)}"'] if options[1:] else []
    yield Command(
        install_script(lab, machine, *execute),
        on=machine,
        variables=network.variables,
        timeout=900,
        why=N_("K3s' own script installs a server; traefik and servicelb are not used here"),
    )
    yield _wait_until_ready(lab, machine)


def _wait_until_ready(lab: Lab, name: str) -> Command:
    return Command(
        # Of a node that is not there yet it says so at once.
        f"limit=$((SECONDS + {_READY_SECONDS}))\n"
        f"until sudo kubectl wait --for=condition=Ready node/{name} --timeout=60s 2> /dev/null\n"
        "do\n"
        "  if [ $SECONDS -ge $limit ]; then sudo kubectl get nodes -o wide >&2; exit 1; fi\n"
        "  sleep 1\ndone",
        on=lab.master,
        timeout=600,
    )


def _node_ready(lab: Lab, name: str) -> Check:
    node = one(lab, f"node {name}")
    if node is None:
        return Check(
            (Evidence(_("node {name}").format(name=name), False, _("not in the cluster")),)
        )
    version = str(node["status"]["nodeInfo"]["kubeletVersion"])
    wanted = lab.config.k3s.version
    return Check(
        (
            Evidence(
                _("node {name}").format(name=name), condition(node, "Ready"), _state(node, version)
            ),
            Evidence(
                _("node {name} has K3s {wanted}").format(
                    name=name, wanted=wanted or _("of any version")
                ),
                version == wanted or not wanted,
                version,
            ),
        )
    )


def _state(node: dict[str, object], version: str) -> str:
    return f"{'Ready' if condition(node, 'Ready') else 'NotReady'} {version}"


def _service_log(lab: Lab, name: str) -> str:
    """What K3s' service says of itself."""
    unit = "k3s" if name == lab.master else "k3s-agent"
    look = f"systemctl is-active {unit}; sudo journalctl -u {unit} --no-pager -n 5"
    seen = lab.read(Command(look, on=name, timeout=30)).stdout.strip()
    return f"{unit}: {seen}" if seen else ""


def _uninstall_server(lab: Lab, machine: str) -> Iterator[Command]:
    yield Command(if_there(UNINSTALL, UNINSTALL), on=machine, timeout=300)


install_server = Step(
    key="k3s.install_server",
    section="1.3",
    title=N_("install K3s on the master"),
    commands=_install_server,
    check=_node_ready,
    where=on_master,
    needs=(vms.create,),
    undo=_uninstall_server,
    deadline=300,
    diagnose=_service_log,
    expect=f"master    Ready    control-plane   1m    {versions.K3S}",
)


def _join(lab: Lab, worker: str) -> Iterator[Command]:
    yield from mirror.registries(lab, worker)
    yield install_agent(lab, worker, join_token(lab))
    yield _wait_until_ready(lab, worker)


def install_agent(lab: Lab, worker: str, token: Variable) -> Command:
    """The line with which a worker joins.

    :param token: a variable of the name TOKEN.
    """
    master, network = lab.address_variable(lab.master), addresses.network(lab, worker)
    words = [f"K3S_URL=https://${{{master.name}}}:6443", "K3S_TOKEN=${TOKEN}"]
    words += [f'INSTALL_K3S_EXEC="agent {network.options}"'] if network.options else []
    return Command(
        install_script(lab, worker, *words),
        on=worker,
        variables=(master, token, *network.variables),
        timeout=900,
        why=N_("the same script makes an agent when it is told of a server"),
    )


def join_token(lab: Lab) -> Variable:
    """The secret with which a worker joins.

    By default one that ends after an hour and can add workers only. The guide's is the server's
    own: it never ends, and can add control-plane nodes as well.
    """
    source = (
        "sudo k3s token create --ttl 1h"
        if lab.config.k3s.join_token == "short-lived"
        else "sudo cat /var/lib/rancher/k3s/server/node-token"
    )
    return Variable("TOKEN", Command(source, on=lab.master), secret=True)


def _leave(lab: Lab, worker: str) -> Iterator[Command]:
    yield Command(if_there(UNINSTALL_AGENT, UNINSTALL_AGENT), on=worker, timeout=300)
    yield Command(
        f"! command -v kubectl > /dev/null || sudo kubectl delete node {worker} --ignore-not-found",
        on=lab.master,
    )


join_workers = Step(
    key="k3s.join_workers",
    section="1.4",
    title=N_("join the workers to the cluster"),
    commands=_join,
    check=_node_ready,
    where=on_workers,
    needs=(install_server,),
    undo=_leave,
    deadline=300,
    diagnose=_service_log,
    expect="""\
NAME      STATUS   ROLES                  AGE     VERSION
master    Ready    control-plane,master   10m     v1.29.4+k3s1
worker1   Ready    <none>                 2m12s   v1.29.4+k3s1
worker2   Ready    <none>                 2m4s    v1.29.4+k3s1""",
)
