// What scripts add to bringing files: each is sent as soon as it is chosen, dropped or pasted, with its progress.
// Without this file the form of the library sends several at once.
"use strict";
(() => {
  const place = () => document.getElementById("upload-form");

  // One file in a request of its own; `seen` hears how much of it has left, in parts of one.
  function send(file, address, token, seen) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest(); // fetch does not say how far it is
      const fields = new FormData();
      fields.append("csrf_token", token);
      fields.append("files", file, file.name || "picture");
      request.open("POST", address);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("HX-Request-Type", "partial");
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) seen(event.loaded / event.total); });
      request.addEventListener("load", () => resolve(read(request.status, request.responseText)));
      request.addEventListener("error", () => resolve({ problem: "The site could not be reached. Please send it again." }));
      request.send(fields);
    });
  }

  // What the site said: the row of the file, its Markdown, what belongs into the grid; or what was wrong.
  function read(status, text) {
    const said = new DOMParser().parseFromString(text, "text/html");
    const row = said.querySelector(".upload");
    const problem = said.querySelector(".problem")?.textContent.trim();
    const items = [...said.querySelectorAll(".media-item")];
    if (status === 201 && row) return { row, items, markdown: row.dataset.markdown };
    return { row, items: [], problem: problem || "It could not be stored. Please send it again." };
  }

  function rowOf(file) {
    const row = document.createElement("li");
    row.className = "upload";
    const name = document.createElement("span");
    name.className = "upload__name";
    name.dir = "auto";
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    row.append(name, bar);
    return { row, bar };
  }

  // One after the other: the site works on one picture at a time anyway.
  let line = Promise.resolve();

  // Send *files* with the token of *form*, a row for each in *list*; `done` hears what became of each.
  function bring(files, form, address, list, done) {
    for (const file of files) {
      const { row, bar } = rowOf(file);
      list?.append(row);
      line = line.then(async () => {
        const found = await send(file, address, form().elements.csrf_token.value, (part) => {
          if (part < 1) bar.value = part;
          else bar.removeAttribute("value"); // all of it is there, and is looked at
        });
        done(file, found, row, bar);
      });
    }
  }

  function refuse(row, bar, problem) {
    row.classList.add("upload--refused");
    const said = document.createElement("span");
    said.className = "upload__said";
    said.textContent = problem;
    bar.replaceWith(said);
  }

  function bringToLibrary(files) {
    bring([...files], place, place().action, document.getElementById("uploads"), (file, found, row, bar) => {
      if (found.row) row.replaceWith(found.row);
      else refuse(row, bar, found.problem);
      document.querySelector(".media-grid__empty")?.remove();
      document.getElementById("media-grid").prepend(...found.items);
    });
  }

  // The text of a post, whichever form holds it by now: saving puts another in its place.
  const form = () => document.getElementById("post-form");
  const area = () => form()?.elements.body;
  const pictures = () => document.getElementById("post-pictures");
  const say = (words) => { document.getElementById("status").textContent = words; };
  let count = 0;

  // As a text of this post has it: posts that came as HTML stay HTML.
  function written(markdown) {
    if (pictures().dataset.html === undefined) return markdown;
    const [, sign, words, address] = markdown.match(/^(!?)\[(.*)\]\((.*)\)$/);
    const element = document.createElement(sign ? "img" : "a");
    element.setAttribute(sign ? "src" : "href", address);
    const plain = words.replace(/\\(.)/g, "$1");
    if (sign) element.alt = plain;
    else element.textContent = plain;
    return element.outerHTML;
  }

  // Through the browser's own editing, so that Ctrl+Z takes it back; a picture gets a paragraph of its own.
  function put(text, isAlone) {
    const field = area();
    const { value, selectionStart: from, selectionEnd: to } = field;
    const before = isAlone && value.slice(0, from).trim() ? "\n\n".slice((value.slice(0, from).match(/\n{0,2}$/) ?? [""])[0].length) : "";
    const after = isAlone && value.slice(to).trim() ? "\n\n".slice((value.slice(to).match(/^\n{0,2}/) ?? [""])[0].length) : "";
    field.focus();
    if (!document.execCommand("insertText", false, before + text + after)) {
      field.setRangeText(before + text + after, from, to, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    field.setSelectionRange(from + before.length + text.length, from + before.length + text.length);
  }

  // Between its brackets the alternative text is missing.
  function askForWords(at, text) {
    if (!text.startsWith("![](")) return;
    area().setSelectionRange(at + 2, at + 2);
    say("The picture is in the text. Say between the brackets what it shows.");
  }

  function bringToText(files) {
    for (const file of files) {
      count += 1;
      const mark = `![${file.name.replace(/[[\]\n]/g, " ")} is on its way (${count})]()`;
      put(mark, true);
      bring([file], form, pictures().dataset.upload, document.getElementById("post-uploads"), (_file, found, row, bar) => {
        const field = area();
        const text = found.problem ? "" : written(found.markdown);
        const at = field.value.indexOf(mark);
        const isHere = document.activeElement === field && field.selectionStart === at + mark.length;
        if (found.problem) refuse(row, bar, found.problem);
        else row.remove();
        if (!row.isConnected && found.problem) document.getElementById("post-uploads").append(row);
        if (at < 0) return; // taken out of the text meanwhile; it is in the library
        field.setRangeText(text, at, at + mark.length, "preserve");
        field.dispatchEvent(new Event("input", { bubbles: true }));
        if (isHere) askForWords(at, text);
      });
    }
  }

  const filesOf = (event) => [...(event.dataTransfer?.files ?? event.clipboardData?.files ?? [])];
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const targetOf = (event) => event.target.closest?.(".upload-form__drop, #post-form [name=body]");

  document.addEventListener("change", (event) => {
    if (event.target.id !== "upload-files" || !event.target.files.length) return;
    bringToLibrary(event.target.files);
    event.target.value = "";
  });

  document.addEventListener("dragover", (event) => {
    const target = carriesFiles(event) ? targetOf(event) : null;
    for (const each of document.querySelectorAll(".is-over")) if (each !== target) each.classList.remove("is-over");
    if (!target) return;
    event.preventDefault();
    target.classList.add("is-over");
  });

  document.addEventListener("dragleave", (event) => { targetOf(event)?.classList.remove("is-over"); });

  document.addEventListener("drop", (event) => {
    const target = carriesFiles(event) ? targetOf(event) : null;
    if (!target) return;
    event.preventDefault();
    target.classList.remove("is-over");
    if (target === area()) bringToText(filesOf(event));
    else bringToLibrary(filesOf(event));
  });

  // A picture that was copied comes without words; what has words is text, even where a picture of it is there as well.
  document.addEventListener("paste", (event) => {
    const files = filesOf(event);
    if (event.target !== area() || !files.length || event.clipboardData.getData("text/plain").trim()) return;
    event.preventDefault();
    bringToText(files);
  });

  document.addEventListener("click", (event) => {
    const file = event.target.closest?.("[data-insert]");
    if (!file || !area()) return;
    const text = written(file.dataset.insert);
    put(text, file.dataset.insert.startsWith("!"));
    askForWords(area().selectionStart - text.length, text);
  });

  // A text that is there to be copied gets a button for that.
  function furnish() {
    for (const field of document.querySelectorAll("input[data-copy]:not([data-copied])")) {
      field.dataset.copied = "";
      const both = document.createElement("span");
      both.className = "media-file__copy";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        field.select();
        try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
        say("Copied.");
      });
      field.replaceWith(both);
      both.append(field, button);
    }
    if (!place()) return;
    place().querySelector(".upload-form__dropped").hidden = false;
    place().querySelector("button[type=submit]").hidden = true;
  }

  document.addEventListener("DOMContentLoaded", furnish);
  document.addEventListener("htmx:after:swap", furnish);
})();
