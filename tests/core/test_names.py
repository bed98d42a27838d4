"""The names and keywords that PyTorch programs use: there, and taken.

`NAMES` lists by place what has to exist; `CALLS` shows each keyword at work, and is compared with
PyTorch where the numbers are not drawn.
"""

import operator

import pytest

import learngrad as lg
import learngrad.nn.functional
import learngrad.utils.tensorboard
from learngrad import errors
from tests.both import agree, run, same, torch

NAMES = {
    "": """
        BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor Generator HalfTensor IntTensor
        LongTensor ShortTensor Size Tensor abs absolute acos acosh add addcdiv addcmul addmm all
        allclose amax amin any arange arccos arcsin arctan argmax argmin argsort as_tensor asin
        asinh atan atan2 atanh avg_pool1d baddbmm bernoulli bincount bitwise_and bitwise_not
        bitwise_or bitwise_xor bmm bool broadcast_tensors broadcast_to bucketize cat ceil chunk
        clamp clip clone concat concatenate conv1d conv2d cos cosh count_nonzero cross cummax
        cummin cumprod cumsum det device diag diag_embed diagonal div divide dot double dropout
        dstack dtype e einsum empty empty_like enable_grad eq equal erf exp exp2 expm1 eye finfo
        flatten flip fliplr flipud float float16 float32 float64 floor floor_divide fmod frac
        from_dlpack from_numpy full full_like gather ge get_default_dtype get_rng_state greater
        greater_equal gt half histc histogram hstack hypot iinfo index_add index_copy index_fill
        index_put index_select inf inference_mode initial_seed int int16 int32 int64 int8
        inverse is_floating_point is_grad_enabled is_tensor isclose isfinite isinf isnan kron
        layer_norm le lerp less less_equal linspace load log log10 log1p log2 log_softmax
        logaddexp logical_and logical_not logical_or logical_xor logspace logsumexp long lt
        manual_seed masked_fill masked_select matmul max max_pool2d maximum mean median meshgrid
        min minimum mm moveaxis movedim mul multinomial multiply mv nan narrow ne neg negative
        newaxis no_grad nonzero norm normal not_equal numel ones ones_like outer permute pi pow
        prod promote_types rand rand_like randint randint_like randn randn_like randperm ravel
        reciprocal relu remainder repeat_interleave reshape roll rot90 round rsqrt save scatter
        scatter_add scatter_reduce searchsorted seed select set_default_device set_default_dtype
        set_default_tensor_type set_grad_enabled set_printoptions set_rng_state short sigmoid
        sign sin sinh softmax sort split sqrt square squeeze stack std std_mean sub subtract sum
        svd swapaxes swapdims t take take_along_dim tan tanh tensor tensordot tile topk
        transpose tril tril_indices triu triu_indices true_divide trunc uint8 unbind unflatten
        unique unsqueeze var var_mean vstack where zeros zeros_like __version__""",
    "Tensor": """
        T abs abs_ absolute acos add add_ addcdiv addcdiv_ addcmul addcmul_ addmm all allclose
        amax amin any argmax argmin argsort asin atan atan2 backward baddbmm bernoulli
        bernoulli_ bincount bmm bool broadcast_to byte ceil char chunk clamp clamp_ clamp_max
        clamp_min clip clone contiguous copy_ cos cosh count_nonzero cpu cuda cummax cumprod
        cumsum data data_ptr det detach detach_ device diag diagonal dim div div_ divide dot
        double dtype element_size eq equal erf exp exp_ expand expand_as expm1 exponential_
        fill_ flatten flip float floor floor_divide frac gather ge get_device grad grad_fn gt
        half index_add index_add_ index_copy_ index_fill_ index_put_ index_select int inverse
        is_contiguous is_cuda is_floating_point is_leaf isclose isfinite isinf isnan item le
        lerp log log10 log1p log2 log_softmax logical_and logical_not logical_or logsumexp long
        lt mT masked_fill masked_fill_ masked_select matmul max maximum mean median min minimum
        mm movedim mul mul_ multinomial mv narrow ndim ne neg neg_ nelement new_empty new_full
        new_ones new_tensor new_zeros nonzero norm normal_ numel numpy outer permute pow pow_
        prod random_ ravel reciprocal register_hook relu relu_ remainder repeat
        repeat_interleave requires_grad requires_grad_ reshape reshape_as retain_grad roll round
        rsqrt scatter scatter_ scatter_add_ select shape short sigmoid sigmoid_ sign sin sinh
        size softmax sort split sqrt sqrt_ square squeeze squeeze_ std storage_offset stride sub
        sub_ subtract sum swapaxes t take tan tanh tanh_ tile to tolist topk trace transpose
        transpose_ tril tril_ triu trunc type type_as unbind unflatten uniform_ unique unsqueeze
        unsqueeze_ var view view_as where zero_ __array__ __bool__ __float__ __format__
        __getitem__ __index__ __int__ __invert__ __iter__ __len__ __matmul__ __repr__ __rpow__
        __rsub__ __rtruediv__ __setitem__""",
    "autograd": "Function Variable backward detect_anomaly enable_grad functional grad gradcheck "
                "gradgradcheck no_grad set_grad_enabled",
    "autograd.functional": "hessian jacobian jvp vjp",
    "linalg": "cholesky det inv matmul matrix_norm norm solve svd vector_norm",
    "cuda": "FloatTensor LongTensor current_device device_count empty_cache get_device_name "
            "is_available is_bf16_supported manual_seed manual_seed_all set_device synchronize",
    "backends": "cuda.matmul.allow_tf32 cudnn.benchmark cudnn.deterministic cudnn.enabled "
                "mps.is_available",
    "accelerator": "current_accelerator is_available",
    "nn": """
        AdaptiveAvgPool2d AvgPool2d BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d Conv1d
        Conv2d ConvTranspose2d CosineEmbeddingLoss CrossEntropyLoss Dropout Dropout2d ELU
        Embedding Flatten GELU GRU GRUCell GroupNorm Identity InstanceNorm2d L1Loss LSTM
        LSTMCell LayerNorm LazyBatchNorm1d LazyBatchNorm2d LazyConv2d LazyLinear LeakyReLU
        Linear LogSoftmax MSELoss MaxPool2d Module ModuleDict ModuleList MultiheadAttention
        NLLLoss Parameter ParameterDict ParameterList PixelShuffle RNN ReLU ReflectionPad2d
        Sequential SiLU Sigmoid SmoothL1Loss Softmax Softplus Tanh Transformer
        TransformerEncoder TransformerEncoderLayer Unflatten Upsample functional init
        utils.clip_grad_norm_ utils.clip_grad_value_ utils.rnn.pack_padded_sequence
        utils.rnn.pad_packed_sequence utils.rnn.pad_sequence""",
    "nn.Module": """
        add_module apply buffers children eval extra_repr forward load_state_dict modules
        named_buffers named_children named_modules named_parameters parameters register_buffer
        register_forward_hook register_parameter requires_grad_ state_dict to train zero_grad""",
    "nn.init": "calculate_gain constant_ kaiming_normal_ kaiming_uniform_ normal_ ones_ "
               "orthogonal_ uniform_ xavier_normal_ xavier_uniform_ zeros_",
    "optim": "ASGD Adadelta Adagrad Adam AdamW Adamax LBFGS NAdam Optimizer RAdam RMSprop SGD "
             "lr_scheduler.CosineAnnealingLR lr_scheduler.ExponentialLR lr_scheduler.LambdaLR "
             "lr_scheduler.OneCycleLR lr_scheduler.ReduceLROnPlateau lr_scheduler.StepLR",
    "optim.Optimizer": "add_param_group load_state_dict state_dict step zero_grad",
    "utils.tensorboard": "SummaryWriter",
    "utils.data": "BatchSampler ConcatDataset DataLoader Dataset IterableDataset RandomSampler "
                  "Subset TensorDataset WeightedRandomSampler random_split",
    "distributions": "Bernoulli Categorical Distribution Multinomial Normal Uniform kl_divergence",
    "nn.functional": """
        adaptive_avg_pool2d avg_pool1d avg_pool2d batch_norm binary_cross_entropy
        binary_cross_entropy_with_logits conv1d conv2d conv_transpose2d cosine_similarity
        cross_entropy dropout elu embedding fold gelu gumbel_softmax hardtanh huber_loss
        interpolate kl_div l1_loss layer_norm leaky_relu linear log_softmax max_pool2d mse_loss
        nll_loss normalize one_hot pad relu scaled_dot_product_attention sigmoid silu
        smooth_l1_loss softmax softplus tanh unfold""",
}


