"""What training spends its time on by rows: softmax with cross entropy, and layer norm.

NumPy's formulas stand here for what the kernels mean; a GPU's arrays get the kernels, one for each
way through. Sums are kept in float32, or float64 where the arrays are; a row is read from memory
once, and from the cache after that.
"""

from __future__ import annotations

import numpy as np

from learngrad import devices
from learngrad.kernels import rows

__all__: list[str] = []  # no operations: what files of operations share


@rows("T x[n,m], int64 target[n], bool keep[n]", "T losses[n], T e[n,m], T total[n]", """
    x += row * m;
    e += row * m;
    S top = S(x[0]);
    COLUMNS(j) top = S(x[j]) > top ? S(x[j]) : top;
    top = row_max(top);
    S sum = 0;
    COLUMNS(j) {
        const S power = exp(S(x[j]) - top);
        e[j] = T(power);
        sum += power;
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0) {
        const long long right = target[row];
        total[row] = T(sum);
        S loss = 0;
        if (!keep || keep[row])
            loss = right < 0 || right >= m ? S(nan("")) : log(sum) - (S(x[right]) - top);
        losses[row] = T(loss);
    }
""")
def cross_entropies(x, target, keep):
    """Each row's loss; e^x, the greatest of a row 1; its sums. A target that is no class is nan."""
    shifted = x - x.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1)
    known = (target >= 0) & (target < x.shape[1])
    at = devices.array_module(x).arange(len(target)), np.where(known, target, 0)
    losses = np.where(known, np.log(total) - shifted[at], np.nan).astype(x.dtype)
    return losses if keep is None else np.where(keep, losses, x.dtype.type(0)), e, total


@rows("T x[n,m], bool keep[n,m]", "T out[n], T scale[n]", """
    S sum = 0, count = 0;
    COLUMNS(j) {
        const bool counts = !keep || keep[row * m + j];
        sum += counts ? S(x[row * m + j]) : S(0);
        count += counts;
    }
    sum = row_sum(sum);
    count = row_sum(count);
    if (threadIdx.x == 0) {
        out[row] = T(sum / count);
        scale[row] = T(S(1) / count);
    }
""")
def averages(x, keep):
    """The mean of what counts in each row, and 1 over how many that are; nan of none."""
    with np.errstate(all="ignore"):
        scale = 1 / (x == x if keep is None else keep).sum(axis=1).astype(x.dtype)
        return (x if keep is None else x * keep).sum(axis=1) * scale, scale


@rows("T e[n,m], T total[n], int64 target[n], bool keep[n], T g[k], T scale[s]", "T grad[n,m]", """
    const S each = keep && !keep[row] ? S(0)
                                      : S(g[k > 1 ? row : 0]) * (scale ? S(scale[0]) : S(1));
    const S share = each / S(total[row]);
    const long long right = target[row];
    COLUMNS(j) grad[row * m + j] = T(S(e[row * m + j]) * share - (j == right ? each : S(0)));
""")
def cross_entropies_back(e, total, target, keep, g, scale):
    """What cross entropy passes back: softmax less 1 at the right class, times g and scale."""
    each = g * (1 if scale is None else scale) * (1 if keep is None else keep)
    classes = devices.array_module(e).arange(e.shape[1])
    hot = (classes == target[:, None]).astype(e.dtype)
    return e * (each / total)[:, None] - hot * (each[:, None] if len(each) > 1 else each)


@rows("T x[n,m], T weight[p], T bias[q], float64 eps, bool centred",
      "T out[n,m], S mean[n], S scale[n]", """
    x += row * m;
    out += row * m;
    S middle = 0, square = 0;
    if (centred) {
        COLUMNS(j) middle += S(x[j]);
        middle = row_sum(middle) / m;
    }
    COLUMNS(j) {
        const S d = S(x[j]) - middle;
        square += d * d;
    }
    const S factor = S(1) / sqrt(row_sum(square) / m + S(eps));
    COLUMNS(j) out[j] = T((S(x[j]) - middle) * factor * (weight ? S(weight[j]) : S(1))
                          + (bias ? S(bias[j]) : S(0)));
    if (threadIdx.x == 0) {
        mean[row] = middle;
        scale[row] = factor;
    }
""")
def normalised(x, weight, bias, eps, centred):
    """Each row less its mean, over its deviation, scaled and shifted; the means, 1 / deviations."""
    sums = np.promote_types(x.dtype, np.float32)
    mean = x.mean(axis=1, dtype=sums) * centred
    d = x - mean[:, None]
    scale = ((d * d).mean(axis=1) + sums.type(eps))**-0.5
    out = d * scale[:, None] * (1 if weight is None else weight)
    return (out if bias is None else out + bias).astype(x.dtype), mean, scale


@rows("T g[n,m], T x[n,m], T weight[p], S mean[n], S scale[n], bool centred", "T grad[n,m]", """
    g += row * m;
    x += row * m;
    grad += row * m;
    const S middle = mean[row], factor = scale[row];
    S sum = 0, along = 0;
    COLUMNS(j) {
        const S arrived = S(g[j]) * (weight ? S(weight[j]) : S(1));
        sum += arrived;
        along += arrived * (S(x[j]) - middle);
    }
    sum = centred ? row_sum(sum) / m : S(0);
    along = row_sum(along) / m * factor * factor;
    COLUMNS(j) {
        const S arrived = S(g[j]) * (weight ? S(weight[j]) : S(1));
        grad[j] = T((arrived - sum - (S(x[j]) - middle) * along) * factor);
    }
""")
def normalised_back(g, x, weight, mean, scale, centred):
    """What goes back to the rows: w / σ · (g − mean(g) − x̂ · mean(g · x̂))."""
    g = g if weight is None else g * weight
    normal = (x - mean[:, None]) * scale[:, None]
    along = (g * normal).mean(axis=1, keepdims=True)
    sums = g.mean(axis=1, keepdims=True, dtype=mean.dtype) * centred
    return ((g - sums - normal * along) * scale[:, None]).astype(x.dtype)


@rows("T g[n,m], T x[n,m], S mean[n], S scale[n]", "T grad_weight[m], T grad_bias[m]", """
    __shared__ S parts[2][32][33];
    const long long j = (long long)blockIdx.x * 32 + threadIdx.x;
    S along = 0, sum = 0;
    if (j < m)
        for (long long i = threadIdx.y; i < n; i += blockDim.y) {
            const S arrived = S(g[i * m + j]);
            sum += arrived;
            along += arrived * (S(x[i * m + j]) - mean[i]) * scale[i];
        }
    parts[0][threadIdx.y][threadIdx.x] = along;
    parts[1][threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && j < m) {
        for (int k = 1; k < blockDim.y; k++) {
            along += parts[0][k][threadIdx.x];
            sum += parts[1][k][threadIdx.x];
        }
        grad_weight[j] = T(along);
        grad_bias[j] = T(sum);
    }
""", by="columns")
def normalised_weights_back(g, x, mean, scale):
    """What goes back to weight and bias: g · x̂ and g, summed over the rows."""
    normal = (x - mean[:, None]) * scale[:, None]
    return (g * normal).sum(axis=0).astype(x.dtype), g.sum(axis=0, dtype=mean.dtype).astype(x.dtype)
