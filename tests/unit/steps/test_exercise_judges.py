"""What a judge makes of what the lab answers: solved, half solved, not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab import Lab
from owlab.events import Event
from owlab.machines.provider import MachineInfo
from owlab.notebook.exercises import judge
from owlab.notebook.exercises.base import Verdict

from .conftest import Told, thing

SPACE = "-n openwhisk"


def held(verdict: Verdict) -> list[bool]:
    return [item.passed for item in verdict.claims]


def done(lab: Lab, key: str, answer: Any = ...) -> list[bool]:
    verdict = judge(lab, key, answer)
    assert verdict.passed is all(held(verdict)) and bool(verdict) is verdict.passed
    assert verdict.passed is (verdict.remedy == "")
    return held(verdict)


def typed(lab: Lab, command: str, status: int = 0) -> None:
    lab.journal(Event("command-ended", "", "master", command=command, exit_code=status))


# -- questions -----------------------------------------------------------------------------


def test_a_verdict_of_nothing_is_none() -> None:
    assert not Verdict("x", ()).passed


@pytest.mark.parametrize(("answer", "right"), [(..., False), (8, True), (9, False), ("8", False)])
def test_all_processors(lab: Lab, answer: Any, right: bool) -> None:
    assert done(lab, "01.1", answer) == [right]
    verdict = judge(lab, "01.1", answer)
    shown = "no answer yet" if answer is ... else f"your answer: {answer!r}"
    assert verdict.evidence == (f"{'yes' if right else 'no'}: the CPUs of all machines: {shown}",)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (..., False),
        ({"10.0.0.1", "10.0.0.2"}, True),
        (["10.0.0.2", "10.0.0.1"], True),
        ({"10.0.0.1"}, False),
        ("10.0.0.1", False),
    ],
)
def test_who_may_mount(lab: Lab, told: Told, answer: Any, right: bool) -> None:
    path = lab.config.nfs.path
    told.says("exportfs -v", f"{path} 10.0.0.1(rw)\n{path} 10.0.0.2(rw)\n/other *(rw)\n")
    assert done(lab, "01.2", answer) == [right]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (..., False),
        ("mount.nfs: Access denied by server while mounting", True),
        ("connection refused", False),
        (None, False),
    ],
)
def test_the_words_of_the_server(lab: Lab, answer: Any, right: bool) -> None:
    assert done(lab, "02.2", answer) == [right]


def test_the_invokers_node(lab: Lab, told: Told) -> None:
    pods = [thing(f"owdev-invoker-{n}", "openwhisk", spec={"nodeName": f"worker{n}"})
            for n in (1, 0)]  # fmt: skip
    told.has(f"pods {SPACE}", *pods)
    assert done(lab, "06.1", "worker0") == [True]
    assert done(lab, "06.1", "worker1") == [False]
    assert done(lab, "06.1") == [False]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (["b", "a"], True),
        ({"a", "b"}, True),
        (("a", "b"), True),
        ({"a"}, False),
        ("ab", False),
        (..., False),
    ],
)
def test_what_down_deletes(lab: Lab, answer: Any, right: bool) -> None:
    lab.folder.add_made("a")
    lab.folder.add_made("b")
    assert done(lab, "11.2", answer) == [right]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (..., [False]),
        ("multipass", [False]),
        ({"provider": "nobody"}, [False]),
        ({"provider": "multipass"}, [True, False]),
        ({"provider": "multipass", "memory_profile": "small"}, [True, True]),
        ({"provider": "multipass", "workers": 1, "master_memory": "6G", "worker_memory": "3G",
          "storage_memory": "3G"}, [True, True]),
        ({"provider": "multipass", "workers": 1, "master_memory": "6G", "worker_memory": "3G",
          "storage_memory": "3.1G"}, [True, False]),
        ({"memory_profile": "small"}, [False, True]),
    ],
)  # fmt: skip
def test_small_and_real(lab: Lab, answer: Any, wanted: list[bool]) -> None:
    assert done(lab, "00.2", answer) == wanted


# -- machines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "right"),
    [(None, False), ("", False), ("hello", False), ("Thu Nov 26 2026", True), ("in 2031", True)],
)
def test_a_note_on_the_laptop(lab: Lab, told: Told, text: str | None, right: bool) -> None:
    if text is not None:
        told.says("cat ~/notes.txt", text)
    assert done(lab, "00.1") == [right]


@pytest.mark.parametrize(
    ("exports", "wanted"),
    [
        ("", [False, False, False]),
        ("/var/nfs/reports *(ro,x)\n", [True, False, True]),
        ("/var/nfs/reports 10.0.0.9(rw,x)\n", [True, True, False]),
        ("/var/nfs/reports 10.0.0.9(sync,ro)\n", [True, True, True]),
        ("/var/nfs/reports\n\t\t10.0.0.9(ro,sync)\n", [True, True, True]),
        ("/var/nfs/reports 10.0.0.9(rw,x)\n/var/nfs/z a(ro,x)\n", [True, True, False]),
        ("/var/nfs/reports 10.0.0.9(ro,x)\n/var/nfs/reports b(ro,x)\n", [True, False, True]),
    ],
)
def test_an_export_for_reading(lab: Lab, told: Told, exports: str, wanted: list[bool]) -> None:
    told.says("exportfs -v", exports)
    assert done(lab, "01.3") == wanted


@pytest.mark.parametrize(
    ("text", "mounted", "wanted"),
    [
        (None, None, [False, True]),
        ("hello\n", "10.0.0.9:/x on /mnt/try type nfs4", [True, False]),
        ("hello\n", None, [True, True]),
    ],
)
def test_a_file_over_nfs(
    lab: Lab, told: Told, text: str | None, mounted: str | None, wanted: list[bool]
) -> None:
    if text:
        told.says("cat .*/hello-from-a-worker.txt", text)
    if mounted:
        told.says("mount | grep /mnt/try".replace("|", r"\|"), mounted)
    assert done(lab, "02.1") == wanted


def test_wsk_on_a_worker(lab: Lab, told: Told) -> None:
    assert done(lab, "04.1") == [False]
    told.says("--cliversion -o raw", "1.2.0\n")
    assert done(lab, "04.1") == [True]
    assert told.asked[-1].on == lab.workers[0]
    assert done(lab, "04.2") == [False, False]
    told.says("ls ~/empty.wskprops", "empty.wskprops")
    told.says("^WSK_CONFIG_FILE=.* property get --apihost", "10.0.0.8:31001")
    assert done(lab, "04.2") == [True, False]
    told.says("^WSK_CONFIG_FILE=.* property get --apihost", "10.0.0.9:31001")
    assert done(lab, "04.2") == [True, True]


def test_a_machine_there_and_back(lab: Lab, told: Told) -> None:
    worker = lab.workers[-1]
    assert done(lab, "11.1") == [False, False]
    told.known = [MachineInfo(worker, "Stopped", "")]
    typed(lab, f"multipass delete {worker}")
    typed(lab, f"multipass recover {worker}", 1)
    assert done(lab, "11.1") == [False, False]
    typed(lab, f"multipass recover {worker}")
    assert done(lab, "11.1") == [True, False]
    told.known = [MachineInfo(worker, "Running", "10.0.0.1")]
    assert done(lab, "11.1") == [True, True]


def test_a_node_is_emptied_and_opened(lab: Lab, told: Told) -> None:
    told.has("nodes", thing("worker1", spec={"unschedulable": True}), thing("worker2"))
    typed(lab, "sudo kubectl drain worker1 --ignore-daemonsets", 1)
    assert done(lab, "09.1") == [False, False]
    typed(lab, "sudo kubectl drain worker1 --ignore-daemonsets")
    assert done(lab, "09.1") == [True, False]
    told.has("nodes", thing("worker1"), thing("worker2"))
    assert done(lab, "09.1") == [True, True]


# -- Helm ----------------------------------------------------------------------------------


def helm(told: Told, history: Any, wanted: int | None = None, ready: int | None = None) -> None:
    told.says("helm .*history hello", history if isinstance(history, str) else json.dumps(history))
    found = {"spec": {"replicas": wanted}, "status": {"readyReplicas": ready}}
    if wanted is not None:
        told.says("get deployment hello", json.dumps(found))


ONE = {"revision": 1, "description": "Install complete"}
TWO = {"revision": 2, "description": "Upgrade complete"}
BACK = {"revision": 3, "description": "Rollback to 1"}


@pytest.mark.parametrize(
    ("history", "wanted", "ready", "installed", "back"),
    [
        ("", None, None, [False, False], [False, False]),
        ("nonsense", 2, 2, [False, True], [False, True]),
        ([ONE], 1, 1, [True, False], [False, False]),
        ([ONE], 2, 1, [True, False], [False, True]),
        ([ONE], 2, 2, [True, True], [False, True]),
        ([ONE, TWO], 2, 2, [True, True], [False, True]),
        ([ONE, TWO, BACK], 2, 2, [True, True], [True, True]),
        ([ONE, TWO, BACK], 3, 3, [True, False], [True, False]),
        ([ONE, TWO, TWO], 2, 2, [True, True], [False, True]),
        ([ONE, BACK], 2, 2, [True, True], [False, True]),
    ],
)
def test_a_chart(
    lab: Lab,
    told: Told,
    history: Any,
    wanted: int | None,
    ready: int | None,
    installed: list[bool],
    back: list[bool],
) -> None:
    helm(told, history, wanted, ready)
    assert done(lab, "03.1") == installed
    assert done(lab, "03.2") == back


# -- volumes -------------------------------------------------------------------------------


def claim(kind: str, phase: str, volume: str = "") -> dict[str, Any]:
    spec = {"storageClassName": kind} | ({"volumeName": volume} if volume else {})
    return thing("c", spec=spec, status={"phase": phase})


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (None, [False, False]),
        (claim("nfs-client", "Pending"), [False, True]),
        (claim("local-path", "Bound"), [True, False]),
        (claim("local-path", "Pending"), [True, True]),
    ],
)
def test_a_claim_that_waits(
    lab: Lab, told: Told, found: dict[str, Any] | None, wanted: list[bool]
) -> None:
    told.has_one("pvc try-local", found)
    assert done(lab, "05.1") == wanted


@pytest.mark.parametrize(
    ("found", "node", "wanted"),
    [
        (None, None, [False, False]),
        (claim("local-path", "Pending"), None, [False, False]),
        (claim("local-path", "Bound", "v"), None, [True, False]),
        (claim("local-path", "Bound", "v"), "worker1", [True, False]),
        (claim("nfs-client", "Bound", "v"), "worker2", [False, True]),
        (claim("local-path", "Bound", "v"), "worker2", [True, True]),
    ],
)
def test_a_first_consumer(
    lab: Lab, told: Told, found: dict[str, Any] | None, node: str | None, wanted: list[bool]
) -> None:
    told.has_one("pvc try-local-2", found)
    told.has_one("pv v", thing("v", spec={"nodeAffinity": {"values": [node]}}) if node else None)
    assert done(lab, "05.2") == wanted


# -- OpenWhisk -----------------------------------------------------------------------------


def pod(name: str, second: int, phase: str = "Running") -> dict[str, Any]:
    made = thing(name, "openwhisk", status={"phase": phase})
    made["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:{second:02}Z"
    return made


@pytest.mark.parametrize(
    ("pods", "packages", "wanted"),
    [
        ([], True, [False, False, True]),
        ([pod("owdev-couchdb-a", 5), pod("owdev-install-packages-x", 9)], True,
         [False, True, True]),
        ([pod("owdev-couchdb-a", 9), pod("owdev-install-packages-x", 9)], True,
         [False, True, True]),
        ([pod("owdev-couchdb-a", 10), pod("owdev-install-packages-x", 9)], False,
         [True, True, False]),
        ([pod("owdev-couchdb-a", 10, "Pending"), pod("owdev-install-packages-x", 9)], True,
         [True, False, True]),
        ([pod("owdev-couchdb-a", 10), pod("owdev-couchdb-b", 3)], True, [True, False, True]),
        ([pod("owdev-couchdb-a", 10), pod("owdev-install-packages-x", 9), pod("other", 99)], True,
         [True, True, True]),
    ],
)  # fmt: skip
def test_a_database_made_again(
    lab: Lab, told: Told, pods: list[dict[str, Any]], packages: bool, wanted: list[bool]
) -> None:
    told.has(f"pods {SPACE}", *pods)
    if packages:
        told.says("package list /whisk.system", "/whisk.system/utils  shared\n")
    assert done(lab, "06.2") == wanted
    made = [one["metadata"]["creationTimestamp"] for one in pods if "couch" in str(one)]
    said = f": made {max(made)}" if made else ": no pod"
    assert said in judge(lab, "06.2").evidence[0]


@pytest.mark.parametrize(
    ("memory", "right"),
    [(None, False), ({}, False), ({"max": "512m"}, False), ({"max": "1024m"}, True)],
)
def test_actions_of_a_gigabyte(lab: Lab, told: Told, memory: Any, right: bool) -> None:
    values = {"whisk": {"limits": {"actions": {"memory": memory}}}}
    told.says("get values owdev", "" if memory is None else json.dumps(values))
    assert done(lab, "06.3") == [right]


def test_a_key_is_rotated_everywhere(lab: Lab, told: Told) -> None:
    parts = (r'"\$GUEST_KEY" != ', r"--auth .*action list", r"grep -qF", r"property get --auth")
    for number in range(len(parts)):
        told.answers.clear()
        for part in parts[: number + 1]:
            told.says(part)
        assert done(lab, "09.3") == [place <= number for place in range(4)]


# -- functions -----------------------------------------------------------------------------


def invoked(told: Told, action: str, out: Any, parameters: str = "") -> None:
    told.says(f"action invoke {action} --result {parameters}", json.dumps(out))


def called(told: Told, *names: str) -> None:
    rows = [{"activationId": f"id{n}", "name": name, "start": 0} for n, name in enumerate(names)]
    told.says("activations.limit=", json.dumps(rows))


def test_squares(lab: Lab, told: Told) -> None:
    assert done(lab, "07.1") == [False]
    invoked(told, "square", {"result": 144}, "--param n 12")
    assert done(lab, "07.1") == [False]
    invoked(told, "square", {"result": 9}, "--param n -3")
    assert done(lab, "07.1") == [True]
    invoked(told, "square", {"result": 9, "n": -3}, "--param n -3")
    assert done(lab, "07.1") == [False]


def test_a_talker(lab: Lab, told: Told) -> None:
    assert done(lab, "07.2") == [False, False]
    called(told, "other")
    told.says("activation logs", "I was here\n")
    assert done(lab, "07.2") == [False, False]
    called(told, "other", "talker", "talker")
    assert done(lab, "07.2") == [True, True]
    assert any(command.text.endswith("activation logs id1") for command in told.asked)
    told.says("activation logs", "2026 stdout: hello\n")
    assert done(lab, "07.2") == [True, False]


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        (None, None, [False, False]),
        ("200 application/json", '{"name": "Ada"}', [False, True]),
        ("404 text/html", "Ada", [False, True]),
        ("200 text/html; charset=UTF-8", "<h1>Hello</h1>", [True, False]),
        ("200 text/html; charset=UTF-8", "<h1>Hello Ada</h1>", [True, True]),
    ],
)
def test_a_page(
    lab: Lab, told: Told, kind: str | None, body: str | None, wanted: list[bool]
) -> None:
    if kind is not None and body is not None:
        told.says(r"curl -sSk '.*greet\?name=Ada'", body)
        told.says(r"curl -sSk -o /dev/null .*greet\?name=Ada'", kind)
    assert done(lab, "07.3") == wanted


@pytest.mark.parametrize(
    ("kind", "out", "wanted"),
    [
        (None, None, [False, False]),
        ("nodejs:14", {"text": "HELLO THERE!"}, [False, True]),
        ("sequence", {"text": "HELLO THERE"}, [True, False]),
        ("sequence", {"text": "HELLO THERE!"}, [True, True]),
    ],
)
def test_a_pipeline(lab: Lab, told: Told, kind: str | None, out: Any, wanted: list[bool]) -> None:
    if kind:
        told.says("actions/shout", json.dumps({"exec": {"kind": kind}}))
        invoked(told, "shout", out)
    assert done(lab, "07.4") == wanted


@pytest.mark.parametrize(
    ("package", "out", "wanted"),
    [
        ("", "", [False, False]),
        ('"key": "currency", "value": "USD"', '{"text": "12 USD"}', [False, False]),
        ('"key": "currency", "value": "EUR"', '{"text": "12"}', [True, False]),
        ('"key": "other", "value": "EUR"', '{"text": "12 EUR"}', [False, True]),
        ('"key": "currency", "value": "EUR"', 'ok\n{"text": "12 EUR"}', [True, True]),
    ],
)
def test_a_price(lab: Lab, told: Told, package: str, out: str, wanted: list[bool]) -> None:
    told.says("package get shop", package)
    told.says("invoke shop/price --result --param amount 12", out)
    assert done(lab, "08.1") == wanted


def test_an_order(lab: Lab, told: Told) -> None:
    assert done(lab, "08.2") == [False, False]
    told.says("rule get ordered", '"status": "inactive"')
    called(told, "order")
    assert done(lab, "08.2") == [False, False]
    told.says("rule get ordered", '"status": "active"')
    called(told, "price", "order", "other")
    assert done(lab, "08.2") == [True, True]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("", [False, False]),
        ("[]", [False, False]),
        ("{}", [False, True]),
        ('{"a": "http://a.example/"}', [True, True]),
        ('{"a": "http://a.example/", "b": "no"}', [False, True]),
        ('{"a": "https://a.example/", "probe": "http://secret"}', [True, False]),
        ('{"a": "https://a.example/", "__ow_method": "http"}', [True, False]),
    ],
)
def test_links(lab: Lab, told: Told, body: str, wanted: list[bool]) -> None:
    told.says(r"links/all\?probe=secret", body)
    assert done(lab, "08.3") == wanted


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ("", False),
        ("./one.py", False),
        ("./one.py ./two.js", True),
        ("./one.py ./two.js ./more.py", True),
        ("./deep/one.py ./two.js", True),
    ],
)
def test_everything_is_saved(lab: Lab, told: Told, files: str, wanted: bool) -> None:
    kinds = {"one": "python:3", "two": "nodejs:14", "line": "sequence", "box": "blackbox"}
    rows = [{"namespace": "guest", "name": name} for name in kinds]
    rows.append({"namespace": "guest/shop", "name": "price"})
    told.says("actions.limit=200", json.dumps(rows))
    for name, kind in kinds.items():
        told.says(f"_/actions/{name}", json.dumps({"exec": {"kind": kind}}))
    told.says("find ~/backup-all", files)
    assert done(lab, "09.2") == [wanted]


def test_a_lab_that_does_not_answer(lab: Lab, told: Told) -> None:
    """The address that a judge needs cannot be read."""
    told.says("^address of", status=1)
    verdict = judge(lab, "07.3")
    assert [item.title for item in verdict.claims] == ["the lab can be asked"]
    assert not verdict.passed and "could not be read" in verdict.claims[0].evidence[0]
