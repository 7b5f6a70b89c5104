// The one stream of changes of this page.
import * as clock from "./clock.js";

const listeners = [], ringers = [];
let last = performance.now();
let lostAt = null;
const chip = document.querySelector("#connection");
const words = document.documentElement.lang.startsWith("zh")
  ? { live: "实时", lost: "中断", wait: "连接中" } : { live: "live", lost: "lost", wait: "connecting" };

/** Call `take({severity, kind})` for each tone the room is to hear. */
export function onSound(take) { ringers.push(take); }

/** Call `take({topics, stations})` after changes; after a reset topics is ["*"]. */
export function onChange(take) { listeners.push(take); }

function state(name) {
  if (chip.dataset.state === name) return;
  chip.dataset.state = name;
  chip.querySelector("span").textContent = words[name];
  const banner = document.querySelector("#lost");
  if (name === "lost") {
    lostAt = lostAt || document.querySelector("#clock b").textContent;
    banner.querySelector("b").textContent = lostAt;
  } else if (name === "live") lostAt = null;
  banner.hidden = name !== "lost";
  document.body.classList.toggle("stale", name === "lost");
}

function heard() { last = performance.now(); state("live"); }
function tell(change) { listeners.forEach((take) => take(change)); }

function open() {
  const source = new EventSource(`/api/v1/events?last_event_id=${document.querySelector('meta[name="now"]').dataset.rev}`);
  let again = false;
  source.onopen = () => { heard(); if (again) tell({ topics: ["*"], stations: [] }); again = true; };
  source.addEventListener("change", (e) => { heard(); tell(JSON.parse(e.data)); });
  source.addEventListener("sound", (e) => { heard(); ringers.forEach((take) => take(JSON.parse(e.data))); });
  source.addEventListener("clock", (e) => { heard(); clock.set(JSON.parse(e.data)); });
  source.addEventListener("reset", () => { heard(); tell({ topics: ["*"], stations: [] }); });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) { source.close(); setTimeout(open, 5000); }
  };
}
setInterval(() => { if (performance.now() - last > 25000) state("lost"); }, 1000);
open();
