"""Containers of shell images: their commands run, and their volumes are files of the machines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from owlab import Lab
from owlab.command import Command
from owlab.pocket.client.container_shell import kubectl_words
from tests.keyboard import Keyboard
from tests.waiting import until

MANIFEST = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shared}
spec:
  storageClassName: nfs-client
  accessModes: [ReadWriteMany]
  resources: {requests: {storage: 1Mi}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: greeting}
data: {word: hello, "a.txt": "from a map"}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {password: swordfish}
---
apiVersion: v1
kind: Pod
metadata: {name: writer, labels: {app: writer}}
spec:
  restartPolicy: Never
  containers:
    - name: main
      image: busybox:stable
      command: [/bin/sh, -c, "touch /mnt/SUCCESS && exit 0 || exit 1"]
      volumeMounts: [{name: data, mountPath: /mnt}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: shared}}]
---
apiVersion: v1
kind: Pod
metadata: {name: counter}
spec:
  initContainers:
    - name: prepare
      image: busybox
      command: [sh, -c, "echo prepared > /scratch/note"]
      volumeMounts: [{name: scratch, mountPath: /scratch}]
  containers:
    - name: main
      image: busybox
      command: [sh, -c]
      args: ['i=0; while true; do echo "$WORD $i $POD"; i=$((i + 1)); sleep 0.2; done']
      env:
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: WORD, valueFrom: {configMapKeyRef: {name: greeting, key: word}}}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: hidden, key: password}}}
      volumeMounts:
        - {name: data, mountPath: /mnt}
        - {name: scratch, mountPath: /scratch}
        - {name: words, mountPath: /etc/words}
  volumes:
    - {name: data, persistentVolumeClaim: {claimName: shared}}
    - {name: scratch, emptyDir: {}}
    - {name: words, configMap: {name: greeting}}
---
apiVersion: v1
kind: Pod
metadata: {name: crashing}
spec:
  containers: [{name: main, image: busybox, command: [sh, -c, "echo going down; exit 3"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: unset}
spec:
  containers:
    - {name: main, image: busybox, command: [sleep, "60"], envFrom: [{secretRef: {name: nobody}}]}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(tmp_path_factory.mktemp("containers")))
        made = Lab.open("containers")
        made.up(to="5")
        applied = made.run(
            Command(f"sudo kubectl apply -f - <<'EOF'\n{MANIFEST}EOF", on=made.master)
        )
        assert applied, applied.stderr
        yield made
        made.down()


@pytest.fixture
def kubectl(lab: Lab) -> Callable[[str], str]:
    def run(words: str) -> str:
        done = lab.run(Command(f"sudo kubectl {words}", on=lab.master))
        return done.stdout + done.stderr

    return run


def on_storage(lab: Lab, text: str) -> str:
    return lab.run(Command(text, on=lab.storage)).stdout


def test_what_a_pod_writes_to_its_claim_lies_on_the_nfs_server(lab, kubectl) -> None:
    assert "condition met" in kubectl(
        "wait --for=jsonpath='{.status.phase}'=Succeeded pod/writer --timeout=20s"
    )
    assert "SUCCESS" in on_storage(lab, "ls /var/nfs/kubedata/default-shared-*/")


def test_what_is_written_on_the_nfs_server_is_read_in_a_pod(lab, kubectl) -> None:
    kubectl("wait --for=condition=Ready pod/counter --timeout=20s")
    on_storage(lab, "for d in /var/nfs/kubedata/default-shared-*; do echo new > $d/news; done")
    assert kubectl("exec counter -c main -- cat /mnt/news") == "new\n"
    kubectl("exec counter -c main -- sh -c 'echo back >> /mnt/news'")
    assert on_storage(lab, "cat /var/nfs/kubedata/default-shared-*/news") == "new\nback\n"


def test_a_command_runs_on_and_prints(kubectl) -> None:
    until(lambda: "hello 3 counter" in kubectl("logs counter"))
    assert kubectl("logs counter --tail=1").startswith("hello ")
    assert "hello" in kubectl("logs -f counter --tail=1 --request-timeout=1s")


def test_the_environment_and_the_volumes_are_the_pods(kubectl) -> None:
    variables = kubectl("exec counter -c main -- env")
    assert "PASSWORD=swordfish" in variables
    assert "KUBERNETES_SERVICE_HOST=10.43.0.1" in variables
    assert (
        kubectl("exec counter -c main -- cat /etc/words/a.txt /scratch/note")
        == "from a mapprepared\n"
    )
    kubectl("exec counter -c main -- sh -c 'echo mine > /tmp/file'")
    assert kubectl("exec counter -c main -- cat /tmp/file") == "mine\n"
    assert "Read-only file system" in kubectl(
        "exec counter -c main -- sh -c 'echo x > /etc/words/a.txt'"
    )


def test_files_go_in_and_out(lab, kubectl) -> None:
    master = "mkdir -p ~/cp/folder && cd ~/cp && echo one > folder/a && echo two > b"
    assert lab.run(Command(master, on=lab.master))
    sudo = "cd ~/cp && sudo kubectl"
    for line in (
        "cp b counter:/tmp/b",
        "cp folder counter:/tmp/",
        "cp -c main b default/counter:/c",
    ):
        assert lab.run(Command(f"{sudo} {line}", on=lab.master))
    assert kubectl("exec counter -c main -- cat /tmp/b /tmp/folder/a /c") == "two\none\ntwo\n"
    back = f"{sudo} cp counter:/tmp/folder/a new/a && cat new/a && {sudo} cp nosuch:/a x"
    done = lab.run(Command(back, on=lab.master))
    assert done.stdout.endswith("one\n") and 'pods "nosuch" not found' in done.stderr


def test_what_would_change_is_shown(lab) -> None:
    words = "kind: ConfigMap\nmetadata: {name: greeting}\ndata: {word: bye}"
    text = f"printf 'apiVersion: v1\n{words}\n' > ~/new.yaml && sudo kubectl diff -f ~/new.yaml"
    done = lab.run(Command(text, on=lab.master))
    assert done.exit_code == 1, done.stderr
    shown = done.stdout.splitlines()
    assert shown[0].startswith("diff -u -N ") and "-  word: hello" in shown
    assert "+  word: bye" in shown
    assert lab.run(
        Command("sudo kubectl get cm greeting -o yaml | sudo kubectl diff -f -", on=lab.master)
    )
    assert not lab.run(Command("ls /.programs", on=lab.master))


def test_a_node_is_debugged(kubectl) -> None:
    said = kubectl("debug node/worker1 --image=busybox -i -- ls /host/var")
    assert "lib" in said.split() or "log" in said.split()


def test_a_command_that_fails_is_started_again_and_then_held_back(kubectl) -> None:
    until(lambda: "CrashLoopBackOff" in kubectl("get pod crashing"))
    assert kubectl("logs crashing") == "going down\n"
    assert kubectl("logs crashing --previous") == "going down\n"
    restarts = kubectl("get pod crashing -o jsonpath={.status.containerStatuses[0].restartCount}")
    assert int(restarts) >= 2


def test_an_environment_that_is_not_there(kubectl) -> None:
    until(lambda: "CreateContainerConfigError" in kubectl("get pod unset"))
    assert 'secret "nobody" not found' in kubectl("describe pod unset")
    kubectl("create secret generic nobody --from-literal=a=b")
    until(lambda: "Running" in kubectl("get pod unset"))


def test_a_deleted_pod_ends_its_command(lab, kubectl) -> None:
    kubectl("run noisy --image=busybox -- sh -c 'while true; do date >> /x; sleep 0.1; done'")
    kubectl("wait --for=condition=Ready pod/noisy --timeout=20s")
    kubectl("delete pod noisy")
    assert "not found" in kubectl("exec noisy -- true")


def test_a_terminal_in_a_container_from_the_labs_own_terminal(lab: Lab) -> None:
    hands = Keyboard([sys.executable, "-m", "owlab", "shell", "--lab", lab.config.name, "master"])
    hands.expect("$")
    hands.type("sudo kubectl run -it --rm box --image=busybox -- sh\r")
    hands.expect("try pressing enter.")
    hands.type("\r")
    hands.expect("/ # ")
    hands.type("echo $((6*7)) in $HOSTNAME\r")
    hands.expect("42 in box\r\n")
    hands.type("exit\r")
    hands.expect('pod "box" deleted')
    hands.press("exit 3\r", prompts=1)
    assert hands.process.wait(20) == 3


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("sudo kubectl exec -it a -- sh", {}, ["exec", "-it", "a", "--", "sh"]),
        ("k3s kubectl exec -i -t a -- sh", {"user": "root"}, ["exec", "-i", "-t", "a", "--", "sh"]),
        ("kubectl exec -it a -- sh", {}, None),
        ("sudo kubectl exec -it a -- sh", {"serves": False}, None),
        ("sudo kubectl exec -i a -- sh -t", {}, None),
        ("sudo kubectl exec -it a -- sh | cat", {}, None),
        ("sudo kubectl get pods -it", {}, None),
        ("sudo kubectl exec -it $POD -- sh", {}, None),
        ("sudo kubectl exec -it 'a", {}, None),
    ],
)
def test_what_wants_a_terminal(
    text: str, where: dict[str, object], words: list[str] | None
) -> None:
    assert kubectl_words(text, {"user": "ubuntu", "serves": True, **where}) == words


EXPORTS = {
    "rw,no_root_squash": "root\n",
    "rw,root_squash": "",
    "rw,all_squash,anonuid=1000,anongid=1000": "",
    "ro,no_root_squash": "",
}


@pytest.mark.parametrize("options", EXPORTS)
def test_an_export_says_what_pods_may_do(
    lab: Lab, kubectl: Callable[[str], str], options: str
) -> None:
    """Root in a container is root on the server only where the export lets it be."""
    owner = EXPORTS[options]

    def on_storage(script: str) -> str:
        done = lab.run(Command(script, on="storage"))
        assert done, done.stderr
        return str(done.stdout)

    on_storage("sudo cp /etc/exports /etc/exports.kept; sudo chmod 755 /var/nfs/kubedata/*")
    new = f"({options},sync,no_subtree_check)"
    on_storage(f"sudo sed -i -E 's/\\([^)]*\\)/{new}/g' /etc/exports && sudo exportfs -ra")
    try:
        said = kubectl("exec counter -- sh -c 'echo written > /mnt/by-root && cat /mnt/by-root'")
        found = on_storage("sudo sh -c 'stat -c %U /var/nfs/kubedata/*/by-root 2> /dev/null; true'")
        assert found == owner
        if owner:
            assert said.startswith("written\n")
        else:
            assert ("Read-only file system" if "ro," in options else "Permission denied") in said
    finally:
        on_storage("sudo sh -c 'rm -f /var/nfs/kubedata/*/by-root'")
        on_storage("sudo mv /etc/exports.kept /etc/exports && sudo exportfs -ra")
