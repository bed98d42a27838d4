import pytest

EXAMPLE = """
import learngrad
with learngrad.record() as tape:
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    c = a * b
    loss = (c + a).tanh()
    loss.backward()
"""

def test_first(notebook, artefacts):
    book = notebook(EXAMPLE)
    book.run_all()
    view = book.views(0)
    assert view.get_attribute("data-nodes") == "5"
    book.page.screenshot(path=artefacts / "first.png")
    print(book.ask("[a.grad.item(), b.grad.item()]"))
