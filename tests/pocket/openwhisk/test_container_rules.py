"""Kinds of actions and their code: what runs, and how it is placed. No process is needed."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from owlab.pocket.openwhisk import launching, runtimes
from owlab.pocket.openwhisk.code import NO_ARCHIVE, BadCode, is_binary, place
from owlab.pocket.openwhisk.runtimes import RuntimeKind, tools
from owlab.pocket.openwhisk.runtimes.kinds import blackbox, resolve

# -- kinds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found", "image"),
    [
        ("nodejs:14", "nodejs:14", "openwhisk/action-nodejs-v14:1.20.0"),
        ("nodejs:default", "nodejs:14", "openwhisk/action-nodejs-v14:1.20.0"),
        ("python:default", "python:3", "openwhisk/action-python-v3.7:1.17.0"),
        ("swift:default", "swift:4.2", "openwhisk/action-swift-v4.2:1.17.0"),
        ("php:default", "php:7.4", "openwhisk/action-php-v7.4:1.17.0"),
        ("dotnet:default", "dotnet:2.2", "openwhisk/action-dotnet-v2.2:1.16.0"),
        ("nodejs:22", "nodejs:22", "openwhisk/action-nodejs-v22:latest"),
        ("python:3.14", "python:3.14", "openwhisk/action-python-v3.14:latest"),
        ("python:3.8", None, ""),
        ("nodejs:19", None, ""),
        ("cobol:default", None, ""),
        ("nodejs", None, ""),
        ("sequence", None, ""),
    ],
)
def test_kinds(name: str, found: str | None, image: str) -> None:
    kind = resolve(name)
    assert (kind.name if kind else None) == found
    assert (kind.image if kind else "") == image


@pytest.mark.parametrize(
    ("image", "family"),
    [
        ("openwhisk/dockerskeleton", "native"),
        ("docker.io/openwhisk/dockerskeleton:1.14", "native"),
        ("openwhisk/action-nodejs-v14:nightly", "nodejs"),
        ("openwhisk/action-php-v7.4", "php"),
        ("openwhisk/python3action", "python"),
        ("me/mine:1", "blackbox"),
    ],
)
def test_images(image: str, family: str) -> None:
    kind = blackbox(image)
    assert (kind.name, kind.image, kind.family) == ("blackbox", image, family)
    assert kind.concurrent is (family == "nodejs")


def test_one_default_for_each_family() -> None:
    for family in {kind.family for kind in runtimes.KINDS.values()}:
        mine = [kind for kind in runtimes.KINDS.values() if kind.family == family]
        assert sum(kind.default for kind in mine) == 1, family
    listed = runtimes.manifest(confined=True)
    assert [row["kind"] for row in listed["nodejs"]] == ["nodejs:14", "nodejs:16"]
    assert all(row["runsHere"] and row["deprecated"] is False for row in listed["php"])
    assert [kind.name for kind in runtimes.KINDS.values() if kind.stem_cells] == ["nodejs:14"]


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        ("rust", "compiles no rust functions. A zip file with the compiled program 'exec' runs"),
        ("swift", "compiles no swift functions."),
        ("dotnet", "runs no dotnet functions: it has not what their image brings."),
        ("blackbox", "runs no container images but openwhisk/dockerskeleton"),
        ("php", "runs php functions with the php of this computer; there is none."),
    ],
)
def test_why_a_family_does_not_run(family: str, sentence: str) -> None:
    assert sentence in tools.missing(family)
    compiled = family in ("go", "rust", "swift")
    assert tools.missing(family).endswith("runs without.") is compiled


def test_what_is_refused_before_a_container_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "tool", lambda family: "/bin/php" if family == "php" else None)
    for family in ("nodejs", "python", "native", "go", "rust", "swift", "php"):
        assert tools.refusal(family) == "", family
    for family in ("ruby", "dotnet", "ballerina", "blackbox"):
        assert tools.refusal(family), family


def test_what_executes_a_kind() -> None:
    node14, node22 = resolve("nodejs:14"), resolve("nodejs:22")
    python, php = resolve("python:3"), resolve("php:7.4")
    assert node14 and node22 and python and php
    assert "--no-experimental-require-module" in runtimes.command(node14)
    assert "--no-experimental-require-module" not in runtimes.command(node22)
    assert runtimes.command(python) == [] == runtimes.command(php)
    assert runtimes.program(node14) == "" == runtimes.program(python)
    assert runtimes.program(php).endswith("proxy.py")
    assert set(runtimes.environment(node14)) == {"NODE_PATH"} and not runtimes.environment(php)


# -- code ----------------------------------------------------------------------------------


def archive(**files: str) -> str:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, text in files.items():
            info = zipfile.ZipInfo(name.replace("__DOT__", ".").replace("__IN__", "/"))
            info.external_attr = (0o755 if "exec" in name else 0o644) << 16
            made.writestr(info, text)
    return base64.b64encode(data.getvalue()).decode()


@pytest.mark.parametrize(
    ("code", "binary"),
    [
        ("", False),
        ("function main() {}", False),
        ("UEsDB", False),
        ("UEsDBAAA", True),
        ("UEsDB!!!", False),
        ("f0VMRgAA", True),
        ("f0VMR is a name", False),
        (" UEsDBAAA", False),
    ],
)
def test_what_is_binary(code: str, binary: bool) -> None:
    assert is_binary(code) is binary


def placed(tmp_path: Path, name: str, code: str, main: str = "main") -> dict[str, Any]:
    kind = resolve(name) or blackbox(name)
    folder = tmp_path / "c"
    folder.mkdir(exist_ok=True)
    return dict(place(kind, code, is_binary(code), folder, main=main, cache=tmp_path / "cache"))


def test_source_is_placed(tmp_path: Path) -> None:
    told = placed(tmp_path, "nodejs:14", "// ä")
    assert told == {"directory": str(tmp_path / "c"), "file": "index.js", "archive": False}
    assert (tmp_path / "c" / "index.js").read_text("utf-8") == "// ä"
    told = placed(tmp_path, "python:3", "pass")
    assert (told["file"], told["archive"], told["paths"]) == ("exec__.py", False, [])
    assert told["packages"]


@pytest.mark.parametrize(
    ("name", "files", "main", "problem"),
    [
        ("nodejs:14", {"index__DOT__js": ""}, "main", None),
        ("nodejs:14", {"package__DOT__json": "{}"}, "main", None),
        ("nodejs:14", {"other__DOT__js": ""}, "main", "package.json or index.js at the root"),
        ("nodejs:14", {"other__DOT__js": ""}, "other.main", None),
        ("python:3", {"__main____DOT__py": ""}, "main", None),
        ("python:3", {"main__DOT__py": ""}, "main", "does not include mandatory files"),
        ("python:3", {"__main____DOT__py": "", "virtualenv__IN__x": ""}, "main",
         "does not include 'activate_this.py'"),
        ("python:3",
         {"__main____DOT__py": "", "virtualenv__IN__bin__IN__activate_this__DOT__py": ""},
         "main", None),
    ],
)  # fmt: skip
def test_archives_are_placed(
    tmp_path: Path, name: str, files: dict[str, str], main: str, problem: str | None
) -> None:
    if problem:
        with pytest.raises(BadCode, match=problem):
            placed(tmp_path, name, archive(**files), main)
        return
    told = placed(tmp_path, name, archive(**files), main)
    assert told["archive"] is True and told["directory"] == str(tmp_path / "c" / "action")


@pytest.mark.parametrize(
    ("mode", "runs"),
    [(0o755, True), (0o700, True), (0o100, True), (0o644, False), (0o677, False), (0, False)],
)
def test_what_its_owner_may_execute_stays_so(tmp_path: Path, mode: int, runs: bool) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("__main__.py", "")
        info = zipfile.ZipInfo("bin/tool")
        info.external_attr = (0o100000 | mode) << 16
        made.writestr(info, "#!/bin/sh")
    told = placed(tmp_path, "python:3", base64.b64encode(data.getvalue()).decode())
    tool = Path(str(told["directory"])) / "bin" / "tool"
    assert bool(tool.stat().st_mode & 0o111) is runs


def test_archives_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = base64.b64encode(b"PK\x03\x04" + bytes(100)).decode()
    with pytest.raises(BadCode, match=NO_ARCHIVE):
        placed(tmp_path, "python:3", broken)
    monkeypatch.setattr("owlab.pocket.openwhisk.code.UNPACKED", 10)
    with pytest.raises(BadCode, match=NO_ARCHIVE):
        placed(tmp_path, "python:3", archive(__main____DOT__py="x" * 11))
    placed(tmp_path, "python:3", archive(__main____DOT__py="x" * 10))
    monkeypatch.setattr("owlab.pocket.openwhisk.code.MOST_ENTRIES", 1)
    with pytest.raises(BadCode, match=NO_ARCHIVE):
        placed(tmp_path, "python:3", archive(__main____DOT__py="x", b="y"))


def test_programs_are_placed(tmp_path: Path) -> None:
    told = placed(tmp_path, "openwhisk/dockerskeleton", archive(exec="#!/bin/sh\n"))
    program = tmp_path / "c" / "src" / "exec"
    assert told["command"] == [str(program)] and told["each"] is True and told["told"] is False
    assert program.stat().st_mode & 0o111
    elf = base64.b64encode(b"\x7fELF" + bytes(60)).decode()
    (tmp_path / "2").mkdir()
    told = placed(tmp_path / "2", "rust:1.34", elf)
    assert told["command"] == [str(tmp_path / "2" / "c" / "src" / "exec")]
    assert told["each"] is False


def test_a_native_action_without_code_is_the_images_own(tmp_path: Path) -> None:
    told = placed(tmp_path, "openwhisk/dockerskeleton", "")
    assert (tmp_path / "c" / "src" / "exec").read_text().startswith("#!")
    assert told["compile"] == []


@pytest.mark.parametrize(
    ("name", "files", "problem"),
    [
        ("rust:1.34", {"main__DOT__rs": ""}, "compiles no rust functions"),
        ("dotnet:2.2", {"a": ""}, "runs no dotnet functions"),
        ("me/mine", {"a": ""}, "runs no container images"),
        ("php:7.4", {"other__DOT__php": ""}, "index.php at the root"),
        ("ruby:2.5", {"other__DOT__rb": ""}, "main.rb at the root"),
    ],
)
def test_programs_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, str], problem: str
) -> None:
    monkeypatch.setattr(tools, "tool", lambda family: f"/bin/{family}")
    with pytest.raises(BadCode, match=problem):
        placed(tmp_path, name, archive(**files))


@pytest.mark.parametrize(
    ("family", "name"),
    [("php", "index.php"), ("ruby", "main.rb"), ("go", "action.go"), ("rust", "main.rs"),
     ("native", "exec"), ("java", "exec")],
)  # fmt: skip
def test_single_files_have_names(family: str, name: str) -> None:
    assert launching.source_name(RuntimeKind(f"{family}:1", "i")) == name


def test_scripts_are_launched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "tool", lambda family: f"/bin/{family}")
    php, ruby = resolve("php:7.4"), resolve("ruby:2.5")
    assert php and ruby
    for kind, file in ((php, "index.php"), (ruby, "main.rb")):
        (tmp_path / file).write_text("")
        plan = launching.launch(kind, tmp_path, "f", tmp_path)
        command = plan["command"]
        assert command[0] == f"/bin/{kind.family}" and command[-2:] == [str(tmp_path / file), "f"]
        assert ("display_errors=stderr" in command) is (kind is php)
        assert plan["told"] is True and plan["each"] is False
    monkeypatch.setattr(tools, "tool", lambda family: None)
    with pytest.raises(BadCode, match="there is none"):
        launching.launch(php, tmp_path, "f", tmp_path)


def test_go_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "tool", lambda family: f"/bin/{family}")
    go = resolve("go:1.17")
    assert go
    src = tmp_path / "src"
    src.mkdir()
    plan = launching.launch(go, src, "main", tmp_path / "cache")
    assert plan["compile"][:2] == ["/bin/go", "build"] and plan["told"] is True
    env = plan["compile_env"]
    assert (env["GO111MODULE"], env["GOFLAGS"], env["GOPROXY"]) == ("off", "", "off")
    assert "Main" in (src / "main__.go").read_text()
    (src / "go.mod").write_text("module x")
    env = launching.launch(go, src, "main", tmp_path / "cache")["compile_env"]
    assert (env["GO111MODULE"], env["GOFLAGS"]) == ("on", "-mod=mod")
    (src / "vendor").mkdir()
    assert launching.launch(go, src, "main", tmp_path)["compile_env"]["GOFLAGS"] == ""
    for main in ("a b", "1a", "", "a;b"):
        with pytest.raises(BadCode, match="is not the name of a function"):
            launching.launch(go, src, main, tmp_path)
    (src / "exec").write_text("")
    assert launching.launch(go, src, "main", tmp_path)["compile"] == []
