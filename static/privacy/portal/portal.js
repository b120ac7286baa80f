// While somebody types, their browser does the work that the form asks for. Whatever goes wrong with it, the form is sent
// without: the answer then takes the way through the mailbox.
"use strict";

const form = document.querySelector("form[data-challenge]");
const PATIENCE = 15_000; // milliseconds
let isSending = false;

const proof = new Promise((resolve) => {
  if (!form || !window.Worker || !window.isSecureContext) return resolve("");
  const worker = new Worker(form.dataset.worker);
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = () => resolve("");
  worker.postMessage(JSON.parse(form.dataset.challenge));
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isSending) return;
  isSending = true;
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  const words = button.textContent;
  button.textContent = form.dataset.wait;
  form.elements.proof.value = await Promise.race([proof, new Promise((resolve) => setTimeout(resolve, PATIENCE, ""))]);
  form.submit();
  addEventListener("pageshow", () => { // back from the next page
    isSending = false;
    button.removeAttribute("aria-disabled");
    button.textContent = words;
  }, { once: true });
});
