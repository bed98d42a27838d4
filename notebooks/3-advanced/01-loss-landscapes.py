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
# # Loss landscapes
#
# "Gradient descent walks downhill." Downhill on *what*? In this lesson you look at the ground: the
# loss as a landscape over the parameters. You will see the path that training took, read a
# learning rate off a picture, find out how steep is too steep, and compare sharp valleys with flat
# ones. You will also see how far such pictures can be trusted, which is less than they seem to ask
# for.
#
# You should have trained a network before, and know what a gradient is. It takes about fifty
# minutes. Where it says **Guess**, settle on an answer before you run the cell.
#
# Every surface below is alive. Move over it to read the loss, or click it and use the arrow keys.
# The buttons above it show the same numbers *in space* (drag to turn), as *slices* and as a
# *table*.

# %% id="imports"
import copy

import learngrad
from learngrad import nn
from learngrad.descent.surface import Surface  # the numbers without the view

X, y = learngrad.data.digits("train")
X_test, y_test = learngrad.data.digits("test")
loss_fn = nn.CrossEntropyLoss()

# %% [markdown] id="a-whole-landscape"
# ## 1. A whole landscape
#
# With two parameters there is nothing to leave out. So we begin with a question small enough for
# two: is it a zero or a one? All that the model sees of an image is *how much ink there is in its
# two middle columns*. A one has much there, a zero little. The model is a weight, a bias, and
# nothing else.

# %% id="two-parameters"
is_one = y < 2
ink = X[is_one].reshape(-1, 8, 8)[:, :, 3:5].mean(dim=(1, 2)).reshape(-1, 1)
one = y[is_one].float().reshape(-1, 1)

small = nn.Linear(1, 1)
with learngrad.no_grad():  # a bad start on purpose: it takes everything for a one
    small.weight.fill_(6)
    small.bias.fill_(10)
optimizer = learngrad.optim.SGD(small.parameters(), lr=1.0)
path = learngrad.Trajectory(small, optimizer)  # keeps where the parameters have been
logistic = nn.BCEWithLogitsLoss()
for step in range(400):
    optimizer.zero_grad()
    logistic(small(ink), one).backward()
    optimizer.step()

surface = learngrad.LossSurface(
    small, logistic, ink, one, directions=["weight[0, 0]", "bias[0]"], trajectory=path,
    span=[(-10, 20), (-15, 15)], finest=33, title="All there is: a weight and a bias").wait()

# %% [markdown] id="reading-contours"
# Each line joins settings of the parameters with the same loss, as lines on a map join points of
# the same height. The path starts at the ring. Where it crosses a line, it does so at a right
# angle: the gradient has no part along the line.
#
# **Question.** *The path runs straight down the wall, then turns and creeps along the valley. Why
# is it so slow there, with the same learning rate?*
#
# <details><summary>Answer</summary>
#
# A step is the learning rate times the gradient. Lines that are far apart mean a small gradient,
# so the steps are short. And on the floor of a long valley the gradient points along it only a
# little: weight and bias would have to grow *together*, more weight with a lower bias.
#
# </details>
#
# This landscape is special. The loss of a *linear* model of this kind is a single bowl (it is
# *convex*): wherever you start, downhill leads to the same place. A network's is not.

# %% [markdown] id="a-slice"
# ## 2. A slice of 2,410 dimensions
#
# Now the network that reads all ten digits. It has 2,410 parameters, so its landscape lies over a
# space of 2,410 dimensions. What can a picture with two axes show of it? **A slice.** We choose
# two directions in that space and look only along these.

# %% id="train-the-network"
def network(seed=0):
    learngrad.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def descend(model, batch, lr, steps, goal=0.0, trajectory=False):
    """Train with batches of this size (None: with all images at once); the path, if asked for."""
    optimizer = learngrad.optim.SGD(model.parameters(), lr=lr)
    path = learngrad.Trajectory(model, optimizer) if trajectory else None
    for step in range(steps):
        chosen = slice(None) if batch is None else learngrad.randint(0, len(X), (batch,))
        optimizer.zero_grad()
        loss_fn(model(X[chosen]), y[chosen]).backward()
        optimizer.step()
        if step % 10 == 0 and loss(model) < goal:
            break
    return path


def loss(model):
    with learngrad.no_grad():
        return loss_fn(model(X), y).item()


