"""Incidents of workers that come back: how a machine becomes a node, and who lets it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from owlab import observed
from owlab.command import Command, Variable
from owlab.incidents.incident import Incident, kubectl, openwhisk_chart, seen
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check
from owlab.steps import k3s, openwhisk
from owlab.steps.undoing import if_there


def _worker(lab: Lab) -> str:
    """The machine that all of this is about."""
    return lab.workers[-1]


def _node(lab: Lab) -> str:
    return _worker(lab).lower()


def _ready(lab: Lab) -> Check:
    node = _node(lab)
    states = [row["ready"] for row in observed.nodes(lab) if row["name"] == node]
    said = _("it is no node") if not states else "Ready" if states[0] else "NotReady"
    return seen(_("{node} is Ready").format(node=node), states == [True], said)


def _joined(lab: Lab) -> Check:
    done = k3s.join_workers.check(lab, _worker(lab)).done
    return seen(_("the cause"), done)


def _reinstall(lab: Lab) -> Iterator[Command]:
    """What a new disk comes to: nothing of K3s is left on the machine."""
    yield Command(if_there(k3s.UNINSTALL_AGENT, k3s.UNINSTALL_AGENT), on=_worker(lab), timeout=300)


def _join(lab: Lab, token: Variable) -> Command:
    """The usual line, which fails; the incident does not."""
    usual = k3s.install_agent(lab, _worker(lab), token)
    return replace(usual, text=f"( {usual.text}\n) || true")


# -- back from repair ----------------------------------------------------------------------


def _join_too_late(lab: Lab) -> Iterator[Command]:
    yield from _reinstall(lab)
    yield kubectl(lab, f"delete node {_node(lab)}")
    yield openwhisk_chart(lab, "--reuse-values")  # a pod without a controller went with the node
    source = Command("sudo k3s token create --ttl 1s && sleep 2", on=lab.master)
    yield _join(lab, Variable("TOKEN", source, secret=True))


def _join_anew(lab: Lab) -> Iterator[Command]:
    yield from k3s.join_workers.commands(lab, _worker(lab))
    yield from openwhisk.label_nodes.commands(lab, _worker(lab))


back_from_repair = Incident(
    name="back-from-repair",
    level=2,
    minutes=15,
    story=N_(
        "The last worker was repaired. It had been taken out of the cluster properly, and was set "
        "up from nothing with the line of the wiki, the one with which it joined in spring. But it "
        "does not appear among the nodes. It should come back, and do all that it did before."
    ),
    breaks=_join_too_late,
    symptom=_ready,
    cause=_joined,
    hints=(
        N_(
            "K3s is installed there, and does not get in. sudo journalctl -u k3s-agent on that "
            "machine says what the server answered."
        ),
        N_(
            "401 Unauthorized: the server does not know the token. sudo k3s token list on the "
            "master shows those that count today."
        ),
        N_(
            "sudo k3s token create on the master makes a new one. Then the line of section 1.4 "
            "once more, and the label of section 6.1, which went with the node."
        ),
    ),
    mends=_join_anew,
    why=N_(
        "The join token had expired. A token that ends is a good thing: what stands in a wiki "
        "opens no door any more. Nodes that have joined do not need it, they have certificates; so "
        "nobody notices until a machine is set up again. A node that comes back is a new node: its "
        "labels are gone, and without openwhisk-role=invoker no invoker may run there."
    ),
)


# -- same name -----------------------------------------------------------------------------


def _come_as_another(lab: Lab) -> Iterator[Command]:
    yield from _reinstall(lab)
    yield _join(lab, k3s.join_token(lab))


def _forget_the_old_one(lab: Lab) -> Iterator[Command]:
    node = _node(lab)
    yield kubectl(lab, f"delete secret {node}.node-password.k3s -n kube-system")
    yield Command("sudo systemctl restart k3s-agent", on=_worker(lab))
    yield kubectl(lab, f"wait --for=condition=Ready node/{node} --timeout=180s", timeout=240)


same_name = Incident(
    name="same-name",
    level=3,
    minutes=15,
    story=N_(
        "The last worker died for good. A new machine took its place, its name and its address, "
        "and was set up by section 1.4, with a token that was made for it an hour ago. The node of "
        "that name stays NotReady."
    ),
    breaks=_come_as_another,
    symptom=_ready,
    cause=_joined,
    hints=(
        N_("The new machine has something to say: sudo journalctl -u k3s-agent."),
        N_(
            "Node password rejected. When a node joins for the first time it leaves a password; "
            "who comes later under its name must know it. Where would the cluster keep that?"
        ),
        N_(
            "kubectl get secrets -n kube-system: it is in NODE.node-password.k3s. Delete that "
            "Secret (or the node, with its labels), and restart k3s-agent on the new machine."
        ),
    ),
    mends=_forget_the_old_one,
    why=N_(
        "K3s lets nobody take over a name: a node's password lies on the machine, in "
        "/etc/rancher/node/password, and its hash in a Secret of kube-system. A new machine has "
        "another password. Whoever throws a machine away should delete its node as well (`kubectl "
        "delete node`); with it goes the Secret. Deleting only the Secret keeps labels and pods of "
        "the node. Do it when you know whose the new machine is: the password is there for that."
    ),
)

INCIDENTS = (back_from_repair, same_name)
