// Which comments this browser has marked as worth reading: the page is the same for all readers, so the browser shows it.
"use strict";
(() => {
  const KEY = "marked", MOST = 1000;
  let own = new Set();
  try { own = new Set(JSON.parse(localStorage.getItem(KEY)) ?? []); } catch { /* forgets */ }

  function show() {
    for (const button of document.querySelectorAll(".mark[data-mark]")) {
      if (own.has(button.dataset.mark)) button.setAttribute("aria-pressed", "true");
    }
  }

  // The site's answer is a button that knows whether it is pressed; what it says is kept.
  function note() {
    for (const button of document.querySelectorAll(".mark[data-own]")) {
      if (button.dataset.own === "yes") own.add(button.dataset.mark);
      else own.delete(button.dataset.mark);
      delete button.dataset.own;
      try { localStorage.setItem(KEY, JSON.stringify([...own].slice(-MOST))); } catch { /* forgets */ }
    }
    show();
  }

  document.addEventListener("htmx:after:swap", note);
  show();
  window.addEventListener("pageshow", show);
})();
