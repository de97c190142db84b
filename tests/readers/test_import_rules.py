"""Rules that hold for every reader: divergence, places, labels, hyper-parameters, what is left out."""

from pathlib import Path

import numpy as np
import pytest
from tests.readers.foreign_files import csv, mlflow_run
from tests.readers.imports import HEADER, NAMED, fall, keras, one, read, refused

from genconv.errors import InputError
from genconv.metrics.registry import metric_named
from genconv.readers.into_store import import_into
from genconv.readers.options import ImportOptions
from genconv.statistics.quantity import on_quantity
from genconv.store.load import load

LONG = "seed,epoch,loss,val_loss"
NAN, INF = np.nan, np.inf


def long_table(path: Path, *runs: list[tuple[float | str, float | str]]) -> Path:
    rows = [f"{seed},{epoch},{a},{b}" for seed, run in enumerate(runs) for epoch, (a, b) in enumerate(run)]
    return csv(path, LONG, *rows)


def ends(path: Path, **options: object) -> list[tuple[int, str] | None]:
    return [end and (end.epoch, end.cause) for end in one(path, **options).cell.curves().divergences]


GOOD: list[tuple[float | str, float | str]] = [(3, 3.5), (2, 2.5), (1.5, 2.0), (1.2, 1.8)]


def changed(*places: tuple[int, float | str, float | str]) -> list[tuple[float | str, float | str]]:
    run = list(GOOD)
    for place, a, b in places:
        run[place] = (a, b)
    return run


@pytest.mark.parametrize(
    ("run", "end"),
    [
        (changed((2, "nan", "nan"), (3, "nan", "nan")), (2, "non-finite loss")),
        (changed((2, "inf", "nan"), (3, "nan", "nan")), (2, "non-finite loss")),
        (changed((3, "nan", 1.8)), (3, "non-finite loss")),
        (changed((3, 1.2, "inf")), (3, "non-finite loss")),
        (GOOD, None),
    ],
)
def test_nan_or_infinity_to_the_end_is_divergence(tmp_path: Path, run: list, end: tuple[int, str] | None) -> None:
    assert ends(long_table(tmp_path / "a.csv", GOOD, run)) == [None, end]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (changed((1, "nan", "nan")), "NaN or infinite at epoch 1 of '1', numbers follow: not measured"),
        (changed((1, 2, "nan")), "NaN or infinite at epoch 1 of '1', numbers follow: not measured"),
        (changed((1, 2, "inf")), "NaN or infinite at epoch 1 of '1', numbers follow: not measured"),
        (changed((3, 1.2, "nan")), "validation NaN at epoch 3 of '1', to the end, beside finite training losses"),
    ],
)
def test_what_was_not_measured_is_said_and_settled_by_an_option(tmp_path: Path, run: list, said: str) -> None:
    path = long_table(tmp_path / "a.csv", GOOD, run)
    found = one(path)
    assert not found.cell.curves().diverged.any()
    assert any(note.startswith(said) and "--nan diverged" in note for note in found.notes)
    assert list(one(path, nan="diverged").cell.curves().diverged) == [False, True]


def test_a_loss_validated_at_some_epochs_only_is_no_divergence(tmp_path: Path) -> None:
    run = [(3 - epoch / 10, 3.5 - epoch / 10 if epoch % 3 == 2 else "nan") for epoch in range(11)]
    found = one(long_table(tmp_path / "a.csv", run, run))
    assert not found.cell.curves().diverged.any()
    np.testing.assert_array_equal(found.cell.epochs_at, [2, 5, 8])
    assert any("where no run has a number: not validated there" in note for note in found.notes)


def test_a_training_loss_that_is_nan_throughout_was_not_measured(tmp_path: Path) -> None:
    found = one(long_table(tmp_path / "a.csv", [("nan", 3), ("nan", 2)], [("nan", 3), ("nan", 2)]))
    assert (found.cell.training, found.cell.curves().diverged.any()) == (None, False)
    assert any("throughout: not measured" in note for note in found.notes)


