// What the pages do by themselves: the switch of languages keeps the section, the search finds and marks.
"use strict";

const query = new URLSearchParams(location.search).get("q") || "";

document.addEventListener("click", event => {
  const link = event.target.closest(".language-switch");
  if (!link) return;
  const top = element => element.getBoundingClientRect().top;
  const aimed = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const inSight = aimed && top(aimed) > -20 && top(aimed) < innerHeight;
  const passed = [...document.querySelectorAll("section[id^='sec-']")].filter(s => top(s) < 120).pop();
  link.search = location.search;
  link.hash = inSight ? location.hash : passed ? passed.id : "";
});

// ---- words ------------------------------------------------------------------------------------------

const HAN = /[\u3400-\u9fff\uf900-\ufaff]/;
const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// Chinese is looked for as it stands, a Latin word by its beginning: masks finds mask, masked, masking.
function patternOf(word) {
  if (HAN.test(word)) return escaped(word);
  const stem = word.length > 4 ? word.replace(/(ies|es|s|ed|ing)$/i, "") : word;
  return "(?<![\\p{L}\\p{N}_])" + escaped(stem.length > 2 ? stem : word) + "[\\p{Script=Latin}\\p{N}_-]*";
}

const wordsOf = text => text.trim().split(/[\s\u3000]+/).filter(Boolean);
const patternsOf = text => wordsOf(text).map(word => new RegExp(patternOf(word), "giu"));
const anyOf = text => new RegExp(wordsOf(text).map(patternOf).join("|"), "giu");

// ---- the search page ---------------------------------------------------------------------------------

function scoreOf(patterns, title, text) {
  let score = 0;
  for (const pattern of patterns) {
    const inTitle = (title.match(pattern) || []).length, inText = (text.match(pattern) || []).length;
    if (!inTitle && !inText) return 0;
    score += 20 * Math.min(inTitle, 2) + Math.min(inText, 12) + (inText ? 60 * inText / (text.length + 500) : 0);
  }
  return score;
}

function marked(text, pattern) {
  const out = document.createDocumentFragment();
  let at = 0;
  pattern.lastIndex = 0;
  for (const found of text.matchAll(pattern)) {
    out.append(text.slice(at, found.index), Object.assign(document.createElement("mark"), {textContent: found[0]}));
    at = found.index + found[0].length;
  }
  out.append(text.slice(at));
  return out;
}

function excerpt(text, pattern) {
  pattern.lastIndex = 0;
  const found = pattern.exec(text), room = HAN.test(text) ? 45 : 90;
  pattern.lastIndex = 0;
  if (!found) return text.slice(0, 2 * room);
  const start = Math.max(0, found.index - room), end = Math.min(text.length, found.index + 2 * room);
  return (start ? "…" : "") + text.slice(start, end) + (end < text.length ? "…" : "");
}

function resultOf(entry, text, pattern) {
  const [page, anchor, title, words] = entry, result = document.createElement("li"), link = document.createElement("a");
  link.href = page + "?q=" + encodeURIComponent(text) + "#" + anchor;
  link.append(marked(title, pattern));
  const context = document.createElement("p");
  context.append(marked(excerpt(words, pattern), pattern));
  result.append(link, context);
  return result;
}

window.book = {
  search(entries) {
    const box = document.querySelector(".search-box input"), list = document.getElementById("search-results"),
          count = document.getElementById("search-count");
    const show = text => {
      list.replaceChildren();
      count.textContent = "";
      if (!wordsOf(text).length) return;
      const patterns = patternsOf(text), pattern = anyOf(text);
      const found = entries.map(entry => [scoreOf(patterns, entry[2], entry[3]), entry]).filter(([score]) => score > 0)
        .sort((a, b) => b[0] - a[0]);
      count.textContent = found.length ? count.dataset.found.replace("%n", found.length) : count.dataset.none;
      list.append(...found.slice(0, 50).map(([, entry]) => resultOf(entry, text, pattern)));
    };
    box.value = query;
    box.addEventListener("input", () => {
      history.replaceState(null, "", "?q=" + encodeURIComponent(box.value));
      show(box.value);
    });
    box.form.addEventListener("submit", event => event.preventDefault());
    document.querySelector(".sidebar-search").value = query;
    show(query);
  }
};

// ---- a page that the search led to: its words marked, the first of them in sight -------------------------

function textsOf(article) {
  const skipped = ".katex, .headerlink, script, style, button";
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT,
    node => node.parentElement.closest(skipped) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const out = [];
  while (walker.nextNode()) out.push(walker.currentNode);
  return out;
}

function unmark() {
  for (const mark of document.querySelectorAll("mark.found")) mark.replaceWith(mark.textContent);
  history.replaceState(null, "", location.pathname + location.hash);
}

document.addEventListener("DOMContentLoaded", () => {
  const article = document.querySelector("article");
  if (!query || !article || document.getElementById("search-results")) return;
  const pattern = anyOf(query);
  for (const node of textsOf(article)) {
    pattern.lastIndex = 0;
    if (!pattern.test(node.data)) continue;
    const fragment = marked(node.data, pattern);
    fragment.querySelectorAll("mark").forEach(mark => mark.classList.add("found"));
    node.replaceWith(fragment);
  }
  document.addEventListener("keydown", event => event.key === "Escape" && unmark());
  const aimed = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const first = (aimed && aimed.querySelector("mark.found")) || document.querySelector("mark.found");
  if (first) addEventListener("load", () => first.scrollIntoView({block: "center", behavior: "instant"}));
});

// The sidebar opens where the reader is.
document.addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".sidebar-tree .current-page"), box = document.querySelector(".sidebar-scroll");
  if (here && box) box.scrollTop += here.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
});
