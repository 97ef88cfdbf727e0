"""What Multipass says of its machines, and what brings each back up."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.command import Command
from owlab.errors import ProviderError
from owlab.machines import multipass_errors as errors
from owlab.machines import multipass_models as models
from owlab.machines.multipass_cli import MultipassCLI
from owlab.machines.multipass_models import InstanceState
from owlab.shell import Shell


@pytest.fixture
def cli(multipass):
    return MultipassCLI(Shell())


def test_no_machines(multipass, provider):
    assert provider.machines() == []


@pytest.mark.parametrize("state", [s.value for s in InstanceState if s is not InstanceState.OTHER])
def test_every_state_is_read(multipass, provider, cli, state):
    multipass.add("master", state)
    assert provider.machines()[0].state == state
    assert cli.state("master") is InstanceState(state)


def test_an_unknown_state_is_no_error(multipass, provider, cli):
    multipass.add("master", "Hibernating")
    assert provider.machines()[0].state == "Hibernating"
    assert cli.state("master") is InstanceState.OTHER


def test_an_address_that_is_not_known_yet(multipass, provider):
    multipass.add("master", ipv4=[])
    assert provider.machines()[0].ipv4 == ""


def test_the_first_of_several_addresses_counts(multipass, provider):
    multipass.add("master", ipv4=["10.168.32.2", "10.42.0.1"])
    assert provider.machines()[0].ipv4 == "10.168.32.2"


def test_an_address_that_changed_is_read_anew(multipass, provider):
    multipass.add("master")
    ask = provider.address_of("master")
    assert provider.execute(ask, {}).stdout == "10.251.200.141\n"
    multipass.add("master", ipv4=["10.251.200.9"])
    assert provider.execute(ask, {}).stdout == "10.251.200.9\n"


def test_a_release_without_the_hidden_options(multipass, cli):
    multipass.add("master")
    multipass.change(hidden_options=False)
    assert cli.state("master") is InstanceState.RUNNING


def test_something_else_than_json(multipass, provider):
    multipass.fail("list-garbage")
    with pytest.raises(errors.MalformedOutput, match="Update available"):
        provider.machines()


def test_a_service_that_is_just_starting_is_asked_again(multipass, provider):
    multipass.fail("daemon-unreachable", times=2)
    assert provider.machines() == []


def test_a_service_that_does_not_run(multipass, provider):
    multipass.fail("daemon-unreachable", times=-1)
    with pytest.raises(errors.DaemonUnreachable, match="snap start multipass"):
        provider.machines()


def test_versions(multipass, cli):
    assert cli.version().number == tuple(map(int, multipass.state["era"].split(".")))
    multipass.change(daemon=False)
    assert cli.version().daemon is None


@pytest.mark.parametrize(
    "state, typed",
    [
        ("Stopped", "multipass start master"),
        ("Suspended", "multipass start master"),
        ("Starting", "multipass start master"),
        ("Unknown", "multipass stop --force master &&\nmultipass start master"),
        ("Delayed Shutdown", "multipass stop --cancel master"),
    ],
)
def test_what_brings_a_machine_up(multipass, provider, state, typed):
    multipass.add("master", state)
    command = provider.start(["master"])
    assert command.text == typed
    assert provider.execute(command, {}).exit_code == 0
    assert provider.machines()[0].state == "Running"


def test_a_machine_that_is_being_suspended_is_waited_for(multipass, provider):
    multipass.add("master", "Suspending", becomes="Suspended")
    assert provider.execute(provider.start(["master"]), {}).exit_code == 0


def test_a_machine_in_a_zone_that_is_off(make, provider):
    make("1.17").add("master", "Unavailable")
    with pytest.raises(errors.InstanceUnavailable, match="enable-zones"):
        provider.start(["master"])


def test_deleting_takes_only_what_is_named(multipass, provider):
    multipass.add("master")
    multipass.add("someone-elses", "Deleted")
    assert provider.execute(provider.delete(["master"]), {}).exit_code == 0
    assert list(multipass.state["machines"]) == ["someone-elses"]


@pytest.mark.parametrize(
    "verb, state, kind",
    [
        ("stop", "Suspended", errors.MultipassError),
        ("stop", "Starting", errors.InstanceBusy),
        ("stop", "Suspending", errors.InstanceBusy),
        ("start", "Unknown", errors.InstanceUnknownState),
        ("start", "Deleted", errors.InstanceDeleted),
        ("start", "Unavailable", errors.InstanceUnavailable),
    ],
)
def test_verbs_in_the_wrong_state(multipass, cli, verb, state, kind):
    multipass.add("master", state)
    with pytest.raises(kind):
        getattr(cli, verb)("master")


@pytest.mark.parametrize("fault, verb", [("start-timeout", "start"), ("stop-hangs", "stop")])
def test_verbs_that_take_too_long(multipass, cli, fault, verb):
    multipass.add("master")
    multipass.fail(fault)
    kind = errors.LaunchTimeout if verb == "start" else errors.MultipassError
    with pytest.raises(kind):
        getattr(cli, verb)("master")


def test_no_multipass_at_all(provider, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match="not found"):
        provider.machines()


def test_a_command_of_the_laptop_is_left_alone(multipass, provider):
    done = provider.execute(Command("exit 3"), {})
    assert done.exit_code == 3


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(string.printable, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["list", "info", "name", "state", "ipv4", "release", "disks", "sda1"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["list", "info", "images", "errors"]), _JSON))
def test_the_parsers_are_tolerant(content):
    import json

    text = json.dumps(content)
    models.read_list(text)
    models.read_images(text)
    models.read_cloud_init(text)


def test_what_nobody_knows_is_told_with_its_command():
    error = errors.classify(["multipass", "list", "--format", "json"], 2, "odd")
    assert error.brief == "`multipass list` failed."
    assert error.details == "multipass list --format json\nodd\n(exit status 2)"
    assert errors.classify(["multipass"], 2, "").brief == "`multipass ` failed."


@given(st.text())
def test_classifying_anything(text):
    error = errors.classify(["multipass", "list"], 2, text)
    assert error.brief and error.resolution


@pytest.mark.parametrize(
    "text",
    [
        '{"list":' + "[" * 5000,
        "{" * 5000,
        '{"list": ' * 3000 + "1" + "}" * 3000,
        '{"list": 7, "info": 7}',
        '{"list": [7, null, {"name": {}}], "info": {"a": 7, "b": {"disks": [1]}}}',
        '{"list": [{"name": "a", "state": 7, "ipv4": "x"}], "info": {"a": {"cpu_count": "'
        + "9" * 5000
        + '"}}}',
    ],
    ids=range(6),
)
def test_nothing_that_multipass_says_is_more_than_malformed(text):
    for read in (models.read_list, models.read_version, models.read_images):
        try:
            read(text)
        except errors.MalformedOutput as error:
            assert len(error.details) <= 500
