// Entry by hand: find a station, keep what was typed through a dead network, put a slip right.

const KEY = "manual-typed";
const LASTS = 12 * 3600 * 1000;
const main = document.querySelector("#main");
const form = () => document.querySelector("#manual");
const values = () => [...form().querySelectorAll('input[name^="value/"]')];

/** What is typed and not stored yet, kept on this device. */
function keep() {
  const typed = Object.fromEntries(values().filter((one) => one.value.trim()).map((one) => [one.name, one.value]));
  const count = Object.keys(typed).length;
  document.querySelector("#filled").textContent = count ? String(count) : "";
  if (count) localStorage.setItem(KEY, JSON.stringify({ at: Date.now(), time: form().elements.time.value, typed }));
  else localStorage.removeItem(KEY);
}

function restore() {
  const kept = JSON.parse(localStorage.getItem(KEY) || "null");
  if (!kept || Date.now() - kept.at > LASTS) return;
  let some = false;
  for (const one of values()) {
    const text = kept.typed[one.name];
    if (text && !one.value) { one.value = text; some = true; one.closest(".hand").classList.remove("later"); }
  }
  if (!some) return;
  form().elements.time.value = kept.time;
  say("back");
}

function say(what) {
  const told = document.querySelector("#kept");
  told.textContent = told.dataset[what];
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
}

function find() {
  const text = document.querySelector("#find").value.trim().toLowerCase();
  const kind = document.querySelector('#kinds [aria-pressed="true"]').dataset.kind;
  for (const section of document.querySelectorAll(".by-hand")) {
    let shown = 0;
    for (const row of section.querySelectorAll(".hand")) {
      row.hidden = Boolean(text) && !row.dataset.name.toLowerCase().includes(text);
      if (!row.hidden) shown += 1;
    }
    section.hidden = (Boolean(kind) && section.dataset.kind !== kind) || !shown;
    section.classList.toggle("all", Boolean(text));
  }
}

main.addEventListener("input", (event) => { if (event.target.id === "find") find(); else keep(); });
main.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.closest("#kinds")) {
    for (const one of document.querySelectorAll("#kinds button")) one.setAttribute("aria-pressed", String(one === button));
    find();
  }
  if ("more" in button.dataset) { button.closest(".by-hand").classList.add("all"); button.hidden = true; }
  if (button.dataset.time) form().elements.time.value = button.dataset.time;
  if ("now" in button.dataset) {
    const told = document.querySelector("#clock b").textContent.trim();
    form().elements.time.value = told.slice(0, 16).replace(" ", "T");
  }
  if (button.dataset.meant) {
    const row = button.closest(".hand");
    row.querySelector('input[name^="value/"]').value = button.dataset.meant;
    row.querySelector(".asks").remove();
    keep();
  }
});

main.addEventListener("submit", async (event) => {
  event.preventDefault();
  keep();
  const button = form().querySelector(".act");
  button.disabled = true;
  try {
    const answer = await fetch(form().action, { method: "POST", body: new FormData(form()), headers: { Accept: "text/html", "X-Live": "1" } });
    if (answer.redirected) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceChildren(...fresh.querySelector("#main").childNodes);
    keep();
    (document.querySelector(".asked") || document.querySelector("#status") || main).scrollIntoView({ block: "center" });
  } catch (error) {
    console.info("not sent", error.message);
    say("offline");
    button.disabled = false;
  }
});
restore();
keep();
