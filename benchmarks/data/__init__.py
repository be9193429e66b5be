"""Data sets: made in bulk, the same every time, kept in databases of their own."""

from .cast import Cast
from .kept import data_set, drop
from .plan import BEFORE_MISSED
from .sizes import SIZES, Size

__all__ = ["BEFORE_MISSED", "SIZES", "Cast", "Size", "data_set", "drop"]
