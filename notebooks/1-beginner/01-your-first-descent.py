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
# # Your first descent
#
# At the end of this lesson a small network reads handwritten digits, and you know what each of
# its parts does, because you have watched all of them at work. You need Python and school
# mathematics. It takes about forty minutes.
#
# **Shift + Enter** runs a cell and goes to the next one. Go from top to bottom. Where it says
# **Guess**, settle on an answer *before* you run the cell. A guess that meets the truth a moment
# later is what you will remember, a wrong one best of all.
#
# The names you meet (`tensor`, `backward`, `Linear`, …) are those of PyTorch, and they mean the
# same there. Four are ours, because they are here for looking inside: `record`, `show`,
# `LivePlot` and `show_images`.

# %% id="imports"
import time

import learngrad
from learngrad import nn
from learngrad.classroom.pictures import show_images

# %% [markdown] id="a-tensor"
# ## 1. A tensor
#
# A *tensor* is a table of numbers: a single number, a row, a grid, a stack of grids. What you do
# to it is done to all of its numbers at once, without a loop.

# %% id="a-row-of-numbers"
x = learngrad.tensor([1.0, 2.0, 3.0])
x * 2 + 1

# %% [markdown] id="images-are-tensors"
# Here are some that mean something. Years ago a few dozen people wrote digits on paper for a
# collection; thirteen of them wrote the 1,797 that come with learngrad. `X` holds images, `y`
# what each of them shows.

# %% id="ten-digits"
X, y = learngrad.data.digits("train")
show_images(X[:10], y[:10])

# %% [markdown] id="a-difficult-five"
# Look at the sixth one, labelled 5. Its writer says it is a five. Remember it, it comes back.
#
# Every image is 8×8 dots, each a number from 0 (paper) to 1 (ink), kept as one row of 64:

# %% id="shapes"
print("X:", X.shape, X.dtype)
print("y:", y.shape, y.dtype)
(X[0].reshape(8, 8) * 16).int()

# %% [markdown] id="the-plan"
# You can see the zero in the numbers. The plan for today: a function that takes such 64 numbers
# and says which digit they show. Nobody can write it down by hand. So it gets a few thousand
# adjustable numbers instead, and finds good values for them itself. All it needs is to know
# **which way is better**, and that is what the next sections are about.

# %% [markdown] id="which-way-is-down"
# ## 2. Which way is down?
#
# First with one adjustable number, `w`. It is multiplied by 2, and we want 10 to come out. How
# wrong it is, we measure with one number, the *loss*: the error squared. No error, loss zero.

# %% id="the-loss-of-w"
def loss_of(w):
    prediction = w * 2
    error = prediction - 10
    return error ** 2


loss_of(3.0)

# %% [markdown] id="nudge-it"
# Now nudge `w` up a tiny bit and see how the loss answers. Change of the loss divided by change
# of `w`: that is a slope, as at school.
#
# **Guess.** *`w` is 3 and ought to be larger. Is the slope positive or negative? Is it nearer to
# 1 or to 10?*

# %% id="the-slope-by-a-nudge" tags=["guess"]
nudge = 0.001
(loss_of(3.0 + nudge) - loss_of(3.0)) / nudge

# %% [markdown] id="what-the-slope-says"
# Nearly −16. Negative: with a larger `w` the loss falls. And steep: for each small step of `w`,
# sixteen times that step. Try a smaller `nudge`; what does the slope come closer to?
#
# This works, and it is slow: with a million adjustable numbers you would have to compute the loss
# a million times, to nudge each of them once. There is a way that gets all the slopes in one go.

# %% [markdown] id="the-tape"
# ## 3. Write down, then go back
#
# The way is: **write down every step while computing, then go back through the steps.** A tensor
# made with `requires_grad=True` asks for that. From then on whatever is computed from it is
# written down.
#
# `record` shows you what was written. Run this and watch the picture grow.

# %% id="a-first-graph"
with learngrad.record():
    w = learngrad.tensor(3.0, requires_grad=True)
    prediction = w * 2
    error = prediction - 10
    loss = error ** 2

# %% [markdown] id="reading-the-graph"
# This is a *graph*. Each box is a tensor: its name, what made it, its value. Arrows go from what
# was used to what came out, and `(·)` in a box stands for what its arrow brings. Click a box to
# see the line of Python behind it.
#
# All boxes say `no gradient yet`. So far we have only computed forwards. *Gradient* is the word
# for "slope of the loss with respect to this box": if this number grew a little, how would the
# loss change?
#
# One of them needs no computing. **Guess.** *What is the gradient of `loss` itself: how much does
# the loss change when the loss changes?*
#
# `loss.backward()` starts with that one, at the bottom, and goes back up.

