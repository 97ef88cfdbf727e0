"""`wsk sdk`: completion for bash, and what would be downloaded."""

from __future__ import annotations

from urllib.parse import urlsplit

from owlab.pocket.programs.wsk import bash_completion
from owlab.pocket.programs.wsk.exits import WskError
from owlab.pocket.programs.wsk.session import Session

FILES = {"docker": "blackbox.tar.gz", "ios": "OpenWhiskIOSStarterApp.zip"}
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
    if component not in FILES:
        raise WskError(
            f"The SDK component argument '{component}' is invalid. Valid components are docker, "
            "ios and bashauto"
        )
    return await _download(session, component)


async def _download(session: Session, component: str) -> int:
    """OpenWhisk's nginx points at GitHub, where the lab's internet ends."""
    file = FILES[component]
    if session.call.fs.exists(session.call.path(file)):
        raise WskError(f"The file '{file}' already exists.  Delete it and retry.", usage=False)
    doing = f"The {component} SDK installation failed: "
    answer = await session.remote.send("GET", f"/{file}", auth=False, root=True)
    if answer.location:
        host = urlsplit(answer.location).hostname
        why = f'Get "{answer.location}": dial tcp: lookup {host}: no such host'
        raise WskError(f"{doing}Unable to retrieve '{file}' SDK: {why}", usage=False)
    why = f"Unable to unzip file '{file}': gzip: invalid header"
    raise WskError(f"{doing}Error unGzipping file '{file}': {why}", usage=False)


async def _completion(session: Session) -> int:
    """The script is our own: for wsk as it is here."""
    if session.words.on("stdout"):
        await session.call.out(bash_completion.script())
        return 0
    session.call.write(session.call.path(bash_completion.FILE), bash_completion.script().encode())
    await session.call.out(bash_completion.INSTALLED)
    return 0


VERBS = {"install": install}
