"""What the site holds: links that lead somewhere, no secret, nothing from elsewhere, one source."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from owlab import language
from owlab.cli import COMMANDS, main
from owlab.config import AS_WRITTEN, MEANINGS, LabConfig
from owlab.errors import BatchError
from owlab.incidents import INCIDENTS
from owlab.notebook.form import _CHOICES, _meaning
from tests.site.example import NAME, SECRET, SENTENCE, TITLE
from tests.site.reading import after, article, copied, soup
from website import ROOT, sources
from website.__main__ import main as make_site
from website.course_run import CourseRun
from website.markdown import fence, section
from website.pages.documents import PAGES
from website.pages.other_commands import OTHERS, first_sentence
from website.words import CHINESE, ENGLISH, Words

HAN = re.compile(r"[\u4e00-\u9fff]")
ASSETS = ("script[src]", "link[href]", "img[src]", "iframe[src]", "source[src]", "object[data]")


def pages(site: Path) -> dict[Path, BeautifulSoup]:
    return {path: soup(path) for path in sorted(site.rglob("*.html"))}


def test_every_link_inside_leads_to_a_place(site: Path) -> None:
    known = pages(site)
    anchors = {path: {e["id"] for e in page.select("[id]")} for path, page in known.items()}
    for path, page in known.items():
        assert len(page.select("[id]")) == len(anchors[path]), f"{path}: an id twice"
        for link in page.select("a[href], link[href], script[src], img[src]"):
            address, anchor = urldefrag(str(link.get("href") or link.get("src")))
            if re.match(r"[a-z]+:", address):
                continue
            target = (path.parent / unquote(address.partition("?")[0])).resolve()
            target = path if target == path.parent else target
            assert target.is_file(), f"{path}: {address}"
            if anchor and target in anchors:
                assert unquote(anchor) in anchors[target], f"{path}: {address}#{anchor}"


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    for path, page in pages(site).items():
        for kind in ASSETS:
            for element in page.select(kind):
                address = str(element.get("src") or element.get("href") or element.get("data"))
                assert not re.match(r"(https?:)?//", address), f"{path}: {element}"
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", path.read_text("utf-8")), path


def test_no_secret_and_no_path_of_this_computer_is_in_it(site: Path) -> None:
    notebook = article(site / f"course/{NAME}.html").get_text()
    assert notebook.count("***") >= 5, "in a command, what it printed, a stream, a table, a line"
    for path in [*site.rglob("*.html"), *site.rglob("*.js")]:
        text = path.read_text("utf-8")
        assert SECRET not in text, path
        assert "server:0123456789abcdef" not in text, path
        assert str(ROOT) not in text, path
        assert str(Path.home()) + "/" not in text.replace("/root/.", ""), path


def test_outputs_are_shown_as_pages_show_them(site: Path) -> None:
    content = article(site / f"course/{NAME}.html")
    assert ("master", "K3S_TOKEN=*** sh -\n") in list(copied(content))
    assert ("host", "echo past\n") in list(copied(content))
    folded = [found.get_text() for found in content.select("details:not([open]) > summary")]
    assert "output, 31 lines, exit status 3" in folded
    assert "Its commands" in folded
    assert not content.select("script, style, table[border], [onclick]")
    assert content.select_one(".wide .good")
    assert content.select_one('img[src$=".png"][alt="a plot of calls"]')
    assert "\x1b" not in content.get_text()
    hidden = content.select_one("details.hide summary")
    assert hidden is not None
    assert "Show the cell's code" in hidden.get_text()
    assert "←" not in content.get_text(), "no links of JupyterLab"


def test_the_overview_says_how_the_notebooks_ran(site: Path) -> None:
    table = article(site / "index.html").select_one("table")
    assert table is not None
    rows = {row.get_text(" ", strip=True) for row in table.select("tr")}
    assert "1 The cluster of virtual machines passed" in rows
    assert "2 NFS clients not run" in rows
    assert "Appendix: the guide, two years later" in rows


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="is no run of the course"):
        CourseRun.read(tmp_path)


def test_the_command_says_what_is_wrong_and_touches_nothing(tmp_path: Path) -> None:
    out = tmp_path / "site"
    done = CliRunner().invoke(make_site, ["--run", str(tmp_path), "--out", str(out)])
    assert done.exit_code == 1
    assert "is no run of the course" in done.output
    assert "RUN=runs/" in done.output
    assert not out.exists()


def test_every_setting_has_its_meaning_default_and_the_guides_choice(site: Path) -> None:
    assert list(MEANINGS) == list(LabConfig().flat())
    for name in _CHOICES:
        assert _meaning(name) == MEANINGS[name].replace("`", ""), "the form says the same"
    content = article(site / "settings.html")
    entries = {e.get_text(): e.find_next("dd").get_text() for e in content.select("dt")}  # type: ignore[union-attr]
    assert list(entries) == list(MEANINGS)
    for name, text in entries.items():
        assert MEANINGS[name].replace("`", "") in text
        assert "Default: " in text
        assert ("The guide: " in text) == (name in AS_WRITTEN), name
    assert "Default: generated" in entries["openwhisk_keys"]
    assert "The guide: well-known" in entries["openwhisk_keys"]
    assert "Choices: generated, well-known" in entries["openwhisk_keys"]
    assert "memory_profile: small: 1." in entries["workers"]


def test_the_command_line_is_what_help_says(site: Path) -> None:
    content = article(site / "command-line.html")
    root = click.Context(main, info_name="owlab")
    for name in sorted(COMMANDS):
        command = main.get_command(root, name)
        assert command is not None
        shown = " ".join(after(content, f"owlab {name}").get_text().split())
        for option in command.params:
            help_ = getattr(option, "help", None)
            if help_:
                assert " ".join(help_.replace("`", "").split()) in shown, (name, help_)
            assert (option.opts[-1] in shown) or (option.human_readable_name in shown), name


def test_python_lists_what_the_notebooks_import(site: Path) -> None:
    ids = {e["id"] for e in article(site / "python.html").select("[id]")}
    wanted = {
        *("owlab.Lab", "owlab.Lab.open", "owlab.Lab.run", "owlab.Command", "owlab.Result"),
        *("owlab.notebook.begin", "owlab.notebook.check_exercise", "owlab.notebook.claim"),
        *("owlab.notebook.tables.pods", "owlab.notebook.calls.call", "owlab.notebook.map.LabMap"),
        *("owlab.steps.vms.recover", "owlab.steps.openwhisk.uninstall", "owlab.errors.LabError"),
    }
    assert not wanted - ids


def test_incidents_tell_what_they_tell_in_a_lab(site: Path) -> None:
    content = article(site / "incidents.html")
    for name, incident in INCIDENTS.items():
        part = after(content, name)
        shown = part.get_text()
        for text in (incident.story, *incident.hints, incident.why):
            assert text.replace("`", "") in shown, name
        folded = part.select("details:not([open])")
        assert len(folded) == len(incident.hints) + 1
        outside = BeautifulSoup(str(part), "html.parser")
        for element in outside.select("details"):
            element.decompose()
        assert incident.why.replace("`", "") not in outside.get_text()
        assert list(copied(folded[-1])), f"{name}: no command repairs it"


def test_incidents_and_settings_are_told_in_chinese(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands on these pages has Chinese in it, but for names, values and commands."""
    monkeypatch.setenv(language.VARIABLE, "zh")
    content = article(site / "zh/incidents.html")
    for name, incident in INCIDENTS.items():
        shown = after(content, name).get_text()
        for text in (incident.story, *incident.hints, incident.why):
            assert language._(text) != text, name
            assert language._(text).replace("`", "") in shown, name
    entries = article(site / "zh/settings.html").select("dt")
    told = {e.get_text(): e.find_next("dd").get_text() for e in entries}  # type: ignore[union-attr]
    for name, meaning in MEANINGS.items():
        assert language._(meaning) != meaning, name
        assert f"{language._(meaning).replace('`', '')}。" in told[name]
        assert "默认值：" in told[name]
    for page in ("incidents", "settings"):
        for element in article(site / f"zh/{page}.html").select("p, li, dd, summary, em"):
            if element.select_one("p") is None and not element.select_one("code"):
                text = element.get_text()
                assert HAN.search(text) or not re.search(r"[a-z]+ [a-z]+ [a-z]+", text), text


