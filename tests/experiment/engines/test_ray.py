"""A real Ray cluster of several nodes on this machine: the same runs, also when a node goes while it is at work."""

import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from genconv.errors import InputError
from genconv.experiment.engines import ray as engine
from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer
from tests.experiment.small_study import contents, study

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install ray")
SETTINGS = ("seeds=4", "execution.engine=ray", "execution.block=1", "training.epochs=120")


class Notes(Observer):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def noted(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # listens to this machine alone
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # as here
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    nodes = {"num_cpus": 1, "object_store_memory": 80_000_000}
    made = Cluster(initialize_head=True, head_node_args={**nodes, "include_dashboard": False})
    made.other = made.add_node(**nodes)
    yield made
    made.shutdown()


@needs_ray
@pytest.mark.filterwarnings("ignore")
def test_a_node_that_goes_while_it_is_at_work_changes_nothing(tmp_path: Path, cluster: Any) -> None:
    alone = contents(run_study(study("vae", *SETTINGS, "execution.engine=local"), tmp_path / "alone"))
    root, watching = tmp_path / "runs", Notes()
    over = threading.Event()

    def lose_a_node() -> None:
        while len(list(root.glob(".training/*/*.lock"))) < 2:
            if over.wait(0.2):
                return
        cluster.remove_node(cluster.other, allow_graceful=False)

    losing = threading.Thread(target=lose_a_node)
    losing.start()
    settings = (*SETTINGS, f"execution.ray.address={cluster.address}", "execution.ray.workers=2")
    try:
        folders = run_study(study("vae", *settings), root, watching)
    finally:
        over.set()
        losing.join()
    assert repr(contents(folders)) == repr(alone)
    assert watching.notes[0] == "2 workers are tasks of Ray on 2 nodes"
    assert any("on 1 node;" in note for note in watching.notes), watching.notes


@needs_ray
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("address=127.0.0.1:1", r"execution\.ray\.address = 127\.0\.0\.1:1: no answer"),
        ("resources={tpu = 4}", r"execution\.ray: a worker wants more than the whole cluster has \(CPU \d, .*tpu 0\)"),
    ],
)
def test_a_cluster_out_of_reach_or_too_small_is_one_line(tmp_path: Path, setting: str, error: str) -> None:
    with pytest.raises(InputError, match=error):
        run_study(study("vae", *SETTINGS, f"execution.ray.{setting}"), tmp_path)


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(engine, "import_module", missing)
    with pytest.raises(InputError, match=r'needs the package ray: pip install "genconv\[ray\]"'):
        run_study(study("vae", *SETTINGS), tmp_path)
