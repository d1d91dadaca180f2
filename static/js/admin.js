// What scripts add to the desk: a text that is not lost with its tab or its computer, a warning before leaving it,
// Ctrl+S, and the names of tags while they are typed. Without this file every form still does its work.
"use strict";
(() => {
  // Storage may be switched off or full; the desk then simply forgets.
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* forgets */ } },
    remove(key) { try { localStorage.removeItem(key); } catch { /* forgets */ } },
  };
  const WRITTEN = ["title", "standfirst", "body"];
  const form = () => document.getElementById("post-form");
  const key = () => `desk:${form().dataset.address}`;
  const SECONDS = 8; // between two times that the text is sent to be kept
  let dirty = false;
  let leaving = false;
  let waits = null;

  const words = () => Object.fromEntries(WRITTEN.map((name) => [name, form().elements[name].value]));

  function keep() {
    dirty = true;
    store.set(key(), JSON.stringify({ was: form().elements.was.value, ...words() }));
    waits ??= setTimeout(send, SECONDS * 1000);
  }

  function forget() {
    dirty = false;
    clearTimeout(waits);
    waits = null;
    tell("");
    store.remove(key());
  }

  function tell(text) {
    const line = document.getElementById("post-kept");
    if (line) line.textContent = text;
  }

  function fieldsToKeep() {
    const fields = new FormData();
    for (const name of ["csrf_token", "post", "was", "version", ...WRITTEN]) fields.append(name, form().elements[name]?.value ?? "");
    return fields;
  }

  // The text goes to the site as well, where any device finds it; without the site it stays here and is tried again.
  async function send() {
    waits = null;
    if (!form() || !dirty) return;
    const sent = JSON.stringify(words());
    const [place, address] = [key(), form().dataset.autosave];
    try {
      const response = await fetch(address, { method: "POST", body: fieldsToKeep() });
      if (!form() || place !== key() || !dirty) return;
      if (!response.ok) return tell(response.status === 422 ? "Kept in this browser only: the site cannot take it as it is." : "Not kept at the site: sign in again in another tab. It is still kept in this browser.");
      showOthers(await response.text());
      if (sent !== JSON.stringify(words())) return;
      store.set(place, JSON.stringify({ was: form().elements.was.value, sent: true, ...words() }));
      tell(`Kept at ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}, not saved yet.`);
    } catch {
      tell("Offline. What you write is kept in this browser.");
      waits ??= setTimeout(send, 2 * SECONDS * 1000);
    }
  }

  function showOthers(html) {
    const others = new DOMParser().parseFromString(html, "text/html").getElementById("post-others");
    if (others) document.getElementById("post-others")?.replaceWith(others);
  }

  // A text that was never sent is offered, not put in place of what is stored.
  function offer() {
    const kept = JSON.parse(store.get(key()) || "null");
    if (!kept || WRITTEN.every((name) => kept[name] === form().elements[name].value)) return store.remove(key());
    if (kept.sent) return store.remove(key()); // the page itself offers it
    if (form().querySelector(".problem")) return;
    const line = document.createElement("p");
    line.className = "desk-notice";
    const text = document.createElement("span");
    text.textContent = kept.was === form().elements.was.value
      ? "This browser holds changes that were never sent."
      : "This browser holds changes that were never sent, made to an older state of this post.";
    const button = (label, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "button";
      made.textContent = label;
      made.addEventListener("click", () => { act(); line.remove(); form().elements.body.focus(); });
      return made;
    };
    const buttons = document.createElement("span");
    buttons.className = "desk-notice__actions";
    line.append(text, buttons);
    buttons.append(
      button("Bring them back", () => {
        for (const name of WRITTEN) form().elements[name].value = kept[name];
        dirty = true;
        form().elements.body.dispatchEvent(new Event("input", { bubbles: true }));
      }),
      button("Forget them", forget),
    );
    document.getElementById("post-notice").append(line);
  }

  // A list of suggestions knows only whole values: it gets the tags before the last comma put in front.
  function suggest(input) {
    const list = document.getElementById("tag-names");
    list.names ??= [...list.options].map((option) => option.value);
    const before = input.value.match(/^.*[,，]\s*/)?.[0] ?? "";
    const used = new Set(before.split(/[,，]/).map((name) => name.trim()));
    list.replaceChildren(...list.names.filter((name) => !used.has(name)).map((name) => new Option("", before + name)));
  }

  document.addEventListener("input", (event) => {
    if (!form() || event.target.form !== form()) return;
    if (event.target.name === "tags") suggest(event.target);
    keep();
  });

  document.addEventListener("keydown", (event) => {
    if (!form() || event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    form().requestSubmit();
  });

  // Where a fault of the text is, is a line of the field: it is selected, not only brought into view.
  document.addEventListener("click", (event) => {
    const line = Number(event.target.closest?.("a[data-line]")?.dataset.line);
    const body = form()?.elements.body;
    if (!line || !body?.setSelectionRange) return;
    event.preventDefault();
    const before = body.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const after = body.value.indexOf("\n", before);
    body.focus();
    body.setSelectionRange(before, after < 0 ? body.value.length : after);
    body.scrollTop = (body.scrollHeight * (line - 3)) / body.value.split("\n").length;
  });

  document.addEventListener("submit", (event) => { leaving = event.target === form() && !event.defaultPrevented; });

  document.addEventListener("htmx:after:request", (event) => {
    const { response, sourceElement } = event.detail.ctx;
    if (sourceElement !== form() || ![200, 201].includes(response.status)) return;
    forget();
  });

  // What has just been made lives at an address of its own from now on.
  document.addEventListener("htmx:after:swap", () => {
    const address = document.querySelector("form[data-address]")?.dataset.address;
    if (address && address !== location.pathname) history.replaceState(null, "", address);
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement !== form()) return;
    const line = document.createElement("p");
    line.className = "problem";
    line.textContent = "The site could not be reached. Your text is still here: please save it again in a moment.";
    document.getElementById("post-notice").replaceChildren(line);
  });

  window.addEventListener("online", () => { if (form() && dirty) send(); });

  // A tab that closes, a phone that sleeps: as much as a browser still sends then.
  window.addEventListener("pagehide", () => {
    if (form() && dirty && !leaving) navigator.sendBeacon(form().dataset.autosave, fieldsToKeep());
  });

  window.addEventListener("beforeunload", (event) => { if (dirty && !leaving) event.preventDefault(); });

  document.addEventListener("DOMContentLoaded", () => { if (form()) offer(); });
})();
