"""A picture of a page in Chromium, as docs/review.png is made:

python -m ops review --html review.html
python -m tools.page_picture review.html --out docs/review.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tools.chromium import opened

WIDTH, HEIGHT = 900, 1360


def picture(page: Path, *, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """The top of the page as PNG."""
    with opened(page, width=width, height=height) as tab:
        return tab.picture()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--height", type=int, default=HEIGHT)
    args = parser.parse_args(argv)
    args.out.write_bytes(picture(args.page, width=args.width, height=args.height))


if __name__ == "__main__":
    main()
