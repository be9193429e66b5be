"""What is searched for: the words of a text, where they stand in a message, and how well it fits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

# More words than a sentence has would only make a longer query.
MOST_WORDS: Final = 32
# PostgreSQL refuses a word of more than 2,046 bytes; a character has four at most.
LONGEST_WORD: Final = 500
# Shorter beginnings would find nearly everything.
SHORTEST_BEGINNING: Final = 3
# More places than anybody looks at in one message.
MOST_HIGHLIGHTS: Final = 100
# Written without spaces: Chinese, Japanese and Korean. The same ranges stand in `models.fields.SEARCH_VECTOR`.
UNSPACED: Final = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
# More hits than make a message fit better; a body of one repeated letter has ten thousand.
_MOST_HITS: Final = 99
_PIECE: Final = re.compile(f"[{UNSPACED}]|[^{UNSPACED}]+")


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a search, each once, in order; letters, digits and their marks alone."""

    words: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def is_begun(self) -> bool:
        """Whether the last word may be the beginning of a longer one."""
        last = self.words[-1]
        return len(last) >= SHORTEST_BEGINNING and len(_PIECE.findall(last)[-1]) >= SHORTEST_BEGINNING

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(re.escape(word), re.IGNORECASE) for word in self.words)

    @cached_property
    def _together(self) -> re.Pattern[str]:
        return re.compile(r"\W+".join(map(re.escape, self.words)), re.IGNORECASE)

    def places(self, body: str, *, anywhere: bool) -> list[tuple[int, int]]:
        """Return where the words stand, from and up to which character; `anywhere`: also within other words."""
        found = sorted(
            place
            for number in range(len(self.words))
            for place in islice(self._of(number, body, anywhere), MOST_HIGHLIGHTS)
        )
        merged: list[tuple[int, int]] = []
        for start, end in found:
            if merged and start <= merged[-1][1] and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged[:MOST_HIGHLIGHTS]

    def score(self, body: str) -> int:
        """Return how well a message fits: the words together as asked, then whole words, then how often."""
        together = len(self.words) > 1 and self._together.search(body) is not None
        whole = hits = 0
        for number in range(len(self.words)):
            places = list(islice(self._of(number, body, anywhere=True), _MOST_HITS))
            hits += len(places)
            whole += any(_is_whole(body, *place) for place in places)
        return together * 10_000 + whole * 100 + min(hits, 99)

    def _of(self, number: int, body: str, anywhere: bool) -> Iterator[tuple[int, int]]:
        is_last = number == len(self.words) - 1
        word = self.words[number]
        for match in self._patterns[number].finditer(body):
            start, end = match.span()
            is_at_start = anywhere or _is_edge(body, start) or _is_unspaced(word[0])
            is_at_end = anywhere or _is_edge(body, end) or (is_last and self.is_begun) or _is_unspaced(word[-1])
            if is_at_start and is_at_end:
                yield start, end


def words_of(text: str) -> Words:
    """Return the words of what somebody typed; none where it holds neither letters nor digits."""
    spaced = "".join(character if _is_of_word(character) else " " for character in text)
    # A mark without a letter before it is no word.
    found = (word[:LONGEST_WORD] for word in spaced.split() if any(map(str.isalnum, word)))
    return Words(words=tuple(dict.fromkeys(found))[:MOST_WORDS])


def pieces_of(word: str) -> list[str]:
    """Return a word as it is indexed: each character by itself where a script has no spaces."""
    return _PIECE.findall(word)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _is_edge(body: str, place: int) -> bool:
    """Say whether a word may begin or end between these two characters."""
    if place in (0, len(body)):
        return True
    before, after = body[place - 1], body[place]
    return not (_is_of_word(before) and _is_of_word(after)) or _is_unspaced(before) or _is_unspaced(after)


def _is_whole(body: str, start: int, end: int) -> bool:
    return _is_edge(body, start) and _is_edge(body, end)


def _is_unspaced(character: str) -> bool:
    return _UNSPACED.match(character) is not None


_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
