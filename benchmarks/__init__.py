"""Benchmarks of Mestral: a generator of large Autosubmit trees and a runner that compares servers on them.

Nothing here is part of the installed distribution; run the modules from the root of the repository.
"""
