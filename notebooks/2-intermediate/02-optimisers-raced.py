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
# # Optimisers raced
#
# You know that training means going downhill, and that `optimizer.step()` takes the step. But
# which optimiser? There are a dozen, and each was published as better than the one before. Here
# several of them start from the same place and you watch them run. At the end you know what
# momentum is for, what Adam divides by and why, which setting matters most, and when plain SGD
# is the best there is. It takes about forty-five minutes.
#
# You need the first lesson: gradients, `backward`, the learning rate. As there, where it says
# **Guess**, settle on an answer *before* you run the cell.
#
# One name is ours: `learngrad.race`. Every step you see was made by the optimisers that you would
# train with, from `learngrad.optim`, which compute what PyTorch's do. That is true of the sliders
# as well: move one, and Python runs the race again while you hold it.

# %% id="imports"
import math

import learngrad
from learngrad import nn

# %% [markdown] id="a-bowl"
# ## 1. A bowl, and one setting
#
# A network has thousands of parameters, and nobody can see a surface over thousands of
# directions. So we begin with a loss of *two* numbers, x and y. It has a place on a map, and a
# map has contour lines: along each the loss is the same, and where they crowd it is steep.
#
# This one is a round bowl, $(x^2 + y^2) / 2$. Its gradient is simply $(x, y)$: an arrow from the
# minimum to where you are. Five copies of plain SGD start at the ring. They differ in nothing but
# the learning rate.
#
# **Guess.** *Which one is first at the minimum? And one of them never gets there: which?*

# %% id="five-rates" tags=["guess"]
race = learngrad.race("bowl", {
    "SGD, lr 0.02": 0.02,
    "SGD, lr 0.2": 0.2,
    "SGD, lr 1": 1.0,
    "SGD, lr 1.9": 1.9,
    "SGD, lr 2.1": 2.1,
}, steps=60)

# %% [markdown] id="reading-the-race"
# Press **Replay**, or click the picture and use the arrow keys. The ring is the start, the
# cross-hair the minimum, and each optimiser has its colour and its shape. On the right is the
# loss, on a scale of powers of ten, and below the leader board in words.
#
# With `lr = 1` one step is enough, exactly: the step is minus the gradient, and in this bowl the
# gradient is the way from the minimum to you. With 1.9 each step jumps over the minimum to the
# other side and lands a little lower; with 2.1 it lands a little higher each time, which adds up.
# Play it at 0.25× and watch the two.
#
# Now the part that a book cannot do: **drag the start**, and move the `lr` sliders. Find the rate
# where a step neither gains nor loses.
#
# There is a rule behind it. If the loss curves like $c\,x^2/2$, its gradient is $c\,x$, and a
# step leads from $x$ to $(1 - lr\cdot c)\,x$. So
#
# - it gets smaller as long as $lr < 2/c$,
# - it is gone in one step if $lr = 1/c$,
# - and $c$, the *curvature*, is what decides, not the slope. Here c = 1.

# %% [markdown] id="a-valley"
# ## 2. A valley, and why momentum helps
#
# Few surfaces are round. This one is $(x^2 + 50\,y^2)/2$: curvature 1 along the valley, 50 across
# it. The rule holds for both directions, with one learning rate for the two.
#
# **Guess.** *Up to which learning rate does SGD come down here? With a rate near that limit, how
# fast does it get along the valley?*

# %% id="exercise-limit"
my_limit = 2.0  # ← the largest learning rate that still gets to the bottom

race = learngrad.race("valley", {
    "SGD just below": 0.98 * my_limit,
    "SGD just above": 1.02 * my_limit,
}, steps=1000)
down = race.runs["SGD just below"].reached(1e-6)
lost = race.runs["SGD just above"].diverged
print("✓ below it gets there, above it is lost" if down and lost else "not yet")

