"""All jobs of an experiment as tree and graph show them, for the GUI and for programs, and their monitors."""
