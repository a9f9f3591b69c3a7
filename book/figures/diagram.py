"""Diagrams of boxes and arrows, in two languages, for light and dark pages.

    d = Diagram("ch03/sdpa", 200, ("Attention from left to right", "从左到右的注意力"))
    q = d.box(10, 20, 66, 36, "Q (T,d)", "orange")
    s = d.box(120, 20, 80, 36, ("softmax\\nby row", "按行\\nsoftmax"), "green")
    d.arrow([q.right, s.left])

Coordinates run from the upper left; a diagram is 520 wide, like the pictures of common/plot, and its texts are at least
14, so that they can be read on a telephone. A text is a string, or a pair (English, Chinese); \\n begins a new line.
Colours are those of common/plot, with the same twins for dark pages; boxes are filled with a trace of theirs."""
import html
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent
ROOT = FOLDER.parent.parent
TWINS = re.findall(r'\{"(#\w{6})", "(#\w{6})"\}', (ROOT / "common/plot/svg.c").read_text(encoding="utf-8"))
COLOURS = dict(ink="#24292f", grey="#656d76", grid="#dfe3e8", blue="#0a66c2", orange="#e0580a", green="#0f9d68",
               violet="#8d6fa3", red="#7d1212")
EDITIONS = ((0, "en", ".svg"), (1, "zh-CN", ".zh.svg"))


def width_of(text, size):
    """As wide as the widest of the usual fonts makes it."""
    return size * sum(1 if ord(c) > 0x2E7F else 0.34 if c in " ijl.,:;'|!" else 0.6 for c in text)


class Box:
    def __init__(self, x, y, w, h):
        self.x, self.y, self.w, self.h = x, y, w, h
        self.left, self.right = (x, y + h / 2), (x + w, y + h / 2)
        self.top, self.bottom, self.middle = (x + w / 2, y), (x + w / 2, y + h), (x + w / 2, y + h / 2)


class Diagram:
    drawn = []

    def __init__(self, name, height, title, width=520):
        self.name, self.width, self.height, self.title = name, width, height, title
        self.parts = ([], [])
        Diagram.drawn.append(self)

    def _both(self, part):
        for parts in self.parts:
            parts.append(part)

    def text(self, x, y, text, anchor="middle", colour="ink", bold=False, size=14, mono=False):
        """y is the middle of the text's height. mono: as in a program."""
        for edition, _, _ in EDITIONS:
            lines = (text if isinstance(text, str) else text[edition]).split("\n")
            for i, line in enumerate(lines):
                left = x - width_of(line, size) * {"start": 0, "middle": 0.5, "end": 1}[anchor]
                if left < 0 or left + width_of(line, size) > self.width:
                    raise ValueError("%s: '%s' does not fit into the picture" % (self.name, line))
                self.parts[edition].append(
                    '<text x="%g" y="%.1f" font-size="%d" text-anchor="%s" fill="%s"%s%s>%s</text>' %
                    (x, y + 0.35 * size + (i - (len(lines) - 1) / 2) * 1.25 * size, size, anchor, COLOURS[colour],
                     ' font-weight="bold"' if bold else "",
                     ' font-family="monospace" xml:space="preserve"' if mono else "", html.escape(line)))

    def box(self, x, y, w, h, text="", colour="grey", dashed=False, bold=False, fill=0.14, corner=6):
        c = COLOURS[colour]
        self._both('<rect x="%g" y="%g" width="%g" height="%g" rx="%g" fill="%s" fill-opacity="%g" stroke="%s"%s/>' %
                   (x, y, w, h, corner, c, 0 if dashed else fill, c, ' stroke-dasharray="5 4"' if dashed else ""))
        for edition, _, _ in EDITIONS:
            for line in (text if isinstance(text, str) else text[edition]).split("\n"):
                if width_of(line, 14) > w:
                    raise ValueError("%s: '%s' is wider than its box" % (self.name, line))
        if text:
            self.text(x + w / 2, y + h / 2, text, bold=bold)
        return Box(x, y, w, h)

    def cells(self, x, y, side, rows):
        """A grid; rows are strings, a letter for each cell: b o g v r as in COLOURS, . is empty."""
        names = {c[0]: c for c in ("blue", "orange", "green", "violet", "red")}
        for r, row in enumerate(rows):
            for c, letter in enumerate(row):
                full = letter != "."
                self._both('<rect x="%g" y="%g" width="%g" height="%g" fill="%s" fill-opacity="%g" stroke="%s"/>' %
                           (x + c * side, y + r * side, side, side, COLOURS[names.get(letter, "grey")],
                            0.75 if full else 0, COLOURS["grid"]))
        return Box(x, y, side * max(map(len, rows)), side * len(rows))

    def circle(self, x, y, r, text="", colour="blue"):
        c = COLOURS[colour]
        self._both('<circle cx="%g" cy="%g" r="%g" fill="%s" fill-opacity="0.14" stroke="%s"/>' % (x, y, r, c, c))
        if text:
            self.text(x, y, text)
        return Box(x - r, y - r, 2 * r, 2 * r)

    def plus(self, x, y, r=12):
        self._both('<path d="M%g %gH%gM%g %gV%g" stroke="%s" stroke-width="1.5"/>' %
                   (x - r / 2, y, x + r / 2, x, y - r / 2, y + r / 2, COLOURS["ink"]))
        return self.circle(x, y, r, colour="ink")

    def line(self, points, colour="ink", width=1.5, dashed=False):
        self._both('<path d="M%s" fill="none" stroke="%s" stroke-width="%g"%s/>' %
                   ("L".join("%g %g" % p for p in points), COLOURS[colour], width,
                    ' stroke-dasharray="5 4"' if dashed else ""))

    def arrow(self, points, colour="ink", width=1.5):
        """A line with a head at its last point."""
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        neck = (x1 - 8 * dx, y1 - 8 * dy)
        self.line(list(points[:-1]) + [neck], colour, width)
        self._both('<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1fz" fill="%s"/>' %
                   (x1, y1, neck[0] - 4 * dy, neck[1] + 4 * dx, neck[0] + 4 * dy, neck[1] - 4 * dx, COLOURS[colour]))

    def svg(self, edition, language):
        style = "\n".join('.plot [fill="%s"] {fill: %s} .plot [stroke="%s"] {stroke: %s}' % (light, dark, light, dark)
                          for light, dark in TWINS)
        return ('<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" lang="%s" width="%d" height="%d" '
                'viewBox="0 0 %d %d" font-family="sans-serif">\n<title>%s</title>\n<style>\n'
                '@media (prefers-color-scheme: dark) {\n%s\n}\n</style>\n%s\n</svg>\n' %
                (language, self.width, self.height, self.width, self.height, html.escape(self.title[edition]), style,
                 "\n".join(self.parts[edition])))

    def files(self):
        for edition, language, ending in EDITIONS:
            yield FOLDER / (self.name + ending), self.svg(edition, language)
