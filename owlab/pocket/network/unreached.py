"""Why a connection did not come about, in the words of the system calls."""

from __future__ import annotations


class Unreached(Exception):
    """No connection. The message is what ``strerror`` says of it."""


class ConnectionRefused(Unreached):
    """Somebody is there, and nobody listens on the port."""

    def __init__(self) -> None:
        super().__init__("Connection refused")


class NoRouteToHost(Unreached):
    """Nobody has the address."""

    def __init__(self) -> None:
        super().__init__("No route to host")


class ConnectionLost(Unreached):
    """What was sent was lost on its way."""

    def __init__(self) -> None:
        super().__init__("Connection timed out")


class UnknownName(Unreached):
    """No address belongs to the name."""

    def __init__(self, name: str) -> None:
        super().__init__("Name or service not known")
        self.name = name


class NoNameServer(UnknownName):
    """The name server does not answer."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.args = ("Temporary failure in name resolution",)
