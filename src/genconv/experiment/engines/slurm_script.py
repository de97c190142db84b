"""The script of a job array of workers: saved, queued again and gone on with, however often the walltime ends."""

import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from genconv.config.clusters import SlurmConfig, seconds_of
from genconv.errors import InputError

KILLS = 3
"""A worker that something kills is begun again in the same start of its job, until so many have saved nothing new."""
IDLE_STARTS = 5
"""A job is queued again until so many starts in a row, of `FAIR` seconds at least, have saved nothing new."""
FAIR = 20
NOTHING_NEW = "genconv: this start has saved nothing new"
_WORK = """
store={store} log={log}
task="${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
there() {{
  {{
    find "$store" -mindepth 1 -maxdepth 1 -type d
    find "$store/.training" -mindepth 3 -maxdepth 3 -name '[0-9]*'
  }} 2>/dev/null | sort | cksum
}}
idle() {{
  awk '/^genconv: saved/ {{ n = 0 }} /^{nothing_new}/ {{ n++ }} END {{ print n + 0 }}' "$log/slurm-$task.out"
}}
first=$(there) before=$first killed=0
while true; do
  srun --unbuffered {cpus}{command}
  code=$? now=$(there)
  case $code in
  0 | 1 | 2) exit $code ;; # nothing is left; some runs failed; wrong input
  75 | 129 | 130 | 138 | 140 | 143)
    # work is left: a signal has ended the worker, before the walltime, at preemption or by hand
    if [ "$now" != "$first" ]; then echo 'genconv: saved'; elif [ $SECONDS -ge {fair} ]; then echo '{nothing_new}'; fi
    if [ "$(idle)" -ge {idle_starts} ]; then
      echo 'genconv: ends here: {idle_starts} starts in a row have saved nothing new: its walltime is too short'
    elif [ "$(squeue --noheader --jobs "$task" --format %T)" = RUNNING ]; then
      echo 'genconv: queued again'
      scontrol requeue "$task" && sleep 600
    fi
    exit $code ;;
  esac
  if [ "$now" = "$before" ]; then killed=$((killed + 1)); else killed=1 before=$now; fi
  echo "genconv: the worker ended with code $code"
  if [ $killed -ge {kills} ]; then exit $code; fi
done
"""


def script(config: SlurmConfig, root: Path, study: str, logs: Path, count: int) -> str:
    """The text for sbatch of `count` workers on a study; `InputError` if submitit is not installed."""
    slurm = _submitit()
    executor = slurm.SlurmExecutor(logs)
    parallel = "" if config.parallel is None else f"%{min(config.parallel, count)}"
    options = {
        "array": f"0-{count - 1}{parallel}",
        "output": str(logs / "slurm-%A_%a.out").replace("%", "%%").replace("%%A_%%a", "%A_%a"),
        "requeue": True,
        "signal": f"USR1@{signal_seconds(config)}",
        **{name: value for name, value in config.options.items() if value is not False},
    }
    wanted = {
        "partition": config.partition,
        "account": config.account,
        "gpus_per_node": config.gpus or None,
        "cpus_per_task": config.cpus,
        "mem": config.memory,
    }
    executor.update_parameters(
        job_name=f"genconv-{study}",
        time=config.time,
        setup=list(config.setup),
        use_srun=False,
        wckey=None,
        stderr_to_stdout=True,
        additional_parameters=options,
        **{name: value for name, value in wanted.items() if value is not None},
    )
    text: str = executor._make_submission_file_text(_command(config, root, study, logs), "")
    return text


def signal_seconds(config: SlurmConfig) -> int:
    """How long before the end of the walltime a worker is told to save."""
    if config.signal_seconds is not None:
        return config.signal_seconds
    whole = None if config.time is None else seconds_of(config.time)
    return 120 if whole is None else max(6, min(120, whole // 10))


def _command(config: SlurmConfig, root: Path, study: str, logs: Path) -> str:
    worker = shlex.join([sys.executable, "-m", "genconv", "work", str(root), "--study", study])
    return _WORK.format(
        store=shlex.quote(str(root)),
        log=shlex.quote(str(logs)),
        cpus="" if config.cpus is None else f"--cpus-per-task={config.cpus} ",
        command=worker,
        nothing_new=NOTHING_NEW,
        fair=FAIR,
        idle_starts=IDLE_STARTS,
        kills=KILLS,
    )


def _submitit() -> Any:
    try:
        return import_module("submitit.slurm.slurm")
    except ImportError:
        raise InputError(
            'execution.engine = "slurm" needs the package submitit: pip install "genconv[slurm]"'
        ) from None
