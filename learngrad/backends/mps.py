"""The GPU of a Mac, which is not used."""


def is_available() -> bool:
    """It is not.

    Examples
    --------
    >>> import learngrad
    >>> "mps" if learngrad.backends.mps.is_available() else "cpu"
    'cpu'
    """
    return False


is_built = is_available
