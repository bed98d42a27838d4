"""Short programs as people write them for PyTorch, run with learngrad in its place.

Each takes the library as `torch` and gives numbers. Data and first weights are NumPy's draws, so
that both libraries start alike; they have to end alike as well, to rounding.
"""

import inspect
import math

import numpy as np
import pytest

import learngrad as lg
import learngrad.nn.functional
from tests.both import plain, same
from tests.both import torch as pytorch

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "charlotte", "mia", "amelia", "harper"]
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@program
def regression_with_variables(torch):
    """A line through points, as it was written before tensors had gradients of their own."""
    Variable = torch.autograd.Variable
    x_data, y_data = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]
    w = Variable(torch.Tensor([1.0]), requires_grad=True)

    def loss(x, y):
        y_pred = x * w
        return (y_pred - y) * (y_pred - y)

    progress = []
    for _ in range(10):
        for x_val, y_val in zip(x_data, y_data):
            l = loss(x_val, y_val)
            l.backward()
            w.data = w.data - 0.01 * w.grad.data
            w.grad.data.zero_()
        progress.append(l.data[0].item())
    ahead = Variable(torch.FloatTensor([[4.0]]), volatile=True)
    return progress, w, (ahead * w).data


@program
def two_layers_by_hand(torch):
    """A network whose gradients are written out, then the same by autograd."""
    x, y = torch.from_numpy(drawn(16, 10)), torch.from_numpy(drawn(16, 3, seed=1))
    w1 = torch.from_numpy(drawn(10, 8, seed=2)).type(torch.FloatTensor)
    w2 = torch.from_numpy(drawn(8, 3, seed=3)).type("torch.FloatTensor")
    v1, v2 = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    losses = []
    for _ in range(30):
        h = x.mm(w1)
        h_relu = h.clamp(min=0)
        y_pred = h_relu.mm(w2)
        loss = (y_pred - y).pow(2).sum().item()
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h_relu.t().mm(grad_y_pred)
        grad_h = grad_y_pred.mm(w2.t()).clone()
        grad_h[h < 0] = 0
        w1 -= 1e-3 * x.t().mm(grad_h)
        w2 -= 1e-3 * grad_w2

        other = (x.mm(v1).clamp(min=0).mm(v2) - y).pow(2).sum()
        other.backward()
        with torch.no_grad():
            v1 -= 1e-3 * v1.grad
            v2 -= 1e-3 * v2.grad
            v1.grad = None
            v2.grad.zero_()
        losses.append((loss, other.item()))
    assert torch.allclose(w1, v1, atol=1e-5)
    return losses, w1, v2


@program
def bigrams(torch):
    """Names from counts of letter pairs, then from a network of one layer that learns the same."""
    F = torch.nn.functional
    chars = sorted(set("".join(WORDS)))
    stoi = {s: i + 1 for i, s in enumerate(chars)}
    stoi["."] = 0
    itos = {i: s for s, i in stoi.items()}
    n = len(stoi)
    N = torch.zeros((n, n), dtype=torch.int32)
    xs, ys = [], []
    for w in WORDS:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:]):  # noqa: RUF007
            N[stoi[ch1], stoi[ch2]] += 1
            xs.append(stoi[ch1])
            ys.append(stoi[ch2])
    P = (N + 1).float()
    P /= P.sum(1, keepdims=True)

    g = torch.Generator().manual_seed(2147483647)
    for _ in range(5):
        out, ix = [], 0
        while True:
            ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
            if ix == 0:
                break
            out.append(itos[ix])
        assert set(out) <= set(chars)

    log_likelihood = 0.0
    for x, y in zip(xs, ys):
        log_likelihood += torch.log(P[x, y])
    nll = -log_likelihood / len(xs)

    xs, ys = torch.tensor(xs), torch.tensor(ys)
    W = torch.from_numpy(drawn(n, n)).requires_grad_()
    losses = []
    for _ in range(20):
        xenc = F.one_hot(xs, num_classes=n).float()
        logits = xenc @ W
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(xs.nelement()), ys].log().mean() + 0.01 * (W ** 2).mean()
        losses.append(loss.item())
        W.grad = None
        loss.backward()
        W.data += -20 * W.grad
    return N, P, nll, losses, W


