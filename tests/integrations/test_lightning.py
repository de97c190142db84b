"""A Lightning training through the real library."""

import pytest

import genconv
from genconv.errors import InputError

torch = pytest.importorskip("torch", reason="PyTorch is optional")
lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is optional")

pytestmark = pytest.mark.filterwarnings("ignore")


class Regression(lightning.LightningModule):
    """A line through points; the losses are known in advance."""

    def __init__(self, fails_at: int | None = None, on_epoch: bool = False, raises: type[BaseException] = ValueError):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.fails_at, self.on_epoch, self.raises = fails_at, on_epoch, raises

    def training_step(self, batch, index):
        if self.current_epoch == self.fails_at:
            raise self.raises("told to")
        loss = (self.weight * batch[0]).square().mean()
        self.log("train_loss", loss, on_step=True, on_epoch=self.on_epoch)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", self.weight.square().mean() + self.current_epoch)
        self.log("val_accuracy", torch.tensor(0.5))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


def fit(folder, module, seed=0, epochs=3, **options):
    from genconv.integrations.lightning import GenconvLogger  # noqa: PLC0415

    points = torch.utils.data.TensorDataset(torch.tensor([[1.0], [2.0], [3.0], [4.0]]))
    loader = torch.utils.data.DataLoader(points, batch_size=1)
    quiet = {
        "accelerator": "cpu", "enable_progress_bar": False, "enable_model_summary": False,
        "enable_checkpointing": False, "log_every_n_steps": 1, "default_root_dir": folder.parent,
    }  # fmt: skip
    with genconv.record(folder, model="line", dataset="points", seed=seed) as run:
        trainer = lightning.Trainer(max_epochs=epochs, logger=GenconvLogger(run, **options), **quiet)
        trainer.fit(module, loader, loader)
    return run.path


def test_each_epoch_has_the_losses(tmp_path):
    for seed in (0, 1):
        fit(tmp_path / "runs", Regression(), seed)
    (curves,) = genconv.load(tmp_path / "runs").curves
    assert curves.validation.tolist() == [[1, 2, 3], [1, 2, 3]]
    assert curves.training is not None
    assert curves.training.tolist() == [[7.5] * 3] * 2, "the mean of 1, 4, 9 and 16"


def test_a_loss_of_steps_and_epochs_is_taken_by_epoch(tmp_path):
    path = fit(tmp_path / "runs", Regression(on_epoch=True))
    (curves,) = genconv.load(tmp_path / "runs").curves
    assert curves.training is not None
    assert curves.training.tolist() == [[7.5] * 3]
    assert "train_loss" not in (path / "log.jsonl").read_text()


def test_by_step_every_value_is_kept(tmp_path):
    path = fit(tmp_path / "runs", Regression(), by="step")
    lines = (path / "log.jsonl").read_text()
    assert lines.count('"training"') == 12
    (curves,) = genconv.load(tmp_path / "runs").curves
    assert curves.steps_at is not None
    assert curves.steps_at.tolist() == [4, 8, 12]


def test_an_error_leaves_a_failed_run_with_its_epochs(tmp_path):
    fit(tmp_path / "runs", Regression())
    with pytest.raises(ValueError, match="told to"):
        fit(tmp_path / "runs", Regression(fails_at=2), seed=1)
    results = genconv.load(tmp_path / "runs")
    assert any("failed" in note and "told to" in note for note in results.notes)


def test_ctrl_c_leaves_an_interrupted_run(tmp_path):
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        fit(tmp_path / "runs", Regression(fails_at=2, raises=KeyboardInterrupt))
    (curves,) = genconv.load(tmp_path / "runs").curves
    assert curves.validation.tolist() == [[1, 2]]
    assert any("1 interrupted" in note for note in genconv.load(tmp_path / "runs").notes)


def test_a_run_that_is_not_open_is_refused(tmp_path):
    from genconv.integrations.lightning import GenconvLogger  # noqa: PLC0415

    run = genconv.record(tmp_path, model="line", dataset="points", seed=0)
    with pytest.raises(InputError, match="not open"):
        GenconvLogger(run).log_metrics({"val_loss": 1.0, "epoch": 0}, step=0)


def test_other_names_are_told(tmp_path):
    with pytest.warns(UserWarning, match=r"neither 'loss_of_mine' nor 'x' is among the metrics \(.*'val_loss'"):
        fit(tmp_path / "runs", Regression(), validation="loss_of_mine", training="x")
