"""`genconv compare` and `genconv plan`: columns, words, and every wrong option in one line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.commands import genconv
from tests.experiment.synthetic_runs import store

FORMATS = ["table", "markdown", "csv", "json"]
COLUMNS = "dataset,metric,a,b,difference,difference_low,difference_high,p,p_adjusted,verdict,winner,words,"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten seeds of three models, `c` with dead seeds and one of two."""
    generator = np.random.default_rng(0)
    for model, shift in (("a", 0.0), ("b", 0.67), ("c", 0.0)):
        curves = (85 + shift + 0.05 * generator.normal(size=(10, 3))).tolist()
        if model == "c":
            curves[0][1] = None
            curves[1][2] = 1e18
        (tmp_path / f"{model}_rings_10.json").write_text(json.dumps({"train": curves, "val": curves}))
    return tmp_path


def test_the_columns_and_numbers_of_a_comparison(folder: Path) -> None:
    done = genconv(
        "compare", folder / "a_rings_10.json", folder / "b_rings_10.json", "--metric", "min", "--format", "csv"
    )
    assert done.code == 0
    assert done.out.startswith(COLUMNS)
    (row,) = csv.DictReader(done.out.splitlines())
    assert (row["a"], row["b"], row["winner"]) == ("a", "b", "a")
    assert float(row["difference"]) == pytest.approx(0.67, abs=0.05)
    assert float(row["p_adjusted"]) < 2e-5
    assert row["words"].startswith("a's min (bound, ELBO) is below b's by 0.6")
    assert (row["level"], row["family"], row["pairs"]) == ("0.95", "1", "")


def test_differences_of_a_column_have_the_same_decimals(tmp_path: Path) -> None:
    for model, values in {"a": (1.0, 1.001, 1.002), "b": (1.01, 1.011, 1.012), "c": (3.0, 3.4, 3.8)}.items():
        curves = [[value, value] for value in values]
        (tmp_path / f"{model}_rings_3.json").write_text(json.dumps({"train": curves, "val": curves}))
    lines = genconv("compare", tmp_path, "--metric", "last", "--wide").out.splitlines()
    rows = [line.split() for line in lines if line.startswith(("a  b ", "a  c ", "b  c "))]
    assert [len(row[2].split(".")[1]) for row in rows] == [4, 4, 4]


def test_the_legend_says_what_a_and_b_are(folder: Path) -> None:
    alone = genconv("compare", folder).out
    assert "\nA: the cell with the lower mean" in alone
    assert "paired" not in alone
    against = genconv("compare", folder, "--baseline", "a").out
    assert "B is the baseline, a." in against
    assert "the lower mean" not in against


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_what_several_verdicts_say_alike_of_bounds_stands_once(tmp_path: Path, form: str) -> None:
    for shift, model in enumerate("abc"):
        curves = (85 + shift + 0.05 * np.random.default_rng(shift).normal(size=(10, 3))).tolist()
        (tmp_path / f"{model}_rings_10.json").write_text(json.dumps({"train": curves, "val": curves}))
    text = " ".join(genconv("compare", tmp_path, "--format", form).out.split())
    assert text.count("may rank otherwise") == 1
    assert "Where two bounds are compared, the NLLs may rank otherwise." in text
    two = " ".join(genconv("compare", *(tmp_path / f"{one}_rings_10.json" for one in "ab")).out.split())
    assert "These are bounds: the NLLs may rank otherwise." in two


