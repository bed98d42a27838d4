"""How soon the buttons of a training answer: what is shown at once, and what the kernel did."""

import json
import os
import statistics
import time

from playwright.sync_api import expect

TRAINING = """\
import json, pathlib, time
import learngrad
from learngrad import nn

X, y = learngrad.data.digits("train")
data = learngrad.data.TensorDataset(X, y)
loader = learngrad.data.DataLoader(data, 64, shuffle=True)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.2)
forwards = backwards = 0
rates = []


def step(x, y):
    global forwards, backwards
    forwards += 1
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    backwards += 1
    return {"loss": loss, "accuracy": (model(x).argmax(1) == y).float().mean()}


def validate():
    return loss_fn(model(X), y)


def note(run):
    # When a step was first made with another learning rate.
    lr = optimizer.param_groups[0]["lr"]
    if not rates or lr != rates[-1][1]:
        rates.append((time.time(), lr))
        pathlib.Path("rates.json").write_text(json.dumps(rates))


run = learngrad.train(step, loader, epochs=100_000, validate=validate, observe=note)"""
BUSY = """\
pauses, was, end = 0, "running", time.time() + 60
while pauses < 4 and time.time() < end:
    state = run.state
    pauses += state == "paused" != was
    was = state
    sum(range(1_000))
print(f"another cell, {pauses} pauses")"""

# Presses a button, and waits until its strip says what it should: [when, as the clock on the wall
# has it; milliseconds until the press is painted; until the kernel's answer is in the page].
PRESS = """([root, name, key, value]) => new Promise((resolve, reject) => {
    const strip = root.querySelector(".lg-training");
    const pressed = [...strip.querySelectorAll("button")].find(
        one => one.getAttribute("aria-label").startsWith(name));
    const late = setTimeout(() => reject(new Error(`not ${value} after ${name}`)), 20000);
    const wall = Date.now(), began = performance.now(), took = {};
    const done = (what) => {
        took[what] ??= performance.now() - began;
        if (took.shown === undefined || took.answered === undefined) return;
        observer.disconnect();
        clearTimeout(late);
        resolve([wall, took.shown, took.answered]);
    };
    const look = () => {
        if (strip.dataset[key] === value || !key) done("answered");
    };
    const observer = new MutationObserver(look);
    observer.observe(strip, { attributes: true });
    const field = strip.querySelector("input"), before = field.value;
    pressed.click();
    if (pressed.ariaBusy === "true" || field.value !== before)
        requestAnimationFrame(() => setTimeout(() => done("shown")));
    look();
})"""


class Controls:
    """Presses what a training has, and keeps how long it took.

    Parameters
    ----------
    view : Locator
        The plot, of a training that runs.
    folder : Path
        Where its kernel works.
    """

    def __init__(self, view, folder):
        self.view = view
        self._rates = folder / "rates.json"
        self.took = {}

    def press(self, name, key, value, called=None):
        wall, shown, answered = self.view.page.evaluate(
            PRESS, [self.view.element_handle(), name, key, value])
        if key == "":  # it says at once what was asked for: a step has to have used it
            answered = 1000 * self._used(value) - wall
        self.took.setdefault(called or name, []).append((shown, answered))

    def _used(self, lr):
        """When a step first used a learning rate, since the last change of it."""
        for _ in range(2_000):
            if self._rates.exists():
                moment, last = json.loads(self._rates.read_text() or "[[0, 0]]")[-1]
                if last == lr:
                    return moment
            time.sleep(0.01)
        raise AssertionError(f"no step with a learning rate of {lr}")

    def pause_and_resume(self, times=8, called=""):
        for _ in range(times):
            self.press("Pause", "state", "paused", f"pause{called}")
            self.press("Resume", "state", "running", f"resume{called}")

    def every_one(self, times=8):
        """Everything but stop, again and again; it runs afterwards as before."""
        strip = self.view.locator(".lg-training")
        self.pause_and_resume(times)
        for _ in range(times // 2):
            self.press("double", "", 0.4, "learning rate")
            self.press("halve", "", 0.2, "learning rate")
        self.press("Pause", "state", "paused", "pause")
        for _ in range(times):
            made = int(strip.get_attribute("data-steps"))
            self.press("one step", "steps", str(made + 1))
        self.press("Resume", "state", "running", "resume")

    def stop(self):
        self.press("stop", "state", "stopped")
        expect(self.view.locator(".lg-training .lg-state")).to_have_text("stopped")

    def medians(self):
        """Of each button: milliseconds to its paint, and to the answer."""
        for took in self.took.values():
            yield tuple(map(statistics.median, zip(*took, strict=True)))

    def write(self, path, host):
        """Keep the figures."""
        rows = [f"{host}: milliseconds from a press to its paint, and to the kernel's answer",
                f"{'':28}paint: median, most   answer: median, most   times"]
        for (name, took), (shown, answered) in zip(self.took.items(), self.medians(), strict=True):
            most, longest = map(max, zip(*took, strict=True))
            rows.append(f"{name:28}{shown:14.0f}{most:6.0f}{answered:17.0f}{longest:6.0f}"
                        f"{len(took):8}")
        rows.append(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        path.write_text("\n".join(rows) + "\n")
