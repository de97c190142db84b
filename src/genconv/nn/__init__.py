"""Layers shared by models; batches come first: arrays are (batch, features), images (batch, h, w, channels)."""

from genconv.nn.buffer import Buffer, count_parameters
from genconv.nn.convolution import Convolution, DenseLayer, DenseNet, ResidualDenseBlock
from genconv.nn.gaussian import Gaussian, GaussianHead, standard
from genconv.nn.linear import MLP, Linear
from genconv.nn.masked import MaskedMLP
from genconv.nn.normalization import BatchNorm
from genconv.nn.recurrent import LSTMCell, LSTMState, over_steps

__all__ = [
    "MLP",
    "BatchNorm",
    "Buffer",
    "Convolution",
    "DenseLayer",
    "DenseNet",
    "Gaussian",
    "GaussianHead",
    "LSTMCell",
    "LSTMState",
    "Linear",
    "MaskedMLP",
    "ResidualDenseBlock",
    "count_parameters",
    "over_steps",
    "standard",
]
