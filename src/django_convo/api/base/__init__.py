"""What every noun of the API is built on."""

from .errors import BusyError, ConflictError, PayloadTooLargeError, to_api_exception
from .pages import KeysetPagination, link_with
from .parsing import StrictJSONParser
from .serializers import MomentField, ReferenceField, UserKeyField, output_class, remembered, rendered
from .values import LARGEST_NUMBER, QueryValues, as_stored, model_key, path_id, path_user_key, stamp, user_key
from .viewsets import ConvoViewSet

__all__ = [
    "LARGEST_NUMBER",
    "BusyError",
    "ConflictError",
    "ConvoViewSet",
    "KeysetPagination",
    "MomentField",
    "PayloadTooLargeError",
    "QueryValues",
    "ReferenceField",
    "StrictJSONParser",
    "UserKeyField",
    "as_stored",
    "link_with",
    "model_key",
    "output_class",
    "path_id",
    "path_user_key",
    "remembered",
    "rendered",
    "stamp",
    "to_api_exception",
    "user_key",
]
