"""How PyTorch convolves on a GPU; learngrad does it by products of matrices, always the same."""

benchmark = False
deterministic = True
enabled = False
allow_tf32 = False


def is_available() -> bool:
    """It is not.

    Examples
    --------
    >>> import learngrad.backends.cudnn as cudnn
    >>> cudnn.benchmark = True  # as many programs begin
    >>> cudnn.is_available()
    False
    """
    return False
