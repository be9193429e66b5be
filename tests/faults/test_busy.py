"""Deadlocks, locks that are not to be had, connections that are not to be had: tried again, else 503 `try_again`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.actions.base import ATTEMPTS
from django_convo.exceptions import TryAgain
from django_convo.models import get_conversation_model
from tests.faults.rows import stored
from tests.people import bodies_of, make_group, make_user, unread_of
from tests.recount import assert_counts

pytestmark = pytest.mark.django_db(transaction=True)


class DriverError(Exception):
    """What a driver raises, with the code of PostgreSQL's."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def by_state(sqlstate: str) -> OperationalError:
    error = OperationalError("refused")
    error.__cause__ = DriverError(sqlstate)
    return error


# Serialization failure, deadlock and lock timeout, as each driver says it; and SQLite's word for all of them.
ERRORS: dict[str, Callable[[], OperationalError]] = {
    "40001": partial(by_state, "40001"),
    "40P01": partial(by_state, "40P01"),
    "55P03": partial(by_state, "55P03"),
    "1213": partial(OperationalError, 1213, "Deadlock found when trying to get lock"),
    "1205": partial(OperationalError, 1205, "Lock wait timeout exceeded"),
    "1020": partial(OperationalError, 1020, "Record has changed since last read"),
    "locked": partial(OperationalError, "database is locked"),
}