@pytest.mark.parametrize("place", NAMES)
def test_names_are_there(place):
    root = operator.attrgetter(place)(lg) if place and place != "Tensor" else (
        lg.Tensor if place else lg)
    missing = []
    for name in NAMES[place].split():
        try:
            operator.attrgetter(name)(root)
        except AttributeError:
            missing.append(name)
    assert not missing


# One line is one program: what it gives is compared with PyTorch.
CALLS = """
torch.tensor([1, 2], dtype=torch.float32, device="cpu", requires_grad=True)
torch.zeros(2, 3), torch.zeros((2, 3)), torch.zeros([2, 3]), torch.zeros(size=(2, 3))
torch.zeros(2, dtype=torch.long, device="cpu"), torch.zeros(2, requires_grad=True)
torch.ones(2, dtype=torch.int), torch.ones(1, requires_grad=True), torch.ones_like(a, device="cpu")
torch.full((2,), 7), torch.full((2,), 7, dtype=torch.float, device="cpu", requires_grad=True)
torch.empty(2, 3, dtype=torch.float16, device="cpu").shape, torch.empty_like(A).dtype
torch.eye(2), torch.eye(2, 3, requires_grad=True), torch.zeros_like(a, requires_grad=True)
torch.arange(5), torch.arange(1, 5, 2), torch.arange(0, 1, 0.25)
torch.arange(start=1, end=4, step=2)
torch.arange(3, dtype=torch.float, device="cpu"), torch.arange(3.0, requires_grad=True)
torch.linspace(0, 1, 3), torch.linspace(0, 1, steps=3, dtype=torch.double, device="cpu")
torch.linspace(-1, 1, 3, requires_grad=True), torch.logspace(0, 2, 3)
torch.as_tensor([1.0, 2.0]), torch.as_tensor(np.arange(2)), torch.from_numpy(np.arange(2.0))
a.size(), a.size(0), A.shape[1], A.dim(), A.ndim, A.numel(), a.dtype, a.tolist(), a.numpy().sum()
A.sum(), A.sum(dim=0), A.sum(1, keepdim=True), A.sum(0, keepdims=True), A.sum(axis=1)
A.mean(dim=1, keepdim=True), A.mean(0), torch.mean(A), A.var(dim=0, keepdim=True, unbiased=False)
A.std(0, keepdim=True), torch.std(A, 1), A.norm(), A.norm(dim=1, keepdim=True), torch.norm(A, p=1)
A.max(), A.max(1), A.max(dim=1, keepdim=True), torch.max(a, a * 0 + 1.5)
torch.min(A, 0, keepdim=True)
A.argmax(), A.argmax(dim=1, keepdim=True), torch.argmax(A, dim=0), A.min(1), A.all()
(A > 1).all(dim=1)
A.cumsum(0), A.cumsum(dim=1), A.prod(), torch.prod(A, 0), torch.logsumexp(A, dim=1)
torch.topk(a, k=1, dim=0), A.topk(1), torch.sort(a, descending=True), A.sort(dim=1, descending=True)
torch.cat((a, a)), torch.cat([A, A], dim=1), torch.stack([a, a], dim=1), torch.hstack([a, a])
torch.unsqueeze(a, 1), torch.unsqueeze(a, dim=0), a.unsqueeze(-1).squeeze(), A.squeeze(0)
A.view(-1), A.view(4, 1), A.reshape(1, 4), A.view_as(A.t()), A.t(), A.T, A.transpose(0, 1)
torch.transpose(A, dim0=0, dim1=1), A.permute(1, 0), torch.flatten(A), A.flatten(start_dim=0)
A.expand(2, 2, 2), a.expand_as(A), A.repeat(2, 1), torch.repeat_interleave(a, repeats=2, dim=0)
torch.roll(a, 1), A.roll(1, dims=0), A.flip(0), A.split(1, dim=1), A.chunk(2, dim=0), A.unbind(0)
torch.meshgrid(a, a, indexing="ij"), torch.tril(A), torch.triu(A, diagonal=1), torch.diag(a)
A.gather(1, torch.tensor([[0], [1]])), A.gather(dim=1, index=torch.tensor([[0], [1]]))
torch.zeros(2, 3).scatter_(1, torch.tensor([[0], [2]]), 1.0)
torch.zeros(2, 3).scatter_(dim=1, index=torch.tensor([[0], [2]]), value=1.0)
A.masked_fill(A > 2, 0), a.masked_fill_(a > 1, -1), A[A > 1], A[0], A[:, 1], A[..., 0]
A[[0, 1], [1, 0]]
torch.where(A > 2, A, 0 * A), a.where(a > 1, torch.zeros(2)), A.index_select(1, torch.tensor([0]))
a.clamp(min=1.5), a.clamp(0, 1), a.clamp_(max=1), torch.clamp(a, 0, 1), a.clamp(min=0, max=1.5)
a.add(1), a.add(a, alpha=2), a.add_(a, alpha=-0.1), a.mul(2), a.div_(2), torch.sub(a, 1), a.sub_(a)
torch.div(a, 2, rounding_mode="floor"), a.pow(2), torch.pow(a, 0.5), 2 ** a, a // 2, a % 2, -a
1 / a
a @ a, A @ A, A @ a, torch.matmul(A, A), A.mm(A), A.mv(a), torch.dot(a, a)
torch.bmm(A[None], A[None])
torch.einsum("ij,jk->ik", A, A), torch.outer(a, a), torch.addmm(A, A, A, beta=0.5, alpha=2)
a == a, a != 1, a < 2, a >= 2, a.eq(1), torch.eq(a, a), torch.gt(a, 1), ~(a > 1), (a > 1) & (a < 3)
torch.allclose(a, a, atol=1e-3), torch.equal(a, a), torch.isnan(a), torch.isfinite(a)
torch.exp(a), torch.log(a), torch.sqrt(a), torch.abs(-a), torch.sin(a), torch.tanh(a), torch.erf(a)
torch.sigmoid(a), torch.relu(-a), torch.softmax(A, dim=1), A.softmax(-1), F.softmax(A, dim=1)
F.log_softmax(A, dim=-1), F.one_hot(i), F.one_hot(i, num_classes=4), F.softplus(a)
F.leaky_relu(-a, 0.1)
F.cross_entropy(A, torch.tensor([0, 1])), F.cross_entropy(A, torch.tensor([0, -1]), ignore_index=-1)
F.nll_loss(A, torch.tensor([0, 1]), reduction="sum"), F.mse_loss(a, a * 2), F.smooth_l1_loss(a, -a)
F.cross_entropy(A, torch.tensor([0, 1]), reduction="none"), F.l1_loss(a, -a, reduction="sum")
F.binary_cross_entropy(torch.sigmoid(a), torch.tensor([0.0, 1.0]), reduction="sum")
F.max_pool2d(A[None, None], 2), F.avg_pool2d(A[None, None], kernel_size=2, stride=1)
F.scaled_dot_product_attention(A[None], A[None], A[None], attn_mask=None, is_causal=True)
F.interpolate(A[None, None], scale_factor=2, mode="nearest"), F.dropout(a, 0.5, training=False)
a.to("cpu"), a.to(torch.float64), a.to(device="cpu", dtype=torch.int64)
a.to("cpu", non_blocking=True)
a.float(), a.long(), a.int(), a.short(), a.byte(), a.bool(), a.double(), a.half().float(), a.cpu()
float(a[0]), int(a[1]), bool(a[0] > 0), [10, 20, 30][i[0]], len(A), f"{a[0]:.2f}", f"{a.sum()}"
str(a)
w.detach(), w.requires_grad, (w * 2).grad_fn is not None, w.is_leaf, w.clone().is_contiguous()
(w ** 2).sum().backward(retain_graph=True); w.grad, w.grad.data
(w ** 2).backward(gradient=torch.ones(2)); w.grad
y = w * 2; y.retain_grad(); (y * y).sum().backward(); y.grad, w.grad
torch.autograd.grad((w ** 3).sum(), w, create_graph=True)[0]
torch.autograd.grad(outputs=w * 2, inputs=w, grad_outputs=torch.ones(2), retain_graph=True)
v = a * 0; v.requires_grad_(); torch.autograd.grad(w.sum(), [w, v], allow_unused=True)
v = a * 0; v.requires_grad_(); torch.autograd.grad(w.exp().sum(), [w, v], materialize_grads=True)
torch.autograd.grad(outputs=w.sum(), inputs=[w], only_inputs=True)
torch.autograd.backward([w.sum(), (w * w).sum()]); w.grad
torch.autograd.backward(w * 2, torch.ones(2)); w.grad
torch.autograd.functional.jacobian(lambda x: x ** 2, a)
torch.autograd.functional.vjp(torch.exp, a, v=a)
torch.unique(torch.tensor([2, 1, 2])), torch.bincount(i), torch.searchsorted(a, a), torch.nonzero(i)
a.fill_(3), a.zero_(), a.copy_(torch.ones(2)), torch.zeros(2).normal_().shape, a.unsqueeze_(0)
a.t_()
a.narrow(0, 1, 1), torch.linalg.norm(A), torch.linalg.inv(A), torch.linalg.solve(A, a), A.trace()
torch.prod(a), torch.std_mean(a), torch.cosh(a), torch.sinh(a), torch.asin(a / 2), torch.log1p(a)
hist, edges = torch.histogram(a, 4, density=True); hist, edges, torch.histc(a, bins=3)
torch.linalg.cross(torch.ones(3), torch.arange(3.0)), torch.sin_(a), torch.relu_(a), torch.zero_(a)
torch.bitwise_xor(i, i), torch.ceil(a), torch.floor(a), a.round(), a.log10(), a.flip(0), a.stride()
B = -a; F.relu_(B) is B, B, F.leaky_relu_(-a, 0.1), F.elu_(-a), F.hardtanh_(a), F.selu_(-a)
F.celu_(-a, alpha=2.0), F.threshold_(a, 1.5, 9.0), F.rrelu_(a).shape, F.relu_(w * -1).sum()
torch.arange(9.0).unfold(0, 3, 2), A.unfold(1, 2, 1), A.unfold(dimension=0, size=1, step=1)
B = A * w; B.unfold(0, 2, 1).sum().backward(); w.grad
A.fill_diagonal_(0), torch.zeros(7, 3).fill_diagonal_(1, wrap=True)
torch.zeros(3, 7).fill_diagonal_(1, wrap=True), torch.zeros(3, 3, 3).fill_diagonal_(fill_value=1)
B = A * w; B.fill_diagonal_(9); B.sum().backward(); B, w.grad
torch.cdist(A, A[:1]), torch.cdist(A, 2 * A, p=1), torch.cdist(A, A, 3), torch.cdist(A, A)
torch.cdist(torch.ones(2, 1, 3), torch.zeros(4, 3)), torch.cdist(A, A, p=0)
torch.cdist(A, A, torch.inf), torch.trace(A)
B = torch.arange(80.0).reshape(40, 2).sin().double(); torch.cdist(B, B[:3] + 1)
B = torch.arange(80.0).reshape(2, 20, 2).cos().double(); torch.cdist(B, B[:1, 1:] + 1)
torch.cdist(A, A, compute_mode="use_mm_for_euclid_dist")[0], torch.cdist(A, 2 * A, 2.0)
B = w * torch.arange(52.0).reshape(26, 2) / 7; torch.cdist(B, -A).sum().backward(); w.grad
B = torch.arange(60.0).reshape(30, 2); torch.cdist(B, B, 2, "donot_use_mm_for_euclid_dist")
a[0] = torch.ones(1); a[1:] = torch.zeros(1, 1); a
B = A * w; B[0, 1] = w[:1]; B[B > 1] = w[None, :1] * 3; B.sum().backward(); B, w.grad
torch.cdist(A * w, A, p=2).sum().backward(); w.grad
2.0 in a, 7 in i, torch.tensor(2) in i, True in (a > 1), a in A
torch.zeros(i.max()), torch.ones(2, i[0]), torch.arange(6).view(i[1], 3), a.expand(i[1], 2)
torch.randperm(i[1]).shape, [10, 20][a[0] > 0], range(10)[i[1:]]
A.sum(dim=[]), A.mean([]), A.amax(dim=[], keepdim=True), A.std(dim=())
i.fill_(0.7), i.byte().fill_(-1), (a > 1).fill_(3), i.byte().add_(i), i.byte().cumsum_(0)
B = i.byte(); B += i; B *= 200; B
B = A / 0; B.requires_grad_(); torch.autograd.grad(torch.det(B), B, torch.ones(()))[0].isnan().all()
torch.square(a, out=torch.zeros(0)), a.histc(4), A.histogram(3)[0]
F.linear(A, a), F.linear(a, a), F.linear(A[None], a), F.linear(A, A, A[:1])
B = w * A; F.linear(A, B, B[:1]).sum().backward(); w.grad
torch.einsum("i,i->i", a, i), torch.einsum("...,...->...", i.int(), i.int()[:, None])
torch.einsum("i,k->k", torch.full((2,), 2**31 - 1).int(), torch.ones(1).int())
torch.einsum("ij->i", torch.ones(2, 300).bool()), torch.einsum("ij->", torch.ones(2, 300).byte())
(a > 0).all(dim=[]), A.amax(np.int64(0)), F.linear(A, A, torch.ones(1, 2)), F.linear(A, A, a[0])
torch.bucketize(i, a + 0.5), torch.searchsorted(i, a)
torch.randint(high=3, size=(2,)).shape, a.new_zeros(size=(2,)), a.new_ones(2, layout=torch.strided)
"""

