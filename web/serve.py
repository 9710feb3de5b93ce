"""The command `cordee` begins here. The rule kept here: what the start loads stays, so the garbage collector looks at none of it.

Left to itself it goes through all that is loaded a dozen times while more is loaded, for nothing: a fifth of the start.
"""

import gc
from importlib import import_module


def main() -> None:
    """Entry point of the command `cordee`."""
    gc.disable()
    command = import_module("web.command")
    gc.freeze()
    gc.enable()
    command.app()


if __name__ == "__main__":
    main()
