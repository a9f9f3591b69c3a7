"""Draws formulas while the pages are built, with KaTeX in one node process: the
reader's browser gets HTML and a few fonts, and runs nothing. EPUB gets MathML."""
import json
import os
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

    def draw(self, tex, display, output):
        options = {"displayMode": display, "output": output, "throwOnError": True, "strict": "ignore"}
        self.node.stdin.write(json.dumps([tex, options]) + "\n")
        self.node.stdin.flush()
        html, error = self.answer()
        if error:
            raise ExtensionError("the formula %r: %s" % (tex, error))
        return html


def katex(writer):
    app = writer.builder.app
    if not hasattr(app, "katex"):
        app.katex = Katex()
    return app.katex


def draw(writer, node, display):
    output = "mathml" if writer.builder.name == "epub" else "htmlAndMathml"
    html = katex(writer).draw(node.astext(), display, output)
    if display:
        html = '<div class="formula">%s</div>\n' % html
    writer.body.append(html)
    raise nodes.SkipNode


def finish(app, error):
    """Style and fonts: the woff2 alone, which every browser of today reads."""
    if not hasattr(app, "katex"):
        return
    app.katex.node.stdin.close()
    app.katex.node.wait()
    if app.builder.name == "epub" or error:
        return
    target = os.path.join(app.outdir, "_static", "katex")
    os.makedirs(os.path.join(target, "fonts"), exist_ok=True)
    shutil.copy(os.path.join(app.katex.folder, "katex.min.css"), target)
    fonts = os.path.join(app.katex.folder, "fonts")
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
