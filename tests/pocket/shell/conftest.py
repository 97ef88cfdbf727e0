"""Machines to type on, where a shell has been used before."""

import pytest

from tests.pocket.programs.conftest import lab, master, on

__all__ = ["lab", "master", "on"]


@pytest.fixture(autouse=True)
def used_before(request):
    if "master" in request.fixturenames:
        files = request.getfixturevalue("master").files
        files.write_file("/home/ubuntu/.sudo_as_admin_successful", b"")