def accuracy(model):
    with learngrad.no_grad():
        return (model(X_test).argmax(1) == y_test).float().mean().item()


model = network()
path = descend(model, batch=32, lr=0.2, steps=500, trajectory=True)
print(f"loss {loss(model):.3f}, accuracy on new digits {accuracy(model):.1%}")

# %% [markdown] id="which-directions"
# Which two directions? The fairest choice is a random one. There is a trap, though: a step of
# length 1 is much for small weights and nothing for large ones. So each row of weights of a random
# direction is scaled to be as long as the model's own row. Then 1 on the axis means *a change as
# large as the weights themselves*, for every model, and pictures can be compared. (That is filter
# normalisation: Li, Xu, Taylor, Studer and Goldstein, 2018, arXiv:1712.09913.)
#
# **Guess.** *We draw the path of the training on it, too. What will it look like?*

# %% id="random-directions" tags=["guess"]
surface = learngrad.LossSurface(model, loss_fn, X, y, directions="random", trajectory=path,
                                finest=33, title="Two random directions").wait()
print(f"{surface.way().seen:.2%} of the path lies within this slice")

# %% [markdown] id="where-is-the-path"
# A dot! The whole path of 500 steps is squeezed into the middle. Nothing is wrong: in 2,410
# dimensions two random directions are nearly at right angles to anything you care about, also to
# the path. Of a vector in 2,410 dimensions a random plane shows, on average, 2 of 2,410 parts.
#
# **Question.** *The picture shows a smooth bowl with one lowest point. Does the network's
# landscape have only one minimum?*
#
# <details><summary>Answer</summary>
#
# You cannot tell from this. You know for certain that it has more: number the 32 hidden units in
# another order, and move their weights along. The network computes exactly the same, at another
# point of the space. So there are at least 32! ≈ 2.6 · 10³⁵ minima of the same depth, and this
# slice does not come near a single other one.
#
# </details>

# %% [markdown] id="the-plane-of-the-path"
# ## 3. The path's own plane
#
# If a random plane misses the path, take the plane that holds most of it. All points of the path,
# seen from its end, are a cloud; the two directions in which the cloud is longest are its
# *principal components*, PCA for short.

# %% id="pca-of-the-path"
surface = learngrad.LossSurface(model, loss_fn, X, y, directions="pca", trajectory=path,
                                finest=33, title="The plane of the path").wait()
print(f"{surface.way().seen:.1%} of the path lies within this slice")

# %% [markdown] id="what-pca-says"
# Nearly all of it lies in these two directions, out of 2,410. It looks as if training took place
# in a plane.
#
# Be careful with that. *Any* walk that drifts looks so: a path that keeps some of its direction is
# long in one direction, and PCA finds the longest two for you. It is a good picture of where the
# path went. It does not say that the other 2,408 directions do not matter.
#
# **Question.** *The dot at the end is not where this slice is lowest. Read the lowest loss of the
# grid in the view. Did training fail to find it?*
#
# <details><summary>Answer</summary>
#
# It is still on the way: the gradient is not zero there, and 500 more steps go on to fall. And it
# does not head straight for the lowest point *of this slice*, because it is free to move in 2,408
# more directions, some of which go down faster. You see its shadow on a plane.
#
# </details>
#
# Now train on and look at the picture above while it runs: the path grows on it.

# %% id="train-on"
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.2)
surface.track(optimizer)  # from now on each of its steps is drawn
for step in range(500):
    chosen = learngrad.randint(0, len(X), (32,))
    optimizer.zero_grad()
    loss_fn(model(X[chosen]), y[chosen]).backward()
    optimizer.step()
print(f"loss {loss(model):.3f}, accuracy on new digits {accuracy(model):.1%}")

# %% [markdown] id="along-the-gradient"
# ## 4. One direction: against the gradient
#
# A single direction gives a curve, and one of them is worth a look of its own: straight against
# the gradient. A step of gradient descent with learning rate `lr` goes exactly `lr` along it. **So
# the axis of this curve is the learning rate of the next step**, and you read off what each would
# do.

# %% id="learning-rates"
young = network()
descend(young, batch=None, lr=0.2, steps=100)

surface = learngrad.LossSurface(young, loss_fn, X, y, directions=["gradient"], finest=65,
                                title="What would one step do?").wait()

