"""Bijections that return their log-determinant, and surjections that return their likelihood term: flows are chains of
them. Features are the last axis: points are (batch, dim), images (batch, h, w, channels).
"""

from genconv.bijections.act_norm import ActNorm
from genconv.bijections.base import Surjection, Transform
from genconv.bijections.chain import Chain, Repeated
from genconv.bijections.convolution import InvertibleConvolution
from genconv.bijections.coupling import AffineCoupling, ConvolutionalCoupling
from genconv.bijections.reshape import Reverse, Squeeze
from genconv.bijections.surjections import Slice, UniformAugmentation, UniformDequantization, standard_normal_log_prob

__all__ = [
    "ActNorm",
    "AffineCoupling",
    "Chain",
    "ConvolutionalCoupling",
    "InvertibleConvolution",
    "Repeated",
    "Reverse",
    "Slice",
    "Squeeze",
    "Surjection",
    "Transform",
    "UniformAugmentation",
    "UniformDequantization",
    "standard_normal_log_prob",
]
