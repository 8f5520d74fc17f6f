"""Experiments in PostgreSQL: `[database] backend = postgres` (formats/AUTOSUBMIT_DATA.md 11).

`server` lends connections, `tables` asks for tables by name, `marks` proves that nothing changed, `storage`
says which table answers which question. The driver is the extra `mestral[postgres]`.
"""

from mestral_experiments.sources.postgres.storage import PostgresStorage

__all__ = ["PostgresStorage"]
