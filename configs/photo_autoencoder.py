r"""A network for morphing: the encoder, of VGG's shape, of an auto-encoder of photographs.

python train.py --config=configs/photo_autoencoder.py
python -m reprlearn.export --workdir=runs/photo_autoencoder --function=weights
python train.py --config=configs/morph.py --workdir=runs/morph_photo \
    --config.model.phi=runs/photo_autoencoder/export/weights.npz

It learns to take noise out of squares of 32x32 pixels of two photographs; of a folder of yours,
--config=configs/photo_autoencoder.py:photos/ --config.data.image_size=32,32.
Cost: 2,126,124 parameters; 1,200 steps, five minutes on two CPU cores.
Result: seeds 0, 1 and 2 (--config.seed), mean and range, in decibels (PSNR) on squares of the right
fifth of the photographs, which training does not see:
  corrupted            15.8 [15.8, 15.8]
  restored             27.0 [26.3, 27.3]
  the best linear map  28.6 [28.5, 28.6]     through 128 numbers, too
So of so few squares it is a worse denoiser than a linear map. Of the image that is morphed with
its weights (the third command), beside random ones as in configs/morph.py:
                         trained               random
  morph/style_ratio      553 [465, 712]        893 [648, 1264]
  morph/content_ratio    .716 [.640, .762]     .160 [.140, .174]
To the eye, see docs/LECTURE.md, the style is richer with the trained ones, petals in place of
grain, and areas are cleaner; with random ones more of the content is left. These are the default,
and need no training. The trained layers see colours and brightness: of a content in other colours
they say that it is lost. Random weights are made blind to that.
A plain auto-encoder, without noise, gives nearly the same image, a little more spotted (128x128,
seed 0). Filters that hardly answer to both images have to be held back (`methods.morph`): of its
layers up to half are such, and without that the image filled with noise, with a style_ratio of 9 in
place of 260.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "photo_patches") -> ConfigDict:
    config = reprlearn.default_config("autoencoder", dataset)
    config.data.batch_size = 32
    config.model.encoder.network = "vgg"
    config.model.encoder.widths = (32, 64, 128, 256)
    config.model.latent_dim = 128
    config.model.corruption.kind = "gaussian"
    config.model.corruption.level = 0.2
    config.training.steps = 1_200
    config.training.eval_every = 400
    config.scores = ("denoise",)
    return config
