"""The layers' functions without the layers: the same operations that tensors have."""

from learngrad.ops.activations import (
    celu,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    silu,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from learngrad.ops.attention import (
    scaled_dot_product_attention,
)
from learngrad.ops.bags import embedding_bag
from learngrad.ops.convolve import (
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
)
from learngrad.ops.distances import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    huber_loss,
    l1_loss,
    margin_ranking_loss,
    normalize,
    pairwise_distance,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from learngrad.ops.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from learngrad.ops.embedding import (
    embedding,
)
from learngrad.ops.exponential import sigmoid
from learngrad.ops.gather import one_hot
from learngrad.ops.gumbel import gumbel_softmax
from learngrad.ops.likelihood import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    kl_div,
    nll_loss,
    poisson_nll_loss,
)
from learngrad.ops.losses import log_softmax, mse_loss, softmax
from learngrad.ops.margins import (
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    triplet_margin_with_distance_loss,
)
from learngrad.ops.matmul import linear
from learngrad.ops.neighbours import local_response_norm
from learngrad.ops.norms import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from learngrad.ops.patches import (
    channel_shuffle,
    fold,
    pixel_shuffle,
    pixel_unshuffle,
    unfold,
)
from learngrad.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from learngrad.ops.products import bilinear
from learngrad.ops.resample import (
    interpolate,
    pad,
)
from learngrad.ops.spelling import in_place as _in_place
from learngrad.ops.trigonometry import tanh
from learngrad.ops.unpool import lp_pool1d, lp_pool2d, max_unpool1d, max_unpool2d

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "channel_shuffle", "conv1d", "conv2d",
    "conv_transpose1d", "conv_transpose2d", "cosine_embedding_loss", "cosine_similarity",
    "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "embedding",
    "embedding_bag", "feature_alpha_dropout", "fold", "gaussian_nll_loss", "gelu", "glu",
    "group_norm", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "hinge_embedding_loss", "huber_loss", "instance_norm", "interpolate", "kl_div", "l1_loss",
    "layer_norm", "leaky_relu", "linear", "local_response_norm", "log_softmax", "logsigmoid",
    "lp_pool1d", "lp_pool2d", "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_unpool1d",
    "max_unpool2d", "mish", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance",
    "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu", "relu6", "rms_norm",
    "rrelu", "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss",
    "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh",
    "tanhshrink", "threshold", "triplet_margin_loss", "triplet_margin_with_distance_loss", "unfold",
]

# In place: F.relu_(x).
celu_, elu_, hardtanh_, leaky_relu_ = (
    _in_place(celu), _in_place(elu), _in_place(hardtanh), _in_place(leaky_relu))
relu_, rrelu_, selu_, threshold_ = (
    _in_place(relu), _in_place(rrelu), _in_place(selu), _in_place(threshold))
