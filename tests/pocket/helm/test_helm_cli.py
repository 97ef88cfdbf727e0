"""What a learner types, without a cluster: repositories, charts, mistakes."""

from __future__ import annotations

import json

import helm_python
import pytest
import yaml

from owlab.pocket.machines.machine import Machine

from .conftest import Shell

REPO = "nfs-subdir-external-provisioner"
URL = "https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/"
CHART = "./openwhisk-deploy-kube/helm/openwhisk"
NOWHERE = (
    'kubernetes cluster unreachable: Get "http://localhost:8080/version": '
    "dial tcp 127.0.0.1:8080: connect: connection refused\n"
)


def test_not_installed(machine: Machine, shell: Shell) -> None:
    machine.state.snaps = {}
    ran = shell("sudo helm version")
    assert ran.status != 0
    assert "command not found" in ran.err


def test_the_guides_repository(shell: Shell) -> None:
    ran = shell(f"sudo helm repo add {REPO} {URL}\nsudo helm repo update")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        f'"{REPO}" has been added to your repositories\n'
        "Hang tight while we grab the latest from your chart repositories...\n"
        f'...Successfully got an update from the "{REPO}" chart repository\n'
        "Update Complete. ⎈Happy Helming!⎈\n"
    )


def test_repositories_are_the_users_own(shell: Shell) -> None:
    shell(f"sudo helm repo add {REPO} {URL}")
    assert shell("sudo helm repo list").out.splitlines()[1] == f"{REPO}\t{URL}"
    ran = shell("helm repo list")
    assert (ran.status, ran.err) == (1, "Error: no repositories to show\n")


def test_adding_twice(shell: Shell) -> None:
    shell(f"helm repo add r {URL}")
    assert shell(f"helm repo add r {URL}").out == (
        '"r" already exists with the same configuration, skipping\n'
    )
    ran = shell("helm repo add r https://github.com/")
    assert ran.err == (
        "Error: repository name (r) already exists, please specify a different name\n"
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://nowhere.example/charts", "no such host"),
        ("https://github.com/charts", "failed to fetch https://github.com/charts/index.yaml : 404"),
        ("charts", "could not find protocol handler for: "),
    ],
)
def test_a_repository_that_is_none(shell: Shell, url: str, reason: str) -> None:
    ran = shell(f"helm repo add r {url}")
    assert ran.status == 1
    assert ran.err.startswith("Error: ")
    assert reason in ran.err


def test_removing(shell: Shell) -> None:
    assert shell("helm repo remove r").err == "Error: no repositories configured\n"
    shell(f"helm repo add r {URL}")
    assert shell("helm repo remove x").err == 'Error: no repo named "x" found\n'
    assert shell("helm repo remove r").out == '"r" has been removed from your repositories\n'
    assert shell("helm repo update").err == (
        "Error: no repositories found. You must add one before updating\n"
    )


def test_updating_some(shell: Shell) -> None:
    shell(f"helm repo add one {URL}; helm repo add two {URL}; helm repo add three {URL}")

    def updated(words: str) -> list[str]:
        ran = shell(f"helm repo update {words}")
        assert (ran.status, ran.err) == (0, "")
        lines = ran.out.splitlines()
        assert (lines[0][:10], lines[-1]) == ("Hang tight", "Update Complete. ⎈Happy Helming!⎈")
        return [line.split('"')[1] for line in lines[1:-1]]

    assert updated("") == ["one", "two", "three"]
    assert updated("three one") == ["one", "three"]
    assert updated("two") == ["two"]
    ran = shell("helm repo update two four")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == ("Error: no repositories found matching 'four'.  Nothing will be updated\n")


def test_a_repository_that_has_gone(shell: Shell) -> None:
    shell(f"helm repo add one {URL}; helm repo add two {URL}")
    shell(
        "sed -i '0,/url: .*/s//url: https:..nowhere.example/; s|:[.][.]|://|' .config/helm/*.yaml"
    )
    ran = shell("helm repo update")
    _, failed, _, good = ran.out.splitlines()
    assert failed == (
        '...Unable to get an update from the "one" chart repository (https://nowhere.example):'
    )
    assert good == '...Successfully got an update from the "two" chart repository'
    assert ran.err == (
        "Error: failed to update the following repositories: [https://nowhere.example]\n"
    )
    assert ran.status == 1
    assert shell("helm repo update two").status == 0


