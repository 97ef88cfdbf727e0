"""Getting a container's image onto its node, or saying why that is not possible."""

from __future__ import annotations

from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube import images
from owlab.pocket.kube.kubelet.diary import Diary

_FIRST_BACKOFF, _MOST_BACKOFF = 10.0, 300.0


def pull(diary: Diary, container: Object, status: Object, machine: MachineView) -> bool:
    """Whether the image is on the node; where it is not yet, the container's state says why."""
    image, name = images.full_name(container.get("image", "")), container.get("image", "")
    policy = container.get("imagePullPolicy", "IfNotPresent")
    if image in machine.images() and (policy != "Always" or images.exists(image)):
        pulled = ("Pulled", f'Successfully pulled image "{name}"')
        if pulled not in diary.memory.said:
            here = f'Container image "{name}" already present on machine'
            diary.once("Normal", "Pulled", here)
        return True
    if policy == "Never":
        said = f'Container image "{name}" is not present with pull policy of Never'
        status["state"] = {"waiting": {"reason": "ErrImageNeverPull", "message": said}}
        diary.once("Warning", "ErrImageNeverPull", said)
        diary.once("Warning", "Failed", "Error: ErrImageNeverPull")
        return False
    if not images.exists(image):
        _failed(diary, container, status)
        return False
    diary.once("Normal", "Pulling", f'Pulling image "{name}"')
    if not diary.passed(f"pull {image}", images.pull_seconds(image)):
        return False
    machine.add_image(image)
    diary.once("Normal", "Pulled", f'Successfully pulled image "{name}"')
    return True


def _failed(diary: Diary, container: Object, status: Object) -> None:
    """An image that no registry has: tried again, later each time."""
    image = container["image"]
    count = diary.memory.tries.get(image, 0)
    if count and not diary.over(f"backoff {image} {count}"):
        back = f'Back-off pulling image "{image}"'
        status["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": back}}
        diary.once("Normal", "BackOff", back)
        diary.once("Warning", "Failed", "Error: ImagePullBackOff")
        return
    message = images.pull_error(image)
    diary.say("Normal", "Pulling", f'Pulling image "{image}"')
    diary.say("Warning", "Failed", f'Failed to pull image "{image}": {message}')
    diary.say("Warning", "Failed", "Error: ErrImagePull")
    status["state"] = {"waiting": {"reason": "ErrImagePull", "message": message}}
    diary.memory.tries[image] = count + 1
    seconds = min(_FIRST_BACKOFF * 2**count, _MOST_BACKOFF)
    diary.start(f"backoff {image} {count + 1}", diary.clock.backoff(seconds))
    diary.again(0.0)
