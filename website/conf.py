"""Sphinx' settings. The language comes with `-D language=...`, the rest is the same for all."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import owlab
from owlab.guided import GuidedLab

# What users write is owlab.Lab; its home is nobody's business.
GuidedLab.__name__, GuidedLab.__module__ = "Lab", "owlab"

project = "owlab"
author = "the authors of owlab"
copyright = "the authors of owlab; Apache-2.0"
version = release = owlab.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "website.extension"]
exclude_patterns = ["course/pictures"]
smartquotes = False  # a command's -- stays as it is typed

myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_output_stderr = "show"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"

pygments_dark_style = "github-dark"  # native underlines modules
html_theme = "furo"
html_title = f"owlab {release}"
html_theme_options: dict[str, object] = {"top_of_page_buttons": []}
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/language.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_show_sourcelink = False
html_copy_source = False
html_use_index = True

# Commands and code have a button; what they print has none.
copybutton_selector = "div[class^=highlight-]:not(.highlight-text) > div.highlight > pre"
