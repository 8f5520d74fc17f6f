"""`python -m mestral`: the same as the console script `mestral`."""

from mestral.cli import main

main()
