"""A domain-adversarial network (Ganin et al. 2016): a labelled moon pair and one that is turned.

python train.py --config=configs/dann_moons.py
python train.py --config=configs/dann_moons.py:50

300 labelled source points and 300 unlabelled target points, turned by 35 (or 50) degrees about the
moons' centre. The source-only baseline is the same network without the reversed gradient.
--config.model.trained_on=target gives the upper bound: the same network on the target's labels.

Cost: 928 parameters; 2,000 steps, a few seconds on one CPU core, and as long for the baseline.
Result: accuracy on 2,000 fresh target points, seeds 0 to 9 (--config.seed), which draw the points
too, mean and range:
              target/accuracy       source_only/target_accuracy
  35 degrees  .989 [.980, .997]     .770 [.748, .783]
  50 degrees  .918 [.907, .929]     .538 [.505, .565]
Others' DANN on the same points, seeds 0, 1 and 2 (python benchmarks/moons.py), the best of twelve
settings by the target, which nobody could choose without its labels; "2-15" is the network here:
                            35 degrees            50 degrees
  this library              .987 [.980, .992]     .912 [.907, .921]
  skada, 2-15               .836 [.808, .875]     .793 [.726, .842]
  skada, 2-64-64            .893 [.816, .960]     .673 [.649, .685]
  pytorch-adapt, 2-15       .844 [.805, .870]     .810 [.740, .849]
  pytorch-adapt, 2-64-64    .922 [.816, .980]     .800 [.764, .824]
Most of these are best after 100 or 500 steps; after 2,000 they are up to .20 worse.
The H-divergence at 35 degrees of the features, of those of the source-only network, and of the
points themselves, 500 of each domain, seeds 0, 1 and 2; the network's is the proxy A-distance:
                         features             source only          the points
  linear classifier      .393 [.100, .588]    .547 [.484, .640]    .040 [.000, .084]
  small network          1.19 [1.11, 1.26]    1.29 [1.26, 1.31]    .649 [.600, .732]
  Gaussian kernel        1.05 [.952, 1.13]    1.16 [1.11, 1.19]    1.33 [1.24, 1.43]
The bound on the target's risk, the same seeds, of 300 points of each domain:
                         with adaptation      source only
  risk on the source     .000                 .000
  divergence, linear     .344 [.127, .467]    .491 [.413, .600]
  what overfitting adds  2.85                 2.85
  best joint risk        .004 [.003, .005]    .011 [.009, .013]
  risk on the target     .013 [.008, .020]    .227 [.223, .232]
So it says nothing in numbers: 300 points are few for it. What adaptation changes is smaller, too:
the features' divergence falls little, and the label head is right all the same.
The rate, the steps and lambda were chosen by the target accuracy at seeds 100 to 115; a real
application has no such labels. Training itself uses no target label.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(degrees: str = "35") -> ConfigDict:
    config = reprlearn.default_config("dann", f"moons,moons-{degrees}")
    config.data.batch_size = 300  # of each domain: all of it
    config.model.encoder.widths = ()  # nothing below the features
    config.model.encoder.activation = "sigmoid"
    config.model.discriminator.widths = (50,)
    config.model.discriminator.activation = "sigmoid"
    config.model.latent_dim = 15
    config.model.trade_off = 2.0

    config.optimizer.name = "momentum"
    config.optimizer.learning_rate = 0.3
    config.optimizer.schedule = "inverse"

    config.scores = ("adaptation", "selection", "label_shift", "divergence", "bound")
    config.watch = ("selection",)
    config.baselines = ConfigDict({"source_only": {"model": {"trained_on": "source"}}})
    config.training.steps_per_call = 500
    config.training.checkpoint_every = 2_000
    return config
