"""Training in the background: a real loop, really paused, by its buttons and by its keys."""

import re

from playwright.sync_api import expect

from tests.browser.controls import BUSY, TRAINING, Controls


def steps(book):
    return book.ask("[run.steps, forwards, backwards, run.state]")


def test_a_real_training_is_paused_stepped_and_stopped(notebook, lab, artefacts):
    book = notebook("import learngrad, anywidget", TRAINING, BUSY)
    book.run(0)
    book.run_all(wait=False)
    view, page = book.views(1), book.page
    strip = view.get_by_role("group", name="training", exact=True)
    expect(strip).to_have_attribute("data-state", "running")
    # The cell after it works for as long as it takes to pause the training four times.
    controls = Controls(view, lab.folder)
    controls.pause_and_resume(4, " while a cell runs")
    expect(book.cell(2).locator("pre").last).to_have_text("another cell, 4 pauses\n")
    expect(strip).to_contain_text("steps/s")
    page.wait_for_function("root => Number(root.dataset.points) > 300",
                           arg=view.element_handle(), timeout=60_000)
    view.screenshot(path=artefacts / "train-running.png")

    controls.every_one()
    assert max(median for _, median in controls.medians()) < 1_000
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
    controls.view = view
    height = strip.bounding_box()["height"]
    controls.stop()
    assert strip.bounding_box()["height"] == height  # what is below does not jump
    text = strip.locator(".lg-note")
    assert text.evaluate("e => e.scrollWidth <= e.clientWidth"), "it is cut off"
    controls.write(artefacts / "train-controls.txt", "JupyterLab")
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


SLOW = """\
import learngrad, time
w = learngrad.tensor(1.0, requires_grad=True)
optimizer = learngrad.optim.SGD([w], lr=0.5)
def step():
    time.sleep(0.002)
    return 1 / (1 + run.steps)
run = learngrad.train(step, optimizer=optimizer, paused=True)
run.resume()
"""


def test_a_notebook_that_is_saved_while_it_trains_has_a_picture(notebook):
    book = notebook(SLOW)
    book.run_all()
    view, page = book.views(0), book.page
    strip = view.get_by_role("group", name="training", exact=True)
    expect(strip).to_have_attribute("data-state", "running")
    rate = strip.get_by_role("textbox", name="learning rate")
    rate.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("0.")
    kept = book.cell(0).locator("[data-learngrad] > img")
    meanwhile = re.compile(r"points; .* running when this was stored, at step [1-9]")
    expect(kept).to_have_attribute("alt", meanwhile, timeout=30_000)
    # The notebook moves the drawing; what is half written is neither lost nor set.
    page.wait_for_timeout(600)
    expect(rate).to_have_value("0.")
    expect(rate).to_be_focused()
    page.keyboard.type("25")
    page.keyboard.press("Enter")
    for _ in range(100):
        if book.ask("optimizer.param_groups[0]['lr']") != 0.5:
            break
        page.wait_for_timeout(50)
    assert book.ask("optimizer.param_groups[0]['lr']") == 0.25
    book.save()
    book.reopen()  # without a kernel
    picture = book.cell(0).locator(".jp-OutputArea-output img")
    expect(picture).to_have_attribute("alt", meanwhile)
