// The switch of languages leads to the section that the reader sees, and keeps the words searched for.
document.addEventListener("click", event => {
  const link = event.target.closest(".language-switch a");
  if (!link) return;
  const sections = [...document.querySelectorAll("section[id^='sec-']")];
  const seen = sections.filter(s => s.getBoundingClientRect().top < 120).pop();
  link.search = location.search;
  link.hash = seen ? seen.id : location.hash;
});