def test_adding_again_by_force(shell: Shell) -> None:
    shell(f"helm repo add r {URL}; helm repo add s {URL}")
    ran = shell(f"helm repo add --force-update r {URL}")
    assert ran.out == '"r" has been added to your repositories\n'
    assert [line.split()[0] for line in shell("helm repo list").out.splitlines()] == [
        *("NAME", "s", "r"),
    ]
    assert json.loads(shell("helm repo list -o json").out) == [
        {"name": "s", "url": URL},
        {"name": "r", "url": URL},
    ]
    said = shell(f"helm repo add a/b {URL}").err
    assert said == (
        "Error: repository name (a/b) contains '/', please specify a different name without '/'\n"
    )
    assert shell("helm repo rm s r").out == (
        '"s" has been removed from your repositories\n"r" has been removed from your repositories\n'
    )
    assert json.loads(shell("helm repo list -o json").out) == []


@pytest.mark.parametrize(
    ("words", "versions"),
    [
        ("nfs", ["4.0.18"]),
        ("NFS", ["4.0.18"]),
        ("nfs subdir", []),
        ("", ["4.0.18"]),
        ("-r 'n.s'", ["4.0.18"]),
        ("'n.s'", []),
        ("nfs --version '>4'", ["4.0.18"]),
        ("nfs --version '<4'", []),
        ("nfs --version 4.0.17", []),
        ("nfs --devel", ["4.0.18"]),
    ],
)
def test_what_a_search_finds(shell: Shell, words: str, versions: list[str]) -> None:
    shell(f"helm repo add r {URL}")
    found = json.loads(shell(f"helm search repo {words} -o json").out)
    assert [row["version"] for row in found] == versions
    table = shell(f"helm search repo {words}").out
    assert (table == "No results found\n") is (not versions)
    strict = shell(f"helm search repo {words} --fail-on-no-result")
    assert (strict.status, strict.err) == (
        (0, "") if versions else (1, "Error: no results found\n")
    )


def test_a_search_without_an_index(shell: Shell) -> None:
    assert shell("helm search repo x").err == "Error: no repositories configured\n"
    shell(f"helm repo add one {URL}; helm repo add two {URL}; rm .cache/helm/repository/one-*")
    ran = shell("helm search repo nfs -o json")
    assert (
        "repo is corrupt or missing. Try 'helm repo update'." in ran.err and "repo=one" in ran.err
    )
    assert [row["name"].partition("/")[0] for row in json.loads(ran.out)] == ["two"]


def test_searching(shell: Shell) -> None:
    shell(f"helm repo add r {URL}")
    header, row = shell("helm search repo nfs").out.splitlines()
    assert header.split("\t")[0].strip() == "NAME"
    assert [cell.strip() for cell in row.split("\t")][:3] == [f"r/{REPO}", "4.0.18", "4.0.2"]
    assert shell("helm search repo nothing-like-it").out == "No results found\n"
    (found,) = json.loads(shell("helm search repo nfs -o json").out)
    assert found["version"] == "4.0.18"


def test_pull_and_untar(shell: Shell) -> None:
    shell(f"helm repo add r {URL}")
    ran = shell(f"helm pull r/{REPO} --untar && head -2 {REPO}/Chart.yaml")
    assert ran.out == f"apiVersion: v1\nname: {REPO}\n"
    again = shell(f"helm pull r/{REPO} --untar")
    assert "already exists" in again.err


def test_without_a_kubeconfig_the_cluster_is_unreachable(shell: Shell) -> None:
    ran = shell(f"sudo helm install owdev {CHART}")
    assert (ran.status, ran.err) == (1, f"Error: INSTALLATION FAILED: {NOWHERE}")
    assert shell("helm list").err == f"Error: {NOWHERE}"


def test_a_kubeconfig_that_is_not_there(shell: Shell) -> None:
    assert shell("helm --kubeconfig /nope list").err == (
        "Error: kubernetes cluster unreachable: stat /nope: no such file or directory\n"
    )


