"""``python -m radiograde``."""

from radiograde.command import main

if __name__ == "__main__":
    main()
