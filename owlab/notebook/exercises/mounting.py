"""Exercises of notebook 02."""

from __future__ import annotations

from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import answered, printed

GREETING = "hello-from-a-worker.txt"


def _written_over_nfs(lab: Lab, answer: object) -> list[Claim]:
    worker, path = lab.workers[0], lab.config.nfs.path
    there = printed(lab, lab.storage, f"cat {path}/{GREETING}")
    left = printed(lab, worker, "mount | grep /mnt/try")
    return [
        claim(
            _("{name} lies on storage, with a text in it").format(name=GREETING),
            bool(there),
            there or _("it does not"),
            _(
                "On {worker}: mount the directory at /mnt/try, write the file there with sudo tee."
            ).format(worker=worker),
        ),
        claim(
            _("nothing is left mounted on {worker}").format(worker=worker),
            not left,
            left or _("nothing at /mnt/try"),
            "sudo umount /mnt/try",
        ),
    ]


def _why_refused(lab: Lab, answer: object) -> list[Claim]:
    said = str(answer).lower() if answer is not ... else ...
    right = "access denied"
    found = right if said is not ... and right in str(said) else said
    return answered(
        found,
        right,
        _("the words of the server"),
        _("Mount {path} on storage itself, and read what comes after mount.nfs.").format(
            path=lab.config.nfs.path
        ),
    )


JUDGES = {"02.1": _written_over_nfs, "02.2": _why_refused}
