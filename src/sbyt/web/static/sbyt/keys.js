// The office by keyboard: "/" goes to the search; a key shown beside a button or a heading presses it.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select") || event.target.isContentEditable;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.code === "Slash" || event.key === "/") {
    const search = document.querySelector("[role=search] input[name=q]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
    return;
  }
  const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!pressed) return;
  event.preventDefault();
  if (pressed.tagName === "SUMMARY") {
    const details = pressed.parentElement;
    details.open = true;
    (details.querySelector("textarea, input:not([type=hidden])") || pressed).focus();
  } else pressed.focus();
});