# %% id="a-first-replay"
with learngrad.record():
    w = learngrad.tensor(3.0, requires_grad=True)
    prediction = w * 2
    error = prediction - 10
    loss = error ** 2
    loss.backward()

print("w.grad is", w.grad)

# %% [markdown] id="step-through-it"
# −16, the slope we found by nudging. Now see where it comes from. Under the picture there is a
# row of buttons: go to the very start with the first one, then forwards one step at a time with
# the one right of the blue button. (Or click the picture, press Home, and then the right arrow
# key.)
#
# **Guess.** *Before each step: which number will arrive at the next box?*
#
# Each operation knows one small thing: its own slope. Going back, the slopes are multiplied. At
# school this was the *chain rule*; here it is a walk from box to box. This, and one more thing that
# you are about to see, is all that `backward()` does, however large the network is.
#
# <details><summary>All three steps in a table, for when you have been through them</summary>
#
# | step | its own slope | so the gradient becomes |
# | --- | --- | --- |
# | `loss = error ** 2` | 2 · error = −8 | 1 · (−8) = −8 |
# | `error = prediction - 10` | 1 | −8 · 1 = −8 |
# | `prediction = w * 2` | 2 | −8 · 2 = −16 |
#
# </details>

# %% [markdown] id="two-roads"
# ## 4. Two roads, one sum
#
# What if a number is used twice?
#
# **Guess.** *Below, `a` goes into the loss by two roads: through `product`, and directly. If only
# the first road existed, the gradient of `a` would be `b`, which is 3. If only the second
# existed, it would be 1. What is it with both?*

# %% id="a-is-used-twice" tags=["guess"]
with learngrad.record():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(3.0, requires_grad=True)
    product = a * b
    loss = product + a
    loss.backward()

print("a.grad is", a.grad, " b.grad is", b.grad)

# %% [markdown] id="gradients-add-up"
# **Gradients add up.** When you grow `a` a little, the loss changes along both roads at once, so
# the two contributions are summed. Step through it and look for the moment where the panel says
# what was there before, what is added, and what that makes.
#
# ### Exercise: be the machine
#
# For the loss below, find the slope with respect to `x` on paper. `x` is used three times, so
# there are three contributions (or use what you know from school). Put your formula into
# `my_slope`. The check asks `backward()`, at three places.

# %% id="exercise-slope"
def my_slope(x):
    return 0.0  # ← your formula here, with x


# The check.
for at in [-2.0, 0.5, 3.0]:
    x = learngrad.tensor(at, requires_grad=True)
    loss = x * x - 5 * x
    loss.backward()
    yours, true = my_slope(at), x.grad.item()
    print(f"x = {at:4}   you say {yours:5}   backward() says {true:5}  ",
          "✓" if abs(yours - true) < 1e-5 else "not yet")

# %% [markdown] id="downhill-by-hand"
# ## 5. Downhill, by hand
#
# The gradient says which way is *up*, and how steeply. So we go the other way, by a small part of
# it. How small is up to us; this factor is called the *learning rate*, `lr`.
#
# **Guess.** *`w` is 3, its gradient −16, and `lr` is 0.05. Where is `w` after the step?*

# %% id="one-step" tags=["guess"]
w = learngrad.tensor(3.0, requires_grad=True)
loss_of(w).backward()

lr = 0.05
with learngrad.no_grad():
    w -= lr * w.grad
w

# %% [markdown] id="why-no-grad"
# Why the `no_grad()`? The step is not part of the question "how does the loss depend on `w`?", so
# it must not be written down. If you forget it, learngrad and PyTorch both refuse and say so.
# (Try it: remove the `with` line.)
#
# ### The classic mistake
#
# Now the gradient at the new place.
#
# **Guess.** *By hand it is 2 · (2 · 3.8 − 10) · 2 = −9.6. What will `w.grad` say?*

# %% id="the-classic-mistake" tags=["guess"]
loss_of(w).backward()
w.grad

# %% [markdown] id="why-clear"
# −25.6. That is −9.6 **plus the −16 from before**. Gradients add up, also from one `backward()`
# to the next: it cannot know that you are done with the old one. You know it, so you clear it:

# %% id="clear-it"
w.grad = None
loss_of(w).backward()
w.grad

# %% [markdown] id="the-loop"
# That is everything. Compute the loss, go back, take a step, clear, and again. The curve grows
# while the loop runs.

