"""Statements that the ORM compiles once and that are kept: what is asked is bound anew each time.

Building the SQL of a list takes Django ten times as long as the database takes to answer it. What is built is decided
by few things (the caller's powers, which filters there are), so it is built once for each of their combinations.
"""

from .bound import Among, Bound, Slot, array_of_ids, bound_actor, bound_id, bound_now, length_of
from .statements import Statement, kept

__all__ = [
    "Among",
    "Bound",
    "Slot",
    "Statement",
    "array_of_ids",
    "bound_actor",
    "bound_id",
    "bound_now",
    "kept",
    "length_of",
]