def test_a_kubeconfig_of_root(machine: Machine, shell: Shell) -> None:
    machine.write("/etc/rancher/k3s/k3s.yaml", b"clusters: []", mode=0o600)
    ran = shell("helm --kubeconfig /etc/rancher/k3s/k3s.yaml list")
    assert "open /etc/rancher/k3s/k3s.yaml: permission denied" in ran.err


def test_a_kubeconfig_may_not_run_programs(machine: Machine, shell: Shell) -> None:
    config = {
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "users": [{"name": "u", "user": {"exec": {"command": "touch", "args": ["/tmp/x"]}}}],
    }
    machine.write("/home/ubuntu/.kube/config", yaml.safe_dump(config).encode(), owner="ubuntu")
    assert "runs no credential helpers" in shell("helm list").err


def test_a_cluster_outside_of_the_lab_is_not_asked(machine: Machine, shell: Shell) -> None:
    config = {"clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1:6443"}}]}
    machine.write("/home/ubuntu/.kube/config", yaml.safe_dump(config).encode(), owner="ubuntu")
    assert "no route to host" in shell("helm list").err


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("helm test owdev --cleanup", "unknown flag: --cleanup\n"),
        ("helm bogus", 'unknown command "bogus" for "helm"\nRun \'helm --help\' for usage.\n'),
        (
            "helm status",
            '"helm status" requires 1 argument\n\nUsage:  helm status RELEASE_NAME [flags]\n',
        ),
        (
            "helm list x",
            '"helm list" accepts no arguments\n\nUsage:  helm list [flags]\n',
        ),
        (
            "helm install",
            '"helm install" requires at least 1 argument\n\n'
            "Usage:  helm install [NAME] [CHART] [flags]\n",
        ),
        (
            "helm install x",
            "INSTALLATION FAILED: must either provide a name or specify --generate-name\n",
        ),
        ("helm install x ./nope", 'INSTALLATION FAILED: path "./nope" not found\n'),
        (
            "helm install x nope",
            "INSTALLATION FAILED: non-absolute URLs should be in form of "
            "repo_name/path_to_chart, got: nope\n",
        ),
        ("helm install x r/nope", "INSTALLATION FAILED: repo r not found\n"),
        ("helm install x .", "INSTALLATION FAILED: Chart.yaml file is missing\n"),
        (
            f"helm install x {CHART} --wait=soon",
            'invalid argument "soon" for "--wait" flag: invalid wait input "soon". '
            "Valid inputs are watcher, hookOnly, and legacy\n",
        ),
        (
            "helm list -o xml",
            'invalid argument "xml" for "-o, --output" flag: invalid format type\n',
        ),
        (
            f"helm template x {CHART} -f missing.yaml",
            "open missing.yaml: no such file or directory\n",
        ),
        (f"helm template x {CHART} --set a", 'failed parsing --set data: key "a" has no value\n'),
    ],
)
def test_mistakes(shell: Shell, line: str, error: str) -> None:
    ran = shell(line)
    assert (ran.status, ran.out, ran.err) == (1, "", f"Error: {error}")


def test_helm_get_without_more_explains_itself(shell: Shell) -> None:
    ran = shell("helm get owdev")
    assert ran.status == 0
    assert "helm get [command]" in ran.out


def test_values_in_helms_order(machine: Machine, shell: Shell) -> None:
    home = "/home/ubuntu/demo"
    template = "{{ toJson .Values }}\n"
    machine.write(f"{home}/Chart.yaml", b"apiVersion: v2\nname: demo\nversion: 1.0.0\n")
    machine.write(f"{home}/values.yaml", b"list: [one, two]\nkept: true\n")
    document = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: d}}\ndata: {template}"
    machine.write(f"{home}/templates/cm.yaml", document.encode())
    machine.write("/home/ubuntu/a.yaml", b"a: 1\nb: 1\nc: {d: [1, 2]}\n", owner="ubuntu")
    machine.write("/home/ubuntu/text", b"a,b\n", owner="ubuntu")
    ran = shell(
        "helm template x demo -f a.yaml -f - --set b=2,c.d[1]=3 --set-string s=5 "
        "--set-file t=text --set-json 'j=[1]' --set-literal 'l=x,y'",
        stdin=b"a: 0\n",
    )
    data = yaml.safe_load(ran.out)["data"]
    assert data == {
        "a": 0,
        "b": 2,
        "c": {"d": [1, 3]},
        "s": "5",
        "t": "a,b\n",
        "j": [1],
        "l": "x,y",
        "list": ["one", "two"],
        "kept": True,
    }


