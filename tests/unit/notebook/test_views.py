"""Form, map, playground and tables: the same without a browser."""

from __future__ import annotations

import ast
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import owlab.notebook
from owlab import Lab, observed, settings
from owlab.errors import CommandError, ConfigError
from owlab.events import Event
from owlab.machines.provider import MachineInfo
from owlab.notebook import tables
from owlab.notebook.calls import call
from owlab.notebook.form import Cost, SettingsForm
from owlab.notebook.map import LabMap, Picture
from owlab.notebook.playground import Playground, parameters_from

WIDGET = "application/vnd.jupyter.widget-view+json"


def pod(**status: Any) -> dict[str, Any]:
    meta = {"namespace": "openwhisk", "name": "owdev-nginx-1"}
    return {"metadata": meta, "spec": {"nodeName": "master", "containers": [{}]}, "status": status}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({"phase": "Running", "containerStatuses": [{"state": {"running": {}}}]}, "Running"),
        ({"phase": "Pending"}, "Pending"),
        (
            {
                "phase": "Pending",
                "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            },
            "ImagePullBackOff",
        ),
        (
            {
                "phase": "Succeeded",
                "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}],
            },
            "Completed",
        ),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [{"state": {"running": {}}}, {"state": {}}],
            },
            "Init:0/2",
        ),
    ],
)
def test_a_pods_status_is_the_word_that_kubectl_shows(status: dict[str, Any], word: str) -> None:
    assert observed.pod_status(pod(**status)) == word


def test_an_empty_table_has_its_columns(lab: Lab) -> None:
    for name in ("nodes", "pods", "claims", "volumes"):
        frame = getattr(tables, name)(lab)
        assert (list(frame.columns), len(frame)) == (list(tables.COLUMNS[name]), 0)


def test_machines_that_do_not_exist_yet_are_in_the_table(lab: Lab) -> None:
    provider: Any = lab.provider
    provider.known = [MachineInfo("master", "Running", "127.0.0.9", "Ubuntu 24.04 LTS")]
    frame = tables.machines(lab)
    assert frame["state"] == ["Running", *["does not exist"] * 3]


def test_the_timings_come_from_the_journal(lab: Lab) -> None:
    from owlab.command import Command

    lab.run(Command("true", on="master"))
    frame = tables.timings(lab)
    (row,) = frame.only("what", "machine", "command")
    assert row == {"what": "command", "machine": "master", "command": "true"}
    assert frame[0]["time"] <= datetime.now(UTC)


def test_the_form_shows_the_settings_and_their_cost_without_widgets(lab: Lab) -> None:
    bundle = SettingsForm(lab)._repr_mimebundle_()
    assert WIDGET in bundle
    assert "22 GB of memory and 140 GB of disk" in bundle["text/plain"]
    assert "provider" in bundle["text/html"]


def test_every_field_of_the_form_has_a_label(lab: Lab) -> None:
    form = SettingsForm(lab)
    fields = [child for child in form.widget().children if hasattr(child, "description")]
    assert all(field.description for field in fields if type(field).__name__ != "HTML")


def test_the_form_writes_back_to_the_lab(lab: Lab) -> None:
    form = SettingsForm(lab)
    config = form.choose(workers=4)
    assert (config.workers, Lab.open("owlab").config.workers, lab.config.workers) == (4, 4, 4)
    small = form.choose(memory_profile="small", workers=1)
    assert small.master.memory == "5G"
    assert form.choose(memory_profile="guide").master.memory == "6G"


def test_a_lab_with_a_name_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    lab = Lab.open("class-1")
    SettingsForm(lab).choose(workers=4)
    assert (lab.config.name, lab.config.workers) == ("class-1", 4)
    assert Lab.open("class-1").config.workers == 4


def field(form: Any, name: str) -> Any:
    return next(f for f in form.children if getattr(f, "description", "") == name)


def test_the_form_offers_what_the_notebooks_run_on(lab: Lab) -> None:
    assert field(SettingsForm(lab).widget(), "provider").options == ("pocket", "multipass")


