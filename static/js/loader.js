// The tools of the page come when a reader is about to use one: with the first sign of somebody, when it is time to ask
// for news, or at once where this browser has kept something to show. Until then every link and form does its work.
"use strict";
(() => {
  const { tools } = document.currentScript.dataset;
  const SIGNS = ["pointermove", "pointerdown", "touchstart", "keydown", "focusin", "scroll", "htmx:after:swap"];
  const pressed = [];
  let isAsked = false;

  function ask(event) {
    // A pointer that lies still is told of as well, when the page comes to stand below it.
    if (event?.type === "pointermove" && !event.movementX && !event.movementY) return;
    if (event?.type === "keydown") pressed.push(event);
    if (isAsked) return;
    isAsked = true;
    const script = document.createElement("script");
    script.src = tools;
    script.addEventListener("load", () => {
      for (const sign of SIGNS) removeEventListener(sign, ask, true);
      for (const event of pressed) event.target.dispatchEvent(new KeyboardEvent(event.type, event));
    });
    // Without a connection they are asked for again at the next sign.
    script.addEventListener("error", () => { isAsked = false; script.remove(); });
    document.head.append(script);
  }

  function keepsSomething() {
    try { return localStorage.length > 0; } catch { return false; }
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const sign of SIGNS) addEventListener(sign, ask, { capture: true, passive: true });
    if (location.hash || keepsSomething()) return ask();
    const seconds = Number(document.getElementById("thread-news")?.dataset.seconds);
    if (seconds) setTimeout(ask, seconds * 1000);
  });
})();
