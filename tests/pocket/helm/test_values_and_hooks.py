"""Values of a command line, laid on each other in Helm's order; hooks among rendered templates."""

from __future__ import annotations

import json
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from owlab.pocket.machines.machine import Machine

from .conftest import Shell

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    "values.yaml": "a: 1\nb: {c: 2, d: 3}\nl: [1, 2, 3]\n",
    "templates/all.yaml": "kind: All\nvalues: |\n  {{ .Values | toJson }}\n"
    "release: {{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.IsUpgrade }}\n",
    "templates/other.yaml": "kind: Other\nkube: {{ .Capabilities.KubeVersion.Version }}\n",
    "templates/tests/test.yaml": (
        'kind: Pod\nmetadata:\n  name: "{{ .Release.Name }}-test"\n'
        "  annotations: {}\n---\nkind: Job\nmetadata:\n  name: check\n  annotations:\n"
        '    "helm.sh/hook": test\n'
    ),
    "crds/crow.yaml": "kind: CustomResourceDefinition\n",
}


@pytest.fixture
def tiny(machine: Machine) -> Machine:
    for path, content in CHART.items():
        machine.write(f"/home/ubuntu/tiny/{path}", content.encode(), owner="ubuntu")
    machine.write("/home/ubuntu/v.yaml", b"a: 10\nb: {c: 20}\n", owner="ubuntu")
    machine.write("/home/ubuntu/text", b"from a file, with = and ,", owner="ubuntu")
    return machine


def values(shell: Shell, words: str) -> Any:
    ran = shell(f"helm template tiny {words}")
    assert ran.status == 0, ran
    found = re.search(r"^  (\{.*\})$", ran.out, re.MULTILINE)
    assert found is not None
    return json.loads(found[1])


PLAIN = {"a": 1, "b": {"c": 2, "d": 3}, "l": [1, 2, 3]}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("", {}),
        ("-f v.yaml", {"a": 10, "b": {"c": 20, "d": 3}}),
        ("--set a=5 -f v.yaml", {"a": 5, "b": {"c": 20, "d": 3}}),
        ("--set a=5,b.c=x --set a=6", {"a": 6, "b": {"c": "x", "d": 3}}),
        ("--set-string a=5", {"a": "5"}),
        ("--set-json 'a={\"x\":[1]}'", {"a": {"x": [1]}}),
        ("--set-json '{\"a\":7,\"b\":{\"d\":8}}'", {"a": 7, "b": {"c": 2, "d": 8}}),
        ("--set-json a=1 --set a=2 --set-string a=3", {"a": "3"}),
        ("--set-file a=text,b.c=text", {"a": "from a file, with = and ,",
                                        "b": {"c": "from a file, with = and ,", "d": 3}}),
        ("--set-literal 'a=x,y=z'", {"a": "x,y=z"}),
        ("--set l={7}", {"l": [7]}),
        ("--set a=null", {"a": None}),
    ],
)  # fmt: skip
def test_values_in_order(tiny: Machine, shell: Shell, words: str, changed: dict[str, Any]) -> None:
    wanted = {key: value for key, value in (PLAIN | changed).items() if value is not None}
    assert values(shell, words) == wanted


def test_values_of_standard_input(tiny: Machine, shell: Shell) -> None:
    ran = shell("echo 'a: piped' | helm template tiny -f -")
    assert '"a":"piped"' in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--set-file a", 'failed parsing --set-file data: key "a" has no value'),
        ("-f none.yaml", "open none.yaml: no such file or directory"),
        ("--set a", "failed parsing --set data: "),
        ("--set-json a={", "failed parsing --set-json data: "),
    ],
)
def test_values_that_are_none(tiny: Machine, shell: Shell, words: str, said: str) -> None:
    ran = shell(f"helm template tiny {words}")
    assert ran.status == 1 and said in ran.err


def sources(out: str) -> list[str]:
    return re.findall(r"^# Source: tiny/(\S+)$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("", ["all", "other", "tests/test", "tests/test"]),
        ("-s templates/other.yaml", ["other"]),
        ("-s templates/other.yaml -s ./templates/all.yaml", ["other", "all"]),
        ("--skip-tests", ["all", "other", "tests/test"]),
        ("--no-hooks", ["all", "other", "tests/test"]),
    ],
)
def test_what_is_rendered(tiny: Machine, shell: Shell, words: str, files: list[str]) -> None:
    out = shell(f"helm template tiny {words}").out
    shown = [name.removeprefix("templates/").removesuffix(".yaml") for name in sources(out)]
    assert (shown if "-s" in words.split() else sorted(shown)) == files
    assert "CustomResourceDefinition" not in out


