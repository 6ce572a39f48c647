"""Let ``python -m geoplan`` do what ``geoplan`` does."""

from geoplan.cli import main

if __name__ == "__main__":
    main()
