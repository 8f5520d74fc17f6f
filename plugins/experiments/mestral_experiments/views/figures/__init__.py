"""Figures about an experiment: how many jobs are how far, how fast, how costly, how long still."""
