"""The OpenAPI 3.1 document of everything an app serves.

`document` puts it together; `schemas` has the bodies, `responses` the answers, `parameters` what a request
brings, `examples` the examples that core and plugins ship.
"""

from mestral.http.openapi.document import build_openapi, documented_routes

__all__ = ["build_openapi", "documented_routes"]
