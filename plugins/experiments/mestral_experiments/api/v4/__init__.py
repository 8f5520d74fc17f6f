"""Paths below `/v4`, one module per resource."""
