"""What stands around a page: the sidebar, "on this page", the pages that old addresses lead to.

The sidebar shows every chapter and its sections, with the chapter that is read
open. "On this page" lists the headings, programs and exercises of the page.
A chapter was one page once: ch03.html#fig-heads now leads to the page that has it."""
import html
import json
import os

from docutils import nodes
from sphinx.util.osutil import relative_uri

WORDS = {
    "en": {"menu": "Contents", "on_this_page": "On this page", "top": "Back to top", "next": "Next",
           "previous": "Previous", "search": "Search", "theme": "Light, dark, or as the system has it",
           "print": "This chapter on one page, for print", "open": "Open or close", "back": "Back to the chapter",
           "found": "Found in %n sections", "none": "Nothing found.", "need_js": "The search needs JavaScript.",
           "unmark": "Remove the marks", "formats": "The whole book as a file:",
           "moved": "This chapter has one page for each section now.", "contents": "Contents"},
    "zh": {"menu": "目录", "on_this_page": "本页内容", "top": "回到顶部", "next": "下一页", "previous": "上一页",
           "search": "搜索", "theme": "浅色、深色或跟随系统", "print": "本章全文（一页，便于打印）",
           "open": "展开或收起", "back": "回到本章", "found": "在 %n 节中找到", "none": "没有找到。",
           "need_js": "搜索需要启用 JavaScript。", "unmark": "去掉标记", "formats": "全书文件：",
           "moved": "本章现在每节一页。", "contents": "目录"},
}


def words_of(app):
    return WORDS[app.config.html_context["edition"]]


class Structure:
    """structure.json, as a tree: a page has parts, the pages of its subsections."""

    def __init__(self, folder):
        with open(os.path.join(folder, "structure.json"), encoding="utf-8") as f:
            stored = json.load(f)
        self.pages, self.slugs = stored["pages"], stored["slugs"]
        self.by_doc = {p["doc"]: p for p in self.pages}

    def entries(self, page):
        """What the sidebar shows of a page: (depth, doc, anchor, title) of its own and its other numbered headings.

        The first is the page itself, and has no anchor."""
        yield page["parent"].count("."), page["doc"], None, page["title"]
        for kind, name, title in page["contents"][1:]:
            if isinstance(kind, int) and name.startswith("sec-"):
                yield name.count(".") - 1, page["doc"], name.replace(".", "-"), title

    def chapters(self):
        """(first page, [entries]) of every chapter; other pages have no entries."""
        out = []
        for page in self.pages:
            if "/" not in page["doc"] or page["doc"].endswith("/index"):
                out.append((page, []))
            else:
                out[-1][1].extend(self.entries(page))
        return out[1:]  # the front page is the title above


def structure(app):
    if not hasattr(app, "book_structure"):
        app.book_structure = Structure(app.srcdir)
    return app.book_structure


def link(app, page, doc, anchor=None):
    here, there = app.builder.get_target_uri(page), app.builder.get_target_uri(doc)
    return relative_uri(here, there) + ("#" + anchor if anchor else "")


def id_of(app, label):
    """What a label has become in its page."""
    return app.env.get_domain("std").anonlabels[label.lower()][1]


def item(app, page, doc, anchor, title, inside=""):
    """One line of the sidebar, and what is below it."""
    current = doc == page and not anchor
    return '<li class="%s"><a class="reference internal%s"%s href="%s">%s</a>%s</li>' % (
        "current-page current" if current else "", " current" if current else "",
        ' aria-current="page"' if current else "", link(app, page, doc, anchor) or "#", html.escape(title, False),
        inside)


def tree(app, page, entries):
    """Nested lists of a chapter's sections."""
    out, at = "", 0
    while at < len(entries):
        end = at + 1
        while end < len(entries) and entries[end][0] > entries[at][0]:
            end += 1
        inside = tree(app, page, entries[at + 1:end]) if end > at + 1 else ""
        out += item(app, page, *entries[at][1:], inside)
        at = end
    return "<ul>%s</ul>" % out


