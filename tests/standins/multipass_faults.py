"""How Multipass fails, in its own words, as data."""

from __future__ import annotations

from dataclasses import dataclass

_SOCKET = "/var/snap/multipass/common/multipass_socket"


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    :param commands: the subcommands that it hits; all but ``version`` when there is none.
    :param code: the exit status, by era where they differ; None lets the command go on.
    :param leaves: the state of the machine that a failed launch leaves behind.
    :param becomes: its state after it was looked at once.
    """

    commands: tuple[str, ...] = ()
    code: int | dict[str, int] | None = 2
    text: str | dict[str, str] = ""
    leaves: str = ""
    becomes: str = ""
    cloud_init: str = "done"
    seconds: float = 0
    prints: str = ""


def _launch(text: str, leaves: str = "") -> Fault:
    return Fault(("launch",), 2, f"launch failed: {text}", leaves=leaves)


FAULTS: dict[str, Fault] = {
    "daemon-unreachable": Fault(
        text="{command} failed: cannot connect to the multipass socket\nPlease ensure multipassd "
        f"is running and '{_SOCKET}' is accessible"
    ),
    "access-denied": Fault(
        text="{command} failed: multipass socket access denied\nPlease check that you have "
        f"read/write permissions to '{_SOCKET}'"
    ),
    "not-authenticated": Fault(
        text={
            "1.16": "{command} failed: The client is not authenticated with the Multipass service."
            "\nPlease use 'multipass authenticate' before proceeding.",
            "1.17": "{command} failed: The user is not authenticated with the Multipass service."
            "\n\nPlease authenticate before proceeding (e.g. via 'multipass authenticate').",
        }
    ),
    "unhandled": Fault(
        code=1,
        text="[2026-05-01T10:00:00] [error] [client] Caught an unhandled exception: bad thing",
    ),
    "image-not-found": _launch('Unable to find an image matching "24.04" in remote "".'),
    "image-unsupported": _launch("The 24.04 release is no longer supported."),
    "remote-unknown": _launch('Remote "daily" is unknown or unreachable.'),
    "download-failed": _launch("failed to download from 'https://x/img': Connection closed"),
    "hash-mismatch": _launch("Hash of /var/img does not match 1797c5c82016"),
    "no-kvm": _launch(
        "KVM support is not enabled on this machine.\nPlease ensure the following:\n1. The "
        "system's CPU supports virtualization."
    ),
    "kvm-denied": _launch("The KVM device cannot be opened for reading and writing."),
    "other-manager": _launch(
        "Another virtual machine manager is currently running. Please shut it down before "
        "starting a Multipass instance."
    ),
    "no-memory": _launch(
        "Instance shutdown during start: cannot set up guest memory 'pc.ram': "
        "Cannot allocate memory"
    ),
    "no-disk": _launch("Available disk (1073 bytes) below minimum for this image (3758 bytes)"),
    "disk-too-small": _launch("Requested disk (1073 bytes) below minimum for this image (3758)"),
    "memory-too-small": _launch(
        "Invalid arguments supplied\nInvalid memory size value supplied: 100M."
    ),
    "being-prepared": _launch('instance "{name}" is being prepared', leaves="Starting"),
    "ssh-timeout": _launch(
        "The following errors occurred:\n{name}: timed out waiting for response", leaves="Unknown"
    ),
    "initialization-timeout": _launch(
        "The following errors occurred:\ntimed out waiting for initialization to complete",
        leaves="Running",
    ),
    "client-timeout": Fault(
        ("launch",),
        5,
        "Timed out waiting for instance launch.",
        leaves="Starting",
        becomes="Running",
    ),
    "client-timeout-for-good": Fault(
        ("launch",), 5, "Timed out waiting for instance launch.", leaves="Starting"
    ),
    "cloud-init-failed": Fault(
        ("launch",), 0, "", leaves="Running", cloud_init="error", prints="Launched: machine"
    ),
    "cloud-init-degraded": Fault(
        ("launch",), 0, "", leaves="Running", cloud_init="degraded", prints="Launched: machine"
    ),
    "start-timeout": Fault(
        ("start",),
        2,
        "start failed: The following errors occurred:\n{name}: timed out waiting for response",
    ),
    "stop-hangs": Fault(
        ("stop",),
        2,
        "stop failed: The QEMU process did not finish within 300000 milliseconds after being "
        "shutdown",
    ),
    "exec-ssh-failed": Fault(
        ("exec",),
        {"1.16": 2, "1.17": 255},
        {
            "1.16": "exec failed: ssh connection failed: 'Timeout connecting'",
            "1.17": "[2026-09-01T10:00:00] [error] [ssh client] ssh connection failed",
        },
    ),
    "exec-lost": Fault(("exec",), 255, "", prints="half of the out"),
    "list-garbage": Fault(("list",), 0, "", prints="####\nUpdate available\n####"),
    "slow": Fault(code=None, seconds=0.2),
}
