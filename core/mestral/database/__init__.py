"""The tables that Mestral itself owns: tokens, revocations, the audit log, preferences; and those of plugins.

`engine` opens the database, `migrations` brings its tables up to date, `tables` describes core's own. Nothing
of Autosubmit is kept here, and nothing here is needed to read an experiment.
"""