# %% [markdown] id="the-limit"
# <details><summary>The answer</summary>
#
# 2/50 = 0.04. The steep direction sets the limit, and the flat one has to live with it: along the
# valley each step shortens the way by 1 − 0.04 · 1, a mere 4 %. The ratio of the two curvatures,
# here 50, is called the *condition number*, and plain SGD needs steps in proportion to it.
#
# </details>
#
# So the gradient in a valley is mostly a distraction. It points across, now to this side and now
# to that, and only a little of it points along.
#
# *Momentum* remembers. Instead of the gradient it steps by a running sum of gradients, of which
# each step keeps a part, say 0.75:
#
# $$v \leftarrow 0.75\,v + g, \qquad w \leftarrow w - lr \cdot v$$
#
# **Guess.** *What happens in that sum to the part that points across, with a new sign each time?
# And to the part that points along, always the same way? How many times its own size can that
# one grow to?*

# %% id="momentum-in-the-valley" tags=["guess"]
race = learngrad.race("valley", {
    "SGD": 0.035,
    "SGD with momentum": {"lr": 0.035, "momentum": 0.75},
}, steps=150)

for name, walk in race.runs.items():
    print(f"{name}: below 0.001 after {walk.reached(1e-3)} steps")

# %% [markdown] id="why-momentum-helps"
# What changes sign cancels, and what agrees adds up: $1 + 0.75 + 0.75^2 + \dots$ = 4 times its
# size. The same learning rate, a third of the steps.
#
# More is not always better. Pull the `momentum` slider of the second one from 0 to 0.995 and watch
# the leader board. Around 0.7 it is quickest; at 0.95 it rolls through the minimum like a ball in
# a bathtub, out on the other side, and back.
#
# ### Exercise: fewer than 30
#
# Below 0.001 in fewer than 30 steps. You may set both.

# %% id="exercise-momentum"
my_lr, my_momentum = 0.035, 0.9  # ← yours

walk = learngrad.race("valley", {"SGD": {"lr": my_lr, "momentum": my_momentum}}).runs["SGD"]
steps = walk.reached(1e-3)
print(f"below 0.001 after {steps} steps  ", "✓" if steps and steps < 30 else "not yet")

# %% [markdown] id="what-adam-divides-by"
# ## 3. What Adam divides by
#
# Another idea for the same trouble: if y is fifty times as steep as x, why should both have the
# same learning rate?
#
# RMSprop and Adam keep a running mean of the *squared* gradient for each parameter, and divide by
# its root. A parameter whose gradients are large takes smaller steps, one whose gradients are
# small takes larger ones. (Adam adds momentum, β₁, and corrects both means for having started at
# zero.)
#
# **Guess.** *In its very first step Adam has seen one gradient, g, so it divides g by the root
# of g². At the start of the valley the gradient is (−2.6, 60). With `lr = 0.1`, where does the
# first step lead?*

# %% id="adams-first-step" tags=["guess"]
race = learngrad.race("valley", {
    "SGD with momentum": {"lr": 0.035, "momentum": 0.75},
    "RMSprop": 0.03,
    "Adam": 0.1,
}, steps=150)

start, first = race.runs["Adam"].path[:2]
print("Adam's first step:", (first - start).round(4))

# %% [markdown] id="the-sign-of-the-gradient"
# By 0.1 in x and by 0.1 in y. A number divided by the root of its own square is 1 or −1: of the
# gradient only the *signs* are left. So Adam's learning rate is not a factor of the slope, it is
# about **how far a step goes**, however steep it is. That is why 0.001 or 0.01 work for Adam on
# so many problems, and why such a habit is worth nothing with SGD.
#
# On the map Adam walks towards the minimum as if the valley were a bowl. It has levelled the
# difference between x and y.
#
# ### The same valley, turned
#
# Now we turn the map by 45 degrees. It is the same valley, as narrow as before; the start turns
# with it. You can race on any function of two variables that is written with learngrad's
# operations:

