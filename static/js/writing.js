// What scripts add to writing a comment: a toolbar, shortcuts, links from pasted addresses, quotations of what is selected.
// Without this file Markdown is typed by hand, and every form does its work.
"use strict";
// Editing Markdown in a text area: what the toolbars for comments and for posts (editor.js) share.
const formatting = (() => {
  const MAC = /Mac|iP/.test(navigator.platform);
  const ADDRESS = /^https?:\/\/\S+$/;
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

  // Through the browser's own editing, so that Ctrl+Z takes it back; where that is refused, by hand.
  function put(area, from, to, text, start = from + text.length, end = start) {
    area.focus();
    area.setSelectionRange(from, to);
    if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
      area.setRangeText(text, from, to, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    area.setSelectionRange(start, end);
  }

  const parts = ({ value, selectionStart: from, selectionEnd: to }) => ({ value, from, to, chosen: value.slice(from, to) });

  function wrap(area, mark) {
    let { value, from, to } = parts(area);
    while (from < to && /\s/.test(value[from])) from += 1;
    while (from < to && /\s/.test(value[to - 1])) to -= 1;
    const [chosen, size, sign] = [value.slice(from, to), mark.length, mark[0]];
    let run = 0;
    while (value[from - run - 1] === sign && value[to + run] === sign) run += 1;
    if (sign === "*" ? run === size || run === 3 : run === size) put(area, from - size, to + size, chosen, from - size, to - size);
    else put(area, from, to, mark + chosen + mark, from + size, to + size);
  }

  function link(area, address = "https://") {
    const { from, to, chosen } = parts(area);
    const [words, target] = ADDRESS.test(chosen) ? ["", chosen] : [chosen, address];
    const text = `[${words}](${target})`;
    if (!words) put(area, from, to, text, from + 1);
    else if (target === "https://") put(area, from, to, text, from + words.length + 3, from + text.length - 1);
    else put(area, from, to, text);
  }

  function prefix(area, mark) {
    let { value, from, to } = parts(area);
    from = value.lastIndexOf("\n", from - 1) + 1;
    if (to > from && value[to - 1] === "\n") to -= 1;
    const end = value.indexOf("\n", to);
    to = end < 0 ? value.length : end;
    const lines = value.slice(from, to).split("\n");
    const all = lines.every((line) => line.startsWith(mark));
    const text = lines.map((line) => (all ? line.slice(mark.length) : mark + line)).join("\n");
    put(area, from, to, text, lines.length > 1 ? from : from + text.length, from + text.length);
  }

  function code(area) {
    const { value, from, to, chosen } = parts(area);
    if (!chosen.includes("\n")) return wrap(area, "`");
    const before = from && value[from - 1] !== "\n" ? "\n" : "";
    const text = `${before}\`\`\`\n${chosen.replace(/\n$/, "")}\n\`\`\`\n`;
    put(area, from, to, text);
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // One stop for Tab; the arrow keys go from button to button, as in every toolbar (WAI-ARIA practices).
  function furnish(area, tools, { before = area, others = [], isBusy = () => false } = {}) {
    if (area.dataset.tools) return;
    area.dataset.tools = "yes";
    const bar = document.createElement("div");
    bar.className = "tools";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Formatting");
    bar.setAttribute("aria-controls", area.id);
    for (const [name, act, key] of tools) {
      const tool = button(name, () => { if (!isBusy()) act(area); });
      if (key) {
        tool.title = `${name} (${MAC ? "⌘" : "Ctrl+"}${key})`;
        tool.setAttribute("aria-keyshortcuts", `${MAC ? "Meta" : "Control"}+${key}`);
      }
      tool.tabIndex = bar.childElementCount ? -1 : 0;
      bar.append(tool);
    }
    for (const other of others) {
      other.tabIndex = -1;
      bar.append(other);
    }
    bar.addEventListener("keydown", (event) => {
      const tools = [...bar.children];
      const here = tools.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * (getComputedStyle(bar).direction === "rtl" ? -1 : 1);
      const next = { Home: 0, End: tools.length - 1 }[event.key] ?? (here + step + tools.length) % tools.length;
      if (here < 0 || !tools[next]) return;
      event.preventDefault();
      for (const tool of tools) tool.tabIndex = -1;
      tools[next].tabIndex = 0;
      tools[next].focus();
    });
    before.before(bar);
    return bar;
  }

  return { MAC, ADDRESS, isComposing, put, parts, wrap, link, prefix, code, button, furnish };
})();

(() => {
  const { MAC, ADDRESS, isComposing, put, parts, wrap, link, prefix, code, button } = formatting;
  let composed = null; // the field in which a word is being put together, in Chinese, Japanese, Korean …

  const TOOLS = [
    ["Strong", (area) => wrap(area, "**"), "B"],
    ["Emphasis", (area) => wrap(area, "*"), "I"],
    ["Link", link, "K"],
    ["Quote", (area) => prefix(area, "> ")],
    ["Code", code],
    ["List", (area) => prefix(area, "- ")],
  ];

  // A quotation at the end, set apart by empty lines.
  function quote(form, words) {
    const area = form.elements.comment;
    const { value } = area;
    const gap = !value.trim() || value.endsWith("\n\n") ? "" : value.endsWith("\n") ? "\n" : "\n\n";
    put(area, value.length, value.length, `${gap}${words.trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`);
  }

  function furnish(area) {
    const answered = commentOf(area.form);
    const words = () => textOf(answered.querySelector(".prose")).slice(0, LONGEST);
    const others = answered ? [button("Quote the comment", () => quote(area.form, words()))] : [];
    formatting.furnish(area, TOOLS, { others, isBusy: () => composed === area });
  }

  const areaOf = (event) => (event.target.matches?.("form[data-draft] textarea[name=comment]") ? event.target : null);

  document.addEventListener("compositionstart", (event) => { composed = areaOf(event); });
  document.addEventListener("compositionend", () => { composed = null; });

  document.addEventListener("keydown", (event) => {
    const area = areaOf(event);
    if (!area || isComposing(event) || event.altKey || event.shiftKey || !(MAC ? event.metaKey : event.ctrlKey)) return;
    const tool = TOOLS.find(([, , key]) => key?.toLowerCase() === event.key.toLowerCase());
    if (!tool && event.key !== "Enter") return;
    event.preventDefault();
    if (tool) tool[1](area);
    else area.form.requestSubmit(area.form.querySelector("button[type=submit]"));
  });

  document.addEventListener("paste", (event) => {
    const area = areaOf(event);
    const address = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!area || composed || !ADDRESS.test(address) || /[()]/.test(address)) return;
    const { chosen } = parts(area);
    if (!chosen.trim() || /[\n[\]]/.test(chosen) || ADDRESS.test(chosen)) return;
    event.preventDefault();
    link(area, address);
  });

  const LONGEST = 1000; // characters of a passage
  const replyTo = (comment) => `/comments/${comment.id.replace("comment-", "")}/reply`;
  const formBelow = (comment) => document.querySelector(`form[data-draft="${replyTo(comment)}"]`);
  const commentOf = (form) => document.getElementById(`comment-${form.dataset.draft.match(/^\/comments\/(\d+)\/reply$/)?.[1]}`);
  const passages = () => document.querySelector("#comment-form [name=passage]");

  // The words of a range or an element: without quotations of others, and without the numbers that we put into the text.
  function textOf(of) {
    const holder = document.createElement("div");
    holder.append(of.cloneContents?.() ?? of.cloneNode(true));
    for (const other of holder.querySelectorAll(`.passage__answers${of.cloneContents ? "" : ", blockquote"}`)) other.remove();
    for (const edge of holder.querySelectorAll("p, li, pre, br, blockquote")) edge.before("\n");
    return holder.textContent.replace(/[^\S\n]+/g, " ").replace(/ ?\n\s*/g, "\n").trim();
  }

  // What is selected in the article or in one comment; a selection that runs on ends where that does.
  function selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0).cloneRange();
    const start = range.startContainer;
    const prose = (start.closest ? start : start.parentElement)?.closest(".article > .prose, .comment > .prose");
    if (!prose || prose.closest(".preview")) return null;
    if (!prose.contains(range.endContainer)) range.setEndAfter(prose.lastChild);
    const words = textOf(range);
    return words ? { prose, range, words, comment: prose.closest(".comment") } : null;
  }

  const offer = button("", () => {
    const found = selected();
    offer.remove();
    if (!found) return;
    if (found.comment) return quoteBelow(found.comment, found.words);
    const before = document.createRange();
    before.setStart(found.prose, 0);
    before.setEnd(found.range.startContainer, found.range.startOffset);
    const { form } = passages();
    form.elements.passage.value = found.words.replace(/\s+/g, " ");
    form.elements.passage_before.value = textOf(before).slice(-60);
    showPassage(form);
    form.elements.comment.dispatchEvent(new Event("input", { bubbles: true }));
    form.elements.comment.focus();
    form.querySelector("[data-passage]").scrollIntoView({ block: "center" });
  });
  offer.className = "button button--main offer";
  offer.addEventListener("pointerdown", (event) => event.preventDefault()); // what is selected stays so

  // The page on which an error is reported, with the words that are wrong; where the article leads there.
  const wrong = document.createElement("a");
  wrong.className = "button offer";
  wrong.textContent = "Report an error here";
  function offerReport(found, top, left) {
    const page = document.querySelector(".article__error a");
    if (!page || !found || found.comment || found.words.length > LONGEST) return wrong.remove();
    const before = document.createRange();
    before.setStart(found.prose, 0);
    before.setEnd(found.range.startContainer, found.range.startOffset);
    wrong.href = `${page.pathname}?${new URLSearchParams({ passage: found.words, passage_before: textOf(before).slice(-60) })}`;
    if (!wrong.isConnected) (offer.isConnected ? offer : found.prose).after(wrong);
    wrong.style.top = top;
    wrong.style.left = left;
  }

  // Below the end of what is selected, and next in the order of Tab.
  function offerWords() {
    const found = selected();
    if (!found && document.activeElement !== wrong) wrong.remove();
    const fits = found && (found.comment
      ? formBelow(found.comment) || found.comment.querySelector(`a[href="${replyTo(found.comment)}"]`)
      : passages() && found.words.length <= LONGEST);
    if (!fits) {
      if (document.activeElement !== offer) offer.remove();
      if (found) offerReport(found, `${found.range.getBoundingClientRect().bottom - found.prose.parentElement.getBoundingClientRect().top + 6}px`, "0px");
      return;
    }
    offer.textContent = found.comment ? "Quote this" : "Answer this";
    if (found.prose.nextSibling !== offer) found.prose.after(offer);
    const [words, around] = [found.range.getBoundingClientRect(), offer.offsetParent.getBoundingClientRect()];
    offer.style.top = `${words.bottom - around.top + 6}px`;
    offer.style.left = `${Math.max(0, Math.min(words.left - around.left, around.width - offer.offsetWidth))}px`;
    offerReport(found, `${words.bottom - around.top + 12 + offer.offsetHeight}px`, offer.style.left);
  }

  let waits;
  document.addEventListener("selectionchange", () => { clearTimeout(waits); waits = setTimeout(offerWords, 150); });

  // The form below a comment may have to come first.
  let quoted = null;
  function quoteBelow(comment, words) {
    const form = formBelow(comment);
    if (form) return quote(form, words);
    quoted = { comment: comment.id, words };
    comment.querySelector(`a[href="${replyTo(comment)}"]`).click();
  }

  // "Reply" while words of that comment are selected takes them along; a click lets go of them before it is one.
  function takeAlong(event) {
    const link = event.target.closest?.('.comment__actions a[href$="/reply"]');
    const found = link && selected();
    if (found?.comment && found.comment === link.closest(".comment")) quoted = { comment: found.comment.id, words: found.words };
  }
  document.addEventListener("pointerdown", takeAlong);
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") takeAlong(event); });

  function insertQuoted() {
    const comment = quoted && document.getElementById(quoted.comment);
    const form = comment && formBelow(comment);
    if (!form) return;
    quote(form, quoted.words);
    quoted = null;
  }

  function showPassage(form) {
    const box = form.querySelector("[data-passage]");
    if (!box) return;
    box.hidden = !form.elements.passage.value;
    box.querySelector("blockquote").textContent = form.elements.passage.value;
    if (box.querySelector("button")) return;
    const drop = button("Do not quote this", () => {
      form.elements.passage.value = form.elements.passage_before.value = "";
      showPassage(form);
      form.elements.comment.dispatchEvent(new Event("input", { bubbles: true }));
      form.elements.comment.focus();
    });
    drop.className = "plain-button";
    box.append(drop);
  }

  // What scrolls sideways can be scrolled with the keyboard in every browser.
  function settle() {
    document.querySelectorAll("form[data-draft] textarea[name=comment]").forEach(furnish);
    document.querySelectorAll("form[data-draft]").forEach(showPassage);
    insertQuoted();
    for (const block of document.querySelectorAll(".prose :is(pre, table)")) {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    }
  }

  settle();
  document.addEventListener("htmx:after:swap", settle);
})();
