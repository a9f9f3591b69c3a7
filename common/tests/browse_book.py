"""The web pages in a real browser: python3 browse_book.py build/book [folder for screenshots]

Serves the pages on this machine and opens them in a headless Chromium, as a reader
would: switches languages, searches in both, copies code, looks at formulas and at a
narrow screen; and counts every request, because nothing may come from outside.
Needs chromium, chromium-driver and python3-selenium: make deps-book."""
import functools
import http.server
import json
import os
import shutil
import sys
import threading
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

EDITIONS = ("zh", "en")
SEARCHES = [("zh", "注意力", "ch03"), ("zh", "缩放点积", "ch03"), ("zh", "attention", "ch03"),
            ("en", "attention", "ch03"), ("en", "masks", "ch03"), ("en", "注意力", "glossary")]


# What a page looks like from inside, in one question.
LOOK = """
    const seen = e => { const r = e.getBoundingClientRect(); return r.width > 0 && r.left >= 0 && r.right <= innerWidth; };
    const lost = [...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1)))
        .filter(id => id && !document.getElementById(id));
    return {
        lost, width: document.documentElement.scrollWidth,
        pictures: [...document.images].filter(i => !i.naturalWidth).map(i => i.src),
        switches: [...document.querySelectorAll('.language-switch a')].filter(seen).length,
        links: [...document.querySelectorAll('a[href]')].map(a => a.href)};"""


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

    def collect(self):
        """What was asked for since the last call, and what the pages complained of."""
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        for entry in self.browser.get_log("browser"):
            if entry["level"] == "SEVERE" and "favicon" not in entry["message"]:
                self.check(False, "the browser's console: " + entry["message"])

    # ---- what must hold ------------------------------------------------------------------------------

    def pages(self):
        return [e + "/" + f for e in EDITIONS for f in sorted(os.listdir(os.path.join(self.folder, e)))
                if f.endswith(".html")]

    def welcome(self):
        self.go("index.html")
        self.wait(lambda b: "/zh/" in b.current_url)
        self.check("/zh/index.html" in self.browser.current_url, "a Chinese browser is led to the Chinese edition")

    def every_page(self):
        """On a telephone: nothing but code, tables and formulas may be wider than the screen."""
        self.size(380, 800, True)
        for page in self.pages():
            self.go(page)
            seen = self.script(LOOK)
            self.check(not seen["pictures"], "%s: pictures do not load: %s" % (page, seen["pictures"]))
            self.check(not seen["lost"], "%s: links lead nowhere: %s" % (page, seen["lost"]))
            self.check(seen["switches"] >= 1, page + ": no switch of languages in sight at 380 px")
            self.check(seen["width"] <= 380, "%s: %d px wide on a screen of 380" % (page, seen["width"]))
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

    def navigation(self):
        for edition in EDITIONS:
            self.go(edition + "/index.html")
            link = self.all(".sidebar-tree a[href='ch03.html']")
            self.check(len(link) == 1, edition + ": chapter 3 is in the list of pages")
            link[0].click()
            self.check(self.browser.current_url.endswith("ch03.html"), edition + ": the list leads to chapter 3")
            section = self.all(".toc-tree a[href='#sec-3-3-3']")
            self.check(len(section) == 1, edition + ": the page's contents show section 3.3.3")

    def switching(self):
        """From a section of one edition to the same section of the other, and back."""
        for edition, other in (EDITIONS, EDITIONS[::-1]):
            self.go(edition + "/ch03.html#sec-3-4")
            self.browser.execute_async_script("document.fonts.ready.then(arguments[0])")
            self.script("document.getElementById('sec-3-4').scrollIntoView({behavior: 'instant'});"
                        "document.querySelector('.language-switch a').click()")
            self.wait(lambda b: "/%s/" % other in b.current_url)
            self.check(self.browser.current_url.endswith("/%s/ch03.html#sec-3-4" % other),
                       "the switch keeps the page and the section: " + self.browser.current_url)
            self.check(self.script("return document.documentElement.lang").startswith(other), "the language is declared")

    def searching(self):
        for edition, words, page in SEARCHES:
            self.go(edition + "/index.html")
            box = self.all(".sidebar-search")[0]
            box.send_keys(words, Keys.ENTER)
            found = self.wait(lambda b: self.all("#search-results a[href*='%s.html']" % page))
            self.check(found, "a search for '%s' in %s finds %s" % (words, edition, page))
            self.picture("search-" + edition + "-" + ("zh" if ord(words[0]) > 127 else "en"))
        self.go("zh/search.html?q=" + "龘龘")
        time.sleep(1)
        self.check(not self.all("#search-results a[href*='ch03.html']"), "what is not in the book is not found")
        self.collect()

    def formulas(self):
        for edition in EDITIONS:
            self.go(edition + "/ch03.html")
            shown = self.script("""
                const boxes = [...document.querySelectorAll('.katex-html')];
                return [boxes.length, boxes.filter(b => b.getBoundingClientRect().width < 2).length,
                        document.querySelectorAll('.katex-error').length];""")
            self.check(shown[0] > 0 and shown[1] == 0 and shown[2] == 0, "%s: formulas are drawn: %s" % (edition, shown))
            fonts = self.script("return document.fonts.ready.then(f => [...f].filter(x => x.family.includes('KaTeX') "
                                "&& x.status == 'loaded').length)")
            self.check(fonts > 0, edition + ": the fonts of formulas are loaded")
            left = self.script("return document.querySelector('article').innerText.match(/\\$\\$|\\\\frac|<!--/)")
            self.check(not left, "%s: raw source is left in the text: %s" % (edition, left))

    def copying(self):
        self.browser.execute_cdp_cmd("Browser.grantPermissions", {
            "origin": self.root.rstrip("/"), "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        self.go("en/ch03.html")
        button = self.all(".highlight-c .copybtn")[0]
        self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
        button.click()
        code = self.script("return arguments[0].parentElement.querySelector('pre').innerText", button)
        time.sleep(0.3)
        copied = self.browser.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], e => arguments[0]('' + e))")
        self.check(copied.strip() == code.strip() and "(" in code, "code can be copied: " + copied[:60])

    def dark(self):
        self.go("zh/ch03.html")
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        colour = self.script("return getComputedStyle(document.body).backgroundColor")
        self.check(sum(map(int, colour[4:-1].split(","))) < 200, "dark mode is dark: " + colour)
        self.picture("dark")
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        self.collect()

    def nothing_from_outside(self):
        own = ("data:", "blob:", "chrome", "about:", self.root)
        outside = {url for url in self.requests if not url.startswith(own)}
        self.check(len(self.requests) > 50 and not outside, "nothing is fetched from outside: %s" % outside)

    def run(self):
        for part in (self.welcome, self.every_page, self.navigation, self.switching, self.searching, self.formulas,
                     self.copying, self.dark, self.nothing_from_outside):
            print(part.__name__.replace("_", " "), flush=True)
            part()
        self.browser.quit()
        print("the book in a browser: %d checks, %d failed" % (self.checks, len(self.failures)))
        return len(self.failures) > 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: browse_book.py build/book [folder for screenshots]")
    sys.exit(Test(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None).run())
