"""`python -m smtcheck` is the command line."""

from smtcheck.interface.main import main

if __name__ == "__main__":
    main()
