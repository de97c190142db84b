"""What SLURM answers, for better or worse: each becomes a result or one line."""

from pathlib import Path

import pytest

from genconv.errors import InputError, WorkError
from genconv.experiment.engines import slurm_jobs
from genconv.experiment.engines.slurm_jobs import Task, at_work, in_words
from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer
from genconv.store.plans import read_plan
from genconv.store.submissions import Submission, keep_submissions, submissions
from tests.cli.commands import genconv
from tests.experiment.engines.slurm_commands import answer_with
from tests.experiment.small_study import study

pytest.importorskip("submitit", reason="submitit is not installed")
ON_SLURM = ("execution.engine=slurm", "seeds=10")


def submitted(root: Path, *settings: str) -> str:
    """What is told of a study whose workers do nothing."""
    with pytest.raises((InputError, WorkError)) as told:
        run_study(study("vae", *ON_SLURM, *settings), root)
    return str(told.value)


@pytest.mark.parametrize(
    ("sbatch", "error"),
    [
        (
            "echo 'sbatch: error: Batch job submission failed: Unable to contact slurm controller' >&2; exit 1",
            "SLURM does not take the workers: Batch job submission failed: Unable to contact slurm controller",
        ),
        (
            "printf 'sbatch: error: MaxSubmitJobLimit\nsbatch: error: Job violates QOS policy\n' >&2; exit 1",
            "SLURM does not take the workers: Job violates QOS policy",
        ),
        ("echo hello", "SLURM does not take the workers: sbatch answers 'hello', which is no job number"),
        (
            "echo 'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying' >&2; sleep 5",
            "SLURM does not answer sbatch within 1 s: Slurm temporarily unable to accept job, sleeping and retrying",
        ),
    ],
)
def test_workers_that_are_not_taken_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sbatch: str, error: str
) -> None:
    monkeypatch.setattr(slurm_jobs, "SECONDS", 1.0)
    answer_with(monkeypatch, tmp_path / "bin", sbatch=sbatch)
    assert submitted(tmp_path / "runs") == error
    assert submissions(tmp_path / "runs", "a") == []


def test_a_machine_without_slurm_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert submitted(tmp_path / "runs") == (
        'execution.engine = "slurm": sbatch is not on this machine: run this on a login node of the cluster'
    )


def test_no_more_workers_than_the_site_allows_and_each_has_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script"
    answer_with(monkeypatch, tmp_path / "bin", sbatch=f"cat > {script}; echo 7")
    told = submitted(tmp_path / "runs")
    assert told == f"SLURM job 7 has ended, and 10 runs are left; logs: {tmp_path}/runs/logs"
    assert "--array=0-2\n" in script.read_text()
    assert read_plan(tmp_path / "runs", "a").workers == 3


def test_why_workers_have_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "runs" / "logs" / "slurm-7_0.out"
    wrong = "genconv: error: this worker would give other bits"
    answer_with(monkeypatch, tmp_path / "bin", sbatch=f"echo '{wrong}' > {log}; echo 'srun: error' >> {log}; echo 7")
    assert "10 runs are left (this worker would give other bits); logs" in submitted(tmp_path / "runs")


def test_workers_that_are_there_are_not_submitted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "script"
    keep_submissions(tmp_path / "runs", "a", [Submission("6", 2, "2030-01-01T00:00:00+00:00")])
    # two of job 6 are at work when first asked; nobody is later
    squeue = f"[ -e {script} ] || printf '6_0|RUNNING|1:00|n1\\n6_1|PENDING|0:00|(Priority)\\n6_2|CANCELLED|0:01|n1\\n'"
    answer_with(monkeypatch, tmp_path / "bin", sbatch=f"cat > {script}; echo 7", squeue=squeue)
    submitted(tmp_path / "runs")
    assert "--array=0-0\n" in script.read_text()
    assert [(one.job, one.workers) for one in submissions(tmp_path / "runs", "a")] == [("6", 2), ("7", 1)]


