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
# # How autograd works
#
# You have called `backward()` and seen gradients appear. In this lesson you build the thing
# yourself: first for single numbers, then for arrays, sixty lines in all. It will train a network,
# and its gradients will be learngrad's to the last digit. On the way you get it wrong three times,
# on purpose. Each time you find out why the real one is as it is:
#
# - Why are gradients **added up**?
# - Why does a node **wait** until all who used it have answered?
# - Why does a bias get the **sum** over a batch?
#
# You need classes in Python, and the [first lesson](../1-beginner/01-your-first-descent.ipynb) or
# what it teaches. It takes about forty-five minutes. Where it says **Guess**, settle on an answer
# before you run the cell.

# %% id="imports"
import time

import numpy as np

import learngrad

# %% [markdown] id="the-program"
# ## 1. The slope, by nudging
#
# Here is all the program that we need for now. Look at `c`: it is used three times, twice by `d`
# and once by the last line.

# %% id="a-program"
def program(a, b):
    c = a * b
    d = c * c
    return c + d


program(2.0, 3.0)

# %% [markdown] id="nudge"
# What do we want? If `a` grows a little, by how much does the result grow, for each little step?
# And `b`? Nudging says, slowly and nearly:

# %% id="slopes-by-nudging"
nudge = 1e-6
print("a:", (program(2.0 + nudge, 3.0) - program(2.0, 3.0)) / nudge)
print("b:", (program(2.0, 3.0 + nudge) - program(2.0, 3.0)) / nudge)

# %% [markdown] id="what-we-want"
# 39 and 26. Those two numbers are what our engine has to find, in one go and without nudging.
#
# ## 2. A number that remembers
#
# The program stays as it is. What we change is the numbers: ours remember **what they were made
# of**, and **how much they would feel it**. For `c = a * b`: if `a` grows by 1, `c` grows by `b`.
# So on the way from `c` to `a` the *local slope* is `b`, and on the way to `b` it is `a`. For a sum
# both are 1. That is all an operation has to know; about the rest of the program it knows nothing.

# %% id="a-value"
tape = []


class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, edges=()):
        self.data = data
        self.edges = edges  # (operand, local slope), one for each operand
        self.grad = 0.0
        tape.append(self)

    def __mul__(self, other):
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def __add__(self, other):
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])


def run():
    """The program on fresh numbers: what went in, and what came out."""
    tape.clear()
    a, b = Value(2.0), Value(3.0)
    return a, b, program(a, b)


# %% [markdown] id="guess-the-tape"
# Every `Value` puts itself at the end of `tape` when it is made.
#
# **Guess.** *How long is the tape after the program has run? And in which order are they on it?*

# %% id="the-tape" tags=["guess"]
a, b, loss = run()
for name, node in zip(["a", "b", "c", "d", "loss"], tape):
    slopes = [slope for _, slope in node.edges]
    print(f"{name:5} = {node.data:4}   slopes to what it was made of: {slopes}")

# %% [markdown] id="d-has-two-edges"
# Five. Note `d`, which is `c * c`: it has **two** edges, both to `c`, each with the slope 6. It
# would be easy to keep a *set* of operands instead, and lose one of them. Some engines did.
#
# ## 3. Walk back: the first try
#
# At the end the gradient is 1: the result grows as much as the result grows. From there, walk back.
# Over each edge the gradient is multiplied by the local slope: the chain rule of school.

# %% id="first-try"
def first_try(node, grad):
    node.grad = grad
    for operand, slope in node.edges:
        first_try(operand, grad * slope)


# %% [markdown] id="guess-the-first-try"
# **Guess.** *We want 39 for `a` and 26 for `b`. What will come out?*

# %% id="run-first-try" tags=["guess"]
a, b, loss = run()
first_try(loss, 1.0)
print("a:", a.grad, "  b:", b.grad)

# %% [markdown] id="why-too-small"
# 18 and 12: less than half of it. **Guess.** *`b` itself is used only once. How can it be wrong?*
#
# Because of `c`. There are three roads from the end to `c`, and what came over one replaced what
# had come over another: 1 over the road that goes straight to the result, then 6, then 6 again. If
# you grow `c`, the result grows by **all three roads at once**: 1 + 6 + 6 = 13. And 13 · 3 is 39.
#
# ## 4. Add up: the second try
#
# One character.

# %% id="second-try"
visits = 0


def second_try(node, grad):
    global visits
    visits += 1
    node.grad += grad
    for operand, slope in node.edges:
        second_try(operand, grad * slope)


a, b, loss = run()
second_try(loss, 1.0)
print("a:", a.grad, "  b:", b.grad)
print(visits, "visits to", len(tape), "nodes")