# %% [markdown] id="exercise-rate-intro"
# ### Exercise: the best single step
#
# Read the learning rate at which this curve is lowest (click the curve and press End, or use the
# arrow keys), and try it. The step takes all images at once, as the curve does.

# %% id="exercise-rate"
my_lr = 0.1  # ← your learning rate

lowest, (best,) = surface.lowest()
trial = copy.deepcopy(young)
descend(trial, batch=None, lr=my_lr, steps=1)
print(f"from {loss(young):.4f} to {loss(trial):.4f}; the lowest possible is {lowest:.4f}  ",
      "✓" if loss(trial) < lowest + 0.0005 else "not yet")

# %% [markdown] id="best-is-not-best"
# A learning rate of nearly 30, and in one step the loss falls to less than half. Nobody trains
# this network with more than about 0.5!
#
# **Question.** *Then why not go on with 30?* Try it: let `descend` take five steps with that rate.
#
# <details><summary>Answer</summary>
#
# The loss explodes. This gradient happens to point along a direction in which the ground bends
# little, so there is far to go. But a step is taken in *all* directions at once, and in some of
# them the ground bends sixty times as sharply. There the gradient was small by now; the large step
# turns it into a large error, and the next step multiplies that again. How much is too much, the
# next section computes.
#
# </details>

# %% [markdown] id="how-steep"
# ## 5. How sharp is too sharp?
#
# Near a minimum a smooth curve is close to a parabola, and for a parabola everything can be
# computed. If it bends with *curvature* λ, the slope at distance *d* from the bottom is λ·d, and a
# step goes λ·d·lr. It lands beyond the bottom if lr is larger than 1/λ. It lands **as far out on
# the other side as it came from** if lr = 2/λ, and farther with each step if lr is larger still.
# In the first lesson of all you saw that happen with one parameter.
#
# In 2,410 dimensions the curvature is a table of 2,410 × 2,410 second derivatives, the *Hessian*.
# Nobody wants that table. Its largest eigenvalues are enough: the curvatures of the sharpest
# directions. These can be found from products of the Hessian with a vector, each of which costs
# two backward passes.

# %% id="hessian-plane"
surface = learngrad.LossSurface(young, loss_fn, X, y, directions="hessian", finest=33,
                                title="The two sharpest directions").wait()


def sharpness(model):
    """The largest eigenvalue of the Hessian, with all images."""
    return Surface(model, loss_fn, X, y, directions=["hessian"]).directions[0].curvature


print(f"λ = {sharpness(young):.2f}, so the limit for the learning rate is "
      f"2/λ = {2 / sharpness(young):.2f}")

# %% [markdown] id="over-the-limit-intro"
# There it is: in the sharpest direction anything beyond about 0.5 is too much.
#
# **Guess.** *From here we go on with all images at once, and learning rates of 0.9, 1.2 and 1.5
# times that limit. What will the three losses do? Will the last two climb without end?*

# %% id="over-the-limit" tags=["guess"]
limit = 2 / sharpness(young)
plot = learngrad.LivePlot("Around the limit")
for factor in [0.9, 1.2, 1.5]:
    trial = copy.deepcopy(young)
    optimizer = learngrad.optim.SGD(trial.parameters(), lr=factor * limit)
    run = plot.run(f"{factor} × the limit")
    for step in range(200):
        optimizer.zero_grad()
        now = loss_fn(trial(X), y)
        now.backward()
        optimizer.step()
        run.log(loss=now)
    print(f"{factor} × the limit: λ was {sharpness(young):.2f} and is {sharpness(trial):.2f}; "
          f"2/lr = {2 / (factor * limit):.2f}")

# %% [markdown] id="catapult"
# Below the limit the loss falls quietly. Above it, it bounces, and with 1.5 it climbs to twice
# what it was, as the parabola says. But a landscape is not a parabola: the bouncing carries the
# parameters out of this valley, and they come to rest in another one **that is flat enough for the
# step**. Look at the printed numbers: in the end λ is below 2/lr, each time. (Such a *catapult*
# was described by Lewkowycz and others, 2020, arXiv:2003.02218; training with all data at once
# that keeps to the *edge of stability* by Cohen and others, 2021, arXiv:2103.00065.)
#
# So a large learning rate chooses flat places: it cannot stay in any other. (There is an end to
# it. Try 4 times the limit, and look at section 8 for what 2.30 means.)

