"""Finished answers: functions that run in a reader process, named by the plans of `api`.

Each reads through the service `experiments.source`, calls one view and encodes its result, nothing else.
"""
