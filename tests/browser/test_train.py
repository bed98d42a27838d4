"""Training in the background: a real loop, really paused, by its buttons and by its keys."""

import statistics

from playwright.sync_api import expect

from tests.browser.test_accessible import axe  # noqa: F401

DIGITS = """\
import learngrad
from learngrad import nn

X, y = learngrad.data.digits("train")
data = learngrad.data.TensorDataset(X, y)
loader = learngrad.data.DataLoader(data, 64, shuffle=True)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.2)
forwards = backwards = 0


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


run = learngrad.train(step, loader, epochs=100_000, validate=validate)"""

# Presses a button (or a key) and waits, in the page, for what the kernel says then: milliseconds.
PRESS = """([root, name, state]) => new Promise((resolve, reject) => {
    const strip = root.querySelector(".lg-training");
    const pressed = [...strip.querySelectorAll("button")].find(
        one => one.getAttribute("aria-label").startsWith(name));
    const began = performance.now();
    const look = () => {
        const now = performance.now();
        if (strip.dataset.state === state) resolve(now - began);
        else if (now - began > 20000) reject(new Error(`not ${state} after ${name}`));
        else setTimeout(look, 1);
    };
    pressed.click();
    look();
})"""


def steps(book):
    return book.ask("[run.steps, forwards, backwards, run.state]")


def test_a_real_training_is_paused_stepped_and_stopped(notebook, lab, artefacts, axe):  # noqa: F811
    book = notebook("import learngrad, anywidget", DIGITS, "print('another cell,', run.state)")
    book.run_all()
    view, page = book.views(1), book.page
    strip = view.get_by_role("group", name="training", exact=True)
    expect(strip).to_have_attribute("data-state", "running")
    expect(book.cell(2).locator("pre").last).to_have_text("another cell, running\n")
    expect(strip).to_contain_text("steps/s")
    page.wait_for_function("root => Number(root.dataset.points) > 300",
                           arg=view.element_handle(), timeout=60_000)
    view.screenshot(path=artefacts / "train-running.png")

    # Each control, and what the kernel says to it, again and again while it trains.
    root, took = view.element_handle(), []
    for _ in range(8):
        took.append(page.evaluate(PRESS, [root, "Pause", "paused"]))
        took.append(page.evaluate(PRESS, [root, "Resume", "running"]))
    (artefacts / "train-controls.txt").write_text(
        f"milliseconds: median {statistics.median(took):.0f}, most {max(took):.0f}\n")
    assert statistics.median(took) < 1_000

    strip.get_by_role("button", name="Pause").click()
    expect(strip).to_have_attribute("data-state", "paused")
    made, forwards, backwards, state = steps(book)
    assert made == forwards == backwards  # never in the middle of a step
    assert state == "paused"
    page.wait_for_timeout(200)
    assert steps(book)[0] == made

    # One step by key, and one by button; the keys of the chart are still the chart's.
    view.get_by_role("group", name="the curves; Left and Right").focus()
    page.keyboard.press("n")
    expect(strip).to_have_attribute("data-steps", str(made + 1))
    strip.get_by_role("button", name="one step").click()
    expect(strip).to_have_attribute("data-steps", str(made + 2))
    assert steps(book)[0] == made + 2
    try:
        for dark in (False, True):
            lab.theme(dark)
            book.ready()
            page.wait_for_timeout(300)
            view.screenshot(path=artefacts / f"train-paused-{'dark' if dark else 'light'}.png")
            assert axe(page, ".jp-NotebookPanel:not(.lm-mod-hidden) [data-learngrad]") == []
    finally:
        lab.theme(dark=False)

    rate = strip.get_by_role("textbox", name="learning rate")
    expect(rate).to_have_value("0.2")
    rate.fill("nonsense")
    rate.press("Enter")
    expect(rate).to_have_attribute("aria-invalid", "true")
    rate.fill("0.05")
    rate.press("Enter")
    strip.get_by_role("button", name="double the learning rate").click()
    expect(rate).to_have_value("0.1")
    rates = "[group['lr'] for group in optimizer.param_groups]"
    for _ in range(100):  # the field shows at once what was asked for
        if book.ask(rates) == [0.1]:
            break
        page.wait_for_timeout(50)
    assert book.ask(rates) == [0.1]

    # A page that is loaded anew has history and controls, also of one that stands still.
    book.save()
    book.reload()
    view = book.views(1)
    strip = view.get_by_role("group", name="training", exact=True)
    expect(strip).to_have_attribute("data-state", "paused", timeout=30_000)
    expect(view).to_have_attribute("data-points", str(
        book.ask("len(run.plot.curves)")), timeout=30_000)
    chart = view.get_by_role("group", name="the curves; Left and Right")
    chart.focus()
    page.keyboard.press("Space")
    expect(strip).to_have_attribute("data-state", "running")
    strip.get_by_role("button", name="stop").click()
    expect(strip).to_have_attribute("data-state", "stopped")
    expect(strip.get_by_role("button", name="Pause")).to_be_disabled()
    made, forwards, backwards, state = steps(book)
    assert made == forwards == backwards > 300
    assert state == "stopped"


TWO = """\
import learngrad
w = learngrad.tensor(1.0, requires_grad=True)
optimizer = learngrad.optim.SGD([w], lr=0.001)
def step():
    optimizer.zero_grad()
    loss = w * w
    loss.backward()
    optimizer.step()
    return loss
run = learngrad.train(step)
first = globals().get("first", run)"""
WRONG = """\
import learngrad
calls = iter(range(5))
def wrong():
    return 1 / (3 - next(calls))
bad = learngrad.train(wrong, 100)"""


def test_errors_are_shown_and_a_cell_that_runs_again_stops_what_it_began(notebook, artefacts):
    book = notebook(TWO, WRONG, "bad.wait()")
    book.run(0)
    book.run(1)
    strips = book.panel.get_by_role("group", name="training", exact=True)
    wrong = book.views(1).get_by_role("group", name="training", exact=True)
    expect(wrong).to_have_attribute("data-state", "failed")
    expect(wrong).to_contain_text("ZeroDivisionError: division by zero")
    # The traceback stands in its cell, at the learner's own line.
    expect(book.cell(1).locator(".jp-OutputArea")).to_contain_text("return 1 / (3 - next(calls))")
    expect(strips.first).to_have_attribute("data-state", "running")
    book.views(1).screenshot(path=artefacts / "train-failed.png")
    book.run(0)
    expect(strips.first).to_have_attribute("data-state", "running")
    assert book.ask("[first.state, run.state, first is run]") == ["stopped", "running", False]
    book.run(2)
    expect(book.cell(2).locator(".jp-OutputArea")).to_contain_text("ZeroDivisionError")


LOOP = """\
import learngrad, time
plot = learngrad.LivePlot()
began = ended = 0
for step in plot.track(range(100_000)):
    began += 1
    time.sleep(0.01)
    plot.log(loss=1 / (1 + step))
    ended += 1
print("after the loop", began == ended, 10 < ended < 100_000)"""


def test_a_plain_loop_has_a_stop_that_lets_its_step_end(notebook, artefacts):
    book = notebook("import learngrad, anywidget", LOOP)
    book.run(0)
    book.run_all(wait=False)
    view = book.views(1)
    stop = view.get_by_role("button", name="stop the loop")
    expect(stop).to_be_visible()
    book.page.wait_for_function("root => Number(root.dataset.points) > 20",
                                arg=view.element_handle())
    view.screenshot(path=artefacts / "train-loop.png")
    stop.click()
    expect(book.cell(1).locator("pre").last).to_have_text("after the loop True True\n")
    expect(stop).to_be_hidden()
