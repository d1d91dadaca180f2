// What passkeys need of a browser: it is asked what stands in `data-question` of a form, and its answer is sent with it.
// Without this file the form stays hidden, and the page says that passkeys need scripts.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  // What is text in JSON is bytes for the browser.
  function asked(question) {
    const found = JSON.parse(question);
    found.challenge = bytes(found.challenge);
    if (found.user) found.user.id = bytes(found.user.id);
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      for (const each of found[list] ?? []) each.id = bytes(each.id);
    }
    return found;
  }

  function answered(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  }

  const reason = (error) => ({
    NotAllowedError: "Nothing was done: it was cancelled, or took too long.",
    InvalidStateError: "This device has a passkey for this account already.",
    SecurityError: "Passkeys need an address with a name and https.",
  })[error.name] ?? `Your browser says: ${error.message}`;

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    document.querySelector("[data-without]").hidden = true;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        const publicKey = asked(form.dataset.question);
        form.elements.credential.value = answered(await navigator.credentials[form.dataset.passkey]({ publicKey }));
        form.submit();
      } catch (error) {
        form.querySelector(".passkey__problem").textContent = reason(error);
      }
      button.disabled = false;
    });
  }
})();
