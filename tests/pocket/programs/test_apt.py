"""apt and dpkg: what is installed, what is asked, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.machines import apt_packages, ubuntu_archive
from owlab.pocket.programs import apt


async def test_the_guides_line_without_y_installs_and_shows_the_answer(on):
    typed = await on("storage", "sudo apt install nfs-kernel-server")
    assert typed.status == 0
    assert "Do you want to continue? [Y/n] Y\n" in typed.out
    assert "Setting up nfs-kernel-server" in typed.out
    assert "does not have a stable CLI interface" in typed.err
    assert (await on("storage", "systemctl is-active nfs-server")).out == "active\n"


async def test_no_is_an_answer(on):
    typed = await on("storage", "echo n | sudo apt-get install nfs-common")
    assert typed.status == 1
    assert typed.out.endswith("Do you want to continue? [Y/n] n\nAbort.\n")
    assert (await on("storage", "dpkg -s nfs-common")).status == 1


async def test_apt_get_is_for_scripts_and_warns_of_nothing(on):
    typed = await on("worker1", "sudo apt-get update && sudo apt-get install -y nfs-common")
    assert (typed.status, typed.err) == (0, "")
    told = await on("worker1", "dpkg -s nfs-common")
    assert (told.status, told.err) == (0, "")
    assert "Status: install ok installed\n" in told.out
    again = await on("worker1", "sudo apt-get install -y nfs-common")
    assert "nfs-common is already the newest version" in again.out


async def test_only_root_installs(on):
    typed = await on("worker1", "apt-get install -y nfs-common")
    assert typed.status == 100
    assert (
        "Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission" in typed.err
    )
    assert "are you root?" in typed.err


async def test_an_unknown_package(on):
    typed = await on("worker1", "sudo apt-get install -y nfs-comon")
    assert typed.status == 100
    assert typed.err.startswith("E: Unable to locate package nfs-comon\nN: The pocket lab has a ")


async def test_dpkg_query_as_scripts_ask(on):
    missing = await on("master", "dpkg-query -W -f '${Status}' nfs-common")
    assert missing.status == 1
    assert missing.err == "dpkg-query: no packages found matching nfs-common\n"
    await on("master", "sudo apt-get install -y nfs-common")
    found = await on("master", "dpkg-query -W -f '${Status}' nfs-common; dpkg -l nfs-common")
    assert found.out.startswith("install ok installed")
    assert "ii  nfs-common" in found.out


async def test_removing_stops_the_service_and_autoremove_takes_the_rest(on, lab):
    await on("storage", "sudo apt-get install -y nfs-kernel-server")
    await on("storage", "sudo apt-get purge -y nfs-kernel-server")
    assert not lab.fleet.machines["storage"].service_active("nfs-server")
    assert (await on("storage", "exportfs")).status == 127
    typed = await on("storage", "sudo apt-get autoremove -y")
    assert "nfs-common" in typed.out
    assert lab.fleet.machines["storage"].state.packages.installed == {}


@pytest.mark.parametrize("words", ["frobnicate", "--frob install x", "-Z update"])
async def test_words_that_apt_does_not_know(on, words):
    typed = await on("master", f"sudo apt-get {words}")
    assert typed.status == 100
    assert typed.err.startswith("E: ")


NAMES = st.sampled_from(["nfs-common", "jq", "nosuch", "vim"])


@given(names=st.lists(NAMES, max_size=4), yes=st.booleans(), after=st.booleans())
def test_options_may_stand_anywhere(names, yes, after):
    words = ["install", *names]
    if yes:
        words.insert(len(words) if after else 0, "-y")
    request = apt.parse(words)
    assert (request.verb, request.names, request.yes) == ("install", tuple(names), yes)


@given(st.lists(st.text(max_size=8), max_size=5))
def test_any_words_are_read_or_refused_in_apts_words(words):
    try:
        apt.parse(words)
    except apt.AptUsageError as error:
        assert str(error).startswith("E: Command line option")


@given(st.lists(st.sampled_from(sorted(ubuntu_archive.ARCHIVE)), max_size=5))
def test_dependencies_come_first(names):
    order = apt_packages.with_dependencies(names, {})
    assert set(names) <= set(order)
    for index, name in enumerate(order):
        assert set(ubuntu_archive.ARCHIVE[name].depends) <= set(order[:index])