# %% [markdown] id="sharp-and-flat"
# ## 6. Sharp and flat minima
#
# Small batches choose, too: their gradients are noisy, and the noise shakes the parameters out of
# narrow places. Three networks from the same start, each trained until its loss on all images is
# 0.03:

# %% id="three-minima"
trained = {}
for name, batch, lr in [("all images, lr 0.5", None, 0.5), ("all images, lr 1", None, 1.0),
                        ("batches of 8, lr 0.3", 8, 0.3)]:
    trained[name] = network()
    descend(trained[name], batch, lr, steps=4000, goal=0.03)

plot = learngrad.LivePlot("Along the sharpest direction, from the minimum outwards")
for name, one in trained.items():
    cut = Surface(one, loss_fn, X, y, directions=["hessian"], span=(-1, 1), finest=33).compute()
    run = plot.run(name)
    for at, value in zip(cut.ticks(0), cut.loss):
        run.log(at, loss=value)
    print(f"{name:21} loss {loss(one):.3f}  λ {sharpness(one):.2f}  "
          f"accuracy on new digits {accuracy(one):.1%}")

# %% [markdown] id="what-flat-means"
# The same loss, and yet the sharpest direction bends nearly three times as much in one as in
# another. It was found long ago that small batches lead to flatter minima, and argued that
# networks there do better on new data: if the landscape of the new data is shifted a little, a
# flat minimum is still low and a sharp one is not (Hochreiter and Schmidhuber, 1997; Keskar and
# others, 2016, arXiv:1609.04836).
#
# **Question.** *Do the three accuracies show that?*
#
# <details><summary>Answer</summary>
#
# No. There are 355 new digits, so one digit is 0.3 %, and the three networks differ by a digit or
# two. To say something you would train each kind with many seeds (`network(seed)`), on more data.
# Flatness and doing well on new data go together in many experiments and not in all, and why is
# still argued about. Section 7 has a reason to be careful.
#
# </details>
#
# What lies *between* two minima? Another network is a direction, too.
#
# **Guess.** *Both networks have a loss of 0.03. What is the loss half-way between them?*

# %% id="between-two-minima" tags=["guess"]
flat, sharp = trained["batches of 8, lr 0.3"], trained["all images, lr 0.5"]
other = network(seed=1)
descend(other, batch=None, lr=0.5, steps=4000, goal=0.03)

learngrad.LossSurface(sharp, loss_fn, X, y, directions=[flat], finest=65,
                      title="From one start: straight to the flat minimum").wait()
learngrad.LossSurface(sharp, loss_fn, X, y, directions=[other], finest=65,
                      title="From another start: straight to its minimum").wait()

# %% [markdown] id="walls"
# From the same start the line hardly rises: to 0.05, two places in one valley. From another start
# it climbs to about 0.2, seven times the loss at its ends. A wall.
#
# **Question.** *Does the wall mean that the two minima lie in separate valleys?*
#
# <details><summary>Answer</summary>
#
# It means that the *straight line* between them crosses a ridge, no more. There are 2,409 other
# directions to go round it, and in networks larger than this one curved paths without a wall have
# been found between nearly any two minima (Garipov and others, 2018, arXiv:1802.10026; Draxler and
# others, 2018, arXiv:1803.00885). And remember the 32! orders of the hidden units: part of the
# wall is only that unit 5 here has the part of unit 17 there.
#
# </details>

# %% [markdown] id="can-it-be-trusted"
# ## 7. Can sharpness be trusted?
#
# Multiply all weights and biases of the first layer by 5, and divide the weights of the second by
# 5. A ReLU lets a factor through, so *for every input* the network computes the same as before:
# same loss, same accuracy, same everything.
#
# **Guess.** *Is the sharpness λ the same as well?*

# %% id="same-function" tags=["guess"]
scaled = copy.deepcopy(flat)
with learngrad.no_grad():
    scaled[0].weight.mul_(5)
    scaled[0].bias.mul_(5)
    scaled[2].weight.div_(5)

print(f"before: loss {loss(flat):.4f}, λ = {sharpness(flat):.2f}")
print(f"after:  loss {loss(scaled):.4f}, λ = {sharpness(scaled):.2f}")

