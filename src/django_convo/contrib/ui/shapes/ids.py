"""The id that stands in a template for that of the row which a script makes of it."""

from __future__ import annotations

from typing import Final

NIL: Final = "00000000-0000-0000-0000-000000000000"
