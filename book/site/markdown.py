"""Turns the book's plain Markdown, as it reads on a code host, into what MyST understands.

Markers become figures, tables, listings and boxes; links to anchors become
references that Sphinx checks. Numbers are not counted here: weave wrote them.
A label is the same in both editions, so the switch of languages keeps its place."""
import json
import os
import re

MARKER = re.compile(r"<!-- (/?[a-z]+)(?:: (.*?))? ?-->(?:<a id=\"([^\"]*)\"></a>)?$")
VALUE = re.compile(r"<!-- val: .*?-->(.*?)<!-- /val -->")
EXCEPTION = re.compile(r" *<!-- term: [^>]*-->")
CODE_SPAN = re.compile(r"(`+[^`]+`+)")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^()#\s]*)(?:#([^()]+))?\)")
HEADING = re.compile(r"(#+) +((\d+(?:\.\d+)+) )?(.*)")
ENTRY = re.compile(r'- <a id="([^"]*)"></a>(.*)')
DROPPED = re.compile("[^\\w\\- ]|[\u2010-\u205e\u3001-\u303f\uff01-\uff0f\uff1a-\uff20]")
FENCE = ":" * 7  # around boxes; unlike backticks it lets a title hold code


def slug(title):
    """The address of a heading on a code host; weave_page.c has the same."""
    return DROPPED.sub("", title.lower()).replace(" ", "-")


def label(page, number, title):
    return "sec-" + number if number else page + "-" + slug(title)


def fence_end(lines, at):
    ticks = re.match("`+", lines[at]).group()
    return next(i for i in range(at + 1, len(lines)) if lines[i].startswith(ticks)) + 1


def plain(title):
    """A title without the signs of Markdown."""
    return re.sub(r"[`*]", "", EXCEPTION.sub("", title))


class Converter:
    """Converts lines of FOLDER/NAME.md for a page that is written to `target`.

    links says where the headings of the pages lead: (file, address on a code host) -> label."""

    def __init__(self, folder, name, target, links):
        self.folder, self.name, self.links = folder, name, links
        self.target_folder = os.path.dirname(target)
        self.shift = 0    # by how much headings rise, so that a page's first one is its title
        self.contents = []  # headings, programs and exercises: (kind, label, text)

    def path(self, file):
        """A file of the repository, seen from the page."""
        return os.path.relpath(os.path.join(self.folder, file), self.target_folder)

    def link(self, match):
        file, anchor = match.groups()
        page = file or self.name + ".md"
        if anchor and (page, anchor) in self.links:
            return "](" + self.links[page, anchor] + ")"
        if anchor and (not file or file.endswith(".md")):
            return "](" + anchor + ")"
        if (page, "") in self.links:
            return "](" + self.links[page, ""] + ")"
        return "](" + self.path(file) + ("#" + anchor if anchor else "") + ")"

    def words(self, line):
        """A line of text: numbers without their marks, links to labels; code is left alone."""
        parts = CODE_SPAN.split(EXCEPTION.sub("", VALUE.sub(r"\1", line)))
        whole = "".join(p if i % 2 == 0 else "\0%d\0" % i for i, p in enumerate(parts))
        return re.sub("\0(\\d+)\0", lambda m: parts[int(m.group(1))], LINK.sub(self.link, whole))

    def heading(self, line):
        signs, _, number, title = HEADING.fullmatch(line).groups()
        name = label(self.name, number, title)
        self.contents.append((len(signs) - self.shift, name, plain((number + " " if number else "") + title)))
        return ["(%s)=" % name, self.words(line[self.shift:])]

    def listing(self, kind, key, lines, at):
        if at == len(lines) or not lines[at].startswith("```"):
            raise SystemExit("%s/%s.md: nothing stands below '%s: %s'; `make book-sync` copies it in" % (
                self.folder, self.name, kind, key))
        end = fence_end(lines, at)
        head = ["{code-block} " + (lines[at].strip("`") if kind == "code" else "text")]
        if kind == "code":
            path = key.split("#")[0]
            head.append(":caption: \"[%s](%s)\"" % (path, self.path("../../" + path)))
        else:
            head.append(":class: output")
        ticks = re.match("`+", lines[at]).group()
        head[0] = ticks + head[0]
        return head + [""] + lines[at + 1:end], end

    def picture(self, file):
        """The file of the picture: in Chinese, the one with Chinese words where there is one."""
        chinese = re.sub(r"(?<!\.zh)\.svg$", ".zh.svg", file)
        if os.path.basename(self.folder) == "zh" and os.path.exists(os.path.join(self.folder, chinese)):
            file = chinese
        return self.path(file)

    def figure(self, anchor, lines, at):
        picture = re.fullmatch(r"!\[(.*)\]\((.*)\)", lines[at])
        end = at + 1 + (lines[at + 1] == "")
        caption = self.words(lines[end])
        alt = plain(picture.group(1)).replace("$", "")
        return [FENCE + "{figure} " + self.picture(picture.group(2)), ":name: " + anchor,
                ":alt: " + json.dumps(alt, ensure_ascii=False), "", caption, FENCE], end + 1

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
        self.contents.append(("exercise", anchor, re.match(r"\*\*(.*?)\*\*", lines[at]).group(1)))
        inner = self.convert(lines[at + 1:end])
        return ["(%s)=" % anchor, FENCE + "{admonition} " + lines[at].replace("**", ""), ":class: exercise", "",
                *inner, FENCE], end + (end < len(lines) and lines[end] == last)

    def run(self, key, lines, at):
        end = at
        while end < len(lines) and lines[end].startswith(">"):
            end += 1
        title, command = re.match(r"> \*\*(.*?)\*\* `(.*)`", lines[at]).groups()
        name = "run-" + key.replace("/", "-").replace("_", "-")
        self.contents.append(("run", name, key.split("/")[-1]))
        rest = [self.words(line[2:]) for line in lines[at + 1:end]]
        return ["(%s)=" % name, FENCE + "{admonition} " + title, ":class: run", "", "```{code-block} sh", command,
                "```", *rest, FENCE], end

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
            return self.run(key, lines, at)
        if name in ("contents", "/contents"):
            return [FENCE + "{container} map" if name == "contents" else FENCE], at
        return (["(%s)=" % anchor] if name == "eq" else []), at

    def image(self, line):
        """A picture without a number, on a line of its own."""
        found = re.fullmatch(r"!\[(.*)\]\((.*)\)", line)
        return "![%s](%s)" % (found.group(1), self.picture(found.group(2))) if found else None

    def convert(self, lines):
        out, at = [], 0
        while at < len(lines):
            line = lines[at]
            marker, entry = MARKER.match(line), ENTRY.match(line)
            if line.startswith("```"):
                end = fence_end(lines, at)
                out += lines[at:end]
                at = end
                continue
            at += 1
            if marker:
                block, at = self.marker(marker, lines, at)
                out += block
            elif HEADING.fullmatch(line):
                out += self.heading(line)
            elif entry:
                out += ["- (%s)=" % entry.group(1), "  " + self.words(entry.group(2))]
            else:
                out.append(self.image(line) or self.words(line))
        return out
