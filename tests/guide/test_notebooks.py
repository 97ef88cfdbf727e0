"""The notebooks as they are committed: whole, without outputs, in step with guide and code."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from owlab.batch.course import find_notebooks
from owlab.batch.parameters import declared_in
from owlab.guide import STEPS

FOLDER = Path(__file__).parents[2] / "notebooks"
COURSE = find_notebooks(FOLDER)
NAMES = [
    *("00-start-here", "01-vm-cluster", "02-nfs-clients", "03-helm", "04-wsk-cli"),
    *("05-nfs-dynamic-storage", "06-deploy-openwhisk", "07-functions", "08-clean-up"),
]
each = pytest.mark.parametrize("notebook", COURSE, ids=lambda notebook: notebook.name)


def cells(notebook: Any, kind: str = "", tag: str = "") -> list[Any]:
    return [
        cell
        for cell in notebook.read().cells
        if kind in ("", cell.cell_type) and (not tag or tag in cell.metadata.get("tags", []))
    ]


def prose(notebook: Any) -> str:
    return "\n\n".join(cell.source for cell in cells(notebook, "markdown"))


def code(notebook: Any) -> str:
    return "\n".join(cell.source for cell in cells(notebook, "code"))


def test_the_course_is_complete() -> None:
    assert [notebook.name for notebook in COURSE] == NAMES


@each
def test_it_is_valid_and_has_no_outputs(notebook: Any) -> None:
    content = notebook.read()
    library: Any = nbformat
    library.validate(content)
    assert "papermill" not in content.metadata
    for cell in cells(notebook, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@each
def test_cell_ids_are_stable_names(notebook: Any) -> None:
    ids = [cell.id for cell in cells(notebook)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rf"{notebook.number:02}-[a-z0-9-]+", name) for name in ids)


@each
def test_it_has_the_parts_of_a_lesson(notebook: Any) -> None:
    text = prose(notebook)
    assert text.startswith("# ")
    for part in ("| **Goal** |", "| **You need** |", "| **Time** |", "| **Memory** |"):
        assert part in text
    for heading in ("## Check your work", "## What goes wrong, and what to do"):
        assert heading in text
    assert "<details><summary>Solution</summary>" in text
    for tag in ("begin", "check"):
        assert len(cells(notebook, "code", tag)) == 1
    assert len(cells(notebook, "markdown", "navigation")) == 2


@each
def test_headings_are_in_order(notebook: Any) -> None:
    outside = re.sub(r"```.*?```", "", prose(notebook), flags=re.S)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", outside, re.M)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@each
def test_the_parameters_are_annotated_literals(notebook: Any) -> None:
    (cell,) = cells(notebook, "code", "parameters")
    body = ast.parse(cell.source).body
    declared = declared_in(notebook)
    assert len(declared) == len(body), "each line is one annotated literal"
    assert {"lab_name", "provider"} <= set(declared)
    assert all(item.help for item in declared.values()), "each says what it is"
    # papermill does not recognise a default with `=`, and cuts strings at `#`.
    assert not any("=" in str(item.default) for item in declared.values())


@each
def test_papermill_recognises_every_parameter(notebook: Any) -> None:
    known = papermill.inspect_notebook(str(notebook.path))
    assert set(known) == set(declared_in(notebook))
    assert all(item["inferred_type_name"] != "None" for item in known.values())


@each
def test_every_parameter_is_used(notebook: Any) -> None:
    rest = "\n".join(
        cell.source
        for cell in cells(notebook, "code")
        if "parameters" not in cell.metadata.get("tags", [])
    )
    for name in declared_in(notebook):
        assert re.search(rf"\b{name}\b", rest), f"{name} is declared and never used"


@each
def test_links_lead_somewhere(notebook: Any) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(notebook)):
        if target.startswith("https://"):
            continue
        assert (FOLDER / target.partition("#")[0]).is_file(), target


def test_navigation_goes_through_the_course() -> None:
    for place, notebook in enumerate(COURSE):
        for cell in cells(notebook, "markdown", "navigation"):
            targets = re.findall(r"\]\(([^)]+)\)", cell.source)
            if place > 0:
                assert f"{NAMES[place - 1]}.ipynb" in targets
            if place < len(COURSE) - 1:
                assert f"{NAMES[place + 1]}.ipynb" in targets


@each
def test_nothing_waits_for_a_person_or_hides_a_failure(notebook: Any) -> None:
    source = code(notebook)
    for trap in ("input(", "%%bash", "\n!", "time.sleep", "getpass"):
        assert trap not in source


def test_every_step_has_its_notebook() -> None:
    for step in STEPS:
        number = int(step.section.partition(".")[0])
        (notebook,) = [item for item in COURSE if item.number == number]
        assert f"{step.key}(lab)" in code(notebook), step.key
        (check,) = cells(notebook, "code", "check")
        if step.key != "vms.install_provider":
            assert step.key in check.source, f"{step.key} is checked"
        if "." in step.section and step.section != "1.1":
            assert f"## {step.section} " in prose(notebook)


def test_every_known_fault_of_the_guide_is_answered_where_the_table_says() -> None:
    start = COURSE[0]
    rows = re.findall(r"^\| (F\d+) \|.*\((\d\d-[a-z0-9-]+)\.ipynb\) \|$", prose(start), re.M)
    assert [name for name, _ in rows] == [f"F{number}" for number in range(1, 32)]
    assert {where for _, where in rows} <= set(NAMES)


@pytest.mark.parametrize(
    "line",
    [
        "sudo snap install multipass",
        "curl -sfL https://get.k3s.io | sh -",
        "curl -sfL https://rancher-mirror.rancher.cn/k3s/k3s-install.sh | INSTALL_K3S_MIRROR=cn",
        "MASTER_IP=$(multipass info master | grep IPv4 | awk '{print $2}')",
        "TOKEN=$(multipass exec master sudo cat /var/lib/rancher/k3s/server/node-token)",
        "sudo kubectl get nodes",
        "/var/nfs/kubedata",
        "exportfs -rav",
        'multipass exec worker2 -- bash -c "sudo apt install nfs-common -y"',
        "sudo snap install helm --classic",
        "unexpected error getting claim reference: selfLink was empty, can't make reference",
        "sudo kubectl get clusterrole,clusterrolebinding,role,rolebinding | grep nfs",
        "sudo kubectl get storageclass",
        "sudo kubectl label node master openwhisk-role=core",
        'imageName: "fatal69100/kafka"',
        "sudo wsk property set --apihost 10.251.200.141:31001",
        "sudo kubectl get pvc,pv -A",
        "kubectl get pods -n openwhisk --watch",
        "sudo wsk -i package list /whisk.system",
        "sudo kubectl get all -n openwhisk",
        "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml uninstall owdev -n openwhisk",
        "return {payload: 'Hello, ' + name + '!'};",
        '"headers": { "Content-Type": "application/json" },',
        "action get helloweb --url",
        "https://10.251.200.141:31001/api/v1/web/guest/default/helloweb",
        "?name=Python",
        "multipass recover",
        "multipass delete --purge --all",
    ],
)
def test_the_guides_lines_have_their_place(line: str) -> None:
    assert any(line in prose(notebook) + code(notebook) for notebook in COURSE)