# %% [markdown] id="dinh"
# The flattest of our minima has become the sharpest by far, and it is *the same function*. So
# sharpness by itself says nothing about how a network will do on new data (Dinh, Pascanu, Bengio
# and Bengio, 2017, arXiv:1703.04933).
#
# This is what filter normalisation is for. Its random directions grow and shrink with the weights:

# %% id="the-same-slice"
for one, title in [(flat, "Before"), (scaled, "After: other weights, the same function")]:
    learngrad.LossSurface(one, loss_fn, X, y, directions="random", finest=17, title=title).wait()

# %% [markdown] id="what-is-invariant"
# The same slice, to the last line. When you compare two networks by pictures, use directions
# that cannot be fooled by a change that changes nothing.

# %% [markdown] id="deep-networks"
# ## 8. What makes deep networks trainable
#
# Stack twelve layers between input and scores. First plainly; then with two additions that nearly
# every deep network has: a *residual* connection (each layer adds to what came in, `x +
# layer(x)`), and *normalisation* before each layer. Both get the same 400 steps of Adam.

# %% id="deep-networks-code"
class Layer(nn.Module):
    def __init__(self, width, *, modern):
        super().__init__()
        self.norm = nn.LayerNorm(width) if modern else nn.Identity()
        self.linear = nn.Linear(width, width)
        self.modern = modern

    def forward(self, x):
        out = self.linear(self.norm(x)).relu()
        return x + out if self.modern else out


def deep(modern, layers=12, width=24):
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, width),
                          *[Layer(width, modern=modern) for _ in range(layers)],
                          nn.Linear(width, 10))
    optimizer = learngrad.optim.Adam(model.parameters(), lr=0.003)
    for step in range(400):
        chosen = learngrad.randint(0, len(X), (64,))
        optimizer.zero_grad()
        loss_fn(model(X[chosen]), y[chosen]).backward()
        optimizer.step()
    return model


plain, modern = deep(modern=False), deep(modern=True)
for name, one in [("plain", plain), ("residual and normalised", modern)]:
    print(f"{name:24} loss {loss(one):.3f}, accuracy on new digits {accuracy(one):.1%}")

# %% [markdown] id="deep-guess"
# **Guess.** *How will the two landscapes differ, at the same scale: random directions, 1 as long
# as the weights?*

# %% id="deep-landscapes" tags=["guess"]
learngrad.LossSurface(plain, loss_fn, X[:500], y[:500], finest=33,
                      title="Twelve plain layers").wait()
learngrad.LossSurface(modern, loss_fn, X[:500], y[:500], finest=33,
                      title="Twelve layers, residual and normalised").wait()

# %% [markdown] id="deep-answer"
# Read the heights on the lines, not only the shapes. The plain network stands in a dent among
# walls that rise to a loss of 150: twelve layers multiply, so changing every layer by its own
# length is multiplied twelve times. With the two additions the highest point is about 11, and
# round the minimum the ground is wide and even. That is what Li and others saw in much larger
# networks, and a good part of why the additions are there.
#
# **Question.** *With `layers=20` the plain network's landscape is perfectly flat. Try it: is that
# good?*
#
# <details><summary>Answer</summary>
#
# Look at its height: 2.30 everywhere, which is ln 10, the loss of knowing nothing about ten
# classes. The signal has died on the way through twenty layers, whatever the weights: nothing that
# you change changes the scores. It is the flattest landscape of this lesson and the worst. *Flat*
# is worth something only at a low place.
#
# </details>

# %% [markdown] id="what-to-keep"
# ## What to keep
#
# - A picture of a loss landscape is a **slice**. It shows what lies in its plane, and nothing of
#   the other dimensions: not the way round a wall, not the path down from a "minimum".
# - **Say which directions** you chose, and at which scale. A random plane misses the path; the
#   principal components show it, and make any drift look like a plan.
# - Along the gradient the axis is a **learning rate**. Beyond 2/λ a step climbs, and large steps
#   and small batches end in flatter places.
# - **Sharpness depends on how the weights are written down.** The same function can be flat or
#   sharp.
# - Residual connections and normalisation change the landscape itself.
#
# To go on: give `LossSurface` a network of your own. Any module, any loss: `loss_fn(model(X), y)`.
# Try `directions=["gradient", "hessian"]`, or watch two parameters by name, `["0.weight[3, 20]",
# "2.bias[1]"]`. And for print there is `surface.to_matplotlib()`.
