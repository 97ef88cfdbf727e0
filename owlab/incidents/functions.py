"""Incidents of OpenWhisk: nodes, release, images, functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from owlab import observed
from owlab.command import HOST, Command
from owlab.fact import parse_json
from owlab.incidents.incident import (
    Incident,
    answers,
    kubectl,
    openwhisk,
    openwhisk_chart,
    seen,
)
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check
from owlab.steps import wsk
from owlab.steps.control import control
from owlab.steps.kubernetes import items, one


def _call(lab: Lab) -> Command:
    return Command(
        f"timeout 25 {wsk.program(lab)} action invoke hellocli --result",
        on=control(lab).machine,
        timeout=60,
    )


def calls_are_answered(lab: Lab) -> Check:
    """Whether OpenWhisk runs a function."""
    return answers(lab, _("a call of hellocli is answered"), _call(lab), "Hello")


def _workers(lab: Lab) -> str:
    return " ".join(worker.lower() for worker in lab.workers)


# -- nobody runs ---------------------------------------------------------------------------


def _unlabel(lab: Lab) -> Iterator[Command]:
    yield kubectl(lab, f"label node {_workers(lab)} openwhisk-role-")
    yield openwhisk(lab, f"delete pod {lab.config.openwhisk.release}-invoker-0 --now")


def _labelled(lab: Lab) -> Check:
    roles = {row["name"]: row["openwhisk_role"] for row in observed.nodes(lab)}
    return seen(_("the cause"), all(roles.get(w.lower()) == "invoker" for w in lab.workers))


def _invoked(lab: Lab) -> Check:
    """Warm functions may answer a moment longer than the invoker lives."""
    pods = observed.pods(lab, lab.config.openwhisk.namespace)
    name = f"{lab.config.openwhisk.release}-invoker-0"
    if [pod["status"] for pod in pods if pod["name"] == name] != ["Running"]:
        return seen(_("a call of hellocli is answered"), False, _("not all of OpenWhisk runs"))
    return calls_are_answered(lab)


def _label(lab: Lab) -> Iterator[Command]:
    yield kubectl(lab, f"label node {_workers(lab)} openwhisk-role=invoker --overwrite")
    yield openwhisk(
        lab,
        f"rollout status statefulset {lab.config.openwhisk.release}-invoker --timeout=240s",
    )


nobody_runs = Incident(
    name="nobody-runs",
    level=1,
    minutes=10,
    story=N_(
        "Somebody tidied up the cluster yesterday: “just names of things, nothing that runs”. "
        "Since then every call of a function hangs and ends with an error after a while. The API "
        "still answers, and `wsk action list` too."
    ),
    breaks=_unlabel,
    symptom=_invoked,
    cause=_labelled,
    hints=(
        N_("The API is there, so look at what stands behind it: kubectl get pods -n openwhisk."),
        N_(
            "One pod is Pending. kubectl describe says which nodes it may run on, and "
            "which it found."
        ),
        N_(
            "The invoker wants a node with openwhisk-role=invoker. kubectl get nodes -L "
            "openwhisk-role"
        ),
    ),
    mends=_label,
    why=N_(
        "The label openwhisk-role was removed from the workers. The invoker must run "
        "on a node that has it: with no such node it stays Pending, and calls wait in "
        "the queue until they end with an error. Pods that run already are not "
        "touched when a label goes; so it broke only at the next restart."
    ),
)


# -- after the weekend ---------------------------------------------------------------------

_GONE = "wurstmeister/kafka:0.10-withdrawn"


def _kafka(lab: Lab) -> str:
    return f"{lab.config.openwhisk.release}-kafka"


def _lose_image(lab: Lab) -> Iterator[Command]:
    yield openwhisk(lab, f"set image statefulset/{_kafka(lab)} kafka={_GONE}")
    yield openwhisk(lab, f"delete pod {_kafka(lab)}-0 --now")


def _kafka_runs(lab: Lab) -> Check:
    pods = observed.pods(lab, lab.config.openwhisk.namespace)
    mine = [pod for pod in pods if pod["name"] == f"{_kafka(lab)}-0"]
    status = mine[0]["status"] if mine else _("there is none")
    return seen(_("every pod of OpenWhisk runs"), status == "Running", f"{_kafka(lab)}-0: {status}")


def _image_named(lab: Lab) -> Check:
    found = one(lab, f"statefulset {_kafka(lab)} -n {lab.config.openwhisk.namespace}")
    images = [c["image"] for c in found["spec"]["template"]["spec"]["containers"]] if found else []
    return seen(_("the cause"), bool(images) and _GONE not in images)


def _other_image(lab: Lab) -> Iterator[Command]:
    image = (
        "$(awk -F'\"' '/^kafka/ {k = 1} k && /imageName/ {n = $2} "
        'k && /imageTag/ {print n ":" $2; exit}\' ~/kubeyaml/mycluster.yaml)'
    )
    yield openwhisk(lab, f'set image statefulset/{_kafka(lab)} kafka="{image}"')
    yield openwhisk(lab, f"delete pod {_kafka(lab)}-0 --now")
    yield openwhisk(lab, f"rollout status statefulset {_kafka(lab)} --timeout=240s")


after_the_weekend = Incident(
    name="after-the-weekend",
    level=1,
    minutes=10,
    story=N_(
        "On Friday somebody “only set a newer version of something”. On Monday one part of "
        "OpenWhisk does not come up any more. Find out which, and make it run again."
    ),
    breaks=_lose_image,
    symptom=_kafka_runs,
    cause=_image_named,
    hints=(
        N_("kubectl get pods -n openwhisk shows which pod is not Running, and a word for why."),
        N_(
            "ImagePullBackOff: the registry does not have what the pod asks for. kubectl "
            "describe pod names it."
        ),
        N_("mycluster.yaml names an image that could be pulled. kubectl set image changes it."),
    ),
    mends=_other_image,
    why=N_(
        "The StatefulSet named an image that no registry has. It is what the guide's "
        "author met in May 2024, when wurstmeister/kafka was withdrawn from one day "
        "to the next. A StatefulSet does not replace a pod that never became ready: "
        "after correcting the image one deletes that pod by hand. Better still is "
        "`helm rollback`, or an upgrade with the values."
    ),
)


# -- after maintenance ---------------------------------------------------------------------


def _cordon(lab: Lab) -> Iterator[Command]:
    yield kubectl(lab, f"cordon {_workers(lab)}")
    yield openwhisk(lab, "delete pod -l user-action-pod=true --now --ignore-not-found")


def _open(lab: Lab) -> Check:
    nodes = items(lab, "nodes")
    return seen(_("the cause"), not any(node["spec"].get("unschedulable") for node in nodes))


def _ready_for_pods(lab: Lab) -> Check:
    open_ones = [
        node["metadata"]["name"]
        for node in items(lab, "nodes")
        if not node["spec"].get("unschedulable")
    ]
    wanted = [worker.lower() for worker in lab.workers]
    missing = [name for name in wanted if name not in open_ones]
    said = (
        _("not yet on {count} of {total} workers").format(count=len(missing), total=len(wanted))
        if missing
        else _("all workers")
    )
    return seen(_("new pods can start on every worker"), not missing, said)


def _uncordon(lab: Lab) -> Iterator[Command]:
    yield kubectl(lab, f"uncordon {_workers(lab)}")


after_maintenance = Incident(
    name="after-maintenance",
    level=1,
    minutes=8,
    story=N_(
        "The workers had their kernels updated last night, one after the other, and came back. "
        "All nodes are Ready. But functions that nobody called for a while do not start any more."
    ),
    breaks=_cordon,
    symptom=_ready_for_pods,
    cause=_open,
    hints=(
        N_("Ready is not all that a node can be. Read the whole line of kubectl get nodes."),
        N_("SchedulingDisabled: somebody said that nothing new may start there."),
        N_("kubectl cordon (and drain) says so; one word takes it back."),
    ),
    mends=_uncordon,
    why=N_(
        "Before maintenance one cordons a node, so that nothing new starts there; "
        "drain also moves what runs. Afterwards one has to uncordon it: a restart "
        "does not. The node is Ready all the time, so no alarm rings."
    ),
)


# -- half an upgrade -----------------------------------------------------------------------


def _newest(lab: Lab) -> str:
    return (
        f"$({control(lab).kubectl} get secret -n {lab.config.openwhisk.namespace} "
        f"-l owner=helm,name={lab.config.openwhisk.release} "
        "--sort-by=.metadata.creationTimestamp -o name | tail -n 1 | cut -d/ -f2)"
    )


def _leave_half(lab: Lab) -> Iterator[Command]:
    settings, here = lab.config.openwhisk, control(lab)
    space = f"-n {settings.namespace}"
    yield openwhisk_chart(lab, "--reuse-values")
    yield Command(
        f"name={_newest(lab)}\n"
        f"text=$({here.kubectl} get secret {space} $name -o jsonpath='{{.data.release}}' | "
        "base64 -d | base64 -d | gzip -d | "
        'sed \'s/"status":"deployed"/"status":"pending-upgrade"/\' | gzip | base64 -w0 | '
        "base64 -w0)\n"
        f"{here.kubectl} patch secret {space} $name "
        '-p "{\\"data\\":{\\"release\\":\\"$text\\"}}"'
        f"\n{here.kubectl} label secret {space} $name status=pending-upgrade --overwrite",
        on=here.machine,
    )


def _deployed(lab: Lab) -> Check:
    settings, here = lab.config.openwhisk, control(lab)
    text = f"{here.helm} list -n {settings.namespace} --deployed --pending -o json"
    result = lab.read(Command(text, on=here.machine))
    state = _("unknown")
    with suppress(ValueError):
        for item in parse_json(result.stdout):
            if item["name"] == settings.release:
                state = item["status"]
    return seen(
        _("the release can be upgraded"),
        state == "deployed",
        _("its status: {state}").format(state=state),
    )


def _roll_back(lab: Lab) -> Iterator[Command]:
    settings, here = lab.config.openwhisk, control(lab)
    text = f"{here.helm} rollback {settings.release} -n {settings.namespace}"
    yield Command(text, on=here.machine, timeout=300)


half_an_upgrade = Incident(
    name="half-an-upgrade",
    level=2,
    minutes=10,
    story=N_(
        "The laptop of a colleague went to sleep in the middle of `helm upgrade`. "
        "OpenWhisk works. But nobody can upgrade it since: “another operation "
        "(install/upgrade/rollback) is in progress”, although nobody does anything."
    ),
    breaks=_leave_half,
    symptom=_deployed,
    cause=_deployed,
    hints=(
        N_("helm list -n openwhisk shows only what is deployed. Which option shows all?"),
        N_("helm list -a, or helm history owdev -n openwhisk: the last revision is pending."),
        N_(
            "Helm waits for an operation that is dead. A rollback makes a new revision "
            "that is whole."
        ),
    ),
    mends=_roll_back,
    why=N_(
        "Helm writes down that an operation begins, and later how it ended, in a "
        "secret of the namespace. A helm that is killed in between leaves "
        "`pending-upgrade` (or `pending-install`) there. `helm rollback` to a "
        "revision that worked makes it whole. After a first installation there is "
        "none: then it is `helm uninstall`, or deleting that one secret."
    ),
)


# -- too slow, and the page that is gone -----------------------------------------------------


def _shorten(lab: Lab) -> Iterator[Command]:
    program, here = wsk.program(lab), control(lab)
    yield Command(
        f"mkdir -p {here.home}/functions && cd {here.home}/functions &&\n"
        "cat > report.py <<'EOF'\nimport time\n\n\ndef main(args):\n    time.sleep(2)\n"
        '    return {"pages": 12}\nEOF\n'
        f"{program} action update report report.py --timeout 1000",
        on=here.machine,
    )


def _report(lab: Lab) -> Check:
    command = Command(
        f"timeout 30 {wsk.program(lab)} action invoke report --result",
        on=control(lab).machine,
        timeout=60,
    )
    return answers(lab, _("report answers with its 12 pages"), command, '"pages": 12')


def _long_enough(lab: Lab) -> Check:
    limit = observed.action(lab, "report").get("limits", {}).get("timeout", 0)
    return seen(_("the cause"), limit > 2000)


def _lengthen(lab: Lab) -> Iterator[Command]:
    text = f"{wsk.program(lab)} action update report --timeout 10000"
    yield Command(text, on=control(lab).machine)


too_slow = Incident(
    name="too-slow",
    level=1,
    minutes=8,
    story=N_(
        "The function `report` counts pages. It worked while there were few. Now each call "
        "fails. The code has not changed, and it must not be changed: it really needs two seconds."
    ),
    breaks=_shorten,
    symptom=_report,
    cause=_long_enough,
    hints=(
        N_("Call it: wsk action invoke report --result. Read the error."),
        N_("wsk action get report shows the limits of a function."),
        N_("wsk action update report --timeout MILLISECONDS changes one, and keeps the code."),
    ),
    mends=_lengthen,
    why=N_(
        "Each action has limits: time, memory, size of its logs. The standard for time is 60 s; "
        "this one had 1 s. `wsk activation get` of a failed call shows the annotation `timeout`."
    ),
)


def _hide(lab: Lab) -> Iterator[Command]:
    text = f"{wsk.program(lab)} action update helloweb --web false"
    yield Command(text, on=control(lab).machine)


def _page(lab: Lab) -> Check:
    address, port = lab.address(lab.master), lab.config.openwhisk.port
    url = f"https://{address}:{port}/api/v1/web/guest/default/helloweb"
    look = Command(f"curl -sSk -o /dev/null -w '%{{http_code}}' '{url}'", on=HOST, timeout=60)
    return answers(lab, _("the page answers with 200"), look, "200")


def _is_web(lab: Lab) -> Check:
    notes = {n["key"]: n["value"] for n in observed.action(lab, "helloweb").get("annotations", [])}
    return seen(_("the cause"), notes.get("web-export") is True)


def _publish(lab: Lab) -> Iterator[Command]:
    text = f"{wsk.program(lab)} action update helloweb --web true"
    yield Command(text, on=control(lab).machine)


page_not_found = Incident(
    name="page-not-found",
    level=1,
    minutes=6,
    story=N_(
        "Customers say that the page of `helloweb` is gone: “The requested resource does not "
        "exist.” With `wsk action invoke helloweb --result` it works as ever."
    ),
    breaks=_hide,
    symptom=_page,
    cause=_is_web,
    hints=(
        N_("One way in works, the other does not. What makes an action reachable over the web?"),
        N_("wsk action get helloweb: read the annotations."),
        N_("web-export is false. wsk action update helloweb --web true"),
    ),
    mends=_publish,
    why=N_(
        "Only a web action has a URL. `--web true` writes the annotation web-export; an update "
        "with `--web false` takes the page away, and the function stays. To the outside both look "
        "the same: 404, so that nobody learns which functions exist."
    ),
)

INCIDENTS = (
    nobody_runs,
    after_the_weekend,
    after_maintenance,
    half_an_upgrade,
    too_slow,
    page_not_found,
)
