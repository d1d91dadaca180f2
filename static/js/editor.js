// What scripts add to writing a post: a toolbar, shortcuts, a paste that becomes Markdown, and how long the text is.
// Without this file Markdown is typed by hand.
"use strict";
(() => {
  const { MAC, ADDRESS, isComposing, put, parts, wrap, link, prefix, code, furnish } = formatting;
  const form = () => document.getElementById("post-form");
  const area = () => form()?.elements.body;
  let composed = false; // a word is being put together, in Chinese, Japanese, Korean …

  // A piece of its own, with empty lines around it; what is between the bars is selected then.
  function insert(field, text, { from, to } = parts(field)) {
    const { value } = field;
    const before = from && !value.slice(0, from).endsWith("\n\n") ? (value[from - 1] === "\n" ? "\n" : "\n\n") : "";
    const after = value.slice(to).startsWith("\n\n") ? "" : value[to] === "\n" ? "\n" : "\n\n";
    const [head, inner, tail] = text.includes("|>") ? text.split(/\|>|<\|/) : [text, "", ""];
    const start = from + before.length + head.length;
    put(field, from, to, before + head + inner + tail + after, start, start + inner.length);
  }

  // The number of the next footnote: one more than any that is there.
  const nextNote = (text) => 1 + Math.max(0, ...[...text.matchAll(/\[\^(\d+)\]/g)].map((found) => Number(found[1])));

  function footnote(field) {
    const { value, to } = parts(field);
    const mark = `[^${nextNote(value)}]`;
    put(field, to, to, mark);
    const end = field.value.length;
    const gap = /\n\[\^[^\]]+\]:[^\n]*\n?$/.test(field.value) && !field.value.endsWith("\n") ? "\n" : "\n\n";
    put(field, end, end, `${gap}${mark}: `);
  }

  function numbers(field) {
    prefix(field, "1. ");
  }

  function heading(field) {
    const { value, from } = parts(field);
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const [marks] = value.slice(start).match(/^(#{1,6} )?/);
    const next = { "": "## ", "## ": "### ", "### ": "" }[marks] ?? "";
    put(field, start, start + marks.length, next, from - marks.length + next.length);
  }

  // The library opens below the text; what is chosen there is written where the text was left.
  function picture() {
    const picker = document.getElementById("post-picker");
    picker.open = true;
    picker.querySelector("summary").focus();
    picker.scrollIntoView({ block: "center" });
  }

  const TABLE = "| |>One<| | Two |\n| --- | --- |\n| a | b |";

  // Name, what it does, its key; with Shift where it is a digit, and the digit is found wherever the keyboard has it.
  const TOOLS = [
    ["Strong", (field) => wrap(field, "**"), "B"],
    ["Emphasis", (field) => wrap(field, "*"), "I"],
    ["Link", link, "K"],
    ["Heading", heading, "Shift+3"],
    ["List", (field) => prefix(field, "- "), "Shift+8"],
    ["Numbers", numbers, "Shift+7"],
    ["Quote", (field) => prefix(field, "> "), "Shift+9"],
    ["Code", code],
    ["Footnote", footnote, "Shift+6"],
    ["Table", (field) => insert(field, TABLE)],
    ["Formula", (field) => wrap(field, "$")],
    ["Picture", picture],
  ];

  const isText = () => area() && !form().dataset.html;

  function settle() {
    const field = area();
    if (isText()) furnish(field, TOOLS, { isBusy: () => composed });
    if (field) count();
  }

  document.addEventListener("compositionstart", (event) => { composed = event.target === area(); });
  document.addEventListener("compositionend", () => { composed = false; });

  document.addEventListener("keydown", (event) => {
    if (event.target !== area() || !isText() || isComposing(event) || event.altKey || !(MAC ? event.metaKey : event.ctrlKey)) return;
    const key = event.shiftKey ? `Shift+${event.code.replace("Digit", "")}` : event.key.toUpperCase();
    const tool = TOOLS.find(([, , own]) => own === key);
    if (!tool) return;
    event.preventDefault();
    tool[1](area());
  });

  // Ctrl+Shift+V pastes plain text in every browser: then the clipboard shows no HTML here.
  document.addEventListener("paste", (event) => {
    const field = area();
    const html = event.clipboardData?.getData("text/html") ?? "";
    const plain = event.clipboardData?.getData("text/plain") ?? "";
    if (event.target !== field || !isText() || composed || !plain.trim()) return;
    const { chosen } = parts(field);
    const address = plain.trim();
    if (ADDRESS.test(address) && !/[()]/.test(address) && chosen.trim() && !/[\n[\]]/.test(chosen) && !ADDRESS.test(chosen)) {
      event.preventDefault();
      link(field, address);
    } else if (isMarkedUp(html)) {
      event.preventDefault();
      bring(field, html, plain.replace(/\r\n?/g, "\n"));
    }
  });

  // Editors of code put their colours on the clipboard: that is no text with marks.
  function isMarkedUp(html) {
    const found = new DOMParser().parseFromString(html, "text/html");
    const marks = "a[href], b, strong, i, em, h1, h2, h3, h4, h5, h6, li, table, blockquote, sup, img, p[style*=mso-], [style*=font-weight]";
    return found.querySelector(marks) !== null && !/vscode|monaco|jetbrains/i.test(html.slice(0, 2000));
  }

  // The plain words stand there at once, so that nothing is lost if the site cannot be reached.
  async function bring(field, html, plain) {
    const { from, to } = parts(field);
    const note = nextNote(field.value);
    put(field, from, to, plain);
    const fields = new FormData();
    for (const [name, value] of [["csrf_token", form().elements.csrf_token.value], ["html", html], ["note", note]]) fields.append(name, value);
    say("Reading what you pasted …");
    try {
      const response = await fetch(form().dataset.paste, { method: "POST", body: fields });
      if (!response.ok) throw new Error(response.status);
      const text = await response.text();
      const start = field.value.slice(from, from + plain.length) === plain ? from : field.value.indexOf(plain);
      if (start < 0 || !field.isConnected) return say("You have changed what you pasted meanwhile: it stays as it is.");
      if (text !== plain) put(field, start, start + plain.length, text);
      say("");
    } catch {
      say("What you pasted stays plain text: the site could not read it just now.");
    }
  }

  const say = (words) => { document.getElementById("status").textContent = words; };

  // As posts/length.py counts: words, and in scripts without spaces characters.
  const DENSE = /[々぀-ヿㇰ-ㇿ㐀-䶿一-鿿豈-﫿ｦ-ﾟ\u{20000}-\u{3ffff}]/gu;
  const WORD = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}'’.\-]*[\p{L}\p{M}\p{N}])?/gu;

  function count() {
    const line = document.getElementById("post-length");
    if (!line) return;
    const text = area().value.replace(/<[^>]*>|\]\([^)]*\)|\[\^[^\]]+\]:?|https?:\/\/\S+/g, " ");
    const dense = text.match(DENSE)?.length ?? 0;
    const words = text.replace(DENSE, " ").match(WORD)?.length ?? 0;
    const minutes = Math.max(1, Math.round(words / line.dataset.words + dense / line.dataset.characters));
    const said = [words || !dense ? `${words.toLocaleString("en")} ${words === 1 ? "word" : "words"}` : "",
      dense ? `${dense.toLocaleString("en")} characters` : ""].filter(Boolean).join(" and ");
    line.textContent = words + dense ? `${said}, ${minutes} min to read` : "";
  }

  let waits;
  document.addEventListener("input", (event) => {
    if (event.target !== area()) return;
    clearTimeout(waits);
    waits = setTimeout(count, 200);
  });

  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:after:swap", settle);
})();