def sidebar(app, page):
    """Chapters as boxes that open; the one that is read is open."""
    out, words = "", words_of(app)
    for first, entries in structure(app).chapters():
        doc, name = first["doc"], first["doc"].split("/")[0]
        if not entries:
            out += item(app, page, doc, None, first["title"])
            continue
        is_open = name in (page.split("/")[0], page.split("/")[-1])
        box = ('<input class="toctree-checkbox" id="open-%s" type="checkbox" role="switch"%s>'
               '<label for="open-%s"><span class="visually-hidden">%s</span><i class="icon"><svg>'
               '<use href="#svg-arrow-right"></use></svg></i></label>' % (
                   name, " checked" if is_open else "", name, words["open"]))
        line = item(app, page, doc, None, first["title"], box + tree(app, page, entries))
        out += line.replace('<li class="', '<li class="has-children ', 1)
    return "<ul>%s</ul>" % out


SIGN = {"run": "▸ ", "exercise": "✎ "}


def on_this_page(app, page):
    """Headings, programs and exercises; nothing for a page that has only its title."""
    contents = structure(app).by_doc.get(page, {}).get("contents", [])[1:]
    out = ""
    for kind, name, title in contents:
        anchor = id_of(app, name)
        out += '<li class="%s"><a class="reference internal" href="#%s">%s%s</a></li>' % (
            "depth-%d" % kind if isinstance(kind, int) else kind, anchor, SIGN.get(kind, ""), html.escape(title, False))
    return '<ul><li><a href="#"></a><ul>%s</ul></li></ul>' % out if out else ""  # Furo hides the page's own title


def context_of(app, page, template, context, doctree):
    if app.builder.name != "html":
        return
    toc, chapter = on_this_page(app, page), page.split("/")[0]
    printed = "/" in page and chapter != "print"
    context.update(
        words=words_of(app), furo_navigation_tree=sidebar(app, page), toc=toc, furo_hide_toc=not toc,
        other_page="../" * (page.count("/") + 1) + app.config.html_context["other"] + "/" + page + ".html",
        print_page=link(app, page, "print/" + chapter) if printed else None)


def first_names(app, doctree):
    """A section goes by the name that both editions share."""
    for section in doctree.findall(nodes.section):
        shared = [i for i in section["ids"] if i.startswith("sec-")]
        section["ids"] = shared + [i for i in section["ids"] if i not in shared]


def moved_pages(app):
    """ch03.html, which sends an anchor to the page that has it now, and the rest to the chapter's first."""
    if app.builder.name != "html":
        return
    chapters = {p["doc"].split("/")[0] for p in structure(app).pages if "/" in p["doc"]}
    labels = app.env.get_domain("std").anonlabels
    for chapter in sorted(chapters):
        where = {node_id: doc for doc, node_id in labels.values() if doc.startswith(chapter + "/")}
        for page, address, name in structure(app).slugs:
            doc, node_id = labels.get(name.lower(), ("", ""))
            if page == chapter and doc:
                where[address] = doc + "#" + node_id
        where = {anchor: doc.split("#")[0] + ".html#" + (doc.split("#") + [anchor])[1] for anchor, doc in where.items()}
        yield chapter, {"title": structure(app).by_doc[chapter + "/index"]["title"], "first": chapter + "/index.html",
                        "where": json.dumps(where, ensure_ascii=False)}, "moved.html"


def no_search_of_sphinx(app):
    app.builder.search = False


def setup(app):
    app.connect("builder-inited", no_search_of_sphinx)
    app.connect("doctree-read", first_names, priority=100)
    app.connect("html-page-context", context_of, priority=900)
    app.connect("html-collect-pages", moved_pages)
    app.connect("html-collect-pages", lambda app: [("search", {"title": words_of(app)["search"]}, "search.html")]
                if app.builder.name == "html" else [])
    return {"parallel_read_safe": True}
