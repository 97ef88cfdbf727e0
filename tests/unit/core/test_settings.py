"""Settings: where they come from, which wins, and how wrong ones are refused."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import owlab
from owlab import settings
from owlab.config import LabConfig, size_in_bytes
from owlab.errors import ConfigError


def load(overrides=None, **more):
    return settings.load(overrides or {}, environment=more.pop("environment", {}), **more)


def test_the_default_lab_is_the_guides():
    sizes = {m.name: (m.cpus, m.memory, m.disk) for m in load().machines}
    assert sizes == {
        "master": (2, "6G", "50G"),
        "worker1": (2, "6G", "20G"),
        "worker2": (2, "6G", "20G"),
        "storage": (2, "4G", "50G"),
    }


def test_stronger_sources_win(tmp_path: Path):
    file = tmp_path / "lab.yaml"
    file.write_text("workers: 4\nopenwhisk: {port: 31004, release: filed}\nmirror: cn\n")
    config = load(
        {"workers": "6"},
        file=file,
        saved={"workers": 3, "speed": "class"},
        environment={"OWLAB_WORKERS": "5", "OWLAB_OPENWHISK_PORT": "31005"},
    )
    assert config.workers == 6
    assert config.openwhisk.port == 31005
    assert config.openwhisk.release == "filed"
    assert config.mirror == "cn"
    assert config.speed == "class"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("wokers", 3, ["wokers", "did you mean workers"]),
        ("workers", "four", ["workers = 'four'", "integer"]),
        ("workers", 0, ["workers = 0", "greater than or equal to 1"]),
        ("workers", 21, ["workers = 21", "less than or equal to 20"]),
        (
            "provider",
            "docker",
            ["provider = 'docker'", "'cluster', 'kind' or 'k3d'"],
        ),
        ("openwhisk_port", 80, ["openwhisk_port = 80", "30000"]),
        ("master_memory", "6 GB", ["master_memory = '6 GB'", "6G or 512M"]),
        ("master_memory", "100M", ["below 512M"]),
        ("openwhisk_storage_class", "openwhisk-nfs", ["Pending", "nfs-client"]),
        ("openwhisk_kafka_images", "", ["openwhisk_kafka_images", "at least 1"]),
        ("openwhisk_kafka_images", "nope", ["openwhisk_kafka_images", "'nope'"]),
        ("image", "24.04; reboot", ["image = '24.04; reboot'"]),
        ("helm_channel", "", ["helm_channel = ''"]),
        ("k3s_disable", "a b;c", ["k3s_disable"]),
        ("as_written", "perhaps", ["as_written = 'perhaps'", "boolean"]),
        ("name", "A lab", ["name = 'A lab'"]),
    ],
)
def test_a_wrong_setting_is_refused_with_name_value_and_what_is_allowed(name, value, said):
    with pytest.raises(ConfigError) as caught:
        load({name: value})
    for words in said:
        assert words in str(caught.value)


def test_a_wrong_value_names_its_source():
    with pytest.raises(ConfigError, match="from the environment"):
        load(environment={"OWLAB_WORKERS": "many"})


def test_an_unknown_environment_variable_is_refused_and_reserved_ones_are_not():
    assert load(environment={"OWLAB_HOME": "/x", "PATH": "/bin"}) == LabConfig()
    with pytest.raises(ConfigError, match="wrokers"):
        load(environment={"OWLAB_WROKERS": "2"})


def test_every_variable_that_owlab_reads_or_sets_may_be_there():
    """One that is taken for a setting would end every command of whoever sets it."""
    package = Path(owlab.__file__).parent
    elsewhere = {
        "OWLAB_ROOT",
        "OWLAB_SHELLS",
        "OWLAB_CONFIG",
    }  # in machines; a file that must be there
    named = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r"\bOWLAB_[A-Z][A-Z_]+\b", path.read_text("utf-8"))
    } - elsewhere
    assert "OWLAB_NOTEBOOKS" in named
    assert load(environment=dict.fromkeys(named, "/x")) == LabConfig()


@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [", "\x00"])
def test_a_file_that_is_no_settings_file_is_refused_by_name(tmp_path: Path, content):
    file = tmp_path / "lab.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"lab\.yaml"):
        load(file=file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        load(file=tmp_path / "missing.yaml")


def test_as_written_sets_the_guides_choices_unless_said_otherwise():
    config = load({"as_written": True, "openwhisk_certificate": "own-ca"})
    assert config.openwhisk.storage_class == ""
    assert config.openwhisk.kafka_images == ("fatal69100/kafka:2.8.1",)
    assert config.nfs.clients == "everyone"
    assert config.openwhisk.certificate == "own-ca"


def test_where_the_guides_choices_differ_from_ours():
    ours, guides = load({}).flat(), load({"as_written": True}).flat()
    differ = {name: (ours[name], guides[name]) for name in ours if ours[name] != guides[name]}
    pinned = {
        name: differ.pop(name)
        for name in ("k3s_version", "provisioner_chart_version", "openwhisk_chart_commit")
    }
    assert [guide for _, guide in pinned.values()] == ["", "", ""]
    assert all(own for own, _ in pinned.values()), "ours is one version"
    images, kafka = differ.pop("openwhisk_kafka_images")
    assert (len(images) > 1, list(kafka)) == (True, ["fatal69100/kafka:2.8.1"])
    assert differ == {
        "as_written": (False, True),
        "image": (ours["image"], ""),
        "k3s_disable": (["traefik", "servicelb"], []),
        "k3s_join_token": ("short-lived", "server"),
        "nfs_clients": ("nodes", "everyone"),
        "wsk_version": ("1.2.0", "latest"),
        "provisioner_leader_election": (False, True),
        "openwhisk_storage_class": ("nfs-client", ""),
        "openwhisk_keys": ("generated", "well-known"),
        "openwhisk_certificate": ("own-ca", "chart"),
        "openwhisk_pull_runtimes_first": (True, False),
        "openwhisk_run_timeout_minutes": (10, 1),
    }


def test_the_small_profile_needs_half_the_memory():
    small = load({"memory_profile": "small"})
    assert small.memory_bytes == 11 * 1024**3
    assert load({"memory_profile": "small", "workers": 2}).workers == 2


def test_what_is_saved_loads_as_the_same_configuration():
    config = load({"workers": 3, "master_memory": "8G", "openwhisk_kafka_images": "a/b:1,c/d:2"})
    assert settings.load(saved=config.flat(), environment={}) == config


def test_files_are_found_again_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "lab.yaml").write_text("ssh_inventory: machines.yaml")
    assert load(file=tmp_path / "lab.yaml").ssh.inventory == str(tmp_path / "machines.yaml")
    monkeypatch.chdir(tmp_path)
    assert load({"cluster_kubeconfig": "kc"}).cluster.kubeconfig == str(tmp_path / "kc")
    assert load({"cluster_kubeconfig": "~/kc"}).cluster.kubeconfig == str(Path.home() / "kc")
    assert load({"cluster_kubeconfig": "/etc/kc"}).cluster.kubeconfig == "/etc/kc"


@pytest.mark.parametrize("yes", ["y", "t", "on", "1", 1, True, "TRUE"])
def test_as_written_brings_the_guides_choices_however_it_is_said(yes):
    assert load({"as_written": yes}).nfs.clients == "everyone"


def test_a_lab_saved_by_an_older_owlab_opens():
    assert load(saved={"workers": 3, "gone_setting": 1}).workers == 3


def test_another_profile_replaces_what_the_saved_one_had_set():
    saved = load({"as_written": True, "workers": 3}).flat()
    back = load({"as_written": "false"}, saved=saved)
    assert back == load({"workers": 3})
    small = load({"memory_profile": "small"}, saved=load({"openwhisk_port": 31009}).flat())
    assert (small.workers, small.master.memory, small.openwhisk.port) == (1, "5G", 31009)


@given(st.integers(1, 10**6), st.sampled_from("KMGkmg"))
def test_sizes_are_powers_of_1024(number, unit):
    power = {"k": 1, "m": 2, "g": 3}[unit.lower()]
    assert size_in_bytes(f"{number}{unit}") == number * 1024**power


@given(st.text(max_size=12))
def test_any_text_is_a_setting_or_a_config_error(text):
    for name in ("workers", "master_memory", "k3s_version", "openwhisk_kafka_images"):
        try:
            load({name: text})
        except ConfigError as error:
            assert name.partition("_")[0] in str(error)


def refused(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "lab.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        load(file=file)
    assert len(str(caught.value)) < 5000
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]", "deeper than 50 levels"),
        ("a: &a {b: *a}", "deeper than 50 levels"),
        ("[" * 3000, "deeper than 50 levels"),
        ("workers: 0x" + "f" * 6000, "a very large number"),
        ("workers: " + "9" * 6000, "a value cannot be read"),
        ("? [a, b]\n: 1", "a name should be a word"),
        ("odd: 2", "Unknown setting: odd."),
        ("1: 2\nnull: 3\ntrue: 4", "Unknown settings: 1, None"),
        ("master: {memory: " + "9" * 400 + "G}", "write a number and a unit"),
        ("image: !!binary aaa", "cannot be read"),
        ("image: !!timestamp 2020-99-99", "a value cannot be read"),
        ("x" * 70_000 + ": 1", "cannot be read"),
        ("\u0007\u001b[2J: 1", "cannot be read"),
        (b"workers: \xff", "cannot be read"),
        ("x: 1\n" * 300_000, "larger than"),
        ("workers: 2\nworkers: 3", "workers is set twice"),
        ("openwhisk: {port: 31001}\nopenwhisk_port: 31002", "openwhisk_port is set twice"),
        ("openwhisk.port: 31001\nopenwhisk: {port: 31002}", "to 31001 and to 31002"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_no_file_is_too_odd_to_be_refused_in_words(tmp_path: Path, text: str | bytes, said: str):
    assert said in refused(tmp_path, text)


def test_what_is_said_twice_in_the_same_words_is_no_contradiction(tmp_path: Path):
    file = tmp_path / "lab.yaml"
    file.write_text("openwhisk: {port: 31001}\nopenwhisk_port: 31001\n")
    assert load(file=file).openwhisk.port == 31001


SHELLED = (
    "4; touch x",
    "$(touch x)",
    "`x`",
    "-oProxyCommand=x",
    "a b",
    "a\nb",
    "\x1b[2J",
    "'",
    "&",
)


@pytest.mark.parametrize("value", SHELLED)
def test_no_text_that_reaches_a_shell_can_say_more_than_it_is(value: str):
    free = {"ssh_inventory", "cluster_kubeconfig", "ssh_hosts", "speed", "mirror", "provider"}
    texts = [n for n, v in LabConfig().flat().items() if isinstance(v, str | list)]
    for name in texts:
        if name in free or name in ("name", "memory_profile"):
            continue
        with pytest.raises(ConfigError):
            load({name: [value] if isinstance(LabConfig().flat()[name], list) else value})


@pytest.mark.parametrize("name", ["ssh_inventory", "cluster_kubeconfig"])
@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "a\x1b"])
def test_paths_have_no_control_characters(name: str, value: str):
    with pytest.raises(ConfigError):
        load({name: value})


@pytest.mark.parametrize("nodes", ["", "a,b,a"])
def test_a_cluster_needs_nodes_of_different_names(nodes):
    given = {"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": nodes}
    with pytest.raises(ConfigError, match="needs cluster_nodes, different names"):
        load(given)
    assert load({**given, "cluster_nodes": "a"}).cluster.nodes == ("a",)
