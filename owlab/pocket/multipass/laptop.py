"""The ``multipass`` command of the laptop's shell."""

from __future__ import annotations

from owlab.pocket.multipass.command import multipass as run
from owlab.pocket.multipass.invocation import Invocation, VirtualFiles
from owlab.pocket.programs.base import Call, program


@program("multipass", machines="host", own_help=True)
async def multipass(call: Call) -> int:
    """Run a multipass command line in this lab."""
    session = call.session
    return await run(
        Invocation(
            argv=call.argv,
            lab=call.machine.lab,
            out_sink=call.out,
            err_sink=call.err,
            stdin=call.reader,
            files=VirtualFiles(call.fs, call.cwd),
            tty=session is not None and session.tty,
            switch=session.switch if session is not None else None,
        )
    )
