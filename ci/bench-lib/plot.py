"""Draws docs/benchmark.svg of build/bench.json.

    python3 ci/bench-lib/plot.py build/bench.json docs/benchmark.svg
"""

import json
import pathlib
import statistics
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1000, 452
TOP, BOTTOM = 92, 372
INK, FAINT, GRID = "#24292f", "#656d76", "#e4e8ec"
GREY = "#7d8690"

# The lines of the left side: what they are called at their end, and their colours.
SWEEPS = {
    "signed_headers": ("more headers, all signed", "#bc4c00"),
    "arguments": ("more query arguments", "#8250df"),
    "target": ("a longer path", "#0969da"),
    "headers": ("more headers, unsigned", "#1a7f37"),
}
BARS = {
    "unsigned": GREY,
    "v4-headers": "#0550ae",
    "v4-query": "#0550ae",
    "v2-headers": "#3a8be0",
    "v2-query": "#3a8be0",
}


def draw(figures, output):
    """Draws the figures of one JSON file."""
    found = json.loads(pathlib.Path(figures).read_text())
    rows, machine = found["figures"], found["machine"]
    sha = "with SHA extensions" if machine["sha_extensions"] else "no SHA extensions"
    cpu = machine["cpu"].replace("(R)", "").replace("(TM)", "")
    drawing = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" '
        f'font-size="13" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#ffffff"/>',
        *_growth([row for row in rows if row["group"] == "head size" and "bytes" in row]),
        *_requests({row["name"]: row for row in rows if row["group"] == "worker"}),
        _text(
            24, HEIGHT - 14, f"{cpu}, {sha}; nginx {machine['nginx']}", size=11, fill=FAINT
        ),
        "</svg>\n",
    ]
    pathlib.Path(output).parent.mkdir(exist_ok=True)
    pathlib.Path(output).write_text("\n".join(drawing))


def _growth(rows):
    """Time against the size of the head."""
    left, right = 66, 540
    x = _Scale(0, max(row["bytes"] for row in rows), left, right)
    y = _Scale(0, max(row["median"] for row in rows) / 1000, BOTTOM, TOP)
    yield _text(24, 34, "Signing a request head", size=17, weight=600)
    yield _text(24, 56, "Signature V4 in headers; time in µs, head parsed and written anew",
                fill=FAINT)
    for value in y.ticks():
        yield _line(left, y(value), right, y(value), GRID)
        yield _text(left - 8, y(value) + 4, f"{value:g}", anchor="end", fill=FAINT)
    for value in x.ticks(step=2048):
        label = f"{value // 1024} KiB" if value else "0"
        yield _text(x(value), BOTTOM + 18, label, anchor="middle", fill=FAINT)
    yield _line(left, BOTTOM, right, BOTTOM, INK)
    yield _text((left + right) / 2, BOTTOM + 38, "size of the head", anchor="middle", fill=FAINT)

    for sweep, (label, colour) in SWEEPS.items():
        points = [(x(r["bytes"]), y(r["median"] / 1000)) for r in rows if r["sweep"] == sweep]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for a, b in points:
            yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>'
        a, b = points[-1]
        if a > right - 100:
            yield _text(a, b - 12, label, anchor="end", fill=colour)
        else:
            yield _text(a + 9, b + 4, label, fill=colour)


def _requests(rows):
    """CPU time of a worker for a request. What signing adds is known better from the pairs than
    from the times, which change with the machine's mood; so signed requests are drawn as the
    unsigned one times the ratio."""
    left, right = 622, 976
    unsigned = rows["CPU a request, unsigned"]["median"]
    bars = {"unsigned": statistics.quantiles(rows["CPU a request, unsigned"]["values"], n=4)}
    for name in list(BARS)[1:]:
        ratios = statistics.quantiles(rows[f"CPU: {name} to unsigned"]["values"], n=4)
        bars[name] = [unsigned * ratio for ratio in ratios]
    y = _Scale(0, max(upper for _, _, upper in bars.values()), BOTTOM, TOP)
    yield _text(580, 34, "A request through nginx", size=17, weight=600)
    yield _text(580, 56, "CPU time of the worker in µs; objects of 1 KiB", fill=FAINT)
    for value in y.ticks():
        yield _line(left, y(value), right, y(value), GRID)
        yield _text(left - 8, y(value) + 4, f"{value:g}", anchor="end", fill=FAINT)

    step = (right - left) / len(BARS)
    for i, (name, colour) in enumerate(BARS.items()):
        lower, median, upper = bars[name]
        middle, half = left + (i + 0.5) * step, step * 0.32
        yield (
            f'<rect x="{middle - half:.1f}" y="{y(median):.1f}" width="{2 * half:.1f}" '
            f'height="{BOTTOM - y(median):.1f}" fill="{colour}"/>'
        )
        for a, b, c, d in [
            (middle, y(lower), middle, y(upper)),
            (middle - 5, y(lower), middle + 5, y(lower)),
            (middle - 5, y(upper), middle + 5, y(upper)),
        ]:
            yield _line(a, b, c, d, INK)
        yield _text(
            middle, BOTTOM - 28, f"{median:.1f}", anchor="middle", fill="#ffffff", weight=600
        )
        ratio = f"×{median / unsigned:.2f}" if name != "unsigned" else ""
        yield _text(middle, BOTTOM - 11, ratio, anchor="middle", fill="#ffffff", size=12)
        for line, word in enumerate(name.split("-")):
            word = word.upper() if word in ("v2", "v4") else word
            yield _text(middle, BOTTOM + 18 + 16 * line, word, anchor="middle")
    yield _line(left, BOTTOM, right, BOTTOM, INK)
    yield _text(
        right, HEIGHT - 14, "×: median ratio of pairs with unsigned; lines: quartiles",
        anchor="end", size=11, fill=FAINT,
    )


class _Scale:
    """From values, a little more than the largest, to places."""

    def __init__(self, least, most, begin, end):
        self.least, self.most, self.begin, self.end = least, most * 1.04, begin, end

    def __call__(self, value):
        part = (value - self.least) / (self.most - self.least)
        return self.begin + part * (self.end - self.begin)

    def ticks(self, step=None):
        step = step or next(s for s in (0.5, 1, 2, 5, 10, 20, 50) if self.most / s <= 8)
        return [step * i for i in range(int(self.most / step) + 1)]


def _line(x1, y1, x2, y2, colour):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'
    )


def _text(x, y, text, anchor="start", size=None, weight=None, fill=None):
    more = {"font-size": size, "font-weight": weight, "fill": fill}
    attributes = "".join(f' {name}="{value}"' for name, value in more.items() if value)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{attributes}>{escape(text)}</text>'


if __name__ == "__main__":
    draw(*sys.argv[1:])
