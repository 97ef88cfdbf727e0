"""For all tests: property tests are not judged by how fast this computer is."""

from hypothesis import settings

settings.register_profile("owlab", deadline=None)
settings.load_profile("owlab")
