// A session that ends while somebody types takes them to the sign-in page. What they typed waits in this tab, for them and
// for the same form about the same people. What was sent is forgotten on the next page, unless that is one to sign in, or of an
// error.
"use strict";

const KEPT = "kept:";
const isNoAnswer = document.currentScript.hasAttribute("data-unsent");

const NEW_EACH_TIME = ["csrfmiddlewaretoken", "token"];

// Who it is about stands in hidden fields: a reason about one must not turn up in a form about another.
function keyOf(form) {
  const hidden = [...form.querySelectorAll("input[type=hidden]")].filter((field) => !NEW_EACH_TIME.includes(field.name));
  const about = hidden.map((field) => field.value).join();
  let digest = 5381;
  for (const letter of about) digest = (digest * 33 + letter.codePointAt(0)) | 0;
  return `${KEPT}${form.dataset.kept}:${form.getAttribute("action") || location.pathname}:${digest}`;
}

function textsOf(form) {
  const texts = form.querySelectorAll("textarea, input[type=text], input[type=email], input[type=search], input:not([type])");
  return [...texts].filter((field) => field.name && field.name !== "typed" && !field.readOnly);
}

function keep(form) {
  const key = keyOf(form);
  const fields = textsOf(form);
  const before = read(key).texts || {};
  for (const field of fields) if (!field.value && before[field.name]) field.value = before[field.name];
  const write = (isSent) => {
    const typed = fields.filter((field) => field.value.trim()).map((field) => [field.name, field.value]);
    if (!typed.length) return sessionStorage.removeItem(key);
    sessionStorage.setItem(key, JSON.stringify({texts: Object.fromEntries(typed), isSent}));
  };
  form.addEventListener("input", () => write(false));
  form.addEventListener("submit", () => write(true));
  if (Object.keys(before).length) write(false);
  return key;
}

function kept() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(KEPT));
}

function read(key) {
  return JSON.parse(sessionStorage.getItem(key) || "{}");
}

function wasNotSent() {
  for (const key of kept()) sessionStorage.setItem(key, JSON.stringify({...read(key), isSent: false}));
}

addEventListener("DOMContentLoaded", () => {
  if (isNoAnswer) return wasNotSent();
  const here = [...document.querySelectorAll("form[data-kept]")].map(keep);
  for (const key of kept()) if (read(key).isSent && !here.includes(key)) sessionStorage.removeItem(key);
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    for (const key of kept()) sessionStorage.removeItem(key);
  });
});
