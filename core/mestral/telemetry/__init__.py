"""Traces by OpenTelemetry: requests, and the jobs that readers did for them.

Guarantees: off unless `telemetry.otlp_endpoint` (or the variables of OpenTelemetry) says where to; what is
off is neither imported nor asked. One provider per app, nothing global. `tracing` needs the extra
`mestral[otel]`.
"""
