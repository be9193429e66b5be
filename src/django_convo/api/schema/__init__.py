"""The OpenAPI description of the API, for hosts that use drf-spectacular; imported by the app's `ready` only there.

Everything a view says of itself (`inputs`, `outputs`, docstrings) is taken from it; this adds what it cannot say:
query parameters, the errors of each call, and names for choices, so that a host's document gives no warning.
"""

from __future__ import annotations

from .choices import ChoiceExtension
from .fields import MetadataExtension, UploadExtension, UserKeyExtension
from .views import ConvoViewExtension, ErrorSerializer

__all__ = [
    "ChoiceExtension",
    "ConvoViewExtension",
    "ErrorSerializer",
    "MetadataExtension",
    "UploadExtension",
    "UserKeyExtension",
]
