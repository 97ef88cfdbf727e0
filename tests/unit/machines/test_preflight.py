"""What is found out about a computer before machines are made."""

from types import SimpleNamespace

import pytest

from owlab.config import LabConfig
from owlab.diagnostic import Diagnostic
from owlab.errors import ProviderError
from owlab.machines import preflight
from owlab.machines.multipass_cli import MultipassCLI
from owlab.shell import Shell

GB = 1 << 30
GUIDE = LabConfig(provider="multipass")


def multipass_findings():
    found = preflight.multipass(GUIDE, MultipassCLI(Shell()))
    return {diagnostic.name: diagnostic for diagnostic in found}


@pytest.mark.parametrize("machine", ["arm64", "aarch64"])
def test_arm_is_refused_before_anything_starts(machine):
    diagnostic = preflight.architecture(machine)
    assert diagnostic.verdict == "fail" and "amd64 only" in diagnostic.seen
    assert "pocket" in diagnostic.advice


def test_intel_is_fine():
    assert preflight.architecture("x86_64").verdict == "ok"


@pytest.mark.parametrize(
    "total, verdict, advice",
    [
        (32, "ok", ""),
        (23, "warn", "small"),
        (16, "fail", "memory_profile=small"),
        (8, "fail", "pocket"),
    ],
)
def test_memory(total, verdict, advice):
    diagnostic = preflight.memory(GUIDE, total * GB)
    assert diagnostic.verdict == verdict
    assert advice in diagnostic.advice


def test_the_small_profile_says_what_it_gives_up():
    assert "second worker" in preflight.memory(GUIDE, 16 * GB).advice


@pytest.mark.parametrize("free, verdict", [(200, "ok"), (60, "warn"), (10, "fail")])
def test_disk(free, verdict):
    assert preflight.disk(GUIDE, free * GB).verdict == verdict


@pytest.mark.parametrize("present, verdict", [(8, "ok"), (4, "ok"), (2, "warn")])
def test_cores(present, verdict):
    assert preflight.cores(GUIDE, present).verdict == verdict


def test_multipass_is_there(multipass):
    found = multipass_findings()
    assert {diagnostic.verdict for diagnostic in found.values()} == {"ok"}
    assert found["Multipass"].seen == multipass.state["version"]


def test_a_deleted_machine_holds_a_name(multipass):
    multipass.add("worker1", "Deleted")
    diagnostic = multipass_findings()["names"]
    assert diagnostic.verdict == "fail"
    assert "multipass recover worker1" in diagnostic.advice


def test_a_name_in_use(multipass):
    multipass.add("worker1")
    assert multipass_findings()["names"].verdict == "warn"


@pytest.mark.parametrize(
    ("memory", "verdict", "advice"), [("8G", "ok", ""), ("40G", "warn", "multipass stop big")]
)
def test_other_machines_take_memory(multipass, monkeypatch, memory, verdict, advice):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=48 * GB))
    multipass.add("big", memory=memory)
    diagnostic = multipass_findings()["other machines"]
    assert (diagnostic.verdict, diagnostic.advice.rpartition(": ")[2]) == (verdict, advice)
    assert diagnostic.seen == f"big use {memory.rstrip('G')} GB"


def test_the_service_does_not_answer(multipass):
    multipass.change(daemon=False)
    multipass.fail("daemon-unreachable", times=-1)
    found = multipass_findings()
    assert found["Multipass"].verdict == "warn"
    assert found["Multipass' service"].verdict == "fail"


@pytest.mark.parametrize("fault", ["access-denied", "not-authenticated"])
def test_the_service_refuses(multipass, fault):
    multipass.fail(fault, times=-1)
    diagnostic = multipass_findings()["Multipass' service"]
    assert diagnostic.verdict == "fail" and "multipass authenticate" in diagnostic.advice


def test_no_multipass(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    diagnostic = multipass_findings()["Multipass"]
    assert diagnostic.verdict == "fail" and "canonical.com/multipass" in diagnostic.advice


def test_no_multipass_where_step_1_1_can_install_it(monkeypatch, tmp_path):
    (tmp_path / "snap").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    diagnostic = multipass_findings()["Multipass"]
    assert diagnostic.verdict == "warn" and "Step 1.1 installs it" in diagnostic.advice


def test_curl_of_the_laptop_is_asked_for_before_section_7(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    diagnostic = preflight.programs({"curl": "section 7.2 calls a function with it"})
    assert diagnostic.verdict == "fail" and "section 7.2" in diagnostic.advice


def test_the_whole_is_a_list_of_findings(multipass):
    found = preflight.preflight(GUIDE, MultipassCLI(Shell()))
    assert {"architecture", "virtualisation", "memory", "disk", "names", "time"} <= {
        diagnostic.name for diagnostic in found
    }


def test_what_fails_is_refused():
    with pytest.raises(ProviderError, match="free some"):
        preflight.refuse([Diagnostic("disk", "fail", "full", "free some")])
    preflight.refuse([Diagnostic("disk", "warn", "nearly full")])
