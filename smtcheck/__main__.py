"""`python -m smtcheck` is the command line.

Python looks for modules in the current folder first, where claims of others may lie: a numpy.py
among them is not to be run.  The package itself was found already.
"""

import os
import sys
from contextlib import suppress

with suppress(FileNotFoundError):  # in a folder that is not there any more
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]

from smtcheck.interface.main import main

if __name__ == "__main__":
    main()
