"""Progress in words, colours and dashes, and fewer points that look the same."""

import json
import math
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import learngrad
from learngrad.descent import Curves, Progress, Run
from learngrad.descent.curves import Series
from learngrad.descent.picture import BROKEN
from learngrad.descent.style import COLOURS, DASHES, styles
from learngrad.descent.thin import thin

JS = Path(learngrad.__file__).parent / "widgets" / "js"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_run_says_what_it_is():
    run = Run(Curves(), "lr=0.1")
    run.log(loss=1.0)
    assert repr(run) == "<run 'lr=0.1' of <curves: loss (lr=0.1) (1)>>"


def test_loops_inside_each_other_tell_one_time():
    clock = Clock()
    progress = Progress(clock)
    said = []
    for _ in progress.over(range(10), 10):
        for _ in progress.over("ab", 2):
            said.append((progress.describe(), progress.share))
            clock.now += 0.5
    assert said[0] == ("0 of 10, 0 of 2", 0.0)
    assert said[3] == ("1 of 10, 1 of 2 · 2 steps/s · 8.5 s left", pytest.approx(0.15))
    assert progress.describe() == "20 steps in 10 s · 2 steps/s"
    assert progress.share is None


def test_speed_and_time_left_fit_each_other():
    clock = Clock()
    progress = Progress(clock)
    for epoch in progress.over(range(3), 3):
        for _ in progress.over(range(10), 10):
            clock.now += 1 if epoch == 0 else 0.5
            last = progress.describe()
        if epoch == 1:
            break
    # 19 steps in 15 s, of which the last is not counted yet; 11 to go.
    assert last == "1 of 3, 9 of 10 · 1.27 steps/s · 8.7 s left"


def test_what_is_counted_has_a_name_where_it_is_known():
    progress = Progress(Clock())
    for _ in progress.over(range(2000), 2000, "epochs"):
        for _ in progress.over("ab", 2, "steps"):
            said = progress.describe().split(" · ")[0]
        for _ in progress.over("ab", None, "steps"):
            unknown = progress.describe()
        break
    assert said == "0 of 2,000 epochs, 1 of 2 steps"
    assert unknown == "0 of 2,000 epochs, 1 step"


def test_a_high_speed_is_told_like_the_count_beside_it():
    clock = Clock()
    progress = Progress(clock)
    for _ in progress.over(range(120_000), 120_000):
        clock.now += 1 / 95_600
    assert progress.describe() == "120,000 steps in 1.3 s · 95,600 steps/s"


def test_without_a_length_there_is_a_count_and_a_speed():
    clock = Clock()
    progress = Progress(clock)
    for _ in progress.over(iter(range(3000)), None):
        last = progress.describe()
        clock.now += 0.1
    assert last == "2,999 steps · 10 steps/s"
    assert progress.describe() == "3,000 steps in 5 min 0 s · 10 steps/s"


def test_a_wrong_total_is_no_error():
    progress = Progress(Clock())
    shares = [progress.share for _ in progress.over(range(5), 2)]
    assert shares == [0, 0.5, 1, 1, 1]


def test_a_loop_that_is_broken_off_says_where():
    clock = Clock()
    progress = Progress(clock)
    for at in progress.over(range(10), 10):
        clock.now += 1
        if at == 3:
            break
    assert progress.describe() == "3 of 10 steps in 4.0 s · 0.75 steps/s"


def test_series_are_told_apart_by_colour_and_dash():
    names = ["loss", "val_loss", "train/accuracy", "test accuracy", "norm"]
    found = styles([Series(name) for name in names])
    assert [colour for colour, _ in found] == [0, 0, 1, 1, 2]
    assert len({dash for _, dash in found}) == 5
    several = styles([Series(name, run) for run in "abcd" for name in names[:3]])
    assert [colour for colour, _ in several] == [at // 3 for at in range(12)]
    assert len(set(several)) == 12
    # To compare runs: a metric is dashed alike in each of them.
    assert [dash for _, dash in several] == [0, 1, 2] * 4
    more = styles([Series(name, f"lr={lr}") for lr in range(12) for name in names[:2]])
    assert len(set(more)) == 24
    runs = styles([Series("loss", f"lr={lr}") for lr in range(30)])
    assert len(set(runs)) == 30
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in combinations(runs[:5], 2))


def test_the_style_sheet_has_the_same_colours():
    css = (JS / "views" / "style.css").read_text("utf-8")
    for at, pair in enumerate(COLOURS):
        assert re.findall(rf"--lg-series-{at + 1}: (#\w+);", css) == list(pair)
    assert re.findall(r"--lg-failed-line: (#\w+);", css) == list(BROKEN)
    source = (JS / "core" / "curves.ts").read_text("utf-8")
    dashes = re.search(r"DASHES: number\[\]\[\] = (\[.*?\]);", source, re.DOTALL)[1]
    assert re.sub(r"\s", "", dashes).replace(",]", "]") == str([list(d) for d in DASHES]).replace(
        " ", "")


# Linear light in, as a person without one of the three cones sees it (Machado, Oliveira and
# Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009).
SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("dark", [0, 1])
@pytest.mark.parametrize("kind", SEEN)
def test_the_first_three_colours_are_told_apart_by_who_misses_a_cone(kind, dark):
    def lab(colour):
        rgb = np.array([int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)])
        rgb = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        seen = np.clip(np.array(SEEN[kind]) @ rgb, 0, 1)
        xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722],
                        [0.0193, 0.1192, 0.9505]]) @ seen / [0.9505, 1, 1.089]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    for one, other in combinations([pair[dark] for pair in COLOURS[:3]], 2):
        assert np.linalg.norm(lab(one) - lab(other)) > 20, (one, other)


@pytest.mark.parametrize("n", [0, 1, 99, 100, 101, 1000, 99_999])
def test_thinning_keeps_ends_peaks_and_what_is_no_number(n):
    y = np.random.default_rng(0).normal(size=n)
    if n > 10:
        y[n // 3], y[n // 2], y[n - 2] = 50, -50, math.nan
    kept = thin(y, 100)
    assert len(kept) <= 100
    assert (np.diff(kept) > 0).all()
    if n:
        assert {0, n - 1} <= set(kept.tolist())
    if n > 10:
        assert {n // 3, n // 2, n - 2} <= set(kept.tolist())
    assert len(thin(np.full(1000, math.nan), 10)) <= 10


CASES = json.loads(Path(__file__).with_name("curve_cases.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["said"][:20])
def test_words_are_those_of_the_front_end(case):
    curves = Curves()
    for one in case["series"]:
        for x, y in zip(one["x"], one["y"]):
            curves.append(one["name"], x, float(y), one.get("run", ""))
    assert curves.describe() == case["said"]
    assert curves.to_dict()["series"] == case["series"]


def test_what_an_error_left_unfinished_is_counted_and_ends():
    clock = Clock()
    progress = Progress(clock)
    kept = progress.over(range(4), 4)
    next(kept)
    inside = progress.over(range(9), 9)
    for _ in range(3):
        next(inside)
        clock.now += 1
    progress.stop()
    assert progress.describe() == "2 steps in 3.0 s · 0.667 steps/s"
    inside.close()
    kept.close()
    assert progress.describe().startswith("2 steps")
