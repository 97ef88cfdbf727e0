"""Which machines ssh uses: by file, by name, by position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.config import LabConfig
from owlab.errors import ConfigError
from owlab.machines import inventory
from owlab.machines.inventory import Host


def config(**ssh):
    return LabConfig.model_validate({"provider": "ssh", "ssh": ssh})


def written(tmp_path, text):
    path = tmp_path / "inventory.yaml"
    path.write_text(text)
    return config(inventory=str(path))


def test_by_position():
    found = inventory.load(config(hosts=("a@m", "b", "c", "d"))).hosts
    assert list(found) == ["master", "worker1", "worker2", "storage"]
    assert found["master"].target == "a@m"
    assert found["storage"].target == "d"


def test_by_name():
    hosts = ("storage=d", "worker2=c", "master=u@m", "worker1=b")
    found = inventory.load(config(hosts=hosts)).hosts
    assert found["master"] == Host("m", "u")
    assert found["storage"] == Host("d")


def test_from_a_file(tmp_path):
    text = """
        master: ubuntu@10.0.0.1
        workers: [b, {host: c, user: u, port: 2222, identity: k, jump: j, address: 10.0.0.3}]
        storage: d
        ssh_config: lab.conf
    """
    found = inventory.load(written(tmp_path, text))
    worker = found.hosts["worker2"]
    assert worker.options == ["-p", "2222", "-i", "k", "-J", "j"]
    assert (worker.target, worker.address) == ("u@c", "10.0.0.3")
    assert found.ssh_config == str(tmp_path / "lab.conf")


def test_with_neither_the_names_are_the_hosts():
    assert inventory.load(config()).hosts["worker1"].target == "worker1"


@pytest.mark.parametrize(
    "hosts",
    [("a", "b"), ("a", "b", "c", "d", "e"), ("master=a", "b", "c", "d"), ("master=a",)],
)
def test_not_as_many_as_the_lab_has(hosts):
    with pytest.raises(ConfigError):
        inventory.load(config(hosts=hosts))


@pytest.mark.parametrize("host", ["-oProxyCommand=evil", "a b", "", "a;b", "u@", "@h", "$(x)"])
def test_what_is_no_host(host):
    with pytest.raises(ConfigError):
        inventory.load(config(hosts=(host, "b", "c", "d")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "master: a",
        "master: a\nworkers: b\nstorage: c",
        "master: a\nworkers: [b, c]\nstorage: {host: d, port: x}",
        "master: a\nworkers: [b, c]\nstorage: {host: d, port: 0}",
        "master: a\nworkers: [b, c]\nstorage: {host: d, address: there}",
        "master: a\nworkers: [b, c]\nstorage: {host: d, password: x}",
        "master: [",
        "master: a\nworkers: [b, c]\nstorage: d\nmore: e",
    ],
)
def test_what_is_no_inventory(tmp_path, text):
    with pytest.raises(ConfigError):
        inventory.load(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        inventory.load(config(inventory=str(tmp_path / "none.yaml")))


@given(st.text())
def test_no_host_is_ever_an_option(text):
    try:
        host = inventory._host(text)
    except ConfigError:
        return
    assert not host.target.startswith("-")


@pytest.mark.parametrize(
    "host",
    [
        "-oProxyCommand=x",
        "-o@h",
        {"host": "h", "user": "-oProxyCommand=x"},
        {"host": "h", "user": "a b"},
        {"host": "h", "user": ["a"]},
        {"host": "h", "jump": "-oProxyCommand=x"},
        {"host": "h", "jump": "a;b"},
        {"host": "h", "identity": "-x"},
        {"host": "h", "identity": "a\nb"},
        {"host": "h", "port": 10**400},
        {"host": "h", "port": []},
        {"host": "h", "address": "1.2.3.4; x"},
    ],
)
def test_no_value_is_an_option_of_ssh(tmp_path, host):
    import yaml

    text = yaml.safe_dump({"master": host, "workers": ["b", "c"], "storage": "d"})
    with pytest.raises(ConfigError):
        inventory.load(written(tmp_path, text))
