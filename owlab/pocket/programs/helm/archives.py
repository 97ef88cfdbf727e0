"""helm package, pull, create and dependency: charts as files."""

from __future__ import annotations

import posixpath

from owlab.pocket.programs.helm.charts import CHART_FLAGS, complete, fetch, stage
from owlab.pocket.programs.helm.commands import Arity, at_least, command, exactly, group
from owlab.pocket.programs.helm.files import exists, save_tree, write_bytes
from owlab.pocket.programs.helm.invocation import HelmInvocation
from owlab.pocket.programs.helm.remote import HelmFailed
from owlab.pocket.programs.helm.tables import table
from owlab.pocket.programs.helm.unpack import unpack
from owlab.pocket.programs.pflag import Flag


@command(
    "package",
    "[CHART_PATH] [...]",
    "package a chart directory into a chart archive",
    at_least(1),
    (
        Flag("destination", default=".", short="d", help="location to write the chart"),
        Flag("version", help="set the version on the chart to this semver version"),
        Flag("app-version", help="set the appVersion on the chart to this version"),
        Flag("dependency-update", "bool", short="u", help="update dependencies first"),
    ),
)
async def package(helm: HelmInvocation) -> int:
    """Make an archive of a chart."""
    for path in helm.arguments:
        if not exists(helm.call, path):
            raise HelmFailed(f"path {path!r} not found".replace("'", '"'))
        if helm["dependency-update"]:
            await complete(helm, path)
        made = helm.scratch / "packages"
        made.mkdir(exist_ok=True)
        archive = await helm.engine(
            "package",
            chart=str(stage(helm, path)),
            destination=str(made),
            version=helm["version"] or None,
            app_version=helm["app-version"] or None,
        )
        name = archive.rpartition("/")[2]
        target = posixpath.join(helm.call.path(helm["destination"]), name)
        write_bytes(helm.call, target, (made / name).read_bytes())
        await helm.out(f"Successfully packaged chart and saved it to: {target}\n")
    return 0


@command(
    "pull",
    "[chart URL | repo/chartname] [...]",
    "download a chart from a repository",
    at_least(1),
    (
        *CHART_FLAGS,
        Flag("destination", default=".", short="d", help="location to write the chart"),
        Flag("untar", "bool", help="untar the chart after downloading it"),
        Flag("untardir", default=".", help="the directory into which the chart is expanded"),
        Flag("prov", "bool", help="fetch the provenance file"),
    ),
    aliases=("fetch",),
)
async def pull(helm: HelmInvocation) -> int:
    """Download charts."""
    for reference in helm.arguments:
        name, content = fetch(helm, reference)
        if not helm["untar"]:
            write_bytes(helm.call, posixpath.join(helm["destination"], name), content)
            continue
        target = posixpath.join(helm["destination"], helm["untardir"])
        files = unpack(content)
        folder = posixpath.join(target, next(iter(files)).partition("/")[0])
        if exists(helm.call, folder):
            raise HelmFailed(
                f"failed to untar: a file or directory with the name {helm.call.path(folder)} "
                "already exists"
            )
        for path, data in files.items():
            write_bytes(helm.call, posixpath.join(target, path), data)
    return 0


@command("create", "NAME", "create a new chart with the given name", exactly(1))
async def create(helm: HelmInvocation) -> int:
    """A chart to begin with."""
    path = helm.arguments[0]
    await helm.out(f"Creating {path}\n")
    parent, name = posixpath.split(helm.call.path(path))
    made = helm.scratch / "created"
    made.mkdir()
    await helm.engine("create", name=name, destination=str(made))
    save_tree(helm.call, made, parent)
    return 0


group("dependency", "manage a chart's dependencies", "dep", "dependencies")


@command("dependency list", "CHART", "list the dependencies", Arity(0, 1), aliases=("ls",))
async def dependencies(helm: HelmInvocation) -> int:
    """What a chart needs, and whether it is there."""
    path = helm.arguments[0] if helm.arguments else "."
    if not exists(helm.call, path):
        raise HelmFailed(f"stat {path}: no such file or directory")
    found = await helm.engine("dependencies", chart=str(stage(helm, path)))
    if not found:
        await helm.out(f"WARNING: no dependencies at {posixpath.normpath(f'{path}/charts')}\n")
        return 0
    header = ("NAME", "VERSION", "REPOSITORY", "STATUS")
    rows = [(d["name"], d["version"], d["repository"], d["status"]) for d in found]
    await helm.out(table(header, rows, 80))
    return 0


async def _without_dependencies(helm: HelmInvocation) -> int:
    path = helm.arguments[0] if helm.arguments else "."
    if not exists(helm.call, path):
        raise HelmFailed(f"stat {path}: no such file or directory")
    await complete(helm, path)
    return 0


@command(
    "dependency update", "CHART", "update charts/ from Chart.yaml", Arity(0, 1), aliases=("up",)
)
async def dependency_update(helm: HelmInvocation) -> int:
    """Nothing to do for a chart that needs no others."""
    return await _without_dependencies(helm)


@command("dependency build", "CHART", "rebuild charts/ from Chart.lock", Arity(0, 1))
async def dependency_build(helm: HelmInvocation) -> int:
    """Nothing to do for a chart that needs no others."""
    return await _without_dependencies(helm)
