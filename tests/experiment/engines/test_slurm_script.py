"""The script of a job array, and what of it a study decides."""

import subprocess
from pathlib import Path

import pytest

from genconv.config.clusters import SlurmConfig
from genconv.errors import InputError
from genconv.experiment.engines import slurm_script
from genconv.experiment.engines.slurm_script import script, signal_seconds
from tests.experiment.small_study import study

pytest.importorskip("submitit", reason="submitit is not installed")


def options(text: str) -> dict[str, str]:
    lines = [line.removeprefix("#SBATCH --") for line in text.splitlines() if line.startswith("#SBATCH")]
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def test_every_setting_is_an_option_of_sbatch(tmp_path: Path) -> None:
    config = SlurmConfig(
        parallel=2,
        time="4:00:00",
        partition="long",
        account="me",
        gpus=1,
        cpus=8,
        memory="16G",
        setup=("module load cuda", "source venv/bin/activate"),
        options={"constraint": "a100", "exclusive": True, "nice": 10, "contiguous": False},
    )
    text = script(config, tmp_path, "small", tmp_path / "logs", 5)
    assert options(text) == {
        "account": "me",
        "array": "0-4%2",
        "constraint": "a100",
        "cpus-per-task": "8",
        "exclusive": "",
        "gpus-per-node": "1",
        "job-name": "genconv-small",
        "mem": "16G",
        "nice": "10",
        "nodes": "1",
        "open-mode": "append",
        "output": f"{tmp_path}/logs/slurm-%A_%a.out",
        "partition": "long",
        "requeue": "",
        "signal": "USR1@120",
        "time": "4:00:00",
    }
    assert text.index("module load cuda\nsource venv/bin/activate\n") < text.index(
        "srun --unbuffered --cpus-per-task=8 "
    )
    assert f"-m genconv work {tmp_path} --study small\n" in text


def test_what_a_study_does_not_say_is_left_to_the_site(tmp_path: Path) -> None:
    found = options(script(SlurmConfig(), tmp_path, "small", tmp_path, 1))
    assert set(found) == {"array", "job-name", "nodes", "open-mode", "output", "requeue", "signal"}
    assert found["array"] == "0-0"


def test_folders_of_any_name_are_quoted(tmp_path: Path) -> None:
    root = tmp_path / "a 'b' $c %d"
    root.mkdir()
    text = script(SlurmConfig(), root, "small", root, 1)
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0  # noqa: S607
    shown = text.partition("store=")[2].partition(" log=")[0]
    told = subprocess.run(["bash", "-c", f"printf %s {shown}"], capture_output=True, text=True, check=True)  # noqa: S603, S607
    assert told.stdout == str(root)
    assert "%%d/slurm-%A_%a.out" in text


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        (SlurmConfig(), 120),
        (SlurmConfig(time=1), 6),
        (SlurmConfig(time="10:00"), 60),
        (SlurmConfig(time="1-00"), 120),
        (SlurmConfig(time=1, signal_seconds=30), 30),
    ],
)
def test_the_worker_is_told_before_the_walltime_ends(config: SlurmConfig, seconds: int) -> None:
    assert signal_seconds(config) == seconds


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ('time="soon"', "time = 'soon': must be minutes, from 1, or a text such as 4:00:00 or 2-12:00:00"),
        ("time=0", "time = 0: must be minutes"),
        ("workers=0", "workers = 0: must be greater than or equal to 1"),
        ('partition="a b"', "partition = 'a b': must match"),
        ("memory=8", "memory = 8: must be"),
        ('setup=["a\\nb"]', "setup.0 = 'a\\nb': must match"),
        ("options={array = 3}", "options = {'array': 3}: 'array' is set by genconv"),
        ('options={"-x" = 3}', "options = {'-x': 3}: '-x' must be the name of an option of sbatch"),
        ("nodes=3", "unknown key 'execution.slurm.nodes': did you mean 'workers'? allowed are account, cpus"),
    ],
)
def test_wrong_settings_are_told_in_one_line(setting: str, error: str) -> None:
    with pytest.raises(InputError) as told:
        study("vae", f"execution.slurm.{setting}")
    assert str(told.value).startswith(error if error.startswith("unknown") else f"execution.slurm.{error}")


def test_without_submitit_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(slurm_script, "import_module", missing)
    with pytest.raises(InputError, match=r'needs the package submitit: pip install "genconv\[slurm\]"'):
        script(SlurmConfig(), tmp_path, "small", tmp_path, 1)
