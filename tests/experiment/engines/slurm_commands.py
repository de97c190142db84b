"""Programs called sbatch, squeue, … that answer as a site does that is not this one."""

import os
from pathlib import Path

import pytest

WHOLE = {"sbatch": "echo 7", "srun": "true", "squeue": "true", "scancel": "true", "scontrol": "echo 'MaxArraySize = 3'"}


def answer_with(monkeypatch: pytest.MonkeyPatch, folder: Path, **scripts: str) -> None:
    """Put such programs before all others; `scripts` are what they do, by their names."""
    folder.mkdir(exist_ok=True)
    for name, script in {**WHOLE, **scripts}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
