// What scripts add to the thread: a draft that survives, a name remembered by consent, one key a submission.
// Without this file every form and link still does its work.
"use strict";
(() => {
  const WHO = ["author", "email", "url"];
  const LIMIT = 10000;

  // Storage may be switched off or full; the page then simply forgets.
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* forgets */ } },
    remove(key) { try { localStorage.removeItem(key); } catch { /* forgets */ } },
  };

  const forms = (root) => [...(root.matches?.("form[data-draft]") ? [root] : []), ...root.querySelectorAll("form[data-draft]")];
  const draftKey = (form) => `draft:${form.dataset.draft}`;

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // The words of the last visit are back: said, not only done, and undone with one click, itself undone with Ctrl+Z.
  function tellRestored(form) {
    const line = document.createElement("p");
    const discard = document.createElement("button");
    line.className = "comment-form__restored";
    line.setAttribute("role", "status");
    discard.type = "button";
    discard.className = "plain-button";
    discard.textContent = "Discard";
    discard.addEventListener("click", () => {
      const { comment, key } = form.elements;
      comment.focus();
      comment.select();
      const text = comment.defaultValue;
      if (!document.execCommand(text ? "insertText" : "delete", false, text)) comment.value = text;
      key.value = newKey();
      store.remove(draftKey(form));
      line.remove();
    });
    line.append("Your draft is back. ", discard);
    form.elements.comment.closest(".field").before(line);
  }

  function prepare(form) {
    if (form.dataset.ready) return;
    form.dataset.ready = "yes";
    const fields = form.elements;
    const draft = JSON.parse(store.get(draftKey(form)) || "null");
    // A change of a comment opens with what is stored: the draft is of use as long as that is what it was begun on.
    if (draft && (fields.basis ? draft.basis === fields.basis.value : !fields.comment.value)) {
      fields.comment.value = draft.text;
      fields.key.value = draft.key;
      if (fields.passage && draft.passage) [fields.passage.value, fields.passage_before.value] = draft.passage;
      form.dataset.sent = "perhaps";
      tellRestored(form);
    }
    fields.key.value ||= newKey();
    showRoom(form);
    const remember = form.querySelector("[data-remember]");
    if (!remember) return;
    const known = JSON.parse(store.get("who") || "null");
    for (const name of WHO) if (known?.[name] && !fields[name].value) fields[name].value = known[name];
    remember.closest("p").hidden = false;
    remember.checked = known !== null;
    // Whose name is filled in already goes on to the text.
    if (document.activeElement === fields.author && fields.author.value) fields.comment.focus();
  }

  // The answer brings no form along: the one that was sent is ready for the next comment, under a key of its own.
  function empty(form) {
    const { key, passage, passage_before: before } = form.elements;
    form.reset();
    key.value = "";
    if (passage) passage.value = before.value = "";
    for (const said of form.querySelectorAll(".comment-form__preview, [role=alert]")) said.replaceChildren();
    form.querySelector(".comment-form__restored")?.remove();
    delete form.dataset.sent;
    delete form.dataset.ready;
    prepare(form);
  }

  // Counted as the server counts: code points, not the two halves of one, and no white space at the end.
  function showRoom(form) {
    const text = form.elements.comment.value.trimEnd();
    const left = text.length <= LIMIT * 0.9 ? LIMIT : LIMIT - [...text].length;
    const room = form.querySelector("[data-room]");
    room.value = left > LIMIT / 10 ? "" : left >= 0 ? `${left} characters left` : `${-left} characters too many`;
  }

  function keepDraft(form) {
    const { comment, key, basis, passage, passage_before: before } = form.elements;
    const draft = { text: comment.value, key: key.value, basis: basis?.value, passage: passage?.value ? [passage.value, before.value] : null };
    if (comment.value.trim() || draft.passage) store.set(draftKey(form), JSON.stringify(draft));
    else store.remove(draftKey(form));
  }

  // Another tab has sent or dropped the draft that both keep: what is written here is this one's own.
  window.addEventListener("storage", (event) => {
    if (event.newValue) return;
    for (const form of forms(document)) {
      if (draftKey(form) !== event.key || form.elements.comment.value === JSON.parse(event.oldValue)?.text) continue;
      if (form.elements.comment.value !== form.elements.comment.defaultValue) {
        form.elements.key.value = newKey();
        keepDraft(form);
      }
    }
  });

  function rememberWho(form) {
    const remember = form.querySelector("[data-remember]");
    if (!remember) return;
    if (!remember.checked) return store.remove("who");
    store.set("who", JSON.stringify(Object.fromEntries(WHO.map((name) => [name, form.elements[name].value]))));
  }

  function say(form, text) {
    const notice = form?.querySelector("[role=alert]") ?? document.getElementById("status");
    const line = document.createElement("p");
    line.className = "problem";
    line.textContent = text;
    line.tabIndex = -1;
    notice.replaceChildren(line);
    line.focus(); // it stands above a form that is longer than a phone
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.dataset.draft) return;
    if (event.target.name === "comment") {
      // What may have arrived under this key, and reads otherwise now, is another comment: it must not be taken for that one.
      if (form.dataset.sent) form.elements.key.value = newKey();
      delete form.dataset.sent;
      keepDraft(form);
      showRoom(form);
    }
    if (event.target.matches("[data-remember]") && !event.target.checked) store.remove("who");
  });

  // Enter that accepts a Chinese or Japanese word is no wish to send (Safari reports it as key code 229).
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
  }, true);

  // A form that goes as a plain one leaves the page: the draft is let go where the comment is shown.
  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.draft || event.submitter?.name === "preview") return;
    rememberWho(event.target);
    event.target.dataset.sent = "yes";
    store.set("sent", draftKey(event.target));
  });

  function forgetSent() {
    const arrived = location.hash.startsWith("#comment-") || location.pathname.startsWith("/comments/");
    if (arrived && store.get("sent")) store.remove(store.get("sent"));
    store.remove("sent");
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, response, request } = event.detail.ctx;
    if (!sourceElement.dataset?.draft || request.submitter?.name === "preview") return;
    if (response.status === 200 || response.status === 201) {
      store.remove(draftKey(sourceElement));
      store.remove("sent");
      rememberWho(sourceElement);
      if (sourceElement.id === "comment-form") empty(sourceElement);
    }
  });

  // Sent, but no answer, or one that is not ours (a proxy's page): the form and its text stay as they are.
  document.addEventListener("htmx:error", (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (form?.dataset?.draft) say(form, "The site could not be reached. Your text is still here: please send it again in a moment.");
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { sourceElement, response } = event.detail.ctx;
    if (!(response?.status >= 400) || [409, 422].includes(response.status) || !sourceElement.dataset?.draft) return;
    if (!sourceElement.querySelector("[role=alert] .problem")) {
      say(sourceElement, `The site answered with an error (${response.status}). Your text is still here: please send it again in a moment.`);
    }
  });

  function showOwn() {
    const own = document.getElementById("own-comments");
    if (own && !own.childElementCount && store.get(`own:${own.dataset.own}`)) {
      htmx.ajax("GET", own.dataset.own, { target: "#own-comments", swap: "innerHTML" });
    }
  }

  function noteOwn() {
    const own = document.getElementById("own-comments");
    if (!own?.childElementCount) return;
    if (own.querySelector("[data-own-of]")) store.set(`own:${own.dataset.own}`, "yes");
    else store.remove(`own:${own.dataset.own}`);
  }

  // What can be done with an own comment stands beside it, not in a list below the thread: the page is the same for
  // all readers, this part of it is not.
  function placeOwn() {
    for (const placed of document.querySelectorAll("#comment-list .comment__own")) placed.remove();
    const own = document.getElementById("own-comments");
    for (const actions of own?.querySelectorAll("[data-own-of]") ?? []) {
      const slot = document.querySelector(`#comment-list #reply-${actions.dataset.ownOf}`);
      (actions.closest(".own__line") ?? actions).hidden = slot !== null;
      if (!slot) continue;
      const placed = actions.cloneNode(true);
      placed.hidden = false;
      slot.before(placed);
      htmx.process(placed);
    }
    for (const list of own?.querySelectorAll(".own__published") ?? []) list.hidden = !list.querySelector("li:not([hidden])");
  }

  function countDown() {
    for (const left of document.querySelectorAll("[data-until]")) {
      const minutes = Math.ceil((new Date(left.dataset.until) - Date.now()) / 60000);
      if (minutes > 0) left.textContent = `${minutes} ${minutes === 1 ? "minute" : "minutes"} left to edit`;
      else {
        left.closest(".comment__own")?.querySelector('a[href$="/edit"]')?.remove();
        left.textContent = "The time to edit is over";
      }
    }
  }

  // What was posted below the last page that was open comes again in its own place when that page is loaded.
  function dropDoubles() {
    const seen = new Set();
    for (const branch of [...document.querySelectorAll("#comment-list li[id]")].reverse()) {
      if (seen.has(branch.id)) branch.remove();
      seen.add(branch.id);
    }
  }

  // A mark that has done its work would take the focus again from what a later answer brings.
  function dropFocusMarks() {
    for (const marked of document.querySelectorAll("#main [autofocus]")) marked.removeAttribute("autofocus");
  }

  document.addEventListener("htmx:after:swap", () => {
    dropDoubles();
    dropFocusMarks();
    forms(document).forEach(prepare);
    noteOwn();
    placeOwn();
  });

  forgetSent();
  forms(document).forEach(prepare);
  noteOwn();
  setInterval(countDown, 20000);
  showOwn();
})();