def test_a_dry_run_needs_no_cluster(shell: Shell) -> None:
    ran = shell(f"helm install owdev {CHART} -n openwhisk -f mycluster.yaml --dry-run=client")
    assert (ran.status, ran.err) == (0, "")
    head = ran.out.splitlines()
    assert head[0] == "NAME: owdev"
    assert head[2:6] == [
        "NAMESPACE: openwhisk",
        "STATUS: pending-install",
        "REVISION: 1",
        "DESCRIPTION: Dry run complete",
    ]
    assert "\nHOOKS:\n---\n# Source: openwhisk/templates/tests/" in ran.out
    assert "\nMANIFEST:\n---\n# Source: openwhisk/" in ran.out
    assert ran.out.count("\nkind: ") == 54


def test_template_shows_one_file(shell: Shell) -> None:
    ran = shell(f"helm template owdev {CHART} -s templates/redis.yaml")
    assert yaml.safe_load(ran.out)["metadata"]["name"] == "owdev-redis"
    ran = shell(f"helm template owdev {CHART} -s templates/nope.yaml")
    assert ran.err == "Error: could not find template templates/nope.yaml in chart\n"


def test_an_old_kubernetes_is_refused(shell: Shell) -> None:
    ran = shell(f"helm template owdev {CHART} --kube-version 1.18.0")
    assert ran.err == (
        "Error: chart requires kubeVersion: >=v1.19.0-r0 which is incompatible with "
        "Kubernetes v1.18.0\n"
    )


def test_lint(shell: Shell) -> None:
    ran = shell(f"helm lint {CHART}")
    assert ran.out == (
        f"==> Linting {CHART}\n[INFO] Chart.yaml: icon is recommended\n\n"
        "1 chart(s) linted, 0 chart(s) failed\n"
    )
    ran = shell("helm lint nothing")
    assert (ran.status, ran.err) == (1, "Error: 1 chart(s) linted, 1 chart(s) failed\n")
    ran = shell(f"helm lint nothing {CHART}")
    assert (ran.status, ran.err) == (1, "Error: 2 chart(s) linted, 1 chart(s) failed\n")
    assert f"==> Linting {CHART}\n[INFO]" in ran.out


def test_package_create_show(shell: Shell) -> None:
    ran = shell(f"helm package {CHART} -d out && helm show chart out/openwhisk-1.0.1.tgz")
    first, _, rest = ran.out.partition("\n")
    path = "/home/ubuntu/out/openwhisk-1.0.1.tgz"
    assert first == f"Successfully packaged chart and saved it to: {path}"
    assert yaml.safe_load(rest)["version"] == "1.0.1"
    assert shell("helm create new && helm lint new").status == 0


def test_a_directory_of_archives_becomes_a_repository(shell: Shell) -> None:
    ran = shell(
        f"helm package {CHART} -d out > /dev/null && helm repo index out --url https://x/charts "
        "&& cat out/index.yaml"
    )
    (entry,) = yaml.safe_load(ran.out)["entries"]["openwhisk"]
    assert entry["urls"] == ["https://x/charts/openwhisk-1.0.1.tgz"]


def test_the_version_says_what_it_is(shell: Shell) -> None:
    assert shell("helm version --short").out == f"{helm_python.helm_sdk_version()}+owlab.pocket\n"


def test_what_is_not_here_says_so(shell: Shell) -> None:
    assert shell("helm plugin list").err == 'Error: "helm plugin" is not part of the pocket lab\n'


