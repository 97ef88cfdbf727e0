"""The lab's own charts, and how the simulated internet serves them.

Small charts of our own text, with the names, values and objects of the upstream ones.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

from owlab.pocket.ground.yaml_text import dump_yaml, load_yaml

CHARTS = ("openwhisk", "nfs-subdir-external-provisioner")
"""The charts there are."""

_HERE = Path(__file__).parent
_CREATED = "2024-02-15T00:00:00Z"


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def chart_files(name: str) -> dict[str, bytes]:
    """The files of a chart, by their path inside its directory."""
    if name not in CHARTS:
        raise KeyError(f"no chart named {name!r}: there are {', '.join(CHARTS)}")
    return _tree(_HERE / name)


def chart_metadata(name: str) -> dict[str, Any]:
    """A chart's Chart.yaml."""
    metadata: dict[str, Any] = load_yaml(chart_files(name)["Chart.yaml"])
    return metadata


def archive_name(name: str) -> str:
    """The file name of a chart's archive, as ``helm package`` names it."""
    return f"{name}-{chart_metadata(name)['version']}.tgz"


@cache
def chart_archive(name: str) -> bytes:
    """A chart as a .tgz, the same bytes every time."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, content in chart_files(name).items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def repo_index(base_url: str, charts: tuple[str, ...] = CHARTS) -> bytes:
    """The index.yaml of a chart repository at ``base_url`` that holds ``charts``."""
    entries = {}
    for name in charts:
        metadata = chart_metadata(name)
        entries[name] = [
            {
                **metadata,
                "created": _CREATED,
                "digest": hashlib.sha256(chart_archive(name)).hexdigest(),
                "urls": [f"{base_url.rstrip('/')}/{archive_name(name)}"],
            }
        ]
    index = {"apiVersion": "v1", "entries": entries, "generated": _CREATED}
    return dump_yaml(index, sort_keys=True).encode()


def git_tree() -> dict[str, bytes]:
    """What a clone of the repository ``openwhisk-deploy-kube`` holds, by path."""
    tree = _tree(_HERE / "deploy-kube")
    chart = {f"helm/openwhisk/{path}": data for path, data in chart_files("openwhisk").items()}
    return {**tree, **chart}
