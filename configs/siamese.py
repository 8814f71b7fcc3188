"""A siamese network (Hadsell, Chopra & LeCun 2006): MLP 784-256-32, contrastive loss on pairs."""

from ml_collections import ConfigDict

from configs import base


def get_config(dataset: str = "fashion_mnist") -> ConfigDict:
    config = base.get_config(dataset)
    config.method = "siamese"

    config.data.batch_size = 192  # pairs, or triplets
    config.data.classes = (0, 1, 2, 3, 4, 5, 6)  # (): all, and none is unseen
    config.data.pairs = (
        "sampled"  # or "batch", all pairs of a batch; or a CSV of left,right,similar
    )
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