def test_dependencies(machine: Machine, shell: Shell) -> None:
    shell("helm create ch")
    listed = shell("helm dependency list ch")
    assert (listed.status, listed.out) == (0, "WARNING: no dependencies at ch/charts\n")
    assert shell("cd ch; helm dep ls").out == "WARNING: no dependencies at charts\n"
    assert shell("helm dependency update ch").status == 0
    assert shell("helm dependency build ch").status == 0
    for verb in ("list", "update", "build"):
        gone = shell(f"helm dependency {verb} gone")
        assert (gone.status, gone.err) == (1, "Error: stat gone: no such file or directory\n")
    machine.write(
        "/home/ubuntu/ch/Chart.yaml",
        b"apiVersion: v2\nname: ch\nversion: 1.0.0\ndependencies:\n"
        b"  - {name: redis, version: 1.x.x, repository: https://charts.example}\n",
    )
    header, row = shell("helm dependency list ch").out.splitlines()
    assert header.split() == ["NAME", "VERSION", "REPOSITORY", "STATUS"]
    assert row.split() == ["redis", "1.x.x", "https://charts.example", "missing"]
    assert "not on the pocket lab's map" in shell("helm dependency build ch").err


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("install x y z", "expected at most two arguments, unexpected arguments: z"),
        ("install x y z w", "expected at most two arguments, unexpected arguments: z, w"),
        ("install -g x y", "cannot set --generate-name and also specify a name"),
        ("install x ./y", 'path "./y" not found'),
        ("install x oci://a/b", "OCI registries are not on the pocket lab's map of the internet"),
        (f"install x nope --repo {URL}", f'chart "nope" not found in {URL} repository'),
        (
            f"install x {REPO} --repo {URL} --version 99",
            f'chart "{REPO}" version "99" not found in {URL} repository',
        ),
        ("install x https://nowhere.example/x.tgz", "no such host"),
    ],
)
def test_charts_that_are_not_found(shell: Shell, line: str, error: str) -> None:
    ran = shell(f"helm {line}")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("Error: INSTALLATION FAILED: ")
    assert error in ran.err


@pytest.mark.parametrize(
    "flags",
    [
        "--force-replace --force-conflicts",
        "--force --force-conflicts",
    ],
)
def test_flags_that_exclude_each_other(shell: Shell, flags: str) -> None:
    assert (
        "if any flags in the group [force-replace force-conflicts] are set"
        in shell(f"helm install x {CHART} {flags}").err
    )


def test_a_chart_of_a_url_and_of_a_version(shell: Shell) -> None:
    shell(f"helm repo add r {URL}")
    template = "helm template x {} --set nfs.server=a,nfs.path=/b | grep ' chart:' | sort -u"
    newest = shell(template.format(f"r/{REPO}")).out
    assert newest.split() == ["chart:", f"{REPO}-4.0.18"]
    assert shell(template.format(f"{REPO} --repo {URL}")).out == newest
    assert shell(template.format(f"r/{REPO} --version 4.x")).out == newest
    ran = shell(f"helm pull r/{REPO} --version 99")
    assert f'chart "{REPO}" matching 99 not found in r index' in ran.err
    shell(f"helm pull r/{REPO} -d out --untar --untardir in; helm pull r/{REPO} -d .")
    assert shell(f"ls -d out/in/{REPO} *.tgz").out == f"{REPO}-4.0.18.tgz\nout/in/{REPO}\n"
    assert shell(template.format(f"./{REPO}-4.0.18.tgz")).out == newest


def test_names_that_are_made(shell: Shell) -> None:
    line = f"helm install {CHART} -f mycluster.yaml --dry-run=client"
    assert shell(f"{line} -g | head -1 | sed 's/[0-9]*$//'").out == "NAME: openwhisk-\n"
    assert shell(f"{line} --name-template my | head -1").out == "NAME: my\n"


@pytest.mark.parametrize(
    ("flag", "means"),
    [("--dry-run", "--dry-run=client"), ("--dry-run=true", "--dry-run=client")],
)
def test_old_forms_of_a_dry_run_are_warned_of(shell: Shell, flag: str, means: str) -> None:
    ran = shell(f"helm install x {CHART} -f mycluster.yaml {flag}")
    assert ran.status == 0
    assert means in ran.err
    assert "DESCRIPTION: Dry run complete" in ran.out


def test_two_charts_are_packaged_with_versions_of_their_own(shell: Shell) -> None:
    shell("helm create a; helm create b")
    ran = shell("helm package a b --version 2.0.0 --app-version 7; helm show chart b-2.0.0.tgz")
    assert ran.out.count("Successfully packaged chart and saved it to: /home/ubuntu/") == 2
    assert "appVersion: " in ran.out
    assert yaml.safe_load(ran.out.partition("b-2.0.0.tgz\n")[2])["version"] == "2.0.0"
    missing = shell("helm package gone")
    assert (missing.status, missing.err) == (1, 'Error: path "gone" not found\n')