# %% id="the-turned-valley"
def turned(x, y):
    along, across = (x + y) / math.sqrt(2), (y - x) / math.sqrt(2)
    return (along ** 2 + 50 * across ** 2) / 2


# %% [markdown] id="guess-the-turned-valley"
# **Guess.** *Which of the three does exactly as before, which gets slower, and why?*

# %% id="race-on-the-turned-valley" tags=["guess"]
race = learngrad.race(turned, {
    "SGD with momentum": {"lr": 0.035, "momentum": 0.75},
    "RMSprop": 0.03,
    "Adam": 0.1,
}, start=(-2.687, -0.99), steps=150)

# %% [markdown] id="adam-sees-axes"
# SGD does not notice. Its step is the gradient, and a gradient turns with the map.
#
# Adam and RMSprop, which were fine a moment ago, are now stuck on the floor of the valley. They
# scale x and y *each for itself*, and here both are equally steep; the narrow direction is a mix
# of the two, and no scale of single parameters levels it. Adam mends a valley only where it lies
# along the axes.
#
# In networks it often does, more or less: the weights of one layer can have gradients a hundred
# times larger than those of another. There Adam helps. But remember this picture when somebody
# says that it always does.

# %% [markdown] id="classic-trouble"
# ## 4. Three classic troubles
#
# **A saddle.** At (0, 0) the slope is zero, and it is no minimum: downhill leads to both sides.
# The start lies almost on the line that leads straight to it. *Guess: whom does it hold up, and
# who goes past it as if it were not there?* Then put the start exactly on that line, y = 0 (click
# the ring and use the arrow keys). What now?

# %% id="saddle"
race = learngrad.race("saddle")

# %% [markdown] id="a-bent-valley"
# On the line itself the gradient has no y at all, so nobody ever learns that there is a way down.
# With random batches that cannot last: their jitter pushes everybody off the line, and a saddle
# holds training up, but it does not end it.
#
# **A valley that bends**, Rosenbrock's function of 1960: easy to get into, slow to follow. What
# momentum has learnt about the direction is out of date after the bend, and still it wins. Turn
# Adam's `lr` up to 0.5. Does it get there?

# %% id="rosenbrock"
race = learngrad.race("rosenbrock")

# %% [markdown] id="a-hundred-minima"
# **A hundred minima**, Rastrigin's function. Only the one in the middle is the lowest.
#
# **Guess.** *Which of the four finds the middle?*

# %% id="rastrigin" tags=["guess"]
race = learngrad.race("rastrigin")

# %% [markdown] id="downhill-only"
# None. All of them know the slope where they stand, and the slope knows nothing of the next
# valley. What decides is the start: drag it and see. (With much momentum and a larger rate a ball
# can roll over a rim. Try; it is luck more than skill.)
#
# Networks have countless minima too. It has turned out that in large ones many of them are about
# equally good, and so it matters less which one you end in. That was not obvious beforehand.

# %% [markdown] id="real-data"
# ## 5. Handwritten digits
#
# Enough of maps. Here is the network of the first lesson, 2,410 parameters, and real data.
# `race` gives each optimiser a copy with the same first weights and shows all of them the same
# batches. The curves jitter together, because a batch that is hard is hard for everybody.

# %% id="data-and-model"
X, y = learngrad.data.digits("train")
X_test, y_test = learngrad.data.digits("test")

learngrad.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn = nn.CrossEntropyLoss()


def accuracy(trained):
    with learngrad.no_grad():
        return (trained(X_test).argmax(1) == y_test).float().mean().item()


# %% [markdown] id="guess-the-rates"
# First one optimiser with three rates, then another. They lie apart by factors of ten and a
# hundred, as they do when somebody takes a number from another program.
#
# **Guess.** *Which makes more of a difference: the optimiser, or the learning rate?*

