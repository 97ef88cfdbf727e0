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

from owlab.batch.course import NotebookFile, find_notebooks
from owlab.batch.parameters import declared_in
from owlab.guide import STEPS
from owlab.incidents import INCIDENTS
from owlab.notebook.exercises import JUDGES
from owlab.notebook.pictures import PICTURES
from owlab.versions import GUEST_KEY

FOLDER = Path(__file__).parents[2] / "notebooks"
COURSE = find_notebooks(FOLDER)
NAMES = [
    *("00-start-here", "01-vm-cluster", "02-nfs-clients", "03-helm", "04-wsk-cli"),
    *("05-nfs-dynamic-storage", "06-deploy-openwhisk", "07-functions", "08-more-functions"),
    *("09-operate", "10-break-and-fix", "11-clean-up"),
]
INCIDENTS_NOTEBOOK = "10-break-and-fix"
each = pytest.mark.parametrize("notebook", COURSE, ids=lambda notebook: notebook.name)

GUIDE_LINES = [
    "sudo snap install multipass",
    *(f"{verb} " for verb in ("multipass info", "multipass delete", "multipass recover")),
    "multipass delete --purge --all",
    "multipass shell master",
    "curl -sfL https://get.k3s.io | sh -",
    "curl -sfL https://rancher-mirror.rancher.cn/k3s/k3s-install.sh | INSTALL_K3S_MIRROR=cn sh -",
    "MASTER_IP=$(multipass info master | grep IPv4 | awk '{print $2}')",
    "TOKEN=$(multipass exec master sudo cat /var/lib/rancher/k3s/server/node-token)",
    "for index in 1 2; do\n"
    '    multipass exec worker${index} -- bash -c "curl -sfL https://get.k3s.io | '
    'K3S_URL=https://${MASTER_IP}:6443 K3S_TOKEN=${TOKEN} sh -"\ndone',
    "for index in 1 2; do\n"
    '    multipass exec worker${index} -- bash -c "curl -sfL '
    "https://rancher-mirror.rancher.cn/k3s/k3s-install.sh | INSTALL_K3S_MIRROR=cn "
    'K3S_URL=https://${MASTER_IP}:6443 K3S_TOKEN=${TOKEN} sh -"\ndone',
    "sudo kubectl get nodes",
    "sudo apt install nfs-kernel-server",
    "sudo mkdir /var/nfs/kubedata -p",
    "sudo chown nobody: /var/nfs/kubedata",
    "sudo systemctl enable nfs-server.service",
    "sudo systemctl start nfs-server.service",
    "sudo vim /etc/exports",
    "/var/nfs/kubedata *(rw,sync,no_subtree_check,no_root_squash,no_all_squash)",
    "sudo exportfs -rav",
    "exporting *:/var/nfs/kubedata",
    *(
        f'multipass exec {name} -- bash -c "sudo apt install nfs-common -y"'
        for name in ("master", "worker1", "worker2")
    ),
    "sudo snap install helm --classic",
    "mkdir ~/downloads && cd ~/downloads\n"
    "wget https://github.com/apache/openwhisk-cli/releases/download/latest/"
    "OpenWhisk_CLI-latest-linux-amd64.tgz\n"
    "tar -xvf OpenWhisk_CLI-latest-linux-amd64.tgz\nsudo mv wsk /usr/local/bin/wsk",
    "unexpected error getting claim reference: selfLink was empty, can't make reference",
    "sudo helm repo add nfs-subdir-external-provisioner "
    "https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/\nsudo helm repo update",
    "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml install openwhisk-nfs "
    "nfs-subdir-external-provisioner/nfs-subdir-external-provisioner \\\n"
    "    --set nfs.server=10.251.200.186 \\\n    --set nfs.path=/var/nfs/kubedata",
    "sudo kubectl get clusterrole,clusterrolebinding,role,rolebinding | grep nfs",
    "sudo kubectl get storageclass",
    "sudo kubectl get pods",
    *(
        f"sudo kubectl label node {node} openwhisk-role={role}"
        for node, role in (("master", "core"), ("worker1", "invoker"), ("worker2", "invoker"))
    ),
    'imageName: "fatal69100/kafka"',
    "sudo wsk property set --apihost 10.251.200.141:31001\n"
    f"sudo wsk property set --auth {GUEST_KEY}",
    "git clone https://github.com/apache/openwhisk-deploy-kube.git\ncd openwhisk-deploy-kube\n"
    "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml install owdev ./helm/openwhisk "
    "-n openwhisk --create-namespace -f ~/kubeyaml/mycluster.yaml",
    "sudo kubectl get pvc,pv -A",
    "sudo kubectl get pods -n openwhisk --watch",
    "sudo wsk -i package list /whisk.system",
    "sudo kubectl get all -n openwhisk",
    "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml uninstall owdev -n openwhisk",
    "mkdir ~/functions && cd ~/functions",
    "return {payload: 'Hello, ' + name + '!'};",
    "sudo wsk -i action create hellocli hello_cli.js",
    "sudo wsk -i action invoke hellocli --result",
    "sudo wsk -i action invoke hellocli --result --param name JavaScript",
    '"headers": { "Content-Type": "application/json" },',
    "sudo wsk -i action create helloweb hello_web.py --web true",
    "sudo wsk -i action get helloweb --url",
    "curl -k https://10.251.200.141:31001/api/v1/web/guest/default/helloweb",
    "curl -k https://10.251.200.141:31001/api/v1/web/guest/default/helloweb?name=Python",
]
"""Everything that the guide types or shows as an answer, as it stands there."""


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
    assert "<details><summary>Solution</summary>" in text or notebook.name == INCIDENTS_NOTEBOOK
    for tag in ("begin", "check"):
        assert len(cells(notebook, "code", tag)) == 1
    assert len(cells(notebook, "markdown", "navigation")) == 2


