"""The folder of locks and sockets belongs to this user, or is not used."""

import os
import tempfile

import pytest

from owlab.errors import ProviderError
from owlab.machines import private


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_it_is_made_for_this_user_only(temporary):
    folder = private.private_folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert private.private_folder() == folder


def test_one_that_is_too_open_is_closed(temporary):
    private.private_folder().chmod(0o777)
    assert private.private_folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("what", ["file", "link"])
def test_something_else_of_that_name_is_refused(temporary, what):
    path = temporary / f"owlab-{os.getuid()}"
    if what == "file":
        path.touch()
    else:
        path.symlink_to(temporary)
    with pytest.raises(ProviderError, match="TMPDIR"):
        private.private_folder()