def test_workers_that_are_being_queued_again_are_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For some seconds they are COMPLETING, as those that end are; a study was given up then, and others submitted."""
    asked, script = tmp_path / "asked", tmp_path / "script"
    asked.write_text("")
    keep_submissions(tmp_path / "runs", "a", [Submission("6", 3, "2030-01-01T00:00:00+00:00")])
    squeue = (
        f"echo x >> {asked}; case $(wc -l < {asked}) in "
        "1) printf '6_0|COMPLETING|1:00|n1\\n6_1|COMPLETING|1:00|n1\\n6_2|RUNNING|1:00|n1\\n';; "
        "2) printf '6_0|PENDING|0:00|(BeginTime)\\n6_1|COMPLETED|1:00|n1\\n6_2|RUNNING|1:00|n1\\n';; esac"
    )
    answer_with(monkeypatch, tmp_path / "bin", sbatch=f"cat > {script}; echo 7", squeue=squeue)
    submitted(tmp_path / "runs")
    assert "--array=0-0\n" in script.read_text()
    assert at_work([Task("6_0", "COMPLETING", "1:00", "n1")]) == 1


def test_workers_that_were_done_while_nobody_looked_leave_one_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, small = tmp_path / "runs", ("seeds=1", "training.epochs=1")
    run_study(study("vae", *small), root)
    keep_submissions(root, "a", [Submission("6", 2, "2030-01-01T00:00:00+00:00")])
    (root / "logs").mkdir()
    for task in (0, 1):
        (root / "logs" / f"slurm-6_{task}.out").write_text(f"worker {task}\n")
    answer_with(monkeypatch, tmp_path / "bin")
    run_study(study("vae", *small, "execution.engine=slurm"), root)
    assert [path.name for path in (root / "logs").iterdir()] == ["a.log"]
    assert submissions(root, "a") == []


def test_ctrl_c_leaves_the_workers_at_work_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupts(Observer):
        def noted(self, message: str) -> None:
            if "running" in message:
                raise KeyboardInterrupt

    answer_with(monkeypatch, tmp_path / "bin", squeue="echo '7_0|RUNNING|1:00|n1'")
    root = tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt) as told:
        run_study(study("vae", *ON_SLURM), root, Interrupts())
    assert str(told.value) == (
        f"detached: SLURM job 7 goes on; the same command looks at it again, genconv status {root} shows it, "
        f"genconv cancel {root} ends it"
    )
    assert [one.job for one in submissions(root, "a")] == ["7"]


def test_a_controller_that_is_away_for_a_while_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, notes = tmp_path / "asked", list[str]()

    class Notes(Observer):
        def noted(self, message: str) -> None:
            notes.append(message)

    monkeypatch.setattr("genconv.experiment.engines.slurm._ASK", 1.0)
    squeue = f"[ -e {asked} ] && exit 0; touch {asked}; echo 'error: Unable to contact' >&2; exit 1"
    answer_with(monkeypatch, tmp_path / "bin", squeue=squeue)
    with pytest.raises(WorkError, match="SLURM job 7 has ended"):
        run_study(study("vae", *ON_SLURM), tmp_path / "runs", Notes())
    assert notes[1] == (
        "SLURM job 7: not known, SLURM does not answer: error: Unable to contact; 0 of 10 runs are finished"
    )


def test_states_are_counted_whatever_way_slurm_writes_them() -> None:
    found = [
        Task("6_[0-1,4-5,7%2]", "PENDING", "0:00", "(Resources)"),
        Task("6_2", "RUNNING", "1:00", "n1"),
        Task("6_3", "COMPLETING", "1:00", "n2"),
    ]
    assert at_work(found) == 7
    assert in_words(found) == "1 running, 5 pending, 1 completing"


def test_status_shows_the_jobs_and_says_if_slurm_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_submissions(tmp_path, "a", [Submission("6", 2, "2030-01-01T00:00:00+00:00")])
    answer_with(monkeypatch, tmp_path / "bin", squeue="echo '6_0|RUNNING|1:00|n1'")
    assert "SLURM job 6_0 of a: running 1:00 n1" in genconv("status", tmp_path).out.splitlines()
    answer_with(monkeypatch, tmp_path / "bin", squeue="echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1")
    done = genconv("status", tmp_path)
    assert done.code == 0
    assert "SLURM job 6 of a: not known SLURM does not answer: slurm_load_jobs error: Unable to contact" in done.out


def test_cancel_ends_the_jobs_that_are_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    jobs = [Submission("5", 2, "2030-01-01T00:00:00+00:00"), Submission("6", 2, "2030-01-02T00:00:00+00:00")]
    keep_submissions(tmp_path, "a", jobs)
    squeue = (
        '[ "$3" = 5 ] && echo "slurm_load_jobs error: Invalid job id specified" >&2 && exit 1\n'
        f'[ -e {gone} ] || echo "6_0|RUNNING|1:00|n1"'
    )
    answer_with(monkeypatch, tmp_path / "bin", squeue=squeue, scancel=f'echo "$@" >> {gone}')
    done = genconv("cancel", tmp_path)
    assert (done.code, done.out) == (0, "cancelled: SLURM job 6 of 2 workers; what they have saved stays\n")
    assert gone.read_text() == "6\n"
    assert genconv("cancel", tmp_path).out == f"no job of a cluster works on {tmp_path}\n"
    assert genconv("cancel", tmp_path, "--study", "b").error == "unknown study with jobs on a cluster 'b': known are a"
    assert genconv("cancel", tmp_path / "no").error == f"'{tmp_path}/no' is not a folder"


def test_a_job_that_is_not_cancelled_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_submissions(tmp_path, "a", [Submission("6", 2, "2030-01-01T00:00:00+00:00")])
    answer_with(
        monkeypatch,
        tmp_path / "bin",
        squeue="echo '6_0|RUNNING|1:00|n1'",
        scancel="echo 'scancel: error: Kill job error on job id 6: Access/permission denied' >&2; exit 1",
    )
    done = genconv("cancel", tmp_path)
    assert (done.code, done.error) == (
        2,
        "SLURM does not cancel job 6: Kill job error on job id 6: Access/permission denied",
    )
