// What scripts add to notes: words that are selected in the text come into the form, with what stands before them.
// Without this file they are copied there.
"use strict";
(() => {
  const text = () => document.querySelector("#review-text .prose") ?? document.querySelector(".draft-bar ~ .article > .prose");
  const words = (range) => {
    const holder = document.createElement("div");
    holder.append(range.cloneContents());
    for (const link of holder.querySelectorAll(".passage__answers")) link.remove();
    return holder.textContent.replace(/\s+/g, " ").trim();
  };

  function take() {
    const selection = getSelection();
    const field = document.getElementById("field-passage");
    if (!field || !text() || !selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const found = text().contains(range.startContainer) && text().contains(range.endContainer) ? words(range) : "";
    if (!found || found.length > 1000) return;
    const before = document.createRange();
    before.setStart(text(), 0);
    before.setEnd(range.startContainer, range.startOffset);
    field.value = found;
    if (field.form.elements.passage_before) field.form.elements.passage_before.value = words(before).slice(-60);
  }

  let waits;
  document.addEventListener("selectionchange", () => { clearTimeout(waits); waits = setTimeout(take, 200); });
})();
