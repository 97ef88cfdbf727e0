"""Incidents of nodes and of clients: who reaches whom, and with what."""

from __future__ import annotations

from collections.abc import Iterator

from owlab import observed
from owlab.command import Command, Variable
from owlab.fact import Fact, succeeds
from owlab.incidents.incident import NAMESPACE, Incident, answers, apply, kubectl, runs, seen
from owlab.lab import Lab
from owlab.language import N_, _, listed
from owlab.step import Check
from owlab.steps import addresses, openwhisk, wsk
from owlab.steps.control import control
from owlab.steps.kubernetes import one
from owlab.versions import GUEST_KEY

# -- one less ------------------------------------------------------------------------------


def _stop_agent(lab: Lab) -> Iterator[Command]:
    yield Command("sudo systemctl disable --now k3s-agent", on=lab.workers[-1])


def _all_ready(lab: Lab) -> Check:
    rows = observed.nodes(lab)
    bad = [row["name"] for row in rows if not row["ready"]]
    said = (
        _("not ready: {names}").format(names=listed(bad))
        if bad
        else _("{count} nodes").format(count=len(rows))
    )
    return seen(_("every node is Ready"), bool(rows) and not bad, said)


def _agent_on(lab: Lab) -> Check:
    text = "systemctl is-active --quiet k3s-agent && systemctl is-enabled --quiet k3s-agent"
    return seen(_("the cause"), lab.fact(succeeds(text, lab.workers[-1])))


def _start_agent(lab: Lab) -> Iterator[Command]:
    yield Command("sudo systemctl enable --now k3s-agent", on=lab.workers[-1])
    node = lab.workers[-1].lower()
    yield kubectl(lab, f"wait --for=condition=Ready node/{node} --timeout=180s", timeout=240)


one_less = Incident(
    name="one-less",
    level=1,
    minutes=8,
    story=N_(
        "A worker has been NotReady since this morning. The machine itself is up. It must come "
        "back, also after its next restart."
    ),
    breaks=_stop_agent,
    symptom=_all_ready,
    cause=_agent_on,
    hints=(
        N_("kubectl describe node: since when does nobody hear of it?"),
        N_("The program that reports is K3s' agent: systemctl status k3s-agent on that machine."),
        N_("It is stopped, and disabled: systemctl enable --now k3s-agent."),
    ),
    mends=_start_agent,
    why=N_(
        "The agent was stopped and disabled. The control plane only sees that the node's "
        "heartbeats stay away; it cannot tell a stopped program from a dead machine. After five "
        "minutes it would start that node's pods elsewhere."
    ),
)


# -- no room -------------------------------------------------------------------------------

_GREEDY = """
apiVersion: v1
kind: Namespace
metadata:
  name: {space}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: thumbnails
  namespace: {space}
spec:
  selector:
    matchLabels:
      app: thumbnails
  template:
    metadata:
      labels:
        app: thumbnails
    spec:
      containers:
        - name: thumbnails
          image: busybox:1.36
          command: [sleep, "36000"]
          resources:
            requests:
              memory: 64Gi
"""


def _ask_too_much(lab: Lab) -> Iterator[Command]:
    yield apply(lab, _GREEDY.format(space=NAMESPACE))


def _thumbnails(lab: Lab) -> Check:
    return runs(lab, "thumbnails")


def _modest(lab: Lab) -> Check:
    found = one(lab, f"deployment thumbnails -n {NAMESPACE}")
    if found is None:
        return seen(_("the cause"), False)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    asked = container.get("resources", {}).get("requests", {}).get("memory", "")
    return seen(_("the cause"), asked != "64Gi")


def _ask_less(lab: Lab) -> Iterator[Command]:
    space = f"-n {NAMESPACE}"
    yield kubectl(lab, f"set resources deployment thumbnails {space} --requests=memory=64Mi")
    yield kubectl(lab, f"rollout status deployment thumbnails {space} --timeout=240s")


no_room = Incident(
    name="no-room",
    level=1,
    minutes=8,
    story=N_(
        "The application `thumbnails`, in the namespace `incident`, does not start. It makes "
        "small pictures, 64 MB are plenty. The nodes are nearly idle, says the dashboard."
    ),
    breaks=_ask_too_much,
    symptom=_thumbnails,
    cause=_modest,
    hints=(
        N_("kubectl describe pod -n incident: what does the scheduler say of each node?"),
        N_("Insufficient memory. It counts what is asked for, not what is used."),
        N_("One letter: Gi is not Mi. kubectl set resources, or kubectl edit."),
    ),
    mends=_ask_less,
    why=N_(
        "The pod asked for 64Gi in place of 64Mi. The scheduler adds up requests and never looks "
        "at what is used. So a node can be idle and full. The opposite is as common: OpenWhisk's "
        "chart asks for nothing, so the scheduler thinks the master is empty."
    ),
)


# -- works on the master -------------------------------------------------------------------


def _copy_as_it_is(lab: Lab) -> Iterator[Command]:
    source = Command("sudo cat /etc/rancher/k3s/k3s.yaml", on=lab.master)
    content = lab.read(source).stdout
    lines = [
        f"{line.partition('https')[0]}https://127.0.0.1:6443" if "server: https" in line else line
        for line in content.splitlines()
    ]
    text = "\n".join(lines)
    yield Command(
        f"umask 077 && mkdir -p ~/.kube &&\ncat > ~/.kube/config <<'EOF'\n{text}\nEOF",
        on=lab.workers[0],
    )


