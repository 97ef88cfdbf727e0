"""The images of OpenWhisk's components and runtimes that the registries have."""

from __future__ import annotations

import re

from owlab.pocket.kube.images import PublishedImages

IMAGES = PublishedImages(
    names=tuple(
        re.compile(rf"docker\.io/openwhisk/{pattern}")
        for pattern in (
            r"(controller|invoker|ow-utils|scheduler):(ef725a6|nightly|latest)",
            r"(apigateway|alarmprovider|kafkaprovider|standalone):[\w.-]+",
            r"(action-[\w.-]+|(java8|python3)action|dockerskeleton):[\w.-]+",
        )
    ),
    seconds={"openwhisk/ow-utils": 60.0, "openwhisk/": 45.0},
)
