r"""A map in the plane by a deep auto-encoder (Hinton & Salakhutdinov 2006): 784-1000-500-250-2.

python train.py --config=configs/map_autoencoder.py
python train.py --config=configs/map_autoencoder.py:mnist_5k

Beside it stand the first two principal components, t-SNE at three perplexities, and UMAP where its
package is installed (pip install -e '.[umap]').
Cost: 2,823,286 parameters; 8,000 steps, some three minutes on two CPU cores; one minute for each
t-SNE.
Result: accuracy of the vote of 5 neighbours, 5,000 test images of Fashion-MNIST among the same
5,000 training images in each plane, and trustworthiness; seeds 0, 1 and 2 (--config.seed), mean and
range:
                          neighbours           trustworthiness
  code of two numbers     .715 [.710, .718]    .972 [.971, .973]
  PCA                     .499                 .917
  t-SNE, perplexity 10    .785 [.785, .786]    .974 [.974, .975]
  t-SNE, perplexity 30    .786 [.782, .789]    .976 [.976, .976]
  t-SNE, perplexity 100   .781 [.780, .782]    .977 [.976, .977]
  UMAP                    .733 [.727, .740]    .974 [.973, .975]
The code places any new image by one pass; t-SNE, fitted to 5,000 images, keeps neighbours better.
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
