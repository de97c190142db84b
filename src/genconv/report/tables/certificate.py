"""A certificate as a table: one row a way of training."""

from collections.abc import Sequence

from genconv.metrics.summary import Scalar
from genconv.report.format import NO_NUMBER
from genconv.store.certificates import Certificate, Trial

HEADER = ("cell", "trained", "bits", "deviation", "first epoch", "ended otherwise", "mean", "difference", "power")
COLUMNS = (
    "cell", "way", "bits", "deviation", "deviation_first_epoch", "ended_otherwise", "mean_equal", "pairs", "difference",
    "low", "high", "power", "fault",
)  # fmt: skip


def view(certificates: Sequence[Certificate]) -> list[list[str]]:
    """Texts for a terminal."""
    return [_texts(one, trial) for one in certificates for trial in one.trials]


def _texts(certificate: Certificate, trial: Trial) -> list[str]:
    mean = {True: "equal", False: "differs", None: "not decided"}[trial.law_equal]
    found = trial.law
    return [
        certificate.name,
        trial.way,
        "equal" if trial.bits else "differ",
        f"{trial.deviation:.2g}",
        f"{trial.deviations[0]:.2g}",
        str(trial.ended_otherwise),
        NO_NUMBER if trial.bits else mean,
        NO_NUMBER if found is None else f"{found['difference']:.2g} [{found['low']:.2g}, {found['high']:.2g}]",
        NO_NUMBER if found is None else f"{found['power']:.2f}",
    ]


def rows(certificates: Sequence[Certificate]) -> list[list[Scalar]]:
    """Every number, for a program."""
    return [
        [
            one.name, trial.way, int(trial.bits), trial.deviation, trial.deviations[0], trial.ended_otherwise,
            None if trial.law_equal is None else int(trial.law_equal),
            *(None if trial.law is None else trial.law[name] for name in COLUMNS[7:12]),
            trial.fault,
        ]
        for one in certificates
        for trial in one.trials
    ]  # fmt: skip


CAPTION = (
    "Each way is compared with the usual one, seed by seed. Bits: whether every training and validation loss of every"
    " epoch, and that of the initial weights, is the same to the last bit. Deviation: the largest difference of a "
    "loss of an epoch; first epoch: the largest one after the first epoch; inf where one of the two has no number. "
    "Ended otherwise: seeds that diverged in one of the two alone, or at another step. Mean, where bits differ: "
    "whether the mean of the last validation loss differs by less than 0.1 sd (standard deviations over seeds): two "
    "one-sided t tests of pairs at 5 %; nothing else of the law is tested. Difference: of these means, in sd, with "
    "its 90 % interval. Power: the chance of “equal” if the true difference is 0."
)
