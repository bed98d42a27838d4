"""Text to learn from, that every Python brings: its own documentation, and a table of names."""

from __future__ import annotations

import importlib

from learngrad.data.dataset import Dataset
from learngrad.errors import ArgumentError, MissingDependency, OutOfRangeError
from learngrad.ops.making import own
from learngrad.tensor import Tensor, tensor

__all__ = ["Characters", "names", "python_text"]


def python_text(topic: str | None = None) -> str:
    """What Python's own documentation says of a topic, or of all of them.

    The text is that of ``help()``, which comes with Python; all topics are about half a million
    characters. It differs a little from one version of Python to the next.

    Parameters
    ----------
    topic : str, optional
        "for", "lambda", "strings", "execmodel" and so on. By default all, in alphabetical order.

    Raises
    ------
    ArgumentError
        If there is no such topic.
    MissingDependency
        If this Python came without its documentation, as in the browser.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.data.python_text("pass").splitlines()[0]
    'The "pass" statement'
    """
    try:
        topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise MissingDependency(
            "this Python came without its documentation (pydoc_data)",
            fix='in Pyodide: await pyodide_js.loadPackage("pydoc_data"); elsewhere another text '
                "does as well: open(path).read()") from error
    if topic is None:
        return "\n\n".join(topics[name].strip() for name in sorted(topics))
    if topic not in topics:
        raise ArgumentError(f"Python's documentation has no topic {topic!r:.60}",
                            fix=f"one of: {', '.join(sorted(topics))}")
    return topics[topic].strip()


def names(language: str | None = None) -> dict[str, list[str]] | list[str]:
    """Given names by the language they are at home in: a table to learn spelling from.

    Parameters
    ----------
    language : str, optional
        Only this one's, as a list.

    Returns
    -------
    dict of str to list of str, or list of str
        In plain ASCII letters: accents are left out.

    Raises
    ------
    ArgumentError
        If the language is not in the table.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.data.names("Finnish")[:3]
    ['Aino', 'Antti', 'Eero']
    >>> table = learngrad.data.names()
    >>> len(table)
    16
    """
    from importlib import resources  # here, as worker processes need not wait for it
    lines = resources.files("learngrad.data").joinpath("names.txt").read_text("ascii").splitlines()
    table = {key: words.split() for key, _, words in (line.partition(":") for line in lines
                                                      if not line.startswith("#"))}
    if language is None:
        return table
    if language not in table:
        raise ArgumentError(f"the table has no names for {language!r:.60}",
                            fix=f"one of: {', '.join(table)}")
    return table[language]


class Characters(Dataset):
    """A text as a data set for a model of its characters.

    Item i is the stretch of `length` characters that begins at i, as numbers, and the same stretch
    one character later: what is to be predicted at each place.

    Parameters
    ----------
    text : str
    length : int, default 64
    vocabulary : str, optional
        The characters that have a number; by default those in `text`, sorted. Give a validation
        text its training text's.

    Raises
    ------
    ArgumentError
        If the text is not longer than `length`, or has a character that is not in `vocabulary`.

    Examples
    --------
    >>> import learngrad
    >>> dataset = learngrad.data.Characters("to be or not to be", length=5)
    >>> len(dataset), dataset.vocabulary
    (13, ' benort')
    >>> x, y = dataset[0]
    >>> dataset.decode(x), dataset.decode(y)
    ('to be', 'o be ')
    """

    def __init__(self, text: str, length: int = 64, vocabulary: str | None = None) -> None:
        self.vocabulary = "".join(sorted(set(text))) if vocabulary is None else vocabulary
        self._numbers = {letter: i for i, letter in enumerate(self.vocabulary)}
        if not 0 < length < len(text):
            raise ArgumentError(f"a stretch of {length} characters and the one after it do not fit "
                                f"into a text of {len(text)}", fix="a longer text, or length=8")
        self.length = length
        self.numbers = self.encode(text)

    def encode(self, text: str) -> Tensor:
        """A text as numbers, int64, shape [len(text)]."""
        try:
            return tensor([self._numbers[letter] for letter in text], dtype="int64")
        except KeyError as error:
            raise ArgumentError(f"the character {error.args[0]!r} is not in the vocabulary "
                                f"{self.vocabulary!r:.60}",
                                fix="Characters(text, vocabulary=training.vocabulary + "
                                    f"{error.args[0]!r})") from None

    def decode(self, numbers: Tensor) -> str:
        """Numbers as text."""
        return "".join(self.vocabulary[int(i)] for i in numbers.tolist())

    def __len__(self) -> int:
        return len(self.numbers) - self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        begin = index + len(self) if index < 0 else index
        if not 0 <= begin < len(self):
            raise OutOfRangeError(f"there is no stretch {index}: the text has {len(self)}",
                                  fix="count from 0")
        stretch = self.numbers._data[begin:begin + self.length + 1]
        return own(stretch[:-1]), own(stretch[1:])
