"""What a provisioner does: make the place of a volume, and take it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.storage.binding import reference_to

PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


class CannotProvision(Exception):
    """A volume cannot be made, or taken back, now: the event that says so.

    ``kind`` is ``Normal`` or ``Warning``.
    """

    def __init__(self, kind: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.reason, self.message = kind, reason, message


@dataclass(frozen=True)
class VolumeRequest:
    """A claim that a volume is to be made for, its class, and the first node that will use it."""

    claim: Object
    storage_class: Object
    node: str | None

    @property
    def name(self) -> str:
        """The volume's name."""
        return f"pvc-{self.claim['metadata']['uid']}"


class Provisioner(Protocol):
    """Makes directories for claims of its classes."""

    def provision(self, request: VolumeRequest) -> Object:
        """Make a volume's place; returns its source, and whatever else its spec needs.

        :raises CannotProvision: not now.
        """

    def delete(self, volume: Object) -> None:
        """Take a volume's place away, or put it aside.

        :raises CannotProvision: not now.
        """


def volume_of(request: VolumeRequest, source: Object) -> Object:
    """The volume for a claim."""
    claim, kind = request.claim["spec"], request.storage_class
    options = kind.get("mountOptions")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": request.name,
            "annotations": {PROVISIONED_BY: kind["provisioner"]},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": {
            "accessModes": claim["accessModes"],
            "capacity": {"storage": claim["resources"]["requests"]["storage"]},
            "persistentVolumeReclaimPolicy": kind.get("reclaimPolicy", "Delete"),
            "storageClassName": kind["metadata"]["name"],
            "volumeMode": "Filesystem",
            "claimRef": reference_to(request.claim),
            **({"mountOptions": options} if options else {}),
            **source,
        },
        "status": {"phase": "Pending"},
    }


def waiting_for(provisioner: str) -> str:
    """What the claim's event says while nobody makes its volume."""
    return (
        "Waiting for a volume to be created either by the external provisioner "
        f"'{provisioner}' or manually by the system administrator. If volume creation is "
        "delayed, please verify that the provisioner is running and correctly registered."
    )