@program
def names_by_a_network(torch):
    """Letters embedded, batch-normalised by hand, and every gradient checked by hand."""
    F = torch.nn.functional
    chars = [".", *sorted(set("".join(WORDS)))]
    X, Y = [], []
    for w in WORDS:
        context = [0] * 3
        for ch in w + ".":
            X.append(context)
            Y.append(chars.index(ch))
            context = context[1:] + [chars.index(ch)]
    Xb, Yb = torch.tensor(X), torch.tensor(Y)
    n = Xb.shape[0]
    C = torch.from_numpy(drawn(len(chars), 4))
    W1 = torch.from_numpy(drawn(12, 20, seed=1)) * (5 / 3) / (12 ** 0.5)
    W2 = torch.from_numpy(drawn(20, len(chars), seed=2)) * 0.1
    bngain, bnbias = torch.ones((1, 20)), torch.zeros((1, 20))
    parameters = [C, W1, W2, bngain, bnbias]
    running = torch.zeros((1, 20))
    for p in parameters:
        p.requires_grad = True
    losses = []
    for step in range(8):
        emb = C[Xb]
        embcat = emb.view(emb.shape[0], -1)
        hprebn = embcat @ W1
        bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
        bndiff = hprebn - bnmeani
        bnvar = 1 / (n - 1) * (bndiff ** 2).sum(0, keepdim=True)
        bnraw = bndiff * (bnvar + 1e-5) ** -0.5
        h = torch.tanh(bngain * bnraw + bnbias)
        logits = h @ W2
        loss = F.cross_entropy(logits, Yb)
        with torch.no_grad():
            running = 0.9 * running + 0.1 * bnmeani
        for p in parameters:
            p.grad = None
        for t in (logits, h, bnraw, emb):
            t.retain_grad()
        loss.backward()
        losses.append(loss.item())

        dlogits = F.softmax(logits, 1)
        dlogits[range(n), Yb] -= 1
        dlogits /= n
        dh = dlogits @ W2.T
        dbnraw = bngain * (1 - h ** 2) * dh
        dC = torch.zeros_like(C)
        for k in range(Xb.shape[0]):
            for j in range(Xb.shape[1]):
                dC[Xb[k, j]] += emb.grad[k, j]
        for mine, t in ((dlogits, logits), (dh, h), (dbnraw, bnraw), (dC, C)):
            assert torch.allclose(mine, t.grad, atol=1e-6)
        lr = 0.5 if step < 5 else 0.05
        for p in parameters:
            p.data += -lr * p.grad
    return losses, running, C, W1.grad


@program
def polynomial_with_a_function_of_its_own(torch):
    """sin fitted by a polynomial, through an operation that says its own derivative."""
    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return 0.5 * (5 * input ** 3 - 3 * input)

        @staticmethod
        def backward(ctx, grad_output):
            input, = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input ** 2 - 1)

    dtype, device = torch.float, torch.device("cpu")
    x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
    y = torch.sin(x)
    a = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
    b = torch.full((), -1.0, device=device, dtype=dtype, requires_grad=True)
    c = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
    d = torch.full((), 0.3, device=device, dtype=dtype, requires_grad=True)
    losses = []
    for t in range(60):
        y_pred = a + b * LegendrePolynomial3.apply(c + d * x)
        loss = (y_pred - y).pow(2).sum()
        if t % 10 == 9:
            losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 5e-5 * p.grad
                p.grad = None
    return losses, a, b, c, d


@program
def tour(torch):
    """What a first lesson on tensors shows."""
    found = []
    data = [[1, 2], [3, 4]]
    x_data = torch.tensor(data)
    found += [x_data, torch.from_numpy(np.array(data)), torch.ones_like(x_data)]
    found += [torch.rand_like(x_data, dtype=torch.float).shape, torch.zeros((2, 3,))]
    tensor = torch.ones(4, 4)
    if torch.cuda.is_available():
        tensor = tensor.to("cuda").to("cpu")
    tensor[:, 1] = 0
    found += [tensor[0], tensor[:, 0], tensor[..., -1], torch.cat([tensor, tensor], dim=1)]
    y1 = tensor @ tensor.T
    y2 = tensor.matmul(tensor.T)
    y3 = torch.rand_like(tensor)
    torch.matmul(tensor, tensor.T, out=y3)
    z3 = torch.rand_like(tensor)
    torch.mul(tensor, tensor, out=z3)
    assert (y1 == y2).all()
    assert torch.equal(y1, y3)
    agg = tensor.sum()
    found += [z3, agg.item(), type(agg.item()).__name__, tensor.add_(5)]
    t = torch.ones(5)
    n = t.numpy()
    t.add_(1)
    found += [n.tolist(), f"Shape of tensor: {tensor.shape}", f"{tensor.dtype}"[-7:]]
    n = np.ones(5)
    t = torch.from_numpy(n)
    np.add(n, 1, out=n)
    found += [t, x_data.view(-1, 1).expand(4, 3), x_data.unsqueeze(0).repeat(2, 1, 1)]
    found += [torch.arange(12).reshape(3, 4).permute(1, 0), torch.arange(3) + 0.5]
    found += [torch.stack([x_data, x_data]).float().mean((0, 1)), x_data.float().std(dim=0)]
    x = torch.randn(4, 4)
    found += [x.view(16).size(), x.view(-1, 8).size(), len(x), str(x_data), repr(tensor[0])]
    a = torch.arange(24, dtype=torch.float32).view(2, 3, 4)
    found += [a.transpose(0, 1).contiguous().view(3, -1), a.narrow(2, 1, 2), a[:, [0, 2], 1:3]]
    found += [a[a > 20], torch.where(a > 12, a, -a), a.max(dim=-1), a.chunk(2, dim=1)[1]]
    return found


