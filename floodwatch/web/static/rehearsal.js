// The rehearsal pages: the bar follows the work; choosing a time chooses "other".

const job = document.querySelector("#rehearsal");
async function follow() {
  const told = await (await fetch(job.dataset.url, { headers: { Accept: "application/json" } })).json();
  if (told.done) { location.reload(); return; }
  if (told.of > 1) {
    job.querySelector("progress").value = told.rules / told.of;
    document.querySelector("#told").textContent = `${told.rules} / ${told.of}`;
  }
  setTimeout(follow, 700);
}
if (job && job.dataset.done === "0") follow();

const form = document.querySelector("#rehearsal-form");
form?.querySelectorAll('[name="from"], [name="to"]').forEach((field) => field.addEventListener("input", () => {
  form.querySelector('[value="other"]').checked = true;
}));
