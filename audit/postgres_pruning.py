"""Removing bodies from a log in PostgreSQL: the one change that it lets anybody make.

Until a log is pruned for the first time, its tables refuse every change. Then, in the transaction
that notes the first announcement, one rule is exchanged: a body under the minimum index may be
emptied, and nothing else of its row may differ. This file must not know what an entry means.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.errors import LogUnavailableError
from audit.postgres_server import Connection

_SCHEMA = """
CREATE TABLE log_pruning (one INTEGER PRIMARY KEY CHECK (one = 1), below BIGINT NOT NULL,
                          announced BIGINT NOT NULL);
INSERT INTO log_pruning VALUES (1, 0, -1);
CREATE FUNCTION log_minimum_only_rises() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.below >= OLD.below AND NEW.announced >= OLD.announced
       AND NEW.below <= (SELECT size FROM log_head) THEN
      RETURN NEW;
    END IF;
    RAISE integrity_constraint_violation USING MESSAGE = 'the log only grows';
  END $$;
CREATE TRIGGER never_shrinks BEFORE UPDATE ON log_pruning
  FOR EACH ROW EXECUTE FUNCTION log_minimum_only_rises();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON log_pruning EXECUTE FUNCTION log_only_grows();
CREATE FUNCTION log_only_loses_bodies() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.idx = OLD.idx AND NEW.leaf = OLD.leaf AND NEW.body = ''
       AND OLD.idx < (SELECT below FROM log_pruning) THEN
      RETURN NEW;
    END IF;
    RAISE integrity_constraint_violation USING MESSAGE = 'the log only grows';
  END $$;
DROP TRIGGER stays ON log_entry;
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON log_entry EXECUTE FUNCTION log_only_grows();
CREATE TRIGGER only_loses_bodies BEFORE UPDATE ON log_entry
  FOR EACH ROW EXECUTE FUNCTION log_only_loses_bodies();
"""


def announce(connection: Connection, index: int) -> None:
    """Note the newest `log.pruned`. connection: in a transaction that holds the head."""
    if not _exists(connection):
        connection.execute(_SCHEMA)
    connection.execute("UPDATE log_pruning SET announced = %s", (index,))


def remove_bodies(connection: Connection, below: int, indexes: Sequence[int]) -> None:
    """Raise the minimum index and empty bodies. connection: as for `announce`."""
    if not _exists(connection):
        raise LogUnavailableError("bodies go only after that was announced")
    connection.execute("UPDATE log_pruning SET below = %s", (below,))
    connection.execute(
        "UPDATE log_entry SET body = '' WHERE idx = ANY(%s::bigint[])", (list(indexes),)
    )


def _exists(connection: Connection) -> bool:
    found = connection.execute("SELECT to_regclass('log_pruning')::text").fetchone()
    return found is not None and found[0] is not None
