"""The durable log and its subscribers."""

from .log import event_committed, write
from .subscribers import subscribe, subscribers_of, unsubscribe

__all__ = ["event_committed", "subscribe", "subscribers_of", "unsubscribe", "write"]
