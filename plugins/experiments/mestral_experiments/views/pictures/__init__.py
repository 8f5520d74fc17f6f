"""Pictures of an experiment as SVG.

Guarantees: pure functions; well-formed XML whatever names hold; no script, nothing from elsewhere; readable
on white and on dark. A picture has a natural size, and scales where it is embedded. Linear in what is drawn.
"""

from mestral_experiments.views.pictures.graph import draw_graph, space_of_jobs
from mestral_experiments.views.pictures.performance import draw_performance

__all__ = ("draw_graph", "draw_performance", "space_of_jobs")
