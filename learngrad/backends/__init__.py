"""Settings of libraries that are not there: programs read and set them, and they change nothing."""

from learngrad.backends import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
