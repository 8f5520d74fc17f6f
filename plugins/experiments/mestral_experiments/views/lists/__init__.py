"""Lists of experiments and of jobs: what is on a page, in which order, and how to go on from there."""
