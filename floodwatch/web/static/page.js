// Every page: live content in place, dialogs, theme, filters, copy.
import { morph } from "./morph.js";
import * as clock from "./clock.js";
import * as stream from "./stream.js";
import * as sound from "./sound.js";

const main = document.querySelector("#main");
const csrf = () => document.querySelector('meta[name="csrf-token"]').content;
const topics = (main.dataset.topics || "").split(" ").filter(Boolean);
let due = null, busy = false, again = false;

/** POST as a person; errors carry the server's own words. */
export async function post(url, fields) {
  const answer = await fetch(url, {
    method: "POST", body: new URLSearchParams(fields),
    headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail || answer.statusText);
  return body;
}

/** Fetch this page anew and put what changed in place. */
export async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Live": "1" } });
    if (answer.redirected && answer.url.includes("/login")) { location.reload(); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["main", "coverage", "standing", "open-count", "notices", "demo"]) {
      const old = document.getElementById(id), next = fresh.getElementById(id);
      if (old && next) morph(old, next);
    }
    const told = fresh.querySelector('meta[name="now"]');
    clock.set({ now: Number(told.content), speed: Number(told.dataset.speed) });
    clock.tick(); filter();
    document.dispatchEvent(new CustomEvent("refreshed"));
  } catch (error) {
    console.info("not reachable", error.message);
  } finally {
    busy = false;
    if (again) { again = false; soon(); }
  }
}
function soon() { if (!due) due = setTimeout(() => { due = null; refresh(); }, 700); }

stream.onSound(sound.sounded);
stream.onChange((change) => {
  const wanted = new Set([...topics, "alert", "mute", "response", "setting", "coverage"]);
  if (change.topics.some((topic) => topic === "*" || wanted.has(topic))) soon();
});
// Silence comes by time alone.
setInterval(soon, 30000);

// -- filter chips and copy ---------------------------------------------------------------------
function filter() {
  const box = document.querySelector(".filter[role=group]"), sections = document.querySelector(".sections");
  if (!box || !sections) return;
  const only = sessionStorage.getItem("group") || "";
  for (const chip of box.querySelectorAll("button")) chip.setAttribute("aria-pressed", String(chip.dataset.group === only));
  for (const panel of sections.querySelectorAll("[data-panel]")) panel.hidden = Boolean(only) && panel.dataset.panel !== only;
  if (only) sections.dataset.only = only; else delete sections.dataset.only;
}
async function copy(button) {
  const only = sessionStorage.getItem("group") || "";
  const text = await (await fetch(`${button.dataset.copy}?group=${encodeURIComponent(only)}`)).text();
  try { await navigator.clipboard.writeText(text); } catch {
    const area = document.createElement("textarea");
    area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
  }
  const words = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = words; }, 1600);
}

// -- clicks ------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const chip = event.target.closest(".filter button[data-group]");
  if (chip) { sessionStorage.setItem("group", chip.dataset.group); filter(); }
  const ack = event.target.closest("[data-ack]");
  if (ack) ask(ack);
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  if (event.target.closest("button[data-print]")) window.print();
  if (!event.target.closest(".menu")) document.querySelector(".menu")?.removeAttribute("open");
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const whom = [...form.querySelectorAll("[data-whom] :checked")].map((e) => e.type === "checkbox" ? e.value : e.textContent.trim());
  if (form.dataset.nobody && !whom.length) { event.preventDefault(); window.alert(form.dataset.nobody); return; }
  const question = (event.submitter?.dataset.confirm || form.dataset.confirm || "").replace("{who}", whom.join("、"));
  if (question && !window.confirm(question)) { event.preventDefault(); return; }
  if (form.id === "demo" || "quiet" in form.dataset) {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    if (event.submitter?.name) fields[event.submitter.name] = event.submitter.value;
    try { await post(form.action, fields); form.reset(); soon(); } catch (error) { window.alert(error.message); }
  }
});
document.querySelector("#theme")?.addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  document.dispatchEvent(new CustomEvent("theme"));
});

// -- the map: open on wide screens, until the reader decides ------------------------------------
const map = document.querySelector("#map");
if (map) {
  const kept = localStorage.getItem("map");
  map.open = kept ? kept === "open" : window.innerWidth > 760;
  map.querySelector("summary").addEventListener("click", () => localStorage.setItem("map", map.open ? "closed" : "open"));
}

// -- acknowledging -----------------------------------------------------------------------------
const dialog = document.querySelector("#ack");
function ask(button) {
  const form = dialog.querySelector("form");
  form.dataset.url = button.dataset.ack;
  dialog.querySelector(".what").textContent = button.dataset.what || "";
  dialog.querySelector(".problem").hidden = true;
  dialog.showModal();
  dialog.querySelector("button.act").focus();
}
dialog.querySelector("form").addEventListener("submit", async (event) => {
  if (event.submitter?.value === "cancel") return;
  event.preventDefault();
  const form = event.target;
  try {
    await post(form.dataset.url, { who: form.elements.who.value, note: form.elements.note.value });
    form.elements.note.value = "";
    dialog.close(); refresh();
  } catch (error) {
    const problem = dialog.querySelector(".problem");
    problem.textContent = error.message; problem.hidden = false;
  }
});
filter();
