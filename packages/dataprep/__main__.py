"""The ``dataprep`` command."""

from colorfiles.entrance import enter


def main() -> None:
    """Run the command line."""
    enter(
        "dataprep",
        extra="dataprep",
        extras={"jinja2": "report", "matplotlib": "report", "ray": "ray", "s3fs": "s3"},
    )


if __name__ == "__main__":
    main()
