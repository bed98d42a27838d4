"""The view without a mouse, without sight, without motion, without a keyboard."""

import pytest

import learngrad
from learngrad import nn
from learngrad.trace import Recorder
from learngrad.trace.walk import walk

VIEW = "#learngrad-graph .lg-root"


def scalars():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    product = a * b
    loss = (product + a * a * 0.5).tanh()
    loss.backward()


def network():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    x, y = learngrad.randn(5, 4), learngrad.tensor([0, 1, 1, 0, 1])
    nn.functional.cross_entropy(model(x), y).backward()


def loop():
    x = learngrad.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    bias = learngrad.tensor([0.5, 0.25], requires_grad=True)
    for _ in range(3):
        x = (x * 2 + bias).abs() / 4 - x[0]
    first, second = x.unbind()
    (first @ second + bias.sum() ** 2).backward()


def twice():
    w = learngrad.tensor(3.0, requires_grad=True)
    (w * w).backward()
    (-w).exp().backward()


def no_replay():
    a = learngrad.ones(2, 2, requires_grad=True)
    (a.relu() @ a).mean()


PROGRAMS = [scalars, network, loop, twice, no_replay]


def recorded(program):
    learngrad.manual_seed(0)
    with Recorder() as tape:
        program()
    return tape.to_dict()


@pytest.fixture
def page_of(opened):
    """Opens a program's page and waits for the graph."""
    def page_of(program=scalars, **options):
        page = opened(recorded(program), **options)
        page.wait_for_selector(f"{VIEW}[data-ready='true']")
        return page, page.locator(VIEW)
    return page_of


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_whole_replay_is_walked_by_keyboard_and_told(page_of, program):
    page, view = page_of(program)
    expected = walk(recorded(program))
    view.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    said = [view.locator(".lg-hush").text_content()]
    while view.get_attribute("data-index") != view.get_attribute("data-steps"):
        page.keyboard.press("ArrowRight")
        said.append(view.locator(".lg-hush").text_content())
    assert said == expected
    back = [view.locator(".lg-hush").text_content()]
    for _ in range(len(said) - 1):
        page.keyboard.press("ArrowLeft")
        back.append(view.locator(".lg-hush").text_content())
    assert back == expected[::-1]
