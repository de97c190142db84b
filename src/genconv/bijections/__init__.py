"""Bijections that return their log-determinant, and surjections that return their likelihood term: flows are chains of
them. Features are the last axis: points are (batch, dim), images (batch, h, w, channels).
"""

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.autoregressive import MaskedAutoregressive, MaskedSpline
from genconv.bijections.base import Surjection, Transform
from genconv.bijections.chain import Chain, Repeated
from genconv.bijections.convolution import InvertibleConvolution
from genconv.bijections.coupling import AffineCoupling, ConvolutionalCoupling
from genconv.bijections.reshape import Permutation, Reverse, Squeeze
from genconv.bijections.spline import Spline, SplineCoupling, spline_of
from genconv.bijections.surjections import Slice, UniformAugmentation, UniformDequantization, standard_normal_log_prob

__all__ = [
    "ActNorm",
    "AffineCoupling",
    "Chain",
    "ConvolutionalCoupling",
    "InvertibleConvolution",
    "MaskedAutoregressive",
    "MaskedSpline",
    "Permutation",
    "Repeated",
    "Reverse",
    "Slice",
    "Spline",
    "SplineCoupling",
    "Squeeze",
    "Surjection",
    "Transform",
    "UniformAugmentation",
    "UniformDequantization",
    "spline_of",
    "standard_normal_log_prob",
]
