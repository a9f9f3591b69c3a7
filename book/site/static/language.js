// The switch of languages leads to the section that the reader sees, and keeps the words searched for.
document.addEventListener("click", event => {
  const link = event.target.closest(".language-switch a");
  if (!link) return;
  const top = element => element.getBoundingClientRect().top;
  const aimed = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const inSight = aimed && top(aimed) > -20 && top(aimed) < innerHeight;
  const passed = [...document.querySelectorAll("section[id^='sec-']")].filter(s => top(s) < 120).pop();
  link.search = location.search;
  link.hash = inSight ? location.hash : passed ? passed.id : "";
});

// What Sphinx does not say in Chinese; it looks the sentence up with the number in it.
if (document.documentElement.lang.startsWith("zh")) {
  for (let n = 1; n < 100; n++)
    Documentation.TRANSLATIONS[`Search finished, found ${n} page(s) matching the search query.`] = `找到 ${n} 个页面。`;
}

// A formula stands in a page twice, for the eye and for the screen reader; a summary shows it once.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const plain = Search.htmlToText;
  Search.htmlToText = html => plain(html.replace(/<span class="katex-mathml">.*?<\/math><\/span>/gs, ""));
});
