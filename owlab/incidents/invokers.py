"""Incidents of what runs functions: how invokers start containers, and what a container may use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from owlab import observed
from owlab.command import Command
from owlab.fact import parse_json
from owlab.incidents.functions import calls_are_answered
from owlab.incidents.incident import Incident, answers, openwhisk, openwhisk_chart, seen
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check
from owlab.steps import values, wsk
from owlab.steps.control import control

# -- recipe from a blog --------------------------------------------------------------------


def _other_factory(lab: Lab) -> Iterator[Command]:
    yield openwhisk_chart(lab, "--reuse-values --set invoker.containerFactory.impl=docker")
    name = f"{lab.config.openwhisk.release}-invoker"
    yield openwhisk(lab, f"rollout status daemonset {name} --timeout=240s")


def _kubernetes_starts_containers(lab: Lab) -> Check:
    settings, here = lab.config.openwhisk, control(lab)
    text = f"{here.helm} get values {settings.release} -n {settings.namespace} -a -o json"
    factory = ""
    with suppress(ValueError, KeyError, TypeError):
        told = parse_json(lab.read(Command(text, on=here.machine)).stdout)
        factory = told["invoker"]["containerFactory"]["impl"]
    return seen(_("the cause"), factory == "kubernetes")


def _values_of_the_guide(lab: Lab) -> Iterator[Command]:
    yield openwhisk_chart(lab, f"-f {values.directory(lab)}/mycluster.yaml")
    name = f"{lab.config.openwhisk.release}-invoker"
    yield openwhisk(lab, f"rollout status statefulset {name} --timeout=240s")


recipe_from_a_blog = Incident(
    name="recipe-from-a-blog",
    level=2,
    minutes=12,
    story=N_(
        "A colleague upgraded OpenWhisk by a recipe of 2018, “so that functions start faster”. "
        "Helm was content, and every pod is Running. But since then no call is answered: “The "
        "server is currently unavailable (because it is overloaded or down for maintenance).”"
    ),
    breaks=_other_factory,
    symptom=calls_are_answered,
    cause=_kubernetes_starts_containers,
    hints=(
        N_(
            "Pods that run are not always healthy. OpenWhisk says what it thinks of those that "
            "start functions: curl -k https://ADDRESS:31001/invokers on the master."
        ),
        N_(
            "The invokers are not up. kubectl logs of one says what it cannot reach; helm history "
            "and helm get values (owdev -n openwhisk) say what the upgrade changed."
        ),
        N_(
            "containerFactory.impl is docker, and no worker has Docker: command -v docker. "
            "mycluster.yaml has the right value: helm upgrade with -f, or helm rollback."
        ),
    ),
    mends=_values_of_the_guide,
    why=N_(
        "With the container factory `docker` an invoker starts containers itself, through the "
        "socket of Docker on its node. K3s runs containers with containerd: there is no such "
        "socket, so each invoker runs and can start nothing. The factory `kubernetes` asks the API "
        "for pods, and does not care what runs them. Recipes from before 2020 assume Docker. A pod "
        "that is Running says nothing about what it can do: ask the program itself."
    ),
)


# -- ten times as many ---------------------------------------------------------------------

_PRODUCTS = 200_000


def _much_at_once(lab: Lab) -> Iterator[Command]:
    here = control(lab)
    yield Command(
        f"mkdir -p {here.home}/functions && cd {here.home}/functions &&\n"
        "cat > catalogue.py <<'EOF'\ndef main(args):\n"
        f"    products = [bytearray(1024) for number in range({_PRODUCTS})]\n"
        '    return {"products": len(products)}\nEOF\n'
        f"{wsk.program(lab)} action update catalogue catalogue.py --memory 128",
        on=here.machine,
    )


def _catalogue(lab: Lab) -> Check:
    command = Command(
        f"timeout 60 {wsk.program(lab)} action invoke catalogue --result",
        on=control(lab).machine,
        timeout=90,
    )
    what = _("catalogue answers with its {count} products").format(count=_PRODUCTS)
    return answers(lab, what, command, f'"products": {_PRODUCTS}')


def _enough(lab: Lab) -> Check:
    limit = observed.action(lab, "catalogue").get("limits", {}).get("memory", 0)
    return seen(_("the cause"), limit > 128)


def _give_more(lab: Lab) -> Iterator[Command]:
    text = f"{wsk.program(lab)} action update catalogue --memory 512"
    yield Command(text, on=control(lab).machine)


ten_times_as_many = Incident(
    name="ten-times-as-many",
    level=1,
    minutes=8,
    story=N_(
        "The function `catalogue` reads all products of the shop. Since the merger there are ten "
        "times as many, and each call fails after a moment. The code has not changed, and must not "
        "be changed today: it really needs them all at once."
    ),
    breaks=_much_at_once,
    symptom=_catalogue,
    cause=_enough,
    hints=(
        N_("Call it: wsk action invoke catalogue --result. Read the error."),
        N_("It is killed while it runs. wsk action get catalogue shows what it may use."),
        N_(
            "200,000 products of a kilobyte do not fit into 128 MB. wsk action update catalogue "
            "--memory MEGABYTES keeps the code; OpenWhisk allows up to 512."
        ),
    ),
    mends=_give_more,
    why=N_(
        "The action was killed for its memory. Its limit becomes the limit of its container: who "
        "goes over it is ended by the kernel at once, in the middle of a line, and can neither "
        "catch that nor log it. Kubernetes calls it `OOMKilled`. More memory for an action has a "
        "price: fewer containers fit on a worker, so fewer calls run at the same time. The better "
        "answer, later, is to read the products piece by piece."
    ),
)

INCIDENTS = (recipe_from_a_blog, ten_times_as_many)
