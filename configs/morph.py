r"""The content of one image in the style of another (Gatys, Ecker & Bethge 2016), 256x256.

python train.py --config=configs/morph.py
python train.py --config=configs/morph.py --config.data.content=a.jpg --config.data.style=b.jpg \
    --workdir=runs/morph_mine
python train.py --config=configs/morph.py --config.model.beta=1.0 --workdir=runs/morph_less
python train.py --config=configs/morph.py --config.model.alpha=0.0 --config.model.start=noise \
    --workdir=runs/texture
python train.py --config=configs/morph.py --config.model.beta=0.0 --config.model.start=noise \
    --config.model.content_layer=conv4_1 --workdir=runs/content

Less beta leaves more of the content; without alpha it is a texture of the style, without beta what
a layer keeps of the content. Without images of your own they are two photographs that scikit-learn
ships, a temple and a flower. The network has random weights; configs/photo_autoencoder.py trains
others, with which the style is richer and less of the content is left. With those of VGG-19,
--config.model.phi=vgg19.npz, layers are read from "conv1_1/kernel", "conv1_1/bias", and so on.
Cost: 196,608 parameters, the pixels; 300 steps, two and a half minutes on two busy CPU cores.
Result: seeds 0, 1 and 2 (--config.seed), which draw the network, mean and range:
  morph/style_ratio     893 [648, 1264]     the content's image over the result, distance in style
  morph/content_ratio   .160 [.140, .174]   the result over the style's image, distance in content
The first layer, which has the colours, weighs a hundred times as much as the others. Without that
(--config.model.colour=1.0) the style fell 17-fold only, as the colours hardly moved in 300 steps.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "content_style") -> ConfigDict:
    config = reprlearn.default_config("morph", dataset)
    config.data.batch_size = 0  # the two images
    config.data.eval_batch_size = 1
    config.optimizer.learning_rate = 0.2
    config.optimizer.schedule = "cosine"
    config.training.steps = 300
    config.training.steps_per_call = 10
    config.training.log_every = 10
    config.training.eval_every = 100
    config.training.checkpoint_every = 100
    config.scores = ("morph",)
    return config