@program
def clusters(torch):
    """k-means: points go to the nearest centre, centres to the mean of their points."""
    X = torch.tensor(np.concatenate([drawn(20, 2) + 4, drawn(20, 2, seed=1) - 4,
                                     drawn(20, 2, seed=2) + [[4, -4]]]), dtype=torch.float32)
    centres = X[[0, 20, 40]].clone()
    for _ in range(10):
        distances = ((X.unsqueeze(1) - centres.unsqueeze(0)) ** 2).sum(dim=2)
        nearest = distances.argmin(dim=1)
        before = centres.clone()
        for k in range(centres.size(0)):
            centres[k] = X[nearest == k].mean(dim=0)
        if torch.allclose(before, centres):
            break
    sizes = torch.bincount(nearest, minlength=3)
    inertia = distances.gather(1, nearest.unsqueeze(1)).sqrt().mean()
    return centres, nearest, sizes, inertia


@program
def advantages_and_a_clipped_step(torch):
    """Returns and advantages of an episode, and one clipped policy step on them."""
    F = torch.nn.functional
    T, gamma, lam = 12, 0.99, 0.95
    states = torch.from_numpy(drawn(T, 4))
    actions = torch.LongTensor(np.random.default_rng(3).integers(0, 2, T))
    rewards = torch.FloatTensor([1.0] * T)
    masks = torch.FloatTensor([1.0] * (T - 1) + [0.0])
    policy = torch.from_numpy(drawn(4, 2, seed=1) * 0.5).requires_grad_()
    value = torch.from_numpy(drawn(4, 1, seed=2) * 0.5).requires_grad_()

    values = states.mm(value).squeeze(1)
    returns, advantages = torch.zeros_like(rewards), torch.zeros_like(rewards)
    running, previous, gae = 0.0, 0.0, 0.0
    for t in reversed(range(T)):
        running = rewards[t] + gamma * running * masks[t]
        delta = rewards[t] + gamma * previous * masks[t] - values.data[t]
        gae = delta + gamma * lam * masks[t] * gae
        previous = values.data[t]
        returns[t], advantages[t] = running, gae
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)

    old = F.log_softmax(states @ policy, dim=1).gather(1, actions.view(-1, 1)).detach()
    losses = []
    for _ in range(5):
        logp = F.log_softmax(states @ policy, dim=1)
        ratio = (logp.gather(1, actions.view(-1, 1)) - old).exp().squeeze()
        clipped = torch.clamp(ratio, 0.8, 1.2) * advantages
        entropy = -(logp.exp() * logp).sum(1).mean()
        critic = F.smooth_l1_loss(states.mm(value).squeeze(1), returns)
        loss = -torch.min(ratio * advantages, clipped).mean() + 0.5 * critic - 0.01 * entropy
        grads = torch.autograd.grad(loss, [policy, value])
        norm = torch.sqrt(sum((g ** 2).sum() for g in grads))
        for p, g in zip((policy, value), grads):
            p.data.sub_(0.3 * g * min(1.0, 1.0 / (norm.item() + 1e-6)))
        losses.append((loss.item(), norm.item()))
    return returns, advantages, losses, policy, value


@program
def letters_one_after_another(torch):
    """A recurrent network written out: hidden states, loss over time, clipped gradients."""
    F = torch.nn.functional
    text = "hello world, hello tape"
    chars = sorted(set(text))
    inputs = [chars.index(c) for c in text[:-1]]
    targets = [chars.index(c) for c in text[1:]]
    n, hidden = len(chars), 16
    shapes = {"Wxh": (n, hidden), "Whh": (hidden, hidden), "Why": (hidden, n)}
    params = {k: torch.tensor(drawn(*s, seed=j) * 0.1, requires_grad=True)
              for j, (k, s) in enumerate(shapes.items())}
    params.update(bh=torch.zeros(1, hidden, requires_grad=True),
                  by=torch.zeros(1, n, requires_grad=True))
    memory = {k: torch.zeros_like(p) for k, p in params.items()}
    losses = []
    for _ in range(15):
        h, outputs = torch.zeros(1, hidden), []
        for index in inputs:
            x = torch.zeros(1, n)
            x[0][index] = 1
            h = torch.tanh(x @ params["Wxh"] + h @ params["Whh"] + params["bh"])
            outputs.append(h @ params["Why"] + params["by"])
        loss = F.cross_entropy(torch.cat(outputs), torch.tensor(targets))
        loss.backward()
        losses.append(loss.data.item())
        for k, p in params.items():
            g = p.grad.data.clamp_(-5, 5)
            memory[k] += g * g
            p.data.addcdiv_(g, torch.sqrt(memory[k] + 1e-8), value=-0.1)
            p.grad = None
    return losses, h.detach(), memory["Whh"]


