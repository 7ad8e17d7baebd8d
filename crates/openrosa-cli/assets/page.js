// Arrivals as they come. Without this, the page shows what there was when it was loaded, and nothing else is missing.
"use strict";
(() => {
  const line = document.getElementById("live");
  const body = document.querySelector("#arrivals tbody");
  if (!line || !body || !window.EventSource) return;

  const most = 200;
  let fresh = 0;

  const say = (text, on) => {
    line.textContent = text;
    line.classList.toggle("on", on);
  };

  const add = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const row = holder.content.querySelector("tr");
    if (!row) return;
    row.classList.add("fresh");
    body.prepend(row);
    while (body.rows.length > most) body.lastElementChild.remove();
    document.getElementById("arrivals").classList.remove("empty");
    document.getElementById("nothing")?.remove();
    fresh += 1;
    say(fresh === 1 ? "1 new arrival" : `${fresh} new arrivals`, true);
  };

  const source = new EventSource(line.dataset.live);
  source.addEventListener("open", () => say(fresh ? line.textContent : "New arrivals show by themselves", true));
  source.addEventListener("arrival", (event) => add(event.data));
  source.addEventListener("behind", () => location.reload());
  source.addEventListener("error", () => {
    const refused = source.readyState === EventSource.CLOSED;
    say(refused ? "New arrivals do not show by themselves now: load this again" : "The server is not there; trying again", false);
  });
  window.addEventListener("pagehide", () => source.close());
})();
