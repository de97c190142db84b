"""Names that a shell completes: of models, datasets, studies, protocols and settings."""

from collections.abc import Iterable


def study_names(incomplete: str) -> list[str]:
    """Shipped studies that begin so."""
    from genconv.config.study import shipped_studies  # noqa: PLC0415

    return _beginning(shipped_studies(), incomplete)


def model_names(incomplete: str) -> list[str]:
    """Models that begin so; after a comma, the next one of a list."""
    from genconv.models.registry import models  # noqa: PLC0415  JAX is imported late

    return _beginning(models(), incomplete)


def dataset_names(incomplete: str) -> list[str]:
    """Datasets that begin so."""
    from genconv.data.registry import dataset_entries  # noqa: PLC0415  JAX is imported late

    return _beginning(dataset_entries(), incomplete)


def protocol_names(incomplete: str) -> list[str]:
    """Protocols that begin so."""
    from genconv.protocols import PROTOCOLS  # noqa: PLC0415

    return _beginning(map(str, PROTOCOLS), incomplete)


def metric_names(incomplete: str) -> list[str]:
    """Metrics that begin so; after a comma, the next one of a list."""
    from genconv.metrics.registry import metrics  # noqa: PLC0415

    return _beginning(metrics(), incomplete)


def setting_names(incomplete: str) -> list[str]:
    """Settings of the training, the evaluation, the streams and the execution that begin so, each with its `=`."""
    from genconv.config.overrides import ROOTS, known_fields  # noqa: PLC0415

    dotted = [f"{section}.{name}" for section, names in known_fields().items() for name in names]
    return _beginning((f"{name}=" for name in (*ROOTS, *dotted)), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]
