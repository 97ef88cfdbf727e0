"""Which packages a machine has, what they need of one another, and which came by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from owlab.pocket.machines.state import MachineState
from owlab.pocket.machines.ubuntu_archive import BASE, Package, known

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


class HasState(Protocol):
    """A machine, as far as its lists of packages and units are concerned."""

    state: MachineState


def installed(machine: HasState) -> dict[str, str]:
    """Name and version of each package that the machine has, sorted."""
    gone = set(machine.state.packages.removed)
    have = {name: package.version for name, package in BASE.items() if name not in gone}
    have.update(machine.state.packages.installed)
    return dict(sorted(have.items()))


def with_dependencies(names: Iterable[str], have: Mapping[str, str]) -> list[str]:
    """``names`` and all that they need and ``have`` lacks, dependencies first."""
    order: list[str] = []

    def visit(name: str) -> None:
        package = known(name)
        if package is None or name in have or name in order:
            return
        for needed in package.depends:
            visit(needed)
        order.append(name)

    for name in names:
        visit(name)
    return order


def dependents(names: Iterable[str], have: Mapping[str, str]) -> list[str]:
    """``names`` and every installed package that needs one of them."""
    going = [name for name in names if name in have]
    grown = True
    while grown:
        grown = False
        for name in have:
            package = known(name)
            if package and name not in going and set(package.depends) & set(going):
                going.append(name)
                grown = True
    return going


def install(machine: HasState, name: str, *, asked: bool) -> None:
    """Record a package as installed; ``asked`` by name, or as another's dependency."""
    package = known(name)
    assert package is not None, name
    gone = machine.state.packages.removed
    if name in BASE:
        if name in gone:
            gone.remove(name)
        return
    machine.state.packages.installed[name] = package.version
    automatic = machine.state.packages.automatic
    if asked and name in automatic:
        automatic.remove(name)
    elif not asked and name not in automatic:
        automatic.append(name)


def remove(machine: HasState, name: str) -> None:
    """Record a package as removed."""
    machine.state.packages.installed.pop(name, None)
    if name in BASE:
        machine.state.packages.removed.append(name)


def unneeded(machine: HasState) -> list[str]:
    """Packages that came as dependencies and that nothing needs any more."""
    have = installed(machine)
    automatic = {name for name in machine.state.packages.automatic if name in have}
    needed: set[str] = set()

    def visit(name: str) -> None:
        if name not in needed:
            needed.add(name)
            package = known(name)
            for dependency in package.depends if package else ():
                visit(dependency)

    for name in have:
        if name not in automatic:
            visit(name)
    return sorted(automatic - needed)


def automatic(machine: HasState, name: str) -> bool:
    """It came because something else needs it."""
    return name in machine.state.packages.automatic


def mark(machine: HasState, name: str, *, automatic: bool) -> bool:
    """Say whether it was asked for by name; False where that is known."""
    marked = machine.state.packages.automatic
    if (name in marked) == automatic:
        return False
    (marked.append if automatic else marked.remove)(name)
    return True


def write_files(machine: Machine, package: Package) -> list[str]:
    """Put a package's files where nothing is; their paths."""
    missing = [path for path in package.files if machine.read(path) is None]
    for path in missing:
        machine.write(path, package.files[path].encode())
    return missing


def remove_files(machine: Machine, package: Package) -> None:
    """What a purge takes away besides the programs."""
    for path in package.files:
        machine.remove(path)
