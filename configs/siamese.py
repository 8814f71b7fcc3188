"""A siamese network (Hadsell, Chopra & LeCun 2006): MLP 784-256-32, contrastive loss on pairs.

python train.py --config=configs/siamese.py
python train.py --config=configs/siamese.py --config.data.classes='()' --workdir=runs/siamese_all
python train.py --config=configs/siamese.py:mnist_5k

Cost: 209,152 parameters; 2,000 steps of 192 pairs, about ten seconds on two CPU cores, and a
quarter of a minute for the scores.
Result: 40,000 test pairs, half of them similar, and neighbours among the test examples; seeds 0, 1
and 2 (--config.training.num_seeds=3), mean and range. Classes 7, 8 and 9 are unseen, except
in the second command.
                                   Fashion-MNIST       all 10 classes      mnist_5k
  AUC                              .944 [.942, .947]   .965 [.964, .967]   .993 [.990, .995]
  equal error rate                 .129 [.125, .133]   .096 [.092, .098]   .037 [.031, .043]
  AUC of PCA-32                    .761 [.759, .763]   .809 [.807, .811]   .783 [.782, .784]
  AUC of pixels                    .746 [.743, .748]   .796 [.794, .798]   .754 [.753, .756]
  recall at 1                      .775 [.774, .775]   .798 [.794, .803]   .967 [.959, .973]
  recall at 1 of PCA-32            .770                .797                .961
  recall at 1 of pixels            .784                .809                .950
  MAP@R                            .602 [.599, .607]   .635 [.628, .645]   .915 [.908, .924]
  MAP@R of PCA-32                  .306                .311                .427
  unseen: AUC                      .772 [.757, .785]   -                   .702 [.688, .722]
  unseen: AUC of PCA-32            .775 [.774, .775]   -                   .687 [.682, .689]
  unseen: recall at 1              .834 [.780, .863]   -                   .766 [.730, .793]
  unseen: recall at 1 of PCA-32    .953                -                   .930
  unseen: recall at 1 of pixels    .957                -                   .923
  unseen: MAP@R                    .528 [.498, .580]   -                   .432 [.401, .470]
  unseen: MAP@R of PCA-32          .588                -                   .415
Dissimilar pairs for each similar one, on Fashion-MNIST (python benchmarks/pair_ratio.py):
                 AUC                  recall at 1          unseen: AUC          unseen: recall at 1
    1            .943 [.940, .944]    .761 [.760, .763]    .793 [.782, .803]    .841 [.834, .851]
    2            .944 [.942, .947]    .775 [.774, .775]    .772 [.757, .785]    .834 [.780, .863]
    5            .940 [.939, .941]    .784 [.780, .787]    .768 [.757, .774]    .844 [.830, .861]
    10           .925 [.924, .925]    .785 [.784, .787]    .744 [.732, .760]    .850 [.845, .857]
    20           .917 [.911, .922]    .781 [.777, .785]    .743 [.730, .759]    .866 [.845, .882]
Triplets, on Fashion-MNIST (--config.model.loss=triplet): drawn by class; the others mined in
batches of 24 of each of seven classes (--config.data.batch_size=168 --config.data.per_class=24),
semi-hard (--config.model.mining=semi_hard), and weighted by distance
(--config.model.mining=distance_weighted --config.model.margin=0.2):
                 AUC                  recall at 1          unseen: AUC          unseen: recall at 1
    drawn        .935 [.930, .937]    .799 [.792, .806]    .837 [.835, .839]    .931 [.930, .933]
    semi-hard    .943 [.942, .944]    .821 [.818, .823]    .830 [.820, .839]    .929 [.924, .935]
    weighted     .953 [.951, .955]    .822 [.818, .824]    .787 [.784, .790]    .944 [.941, .947]
Without labels, two views of an image a pair, convolutions, seed 0 alone: nearest neighbours tell
the class of .859 [.852, .866] of the test images, of PCA-32's codes .853, of pixels .855, of the
untrained network's .793; stronger views (crop=0.4, shift=0.08) give .852 (--config.scores=knn
--config.data.classes='()' --config.data.pairs=views --config.data.batch_size=256
--config.model.loss=nt_xent --config.model.temperature=0.2 --config.model.projection=256,64
--config.model.encoder.network=conv --config.model.encoder.widths=32,64
--config.model.augment.crop=0.2 --config.model.augment.brightness=0.3
--config.model.augment.contrast=0.3 --config.optimizer.schedule=cosine
--config.training.steps=4000).
With the contrastive loss, on classes that it never saw the learned distance is no better
than PCA's, and its nearest neighbours are worse than those of the pixels.
"""

from ml_collections import ConfigDict

import reprlearn


def get_config(dataset: str = "fashion_mnist") -> ConfigDict:
    config = reprlearn.default_config("siamese", dataset)
    config.data.batch_size = 192  # pairs, or triplets
    if dataset in ("fashion_mnist", "mnist_5k"):
        config.data.classes = (0, 1, 2, 3, 4, 5, 6)  # (): all, and none is unseen
    config.scores = ("verification", "retrieval")
    return config
