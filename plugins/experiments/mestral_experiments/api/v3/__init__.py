"""Paths below `/v3`, one module per resource."""
