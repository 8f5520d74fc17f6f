"""Whether traces can be made here, where they are asked for."""

from collections.abc import Mapping
from importlib.util import find_spec

import msgspec

from mestral.settings.convert import Converter
from mestral.settings.model import Finding, TelemetrySettings

_INSTALL = "pip install 'mestral[otel]'"


def check_telemetry(
    telemetry: TelemetrySettings, converter: Converter, origins: Mapping[str, str]
) -> TelemetrySettings:
    """Without the extra: an error where the deployer asked for traces, a warning where a variable that may be
    meant for every program of the machine does."""
    if telemetry.otlp_endpoint is None or _installed():
        return telemetry
    where, key = origins["telemetry.otlp_endpoint"], "telemetry.otlp_endpoint"
    message = f"traces need OpenTelemetry, which is not installed: {_INSTALL}; or leave it out."
    if where.startswith("environment variable OTEL_"):
        message = f"no traces are made, OpenTelemetry is not installed: {_INSTALL}."
        converter.findings.append(Finding(level="warning", where=where, key=key, message=message))
    else:
        converter.refuse(where, key, message)
    return msgspec.structs.replace(telemetry, otlp_endpoint=None)


def _installed() -> bool:
    try:
        return all(
            find_spec(name) for name in ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")
        )
    except ModuleNotFoundError:
        return False
