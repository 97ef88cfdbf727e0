"""tar, git, snap, editors and the small commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.ground.internet import WSK_BINARY
from owlab.pocket.programs import archive

ARCHIVE = "OpenWhisk_CLI-latest-linux-amd64.tgz"
GUIDE_4 = f"""\
mkdir ~/downloads && cd ~/downloads
wget https://github.com/apache/openwhisk-cli/releases/download/latest/{ARCHIVE}
tar -xvf {ARCHIVE}
sudo mv wsk /usr/local/bin/wsk
"""
CLONE = "git clone https://github.com/apache/openwhisk-deploy-kube.git"


async def test_section_4_of_the_guide(on, master):
    typed = await on("master", GUIDE_4)
    assert typed.status == 0
    assert "wsk\n" in typed.out
    assert master.read("/usr/local/bin/wsk") == WSK_BINARY
    assert master.files.stat("/usr/local/bin/wsk")["mode"] & 0o111


async def test_tar_and_back(on):
    typed = await on(
        "master",
        "mkdir -p a/b; echo 1 > a/b/c; chmod 640 a/b/c; tar czf x.tgz a; rm -r a; tar xzf x.tgz; "
        "cat a/b/c; stat -c %a a/b/c; tar -tf x.tgz; mkdir d; tar -xf x.tgz -C d "
        "--strip-components=1 a/b; ls d/b; cat x.tgz | tar tz | head -1",
    )
    assert typed.out == "1\n640\na/\na/b/\na/b/c\nc\na/\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("xf nosuch", "tar: nosuch: Cannot open: No such file or directory"),
        ("xf /etc/hostname", "tar: This does not look like a tar archive"),
        ("f x", "tar: You must specify one of the"),
        ("cf x.tar nosuch", "tar: nosuch: Cannot stat: No such file or directory"),
        ("cf x.tar", "tar: Cowardly refusing to create an empty archive"),
    ],
)
async def test_tar_fails_in_its_own_words(on, words, reason):
    typed = await on("master", f"tar {words}")
    assert typed.status == 2
    assert typed.err.startswith(reason)


@given(st.sampled_from("xct"), st.booleans(), st.booleans(), st.booleans())
def test_tar_old_and_new_style(action, gzip, verbose, dash):
    letters = action + ("z" if gzip else "") + ("v" if verbose else "") + "f"
    request = archive.parse([("-" if dash else "") + letters, "x.tgz", "a"])
    assert (request.action, request.file, request.names) == (action, "x.tgz", ("a",))
    assert (bool(request.compression), request.verbose) == (gzip, verbose)


async def test_the_charts_repository(on):
    typed = await on(
        "master", f"{CLONE} && cd openwhisk-deploy-kube && ls helm/openwhisk/Chart.yaml"
    )
    assert typed.status == 0
    assert "Cloning into 'openwhisk-deploy-kube'..." in typed.err
    commit = "108f327580f04c51dc4b29ac0beff024cfd6f2f9"
    pinned = await on(
        "master",
        f"git -C openwhisk-deploy-kube checkout --quiet {commit} && "
        "git -C openwhisk-deploy-kube rev-parse HEAD",
    )
    assert (pinned.out, pinned.err) == (f"{commit}\n", "")


async def test_git_refuses_as_git_does(on):
    await on("master", CLONE)
    again = await on("master", CLONE)
    assert again.status == 128
    assert again.err == (
        "fatal: destination path 'openwhisk-deploy-kube' already exists and is not an empty "
        "directory.\n"
    )
    for place, taken in (("touch file", "file"), ("mkdir -p full/x", "full")):
        told = await on("master", f"{place}; {CLONE} {taken}")
        assert (told.status, told.err) == (
            128,
            f"fatal: destination path '{taken}' already exists and is not an empty directory.\n",
        )
    assert (
        await on("master", f"mkdir empty; {CLONE} empty; ls empty")
    ).out == "README.md\ndocs\nhelm\n"
    assert "Could not resolve host" in (await on("master", "git clone https://example.com/x")).err
    assert "not found" in (await on("master", "git clone https://github.com/nobody/x")).err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("git@github.com:apache/openwhisk-deploy-kube.git", "git@github.com: Permission denied"),
        ("ssh://git@github.com/apache/openwhisk-deploy-kube", "git@github.com: Permission denied"),
        ("git@gitlab.test:a/b.git", "ssh: Could not resolve hostname gitlab.test: Temporary"),
        ("git://github.com/apache/openwhisk-deploy-kube.git", "port 9418 is no longer supported"),
    ],
)
async def test_github_wants_a_key_or_https(on, url, said):
    typed = await on("master", f"git clone {url}; ls")
    assert (typed.out, said in typed.err) == ("", True), typed.err
    assert (await on("master", "cd /tmp && git status")).status == 128
    wrong = await on("master", f"git -C openwhisk-deploy-kube checkout {'0' * 40}")
    assert wrong.status == 128


async def test_git_sees_what_was_changed(on):
    typed = await on(
        "master",
        f"{CLONE} -q; cd openwhisk-deploy-kube; git status --porcelain; echo x >> README.md; "
        "git status --porcelain; git checkout README.md; git status --porcelain",
    )
    assert typed.out == " M README.md\n"


async def test_helm_is_a_classic_snap(on):
    refused = await on("master", "sudo snap install helm")
    assert refused.status == 1
    assert "published using classic confinement" in refused.err
    typed = await on("master", "sudo snap install helm --classic --channel=latest/stable")
    assert typed.out.startswith("helm 4.")
    assert "already installed" in (await on("master", "sudo snap install helm --classic")).err
    assert "classic" in (await on("master", "snap list helm")).out
    assert "access denied" in (await on("master", "snap remove helm")).err
    assert (await on("master", "sudo snap remove helm")).out == "helm removed\n"
    assert (await on("master", "snap list helm")).status == 1


async def test_a_snap_that_is_not_there(on):
    typed = await on("master", "sudo snap install hlem --classic")
    assert (typed.err, typed.status) == ('error: snap "hlem" not found\n', 1)


@pytest.mark.parametrize("editor", ["vim", "vi", "nano"])
async def test_editors_say_how_to_write_the_file(on, editor):
    typed = await on("storage", f"sudo {editor} /etc/exports")
    assert typed.status == 1
    assert "sudo tee /etc/exports <<'EOF'" in typed.err


async def test_who_and_where(on, master):
    assert (await on("master", "whoami; sudo whoami; hostname; uname -m; nproc")).out == (
        "ubuntu\nroot\nmaster\nx86_64\n2\n"
    )
    assert (await on("master", "hostname -I")).out.split() == [master.address]
    assert master.address in (await on("master", "ip -4 addr show ens3")).out
    assert (await on("master", "id -u; sudo id -u; id nobody")).out.startswith("1000\n0\nuid=65534")
    assert (await on("master", "cloud-init status --wait")).out == "status: done\n"
    assert (await on("master", "ping -c1 worker1")).status == 0
    assert (await on("master", "ping -c1 nosuch")).status == 2
    assert master.address in (await on("worker1", "getent hosts master")).out


async def test_chown(on, lab):
    typed = await on(
        "storage", "sudo mkdir /var/nfs/kubedata -p; sudo chown nobody: /var/nfs/kubedata"
    )
    assert (str(typed), typed.status) == ("", 0)
    assert lab.fleet.machines["storage"].owner("/var/nfs/kubedata") == "nobody:nogroup"
    assert "Operation not permitted" in (await on("storage", "chown root /home/ubuntu")).err
    assert "invalid user" in (await on("storage", "sudo chown nobdy: /var")).err


async def test_a_program_is_found_only_where_it_is_installed(on):
    before = await on("master", "command -v kubectl; which kubectl; type kubectl")
    assert (before.out, before.status) == ("", 1)
    assert before.err == "bash: line 1: type: kubectl: not found\n"
    await on("master", "sudo snap install helm --classic")
    after = await on("master", "command -v helm && which curl && bash -c 'command -v helm'")
    assert after.out == "/snap/bin/helm\n/usr/bin/curl\n/snap/bin/helm\n"
    assert (await on("master", "command echo still there; type cd")).status == 0


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("mkdir /var/nfs/kubedata -p", "mkdir: cannot create directory ‘/var/nfs/kubedata’"),
        ("echo x | tee /etc/exports", "tee: /etc/exports"),
        ("touch a; mv a /usr/local/bin/wsk", "mv: cannot move 'a' to '/usr/local/bin/wsk'"),
        ("touch a; cp a /usr/local/bin", "cp: cannot create regular file '/usr/local/bin/a'"),
        ("rm /etc/hostname", "rm: cannot remove '/etc/hostname'"),
        ("sudo touch /root/x; cat /root/x", "cat: /root/x"),
        ("ls -l /root", "ls: cannot open directory '/root'"),
    ],
)
async def test_forgetting_sudo_in_the_systems_directories(on, line, complaint):
    typed = await on("storage", line)
    assert typed.status != 0
    assert typed.err == f"{complaint}: Permission denied\n"


async def test_at_home_and_in_tmp_nobody_asks(on):
    typed = await on(
        "storage",
        "mkdir -p d/e /tmp/q && touch d/a /tmp/q/a && cp d/a d/b && mv d/b d/c && rm d/c && "
        "echo one | tee d/a | cat && printf '2\\n' | cat d/a - && rm -r /tmp/q && ls d",
    )
    assert (typed.out, typed.err, typed.status) == ("one\none\n2\na\ne\n", "", 0)


async def test_ls_shows_who_owns_what(on):
    typed = await on(
        "storage",
        "sudo mkdir -p /var/nfs/kubedata; sudo chown nobody: /var/nfs/kubedata; "
        "ls -ld /var/nfs/kubedata; touch .h f; ls -l; sudo ls -l nosuch",
    )
    first, total, second = typed.out.splitlines()
    assert first.split()[:4] == ["drwxr-xr-x", "2", "nobody", "nogroup"]
    assert total == "total 0"
    assert second.split()[2:4] == ["ubuntu", "ubuntu"]
    assert typed.err == "ls: cannot access 'nosuch': No such file or directory\n"


async def test_nothing_is_cut_off(on):
    """Neither what a program prints nor what it passes on, however much it is."""
    typed = await on("master", "python3 -c 'print(\"x\" * 4999999)' > ~/large; cat ~/large")
    assert (len(typed.out), typed.status) == (5_000_000, 0)
    typed = await on("master", "cat ~/large | cat > ~/copy; cmp ~/large ~/copy; wc -c < ~/copy")
    assert typed.out.split() == ["5000000"], typed


@pytest.mark.parametrize(
    ("words", "out", "err", "status"),
    [
        ("branch --show-current", "main\n", "", 0),
        ("branch new", "", "git: branch new is not part of the pocket lab's git\n", 129),
        ("checkout -b new", "", "git: checkout -b is not part of the pocket lab's git\n", 129),
        ("reset", "", "git: reset without --hard is not part of the pocket lab's git\n", 129),
        (
            "reset --soft HEAD",
            "",
            "git: reset without --hard is not part of the pocket lab's git\n",
            129,
        ),
        ("log -p", "", "git: log -p is not part of the pocket lab's git\n", 129),
        ("log -1 --oneline | wc -l", "1\n", "", 0),
        (
            "show HEAD:README.md",
            "",
            "git: show HEAD:README.md is not part of the pocket lab's git\n",
            129,
        ),
        ("status --nope", "", "git: status --nope is not part of the pocket lab's git\n", 129),
        ("remote get-url origin", "https://github.com/apache/openwhisk-deploy-kube.git\n", "", 0),
        ("remote -v | wc -l", "2\n", "", 0),
        ("remote add x y", "", "git: remote add is not part of the pocket lab's git\n", 129),
        ("pull --ff-only origin", "Already up to date.\n", "", 0),
        ("pull upstream", "", "git: pull upstream is not part of the pocket lab's git\n", 129),
        ("fetch --prune", "", "", 0),
        ("help | head -1", "usage: git [-C <path>] <command> [<args>]\n", "", 0),
    ],
)
async def test_git_obeys_or_refuses(on, words, out, err, status):
    await on("master", CLONE)
    typed = await on("master", f"git -C openwhisk-deploy-kube {words}")
    assert (typed.out.replace("master", "main"), typed.err, typed.status) == (out, err, status)


async def test_git_alone_tells_how_it_is_called(on):
    typed = await on("master", "git")
    assert (typed.out[:10], typed.status) == ("usage: git", 1)
