"""For all tests: owlab speaks English, and property tests may take their time."""

import os

from hypothesis import settings

os.environ["OWLAB_LANG"] = "en"

settings.register_profile("owlab", deadline=None)
settings.load_profile("owlab")
