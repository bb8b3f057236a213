# SPDX-License-Identifier: GPL-3.0-or-later
"""Line plots side by side as SVG, with a logarithmic axis upwards. No dependencies."""
import math

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 300, 260, 56, 40, 50, 40
COLOURS = ("#0b5fa5", "#c0392b", "#2e7d32", "#8e44ad")


def _text(x, y, words, anchor="middle", size=11, turn=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
            f'{turn}>{words}</text>')


def _number(value):
    return f"{value:g}"


class _Panel:
    """One plot: {"title", "x", "series": {name: [(x, y), ...]}} with its place."""

    def __init__(self, plot, left, low, high):
        self.plot, self.left = plot, left
        xs = [x for points in plot["series"].values() for x, _ in points]
        self.x_low, self.x_high = min(xs), max(max(xs), min(xs) + 1)
        self.low, self.high = low, high  # decades

    def x(self, value):
        return self.left + WIDTH * (value - self.x_low) / (self.x_high - self.x_low)

    def y(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return TOP + HEIGHT * (1 - share)

    def frame(self):
        yield (f'<rect x="{self.left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
               'stroke="#888"/>')
        yield _text(self.left + WIDTH / 2, TOP - 10, self.plot["title"], size=13)
        yield _text(self.left + WIDTH / 2, TOP + HEIGHT + 36, self.plot["x"])
        for decade in range(self.low, self.high + 1):
            y = self.y(10 ** decade)
            yield (f'<line x1="{self.left}" y1="{y:.1f}" x2="{self.left + WIDTH}" y2="{y:.1f}" '
                   'stroke="#ddd"/>')
            yield _text(self.left - 6, y + 4, _number(10 ** decade), "end")
        for x in sorted({x for points in self.plot["series"].values() for x, _ in points}):
            yield _text(self.x(x), TOP + HEIGHT + 16, _number(x))

    def lines(self):
        for colour, (name, points) in zip(COLOURS, self.plot["series"].items()):
            path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            for x, y in points:
                yield (f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" '
                       f'fill="{colour}"><title>{name}: {_number(x)}, {y:.3g}</title></circle>')


def _legend(names, x, y):
    for colour, name in zip(COLOURS, names):
        yield f'<rect x="{x}" y="{y - 8}" width="12" height="4" fill="{colour}"/>'
        yield _text(x + 18, y, name, "start")
        y += 16


def draw(plots, y_title):
    """The text of an SVG."""
    values = [y for plot in plots for points in plot["series"].values() for _, y in points]
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values))), low + 1)
    width = LEFT + len(plots) * (WIDTH + GAP + LEFT)
    height = TOP + HEIGHT + BOTTOM
    out = ["<!-- SPDX-License-Identifier: GPL-3.0-or-later -->",
           f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}" font-family="sans-serif">',
           '<rect width="100%" height="100%" fill="white"/>',
           _text(14, TOP + HEIGHT / 2, y_title,
                 turn=f' transform="rotate(-90 14 {TOP + HEIGHT / 2:.0f})"')]
    for i, plot in enumerate(plots):
        panel = _Panel(plot, LEFT + i * (WIDTH + GAP + LEFT), low, high)
        out += [*panel.frame(), *panel.lines()]
    out += [*_legend(plots[0]["series"], LEFT + 10, TOP + 16), "</svg>"]
    return "\n".join(out) + "\n"
