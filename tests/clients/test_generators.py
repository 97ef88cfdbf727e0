"""``kubectl create`` and its like send protobuf: what arrives is what they print as JSON."""

import json

import pytest

from .manifests import deployment

LINES = [
    "create quota small --hard=pods=5,requests.cpu=2",
    "create pdb careful --selector=app=web --min-available=1",
    "create pdb careful --selector=app=web --max-unavailable=25%",
    "create priorityclass high --value=1000 --description=important",
    "create ingress front --class=traefik --rule=foo.com/bar*=web:8080,tls=cert --rule=/x=y:http",
    "create ingress back --default-backend=web:80",
    "create service externalname far --external-name=example.com",
    "create service clusterip none --clusterip=None --tcp=80",
    "create configmap settings --from-literal=a=b",
    "create secret generic hidden --from-literal=a=b",
    "create serviceaccount robot",
    "create role reader --verb=get,list --resource=pods,deployments.apps",
    "create rolebinding readers --role=reader --user=bob --group=all --serviceaccount=default:x",
    "create clusterrolebinding admins --clusterrole=cluster-admin --user=bob",
    "create deployment web --image=nginx --replicas=2 --port=80",
    "create job once --image=busybox -- date",
    "create cronjob often --image=busybox --schedule=@hourly -- date",
    "run box --image=nginx --env=A=b --port=80 --labels=a=b",
]


def contained(part, whole):
    """Everything that ``part`` says is in ``whole``; the server adds defaults."""
    if isinstance(part, dict):
        return all(
            name in whole and contained(value, whole[name])
            for name, value in part.items()
            if value not in (None, {}, []) and name != "status"
        )
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(contained, part, whole))
    return part == whole


@pytest.mark.parametrize("line", LINES)
def test_what_is_sent_arrives(api, line):
    start, dashes, command = line.partition(" -- ")
    told = api.kubectl(f"{start} --dry-run=client -o json{dashes}{command}")
    wanted = json.loads(told)
    # Warnings may follow the object.
    made, _ = json.JSONDecoder().raw_decode(api.kubectl(f"{start} -o json{dashes}{command}"))
    kind, name = wanted["kind"], wanted["metadata"]["name"]
    kept = json.loads(api.kubectl(f"get {kind} {name} -o json"))
    assert contained(wanted, made) and contained(wanted, kept), (wanted, kept)
    api.kubectl(f"delete {kind} {name} --now")


def test_autoscale(api):
    api.kubectl("create -f -", deployment())
    assert "autoscaled" in api.kubectl("autoscale deployment web --min=1 --max=3 --cpu=80%")
    row = api.kubectl("get hpa web --no-headers").split()
    assert row[:6] == ["web", "Deployment/web", "cpu:", "<unknown>/80%", "1", "3"]
    api.kubectl("delete deployment/web hpa/web")


def test_a_job_of_a_cronjob_has_all_that_its_template_has(api):
    container = {
        "name": "main",
        "image": "busybox",
        "command": ["date"],
        "env": [
            {"name": "A", "value": "b"},
            {"name": "P", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "S", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
        ],
        "envFrom": [{"secretRef": {"name": "hidden", "optional": True}}],
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5},
        "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": {"runAsUser": 1000, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "more", "configMap": {"name": "settings"}},
            {"name": "free", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
        "imagePullSecrets": [{"name": "hidden"}],
    }
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "often"},
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {"spec": {"template": {"spec": spec}}},
        },
    }
    api.kubectl("create -f -", cron)
    api.kubectl("create job now --from=cronjob/often")
    kept = json.loads(api.kubectl("get job now -o json"))["spec"]["template"]["spec"]
    assert contained(spec, kept), kept
    api.kubectl("delete job/now cronjob/often --now")


def test_a_job_now_from_a_cron_job(api):
    api.kubectl("create cronjob nightly --image=busybox --schedule=@daily -- echo done")
    api.kubectl("create job now --from=cronjob/nightly")
    api.kubectl("wait --for=condition=Complete job/now --timeout=30s")
    assert api.kubectl("logs job/now") == "done\n"
    row = api.kubectl("get cronjob nightly --no-headers").split()
    assert row[:5] == ["nightly", "@daily", "<none>", "False", "0"]
    api.kubectl("delete cronjob nightly")
    api.kubectl("wait --for=delete job/now --timeout=30s")


def test_schedules_that_are_none(api):
    line = "create cronjob x --image=busybox --schedule=@often"
    assert "unrecognized descriptor: @often" in api.kubectl(line, fails=True)
