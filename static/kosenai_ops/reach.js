// What Unfold's markup keeps from keyboards and screen readers: icons are words there, and some of its buttons spans.
"use strict";

const NAMES = {close: "Close", unfold_more: "Your account", more_horiz: "More"};
const CLICKED = ":is(a:not([href]), span, nav + div)[x-on\\:click]";

function hideIcon(icon) {
    if (!icon.matches("[x-on\\:click]")) icon.ariaHidden = "true";
}

function makeButton(element) {
    element.role = "button";
    element.tabIndex = 0;
    const name = NAMES[element.textContent.trim()];
    if (name) element.ariaLabel = name;
    element.addEventListener("keydown", (event) => {
        if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        element.click();
    });
}

function reach(part) {
    for (const icon of part.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) hideIcon(icon);
    for (const element of part.querySelectorAll(CLICKED + ":not([role])")) makeButton(element);
    for (const help of part.querySelectorAll(".help-tooltip[aria-label]:not([role])")) help.role = "img";
}

document.addEventListener("DOMContentLoaded", () => {
    reach(document);
    new MutationObserver(() => reach(document)).observe(document.body, {childList: true, subtree: true});
});
