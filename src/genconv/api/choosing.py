"""Which of the results that were read are looked at: by names, study and settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from genconv.api.given import on_results
from genconv.config.study import Study, load_study
from genconv.store.cutting import until
from genconv.store.results import Results
from genconv.store.selection import grouped, with_settings


@on_results
def choose(
    results: Results,
    *,
    models: Sequence[str] = (),
    datasets: Sequence[str] = (),
    study: str | Path | Study | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    group_by: Sequence[str] = (),
    end: float | None = None,
) -> Results:
    """The cells and runs that fulfil everything; a line of `Results.notes` says how many they are.

    Args:
        results: What `load` has read.
        models: Names of models; any if empty.
        datasets: Names of datasets; any if empty.
        study: Only the runs that a study asks for: a shipped one by name, or a TOML file. Imports JAX.
        where: Dotted names of settings, or hyper-parameters of imported runs, each with the values that are wanted.
        group_by: Settings that tell cells apart: an imported cell whose runs differ in one of them is split.
        end: Take curves until this epoch, counted from 1, and leave out what is known of the runs' ends.

    Raises:
        InputError: If no cell has such a name or setting, or if two cells agree in all settings of `group_by`.

    Example:
        >>> results = genconv.choose(genconv.load("runs"), where={"training.batch_size": ["256", "512"]})

    """
    found = results.where(model=list(models) or None, dataset=list(datasets) or None)
    if where:
        found = with_settings(found, where)
    if study is not None:
        from genconv.experiment.membership import of_study  # noqa: PLC0415  JAX is imported late

        found = of_study(found, study if isinstance(study, Study) else load_study(str(study)))
    found = grouped(found, tuple(group_by)) if group_by else found
    return found if end is None else until(found, end)
