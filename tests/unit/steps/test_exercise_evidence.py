"""What a learner reads of an exercise: what was seen, before anything was done and on the way."""

from __future__ import annotations

import json

import pytest

from owlab import Lab
from owlab.machines.provider import MachineInfo
from owlab.notebook.exercises import JUDGES, judge

from .conftest import Told, thing

NO_CLAIM, NO_ANSWER, NO_REPLY = "there is no such claim", "no answer yet", '"there is none"'
NOTHING_DONE = {
    "00.1": ["there is no such file"],
    "00.2": [NO_ANSWER],
    "01.1": [NO_ANSWER],
    "01.2": [NO_ANSWER],
    "01.3": ["to nobody", "to nobody", "nothing"],
    "02.1": ["it does not", "nothing at /mnt/try"],
    "02.2": [NO_ANSWER],
    "03.1": ["0 revisions", "0 of 0 ready"],
    "03.2": ["no release", "0 wanted"],
    "04.1": ["command not found"],
    "04.2": ["no such file", "no apihost"],
    "05.1": [NO_CLAIM, NO_CLAIM],
    "05.2": [NO_CLAIM, "no volume yet"],
    "06.1": [NO_ANSWER],
    "06.2": ["no pod", "no pod", "wsk package list /whisk.system"],
    "06.3": ["the chart's own limits"],
    "07.1": [f"n = 12: {NO_REPLY}\nn = -3: {NO_REPLY}"],
    "07.2": ["0 activations", "no logs"],
    "07.3": ["no answer", "empty"],
    "07.4": ["not there", NO_REPLY],
    "08.1": ["wsk package get shop", '"it cannot be called"'],
    "08.2": ["wsk rule get ordered", "no activation"],
    "08.3": ["no answer", "asked with ?probe=secret"],
    "09.1": ["the lab's journal", "no node is cordoned"],
    "09.2": ["0 files"],
    "09.3": ["keys.env", "wsk action list", "guest:", "wsk property get --auth"],
    "11.1": ["neither was typed", "does not exist"],
    "11.2": [NO_ANSWER],
}


@pytest.mark.parametrize("key", sorted(JUDGES))
def test_before_anything_is_done(lab: Lab, key: str) -> None:
    verdict = judge(lab, key)
    assert ["\n".join(item.evidence) for item in verdict.claims] == NOTHING_DONE[key]
    assert not verdict.passed


def seen(lab: Lab, key: str) -> list[str]:
    return ["\n".join(item.evidence) for item in judge(lab, key).claims]


def test_claims_and_where_their_data_lies(lab: Lab, told: Told) -> None:
    spec = {"storageClassName": "local-path", "volumeName": "pv-1"}
    for name in ("try-local", "try-local-2"):
        told.has_one(f"pvc {name}", thing(name, spec=spec, status={"phase": "Pending"}))
    terms = {"required": "worker2"}
    told.has_one("pv pv-1", thing("pv-1", spec={"nodeAffinity": terms}))
    assert seen(lab, "05.1") == ["local-path", "Pending"]
    assert seen(lab, "05.2") == ["local-path Pending", "{'required': 'worker2'}"]


def test_functions_that_are_not_saved_are_named(lab: Lab, told: Told) -> None:
    rows = [{"namespace": "guest", "name": name} for name in ("two", "one")]
    told.says("actions.limit=200", json.dumps(rows))
    told.says("_/actions/", json.dumps({"exec": {"kind": "python:3"}}))
    assert seen(lab, "09.2") == ["missing: one, two"]
    told.says("find ~/backup-all", "./one.py")
    assert seen(lab, "09.2") == ["missing: two"]
    told.says("find ~/backup-all", "./one.py ./two.py")
    assert seen(lab, "09.2") == ["2 files"]


def test_what_helm_tells(lab: Lab, told: Told) -> None:
    history = [
        {"revision": number, "description": text}
        for number, text in enumerate(("Install complete", "Rollback to 1"), 1)
    ]
    told.says("helm .*history hello", json.dumps(history))
    found = {"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}
    told.says("get deployment hello", json.dumps(found))
    assert seen(lab, "03.1") == ["2 revisions", "1 of 2 ready"]
    assert seen(lab, "03.2") == ["1: Install complete\n2: Rollback to 1", "2 wanted"]
    limits = {"whisk": {"limits": {"actions": {"memory": {"max": "512m"}}}}}
    told.says("helm .*get values owdev", json.dumps(limits))
    assert seen(lab, "06.3") == ["{'max': '512m'}"]


def test_nodes_and_machines(lab: Lab, told: Told) -> None:
    told.has("nodes", thing("worker1", spec={"unschedulable": True}), thing("worker2"))
    assert seen(lab, "09.1") == ["the lab's journal", "worker1"]
    told.known = [MachineInfo("worker2", "Stopped", "")]
    assert seen(lab, "11.1") == ["neither was typed", "Stopped"]


def test_what_the_web_answers(lab: Lab, told: Told) -> None:
    told.says("curl -sSk 'https", "<p>Hello Ada</p>")
    told.says("http_code", "200 text/plain")
    assert seen(lab, "07.3") == ["200 text/plain", "<p>Hello Ada</p>"]


def test_what_functions_answer_in_their_own_letters(lab: Lab, told: Told) -> None:
    reply = json.dumps({"text": "Grüße 你好"})
    told.says("action invoke", reply)
    said = '{"text": "Grüße 你好"}'
    assert seen(lab, "07.1") == [f"n = 12: {said}\nn = -3: {said}"]
    assert seen(lab, "07.4") == ["not there", said]
    assert seen(lab, "08.1")[1] == said