# %% id="rates-on-digits" tags=["guess"]
race = learngrad.race(model, {
    "SGD, lr 0.01": 0.01, "SGD, lr 0.1": 0.1, "SGD, lr 1": 1.0,
    "Adam, lr 0.0001": 0.0001, "Adam, lr 0.01": 0.01, "Adam, lr 1": 1.0,
}, data=(X, y), loss_fn=loss_fn, steps=400)

for name, trained in race.models.items():
    print(f"{name:16} reads {accuracy(trained):.0%} of the digits it has never seen")

# %% [markdown] id="the-rate-matters-most"
# From hardly better than chance to nearly all, with the *same* optimiser. Too small, and it is
# still on its way after 400 steps; too large, and it has thrown itself somewhere where the slope
# leads nowhere. **If you have time to tune one thing, tune the learning rate**, in factors of
# three or ten, and only then ask about the optimiser.
#
# Now each of four with a rate that suits it, for 1,000 steps.
#
# **Guess.** *By how many per cent will the best be ahead of the worst?*

# %% id="tuned-on-digits" tags=["guess"]
race = learngrad.race(model, {
    "SGD": 0.5,
    "SGD with momentum": {"lr": 0.1, "momentum": 0.9},
    "RMSprop": 0.003,
    "Adam": 0.01,
}, data=(X, y), loss_fn=loss_fn, steps=1000)

for name, trained in race.models.items():
    print(f"{name:18} reads {accuracy(trained):.1%}")

# %% [markdown] id="when-sgd-wins"
# About one per cent here, and with another seed the order is another one: try
# `learngrad.manual_seed(1)` and build the model anew. The loss on the training batches differs
# more than what they can read: lower there is not yet better elsewhere.
#
# ## 6. When SGD wins
#
# You have seen it win: in the round bowl, where one step was enough, and in the turned valley,
# with momentum. Put together:
#
# | | plain SGD | with momentum | Adam |
# | --- | --- | --- | --- |
# | remembers, for each parameter | nothing | one number | two numbers |
# | in a narrow valley | slow | **good** | good if it lies along the axes |
# | if parameters differ in scale | one rate for all | the same | **a scale for each** |
# | what `lr` is | a factor of the slope | the same | about the length of a step |
# | if you have no time to tune | | | **begin here** |
# | if you tune, and images are the task | | **often as good or better** | |
#
# The last line is an observation, not a law: Wilson and others (2017,
# [arxiv.org/abs/1705.08292](https://arxiv.org/abs/1705.08292)) found that well-tuned SGD with
# momentum often generalises better than adaptive methods; for transformers Adam has stayed the
# usual choice.
#
# ### Questions
#
# 1. In the bowl, `lr = 1` needs one step. Why does Adam need dozens there, whatever its rate?
# 2. You double a loss (`loss = 2 * loss`). What changes for SGD, what for Adam?
# 3. With momentum 0.9 your training is unstable. Which other knob would you turn, and which way?
# 4. Two of your parameters have gradients of 0.001 and of 10. Which optimiser, and why?
#
# <details><summary>Answers</summary>
#
# 1. Its step has about the length `lr`, near the minimum too: a small rate takes many steps to
#    get there, a large one steps over it and has to come back.
# 2. All gradients double. SGD takes steps twice as long, as if `lr` had doubled, and may diverge.
#    Adam divides by a root that has doubled as well: nothing changes (but for `eps`).
# 3. Lower `lr`: momentum multiplies steady steps by up to 1 / (1 − 0.9) = 10. Or less momentum.
# 4. Adam or RMSprop: each of the two gets steps of a size of its own. SGD would need a rate that
#    is small enough for the second and ten thousand times too small for the first.
#
# </details>
#
# ### To go on
#
# Race on your own function, `learngrad.race(lambda x, y: …)`; race an optimiser of your own, a
# class with one method (`help(learngrad.optim.Optimizer)` shows one in four lines); race your own
# model. `race.to_matplotlib()` draws a race for print, `race.curves.to_csv("race.csv")` keeps it.
