"""Runs of an experiment and the attempts of its jobs."""
