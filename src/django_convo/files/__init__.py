"""What is uploaded: its type by its content, images without what they tell of their maker, names that are only names.

`reading` and `images` need the extra `attachments`; nothing here imports them, so that the rest works without it.
"""

from .names import disposition, shown_name
from .storing import StoredFiles, places_of, remove_on_commit
from .uploads import UploadedContent, is_available, read_upload

__all__ = [
    "StoredFiles",
    "UploadedContent",
    "disposition",
    "is_available",
    "places_of",
    "read_upload",
    "remove_on_commit",
    "shown_name",
]
