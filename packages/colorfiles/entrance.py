"""How every command line is entered and left: errors in one line, a missing extra named."""

import importlib
import os
import signal
import sys
from collections.abc import Mapping

from colorfiles.errors import OUT_OF_MEMORY_HELP, ColorfilesError, Interrupted, is_out_of_memory
from colorfiles.outside.words import shown

_LONGEST = 300  # characters of an unexpected error that are shown
HOUSE = ("colorcore", "colorfiles", "colorunet", "dataprep", "trainer")


def enter(name: str, *, extra: str, extras: Mapping[str, str]) -> None:
    """Run ``NAME.cli.app``; no traceback is shown unless ``--debug`` asked for it.

    Args:
        name: of the command, and of the package whose ``cli`` it is.
        extra: what to install where a library is missing.
        extras: what to install instead for single libraries, by module.
    """
    debug = "--debug" in sys.argv[1:]
    _open_standard_streams()
    try:
        # Nothing is imported before need: click itself may be missing.
        importlib.import_module(f"{name}.cli").app(prog_name=name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if debug or missing in HOUSE:
            raise
        _fail(name, f"{error.name} is not installed: pip install '.[{extras.get(missing, extra)}]'")
    except (Interrupted, KeyboardInterrupt):
        _fail(name, str(Interrupted()), code=128 + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # the last frame of all: the user's errors, the system's, our faults
        if debug:
            raise
        if _comes_of_ctrl_c(error):
            _fail(name, str(Interrupted()), code=128 + signal.SIGINT)
        _fail(name, _line(name, error))


def _open_standard_streams() -> None:
    """Open those that were closed by who started this (``2>&-``, pythonw), into nothing.

    Else the next file that is opened gets a standard stream's number, and words for people land
    in it.
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


def _comes_of_ctrl_c(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: of one in its loading a compiled module makes its own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _line(name: str, error: Exception) -> str:
    """Return an error in a line for who types commands."""
    if isinstance(error, ColorfilesError):
        return str(error)
    if is_out_of_memory(error):
        return f"no memory left; {OUT_OF_MEMORY_HELP}"
    if isinstance(error, OSError):
        return f"{error.filename or 'system'}: {error.strerror or error}"
    # A fault of ours. Whoever reports it needs the traceback; everyone else doesn't.
    what = (str(error).strip().splitlines() or [""])[0][:_LONGEST]
    return (
        f"unexpected {type(error).__name__}: {what}; a fault of {name} itself: "
        f"`{name} --debug …` shows where, please report it"
    )


def _fail(name: str, message: str, *, code: int = 1) -> None:
    print(f"{name}: {shown(message)}", file=sys.stderr)
    sys.exit(code)
