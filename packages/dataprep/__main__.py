"""The ``dataprep`` command."""

from colorfiles.entrance import enter


def main() -> None:
    """Run the command line."""
    enter(
        "dataprep",
        extra="dataprep",
        extras={
            "jinja2": "dataprep,report",
            "matplotlib": "dataprep,report",
            "ray": "dataprep,ray",
            "s3fs": "dataprep,s3",
        },
    )


if __name__ == "__main__":
    main()
