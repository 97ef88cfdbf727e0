"""The static site: the course as it ran, and the reference, written from the project's own sources.

``make site`` calls ``python -m website``. What a page says is kept elsewhere: in notebooks, steps,
incidents, settings, docstrings and Markdown files. Here it is only arranged.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Of the project."""
