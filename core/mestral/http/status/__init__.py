"""The status page: what this server is and how it does, for people with a browser.

Guarantees: one HTML document without scripts, which loads nothing; its Content-Security-Policy allows its own
style and no more. Who sees what is decided as for `/health` and the routes of plugins. Whatever a plugin's
section does, the page is answered.
"""

from mestral.http.status.front import Front
from mestral.http.status.page import status_page

__all__ = ["Front", "status_page"]