def test_lost_seeds_are_counted(folder: Path) -> None:
    rows = list(csv.DictReader(genconv("compare", folder, "--format", "csv").out.splitlines()))
    assert len(rows) == 3
    with_c = next(row for row in rows if {row["a"], row["b"]} == {"b", "c"})
    side = "a" if with_c["a"] == "c" else "b"
    assert (with_c[f"{side}_seeds"], with_c[f"{side}_n"], with_c[f"{side}_without_number"]) == ("10", "8", "2")
    assert "2 of 10 runs of c" in with_c["words"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_who_is_below(folder: Path, form: str) -> None:
    done = genconv("compare", folder, "--metric", "min", "--metric", "last,first", "--format", form)
    assert done.code == 0
    assert done.err.startswith("genconv: note: c_rings_10.json: 1 diverged")
    assert "is below b's by" in done.out.replace("\n", " ")
    if form == "json":
        document = json.loads(done.out)
        assert len(document["comparisons"]) == 9
        assert set(document) == {"comparisons", "aggregates", "reversals"}


def test_runs_with_the_same_seeds_are_paired(tmp_path: Path) -> None:
    from tests.experiment.synthetic_runs import cell  # noqa: PLC0415

    store(tmp_path, 4)
    store(tmp_path, 3, cell(model="flow"))
    (row,) = csv.DictReader(genconv("compare", tmp_path, "--metric", "last", "--format", "csv").out.splitlines())
    assert (row["pairs"], float(row["paired_correlation"])) == ("3", pytest.approx(1))


def test_thousands_of_rows_are_left_to_files(tmp_path: Path) -> None:
    for number in range(33):
        curves = [[3.0, 2 + number + 0.1 * seed] for seed in range(9)]
        (tmp_path / f"m{number}_rings_9.json").write_text(json.dumps({"train": curves, "val": curves}))
    done = genconv("compare", tmp_path)
    assert done.code == 0
    assert done.out.count("528 rows: --format csv, json or markdown has them") == 1
    assert done.out.count(" is below m") == 528
    assert len(genconv("compare", tmp_path, "--format", "csv").out.splitlines()) == 529


def test_the_same_command_prints_the_same_digits(folder: Path) -> None:
    first, second = (genconv("compare", folder, "--format", "json").out for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--metric", "lsat"), "unknown metric 'lsat': did you mean 'last'?"),
        (("--metric", ""), "unknown metric ''"),
        (("--baseline", "aa"), "unknown baseline 'aa': did you mean 'a'? known are a, b, c"),
        (("--level", "95"), "level = 95: must be at least 0.5 and below 1"),
        (("--level", "nan"), "level = nan: must be"),
        (("--format", "cvs"), "did you mean 'csv'?"),
    ],
)
def test_wrong_options_of_compare(folder: Path, words: tuple[str, ...], message: str) -> None:
    done = genconv("compare", folder, *words)
    assert message in done.error
    assert (done.code, done.out) == (2, "")


def test_one_cell_is_nothing_to_compare(folder: Path) -> None:
    done = genconv("compare", folder / "a_rings_10.json")
    assert done.error.startswith("nothing to compare: no dataset has two cells with the metric; there is ")
    assert done.code == 2


@pytest.mark.parametrize("form", FORMATS)
def test_a_plan_in_every_format(folder: Path, form: str) -> None:
    done = genconv("plan", folder, "--metric", "min", "--effect", "1", "--format", form)
    assert done.code == 0
    assert "23" in done.out  # 17 for one comparison; three cells make three
    assert "1.57" in done.out
    if form in ("table", "markdown"):
        words = " ".join(done.out.split())
        assert "Planned for 3 comparisons (every two of these cells on a dataset)" in words
        assert "each is tested at 0.05/3 = 0.017, the first step of Holm." in words


def test_a_plan_for_as_many_comparisons_as_are_given(folder: Path) -> None:
    def planned(count: str, form: str = "markdown") -> str:
        return genconv("plan", folder, "--metric", "min", "--effect", "1", "--comparisons", count, "--format", form).out

    assert "Planned for one comparison (as given), tested at alpha = 0.05." in planned("1")
    assert "Planned for 21 comparisons (as given)" in planned("21")
    row = next(csv.DictReader(planned("21", "csv").splitlines()))
    assert (row["seeds"], row["comparisons"], row["family"]) == ("33", "21", "as given")
    assert float(row["alpha_each"]) == pytest.approx(0.05 / 21)


