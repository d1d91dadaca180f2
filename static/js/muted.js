// Whom this reader does not want to read: names, kept in this browser and sent to nobody. What they write folds to one
// quiet line, what answers it stays. Beside it, what is seldom needed of a comment's tools waits behind "More".
"use strict";
(() => {
  const KEY = "muted";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const unseen = (textContent) => make("span", { className: "unseen", textContent });
  const button = (className, words, about, onclick) => make("button", { type: "button", className, onclick }, words, unseen(about));
  const bdi = (textContent) => make("bdi", { textContent });
  const fold = (name) => name.normalize("NFKC").trim().toLowerCase();
  const nameOf = (comment) => $(".comment__name", comment)?.textContent.trim();
  const comments = () => all(".thread__list article.comment:not(.own *)").filter((comment) => nameOf(comment) && $(".comment__number", comment));
  const linked = () => location.hash.slice(1) || location.pathname.replace(/^\/comments\/(\d+)$/, "comment-$1");

  let names = [];
  const shown = new Set([linked()]); // whoever was led to a comment wants to read it

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      names = Array.isArray(kept) ? kept.filter((name) => typeof name === "string") : [];
    } catch { /* forgets */ }
  }

  function keep(list) {
    names = list;
    try {
      if (names.length) localStorage.setItem(KEY, JSON.stringify(names));
      else localStorage.removeItem(KEY);
    } catch { /* forgets */ }
    settle();
  }

  const say = (...words) => $("#status")?.replaceChildren(...words);

  function mute(comment) {
    const name = nameOf(comment);
    shown.delete(comment.id);
    keep([...names, name]);
    $(".comment__muted button", comment).focus();
    say(bdi(name), " is muted in this browser.");
  }

  function unmute(name, target) {
    keep(names.filter((each) => fold(each) !== fold(name)));
    target?.focus({ preventScroll: true });
    say(bdi(name), " is no longer muted.");
  }

  function show(comment) {
    if (!shown.delete(comment.id)) shown.add(comment.id);
    settle();
    $(".comment__muted button", comment).focus();
  }

  // A comment's own line in place of what it says, as long as its writer is muted. What stands there already stays:
  // it may have the focus.
  function foldAway(comment, number, isMuted) {
    const [name, isShown, before] = [nameOf(comment), shown.has(comment.id), $(":scope > .comment__muted", comment)];
    comment.classList.toggle("is-muted", isMuted);
    comment.classList.toggle("is-shown", isMuted && isShown);
    if (before && isMuted && before.dataset.shown === String(isShown)) return;
    before?.remove();
    if (!isMuted) return;
    const line = make("p", { className: "comment__muted" }, $(".comment__number", comment).cloneNode(true), " A comment by ", bdi(name), ", muted. ",
      button("quiet", isShown ? "Hide" : "Show", ` comment ${number}`, () => show(comment)));
    if (isShown) {
      line.append(" ", button("quiet", "Unmute", ` ${name}, comment ${number}`, () => { comment.tabIndex = -1; unmute(name, comment); }));
    }
    line.dataset.shown = isShown;
    comment.prepend(line);
  }

  function furnish(comment, number) {
    const actions = $(":scope > .comment__actions:not(.comment__own)", comment);
    if (!actions || $(".comment__more", actions)) return;
    const more = button("quiet comment__more", "More", ` on comment ${number}`, () => more.setAttribute("aria-expanded", more.ariaExpanded !== "true"));
    more.setAttribute("aria-expanded", "false");
    actions.insertBefore(more, $(".comment__report", actions));
    actions.append(button("quiet comment__mute", "Mute", ` ${nameOf(comment)}, comment ${number}`, () => mute(comment)));
  }

  // Who is muted, where the other tools of the thread are.
  function list() {
    const box = $(".thread-tools__box");
    const before = box && $(".thread-tools__muted", box);
    if (!box || (before?.dataset.names ?? "") === String(names)) return;
    before?.remove();
    if (!names.length) return;
    const made = make("div", { className: "thread-tools__muted" }, "Muted in this browser:", make("ul", {}, ...names.map((name) => make("li", {}, bdi(name), " ",
      button("quiet", "Unmute", ` ${name}`, () => unmute(name, $(".thread-tools > summary")))))));
    made.dataset.names = names;
    box.append(made);
  }

  function settle() {
    const muted = new Set(names.map(fold));
    for (const comment of comments()) {
      const number = $(".comment__number", comment).lastChild.textContent;
      furnish(comment, number);
      foldAway(comment, number, muted.has(fold(nameOf(comment))));
    }
    // Nor does a reply to it tell how it begins.
    for (const link of all(".comment__to a")) link.classList.toggle("tells-nothing", muted.has(fold(link.firstChild.textContent)));
    list();
    document.dispatchEvent(new Event("muted"));
  }

  read();
  settle();
  document.addEventListener("htmx:after:swap", settle);
  window.addEventListener("hashchange", () => { shown.add(linked()); settle(); });
  window.addEventListener("storage", (event) => { if (event.key === KEY) { read(); settle(); } });
})();
