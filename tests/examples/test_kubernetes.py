"""The manifest for Kubernetes: valid by the schemas of its API, and its command is one of genconv's."""

from pathlib import Path
from typing import Any

import pytest

import genconv.cli.app as cli
from genconv.experiment.worker import WORK_LEFT

yaml = pytest.importorskip("yaml")
MANIFEST = Path(__file__).parents[2] / "examples" / "kubernetes.yaml"


@pytest.fixture(scope="module")
def job() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def test_the_manifest_is_valid_by_the_schemas_of_kubernetes(job: Any) -> None:
    schemas = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    schemas.validate(job, "1.31", strict=True)
    with pytest.raises(schemas.ValidationError):
        schemas.validate({**job, "spec": {**job["spec"], "completion": 8}}, "1.31", strict=True)


def test_every_pod_is_a_worker_of_one_store(job: Any) -> None:
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    (container,), (volume,) = pod["containers"], pod["volumes"]
    program, command, store = container["command"]
    assert (program, command) == ("genconv", "work")
    assert cli.run([command, store]) == 2  # understood: there is no such store here
    assert store.startswith(container["volumeMounts"][0]["mountPath"])
    assert container["volumeMounts"][0]["name"] == volume["name"]
    assert spec["completions"] == spec["parallelism"] == spec["maxFailedIndexes"]


def test_a_worker_that_was_stopped_starts_again_and_one_that_failed_does_not(job: Any) -> None:
    final = next(rule["onExitCodes"] for rule in job["spec"]["podFailurePolicy"]["rules"] if "onExitCodes" in rule)
    assert final["containerName"] == job["spec"]["template"]["spec"]["containers"][0]["name"]
    assert final["values"] == [1, 2]
    assert WORK_LEFT not in final["values"]
