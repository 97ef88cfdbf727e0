"""Helm 3 as it comes, with charts as its documentation makes them."""

import json
import os
import shutil
import subprocess

import pytest
import yaml

from .manifests import definition, of
from .other_programs import WITH_HELM_3, program


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    place = tmp_path_factory.mktemp("helm")
    yield program(place, WITH_HELM_3, "helm")
    shutil.rmtree(place)


@pytest.fixture
def helm(api, binary, tmp_path):
    """Runs lines of helm in a directory of their own."""
    homes = {
        f"HELM_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "DATA")
    }
    environment = os.environ | homes | {"KUBECONFIG": str(api.kubeconfig)}

    def run(line, stdin="", fails=False):
        done = subprocess.run(
            [str(binary), *line.split()],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=90,
            cwd=tmp_path,
            env=environment,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    yield run
    for release in json.loads(run("list --all --all-namespaces -o json")):
        run(f"uninstall {release['name']} -n {release['namespace']} --no-hooks")


def template(tmp_path, name, *objects):
    (tmp_path / "mychart/templates" / name).write_text(yaml.safe_dump_all(objects))


def revisions(helm, release):
    found = json.loads(helm(f"history {release} -o json"))
    return [(r["revision"], r["status"], r["description"]) for r in found]


def test_the_chart_that_helm_creates(api, helm):
    helm("create mychart")
    assert "1 chart(s) linted, 0 chart(s) failed" in helm("lint mychart")
    told = helm("install one mychart --wait --timeout 60s")
    assert "STATUS: deployed" in told and "kubectl --namespace default port-forward" in told
    assert "1/1" in api.kubectl("get deployment one-mychart")
    told = helm("upgrade one mychart --set replicaCount=2 --wait --timeout 60s")
    assert 'Release "one" has been upgraded. Happy Helming!' in told
    assert "2/2" in api.kubectl("get deployment one-mychart")
    told = helm("test one --logs")
    assert "Phase:          Succeeded" in told and "POD LOGS: one-mychart-test-connection" in told
    assert "Rollback was a success" in helm("rollback one 1 --wait")
    assert revisions(helm, "one") == [
        (1, "superseded", "Install complete"),
        (2, "superseded", "Upgrade complete"),
        (3, "deployed", "Rollback to 1"),
    ]
    assert "1/1" in api.kubectl("get deployment one-mychart")
    assert "replicas: 1" in helm("get manifest one")
    assert helm("get values one") == "USER-SUPPLIED VALUES:\nnull\n"
    assert 'release "one" uninstalled' in helm("uninstall one --wait")
    assert "No resources found" in api.kubectl(
        "get deployments,services,serviceaccounts -l helm.sh/chart"
    )


def test_an_autoscaler_and_an_ingress(api, helm):
    helm("create mychart")
    helm("install two mychart --set autoscaling.enabled=true --set ingress.enabled=true")
    assert "Deployment/two-mychart" in api.kubectl("get hpa two-mychart")
    assert "chart-example.local" in api.kubectl("get ingress two-mychart")


def test_what_changes_by_hand_is_merged_in_three_ways(api, helm):
    helm("create mychart")
    helm("install three mychart --wait")
    api.kubectl("set env deployment/three-mychart HAND=made")
    api.kubectl("scale deployment three-mychart --replicas=3")
    helm("upgrade three mychart --set image.tag=1.27 --wait")
    found = json.loads(api.kubectl("get deployment three-mychart -o json"))
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "HAND", "value": "made"}], "added by hand, so it stays"
    assert container["image"] == "nginx:1.27"
    assert found["spec"]["replicas"] == 1, "what the chart says wins over a hand"


