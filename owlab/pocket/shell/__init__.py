"""Bash on a machine."""
