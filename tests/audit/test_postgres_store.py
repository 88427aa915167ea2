"""What only a server can get wrong: its age, its settings, its going away, its address."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from audit import postgres_server
from audit.errors import LogUnavailableError
from audit.opening import is_server, open_store
from audit.postgres_store import PostgresStore
from audit.source import open_source
from audit.store import LockedHead, Rows
from audit.verify import verify
from tests.audit.logs import access, check_all, open_log, verifier
from tests.audit.places import Place, place


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Place]:
    """Return an empty place on the server."""
    with place("postgres", tmp_path) as made:
        yield made


def opened(there: Place) -> PostgresStore:
    store = there.store()
    assert isinstance(store, PostgresStore)
    return store


def test_every_connection_that_appends_waits_for_the_disk(there: Place) -> None:
    with psycopg.connect(str(there.where), autocommit=True) as other:
        user = other.info.user
        other.execute(f"ALTER ROLE {user} SET synchronous_commit = off")
    try:
        with closing(opened(there)) as store, store._reading() as reader:
            assert store._writer is not None
            for connection in (store._writer, reader):
                found = connection.execute("SHOW synchronous_commit").fetchone()
                assert ("on",) == found
    finally:
        with psycopg.connect(str(there.where), autocommit=True) as other:
            other.execute(f"ALTER ROLE {user} RESET synchronous_commit")


def test_a_plan_from_when_the_log_was_short_is_no_burden_later(there: Place) -> None:
    """The server keeps plans of repeated statements; statistics come later than the rows."""
    with closing(open_log(there)) as log:
        for _ in range(20):
            log.append([access()])
        store = log._store
        assert isinstance(store, PostgresStore)
        assert store._writer is not None
        store._writer.execute("PREPARE look AS SELECT value FROM log_mark WHERE value = ANY($1)")
        for _ in range(12):  # from some number on, one plan for all values
            store._writer.execute("EXECUTE look ('{}')")
        plan = store._writer.execute("EXPLAIN EXECUTE look ('{}')").fetchall()
        assert "Index" in str(plan)
        assert "Seq Scan" not in str(plan)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_can_lose_commits_is_refused(
    there: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Only a superuser may turn these off; so the answer is turned instead."""
    _let_it_say(monkeypatch, name, "off")
    with pytest.raises(LogUnavailableError, match=f"can lose commits: {name} is not on"):
        there.store()


def test_an_old_server_is_refused(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_server, "OLDEST", 990_000)
    with pytest.raises(LogUnavailableError, match="too old"):
        there.store()


def test_a_setting_that_is_not_taken_is_noticed(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler that gives each statement another connection."""
    _let_it_say(monkeypatch, "lock_timeout", "0")
    with pytest.raises(LogUnavailableError, match="did not take lock_timeout"):
        there.store()


def test_the_tables_cannot_be_emptied(there: Place) -> None:
    opened(there).close()
    for table in ("entry", "node", "mark", "withdrawal", "head"):
        with pytest.raises(psycopg.IntegrityError, match="only grows"):
            there.execute(f"TRUNCATE {{{table}}}")


def test_a_server_that_went_away_and_came_back_is_used_again(there: Place) -> None:
    """Every connection is cut, as by a restart: reading and appending go on by themselves."""
    with closing(open_log(there)) as log:
        results = [log.append([access()])]
        log.checkpoint()
        _cut(there)
        results.append(log.append([access()]))
        _cut(there)
        log.checkpoint()
        results.append(log.append([access()]))
        check_all(log, results)


def test_a_connection_that_is_cut_before_the_commit_promises_nothing(there: Place) -> None:
    with closing(open_log(there)) as log:
        store = log._store
        whole = store.lock_head
        log.append([access()])

        @contextmanager
        def cutting() -> Iterator[LockedHead]:
            with whole() as locked:
                yield locked
                _cut(there)

        store.lock_head = cutting  # type: ignore[method-assign]
        with pytest.raises(LogUnavailableError):
            log.append([access()])
        store.lock_head = whole  # type: ignore[method-assign]
        assert 1 == log.size
        assert 1 == log.append([access()]).entries[0].index


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://izin@db.example/izin",
        "postgresql://izin@db.example/izin?sslmode=require",
        "postgresql://izin@localhost,10.0.0.7/izin?sslmode=prefer",
        "postgresql://izin@localhost/izin?hostaddr=10.0.0.7",
    ],
)
def test_a_server_beyond_this_machine_must_prove_who_it_is(url: str) -> None:
    with pytest.raises(LogUnavailableError, match="sslmode=verify-full"):
        open_store(url)


def test_a_host_from_the_environment_is_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "10.0.0.7")
    with pytest.raises(LogUnavailableError, match="sslmode=verify-full"):
        open_store("postgresql:///izin")


def test_a_server_that_proves_who_it_is_may_be_anywhere() -> None:
    with pytest.raises(LogUnavailableError, match="cannot be reached"):
        open_store("postgresql://izin@db.invalid/izin?sslmode=verify-full")


def test_no_error_repeats_the_address(there: Place) -> None:
    """A password that was written into the wrong place would otherwise be in a log of errors."""
    for url in (
        "postgresql://izin:s3cret@localhost:1/nothing",
        "postgresql://izin:pa@s3cret@localhost:1/nothing",
        "postgresql://izin:pass/s3cret@localhost/nothing",
        "postgresql://izin@localhost/nothing?passwort=s3cret",
        "postgresql://izin:%s3cret@localhost/x",
    ):
        with pytest.raises(LogUnavailableError) as caught:
            open_store(url)
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_duplicate_does_not_name_its_value(there: Place) -> None:
    opened(there).close()
    store = opened(there)

    def write_twice() -> None:
        with store.lock_head() as locked:
            locked.write(Rows([(b"l", b"{}")], [], [(b"secret", 0)] * 2, []), b"r", "")

    with pytest.raises(LogUnavailableError, match="duplicate key") as caught:
        write_twice()
    assert "736563726574" not in "".join(traceback.format_exception(caught.value))
    store.close()


def test_a_log_on_a_server_is_exported_and_verified_without_its_key(there: Place) -> None:
    with closing(open_log(there)) as log:
        log.append([access() for _ in range(300)])
        source = open_source(str(there.where))
        assert 300 == verify(source, verifier(log)).size
        source.close()  # type: ignore[attr-defined]


def test_the_form_that_sqlalchemy_writes_is_understood(there: Place) -> None:
    url = str(there.where).replace("postgresql://", "postgresql+psycopg://")
    assert is_server(url)
    open_store(url, origin="log.example", empty_root=b"e" * 32).close()


def test_without_the_driver_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from audit.opening import open_store\n"
        "from audit.errors import LogUnavailableError\n"
        "try: open_store('postgresql://localhost/izin')\n"
        "except LogUnavailableError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert "a log in PostgreSQL needs izin[postgres]\n" == done.stdout


def _let_it_say(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Turn the server's answer to what `name` is set to."""
    whole = postgres_server._settings

    def turned(connection: postgres_server.Connection, names: Sequence[str]) -> dict[str, str]:
        return {**whole(connection, names), **({name: value} if name in names else {})}

    monkeypatch.setattr(postgres_server, "_settings", turned)


def _cut(there: Place) -> None:
    """End every other connection to this schema, as a restart of the server would."""
    with psycopg.connect(str(there.where), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND application_name = 'izin-log' "
            "AND usename = current_user AND datname = current_database()"
        )
