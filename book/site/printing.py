"""Pages for print: each chapter on one page, print/ch03.html, and the whole book,
print/book.html, with cover and contents, of which a browser makes the PDF."""
import html
import posixpath
import re

from docutils import nodes
from docutils.io import StringOutput
from sphinx import addnodes
from sphinx.util.osutil import relative_uri

from navigation import id_of, structure


class Assembly:
    """Pages of the site, one below the other on a page of their own, with the links between them mended."""

    def __init__(self, app, name, docs, outside):
        self.app, self.name, self.docs = app, name, docs
        self.outside = outside  # whether links to other pages of the site stay links
        self.sections = {}      # by number

    def read(self, doc):
        tree = self.app.env.get_doctree(doc)
        for node in list(tree.findall(addnodes.toctree)) + [
                n for n in tree.findall(nodes.container) if "overview" in n["classes"]]:
            node.parent.remove(node)
        self.app.env.resolve_references(tree, doc, self.app.builder)
        for reference in list(tree.findall(nodes.reference)):
            self.mend(doc, reference)
        return tree

    def mend(self, doc, reference):
        """A link to a page that is on this page too becomes one to its anchor."""
        target, _, anchor = reference.get("refuri", "").partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return
        page = posixpath.normpath(posixpath.join(posixpath.dirname(doc), target))
        if page[:-5] in self.docs:
            reference["refuri"] = "#" + (anchor or self.first_id(page[:-5]))
        elif self.outside:
            reference["refuri"] = relative_uri(self.name + ".html", page) + ("#" + anchor if anchor else "")
        else:
            reference.parent.replace(reference, reference.children)

    def first_id(self, doc):
        return next(self.app.env.get_doctree(doc).findall(nodes.section))["ids"][0]

    def add(self, root, doc):
        """Puts the page below the section that it is a part of."""
        parent_number = structure(self.app).by_doc[doc]["parent"]
        tree = self.read(doc)
        parent = root if parent_number is None else self.sections.get(parent_number, self.sections["chapter"])
        for section in tree.findall(nodes.section):
            name = next((i[4:].replace("-", ".") for i in section["ids"] if i.startswith("sec-")), None)
            self.sections[name or ("chapter" if parent is root and section.parent is tree else "")] = section
        parent.extend(tree.children)
        if parent_number is None:
            self.sections["chapter"]["classes"].append("part-" + doc.split("/")[0])

    def html(self):
        builder = self.app.builder
        root = self.app.env.get_doctree(self.docs[0])
        root.children = []
        for doc in self.docs:
            self.add(root, doc)
        root.settings = builder.docsettings
        builder.imgpath, builder.dlpath = (relative_uri(self.name + ".html", d) for d in ("_images", "_downloads"))
        builder.secnumbers, builder.fignumbers, builder.current_docname = {}, {}, self.docs[0]
        builder.post_process_images(root)
        builder.docwriter.write(root, StringOutput(encoding="utf-8"))
        builder.docwriter.assemble_parts()
        return builder.docwriter.parts["fragment"]


def lighter(body):
    """Without what paper does not show; a browser that prints the book is done in two thirds of the time."""
    body = re.sub(r'<span class="katex-mathml">.*?</math></span>', "", body, flags=re.S)
    return re.sub(r'<a class="headerlink".*?</a>', "", body)


def contents(app, docs):
    """The table of contents; the driver writes the pages' numbers into it."""
    line = ('<li class="depth-%d"><a href="#%s"><span class="title">%s</span>'
            '<span class="page" data-of="%s"></span></a></li>')
    out = []
    for doc in docs:
        page = structure(app).by_doc[doc]
        for kind, name, title in page["contents"]:
            numbered = name.startswith("sec-")
            depth = name.count(".") if numbered else page["parent"].count(".") + 1 if page["parent"] else 0
            if isinstance(kind, int) and (numbered or kind == 1):
                anchor = id_of(app, name)
                out.append(line % (depth, anchor, html.escape(title, False), anchor))
    return "<ul>%s</ul>" % "\n".join(out)


def running_heads(app, docs):
    """What stands above the pages of each chapter, in CSS: browsers have no other way to say it."""
    quoted = lambda text: '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')
    rule = '@page %s { @top-left { content: %s; } @top-right { content: %s; } }\n.part-%s { page: %s; }'
    parts = {doc.split("/")[0]: structure(app).by_doc[doc]["title"] for doc in reversed(docs)}
    return "\n".join(rule % (part, quoted("" if part == "index" else title), quoted(app.config.project), part, part)
                     for part, title in parts.items())


def pages(app):
    if app.builder.name != "html":
        return
    docs = [p["doc"] for p in structure(app).pages]
    chapters = list(dict.fromkeys(d.split("/")[0] for d in docs if "/" in d))
    for chapter in chapters:
        own = [d for d in docs if d.startswith(chapter + "/")]
        body = Assembly(app, "print/" + chapter, own, True).html()
        yield "print/" + chapter, {"title": structure(app).by_doc[own[0]]["title"], "body": body,
                                   "back": "../" + own[0] + ".html"}, "print.html"
    whole = [d for d in docs if d != "outline"]
    yield "print/book", {"title": app.config.project, "body": lighter(Assembly(app, "print/book", whole, False).html()),
                         "contents": contents(app, whole[1:]), "heads": running_heads(app, whole)}, "whole.html"


def setup(app):
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True}
