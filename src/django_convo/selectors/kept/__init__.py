"""Statements that the ORM compiles once and that are kept: what is asked is bound anew each time.

Building the SQL of a list takes Django ten times as long as the database takes to answer it. What is built is decided
by few things (the caller's powers, which filters there are), so it is built once for each of their combinations.
"""

from .bound import IDS, Among, Bound, Slot, bound_actor, bound_id, bound_now, ids_of, length_of
from .statements import Statement, kept

__all__ = [
    "IDS",
    "Among",
    "Bound",
    "Slot",
    "Statement",
    "bound_actor",
    "bound_id",
    "bound_now",
    "ids_of",
    "kept",
    "length_of",
]
