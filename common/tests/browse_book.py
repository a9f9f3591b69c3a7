"""The web pages in a real browser: python3 browse_book.py build/book [folder for screenshots]

Serves the pages on this machine and opens them in a headless Chromium, as a reader
would: goes from section to section, switches languages, searches in both, follows old
addresses, copies code, looks at formulas, pictures and tables on a telephone and in the
dark, and at the pages of the PDF; and counts every request, because nothing may come
from outside. Needs what make deps-book installs."""

import functools
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

EDITIONS = ("zh", "en")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# words -> a page where they must be found, and what must be marked there
SEARCHES = [("zh", "注意力", "ch03/3-2", "注意力"), ("zh", "缩放点积", "ch03/3-3-2", "缩放点积"),
            ("zh", "attention", "ch03/3-3-3", "Attention"), ("en", "attention", "ch03/3-2", "attention"),
            ("en", "masks", "ch03/3-6-2", "masks"), ("en", "self-attention", "ch03/3-3", "self-attention"),
            ("en", "注意力", "glossary", "注意力"), ("en", "nn_linear", "ch03/3-1", "nn_linear")]

# What a page looks like from inside, in one question.
LOOK = """
    const seen = e => { const r = e.getBoundingClientRect(); return r.width > 0 && r.left >= 0 && r.right <= innerWidth; };
    const lost = [...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1)))
        .filter(id => id && !document.getElementById(id));
    return {
        lost, width: document.documentElement.scrollWidth,
        pictures: [...document.images].filter(i => !i.naturalWidth).map(i => i.src),
        switches: [...document.querySelectorAll('.language-switch')].filter(seen).length,
        links: [...document.querySelectorAll('a[href]')].map(a => a.href)};"""

# Lines that begin with what must not begin one: the character stands at the left, and text of the same block before it.
BAD_LINES = """
    const bad = [], closing = /[，。；：、！？）」』”’》]/g;
    const walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, block = node.parentElement.closest('p, li, td, th, h1, h2, h3, h4');
        if (!block || node.parentElement.closest('pre, .katex')) continue;
        const left = block.getBoundingClientRect().left + parseFloat(getComputedStyle(block).paddingLeft);
        const top = block.getBoundingClientRect().top;
        for (const found of node.data.matchAll(closing)) {
            const range = document.createRange();
            range.setStart(node, found.index);
            range.setEnd(node, found.index + 1);
            const box = range.getBoundingClientRect();
            if (box.width && box.left < left + 3 && box.top > top + 15)
                bad.push([...node.data].slice(Math.max(0, found.index - 3), found.index + 20).join(''));
        }
    }
    return bad;"""

# Formulas whose number stands on them; columns too narrow for their words; what lies on a heading.
CROWDED = """
    const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const out = [];
    for (const tag of document.querySelectorAll('.formula .tag')) {
        const box = tag.getBoundingClientRect();
        for (const base of tag.parentElement.querySelectorAll(':scope > .base'))
            if (meets(box, base.getBoundingClientRect())) out.push('a number on its formula: ' + tag.textContent);
    }
    for (const cell of document.querySelectorAll('article td, article th')) {
        const size = parseFloat(getComputedStyle(cell).fontSize), style = getComputedStyle(cell);
        const width = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (cell.innerText.length > 3 && /[\u3400-\u9fff]/.test(cell.innerText) && width < 3 * size)
            out.push('a column of one character: ' + cell.innerText);
    }
    for (const heading of document.querySelectorAll('article h1')) {
        heading.scrollIntoView({block: 'center', behavior: 'instant'});
        const range = document.createRange();
        range.selectNodeContents(heading);
        for (const box of range.getClientRects())
            for (const x of [box.left + 2, (box.left + box.right) / 2, box.right - 2]) {
                const on = document.elementFromPoint(x, (box.top + box.bottom) / 2);
                if (on && x < innerWidth && !heading.contains(on)) out.push('on the title: ' + on.className);
            }
    }
    return out;"""

@functools.lru_cache(None)
def read(file):
    with open(file, encoding="utf-8") as f:
        return f.read()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_address[1]


