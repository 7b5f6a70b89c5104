"""`python -m floodwatch`."""

from floodwatch.cli import main

if __name__ == "__main__":
    main()
