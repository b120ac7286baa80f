// Progress that moves, forms that are sent once, and Escape. Without this file every page still works by its links.
"use strict";

const FAILED_WAIT = 5000;

function onLivePage(page) {
  let timer;

  function schedule(milliseconds) {
    clearTimeout(timer);
    if (milliseconds && !document.hidden) timer = setTimeout(look, milliseconds);
  }

  async function look() {
    try {
      const answer = await fetch(page.dataset.live, {headers: {"X-Requested-With": "progress"}, redirect: "manual"});
      if (answer.type === "opaqueredirect") return say("You are signed out. Reload the page to sign in.");
      if (!answer.ok) return schedule(FAILED_WAIT);
      await show(await answer.json());
    } catch {
      schedule(FAILED_WAIT);
    }
  }

  let told = page.querySelector("[data-sentence]")?.textContent;

  async function show(progress) {
    for (const [id, [done, total, text]] of Object.entries(progress.bars)) moveBar(id, done, total, text);
    const sentence = page.querySelector("[data-sentence]");
    if (sentence) sentence.textContent = progress.sentence;
    page.dataset.next = progress.next;
    if (progress.version !== page.dataset.version) await readAgain();
    const now = page.querySelector("[data-sentence]")?.textContent;
    if (now && now !== told) say((told = now)); // the page read again may be newer than the answer
    page.dataset.version = progress.version;
    schedule(progress.next);
  }

  function moveBar(id, done, total, text) {
    const bar = page.querySelector(`[data-bar="${id}"]`);
    const words = page.querySelector(`[data-bar-text="${id}"]`);
    if (bar) Object.assign(bar, {max: total || 1, value: done});
    if (words && text) words.textContent = text;
  }

  // More than numbers changed, such as a step's state or the buttons: the sections are taken from the page anew.
  async function readAgain() {
    const answer = await fetch(page.dataset.page || location.href, {redirect: "manual"});
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const section of page.querySelectorAll("[data-swap]")) {
      const newer = fresh.querySelector(`[data-swap="${section.dataset.swap}"]`);
      if (newer && !isInUse(section)) section.replaceWith(document.adoptNode(newer));
    }
  }

  // What is typed, and what was shown for once, would be lost.
  function isInUse(section) {
    const fields = [...section.querySelectorAll("input:not([type=hidden]):not([readonly])")];
    return (
      section.contains(document.activeElement) ||
      section.querySelector("[data-keep]") ||
      fields.some((field) => field.value !== field.defaultValue)
    );
  }

  function say(words) {
    page.querySelector("[data-say]").textContent = words;
  }

  document.addEventListener("visibilitychange", () => schedule(document.hidden ? 0 : 1));
  schedule(Number(page.dataset.next));
}

// A second click must not send a second time; the button says that the first one was heard.
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter || form.querySelector("button[type=submit]");
    button.setAttribute("aria-busy", "true");
    button.classList.add("ops-busy");
  });
  // The browser's back button shows the form as it was left.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[type=submit]")) {
      button.removeAttribute("aria-busy");
      button.classList.remove("ops-busy");
    }
  });
}

// A menu closes by Escape, which gives the focus back, and by a click beside it.
function closeWhenDone(menu) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// Escape leaves a confirmation; not while something is typed that would be lost.
function leaveOnEscape(link) {
  document.addEventListener("keydown", (event) => {
    const fields = [...document.querySelectorAll(".ops-form textarea, .ops-form input:not([type=hidden])")];
    const isTyped = fields.some((field) => (field.type === "checkbox" ? field.checked : field.value.trim()));
    if (event.key === "Escape" && !event.defaultPrevented && !isTyped) link.click();
  });
}

// Ticks or unticks all that may be ticked of its form.
function tickAll(button) {
  const name = button.dataset.tick || button.dataset.untick;
  button.addEventListener("click", () => {
    for (const box of button.form.querySelectorAll(`input[type=checkbox][name="${name}"]:enabled`))
      box.checked = Boolean(button.dataset.tick);
  });
}

addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-live]").forEach(onLivePage);
  document.querySelectorAll("[data-once]").forEach(sendOnce);
  document.querySelectorAll("[data-cancel]").forEach(leaveOnEscape);
  document.querySelectorAll(".ops-menu").forEach(closeWhenDone);
  document.querySelectorAll("[data-tick], [data-untick]").forEach(tickAll);
  document.querySelectorAll("[data-focus]").forEach((element) => element.focus());
  document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => print()));
  document.querySelectorAll("[data-select]").forEach((field) => field.addEventListener("focus", () => field.select()));
  document.querySelectorAll("[data-copy]").forEach((button) =>
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      button.textContent = "Copied";
    }),
  );
});
