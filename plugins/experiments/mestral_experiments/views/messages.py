"""Sentences that several answers of v3 share (contract/API_V3.md 1.1)."""


def unread(message: str) -> str:
    """What is wrong with a job list, where the contract says that it was the job list."""
    return f"Exception while reading the pkl content: {message}"
