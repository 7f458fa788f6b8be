"""The ``trainer`` command: errors in one line, a missing extra named."""

import os
import sys


def main() -> None:
    """Run the command line; never show a traceback unless ``--debug`` asked for it."""
    from trainer.errors import TrainerError  # noqa: PLC0415 - nothing is imported before need

    debug = "--debug" in sys.argv[1:]
    try:
        from trainer.cli import app  # noqa: PLC0415 - click itself may be missing

        app(prog_name="trainer")
    except ModuleNotFoundError as error:
        if debug or (error.name or "").split(".")[0] in ("trainer", "colorcore"):
            raise
        _fail(f"{error.name} is not installed: pip install 'colorunet[{_extra(error.name)}]'")
    except TrainerError as error:
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
    extras = {
        "matplotlib": "trainer,report",
        "tensorboard": "trainer,tensorboard",
        "s3fs": "trainer,s3",
        "av": "trainer,video",
        "onnx": "trainer,onnx",
    }
    return extras.get((module or "").split(".")[0], "trainer")


def _fail(message: str) -> None:
    print(f"trainer: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
