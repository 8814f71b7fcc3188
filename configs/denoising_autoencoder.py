r"""A denoising auto-encoder (Vincent et al. 2008): MLP 784-512-64, half of the pixels hidden.

python train.py --config=configs/denoising_autoencoder.py
python train.py --config=configs/denoising_autoencoder.py \
    --config.model.corruption.kind=gaussian --workdir=runs/denoising_gaussian
python train.py --config=configs/denoising_autoencoder.py \
    --config.model.corruption.kind=salt_and_pepper --workdir=runs/denoising_salt_and_pepper

The corruption is drawn anew at each step; the loss is against the clean image.
Cost: 870,224 parameters; 2,000 steps, about twenty seconds on two CPU cores.
Result: decibels (PSNR) of the test images of mnist_5k, level 0.5: the share of pixels that are
hidden, or set to black or white, or the deviation of the noise. Seeds 0, 1 and 2
(--config.training.num_seeds=3), mean and range:
                       corrupted               restored                the best linear map
  masking              12.8 [12.8, 12.8]       19.1 [19.1, 19.2]       17.0 [17.0, 17.0]
  gaussian              9.4 [9.4, 9.4]         18.4 [18.3, 18.4]       17.0 [17.0, 17.0]
  salt and pepper       6.2 [6.2, 6.2]         16.4 [16.4, 16.5]       14.9 [14.9, 14.9]
The linear map goes through 64 numbers, too, and is fitted to the same pairs of a corrupted and a
clean image: what PCA is where nothing is corrupted. It is cut to [0, 1], too.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "mnist_5k") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.model.encoder.widths = (512,)
    config.model.latent_dim = 64
    config.model.corruption.kind = "masking"
    config.scores = ("denoise",)
    return config
