"""The emoji that the picker offers; any other can be typed, unless `CONVO_REACTIONS` says which there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Emoji of one kind."""

    name: str | _StrPromise
    emoji: Sequence[str]


_ALL: Final = (
    Section(name=_("Often used"), emoji="👍 ❤️ 😂 🎉 😮 😢 🙏 👀".split()),
    Section(
        name=_("Faces"),
        emoji="😀 😄 😁 😅 🙂 😉 😊 😇 🥰 😍 😘 😋 😜 🤪 🤗 🤭 🤔 🤨 😐 😏 🙄 😴 🤒 🥳 😎 🤓 😕 😟 😲 😳 🥺 😭 😱 😤 😡 🤯".split(),
    ),
    Section(name=_("People"), emoji="👋 ✋ 👌 🤞 ✌️ 🤘 👈 👉 👆 👇 👎 👏 🙌 🤝 💪 🙋 🤷 🤦 💃 🕺".split()),
    Section(name=_("Nature and food"), emoji="🐶 🐱 🦊 🐻 🐼 🐧 🦋 🌸 🌻 🌲 🌈 ☀️ ⭐ 🔥 ❄️ 🍎 🍓 🍕 🍰 ☕ 🍵 🍷".split()),
    Section(name=_("Things"), emoji="🏠 🚗 ✈️ 🚲 ⛵ ⚽ 🎵 🎁 🎈 📷 💡 📌 📎 🔑 🔒 ⏰ 💰 📅".split()),
    Section(name=_("Signs"), emoji="💯 ✅ ❌ ❓ ❗ ➕ 💔 🧡 💛 💚 💙 💜 🖤 💤 🚀".split()),
)


def sections() -> Sequence[Section]:
    """Return what may be chosen for a reaction."""
    if settings.REACTIONS is None:
        return _ALL
    return (Section(name=_("Reactions"), emoji=list(settings.REACTIONS)),)
