"""Simulated containers: a file system with the pod's volumes, an environment, and real bash.

An image's programs are not there. Images that are little more than a shell (busybox, alpine,
ubuntu, debian) really run their command; of the others only ``kubectl exec`` is real.
"""
