"""The program's own sentences in Chinese: all of them, with the same places for values.

After a change of a sentence: make messages, and what it names.
"""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from pathlib import Path

import pytest

from owlab import language
from owlab.guide import ON_A_CLUSTER, ON_OUR_CLUSTER, STEPS
from owlab.incidents import INCIDENTS
from owlab.language import _
from owlab.machines.cluster import ClusterProvider
from owlab.machines.containers import K3dProvider, KindProvider
from owlab.machines.multipass import MultipassProvider
from owlab.machines.pocket import PocketProvider
from owlab.machines.ssh import SshProvider
from tools.translation import messages, notebooks
from tools.translation.style import complaints

CATALOGUE = messages.catalogue()
PROVIDERS = (
    *(PocketProvider, MultipassProvider, SshProvider),
    *(ClusterProvider, KindProvider, K3dProvider),
)
each_source = pytest.mark.parametrize(
    "path", messages.sources(), ids=lambda path: str(path.relative_to(messages.SOURCE))
)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(language.VARIABLE, "zh")


def test_nothing_is_missing_or_stale_and_all_is_compiled() -> None:
    """make messages"""
    assert CATALOGUE.complaints() == []
    assert CATALOGUE.path.read_text("utf-8") == CATALOGUE.po()
    assert messages.COMPILED.read_bytes() == CATALOGUE.mo()


def fields(text: str) -> Counter[str]:
    """The places for values, with how each is shown; braces of JSON are none."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return Counter()
    return Counter(f"{name}!{how}:{form}" for _text, name, form, how in parts if name is not None)


def test_each_has_the_same_places_for_values_and_the_same_code() -> None:
    for message in CATALOGUE:
        english, chinese = str(message.id), str(message.string)
        assert fields(chinese) == fields(english), english
        code = r"`[^`]+`|--[a-z-]+|OWLAB_[A-Z]+"
        assert Counter(re.findall(code, chinese)) == Counter(re.findall(code, english)), english


def test_the_chinese_is_set_as_chinese_is() -> None:
    slips = [complaints(str(m.string).strip("\n "), markdown=False) for m in CATALOGUE]
    assert [line for found in slips for line in found] == []


@each_source
def test_what_is_marked_can_be_found(path: Path) -> None:
    """A mark around a text that is put together at run time would find no translation."""
    for call in messages.marked(ast.parse(path.read_text("utf-8"))):
        assert len(call.args) == 1
        assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp), ast.unparse(call)


@each_source
def test_the_mark_is_not_hidden_by_a_variable(path: Path) -> None:
    """``for _ in ...`` beside ``_("text")`` would call a number."""
    source = path.read_text("utf-8")
    if not re.search(r"^from owlab.language import .*\b_\b", source, re.M):
        return
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            kinds = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            names = [arg.arg for arg in kinds if arg is not None]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names = [node.id]
        assert "_" not in names, ast.unparse(node)


def test_what_is_marked_far_from_where_it_is_shown_is_translated(chinese: None) -> None:
    steps = {step.title for step in (*STEPS, *ON_A_CLUSTER.values(), *ON_OUR_CLUSTER.values())}
    stories = {text for i in INCIDENTS.values() for text in (i.story, i.why, *i.hints)}
    abouts = {provider.about for provider in PROVIDERS}
    for text in steps | stories | abouts:
        assert _(text) != text, text


def test_a_step_is_shown_in_the_language_of_the_moment(
    chinese: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STEPS[1].heading == "1.2 创建虚拟机"
    monkeypatch.setenv(language.VARIABLE, "en")
    assert STEPS[1].heading == "1.2 create the virtual machines"


def test_hints_are_the_same_in_the_notebook_and_in_the_terminal(chinese: None) -> None:
    (path,) = notebooks.CHINESE.glob("10-*.ipynb")
    shown = path.read_text("utf-8")
    for incident in INCIDENTS.values():
        for hint in incident.hints:
            assert _(hint) in shown


def test_sentences_are_recognised_in_every_language() -> None:
    assert language.spellings("What to do: ") == ("What to do: ", "处理方法：")


def test_marks_are_found_within_f_strings_too() -> None:
    source = 'a = f"<b>{_(\'one\')}</b>"\nb = N_("two")\nc = _("three").format(x=_("four"))\n'
    assert list(messages.in_python(source)) == ["one", "two", "three", "four"]
