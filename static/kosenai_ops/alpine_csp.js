// Unfold under a content policy without unsafe-eval and unsafe-inline.
//
// Alpine's CSP build reads its expressions with a parser of its own: no statements, no template strings, no globals. The
// few of Unfold's expressions that need one are rephrased here, before Alpine looks at the page, and what they called
// as a global is offered as a method of the page's outermost component. A style given as text would be an inline style;
// given as an object Alpine sets it through the CSSOM, which the policy allows.

const REPHRASED = {
    "`width: ${sidebarWidth}px`": "{ width: sidebarWidth + 'px' }",
    "'width: ' + changeListWidth + 'px'": "{ width: changeListWidth + 'px' }",
    "if (!$event.target.closest('a')) { openUserLinks = !openUserLinks }":
        "$event.target.closest('a') || (openUserLinks = !openUserLinks)",
    "if (!$event.target.closest('a')) { rowOpen = !rowOpen }": "$event.target.closest('a') || (rowOpen = !rowOpen)",
};
const REPHRASED_BY_START = {
    "if (resizing) { sidebarWidth =": "resizing && resizeSidebar($event, min, max)",
    "activeTab && activeTab !== 'general' ? window.location": "addressOfTab(activeTab)",
};

function rephrase(expression) {
    const start = Object.keys(REPHRASED_BY_START).find((words) => expression.startsWith(words));
    return REPHRASED[expression] ?? REPHRASED_BY_START[start] ?? expression;
}

const OUTERMOST = {
    getCurrentTab: () => getCurrentTab(),
    sortRecords: (event) => sortRecords(event),
    moveRecords: (event) => moveRecords(event),
    resizeSidebar(event, min, max) {
        const leftwards = document.documentElement.dir === "rtl";
        const edge = document.getElementById("nav-sidebar").getBoundingClientRect().right;
        this.sidebarWidth = Math.min(max, Math.max(min, leftwards ? edge - event.clientX : event.clientX));
        localStorage.setItem("sidebarWidth", this.sidebarWidth);
    },
    addressOfTab(tab) {
        const here = location.pathname + location.search;
        return tab && tab !== "general" ? `${here}#${tab}` : here;
    },
};

document.addEventListener("alpine:init", () => {
    for (const element of document.querySelectorAll("*")) {
        for (const attribute of element.attributes) {
            if (attribute.name.startsWith("x-")) {
                const better = rephrase(attribute.value);
                if (better !== attribute.value) attribute.value = better;
            }
        }
    }
    Alpine.data("theme", (name) => Object.assign(theme(name), OUTERMOST));
    Alpine.data("searchCommand", () => searchCommand());
});

// htmx would write an inline style for its indicators (the theme has it) and evaluate filters of triggers.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
