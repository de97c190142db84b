"""`watch`: the page of a store in a browser, while training goes on."""

import os
import threading
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._options import QuietOption
from genconv.errors import InputError

_NICE = 19
"""Training goes first, wherever both need the processor."""


def watch(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The output folder of a study.")] = Path("runs"),
    host: Annotated[
        str, typer.Option("--host", help="The address to serve at; any but this machine's own loop needs the token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for one that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    quiet: QuietOption = False,
) -> int:
    """Serve the page on this machine while training goes on: curves grow, diverged runs appear, time left."""
    if store.exists() and not store.is_dir():
        raise InputError(f"'{store}' is not a folder")
    if hasattr(os, "nice"):
        os.nice(_NICE)
    from genconv.watch.access import Access  # noqa: PLC0415
    from genconv.watch.served import Served  # noqa: PLC0415  matplotlib is imported late
    from genconv.watch.server import PageServer  # noqa: PLC0415

    served = Served(store)
    with PageServer(served, Access.at(host), port) as server:
        threading.Thread(target=served.keep, daemon=True).start()
        typer.echo(server.address)
        if not quiet:
            there = "" if store.is_dir() else f"'{store}' is not there yet; "
            typer.echo(f"genconv: note: {there}serves '{store}' until Ctrl-C; only files are read", err=True)
        if browser:
            typer.launch(server.address)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("interrupted: the page is no longer served; training is not touched") from None
    return 0