@contextmanager
def failing(make_error: Callable[[], OperationalError], times: int | None = None) -> Iterator[list[str]]:
    """Let the last statement of a send fail so often, or always; gives a list of those that have."""
    failed: list[str] = []
    left = chain(repeat(True, times), repeat(False)) if times is not None else repeat(True)

    def fail(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith(("INSERT", "WITH")) and "event" in sql and next(left):
            failed.append(sql)
            raise make_error()
        return execute(sql, *arguments)

    with connection.execute_wrapper(fail):
        yield failed


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_convo.actions.base.FIRST_PAUSE_SECONDS", 0.0001)


@pytest.fixture
def ada() -> Any:
    return make_user("ada")


@pytest.fixture
def bob() -> Any:
    return make_user("bob")


@pytest.fixture
def group(ada: Any, bob: Any) -> Any:
    return make_group(ada, bob)


@pytest.fixture
def client(ada: Any) -> APIClient:
    found = APIClient(raise_request_exception=False)
    found.force_authenticate(ada)
    return found


def post(client: APIClient, group: Any, **body: Any) -> Any:
    return client.post(f"/api/conversations/{group.pk}/messages/", {"message_body": "hello", **body}, format="json")


def assert_asks_to_try_again(response: Any) -> None:
    assert response.status_code == 503
    assert response.json()["code"] == "try_again"
    assert int(response["Retry-After"]) >= 1


@pytest.mark.parametrize("name", ERRORS)
def test_send_begins_anew_where_it_owns_the_transaction(name: str, client: APIClient, group: Any, bob: Any) -> None:
    with failing(ERRORS[name], times=ATTEMPTS - 1) as failed:
        response = post(client, group, client_id="1")
    assert (response.status_code, len(failed)) == (201, ATTEMPTS - 1)
    assert (bodies_of(group), unread_of(group, bob)) == (["hello"], 1)
    assert_counts(group.pk)


@pytest.mark.parametrize("name", ERRORS)
def test_send_gives_up_and_asks_to_try_again(name: str, client: APIClient, group: Any) -> None:
    before = stored()
    with failing(ERRORS[name]) as failed:
        response = post(client, group, client_id="1")
    assert_asks_to_try_again(response)
    assert len(failed) >= ATTEMPTS
    assert stored() == before
    assert post(client, group, client_id="1").status_code == 201
    assert bodies_of(group) == ["hello"]


@pytest.mark.parametrize("name", ERRORS)
def test_send_within_the_callers_transaction_is_the_callers_to_begin_anew(name: str, group: Any, ada: Any) -> None:
    before = stored()
    with failing(ERRORS[name]) as failed, pytest.raises(OperationalError), transaction.atomic():
        actions.send_message(actor=ada, conversation=group, body="hello")
    assert len(failed) == 1
    assert stored() == before


def test_other_error_of_the_database_is_raised_at_once(group: Any, ada: Any) -> None:
    with failing(partial(OperationalError, "disk I/O error")) as failed, pytest.raises(OperationalError):
        actions.send_message(actor=ada, conversation=group, body="hello")
    assert len(failed) == 1


def test_lock_that_is_not_to_be_had_is_told_in_time(client: APIClient, group: Any, ada: Any) -> None:
    """Somebody holds the conversation for longer than anybody waits: with the database's own locks and errors."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            get_conversation_model()._default_manager.select_for_update().get(pk=group.pk)
            is_held.set()
            is_over.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(30)
        with connection.cursor() as cursor:
            cursor.execute(
                {
                    "postgresql": "SET lock_timeout = '50ms'",
                    "mysql": "SET SESSION innodb_lock_wait_timeout = 1",
                    "sqlite": "PRAGMA busy_timeout = 50",
                }[connection.vendor]
            )
        assert_asks_to_try_again(post(client, group, client_id="1"))
        with pytest.raises(TryAgain):
            actions.send_message(actor=ada, conversation=group, body="hello", client_id="1")
    finally:
        is_over.set()
        holder.join()
    assert post(client, group, client_id="1").status_code == 201
    # With what was set for it alone.
    connection.close()
    assert bodies_of(group) == ["hello"]
    assert_counts(group.pk)


class PoolTimeout(Exception):
    __module__ = "psycopg_pool.pool"


def no_connection(cause: Exception | None = None, *arguments: Any) -> OperationalError:
    error = OperationalError(*arguments or ("couldn't get a connection after 30.00 sec",))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "make_error",
    [
        pytest.param(partial(no_connection, PoolTimeout()), id="pool"),
        pytest.param(partial(no_connection, None, "FATAL: sorry, too many clients already"), id="postgres"),
        pytest.param(partial(no_connection, None, 1040, "Too many connections"), id="mariadb"),
        pytest.param(partial(OperationalError, "database is locked"), id="read of a database that is locked"),
    ],
)
def test_request_without_a_connection_is_asked_to_try_again(
    client: APIClient, group: Any, make_error: Callable[[], OperationalError]
) -> None:
    def fail(execute: Any, *arguments: Any) -> Any:
        raise make_error()

    with connection.execute_wrapper(fail):
        responses = [client.get("/api/conversations/"), post(client, group)]
    for response in responses:
        assert_asks_to_try_again(response)
    assert post(client, group).status_code == 201


def test_database_that_is_away_is_an_error_of_the_servers(client: APIClient, group: Any) -> None:
    def fail(execute: Any, *arguments: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        assert post(client, group).status_code == 500
    assert post(client, group).status_code == 201


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's driver alone has a pool")
def test_pool_that_is_exhausted_asks_to_try_again(client: APIClient, group: Any, ada: Any) -> None:
    pytest.importorskip("psycopg_pool")
    connection.close()
    own = connection.settings_dict
    options = own["OPTIONS"]
    own["OPTIONS"] = options | {"pool": {"min_size": 0, "max_size": 1, "timeout": 0.2}}
    try:
        is_held, is_over = threading.Event(), threading.Event()
        other = connection.copy()

        def hold() -> None:
            with other.cursor():
                is_held.set()
                is_over.wait(60)
            other.close()

        holder = threading.Thread(target=hold)
        other.inc_thread_sharing()
        holder.start()
        try:
            assert is_held.wait(30)
            assert_asks_to_try_again(post(client, group, client_id="1"))
            assert_asks_to_try_again(client.get("/api/conversations/"))
        finally:
            is_over.set()
            holder.join()
        assert post(client, group, client_id="1").status_code == 201
        assert bodies_of(group) == ["hello"]
    finally:
        connection.close()
        connection.close_pool()
        own["OPTIONS"] = options
