"""What becomes of an existing Autosubmit API environment: `mestral migrate check`.

Guarantees: reads and never writes; no secret is in a report. The variables are those that settings name
themselves (`Meta(extra={"env": NAME})`), so there is no second list of them here; what a plugin takes over
beyond its variables (rc file, rules for logins) its own `Manifest.migration` tells.
"""

from mestral.migrate.check import check_migration
from mestral.migrate.env_file import EnvFile, read_env_file
from mestral.migrate.report import Report

__all__ = ["EnvFile", "Report", "check_migration", "read_env_file"]
