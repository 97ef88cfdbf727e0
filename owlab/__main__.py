"""``python -m owlab`` is ``owlab``."""

from owlab.cli import main

main(prog_name="owlab")
