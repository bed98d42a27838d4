"""Mixed precision on a GPU by PyTorch's older names: ``cuda.amp.autocast()``."""

from learngrad import amp

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """`learngrad.autocast` on a GPU.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.cuda.amp.autocast(enabled=learngrad.cuda.is_available()):
    ...     y = learngrad.ones(2) * 2
    """

    def __init__(self, enabled: bool = True, dtype: object = None,
                 cache_enabled: bool = True) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`learngrad.amp.GradScaler` on a GPU.

    Examples
    --------
    >>> import learngrad
    >>> scaler = learngrad.cuda.amp.GradScaler(enabled=learngrad.cuda.is_available())
    """

    def __init__(self, init_scale: float = 2.0**16, growth_factor: float = 2.0,
                 backoff_factor: float = 0.5, growth_interval: int = 2000,
                 enabled: bool = True) -> None:
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval,
                         enabled)
