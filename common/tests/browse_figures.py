"""Pictures in a real browser: python3 browse_figures.py FOLDER..., such as book/figures

Draws every picture 380 and 760 pixels wide, and the narrow screen of a telephone less its margins, and measures what a
reader sees: no text below 9 pixels, none cut off, no two that overlap; a transparent ground; other colours on a dark
page, inline and as an <img>. Needs chromium, chromium-driver and python3-selenium: make deps-book."""
import base64
import pathlib
import struct
import sys
import tempfile
import zlib

WIDTHS = (348, 380, 760)
SMALLEST = 9

# For each picture what is wrong with it, as texts. A text is its four corners on the screen: names of columns lie aslant.
MEASURE = """
const found = [];
for (const svg of document.querySelectorAll('svg')) {
    const name = svg.parentNode.id, edge = svg.getBoundingClientRect(), texts = [];
    const say = what => found.push(name + ', ' + Math.round(edge.width) + ' pixels: ' + what);
    for (const t of svg.querySelectorAll('text')) {
        if (!t.textContent.trim()) continue;
        const m = t.getScreenCTM(), b = t.getBBox(), size = parseFloat(getComputedStyle(t).fontSize) * Math.hypot(m.a, m.b);
        const at = (x, y) => ({x: m.a * x + m.c * y + m.e, y: m.b * x + m.d * y + m.f});
        const top = b.y + 0.2 * b.height, end = b.y + 0.85 * b.height;  /* without the line's own space */
        texts.push({text: t.textContent, corners: [at(b.x, top), at(b.x + b.width, top), at(b.x + b.width, end), at(b.x, end)]});
        if (size < SMALLEST - 0.01) say(`'${t.textContent}' is ${size.toFixed(1)} pixels`);
        for (const p of texts.at(-1).corners)
            if (p.x < edge.left - 1 || p.x > edge.right + 1 || p.y < edge.top - 1 || p.y > edge.bottom + 1) {
                say(`'${t.textContent}' is cut off`);
                break;
            }
    }
    const apart = (a, b) => a.some((p, i) => {
        const q = a[(i + 1) % 4], nx = q.y - p.y, ny = p.x - q.x, along = v => v.map(c => c.x * nx + c.y * ny);
        const s = along(a), t = along(b), slack = 0.5 * Math.hypot(nx, ny);
        return Math.max(...s) <= Math.min(...t) + slack || Math.max(...t) <= Math.min(...s) + slack;
    });
    texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
        if (!apart(a.corners, b.corners) && !apart(b.corners, a.corners)) say(`'${a.text}' overlaps '${b.text}'`);
    }));
    if (!texts.length) say('no texts');
}
return found;""".replace("SMALLEST", str(SMALLEST))

# Colours of texts that are the same on both pages, or a ground that is not transparent.
PALE = """
return [...document.querySelectorAll('svg')].filter(svg =>
    [...svg.querySelectorAll('text')].some(t => getComputedStyle(t).fill === 'rgb(36, 41, 47)')).map(svg => svg.parentNode.id);"""


def page(folder, pictures, width, style=""):
    """All pictures inline, in one page."""
    body = "".join('<div id="%s" style="width:%dpx">%s</div>' %
                   (p.relative_to(folder), width, p.read_text(encoding="utf-8").split("?>", 1)[-1]) for p in pictures)
    return ('<!doctype html><meta charset="utf-8"><style>body{margin:0} svg{width:100%%;height:auto;display:block} %s</style>%s' %
            (style, body))


def pixels(png):
    """The bytes of a PNG of 8 bits a channel: rows of (red, green, blue[, alpha])."""
    at, data, channels = 8, b"", 0
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", png[at + 8:at + 18])
            channels = {2: 3, 6: 4}[colour]
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += size + 12
    data, stride, before, out = zlib.decompress(data), width * channels, bytearray(width * channels), []
    for r in range(height):
        kind, row = data[r * (stride + 1)], bytearray(data[r * (stride + 1) + 1:(r + 1) * (stride + 1)])
        for i in range(stride):
            a, b = row[i - channels] if i >= channels else 0, before[i]
            c = before[i - channels] if i >= channels else 0
            guess = min((a, b, c), key=lambda v: abs(a + b - c - v))
            row[i] = (row[i] + (0, a, b, (a + b) // 2, guess)[kind]) & 255
        out += [tuple(row[i:i + 3]) for i in range(0, stride, channels)]
        before = row
    return out


def as_image(browser, path, scheme, ground):
    """The colours of a picture as an <img> on a page of the scheme."""
    data = base64.b64encode(path.read_bytes()).decode()
    show(browser, '<!doctype html><html style="color-scheme:%s"><body style="margin:0;background:%s">'
         '<img src="data:image/svg+xml;base64,%s" width="380"></html>' % (scheme, ground, data))
    return pixels(base64.b64decode(browser.find_element("tag name", "img").screenshot_as_base64))


def show(browser, text):
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8", delete=False) as f:
        f.write(text)
    browser.get("file://" + f.name)
    pathlib.Path(f.name).unlink()


def faults_at(browser, folder, pictures, width):
    show(browser, page(folder, pictures, width))
    return browser.execute_script(MEASURE)


def test(browser, folder):
    pictures = sorted(folder.rglob("*.svg"))
    faults = [] if pictures else ["no pictures in %s" % folder]
    for width in WIDTHS:
        faults += faults_at(browser, folder, pictures, width)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    show(browser, page(folder, pictures, 380))
    faults += ["%s: the texts are as dark on a dark page" % name for name in browser.execute_script(PALE)]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    for path in pictures[:1]:
        light, dark = as_image(browser, path, "light", "#ffffff"), as_image(browser, path, "dark", "#131416")
        if max(map(sum, light)) != 3 * 255 or light.count((255, 255, 255)) < len(light) / 4:
            faults.append("%s: its ground is not the page's" % path.name)
        if dark.count((0x13, 0x14, 0x16)) < len(dark) / 4 or max(map(sum, dark)) < 550:
            faults.append("%s: as an <img> on a dark page it does not turn light" % path.name)
    return len(pictures), faults


def main():
    from browse_book import open_browser
    browser, count, faults = open_browser(), 0, []
    try:
        for folder in sys.argv[1:]:
            pictures, found = test(browser, pathlib.Path(folder).resolve())
            count, faults = count + pictures, faults + found
    finally:
        browser.quit()
    print("\n".join(faults + ["figures: %d pictures, %d faults" % (count, len(faults))]))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main() if len(sys.argv) > 1 else "usage: browse_figures.py FOLDER...")
