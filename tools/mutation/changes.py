"""The changes: one rule of one module made another one."""

from __future__ import annotations

import ast
import difflib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor

KINDS = re.compile(
    # Equal words and small numbers are one object, mostly: no rule tells `is` from `==`.
    r"core/(ReplaceComparisonOperator(?!_IsNot_NotEq|_Is_Eq|_Eq_Is|_NotEq_IsNot)"
    r"|ReplaceBinaryOperator_(Add|Sub|Mul|FloorDiv|Mod)|NumberReplacer"
    r"|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd|AddNot"
    r"|ReplaceUnaryOperator|ExceptionReplacer|ZeroIterationForLoop|ReplaceBreakWithContinue"
    r"|ReplaceContinueWithBreak)"
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutant:
    """One change: where, of which kind, and the text that it makes."""

    path: Path
    kind: str
    before: str
    after: str

    @property
    def lines(self) -> list[int]:
        """The numbers of the lines that are changed, from 1."""
        matcher = difflib.SequenceMatcher(
            None, self.before.splitlines(), self.after.splitlines(), autojunk=False
        )
        return [
            number + 1
            for kind, first, last, _, _ in matcher.get_opcodes()
            if kind != "equal"
            for number in range(first, max(last, first + 1))
        ]

    @property
    def users(self) -> list[int]:
        """The lines that use what the changed ones define: they run when the module is imported.

        Of a function's head its body, of a constant or a field where its name stands.
        """
        tree = ast.parse(self.before)
        found: set[int] = set()
        for number in self.lines:
            around = [node for node in ast.walk(tree) if _spans(node, number)]
            if functions := [node for node in around if isinstance(node, _FUNCTIONS)]:
                found |= set(range(functions[-1].body[0].lineno, _last(functions[-1]) + 1))
                continue
            names = {
                name.id
                for node in around
                if isinstance(node, ast.Assign | ast.AnnAssign)
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            }
            for node in ast.walk(tree):
                used = getattr(node, "id", None) or getattr(node, "attr", None)
                if used in names and isinstance(node, ast.Name | ast.Attribute):
                    found.add(node.lineno)
        return sorted(found - set(self.lines))

    def __str__(self) -> str:
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), lineterm="", n=1
        )
        return "\n".join([f"{self.path} ({self.kind})", *list(lines)[2:]])


def _spans(node: ast.AST, line: int) -> bool:
    first = getattr(node, "lineno", None)
    if isinstance(node, _FUNCTIONS) and node.decorator_list:
        first = min(decorator.lineno for decorator in node.decorator_list)
    return first is not None and first <= line <= _last(node)


def _last(node: ast.AST) -> int:
    return int(getattr(node, "end_lineno", 0) or 0)


def chosen(root: Path, count: int, seed: int, room: str) -> Iterator[Mutant]:
    """Changes, drawn from all modules, large ones more often."""
    choose = random.Random(seed)
    paths = sorted(path for path in (root / "owlab").rglob("*.py") if path.stat().st_size > 300)
    paths = [path for path in paths if room in path.relative_to(root / "owlab").as_posix()]
    kinds: dict[str, list[str]] = {}
    for name in sorted(plugins.operator_names()):
        if found := KINDS.match(name):
            kinds.setdefault(found[1].partition("_")[0], []).append(name)
    seen: set[tuple[Path, str]] = set()
    while len(seen) < count:
        [path] = choose.choices(paths, [path.stat().st_size for path in paths])
        kind = choose.choice(kinds[choose.choice(sorted(kinds))])
        before = path.read_text("utf-8")
        after = _mutated(before, kind, choose)
        key = (path, after)
        if after and key not in seen and _rules(after) not in ("", _rules(before)):
            seen.add(key)
            yield Mutant(path.relative_to(root), kind.removeprefix("core/"), before, after)


class _Rules(ast.NodeTransformer):
    """Leaves out what only a test could see that waits, or that has all else broken."""

    _SHOW_NOTHING = ("strict", "frozen", "slots")

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Without how long an answer may take, which is a limit for the broken case."""
        waits = [word for word in node.keywords if _is_time_limit(word)]
        hidden = [word for word in node.keywords if word.arg in self._SHOW_NOTHING]
        node.keywords = [word for word in node.keywords if word not in (*waits, *hidden)]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "sleep":
            node.args = []  # how often something is looked at
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """As if no clock that only goes forward ever stood at a limit exactly."""
        if "'monotonic'" in ast.dump(node):
            at_least = {ast.GtE: ast.Gt, ast.LtE: ast.Lt}
            node.ops = [at_least.get(type(op), type(op))() for op in node.ops]
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        """Without the condition of what only a type checker reads."""
        if "TYPE_CHECKING" in ast.dump(node.test):
            node.test = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Without the defaults of a protocol's method: those count that implement it."""
        last = node.body[-1]
        if isinstance(last, ast.Expr) and getattr(last.value, "value", None) is ...:
            node.args.defaults, node.args.kw_defaults = [], []
        return self.generic_visit(node)


def _is_time_limit(word: ast.keyword) -> bool:
    return word.arg == "timeout" and isinstance(word.value, ast.Constant | ast.UnaryOp)


def _rules(text: str) -> str:
    """What the module does, to compare; empty if it is no Python."""
    try:
        return ast.dump(_Rules().visit(ast.parse(text)))
    except SyntaxError:  # the lone star of a signature is an operator to cosmic-ray
        return ""


def _mutated(source: str, kind: str, choose: random.Random) -> str:
    """With one of the places changed at which this kind can change something; empty if none."""
    operator = plugins.get_operator(kind)()
    places = sum(
        sum(1 for _ in operator.mutation_positions(node)) for node in ast_nodes(get_ast(source))
    )
    if not places:
        return ""
    try:
        return MutationVisitor.mutate_code(source, operator, choose.randrange(places)) or ""
    except AttributeError:  # of exceptions with a dot in their names: cosmic-ray expects none
        return ""
