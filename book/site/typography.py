"""What the words of a page need so that they set well on any screen.

A formula is a box, and after a box a browser may begin a new line, even with a full
stop: the two are kept together. A cell of a table with few characters stays on one
line, one with many keeps room for some words: Chinese can be broken anywhere, so a
narrow table would stand in columns of one character."""
from docutils import nodes

CLOSING = "，。；：、！？）」』”’》…,.;:!?)]%"
OPENING = "（「『“‘《([“"
SHORT = 7  # Chinese characters in a cell that stays on one line; Latin letters count half


def width_of(text):
    return sum(1 if ord(c) > 0x2000 else 0.5 for c in text)


def split(node, at):
    """Cuts a text in two, or leaves it."""
    text = node.astext()
    parts = [nodes.Text(part) for part in (text[:at], text[at:]) if part]
    node.parent.replace(node, parts)
    return parts


def keep_together(math):
    """The formula with the closing signs after it and the opening one before it."""
    parent, at = math.parent, math.parent.index(math)
    after = parent[at + 1] if at + 1 < len(parent) else None
    before = parent[at - 1] if at else None
    kept = [math]
    if isinstance(after, nodes.Text) and after.astext()[0] in CLOSING:
        kept.append(split(after, len(after.astext()) - len(after.astext().lstrip(CLOSING)))[0])
    if isinstance(before, nodes.Text) and before.astext()[-1] in OPENING:
        kept.insert(0, split(before, -1)[-1])
    if len(kept) > 1:
        at = parent.index(kept[0])
        del parent[at:at + len(kept)]
        parent.insert(at, nodes.inline("", "", *kept, classes=["keep"]))
        if kept[-1] is not math:  # the line may end here, which two of these side by side would not tell
            parent.insert(at + 1, nodes.raw("", "<wbr>", format="html"))


def size_cells(doctree):
    for entry in doctree.findall(nodes.entry):
        width = width_of(entry.astext())
        entry["classes"].append("short" if width <= SHORT else "long" if width > 3 * SHORT else "middle")


def read(app, doctree):
    for math in list(doctree.findall(nodes.math)):
        keep_together(math)
    size_cells(doctree)


def setup(app):
    app.connect("doctree-read", read)
    return {"parallel_read_safe": True}
