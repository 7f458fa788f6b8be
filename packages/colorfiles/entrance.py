"""Entry point of every command line: errors in one line, missing extras named."""

import importlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping

from colorfiles import errors
from colorfiles.outside.words import shown

_LONGEST = 300  # characters of an unexpected error that are shown
HOUSE = ("colorcore", "colorfiles", "colorunet", "dataprep", "trainer")


def enter(name: str, *, extra: str, extras: Mapping[str, str]) -> None:
    """Run ``NAME.cli.app``; no traceback is shown without ``--debug``.

    Args:
        name: of the command, and of the package whose ``cli`` it is.
        extra: what to install where a library is missing.
        extras: what to install instead for single libraries, by module.
    """
    debug = "--debug" in sys.argv[1:]
    _open_standard_streams()
    try:
        os.getcwd()
    except FileNotFoundError:  # oneMKL, a part of torch, would abort there
        _fail(name, "the working folder was deleted; change into another one")
    try:
        # Imported here, as click itself may be missing.
        importlib.import_module(f"{name}.cli").app(prog_name=name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if debug or missing in HOUSE:
            raise
        _fail(name, f"{error.name} is not installed: pip install '.[{extras.get(missing, extra)}]'")
    except (errors.Interrupted, KeyboardInterrupt):
        if not errors.can_start_threads():  # OpenBLAS raises SIGINT where it can't start its own
            _fail(name, errors.OUT_OF_THREADS)
        _fail(name, str(errors.Interrupted()), code=128 + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    # Any error: of the user (ColorfilesError), of the system (OSError, MemoryError,
    # no more threads), or another one, which is reported as a bug of this package.
    except Exception as error:
        if debug:
            raise
        # Ctrl-C while a compiled module loads is raised as an ImportError or the like.
        if any(isinstance(one, KeyboardInterrupt) for one in _chain(error)):
            _fail(name, str(errors.Interrupted()), code=128 + signal.SIGINT)
        _fail(name, _line(name, error), code=getattr(error, "exit_code", 1))


def _open_standard_streams() -> None:
    """Open standard streams that are closed (``2>&-``, pythonw) on the null device.

    Otherwise the next file that is opened gets a standard stream's number, and messages are
    written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            while os.open(os.devnull, os.O_RDWR) < number:  # the lowest free number is taken
                pass
        setattr(sys, name, open(os.devnull, "r" if number == 0 else "w"))  # noqa: SIM115


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _line(name: str, error: Exception) -> str:
    """Return an error as one line for the user."""
    if isinstance(error, errors.OutOfMemory):
        return str(error)
    # First, as a reader of files would report this limit as a damaged file.
    if any(errors.is_out_of_threads(one) for one in _chain(error)):
        return errors.OUT_OF_THREADS
    if any(errors.is_out_of_memory(one) for one in _chain(error)):
        return f"no memory left; {errors.OUT_OF_MEMORY_HELP}"
    if isinstance(error, errors.ColorfilesError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'system'}: {error.strerror or error}"
    # A bug of this package: its report needs the traceback, its user doesn't.
    what = (str(error).strip().splitlines() or [""])[0][:_LONGEST]
    return (
        f"unexpected {type(error).__name__}: {what}; a bug in {name} itself: "
        f"`{name} --debug …` shows where, please report it"
    )


def _fail(name: str, message: str, *, code: int = 1) -> None:
    print(f"{name}: {shown(message)}", file=sys.stderr)
    sys.exit(code)
