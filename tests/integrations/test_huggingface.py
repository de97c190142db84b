"""A training of Hugging Face's Trainer through the real library."""

import pytest

import genconv

torch = pytest.importorskip("torch", reason="PyTorch is optional")
transformers = pytest.importorskip("transformers", reason="Transformers is optional")
pytest.importorskip("accelerate", reason="Accelerate is optional")

pytestmark = pytest.mark.filterwarnings("ignore")


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, x, labels=None):
        return {"loss": (self.weight * x).square().mean(), "logits": self.weight * x}


def fit(folder, seed):
    from genconv.integrations.huggingface import GenconvCallback  # noqa: PLC0415

    points = [{"x": torch.tensor([value]), "labels": torch.tensor([0.0])} for value in (1.0, 2.0, 3.0, 4.0)]
    arguments = transformers.TrainingArguments(
        str(folder.parent / "output"), num_train_epochs=3, per_device_train_batch_size=4, learning_rate=0.0,
        eval_strategy="epoch", logging_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True,
        disable_tqdm=True, seed=seed,
    )  # fmt: skip
    with genconv.record(folder, model="line", dataset="points", seed=seed) as run:
        trainer = transformers.Trainer(
            Line(), arguments, train_dataset=points, eval_dataset=points[:1], callbacks=[GenconvCallback(run)]
        )
        trainer.train()
    return run.path


def test_each_epoch_has_the_losses(tmp_path):
    paths = [fit(tmp_path / "runs", seed) for seed in (0, 1)]
    (curves,) = genconv.load(tmp_path / "runs").curves
    assert curves.validation.tolist() == [[1] * 3] * 2
    assert curves.training is not None
    assert curves.training.tolist() == [[7.5] * 3] * 2
    text = paths[0].joinpath("log.jsonl").read_text()
    assert "grad_norm" in text
    assert "runtime" not in text
