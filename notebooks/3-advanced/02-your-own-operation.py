# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Your own operation, on CPU and GPU
#
# Everything you have differentiated so far was made of operations that somebody had written. Now
# you write one: what it computes, what it passes back, and, for a graphics card, what one of its
# ten thousand threads does. It is checked, drawn and stepped like any other.
#
# You need the lessons on autograd, and have written a function in NumPy before. A GPU is not
# needed: where there is none, the last part says what one would have done. It takes about forty
# minutes.

# %% id="imports"
import numpy as np

import learngrad
from learngrad import nn
from learngrad.autograd import gradcheck

# %% [markdown] id="why"
# ## 1. Why one would want that
#
# *Softplus* is a smooth kind of ReLU: $\ln(1 + e^x)$. Three operations that exist, one formula:

# %% id="by-parts"
def softplus_by_parts(x):
    return (1 + x.exp()).log()


x = learngrad.tensor([-2.0, 0.0, 2.0], requires_grad=True)
softplus_by_parts(x)

# %% [markdown] id="guess-large"
# **Guess.** *For a large x, $\ln(1 + e^x)$ is very nearly x, and its slope very nearly 1. What
# does this function say for x = 100, and what is its gradient there?*

# %% id="large" tags=["guess"]
x = learngrad.tensor(100.0, requires_grad=True)
y = softplus_by_parts(x)
y.backward()
print("value:", y.item(), "  gradient:", x.grad.item())

# %% [markdown] id="what-went-wrong"
# $e^{100}$ does not fit into 32 bits, so it becomes infinite, and what follows cannot take that
# back: backward divides infinity by infinity. Each of the three operations is right, and their
# chain is wrong. Mathematics does not mind how a formula is written; a computer does. This one
# says the same and is safe, because what is raised to is never positive:
#
# $$\ln(1 + e^x) = \max(x, 0) + \ln(1 + e^{-|x|})$$
#
# Its derivative is short, too. It is the sigmoid, $\sigma(x) = 1 / (1 + e^{-x})$, which no chain
# rule would find in a sum of a maximum and a logarithm. **That is the first reason for an own
# operation: you know something about it that its parts do not.** The second is speed, and comes
# with the GPU.

# %% [markdown] id="two-halves"
# ## 2. Two halves
#
# An operation is a class with two functions. `forward` computes, and may put away what it will
# need later. `backward` gets `g`, the gradient that arrives from above (how the loss answers to
# the output), and returns how the loss answers to the input: $g \cdot \sigma(x)$.
#
# These are PyTorch's names, and the class works there word for word, with `torch` in the place of
# `learngrad`.