# %% [markdown] id="gradients-add-up"
# 39 and 26. **This is why gradients are added up**: a number that is used several times acts over
# several roads, and what it does in all is the sum. Nothing about it is a convention.
#
# We could stop here, were it not for the line below it. Eleven visits to five nodes: every road is
# walked by itself, from the very end to the very beginning. Let us double a number, again and
# again.
#
# **Guess.** *Doubling 4 times puts 5 nodes on the tape and makes 31 visits. How many visits does
# it take when a number is doubled 18 times?*

# %% id="doubling" tags=["guess"]
def doubled(times):
    tape.clear()
    x = out = Value(1.0)
    for _ in range(times):
        out = out + out
    return x, out


visits, start = 0, time.perf_counter()
x, out = doubled(18)
second_try(out, 1.0)
seconds = time.perf_counter() - start
print(f"{x.grad:,.0f}, which is right: {len(tape)} nodes, {visits:,} visits, {seconds:.2f} seconds")

# %% [markdown] id="roads-multiply"
# Each doubling doubles the roads. Doubling 60 times would take thousands of years, and a network
# has far more than sixty operations one after another.
#
# ## 5. Each node once: the third try
#
# So visit each node only once: put it in a queue when something first arrives, take them out one
# by one.

# %% id="third-try"
def third_try(loss):
    loss.grad = 1.0
    queue, seen = [loss], {loss}
    while queue:
        node = queue.pop(0)
        for operand, slope in node.edges:
            operand.grad += node.grad * slope
            if operand not in seen:
                seen.add(operand)
                queue.append(operand)


# %% [markdown] id="guess-the-third-try"
# It adds up, and it visits each node once. **Guess.** *Right or wrong?*

# %% id="run-third-try" tags=["guess"]
a, b, loss = run()
third_try(loss)
print("a:", a.grad, "  b:", b.grad, "  c:", tape[2].grad)

# %% [markdown] id="too-early"
# 3 and 2: quick and wrong. Look at `c`: it did get its 13, but **too late**. The result sent it 1,
# and `c`, which was next in the queue, passed that 1 on at once. When the two sixes came in from
# `d`, it had had its turn.
#
# So that is the rule: **a node may pass its gradient on only when all who used it have sent
# theirs.** A node waits for all its users.
#
# ## 6. Waiting costs nothing
#
# How do we know that everybody has answered? Counting users would do. But look at the tape. A
# number can only be used *after* it was made, so **all its users stand behind it**. Whoever walks
# the tape from its end to its beginning has met all users of a node before the node itself.

# %% id="the-engine"
def backward(loss):
    loss.grad = 1.0
    for node in reversed(tape):
        for operand, slope in node.edges:
            operand.grad += node.grad * slope


a, b, loss = run()
backward(loss)
print("a:", a.grad, "  b:", b.grad)

x, out = doubled(60)
backward(out)
print(f"doubled 60 times: {x.grad:,.0f}")

# %% [markdown] id="that-was-it"
# That is reverse-mode automatic differentiation, whole. Write down, then go back through what was
# written, once. The walk costs about what the program itself has cost, **however many inputs there
# are**. That is why networks with billions of parameters can be trained at all.
#
# ## 7. Ours beside yours
#
# The same program takes learngrad's tensors. `loss.replay()` is `loss.backward()` one step at a
# time. Your tape is still there, so we can go back over both, side by side.

# %% id="side-by-side"
a, b, loss = run()
backward(loss)

A = learngrad.tensor(2.0, requires_grad=True)
B = learngrad.tensor(3.0, requires_grad=True)

print("yours   ours")
for node, step in zip(reversed(tape), program(A, B).replay()):
    passed = ", ".join(f"{c.value.item():g}" for c in step.contributions)
    print(f"{node.grad:5g}  {step.upstream[0].item():5g}  {step.node.name():16}"
          + (f"passes on {passed}" if passed else "ends here"))

# %% [markdown] id="the-same-walk"
# The same numbers, in the same order. (`AccumulateGrad` is where a gradient comes to rest: in
# `b.grad`, then in `a.grad`.)
#
# And here it is as a picture. Go to the start with the first of the buttons, then step. **Guess**
# before each step which box comes next. At `d`, read in the panel beside it how `c` goes from 1 to
# 7 and to 13: the roads that meet, one after another.

# %% id="as-a-picture"
with learngrad.record():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(3.0, requires_grad=True)
    c = a * b
    d = c * c
    loss = c + d
    loss.backward()

# %% [markdown] id="exercise-order-text"
# ### Exercise: who comes when?
#
# In which order does the engine visit these boxes? Write their names into `my_order`. (There are
# five of them. A leaf that was made earlier comes later.)