def test_the_page_on_classes_is_there_in_both_languages(site: Path) -> None:
    english, chinese = (article(site / f"{tree}class.html") for tree in ("", "zh/"))
    assert "sudo owlab grade --homes" in english.get_text()
    assert "查看每个人的进度" in chinese.get_text()
    assert "本页目前只有英文" not in chinese.get_text()
    assert len(chinese.select("section")) == len(english.select("section"))
    for content in (english, chinese):
        assert content.select_one('a[href="security.html"]')
        assert not content.select_one('a[href="class.html"]'), "no link to itself"
    assert "Containerfile" in english.get_text()
    for name in ("readme-zh", "glossary-zh"):
        assert "本页目前只有英文" not in article(site / f"zh/{name}.html").get_text()


def test_troubles_come_from_each_notebook_and_readme(site: Path) -> None:
    content = article(site / "troubleshooting.html")
    assert len(content.select("table")) == 1 + len(list(sources.COURSE.glob("[0-9]*.ipynb")))
    assert "a port is in use" in content.get_text()
    assert content.select_one('a[href="course/02-nfs-clients.html"]')


def test_differences_have_their_only_source_in_readme(site: Path) -> None:
    shown = " ".join(article(site / "differences.html").get_text().split())
    readme = (ROOT / "README.md").read_text("utf-8")
    told = section(readme, "What is real, and what is simulated, in the pocket lab")
    items = [line[2:].replace("`", "")[:30] for line in told.splitlines() if line[:2] == "- "]
    assert len(items) > 3
    for line in (*told.strip().splitlines()[-1:], *items):
        assert line in shown
    assert "multipass delete --purge --all destroys every machine you have" in shown


