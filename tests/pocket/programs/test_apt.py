"""apt and dpkg: what is installed, what is asked, what is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.machines import apt_packages, ubuntu_archive
from owlab.pocket.programs import apt
from owlab.pocket.programs.options import Complaint


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
    except Complaint as error:
        assert str(error).startswith("E: Command line option")


@given(st.lists(st.sampled_from(sorted(ubuntu_archive.ARCHIVE)), max_size=5))
def test_dependencies_come_first(names):
    order = apt_packages.with_dependencies(names, {})
    assert set(names) <= set(order)
    for index, name in enumerate(order):
        assert set(ubuntu_archive.ARCHIVE[name].depends) <= set(order[:index])


async def said(on, script: str) -> list[str]:
    typed = await on("worker1", script)
    return f"{typed.out}{typed.err}".splitlines()


async def test_what_is_only_simulated(on, lab):
    for flag in ("-s", "--simulate", "--dry-run"):
        typed = await on("worker1", f"apt-get {flag} install nfs-common")
        assert (typed.status, typed.err) == (0, "")
        assert "The following NEW packages will be installed:\n" in typed.out
        assert "Setting up" not in typed.out and "Get:1" not in typed.out
    assert lab.fleet.machines["worker1"].state.packages.installed == {}
    await on("worker1", "sudo apt-get install -y nfs-common")
    typed = await on("worker1", "apt-get -s remove nfs-common")
    assert "The following packages will be REMOVED:\n  nfs-common\n" in typed.out
    assert "nfs-common" in lab.fleet.machines["worker1"].state.packages.installed


async def test_a_question_is_asked_where_more_is_done_than_was_said(on):
    assert not any("continue?" in line for line in await said(on, "sudo apt-get install -y jq"))
    answers = {"y": 0, "Y": 0, "": 0, "yes": 0, "n": 1, "N": 1, "x": 1}
    for answer, status in answers.items():
        typed = await on("worker1", f"echo '{answer}' | sudo apt-get remove jq; echo $?")
        assert f"Do you want to continue? [Y/n] {answer}\n" in typed.out
        assert ("Abort.\n" in typed.out) is bool(status)
        assert typed.out.endswith(f"{status}\n"), answer
        await on("worker1", "sudo apt-get install -y jq")
    typed = await on("worker1", "sudo apt-get remove --assume-no jq")
    assert typed.out.endswith("Do you want to continue? [Y/n] N\nAbort.\n") and typed.status == 1
    # What is asked for by its name, and needs nothing else, is not asked about.
    await on("worker1", "sudo apt-get purge -y jq; sudo apt-get autoremove -y")
    typed = await on("worker1", "echo n | sudo apt-get install zip")
    assert "continue?" not in typed.out and typed.status == 0


async def test_sums(on):
    for script, line in (
        ("sudo apt-get install -y zip", "0 upgraded, 1 newly installed, 0 to remove and 0 not"),
        ("sudo apt-get install -y zip", "0 upgraded, 0 newly installed, 0 to remove and 0 not"),
        ("sudo apt-get remove -y zip", "0 upgraded, 0 newly installed, 1 to remove and 0 not"),
        ("sudo apt-get remove -y zip", "Package 'zip' is not installed, so not removed"),
        ("sudo apt-get remove -y zip", "0 upgraded, 0 newly installed, 0 to remove and 0 not"),
        ("sudo apt-get upgrade", "Calculating upgrade... Done"),
        ("sudo apt-get autoremove -y", "0 upgraded, 0 newly installed, 0 to remove and 0 not"),
    ):
        found = await said(on, script)
        assert any(told.startswith(line) for told in found), (script, found)


async def test_what_a_package_leaves_behind(on, lab):
    machine = lab.fleet.machines["worker1"]
    await on("worker1", "sudo apt-get install -y nfs-kernel-server")
    files = ubuntu_archive.ARCHIVE["nfs-kernel-server"].files
    [path] = [path for path in files if path == "/etc/exports"] or list(files)[:1]
    assert machine.read(path) is not None
    await on("worker1", f"echo '# mine' | sudo tee {path}")
    typed = await on("worker1", "sudo apt-get remove -y nfs-kernel-server")
    assert "nfs-kernel-server*" not in typed.out
    assert machine.read(path) == b"# mine\n", "remove keeps what was written"
    typed = await on("worker1", "sudo apt-get install -y nfs-kernel-server")
    assert f"Creating config file {path} " not in typed.out
    assert machine.read(path) == b"# mine\n"
    for line in ("purge", "remove --purge"):
        typed = await on("worker1", f"sudo apt-get {line} -y nfs-kernel-server")
        assert "  nfs-kernel-server*\n" in typed.out
        assert machine.read(path) is None
        typed = await on("worker1", "sudo apt-get install -y nfs-kernel-server")
        assert f"Creating config file {path} with new version\n" in typed.out


async def test_who_needs_a_package_goes_with_it_and_what_nobody_needs_is_left_over(on, lab):
    installed = lab.fleet.machines["worker1"].state.packages.installed
    await on("worker1", "sudo apt-get install -y nfs-kernel-server")
    needed = set(installed)
    typed = await on("worker1", "sudo apt-get remove -y nfs-common")
    assert "Removing nfs-kernel-server " in typed.out and "Removing nfs-common " in typed.out
    await on("worker1", "sudo apt-get install -y nfs-common")
    left = needed - {"nfs-kernel-server"}
    assert left <= set(installed)
    await on("worker1", "sudo apt-get autoremove -y")
    assert left <= set(installed), "nfs-common was asked for"
    await on("worker1", "sudo apt-get remove -y nfs-common; sudo apt-get autoremove -y")
    assert installed == {}


@pytest.mark.parametrize(
    ("script", "err", "status"),
    [
        ("apt-get update", "E: Could not open lock file /var/lib/apt/lists/lock - open (13: "
         "Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/\n", 100),
        ("sudo apt-get remove nosuch", "E: Unable to locate package nosuch\n", 100),
        ("sudo apt-get dance", "E: Invalid operation dance\n", 100),
        ("apt-get update -o", "E: Command line option 'o' [from -o] requires an argument.\n", 100),
        ("apt-get search", "E: You must give at least one search pattern\n", 100),
    ],
)  # fmt: skip
async def test_refusals(on, script, err, status):
    typed = await on("worker1", script)
    assert (typed.err, typed.status) == (err, status)


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("apt-get --version", "apt-get 2.7.14 (amd64) of the pocket lab\n"),
        ("apt -v", "apt 2.7.14 (amd64) of the pocket lab\n"),
        ("apt-get help", "apt-get 2.7.14 (amd64) of the pocket lab\n"),
        ("apt-get", "apt-get 2.7.14 (amd64) of the pocket lab\n"),
        ("apt-get moo", '"Have you mooed today?"\n'),
        ("sudo apt-get clean", ""),
    ],
)
async def test_small_verbs(on, line, out):
    typed = await on("worker1", line)
    assert (typed.out, typed.err, typed.status) == (out, "", 0)


async def test_lists(on):
    await on("worker1", "sudo apt-get install -y nfs-common")
    whole = await said(on, "apt-get list")
    assert whole[0] == "Listing..." and whole[1:] == sorted(whole[1:])
    version = ubuntu_archive.ARCHIVE["nfs-common"].version
    own = f"nfs-common/noble,now {version} amd64 [installed]"
    assert await said(on, "apt-get list nfs-common") == ["Listing...", own]
    mine = await said(on, "apt-get list --installed")
    assert own in mine and len(mine) < len(whole)
    assert all(line.endswith(("[installed]", "[installed,automatic]")) for line in mine[1:])
    assert any(line.endswith("[installed,automatic]") for line in mine)
    assert await said(on, "apt-get list zip") == [
        "Listing...",
        f"zip/noble {ubuntu_archive.ARCHIVE['zip'].version} amd64",
    ]
    assert await said(on, "apt-get list --upgradable") == ["Listing..."]
    found = await said(on, "apt-get search nfs-common")
    assert found[:3] == ["Sorting...", "Full Text Search...", own] and found[3].startswith("  ")


async def test_names_may_say_their_version_and_architecture(on, lab):
    machine = lab.fleet.machines["worker1"]
    for name in ("zip=3.0-13", "zip/noble", "zip:amd64"):
        assert (await on("worker1", f"sudo apt-get install -y {name}")).status == 0, name
        assert "zip" in machine.state.packages.installed
        await on("worker1", "sudo apt-get remove -y zip")


async def test_lines_of_names_are_no_wider_than_a_terminal(on):
    names = sorted(ubuntu_archive.ARCHIVE)
    typed = await on("worker1", f"apt-get -s install {' '.join(names)}")
    block = typed.out.partition("NEW packages will be installed:\n")[2].partition("\n0 upg")[0]
    lines = block.split("\n")
    assert len(lines) > 1 and all(line.startswith("  ") for line in lines)
    assert max(map(len, lines)) <= 79
    for line, after in itertools.pairwise(lines):
        assert len(line) + 1 + len(after.split()[0]) > 79
    assert " ".join(block.split()).split() == sorted(block.split())
