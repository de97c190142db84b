"""Commands for the files of datasets: `data list`, `data fetch`, `data verify`, `data path`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="data", help="Find, download and verify the files of MNIST, Omniglot and the tables of papers on flows."
)

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="mnist, omniglot, power, gas, hepmass, miniboone or bsds300.", show_default=False
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of the data; GENCONV_DATA, or else the platform's cache folder, if left out.",
        show_default=False,
    ),
]


@app.command("list")
def list_files(folder: FolderOption = None) -> None:
    """Every file, and where it lies or is missing."""
    from genconv.data.images.files import FILES  # noqa: PLC0415  NumPy is imported late
    from genconv.data.images.sources import data_folder, located  # noqa: PLC0415

    folder = data_folder(folder)
    for name, sources in FILES.items():
        for source in sources:
            found = located(source, folder)
            typer.echo(f"{name}\t{'present' if found else 'missing'}\t{found or folder / source.path}")


@app.command("fetch")
def fetch(name: NameArgument, folder: FolderOption = None) -> None:
    """Download what is missing of a dataset, verified; prints where the files are."""
    from genconv.data.images.files import files_of, present  # noqa: PLC0415

    for source in files_of(name):
        typer.echo(present(source, folder))


@app.command("verify")
def verify(name: NameArgument, folder: FolderOption = None) -> None:
    """Compare the content of every file of a dataset with the known checksum."""
    from genconv.data.images.files import files_of, only_located  # noqa: PLC0415

    for source in files_of(name):
        path = only_located(source, folder)
        source.check(path)
        known = f"{source.kind} is as expected" if source.digest else "no checksum of it is known"
        typer.echo(f"{path}\t{known}")


@app.command("path")
def path_of(name: NameArgument, folder: FolderOption = None) -> None:
    """Where the files of a dataset are; an error if one is missing."""
    from genconv.data.images.files import files_of, only_located  # noqa: PLC0415

    for path in [only_located(source, folder) for source in files_of(name)]:
        typer.echo(path)