def test_an_impossible_value_is_refused_in_words_and_not_saved(lab: Lab) -> None:
    form = SettingsForm(lab).widget()
    field(form, "workers").value = 99
    message, button = form.children[-1], form.children[-2]
    assert "workers" in message.value
    assert "20" in message.value
    button.click()
    assert "Saved" not in message.value
    assert lab.config.workers == 2


def test_a_value_that_the_form_changes_by_itself_is_said(lab: Lab) -> None:
    form = SettingsForm(lab).widget()
    field(form, "memory_profile").value = "small"
    assert field(form, "workers").value == 1
    assert "workers is 1 now" in form.children[-1].value
    assert "11 GB" in form.children[-1].value


def test_a_callback_that_fails_says_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    form = SettingsForm(lab)
    widget = form.widget()
    monkeypatch.setattr(form, "choose", lambda **_: 1 / 0)
    widget.children[-2].click()
    assert "ZeroDivisionError: division by zero" in widget.children[-1].value


def test_every_callback_of_a_widget_is_shielded() -> None:
    for path in Path(owlab.notebook.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in ("on_click", "observe", "on_submit", "on_msg", "on_displayed"):
                handler = ast.unparse(node.args[0])
                assert handler.startswith("shielded("), f"{path.name}: {handler}"


def test_the_form_keeps_what_it_does_not_show(lab: Lab) -> None:
    lab.config = settings.load({"openwhisk_port": 31002}, environment={})
    assert SettingsForm(lab).choose(workers=3).openwhisk.port == 31002


def test_an_impossible_choice_is_refused(lab: Lab) -> None:
    with pytest.raises(ConfigError, match="workers"):
        SettingsForm(lab).choose(workers=99)


def test_what_does_not_fit_is_said(lab: Lab) -> None:
    cost = Cost(memory=22, disk=140, memory_here=8, disk_here=500, simulated=False)
    assert not cost.fits
    assert "it does not fit" in cost.sentence


def test_the_map_is_a_picture_and_a_text(lab: Lab) -> None:
    row = {"name": "owdev-nginx-1", "status": "Running", "node": "master"}
    waiting = {"name": "owdev-<b>", "status": "Pending", "node": ""}
    claim = {"name": "owdev-couchdb-pvc", "status": "Bound"}
    picture = Picture(observed.machines(lab), [row, waiting], [claim])
    plain = picture.plain()
    assert "    owdev-nginx-1: Running" in plain
    assert "on no machine yet:\n    owdev-<b>: Pending" in plain
    assert "volume of owdev-couchdb-pvc: Bound" in plain
    assert "owdev-&lt;b&gt;" in picture.html()


def test_the_map_shows_itself_with_a_button(lab: Lab) -> None:
    bundle = LabMap(lab)._repr_mimebundle_()
    assert WIDGET in bundle
    assert "master (server): does not exist" in bundle["text/plain"]


def test_the_playground_needs_no_browser(lab: Lab) -> None:
    shown = Playground(lab, ("hellocli",))._repr_mimebundle_()["text/plain"]
    assert "Playground for hellocli" in shown


def test_a_failed_call_begins_with_what_the_function_said(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = {
        "activationId": "1",
        "duration": 7,
        "logs": ["2026-01-01T00:00:00Z stdout: looking"],
        "response": {"status": "application error", "result": {"error": "no such user"}},
    }
    said = f"echo 'ok: invoked' >&2; echo '{json.dumps(record, indent=4)}' >&2; exit 246 #"
    monkeypatch.setattr("owlab.steps.wsk.program", lambda lab: said)
    with pytest.raises(CommandError) as caught:
        call(lab, "boom")
    assert caught.value.brief == "boom failed: no such user"
    assert caught.value.details.splitlines() == [
        "application error, after 7 ms",
        "stdout: looking",
    ]


def test_a_function_that_is_not_there_says_so_first(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "echo 'error: Unable to invoke: The requested resource does not exist.' >&2; exit 148 #"
    monkeypatch.setattr("owlab.steps.wsk.program", lambda lab: said)
    with pytest.raises(CommandError, match=r"^nope could not be called: Unable to invoke"):
        call(lab, "nope")


def test_a_call_has_result_logs_and_times(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    record = (
        'ok: invoked /_/hellocli with id 1\n{"activationId": "1", "duration": 7, "logs": ["hi"],'
        ' "annotations": [{"key": "initTime", "value": 5}],'
        ' "response": {"result": {"payload": "Hello"}}}'
    )
    monkeypatch.setattr("owlab.steps.wsk.program", lambda lab: f"echo '{record}' #")
    made = call(lab, "hellocli", name="a b")
    assert (made.result, made.start, made.duration_ms, made.logs) == (
        {"payload": "Hello"},
        "cold",
        7,
        ("hi",),
    )
    assert "cold start, 7 ms in the function" in made._repr_mimebundle_()["text/plain"]


@given(st.text())
def test_what_somebody_types_is_an_object_or_a_clear_refusal(text: str) -> None:
    try:
        assert isinstance(parameters_from(text), dict)
    except ConfigError as error:
        assert "JSON" in error.brief


def test_the_map_tells_where_data_lies_and_which_functions_are_called(lab: Lab) -> None:
    now = datetime.now(UTC)
    picture = Picture(
        observed.machines(lab),
        [],
        [
            {"name": "couchdb", "status": "Bound", "volume": "v1"},
            {"name": "diary", "status": "Bound", "volume": "v2"},
        ],
        [{"name": "v1", "server": "10.0.0.9"}, {"name": "v2", "server": ""}],
        [
            {"action": "hello", "start": "warm", "duration_ms": 3, "time": now},
            {"action": "old", "start": "cold", "duration_ms": 9, "time": now - timedelta(hours=1)},
        ],
    )
    plain = picture.plain()
    assert "storage (storage): does not exist\n    volume of couchdb: Bound" in plain
    assert "on a node's own disk:\n    volume of diary: Bound" in plain
    assert "▶ hello: calls: 1, last warm, 3 ms" in plain
    assert "▶ old" not in plain
    svg = picture.drawing().svg()
    ElementTree.fromstring(svg)
    assert 'role="img"' in svg
    assert "volume of diary: Bound" in svg, "the words are in its description"


def test_the_map_looks_again_while_something_happens(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/x/00.ipynb")
    monkeypatch.setattr("owlab.notebook.map._PAUSE", 0.01)
    shown = LabMap(lab)
    shown.widget()
    provider: Any = lab.provider
    provider.known = [MachineInfo("worker1", "Running", "127.0.0.9")]
    assert "worker1 (agent): does not exist" in shown.picture.plain()
    lab.emit(Event("command-ended", machine="host", command="multipass launch", exit_code=0))
    limit = 500
    while "worker1 (agent): Running" not in shown.picture.plain() and limit:
        limit -= 1
        threading.Event().wait(0.02)
    assert "worker1 (agent): Running 127.0.0.9" in shown.picture.plain()


def test_a_headless_run_starts_no_watcher(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    before = list(lab.listeners)
    LabMap(lab)._repr_mimebundle_()
    assert lab.listeners == before


def test_a_result_keeps_its_letters(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    record = (
        'ok: invoked /_/greet with id 1\n{"activationId": "1", "duration": 3, "logs": [],'
        ' "annotations": [], "response": {"result": {"名": "Grüße <b>"}}}'
    )
    monkeypatch.setattr("owlab.steps.wsk.program", lambda lab: f"echo '{record}' #")
    shown = call(lab, "greet")._repr_mimebundle_()
    assert shown["text/plain"].startswith('{\n    "名": "Grüße <b>"\n}\nwarm start, 3 ms')
    assert "&quot;名&quot;: &quot;Grüße &lt;b&gt;&quot;" in shown["text/html"]
    assert "logs, lines: 0" in shown["text/html"]
