"""Which runs become one cell: those of one model and dataset, and of equal settings if the user groups by them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from genconv.errors import InputError
from genconv.readers.leaving_out import check_used, excluded
from genconv.readers.names import about_lone_runs, checked_name, names_from, refuse_drawn_names, told_apart
from genconv.readers.options import ImportOptions
from genconv.readers.record import words_of
from genconv.readers.run import ExternalRun, LeftOut, Reading
from genconv.readers.settings import group_of
from genconv.readers.settings import told_apart as settings_told_apart


@dataclass
class Group:
    """The runs of one cell."""

    model: str
    dataset: str
    settings: dict[str, str] = field(default_factory=dict)
    """Hyper-parameters that the user groups by."""
    guessed: str | None = None
    """Where the names come from, if neither the source nor the user gives them."""
    runs: list[ExternalRun] = field(default_factory=list)
    """With labels that tell them apart."""
    readings: list[Reading] = field(default_factory=list)
    """Where they come from, each once."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Runs that the user excludes by name."""


def groups_of(readings: Sequence[Reading], options: ImportOptions) -> tuple[list[Group], list[str]]:
    """The cells to be, and a line for each one that the user has excluded altogether."""
    if options.model is None:
        refuse_drawn_names([run for reading in readings for run in reading.runs])
    if not any(reading.runs for reading in readings):
        lost = words_of([run for reading in readings for run in reading.left_out])
        raise InputError(f"no losses to import{': ' if lost else ''}{'; '.join(lost)}")
    groups: dict[tuple[object, ...], Group] = {}
    chosen: dict[tuple[object, ...], tuple[tuple[str, str], ...]] = {}
    for reading in readings:
        for run in reading.runs:
            model, dataset, how = _names(run, options)
            settings = group_of(run, options.group_by)
            key = (model, dataset, settings)
            group = groups.setdefault(key, Group(model, dataset))
            chosen[key] = settings
            group.guessed = how or group.guessed
            group.runs.append(run)
            if not group.readings or group.readings[-1] is not reading:
                group.readings.append(reading)
    _set_settings(groups, chosen)
    kept, lines = _without_excluded(list(groups.values()), options)
    return kept, [*lines, *about_lone_runs(_named_by_sources(kept, options))]


def _named_by_sources(groups: Sequence[Group], options: ImportOptions) -> dict[str, int]:
    """How many runs each model has that got its name from a file or folder."""
    found: dict[str, int] = defaultdict(int)
    for group in groups:
        for run in group.runs:
            if options.model is None and run.model is None:
                found[group.model] += 1
    return found


def _set_settings(
    groups: dict[tuple[object, ...], Group], chosen: dict[tuple[object, ...], tuple[tuple[str, str], ...]]
) -> None:
    """The settings that tell each group apart from the others of its model and dataset."""
    alike: dict[tuple[str, str], list[tuple[object, ...]]] = defaultdict(list)
    for key, group in groups.items():
        alike[group.model, group.dataset].append(key)
    for keys in alike.values():
        shown = settings_told_apart(chosen[key] for key in keys)
        for key in keys:
            groups[key].settings = shown[chosen[key]]


def _names(run: ExternalRun, options: ImportOptions) -> tuple[str, str, str | None]:
    """Model and dataset, and where their names come from if neither the source nor the user gives them."""
    model = run.model if options.model is None else options.model
    dataset = run.dataset if options.dataset is None else options.dataset
    how = None
    if model is None or dataset is None:
        found = names_from(run, options.datasets)
        unsaid = [kind for kind, value in (("model", model), ("dataset", dataset)) if value is None]
        model = found[0] if model is None else model
        dataset = found[1] if dataset is None else dataset
        said = " and ".join(f"{kind} '{model if kind == 'model' else dataset}'" for kind in unsaid)
        flags = " ".join(f"--{kind}" for kind in unsaid)
        how = f"{said} from the name '{found[2]}' ({flags} to say otherwise)"
    return checked_name("model", model), checked_name("dataset", dataset), how


def _without_excluded(groups: Sequence[Group], options: ImportOptions) -> tuple[list[Group], list[str]]:
    used: set[str] = set()
    labels: list[str] = []
    lines: list[str] = []
    for group in groups:
        named = told_apart(group.runs)
        runs = [replace(run, label=label) for run, label in zip(group.runs, named, strict=True)]
        matched = [excluded(run, options.exclude) for run in runs]
        group.runs = [run for run, pattern in zip(runs, matched, strict=True) if pattern is None]
        group.left_out = [
            LeftOut(label, "by --exclude") for label, pattern in zip(named, matched, strict=True) if pattern is not None
        ]
        used.update(filter(None, matched))
        labels += named
        if not group.runs:
            lines += [f"{group.model} on {group.dataset}: {line}" for line in words_of(group.left_out)]
    check_used(options.exclude, used, labels)
    if not any(group.runs for group in groups):
        raise InputError("--exclude leaves no run")
    return [group for group in groups if group.runs], lines