# %% id="descent-by-hand"
w = learngrad.tensor(3.0, requires_grad=True)
plot = learngrad.LivePlot("One number learns")

for step in range(20):
    loss = loss_of(w)
    loss.backward()
    with learngrad.no_grad():
        w -= lr * w.grad
    w.grad = None

    plot.log(loss=loss)
    time.sleep(0.1)  # only so that you can watch: without it this takes an instant

print("w is now", w.item())

# %% [markdown] id="how-large-a-step"
# `w` is 5 as nearly as makes no difference, and 2 · 5 = 10. Nobody told it so.
#
# How large should a step be? Here are four learning rates, all from `w = 3`.
#
# **Guess.** *Which of them gets there first? One of them never does: which?*

# %% id="four-learning-rates" tags=["guess"]
def descend(lr, steps, name=None):
    w = learngrad.tensor(3.0, requires_grad=True)
    for step in range(steps):
        loss = loss_of(w)
        loss.backward()
        with learngrad.no_grad():
            w -= lr * w.grad
        w.grad = None
        if name:
            plot.log(step, **{name: loss})
            time.sleep(0.03)
    return loss_of(w).item()


plot = learngrad.LivePlot("Four learning rates")
for lr in [0.01, 0.05, 0.22, 0.26]:
    descend(lr, steps=12, name=f"lr {lr}")

# %% [markdown] id="too-far"
# Small steps are safe and slow. Large ones jump across the valley to the other side. As long as
# each jump ends lower than it began, it still goes down; with 0.26 it ends higher each time, and
# the loss climbs without end. (The button *log scale* shows all four well.)
#
# ### Exercise: one step
#
# There is a learning rate with which `w` is at the bottom after a **single** step. Find it: by
# trying, or by thinking. The slope is 8 · (w − 5), and you want to move by w − 5.

# %% id="exercise-one-step"
my_lr = 0.05  # ← your learning rate

left = descend(my_lr, steps=1)
print(f"loss after one step with lr = {my_lr}: {left:.4f}  ",
      "✓ at the bottom!" if left < 1e-6 else "not yet")

# %% [markdown] id="many-weights"
# ## 6. From one number to 2,410
#
# Back to the digits. What turns 64 dots into a digit?
#
# A *linear layer* is what you just had, many times side by side: each output is a sum of all the
# inputs, each multiplied by a weight of its own, plus a constant (the *bias*). `Linear(64, 32)`
# has 32 such outputs.
#
# Two linear layers in a row can do no more than one. So between them stands a bend: `ReLU` lets
# positive numbers pass and turns negative ones into 0. The second layer ends in ten numbers, a
# *score* for each digit. The highest score is the answer.

# %% id="the-network"
learngrad.manual_seed(0)

model = nn.Sequential(
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 10),
)
print(model)
print(sum(p.numel() for p in model.parameters()), "adjustable numbers (parameters)")

# %% [markdown] id="ask-it"
# Its weights are random still. Let us ask it all the same.
#
# **Guess.** *Ten digits to choose from, and it knows nothing. How many of the first ten will it
# get right? And what part of all 1,442?*

# %% id="before-training" tags=["guess"]
scores = model(X)
answers = scores.argmax(dim=1)  # where the highest of the ten scores is

print("shown:  ", y[:10])
print("answers:", answers[:10])
print(f"right:   {(answers == y).float().mean().item():.1%} of all")

# %% [markdown] id="the-loss-of-a-network"
# Now a loss: one number for how wrong this is. Counting mistakes will not do. A tiny nudge of one
# weight changes no answer, so the slope would be 0 nearly everywhere, and a slope of 0 shows no
# way down.
#
# So we look at the scores themselves. `CrossEntropyLoss` turns the ten scores into ten
# probabilities (all positive, together 1) and takes −ln of the one that the *right* digit got.
# Sure and right: −ln 1 = 0. Half sure: −ln ½ ≈ 0.69. Sure and wrong: very large. The loss is the
# mean over all images.
#
# **Guess.** *Our network has no idea, so the right digit gets about 1/10. What will the loss be,
# roughly?*

# %% id="loss-before-training" tags=["guess"]
loss_fn = nn.CrossEntropyLoss()
loss_fn(model(X), y)

# %% [markdown] id="one-step-of-the-network"
# −ln 0.1 is 2.30. A loss far above that at the beginning would have meant a mistake somewhere: a
# good thing to check in every network you will ever train.
#
# And here is one step of it, with eight images. The boxes hold grids of numbers now, and those
# with a double border are the parameters. Everything else is as before. Step through it.

# %% id="one-step-recorded"
images, digits = X[:8], y[:8]

