"""The ``trainer`` command."""

from colorfiles.entrance import enter


def main() -> None:
    """Run the command line."""
    enter(
        "trainer",
        extra="trainer",
        extras={
            "matplotlib": "trainer,report",
            "tensorboard": "trainer,tensorboard",
            "s3fs": "trainer,s3",
        },
    )


if __name__ == "__main__":
    main()
