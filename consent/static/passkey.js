// The one script of Izin: it asks the browser for a passkey and sends what it answers with the form.
// Without it, or without passkeys in the browser, every page has its other way.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  const button = form && form.querySelector("[data-passkey-button]");
  const trouble = document.querySelector("[data-passkey-trouble]");
  if (!form || !button || !window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), (each) => each.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const options = () => {
    const found = JSON.parse(form.dataset.options);
    found.challenge = bytes(found.challenge);
    if (found.user) found.user.id = bytes(found.user.id);
    for (const each of found.allowCredentials || []) each.id = bytes(each.id);
    return { publicKey: found };
  };
  const written = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "authenticatorData", "signature", "attestationObject"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    });
  };

  button.hidden = false;
  for (const each of document.querySelectorAll("[data-without-script]")) each.hidden = true;
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (trouble) trouble.hidden = true;
    button.disabled = true;
    try {
      const credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create(options())
        : await navigator.credentials.get(options());
      form.elements.credential.value = written(credential);
      form.submit();
    } catch {
      // She closed the window, or has no passkey here: nothing happened, and she may try again.
      button.disabled = false;
      if (trouble) {
        trouble.hidden = false;
        trouble.focus();
      }
    }
  });
})();
