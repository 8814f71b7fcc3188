"""Losses: pure functions of arrays, one value for each example, no modules and no parameters.

Beside them what is done to examples in training: corruptions and augmentations.
"""

from reprlearn.losses.activation import contractive, jacobians, kl_sparsity, l1_activation
from reprlearn.losses.augmentation import affine, blur, colour, cutout, warp
from reprlearn.losses.by_class import arcface, multi_similarity, supervised_contrastive
from reprlearn.losses.contrastive import (
    all_pairs_contrastive,
    pair_contrastive,
    pair_logistic,
    triplet,
)
from reprlearn.losses.corruption import gaussian_noise, masking_noise, salt_and_pepper_noise
from reprlearn.losses.cosine import info_nce, normalize, nt_xent, symmetric_info_nce
from reprlearn.losses.divergence import (
    entropy,
    gaussian_kl,
    gaussian_kl_between,
    information,
    kl_divergence,
)
from reprlearn.losses.domain_adversarial import (
    adaptation_schedule,
    class_confusion,
    coral,
    domain_cross_entropy,
    mmd,
    reverse_gradient,
)
from reprlearn.losses.edits import drop_letter, insert_letter, swap_letters
from reprlearn.losses.elbo import elbo, importance_weighted_bound, reparameterize
from reprlearn.losses.minimax import (
    discriminator_loss,
    generator_minimax_loss,
    generator_nonsaturating_loss,
    gradient_penalty,
    hinge_discriminator_loss,
    hinge_generator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    r1_penalty,
    relativistic_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)
from reprlearn.losses.mining import MININGS, distance_weighted_triplet, mined_triplet
from reprlearn.losses.reconstruction import (
    bernoulli_cross_entropy,
    gaussian_negative_log_likelihood,
    squared_error,
)
from reprlearn.losses.redundancy import barlow_twins, vicreg
from reprlearn.losses.style import content_loss, gram_matrix, style_loss, total_variation

__all__ = [
    "MININGS",
    "adaptation_schedule",
    "affine",
    "all_pairs_contrastive",
    "arcface",
    "barlow_twins",
    "bernoulli_cross_entropy",
    "blur",
    "class_confusion",
    "colour",
    "content_loss",
    "contractive",
    "coral",
    "cutout",
    "discriminator_loss",
    "distance_weighted_triplet",
    "domain_cross_entropy",
    "drop_letter",
    "elbo",
    "entropy",
    "gaussian_kl",
    "gaussian_kl_between",
    "gaussian_negative_log_likelihood",
    "gaussian_noise",
    "generator_minimax_loss",
    "generator_nonsaturating_loss",
    "gradient_penalty",
    "gram_matrix",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "importance_weighted_bound",
    "info_nce",
    "information",
    "insert_letter",
    "jacobians",
    "kl_divergence",
    "kl_sparsity",
    "l1_activation",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "masking_noise",
    "mined_triplet",
    "mmd",
    "multi_similarity",
    "normalize",
    "nt_xent",
    "pair_contrastive",
    "pair_logistic",
    "r1_penalty",
    "relativistic_loss",
    "reparameterize",
    "reverse_gradient",
    "salt_and_pepper_noise",
    "squared_error",
    "style_loss",
    "supervised_contrastive",
    "swap_letters",
    "symmetric_info_nce",
    "total_variation",
    "triplet",
    "vicreg",
    "warp",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]
