"""Parameters are refused before anything starts, with name, value, what is allowed, nearest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.batch.course import NotebookFile
from owlab.batch.parameters import Declared, declared_in_source, plan
from owlab.errors import ConfigError

from .conftest import write_notebook

SOURCE = """\
lab_name: str = None  # each name is a lab of its own
workers: int = None  # 1 to 20
pause: float = 0.5
catch_up: bool = False  # do what is missing
"""


@pytest.fixture
def notebook(tmp_path: Path) -> NotebookFile:
    return NotebookFile(1, write_notebook(tmp_path / "01-a.ipynb", ("parameters", SOURCE)))


def test_the_parameters_cell_is_the_declaration() -> None:
    declared = declared_in_source(SOURCE)
    assert declared["workers"] == Declared("workers", int, True, None, "1 to 20")
    assert declared["pause"] == Declared("pause", float, False, 0.5)
    assert list(declared) == ["lab_name", "workers", "pause", "catch_up"]


def test_a_default_with_signs_that_confuse_papermill_is_read() -> None:
    declared = declared_in_source('path: str = "a=b#c"  # where')
    assert declared["path"] == Declared("path", str, False, "a=b#c", "where")


def test_text_from_a_command_line_becomes_the_declared_type(notebook: NotebookFile) -> None:
    values = {"lab_name": "n1", "workers": "3", "pause": "2", "catch_up": "yes"}
    given_to = plan(values, [notebook], [notebook]).by_notebook["01-a"]
    assert given_to == {"lab_name": "n1", "workers": 3, "pause": 2.0, "catch_up": True}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"wrokers": 3}, "wrokers = 3: there is no such parameter; did you mean workers?"),
        ({"workers": "four"}, "workers = 'four': a whole number is needed; 1 to 20"),
        ({"workers": 2.5}, "workers = 2.5: a whole number is needed"),
        ({"workers": True}, "workers = True: a whole number is needed"),
        ({"workers": 99}, "workers"),
        ({"catch_up": "perhaps"}, "true or false is needed"),
        ({"pause": None}, "a value is needed"),
        ({"provider": "docker"}, "provider"),
        ({"lab_name": 1.3}, "write it in quotes"),
    ],
)
def test_a_wrong_one_is_refused(
    notebook: NotebookFile, values: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(values, [notebook], [notebook])
    assert said in str(caught.value)


def test_all_wrong_ones_are_told_at_once(notebook: NotebookFile) -> None:
    with pytest.raises(ConfigError) as caught:
        plan({"wrokers": 1, "catch_up": "x"}, [notebook], [notebook])
    assert caught.value.brief == "2 parameters cannot be used."


def test_a_setting_that_no_cell_declares_goes_through_the_environment(
    notebook: NotebookFile,
) -> None:
    made = plan({"openwhisk_port": 31002, "k3s_disable": ["a", "b"]}, [notebook], [notebook])
    assert made.by_notebook["01-a"] == {}
    assert made.environment["01-a"] == {
        "OWLAB_OPENWHISK_PORT": "31002",
        "OWLAB_K3S_DISABLE": "a,b",
    }


def test_a_file_of_settings_is_checked_and_handed_on(
    notebook: NotebookFile, tmp_path: Path
) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text("workers: 3\n", "utf-8")
    made = plan({}, [notebook], [notebook], file)
    assert made.environment["01-a"] == {"OWLAB_CONFIG": str(file)}
    file.write_text("wrokers: 3\n", "utf-8")
    with pytest.raises(ConfigError, match="wrokers"):
        plan({}, [notebook], [notebook], file)


def test_a_parameter_of_a_notebook_that_is_not_run_is_known(
    notebook: NotebookFile, tmp_path: Path
) -> None:
    other = NotebookFile(
        8, write_notebook(tmp_path / "08-b.ipynb", ("parameters", "really: bool = False"))
    )
    assert plan({"really": "true"}, [notebook], [notebook, other]).by_notebook == {"01-a": {}}


@given(st.one_of(st.integers(), st.floats(), st.booleans(), st.text(), st.none()))
def test_reading_gives_the_declared_type_or_a_clear_refusal(value: object) -> None:
    for kind in (str, int, float, bool):
        try:
            read = Declared("x", kind, False, None).read(value)
        except ValueError as error:
            assert "needed" in str(error)
        else:
            assert type(read) is kind
