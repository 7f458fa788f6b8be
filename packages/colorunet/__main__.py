"""The ``colorunet`` command."""

from colorfiles.entrance import enter


def main() -> None:
    """Run the command line."""
    enter("colorunet", extra="trainer", extras={})


if __name__ == "__main__":
    main()
