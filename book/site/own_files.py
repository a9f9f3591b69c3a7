"""Makes the pages stand alone: a distribution's Furo leaves a style and a script to the
web server's own folders, and a page opened from the disk has no server."""
import os
import re
import shutil

NORMALIZE = "/usr/share/javascript/normalize.css/normalize.css"


def rewrite(path, change):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(change(text))


def own_style(static):
    """Debian's furo.css begins with an address outside: @import url(/javascript/...)."""
    styles = os.path.join(static, "styles")
    if os.path.exists(NORMALIZE):
        shutil.copy(NORMALIZE, styles)
    rewrite(os.path.join(styles, "furo.css"), lambda text: with_contents(with_dark(re.sub(
        r"@import url\(/javascript/[^)]*\)", "@import url(normalize.css)", text))))


def with_contents(text):
    """Furo hides the list of what is on the page below 82em; ours has room for it at 1280 pixels."""
    return text.replace("max-width: 82em", "max-width: 79em")


def with_dark(text):
    """It has also lost the rule that follows the system's dark mode: its colours under that condition."""
    colours = re.search(r'body\[data-theme="dark"\] \{[^}]*\}', text)
    if "prefers-color-scheme" in text or not colours:
        return text
    auto = colours.group().replace('body[data-theme="dark"]', 'body:not([data-theme="light"])')
    return text + "\n@media screen and (prefers-color-scheme: dark) {\n" + auto + "\n}\n"


def own_script(static):
    """Its furo.js imports another script, but is not loaded as a module: join the two."""
    with open(os.path.join(static, "scripts", "gumshoe-patched.js"), encoding="utf-8") as f:
        gumshoe = f.read()
    rewrite(os.path.join(static, "scripts", "furo.js"),
            lambda text: re.sub(r"\Aimport Gumshoe .*\n", lambda _: gumshoe, text))


def finish(app, error):
    if app.builder.name == "html" and not error:
        static = os.path.join(app.outdir, "_static")
        own_style(static)
        if os.path.exists(os.path.join(static, "scripts", "gumshoe-patched.js")):
            own_script(static)


def setup(app):
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
