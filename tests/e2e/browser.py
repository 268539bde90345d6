"""What Chromium makes of a page of ours: what its console says, what does not fit, what cannot be read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.support import need
from tools.chromium import opened

HEIGHT = 900
MEASURE = """
document.querySelectorAll("details").forEach(each => each.open = true);
const numbers = text => text.match(/[0-9.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
function ground(element) {
  for (let each = element; each; each = each.parentElement) {
    const colour = numbers(getComputedStyle(each).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
}
function contrast(element) {
  const [a, b] = [numbers(getComputedStyle(element).color), ground(element)].map(light).sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}
const all = [...document.querySelectorAll("body *")];
const told = all.filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
const beyond = each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5;
const name = each => each.outerHTML.slice(0, 120);
({
  width: innerWidth,
  room: document.documentElement.clientWidth,
  scrolls_to: document.documentElement.scrollWidth,
  beyond: all.filter(each => !each.closest(".diff span") && beyond(each)).map(name),
  smallest_px: Math.min(...told.map(each => parseFloat(getComputedStyle(each).fontSize))),
  faint: told.filter(each => contrast(each) < 4.5).map(each => contrast(each).toFixed(2) + " " + name(each)),
})
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """``room``: the width without a scroll bar; ``beyond``: elements that leave the window; ``faint``: texts with less
    contrast than WCAG AA asks."""

    console: list[str]
    requests: list[str]
    width: int
    room: int
    scrolls_to: int
    beyond: list[str]
    smallest_px: float
    faint: list[str]


def need_chromium() -> None:
    need(shutil.which("chromium") is not None, "chromium is not installed: apt-get install chromium")


def look(page: Path, *, width: int, dark: bool = False) -> Seen:
    """With everything that is folded open; ``dark``: as where people prefer that."""
    with opened(page, width=width, height=HEIGHT, dark=dark) as tab:
        measured = tab.evaluate(MEASURE)
        return Seen(console=tab.console, requests=tab.requests, **measured)
