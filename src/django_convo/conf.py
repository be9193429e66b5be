"""The `CONVO_*` settings: typed, with defaults, read when they are used (so `override_settings` works).

`docs/reference/settings.md` has one row for each; `checks.py` reports every value that its `complaint` refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast, overload

from django.conf import settings as django_settings

T = TypeVar("T")
# Says what is wrong with a value, or returns None.
Complaint = Callable[[object], "str | None"]


def _integer(minimum: int) -> Complaint:
    def complain(value: object) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and value >= minimum:
            return None
        return f"a whole number, {minimum} or more"

    return complain


def _choice(*choices: str) -> Complaint:
    def complain(value: object) -> str | None:
        return None if value in choices else "one of " + ", ".join(repr(choice) for choice in choices)

    return complain


def _dotted(value: object) -> str | None:
    return None if isinstance(value, str) and "." in value else "a dotted path, such as 'app.module.name'"


def _optional_dotted(value: object) -> str | None:
    return None if value is None else _dotted(value)


def _model(value: object) -> str | None:
    is_label = isinstance(value, str) and value.count(".") == 1 and all(value.split("."))
    return None if is_label else "a model, such as 'app_label.ModelName'"


def _duration(value: object) -> str | None:
    return None if isinstance(value, timedelta) and value > timedelta(0) else "a positive datetime.timedelta"


def _optional_duration(value: object) -> str | None:
    return None if value is None else _duration(value)


def _durations_by_kind(value: object) -> str | None:
    is_table = isinstance(value, Mapping) and all(
        kind in ("direct", "group", "channel") and _duration(duration) is None for kind, duration in value.items()
    )
    return None if is_table else "a mapping of 'direct', 'group' or 'channel' to positive datetime.timedelta"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "True or False"


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _optional_texts(value: object) -> str | None:
    return None if value is None else _texts(value)


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value else "a text that is not empty"


def _texts(value: object) -> str | None:
    is_texts = isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(item, str) for item in value)
    return None if is_texts else "a list of texts"


def _mapping_to_texts(value: object) -> str | None:
    is_table = isinstance(value, Mapping) and all(
        isinstance(key, str) and _texts(names) is None for key, names in value.items()
    )
    return None if is_table else "a mapping of names to lists of texts"


def _mapping_to_dotted(value: object) -> str | None:
    is_table = isinstance(value, Mapping) and all(
        isinstance(key, str) and _dotted(path) is None for key, path in value.items()
    )
    return None if is_table else "a mapping of names to dotted paths"


def _broker(value: object) -> str | None:
    is_known = value in ("memory", "database", "channels") or _dotted(value) is None
    return None if is_known else "'memory', 'database', 'channels', or a dotted path to a broker of your own"


def _rates(value: object) -> str | None:
    is_table = isinstance(value, Mapping) and all(
        isinstance(key, str) and (rate is None or (isinstance(rate, str) and _is_rate(rate)))
        for key, rate in value.items()
    )
    return None if is_table else "a mapping of scopes to rates such as '60/min', or None for no limit"


def _is_rate(rate: str) -> bool:
    count, _, period = rate.partition("/")
    return count.isdecimal() and period[:1] in {"s", "m", "h", "d"}


class Setting(Generic[T]):
    """One `CONVO_<NAME>` setting; `settings.NAME` gives its value now."""

    name: str

    def __init__(self, default: T, complaint: Complaint) -> None:
        self.default = default
        self.complaint = complaint

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"CONVO_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Setting[T] | T:
        if instance is None:
            return self
        return cast("T", getattr(django_settings, self.name, self.default))


class Settings:
    """Every setting of the package."""

    # Swappable models; a host that swaps sets them before its first migration.
    CONVERSATION_MODEL = Setting("django_convo.Conversation", _model)
    MESSAGE_MODEL = Setting("django_convo.Message", _model)
    # Who may do what.
    POLICY = Setting("django_convo.policy.Policy", _dotted)
    ROLE_RESOLVER = Setting("django_convo.policy.roles.resolve_role", _dotted)
    ROLES = Setting[Mapping[str, Sequence[str]]]({}, _mapping_to_texts)
    CONVERSATION_ROLES = Setting[Mapping[str, Sequence[str]]]({}, _mapping_to_texts)
    # Which of the host's models a client may name as the subject of a conversation.
    SUBJECT_MODELS = Setting[Sequence[str]]((), _texts)
    # REST.
    USERS_API = Setting("read_only", _choice("read_only", "full"))
    REGISTRATION = Setting("off", _choice("off", "open", "admin"))
    USER_SERIALIZER = Setting[str | None](None, _optional_dotted)
    SERIALIZERS = Setting[Mapping[str, str]]({}, _mapping_to_dotted)
    PERMISSION_CLASSES = Setting[Sequence[str]]((), _texts)
    THROTTLE_RATES = Setting[Mapping[str, str | None]]({}, _rates)
    # Messages: functions that accept, rewrite or refuse what is sent; how long it may be changed and undone.
    MESSAGE_HOOKS = Setting[Sequence[str]]((), _texts)
    EDIT_WINDOW = Setting[timedelta | None](None, _optional_duration)
    UNDO_WINDOW = Setting(timedelta(minutes=5), _duration)
    # The column of the user model that `@name` in a body is looked up in; None: mentions are given by id alone.
    MENTION_FIELD = Setting[str | None](None, _optional_text)
    # The only emoji that may be used; None: any.
    REACTIONS = Setting[Sequence[str] | None](None, _optional_texts)
    READ_RECEIPTS = Setting(True, _flag)
    # Who has read what, who types and who is there is not told in conversations of more participants than this.
    LARGE_CONVERSATION = Setting(200, _integer(2))
    SEARCH_BACKEND = Setting[str | None](None, _optional_dotted)
    # Attachments: an alias of STORAGES, what is taken, and how it is served.
    ATTACHMENT_STORAGE = Setting("default", _text)
    ATTACHMENT_TYPES = Setting[Sequence[str]](
        (
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
            "application/pdf",
            "text/plain",
            "audio/mpeg",
            "audio/mp4",
            "video/mp4",
            "video/webm",
            "application/zip",
        ),
        _texts,
    )
    ATTACHMENT_MAX_BYTES = Setting(10_485_760, _integer(1))
    ATTACHMENT_MAX_PIXELS = Setting(40_000_000, _integer(1))
    ATTACHMENT_MAX_PER_MESSAGE = Setting(10, _integer(1))
    ATTACHMENT_MAX_UNSENT = Setting(50, _integer(1))
    ATTACHMENT_THUMBNAIL_PIXELS = Setting(320, _integer(16))
    ATTACHMENT_URL_LIFETIME = Setting(timedelta(minutes=10), _duration)
    ATTACHMENT_UNSENT_RETENTION = Setting(timedelta(days=1), _duration)
    ATTACHMENT_RESPONSE = Setting[str | None](None, _optional_dotted)
    # Real time: how processes tell each other, who may connect, and what one connection may cost.
    REALTIME_BROKER = Setting("memory", _broker)
    # The address that clients are told; a path is on the host of the request, None leaves WebSockets out.
    WEBSOCKET_URL = Setting[str | None]("/ws/convo/", _optional_text)
    # From where a browser may connect with its cookie, such as "https://example.com"; the site itself always may.
    ALLOWED_ORIGINS = Setting[Sequence[str]]((), _texts)
    TICKET_LIFETIME = Setting(timedelta(seconds=30), _duration)
    # How long after its commit a change is found at the latest, if no broker told of it.
    REALTIME_SWEEP = Setting(timedelta(seconds=2), _duration)
    REALTIME_MAX_CONNECTIONS = Setting(20, _integer(1))
    REALTIME_MAX_FRAME_BYTES = Setting(131_072, _integer(1_024))
    REALTIME_FRAMES_PER_SECOND = Setting(20, _integer(1))
    REALTIME_QUEUE_BYTES = Setting(1_048_576, _integer(65_536))
    REALTIME_THREADS = Setting(4, _integer(1))
    # Limits.
    MAX_MENTIONS = Setting(50, _integer(1))
    MAX_REACTIONS = Setting(20, _integer(1))
    MAX_PINS = Setting(50, _integer(1))
    MAX_SCHEDULED = Setting(100, _integer(1))
    SCHEDULE_MAX_AHEAD = Setting(timedelta(days=365), _duration)
    SLOW_MODE_MAX_SECONDS = Setting(21_600, _integer(1))
    SEARCH_MAX_LENGTH = Setting(200, _integer(1))
    MESSAGE_MAX_LENGTH = Setting(10_000, _integer(1))
    MAX_PARTICIPANTS = Setting(10_000, _integer(2))
    METADATA_MAX_BYTES = Setting(4_096, _integer(2))
    METADATA_MAX_DEPTH = Setting(5, _integer(1))
    PAGE_SIZE = Setting(50, _integer(1))
    MAX_PAGE_SIZE = Setting(200, _integer(1))
    # Conversations behind by more events than this are reloaded rather than replayed by `sync`.
    SYNC_MAX_EVENTS = Setting(100, _integer(1))
    # What a newcomer sees: "all", or "none" of what was said before.
    HISTORY_FOR_NEW_PARTICIPANTS = Setting("all", _choice("all", "none"))
    # How long the log and the departures are kept.
    EVENT_RETENTION = Setting(timedelta(days=30), _duration)
    # How long messages are kept, by kind of conversation; none named: for good.
    MESSAGE_RETENTION = Setting[Mapping[str, timedelta]]({}, _durations_by_kind)
    # Changed by the operator after a backup was restored: tells clients to reload everything.
    EPOCH = Setting("1", _text)


settings = Settings()


def all_settings() -> list[Setting[Any]]:
    """Return every declared setting, for the checks and the docs."""
    return [value for value in vars(Settings).values() if isinstance(value, Setting)]


def install_model_defaults() -> None:
    """Give `django.conf.settings` the two swappable names where the host has not set them.

    Migrations that Django generates for a host's foreign key to a conversation read
    `settings.CONVO_CONVERSATION_MODEL`, and would stop on a host that relies on the default.
    """
    for setting in (Settings.CONVERSATION_MODEL, Settings.MESSAGE_MODEL):
        if not hasattr(django_settings, setting.name):
            setattr(django_settings, setting.name, setting.default)
