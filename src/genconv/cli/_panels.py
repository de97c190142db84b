"""The commands of `genconv --help`, grouped by what they are for, each with a line that no terminal cuts."""

from collections.abc import Mapping
from typing import Any

from typer.core import TyperGroup

PANELS: Mapping[str, Mapping[str, str]] = {
    "Begin": {
        "demo": "Three models, ten seeds each, their table and page",
        "list": "Models, datasets, studies and protocols",
        "show": "A study with all settings that it comes to",
        "params": "Parameter counts of every model",
        "data": "Find, fetch and verify data files",
    },
    "Train": {
        "train": "Train one model on one dataset under several seeds",
        "run": "Run what is missing of a study, and write its page",
        "launch": "Run a command of yours under several seeds",
        "estimate": "Operations, memory and time of a study beforehand",
        "work": "Take blocks of a study's runs, beside other machines",
        "cancel": "End the cluster's jobs of a study",
        "status": "Where a study stands: finished, at work, waiting",
        "watch": "The same in a browser, while the curves grow",
    },
    "Runs of elsewhere": {
        "import": "Read runs of other tools into a folder of runs",
        "export": "Write runs for papers, trackers and tables",
    },
    "Conclude": {
        "metrics": "Convergence metrics of every cell, with intervals",
        "compare": "Which model ends lower, by how much, how surely",
        "plan": "How many seeds find a difference",
        "look": "Judge comparisons between batches of seeds",
        "report": "One HTML page that works offline",
        "plot": "Figures as PNG, SVG and PDF, with captions",
        "sample": "Fresh samples from the stored weights",
    },
    "Study the seeds": {
        "variance": "How much of the spread comes from which stream",
        "twins": "How far runs get apart that differ in one bit",
        "luck": "Whether the lucky seed is better, by held-out halves",
        "early": "Whether early epochs foretell which runs diverge",
        "sensitivity": "How much a wrong learning rate costs each model",
    },
    "Verify": {
        "verify": "Check files and identities; train again, compare bits",
        "replay": "Train a diverged run again: where it went wrong",
        "certify": "Train the same seeds in other ways: the same bits or not",
    },
}


class Grouped(TyperGroup):
    """The commands under the headings of `PANELS`; what is in none of them comes last."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the headings and their commands."""
        known = self.list_commands(ctx)
        panels = {title: [name for name in rows if name in known] for title, rows in PANELS.items()}
        told = {name for names in panels.values() for name in names}
        panels["Other"] = [name for name in known if name not in told]
        lines = {name: line for rows in PANELS.values() for name, line in rows.items()}
        width = max(map(len, known))
        for title, names in panels.items():
            rows = [(name.ljust(width), lines.get(name, "")) for name in names]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
