"""The words of the book for its search, _static/words.js: for every section its page,
its anchor, its title and its text without formulas. static/book.js searches them in the
reader's browser: English words by their beginning, Chinese exactly as typed."""
import json
import os
import re

from docutils import nodes

from navigation import structure

UNREAD = (nodes.math, nodes.math_block, nodes.raw, nodes.comment, nodes.title, nodes.section, nodes.target,
          nodes.image)


def text_of(node):
    """The text of a node, without that of sections in it."""
    if isinstance(node, nodes.Text):
        return node.astext()
    out = [text_of(child) for child in node.children if not isinstance(child, UNREAD)]
    return ("" if isinstance(node, nodes.TextElement) else " ").join(out)


def sections_of(app, doc):
    for section in app.env.get_doctree(doc).findall(nodes.section):
        title = next(section.findall(nodes.title)).astext()
        yield [app.builder.get_target_uri(doc), section["ids"][0], title, re.sub(r"\s+", " ", text_of(section)).strip()]


def finish(app, error):
    if app.builder.name != "html" or error:
        return
    docs = [p["doc"] for p in structure(app).pages]
    entries = [entry for doc in docs for entry in sections_of(app, doc)]
    path = os.path.join(app.outdir, "_static", "words.js")
    with open(path, "w", encoding="utf-8") as f:
        f.write("book.search(" + json.dumps(entries, ensure_ascii=False, separators=(",", ":")) + ");\n")


def setup(app):
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
