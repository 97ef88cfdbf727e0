"""``helm``: Helm's command line, in front of the real Helm engine in a child process.

Always this engine, never a `helm` that the computer happens to have: a lab is the same everywhere,
and nobody's own version, plugins, repositories and registries show in it.
"""

from owlab.pocket.programs.helm.cli import helm

__all__ = ["helm"]
