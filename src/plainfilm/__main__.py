"""`python -m plainfilm`."""

from plainfilm.cli import main

if __name__ == "__main__":
    main()
