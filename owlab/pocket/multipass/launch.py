"""``multipass launch``: the words into a specification, refused before anything is made."""

from __future__ import annotations

import asyncio

import yaml

from owlab.pocket.machines import images
from owlab.pocket.machines.fleet import Fleet
from owlab.pocket.machines.machine import Spec
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.machines.sizes import parse_size
from owlab.pocket.multipass import laptop_mounts
from owlab.pocket.multipass.cloud_init import apply
from owlab.pocket.multipass.failures import COMMAND_FAIL, TIMED_OUT, Failure, usage
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.options import Option, VerbArguments
from owlab.pocket.multipass.primary import primary_name
from owlab.pocket.multipass.spinner import spinner
from owlab.pocket.multipass.verbs import TIMEOUT, chosen_timeout

OPTIONS = (
    Option(("n", "name"), "name", "Name for the instance"),
    Option(("c", "cpus"), "cpus", "Number of CPUs to allocate (default: 1)"),
    Option(("m", "memory"), "memory", "Amount of memory to allocate (default: 1G, minimum: 512M)"),
    Option(("d", "disk"), "disk", "Disk space to allocate (default: 5G, minimum: 1G)"),
    Option(("cloud-init",), "file|url", "Path or URL to a user-data file, or '-' for stdin"),
    Option(("network",), "spec", "Add a network interface to the instance"),
    Option(("bridged",), about="Adds one `--network bridged` network"),
    Option(("mount",), "local-path:instance-path", "Mount a local directory"),
    Option(("zone",), "zone", "Zone to launch the instance in"),
    TIMEOUT,
)

LEAST_MEMORY, LEAST_DISK = 512 << 20, 1 << 30
# Nothing stands behind a size here, so that only the absurd is refused: more than any one server.
MOST_CPUS, MOST_MEMORY, MOST_DISK = 512, 24 << 40, 1 << 50
NO_HOME = "Skipping mount: the pocket lab does not share folders of this computer.\n"


async def launch(call: Invocation, words: VerbArguments) -> int:
    """launch"""
    if len(words.rest) > 1:
        raise usage("Too many arguments supplied")
    image = words.rest[0] if words.rest else ""
    if image.count(":") > 1 and "://" not in image:
        raise usage("Invalid remote and source image name supplied")
    timeout = chosen_timeout(words)
    cpus = _cpus(words.last("cpus", "1"))
    memory = _size(words.last("memory", "1G"))
    disk = _size(words.last("disk", "5G"))
    cloud_init = await _cloud_init(call, words)
    for option in ("network", "bridged"):
        if option in words:
            raise Failure(
                f"launch failed: The pocket lab has no {option} option for its machines: they "
                "share one network.",
                COMMAND_FAIL,
            )
    shares = [laptop_mounts.source_of(call, text) for text in words.values.get("mount", [])]
    fleet = call.lab.fleet
    name = words.last("name") if "name" in words else fleet.random_name()
    spec = Spec(cpus, memory, disk, _image(image))
    _check(fleet, name, spec, words)
    fleet.reserve(name)
    async with spinner(call, f"Launching {name}"):
        work = asyncio.ensure_future(fleet.launch(name, spec))
        call.lab.background(work)
        try:
            machine = await asyncio.wait_for(asyncio.shield(work), timeout)
        except TimeoutError:
            raise Failure("Timed out waiting for instance launch.", TIMED_OUT) from None
        if cloud_init:
            await apply(machine, cloud_init)
    await call.out(f"Launched: {name}\n")
    if name == primary_name(call):
        if (home := laptop_mounts.home(call)) is None:
            await call.err(NO_HOME)
        else:
            shares.append((home, "Home"))
    for path, inside in shares:
        laptop_mounts.share(call, path, name, inside)
        shown = inside or path.rpartition("/")[2]
        await call.out(f"Mounted '{path}' into '{name}:{shown}'\n")
    return 0


def _cpus(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise usage(f"Error: invalid CPU count '{text}', need a positive integer value.")
    return int(text)


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise usage(f"[error] [client] Caught an unhandled exception: {error}") from None


def _image(words: str) -> str:
    remote, _, name = words.rpartition(":") if "://" not in words else ("", "", words)
    if remote not in ("", "release", "daily"):
        raise Refused(f'Remote "{remote}" is unknown or unreachable.')
    found = images.find(name)
    if found is None:
        known = ", ".join(f"{image.number} ({image.codename})" for image in images.IMAGES)
        raise Refused(
            f'Unable to find an image matching "{name}" in remote "{remote}".',
            f"The pocket lab has: {known}.",
        )
    return found.number


def _check(fleet: Fleet, name: str, spec: Spec, words: VerbArguments) -> None:
    problem = ""
    if spec.memory < LEAST_MEMORY:
        problem = f"Invalid memory size value supplied: {words.last('memory')}."
    elif spec.memory > MOST_MEMORY:
        problem = f"Invalid memory size value supplied: {words.last('memory')}. At most 24576G."
    if spec.disk < LEAST_DISK:
        problem = f"Invalid disk size value supplied: {words.last('disk')}."
    elif spec.disk > MOST_DISK:
        problem = f"Invalid disk size value supplied: {words.last('disk')}. At most 1048576G."
    if spec.cpus > MOST_CPUS:
        problem = f"Invalid CPU count supplied: {spec.cpus}. At most {MOST_CPUS}."
    zone = words.last("zone", "zone1")
    if zone != "zone1":
        problem = f"Unavailable zone name supplied: {zone}"
    if problem:
        raise Refused("Invalid arguments supplied", problem)


async def _cloud_init(call: Invocation, words: VerbArguments) -> dict[str, object] | None:
    """The cloud-init document: a mapping, as Multipass insists."""
    if "cloud-init" not in words:
        return None
    where = words.last("cloud-init")
    prefix = "Could not load cloud-init configuration: "
    if where == "-":
        text = (await call.read_stdin()).decode(errors="replace")
    elif where.startswith(("http://", "https://")):
        raise usage(f"{prefix}the pocket lab downloads no cloud-init files: {where}")
    else:
        try:
            text = call.files.read(call.files.absolute(where)).decode(errors="replace")
        except OSError:
            raise usage(
                f"{prefix}bad file: {where}\nPlease ensure that Multipass can read it."
            ) from None
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise usage(f"{prefix}{error}") from None
    if document is None:
        return None
    if not isinstance(document, dict):
        raise Refused('operator[] call on a scalar (key: "users")')
    return document
