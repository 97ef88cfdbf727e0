"""Exercises of notebook 02."""

from __future__ import annotations

from typing import Any

from owlab.lab import Lab
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import answered, printed

GREETING = "hello-from-a-worker.txt"


def _written_over_nfs(lab: Lab, _: Any) -> list[Claim]:
    worker, path = lab.workers[0], lab.config.nfs.path
    there = printed(lab, lab.storage, f"cat {path}/{GREETING}")
    left = printed(lab, worker, "mount | grep /mnt/try")
    return [
        claim(
            f"{GREETING} lies on storage, with a text in it",
            bool(there),
            there or "it does not",
            f"On {worker}: mount the directory at /mnt/try, write the file there with sudo tee.",
        ),
        claim(
            f"nothing is left mounted on {worker}",
            not left,
            left or "nothing at /mnt/try",
            "sudo umount /mnt/try",
        ),
    ]


def _why_refused(lab: Lab, answer: Any) -> list[Claim]:
    said = str(answer).lower() if answer is not ... else ...
    right = "access denied"
    found = right if said is not ... and right in str(said) else said
    return answered(
        found,
        right,
        "the words of the server",
        f"Mount {lab.config.nfs.path} on storage itself, and read what comes after mount.nfs.",
    )


JUDGES = {"02.1": _written_over_nfs, "02.2": _why_refused}
