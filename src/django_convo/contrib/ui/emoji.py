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


_OFTEN: Final = "👍 ❤️ 😂 🎉 😮 😢 🙏 👀"
_FACES: Final = (
    "😀 😄 😁 😅 🙂 😉 😊 😇 🥰 😍 😘 😋 😜 🤪 🤗 🤭 🤔 🤨 😐 😏 🙄 😴 🤒 🥳 😎 🤓 😕 😟 😲 😳 🥺 😭 😱 😤 😡 🤯"
)
_PEOPLE: Final = "👋 ✋ 👌 🤞 ✌️ 🤘 👈 👉 👆 👇 👎 👏 🙌 🤝 💪 🙋 🤷 🤦 💃 🕺"
_NATURE: Final = "🐶 🐱 🦊 🐻 🐼 🐧 🦋 🌸 🌻 🌲 🌈 ☀️ ⭐ 🔥 ❄️ 🍎 🍓 🍕 🍰 ☕ 🍵 🍷"
_THINGS: Final = "🏠 🚗 ✈️ 🚲 ⛵ ⚽ 🎵 🎁 🎈 📷 💡 📌 📎 🔑 🔒 ⏰ 💰 📅"
_SIGNS: Final = "💯 ✅ ❌ ❓ ❗ 💔 🧡 💛 💚 💙 💜 🖤 💤 🚀"
_ALL: Final = (
    Section(name=_("Often used"), emoji=_OFTEN.split()),
    Section(name=_("Faces"), emoji=_FACES.split()),
    Section(name=_("People"), emoji=_PEOPLE.split()),
    Section(name=_("Nature and food"), emoji=_NATURE.split()),
    Section(name=_("Things"), emoji=_THINGS.split()),
    Section(name=_("Signs"), emoji=_SIGNS.split()),
)


def sections() -> Sequence[Section]:
    """Return what may be chosen for a reaction."""
    if settings.REACTIONS is None:
        return _ALL
    return (Section(name=_("Reactions"), emoji=list(settings.REACTIONS)),)
