"""helm repo and helm search."""

from __future__ import annotations

import posixpath
import re

from owlab.pocket.programs.helm.commands import Arity, at_least, command, exactly, group
from owlab.pocket.programs.helm.files import (
    CannotRead,
    is_directory,
    read_bytes,
    write_bytes,
)
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.repository import (
    Repositories,
    no_repository,
    satisfies,
    versions_of,
)
from owlab.pocket.programs.helm.tables import formatted, table
from owlab.pocket.programs.pflag import Flag

OUTPUT = Flag(
    "output", default="table", short="o", help="output format. Allowed values: table, json, yaml"
)

group("repo", "add, list, remove, update, and index chart repositories")
group("search", "search for a keyword in charts")


@command(
    "repo add",
    "[NAME] [URL]",
    "add a chart repository",
    exactly(2),
    (
        Flag("force-update", "bool", help="replace the repo if it already exists"),
        Flag("no-update", "bool", help="ignored"),
        Flag("username", help="chart repository username"),
        Flag("password", help="chart repository password"),
        Flag("ca-file", help="verify certificates using this CA bundle"),
        Flag("cert-file", help="identify HTTPS client using this SSL certificate file"),
        Flag("key-file", help="identify HTTPS client using this SSL key file"),
        Flag("insecure-skip-tls-verify", "bool", help="skip tls certificate checks"),
        Flag("pass-credentials", "bool", help="pass credentials to all domains"),
    ),
)
async def add(helm: HelmInvocation) -> int:
    """Remember a repository under a name, with its index."""
    name, url = helm.arguments
    if "/" in name:
        raise HelmFailed(
            f"repository name ({name}) contains '/', please specify a different name without '/'"
        )
    known = Repositories.of(helm)
    entries = known.entries()
    existing = known.url(name)
    if existing is not None and not helm["force-update"]:
        if existing != url:
            raise HelmFailed(
                f"repository name ({name}) already exists, please specify a different name"
            )
        await helm.out(f'"{name}" already exists with the same configuration, skipping\n')
        return 0
    if not url.startswith(("http://", "https://")):
        scheme = url.partition("://")[0] if "://" in url else ""
        raise HelmFailed(f"could not find protocol handler for: {scheme}")
    try:
        known.refresh(name, url)
    except HelmFailed as problem:
        raise no_repository(url, problem) from None
    added = {
        "name": name,
        "url": url,
        "username": helm["username"],
        "password": helm["password"],
        "insecure_skip_tls_verify": helm["insecure-skip-tls-verify"],
        "pass_credentials_all": helm["pass-credentials"],
    }
    known.save([*(entry for entry in entries if entry["name"] != name), added])
    await helm.out(f'"{name}" has been added to your repositories\n')
    return 0


@command("repo list", "", "list chart repositories", flags=(OUTPUT,), aliases=("ls",))
async def list_repositories(helm: HelmInvocation) -> int:
    """The repositories that were added."""
    entries = Repositories.of(helm).entries()
    if helm.output != "table":
        shown = [{"name": entry["name"], "url": entry["url"]} for entry in entries]
        await helm.out(formatted(shown, helm.output))
        return 0
    if not entries:
        raise HelmFailed("no repositories to show")
    await helm.out(table(("NAME", "URL"), [(entry["name"], entry["url"]) for entry in entries]))
    return 0


@command(
    "repo update",
    "[REPO1 [REPO2 ...]]",
    "update information of available charts locally from chart repositories",
    Arity(0, None),
    (Flag("timeout", "duration", 120.0, help="time to wait for the index file download"),),
    aliases=("up",),
)
async def update(helm: HelmInvocation) -> int:
    """Download the indexes again."""
    known = Repositories.of(helm)
    entries = known.entries()
    if not entries:
        raise HelmFailed("no repositories found. You must add one before updating")
    names = {entry["name"] for entry in entries}
    for wanted in helm.arguments:
        if wanted not in names:
            raise HelmFailed(f"no repositories found matching '{wanted}'.  Nothing will be updated")
    await helm.out("Hang tight while we grab the latest from your chart repositories...\n")
    failed = []
    for entry in entries:
        if helm.arguments and entry["name"] not in helm.arguments:
            continue
        try:
            known.refresh(entry["name"], entry["url"])
        except HelmFailed as problem:
            failed.append(entry["url"])
            await helm.out(
                f'...Unable to get an update from the "{entry["name"]}" chart repository '
                f"({entry['url']}):\n\t{problem}\n"
            )
        else:
            await helm.out(
                f'...Successfully got an update from the "{entry["name"]}" chart repository\n'
            )
    if failed:
        raise HelmFailed(f"failed to update the following repositories: [{' '.join(failed)}]")
    await helm.out("Update Complete. ⎈Happy Helming!⎈\n")
    return 0