with learngrad.record():
    scores = model(images)
    loss = loss_fn(scores, digits)
    loss.backward()

# %% [markdown] id="all-slopes-at-once"
# One walk back, and all 2,410 parameters know their slope. Nudging would have needed 2,410 runs.

# %% [markdown] id="training"
# ## 7. Train it
#
# The loop is the one you wrote by hand. Only two things are new:
#
# - 2,410 updates by hand would be tedious. An *optimiser* does them: `optimizer.step()` is your
#   `w -= lr * w.grad`, for every parameter, and `optimizer.zero_grad()` is your `w.grad = None`.
# - Each step looks at 32 images drawn at random, not at all 1,442. The slope from 32 is not
#   exact, but good enough to know which way is down, and much quicker to get. This is what
#   *stochastic* means in stochastic gradient descent, `SGD`.
#
# **Guess.** *Will the curve be smooth, as it was with one number?*

# %% id="train"
learngrad.manual_seed(0)
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.2)
plot = learngrad.LivePlot("The network learns")

for step in range(1000):
    batch = learngrad.randint(0, len(X), (32,))
    loss = loss_fn(model(X[batch]), y[batch])

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    plot.log(loss=loss)
    time.sleep(0.01)  # so that you can watch: without it all this takes less than a second

# %% [markdown] id="the-test"
# It jitters, because each point is a different handful of images, and it goes down.
#
# But has it learnt to *read*, or only learnt these images by heart? For that we kept 355 images
# aside, which it has never seen.

# %% id="the-accuracy"
X_test, y_test = learngrad.data.digits("test")

with learngrad.no_grad():  # only asking: nothing to write down
    scores = model(X_test)
answers = scores.argmax(dim=1)
accuracy = (answers == y_test).float().mean().item()

print(f"right on images it has never seen: {accuracy:.1%}")

# %% [markdown] id="look-at-it"
# ## 8. Look at what it does
#
# A percentage hides a lot. So look. Here are the first ten test images, with its answer and how
# sure it is (`softmax` turns scores into the probabilities from before):

# %% id="some-it-reads"
sure, says = learngrad.softmax(scores, dim=1).max(dim=1)

words = [f"says {s}\n{p:.0%} sure" for s, p in zip(says.tolist(), sure.tolist())]
show_images(X_test[:10], words[:10])

# %% [markdown] id="what-about-the-others"
# Is it right each time? And here is everything that it gets wrong. Would you have read these?

# %% id="all-it-misreads"
wrong = [i for i in range(len(y_test)) if answers[i] != y_test[i]]
words = [f"says {says[i].item()}, {sure[i].item():.0%}\nis {y_test[i].item()}" for i in wrong]
show_images(X_test[wrong], words, columns=6)

# %% [markdown] id="the-five-again"
# And the five from the beginning? It was among the images it was *trained* on.

# %% id="the-difficult-five"
with learngrad.no_grad():
    chances = learngrad.softmax(model(X[5]), dim=0)
print(f"a five: {chances[5].item():.0%}   a nine: {chances[9].item():.0%}")
show_images(X[5:6])

# %% [markdown] id="what-you-know-now"
# ## What you know now
#
# - A program **runs**, and every step is written down: the graph.
# - `backward()` **goes back** through it. Each operation multiplies by its own slope; where roads
#   meet, gradients add up.
# - Parameters take a small step **downhill**. Clear, and again.
# - Networks a million times as large learn in the same way. They have more boxes, and more kinds
#   of them.
#
# And you know PyTorch. This is your training loop there, line for line:
#
# ```python
# import torch
# from torch import nn
#
# model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
# loss_fn = nn.CrossEntropyLoss()
# optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
#
# for step in range(1000):
#     batch = torch.randint(0, len(X), (32,))
#     loss = loss_fn(model(X[batch]), y[batch])
#     optimizer.zero_grad()
#     loss.backward()
#     optimizer.step()
# ```
#
# ### Things to try
#
# - Make the middle layer smaller: 32 → 8 → 4 → 2. When does it begin to hurt?
# - Take the `nn.ReLU()` out. How well does it read without the bend?
# - Leave out `optimizer.zero_grad()`.
# - Put `nn.Tanh()` in place of `nn.ReLU()`, record a step, and compare the two pictures.
# - `learngrad.show(loss)` draws the graph behind any tensor that you have.
#
# The digits are from "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak
# (1998), UCI Machine Learning Repository,
# [doi.org/10.24432/C50P49](https://doi.org/10.24432/C50P49), CC BY 4.0.
