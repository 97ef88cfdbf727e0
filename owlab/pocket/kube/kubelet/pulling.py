"""Getting a container's image onto its node, or saying why that is not possible."""

from __future__ import annotations

from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube.images import Registries, full_name
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline

_FIRST_BACKOFF, _MOST_BACKOFF = 10.0, 300.0


def pull(
    timeline: PodTimeline,
    container: Object,
    status: Object,
    machine: MachineView,
    registries: Registries,
) -> bool:
    """Whether the image is on the node; where it is not yet, the container's state says why."""
    image, name = full_name(container.get("image", "")), container.get("image", "")
    policy = container.get("imagePullPolicy", "IfNotPresent")
    if image in machine.images() and (policy != "Always" or registries.have(image)):
        pulled = ("Pulled", f'Successfully pulled image "{name}"')
        if pulled not in timeline.memory.said:
            here = f'Container image "{name}" already present on machine'
            timeline.once("Normal", "Pulled", here)
        return True
    if policy == "Never":
        said = f'Container image "{name}" is not present with pull policy of Never'
        status["state"] = {"waiting": {"reason": "ErrImageNeverPull", "message": said}}
        timeline.once("Warning", "ErrImageNeverPull", said)
        timeline.once("Warning", "Failed", "Error: ErrImageNeverPull")
        return False
    if not registries.have(image):
        _failed(timeline, container, status, registries)
        return False
    timeline.once("Normal", "Pulling", f'Pulling image "{name}"')
    if not timeline.passed(f"pull {image}", registries.pull_seconds(image)):
        return False
    machine.add_image(image)
    timeline.once("Normal", "Pulled", f'Successfully pulled image "{name}"')
    return True


def _failed(
    timeline: PodTimeline, container: Object, status: Object, registries: Registries
) -> None:
    """An image that no registry has: tried again, later each time."""
    image = container["image"]
    count = timeline.memory.tries.get(image, 0)
    if count and not timeline.over(f"backoff {image} {count}"):
        back = f'Back-off pulling image "{image}"'
        status["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": back}}
        timeline.once("Normal", "BackOff", back)
        timeline.once("Warning", "Failed", "Error: ImagePullBackOff")
        return
    message = registries.pull_error(image)
    timeline.say("Normal", "Pulling", f'Pulling image "{image}"')
    timeline.say("Warning", "Failed", f'Failed to pull image "{image}": {message}')
    timeline.say("Warning", "Failed", "Error: ErrImagePull")
    status["state"] = {"waiting": {"reason": "ErrImagePull", "message": message}}
    timeline.memory.tries[image] = count + 1
    seconds = min(_FIRST_BACKOFF * 2**count, _MOST_BACKOFF)
    timeline.start(f"backoff {image} {count + 1}", timeline.clock.backoff(seconds))
    timeline.again(0.0)
