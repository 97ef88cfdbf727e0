"""Sizes, names, sections, documents and commands: rules that need no lab, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from owlab import documents, guide, settings
from owlab.command import Command, Result, Variable
from owlab.config import LabConfig, size_in_bytes
from owlab.diagnostic import refused
from owlab.errors import CheckFailed, ConfigError, LabError
from owlab.extras import need


def load(**given: Any) -> LabConfig:
    return settings.load(given, environment={})


# -- settings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [("1K", 1024), ("512M", 2**29), ("1.5G", 3 * 2**29), ("2g", 2**31), ("0M", 0)],
)
def test_sizes(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "5", "G", "5T", "-1G", "1.G", "1 G", "1e3G"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="write a number and a unit"):
        size_in_bytes(text)


@pytest.mark.parametrize(
    ("given", "fine"),
    [
        ({"worker_memory": "512M"}, True),
        ({"worker_memory": "511M"}, False),
        ({"worker_disk": "5G"}, True),
        ({"worker_disk": "4.9G"}, False),
        ({"worker_cpus": 1}, True),
        ({"worker_cpus": 0}, False),
        ({"worker_cpus": 64}, True),
        ({"worker_cpus": 65}, False),
        ({"workers": 20}, True),
        ({"workers": 21}, False),
        ({"openwhisk_port": 30000}, True),
        ({"openwhisk_port": 29999}, False),
        ({"openwhisk_port": 32767}, True),
        ({"openwhisk_port": 32768}, False),
        ({"openwhisk_run_timeout_minutes": 60}, True),
        ({"openwhisk_run_timeout_minutes": 61}, False),
        ({"openwhisk_run_timeout_minutes": 0}, False),
        ({"openwhisk_storage_class": "local-path"}, True),
        ({"openwhisk_storage_class": ""}, True),
        ({"openwhisk_storage_class": "fast"}, False),
        ({"openwhisk_storage_class": "fast", "provisioner_storage_class": "fast"}, True),
        ({"provisioner_storage_class": "fast"}, False),
        ({"openwhisk_kafka_images": []}, False),
        # A cluster has storage classes of its own, where no NFS server is named.
        ({"provider": "k3d", "openwhisk_storage_class": "fast"}, True),
        ({"provider": "k3d", "openwhisk_storage_class": "fast",
          "cluster_nfs_server": "10.0.0.1"}, False),
        ({"provider": "kind", "container_workers": 5}, True),
        ({"provider": "kind", "container_workers": 6}, False),
        # k3d takes names of 32 letters.
        ({"provider": "k3d", "name": "a" * 26}, True),
        ({"provider": "k3d", "name": "a" * 27}, False),
        ({"provider": "pocket", "name": "a" * 40}, True),
        ({"provider": "pocket", "name": "a" * 41}, False),
        ({"provider": "cluster", "cluster_nodes": ["a"]}, False),
        ({"provider": "cluster", "cluster_kubeconfig": "kc"}, False),
        ({"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["a", "a"]}, False),
        ({"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["a", "b"]}, True),
    ],
)  # fmt: skip
def test_what_may_be_set(given: dict[str, Any], fine: bool) -> None:
    if fine:
        load(**given)
    else:
        with pytest.raises(ConfigError):
            load(**given)


@pytest.mark.parametrize(
    ("given", "nodes"),
    [
        ({}, ["master", "worker1", "worker2"]),
        ({"workers": 1, "prefix": "owl-"}, ["owl-master", "owl-worker1"]),
        ({"provider": "kind"}, ["owlab-owlab-control-plane"]),
        ({"provider": "kind", "container_workers": 1},
         ["owlab-owlab-control-plane", "owlab-owlab-worker"]),
        ({"provider": "kind", "container_workers": 3, "name": "a"},
         ["owlab-a-control-plane", "owlab-a-worker", "owlab-a-worker2", "owlab-a-worker3"]),
        ({"provider": "k3d", "name": "a"}, ["k3d-owlab-a-server-0"]),
        ({"provider": "k3d", "container_workers": 2, "name": "a"},
         ["k3d-owlab-a-server-0", "k3d-owlab-a-agent-0", "k3d-owlab-a-agent-1"]),
        ({"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": "n1,n2"},
         ["n1", "n2"]),
    ],
)  # fmt: skip
def test_nodes_are_called_as_their_cluster_calls_them(
    given: dict[str, Any], nodes: list[str]
) -> None:
    machines = load(**given).machines
    assert [machine.name for machine in machines if machine.is_node] == nodes
    assert [machine.role for machine in machines] == [
        "server", *["agent"] * (len(nodes) - 1), "storage",
    ]  # fmt: skip


def test_what_all_machines_ask_for() -> None:
    config = load(workers=2, master_memory="2G", worker_memory="1G", storage_memory="512M")
    assert config.memory_bytes == 9 * 2**29
    config = load(workers=1, master_disk="10G", worker_disk="5G", storage_disk="6G")
    assert config.disk_bytes == 21 * 2**30


# -- sections ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [("6.4", (6, 4)), ("5", (5,)), ("05", (5,)), ("1.10", (1, 10)), ("06.2", (6, 2))],
)
def test_sections(text: str, number: tuple[int, ...]) -> None:
    assert guide.section_number(text) == number


@pytest.mark.parametrize("text", ["", "a", "1.", "1.x", ".", "0"])
def test_sections_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a section of the guide"):
        guide.section_number(text)


@pytest.mark.parametrize(
    ("to", "last"),
    [
        ("", "functions.deploy_web"),
        ("1", "nfs.install_server"),
        ("1.3", "k3s.install_server"),
        ("2", "nfs.install_clients"),
        ("6", "openwhisk.deploy"),
        ("06.3", "openwhisk.configure_wsk"),
        ("7.2", "functions.deploy_web"),
    ],
)
def test_steps_up_to_a_section(to: str, last: str) -> None:
    steps = guide.ordered(to)
    assert steps[-1].key == last
    assert steps == list(guide.STEPS)[: len(steps)]


@pytest.mark.parametrize("to", ["8", "1.9", "6.4.1"])
def test_sections_that_the_guide_has_not(to: str) -> None:
    with pytest.raises(ConfigError, match=f"has no section {to}"):
        guide.ordered(to)


def test_a_step_is_found_by_key_and_by_section() -> None:
    for name in ("1.4", "k3s.join_workers"):
        assert guide.find(name).key == "k3s.join_workers"
    for name in ("1", "join_workers", ""):
        with pytest.raises(ConfigError, match="There is no step"):
            guide.find(name)


def test_every_step_needs_only_what_comes_before_it() -> None:
    for steps in (guide.STEPS, *(tuple(table.values()) for table in (
        guide.ON_A_CLUSTER, guide.ON_OUR_CLUSTER,
    ))):  # fmt: skip
        keys = [step.key for step in steps]
        for place, step in enumerate(steps):
            assert {need.key for need in step.needs} <= set(keys[:place]), step.key


# -- documents -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("a: 1\nb: [x, y]\n", {"a": 1, "b": ["x", "y"]}),
        ("a: &x {n: 1}\nb: *x\n", {"a": {"n": 1}, "b": {"n": 1}}),
        ("[" * 50 + "]" * 50, ...),
    ],
)
def test_documents(text: str, found: Any) -> None:
    assert found is ... or documents.load(text) == found
    documents.load(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\na: 2\n", "a is set twice"),
        ("a: {b: 1, b: 1}\n", "b is set twice"),
        ("? [1]\n: 2\n", "a name should be a word"),
        ("a: [\n", "expected the node content"),
        ("[" * 52 + "]" * 52, "deeper than 50 levels"),
        ("a: &x [*x]\n", "deeper than 50 levels"),
        ("a: 2024-13-45\n", "a value cannot be read"),
        ("x" * (2**20 + 1), "larger than 1048576 bytes"),
        ("a: &a [" + "x," * 400 + "]\nb: &b [" + "*a," * 400 + "]\n", "more than 100000 values"),
        ("[" * 5000, "deeper than 50 levels"),
        ("!!python/object:os.system a", "could not determine a constructor"),
    ],
)
def test_documents_that_are_none(text: str, sentence: str) -> None:
    with pytest.raises(documents.BadDocument, match=sentence):
        documents.load(text)


# -- commands, errors ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "on"),
    [("", "host"), (" \n", "host"), ("ls", ""), ("ls", "-a"), ("ls", "a b"), ("ls", "a;b")],
)
def test_commands_that_are_none(text: str, on: str) -> None:
    with pytest.raises(ValueError, match="is no machine's name, or there is no text"):
        Command(text, on=on)


def test_a_result_is_true_when_it_succeeded_and_hides_secrets() -> None:
    secret = Variable("TOKEN", Command("cat token"), secret=True)
    plain = Variable("IP", Command("echo 1"))
    command = Command("echo $TOKEN $IP", on="a", variables=(secret, plain))
    values = {"TOKEN": "sesame-open", "IP": "10.0.0.99"}
    result = Result(command, 0, "sesame-open 10.0.0.99\n", "warned\n", values=values)
    assert result and not Result(command, 1) and not Result(command, -1)
    assert result.secrets == ["sesame-open"]
    assert result.tail() == "*** 10.0.0.99\nwarned" and result.tail(1) == "warned"
    assert repr(result) == "<a$ echo $TOKEN $IP: exit status 0>\n*** 10.0.0.99\nwarned"
    assert repr(Result(command, 3)) == "<a$ echo $TOKEN $IP: exit status 3>"


def test_an_error_is_its_sentences() -> None:
    error = CheckFailed("brief", "", "resolution")
    assert str(error) == "brief\nresolution" and error == CheckFailed("brief", "", "resolution")
    assert error != CheckFailed("brief", "details", "resolution") and {error}
    key = "33333333-2222-4333-8444-555555555555:" + "k" * 64
    assert key not in str(LabError(f"a {key}", f"b {key}"))
    found = refused("cluster", LabError("brief", "details", "do it"))
    assert (found.verdict, found.seen, found.advice) == ("fail", "brief\ndetails", "do it")
    assert refused("cluster", LabError("brief")).seen == "brief"


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    need("pocket")
    monkeypatch.setattr("owlab.extras.find_spec", lambda name: None)
    with pytest.raises(LabError) as refused_:
        need("plots")
    assert refused_.value.brief.startswith("Plots and data frames cannot be used")
    assert refused_.value.details == "There is no Python package 'pandas'."
    assert refused_.value.resolution.endswith("'owlab[plots]'")