SETTINGS = """
torch.zeros_like(a, memory_format=torch.preserve_format)
a.clone(memory_format=torch.preserve_format)
a.contiguous(memory_format=torch.contiguous_format), a.to(torch.float64, memory_format=None)
torch.zeros(2, layout=torch.strided, pin_memory=False), torch.empty(2, pin_memory=False).shape
i.float(memory_format=torch.preserve_format), a.cpu(memory_format=torch.preserve_format)
a.new_full((2,), 3, layout=torch.strided, pin_memory=False)
torch.is_autocast_enabled(), torch.is_autocast_enabled("cpu")
a.is_contiguous(memory_format=torch.contiguous_format)
torch.get_autocast_dtype("cuda") == a.half().dtype
torch.nn.Linear(1, 1).to(memory_format=torch.channels_last).in_features
torch.is_complex(a), a.is_complex(), a.is_cpu, a.ndimension(), A.nbytes, A.itemsize
torch.is_nonzero(a[:1]), a[0].is_nonzero(), torch.result_type(i, 1.0), torch.result_type(a, i)
torch.asarray([1, 2]), torch.asarray(a).data_ptr() == a.data_ptr(), torch.scalar_tensor(2)
torch.asarray(a, copy=True).data_ptr() == a.data_ptr(), torch.asarray([1.0], requires_grad=True)
y = w * 2; before = y.retains_grad; y.retain_grad(); before, y.retains_grad, w.retains_grad
torch.set_num_threads(torch.get_num_threads()), torch.use_deterministic_algorithms(False)
torch.set_float32_matmul_precision("highest"); torch.get_float32_matmul_precision()
torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(4, 3, 2, 2))
torch.nn.init._calculate_correct_fan(torch.empty(4, 3), "fan_out")
from torch.nn.modules.module import Module; Module is torch.nn.Module
from torch.nn.modules.loss import _Loss, MSELoss; issubclass(MSELoss, _Loss)
from torch.nn.modules.utils import _pair; _pair(3), torch.nn.modules.conv.Conv2d.__name__
from torch.autograd.variable import Variable; Variable(a)
torch.autograd.functional.jacobian(torch.exp, a, vectorize=True, strict=False)
torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), a, vectorize=True)
"""