@program
def attention_from_scratch(torch):
    """One head of causal self-attention in four spellings that agree, and its gradients."""
    F = torch.nn.functional
    B, T, C, head = 2, 5, 6, 4
    x = torch.from_numpy(drawn(B, T, C))
    key, query, value = (torch.tensor(drawn(C, head, seed=k), requires_grad=True)
                         for k in (1, 2, 3))
    mean = torch.zeros((B, T, C))
    for b in range(B):
        for t in range(T):
            mean[b, t] = torch.mean(x[b, :t + 1], 0)
    wei = torch.tril(torch.ones(T, T))
    wei = wei / wei.sum(1, keepdim=True)
    assert torch.allclose(mean, wei @ x, atol=1e-6)
    tril = torch.tril(torch.ones(T, T))
    wei = torch.zeros((T, T)).masked_fill(tril == 0, float("-inf"))
    assert torch.allclose(mean, F.softmax(wei, dim=-1) @ x, atol=1e-6)
    k, q, v = x @ key, x @ query, x @ value
    wei = q @ k.transpose(-2, -1) * head ** -0.5
    wei = F.softmax(wei.masked_fill(tril == 0, float("-inf")), dim=-1)
    out = wei @ v
    fused = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert torch.allclose(out, fused, atol=1e-5)
    (out ** 2).mean().backward()
    return out, wei, key.grad, query.grad, value.grad


@program
def newton_on_a_logistic_regression(torch):
    """Second derivatives: whole Newton steps, and a penalty on the size of a gradient."""
    F = torch.nn.functional
    X = torch.from_numpy(drawn(30, 3)).double()
    y = ((X @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.double)) > 0.3).double()
    y[:4] = 1 - y[:4]

    def loss(w):
        return F.binary_cross_entropy_with_logits(X @ w, y) + 0.01 * (w ** 2).sum()

    w = torch.zeros(3, dtype=torch.double)
    path = []
    for _ in range(5):
        gradient = torch.autograd.functional.jacobian(loss, w)
        hessian = torch.autograd.functional.hessian(loss, w)
        w = w - torch.linalg.solve(hessian, gradient)
        path.append(loss(w).item())
    w.requires_grad_()
    first, = torch.autograd.grad(loss(w + 1), w, create_graph=True)
    ((first.norm(2) - 1) ** 2).backward()
    return path, w, w.grad, torch.linalg.det(hessian), torch.inverse(hessian)


@program
def components(torch):
    """Principal components by singular values, by power iteration, and a line by least squares."""
    X = torch.from_numpy(drawn(40, 3) @ np.diag([3.0, 1.0, 0.3]).astype(np.float32))
    X = X - X.mean(0, keepdim=True)
    U, S, V = torch.svd(X)
    projected = X.mm(V[:, :2])
    v = torch.ones(3) / math.sqrt(3)
    for _ in range(50):
        v = X.t().mv(X.mv(v))
        v /= v.norm()
    assert torch.allclose(v.abs(), V[:, 0].abs(), atol=1e-4)
    A = torch.cat([X, torch.ones(40, 1)], 1)
    beta = torch.inverse(A.t() @ A) @ A.t() @ (X[:, :1] * 2 + 1)
    rank = int((S > 1e-3).sum())
    return S, projected.abs(), beta, rank, (U * S) @ V.t()


@pytest.mark.filterwarnings("ignore:volatile")
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_comes_to_the_same(function):
    mine = plain(function(lg))
    assert inspect.getdoc(function)
    assert all_finite(mine)
    if pytorch is not None:
        theirs = plain(function(pytorch))
        assert same(mine, theirs), f"{mine}\n\n{theirs}"


def all_finite(value):
    if isinstance(value, (tuple, list)):
        return all(map(all_finite, value))
    return not isinstance(value, (float, np.ndarray)) or bool(np.isfinite(value).all())
