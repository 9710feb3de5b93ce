"""The command `cordee`: what instance.cli offers, and the two that need the web: serve and demo.

The rule kept here: web imports instance, never back; so the command line as a whole is put together on this side.
"""

from instance.cli import app


def main() -> None:
    """Entry point of the command `cordee`."""
    app()


if __name__ == "__main__":
    main()
