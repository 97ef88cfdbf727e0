"""A program whose reader is gone ends as SIGPIPE would end it: at once, and without a word."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from owlab.pocket.programs import boundary
from owlab.pocket.programs.base import Call, RegisteredProgram, Writer
from owlab.pocket.shell import running_programs
from tests.pocket.programs.conftest import Type

PREPARED = """
mkdir -p d/e; seq 9 > d/f; seq 8 > d/g; seq 30 > d/e/h; printf 'a\\0b\\n' > bin; cd d
tar cf t.tar f g e; gzip -k f; xz -k g; bzip2 -k g; zip -q z.zip f g; git init -q r 2>/dev/null
"""
LINES = """
tar tf t.tar|tar xvf t.tar|tar xOf t.tar|tar cvf u.tar f g|tar c f|zcat f.gz|xzcat g.xz|bzcat g.bz2
gunzip -c f.gz|gzip -c f|zgrep 1 f.gz|zless f.gz|unzip -l z.zip|unzip -p z.zip|unzip -o z.zip
zip y.zip f g|zip - f|cat f g|head f g|tail f g|tail -n +1 f|grep 1 f g|grep -r 1 .|cut -c1 f g
wc f g|diff f g|diff -u f g|diff -y f g|diff -r . e|split -b 1 --verbose f|hexdump -C f|xxd f|od f
dd if=f|dd if=/dev/zero|yes|find .|find . -ls|find . -printf %p|find . -exec cat {} +|ls|ls -l f g
ls -R .|du -a|df|stat f g|file f g|cp -v f g e|mv -v e/f e/k|rm -v e/k e/g|mkdir -v q w|rmdir -v q w
chmod -v 600 f g|chown -v ubuntu f|ln -sv f l|touch f|date|uname -a|id|ps aux|free|lsblk|lscpu|env
sha256sum f g|openssl dgst -sha256 f g|openssl rand -hex 9|git status r|git -C r config -l|man ls
xargs echo < f|xargs -n 1 echo < f|sudo ls|sudo cat f g|bash -c 'ls; ls'|su ubuntu -c ls|watch ls
timeout 5 ls|flock f ls|python3 -c 'print(1)'|bc < f|jq . f|rsync -av d/ e/|journalctl|dmesg
ip addr|systemctl status|systemctl list-units|apt list|dpkg -l|snap list|kubectl version --client
helm version|wsk property get|helm env|nproc|tput cols|curl -s file:///etc/passwd|ss -tln
getent passwd|who|top -bn1
"""


@dataclass
class Gone:
    """What takes so many writes, and then has no reader any more."""

    left: int
    is_gone: bool = False

    async def write(self, data: bytes) -> None:
        self.left -= 1
        if self.left < 0:
            self.is_gone = True
            raise BrokenPipeError


@dataclass
class Heard:
    """Standard error of a program; what is said to it once the reader is gone is kept."""

    out: Gone
    own: Writer
    late: list[bytes] = field(default_factory=list)

    async def write(self, data: bytes) -> None:
        if self.out.is_gone:
            self.late.append(data)
        await self.own.write(data)


@dataclass
class Ends:
    """How each program ended whose reader went after so many writes."""

    after: int
    found: list[tuple[str, int, list[bytes]]] = field(default_factory=list)

    async def carried_out(self, entry: RegisteredProgram, call: Call) -> int:
        out = Gone(self.after)
        heard = Heard(out, call.stderr)
        status = await boundary.carried_out(entry, replace(call, stdout=out, stderr=heard))
        if out.is_gone:
            self.found.append((" ".join([call.name, *call.argv]), status, heard.late))
        return status


@pytest.mark.parametrize("after", [0, 1])
async def test_no_word_more(on: Type, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Ends(after)
    await on("master", f"{PREPARED} sudo apt-get install -y zip unzip git > /dev/null 2>&1")
    monkeypatch.setattr(running_programs, "carried_out", ends.carried_out)
    for line in LINES.replace("\n", "|").strip("|").split("|"):
        await on("master", f"cd d; timeout 5 {line} < /dev/null" if "<" not in line else line)
    assert not [end for end in ends.found if end[1:] != (141, [])]
    assert len(ends.found) > 35
