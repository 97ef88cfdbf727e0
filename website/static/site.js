// A file has no server to fetch from: search without the excerpts, which are fetched.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What scrolls sideways can be reached with the keyboard.
const reachable = () =>
  document.querySelectorAll("pre, .table-wrapper, .wide").forEach((element) => {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
  });

// Paper has nothing to unfold.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((element) => (element.open = true));
});
addEventListener("afterprint", () => folded.forEach((element) => (element.open = false)));

addEventListener("load", () => {
  reachable();
  document.querySelectorAll("details").forEach((element) => element.addEventListener("toggle", reachable));
  document.querySelectorAll("button.copybtn").forEach((button) => {
    button.setAttribute("aria-label", button.dataset.tooltip);
  });
});
addEventListener("resize", reachable);
