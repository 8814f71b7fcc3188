"""A domain-adversarial network on any two data sets: a labelled source and an unlabelled target.

python train.py --config=configs/dann.py:photos_2019/,photos_2024/
python train.py --config=configs/dann.py:moons,moons-35

The target's labels, if it has any, are used for the test alone; if it has none, add
--config.scores='()'. The source-only baseline is the same network without the reversed gradient.

Cost: of the moons 21,571 parameters; 2,000 steps, some five seconds, and as long for the baseline.
Result: accuracy on 2,000 fresh target points of the moons, turned by 35 degrees; seeds 0, 1 and 2
(--config.training.num_seeds=3), which draw the points too, mean and range:
  target/accuracy               .839 [.790, .894]
  source_only/target_accuracy   .728 [.703, .746]
Nothing was tuned here; configs/dann_moons.py was, for these points, and reaches .989.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(datasets: str = "moons,moons-35") -> ConfigDict:
    config = reprlearn.default_config("dann", datasets)
    config.data.batch_size = 64  # of each domain
    config.scores = ("adaptation", "selection", "label_shift")
    config.watch = ("selection",)
    config.baselines = ConfigDict({"source_only": {"model": {"trained_on": "source"}}})
    config.training.checkpoint_every = 2_000
    return config
