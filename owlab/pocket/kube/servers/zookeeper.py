"""ZooKeeper's words of four letters, and Kafka's open port."""

from __future__ import annotations

from owlab.pocket.kube.servers.setting import Ports, Setting
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.sockets import conversation

_SAYS = {
    b"ruok": b"imok",
    b"isro": b"rw",
    b"srvr": b"Zookeeper version: 3.4 (of the pocket lab)\nMode: standalone\nNode count: 4\n",
}


def zookeeper(setting: Setting) -> Ports:
    """On the client's port; other members of an ensemble it has none."""

    async def talk(ends: Ends, peer: str) -> None:
        word = await ends.reader.read(4)
        if word in _SAYS:
            await ends.send(_SAYS[word])

    return {2181: conversation(talk)}


def kafka(setting: Setting) -> Ports:
    """The port is open; a client that speaks Kafka's protocol is hung up on."""

    async def talk(ends: Ends, peer: str) -> None:
        await ends.reader.read(1)

    port = setting.env.get("KAFKA_PORT", "")
    return {int(port) if port.isdecimal() else 9092: conversation(talk)}
