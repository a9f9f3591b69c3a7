"""Sphinx settings of both editions; site/build.py calls it with EDITION=zh and EDITION=en.

The sources are pages cut from the chapters by site/sections.py. site/navigation.py makes
what stands around a page, site/words.py the words for the search, site/printing.py the
pages for print; formulas are drawn by site/formulas.py."""
import glob
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "site"))

edition = os.environ.get("EDITION", "en")
zh = edition == "zh"

project = "大模型之书（C 版）" if zh else "The Book of LLMs in C"
author = "the authors of the book"
copyright = "CC BY 4.0"
version = "1"
language = "zh_CN" if zh else "en"
extensions = ["myst_parser", "sphinx_copybutton", "navigation", "typography", "formulas", "words", "printing",
              "own_files"]
exclude_patterns = ["structure.json"]
nitpicky = True

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_dmath_double_inline = True
suppress_warnings = ["myst.header"]  # a part of the outline may begin below its title

pygments_style = "tango"
pygments_dark_style = "native"
highlight_language = "none"
copybutton_selector = "div:not(.output) > div.highlight pre"

html_theme = "furo"
html_title = project
html_static_path = ["site/static"]
templates_path = ["site/templates"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_context = {
    "edition": edition,
    "other": "en" if zh else "zh",
    "other_name": "English" if zh else "中文",
    "other_title": "Read this page in English" if zh else "阅读本页的中文版",
    "formats": [("PDF", "llm-in-c-%s.pdf" % edition)] * (os.environ.get("BOOK_PDF") == "yes")
    + [("EPUB", "llm-in-c-%s.epub" % edition)],
    "cover": {"title": "大模型之书" if zh else "The Book of LLMs",
              "subtitle": "C 版：每个论断都是一个能运行的程序" if zh else "in C: every claim is a program that you can run",
              "foot": "代码：MIT 许可　文字与插图：CC BY 4.0" if zh else "Code: MIT licence. Text and figures: CC BY 4.0."},
}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False

epub_title = project
epub_author = author
epub_basename = "llm-in-c-" + edition
epub_show_urls = "no"
epub_theme = "epub"
epub_cover = ()
epub_tocscope = "includehidden"


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()


def setup(app):
    """Sphinx reads a page again when the page changes; let it do so too when this machinery does."""
    site = sorted(glob.glob(os.path.join(HERE, "site", "**"), recursive=True))
    programs = [path for path in site if path.endswith(".py")]
    around = [path for path in site if os.path.splitext(path)[1] in (".html", ".css", ".js")]
    app.add_config_value("machinery", fingerprint(programs), "env")
    app.add_config_value("around", fingerprint([os.path.join(app.srcdir, "structure.json"), *around]), "html")
