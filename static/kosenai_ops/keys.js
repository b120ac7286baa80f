// The keyboard: what Ctrl+K finds, the rows of lists, the list of keys. Without this file every page still works.
"use strict";

const PATIENCE = 180; // milliseconds without a key before the server is asked

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") != null;
}

function finder(dialog) {
  const form = dialog.querySelector("form");
  const field = dialog.querySelector("[name=term]");
  const list = dialog.querySelector("[role=listbox]");
  const line = dialog.querySelector("[data-find-say]");
  let timer, asked, answeredFor;

  function options() {
    return [...list.querySelectorAll("[role=option]")];
  }

  function chosen() {
    return list.querySelector("[aria-selected=true]");
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({block: "nearest"});
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function move(by) {
    const all = options();
    if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
  }

  async function ask() {
    clearTimeout(timer);
    asked?.abort();
    const mine = (asked = new AbortController());
    const term = field.value;
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), redirect: "manual", signal: mine.signal,
      });
      if (!answer.ok) throw new Error(answer.type);
      list.innerHTML = await answer.text();
      answeredFor = term;
      choose(options()[0]);
      line.textContent = `${options().length} found`;
    } catch (fault) {
      if (mine.signal.aborted) return;
      const isSignedOut = fault.message === "opaqueredirect";
      line.textContent = isSignedOut ? "You are signed out. Reload the page." : "No answer. Try again.";
    }
  }

  async function open() {
    if (field.value !== answeredFor) await ask();
    chosen()?.querySelector("a").click();
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PATIENCE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open();
  });
  dialog.addEventListener("close", () => {
    asked?.abort();
    clearTimeout(timer);
    field.value = list.innerHTML = line.textContent = "";
    answeredFor = undefined;
  });
  return () => {
    if (dialog.open) return dialog.close();
    dialog.showModal();
    field.focus();
    ask();
  };
}

function closeOutside(dialog) {
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

// One row has the cursor; the browser's focus stands on its link, so that Enter and screen readers know it too.
function rowKeys(table) {
  const rows = [...table.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a[href]"));
  let at = -1;

  function move(by) {
    rows[at]?.classList.remove("ko-cursor");
    at = Math.min(Math.max(at + by, 0), rows.length - 1);
    rows[at]?.classList.add("ko-cursor");
    link()?.focus();
    rows[at]?.scrollIntoView({block: "nearest"});
  }

  function link() {
    return rows[at]?.querySelector("th a[href]") || rows[at]?.querySelector("a[href]");
  }

  return {
    j: () => move(1),
    k: () => move(-1),
    x: () => rows[at]?.querySelector("input[type=checkbox]")?.click(),
    Enter: () => document.activeElement === document.body && link()?.click(), // a focused link opens by itself
  };
}

function onKeys(find, help, rows) {
  addEventListener(
    "keydown",
    (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && find) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return find();
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return event.key !== "Escape" && event.stopImmediatePropagation();
      if (event.key === "?" && help) {
        event.preventDefault();
        event.stopImmediatePropagation(); // Unfold has a list of its own
        help.showModal();
      } else if (rows?.[event.key]) {
        rows[event.key]();
      }
    },
    true,
  );
}

addEventListener("DOMContentLoaded", () => {
  const dialogs = [...document.querySelectorAll("dialog.ko-dialog")];
  const [findBox, help, table] = ["find", "keys", "result_list"].map((id) => document.getElementById(id));
  const find = findBox && finder(findBox);
  dialogs.forEach(closeOutside);
  onKeys(find, help, table && rowKeys(table));
  document.querySelectorAll("[data-find]").forEach((button) => button.addEventListener("click", find));
  if (location.hash === "#searchbar") document.getElementById("searchbar")?.focus();
});
