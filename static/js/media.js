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

  function bring(files) {
    const form = place();
    const list = document.getElementById("uploads");
    for (const file of files) {
      const { row, bar } = rowOf(file);
      list.append(row);
      line = line.then(async () => {
        const token = form.elements.csrf_token.value;
        const found = await send(file, form.action, token, (part) => { bar.value = part; if (part === 1) bar.removeAttribute("value"); });
        if (found.row) {
          row.replaceWith(found.row);
        } else {
          row.classList.add("upload--refused");
          const said = document.createElement("span");
          said.className = "upload__said";
          said.textContent = found.problem;
          bar.replaceWith(said);
        }
        document.querySelector(".media-grid__empty")?.remove();
        document.getElementById("media-grid").prepend(...found.items);
      });
    }
  }

  const filesOf = (event) => [...(event.dataTransfer?.files ?? event.clipboardData?.files ?? [])];
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  document.addEventListener("change", (event) => {
    if (event.target.id !== "upload-files" || !event.target.files.length) return;
    bring(event.target.files);
    event.target.value = "";
  });

  document.addEventListener("dragover", (event) => {
    const target = event.target.closest?.(".upload-form__drop");
    for (const each of document.querySelectorAll(".is-over")) each.classList.toggle("is-over", each === target);
    if (!target || !carriesFiles(event)) return;
    event.preventDefault();
    target.classList.add("is-over");
  });

  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget?.closest?.(".is-over")) event.target.closest?.(".is-over")?.classList.remove("is-over");
  });

  document.addEventListener("drop", (event) => {
    const target = event.target.closest?.(".upload-form__drop");
    if (!target || !carriesFiles(event)) return;
    event.preventDefault();
    target.classList.remove("is-over");
    bring(filesOf(event));
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
        document.getElementById("status").textContent = "Copied.";
      });
      field.replaceWith(both);
      both.append(field, button);
    }
    const form = place();
    if (!form) return;
    form.querySelector(".upload-form__dropped").hidden = false;
    form.querySelector("button[type=submit]").hidden = true;
  }

  document.addEventListener("DOMContentLoaded", furnish);
  document.addEventListener("htmx:after:swap", furnish);
})();
