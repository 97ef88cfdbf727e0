"""The install script, joining, tokens and leaving."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.machines import k3s_token
from owlab.pocket.machines.k3s_flags import (
    ENVIRONMENT,
    OBEYED,
    REFUSED,
    SWITCHES,
    VALUED,
    ArgumentError,
    parse_flags,
)
from owlab.pocket.machines.state import K3s
from owlab.pocket.programs import k3s
from owlab.pocket.programs.crictl import full_name
from owlab.pocket.programs.k3s_args import parse_install, released

INSTALL = "curl -sfL https://get.k3s.io | sh -"
TOKEN = "sudo cat /var/lib/rancher/k3s/server/node-token"


@pytest.fixture
async def server(on, lab):
    typed = await on("master", INSTALL)
    assert typed.status == 0, str(typed)
    return lab.fleet.machines["master"]


async def join(on, worker, url, token):
    return await on(worker, f"curl -sfL https://get.k3s.io | K3S_URL={url} K3S_TOKEN={token} sh -")


async def test_before_k3s_there_is_no_kubectl(on):
    assert "kubectl: command not found" in (await on("master", "sudo kubectl get nodes")).err
    assert (await on("master", "kubectl version")).status == 127


async def test_the_guides_line_installs_a_server(on, server, lab):
    assert lab.noted == [("start", "master", "v1.36.4+k3s1", "")]
    assert server.service_active("k3s")
    token = (await on("master", TOKEN)).out
    assert token.startswith("K10")
    assert "::server:" in token
    assert (await on("master", "k3s --version")).out.startswith("k3s version v1.36.4+k3s1")
    assert (await on("master", "systemctl is-enabled k3s")).out == "enabled\n"


@pytest.mark.parametrize("told", ["K3S_NODE_NAME=Node-A", "INSTALL_K3S_EXEC='--node-name Node-A'"])
async def test_a_node_is_called_as_k3s_is_told(on, lab, told):
    typed = await on("master", f"curl -sfL https://get.k3s.io | {told} sh -")
    assert typed.status == 0, str(typed)
    assert lab.noted[0][:2] == ("start", "node-a")
    assert lab.fleet.get("node-a") is lab.fleet.machines["master"]
    await on("master", "k3s-uninstall.sh")
    assert lab.noted[-1] == ("leave", "node-a")
    assert lab.fleet.get("node-a") is None


async def test_the_lines_of_the_installer(on):
    typed = await on("master", f"export INSTALL_K3S_VERSION=v1.29.4+k3s1; {INSTALL}")
    lines = typed.out.splitlines()
    assert lines[0] == "[INFO]  Using v1.29.4+k3s1 as release"
    assert lines[-1] == "[INFO]  systemd: Starting k3s"
    again = await on("master", f"export INSTALL_K3S_VERSION=v1.29.4+k3s1; {INSTALL}")
    assert "Skipping binary downloaded, installed k3s matches hash" in again.out
    assert again.out.endswith("No change detected so skipping service start\n")
    changed = await on("master", f"export INSTALL_K3S_EXEC='--disable traefik'; {INSTALL}")
    assert changed.out.endswith("systemd: Starting k3s\n")
    await on("master", "sudo systemctl stop k3s")
    stopped = await on("master", f"export INSTALL_K3S_EXEC='--disable traefik'; {INSTALL}")
    assert stopped.out.endswith("systemd: Starting k3s\n")


@pytest.mark.parametrize(
    ("told", "last", "enabled", "active"),
    [
        ("", "[INFO]  systemd: Starting k3s", "enabled", "active"),
        (
            "INSTALL_K3S_SKIP_START=true",
            "[INFO]  systemd: Enabling k3s unit",
            "enabled",
            "inactive",
        ),
        ("INSTALL_K3S_SKIP_ENABLE=true", "Creating service file", "disabled", "inactive"),
    ],
)
async def test_it_is_enabled_and_started_unless_told_otherwise(on, told, last, enabled, active):
    typed = await on("master", f"curl -sfL https://get.k3s.io | {told} sh -")
    assert last in typed.out.splitlines()[-1]
    assert (await on("master", "systemctl is-enabled k3s")).out == f"{enabled}\n"
    assert (await on("master", "systemctl is-active k3s")).out == f"{active}\n"


async def test_the_mirror_is_plain_http_unless_told_otherwise(on):
    script = (
        "curl -sfL https://rancher-mirror.rancher.cn/k3s/k3s-install.sh | INSTALL_K3S_MIRROR=cn"
    )
    typed = await on("master", f"{script} sh -")
    assert "Downloading hash rancher-mirror.rancher.cn/k3s/v1.36.4-k3s1/sha256sum" in typed.out
    url = "INSTALL_K3S_MIRROR_URL=https://rancher-mirror.rancher.cn"
    typed = await on("worker1", f"{script} {url} sh -")
    assert "Downloading hash https://rancher-mirror.rancher.cn/k3s/" in typed.out


@pytest.mark.parametrize(
    "line",
    [
        "curl -sfL https://get.k3s.io | sh -s - server --disable traefik --disable=servicelb",
        'curl -sfL https://get.k3s.io | INSTALL_K3S_EXEC="server --disable traefik '
        '--disable=servicelb" sh -',
    ],
)
async def test_arguments_reach_the_server_both_ways(on, lab, line):
    assert (await on("master", line)).status == 0
    assert lab.noted[-1][-1] == "--disable traefik --disable=servicelb"


async def test_the_kubeconfig_is_for_the_server_itself(on, server):
    path = "/etc/rancher/k3s/k3s.yaml"
    assert "server: https://127.0.0.1:6443" in server.read(path).decode()
    assert (await on("master", f"stat -c '%a %U:%G' {path}")).out == "600 root:root\n"


@pytest.mark.parametrize(
    "told",
    [
        "K3S_KUBECONFIG_MODE=644",
        'K3S_KUBECONFIG_MODE="0644"',
        "INSTALL_K3S_EXEC='--write-kubeconfig-mode 644'",
    ],
)
async def test_everybody_may_read_the_kubeconfig_if_k3s_is_told_so(on, told):
    assert (await on("master", f"curl -sfL https://get.k3s.io | {told} sh -")).status == 0
    assert (await on("master", "stat -c %a /etc/rancher/k3s/k3s.yaml")).out == "644\n"
    told = (await on("master", "sudo cat /etc/systemd/system/k3s.service.env")).out
    assert ("K3S_KUBECONFIG_MODE=" in told) == ("K3S_" in told)


async def test_a_kubeconfig_goes_where_a_variable_says(on):
    line = "curl -sfL https://get.k3s.io | K3S_KUBECONFIG_OUTPUT=/root/k.yaml sh -"
    assert (await on("master", line)).status == 0
    assert (await on("master", "sudo ls /root/k.yaml")).status == 0


@pytest.mark.parametrize("flag", sorted(REFUSED))
async def test_what_the_lab_cannot_be_is_refused(on, flag):
    told = f"--{flag}" if flag in SWITCHES else f"--{flag}=x"
    typed = await on("master", f"curl -sfL https://get.k3s.io | INSTALL_K3S_EXEC='{told}' sh -")
    assert typed.status == 1
    journal = (await on("master", "sudo journalctl -u k3s --no-pager")).out
    assert REFUSED[flag] in journal


async def test_what_the_lab_does_not_act_on_is_said(on):
    line = (
        "curl -sfL https://get.k3s.io | INSTALL_K3S_EXEC='--flannel-backend host-gw --debug' sh -"
    )
    typed = await on("master", line)
    assert typed.status == 0
    assert typed.err.splitlines()[0] == (
        "[WARN]  the pocket lab does not act on --flannel-backend "
    )
    assert "--debug" not in typed.err


def test_every_flag_is_obeyed_refused_or_warned_of():
    known = SWITCHES | VALUED
    assert OBEYED | REFUSED.keys() | set(ENVIRONMENT.values()) <= known
    assert not OBEYED & REFUSED.keys()


async def test_a_machine_that_was_made_again_is_another_node(on, server, lab):
    token = (await on("master", TOKEN)).out.strip()
    url = f"https://{server.address}:6443"
    assert (await join(on, "worker1", url, token)).status == 0
    # Joining again is the same node; a new disk brings another password.
    assert (await join(on, "worker1", url, token)).status == 0
    await on("worker1", "sudo systemctl stop k3s-agent; sudo rm /etc/rancher/node/password")
    assert (await on("worker1", "sudo systemctl start k3s-agent")).status == 1
    said = (await on("worker1", "sudo journalctl -u k3s-agent --no-pager")).out
    assert "Node password rejected, duplicate hostname" in said
    lab.hosting.passwords.clear()  # the node was deleted
    assert (await on("worker1", "sudo systemctl start k3s-agent")).status == 0


async def test_a_node_may_have_an_id_in_its_name(on, server, lab):
    token = (await on("master", TOKEN)).out.strip()
    line = f"K3S_URL=https://{server.address}:6443 K3S_TOKEN={token} sh -s - --with-node-id"
    assert (await on("worker1", f"curl -sfL https://get.k3s.io | {line}")).status == 0
    assert re.fullmatch(r"worker1-[0-9a-f]{8}", lab.noted[-1][1])


async def test_a_worker_joins_with_the_servers_token(on, server, lab):
    token = (await on("master", TOKEN)).out.strip()
    typed = await join(on, "worker1", f"https://{server.address}:6443", token)
    assert typed.status == 0, str(typed)
    assert ("join", "worker1", "agent", "v1.36.4+k3s1") in lab.noted
    assert lab.fleet.machines["worker1"].service_active("k3s-agent")


async def test_a_worker_joins_with_a_short_lived_token(on, server):
    token = (await on("master", "sudo k3s token create --ttl 1h")).out.strip()
    assert (await join(on, "worker1", f"https://{server.address}:6443", token)).status == 0
    await on("master", f"sudo k3s token delete {token.split('::')[1].split('.')[0]}")
    assert (await join(on, "worker2", f"https://{server.address}:6443", token)).status == 1


async def test_who_has_joined_needs_no_token_any_more(on, server, lab):
    """Its node's certificate is enough, until the node is deleted or K3s is uninstalled."""
    token = (await on("master", "sudo k3s token create --ttl 1h")).out.strip()
    assert (await join(on, "worker1", f"https://{server.address}:6443", token)).status == 0
    server.state.k3s.tokens[0].expires = "2026-01-01T00:00:00+00:00"
    assert (await on("worker1", "sudo systemctl restart k3s-agent")).status == 0
    lab.hosting.passwords.clear()  # the node was deleted
    assert (await on("worker1", "sudo systemctl restart k3s-agent")).status == 1
    said = (await on("worker1", "sudo journalctl -u k3s-agent --no-pager")).out
    assert "/v1-k3s/config: 401 Unauthorized" in said


