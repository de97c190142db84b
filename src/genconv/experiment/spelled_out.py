"""A study with every number spelled out: what its names and defaults stand for."""

from collections.abc import Mapping
from typing import Any

from genconv.config.base import Config
from genconv.config.overrides import SECTIONS, Fields
from genconv.config.study import Study
from genconv.config.toml import written
from genconv.config.user_code import is_user_code
from genconv.data.registry import dataset_named
from genconv.experiment.resolve import ResolvedCell, resolve, resolve_each
from genconv.models.registry import model_named
from genconv.protocols import protocol_named


def own_fields(study: Study) -> Fields:
    """The settings of the study's models and datasets, by section."""
    fields: dict[str, dict[str, None]] = {"model": {}, "data": {}}
    for grid in study.grids:
        for name in grid.datasets:
            entry = dataset_named(name)
            data = entry.configured(protocol_named(grid.protocols[0]), {**study.data, **grid.data})
            fields["data"] |= dict.fromkeys(type(data).model_fields)
            spec = entry.build(data).spec
            for model in grid.models:
                fields["model"] |= dict.fromkeys(model_named(model, spec).config_type.model_fields)
    return {section: tuple(names) for section, names in fields.items()}


def spelled_out(study: Study) -> str:
    """The study as TOML with every setting of every cell; it trains the same runs.

    The first line, a comment, says how many runs there are. A setting whose default follows from the data (a batch that
    fits few examples) has its number.
    """
    cells = resolve(study)
    launched = sum(grid.count for grid in study.commands)
    runs = sum(len(one.runs) for one in cells) + launched * len(study.seeds)
    head: dict[str, Any] = {"name": study.name, "description": study.description, "seed": study.seed}
    counts = f"# {_counted(len(cells) + launched, 'cell')}, {_counted(runs, 'run')}"
    if (design := study.design) is None:
        parts = [f"{counts}\n{written({**head, 'seeds': list(study.seeds)})}"]
    else:
        parts = [f"{counts}; each cell: {design.words}\n{written(head)}"]
        parts.append(f"[design]\n{written(design.model_dump(mode='json'))}")
    parts += [_cell(one, streams) for one, streams in resolve_each(study)]
    parts += [f"[[cells]]\n{written(grid.model_dump(mode='json', exclude_defaults=True))}" for grid in study.commands]
    if set(study.execution.at_default()) != set(type(study.execution).model_fields):
        parts.append(f"[execution]\n{written(study.execution.model_dump(mode='json'))}")
    return "\n".join(parts)


def _cell(one: ResolvedCell, streams: Mapping[str, Any]) -> str:
    cell = one.cell
    names = {"models": [cell.model], "datasets": [cell.dataset], "protocols": [cell.protocol]}
    model = one.model.config_type.checked(cell.architecture, "model")
    sections = {
        "model": _said(model, cell.model),
        "data": _said(one.data, cell.dataset),
        "training": cell.training.model_dump(mode="json"),
        "evaluation": cell.evaluation.model_dump(mode="json"),
        "streams": dict(streams),
    }
    tables = [f"\n[cells.{name}]\n{written(sections[name])}" for name in SECTIONS if sections[name]]
    return f"[[cells]]\n{written(names)}{''.join(tables)}"


def _said(config: Config, name: str) -> dict[str, Any]:
    """All fields; of a user's class without those that are None by default, for which TOML may have no word."""
    values = config.model_dump(mode="json")
    fields = type(config).model_fields
    own = is_user_code(name)
    return {key: value for key, value in values.items() if not (own and value is None and fields[key].default is None)}


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
