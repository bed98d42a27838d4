"""Stepping a page's graph, forward and back: by key, by slider, to a node, until a stop."""

import pytest

import learngrad
from learngrad.trace import Recorder


@pytest.fixture
def stepped(opened):
    """A page with three operations and their replay, and what waits for a place in it."""
    with Recorder() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        b = learngrad.tensor(-3.0, requires_grad=True)
        product = a * b
        total = product + a
        loss = total.tanh()
        loss.backward()
    page = opened(tape.to_dict())
    page.wait_for_selector("#learngrad-graph .lg-root[data-ready='true']")
    view = page.locator("#learngrad-graph .lg-root")

    def at(index):
        page.wait_for_selector(f"#learngrad-graph .lg-root[data-index='{index}']")

    return page, view, at


def box(view, name):
    return view.locator(".lg-node", has_text=name).first


def flowing(view):
    """What is written on the edges along which something flows."""
    return sorted(view.locator(".lg-tag").all_text_contents())


def said(view):
    return view.locator(".lg-hush").text_content()


def test_the_program_goes_forward_before_its_gradients_go_back(stepped):
    page, view, at = stepped
    view.focus()
    page.keyboard.press("Home")
    at(-4)
    assert view.locator(".lg-node.lg-pending").count() == 3
    assert said(view) == "Before the first of 3 operations."
    for index, values, sentence in (
            (-3, ["2", "−3"],
             "Forward 1 of 3: multiply, product = a × b. From a = 2 and b = −3 comes −6."),
            (-2, ["2", "−6"],
             "Forward 2 of 3: add, total = product + a. From product = −6 and a = 2 comes −4."),
            (-1, ["−4"],
             "Forward 3 of 3: tanh, loss = tanh(total). From total = −4 comes −0.9993.")):
        page.keyboard.press("ArrowRight")
        at(index)
        assert said(view) == sentence
        assert flowing(view) == values
        assert view.locator(".lg-node.lg-pending").count() == -index - 1
        assert view.locator(".lg-node.lg-ran").count() == 1
    page.keyboard.press("ArrowRight")
    at(0)
    page.keyboard.press("ArrowRight")
    at(1)
    assert said(view).startswith("Step 1 of 5: tanh, loss = tanh(total).")
    page.keyboard.press("Home")
    at(0)  # first to where the gradients begin
    page.keyboard.press("Home")
    at(-4)


def test_the_slider_goes_anywhere(stepped):
    page, view, at = stepped
    slider = view.get_by_role("slider", name="step")
    slider.fill("-2")
    at(-2)
    assert slider.get_attribute("aria-valuetext") == "forward 2 of 3"
    slider.fill("4")
    at(4)
    assert slider.get_attribute("aria-valuetext") == "step 4 of 5"
    slider.focus()
    page.keyboard.press("ArrowRight")
    at(5)


def test_playing_stops_where_the_reader_asked(stepped):
    page, view, at = stepped
    view.locator(".lg-pace").select_option("4")
    box(view, "total").click()
    view.get_by_role("button", name="Stop here").click()
    assert box(view, "total").locator(".lg-stop").is_visible()
    page.keyboard.press("Escape")
    view.focus()
    for index in (2, 5):  # the step of `total`, and from there to the end
        page.keyboard.press("Space")
        page.wait_for_selector("#learngrad-graph .lg-root[data-playing='true']")
        page.wait_for_selector("#learngrad-graph .lg-root[data-playing='false']")
        at(index)
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.wait_for_selector("#learngrad-graph .lg-root[data-playing='true']")
    page.wait_for_selector("#learngrad-graph .lg-root[data-playing='false']")
    at(-2)  # going forward it stops there too
    page.keyboard.press("b")
    assert said(view) == "Playing no longer stops at total."


def test_a_node_can_be_gone_to_and_run_to(stepped):
    page, view, at = stepped
    view.locator(".lg-pace").select_option("4")
    box(view, "product").click()
    view.get_by_role("button", name="Go to its step").click()
    at(3)
    assert "lg-active" in box(view, "product").get_attribute("class")
    page.keyboard.press("Home")
    box(view, "product").click()
    page.keyboard.press("r")
    page.wait_for_selector("#learngrad-graph .lg-root[data-playing='true']")
    page.wait_for_selector("#learngrad-graph .lg-root[data-playing='false']")
    at(3)


def test_boxes_are_reached_by_keys(stepped):
    page, view, _ = stepped
    inside = view.locator(".lg-node[tabindex='0']")
    assert inside.count() == 1
    inside.focus()
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    focused = view.locator(".lg-node:focus")
    assert focused.get_attribute("aria-label").startswith("a, 2, no gradient yet")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused.get_attribute("aria-label").startswith("product = ×, −6")
    page.keyboard.press("Enter")
    assert view.locator(".lg-what").text_content() == "product = a * b"
    page.keyboard.press("Escape")
    assert view.locator(".lg-what").text_content() == "loss.backward()"


