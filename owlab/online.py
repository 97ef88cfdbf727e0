"""Asking the internet: is everything that a deployment downloads still there, and what is newer?

Only on request (``owlab doctor --online``, ``owlab versions --check``): whoever asks first
does not find out in minute 40.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import yaml

from owlab import versions
from owlab.config import LabConfig
from owlab.diagnostic import Diagnostic
from owlab.steps.helm import DOWNLOADS
from owlab.steps.k3s import SCRIPT
from owlab.steps.wsk import RELEASES

SECONDS = 10
_MANIFESTS = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
_K3S = "https://github.com/k3s-io/k3s/releases/download"


class NoAnswer(Exception):
    """Nobody answered: that says nothing about what was asked for."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def ask(url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """One request; an error status is an answer.

    :raises Unreachable: nobody answered.
    """
    request = urllib.request.Request(url, method=method, headers=dict(headers or {}))
    request.add_header("User-Agent", "owlab")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return HttpAnswer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return HttpAnswer(error.code, dict(error.headers))
    except OSError as error:
        raise NoAnswer(f"{urllib.parse.urlsplit(url).hostname}: {error}") from None


@dataclass(frozen=True, slots=True)
class Download:
    """Something that a deployment downloads.

    :param instead: what to set when it is gone.
    """

    name: str
    there: Callable[[], bool]
    instead: str


def wanted(config: LabConfig) -> list[Download]:
    """Everything that these settings would download."""
    openwhisk, found = config.openwhisk, []
    for image in openwhisk.kafka_images:
        found.append(_image(image, "openwhisk_kafka_images: the first that is there is taken"))
    chart = "openwhisk_chart_commit, of a fork whose values name another image"
    for image in (*versions.RUNTIME_IMAGES, *versions.CHART_IMAGES):
        found.append(_image(image, chart))
    found.append(_image(f"busybox:{versions.BUSYBOX_TAG}", chart))
    found.append(_image(versions.PROVISIONER_IMAGE, "provisioner_chart_version"))
    found.append(_file("K3s' install script", SCRIPT, "mirror=cn"))
    if config.k3s.version:
        address = f"{_K3S}/{urllib.parse.quote(config.k3s.version)}/sha256sum-amd64.txt"
        found.append(_file(f"K3s {config.k3s.version}", address, "k3s_version"))
    archive = f"{DOWNLOADS}/helm-{config.helm.version}-linux-amd64.tar.gz"
    found.append(_file(f"Helm {config.helm.version}", archive, "helm_version and helm_sha256"))
    program = f"{RELEASES}/{config.wsk.version}/OpenWhisk_CLI-{config.wsk.version}-linux-amd64.tgz"
    found.append(_file(f"wsk {config.wsk.version}", program, "wsk_version"))
    repository = versions.OPENWHISK_CHART_REPOSITORY.removesuffix(".git")
    commit = f"{repository}/commit/{openwhisk.chart_commit}" if openwhisk.chart_commit else ""
    found.append(_file("OpenWhisk's chart", commit or repository, "openwhisk_chart_commit"))
    version = config.provisioner.chart_version
    found.append(
        Download(
            f"the provisioner's chart {version}".rstrip(),
            lambda: not version or version in provisioner_charts(),
            "provisioner_chart_version",
        )
    )
    return found


def examine(config: LabConfig) -> list[Diagnostic]:
    """A finding for each thing; what is gone fails, with what to set instead."""
    things = wanted(config)
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_look, things))


def _look(thing: Download) -> Diagnostic:
    try:
        there = thing.there()
    except NoAnswer as error:
        advice = "Nobody answered: a proxy, a firewall, or no network."
        return Diagnostic(thing.name, "warn", str(error), advice)
    if there:
        return Diagnostic(thing.name, "ok", "there")
    return Diagnostic(thing.name, "fail", "gone", f"Set {thing.instead}.")


def _file(name: str, url: str, instead: str) -> Download:
    return Download(name, lambda: ask(url, "HEAD").status < 400, instead)


def _image(image: str, instead: str) -> Download:
    return Download(image, lambda: image_exists(image), instead)


def image_exists(image: str) -> bool:
    """Whether a registry has the manifest; asked without an account, as a node does.

    :raises Unreachable: the registry does not answer, or asks for fewer questions.
    """
    host, repository, tag = parts_of(image)
    url = f"https://{host}/v2/{repository}/manifests/{tag}"
    accept = {"Accept": _MANIFESTS}
    answer = ask(url, "HEAD", accept)
    if answer.status == 401:
        challenge = {k.lower(): v for k, v in answer.headers.items()}.get("www-authenticate", "")
        token = _token(dict(re.findall(r'(\w+)="([^"]*)"', challenge)))
        answer = ask(url, "HEAD", {**accept, "Authorization": f"Bearer {token}"})
    if answer.status == 429 or answer.status >= 500:
        raise NoAnswer(f"{host}: {answer.status}, it answers no more questions now")
    return answer.status < 400


def parts_of(image: str) -> tuple[str, str, str]:
    """Registry, repository and tag: ``busybox:1`` is ``library/busybox`` of Docker Hub."""
    name, _, tag = image.rpartition(":")
    host, slash, rest = name.partition("/")
    if not slash or ("." not in host and ":" not in host):
        host, rest = "docker.io", name
    if host == "docker.io":
        return "registry-1.docker.io", rest if "/" in rest else f"library/{rest}", tag
    return host, rest, tag


def _token(challenge: Mapping[str, str]) -> str:
    query = {key: challenge[key] for key in ("service", "scope") if key in challenge}
    answer = ask(f"{challenge.get('realm', '')}?{urllib.parse.urlencode(query)}")
    said: dict[str, Any] = json.loads(answer.body or b"{}")
    return str(said.get("token") or said.get("access_token") or "")


def provisioner_charts() -> list[str]:
    """The versions of the provisioner's chart, newest first."""
    answer = ask(f"{versions.PROVISIONER_CHART_REPOSITORY}index.yaml")
    entries = (yaml.safe_load(answer.body or b"{}") or {}).get("entries", {})
    return [str(one["version"]) for one in entries.get("nfs-subdir-external-provisioner", [])]


def newest() -> dict[str, Callable[[], str]]:
    """How to ask for the newest of what is pinned, by setting."""
    api = "https://api.github.com/repos/apache"

    def said(url: str) -> Any:
        answer = ask(url)
        if answer.status >= 400:
            raise NoAnswer(f"{urllib.parse.urlsplit(url).hostname}: {answer.status}")
        return json.loads(answer.body)

    def k3s() -> str:
        channels = said("https://update.k3s.io/v1-release/channels")["data"]
        return next(str(one["latest"]) for one in channels if one["id"] == "stable")

    return {
        "k3s_version": k3s,
        "helm_version": lambda: ask(f"{DOWNLOADS}/helm4-latest-version").body.decode().strip(),
        "wsk_version": lambda: str(said(f"{api}/openwhisk-cli/releases/latest")["tag_name"]),
        "openwhisk_chart_commit": lambda: str(
            said(f"{api}/openwhisk-deploy-kube/commits/master")["sha"]
        ),
        "provisioner_chart_version": lambda: provisioner_charts()[0],
    }
