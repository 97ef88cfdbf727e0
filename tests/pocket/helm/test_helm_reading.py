"""What helm says of releases: list, history, get, status, in the formats that it has."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.clients.test_helm_releases import K3S, Shell, cluster, shell

__all__ = ["cluster", "shell"]

CHART = """
mkdir -p ch/templates
printf 'apiVersion: v2\\nname: ch\\nversion: 1.2.3\\nappVersion: "9"\\n' > ch/Chart.yaml
printf 'color: red\\nsize: 1\\n' > ch/values.yaml
cat > ch/templates/cm.yaml <<'X'
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-cm}
data: {color: {{ .Values.color }}}
X
cat > ch/templates/hook.yaml <<'X'
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: pre-install}
X
echo 'Colour: {{ .Values.color }}' > ch/templates/NOTES.txt
"""


@pytest.fixture
def releases(shell: Shell) -> Shell:
    """Two releases of a small chart; one has two revisions."""
    ran = shell(
        f"{CHART}{K3S} install one ./ch --set color=blue --description first -l team=a\n"
        f"{K3S} upgrade one ./ch --reuse-values --set size=2\n"
        f"{K3S} install two ./ch -n other --create-namespace\n"
    )
    assert (ran.status, ran.err) == (0, "")
    return shell


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("\t")] for line in text.splitlines()]


def test_lists(releases: Shell) -> None:
    def names(options: str) -> list[str]:
        return releases(f"{K3S} list -q {options}").out.split()

    header, *found = rows(releases(f"{K3S} list").out)
    assert header == ["NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION"]
    ((name, space, revision, updated, status, chart, app),) = found
    assert (name, space, revision, status, chart) == ("one", "default", "2", "deployed", "ch-1.2.3")
    assert app == "9"
    assert updated.endswith(" +0000 UTC")
    assert names("") == ["one"]
    assert names("-A") == ["one", "two"]
    assert names("-A -r") == ["two", "one"]
    assert names("-A -d") == ["one", "two"]
    assert names("-A --filter ^t") == ["two"]
    assert names("-A -m 1") == ["one"]
    assert names("-A --offset 1") == ["two"]
    assert names("-n other") == ["two"]
    assert names("-A --failed") == []
    assert names("-A --deployed") == ["one", "two"]
    assert names("--superseded") == ["one"]
    assert names("-l team=a") == ["one"]
    assert names("-l team=b") == []
    assert releases(f"{K3S} list -q -o json").out == '["one"]\n'
    assert releases(f"{K3S} list -q -o yaml").out == "- one\n"
    assert rows(releases(f"{K3S} list --no-headers").out)[0][0] == "one"
    (shown,) = yaml.safe_load(releases(f"{K3S} list -n other -o yaml").out)
    assert shown["name"] == "two"
    assert shown["app_version"] == "9"


def test_history(releases: Shell) -> None:
    header, first, second = rows(releases(f"{K3S} history one").out)
    assert header == ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION"]
    assert [first[at] for at in (0, 2, 3, 4, 5)] == ["1", "superseded", "ch-1.2.3", "9", "first"]
    assert [second[at] for at in (0, 2, 5)] == ["2", "deployed", "Upgrade complete"]
    (last,) = json.loads(releases(f"{K3S} hist one --max 1 -o json").out)
    assert last["revision"] == 2


def test_get(releases: Shell) -> None:
    def got(words: str) -> str:
        ran = releases(f"{K3S} get {words}")
        assert (ran.status, ran.err) == (0, "")
        return ran.out

    assert got("values one") == "USER-SUPPLIED VALUES:\ncolor: blue\nsize: 2\n"
    assert got("values one --revision 1") == "USER-SUPPLIED VALUES:\ncolor: blue\n"
    assert got("values two -n other") == "USER-SUPPLIED VALUES:\nnull\n"
    assert got("values two -n other -a") == "COMPUTED VALUES:\ncolor: red\nsize: 1\n"
    assert json.loads(got("values one -o json")) == {"color": "blue", "size": 2}
    assert got("values two -n other -o json") == "null\n"
    assert got("notes one") == "NOTES:\nColour: blue\n\n"
    assert "name: one-cm" in got("manifest one")
    assert "name: one-hook" not in got("manifest one")
    assert got("hooks one").startswith("---\n# Source: ch/templates/hook.yaml\napiVersion: v1\n")
    about = dict(line.split(": ", 1) for line in got("metadata one").splitlines())
    assert about.pop("DEPLOYED_AT")
    assert about == {
        "NAME": "one",
        "CHART": "ch",
        "VERSION": "1.2.3",
        "APP_VERSION": "9",
        "NAMESPACE": "default",
        "REVISION": "2",
        "STATUS": "deployed",
    }
    assert json.loads(got("metadata one --revision 1 -o json"))["revision"] == 1
    everything = got("all one")
    order: tuple[str, ...] = (
        "REVISION: 2\nCHART: ch\nVERSION: 1.2.3\nAPP_VERSION: 9\n",
        "USER-SUPPLIED VALUES:\n",
    )
    order += ("COMPUTED VALUES:\ncolor: blue\nsize: 2\n", "HOOKS:\n---\n", "MANIFEST:\n---\n")
    order += ("NOTES:\nColour: blue\n",)
    places = [everything.index(text) for text in order]
    assert places == sorted(places)
    assert everything.startswith("NAME: one\n")


def test_status_of_a_revision(releases: Shell) -> None:
    ran = releases(f"{K3S} status one --revision 1")
    assert "STATUS: superseded\nREVISION: 1\nDESCRIPTION: first\n" in ran.out
    assert "Colour: blue" in ran.out
    assert "one-cm" in ran.out
    shown = yaml.safe_load(releases(f"{K3S} status one -o yaml").out)
    assert shown["version"] == 2
    assert shown["config"] == {"color": "blue", "size": 2}
    assert "chart" not in shown
    assert releases(f"{K3S} status one --revision 7").status == 1


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("upgrade one ./ch", {"color": "blue", "size": 2}),
        ("upgrade one ./ch --set size=3", {"size": 3}),
        ("upgrade one ./ch --reset-values", None),
        ("upgrade one ./ch --reuse-values", {"color": "blue", "size": 2}),
        ("upgrade one ./ch --reuse-values --set size=3", {"color": "blue", "size": 3}),
        (
            "upgrade one ./ch --reset-then-reuse-values --set size=3",
            {"color": "blue", "size": 3},
        ),
    ],
)
def test_which_values_an_upgrade_keeps(releases: Shell, line: str, wanted: object) -> None:
    assert releases(f"{K3S} {line}").status == 0
    assert json.loads(releases(f"{K3S} get values one -o json").out) == wanted


def test_a_simulated_upgrade_changes_nothing(releases: Shell) -> None:
    ran = releases(f"{K3S} upgrade one ./ch --set color=green --dry-run=server")
    assert ran.status == 0
    assert "color: green" in ran.out
    assert "DESCRIPTION: Dry run complete" in ran.out
    assert rows(releases(f"{K3S} list").out)[1][2] == "2"
    assert json.loads(releases(f"{K3S} get values one -o json").out)["color"] == "blue"


def test_history_is_kept_as_far_as_one_asks(releases: Shell) -> None:
    releases(f"{K3S} upgrade one ./ch --history-max 2")
    found = json.loads(releases(f"{K3S} history one -o json").out)
    assert [revision["revision"] for revision in found] == [2, 3]


def test_what_is_uninstalled_can_be_kept_and_put_back(releases: Shell) -> None:
    assert releases(f"{K3S} uninstall one --keep-history").status == 0
    assert releases(f"{K3S} list -q").out == "one\n"
    assert releases(f"{K3S} list -q --deployed").out == ""
    assert releases(f"{K3S} list -q --uninstalled").out == "one\n"
    assert releases(f"{K3S} install one ./ch").status == 1
    assert releases(f"{K3S} rollback one 1").status == 0
    assert releases(f"{K3S} list -q --deployed").out == "one\n"
    several = releases(f"{K3S} uninstall one none")
    assert several.status == 1
    assert 'release "one" uninstalled\n' in several.out
