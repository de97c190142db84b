"""The accelerator's benchmark on this CPU: killed in the middle and started again, it comes to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "accelerator.py"
SMALL = {"training.epochs": 2, "data.training_size": 4096, "data.validation_size": 4096, "data.test_size": 64}


def started(folder: Path, budget: int) -> subprocess.Popen[str]:
    words = [
        *(sys.executable, SCRIPT, "-o", folder, "--budget", budget, "--steps", 2, "--runs", 1),
        *("--cases", "vae-toy-256", "--toy-seeds", 1, "--cells", "vae 8gaussians"),
        *(word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")),
    ]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True)  # noqa: S603


def test_it_survives_a_kill_and_goes_on(tmp_path: Path) -> None:
    first, waited = started(tmp_path, 300), time.monotonic()
    rate = tmp_path / "measured" / "product float32.json"
    while not rate.exists() and time.monotonic() - waited < 240:
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    before = rate.read_bytes()
    again = started(tmp_path, 600)
    printed, _ = again.communicate()
    assert again.returncode == 0
    assert rate.read_bytes() == before
    assert "| vae-toy-256 | bfloat16 | 1 |" in printed
    assert "vae 8gaussians: finished" in printed
    curves = json.loads((tmp_path / "vae_8gaussians_1.json").read_text())
    assert {name: len(rows[0]) for name, rows in curves.items()} == {"train": 2, "val": 2}
    (row,) = json.loads((tmp_path / "metrics.json").read_text())
    assert row["model"] == "vae"


def test_it_ends_with_its_budget(tmp_path: Path) -> None:
    began = time.monotonic()
    process = started(tmp_path, 3)
    printed, _ = process.communicate()
    assert process.returncode == 0
    assert "| case | precision |" in printed
    assert time.monotonic() - began < 30
