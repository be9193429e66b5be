"""One event to many who are connected: what a delivery costs, how long it takes, what somebody idle costs."""

from .command import main

__all__ = ["main"]
