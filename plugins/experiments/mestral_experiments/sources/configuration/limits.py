"""How much one configuration may cost.

Guarantees: whatever is in the files, loading one configuration reads, builds and computes no more than is
said here; what goes beyond is damage with a clear reason, never a full memory.
"""

from mestral_experiments.sources.faults import Damaged

MAX_FILES = 500
"""Files and folders looked at."""
MAX_FILE_BYTES = 4 << 20
"""Size of one file."""
MAX_TOTAL_BYTES = 16 << 20
"""Size of all files together."""
MAX_DEPTH = 100
"""How deep mappings and lists may be nested in a file."""
MAX_NESTED_FILES = 20
"""How deep custom configuration files may name further ones."""
MAX_NODES = 500_000
"""Values (mappings, lists, scalars) of all files together, aliases and loops expanded."""
MAX_CHARACTERS = 4 << 20
"""Characters of text made by filling in placeholders."""
MAX_ROUNDS = 25
"""How often the text that a placeholder brought is looked through for further placeholders."""


class Budget:
    """What is left to spend for one configuration."""

    def __init__(self, nodes: int = MAX_NODES, characters: int = MAX_CHARACTERS) -> None:
        self._nodes = nodes
        self._characters = characters

    def spend_nodes(self, count: int) -> None:
        """Account for values that are built.

        Raises:
            Damaged: When there would be too many.
        """
        self._nodes -= count
        if self._nodes < 0:
            raise Damaged(f"more than {MAX_NODES} values once aliases and loops are expanded")

    def spend_characters(self, count: int) -> None:
        """Account for text that placeholders make.

        Raises:
            Damaged: When there would be too much.
        """
        self._characters -= count
        if self._characters < 0:
            raise Damaged(f"the placeholders make more than {MAX_CHARACTERS} characters of text")
