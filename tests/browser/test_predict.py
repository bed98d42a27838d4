"""Predict, then reveal, in a real browser: nothing is seen before it is answered, or given up."""

import re

import pytest

import learngrad
from learngrad.trace import Recorder
from learngrad.trace.answers import told
from learngrad.trace.questions import sheet
from tests.browser.test_accessible import AXE, VIEW

CARD = f"{VIEW} .lg-ask"
SEEN = """view => {
    const said = [view.textContent];
    for (const one of view.querySelectorAll("*"))
        for (const { name, value } of one.attributes)
            if (/^(aria-|title|alt|data-)/.test(name)) said.push(value);
    return said.join(" | ");
}"""


@pytest.fixture
def expect():
    return pytest.importorskip("playwright.sync_api").expect


def recorded(program):
    with Recorder() as tape:
        program()
    return tape.to_dict()


def scalars():
    a = learngrad.tensor(1.3, requires_grad=True)
    b = learngrad.tensor(-0.7, requires_grad=True)
    c = a * b
    loss = ((c + a) * 2.5).tanh()
    loss.backward()


def matrices():
    learngrad.manual_seed(0)
    x = learngrad.randn(4, 3)
    W = learngrad.randn(3, 2, requires_grad=True)
    bias = learngrad.randn(2, requires_grad=True)
    ((x @ W + bias) ** 2).mean().backward()


@pytest.fixture
def asked(opened, expect):
    """Opens a program's page that asks; the page, its view, and the questions that will come."""
    def asked(program=scalars, **options):
        trace = recorded(program)
        page = opened(trace, predict=True, **options)
        view = page.locator(VIEW)
        expect(view).to_have_attribute("data-ready", "true")
        view.focus()
        return page, view, sheet(trace)["questions"]
    return asked


def go_on(page, view, expect, question):
    """Right arrow until the next question stands: there may be steps without one."""
    ask = page.locator(f"{CARD} .lg-ask-what")
    for _ in range(20):
        if view.get_attribute("data-asking") == "true":
            break
        page.keyboard.press("ArrowRight")
    expect(ask).to_have_text(question["ask"])


def answer(page, question, typed=None):
    if question["kind"] == "choice":
        label = next(label for value, label in question["choices"] if value == question["answer"])
        page.locator(".lg-ask-choices").get_by_role("button", name=label, exact=False).first.click()
    else:
        page.keyboard.type(typed or told(question))
        page.keyboard.press("Enter")


@pytest.mark.parametrize("program", [scalars, matrices], ids=lambda program: program.__name__)
def test_nothing_is_seen_before_it_is_answered(asked, expect, program):
    page, view, questions = asked(program)
    hint = page.locator(f"{CARD} .lg-ask-hint")
    for question in questions:
        go_on(page, view, expect, question)
        given = [value for _, value in question["given"]]
        if question["kind"] == "number" and told(question) not in given:
            number = rf"(?<![\d.]){re.escape(told(question))}(?![\d.])"
            for key in ("", "t"):  # the drawing, and the table in its place
                if key:
                    page.locator(VIEW).focus()
                    page.keyboard.press(key)
                assert not re.search(number, view.evaluate(SEEN)), question["ask"]
            page.keyboard.press("t")
            page.locator(f"{CARD} input").focus()
        answer(page, question)
        expect(hint).to_have_attribute("data-look", "right")
    count = len(questions)
    expect(page.locator(CARD)).to_have_attribute("data-score", f"{count}/{count}")
    while view.get_attribute("data-index") != view.get_attribute("data-steps"):
        page.keyboard.press("ArrowRight")
    expect(page.locator(f"{CARD} .lg-note")).to_have_text(f"{count} of {count} right")
    expect(view.locator(".lg-hush").first).to_contain_text("becomes")


def test_a_wrong_answer_gets_its_cause_and_the_second_the_right_one(asked, expect):
    page, view, questions = asked()
    hint = page.locator(f"{CARD} .lg-ask-hint")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(f"{CARD} input")).to_be_focused()
    # A key in the field is no key of the view.
    page.keyboard.type(" t b")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    expect(view).to_have_attribute("data-asking", "true")
    page.keyboard.press("Enter")
    expect(hint).to_have_attribute("data-look", "unread")
    page.keyboard.press("Control+a")
    page.keyboard.type("0.91")
    page.keyboard.press("Enter")
    expect(hint).to_contain_text("Count the minus signs")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(hint).to_contain_text("It is −0.91.")
    expect(view).to_have_attribute("data-index", str(questions[0]["index"]))
    expect(page.locator(CARD)).to_have_attribute("data-score", "0/1")
    # One step back lets go of the next question, and on asks it again.
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-asking", "true")
    view.focus()
    page.keyboard.press("ArrowLeft")
    expect(view).to_have_attribute("data-asking", "false")
    page.keyboard.press("End")
    expect(page.locator(f"{CARD} .lg-ask-what")).to_have_text(questions[1]["ask"])
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(CARD)).to_have_attribute("data-score", "0/0")
    expect(view).to_have_attribute("data-index", str(questions[0]["index"] - 1))


