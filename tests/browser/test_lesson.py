"""The first lesson, as a learner runs it."""

import shutil
from pathlib import Path

LESSON = Path(__file__).parents[2] / "notebooks/1-beginner/01-your-first-descent.ipynb"


def test_the_lesson_runs_and_its_views_live(notebook, lab, artefacts):
    path = lab.folder / LESSON.name
    shutil.copy(LESSON, path)
    book = notebook(path=path)
    book.picture(artefacts / "lesson-before.png")
    book.run_all()
    book.picture(artefacts / "lesson-light.png")
    lab.theme(dark=True)
    book.picture(artefacts / "lesson-dark.png")
    lab.theme(dark=False)