def test_the_projects_files_are_pages(site: Path) -> None:
    for target in PAGES.values():
        assert (site / target.replace(".md", ".html")).is_file()
    architecture = article(site / "architecture.html").get_text()
    assert "Where do I change ...?" in architecture
    assert "machines/                      the providers" in architecture


def test_both_languages_have_the_same_pages_and_lead_to_each_other(site: Path) -> None:
    here = {p.relative_to(site) for p in site.rglob("*.html") if p.parts[len(site.parts)] != "zh"}
    there = {p.relative_to(site / "zh") for p in (site / "zh").rglob("*.html")}
    assert here == there
    for name in here:
        for path, other in ((site / name, site / "zh" / name), (site / "zh" / name, site / name)):
            link = soup(path).select_one("nav.language a")
            assert link is not None
            assert (path.parent / str(link["href"])).resolve() == other


def test_the_chinese_tree_is_in_chinese(site: Path) -> None:
    page = soup(site / f"zh/course/{NAME}.html")
    assert page.html is not None
    assert page.html["lang"] == "zh-CN"
    text = page.get_text()
    assert TITLE in text
    assert SENTENCE in text
    assert "K3S_TOKEN=*** sh -" in text, "the outputs are those of the same cells"
    assert "输出，31 行，退出状态 3" in text.replace(", ", "，")
    for english in ("Next", "Previous", "On this page", "Back to top", "Show the cell's code"):
        assert english not in text
    assert "本页目前只有英文" in soup(site / "zh/security.html").get_text()
    assert TITLE in article(site / "zh/commands.html").get_text()


def test_only_english_pages_are_said_to_be_english(site: Path) -> None:
    note = "本页目前只有英文"
    for name in ("incidents", "settings", "troubleshooting", "commands", "commands-as-written"):
        assert note not in article(site / f"zh/{name}.html").get_text(), name
    for name in ("command-line", "python", "differences", "security"):
        assert note in article(site / f"zh/{name}.html").get_text(), name


def test_the_commands_are_told_of_in_chinese(site: Path) -> None:
    content = article(site / "zh/commands.html")
    assert "1.3 在 master 节点中安装 K3s" in content.get_text()
    for element in content.select("h3, p"):
        if element.select_one("code, a") is None:
            text = element.get_text()
            assert HAN.search(text) or not re.search(r"[a-z]+ [a-z]+ [a-z]+", text), text


def test_owlabs_own_troubles_are_told_in_chinese(site: Path) -> None:
    rows = article(site / "zh/troubleshooting.html").select("table")[0].select("tbody tr")
    english = article(site / "troubleshooting.html").select("table")[0].select("tbody tr")
    assert len(rows) == len(english)
    assert all(HAN.search(row.select("td")[1].get_text()) for row in rows)


def test_without_chinese_notebooks_there_is_one_language(tmp_path: Path) -> None:
    (tmp_path / "00-a.ipynb").touch()
    assert [tree.language for tree in sources.languages(tmp_path, CourseRun())] == [ENGLISH]
    (tmp_path / "zh").mkdir()
    assert [tree.language for tree in sources.languages(tmp_path, CourseRun())] == [ENGLISH]
    (tmp_path / "zh/00-a.ipynb").touch()
    assert [t.language for t in sources.languages(tmp_path, CourseRun())] == [ENGLISH, CHINESE]


def test_every_phrase_is_translated_and_used() -> None:
    known = tomllib.loads((ROOT / "website/words.toml").read_text("utf-8"))
    code = "".join(p.read_text("utf-8") for p in (ROOT / "website").rglob("*.py"))
    outcomes = {"passed", "failed", "interrupted", "not run"}
    outcomes |= {first_sentence(function) for function, _ in OTHERS}
    for phrase in [*known["zh"], *known["texts"]["en"], *known["texts"]["zh"]]:
        assert phrase in outcomes or phrase in code, phrase
    with pytest.raises(KeyError):
        Words(CHINESE)("nobody has translated this")


def test_markdown_holds_whatever_is_put_into_it() -> None:
    assert fence("a ``` b").startswith("````{code-block}")
    text = "# A\n\n## B\n\n```\n## no heading\n```\n\n### C\nc\n\n## D\n"
    assert section(text, "B") == "```\n## no heading\n```\n\n### C\nc\n"
    with pytest.raises(LookupError):
        section(text, "E")


def test_the_site_takes_nothing_into_the_other_sets() -> None:
    own = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[>=]", line)[0] for line in own["optional-dependencies"]["site"]]
    for purpose in ("run", "lab"):
        text = (ROOT / f"locks/{purpose}.txt").read_text("utf-8")
        assert not [name for name in names if re.search(rf"^{name}==", text, re.M)], purpose
