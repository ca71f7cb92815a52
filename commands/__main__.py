"""``python -m commands`` is ``upshelf``."""

from commands.main import main

if __name__ == "__main__":
    main(prog_name="upshelf")
