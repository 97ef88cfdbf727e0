"""`wsk sdk`: completion for bash. What the others would download has not been served for long."""

from __future__ import annotations

from owlab.pocket.programs.wsk import bash_completion
from owlab.pocket.programs.wsk.exits import WskError
from owlab.pocket.programs.wsk.session import Session

NEEDED = (
    "The SDK component argument is missing. One component (docker, ios, or bashauto) must be "
    "specified"
)


async def install(session: Session) -> int:
    """``install COMPONENT``."""
    if len(session.words.rest) != 1:
        raise WskError(NEEDED)
    component = session.words.rest[0].lower()
    if component == "bashauto":
        return await _completion(session)
    if component not in ("docker", "ios"):
        raise WskError(
            f"The SDK component argument '{component}' is invalid. Valid components are docker, "
            "ios and bashauto"
        )
    file = "blackbox.tar.gz" if component == "docker" else "OpenWhiskIOSStarterApp.zip"
    raise WskError(
        f"The {component} SDK installation failed: Error unGzipping file '{file}': "
        f"Unable to unzip file '{file}': gzip: invalid header",
        usage=False,
    )


async def _completion(session: Session) -> int:
    """The script is our own: for wsk as it is here."""
    if session.words.on("stdout"):
        await session.call.out(bash_completion.script())
        return 0
    session.call.write(session.call.path(bash_completion.FILE), bash_completion.script().encode())
    await session.call.out(bash_completion.INSTALLED)
    return 0


VERBS = {"install": install}