def _kubectl_there(lab: Lab) -> Check:
    command = Command("timeout 20 kubectl --kubeconfig ~/.kube/config get nodes", on=lab.workers[0])
    return answers(
        lab, _("kubectl answers on {worker}").format(worker=lab.workers[0]), command, "Ready"
    )


def _names_the_master(lab: Lab) -> Check:
    ask = Command("grep 'server:' ~/.kube/config", on=lab.workers[0])
    said = lab.fact(Fact(ask, str.strip, ""))
    return seen(_("the cause"), bool(said) and "127.0.0.1:" not in said and "localhost" not in said)


def _name_the_master(lab: Lab) -> Iterator[Command]:
    master = lab.address_variable(lab.master)
    yield Command(
        f'sed -i "s#https://127.0.0.1:6443#https://${{{master.name}}}:6443#" ~/.kube/config',
        on=lab.workers[0],
        variables=(master,),
    )


works_on_the_master = Incident(
    name="works-on-the-master",
    level=1,
    minutes=8,
    story=N_(
        "A developer wants to use kubectl on the first worker. They copied the master's "
        "kubeconfig there, to ~/.kube/config. On the master it works. On the worker: connection "
        "refused. (`kubectl --kubeconfig ~/.kube/config get nodes`)"
    ),
    breaks=_copy_as_it_is,
    symptom=_kubectl_there,
    cause=_names_the_master,
    hints=(
        N_("Which address does kubectl call? It is in the error, and in the file."),
        N_("127.0.0.1 is always the machine on which one types."),
        N_("The server in ~/.kube/config must be the master's address, port 6443."),
    ),
    mends=_name_the_master,
    why=N_(
        "The kubeconfig that K3s writes on its server names 127.0.0.1. That is right there, and "
        "wrong everywhere else. Whoever copies it has to name the master, by an address that its "
        "certificate knows. And: who has this file owns the cluster. Mind where it lies."
    ),
)


# -- who are you, nobody home ---------------------------------------------------------------

_OLD_KEY = "00000000-0000-4000-8000-000000000000:" + "0" * 64


def _properties(lab: Lab, words: str, *variables: Variable) -> Command:
    text = f"{wsk.unverified(lab)} property set {words}"
    return Command(text, on=control(lab).machine, variables=variables)


def _old_key(lab: Lab) -> Iterator[Command]:
    yield _properties(lab, f"--auth {_OLD_KEY}")


def _lists(lab: Lab) -> Check:
    text = f"timeout 20 {wsk.program(lab)} action list"
    return answers(lab, _("wsk lists the functions"), Command(text, on=control(lab).machine))


def _configured(lab: Lab) -> Check:
    return seen(_("the cause"), openwhisk.configure_wsk.state(lab).done)


def _right_key(lab: Lab) -> Iterator[Command]:
    if lab.config.openwhisk.keys == "well-known":
        yield _properties(lab, f"--auth {GUEST_KEY}")
        return
    yield Command(
        f". {control(lab).home}/kubeyaml/keys.env &&\n"
        f'{wsk.unverified(lab)} property set --auth "$GUEST_KEY"',
        on=control(lab).machine,
    )


who_are_you = Incident(
    name="who-are-you",
    level=1,
    minutes=6,
    story=N_(
        "Keys were rotated, everything was written down, and now `wsk` on the master cannot do "
        "anything any more. OpenWhisk itself is fine: the web page of `helloweb` answers."
    ),
    breaks=_old_key,
    symptom=_lists,
    cause=_configured,
    hints=(
        N_("Read what wsk answers: does it reach OpenWhisk?"),
        N_(
            "401: it knows who you are not. Where does wsk keep its key, and where is the "
            "right one?"
        ),
        N_("~/kubeyaml/keys.env has the key that OpenWhisk was made with. wsk property set --auth"),
    ),
    mends=_right_key,
    why=N_(
        "`wsk` sends the key of ~/.wskprops with each call. It was an old one. A web action needs "
        "no key, so the page went on working: that tells a wrong key from a broken OpenWhisk."
    ),
)


def _apihost(lab: Lab, port: int) -> Command:
    entry = addresses.here(lab)
    return _properties(lab, f'--apihost "${{{entry.name}}}:{port}"', entry)


def _other_port(lab: Lab) -> Iterator[Command]:
    yield _apihost(lab, 31443)


def _right_host(lab: Lab) -> Iterator[Command]:
    yield _apihost(lab, lab.config.openwhisk.port)


nobody_home = Incident(
    name="nobody-home",
    level=1,
    minutes=6,
    story=N_(
        "`wsk` on the master says that the connection is refused. The pods are all Running, and "
        "the web page of `helloweb` answers."
    ),
    breaks=_other_port,
    symptom=_lists,
    cause=_configured,
    hints=(
        N_("Which address and port does wsk call? wsk property get"),
        N_("And where does OpenWhisk listen? kubectl get service -n openwhisk"),
        N_("The NodePort of owdev-nginx is the right one: wsk property set --apihost ADDRESS:PORT"),
    ),
    mends=_right_host,
    why=N_(
        "The apihost had another port. A Service of type NodePort listens on one port of every "
        "node, 31001 here; on any other there is nobody. “Refused” means that a machine answered "
        "and has no such door. A wrong address would have been a time-out."
    ),
)

INCIDENTS = (one_less, no_room, works_on_the_master, who_are_you, nobody_home)
