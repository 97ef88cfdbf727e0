"""Which options a program's source declares, and which of them it never looks at again.

A rough reading: from the function that reads the words, and those that call it, over the names of
its module that they use, some string has to be the option's name.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

PACKAGES = ("owlab.pocket.programs", "owlab.pocket.network.programs")
READERS = {
    "owlab.pocket.programs.options.parse",
    "owlab.pocket.programs.apt_options.options",
    "owlab.pocket.network.programs.refusal.parsed",
    "getopt.getopt",
    "getopt.gnu_getopt",
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def modules() -> Iterator[ModuleType]:
    """Where programs are written."""
    for package in PACKAGES:
        folder = importlib.import_module(package)
        for found in pkgutil.iter_modules(folder.__path__, f"{package}."):
            if not found.ispkg:
                yield importlib.import_module(found.name)


@dataclass
class ProgramSource:
    """One module: what stands at its top, by name."""

    module: ModuleType
    tops: dict[str, list[ast.AST]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.parse(inspect.getsource(self.module)).body:
            for name in _named(node):
                self.tops.setdefault(name, []).append(node)

    def unread(self) -> Iterator[tuple[str, set[str]]]:
        """Functions that read words, each with the options that nothing looks at."""
        for name, (node, *_) in list(self.tops.items()):
            if not isinstance(node, FUNCTIONS) or {"short", "long"} & {
                one.arg for one in node.args.args
            }:
                continue  # what it declares is what its callers say
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and self._reads(call) and len(call.args) > 1:
                    yield name, self._unread(name, node, call)

    def _reads(self, call: ast.Call) -> bool:
        words = ast.unparse(call.func).split(".")
        found = getattr(self.module, words[0], None)
        for word in words[1:]:
            found = getattr(found, word, None)
        return f"{getattr(found, '__module__', '')}.{getattr(found, '__name__', '')}" in READERS

    def _unread(self, function: str, node: ast.AST, call: ast.Call) -> set[str]:
        declarations = [*call.args[1:3], *(k.value for k in call.keywords if k.arg == "long")]
        parts = {n.id for one in declarations for n in ast.walk(one) if isinstance(n, ast.Name)}
        own = [n for n in ast.walk(node) if isinstance(n, ast.stmt) and _assigned(n) & parts]
        scope = dict(vars(self.module))
        for statement in own:
            exec(ast.unparse(statement), scope)
        short, *longs = (eval(ast.unparse(one), scope) for one in declarations)
        long = [word for one in longs for word in (one.split() if isinstance(one, str) else one)]
        lists = {name for name in parts if isinstance(scope.get(name), str | list | tuple)}
        users = [name for name, nodes in self.tops.items() if function in _used(nodes)]
        looked = self._said([function, *users], lists, {*declarations, *own})
        options = [*short.replace(":", ""), *(word.rstrip("=?") for word in long)]
        return set(options) - looked

    def _elsewhere(self, name: str) -> list[ast.AST]:
        """A module that reads options for several programs, as ``ssh_options`` does."""
        module = inspect.getmodule(getattr(self.module, name, None))
        if module is None or not module.__name__.endswith("_options"):
            return []
        return [ast.parse(inspect.getsource(module))]

    def _said(self, begin: list[str], without: set[str], skipped: set[ast.AST]) -> set[str]:
        """All words of strings that are reached, without dashes."""
        pending, seen, said = list(begin), set(without), set[str]()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            nodes = list(self.tops.get(name) or self._elsewhere(name))
            pending += _used(nodes)
            while nodes:
                node = nodes.pop()
                if node in skipped:
                    continue
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    said |= {word.lstrip("-") for word in (node.value, *node.value.split())}
                nodes += ast.iter_child_nodes(node)
        return said


def _named(node: ast.stmt) -> set[str]:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return {node.name}
    return _assigned(node)


def _assigned(node: ast.stmt) -> set[str]:
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign | ast.AugAssign)
        else []
    )
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _used(nodes: list[ast.AST]) -> list[str]:
    return [n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)]
