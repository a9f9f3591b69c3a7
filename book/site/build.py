"""Builds the book: python3 book/site/build.py build/book

Both editions side by side, each: its pages (html), its EPUB, and the PDF that a browser
prints of one long page. What has not changed since the last time is left as it is.
Says how far it is on one line of a terminal, or a line for each format elsewhere."""
import contextlib
import glob
import hashlib
import html
import io
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SITE = os.path.dirname(os.path.abspath(__file__))
BOOK = os.path.dirname(SITE)
EDITIONS = ("zh", "en")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


# ---- what an edition is made of ------------------------------------------------------------------------

def files_of(folder):
    """All that an edition is made of: its pages in build/book/.src, pictures, this machinery, linked programs."""
    for top in (folder, os.path.join(BOOK, "figures"), SITE):
        for path, folders, files in sorted(os.walk(top)):
            if "__pycache__" not in path:
                yield from (os.path.join(path, file) for file in sorted(files))
    yield from sorted(glob.glob(os.path.join(os.path.dirname(BOOK), "ch[0-9][0-9]", "*.c")))
    yield os.path.join(BOOK, "conf.py")


def fingerprint(folder):
    digest = hashlib.sha256(sys.version.encode())
    for path in files_of(folder):
        digest.update(path.encode())
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()


def chinese_font():
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True).stdout)


def browser_of(edition):
    """The browser that prints, if there is one, and the characters of the edition."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    return browser if shutil.which("pdfinfo") and (edition == "en" or chinese_font()) else None


# ---- one edition, in a process of its own --------------------------------------------------------------

def tell(*words):
    print("@", *words, flush=True)


def sphinx(builder, source, target, trees):
    """Runs one builder in a process of its own, as Sphinx wants it. The trees are read once for all builders."""
    from sphinx.application import Sphinx
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = run_sphinx(Sphinx, builder, source, target, trees)
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(1)


def run_sphinx(Sphinx, builder, source, target, trees):
    """Returns 1 if there was a warning."""
    warnings = io.StringIO()
    own = {} if builder == "html" else {"templates_path": []}  # our templates are those of the web pages
    app = Sphinx(source, BOOK, target, trees, builder, own, status=None, warning=warnings)
    written = []

    def wrote(app, tree, doc):
        written.append(doc)
        tell("page", builder, len(written))

    app.connect("doctree-resolved", wrote)
    app.build()
    sys.stderr.write(warnings.getvalue())
    return int(app.statuscode != 0 or app._warncount > 0)


def remove_stale(folder, source):
    """Pages of sections that are gone."""
    with open(os.path.join(source, "structure.json"), encoding="utf-8") as f:
        docs = [page["doc"] for page in json.load(f)["pages"]]
    tops = {doc.split("/")[0] for doc in docs}
    keep = {"search", "print/book", *docs, *tops, *("print/" + top for top in tops)}
    for path, _, files in os.walk(folder):
        for file in files:
            doc = os.path.relpath(os.path.join(path, file), folder)[:-5]
            if file.endswith(".html") and not doc.startswith("_") and doc not in keep:
                os.remove(os.path.join(path, file))


def print_pdf(browser, page, pdf):
    """One print of a page by the browser."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--user-data-dir=" + profile, "--no-pdf-header-footer",
             "--generate-pdf-document-outline", "--print-to-pdf=" + pdf,
             "file://" + os.path.abspath(page)], capture_output=True, text=True)
    if not os.path.exists(pdf) or not os.path.getsize(pdf):
        sys.exit(done.stderr)


def pages_of(pdf):
    """The page on which each anchor of the printed page stands."""
    found = subprocess.run(["pdfinfo", "-dests", pdf], capture_output=True, text=True, check=True).stdout
    return {name: int(page) for page, name in re.findall(r'^\s*(\d+) \[.*\] "(.*)"$', found, re.M)}


def number_contents(page, numbers):
    """Writes the numbers of pages into the table of contents; returns whether any changed."""
    with open(page, encoding="utf-8") as f:
        text = f.read()
    new = re.sub(r'(<span class="page" data-of="([^"]*)">)\d*(</span>)',
                 lambda m: m.group(1) + str(numbers.get(m.group(2), "")) + m.group(3), text)
    with open(page, "w", encoding="utf-8") as f:
        f.write(new)
    return new != text


TITLE = re.compile(rb"/Title (?:\(((?:[^()\\]|\\.)*)\)|<FEFF([0-9A-F]*)>)\n")


def headings_of(page):
    """The headings of a page, by their letters alone."""
    with open(page, encoding="utf-8") as f:
        found = re.findall(r"<h[1-6]>(.*?)(?:<a class=\"headerlink|</h)", f.read(), re.S)
    titles = [html.unescape(re.sub("<[^>]*>", "", title)) for title in found]
    return {re.sub(r"\s", "", title): title for title in titles}


def heading_of(text, headings):
    """Chromium says the first line of a page twice, and leaves out blanks where lines end."""
    letters = re.sub(r"\s", "", text)
    for key, title in headings.items():
        if letters.endswith(key) and key.startswith(letters[:-len(key)]):
            return title
    return text