async def test_a_machine_that_was_made_again_needs_a_token(on, server, lab):
    token = (await on("master", "sudo k3s token create --ttl 1h")).out.strip()
    url = f"https://{server.address}:6443"
    assert (await join(on, "worker1", url, token)).status == 0
    server.state.k3s.tokens[0].expires = "2026-01-01T00:00:00+00:00"
    await on("worker1", "sudo /usr/local/bin/k3s-agent-uninstall.sh")
    assert (await join(on, "worker1", url, token)).status == 1


async def test_tokens_are_listed_until_they_expire(on, server):
    header = "TOKEN     TTL       EXPIRES   USAGES    DESCRIPTION   EXTRA GROUPS\n"
    assert (await on("master", "sudo k3s token list")).out == header
    await on("master", "sudo k3s token create --ttl 90m --description wiki")
    await on("master", "sudo k3s token create --ttl 0")
    server.state.k3s.tokens[0].expires = "2126-01-01T00:00:00+00:00"
    rows = (await on("master", "sudo k3s token list")).out.splitlines()[1:]
    assert re.fullmatch(
        r"[a-z0-9]{6}    \d+d +2126-01-01T00:00:00Z   authentication,signing   wiki          "
        "system:bootstrappers:k3s:default-node-token",
        rows[0],
    )
    assert rows[1].split()[1:3] == ["<forever>", "<never>"]
    server.state.k3s.tokens[0].expires = "2026-01-01T00:00:00+00:00"
    assert len((await on("master", "sudo k3s token list")).out.splitlines()) == 2