def test_blank_rows_after_the_last_loss_are_asked_about_before_anything_is_cut(tmp_path: Path) -> None:
    run = changed((2, "", ""), (3, "", ""))
    path = long_table(tmp_path / "a.csv", GOOD, run, run)
    message = refused(path, align="shortest")
    assert "the rows of epochs 2, 3 of '1', '2' are blank: --blank diverged" in message
    assert message.index("--blank diverged") < message.index("--blank missing")
    assert ends(path, blank="diverged") == [None, (2, "non-finite loss"), (2, "non-finite loss")]
    assert "ends after 2 validations" in refused(path, blank="missing")
    cut = one(path, blank="missing", align="shortest")
    assert cut.cell.validation.shape == (3, 2)
    assert any("blank rows at epochs 2, 3" in note for note in cut.notes)
    everyone = long_table(tmp_path / "b.csv", run, run)
    assert "are blank: --blank diverged" in refused(everyone)
    assert any("blank rows" in note for note in one(everyone, blank="missing").notes)


def test_blank_validation_losses_at_the_end_of_one_run_name_the_option(tmp_path: Path) -> None:
    path = long_table(tmp_path / "a.csv", GOOD, changed((2, 1.5, ""), (3, 1.2, "")))
    message = refused(path)
    assert message.index("--blank diverged") < message.index("--align shortest")
    assert ends(path, blank="diverged") == [None, (2, "non-finite loss")]


def test_rows_of_something_else_are_not_blank(tmp_path: Path) -> None:
    rows = ["0,9,,3.0,3.5", "1,19,,2.0,2.5", "2,20,1.7,,"]
    found = one(csv(tmp_path / "metrics.csv", "epoch,step,test_loss,train_loss,val_loss", *rows))
    np.testing.assert_array_equal(found.cell.validation, [[3.5, 2.5]])


def test_no_finite_loss_diverges_unasked(tmp_path: Path) -> None:
    path = long_table(tmp_path / "a.csv", [(3, 2.3e6), (2, 2.5)], [(3e6, 2.1e7), (2e6, 2e7)])
    found = one(path)
    assert not found.cell.curves().diverged.any()
    assert any("validation above 1e+06 in '0', '1': finite, so no divergence" in note for note in found.notes)
    limited = one(path, blow_up=1e7)
    assert list(limited.cell.curves().diverged) == [False, True]
    assert "1 diverged: validation above 1e+07 ('1'; --blow-up to say otherwise)" in limited.notes
    assert limited.cell.identity != found.cell.identity


def test_a_run_of_finite_losses_is_never_padded(tmp_path: Path) -> None:
    path = long_table(tmp_path / "a.csv", [(3, 2.3e6), (2, 2.5)], GOOD)
    assert "run '0' ends after 2 validations and another after 4" in refused(path)


def test_places_are_kept_and_metrics_are_in_them(tmp_path: Path) -> None:
    each, fifth = keras(tmp_path / "each_seed0.csv", 40), keras(tmp_path / "fifth_seed0.csv", 40, every=5)
    a, b = (found.cell.curves() for found in read(each, fifth, dataset="d")[0])
    np.testing.assert_array_equal(b.places, np.arange(4, 40, 5))
    assert (a.trained, b.trained, b.counted) == (40, 40, "epochs")
    arrival = [float(metric_named("epochs_to_final").of(cell)[0]) for cell in (a, b)]  # type: ignore[index]
    assert 0 <= arrival[1] - arrival[0] < 10
    assert metric_named("first").places_of(a) != metric_named("first").places_of(b)
    assert metric_named("last").places_of(a) is None


@pytest.mark.parametrize(
    ("epochs", "stored"),
    [([0, 1, 2], None), ([1, 2, 3], None), ([4, 9, 14], [4, 9, 14]), ([5, 10, 15], [4, 9, 14]), ([7, 8, 9], [7, 8, 9])],
)
def test_epochs_from_one_and_from_zero(tmp_path: Path, epochs: list[int], stored: list[int] | None) -> None:
    rows = [f"{epoch},{3 - n}" for n, epoch in enumerate(epochs)]
    cell = one(csv(tmp_path / "a.csv", "epoch,val_loss", *rows)).cell
    assert (None if cell.epochs_at is None else cell.epochs_at.tolist()) == stored


def test_places_are_part_of_the_identity(tmp_path: Path) -> None:
    tables = [
        csv(tmp_path / f"{n}.csv", f"{name},val_loss", "0,3", f"{n},2") for n, name in ((1, "epoch"), (2, "step"))
    ]
    assert len({one(table).cell.identity for table in tables}) == 2


def test_steps_are_steps_and_not_epochs(tmp_path: Path) -> None:
    found = one(csv(tmp_path / "a.csv", "step,val_loss", "100,3", "250,2", "300,1"))
    curves = found.cell.curves()
    assert (curves.counted, curves.trained) == ("steps", 300)
    np.testing.assert_array_equal(curves.places, [100, 250, 300])
    assert "places are steps: steps 100 … 300" in found.notes


