"""Where the system sets the colours: what is told by colour or by a bar alone is still seen."""

import io

import numpy as np
import pytest
from PIL import Image

import learngrad
from learngrad import nn
from tests.browser.test_accessible import network, page_of
from tests.browser.test_descent_pages import page_of as page_of_view

__all__ = ["page_of", "page_of_view"]  # fixtures

SCHEMES = ["light", "dark"]


def shades(part):
    """The colours of an element's photograph; each is seen on a few pixels at least."""
    pixels = np.asarray(Image.open(io.BytesIO(part.screenshot())).convert("RGB")).reshape(-1, 3)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    return found[counts >= 4].astype(int)


def is_coloured(part):
    """Whether there is more than black, white and grey."""
    return bool((np.ptp(shades(part), axis=1) > 40).any())


def is_seen(part):
    """Whether it stands out from its ground."""
    found = shades(part).sum(axis=1)
    return np.ptp(found) > 150


@pytest.fixture
def forced(page_of):
    """A page under forced colours, after so many steps forward and back."""
    def forced(scheme, keys):
        page, view = page_of(network, scheme=scheme)
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        view.focus()
        for key in keys:
            page.keyboard.press(key)
        return page, view
    return forced


@pytest.mark.parametrize("scheme", SCHEMES)
def test_values_and_the_slider_keep_their_colours(forced, scheme):
    page, view = forced(scheme, ["End"])
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert is_coloured(view.locator(".lg-heat").first)
    assert is_coloured(view.locator(".lg-slider"))
    assert is_coloured(view.locator(".lg-dot"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tiles_keep_their_colours(forced, scheme):
    _, view = forced(scheme, ["Home", *["ArrowRight"] * 3])
    view.get_by_role("grid").first.focus()
    for grid in view.locator(".lg-t-grid").all():
        assert is_coloured(grid)
    assert is_coloured(view.locator(".lg-t-key .lg-t-cold"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_layers_keep_their_colours_and_bars(page_of_view, scheme):
    learngrad.manual_seed(0)
    X, y = learngrad.data.digits("test")
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    model[0].bias.data.fill_(-3.0)  # some units are dead
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)
    flow = learngrad.GradientFlow(model, optimizer, every=1)
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()
    page, view = page_of_view(flow, scheme)
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    assert is_coloured(view.locator(".lg-tones .lg-swatch").first)
    assert is_coloured(view.locator(".lg-tones .lg-swatch").last)
    assert is_seen(view.locator("tbody .lg-swatch").first)
    assert is_seen(view.locator(".lg-ratio").first)
    assert is_seen(view.locator(".lg-ratio b").first)
    assert is_seen(view.locator(".lg-share:visible").first)