@pytest.mark.parametrize(
    ("seconds", "shown"), [(59.9, "59s"), (60, "1m"), (7199, "1h"), (90_000, "1d")]
)
def test_what_is_left_of_a_token_has_one_unit(seconds, shown):
    assert k3s._short(timedelta(seconds=seconds)) == shown


async def test_a_wrong_token(on, server, lab):
    typed = await join(on, "worker1", f"https://{server.address}:6443", "wrong")
    assert typed.status == 1
    assert "Job for k3s-agent.service failed" in typed.err
    journal = (await on("worker1", "sudo journalctl -u k3s-agent")).out
    assert "401 Unauthorized" in journal
    assert not lab.fleet.machines["worker1"].service_active("k3s-agent")
    assert (await on("worker1", "systemctl is-active k3s-agent")).out == "failed\n"


async def test_the_token_of_another_cluster(on, server):
    token = f"K10{'0' * 64}::server:x"
    await join(on, "worker1", f"https://{server.address}:6443", token)
    journal = (await on("worker1", "journalctl -u k3s-agent")).out
    assert "token CA hash does not match the Cluster CA certificate hash" in journal


async def test_a_server_that_does_not_answer(on, lab):
    address = lab.fleet.machines["storage"].address
    assert (await join(on, "worker1", f"https://{address}:6443", "x")).status == 1
    assert "connection refused" in (await on("worker1", "journalctl -u k3s-agent")).out
    assert "connection refused" in (await on("worker1", "systemctl status k3s-agent")).out


