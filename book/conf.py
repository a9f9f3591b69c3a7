"""Sphinx settings of both editions; `make book` calls it with EDITION=zh and EDITION=en.

What the text means to Sphinx is in site/pages.py, formulas are drawn by
site/formulas.py, Chinese words are found by site/search.py."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "site"))

edition = os.environ.get("EDITION", "en")
zh = edition == "zh"

project = "大模型之书（C 版）" if zh else "The Book of LLMs in C"
author = "the authors of the book"
copyright = "CC BY 4.0"
version = "1"
language = "zh_CN" if zh else "en"
extensions = ["myst_parser", "sphinx_copybutton", "pages", "formulas", "search", "own_files"]
exclude_patterns = []
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
html_js_files = ["language.js"]
html_context = {
    "edition": edition,
    "other": "en" if zh else "zh",
    "other_name": "English" if zh else "中文",
    "other_title": "Read this page in English" if zh else "阅读本页的中文版",
}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
# The switch of languages stands at the top of the page, where Furo has a button to edit it, and beside it.
html_theme_options = {"top_of_page_button": "edit"}
html_sidebars = {"**": ["sidebar/brand.html", "components/edit-this-page.html", "sidebar/search.html",
                        "sidebar/scroll-start.html", "sidebar/navigation.html", "sidebar/scroll-end.html"]}

epub_title = project
epub_author = author
epub_basename = "llm-in-c-" + edition
epub_show_urls = "no"
epub_theme = "epub"
epub_cover = ()
