"""`python -m genconv` and the `genconv` script."""

from genconv.cli.app import main

if __name__ == "__main__":
    main()
