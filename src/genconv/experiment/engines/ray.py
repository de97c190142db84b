"""Workers as tasks of a Ray cluster."""

import signal
import socket
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from genconv.config.clusters import RayConfig
from genconv.errors import InputError, WorkError, printable
from genconv.experiment.engines.follow import follow
from genconv.experiment.observer import Observer
from genconv.experiment.start import Started
from genconv.experiment.worker import run_worker
from genconv.store.files import one_line
from genconv.store.plans import Plan, change_plan, read_plan

_SAVING = 60.0
"""Seconds that workers have to save after Ctrl-C."""
_REACHING = 10.0
_THIS_MACHINE = ("localhost", "127.0.0.1")
"""Ray puts the machine's own address in their place."""


def ray_tasks(started: Started, observer: Observer) -> None:
    """Start workers as tasks of Ray and look at the study until nothing is left of it.

    A task whose node is lost is started again elsewhere. Ctrl-C ends the workers, and each saves first. `InputError` if
    Ray is not installed or not reached, `WorkError` if all workers have ended and work is left.
    """
    config, root, name = started.plan.study.execution.ray, started.root.resolve(), started.plan.name
    with _connected(config) as ray:
        count = _workers(ray, config, sum(len(one.missing()) for one in started.cells))
        cells = sum(1 for one in started.cells if one.missing())

        def shared(plan: Plan | None) -> Plan:
            """Each cell cut into so many blocks that every worker has one."""
            return replace(plan or read_plan(root, name), workers=-(-count // cells))

        change_plan(root, name, shared)
        observer.noted(f"{count} workers are tasks of Ray on {_nodes(ray)}")
        task = ray.remote(**_options(config, name))(_work)
        tasks = [task.remote(str(root), name) for _ in range(count)]
        try:
            left = follow(started, observer, lambda: _in_words(ray, tasks))
        except BaseException:
            _end(ray, tasks)
            raise
        if left:
            raise WorkError(f"all workers of Ray have ended, and {left} runs are left{_first_error(ray, tasks)}")
        ray.wait(tasks, num_returns=len(tasks), timeout=_SAVING)


def _work(root: str, study: str) -> int:
    """A worker in a process of Ray's; its exit code."""
    from genconv.hardware import configure  # noqa: PLC0415  JAX is imported late

    configure()
    return run_worker(Path(root), study).exit_code


def _options(config: RayConfig, study: str) -> dict[str, Any]:
    return {
        "name": f"genconv work {study}",
        "num_cpus": config.cpus,
        "num_gpus": config.gpus,
        "resources": dict(config.resources),
        "scheduling_strategy": {"spread": "SPREAD", "pack": "DEFAULT"}[config.placement],
        "max_retries": -1,
        "runtime_env": {"env_vars": {"OMP_NUM_THREADS": ""}},
    }


def _workers(ray: Any, config: RayConfig, missing: int) -> int:
    """Not more than runs are missing; as many as there is room for if the study does not say."""
    if config.workers is not None:
        return min(config.workers, missing)
    wanted = {"CPU": config.cpus, "GPU": config.gpus, **config.resources}
    there = ray.cluster_resources()
    room = [int(there.get(kind, 0) // amount) for kind, amount in wanted.items() if amount]
    if min(room, default=1) < 1:
        has = ", ".join(f"{kind} {there.get(kind, 0):g}" for kind in wanted)
        raise InputError(f"execution.ray: a worker wants more than the whole cluster has ({has})")
    return max(1, min(*room, missing)) if room else missing


@contextmanager
def _connected(config: RayConfig) -> Iterator[Any]:
    """Ray's module, connected to the cluster of the study, or to one that is started for the block."""
    try:
        ray = import_module("ray")
    except ImportError:
        raise InputError('execution.engine = "ray" needs the package ray: pip install "genconv[ray]"') from None
    mine = not ray.is_initialized()
    if mine:
        where = {"include_dashboard": False} if config.address is None else {"address": config.address}
        _reach(ray, config.address or "")
        try:
            with warnings.catch_warnings(), _own_signals():
                warnings.filterwarnings("ignore", message=r".*os\.fork", category=RuntimeWarning)
                ray.init(**where, log_to_driver=False, logging_level="error", configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise InputError(f"execution.ray.address = {config.address}: no answer ({one_line(error)})") from None
    try:
        yield ray
    finally:
        if mine:
            ray.shutdown()


def _reach(ray: Any, address: str) -> None:
    """`InputError` if nobody listens at `HOST:PORT`: Ray itself tries again for minutes, and tells each time."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if not (host and port.isdecimal()):
        return  # Ray looks it up
    hosts = [host.strip("[]"), *([ray.util.get_node_ip_address()] if host in _THIS_MACHINE else [])]
    errors = []
    for one in hosts:
        try:
            socket.create_connection((one, int(port)), _REACHING).close()
        except (OSError, OverflowError) as error:
            errors.append(error)
        else:
            return
    raise InputError(f"execution.ray.address = {address}: no answer ({one_line(errors[0])})")


@contextmanager
def _own_signals() -> Iterator[None]:
    """Whoever listens to SIGTERM goes on after the block: Ray would end all workers at once, before they have saved."""
    listens = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, listens)


def _nodes(ray: Any) -> str:
    """`2 nodes`."""
    count = sum(1 for node in ray.nodes() if node["Alive"])
    return f"{count} node{'s' if count != 1 else ''}"


def _in_words(ray: Any, tasks: list[Any]) -> str:
    """How many workers are there; empty if all have ended."""
    _, left = ray.wait(tasks, num_returns=len(tasks), timeout=0)
    return f"Ray: {len(left)} of {len(tasks)} workers on {_nodes(ray)}" if left else ""


def _end(ray: Any, tasks: list[Any]) -> None:
    """Let the workers save and end."""
    with suppress(Exception):  # the cluster may be gone, and told is what came first
        for task in tasks:
            ray.cancel(task)
        ray.wait(tasks, num_returns=len(tasks), timeout=_SAVING)


def _first_error(ray: Any, tasks: list[Any]) -> str:
    """Why the workers have ended, in brackets: the error that most of them tell."""
    errors = Counter[str]()
    for task in tasks:
        try:
            ray.get(task)
        except Exception as error:  # whatever a worker raised
            cause = getattr(error, "cause", None) or error
            errors[printable(one_line(cause))] += 1
    return f" ({errors.most_common(1)[0][0]})" if errors else ""