@each
def test_exercises_are_a_task_a_cell_a_check_and_a_solution(notebook: Any) -> None:
    if notebook.name == INCIDENTS_NOTEBOOK:
        pytest.skip("its exercises are incidents")
    number = f"{notebook.number:02}"
    tasks = cells(notebook, "markdown", "exercise")
    assert 2 <= len(tasks) <= 5
    keys = [key for key in JUDGES if key.startswith(f"{number}.")]
    for key, task in zip(keys, tasks, strict=True):
        place = [cell.id for cell in cells(notebook)].index(task.id)
        answer, check, solution = cells(notebook)[place + 1 : place + 4]
        assert f"**{key}** (" in task.source
        assert "<summary>Hint 1</summary>" in task.source
        assert answer.metadata.tags == ["exercise-answer"]
        assert check.source.startswith(f'check_exercise("{key}"')
        assert check.metadata.jupyter.source_hidden
        assert "<details><summary>Solution</summary>" in solution.source


@each
def test_the_source_of_checks_is_folded(notebook: Any) -> None:
    (check,) = cells(notebook, "code", "check")
    assert check.metadata.jupyter.source_hidden


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


@each
def test_pandas_is_loaded_where_it_is_used_only(notebook: Any) -> None:
    """It stays in a kernel's memory, 30 MB for each learner of a class."""
    uses = re.search(r"\bpandas\b|\.frame\(\)", code(notebook)) is not None
    assert uses == (notebook.name == "09-operate")


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
    # What is typed on a machine, such as a function's code, does not hold the notebook up.
    source = "\n".join(
        cell.source for cell in cells(notebook, "code") if not cell.source.startswith("%%on")
    )
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
    appendix = NotebookFile(0, FOLDER / "appendix-faults.ipynb")
    assert "appendix-faults.ipynb" in prose(COURSE[0])
    rows = re.findall(r"^\| (F\d+) \|.*\((\d\d-[a-z0-9-]+)\.ipynb\) \|$", prose(appendix), re.M)
    assert [name for name, _ in rows] == [f"F{number}" for number in range(1, 32)]
    assert {where for _, where in rows} <= set(NAMES)


def test_everything_that_the_guide_types_is_on_the_page() -> None:
    shown = "\n".join(prose(notebook) + code(notebook) for notebook in COURSE)
    missing = [line for line in GUIDE_LINES if line not in shown]
    assert missing == []


def test_every_incident_has_its_cells() -> None:
    (notebook,) = [item for item in COURSE if item.name == INCIDENTS_NOTEBOOK]
    found = {cell.id: cell.source for cell in cells(notebook)}
    for name, incident in INCIDENTS.items():
        cell = f"10-{name}"
        assert found[f"{cell}-break"] == f'incident("{name}")'
        assert found[f"{cell}-check"] == f'check_incident("{name}");'
        assert found[f"{cell}-wrap-up"] == f'wrap_up("{name}", give_up=solve)'
        for hint in incident.hints:
            assert hint in found[f"{cell}-hints"]
        assert f"Level {incident.level} of 3" in found[cell]
    assert sum(cell.endswith("-break") for cell in found) == len(INCIDENTS)


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_is_drawn_anew_and_told_in_words(name: str) -> None:
    """After a change: make pictures."""
    drawing = PICTURES[name]
    assert (FOLDER / "pictures" / f"{name}.svg").read_text("utf-8") == drawing.svg() + "\n"
    wanted = f"![{drawing.words}](pictures/{name}.svg)"
    assert any(wanted in prose(notebook) for notebook in COURSE)


def test_no_two_boxes_of_a_picture_overlap_and_arrows_know_theirs() -> None:
    for drawing in PICTURES.values():
        keys = {box.key for box in drawing.boxes}
        assert {end for arrow in drawing.arrows for end in (arrow.start, arrow.end)} <= keys
        for one, two in itertools.combinations(drawing.boxes, 2):
            apart = (
                one.x + one.width <= two.x
                or two.x + two.width <= one.x
                or one.y + one.tall <= two.y
                or two.y + two.tall <= one.y
            )
            assert apart, (one.key, two.key)
