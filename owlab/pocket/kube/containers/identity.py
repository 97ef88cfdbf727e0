"""As whom a container's processes run: its security context, its pod's, or root."""

from __future__ import annotations

from dataclasses import dataclass

from bashkit import CommandContext

from owlab.pocket.ground.views import Object
from owlab.pocket.machines.inode import Credentials

NAMES = {0: "root", 65534: "nobody"}
"""What the small images' ``/etc/passwd`` and ``/etc/group`` say."""


class NotAllowedAsRoot(Exception):
    """``runAsNonRoot`` is set, and it would run as root: no kubelet makes such a container."""


@dataclass(frozen=True)
class ContainerUser:
    """The user and the groups."""

    who: Credentials

    @property
    def user(self) -> str:
        """The user's name, or the number of one that the image does not know."""
        return NAMES.get(self.who.uid, str(self.who.uid))

    @property
    def home(self) -> str:
        """Where ``~`` is."""
        return "/root" if self.who.is_root else "/"

    def shown(self, argv: list[str]) -> str:
        """What ``id`` prints."""
        wanted = "".join(word.lstrip("-") for word in argv if word.startswith("-"))
        number = self.who.gid if "g" in wanted else self.who.uid
        if "G" in wanted:
            return " ".join(str(group) for group in self._groups())
        if "u" in wanted or "g" in wanted:
            return NAMES.get(number, str(number)) if "n" in wanted else str(number)
        groups = ",".join(_named(group) for group in self._groups())
        return f"uid={_named(self.who.uid)} gid={_named(self.who.gid)} groups={groups}"

    def _groups(self) -> list[int]:
        return [self.who.gid, *sorted(self.who.groups - {self.who.gid})]

    async def id(self, context: CommandContext) -> int:
        """``id`` in the container."""
        await context.stdout.write(f"{self.shown(list(context.argv))}\n".encode())
        return 0

    async def whoami(self, context: CommandContext) -> int:
        """``whoami`` in the container."""
        if self.who.uid in NAMES:
            await context.stdout.write(f"{self.user}\n".encode())
            return 0
        said = f"whoami: cannot find name for user ID {self.who.uid}\n"
        await context.stderr.write(said.encode())
        return 1


def identity(pod: Object, container: Object) -> ContainerUser:
    """As whom a container runs; raises NotAllowedAsRoot in the kubelet's words.

    Images that the lab knows run as root unless told otherwise.
    """
    whole = pod["spec"].get("securityContext") or {}
    own = container.get("securityContext") or {}
    uid = own.get("runAsUser", whole.get("runAsUser"))
    gid = own.get("runAsGroup", whole.get("runAsGroup"))
    if own.get("runAsNonRoot", whole.get("runAsNonRoot")) and not uid:
        meta = pod["metadata"]
        about = (
            f'(pod: "{meta["name"]}_{meta["namespace"]}({meta.get("uid", "")})", '
            f"container: {container['name']})"
        )
        raise NotAllowedAsRoot(
            f"container's runAsUser breaks non-root policy {about}"
            if uid == 0
            else f"container has runAsNonRoot and image will run as root {about}"
        )
    groups = {int(group) for group in whole.get("supplementalGroups") or []}
    if whole.get("fsGroup") is not None:
        groups.add(int(whole["fsGroup"]))
    return ContainerUser(Credentials(int(uid or 0), int(gid or 0), frozenset(groups)))


def _named(number: int) -> str:
    return f"{number}({NAMES[number]})" if number in NAMES else str(number)
