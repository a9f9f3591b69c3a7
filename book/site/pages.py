"""Turns the book's plain Markdown, as it reads on a code host, into what MyST understands.

Markers become figures, tables, listings and boxes; links to anchors become
references that Sphinx checks. Numbers are not counted here: weave wrote them.
A label is the same in both editions, so the switch of languages keeps its place."""
import json
import os
import re

from docutils import nodes

MARKER = re.compile(r"<!-- (/?[a-z]+)(?:: (.*?))? ?-->(?:<a id=\"([^\"]*)\"></a>)?$")
VALUE = re.compile(r"<!-- val: .*?-->(.*?)<!-- /val -->")
CODE_SPAN = re.compile(r"(`+[^`]+`+)")
LINK = re.compile(r"(?<!!)\]\(([\w.-]*\.md)?#([^)]+)\)")
HEADING = re.compile(r"(#+) +((\d+(?:\.\d+)+) )?(.*)")
ENTRY = re.compile(r'- <a id="([^"]*)"></a>(.*)')
DROPPED = re.compile("[^\\w\\- ]|[\u2010-\u205e\u3001-\u303f\uff01-\uff0f\uff1a-\uff20]")
FENCE = ":" * 7  # around boxes; unlike backticks it lets a title hold code


def slug(title):
    """The address of a heading on a code host; weave_page.c has the same."""
    return DROPPED.sub("", title.lower()).replace(" ", "-")


def label(page, line):
    _, number, digits, title = HEADING.fullmatch(line).groups()
    return "sec-" + digits if number else page + "-" + slug(title)


def fence_end(lines, at):
    ticks = re.match("`+", lines[at]).group()
    return next(i for i in range(at + 1, len(lines)) if lines[i].startswith(ticks)) + 1


