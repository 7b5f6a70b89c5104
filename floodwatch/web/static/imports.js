// The import pages: a changed column means the table counts; the bar follows the work.

const form = document.querySelector("#import-form");
form?.querySelector(".mapping")?.addEventListener("change", () => {
  const tick = form.querySelector('[name="mapped"]');
  if (tick) tick.checked = true;
});

const job = document.querySelector("#job");
async function follow() {
  const told = await (await fetch(job.dataset.url, { headers: { Accept: "application/json" } })).json();
  if (told.done) { location.reload(); return; }
  if (told.total_bytes) {
    job.querySelector("progress").value = told.bytes / told.total_bytes;
    document.querySelector("#told").textContent = `${told.file} · ${told.lines.toLocaleString()} · ${told.stored.toLocaleString()}`;
  }
  setTimeout(follow, 700);
}
if (job && job.dataset.done === "0") follow();
