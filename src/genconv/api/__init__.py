"""The functions of the public interface: what the commands do, on paths and plain objects."""

from genconv.api.analysis import compare, plan, plot, sentence, summarise, variance, write_report
from genconv.api.choosing import choose
from genconv.api.exporting import export_results
from genconv.api.reading import import_runs, load
from genconv.api.seeds import early_warning, luck, plan_variance, replay, twins
from genconv.api.training import estimate, planned, resolved_toml, run, sample, study_of, train

__all__ = [
    "choose",
    "compare",
    "early_warning",
    "estimate",
    "export_results",
    "import_runs",
    "load",
    "luck",
    "plan",
    "plan_variance",
    "planned",
    "plot",
    "replay",
    "resolved_toml",
    "run",
    "sample",
    "sentence",
    "study_of",
    "summarise",
    "train",
    "twins",
    "variance",
    "write_report",
]