def test_a_release_that_fails(api, helm, tmp_path):
    helm("create mychart")
    helm("install four mychart --wait")
    line = "upgrade four mychart --set image.repository=registry.invalid/no --timeout 3s"
    told = helm(f"{line} --atomic", fails=True)
    assert "release four failed, and has been rolled back due to atomic being set" in told
    assert [status for _, status, _ in revisions(helm, "four")] == [
        "superseded", "failed", "deployed",
    ]  # fmt: skip
    assert "cannot re-use a name that is still in use" in helm("install four mychart", fails=True)
    told = helm("install other mychart --wait --timeout 3s --set image.tag=", fails=False)
    template(tmp_path, "wrong.yaml", {**of("v1", "Service"), "spec": {"ports": [{"port": 0}]}})
    told = helm("upgrade four mychart", fails=True)
    assert 'Service "some" is invalid' in told and "spec.ports[0].port" in told
    (tmp_path / "mychart/templates/wrong.yaml").write_text("apiVersion: v1\nkind: Nosuch\n")
    told = helm("upgrade four mychart", fails=True)
    assert 'no matches for kind "Nosuch" in version "v1"' in told


def test_hooks_run_in_their_order(api, helm, tmp_path):
    helm("create mychart")

    def job(name, weight, words):
        container = {"name": "main", "image": "busybox", "command": ["sh", "-c", words]}
        spec = {"restartPolicy": "Never", "containers": [container]}
        hooks = {
            "helm.sh/hook": "pre-install",
            "helm.sh/hook-weight": str(weight),
            "helm.sh/hook-delete-policy": "before-hook-creation",
        }
        made = of("batch/v1", "Job", name, spec={"backoffLimit": 0, "template": {"spec": spec}})
        made["metadata"]["annotations"] = hooks
        return made

    template(tmp_path, "hooks.yaml", job("second", 2, "echo 2"), job("first", 1, "echo 1"))
    helm("install five mychart")
    times = [
        api.kubectl(f"get job {name} -o jsonpath={{.status.startTime}}/{{.status.succeeded}}")
        for name in ("first", "second")
    ]
    assert times == sorted(times) and all(time.endswith("/1") for time in times)
    helm("uninstall five")
    assert "first" in api.kubectl("get jobs"), "hooks are not part of a release"
    template(tmp_path, "hooks.yaml", job("second", 2, "exit 1"))
    told = helm("install five mychart --timeout 20s", fails=True)
    assert "failed pre-install: 1 error occurred" in told and "job second failed" in told
    api.kubectl("delete jobs --all")


def test_definitions_come_before_their_objects(api, helm, tmp_path):
    helm("create mychart")
    (tmp_path / "mychart/crds").mkdir()
    crd = definition(
        "owl", {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}
    )
    (tmp_path / "mychart/crds/owl.yaml").write_text(yaml.safe_dump(crd))
    owl = {**of("example.com/v1", "Owl", "hedwig"), "spec": {"size": 1}}
    template(tmp_path, "owl.yaml", owl)
    helm("install six mychart --wait")
    assert api.kubectl("get owl hedwig -o jsonpath={.spec.size}") == "1"
    helm("uninstall six")
    assert "owls.example.com" in api.kubectl("get crd"), "Helm never removes definitions"
    api.kubectl("delete crd owls.example.com")


def test_what_the_server_says_before_anything_is_done(api, helm, tmp_path):
    helm("create mychart")
    found = '{{ (lookup "v1" "Namespace" "" "default").metadata.name }}'
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: found\ndata:\n  space: {found}\n"
    (tmp_path / "mychart/templates/found.yaml").write_text(text)
    assert "  space: default\n" in helm("install seven mychart --dry-run=server")
    assert "found" not in api.kubectl("get configmaps")
    helm("install seven mychart --create-namespace -n new --dependency-update")
    assert "seven" in helm("list -n new") and "deployed" in helm("status seven -n new")
    helm("uninstall seven -n new --keep-history")
    assert json.loads(helm("list -n new --uninstalled -o json"))[0]["status"] == "uninstalled"
    helm("uninstall seven -n new")
    api.kubectl("delete namespace new")