async def test_a_url_without_a_token(on):
    typed = await on("worker1", "curl -sfL https://get.k3s.io | K3S_URL=https://10.0.0.1:6443 sh -")
    assert typed.status == 1
    assert typed.err.startswith("[ERROR]  Defaulted k3s exec command to 'agent'")


async def test_a_flag_that_k3s_does_not_know(on):
    typed = await on("master", "curl -sfL https://get.k3s.io | sh -s - --disabel traefik")
    assert typed.status == 1
    assert (
        "flag provided but not defined: -disabel" in (await on("master", "journalctl -u k3s")).out
    )


async def test_the_configuration_files_are_read(on, lab, master):
    master.write("/etc/rancher/k3s/config.yaml", b"disabel: [traefik]\n")
    assert (await on("master", INSTALL)).status == 1
    assert "not defined: -disabel" in (await on("master", "journalctl -u k3s")).out
    master.write(
        "/etc/rancher/k3s/config.yaml", b"disable: [traefik]\nwrite-kubeconfig-mode: 644\n"
    )
    mirrors = "mirrors: {docker.io: {endpoint: ['https://mirror.example']}}\n"
    master.write("/etc/rancher/k3s/registries.yaml", mirrors.encode())
    assert (await on("master", "sudo systemctl restart k3s")).status == 0
    assert master.state.k3s.mirrors == {"docker.io": ["https://mirror.example"]}
    assert (await on("master", "kubectl config current-context")).out == "default\n"
    master.write("/etc/rancher/k3s/registries.yaml", b"mirrors: [")
    assert (await on("master", "sudo systemctl restart k3s")).status == 1


async def test_a_second_server_says_that_there_is_one_cluster(on, server, lab, monkeypatch):
    monkeypatch.setattr(type(lab.hosting), "server", property(lambda self: server))
    assert (await on("worker1", INSTALL)).status == 1
    assert "carries one cluster" in (await on("worker1", "journalctl -u k3s")).out


async def test_a_release_that_is_not_there(on):
    typed = await on("master", f"export INSTALL_K3S_VERSION=v1.99.0+k3s1; {INSTALL}")
    assert (typed.status, typed.err) == (1, "[ERROR]  Download failed\n")


async def test_uninstalling_by_path_leaves_nothing(on, server, lab):
    typed = await on("master", "/usr/local/bin/k3s-uninstall.sh")
    assert typed.status == 0, str(typed)
    assert lab.noted[-1] == ("leave", "master")
    assert server.read("/etc/rancher/k3s/k3s.yaml") is None
    assert (await on("master", "kubectl")).status == 127
    assert (await on("master", "systemctl status k3s")).status == 4


async def test_restarting_keeps_the_token(on, server):
    before = (await on("master", TOKEN)).out
    await on("master", "sudo systemctl restart k3s")
    assert (await on("master", TOKEN)).out == before


async def test_crictl_needs_root_and_a_running_k3s(on, server):
    assert "permission denied" in (await on("master", "k3s crictl images")).err
    assert (await on("master", "sudo k3s crictl images")).out.startswith("IMAGE")
    await on("master", "sudo systemctl stop k3s")
    assert (await on("master", "sudo crictl images")).status == 1


async def test_crictl_removes_what_is_there(on, server, lab):
    await on("master", "sudo crictl pull nginx:1.27")
    told: list[set[str]] = []
    lab.fleet.on_change(lambda: told.append(server.images()))
    removed = await on("master", "sudo crictl rmi nginx:1.27 nosuch:1")
    assert removed.out == "Deleted: docker.io/library/nginx:1.27\n"
    assert removed.status == 1
    assert 'no such image docker.io/library/nosuch:1"' in removed.err
    assert "nginx" not in (await on("master", "sudo crictl images")).out
    assert told and "docker.io/library/nginx:1.27" not in told[-1]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(SWITCHES - REFUSED.keys())).map(lambda n: [f"--{n}"]),
            st.tuples(
                st.sampled_from(sorted(VALUED - REFUSED.keys())),
                st.from_regex(r"[a-z0-9=,.]+", fullmatch=True),
            ).map(lambda pair: [f"--{pair[0]}", pair[1]]),
        ),
        max_size=5,
    ),
    st.booleans(),
)
def test_flags_with_a_space_or_an_equals_sign(flags, joined):
    words = ["=".join(flag) for flag in flags] if joined else [w for flag in flags for w in flag]
    read = parse_flags(words)
    for flag in flags:
        name = flag[0].removeprefix("--")
        assert name in (read.switches if len(flag) == 1 else read.values)


