"""The ``colorunet`` command."""

from colorfiles.entrance import enter


def main() -> None:
    """Run the command line."""
    enter(
        "colorunet",
        extra="trainer",
        extras=dict.fromkeys(("uvicorn", "starlette", "python_multipart"), "serve"),
    )


if __name__ == "__main__":
    main()
