"""What the words of a page need so that they set well on any screen.

A formula is a box, and after a box a browser may begin a new line, even with a full
stop: a word joiner forbids it. A cell of a table with few characters stays on one
line, one with many keeps room for some words: Chinese can be broken anywhere, so a
narrow table would stand in columns of one character."""
from docutils import nodes

JOINER = "\u2060"
CLOSING = "，。；：、！？）」』”’》…,.;:!?)]%"
OPENING = "（「『“‘《([“"
SHORT = 7  # Chinese characters in a cell that stays on one line; Latin letters count half


def width_of(text):
    return sum(1 if ord(c) > 0x2000 else 0.5 for c in text)


def join_formulas(doctree):
    for math in list(doctree.findall(nodes.math)):
        siblings, at = math.parent.children, math.parent.index(math)
        after = siblings[at + 1] if at + 1 < len(siblings) else None
        before = siblings[at - 1] if at else None
        if isinstance(after, nodes.Text) and after.astext()[:1] in CLOSING and after.astext():
            math.parent.replace(after, nodes.Text(JOINER + after.astext()))
        if isinstance(before, nodes.Text) and before.astext()[-1:] in OPENING and before.astext():
            math.parent.replace(before, nodes.Text(before.astext() + JOINER))


def size_cells(doctree):
    for entry in doctree.findall(nodes.entry):
        width = width_of(entry.astext())
        entry["classes"].append("short" if width <= SHORT else "long" if width > 3 * SHORT else "middle")


def read(app, doctree):
    join_formulas(doctree)
    size_cells(doctree)


def setup(app):
    app.connect("doctree-read", read)
    return {"parallel_read_safe": True}
