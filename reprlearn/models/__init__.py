"""Models: Flax modules that define encoders, decoders and their heads; they hold no losses."""

from reprlearn.models.autoencoder import Autoencoder, TiedAutoencoder
from reprlearn.models.conv import ConvDecoder, ConvEncoder
from reprlearn.models.heads import (
    Bernoulli,
    BernoulliOutput,
    CodeHead,
    Gaussian,
    GaussianHead,
    GaussianOutput,
    LogitHead,
    PlainOutput,
    Posterior,
)
from reprlearn.models.mlp import MLPDecoder, MLPEncoder
from reprlearn.models.stacked import StackedAutoencoder
from reprlearn.models.vgg import VGG, VGGEncoder, layer_names, structural

__all__ = [
    "VGG",
    "Autoencoder",
    "Bernoulli",
    "BernoulliOutput",
    "CodeHead",
    "ConvDecoder",
    "ConvEncoder",
    "Gaussian",
    "GaussianHead",
    "GaussianOutput",
    "LogitHead",
    "MLPDecoder",
    "MLPEncoder",
    "PlainOutput",
    "Posterior",
    "StackedAutoencoder",
    "TiedAutoencoder",
    "VGGEncoder",
    "layer_names",
    "structural",
]
