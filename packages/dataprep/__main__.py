"""The ``dataprep`` command: errors in one line, a missing extra named."""

import os
import sys


def main() -> None:
    """Run the command line; never show a traceback unless ``--debug`` asked for it."""
    from dataprep.errors import DataprepError  # noqa: PLC0415 - nothing is imported before need

    debug = "--debug" in sys.argv[1:]
    try:
        from dataprep.cli import app  # noqa: PLC0415 - click itself may be missing

        app(prog_name="dataprep")
    except ModuleNotFoundError as error:
        if debug or (error.name or "").split(".")[0] in ("dataprep", "colorcore"):
            raise
        _fail(f"{error.name} is not installed: pip install 'colorunet[{_extra(error.name)}]'")
    except DataprepError as error:
        if debug:
            raise
        _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if debug:
            raise
        _fail(f"{error.filename or 'system'}: {error.strerror or error}")


def _extra(module: str | None) -> str:
    extras = {"matplotlib": "dataprep,report", "ray": "dataprep,ray", "s3fs": "dataprep,s3"}
    return extras.get((module or "").split(".")[0], "dataprep")


def _fail(message: str) -> None:
    print(f"dataprep: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