def test_the_columns_of_a_plan(folder: Path) -> None:
    files = [folder / f"{model}_rings_10.json" for model in "ab"]
    done = genconv("plan", *files, "--metric", "min", "--effect", ".5", "--format", "csv")
    (row,) = csv.DictReader(done.out.splitlines())
    assert (row["a"], row["b"], row["seeds"], row["power"], row["alpha"]) == ("a", "b", "64", "0.8", "0.05")
    assert float(row["detectable"]) == pytest.approx(1.3249, abs=1e-4)
    (plan,) = json.loads(genconv("plan", *files, "--metric", "min", "--difference", ".1", "--format", "json").out)
    assert plan["seeds_low"] <= plan["seeds"] <= plan["seeds_high"]
    assert {"seeds": plan["seeds"], "power": pytest.approx(0.9, abs=0.1)} in plan["curve"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "difference, effect, probability: exactly one must be given, not none"),
        (("--effect", "1", "--probability", ".8"), "exactly one must be given, not effect, probability"),
        (("--effect", "-1"), "effect = -1: must be above 0"),
        (("--effect", "x"), "'--effect': 'x' must be a valid"),
        (("--probability", "1"), "probability = 1: must be above 0.5 and below 1"),
        (("--effect", "1", "--power", "2"), "power = 2: must be above alpha = 0.05 and below 1"),
        (("--effect", "1", "--comparisons", "0"), "comparisons = 0: must be at least 1"),
        (("--effect", "1", "--alpha", "0"), "alpha = 0: must be above 0 and at most 0.5"),
    ],
)
def test_wrong_options_of_plan(folder: Path, words: tuple[str, ...], message: str) -> None:
    done = genconv("plan", folder, "--metric", "min", *words)
    assert message in done.error
    assert (done.code, done.out) == (2, "")


def test_a_plan_needs_a_metric(folder: Path) -> None:
    told = genconv("plan", folder, "--effect", "1").error
    assert "Missing option '--metric': last is most often planned for; known are area, " in told


def test_metrics_with_intervals(folder: Path) -> None:
    done = genconv("metrics", folder, "--format", "csv")
    rows = {row["model"]: row for row in csv.DictReader(done.out.splitlines())}
    a, c = rows["a"], rows["c"]
    assert float(a["last_ci_low"]) < float(a["last_mean"]) < float(a["last_ci_high"])
    assert float(a["last_median_ci_low"]) < float(a["last_median"]) < float(a["last_median_ci_high"])
    assert (c["seeds"], c["diverged"], c["last_n"]) == ("10", "2", "8")
    assert (float(c["diverged_rate_low"]), float(c["diverged_rate_high"])) == pytest.approx((0.0252, 0.5561), abs=5e-5)
    table = genconv("metrics", folder, "--wide").out
    assert "2 of 10" in table
    assert "[0.03, 0.56]" in table
    assert max(map(len, genconv("metrics", folder).out.splitlines())) <= 80
    boot = genconv("metrics", folder, "--interval", "bca", "--format", "markdown").out
    assert "Caution: a bootstrap over 10 seeds covers too little" in boot


def test_wrong_options_of_metrics(folder: Path) -> None:
    assert "level = 0: must be at least 0.5 and below 1" in genconv("metrics", folder, "--level", "0").error
    assert "'--interval': 'z' is not one of" in genconv("metrics", folder, "--interval", "z").error


def test_names_are_text_in_every_format(tmp_path: Path) -> None:
    for model in ("<b>|[red]x", "\x1b[31my"):
        path = tmp_path / f"{model}_rings_2.json"
        path.write_text('{"train": [[1, 2], [2, 3]], "val": [[1, 2], [2, 3]]}')
    for words in (("compare",), ("plan", "--metric", "min", "--effect", "1"), ("metrics",)):
        for form in FORMATS:
            out = genconv(words[0], tmp_path, *words[1:], "--format", form).out
            assert "\x1b" not in out, (words, form)
            if form == "markdown":
                assert "<b>" not in out
