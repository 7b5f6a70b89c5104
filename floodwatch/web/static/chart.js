// The station's chart: drawn by plotly from the figure the server makes, updated in place.
import * as stream from "./stream.js";

const box = document.querySelector("#chart");
const ranges = document.querySelector(".ranges");
const config = {
  displaylogo: false, responsive: true, scrollZoom: false, showTips: false, doubleClick: "reset",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toImage"],
};
let range = ranges.dataset.default, due = null, drawn = false, loading = false, again = false;
let zoom = null; // [from, to] on the axis: the part to be drawn finely
const named = ["from", "to"].map((name) => Number(new URL(location.href).searchParams.get(name)));
if (named[0] && named[1] > named[0]) zoom = named; // a link may name the part

async function draw() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const url = new URL(box.dataset.url, location.href);
    url.searchParams.set("range", range);
    url.searchParams.set("theme", document.documentElement.dataset.theme);
    const key = `${url.pathname}${url.searchParams.get("variable")}${url.searchParams.get("gauge")}${range}`;
    if (zoom) { url.searchParams.set("from", zoom[0]); url.searchParams.set("to", zoom[1]); }
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const figure = await answer.json();
    // The reader's zoom is kept while the range and the chart stay the same.
    figure.layout.uirevision = key;
    if (box.clientWidth < 560) narrow(figure.layout);
    if (!drawn && zoom) {
      for (const name of Object.keys(figure.layout)) if (name.startsWith("xaxis")) figure.layout[name].range = zoom;
    }
    await window.Plotly.react(box, figure.data, figure.layout, config);
    box.dataset.drawn = String(Date.now());
    if (!drawn) { drawn = true; box.on("plotly_relayout", zoomed); box.dataset.ready = "1"; }
  } catch (error) {
    console.info("chart not reachable", error.message);
  } finally {
    loading = false;
    if (again) { again = false; soon(); }
  }
}

// A year holds more readings than the screen has points: the part zoomed into is asked for anew.
function zoomed(change) {
  if (!Object.keys(change).some((name) => name.startsWith("xaxis"))) return;
  const axis = box._fullLayout.xaxis;
  const place = (value) => Math.round(typeof value === "number" ? value : Date.parse(`${value.replace(" ", "T")}${value.includes(" ") ? "" : "T00:00"}Z`));
  const [low, high] = axis.range.map(place);
  const whole = axis._rangeInitial0 === undefined ? null : [axis._rangeInitial0, axis._rangeInitial1].map(place);
  const was = String(zoom);
  zoom = range === "24h" || (whole && low <= whole[0] && high >= whole[1]) ? null : [low, high];
  if (String(zoom) !== was) soon(250);
}

// On a phone the names of the limits stand inside the plot.
function narrow(layout) {
  layout.margin = { ...layout.margin, l: 44, r: 12 };
  for (const note of layout.annotations || []) {
    if (note.xref === "paper") { note.x = 0.99; note.xanchor = "right"; note.yshift = 8; }
  }
  layout.legend.font = { size: 11 };
}

function soon(wait = 2000) { if (!due) due = setTimeout(() => { due = null; draw(); }, wait); }

ranges.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  range = button.dataset.range; zoom = null;
  for (const each of ranges.children) each.setAttribute("aria-pressed", String(each === button));
  const here = new URL(location.href);
  here.searchParams.set("range", range);
  history.replaceState(null, "", here);
  document.querySelectorAll('a.button, .filter a').forEach((link) => {
    const url = new URL(link.href);
    if (url.pathname.startsWith("/stations/")) { url.searchParams.set("range", range); link.href = url; }
  });
  draw();
});
document.addEventListener("theme", draw);
stream.onChange((change) => {
  const mine = change.stations?.includes(box.dataset.station) || change.stations?.includes(box.dataset.rain);
  if (change.topics.includes("*") || (mine && change.topics.some((t) => t === "reading" || t === "alert"))) soon();
});
setInterval(() => soon(), 60000);
if (window.Plotly) draw(); else window.addEventListener("load", draw);
