// The phones and the board refresh by themselves. Without this file the same is done by posts and links.
(() => {
  "use strict";
  const desk = document.querySelector(".desk");
  const board = document.getElementById("board");
  const rows = board.querySelector(".rows");
  const most = 40;

  // What a narrow window shows one of.
  document.querySelector(".switch").addEventListener("click", (event) => {
    const link = event.target.closest("[data-switch]");
    if (!link) return;
    event.preventDefault();
    show(link.dataset.switch);
  });
  function show(part) {
    desk.dataset.show = part;
    for (const link of document.querySelectorAll("[data-switch]")) {
      link.toggleAttribute("aria-current", false);
      if (link.dataset.switch === part) link.setAttribute("aria-current", "true");
    }
    toTheEnd(document);
  }

  function toTheEnd(within) {
    for (const talk of within.querySelectorAll(".talk")) talk.scrollTop = talk.scrollHeight;
  }

  async function fetched(asked) {
    const response = await asked;
    if (!response.ok) return location.reload();
    return new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".phone");
  }

  // After something was sent: the whole phone, and who used a keyboard is where they were.
  async function sent(phone, asked) {
    const fresh = await fetched(asked);
    if (!fresh) return;
    const focused = phone.contains(document.activeElement) ? document.activeElement : document.body;
    const again = focused.id ? `#${focused.id}` : focused.dataset.code ? `[data-code=${focused.dataset.code}]` : "";
    phone.replaceWith(fresh);
    toTheEnd(fresh);
    if (again) fresh.querySelector(again)?.focus({ preventScroll: true });
  }

  // When something has come: only what is read, whatever is being typed.
  async function refreshed(phone, asked) {
    const fresh = await fetched(asked);
    if (!fresh) return;
    phone.querySelector(".pressed")?.remove();
    for (const part of [".talk", ".examples"]) phone.querySelector(part).replaceWith(fresh.querySelector(part));
    const pressed = fresh.querySelector(".pressed");
    if (pressed) phone.querySelector(".talk").after(pressed);
    toTheEnd(phone);
  }

  document.addEventListener("submit", (event) => {
    const phone = event.target.closest(".phone");
    if (!phone || event.target.method !== "post") return;
    event.preventDefault();
    const button = event.submitter;
    if (button && button.name === "key" && button.value !== "#") {
      const typed = phone.querySelector(".write [name=text]");
      typed.value = button.value === "erase" ? typed.value.slice(0, -1) : typed.value + button.value;
      return;
    }
    const body = new FormData(event.target, button);
    sent(phone, fetch(event.target.action, { method: "POST", body, headers: { "X-Phone": "1" } }));
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches(".who select")) event.target.form.submit();
    if (event.target.matches(".messenger .attach input")) event.target.form.requestSubmit();
  });

  // The board, and the phones that an event is about.
  const due = new Map();
  function again(phone) {
    clearTimeout(due.get(phone.id));
    due.set(phone.id, setTimeout(() => {
      const now = document.getElementById(phone.id);
      refreshed(now, fetch(now.dataset.again));
    }, 60));
  }
  function appear(told) {
    const page = new DOMParser().parseFromString(told.html, "text/html");
    const row = page.querySelector("li");
    const before = document.getElementById(row.id);
    rows.querySelector(".nothing")?.remove();
    if (before) before.replaceWith(row);
    else rows.prepend(row);
    while (rows.children.length > most) rows.lastElementChild.remove();
    for (const phone of document.querySelectorAll(".phone")) {
      if (phone.dataset.channel === told.channel && phone.dataset.sender === told.sender) again(phone);
    }
  }
  const events = new EventSource(`/board/events?after=${board.dataset.seen}`);
  events.onmessage = (event) => appear(JSON.parse(event.data));
  events.onopen = () => {
    board.querySelector(".live").hidden = false;
    board.querySelector(".refresh").hidden = true;
  };
  window.addEventListener("pagehide", () => events.close());
  toTheEnd(document);
})();
