"""The worker of Python actions."""
