"""The bash language: bashkit's interpreter with the care that it needs, and where commands end."""
