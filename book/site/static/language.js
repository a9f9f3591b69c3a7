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