class Page:
    """One page on its way from Markdown to MyST."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def labels(self, file):
        """The headings of a page: their address on a code host, and their label here."""
        name = file[:-3]
        with open(os.path.join(self.folder, file), encoding="utf-8") as f:
            headings = [line.rstrip("\n") for line in f if HEADING.match(line)]
        return {slug(HEADING.fullmatch(h).group(0).lstrip("# ")): label(name, h) for h in headings}

    def link(self, match):
        file, anchor = match.group(1) or self.name + ".md", match.group(2)
        return "](" + self.labels(file).get(anchor, anchor) + ")"

    def words(self, line):
        """A line of text: numbers without their marks, links to labels; code is left alone."""
        parts = CODE_SPAN.split(VALUE.sub(r"\1", line))
        whole = "".join(p if i % 2 == 0 else "\0%d\0" % i for i, p in enumerate(parts))
        return re.sub("\0(\\d+)\0", lambda m: parts[int(m.group(1))], LINK.sub(self.link, whole))

    def listing(self, kind, key, lines, at):
        end = fence_end(lines, at)
        head = ["```{code-block} " + (lines[at].strip("`") if kind == "code" else "text")]
        if kind == "code":
            path = key.split("#")[0]
            head.append(":caption: \"[%s](../../%s)\"" % (path, path))
        else:
            head.append(":class: output")
        ticks = re.match("`+", lines[at]).group()
        head[0] = ticks + head[0].lstrip("`")
        return head + [""] + lines[at + 1:end], end

    def figure(self, anchor, lines, at):
        picture = re.fullmatch(r"!\[(.*)\]\((.*)\)", lines[at])
        end = at + 1 + (lines[at + 1] == "")
        caption = self.words(lines[end])
        return [FENCE + "{figure} " + picture.group(2), ":name: " + anchor,
                ":alt: " + json.dumps(picture.group(1).replace("$", ""), ensure_ascii=False), "", caption, FENCE], end + 1

    def table(self, anchor, lines, at):
        end = at + 2
        while end < len(lines) and lines[end].startswith("|"):
            end += 1
        return [FENCE + "{table} " + self.words(lines[at]), ":name: " + anchor, "",
                *map(self.words, lines[at + 2:end]), FENCE], end

    def exercise(self, anchor, lines, at):
        last = "<!-- /exercise -->"
        end = next((i for i in range(at, len(lines)) if lines[i] == last or MARKER.match(lines[i])
                    and "exercise:" in lines[i]), len(lines))
        if end == len(lines) or lines[end] != last:  # the paragraph behind the title
            end = at + 1
            while end < len(lines) and not lines[end]:
                end += 1
            while end < len(lines) and lines[end]:
                end += 1
        title = re.sub(r"\*\*", "", lines[at])
        inner = self.convert(lines[at + 1:end])
        return ["(%s)=" % anchor, FENCE + "{admonition} " + title, ":class: exercise", "", *inner, FENCE], \
            end + (end < len(lines) and lines[end] == last)

    def run(self, lines, at):
        end = at
        while end < len(lines) and lines[end].startswith(">"):
            end += 1
        title, command = re.match(r"> \*\*(.*?)\*\* `(.*)`", lines[at]).groups()
        rest = [self.words(line[2:]) for line in lines[at + 1:end]]
        return [FENCE + "{admonition} " + title, ":class: run", "", "```{code-block} sh", command, "```",
                *rest, FENCE], end

    def marker(self, match, lines, at):
        name, key, anchor = match.groups()
        if name in ("code", "out"):
            return self.listing(name, key, lines, at)
        if name == "fig":
            return self.figure(anchor, lines, at)
        if name == "tab":
            return self.table(anchor, lines, at)
        if name == "exercise":
            return self.exercise(anchor, lines, at)
        if name == "run":
            return self.run(lines, at)
        return (["(%s)=" % anchor] if name == "eq" else []), at

    def convert(self, lines):
        out, at = [], 0
        while at < len(lines):
            line = lines[at]
            marker = MARKER.match(line)
            if line.startswith("```"):
                end = fence_end(lines, at)
                out += lines[at:end]
                at = end
            elif marker:
                block, at = self.marker(marker, lines, at + 1)
                out += block
            else:
                entry = ENTRY.match(line)
                if HEADING.fullmatch(line):
                    out += ["(%s)=" % label(self.name, line), self.words(line)]
                elif entry:
                    out += ["- (%s)=" % entry.group(1), "  " + self.words(entry.group(2))]
                else:
                    out.append(self.words(line))
                at += 1
        return out


def contents(app):
    """The pages in reading order: chapters, then what stands behind them."""
    names = sorted(f[:-3] for f in os.listdir(app.srcdir) if f.endswith(".md"))
    last = [n for n in ("glossary", "references") if n in names]
    return ["outline"] + [n for n in names if n not in last and n not in ("index", "outline")] + last


def read(app, name, source):
    lines = Page(app.srcdir, name).convert(source[0].split("\n"))
    if name == "index":
        lines += ["", "```{toctree}", ":hidden:", "", *contents(app), "```"]
    source[0] = "\n".join(lines) + "\n"


def first_names(app, doctree):
    """A section goes by the name that both editions share."""
    for section in doctree.findall(nodes.section):
        shared = [i for i in section["ids"] if i.startswith("sec-")]
        section["ids"] = shared + [i for i in section["ids"] if i not in shared]


FURO = {"On this page": "本页目录", "Home": "首页", "Back to top": "回到顶部",
        "Please activate JavaScript to enable the search functionality.": "搜索需要启用 JavaScript。"}


def speak_chinese(app):
    """Furo has no Chinese of its own: its words join Sphinx's catalogue."""
    if app.config.language == "zh_CN":
        app.translator._catalog.update(FURO)


def setup(app):
    app.connect("builder-inited", speak_chinese)
    app.connect("source-read", read)
    app.connect("doctree-read", first_names, priority=100)
    return {"parallel_read_safe": True}