def test_runs_of_other_places(tmp_path: Path) -> None:
    rows = [f"{seed},{step},{3 - step / 100}" for seed, every in ((0, 10), (1, 15)) for step in range(0, 91, every)]
    path = csv(tmp_path / "a.csv", "seed,step,val_loss", *rows)
    assert "--align common keeps the places that all runs have" in refused(path)
    found = one(path, align="common")
    np.testing.assert_array_equal(found.cell.steps_at, [0, 30, 60, 90])
    assert any("4 of 13 places kept" in note for note in found.notes)


def test_runs_of_unequal_length_are_listed_and_left_out_by_name_or_length(tmp_path: Path) -> None:
    for version, count in enumerate((9, 9, 1, 9)):
        keras(tmp_path / f"logs/version_{version}/metrics.csv", count, version / 100)
    message = refused(tmp_path / "logs")
    assert "1 validation: 'version_2'; 9 validations: 'version_0', 'version_1', 'version_3'" in message
    assert "--align shortest" in message
    assert "--min-epochs 9" in message
    for options in ({"min_epochs": 9}, {"exclude": ("version_2",)}, {"exclude": ("*_2",)}):
        found = one(tmp_path / "logs", **options)
        assert found.cell.seeds == (0, 1, 3)
        assert any(note.startswith("left out: 1 run") and "'version_2'" in note for note in found.notes)
        assert [run["label"] for run in found.cell.provenance["left_out"]] == ["version_2"]
    assert "--exclude 'version_7': no run is called so" in refused(tmp_path / "logs", exclude=("version_7",))
    assert "--exclude leaves no run" in refused(tmp_path / "logs", exclude=("*",))


def test_a_run_that_diverged_is_never_too_short(tmp_path: Path) -> None:
    found = one(long_table(tmp_path / "a.csv", GOOD, [("nan", "nan")]), min_epochs=4)
    assert list(found.cell.curves().diverged) == [False, True]


def runs_of_mlflow(root: Path) -> Path:
    values = [("0.001", "2"), ("0.001", "2"), ("0.0005", "2")]
    for n, (lr, depth) in enumerate(values):
        mlflow_run(root / "mlruns", f"{n:032x}", {"val_loss": fall(4, n / 10).tolist()}, {"lr": lr, "depth": depth})
    return root / "mlruns"


def test_hyper_parameters_that_differ_within_a_cell_are_noted(tmp_path: Path) -> None:
    found = one(runs_of_mlflow(tmp_path))
    assert any("the runs differ in lr (0.001, 0.0005)" in note for note in found.notes)
    assert found.cell.provenance["differing"] == {"lr": ["0.001", "0.0005"]}
    assert found.cell.common_settings == {"depth": "2"}


@pytest.mark.parametrize("names", [("lr", "depth"), ("lr",), ("all",)])
def test_a_cell_for_each_combination_of_hyper_parameters(tmp_path: Path, names: tuple[str, ...]) -> None:
    found, _ = read(runs_of_mlflow(tmp_path), model="vae", dataset="d", group_by=names)
    assert [(one.cell.settings, len(one.cell.seeds)) for one in found] == [
        ({"lr": "0.001"}, 2),
        ({"lr": "0.0005"}, 1),
    ]
    assert not any("differ in" in note for one in found for note in one.notes)


def test_several_hyper_parameters_name_a_model(tmp_path: Path) -> None:
    path = runs_of_mlflow(tmp_path)
    found, _ = read(path, dataset="d", columns={"model": "lr+depth"})
    assert [one.cell.model for one in found] == ["lr=0.001, depth=2", "lr=0.0005, depth=2"]
    assert "no parameter 'hidden' for model: it has 'depth', 'lr'" in refused(path, columns={"model": "hidden"})
    assert "no parameter 'hidden' for --group-by: it has 'depth', 'lr'" in refused(path, group_by=("hidden",))


def test_columns_of_a_table_are_hyper_parameters(tmp_path: Path) -> None:
    rows = [f"{lr},{seed},{epoch},{3 - epoch - lr}" for lr in (0.1, 0.2) for seed in (0, 1) for epoch in (0, 1)]
    path = csv(tmp_path / "a.csv", "lr,seed,epoch,val_loss", *rows)
    found, _ = read(path, model="m", dataset="d", group_by=("lr",))
    assert [(one.cell.settings, one.cell.seeds) for one in found] == [({"lr": "0.1"}, (0, 1)), ({"lr": "0.2"}, (0, 1))]
    assert "0 occurs 2 times" in refused(path)


