"""What answers are made of: pure functions over the records of `model`, without I/O and without HTTP."""