# %% id="exercise-order"
def puzzle(x, y):
    p = x * y
    q = p + x
    return q * p


my_order = ["result"]  # ← and then?

# The check.
tape.clear()
puzzle(Value(2.0), Value(5.0))
names = dict(zip(tape, ["x", "y", "p", "q", "result"]))
right = [names[node] for node in reversed(tape)]
print("✓ that is the order" if my_order == right else f"not yet: {my_order}")

# %% [markdown] id="exercise-exp-text"
# ### Exercise: an operation of your own
#
# Give `Value` an exponential. The curve of eˣ has at each place the slope eˣ. So what is the local
# slope?

# %% id="exercise-exp"
def exp(x):
    out = np.exp(x.data)
    return Value(out, [(x, 0.0)])  # ← the 0.0 is wrong


# The check: the slope of x · eˣ, at three places.
for at in [-1.0, 1.0, 2.0]:
    tape.clear()
    x = Value(at)
    backward(x * exp(x))
    true = learngrad.tensor(at, requires_grad=True)
    (true * true.exp()).backward()
    print(f"x = {at:4}   yours {x.grad:8.4f}   ours {true.grad.item():8.4f}  ",
          "✓" if abs(x.grad - true.grad.item()) < 1e-4 else "not yet")

# %% [markdown] id="arrays"
# ## 8. From numbers to arrays
#
# A network of single numbers would be slow: Python would handle each of them. So let a node hold a
# whole array. Three things change.
#
# **The local slope becomes a rule.** Between two arrays the slope is a huge table: each number of
# the result by each number of the operand. Nobody writes it out. An operation says instead how to
# turn the gradient of its result, `g`, into that of its operand. For `x * y` that is `g * y`.
#
# **The gradient has the shape of its array.** Always: it says for each number how the loss feels
# it. For a product of matrices that alone nearly gives the formula away.
#
# **Guess.** *`X` is 4×3, `W` is 3×2, so `X @ W` and its gradient `g` are 4×2. Of `g`, `X` and their
# transposes, which product is 3×2, as the gradient of `W` has to be?*

# %% id="shapes-of-a-product" tags=["guess"]
X, g = np.ones((4, 3)), np.ones((4, 2))
(X.T @ g).shape

# %% [markdown] id="broadcasting"
# **And what was spread out is added up again.** A bias is one row, added to each row of a batch.
# NumPy spreads it out without being asked; that is *broadcasting*.
#
# **Guess.** *Below, `bias` has three numbers, and a batch of four rows gets it. By how much does
# the sum of everything grow when the first number of `bias` grows by 1?*

# %% id="a-bias-is-used-four-times" tags=["guess"]
bias, batch = np.zeros(3), np.ones((4, 3))
grown = bias + [1, 0, 0]
(batch + grown).sum() - (batch + bias).sum()

# %% [markdown] id="four-roads"
# By 4: it is used four times, once in each row. Four roads, so four contributions, and gradients
# add up. You have met this rule before: **broadcasting is using a number several times.** Its
# gradient comes in with the shape 4×3, and is summed over the rows, down to the 3 that `bias` has.
#
# Here is the engine for arrays, in forty lines. It is the one from above.

# %% id="the-array-engine"
tape = []


class Array:
    """An array that remembers how it was made."""

    def __init__(self, data, edges=()):
        self.data = np.asarray(data, dtype=np.float64)
        self.edges = edges  # (operand, how its gradient comes from ours)
        self.grad = np.zeros_like(self.data)
        tape.append(self)

    def __add__(self, other):
        return Array(self.data + other.data, [(self, lambda g: g), (other, lambda g: g)])

    def __sub__(self, other):
        return Array(self.data - other.data, [(self, lambda g: g), (other, lambda g: -g)])

    def __mul__(self, other):
        return Array(self.data * other.data,
                     [(self, lambda g: g * other.data), (other, lambda g: g * self.data)])

    def __matmul__(self, other):
        return Array(self.data @ other.data,
                     [(self, lambda g: g @ other.data.T), (other, lambda g: self.data.T @ g)])

    def tanh(self):
        out = np.tanh(self.data)
        return Array(out, [(self, lambda g: g * (1 - out ** 2))])

    def mean(self):
        n = self.data.size
        return Array(self.data.mean(), [(self, lambda g: np.full(self.data.shape, g / n))])

    def backward(self):
        self.grad = np.ones_like(self.data)
        for node in reversed(tape):
            for operand, rule in node.edges:
                operand.grad += summed(rule(node.grad), operand.data.shape)


def summed(g, shape):
    """Add up what broadcasting has spread out, until `g` has this shape."""
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


