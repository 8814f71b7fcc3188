"""A siamese network (Hadsell, Chopra & LeCun 2006): MLP 784-256-32, contrastive loss on pairs.

python train.py --config=configs/siamese.py
python train.py --config=configs/siamese.py --config.data.classes='()' --workdir=runs/siamese_all
python train.py --config=configs/siamese.py:mnist_5k

Cost: 209,152 parameters; 2,000 steps of 192 pairs, about a quarter of a minute on two CPU cores,
and half a minute for the scores.
Result: 40,000 test pairs, half of them similar, and neighbours among the test examples; seeds 0, 1
and 2 (--config.seed), mean and range. Classes 7, 8 and 9 are unseen but in the second command.
                                 Fashion-MNIST       all 10 classes      mnist_5k
  AUC                            .944 [.942, .945]   .964 [.963, .965]   .993 [.991, .994]
  equal error rate               .130 [.130, .131]   .097 [.096, .098]   .036 [.032, .041]
  AUC of PCA-32                  .759 [.758, .761]   .810 [.809, .811]   .780 [.779, .781]
  AUC of pixels                  .744 [.742, .745]   .797 [.795, .798]   .751 [.751, .752]
  unseen classes: AUC            .785 [.765, .807]   -                   .698 [.684, .722]
  unseen classes: AUC of PCA-32  .776 [.776, .777]   -                   .691 [.688, .695]
  recall at 1                    .777 [.775, .778]   .799 [.794, .804]   .969 [.960, .980]
  MAP@R                          .601 [.592, .607]   .639 [.635, .643]   .914 [.911, .920]
  MAP@R of PCA-32                .306 [.306, .306]   .311 [.311, .311]   .427 [.427, .427]
On classes that it never saw the learned distance is hardly better than PCA's.
"""

from ml_collections import ConfigDict

from configs import base


def get_config(dataset: str = "fashion_mnist") -> ConfigDict:
    config = base.get_config(dataset)
    config.method = "siamese"

    config.data.batch_size = 192  # pairs, or triplets
    config.data.classes = (0, 1, 2, 3, 4, 5, 6)  # (): all, and none is unseen
    # Drawn with each example as often an anchor; "uniform", with each pair as likely; "batch", all
    # pairs of a batch; or a CSV of left,right,similar.
    config.data.pairs = "sampled"
    config.data.dissimilar_ratio = 2.0  # dissimilar pairs for a similar one

    config.model.network = "mlp"  # or "conv", "linear"
    config.model.widths = (256,)
    config.model.latent_dim = 32
    config.model.dtype = "float32"  # of the computation; parameters are always float32
    config.model.loss = "pair_contrastive"  # triplet, info_nce, nt_xent, supervised_contrastive
    config.model.margin = 1.0
    config.model.temperature = 0.1  # of the losses without a margin

    config.scores = ("verification", "retrieval")
    return config.lock()