def test_a_node_is_chosen_in_the_graph_and_asking_stops(asked, expect):
    page, view, questions = asked()
    hint = page.locator(f"{CARD} .lg-ask-hint")
    for question in questions:
        if question["kind"] == "choice":
            break
        go_on(page, view, expect, question)
        page.get_by_role("button", name="Show me").click()
    go_on(page, view, expect, question)
    view.focus()
    for key in ("/", "a", "Enter", "Escape"):  # what is searched for is no answer
        page.keyboard.press(key)
    expect(hint).to_have_text("")
    waits = next(value for key, value in question["slips"] if key == "waits")
    view.locator(f"g[data-id='{waits}']").click()
    expect(hint).to_contain_text("Something has arrived there, but not everything")
    view.locator(f"g[data-id='{question['answer']}']").press("Enter")
    expect(hint).to_have_attribute("data-look", "right")
    expect(view).to_have_attribute("data-asking", "true")  # the next question of this step
    page.get_by_role("button", name="Stop asking").click()
    expect(view).to_have_attribute("data-asking", "false")
    view.focus()
    page.keyboard.press("End")
    expect(view).to_have_attribute("data-index", view.get_attribute("data-steps"))
    page.get_by_role("button", name="Ask again").click()
    expect(view).to_have_attribute("data-asking", "false")  # all has been seen


def layers():
    learngrad.manual_seed(0)
    x = learngrad.randn(2, 3)
    for _ in range(12):
        x = (x @ learngrad.randn(3, 3, requires_grad=True)).tanh()
    x.sum().backward()


def test_what_is_asked_about_comes_into_view(asked, expect):
    page, view, questions = asked(layers)
    go_on(page, view, expect, questions[0])
    page.wait_for_function(f"""id => {{
        const view = document.querySelector({VIEW!r});
        const place = (which) => view.querySelector(which).getBoundingClientRect();
        const [box, stage] = [place(`g[data-id='${{id}}']`), place(".lg-stage")];
        return box.top >= stage.top && box.bottom <= stage.bottom;
    }}""", arg=questions[0]["node"])


@pytest.mark.parametrize(("program", "scheme", "width"), [
    (scalars, "light", 600), (matrices, "dark", 1100)])
def test_a_question_is_in_sight_and_axe_finds_nothing(asked, expect, artefacts, program, scheme,
                                                      width):
    page, view, questions = asked(program, scheme=scheme, width=width)
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in learngrad/widgets/js")
    source = AXE.read_text("utf-8")
    for question in questions:
        go_on(page, view, expect, question)
        first = page.locator(f"{CARD} :is(input, .lg-ask-choices button)").first
        expect(first).to_be_focused()
        expect(first).to_be_in_viewport()
        if question in questions[:1] or question["kind"] == "choice":
            page.evaluate(source)
            found = page.evaluate("axe.run('.lg-root').then(({violations}) => violations)")
            assert [one["id"] for one in found] == []
            page.screenshot(path=artefacts / f"predict-{question['kind']}-{scheme}.png")
        page.get_by_role("button", name="Show me").click()


def test_in_jupyterlab_a_loss_is_asked_about(notebook, expect, artefacts):
    book = notebook("%load_ext learngrad",
                    "%%step --predict\n"
                    "import learngrad\n"
                    "a = learngrad.tensor(1.5, requires_grad=True)\n"
                    "loss = a * 7\n",
                    "learngrad.show(loss, predict=True)",
                    "print(a.grad)")
    book.run_all()
    book.ready()
    forward, backward = book.views(1), book.views(2)
    # Before the first operation, of a cell that was stepped; before the backward pass, of a loss.
    expect(forward).to_have_attribute("data-index", "-2")
    expect(backward).to_have_attribute("data-index", "0")
    expect(forward.locator(".lg-node", has_text="loss")).not_to_contain_text("10.5")
    forward.get_by_role("button", name="Next").click()
    field = forward.locator(".lg-ask input")
    expect(field).to_be_focused()
    field.page.keyboard.type("8.5")
    field.page.keyboard.press("Enter")
    expect(forward.locator(".lg-ask-hint")).to_contain_text("That is their sum")
    field.page.keyboard.type("21/2")
    field.page.keyboard.press("Enter")
    expect(forward).to_have_attribute("data-index", "-1")
    expect(forward.locator(".lg-node", has_text="loss")).to_contain_text("10.5")
    backward.get_by_role("button", name="Next").click()
    expect(backward.locator(".lg-ask-what")).to_have_text("What does loss pass back to a?")
    backward.screenshot(path=artefacts / "predict-lab.png")
    field = backward.locator(".lg-ask input")
    field.page.keyboard.type("7")
    field.page.keyboard.press("Enter")
    expect(backward.locator(".lg-node", has_text="a").first).to_contain_text("7")
    assert "None" in book.text(3)


def test_where_nothing_can_be_asked_nothing_is_hidden_and_the_reason_is_said(asked, expect):
    def program():
        x = learngrad.tensor([1.0, 2.0], requires_grad=True)
        x.relu()

    page, view, questions = asked(program)
    assert not questions
    card = page.locator(CARD)
    expect(card).to_have_text(re.compile("^No step of this graph can be worked out by head"))
    expect(card.get_by_role("button")).to_have_count(0)
    assert "[1, 2]" in view.locator(".lg-node", has_text="relu").text_content()
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "-1")
