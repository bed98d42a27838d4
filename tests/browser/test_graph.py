"""The live graph and its replay in JupyterLab."""

import re

import pytest
from playwright.sync_api import expect

from learngrad.trace.text import number

EXAMPLE = """\
import learngrad
with learngrad.record() as tape:
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    c = a * b
    d = c + a
    loss = d.tanh()
    loss.backward()
"""
NAMES = ["a", "b", "c", "d", "loss"]


def boxes(view):
    """The lines of text of each box of a graph, by its title's first word."""
    found = {}
    for box in view.locator("g[data-id]").all():
        lines = box.locator("text").all_text_contents()
        found[lines[0].split(" ")[0]] = lines
    return found


def index_of(view):
    return int(view.get_attribute("data-index"))


def button(view, label):
    return view.get_by_role("button", name=label)


def test_the_graph_has_the_nodes_of_the_program(notebook):
    book = notebook(EXAMPLE)
    book.run_all()
    view = book.views(0)
    assert view.get_attribute("data-status") == "done"
    shown = boxes(view)
    assert sorted(shown) == NAMES
    assert [shown[name][1] for name in NAMES] == ["2", "−3", "−6", "−4", "−0.9993"]
    edges = view.locator("g[data-edge]").evaluate_all("all => all.map(e => e.dataset.edge).sort()")
    trace = book.ask("tape.to_dict()")
    assert edges == sorted(f"{node['id']}:{i}" for node in trace["nodes"]
                           for i in range(len(node["edges"])))


