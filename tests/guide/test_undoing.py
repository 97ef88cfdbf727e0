"""Steps taken back one by one, in any order, and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from owlab import Lab
from owlab.guide import find
from owlab.teardown import is_done, undo


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    lab = Lab.open("undoing")
    try:
        lab.up()
        yield lab
    finally:
        lab.down()


def test_what_is_gone_already_is_in_nobodys_way(lab: Lab) -> None:
    # The function went with OpenWhisk, and the release with the cluster.
    for section in ("7.2", "6.4", "7.1", "7.1", "1.3", "6.4", "6.1", "5"):
        undo(lab, find(section))
        assert not is_done(lab, find(section))
    lab.up("5")
    assert is_done(lab, find("5"))
