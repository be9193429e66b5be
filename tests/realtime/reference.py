"""The algorithm that a client follows, as the docs show it."""

from collections.abc import Awaitable, Callable
from typing import Any

Frame = dict[str, Any]


class Client:
    """Keeps conversations up to date. `send` says a frame; `load` loads a conversation over REST, shows it and returns
    its `event_seq`; `apply` shows what a frame states."""

    def __init__(
        self,
        send: Callable[[Frame], Awaitable[None]],
        load: Callable[[str], Awaitable[int]],
        apply: Callable[[Frame], None],
    ) -> None:
        self.send, self.load, self.apply = send, load, apply
        self.heads: dict[str, int] = {}  # of each conversation that is shown, the newest event
        self.cursor: str | None = None

    async def connected(self) -> None:
        """Ask for what was missed: the first thing to say on every new socket."""
        heads = dict(list(self.heads.items())[:500])
        position = {"heads": heads} if self.cursor is None else {"heads": heads, "cursor": self.cursor}
        await self.send({"type": "resume", **position})

    async def take(self, frame: Frame) -> None:
        """Take a frame of the server's."""
        kind, key, number = frame["type"], frame.get("conversation_id", ""), frame.get("event_seq")
        if kind == "resumed":
            for limited in frame["limited"]:
                self.heads[limited] = await self.load(limited)
        elif kind == "conversation.joined":
            self.heads[key] = frame["data"]["conversation"]["event_seq"]
        elif kind == "conversation.left":
            self.heads.pop(key, None)
        elif number is not None:
            if number <= self.heads.get(key, number):
                return  # known, or of a conversation that is not shown
            if number > self.heads[key] + 1:
                await self.send({"type": "resume", "heads": {key: self.heads[key]}})
                return  # comes again, behind what is missing
            self.heads[key] = number
        self.cursor = frame.get("cursor") or self.cursor
        if kind != "hidden":
            self.apply(frame)