def open_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1300,1000", "--lang=zh-CN",
                 "--disable-background-networking", "--disable-component-update"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "zh-CN,zh"})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    browser.set_page_load_timeout(120)
    return browser


class Test:
    def __init__(self, folder, pictures):
        self.root, self.folder, self.pictures = serve(folder), folder, pictures
        self.browser = open_browser()
        self.failures, self.checks, self.requests = [], 0, []
        self.structure = {e: json.loads(read(os.path.join(folder, ".src", e, "structure.json"))) for e in EDITIONS}

    # ---- tools ---------------------------------------------------------------------------------------

    def check(self, holds, what):
        self.checks += 1
        if not holds:
            self.failures.append(what)
            print("FAIL", what)

    def go(self, page):
        self.browser.get(self.root + page)

    def all(self, css):
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def script(self, text, *values):
        return self.browser.execute_script(text, *values)

    def wait(self, condition):
        try:
            return WebDriverWait(self.browser, 60).until(condition)
        except Exception:
            return None

    def picture(self, name):
        if self.pictures:
            self.browser.save_screenshot(os.path.join(self.pictures, name + ".png"))

    def size(self, width, height, mobile=False):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})

    def media(self, **features):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})

    def collect(self):
        """What was asked for since the last call, and what the pages complained of."""
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        for entry in self.browser.get_log("browser"):
            if entry["level"] == "SEVERE" and "favicon" not in entry["message"]:
                self.check(False, "the browser's console: " + entry["message"])

    def pixels(self, element):
        """How many of the element's pixels are near white, and how many far from the page's ground."""
        box = self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'});"
                          "const r = arguments[0].getBoundingClientRect();"
                          "return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height, scale: 1};", element)
        shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": box, "captureBeyondViewport": True})["data"]
        return self.browser.execute_async_script("""
            const done = arguments[1], image = new Image();
            image.onload = () => {
                const canvas = document.createElement('canvas');
                canvas.width = image.width; canvas.height = image.height;
                const pen = canvas.getContext('2d');
                pen.drawImage(image, 0, 0);
                const data = pen.getImageData(0, 0, image.width, image.height).data;
                let white = 0, bright = 0;
                for (let i = 0; i < data.length; i += 4) {
                    const light = (data[i] + data[i + 1] + data[i + 2]) / 3;
                    white += light > 235; bright += light > 130;
                }
                done({white: white * 4 / data.length, bright: bright * 4 / data.length});
            };
            image.src = 'data:image/png;base64,' + arguments[0];""", shot)

    # ---- what must hold ------------------------------------------------------------------------------

    def pages(self):
        return [e + "/" + p["doc"] + ".html" for e in EDITIONS for p in self.structure[e]["pages"]]

    def welcome(self):
        self.go("index.html")
        self.wait(lambda b: "/zh/" in b.current_url)
        self.check("/zh/index.html" in self.browser.current_url, "a Chinese browser is led to the Chinese edition")

    def front(self):
        """What the book is: a picture, two commands, three outputs, the map."""
        for edition in EDITIONS:
            self.go(edition + "/index.html")
            self.picture("front-" + edition)
            self.check(len(self.all("article img")) >= 1, edition + ": the front page has a picture")
            commands = [e.text for e in self.all("article .highlight-sh pre")]
            self.check(any(text.count("\n") == 1 and "make tour" in text for text in commands),
                       "%s: the front page has the two commands: %s" % (edition, commands))
            self.check(len(self.all("article .output pre")) == 3, edition + ": the front page shows three outputs")
            chapters = self.all("article a[href^='ch'][href*='/index.html']")
            self.check(len(chapters) >= 2, edition + ": the front page has the map of chapters")
            for name in ("llm-in-c-%s.epub" % edition, "llm-in-c-%s.pdf" % edition):
                there = os.path.exists(os.path.join(self.folder, name))
                self.check(there == (len(self.all(".formats a[href='../%s']" % name)) == 1), edition + ": a link to " + name)

    def every_page(self):
        """On a telephone: nothing but code, tables and formulas may be wider than the screen, nothing crowds."""
        self.size(380, 800, True)
        for page in self.pages() + [e + "/search.html" for e in EDITIONS]:
            self.go(page)
            self.browser.execute_async_script("document.fonts.ready.then(arguments[0])")
            seen = self.script(LOOK)
            self.check(not seen["pictures"], "%s: pictures do not load: %s" % (page, seen["pictures"]))
            self.check(not seen["lost"], "%s: links lead nowhere: %s" % (page, seen["lost"]))
            self.check(seen["switches"] == 1, "%s: %d switches of languages in sight at 380 px" % (page, seen["switches"]))
            self.check(seen["width"] <= 380, "%s: %d px wide on a screen of 380" % (page, seen["width"]))
            bad = self.script(BAD_LINES)
            self.check(not bad, "%s: lines begin with a closing sign: %s" % (page, bad))
            crowded = self.script(CROWDED)
            self.check(not crowded, "%s: %s" % (page, crowded))
            self.links(page, seen["links"])
            self.picture("narrow-" + page.replace("/", "-"))
        self.size(1300, 1000)
        self.collect()

    def links(self, page, links):
        """Links to other pages: the file must be there, and the anchor in it."""
        for href in {h for h in links if h.startswith(self.root) and "?" not in h}:
            path, _, anchor = href[len(self.root):].partition("#")
            file = os.path.join(self.folder, path)
            self.check(os.path.isfile(file), "%s: no page %s" % (page, path))
            if anchor and file.endswith(".html") and os.path.isfile(file):
                self.check('id="%s"' % anchor in read(file), "%s: no #%s in %s" % (page, anchor, path))

    def sidebar(self):
        """Every chapter and every numbered section, on every page; the one that is read is marked and in sight."""
        self.size(1280, 900)
        for edition in EDITIONS:
            numbered = [(n, t) for p in self.structure[edition]["pages"] for k, n, t in p["contents"] if n.startswith("sec-")]
            for page in self.structure[edition]["pages"]:
                self.go(edition + "/" + page["doc"] + ".html")
                shown = self.script("""
                    const here = document.querySelector('.sidebar-tree .current-page'), box = here && here.getBoundingClientRect();
                    return {titles: [...document.querySelectorAll('.sidebar-tree a')].map(a => a.textContent),
                            here: [...document.querySelectorAll('.sidebar-tree a[aria-current]')].map(a => a.textContent),
                            seen: !here || (box.height > 0 && box.top >= 0 && box.top < innerHeight)};""")
                missing = [t for n, t in numbered if t not in shown["titles"]]
                self.check(not missing, "%s/%s: the sidebar lacks %s" % (edition, page["doc"], missing))
                self.check(shown["here"] == ([page["title"]] if page["doc"] != "index" else []),
                           "%s/%s: the sidebar marks %s" % (edition, page["doc"], shown["here"]))
                self.check(shown["seen"], "%s/%s: the marked section is in sight" % (edition, page["doc"]))
            self.go(edition + "/index.html")
            self.all(".sidebar-tree label")[0].click()
            self.check(self.script("return document.querySelector('.sidebar-tree ul ul').offsetHeight > 100"),
                       edition + ": a chapter of the sidebar opens")

    def next_and_previous(self):
        """From the front page to the last, section by section, and back again."""
        for edition in EDITIONS:
            docs = [p["doc"] for p in self.structure[edition]["pages"]]
            word = {"zh": ("下一页", "上一页"), "en": ("Next", "Previous")}[edition]
            steps = {}
            for doc in docs:
                self.go(edition + "/" + doc + ".html")
                steps[doc] = self.script("""return ['next-page', 'prev-page'].map(c => {
                    const a = document.querySelector('a.' + c);
                    return a && [a.href.split('#')[0], a.querySelector('.context').textContent.trim()]; });""")
            for at, doc in enumerate(docs):
                for way, there in ((0, at + 1), (1, at - 1)):
                    wanted = [self.root + edition + "/" + docs[there] + ".html", word[way]] if 0 <= there < len(docs) else None
                    self.check(steps[doc][way] == wanted, "%s/%s: %s" % (edition, doc, steps[doc]))

    def on_this_page(self):
        """In sight at 1280 px, beside the text, with headings, programs and exercises."""
        self.size(1280, 900)
        for edition in EDITIONS:
            title = {"zh": "本页内容", "en": "On this page"}[edition]
            for page in self.structure[edition]["pages"]:
                self.go(edition + "/" + page["doc"] + ".html")
                shown = self.script("""
                    const list = document.querySelector('.toc-tree'), text = document.querySelector('article');
                    if (!list) return null;
                    const box = list.getBoundingClientRect();
                    return {title: document.querySelector('.toc-title').textContent.trim(), left: box.left, right: box.right,
                            top: box.top, text: text.getBoundingClientRect().right,
                            lines: [...list.querySelectorAll('a[href^="#"]:not([href="#"])')].map(a =>
                                   [a.textContent, a.offsetHeight > 8 && a.scrollWidth <= a.clientWidth + 1,
                                    !!document.getElementById(decodeURIComponent(a.hash.slice(1)))])};""")
                wanted = page["contents"][1:]
                where = "%s/%s: on this page: %s" % (edition, page["doc"], shown)
                self.check((shown is None) == (not wanted), where)
                if shown and wanted:
                    self.check(shown["title"].lower() == title.lower() and shown["top"] < 300 and shown["left"] >= shown["text"]
                               and shown["right"] <= 1280, where)
                    self.check(len(shown["lines"]) == len(wanted) and all(fits and leads for _, fits, leads in shown["lines"])
                               and all(t in line for (_, _, t), (line, _, _) in zip(wanted, shown["lines"])), where)

    def old_addresses(self):
        """ch03.html#fig-heads and ch03.html#33-self-attention lead to the page of the section."""
        for edition in EDITIONS:
            for chapter in sorted({p["doc"].split("/")[0] for p in self.structure[edition]["pages"] if "/" in p["doc"]}):
                whole = read(os.path.join(self.folder, edition, "print", chapter + ".html"))
                where = json.loads(re.search(r"const where = (.*);", read(os.path.join(self.folder, edition, chapter + ".html"))).group(1))
                anchors = {i for i in re.findall(r'id="((?:sec|fig|tab|eq|ex)-[^"]*)"', whole)}
                anchors |= {slug for page, slug, _ in self.structure[edition]["slugs"] if page == chapter}
                lost = [a for a in anchors if a not in where]
                self.check(len(anchors) > 50 and not lost, "%s/%s: old anchors are lost: %s" % (edition, chapter, lost))
                for anchor, target in where.items():
                    path, _, fragment = target.partition("#")
                    self.check('id="%s"' % fragment in read(os.path.join(self.folder, edition, path)), target)
                for anchor in sorted(a for a in where if a[:4] in ("sec-", "fig-", "eq-a"))[::9]:
                    self.go("%s/%s.html#%s" % (edition, chapter, anchor))
                    self.wait(lambda b: b.current_url.endswith(where[anchor]))
                    self.check(self.browser.current_url.endswith(where[anchor]), "an old address: " + self.browser.current_url)

    def switching(self):
        """From a section of one edition to the same section of the other, and back; the words in the right language."""
        for edition, other in (EDITIONS, EDITIONS[::-1]):
            self.go(edition + "/ch03/3-3.html#sec-3-3-1")
            self.browser.execute_async_script("document.fonts.ready.then(arguments[0])")
            self.script("document.getElementById('sec-3-3-1').scrollIntoView({behavior: 'instant'});"
                        "document.querySelector('.language-switch').click()")
            self.wait(lambda b: "/%s/" % other in b.current_url)
            self.check(self.browser.current_url.endswith("/%s/ch03/3-3.html#sec-3-3-1" % other),
                       "the switch keeps the page and the section: " + self.browser.current_url)
            self.check(self.script("return document.documentElement.lang").startswith(other), "the language is declared")
        self.go("zh/ch03/3-3.html")
        around = self.script("""
            const all = document.body.cloneNode(true), labels = ['title', 'placeholder', 'aria-label'];
            all.querySelectorAll('article, .sidebar-tree, .toc-tree, .title, script, .language-switch').forEach(e => e.remove());
            return all.textContent + ' ' + [...all.querySelectorAll(labels.map(l => '[' + l + ']').join())]
                .map(e => labels.map(l => e.getAttribute(l) || '').join(' ')).join(' ');""")
        latin = set(re.findall("[A-Za-z]{2,}", around)) - {"LLM"}
        self.check(not latin, "navigation in Chinese speaks Chinese: %s" % latin)

    def searching(self):
        """Lands on the section, with the word itself marked and in sight."""
        self.size(1280, 900)
        for edition, words, page, mark in SEARCHES:
            self.go(edition + "/index.html")
            self.all(".sidebar-search")[0].send_keys(words, Keys.ENTER)
            found = self.wait(lambda b: self.all("#search-results a[href*='%s.html']" % page))
            self.check(found, "a search for '%s' in %s finds %s" % (words, edition, page))
            self.picture("search-" + edition + "-" + words)
            if not found:
                continue
            self.go(edition + "/" + found[0].get_dom_attribute("href"))
            time.sleep(0.3)
            marks = self.script("""
                const all = [...document.querySelectorAll('article mark')], first = all.find(m => {
                    const r = m.getBoundingClientRect(); return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight; });
                return {words: [...new Set(all.map(m => m.textContent))], seen: first ? first.textContent : null};""")
            whole = all(words.lower().rstrip("s") in m.lower() for m in marks["words"])
            self.check(mark in marks["words"] and whole and marks["seen"],
                       "%s: '%s' is marked, whole and in sight, in %s: %s" % (edition, words, page, marks))
            self.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
            self.check(not self.all("article mark"), "Escape takes the marks away")
        self.go("zh/search.html?q=" + "龘龘")
        self.wait(lambda b: self.all("#search-count")[0].text)
        self.check(not self.all("#search-results a") and "没有" in self.all("#search-count")[0].text, "what is not in the book is not found")
        self.collect()

    def formulas(self):
        for page in self.pages():
            text = read(os.path.join(self.folder, page))
            if 'class="katex"' not in text and page != "zh/ch03/3-2.html":
                continue
            self.go(page)
            shown = self.script("""
                const boxes = [...document.querySelectorAll('.katex-html')];
                return [boxes.length, boxes.filter(b => b.getBoundingClientRect().width < 2).length,
                        document.querySelectorAll('.katex-error').length];""")
            self.check(shown[0] > 0 and shown[1] == 0 and shown[2] == 0, "%s: formulas are drawn: %s" % (page, shown))
            left = self.script("return document.querySelector('article').innerText.match(/\\$\\$|\\\\frac|<!--/)")
            self.check(not left, "%s: raw source is left in the text: %s" % (page, left))
        fonts = self.script("return document.fonts.ready.then(f => [...f].filter(x => x.family.includes('KaTeX') "
                            "&& x.status == 'loaded').length)")
        self.check(fonts > 0, "the fonts of formulas are loaded")

    def copying(self):
        self.browser.execute_cdp_cmd("Browser.grantPermissions", {
            "origin": self.root.rstrip("/"), "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        self.go("en/ch03/3-1.html")
        button = self.all(".highlight-c .copybtn")[0]
        self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
        button.click()
        code = self.script("return arguments[0].parentElement.querySelector('pre').innerText", button)
        time.sleep(0.3)
        copied = self.browser.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], e => arguments[0]('' + e))")
        self.check(copied.strip() == code.strip() and "(" in code, "code can be copied: " + copied[:60])

    def dark(self):
        """Dark by the system and by the button: the ground, the pictures, the button that copies."""
        self.size(1280, 900)
        looked = set()
        for by in ("system", "button"):
            self.media(prefers_color_scheme="dark" if by == "system" else "light")
            self.go("zh/index.html")
            self.script("localStorage.setItem('theme', arguments[0])", "auto" if by == "system" else "dark")
            for page in self.pages() if by == "system" else ["zh/ch03/3-3-2.html", "en/ch05/5-2.html"]:
                if "<img" not in read(os.path.join(self.folder, page)):
                    continue
                self.go(page)
                colour = self.script("return getComputedStyle(document.body).backgroundColor")
                self.check(sum(map(int, colour[4:-1].split(","))) < 200, "%s: dark by the %s: %s" % (page, by, colour))
                for image in self.all("article figure img, article p img"):
                    name = image.get_dom_attribute("src").split("/")[-1]
                    if (name, by) in looked:
                        continue
                    looked.add((name, by))
                    seen = self.pixels(image)
                    self.check(seen["white"] < 0.25, "%s: %s is a white slab by the %s: %s" % (page, name, by, seen))
                    self.check(seen["bright"] > 0.002, "%s: nothing can be seen of %s by the %s: %s" % (page, name, by, seen))
            self.picture("dark-" + by)
        self.go("en/ch03/3-1.html")
        button = self.pixels(self.all(".copybtn")[0])
        self.check(button["bright"] > 0.03, "the button that copies can be seen in the dark: %s" % button)
        self.script("localStorage.setItem('theme', 'auto')")
        self.media()
        self.collect()

    def printing(self):
        """A chapter on one page: all its sections, in order, their links within it."""
        for edition in EDITIONS:
            pages = self.structure[edition]["pages"]
            for chapter in sorted({p["doc"].split("/")[0] for p in pages if "/" in p["doc"]}):
                numbered = [n.replace(".", "-") for p in pages if p["doc"].startswith(chapter + "/") for _, n, _ in p["contents"]
                            if n.startswith("sec-")]
                self.go("%s/print/%s.html" % (edition, chapter))
                shown = self.script("""
                    return [...document.querySelectorAll('article section')].filter(s => s.id.startsWith('sec-'))
                        .map(s => [s.id, s.querySelector('h1,h2,h3,h4').tagName]);""")
                self.check([i for i, _ in shown] == numbered, "%s: the sections of %s for print: %s" % (edition, chapter, shown))
                self.check(all(tag == "H%d" % i.count("-") for i, tag in shown), "%s: their headings: %s" % (edition, shown))
                self.check(self.script(LOOK)["pictures"] == [], "%s: pictures of %s for print" % (edition, chapter))
                self.check(not self.all(".sidebar-drawer, .toc-drawer"), "nothing stands around a page for print")

    def epub(self):
        """The contents of the EPUB name every section, and its formulas are MathML."""
        for edition in EDITIONS:
            with zipfile.ZipFile(os.path.join(self.folder, "llm-in-c-%s.epub" % edition)) as book:
                contents = html.unescape(book.read("toc.ncx").decode())
                missing = [p["title"] for p in self.structure[edition]["pages"] if p["number"] and p["title"] not in contents]
                self.check(not missing, "%s: the contents of the EPUB lack %s" % (edition, missing[:5]))
                self.check("<math" in book.read("ch03/3-2.xhtml").decode(), edition + ": formulas of the EPUB")

    def pdf(self):
        """Cover, contents with the right numbers, running heads, bookmarks, nothing cut off."""
        for edition in EDITIONS:
            file = os.path.join(self.folder, "llm-in-c-%s.pdf" % edition)
            self.check(os.path.exists(file), "there is a PDF: " + file)
            if os.path.exists(file):
                self.one_pdf(edition, file)

    def one_pdf(self, edition, file):
        run = lambda *command: subprocess.run(command, capture_output=True, text=True, check=True).stdout
        squeeze = lambda text: re.sub(r"\s", "", text)
        pages = run("pdftotext", "-layout", file, "-").split("\f")[:-1]
        where = {n: int(p) for p, n in re.findall(r'^\s*(\d+) \[.*\] "(.*)"$', run("pdfinfo", "-dests", file), re.M)}
        structure = self.structure[edition]["pages"]
        numbered = [(n.replace(".", "-"), t) for p in structure for _, n, t in p["contents"] if n.startswith("sec-")]
        self.check(len(pages) > 60, "%s: the PDF has %d pages" % (edition, len(pages)))
        self.check({"zh": "大模型之书", "en": "The Book of LLMs"}[edition] in pages[0], edition + ": the cover: " + pages[0][:80])
        first = min(where[n] for n, _ in numbered)
        contents = squeeze(run("pdftotext", "-raw", "-f", "2", "-l", str(first - 1), file, "-"))
        for name, title in numbered:
            self.check(squeeze(title) + str(where[name]) in contents,
                       "%s: the contents give page %d for %s" % (edition, where[name], title))
        chapters = {p["doc"].split("/")[0]: p["title"] for p in structure if p["doc"].endswith("/index")}
        heads = 0
        for number, page in enumerate(pages[1:], 2):
            lines = [line.strip() for line in page.split("\n") if line.strip()]
            self.check(lines and lines[-1] == str(number), "%s: page %d has its number: %s" % (edition, number, lines[-1:]))
            heads += any(squeeze(title) in squeeze(lines[0]) for title in chapters.values())
        self.check(heads > 0.8 * (len(pages) - 12), "%s: %d of %d pages have the chapter above" % (edition, heads, len(pages)))
        with tempfile.TemporaryDirectory() as folder:
            run("pdftohtml", "-xml", "-i", "-q", file, os.path.join(folder, "book"))
            outline = read(os.path.join(folder, "book.xml")).partition("<outline>")[2]
        marks = [squeeze(re.sub("<[^>]*>", "", t)) for t in re.findall(r"<item[^>]*>(.*?)</item>", outline)]
        missing = [t for _, t in numbered if squeeze(t).replace("&", "&amp;") not in marks]
        self.check(not missing, "%s: bookmarks are missing: %s" % (edition, missing[:5]))
        number = '="([\\d.-]+)"'
        words = re.findall("<word xMin%s yMin%s xMax%s yMax%s>(.*?)</word>" % (4 * (number,)),
                           run("pdftotext", "-bbox", file, "-"))
        cut = [w[4] for w in words if float(w[0]) < 35 or float(w[2]) > 595 - 35 or float(w[3]) > 842 - 12]
        self.check(len(words) > 10000 and not cut, "%s: %d words of the PDF are cut off or outside: %s" % (edition, len(cut), cut[:8]))

    def building(self):
        """Sources of sections are written only where they changed."""
        sys.path.insert(0, os.path.join(ROOT, "book", "site"))
        import sections
        with tempfile.TemporaryDirectory() as folder:
            book, out = os.path.join(folder, "book", "en"), os.path.join(folder, "out", "en")
            shutil.copytree(os.path.join(ROOT, "book", "en"), book)
            stamps = lambda: {p: os.stat(p).st_mtime_ns for d, _, fs in os.walk(out) for p in (os.path.join(d, f) for f in fs)}
            sections.write_edition(book, out)
            before = stamps()
            sections.write_edition(book, out)
            self.check(stamps() == before, "the same sources again are left alone")
            page = os.path.join(book, "ch03.md")
            text = read(page).replace("\n## 3.2 ", "\nAnother sentence.\n\n## 3.2 ", 1)
            with open(page, "w", encoding="utf-8") as f:
                f.write(text)
            sections.write_edition(book, out)
            changed = [os.path.relpath(p, out) for p, t in stamps().items() if t != before.get(p)]
            self.check(changed == ["ch03/3-1.md"], "one sentence changes one page: %s" % changed)
        build = os.path.join(ROOT, "book", "site", "build.py")
        again = subprocess.run([sys.executable, build, self.folder], capture_output=True, text=True)
        self.check(again.stdout.count("nothing changed") == 2, "a second build leaves all as it is: " + again.stdout)

    def nothing_from_outside(self):
        own = ("data:", "blob:", "chrome", "about:", self.root)
        outside = {url for url in self.requests if not url.startswith(own)}
        self.check(len(self.requests) > 50 and not outside, "nothing is fetched from outside: %s" % outside)

    def run(self, parts):
        for part in parts or (
                "welcome", "front", "every_page", "sidebar", "next_and_previous", "on_this_page", "old_addresses", "switching",
                "searching", "formulas", "copying", "dark", "printing", "epub", "pdf", "building", "nothing_from_outside"):
            print(part.replace("_", " "), flush=True)
            getattr(self, part)()
        self.browser.quit()
        print("the book in a browser: %d checks, %d failed" % (self.checks, len(self.failures)))
        return len(self.failures) > 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: browse_book.py build/book [folder for screenshots [part ...]]")
    sys.exit(Test(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] != "-" else None).run(sys.argv[3:]))
