"""The simulated machines: files, addresses, mounts, and what they may do to one another."""
