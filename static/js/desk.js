// What every page of the desk has: the focus stays where somebody works, and a lost connection is told.
"use strict";
(() => {
  const pressed = new WeakMap();

  // A button that is switched off while its request is on the way loses the focus, and one that is replaced takes it along.
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const focused = document.activeElement;
    if (focused === document.body || !ctx.sourceElement.contains(focused)) return;
    const around = [];
    for (let element = focused.parentElement; element; element = element.parentElement) around.push(element);
    pressed.set(ctx, { focused, around, words: focused.textContent });
  });

  // The same again, or what bears the same words in its place, or the part of the page where it was.
  function successor({ focused, around, words }) {
    if (focused.isConnected && !focused.disabled) return focused;
    const parts = around.map((element) => (element.isConnected ? element : element.id && document.getElementById(element.id)));
    const part = parts.find(Boolean);
    return [...part.querySelectorAll("button")].find((button) => words && button.textContent === words) ?? part;
  }

  document.addEventListener("htmx:finally:request", (event) => {
    const known = pressed.get(event.detail.ctx);
    if (!known) return;
    setTimeout(() => {
      if (document.activeElement !== document.body) return;
      const place = successor(known);
      if (place.tabIndex < 0) place.tabIndex = -1;
      place.focus({ preventScroll: true });
    });
  });

  document.addEventListener("htmx:error", (event) => {
    const status = document.getElementById("status");
    if (!status || !event.detail.ctx?.sourceElement?.matches("form, button")) return;
    status.textContent = "The site could not be reached. Try it once more in a moment.";
  });
})();