@command(
    "repo remove",
    "[REPO1 [REPO2 ...]]",
    "remove one or more chart repositories",
    at_least(1),
    aliases=("rm",),
)
async def remove(helm: HelmInvocation) -> int:
    """Forget repositories."""
    known = Repositories.of(helm)
    if not known.entries():
        raise HelmFailed("no repositories configured")
    for name in helm.arguments:
        entries = known.entries()
        left = [entry for entry in entries if entry["name"] != name]
        if len(left) == len(entries):
            raise HelmFailed(f'no repo named "{name}" found')
        known.save(left)
        known.forget(name)
        await helm.out(f'"{name}" has been removed from your repositories\n')
    return 0


@command(
    "repo index",
    "[DIR]",
    "generate an index file given a directory containing packaged charts",
    exactly(1),
    (Flag("url", help="url of chart repository"),),
)
async def index(helm: HelmInvocation) -> int:
    """Make a directory of archives a repository."""
    folder = helm.arguments[0]
    if not is_directory(helm.call, folder):
        raise HelmFailed(f"stat {helm.call.path(folder)}: no such file or directory")
    staged = helm.scratch / "repository"
    staged.mkdir()
    for entry in helm.call.fs.read_dir(helm.call.path(folder)):
        if str(entry["name"]).endswith(".tgz"):
            content = read_bytes(helm.call, posixpath.join(folder, entry["name"]))
            (staged / entry["name"]).write_bytes(content)
    await helm.engine("index", directory=str(staged), url=helm["url"] or None)
    made = (staged / "index.yaml").read_bytes()
    write_bytes(helm.call, posixpath.join(folder, "index.yaml"), made)
    return 0


@command(
    "search repo",
    "[keyword]",
    "search repositories for a keyword in charts",
    Arity(0, None),
    (
        OUTPUT,
        Flag("versions", "bool", short="l", help="show the long listing, with each version"),
        Flag("version", help="search using semantic versioning constraints"),
        Flag("devel", "bool", help="use development versions (alpha, beta), too"),
        Flag("regexp", "bool", short="r", help="use regular expressions for searching"),
        Flag("max-col-width", "int", 50, help="maximum column width for output table"),
        Flag("fail-on-no-result", "bool", help="search fails if no results are found"),
    ),
)
async def search(helm: HelmInvocation) -> int:
    """Charts of the added repositories whose name or description has the keyword."""
    known = Repositories.of(helm)
    entries = known.entries()
    if not entries:
        raise HelmFailed("no repositories configured")
    wanted = " ".join(helm.arguments).lower()
    pattern = re.compile(wanted if helm["regexp"] else re.escape(wanted))
    constraint = helm["version"] or (">0.0.0-0" if helm["devel"] else ">0.0.0")
    found = []
    for entry in entries:
        try:
            index = known.cached_index(entry["name"])
        except CannotRead:
            await helm.warn(
                f"level=WARN msg=\"repo is corrupt or missing. Try 'helm repo update'.\" "
                f"repo={entry['name']}"
            )
            continue
        for chart in sorted(index["entries"]):
            name = f"{entry['name']}/{chart}"
            fitting = [
                version
                for version in versions_of(index, chart)
                if satisfies(str(version["version"]), constraint)
            ]
            for version in fitting if helm["versions"] else fitting[:1]:
                words = [name, version.get("description") or "", *(version.get("keywords") or [])]
                if pattern.search(" ".join(words).lower()):
                    found.append(
                        {
                            "name": name,
                            "version": str(version["version"]),
                            "app_version": str(version.get("appVersion") or ""),
                            "description": version.get("description") or "",
                        }
                    )
    if helm.output != "table":
        await helm.out(formatted(found, helm.output))
    elif found:
        header = ("NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION")
        rows = [tuple(chart.values()) for chart in found]
        await helm.out(table(header, rows, helm["max-col-width"]))
    else:
        await helm.out("No results found\n")
    if not found and helm["fail-on-no-result"]:
        raise HelmFailed("no results found")
    return 0


@command("search hub", "[KEYWORD]", "search for charts in the Artifact Hub", Arity(0, None))
async def search_hub(helm: HelmInvocation) -> int:
    """The Artifact Hub is not on the lab's map."""
    raise HelmFailed(
        'unable to perform search against "https://hub.helm.sh": it is not on the pocket lab\'s '
        "map of the internet"
    )
