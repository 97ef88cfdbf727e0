"""Whose files are, as `ls`, `stat`, `chown` and `ps` show it in a container."""

import subprocess

import pytest

from .manifests import pod


@pytest.fixture(scope="module")
def owned(api):
    """The pod of Kubernetes' own page about security contexts, and another image's."""
    made = pod("owned", image="busybox", command=["sh", "-c", "sleep 1h"])
    made["spec"]["securityContext"] = {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000}
    made["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}]
    made["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data/demo"}]
    api.kubectl("create -f -", [made, pod("gnu", image="debian", command=["sleep", "infinity"])])
    api.kubectl("wait --for=condition=Ready pod/owned pod/gnu --timeout=30s")

    def run(script, pod="owned", fails=None):
        words = api.words("exec", pod, "--", "sh", "-c", script)
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    yield run
    api.kubectl("delete pod owned gnu --now")


def test_new_files_have_the_owners_that_the_security_context_says(owned):
    said = owned("cd /data/demo; echo hello > made; stat -c '%u %g %a %A' made; rm made")
    assert said == "1000 2000 644 -rw-r--r--\n"
    assert owned("stat -c '%U:%G %a' /data/demo /etc") == "root:UNKNOWN 2777\nroot:root 755\n"


def test_ls_shows_owners_and_modes(owned):
    line = owned("ls -ld /data/demo").split()
    assert line[:5] == ["drwxrwsrwx", "2", "root", "2000", "4096"]
    owned("cd /data/demo; echo hello > made; chmod 600 made; mkdir sub; echo > .dot")
    shown = owned("ls -la /data/demo").splitlines()
    assert [row.split()[-1] for row in shown[1:]] == [".", "..", ".dot", "made", "sub"]
    assert shown[4].split()[:5] == ["-rw-------", "1", "1000", "2000", "6"]
    assert owned("ls /data/demo; ls -p /data/demo") == "made\nsub\nmade\nsub/\n"
    assert owned("ls -n /data/demo").splitlines()[1].split()[2:4] == ["1000", "2000"]
    assert owned("ls -R /data") == "/data:\ndemo\n\n/data/demo:\nmade\nsub\n\n/data/demo/sub:\n"
    assert owned("ls /nosuch").startswith("ls: /nosuch: No such file or directory\n")
    assert owned("ls -Y /").startswith("ls: unrecognized option: Y\n")
    owned("rm -r /data/demo/made /data/demo/sub /data/demo/.dot")


def test_only_root_gives_files_away(owned):
    said = owned(
        "cd /data/demo; echo > mine; chown 5 mine; stat -c %u mine; chgrp 3000 mine; ls -n"
    )
    assert "chown: mine: Operation not permitted" in said
    assert said.splitlines()[1 if said.startswith("chown") else 0] == "1000"
    assert " 1000     3000 " in said, "to a group of one's own"
    owned("rm /data/demo/mine")
    given = owned("echo > /tmp/x; chown www-data:daemon /tmp/x; stat -c '%U %G' /tmp/x", pod="gnu")
    assert given == "www-data daemon\n"
    assert "invalid user: 'nosuch'" in owned("chown nosuch /tmp/x", pod="gnu")
    deep = "mkdir -p /tmp/d/e; chown -R 7:8 /tmp/d; stat -c '%u %g' /tmp/d /tmp/d/e"
    assert owned(deep, pod="gnu") == "7 8\n7 8\n"


def test_the_two_kinds_of_programs_print_each_in_its_way(owned):
    assert owned("ls -l /etc/hosts").startswith("-rw-r--r--    1 root     root ")
    assert owned("ls -l /etc/hosts", pod="gnu").startswith("-rw-r--r-- 1 root root ")
    assert "cannot access '/nosuch'" in owned("ls /nosuch", pod="gnu")
    assert owned("ps").splitlines()[1] == "    1 1000      0:00 sleep 1h"


def test_stat_in_full(owned):
    said = owned("stat /etc/passwd")
    assert "  File: /etc/passwd\n  Size: " in said and "regular file" in said
    assert "Access: (0644/-rw-r--r--)  Uid: (    0/    root)   Gid: (    0/    root)" in said
    assert "No such file or directory" in owned("stat /nosuch")
