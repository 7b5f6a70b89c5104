// One short tone for a new alert, repeated for an unanswered I. Browsers want a click first.

let context = null;
const button = document.querySelector("#sound");
const banner = document.querySelector("#mute");
const seen = new Set();
let first = true;

function on() { return localStorage.getItem("sound") !== "off"; }
function ready() { return context && context.state === "running"; }

function show() {
  button.setAttribute("aria-pressed", String(on() && Boolean(ready())));
  button.textContent = on() && ready() ? button.dataset.on : button.dataset.off;
  banner.hidden = !on() || Boolean(ready());
}

function tone(frequency, at, length) {
  const oscillator = context.createOscillator(), gain = context.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.35, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at); oscillator.stop(at + length);
}

function ring(severity) {
  if (!on() || !ready()) return;
  const t = context.currentTime;
  tone(severity >= 4 ? 880 : 660, t, 0.25);
  if (severity >= 3) tone(severity >= 4 ? 1174 : 660, t + 0.3, 0.25);
}

async function enable() {
  context = context || new AudioContext();
  await context.resume();
  localStorage.setItem("sound", "on");
  show(); ring(3);
}

button.addEventListener("click", () => {
  if (on() && ready()) { localStorage.setItem("sound", "off"); show(); } else enable();
});
banner.querySelector("button").addEventListener("click", enable);

/** Look at the cards: ring once for each alert not seen before, as loud as the worst of them. */
export function look() {
  let worst = 0;
  for (const card of document.querySelectorAll("[data-alert]")) {
    const name = `${card.dataset.alert}/${card.dataset.severity}`;
    if (!seen.has(name) && card.dataset.open === "1") worst = Math.max(worst, Number(card.dataset.severity));
    seen.add(name);
  }
  if (worst >= 2 && !first) ring(worst);
  first = false;
}
setInterval(() => { if (document.querySelector('[data-open="1"][data-severity="4"]')) ring(4); }, 15000);
show(); look();