@pytest.mark.parametrize(
    ("folder", "seeds"),
    [
        ("run-20240513_102100-k4dz9m2p", (0,)),
        ("run_2024-05-13_4", (0,)),
        ("run_20240513", (0,)),
        ("run_1715595660", (0,)),
        ("9tzwq3s5", (0,)),
        ("run-12", (12,)),
        ("seed20240513", (20240513,)),
    ],
)
def test_a_date_a_time_or_an_identifier_is_no_seed(tmp_path: Path, folder: str, seeds: tuple[int, ...]) -> None:
    keras(tmp_path / folder / "metrics.csv")
    found = one(tmp_path)
    assert found.cell.seeds == seeds


def test_names_that_may_be_random_are_refused_as_models(tmp_path: Path) -> None:
    for n, name in enumerate(("sunny-lake-3", "red-moon-14")):
        mlflow_run(tmp_path / "mlruns", f"{n:032x}", {"val_loss": [3.0, 2.0]}, {})
        (tmp_path / "mlruns/0" / f"{n:032x}" / "tags/mlflow.runName").write_text(name)
    message = refused(tmp_path / "mlruns", model=None)
    assert "may be random, or say models" in message
    found, _ = read(tmp_path / "mlruns", dataset="d", columns={"model": "name"})
    assert sorted(one.cell.model for one in found) == ["red-moon-14", "sunny-lake-3"]


def test_copies_of_a_run_are_said(tmp_path: Path) -> None:
    for name in "ab":
        csv(tmp_path / f"{name}.csv", LONG, "1,0,3,3", "1,1,2,2")
    assert "1 copy of a run is left out (seed 1)" in one(tmp_path).notes


def test_what_rises_under_the_name_of_an_elbo_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "epoch,train_elbo", "0,-5", "1,-4", "2,3")
    columns = {"training": "train_elbo"}
    assert "'train_elbo' rises from -5 to 3: --negate if higher is better" in refused(path, columns=columns)
    np.testing.assert_array_equal(one(path, columns=columns, negate=True).cell.validation, [[5, 4, -3]])
    np.testing.assert_array_equal(one(path, columns=columns, negate=False).cell.validation, [[-5, -4, 3]])


def test_an_error_says_what_was_decided_while_reading(tmp_path: Path) -> None:
    csv(tmp_path / "a_seed0.csv", HEADER, "0,3,3", "1,2,2", "2,1,1")
    csv(tmp_path / "a_seed1.csv", HEADER, "0,3,3", "1,2,2", "2,1,1", HEADER, "0,5,5", "1,4,4")
    message = refused(tmp_path)
    assert "ends after 2 validations" in message
    assert "3 rows of epochs that were written again after a restart are void" in message


def test_the_sign_of_the_studys_json_is_said_and_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_2.json"
    path.write_text('{"train": [[-4, -3], [-5, -4]], "val": [[-4, -3], [-5, -4]]}')
    cells, lines = read(path)
    np.testing.assert_array_equal(cells[0].cell.validation, [[4, 3], [5, 4]])
    assert any("negated, as all numbers are below zero" in line and "--no-negate" in line for line in lines)
    np.testing.assert_array_equal(read(path, negate=False)[0][0].cell.validation, [[-4, -3], [-5, -4]])
    np.testing.assert_array_equal(read(path, negate=True)[0][0].cell.validation, [[4, 3], [5, 4]])
    path.write_text('{"train": [[4, 3], [5, 4]], "val": [[4, -3], [5, 4]]}')
    assert "has numbers below zero and above" in refused(path)
    np.testing.assert_array_equal(read(path, negate=True)[0][0].cell.validation, [[-4, 3], [-5, -4]])
    np.testing.assert_array_equal(read(path, negate=False)[0][0].cell.validation, [[4, -3], [5, 4]])


def test_the_same_runs_read_otherwise_are_said_to_stand_beside(tmp_path: Path) -> None:
    run = changed((2, "", ""), (3, "", ""))
    path = long_table(tmp_path / "a.csv", run, run)
    first, second, again = (
        import_into(tmp_path / "runs", [path], ImportOptions(**NAMED, blank=blank)).lines
        for blank in ("missing", "diverged", "diverged")
    )
    assert not any("stands beside" in line for line in (*first, *again))
    assert "m on d: stands beside 'd-m-imported-" in second[-1]


