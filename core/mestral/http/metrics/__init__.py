"""`/metrics`: what Prometheus collects about this front (docs/monitoring.md lists it).

Guarantees: one registry per app, nothing global. Every label has a bounded set of values: route templates,
plugins, render functions, words; never a path, an experiment or a client. The names that need
prometheus_client are in `registry`, so that importing this is light.
"""