# %% [markdown] id="does-it-agree"
# ## 9. Does it agree?
#
# A small network: two numbers in, sixteen in the middle, one out. Once with your arrays, once with
# our tensors, on the same weights. The function does not care what it is given.

# %% id="compare"
def network(X, W1, b1, W2, b2):
    return (X @ W1 + b1).tanh() @ W2 + b2


rng = np.random.default_rng(0)
start = [rng.normal(size=(2, 16)), np.zeros(16), rng.normal(size=(16, 1)) / 4, np.zeros(1)]
points, kinds = learngrad.data.moons(200, noise=0.1)
points, wanted = points.numpy().astype(float), np.where(kinds.numpy() == 1, 1.0, -1.0)[:, None]

yours = [Array(p) for p in start]
error = network(Array(points), *yours) - Array(wanted)
(error * error).mean().backward()

ours = [learngrad.tensor(p, requires_grad=True) for p in start]
error = network(learngrad.tensor(points), *ours) - learngrad.tensor(wanted)
(error * error).mean().backward()

for name, mine, their in zip(["W1", "b1", "W2", "b2"], yours, ours):
    apart = np.abs(mine.grad - their.grad.numpy()).max()
    print(f"{name}   {mine.grad.shape!s:8}  furthest apart: {apart:.0e}")

# %% [markdown] id="train-it"
# Equal to the last digit. (If your machine multiplies in another order, to the last but one.)
#
# ## 10. Let it learn
#
# Two half moons that reach into each other, 100 points each. Your engine has to tell them apart.
#
# **Guess.** *Two lines in the loop clear something. What happens without the first? Without the
# second?*

# %% id="train"
params = [Array(p) for p in start]
plot = learngrad.LivePlot("Trained by forty lines")

for step in range(400):
    tape.clear()
    for p in params:
        p.grad = np.zeros_like(p.data)

    error = network(Array(points), *params) - Array(wanted)
    loss = (error * error).mean()
    loss.backward()
    for p in params:
        p.data = p.data - 0.1 * p.grad

    plot.log(loss=float(loss.data))

answers = network(Array(points), *params).data
right = ((answers > 0) == (wanted > 0)).mean()
print(f"right: {right:.1%}")

# %% [markdown] id="what-is-cleared"
# Try it. Without the second, each step goes by the sum of all gradients so far: `p.grad` is added
# to, as you wrote it, and it cannot know that a new step has begun. In a training loop that line is
# called `optimizer.zero_grad()`.
#
# Without the first, the tape grows for ever. Every array of every step stays in memory, and each
# `backward` walks all of it again.
#
# ## 11. What ours does besides
#
# | in your engine | in learngrad, and in PyTorch |
# | --- | --- |
# | a list in order of making | nodes have rising numbers; a graph is gone once nobody holds it |
# | `edges` | `edges` too, and for a leaf a place where its gradient comes to rest |
# | a rule that holds its operands | a *backward* that keeps what it needs, and lets go after use |
# | `summed` | the same, once for all operations |
# | every number gets a gradient | only what leads to a tensor with `requires_grad=True` |
# | a gradient is 0 at the start | it is `None` until something arrives, which is not the same |
# | a change in place goes unseen | arrays count changes; a *backward* that is too late refuses |
#
# The walk itself is yours. You can read ours in an evening: it is in
# `learngrad/autograd/engine.py`, and the operations with their rules are in `learngrad/ops/`,
# forward and backward side by side.
#
# Here is your network's first step once more, with our tensors and eight of the points. Step
# through it, and find the two places where something is summed because it was spread out.

# %% id="the-network-recorded"
W1, b1, W2, b2 = (learngrad.tensor(p, requires_grad=True) for p in start)
X, y = learngrad.tensor(points[:8]), learngrad.tensor(wanted[:8])

with learngrad.record():
    error = network(X, W1, b1, W2, b2) - y
    loss = (error * error).mean()
    loss.backward()

# %% [markdown] id="what-you-know-now"
# ## What you know now
#
# - An operation knows **its own slope** and nothing else. The chain rule is a walk.
# - Gradients are **added up**, because a number acts over every road that leads away from it.
#   Broadcasting is several roads, too.
# - A node **waits** for all its users. In reverse order of making, it has waited long enough.
# - One walk gives **all** the slopes, at about the price of running the program.
#
# ### Things to try
#
# - Give `Array` a `relu`. What should its slope be at 0? See what `learngrad.relu` says.
# - Call `loss.backward()` twice in a row, with yours and with ours. Why does ours refuse?
# - Take `summed` out of `backward` and read the error that comes.
# - `%load_ext learngrad`, then `%%step` as the first line of a cell, steps through any program of
#   yours.
#
# The idea is old: Seppo Linnainmaa described it in 1970, in his master's thesis on rounding errors.