def test_steps_are_no_epochs_in_tables_of_results(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "step,val_loss", "100,3", "250,2", "300,nan")
    import_into(tmp_path / "runs", [path], ImportOptions(**NAMED))
    results = load([tmp_path / "runs"])
    table = results.to_polars()
    assert table["epoch"].null_count() == 3
    assert table["step"].to_list() == [100, 250, 300]
    assert [(end.epoch, end.cause) for end in results[0].curves.divergences if end] == [(300, "non-finite loss")]
    (moved,) = on_quantity(results.cells, "validation.loss", "epochs")
    assert (moved.counted, moved.places.tolist()) == ("steps", [100, 250, 300])


@pytest.mark.parametrize("limit", [NAN, INF])
def test_a_limit_is_a_finite_loss(limit: float) -> None:
    with pytest.raises(InputError, match="must be a finite loss"):
        ImportOptions(blow_up=limit)


def test_a_run_that_ended_before_its_first_validation(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", LONG, "0,0,3,", "0,1,2,2.5", "1,0,3,", "2,0,nan,")
    assert "run '1' has no validation loss, and others have: --min-epochs 1 or --exclude" in refused(path)
    found = one(path, min_epochs=1)
    assert "left out: 1 run without validation losses ('1')" in found.notes
    assert list(found.cell.curves().diverged) == [False, True]


@pytest.mark.parametrize("name", ["val_accuracy", "valAcc", "top5", "f1_score", "eval/mIoU", "reward"])
def test_an_accuracy_is_no_loss_unless_the_user_says_how(tmp_path: Path, name: str) -> None:
    path = csv(tmp_path / "training.csv", f"epoch,loss,{name}", "0,2,0.5", "1,1,0.75")
    said = refused(path, columns={"validation": name})
    assert said.startswith(f"--columns validation={name}: higher is better in it")
    assert "--negate takes its negative" in said
    found = one(path, columns={"validation": name}, negate=True)
    np.testing.assert_array_equal(found.cell.validation, [[-0.5, -0.75]])
    assert found.cell.provenance["columns"]["validation"] == name
    np.testing.assert_array_equal(one(path, columns={"validation": name}, negate=False).cell.validation, [[0.5, 0.75]])


@pytest.mark.parametrize("name", ["val_dice_loss", "neg_reward", "top5_error", "map_nll", "accident"])
def test_what_is_no_accuracy_is_taken_as_a_loss(tmp_path: Path, name: str) -> None:
    path = csv(tmp_path / "a.csv", f"epoch,{name}", "0,2", "1,1")
    np.testing.assert_array_equal(one(path, columns={"loss": name}).cell.validation, [[2, 1]])


@pytest.mark.parametrize(
    "when", ["2024-05-0{}", "2024050{}", "2024050{}_102100", "2024-05-0{}T10-21-00", "May0{}_12-00-00", "171455600{}"]
)
def test_dates_and_times_in_names_name_nothing(tmp_path: Path, when: str) -> None:
    paths = [keras(tmp_path / f"cnn_run{seed}_{when.format(seed)}.csv", offset=seed) for seed in (1, 2)]
    cells, lines = read(*paths, dataset="d")
    assert [(found.cell.model, found.cell.seeds) for found in cells] == [("cnn", (1, 2))]
    assert len(lines) == 1


def test_many_models_of_one_run_each_may_be_seeds(tmp_path: Path) -> None:
    names = ("ant", "bee", "cow")
    _, lines = read(*(keras(tmp_path / f"{name}.csv") for name in names))
    assert lines[-1].startswith("3 models of one run each ('ant', 'bee', 'cow')")
    assert "--model NAME" in lines[-1]
    assert not any("of one run each" in line for line in read(tmp_path, model="m")[1])
    assert not any("of one run each" in line for line in read(*(tmp_path / f"{name}.csv" for name in names[:2]))[1])


def test_a_long_label_ends_at_a_comma(tmp_path: Path) -> None:
    streams = "init,order,noise,data,perturbation"
    rows = [f"{seed},0,0,0,3,{epoch},{seed + epoch}" for seed in (0, 1) for epoch in (0, 1)]
    notes = one(csv(tmp_path / "a.csv", f"{streams},epoch,loss", *rows)).notes
    assert any("'init=0, order=0, noise=0, data=0, perturbation=3', 'init=1," in note for note in notes)
