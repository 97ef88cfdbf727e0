"""Volumes: who makes them, where their data lies, and how they are taken back."""
