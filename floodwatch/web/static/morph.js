// Make a live element equal to a fresh one, in place: what is the same is not touched, so that
// focus, open details, scrolling and the pointer keep their place.

const KEEP = new Set(["open"]);
let waiting = null;

/** Change `old` into `fresh`; values that changed are highlighted for a moment. */
export function morph(old, fresh) {
  if (old.dataset && "foreign" in old.dataset) return;
  if (old === document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(old.nodeName)) return;
  const tick = old.classList && old.classList.contains("age");
  attributes(old, fresh);
  if (tick) {
    if (old.firstChild) old.firstChild.data = fresh.textContent;
    else old.textContent = fresh.textContent;
    return;
  }
  const before = old.dataset && "v" in old.dataset ? old.textContent : null;
  if (old.dataset && "list" in old.dataset) keyed(old, fresh);
  else children(old, fresh);
  if (before !== null && before !== old.textContent) highlight(old);
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !KEEP.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!KEEP.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function children(old, fresh) {
  const mine = [...old.childNodes];
  const theirs = [...fresh.childNodes];
  theirs.forEach((node, i) => {
    const own = mine[i];
    if (!own) old.append(node);
    else if (own.nodeType !== node.nodeType || own.nodeName !== node.nodeName) own.replaceWith(node);
    else if (node.nodeType === Node.ELEMENT_NODE) morph(own, node);
    else if (own.data !== node.data) own.data = node.data;
  });
  mine.slice(theirs.length).forEach((node) => node.remove());
}

// Rows are known by their key. A changed order waits until the pointer has left the list.
function keyed(old, fresh) {
  const own = new Map([...old.children].map((row) => [row.dataset.key, row]));
  const order = [];
  for (const row of [...fresh.children]) {
    const known = own.get(row.dataset.key);
    if (known) morph(known, row);
    else old.append(row);
    order.push(known || row);
    own.delete(row.dataset.key);
  }
  own.forEach((row) => row.remove());
  const sort = () => {
    const focus = document.activeElement;
    order.forEach((row, i) => {
      if (old.children[i] !== row && row.parentNode === old) old.insertBefore(row, old.children[i]);
    });
    if (focus && focus !== document.activeElement && old.contains(focus)) focus.focus();
  };
  if (old.matches(":hover") || old.contains(document.activeElement)) {
    old.onpointerleave = () => { old.onpointerleave = null; (waiting || sort)(); };
    waiting = sort;
  } else {
    old.onpointerleave = waiting = null;
    sort();
  }
}

function highlight(element) {
  element.classList.remove("fresh-change");
  void element.offsetWidth;
  element.classList.add("fresh-change");
}
