// What scripts add to writing a comment: a toolbar, shortcuts, links from pasted addresses.
// Without this file Markdown is typed by hand, and every form does its work.
"use strict";
(() => {
  const MAC = /Mac|iP/.test(navigator.platform);
  const ADDRESS = /^https?:\/\/\S+$/;
  const isComposing = (event) => event.isComposing || event.keyCode === 229;
  let composed = null; // the field in which a word is being put together, in Chinese, Japanese, Korean …

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

  const TOOLS = [
    ["Strong", (area) => wrap(area, "**"), "B"],
    ["Emphasis", (area) => wrap(area, "*"), "I"],
    ["Link", link, "K"],
    ["Quote", (area) => prefix(area, "> ")],
    ["Code", code],
    ["List", (area) => prefix(area, "- ")],
  ];

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // One stop for Tab; the arrow keys go from button to button, as in every toolbar (WAI-ARIA practices).
  function furnish(area) {
    if (area.dataset.tools) return;
    area.dataset.tools = "yes";
    const bar = document.createElement("div");
    bar.className = "tools";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Formatting");
    bar.setAttribute("aria-controls", area.id);
    for (const [name, act, key] of TOOLS) {
      const tool = button(name, () => { if (composed !== area) act(area); });
      if (key) {
        tool.title = `${name} (${MAC ? "⌘" : "Ctrl+"}${key})`;
        tool.setAttribute("aria-keyshortcuts", `${MAC ? "Meta" : "Control"}+${key}`);
      }
      tool.tabIndex = bar.childElementCount ? -1 : 0;
      bar.append(tool);
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
    area.before(bar);
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

  // What scrolls sideways can be scrolled with the keyboard in every browser.
  function settle() {
    document.querySelectorAll("form[data-draft] textarea[name=comment]").forEach(furnish);
    for (const block of document.querySelectorAll(".prose :is(pre, table)")) {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    }
  }

  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:after:swap", settle);
})();
