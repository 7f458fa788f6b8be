"""How every command line is entered and left: errors in one line, a missing extra named."""

import importlib
import os
import signal
import sys
from collections.abc import Mapping

from colorfiles.errors import ColorfilesError, Interrupted
from colorfiles.outside.words import shown

_LONGEST = 300  # characters of an unexpected error that are shown
HOUSE = ("colorcore", "colorfiles", "colorunet", "dataprep", "trainer")


def enter(name: str, *, extra: str, extras: Mapping[str, str]) -> None:
    """Run ``NAME.cli.app``; no traceback is shown unless ``--debug`` asked for it.

    Args:
        name: of the command, and of the package whose ``cli`` it is.
        extra: what to install where a library is missing.
        extras: what else to install for single libraries, by module.
    """
    debug = "--debug" in sys.argv[1:]
    try:
        # Nothing is imported before need: click itself may be missing.
        importlib.import_module(f"{name}.cli").app(prog_name=name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if debug or missing in HOUSE:
            raise
        needs = extra + (f",{extras[missing]}" if missing in extras else "")
        _fail(name, f"{error.name} is not installed: pip install '.[{needs}]'")
    except (Interrupted, KeyboardInterrupt):
        _fail(name, str(Interrupted()), code=128 + signal.SIGINT)
    except ColorfilesError as error:
        if debug:
            raise
        _fail(name, str(error))
    except MemoryError:
        if debug:
            raise
        _fail(name, "no memory left; close other programs or give it less at once (--workers 1)")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if debug:
            raise
        _fail(name, f"{error.filename or 'system'}: {error.strerror or error}")
    except MemoryError:
        if debug:
            raise
        _fail(name, "not enough memory; close other programs, or give it less at once")
    except Exception as error:
        # A fault of ours. Whoever reports it needs the traceback; everyone else doesn't.
        if debug:
            raise
        what = (str(error).strip().splitlines() or [""])[0][:_LONGEST]
        _fail(
            name,
            f"unexpected {type(error).__name__}: {what}; a fault of {name} itself: "
            f"`{name} --debug …` shows where, please report it",
        )


def _fail(name: str, message: str, *, code: int = 1) -> None:
    print(f"{name}: {shown(message)}", file=sys.stderr)
    sys.exit(code)
