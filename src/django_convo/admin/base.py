"""What every page here shares: lists that read a bounded number of rows, and writes that are actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import ConvoError
from django_convo.models.fields import is_storable_text

# A list goes so far; whoever looks for something older searches.
MAX_LISTED: Final = 1_000
PAGE_SIZE: Final = 50


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages through the first rows; counting stops there, however large the table is."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:MAX_LISTED].count())


class BoundedChangeList(ChangeList):
    """A list in an order that an index has, whatever the address says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.result_count == MAX_LISTED:
            self.title = str(_("The newest %(count)d: search for others") % {"count": MAX_LISTED})

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(self.model_admin.get_ordering(request))


class BoundedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base of the pages: no page counts a table, sorts it, or collects what hangs on a row."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = PAGE_SIZE
    list_max_show_all = PAGE_SIZE
    sortable_by = ()
    # Each deletion is an action with a lock; "all of a list" is none.
    actions = None
    # What an address may filter by. Others would scan the table, and tell of bodies that the page does not show.
    filters: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.filters

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by what has an index: `search_fields` only makes the search box appear."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return (self.find(queryset, term) if is_storable_text(term) else queryset.none()), False

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return what the words in the search box mean here."""
        raise NotImplementedError

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Offer autocompletion where the model that is pointed at is in this site and can be searched.

        Not a list of names, which Django would check against a user model whose admin is the host's: where there is
        none, the field takes a key (`raw_id_fields`).
        """
        return [name for name in self.raw_id_fields if self._is_searchable(name)]

    def _is_searchable(self, name: str) -> bool:
        target: Any = self.opts.get_field(name).related_model
        return self.admin_site.is_registered(target) and bool(self.admin_site.get_model_admin(target).search_fields)

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """List the rows themselves: the default reads every row that hangs on them, and nothing of that is deleted."""
        names = [str(item) for item in objs]
        return names, {str(self.opts.verbose_name_plural): len(names)}, set(), []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what an action refuses as a message; its transaction, with all that the form wrote, is rolled back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ConvoError as error:
            return self._refused(request, error)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what an action refuses as a message."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except ConvoError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: ConvoError) -> HttpResponse:
        if request.method != "POST":
            raise error
        self.message_user(request, str(error.detail), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(BoundedAdmin):
    """Base of the pages that only show."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def as_uuid(text: str) -> UUID | None:
    """Return the text as a UUID, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def find_user(text: str) -> Any | None:
    """Return the user with exactly this login or key, both of which have an index; or None."""
    model = get_user_model()
    # The manager of Django's own base knows how logins are written; a host's need not have one.
    by_login = getattr(model._default_manager, "get_by_natural_key", None)
    try:
        return by_login(text) if by_login else model._default_manager.get(**{model.USERNAME_FIELD: text})
    except ObjectDoesNotExist:
        pass
    try:
        key = model._meta.pk.to_python(text)
    except ValidationError:
        return None
    return model._default_manager.filter(pk=key).first()
