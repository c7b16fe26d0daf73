// Makes the pages handier; nothing needs it. Copies, filters lists, keeps waiting confirmations fresh.
(() => {
  "use strict";
  const say = (text) => {
    const status = document.getElementById("status");
    if (status) { status.textContent = ""; setTimeout(() => { status.textContent = text; }, 50); }
  };

  const copied = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
      const before = button.textContent;
      button.textContent = "Copied";
      say("Copied");
      setTimeout(() => { button.textContent = before; }, 2000);
    } catch {
      say("Your browser did not let us copy. Select the text and copy it.");
    }
  };
  for (const box of document.querySelectorAll("[data-copy]")) {
    const from = box.querySelector("pre, .code");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${box.dataset.copy}`);
    button.addEventListener("click", () => copied(button, from.textContent));
    box.append(button);
  }

  const filter = document.querySelector("[data-filter]");
  if (filter) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const groups = [...document.querySelectorAll("[data-group]")];
    filter.closest("[hidden]")?.removeAttribute("hidden");
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      for (const group of groups) { group.hidden = !group.querySelector("[data-row]:not([hidden])"); }
      say(shown === 1 ? "1 tool" : `${shown} tools`);
    });
  }

  const live = document.querySelector("[data-live]");
  if (live) {
    setInterval(async () => {
      if (document.hidden || live.contains(document.activeElement)) { return; }
      try {
        const answer = await fetch(location.pathname + location.search, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) { return; }
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
        if (fresh && fresh.dataset.live !== live.dataset.live) {
          live.dataset.live = fresh.dataset.live;
          live.replaceChildren(...fresh.childNodes);
          say("The list has changed");
        }
      } catch { /* The next try may do. */ }
    }, 5000);
  }

  // A form is sent once, also by an impatient hand.
  for (const form of document.querySelectorAll("form[method=post]")) {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) { event.preventDefault(); }
      sent = true;
      setTimeout(() => { sent = false; }, 5000);
    });
  }
})();
