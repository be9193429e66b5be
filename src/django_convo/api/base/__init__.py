"""What every noun of the API is built on."""

from .errors import BusyError, ConflictError, NoStreamError, PayloadTooLargeError, to_api_exception
from .pages import KeysetPagination, link_with
from .parsing import StrictJSONParser
from .serializers import MomentField, ReferenceField, UserKeyField, encoded, output_class, remembered, rendered
from .values import LARGEST_NUMBER, QueryValues, as_stored, model_key, path_id, path_user_key, stamp, user_key
from .viewsets import ConvoViewSet

__all__ = [
    "LARGEST_NUMBER",
    "BusyError",
    "ConflictError",
    "ConvoViewSet",
    "KeysetPagination",
    "MomentField",
    "NoStreamError",
    "PayloadTooLargeError",
    "QueryValues",
    "ReferenceField",
    "StrictJSONParser",
    "UserKeyField",
    "as_stored",
    "encoded",
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
