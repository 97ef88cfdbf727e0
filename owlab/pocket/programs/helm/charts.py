"""Where charts come from: a directory or archive of the machine, a repository, a URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from owlab.pocket.programs.helm.files import (
    CannotRead,
    exists,
    is_directory,
    read_bytes,
    stage_tree,
)
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.repository import (
    Repositories,
    download,
    download_index,
    no_repository,
    pick,
)
from owlab.pocket.programs.pflag import Flag

if TYPE_CHECKING:
    from owlab.pocket.programs.helm.invocation import HelmInvocation

CHART_FLAGS = (
    Flag("version", help="version constraint for the chart version to use"),
    Flag("repo", help="chart repository url where to locate the requested chart"),
    Flag("devel", "bool", help="use development versions, too"),
    Flag("verify", "bool", help="verify the package before using it"),
    Flag("keyring", help="location of public keys used for verification"),
    Flag("username", help="chart repository username"),
    Flag("password", help="chart repository password"),
    Flag("cert-file", help="identify HTTPS client using this SSL certificate file"),
    Flag("key-file", help="identify HTTPS client using this SSL key file"),
    Flag("ca-file", help="verify certificates of HTTPS-enabled servers using this CA bundle"),
    Flag("insecure-skip-tls-verify", "bool", help="skip tls certificate checks"),
    Flag("plain-http", "bool", help="use insecure HTTP connections for the chart download"),
    Flag("pass-credentials", "bool", help="pass credentials to all domains"),
)


def locate(helm: HelmInvocation, reference: str) -> Path:
    """A copy of the chart that ``reference`` means, where the engine can read it."""
    call = helm.call
    if exists(call, reference):
        return stage(helm, reference)
    if reference.startswith(("/", ".")):
        raise HelmFailed(f'path "{reference}" not found')
    name, content = fetch(helm, reference)
    archive = helm.scratch / name
    archive.write_bytes(content)
    helm.shown[str(archive)] = name
    return archive


async def with_dependencies(helm: HelmInvocation, reference: str) -> Path:
    """The same for a release: with ``--dependency-update``, a chart here is made complete first."""
    if helm["dependency-update"] and exists(helm.call, reference):
        await complete(helm, reference)
    return locate(helm, reference)


async def complete(helm: HelmInvocation, path: str) -> None:
    """Bring a chart's dependencies: nothing to do where it has none, and none can be had here."""
    if await helm.engine("dependencies", chart=str(stage(helm, path))):
        raise HelmFailed("chart dependencies are not on the pocket lab's map of the internet")


def stage(helm: HelmInvocation, path: str) -> Path:
    """A copy of a chart of the machine: a directory or an archive."""
    call = helm.call
    absolute = call.path(path)
    copy = helm.scratch / "charts" / absolute.rpartition("/")[2]
    if not is_directory(call, path):
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(read_bytes(call, path))
    else:
        if not exists(call, f"{path}/Chart.yaml"):
            raise HelmFailed("Chart.yaml file is missing")
        stage_tree(call, path, copy)
    helm.shown[str(copy)] = path
    return copy


def fetch(helm: HelmInvocation, reference: str) -> tuple[str, bytes]:
    """The archive of a chart that is not on the machine: its file name and content."""
    version = helm["version"] or (">0.0.0-0" if helm["devel"] else "")
    if reference.startswith("oci://"):
        raise HelmFailed("OCI registries are not on the pocket lab's map of the internet")
    if reference.startswith(("http://", "https://")):
        return reference.rpartition("/")[2], download(reference)
    if helm["repo"]:
        try:
            index = download_index(helm["repo"])
        except HelmFailed as problem:
            raise no_repository(helm["repo"], problem) from None
        try:
            entry = pick(index, reference, version)
        except LookupError:
            wanted = f'chart "{reference}"' + (f' version "{version}"' if version else "")
            raise HelmFailed(f"{wanted} not found in {helm['repo']} repository") from None
        return _archive(entry, helm["repo"])
    repository, slash, name = reference.partition("/")
    if not slash or not repository:
        raise HelmFailed(
            f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}"
        )
    known = Repositories.of(helm)
    url = known.url(repository)
    if url is None:
        raise HelmFailed(f"repo {repository} not found")
    try:
        index = known.cached_index(repository)
    except CannotRead as problem:
        raise HelmFailed(f"no cached repo found. (try 'helm repo update'): {problem}") from None
    try:
        entry = pick(index, name, version)
    except LookupError as problem:
        raise HelmFailed(
            f'chart "{name}" matching {version} not found in {repository} index. '
            f"(try 'helm repo update'): {problem.args[0]}"
        ) from None
    return _archive(entry, url)


def _archive(entry: dict[str, object], base: str) -> tuple[str, bytes]:
    urls = entry.get("urls")
    if not isinstance(urls, list) or not urls:
        raise HelmFailed(f'chart "{entry.get("name")}" has no downloadable URLs')
    url = str(urls[0])
    if "://" not in url:
        url = f"{base.rstrip('/')}/{url}"
    return url.rpartition("/")[2], download(url)
