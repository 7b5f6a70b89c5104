// Service time as the page knows it: told by the server, carried on by the browser's own clock.

const meta = document.querySelector('meta[name="now"]');
let base = Number(meta.content);
let speed = Number(meta.dataset.speed);
let at = performance.now();
const zone = meta.dataset.zone || "Asia/Shanghai";
const chinese = document.documentElement.lang.startsWith("zh");
const full = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });

/** Service time now, ms. */
export function now() { return base + (performance.now() - at) * speed; }

/** Take over what the server says. */
export function set(told) {
  base = told.now; speed = told.speed; at = performance.now();
  const shown = document.querySelector("#speed");
  if (shown) shown.textContent = speed ? `×${speed}` : (chinese ? "暂停" : "paused");
}

/** How long ago, in words. */
export function ago(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60);
  if (chinese) return s < 30 ? "刚刚" : m < 1 ? `${s}秒前` : h < 1 ? `${m}分钟前` : h < 48 ? `${h}小时前` : `${Math.floor(h / 24)}天前`;
  return s < 30 ? "just now" : m < 1 ? `${s} s ago` : h < 1 ? `${m} min ago` : h < 48 ? `${h} h ago` : `${Math.floor(h / 24)} d ago`;
}

/** The same where room is scarce. */
export function brief(ms) {
  const m = Math.max(0, Math.floor(ms / 60000)), h = Math.floor(m / 60);
  if (chinese) return m < 1 ? "刚刚" : h < 1 ? `${m}分` : h < 48 ? `${h}时` : `${Math.floor(h / 24)}天`;
  return m < 1 ? "now" : h < 1 ? `${m} min` : h < 48 ? `${h} h` : `${Math.floor(h / 24)} d`;
}

/** Move the clock and every age on the page. */
export function tick() {
  const present = now();
  const face = document.querySelector("#clock b");
  if (face) face.textContent = full.format(new Date(present));
  for (const age of document.querySelectorAll(".age[data-at]")) {
    const text = (age.dataset.brief ? brief : ago)(present - Number(age.dataset.at));
    if (age.textContent !== text) age.textContent = text;
    if ("due" in age.dataset) {
      const quiet = present - Math.max(Number(age.dataset.heard || 0), Number(age.dataset.at));
      const late = quiet > Number(age.dataset.silent) ? "age silent" : quiet > Number(age.dataset.due) ? "age due" : "age";
      if (age.className !== late) age.className = late;
    }
  }
  for (const left of document.querySelectorAll("[data-until]")) {
    const ms = Number(left.dataset.until) - present, s = Math.floor(Math.abs(ms) / 1000);
    left.textContent = `${ms < 0 ? "+" : ""}${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
    left.classList.toggle("over", ms < 0);
  }
}
setInterval(tick, 1000);
tick();
