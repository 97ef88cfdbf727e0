"""Ansible's collection kubernetes.core, as its documentation shows it.

The collection is on PyPI inside of the package ``ansible``; of that, only the collection is taken.
"""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile

import pytest

from tests import pypi

from .other_programs import WITH_HELM_3, program
from .test_python_clients import box  # noqa: F401

CORE = ("ansible-core==2.19.4", "resolvelib==1.2.1")
COLLECTIONS = "ansible==12.3.0"
OURS = "ansible_collections/kubernetes/core/"


@pytest.fixture(scope="module")
def ansible(tmp_path_factory):
    """A directory with Ansible and the collection in it."""
    place = tmp_path_factory.mktemp("ansible")
    pypi.install(place, *CORE)
    wheel = pypi.wheel(place, COLLECTIONS)
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            if name.startswith(OURS) or name == "ansible_collections/__init__.py":
                packed.extract(name, place)
    wheel.unlink()
    yield place
    shutil.rmtree(place)


@pytest.fixture
def play(api, ansible, tmp_path):
    """Runs tasks, and returns what each had as its result, by the task's name."""

    def run(tasks, fails=False):
        head = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
        (tmp_path / "play.yaml").write_text(head + textwrap.indent(textwrap.dedent(tasks), "    "))
        environment = {
            **os.environ,
            "PYTHONPATH": str(ansible),
            "ANSIBLE_COLLECTIONS_PATH": str(ansible),
            "ANSIBLE_HOME": str(tmp_path / "home"),
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "K8S_AUTH_KUBECONFIG": str(api.kubeconfig),
            "LC_ALL": "C.UTF-8",
        }
        words = ["-m", "ansible", "playbook", "-e", f"ansible_python_interpreter={sys.executable}"]
        done = subprocess.run(
            [sys.executable, *words, str(tmp_path / "play.yaml")],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
            cwd=tmp_path,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    return run


def test_objects_are_made_once(api, play):
    told = play("""
        - &space
          name: Create a k8s namespace
          kubernetes.core.k8s: {name: testing, api_version: v1, kind: Namespace, state: present}
        - *space
        - &service
          name: Create a Service object from an inline definition
          kubernetes.core.k8s:
            state: present
            definition:
              apiVersion: v1
              kind: Service
              metadata: {name: web, namespace: testing, labels: {app: galaxy}}
              spec:
                selector: {app: galaxy}
                ports: [{protocol: TCP, targetPort: 8000, name: port-8000-tcp, port: 8000}]
          register: made
        - *service
        - name: Add a label to an existing object
          kubernetes.core.k8s:
            state: patched
            kind: Service
            name: web
            namespace: testing
            definition: {metadata: {labels: {support: patch}}}
        - name: Search for all services labelled so
          kubernetes.core.k8s_info:
            {kind: Service, namespace: testing, label_selectors: [support=patch, app in (galaxy)]}
          register: found
        - name: Apply a json patch
          kubernetes.core.k8s_json_patch:
            kind: Service
            namespace: testing
            name: web
            patch: [{op: replace, path: /spec/ports/0/port, value: 8001}]
        - assert:
            that:
              - made.result.spec.clusterIP is match("10.43.")
              - found.resources | map(attribute="metadata.name") == ["web"]
              - port == "8001"
          vars:
            port: "{{ lookup('kubernetes.core.k8s', kind='Service', namespace='testing',
              resource_name='web').spec.ports[0].port | string }}"
        - name: Remove it, and wait
          kubernetes.core.k8s:
            {state: absent, kind: Namespace, name: testing, wait: true, wait_timeout: 30}
    """)
    assert "ok=9    changed=5" in told, told


def test_a_deployment_is_awaited_scaled_and_rolled_back(api, play):
    play("""
        - name: Deploy, and wait until it is available
          kubernetes.core.k8s: &deployment
            apply: true
            wait: true
            wait_timeout: 60
            definition: &definition
              apiVersion: apps/v1
              kind: Deployment
              metadata: {name: ansible, namespace: default, labels: {app: ansible}}
              spec: &spec
                replicas: 1
                selector: {matchLabels: {app: ansible}}
                template: &template
                  metadata: {labels: {app: ansible}}
                  spec: {containers: [{name: main, image: "nginx:1.25"}]}
        - name: Do it again
          kubernetes.core.k8s: *deployment
          register: again
        - name: Scale it up, and wait for the replicas
          kubernetes.core.k8s_scale:
            kind: Deployment
            name: ansible
            namespace: default
            replicas: 3
            current_replicas: 1
            wait_timeout: 60
          register: scaled
        - name: Change its image by server-side apply
          kubernetes.core.k8s:
            server_side_apply: {field_manager: ansible, force_conflicts: true}
            apply: true
            wait: true
            wait_condition: {type: Progressing, status: "True", reason: NewReplicaSetAvailable}
            definition:
              apiVersion: apps/v1
              kind: Deployment
              metadata: {name: ansible, namespace: default}
              spec:
                template: {spec: {containers: [{name: main, image: "nginx:1.27"}]}}
        - name: Roll back a failed deployment
          kubernetes.core.k8s_rollback:
            {api_version: apps/v1, kind: Deployment, name: ansible, namespace: default}
        - name: Wait until it is as before
          kubernetes.core.k8s_info:
            kind: Deployment
            name: ansible
            namespace: default
            wait: true
            wait_condition: {type: Available, status: "True"}
          register: back
        - assert:
            that:
              - not again.changed
              - scaled.result.status.readyReplicas == 3
              - back.resources[0].spec.template.spec.containers[0].image == "nginx:1.25"
        - kubernetes.core.k8s: {state: absent, kind: Deployment, name: ansible, namespace: default}
    """)


def test_pods_are_entered(api, play, box, tmp_path):  # noqa: F811
    (tmp_path / "foo").write_text("carried\n")
    play("""
        - name: Execute a command
          kubernetes.core.k8s_exec:
            {namespace: default, pod: box, command: "sh -c 'echo out; echo err >&2; exit 3'"}
          register: ran
          failed_when: ran.rc != 3
        - name: Copy a file into it
          kubernetes.core.k8s_cp:
            {namespace: default, pod: box, remote_path: /tmp/bar, local_path: foo}
        - name: And back
          kubernetes.core.k8s_cp:
            namespace: default
            pod: box
            remote_path: /tmp/bar
            local_path: "{{ playbook_dir }}/back"
            state: from_pod
        - name: Get a log
          kubernetes.core.k8s_log: {namespace: default, name: box}
          register: log
        - assert:
            that:
              - ran.stdout_lines == ["out"] and ran.stderr_lines == ["err"]
              - log.log == "begun\\n"
    """)
    assert (tmp_path / "back").read_text() == "carried\n"


def test_nodes_are_tended(api, play):
    play("""
        - name: Taint a node
          kubernetes.core.k8s_taint:
            {state: present, name: worker1, taints: [{effect: NoSchedule, key: key1, value: v}]}
        - name: And take it away
          kubernetes.core.k8s_taint:
            {state: absent, name: worker1, taints: [{effect: NoSchedule, key: key1}]}
        - name: Drain a node
          kubernetes.core.k8s_drain:
            state: drain
            name: worker1
            delete_options: {ignore_daemonsets: true, delete_emptydir_data: true, force: true}
        - name: Mark it as schedulable
          kubernetes.core.k8s_drain: {state: uncordon, name: worker1}
        - name: Get cluster information
          kubernetes.core.k8s_cluster_info:
          register: info
        - assert:
            that:
              - info.version.server.kubernetes.gitVersion is match("v1")
              - "'apps/v1' in info.apis"
    """)
    node = json.loads(api.kubectl("get node worker1 -o json"))
    assert not node["spec"].get("taints") and not node["spec"].get("unschedulable")


def test_what_the_server_refuses(api, play):
    told = play(
        """
        - kubernetes.core.k8s:
            state: present
            definition:
              {apiVersion: v1, kind: Service, metadata: {name: Bad, namespace: default},
               spec: {ports: [{port: 80}]}}
        """,
        fails=True,
    )
    assert "a DNS-1035 label must consist of" in told
    told = play(
        """
        - kubernetes.core.k8s_info: {api_version: example.org/v1, kind: Nosuch}
          register: found
        - assert: {that: not found.api_found}
        """
    )
    assert "ok=2" in told


def test_releases(api, play, tmp_path):
    helm = program(tmp_path, WITH_HELM_3, "helm")
    subprocess.run([str(helm), "create", "mychart"], cwd=tmp_path, check=True, timeout=60)
    told = play(
        """
        - &release
          name: Deploy a chart
          kubernetes.core.helm:
            binary_path: "{{ playbook_dir }}/helm/helm"
            name: test
            chart_ref: "{{ playbook_dir }}/mychart"
            release_namespace: monitoring
            create_namespace: true
            wait: true
            values: {replicaCount: 2}
        - *release
        - kubernetes.core.helm_info:
            binary_path: "{{ playbook_dir }}/helm/helm"
            name: test
            release_namespace: monitoring
          register: found
        - assert: {that: found.status.status == "deployed" and (found.status.revision | int) == 1}
        - name: Remove it
          kubernetes.core.helm:
            binary_path: "{{ playbook_dir }}/helm/helm"
            name: test
            release_namespace: monitoring
            state: absent
            wait: true
        """
    )
    assert "ok=5    changed=2" in told, told
    api.kubectl("delete namespace monitoring")
