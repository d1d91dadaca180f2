// What scripts add to reading a thread: what is new since the last visit, keys, branches folded all at once, news that
// say so once, the order that was chosen last. All of it stays in this browser. Without this file every link does its work.
"use strict";
(() => {
  const VISIT = 30 * 60_000; // whoever comes back within half an hour is still here
  const store = {
    get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* forgets */ } },
    remove(key) { try { localStorage.removeItem(key); } catch { /* forgets */ } },
  };
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const news = () => document.getElementById("thread-news");
  const comments = () => all("#comments article.comment:not(.preview > *)");
  const shown = () => comments().filter((comment) => comment.checkVisibility?.() ?? comment.offsetParent);
  const numberOf = (comment) => Number($(".comment__number", comment)?.lastChild.textContent) || 0;
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]");

  function go(comment) {
    for (let fold = comment.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    comment.tabIndex = -1;
    comment.focus({ preventScroll: true });
    comment.scrollIntoView({ block: comment.offsetHeight > innerHeight / 2 ? "start" : "center" });
  }

  // New since the last visit: the highest number at its end is all that is remembered.

  let base = Infinity, known = 0;
  const own = new Set();

  function arrive() {
    const form = news();
    if (!form) return;
    const key = `seen:${form.action}`;
    const last = Number(form.elements.after.value);
    const seen = store.get(key);
    if (base === Infinity) base = !seen ? last : Date.now() - seen.time > VISIT ? seen.last : seen.base;
    known = last;
    if (form.elements.alone) return; // whoever was led to one comment has not seen the others
    if (last || seen) store.set(key, { last: Math.max(last, seen?.last ?? 0), base, time: Date.now() });
  }

  const unmet = () => all(".comment--new:not(.is-met, .is-muted)");

  function mark() {
    for (const comment of comments()) if (numberOf(comment) > base && !own.has(comment.id)) comment.classList.add("comment--new");
    const fresh = unmet();
    next.hidden = !fresh.length;
    next.textContent = `Next new (${fresh.length})`;
  }

  function meet(comment) {
    comment.classList.add("is-met");
    mark();
  }

  function toNextNew() {
    const fresh = unmet();
    const at = here();
    const comment = fresh.find((each) => !at || at.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING) ?? fresh[0];
    if (!comment) return;
    go(comment);
    meet(comment);
  }

  const next = make("button", { type: "button", className: "button thread__next", hidden: true, onclick: toNextNew });

  // Keys: one letter each, never while something is typed, and only until they are switched off.

  function here() {
    const focused = document.activeElement?.closest?.("article.comment");
    return focused ?? shown().filter((comment) => comment.getBoundingClientRect().top < 40).at(-1);
  }

  function step(by) {
    const list = shown();
    const to = list[list.indexOf(here()) + by];
    if (to) go(to);
  }

  const up = () => document.getElementById($(":scope > .comment__actions .to-up", here())?.hash.slice(1));
  const KEYS = {
    j: ["next comment", () => step(1)],
    k: ["comment before", () => step(-1)],
    n: ["next new comment", toNextNew],
    u: ["the comment that it answers", () => { const to = here() && up(); if (to) go(to); }],
    x: ["fold or unfold its replies", () => { const fold = $(":scope > .fold", here()?.parentElement ?? document.body); if (fold) fold.open = !fold.open; }],
    "?": ["these keys", () => { const tools = $(".thread-tools"); if (tools) { tools.open = !tools.open; $("summary", tools).focus(); } }],
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.activeElement?.closest?.(".comment__to a")?.classList.add("is-quiet");
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (!news() || store.get("keys") === "off" || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key][1]();
  });

  // A small box of tools at the end of the line with the orders; it opens over the page, so that nothing moves.

  const folds = () => all("#comments .fold");
  const foldAll = (open) => () => folds().forEach((fold) => { fold.open = open; });
  const foldRead = () => folds().forEach((fold) => { fold.open = Boolean($(".comment--new", fold)); });

  function tools() {
    const line = $(".thread__sort");
    if (!line || $(".thread-tools")) return;
    const button = (textContent, onclick) => make("li", {}, make("button", { type: "button", className: "thread-tools__button", textContent, onclick }));
    const keys = make("dl", { className: "thread-tools__keys" });
    for (const [key, [words]] of Object.entries(KEYS)) keys.append(make("div", {}, make("dt", {}, make("kbd", { textContent: key })), make("dd", { textContent: words })));
    const box = make("input", { type: "checkbox", checked: store.get("keys") !== "off" });
    box.addEventListener("change", () => (box.checked ? store.remove("keys") : store.set("keys", "off")));
    line.append(make("details", { className: "thread-tools" }, make("summary", { textContent: "Tools" }), make("div", { className: "thread-tools__box" },
      make("ul", {}, button("Fold all replies", foldAll(false)), button("Unfold all", foldAll(true)), button("Fold what is not new", foldRead)),
      make("label", {}, box, " Keys, while nothing is typed:"), keys)));
  }

  // What the reader has folded stays folded when the thread is refreshed; how much is in a branch follows.

  const folded = new Set();
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.(".fold") || !event.target.isConnected) return;
    if (event.target.open) folded.delete(event.target.parentElement.id);
    else folded.add(event.target.parentElement.id);
  }, true);

  function settle() {
    for (const fold of folds()) {
      if (folded.has(fold.parentElement.id)) fold.open = false;
      const words = $("summary", fold).firstChild;
      const many = all("article.comment:not(:has(> .comment__gone), .preview > *)", fold).length;
      const text = `${many} ${many === 1 ? "reply" : "replies"}`;
      if (!$(".thread__rest", fold) && words.data !== text) words.data = text;
    }
  }

  // News: said once, to whoever listens, and in the title; asked for while somebody looks and the network is there.

  const voice = make("p", { className: "unseen", role: "status" });
  const title = document.title;
  let told = 0, failed = 0, rest = 0;

  function tell() {
    const words = $("a", news() ?? voice)?.textContent.trim() ?? "";
    const many = parseInt(words.replace(/\D/g, ""), 10) || 0;
    if (many > told) voice.textContent = `${words.replace(": show", " below")}.`;
    told = many;
    document.title = many ? `(${many}) ${title}` : title;
  }

  function poll() {
    if (!news() || document.visibilityState !== "visible" || !navigator.onLine) return;
    if (rest > 0) { rest -= 1; return; }
    htmx.trigger(news(), "poll");
  }

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement === news()) rest = Math.min(2 ** failed++, 20);
  });

  // What an answer is meant for may not be on this page.
  document.addEventListener("htmx:before:swap", (event) => {
    const { tasks } = event.detail;
    for (let at = tasks.length - 1; at >= 0; at -= 1) if (tasks[at].type === "partial" && !tasks[at].target) tasks.splice(at, 1);
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const { sourceElement, response } = event.detail.ctx;
    if (response?.status === 201) {
      const posted = document.activeElement?.closest?.("#comment-list article.comment");
      if (posted) own.add(posted.id);
    }
    if (sourceElement === news()) { failed = rest = 0; }
    // A page of one comment comes as it is kept for everybody, which marks nothing as new.
    const fresh = sourceElement?.id === "comments" && news()?.elements.alone && comments().find((comment) => numberOf(comment) > known);
    tools();
    settle();
    arrive();
    mark();
    tell();
    if (fresh) go(fresh);
  });

  // Where one wants to go.

  async function seek() {
    const wanted = location.hash.match(/^#comment-(\d+)$/);
    if (!wanted || document.getElementById(location.hash.slice(1)) || !news()) return;
    const address = `${news().action}/${wanted[1]}`;
    const answer = await fetch(address, { redirect: "manual" });
    if (answer.type === "opaqueredirect") location.replace(address);
  }

  function order() {
    const kept = store.get("sort");
    const link = kept && $(`.thread__sort a[href*="sort=${kept}#"]`);
    if (link && !link.ariaCurrent && !/[?&](sort|page)=/.test(location.search) && !location.hash) {
      htmx.ajax("GET", `${news().action}?page=1&upto=1&sort=${kept}`, { target: "#comments", swap: "outerHTML" });
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (link?.closest(".thread__sort")) {
      const sort = new URL(link.href).searchParams.get("sort");
      if (sort) store.set("sort", sort);
      else store.remove("sort");
      // Where the order that is remembered was put in place of the usual one, the address is that of the usual one.
      if (!link.ariaCurrent && link.pathname + link.search === location.pathname + location.search) {
        event.preventDefault();
        location.hash = link.hash;
        location.reload();
      }
    }
    const number = link?.closest(".prose") && link.origin === location.origin && link.pathname.match(/^\/posts\/[^/]+\/c\/(\d+)$/)?.[1];
    const comment = number && news()?.action.startsWith(link.href.replace(/\/c\/\d+$/, "/")) && comments().find((each) => numberOf(each) === Number(number));
    if (comment && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); go(comment); }
  });
  document.addEventListener("muted", mark);
  document.addEventListener("focusin", (event) => { if (event.target.matches(".comment--new:not(.is-met)")) meet(event.target); });
  document.addEventListener("focusout", (event) => event.target.classList?.remove("is-quiet"));

  document.body.append(voice, next);
  tools();
  arrive();
  mark();
  order();
  seek();
  const seconds = Number(news()?.dataset.seconds);
  if (seconds) setInterval(poll, seconds * 1000);
  // Back shows the page as the browser kept it, without what was posted since.
  const cameBack = () => performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  window.addEventListener("pageshow", (event) => { if (event.persisted || cameBack()) setTimeout(poll); });
  if (document.readyState === "complete" && cameBack()) setTimeout(poll);
  document.addEventListener("visibilitychange", poll);
  window.addEventListener("online", poll);
})();