# %% id="the-class"
class Softplus(learngrad.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return learngrad.maximum(x, learngrad.zeros_like(x)) + (1 + (-x.abs()).exp()).log()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.sigmoid()


x = learngrad.tensor(100.0, requires_grad=True)
y = Softplus.apply(x)
y.backward()
print("value:", y.item(), "  gradient:", x.grad.item())

# %% [markdown] id="check-it"
# ## 3. Nobody believes you
#
# Forward and backward are two claims, and nothing makes them agree. `gradcheck` nudges each input
# a little up and a little down and compares. It wants float64: in float32 the nudges would drown
# in rounding.

# %% id="checked"
probe = learngrad.randn(6, dtype=learngrad.float64, requires_grad=True)
gradcheck(Softplus.apply, (probe,))

# %% [markdown] id="guess-mistake"
# **Guess.** *A mistake that looks harmless: the sigmoid of the **output**. What will the checker
# say? How far off is it at x = 0, where the output is 0.6931?*

# %% id="a-mistake" tags=["guess"]
class Wrong(Softplus):
    @staticmethod
    def forward(ctx, x):
        out = Softplus.forward(ctx, x)
        ctx.save_for_backward(out)
        return out


try:
    gradcheck(Wrong.apply, (probe,))
except learngrad.errors.LearngradError as error:
    print(error)

# %% [markdown] id="why-check"
# σ(0.6931) is 0.667, and the slope there is 0.5. A network with this gradient would still learn,
# only worse, and you would look for the reason in the data, the learning rate, the moon. Check
# first.

# %% [markdown] id="see-it"
# ## 4. See it
#
# It is drawn as one box, where the version by parts has three, and its step of the replay shows
# what you wrote. Press **▶** or the right arrow key.

# %% id="stepped"
with learngrad.record():
    w = learngrad.tensor(0.5, requires_grad=True)
    out = Softplus.apply(w * 3.0)
    loss = (out - 1) ** 2
    loss.backward()

# %% [markdown] id="short-form"
# ## 5. In five lines
#
# The class says a lot that is the same every time. The short form is two functions on arrays, and
# the names of the second one's parameters say what to keep: inputs, by their names, or `out`.

# %% id="the-decorator"
@learngrad.autograd.operation
def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@softplus.backward
def softplus_back(g, x):
    return g / (1 + np.exp(-x))


gradcheck(softplus, (probe,)), learngrad.autograd.gradgradcheck(softplus, (probe,))

# %% [markdown] id="second-derivative"
# The second `True` is for the *second* derivative, which nobody wrote: `softplus_back` is made of
# operations that can be differentiated, so the replay can be recorded and replayed itself.

# %% [markdown] id="a-decision"
# ## 6. A gradient that is a decision
#
# Not every backward is a derivative. Say the weights of a network must be −1, 0 or +1, because
# they go onto a chip with no room for more. Rounding does that. Its slope is 0 almost everywhere:
# a correct gradient, and a useless one, because nothing would ever learn.
#
# So one *decides*: forward rounds, backward pretends it did not. It is called a straight-through
# estimator (Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432).

# %% id="the-rounding"
@learngrad.autograd.operation
def ternary(w):
    return np.clip(np.rint(w), -1, 1) + 0.0  # which turns −0 into 0


@ternary.backward
def straight_through(g, w):
    return g * (np.abs(w) <= 1.5)


# %% [markdown] id="guess-ternary"
# **Guess.** *A network for the handwritten digits, 64 inputs, 64 in the middle, 10 out, all of
# its weights −1, 0 or +1. How many of 100 digits will it read?*

# %% id="a-ternary-network" tags=["guess"]
class TernaryLinear(nn.Linear):
    def forward(self, x):
        weights = ternary(self.weight * 8)  # spread out, so that some round to 1
        return nn.functional.linear(x, weights / 8, self.bias)


learngrad.manual_seed(0)
X, y = learngrad.data.digits("train")
X_test, y_test = learngrad.data.digits("test")
model = nn.Sequential(TernaryLinear(64, 64), nn.ReLU(), TernaryLinear(64, 10))
optimizer = learngrad.optim.Adam(model.parameters(), lr=0.003)
for step in range(400):
    rows = learngrad.randint(len(X), (64,))
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(X[rows]), y[rows])
    loss.backward()
    optimizer.step()

with learngrad.no_grad():
    right = (model(X_test).argmax(1) == y_test).float().mean().item()
kinds = ternary(model[0].weight.detach() * 8).unique().tolist()
print(f"weights: {kinds}   right: {right:.1%}")

# %% [markdown] id="what-ternary-says"
# Three values a weight, and it reads nine digits of ten. What would the checker say to
# `straight_through`? It would refuse it, and be right: it is not the derivative of `ternary`, and
# is not meant to be. A check tells you whether you computed what you said, not whether you said
# something sensible.

# %% [markdown] id="the-gpu"
# ## 7. The same on a GPU
#
# `softplus` is written in NumPy's functions, and they know a GPU's arrays, too: it runs there as
# it stands. But look at what it asks for. `abs` reads all of x and writes as much, the minus reads
# that and writes again, and so on: each function is a *kernel* of its own, and each carries all
# the numbers from memory to the processor and back.

# %% id="traffic"
passes = {"abs": (1, 1), "minus": (1, 1), "exp": (1, 1), "log1p": (1, 1), "maximum": (1, 1),
          "add": (2, 1)}
carried = sum(reads + writes for reads, writes in passes.values())
print(f"formula: {len(passes)} kernels, each number carried {carried} times")
print("kernel:  1 kernel,  each number carried 2 times")

