"""Weights of what a client accepts (RFC 9110 section 12.4.2).

Guarantees: one that is not a number from 0 to 1 counts as 0, not accepted.
"""


def weigh(part: str) -> tuple[str, float]:
    """What one member of an `Accept` or `Accept-Encoding` list names, and its weight; other parameters do
    not count."""
    name, *parameters = (word.strip() for word in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return name, 0.0
            return name, weight if 0 < weight <= 1 else 0.0
    return name, 1.0
