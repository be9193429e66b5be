"""The durable log and its subscribers, and the hints for those who deliver."""

from .hints import hint, hinted
from .log import event_committed, publish, write
from .subscribers import subscribe, subscribers_of, unsubscribe

__all__ = ["event_committed", "hint", "hinted", "publish", "subscribe", "subscribers_of", "unsubscribe", "write"]