DRAWS = """
torch.rand(2, 3), torch.rand(size=(2, 3)), torch.rand((2, 3), dtype=torch.double, device="cpu")
torch.rand(2, requires_grad=True), torch.rand(2, generator=torch.Generator().manual_seed(1))
torch.randn(2, 3), torch.randn(size=(2,)), torch.randn(2, dtype=torch.double, requires_grad=True)
torch.randn(2, generator=torch.Generator().manual_seed(1), device="cpu"), torch.randn_like(A)
torch.randint(5, (2,)), torch.randint(0, 5, (2, 2))
torch.randint(1, 5, size=(3,), dtype=torch.int32)
torch.randint(0, 9, (3,), generator=torch.Generator().manual_seed(1))
torch.rand_like(a, dtype=torch.double)
torch.randperm(5), torch.randperm(5, generator=torch.Generator().manual_seed(1))
torch.normal(0, 1, (2, 3)), torch.normal(0.0, 1.0, size=(2,), requires_grad=True)
torch.normal(a, a)
torch.multinomial(a, 1), torch.multinomial(a, num_samples=4, replacement=True)
torch.multinomial(a, num_samples=1, generator=torch.Generator().manual_seed(1))
torch.bernoulli(a / 3)
torch.empty(3).uniform_(-1, 1), torch.empty(3).normal_(0, 2), torch.empty(3).random_(5)
"""


