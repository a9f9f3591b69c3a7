"""Cuts the chapters into pages, one for each numbered section, and writes them as MyST.

A chapter is one file for its authors, book/en/ch03.md, and many pages for its
readers: ch03/index.md, ch03/3-1.md, ch03/3-3-2.md. A section that only
introduces its first part, with words and nothing else, shares a page with it: 3.3 and
3.3.1. (Words alone: so it is the same in both languages, which book-check sees to.)
structure.json says what the pages are, for the sidebar, the search and the print."""
import json
import os
import re

from markdown import FENCE, HEADING, MARKER, Converter, fence_end, label, plain, slug

FRONT, BACK = ["index"], ["outline", "glossary", "references"]


def read(folder, name):
    with open(os.path.join(folder, name + ".md"), encoding="utf-8") as f:
        return f.read().rstrip("\n").split("\n")


def write(path, text):
    """Leaves alone what is the same, so that Sphinx reads only what changed."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def headings(lines):
    """(line, level, number or None, title) of every heading outside of code."""
    out, at = [], 0
    while at < len(lines):
        if lines[at].startswith("```"):
            at = fence_end(lines, at)
            continue
        found = HEADING.fullmatch(lines[at])
        if found:
            out.append((at, len(found.group(1)), found.group(3), found.group(4)))
        at += 1
    return out


def is_chapter(name):
    return re.fullmatch(r"ch\d\d", name)


class Piece:
    """The lines of one page, from a heading on. parent: the number of the section that it is a part of."""

    def __init__(self, doc, name, first, level, number, title, parent=None):
        self.doc, self.name, self.first, self.level = doc, name, first, level
        self.number, self.title, self.parent = number, title, parent


def only_words(lines):
    return not any(MARKER.match(line) or line.startswith("```") for line in lines)


def cut(name, lines):
    """The pieces of a file: a chapter's sections, or all of it."""
    found = headings(lines)
    if not is_chapter(name):
        return [Piece(name, name, 0, found[0][1] if found else 1, None, found[0][3] if found else name)]
    pieces, last, sections = [Piece(name + "/index", name, 0, 1, None, found[0][3])], None, {}
    for at, level, number, title in found[1:]:
        opens = last and number and number.startswith(last[2] + ".") and only_words(lines[last[0]:at])
        parent = number.rpartition(".")[0] if number else sections.get(level - 1)
        if number and not opens:
            pieces.append(Piece("%s/%s" % (name, number.replace(".", "-")), name, at, level, number, title, parent))
        elif not number and level <= pieces[-1].level and parent:  # more of 3.8, after its part 3.8.3
            letter = "abcdefgh"[sum(p.parent == parent and not p.number for p in pieces)]
            pieces.append(Piece("%s/%s-%s" % (name, parent.replace(".", "-"), letter), name, at, level, None, title, parent))
        sections[level] = number
        last = (at, level, number) if number else None
    return pieces


def addresses(folder, names):
    """(file, address on a code host) -> label, for all headings; (file, "") -> that of its first."""
    links = {}
    for name in names:
        for at, level, number, title in headings(read(folder, name)):
            whole = (number + " " if number else "") + title
            links.setdefault((name + ".md", ""), label(name, number, title))
            links[name + ".md", slug(whole)] = label(name, number, title)
            if number:
                links[name + ".md", "sec-" + number] = label(name, number, title)
    return links


def toctree(docs):
    return ["", "```{toctree}", ":hidden:", "", *docs, "```"]


def overview(name, lines):
    """The sections of a chapter, for its first page."""
    items = ["  " * (number.count(".") - 1) + "- [%s %s](sec-%s)" % (number, title, number)
             for _, _, number, title in headings(lines) if number]
    return ["", FENCE + "{container} overview", *items, FENCE]


def page_of(piece, lines, folder, target, links):
    """Writes the page of a piece; what the site wants to know of it."""
    converter = Converter(folder, piece.name, os.path.join(target, piece.doc + ".md"), links)
    converter.shift = piece.level - 1
    text = converter.convert(lines)
    title = (piece.number + " " if piece.number else "") + plain(piece.title)
    return text, {"doc": piece.doc, "file": piece.name, "number": piece.number, "title": title,
                  "parent": piece.parent, "contents": converter.contents}


def write_edition(folder, target):
    """From book/en to the pages in target; returns their structure."""
    names = sorted(f[:-3] for f in os.listdir(folder) if f.endswith(".md"))
    chapters = [n for n in names if is_chapter(n)]
    others = [n for n in names if n not in chapters and n not in FRONT + BACK]
    links, pages = addresses(folder, names), []
    for name in [n for n in FRONT + chapters + others + BACK if n in names]:
        lines = read(folder, name)
        pieces = cut(name, lines)
        for piece, after in zip(pieces, pieces[1:] + [None]):
            text, page = page_of(piece, lines[piece.first:after.first if after else len(lines)], folder, target, links)
            if name == "index":
                text += toctree([c + "/index" for c in chapters] + others + [n for n in BACK if n in names])
            if piece.doc == name + "/index":
                text += overview(name, lines) + toctree([p.doc.split("/")[1] for p in pieces[1:]])
            write(os.path.join(target, piece.doc + ".md"), "\n".join(text) + "\n")
            pages.append(page)
    remove_others(target, {p["doc"] for p in pages})
    slugs = [(file[:-3], address, name) for (file, address), name in links.items() if address]
    structure = {"pages": pages, "slugs": slugs}
    write(os.path.join(target, "structure.json"), json.dumps(structure, ensure_ascii=False, indent=1))
    return structure


def remove_others(target, docs):
    for path, _, files in os.walk(target):
        for file in files:
            doc = os.path.relpath(os.path.join(path, file), target)[:-3]
            if file.endswith(".md") and doc not in docs:
                os.remove(os.path.join(path, file))