def test_buttons_and_keys_step_to_the_gradients(notebook, artefacts):
    book = notebook(EXAMPLE)
    book.run_all()
    view = book.views(0)
    steps = int(view.get_attribute("data-steps"))
    assert steps == 5
    button(view, "to the start").click()
    assert index_of(view) == 0
    assert all("no gradient yet" in boxes(view)[name][2] for name in "abcd")
    for at in range(1, steps + 1):
        button(view, "one step on").click()
        assert index_of(view) == at
    assert button(view, "one step on").is_disabled()
    at_the_end = boxes(view)

    view.focus()
    for key, at in [("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1),
                    ("End", steps)]:
        book.page.keyboard.press(key)
        assert index_of(view) == at
    assert boxes(view) == at_the_end

    # What is shown is what the kernel holds.
    grads = book.ask("{'a': a.grad.item(), 'b': b.grad.item()}")
    assert grads["b"] == pytest.approx(2 * (1 - book.ask("loss.item()") ** 2), rel=1e-4)
    for name, grad in grads.items():
        assert at_the_end[name][2] == f"grad {number(grad)}"
    book.page.screenshot(path=artefacts / "graph-stepped.png")


def test_a_step_shows_its_numbers_and_its_line(notebook, artefacts):
    book = notebook(EXAMPLE)
    book.run_all()
    view = book.views(0)
    view.focus()
    book.page.keyboard.press("Home")
    for _ in range(3):  # tanh, +, ×
        book.page.keyboard.press("ArrowRight")
    assert view.locator(".lg-current").get_attribute("data-line") == "5"
    assert "c = a * b" in view.locator(".lg-current").inner_text()
    # a was reached by `c + a` first; the contribution of `a * b` is added to that.
    to_a = view.locator(".lg-part").filter(has=book.page.locator("code", has_text="a")).first
    g = book.ask("1 - loss.item() ** 2")
    before, value, after = (number(float(f"{x:.6g}")) for x in (g, -3 * g, -2 * g))
    said = " ".join(to_a.inner_text().split())
    for part in (before, value, after):
        assert part[:6] in said, said
    assert "b" in said
    book.page.screenshot(path=artefacts / "graph-step-3.png")


def test_playing_goes_to_the_end_and_says_each_step(notebook):
    book = notebook(EXAMPLE)
    book.run_all()
    view = book.views(0)
    view.focus()
    book.page.keyboard.press("Home")
    book.page.keyboard.press("Space")
    assert view.get_attribute("data-playing") == "true"
    expect(view).to_have_attribute("data-index", "5", timeout=15_000)
    expect(view).to_have_attribute("data-playing", "false")
    assert "Step 5 of 5" in view.locator(".lg-hush[role=status]").first.text_content()


LIVE = """\
import learngrad, time
with learngrad.record() as tape:
    z = learngrad.tensor(1.0, requires_grad=True)
    for i in range(12):
        z = z * 1.5
        time.sleep(0.25)
    z.backward()
"""


def test_nodes_appear_while_the_block_runs(notebook):
    """Boxes are drawn, not only counted, while the kernel is still busy."""
    book = notebook("import learngrad, time, anywidget", LIVE)
    book.run(0)
    book.run_all(wait=False)
    view = book.views(1)
    view.wait_for()
    drawn = []
    book.page.wait_for_function(
        "v => v.querySelectorAll('g[data-id]').length >= 2", arg=view.element_handle())
    while view.get_attribute("data-status") == "recording":
        drawn.append(view.locator("g[data-id]").count())
        book.page.wait_for_timeout(100)
    book.ready()
    growth = sorted(set(drawn))
    assert len(growth) >= 4, drawn
    assert drawn == sorted(drawn)
    assert view.locator("g[data-id]").count() == 13
    assert view.get_attribute("data-steps") == "13"


def test_a_recording_that_its_kernel_left_can_be_looked_at(notebook):
    book = notebook("import learngrad, time, anywidget", LIVE.replace("range(12)", "range(400)"))
    book.run(0)
    book.run_all(wait=False)
    view = book.views(1)
    expect(view.locator("g[data-id]")).not_to_have_count(0, timeout=20_000)
    book._in_page("panel => panel.sessionContext.session.kernel.restart()")
    expect(view).to_have_attribute("data-status", "failed", timeout=20_000)
    expect(view.locator(".lg-note").first).to_contain_text("stopped by the end of its kernel")
    view.focus()
    book.page.keyboard.press("Home")
    expect(view.locator(".lg-panel")).to_contain_text("before the first operation")


TALL = """\
import learngrad
with learngrad.record() as tape:
    z = learngrad.tensor(1.0, requires_grad=True)
    for i in range(7):
        z = z * 1.5
"""


def test_a_graph_that_is_seen_whole_but_small_can_be_seen_in_its_own_size(notebook):
    book = notebook(TALL)
    book.run_all()
    drawing = book.views(0).locator(".lg-canvas > g").first
    scale = re.compile(r"scale\(1\.0000\)")
    expect(drawing).not_to_have_attribute("transform", scale)
    fit = button(book.views(0), "show the whole graph")
    fit.click()
    expect(drawing).to_have_attribute("transform", scale)
    fit.click()
    expect(drawing).not_to_have_attribute("transform", scale)


NOTHING = """\
import learngrad
with learngrad.record() as tape:
    pass
"""
WHOLE = """\
with learngrad.record() as tape:
    i = learngrad.tensor([1, 2, 3])
    j = i * 2
"""


def test_where_no_gradient_can_come_none_is_promised(notebook):
    book = notebook(NOTHING, WHOLE)
    book.run_all()
    about = book.views(1).locator(".lg-legend span", has_text="constant")
    expect(about).to_have_attribute("title", "no gradient is asked for")
    expect(book.views(0).locator(".lg-empty")).to_have_text("No operation ran here.")
    expect(book.views(0).locator(".lg-panel")).to_have_text(
        "No tensor was computed here, so there is no graph.")
    expect(book.views(1).locator(".lg-panel")).to_contain_text("nothing here asks for one")


FAILS = """\
import learngrad
with learngrad.record() as tape:
    x = learngrad.ones(2, 3, requires_grad=True)
    h = x * 2
    out = h @ x
    never = out + 1
"""


def test_an_exception_leaves_what_ran_and_marks_what_failed(notebook, artefacts):
    book = notebook(FAILS)
    book.run_all()
    view = book.views(0)
    assert view.get_attribute("data-status") == "failed"
    assert sorted(boxes(view)) == ["h", "out", "x"]
    failed = view.locator("g[data-id].lg-failed")
    assert failed.count() == 1
    assert "failed" in failed.locator("text").all_text_contents()
    assert "do not agree" in view.locator(".lg-panel .lg-error").inner_text()
    assert "out = h @ x" in view.locator(".lg-current").inner_text()
    assert "ShapeError" in book.cell(0).locator(".jp-OutputArea").inner_text()
    book.page.screenshot(path=artefacts / "graph-failed.png")
    # The tape is closed: the next cell records nothing on it.
    assert book.ask("(len(tape.to_dict()['nodes']), (x + 1).shape[0], len(tape.to_dict()['nodes']))"
                    ) == [3, 2, 3]


EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"
HOSTILE = f"""\
import learngrad
evil = {EVIL!r}
with learngrad.record():
    a = learngrad.tensor(2.0, requires_grad=True)
    a.name = evil
    loss = a * a
    loss.backward()
plot = learngrad.LivePlot(evil)
plot.log(**{{evil: 1.0}})
plot.log(**{{evil: 2.0}})
"""


def test_a_name_is_text(notebook):
    book = notebook(HOSTILE)
    dialogues = []
    book.page.on("dialog", lambda dialog: (dialogues.append(dialog.message), dialog.dismiss()))
    book.run_all()
    assert book.views(0).count() == 2
    output = book.cell(0).locator(".jp-OutputArea")
    assert output.locator("script, img[src=x], [onerror]").count() == 0
    assert "<img" in output.locator("g[data-id] text").first.text_content()
    assert EVIL in book.views(0).nth(1).inner_text()
    assert dialogues == []


def test_a_cell_that_runs_again_shows_one_new_graph(notebook):
    book = notebook(EXAMPLE, "tape")
    book.run_all()
    assert book.views(0).count() == 1
    assert book.views(1).count() == 1  # another cell may show the tape, too
    book.run(0)
    book.ready()
    assert book.views(0).count() == 1
    assert book.views(0).get_attribute("data-nodes") == "5"
    assert book.ask("tape.revision") == int(book.views(0).get_attribute("data-revision"))


def test_two_views_of_one_graph_step_on_their_own(notebook):
    book = notebook(EXAMPLE)
    book.run_all()
    book.run_command("notebook:create-output-view")
    first, second = book.views(0), book.page.locator(".jp-LinkedOutputView .lg-root")
    expect(second).to_have_attribute("data-ready", "true")
    first.focus()
    book.page.keyboard.press("Home")
    assert (index_of(first), index_of(second)) == (0, 5)
    assert all("no gradient yet" in boxes(first)[name][2] for name in "abcd")
    assert boxes(second)["a"][2] == f"grad {number(book.ask('a.grad.item()'))}"


def luminance(colour):
    return sum(weight * channel for weight, channel in zip((0.299, 0.587, 0.114), colour))


def colours(view):
    """Text and ground of the panel, as the browser paints them."""
    return view.evaluate("""view => {
        const look = getComputedStyle(view);
        let ground = view;
        while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor))
            ground = ground.parentElement;
        const numbers = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
        return [numbers(look.color), numbers(getComputedStyle(ground).backgroundColor)];
    }""")


def test_it_follows_the_theme(notebook, lab, artefacts):
    book = notebook(EXAMPLE + "plot = learngrad.LivePlot()\nfor i in range(30):\n"
                              "    plot.log(loss=1 / (1 + i), accuracy=1 - 1 / (1 + i))\n")
    book.run_all()
    try:
        for dark in (False, True):
            lab.theme(dark)
            book.ready()
            # A theme that changes leaves a page without layout for a moment; the curves are drawn
            # again once it has one.
            chart = book.views(0).nth(1).locator(".lg-chart").element_handle()
            book.page.wait_for_function("""chart => {
                const { paddingLeft, paddingRight } = getComputedStyle(chart);
                const room = chart.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
                const canvas = chart.querySelector("canvas");
                return canvas && Math.abs(canvas.clientWidth - room) < 1; }""", arg=chart)
            for view in book.views(0).all():
                ink, paper = map(luminance, colours(view))
                assert (ink > paper) == dark
                assert abs(ink - paper) > 120
            book.picture(artefacts / f"views-{'dark' if dark else 'light'}.png")
    finally:
        lab.theme(dark=False)


def test_a_reloaded_page_finds_its_views_again(notebook):
    book = notebook(EXAMPLE)
    book.run_all()
    book.save()
    book.reload()
    view = book.views(0)
    expect(view).to_have_attribute("data-ready", "true", timeout=20_000)
    assert (view.get_attribute("data-nodes"), index_of(view)) == ("5", 5)
    view.focus()
    book.page.keyboard.press("Home")
    assert index_of(view) == 0
    book.run(0)  # the kernel is the same
    assert book.ask("tape.revision") == int(book.views(0).get_attribute("data-revision"))


def test_a_saved_notebook_shows_its_picture_when_the_kernel_is_gone(notebook, artefacts):
    book = notebook(EXAMPLE)
    book.run_all()
    book.reopen()
    picture = book.cell(0).locator(".jp-OutputArea-output img")
    picture.wait_for()
    book.page.screenshot(path=artefacts / "graph-reopened.png")
    assert book.views(0).count() == 0
    assert picture.bounding_box()["height"] > 150
    assert picture.get_attribute("alt").startswith("A graph of 3 operations and 2 leaves.")
    assert book.cell(0).locator(".jp-OutputArea-output").inner_text().strip() == ""
    # And the same notebook, run again, lives again.
    book.run_all()
    assert book.views(0).get_attribute("data-nodes") == "5"


def test_a_cell_that_is_to_be_stepped_stands_before_its_first_operation(notebook):
    book = notebook("%load_ext learngrad", "%%step\n" + EXAMPLE.replace(
        "with learngrad.record() as tape:\n", "").replace("    ", ""))
    book.run_all()
    view = book.views(1)
    expect(view).to_have_attribute("data-index", "-4")
    assert view.locator(".lg-node.lg-pending").count() == 3
    view.focus()
    for at in range(-3, 6):
        book.page.keyboard.press("ArrowRight")
        expect(view).to_have_attribute("data-index", str(at))
    assert boxes(view)["a"][2] == f"grad {number(book.ask('a.grad.item()'))}"