def test_what_a_template_knows(tiny: Machine, shell: Shell) -> None:
    assert "release: release-name default false" in shell("helm template tiny").out
    ran = shell("helm template tiny --is-upgrade")
    assert (ran.status, ran.out) == (1, "") and "--is-upgrade is not part of" in ran.err
    out = shell("helm template mine tiny -n shop --kube-version 1.27").out
    assert "release: mine shop false" in out and "kube: v1.27" in out
    assert "kind: CustomResourceDefinition" in shell("helm template tiny --include-crds").out
    ran = shell("helm template tiny -s templates/none.yaml")
    assert (ran.status, ran.err) == (
        *(1, "Error: could not find template templates/none.yaml in chart\n"),
    )


def test_templates_as_files(tiny: Machine, shell: Shell) -> None:
    ran = shell("helm template mine tiny --output-dir out; find out -type f | sort")
    wrote = [line for line in ran.out.splitlines() if line.startswith("wrote ")]
    assert sorted(wrote) == [
        f"wrote out/tiny/templates/{name}.yaml" for name in ("all", "other", "tests/test")
    ]
    assert ran.out.splitlines()[3:] == [line.removeprefix("wrote ") for line in sorted(wrote)]
    named = shell("helm template mine tiny --output-dir o2 --release-name; ls o2/mine")
    assert named.out.endswith("\ntiny\n") and ran.status == 0


# -- without the engine --------------------------------------------------------------------


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The engine's own functions, without the large library behind them."""
    library, native = ModuleType("helm_python"), ModuleType("helm_python._native")
    native.HANDLE = int  # type: ignore[attr-defined]
    library._native = native  # type: ignore[attr-defined]
    for name in ("HelmContext", "Config", "Chart", "HelmError"):
        setattr(library, name, type(name, (Exception,), {}))
    monkeypatch.setitem(sys.modules, "helm_python", library)
    monkeypatch.setitem(sys.modules, "helm_python._native", native)
    monkeypatch.delitem(sys.modules, "owlab.pocket.programs.helm.engine", raising=False)
    from owlab.pocket.programs.helm import engine as made

    yield made
    sys.modules.pop("owlab.pocket.programs.helm.engine", None)


@pytest.mark.parametrize(
    ("base", "over", "by_index", "merged"),
    [
        ({"a": 1}, {"b": 2}, False, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}, False, {"a": {"x": 3, "y": 2}}),
        ({"a": {"x": 1}}, {"a": 5}, False, {"a": 5}),
        ({"a": 5}, {"a": {"x": 1}}, False, {"a": {"x": 1}}),
        ({"a": 5}, {"a": None}, False, {"a": None}),
        ({"l": [1, 2]}, {"l": [3]}, False, {"l": [3]}),
        ({"l": [1, 2]}, {"l": [3]}, True, {"l": [3, 2]}),
        ({"l": [1, 2]}, {"l": [None, 3]}, True, {"l": [1, 3]}),
        ({"l": [1]}, {"l": [None, None, 3]}, True, {"l": [1, None, 3]}),
        ({"l": [{"x": 1, "y": 2}]}, {"l": [{"x": 3}]}, True, {"l": [{"x": 3, "y": 2}]}),
        ({"l": [{"m": [1, 2]}]}, {"l": [{"m": [9]}]}, True, {"l": [{"m": [9, 2]}]}),
    ],
)
def test_values_are_laid_on_each_other(
    engine: Any, base: Any, over: Any, by_index: bool, merged: Any
) -> None:
    assert engine.merge(base, over, by_index) == merged


HOOK = """\
# Source: tiny/templates/a.yaml
apiVersion: v1
kind: Pod
metadata:
  labels: {a: b}
  name: "first"
  annotations:
    "helm.sh/hook": pre-install, test-success
---
kind: ConfigMap
metadata:
  name: plain
---
kind: Job
metadata:
  annotations:
    helm.sh/hook: 'post-delete'
  name: second
"""


def test_hooks_are_told_by_their_mark(engine: Any) -> None:
    found = engine.hooks_of({"z.yaml": HOOK, "a.yaml": "kind: Secret\n", "b.yaml": ""})
    assert [(h["name"], h["kind"], h["path"], h["events"]) for h in found] == [
        ("first", "Pod", "z.yaml", ["pre-install", "test"]),
        ("second", "Job", "z.yaml", ["post-delete"]),
    ]
    assert found[1]["manifest"].startswith("kind: Job\n")
    assert found[1]["manifest"].endswith("name: second")