def test_a_box_and_its_line_light_up_together(stepped):
    _, view, _ = stepped
    box(view, "total").hover()
    assert "total = product + a" in view.locator("li.lg-hint").text_content()
    view.locator("li", has_text="product = a * b").hover()
    lit = view.locator(".lg-node.lg-hint")
    assert lit.count() == 1
    assert lit.text_content().startswith("product")
    view.locator(".lg-head").hover()
    assert view.locator(".lg-hint").count() == 0


def test_shapes_stand_on_the_edges_along_which_tensors_flow(opened):
    with Recorder() as tape:
        weight = learngrad.randn(3, 4, requires_grad=True)
        low, high = weight.split([1, 2])
        (low * high).sum().backward()
    page = opened(tape.to_dict())
    view = page.locator("#learngrad-graph .lg-root[data-ready='true']")
    view.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='-2']")
    assert flowing(view) == ["1×4", "2×4"]
    assert view.locator(".lg-kicker").inner_text() == "operation mul · 2×4"


def test_before_the_first_operation_the_beginning_is_in_view(opened):
    with Recorder() as tape:
        x = first = learngrad.tensor(1.0, requires_grad=True)
        for make in (learngrad.sin, learngrad.cos, learngrad.exp, learngrad.tanh) * 2:
            x = make(x) + first
        x.backward()
    page = opened(tape.to_dict())
    view = page.locator("#learngrad-graph .lg-root[data-ready='true']")
    view.focus()
    page.keyboard.press("Home")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='-17']")
    page.wait_for_timeout(1000)
    stage = view.locator(".lg-canvas").bounding_box()
    made = view.locator(".lg-node", has_text="sin").first.bounding_box()
    assert stage["y"] < made["y"] < stage["y"] + stage["height"] - made["height"]


def test_a_value_that_is_changed_in_place_is_shown_as_it_was(opened):
    w = learngrad.tensor(8.0, requires_grad=True)
    with Recorder() as tape:
        for _ in range(3):
            (w * w).backward()
            w.data -= 0.25 * w.grad
            w.grad = None
    page = opened(tape.to_dict())
    page.wait_for_selector("#learngrad-graph .lg-root[data-ready='true']")
    view = page.locator("#learngrad-graph .lg-root")
    leaf = view.locator(".lg-node.lg-leaf").first
    for replay, then in enumerate((8, 4, 2)):
        view.get_by_role("combobox").last.select_option(index=replay)
        view.focus()
        page.keyboard.press("End")
        for index in (2, -1):
            page.wait_for_selector(f"#learngrad-graph .lg-root[data-index='{index}']")
            assert leaf.locator("text").nth(1).text_content() == str(then)
            assert f"= {then}" in said(view) or index == 2
            if index == 2:
                assert said(view).endswith(f"becomes {2 * then}.")
                for _ in range(3):
                    page.keyboard.press("ArrowLeft")
        assert set(flowing(view)) == {str(then)}


def panel(opened, tape):
    """A page of a tape at its first backward step: its view, and its panel."""
    page = opened(tape.to_dict())
    page.wait_for_selector("#learngrad-graph .lg-root[data-ready='true']")
    view = page.locator("#learngrad-graph .lg-root")
    view.focus()
    return page, view, view.locator(".lg-panel")


def test_a_refused_backward_call_does_not_hide_the_one_before_it(opened):
    a = learngrad.tensor(2.0, requires_grad=True)
    with Recorder() as tape:
        loss = (a * a * a).log()
        loss.backward()
        with pytest.raises(learngrad.errors.GraphError):
            loss.backward()
    page, view, said = panel(opened, tape)
    chooser = view.get_by_label("which backward call")
    assert chooser.input_value() == "0"
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='1']")
    chooser.select_option("1")
    assert "Backward 2 ended before its first step" in said.text_content()
    assert chooser.is_visible()
    assert view.get_by_role("button", name="Play").is_disabled()
    chooser.select_option("0")
    view.get_by_role("button", name="Play").click()
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='4']")


def test_a_custom_backward_has_no_local_derivative_to_show(opened):
    class Clip(learngrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clip(0, 1)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * ((x >= 0) & (x <= 1))

    v = learngrad.tensor([0.5, 2.0, -1.0], requires_grad=True)
    with Recorder() as tape:
        Clip.apply(v).sum().backward()
    page, _, said = panel(opened, tape)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='2']")
    text = " ".join(said.inner_text().split())
    assert "local derivative" not in text
    assert "what its backward() gives = [1, 0, 0]" in text


def test_outputs_that_are_taken_apart_keep_their_names_in_the_formulas(opened):
    s = learngrad.tensor([2.0, 3.0], requires_grad=True)
    with Recorder() as tape:
        a, b = s.unbind()
        d = a * b
        d.backward()
    page, view, said = panel(opened, tape)
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='1']")
    assert [to.text_content() for to in said.locator(".lg-to code").all()] == ["a", "b"]
    apart = box(view, "unbind")
    assert apart.locator("text").all_text_contents() == ["a, b = unbind", "2 outputs",
                                                         "2 gradients"]
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='2']")
    text = " ".join(said.inner_text().split())
    assert "local derivative" not in text
    assert "the g of each part, stacked = [3, 2]" in text
