"""Search for both languages in both editions: English words by their stem, Chinese by
pairs of characters, so that any phrase is found whatever a dictionary would make of it."""
import re

from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u9fff\uf900-\ufaff"
PIECE = re.compile("[%s]+|[^\\W%s]+" % (HAN, HAN))


def pieces(text):
    out = []
    for piece in PIECE.findall(text):
        if not re.match("[%s]" % HAN, piece):
            out.append(piece)
        else:
            out += [piece[i:i + 2] for i in range(max(1, len(piece) - 1))]
    return out


class SearchBoth(SearchEnglish):
    lang = "en"
    js_splitter_code = """
function splitQuery(query) {
    const out = [];
    for (const [piece] of query.matchAll(/[%s]+|[^\\s%s\\p{P}]+/gu)) {
        if (!/[%s]/.test(piece)) out.push(piece);
        else for (let i = 0; i < Math.max(1, piece.length - 1); i++) out.push(piece.slice(i, i + 2));
    }
    return out;
}
""" % (3 * ("\\u3400-\\u9fff\\uf900-\\ufaff",))

    def split(self, text):
        return pieces(text)


class SearchBothZh(SearchBoth):
    lang = "zh"


def setup(app):
    app.add_search_language(SearchBoth)
    app.add_search_language(SearchBothZh)
    return {"parallel_read_safe": True}
