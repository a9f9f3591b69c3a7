"""Draws formulas while the pages are built, with KaTeX in one node process: the
reader's browser gets HTML and a few fonts, and runs nothing. EPUB gets the MathML of
the same drawing. What was drawn once, in any build, is kept in build/book/.formulas."""
import json
import os
import re
import shutil
import subprocess

from docutils import nodes
from sphinx.errors import ExtensionError

SCRIPT = """
const katex = require('katex'), path = require('path');
process.stdout.write(JSON.stringify(path.dirname(require.resolve('katex/dist/katex.min.css'))) + '\\n');
require('readline').createInterface({input: process.stdin}).on('line', line => {
  let answer;
  try { const [tex, options] = JSON.parse(line); answer = [katex.renderToString(tex, options), null]; }
  catch (e) { answer = [null, e.message]; }
  process.stdout.write(JSON.stringify(answer) + '\\n');
});"""


class Katex:
    def __init__(self):
        path = os.pathsep.join(filter(None, [os.environ.get("NODE_PATH"), "/usr/share/nodejs"]))
        self.node = subprocess.Popen(["node", "-e", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True, encoding="utf-8", env={**os.environ, "NODE_PATH": path})
        self.folder = self.answer()

    def answer(self):
        line = self.node.stdout.readline()
        if not line:
            raise ExtensionError("KaTeX does not run: node or its module katex is missing; make deps-book")
        return json.loads(line)

    def draw(self, tex, display):
        options = {"displayMode": display, "output": "htmlAndMathml", "throwOnError": True, "strict": "ignore"}
        self.node.stdin.write(json.dumps([tex, options]) + "\n")
        self.node.stdin.flush()
        html, error = self.answer()
        if error:
            raise ExtensionError("the formula %r: %s" % (tex, error))
        return html

    def end(self):
        self.node.stdin.close()
        self.node.wait()


class Formulas:
    """Drawn formulas, by what they say; the file is that of one edition."""

    def __init__(self, path):
        self.path, self.new, self.katex = path, False, None
        self.drawn = json.load(open(path, encoding="utf-8")) if os.path.exists(path) else {}

    def draw(self, tex, display):
        key = ("$$" if display else "$") + tex
        if key not in self.drawn:
            self.katex = self.katex or Katex()
            self.drawn[key], self.new = self.katex.draw(tex, display), True
        return self.drawn[key]

    def save(self):
        if self.katex:
            self.katex.end()
        if self.new:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(self.path, "w", encoding="utf-8") as f:
                json.dump(self.drawn, f, ensure_ascii=False)


def formulas(app):
    if not hasattr(app, "formulas"):
        folder = os.path.join(os.path.dirname(app.doctreedir), "..", ".formulas")
        app.formulas = Formulas(os.path.join(folder, app.config.html_context["edition"] + ".json"))
    return app.formulas


def with_last(html):
    """The last of the boxes that a formula may be broken between, in one that typography.py can tie to a full stop."""
    at, end = html.rfind('<span class="base">'), len(html) - len("</span></span>")
    return html[:at] + '<span class="last">' + html[at:end] + "</span>" + html[end:] if at >= 0 else html


def draw(writer, node, display):
    app = writer.builder.app
    html = formulas(app).draw(node.astext(), display)
    if app.builder.name == "epub":
        html = re.search("<math.*</math>", html, re.S).group()
    elif not display:
        html = with_last(html)
    if display:
        html = '<div class="formula">%s</div>\n' % html
    writer.body.append(html)
    raise nodes.SkipNode


def katex_folder():
    """Where KaTeX's style and fonts are."""
    katex = Katex()
    katex.end()
    return katex.folder


def finish(app, error):
    """Style and fonts: the woff2 alone, which every browser of today reads."""
    if not hasattr(app, "formulas"):
        return
    app.formulas.save()
    if app.builder.name == "epub" or error:
        return
    target = os.path.join(app.outdir, "_static", "katex")
    if os.path.exists(os.path.join(target, "katex.min.css")):
        return
    source = katex_folder()
    os.makedirs(os.path.join(target, "fonts"), exist_ok=True)
    shutil.copy(os.path.join(source, "katex.min.css"), target)
    fonts = os.path.join(source, "fonts")
    for name in os.listdir(fonts):
        if name.endswith(".woff2"):
            shutil.copy(os.path.join(fonts, name), os.path.join(target, "fonts"))


def setup(app):
    app.add_html_math_renderer("katex_at_build", (lambda w, n: draw(w, n, False), None),
                               (lambda w, n: draw(w, n, True), None))
    app.config.html_math_renderer = "katex_at_build"
    app.add_css_file("katex/katex.min.css")
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
