"""One pod's time and words: what is due when, and which events tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kubelet.memory import Memory


class PodTimeline:
    """Timers and events of one pod, during one look at it.

    :param again: has the pod looked at again in so many seconds.
    """

    def __init__(
        self,
        pod: Object,
        memory: Memory,
        clock: Clock,
        recorder: Recorder,
        again: Callable[[float], None],
    ) -> None:
        self.pod = pod
        self.memory = memory
        self.clock = clock
        self.again = again
        self._recorder = recorder

    def passed(self, what: str, seconds: float) -> bool:
        """Whether something that takes ``seconds`` in life is over; it begins now if it had not."""
        scaled = self.clock.scaled(seconds)
        if scaled <= 0:
            return True
        if what not in self.memory.due:
            self.start(what, scaled)
        return self.over(what)

    def start(self, what: str, seconds: float) -> None:
        """Something is over in so many seconds of the lab's; the pod is looked at then."""
        self.memory.due[what] = _now() + seconds
        self.again(seconds + 0.01)

    def over(self, what: str) -> bool:
        """What was started is over."""
        left = self.memory.due.get(what, 0.0) - _now()
        if left > 0:
            self.again(left + 0.01)
        return left <= 0

    def forget(self, what: str) -> None:
        """It may begin anew."""
        self.memory.due.pop(what, None)

    def say(self, kind: str, reason: str, message: str) -> None:
        """Record an event of the kubelet's; ``kind`` is ``Normal`` or ``Warning``."""
        self.memory.said.add((reason, message))
        node = self.pod["spec"]["nodeName"]
        self._recorder.record(self.pod, kind, reason, message, "kubelet", node)

    def once(self, kind: str, reason: str, message: str) -> None:
        """Record it unless it was said of this pod already."""
        if (reason, message) not in self.memory.said:
            self.say(kind, reason, message)


def _now() -> float:
    return asyncio.get_running_loop().time()
