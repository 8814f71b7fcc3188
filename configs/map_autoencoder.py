r"""A map in the plane by a deep auto-encoder (Hinton & Salakhutdinov 2006): 784-1000-500-250-2.

python train.py --config=configs/map_autoencoder.py
python train.py --config=configs/map_autoencoder.py:mnist_5k

Beside it stand the first two principal components, t-SNE at three perplexities, and UMAP where its
package is installed (pip install -e '.[umap]').
Cost: 2,823,286 parameters; 8,000 steps, some three minutes on two CPU cores; one minute for each
t-SNE.
Result: accuracy of the vote of 5 neighbours, 5,000 test images of Fashion-MNIST among the same
5,000 training images in each plane, and trustworthiness; seed 0:
                          neighbours     trustworthiness
  code of two numbers     .718           .971
  PCA                     .499           .917
  t-SNE, perplexity 10    .786           .975
  t-SNE, perplexity 30    .789           .976
  t-SNE, perplexity 100   .780           .976
  UMAP                    .731           .975
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "fashion_mnist") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.model.encoder.widths = (1000, 500, 250)
    config.model.encoder.activation = "silu"  # with ReLU .698
    config.model.latent_dim = 2
    config.optimizer.schedule = "cosine"
    config.training.steps = 8_000
    config.scores = ("map",)
    return config
