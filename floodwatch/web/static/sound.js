// The tones the service has decided on: see floodwatch/alerts/sounds.py. Browsers want a click first.

let context = null;
const button = document.querySelector("#sound");
const banner = document.querySelector("#mute");
let worst = 0, waiting = null;

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
  document.documentElement.dataset.rang = String(Number(document.documentElement.dataset.rang || 0) + 1);
  if (!on() || !ready()) return;
  const times = severity >= 4 ? 5 : severity >= 3 ? 2 : 1;  // one tone lasts the longer the graver it is
  for (let n = 0; n < times; n += 1) {
    const t = context.currentTime + n * 0.9;
    tone(severity >= 4 ? 880 : 660, t, 0.25);
    if (severity >= 3) tone(severity >= 4 ? 1174 : 660, t + 0.3, 0.25);
  }
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

/** A tone of the service; several that come at once, as after a pause, ring as the gravest of them. */
export function sounded(tone) {
  worst = Math.max(worst, Number(tone.severity));
  if (!waiting) waiting = setTimeout(() => { const w = worst; worst = 0; waiting = null; ring(w); }, 250);
}
show();
