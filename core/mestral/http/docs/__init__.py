"""The documentation pages `/docs` (Swagger UI) and `/redoc` (Redoc) over `/openapi.json`.

Guarantees: they work with no internet: every script and style is shipped with Mestral (`assets/README.md`
says which and where from), and the Content-Security-Policy lets a page load nothing from elsewhere and run
nothing inline. The public prefix (`server.root_path`) is respected, whether or not a proxy strips it.
"""

from mestral.http.docs.pages import docs_handlers

__all__ = ["docs_handlers"]
