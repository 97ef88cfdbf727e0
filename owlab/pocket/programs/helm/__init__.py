"""``helm``: Helm's command line, in front of the real Helm engine in a child process."""

from owlab.pocket.programs.helm.cli import helm

__all__ = ["helm"]
