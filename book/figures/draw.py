"""Draws the diagrams of the book, those pictures that no program of a chapter draws.

    python3 book/figures/draw.py            writes what differs
    python3 book/figures/draw.py --check    reports it, and ends with status 1 if anything does

A chapter's diagrams are described in chNN.py, that of the front page in front.py; diagram.py says how."""
import importlib
import pathlib
import sys

sys.dont_write_bytecode = True
from diagram import FOLDER, Diagram


def main(check):
    for described in sorted(FOLDER.glob("ch[0-9][0-9].py")) + [FOLDER / "front.py"]:
        importlib.import_module(described.stem)
    stale = [(path, text) for d in Diagram.drawn for path, text in d.files()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path, text in stale:
        name = path.relative_to(pathlib.Path.cwd()) if path.is_relative_to(pathlib.Path.cwd()) else path
        if check:
            print("%s: not what its description draws; `make book-sync` draws it" % name)
        else:
            path.write_text(text, encoding="utf-8")
            print("wrote %s" % name)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