@given(st.lists(st.text(max_size=10), max_size=5))
def test_any_words_are_read_or_refused(words):
    try:
        parse_flags(words)
    except ArgumentError as error:
        assert str(error)


@given(st.lists(st.sampled_from(["--disable traefik", "--node-name x", "--debug"]), max_size=3))
def test_exec_and_arguments_are_one_line(parts):
    by_variable = parse_install({"INSTALL_K3S_EXEC": " ".join(parts)}, [])
    by_words = parse_install({}, shlex.split(" ".join(parts)))
    assert by_variable == by_words
    assert by_words.role == "server"


def test_releases():
    assert released("v1.29.4+k3s1")
    assert released("v1.36.4+k3s1")
    assert not released("v1.36.4")
    assert not released("latest")


@given(st.integers(1, 99), st.sampled_from("hms"))
def test_durations(number, unit):
    assert k3s_token.duration(f"{number}{unit}").total_seconds() == number * k3s_token.UNITS[unit]


@given(st.text(max_size=6))
def test_other_durations_are_refused(text):
    try:
        assert k3s_token.duration(text).total_seconds() >= 0
    except ValueError as error:
        assert "invalid duration" in str(error)


def test_agent_tokens_add_no_servers():
    state = K3s(secret="s")
    token = k3s_token.JoinToken.parse(k3s_token.create(state, k3s_token.duration("1h")))
    assert k3s_token.accepts(state, token, role="agent")
    assert not k3s_token.accepts(state, token, role="server")
    assert k3s_token.accepts(state, k3s_token.JoinToken.parse("s"), role="server")
    expired = k3s_token.JoinToken.parse(k3s_token.create(state, -k3s_token.duration("1h")))
    assert not k3s_token.accepts(state, expired, role="agent")


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("openwhisk/invoker:ef725a6", "docker.io/openwhisk/invoker:ef725a6"),
        ("docker.io/redis:4.0", "docker.io/redis:4.0"),
        ("registry.k8s.io/pause", "registry.k8s.io/pause:latest"),
    ],
)
def test_images_have_full_names(short, full):
    assert full_name(short) == full


@pytest.mark.parametrize(
    "line",
    [
        "curl -sfL https://get.k3s.io -o i.sh && INSTALL_K3S_VERSION={version} sh i.sh",
        "wget -q https://get.k3s.io -O i.sh; chmod +x i.sh; INSTALL_K3S_VERSION={version} ./i.sh",
        "curl -sfL https://get.k3s.io | sudo INSTALL_K3S_VERSION={version} sh -",
        "curl -sfL https://get.k3s.io | INSTALL_K3S_CHANNEL=v1.29 sudo -E sh -",
        "curl -sfL https://get.k3s.io | INSTALL_K3S_VERSION={version} bash -s -",
    ],
)
async def test_other_ways_to_run_the_script(on, lab, line):
    typed = await on("master", line.format(version="v1.29.4+k3s1"))
    assert typed.status == 0, str(typed)
    assert lab.noted[-1][:3] == ("start", "master", "v1.29.4+k3s1")


@pytest.mark.parametrize(
    "how",
    [
        "K3S_TOKEN_FILE=t sh -s - agent --server {url}",
        "sh -s - agent --server {url} --token-file /home/ubuntu/t",
        "sh -s - agent --server={url} --token {token}",
        "K3S_URL={url} K3S_TOKEN_FILE=/home/ubuntu/t sh -",
    ],
)
async def test_other_ways_to_join(on, server, lab, how):
    token = (await on("master", TOKEN)).out.strip()
    await on("worker1", f"echo {token} > t")
    line = how.format(url=f"https://{server.address}:6443", token=token)
    typed = await on("worker1", f"curl -sfL https://get.k3s.io | {line}")
    assert typed.status == 0, str(typed)
    assert lab.noted[-1][:2] == ("join", "worker1")


@pytest.mark.parametrize(
    ("before", "after", "mode"),
    [
        ("K3S_KUBECONFIG_MODE=644 ", "", "644"),
        ("", " --write-kubeconfig-mode 640", "640"),
        ("K3S_KUBECONFIG_MODE=644 ", " --write-kubeconfig-mode 604", "604"),
        ("", "", "600"),
    ],
)
async def test_who_may_read_the_kubeconfig(on, before, after, mode):
    line = f"curl -sfL https://get.k3s.io | {before}sh -s -{after} > /dev/null"
    typed = await on("master", f"{line}; stat -c %a /etc/rancher/k3s/k3s.yaml")
    assert typed.out == f"{mode}\n"
