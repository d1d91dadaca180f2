// The box that Ctrl+K opens on every page of the desk: words, what they find, and the arrows to choose from it.
// Without this file the link "Search" leads to a page that does the same.
"use strict";
(() => {
  const palette = () => document.getElementById("palette");
  const words = () => document.getElementById("palette-words");
  const hits = () => [...palette().querySelectorAll(".desk-found__hit")];

  function open() {
    if (!palette() || palette().open) return;
    palette().showModal();
    words().select();
    words().form.dispatchEvent(new Event("open"));
  }

  function step(by) {
    const found = hits();
    const at = found.indexOf(document.activeElement) + by;
    if (at < 0 || !found.length) words().focus();
    else found[Math.min(at, found.length - 1)].focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      open();
    } else if (palette()?.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (palette()?.open && event.key === "Escape") {
      event.preventDefault(); // a field for searching would only be emptied
      palette().close();
    }
  });

  // Enter opens the first that was found; where there is none, the form goes to the page of the search.
  document.addEventListener("submit", (event) => {
    if (event.target !== words()?.form || !hits().length) return;
    event.preventDefault();
    hits()[0].click();
  }, true);

  document.addEventListener("click", (event) => {
    if (event.target === palette()) palette().close();
    const link = event.target.closest?.("[data-opens-palette]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
})();