# %% [markdown] id="what-traffic-says"
# A GPU computes far faster than it carries, so such operations cost what they carry. One kernel
# that reads x once, keeps everything in between where it is computed, and writes once, has a sixth
# or so of the work to do.
#
# To say it in CUDA C, say what happens to **one** element. The GPU does it for all of them, some
# ten thousand at a time, each in a thread of its own. `T` is whatever dtype the arrays have, `x`
# and `g` are this thread's numbers, and each half has one name to write to, `out` and `grad`.

# %% id="with-kernels"
@learngrad.autograd.operation(cuda="""
    T small = exp(-fabs(x));
    out = (x > T(0) ? x : T(0)) + log1p(small);
""")
def quick_softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@quick_softplus.backward(cuda="grad = g / (T(1) + exp(-x));")
def quick_back(g, x):
    return g / (1 + np.exp(-x))


# %% [markdown] id="two-versions"
# The formula stays: it is what the CPU runs, what second derivatives are taken of, and what the
# kernel is compared with. Two versions of one thing will drift apart unless somebody looks, so
# look:

# %% id="on-the-device"
why_not = learngrad.cuda.why_unavailable()
device = "cpu" if why_not else "cuda"
x = learngrad.linspace(-5, 5, 7, dtype=learngrad.float64, device=device).requires_grad_()
print("on", x.device, " checked:", gradcheck(quick_softplus, (x,)))
print("formula and kernel apart by at most",
      (quick_softplus(x).cpu() - quick_softplus(x.detach().cpu())).abs().max().item())
if why_not:
    print(f"\nNo GPU here: {why_not}.")
    print("So the formula ran, twice. On a GPU the first would have been the kernel, compiled when "
          "it was first called, and gradcheck would have checked that.")

# %% [markdown] id="how-fast"
# ## 8. How fast?
#
# Ask a clock, and ask it properly. A GPU works on its own: a call only puts work into its queue
# and comes back, so a clock in Python would measure how fast you can ask. *Events* stand in the
# queue themselves.

# %% id="timed"
def milliseconds(work, repeat=20):
    work()  # the first call compiles
    start, end = (learngrad.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(repeat):
        work()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / repeat


count = 1 << 24
if why_not:
    print("On a GPU, this cell times the formula and the kernel on 16 million numbers.")
    print(f"The formula would carry {carried * 4 * count / 1e6:.0f} MB, the kernel "
          f"{2 * 4 * count / 1e6:.0f} MB. How long that takes, only a GPU can say.")
else:
    big = learngrad.randn(count, device="cuda")
    formula = quick_softplus.__wrapped__
    with learngrad.no_grad():
        slow = milliseconds(lambda: formula(big))
        fast = milliseconds(lambda: quick_softplus(big))
    print(f"formula: {slow:.2f} ms   kernel: {fast:.2f} ms   {slow / fast:.1f} times as fast")

# %% [markdown] id="without-python"
# In a small network even the best kernels wait: for Python, which takes longer to ask for one
# than the GPU to run it. `learngrad.cuda.graph(step)` records a whole training step and then
# plays it back without Python. What you get is what graphs were before they were dynamic: fast,
# fixed, and deaf to your `if`s. It checks that your step does the same each time before it
# believes it.

# %% [markdown] id="exercise"
# ## 9. Yours
#
# *Squareplus*, $\tfrac{1}{2}(x + \sqrt{x^2 + 4})$, is a softplus without exponentials. Its
# derivative is $\tfrac{1}{2}(1 + x / \sqrt{x^2 + 4})$. Write both halves; the checker tells you
# when you are there.

# %% id="squareplus"
@learngrad.autograd.operation
def squareplus(x):
    return (x + np.sqrt(x * x + 4)) / 2


@squareplus.backward
def squareplus_back(g, x):
    return g * 1.0  # ← not yet


try:
    gradcheck(squareplus, (probe,))
    print("✓ forward and backward agree")
except learngrad.errors.LearngradError:
    print("not yet: the two halves do not agree")

# %% [markdown] id="a-second-exercise"
# And one without a net: give it `out` instead of `x`. With $y$ for the output, $x = y - 1/y$, and
# the derivative becomes $y^2 / (y^2 + 1)$. Why might one prefer to keep the output? (Because it is
# there anyway: the next operation keeps it as *its* input, and an array that two of them keep
# takes memory once.)
