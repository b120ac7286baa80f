// What Unfold's markup keeps from keyboards and screen readers: icons are words there, and some of its buttons spans.
"use strict";

// By the icon, where nothing else is inside.
const NAMES = {
    close: "Close", menu: "More", more_horiz: "More", search: "Search", shield_person: "Dashboard", unfold_more: "Your account",
};
const LANDMARKS = {"nav-sidebar-inner": "Menu", "tabs-items": "Parts"};
const CLICKED = ":is(a:not([href]), span, nav + div)[x-on\\:click]";

function hideIcon(icon) {
    if (!icon.matches("[x-on\\:click]")) icon.ariaHidden = "true";
}

function makeButton(element) {
    element.role = "button";
    element.tabIndex = 0;
    element.addEventListener("keydown", (event) => {
        if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        element.click();
    });
}

function name(element) {
    const words = NAMES[element.textContent.trim().replace(/\s+progress_activity$/, "")];
    if (words && !element.title) element.ariaLabel = words;
}

function reach() {
    for (const icon of document.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) hideIcon(icon);
    for (const element of document.querySelectorAll(CLICKED + ":not([role])")) makeButton(element);
    for (const element of document.querySelectorAll(":is(a, button, [role=button]):not([aria-label])")) name(element);
    for (const help of document.querySelectorAll(".help-tooltip[aria-label]:not([role])")) help.role = "img";
    for (const [id, words] of Object.entries(LANDMARKS)) document.getElementById(id)?.setAttribute("aria-label", words);
}

document.addEventListener("DOMContentLoaded", () => {
    reach();
    new MutationObserver(reach).observe(document.body, {childList: true, subtree: true});
});
