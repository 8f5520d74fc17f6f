"""The home folder of the user who runs this."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path


def home_folder(environ: Mapping[str, str]) -> Path | None:
    """`$HOME`, else the home of the user's entry in passwd; None when neither is an absolute path.

    An empty `HOME`, as service managers and containers leave it, says nothing: it is not the root folder.
    """
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:  # a container with a user id that nobody has
            return None
    return Path(home) if home.startswith("/") else None
