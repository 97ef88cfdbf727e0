"""What kubectl makes of the lab's OpenAPI: explain, validation, dry runs and differences."""

import json

import pytest

from owlab.pocket.kube.kinds import KINDS

from .manifests import definition, deployment


def test_explain_shows_the_fields_of_containers(api):
    told = api.kubectl("explain deployment.spec.template.spec.containers")
    assert "GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n" in told
    assert "FIELD: containers <[]Container>" in told
    for line in (
        "name\t<string> -required-",
        "ports\t<[]ContainerPort>",
        "resources\t<ResourceRequirements>",
        "tty\t<boolean>",
    ):
        assert line in told
    assert "limits\t<map[string]Quantity>" in api.kubectl("explain pod.spec.containers.resources")
    assert "targetPort\t<IntOrString>" in api.kubectl("explain svc.spec.ports")
    assert "FIELD: replicas <integer>" in api.kubectl("explain deploy.spec.replicas")


def test_explain_recursive_goes_all_the_way_down(api):
    told = api.kubectl("explain pod --recursive")
    assert len(told.splitlines()) > 800
    assert "requiredDuringSchedulingIgnoredDuringExecution\t<NodeSelector>" in told


def test_explain_says_which_field_does_not_exist(api):
    told = api.kubectl("explain cronjob.spec.nosuch", fails=True)
    assert 'error: field "nosuch" does not exist' in told


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.resource}-{kind.version}")
def test_every_kind_can_be_explained(api, kind):
    told = api.kubectl(f"explain {kind.plural} --api-version={kind.api_version}")
    assert "apiVersion\t<string>" in told and f"VERSION:    {kind.version}" in told


def test_custom_kinds_are_explained_by_their_definitions(api):
    size = {"type": "integer", "description": "How big it is"}
    schema = {"spec": {"type": "object", "required": ["size"], "properties": {"size": size}}}
    api.kubectl("apply -f -", definition("stork", schema))
    told = api.kubectl("explain stork.spec")
    assert "size\t<integer> -required-\n    How big it is" in told
    assert "labels\t<map[string]string>" in api.kubectl("explain stork.metadata")
    api.kubectl("delete crd storks.example.com")


def test_a_dry_run_shows_what_would_be_and_leaves_nothing(api):
    told = api.kubectl("create --dry-run=server -o json -f -", deployment())
    shown = json.loads(told)
    assert shown["metadata"]["uid"] and shown["spec"]["revisionHistoryLimit"] == 10
    assert "deployment.apps/web created (server dry run)" in api.kubectl(
        "apply --dry-run=server -f -", deployment()
    )
    assert "NotFound" in api.kubectl("get deployment web", fails=True)


def test_diff_shows_the_server_s_view_of_a_change(api):
    assert "+  replicas: 1" in api.kubectl("diff -f -", deployment(), fails=True)
    api.kubectl("apply --validate=strict -f -", deployment())
    assert api.kubectl("diff -f -", deployment()) == ""
    told = api.kubectl("diff -f -", deployment(replicas=3), fails=True)
    changes = [line for line in told.splitlines() if line[:3] in ("-  ", "+  ")]
    assert changes == ["-  generation: 1", "+  generation: 2", "-  replicas: 1", "+  replicas: 3"]
    line = "diff --server-side --force-conflicts -f -"
    told = api.kubectl(line, deployment(replicas=3), fails=True)
    assert "+  replicas: 3" in told
    api.kubectl("delete deployment web")


def test_documents_of_groups_without_kept_kinds_are_empty_not_missing(api):
    index = api.send("GET", "/openapi/v3").data["paths"]
    for place, entry in index.items():
        answer = api.send("GET", entry["serverRelativeURL"])
        assert answer.status == 200, place
        schemas = answer.data["components"]["schemas"]
        references = set(json.dumps(answer.data).split('"#/components/schemas/')[1:])
        assert {text.partition('"')[0] for text in references} <= set(schemas)
    assert api.send("GET", "/openapi/v3/apis/nosuch/v1").status == 404
