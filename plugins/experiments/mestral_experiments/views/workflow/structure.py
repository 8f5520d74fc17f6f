"""What a workflow looks like whatever its jobs are doing: names, edges and wrappers.

Guarantees: edges lead to jobs of the list only, from one job to another, each once; relatives are in the
order of their names. What a layout is made from (`outline`, `digest`, `package_numbers`) is the same in
whatever order the list has the jobs. About linear in jobs and edges; what only some views need is computed
when it is asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from mestral.readers import content_digest
from mestral_experiments.views.layout import Edge, levels


class Structure:
    """Names, edges and wrappers of the jobs of an experiment.

    Args:
        names: Of the jobs, in list order.
        edges: Pairs of names, see `ExperimentSource.edges`.
        wrappers: The wrapper of every wrapped job.

    Attributes:
        names: The same.
        place: The place of each name.
        parents, children: Of each job, names.
        wrappers: Of each job, None without one.
        packages: Names of the jobs of each wrapper that has some in the list, by their first jobs.
    """

    def __init__(
        self, names: Sequence[str], edges: Iterable[tuple[str, str]], wrappers: Mapping[str, str]
    ) -> None:
        self.names = names
        self.place = {name: n for n, name in enumerate(names)}
        self.parents, self.children = self._relatives(edges)
        self.wrappers: Sequence[str | None] = list(map(wrappers.get, names))
        self.packages: dict[str, list[str]] = {}
        for name, package in wrappers.items():
            if name in self.place:
                self.packages.setdefault(package, []).append(name)

    def _relatives(
        self, edges: Iterable[tuple[str, str]]
    ) -> tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]:
        place = self.place.get
        parents: list[list[str]] = [[] for _ in self.names]
        children: list[list[str]] = [[] for _ in self.names]
        for parent, child in edges:
            above, below = place(parent), place(child)
            if above is not None and below is not None and above != below:
                children[above].append(child)
                parents[below].append(parent)
        for relatives in (parents, children):
            for n, found in enumerate(relatives):
                if len(found) > 1:
                    relatives[n] = sorted(set(found))
        return parents, children

    @cached_property
    def edges(self) -> Sequence[tuple[int, int]]:
        """Places of each job and of each that waits for it, by the places of the former."""
        place = self.place
        return [(n, place[child]) for n, children in enumerate(self.children) for child in children]

    @cached_property
    def levels(self) -> Sequence[int]:
        """Of each job: 1 without parents, else 1 more than the highest of its parents."""
        return levels(len(self.names), self.edges)

    @cached_property
    def order(self) -> Sequence[int]:
        """Places of the jobs in the order in which they are laid out, of 2 before 10: shorter names first."""
        names = self.names
        order = sorted(range(len(names)), key=names.__getitem__)
        order.sort(key=lambda n: len(names[n]))
        return order

    def outline(self) -> tuple[Sequence[str], Sequence[Edge]]:
        """Names in this order, and edges between places in it."""
        names = [self.names[n] for n in self.order]
        place = {name: at for at, name in enumerate(names)}
        children = self.children
        edges = [(at, place[child]) for at, n in enumerate(self.order) for child in children[n]]
        return names, edges

    @property
    def package_numbers(self) -> Sequence[int | None]:
        """Of each job in this order the number of its wrapper, numbered by their first jobs."""
        numbers: dict[str, int] = {}
        packages = [self.wrappers[n] for n in self.order]
        return [
            None if package is None else numbers.setdefault(package, len(numbers)) for package in packages
        ]

    @cached_property
    def digest(self) -> str:
        """Equal for equal names and edges, whatever the wrappers."""
        return content_digest(*self.outline())