def test_clusters_are_chosen_by_the_environment(machine: Machine, shell: Shell) -> None:
    for name, host in (("a", "192.0.2.1"), ("b", "192.0.2.2"), ("c", "somewhere.example")):
        config = {"clusters": [{"name": "c", "cluster": {"server": f"https://{host}:6443"}}]}
        machine.write(f"/home/ubuntu/{name}", yaml.safe_dump(config).encode(), owner="ubuntu")
    assert "dial tcp 192.0.2.2:6443: connect: no route" in shell("KUBECONFIG=b helm list").err
    assert "dial tcp 192.0.2.1:6443" in shell("KUBECONFIG=nope::a:b helm list").err
    assert "dial tcp 192.0.2.1:6443" in shell("KUBECONFIG=b helm --kubeconfig a list").err
    assert (
        "lookup somewhere.example on 127.0.0.53:53: no such host"
        in shell("KUBECONFIG=c helm list").err
    )
    assert NOWHERE in shell("KUBECONFIG=nope helm list").err
    machine.write("/home/ubuntu/bad", b"a: [", owner="ubuntu")
    assert 'error loading config file "/home/ubuntu/bad": ' in shell("KUBECONFIG=bad helm list").err
    config = {
        "clusters": [
            {"name": "c", "cluster": {"server": "https://x", "certificate-authority": "ca.crt"}}
        ]
    }
    machine.write("/home/ubuntu/cert", yaml.safe_dump(config).encode(), owner="ubuntu")
    assert shell("KUBECONFIG=cert helm list").err == (
        "Error: unable to read certificate-authority /home/ubuntu/ca.crt: "
        "open /home/ubuntu/ca.crt: no such file or directory\n"
    )


def test_the_environment(shell: Shell) -> None:
    lines = dict(line.split("=", 1) for line in shell("helm env -n x --debug").out.splitlines())
    assert lines["HELM_NAMESPACE"] == '"x"'
    assert lines["HELM_DEBUG"] == '"true"'
    assert lines["HELM_BIN"] == '"helm"'
    assert lines["HELM_CACHE_HOME"] == '"/home/ubuntu/.cache/helm"'
    assert shell("helm env HELM_CACHE_HOME; helm env NOPE").out == "/home/ubuntu/.cache/helm\n\n"
    assert lines["HELM_REPOSITORY_CONFIG"] == '"/home/ubuntu/.config/helm/repositories.yaml"'


def test_forms_of_the_version(shell: Shell) -> None:
    number = shell("helm version --template '{{.Version}}'").out
    assert number.startswith("v")
    assert shell("helm version --short").out == f"{number}+owlab.pocket\n"
    assert shell("helm version -c").out.startswith(f'version.BuildInfo{{Version:"{number}", ')


def test_help_lists_flags_with_their_defaults(shell: Shell) -> None:
    for line in ("helm install --help", "helm help install", "helm install -h"):
        text = shell(line).out
        assert "Usage:\n  helm install [NAME] [CHART] [flags]\n" in text
        assert "      --timeout duration " in text
        assert "(default 5m0s)" in text
        assert "-h, --help " in text
        assert "help for install" in text
        assert "Global Flags:" in text
    text = shell("helm").out
    assert "Available Commands:" in text
    assert "help for helm" in text


def test_a_charts_git_stays_where_it_is(machine: Machine, shell: Shell) -> None:
    shell("helm create ch; mkdir ch/.git; echo x > ch/.git/config; rm -r ch/templates; mkdir ch/z")
    machine.write("/home/ubuntu/ch/z/x", b"y")
    machine.write("/home/ubuntu/ch/templates/x.yaml", b'kind: A\ndata: {{ .Files.Get "z/x" }}\n')
    assert (
        shell("helm template x ch").out == "---\n# Source: ch/templates/x.yaml\nkind: A\ndata: y\n"
    )
    assert ".git" not in shell("helm package ch > /dev/null; tar tf ch-0.1.0.tgz").out