def mend_bookmarks(pdf, page):
    """Writes the headings into the bookmarks as they are; nothing in the file moves."""
    headings = headings_of(page)

    def mended(match):
        latin, wide = match.groups()
        if latin is not None:
            text = re.sub(rb"\\(.)", rb"\1", latin).decode("latin-1")
        else:
            text = bytes.fromhex(wide.decode()).decode("utf-16-be")
        title = heading_of(text, headings)
        if latin is not None and title.isascii():
            new = b"/Title(" + re.sub(rb"([()\\])", rb"\\\1", title.encode()) + b")"
        else:
            new = b"/Title<FEFF" + title.encode("utf-16-be").hex().upper().encode() + b">"
        return new.ljust(len(match.group())) if len(new) <= len(match.group()) else match.group()

    with open(pdf, "rb") as f:
        data = f.read()
    with open(pdf, "wb") as f:
        f.write(TITLE.sub(mended, data))


def make_pdf(browser, page, pdf, known):
    """Printed again where the first print shows that a section begins on another page than the last time.

    known: the file that keeps the pages' numbers."""
    if os.path.exists(known):
        with open(known, encoding="utf-8") as f:
            number_contents(page, json.load(f))
    for _ in range(2):
        print_pdf(browser, page, pdf)
        numbers = pages_of(pdf)
        if not number_contents(page, numbers):
            break
    with open(known, "w", encoding="utf-8") as f:
        json.dump(numbers, f, ensure_ascii=False)
    mend_bookmarks(pdf, page)


def edition(name, out):
    source, target, trees = (os.path.join(out, *part) for part in ((".src", name), (name,), (".trees", name)))
    browser = browser_of(name)
    os.environ.update(EDITION=name, BOOK_PDF="yes" if browser else "no")
    started = time.time()

    def done(format):
        nonlocal started
        tell("done", format, "%.1f" % (time.time() - started))
        started = time.time()

    sphinx("html", source, target, trees)
    remove_stale(target, source)
    done("html")
    epub = os.path.join(out, ".epub", name)
    sphinx("epub", source, epub, trees)
    shutil.copy(os.path.join(epub, "llm-in-c-%s.epub" % name), out)
    done("epub")
    if browser:
        make_pdf(browser, os.path.join(target, "print", "book.html"), os.path.join(out, "llm-in-c-%s.pdf" % name),
                 os.path.join(out, ".pages-%s.json" % name))
        done("pdf")
    else:
        tell("none", "pdf")


# ---- both editions -------------------------------------------------------------------------------------

class Progress:
    """What the editions tell, for the reader of the terminal."""

    def __init__(self):
        self.state, self.terminal = {}, sys.stdout.isatty()

    def hear(self, name, kind, format, *rest):
        if kind == "page":
            self.state[name] = "%s, page %s" % (format, rest[0])
        elif kind == "done":
            self.state[name] = format + " done"
            self.line("  %s  %-5s %6s s" % (name, format, rest[0]))
        elif kind == "none":
            self.line("  %s  no PDF: it needs chromium, poppler-utils and a Chinese font (make deps-book)" % name)
        if self.terminal:
            print("\r\033[K  " + "   ".join("%s: %s" % item for item in sorted(self.state.items())), end="", flush=True)

    def line(self, text):
        print(("\r\033[K" if self.terminal else "") + text, flush=True)


def run(name, out, heard):
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--edition", name, out],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    for line in process.stdout:
        if line.startswith("@ "):
            heard.put((name, *line.split()[1:]))
    reader.join()
    heard.put((name, "ended", process.wait(), errors[0]))


def main(out):
    sys.path.insert(0, SITE)
    import sections
    waiting, heard, failed, progress = [], queue.Queue(), False, Progress()
    for name in EDITIONS:
        source = os.path.join(out, ".src", name)
        sections.write_edition(os.path.join(BOOK, name), source)
        stamp = os.path.join(out, ".stamp-" + name)
        print_now = fingerprint(source)
        if os.path.exists(stamp) and open(stamp).read() == print_now:
            print("  %s  nothing changed" % name)
            continue
        with contextlib.suppress(FileNotFoundError):
            os.remove(stamp)
        waiting.append((name, stamp, print_now))
        threading.Thread(target=run, args=(name, out, heard), daemon=True).start()
    stamps = {name: (stamp, text) for name, stamp, text in waiting}
    while stamps:
        name, *what = heard.get()
        if what[0] != "ended":
            progress.hear(name, *what)
            continue
        stamp, text = stamps.pop(name)
        if what[1] == 0:
            with open(stamp, "w") as f:
                f.write(text)
        else:
            failed = True
            progress.line("  %s  failed:\n%s" % (name, what[2]))
    shutil.copy(os.path.join(BOOK, "index.html"), out)
    return failed


if __name__ == "__main__":
    if sys.argv[1:2] == ["--edition"]:
        edition(*sys.argv[2:4])
    elif len(sys.argv) == 2:
        os.makedirs(sys.argv[1], exist_ok=True)
        sys.exit(main(sys.argv[1]))
    else:
        sys.exit("usage: build.py build/book")