def lines(text):
    return [line.replace("; ", "\n") for line in text.strip().split("\n")]


@pytest.mark.filterwarnings("ignore:.*To copy construct from a tensor")
@pytest.mark.parametrize("program", lines(CALLS))
def test_calls(program):
    agree(program)


@pytest.mark.parametrize("program", lines(SETTINGS))
def test_settings(program):
    """Each line runs with `torch` as the name of either library, in its imports as well."""
    mine = run(lg, program.replace("from torch.", "from learngrad."))
    if torch is not None:
        theirs = run(torch, program)
        assert same(mine, theirs), (mine, theirs)


def test_draws_in_a_block_of_their_own():
    lg.manual_seed(3)
    with lg.random.fork_rng():
        inside = lg.rand(2)
    after = lg.rand(2)
    with lg.random.fork_rng(enabled=False):
        lg.rand(2)
    assert inside.equal(after)
    assert not lg.rand(2).equal(after)


def test_there_is_no_such_precision():
    with pytest.raises(errors.ArgumentRangeError, match="double"):
        lg.set_float32_matmul_precision("double")


def shapes_and_dtypes(value):
    return [(v[0], v[1], v[3]) for v in value]


@pytest.mark.parametrize("program", lines(DRAWS))
def test_draws(program):
    """Other numbers than PyTorch's, in the same shapes and dtypes."""
    mine = shapes_and_dtypes(run(lg, f"[{program}]"))
    if torch is not None:
        assert mine == shapes_and_dtypes(run(torch, f"[{program}]"))


@pytest.mark.parametrize(("name", "why"), [
    ("complex64", "real and imaginary"), ("compile", "as they are written"),
    ("sparse", "dense"), ("distributed", "one process")])
def test_what_is_not_there_says_why(name, why):
    with pytest.raises(AttributeError, match=f"'{name}'.*{why}"):
        getattr(lg, name)


def test_a_misspelt_name_is_refused():
    with pytest.raises(AttributeError, match="no_such"):
        lg.no_such  # noqa: B018
    with pytest.raises(errors.LearngradError, match="no_such"):
        lg.zeros(1, device="no_such")
