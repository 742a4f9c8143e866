// Makes the page live: follows the sandbox's changes, and acts for the person that one plays.

const { user, channel, place, books, billing, alerts } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const view = byId("view");
let revision = document.body.dataset.revision;

// Talking to the sandbox

async function post(path, body) {
  try {
    const response = await fetch(`/sandbox/control/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    return response.ok ? answer : { ...answer, ok: false };
  } catch {
    return { ok: false, error: "The sandbox does not answer." };
  }
}

const postBooks = (path, body) => post(path, { company: books, ...body });

const act = (body) => post("act", { user, channel, ...body });

let noticeTimer;
function notify(words) {
  const notice = byId("notice");
  notice.textContent = words;
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.hidden = true), 8000);
}

const REASONS = {
  operation_timeout: "The bot did not answer in three seconds.",
  dispatch_failed: "Nobody listens: the bot is not running, or not connected.",
  dispatch_unknown_error: "The bot answered with an error.",
};

function tell(answer) {
  if (answer.ok === false && !Object.keys(answer.errors || {}).length) notify(REASONS[answer.error] || answer.error);
  return answer;
}

// Following changes: parts come as HTML and are laid over what stands, so that focus and typed words stay

function keyOf(node) {
  return node.nodeType === 1 ? node.dataset.key || node.id || "" : "";
}

function alike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function layOver(old, fresh) {
  if (old.nodeType !== 1) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if ("keep" in old.dataset) return;
  const own = (name) => (name === "class" && old.classList.contains("pointed")) || name === "aria-busy" || name === "aria-invalid" || (name === "open" && old.nodeName === "DETAILS");
  for (const { name, value } of fresh.attributes)
    if (!own(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!own(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  if (old.nodeName === "TEXTAREA") return;
  layChildren(old, fresh);
}

function layChildren(old, fresh) {
  const keyed = new Map([...old.children].filter(keyOf).map((node) => [keyOf(node), node]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    let match = key ? keyed.get(key) : at;
    if (match && alike(match, next)) {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      layOver(match, next);
    } else {
      old.insertBefore(next, at);
      if (!key && at && !keyOf(at) && at.nodeType === next.nodeType) {
        const gone = at;
        at = at.nextSibling;
        gone.remove();
      }
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const shown = new Map();
function apply(id, html) {
  const target = byId(id);
  if (!target || shown.get(id) === html) return;
  shown.set(id, html);
  const template = document.createElement("template");
  template.innerHTML = html;
  const stream = id === "messages" ? byId("stream") : null;
  const nearEnd = stream && stream.scrollHeight - stream.scrollTop - stream.clientHeight < 160;
  layChildren(target, template.content);
  if (nearEnd) stream.scrollTop = stream.scrollHeight;
  if (id === "view-content") showView();
}

function query(more) {
  const values = new URLSearchParams({ as: user, place, books, ...more });
  if (place === "channel") values.set("channel", channel);
  return values;
}

async function follow() {
  for (;;) {
    try {
      const response = await fetch(`/sandbox/page/parts?${query({ revision })}`);
      if (!response.ok) throw new Error(response.statusText);
      const answer = await response.json();
      revision = answer.revision;
      for (const [id, html] of Object.entries(answer.parts)) apply(id, html);
      byId("offline").hidden = true;
    } catch {
      byId("offline").hidden = false;
      revision = "-1";
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

// Views

function showView() {
  const form = byId("view-form");
  if (form && !view.open) {
    view.showModal();
    form.querySelector("input, select, textarea")?.focus();
  } else if (!form && view.open) view.close();
}

function closeView() {
  const form = byId("view-form");
  if (form) act({ view_id: form.dataset.viewId, close: true }).then(tell);
}

function valueOf(element) {
  switch (element.dataset.kind) {
    case "radio_buttons":
      return element.querySelector("input:checked")?.value ?? null;
    case "checkboxes":
      return [...element.querySelectorAll("input:checked")].map((input) => input.value);
    default:
      if (element.multiple) return [...element.selectedOptions].map((option) => option.value);
      return element.value === "" ? null : element.value;
  }
}

function collect(form) {
  const values = {};
  for (const element of form.querySelectorAll("[data-kind]:not(button):not(a)"))
    (values[element.dataset.blockId] ||= {})[element.dataset.actionId] = valueOf(element);
  return values;
}

function showErrors(form, errors) {
  for (const place of form.querySelectorAll("[data-error-for]")) {
    const words = errors[place.dataset.errorFor] || "";
    place.textContent = words;
    const field = place.parentElement.querySelector("[data-kind]");
    if (field && words) field.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }
  const wrong = form.querySelector("[aria-invalid]");
  (wrong?.querySelector("input") ?? wrong)?.focus(); // a group of choices takes the focus in its first
}

async function submitView(form) {
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  byId("view-error").textContent = "";
  const answer = await act({ view_id: form.dataset.viewId, values: collect(form) });
  button.disabled = false;
  showErrors(form, answer.errors || {});
  if (!answer.ok && !Object.keys(answer.errors || {}).length)
    byId("view-error").textContent = REASONS[answer.error] || answer.error;
}

view.addEventListener("cancel", (event) => {
  event.preventDefault();
  closeView();
});

// Buttons and menus of messages, views and the App Home

function confirmed(element) {
  if (!element.dataset.confirm) return Promise.resolve(true);
  const words = JSON.parse(element.dataset.confirm);
  const dialog = byId("confirm");
  byId("confirm-title").textContent = words.title;
  byId("confirm-text").innerHTML = words.html; // escaped by the server
  byId("confirm-yes").textContent = words.confirm;
  byId("confirm-no").textContent = words.deny;
  byId("confirm-yes").className = `button ${words.style === "danger" ? "danger" : "primary"}`;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

async function use(element, value) {
  if (!(await confirmed(element))) return;
  const { actionId, blockId } = element.dataset;
  const inView = element.closest("[data-view-id]");
  const where = inView ? { view_id: inView.dataset.viewId } : { ts: element.closest("[data-ts]").dataset.ts };
  element.setAttribute("aria-busy", "true");
  tell(await act({ ...where, action_id: actionId, block_id: blockId, value }));
  element.removeAttribute("aria-busy");
}

// The two systems

async function runSync(button) {
  const result = byId("sync-result");
  button.disabled = true;
  button.textContent = "Running…";
  result.hidden = false;
  result.textContent = `${billing} sends its waiting invoices to Intacct…`;
  const answer = await postBooks("sync", {});
  button.disabled = false;
  button.textContent = "Run sync";
  result.textContent = answer.failed ? syncWords(answer) : answer.error;
}

// Weeks that are lived through: each is over when the workbook of its report has come
async function uploads() {
  const calls = await (await fetch("/sandbox/control/log?service=slack")).json();
  return calls.filter((call) => call.function === "files.completeUploadExternal").length;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const REPORT_WITHIN_S = 45;

async function reportAfter(before) {
  for (let seconds = 0; seconds < REPORT_WITHIN_S; seconds += 1) {
    if ((await uploads()) > before) return true;
    await pause(1000);
  }
  return false;
}

async function liveWeeks(button) {
  const words = button.textContent;
  const weeks = Number(button.dataset.liveWeeks);
  button.disabled = true;
  for (let week = 1; week <= weeks; week += 1) {
    button.textContent = `Week ${week} of ${weeks}…`;
    const before = await uploads();
    if (tell(await post("week", {})).ok === false) break;
    if (!(await reportAfter(before))) {
      notify(`No report came in week ${week}: the bot is not running, or not connected.`);
      break;
    }
  }
  button.textContent = words;
  button.disabled = false;
}

function syncWords({ attempted, created, failed }) {
  if (!attempted) return "Nothing to sync: all invoices are in Intacct.";
  const some = (count) => `${count} ${count === 1 ? "invoice" : "invoices"}`;
  return failed.length
    ? `${some(attempted)} sent: ${created} taken, ${failed.length} refused and reported in #${alerts}.`
    : `${some(attempted)} sent, all taken.`;
}

function oddCharacters(name) {
  const odd = [...name].filter((character) => !/[!-~ ]/.test(character));
  const notes = odd.map((character) => "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0"));
  if (/^ | $/.test(name)) notes.push("a blank at an end");
  if (/ {2}/.test(name)) notes.push("two blanks together");
  return notes.length ? `It holds ${notes.join(", ")}.` : "Plain characters only.";
}

function openDialog(id, fill) {
  const dialog = byId(id);
  dialog.querySelector(".error")?.replaceChildren();
  fill(dialog.querySelector("form"), dialog);
  dialog.showModal();
}

// A link to an invoice in BILL's own application shows the row of the emulated one
function showInvoice(link) {
  if (link.nodeName !== "A" || !/\.bill\.com$/.test(link.hostname)) return false;
  const id = new URL(link.href).searchParams.get("id");
  const row = id && document.querySelector(`#bill tr[data-key="${CSS.escape(id)}"]`);
  if (!row) return false;
  row.closest("details").open = true;
  row.scrollIntoView({ block: "center" });
  row.classList.add("pointed");
  setTimeout(() => row.classList.remove("pointed"), 2500);
  return true;
}

const CLICKS = {
  runSync: (button) => runSync(button),
  opens: (button) => byId(button.dataset.opens).showModal(),
  closes: (button) => button.closest("dialog").close(),
  calendarDays: async (button) => tell(await post("clock", { days: Number(button.dataset.calendarDays) })),
  liveWeeks: (button) => liveWeeks(button),
  shortcut: async (button) => {
    button.closest("details").open = false;
    tell(await act({ ts: button.closest("[data-ts]").dataset.ts, shortcut: button.dataset.shortcut }));
  },
  replyTo: (button) => {
    button.closest("details").open = false;
    replyIn(button.dataset.replyTo, button.dataset.sender);
  },
  arTerm: async (button) => tell(await postBooks("ar-term", { name: button.dataset.arTerm, status: button.dataset.status })),
  groupUser: async ({ dataset, ariaLabel }) => {
    const answer = await post("group", { user: dataset.groupUser, member: dataset.member === "true" });
    notify(answer.ok === false ? answer.error : `${ariaLabel}: done.`);
  },
  arPeriod: async ({ dataset }) => {
    const answer = tell(await postBooks("period", { period: dataset.arPeriod, closed: dataset.closed === "true" }));
    if (answer.open_from) notify(`Intacct takes postings from ${answer.open_from} on.`);
  },
  postInvoice: async ({ dataset }) =>
    tell(await postBooks("bill-invoice", { id: dataset.postInvoice, posting_date: dataset.posting || null })),
  keyInvoice: async (button) => tell(await postBooks("ar-invoice", { number: button.dataset.keyInvoice })),
  editTerm: ({ dataset }) =>
    openDialog("edit-term", (form) => {
      form.elements.id.value = dataset.editTerm;
      form.elements.name.value = dataset.name;
      form.elements.days.value = dataset.days;
      byId("edit-term-odd").textContent = oddCharacters(dataset.name);
    }),
  editInvoice: ({ dataset }) =>
    openDialog("edit-invoice", (form, dialog) => {
      form.elements.id.value = dataset.editInvoice;
      dialog.querySelector("h2 span").textContent = dataset.number;
      const terms = [...document.querySelectorAll("#bill-terms [data-edit-term]")];
      form.elements.term_id.replaceChildren(
        ...terms.map((term) => new Option(`${term.dataset.name} (${term.dataset.days} days)`, term.dataset.editTerm)),
      );
      form.elements.term_id.value = dataset.term;
    }),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (!menu.contains(event.target)) menu.open = false;
  if (!button || button.disabled) return;
  if (showInvoice(button)) return event.preventDefault();
  if (button.id === "run-sync") return void CLICKS.runSync(button);
  if (button.id === "view-close") return closeView();
  if (button.id === "reply-cancel") return replyIn(null);
  if (button.dataset.actionId) {
    const menu = button.closest("details.menu");
    if (menu) menu.open = false;
    return void use(button, button.dataset.value || undefined);
  }
  for (const [name, does] of Object.entries(CLICKS)) if (name in button.dataset) return void does(button);
});

document.addEventListener("change", (event) => {
  const element = event.target.closest("[data-kind][data-live]");
  if (element && element.nodeName !== "BUTTON") use(element, valueOf(element));
});

document.addEventListener("input", (event) => {
  if (event.target.id === "edit-term-name") byId("edit-term-odd").textContent = oddCharacters(event.target.value);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const [id, path] of [["edit-term-form", "bill-term"], ["edit-invoice-form", "bill-invoice"]]) {
  byId(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const body = Object.fromEntries(new FormData(form));
    if ("days" in body) body.days = Number(body.days);
    const answer = await postBooks(path, body);
    if (answer.ok === false) form.querySelector(".error").textContent = answer.error;
    else form.closest("dialog").close();
  });
}

// Writing

let replyThread = null;
function replyIn(thread, sender) {
  replyThread = thread;
  const line = byId("replying");
  line.hidden = !thread;
  line.querySelector("strong").textContent = sender || "";
  byId("message").focus();
}

async function send() {
  const box = byId("message");
  const words = box.value;
  if (!words.trim()) return;
  const command = /^(\/[a-z_-]+)\s*([^]*)$/.exec(words);
  box.value = "";
  const answer = command
    ? await act({ command: command[1], text: command[2] })
    : await act({ text: words, ...(replyThread && { thread_ts: replyThread }) });
  if (answer.ok === false && !box.value && !command) box.value = words;
  if (answer.ok) replyIn(null);
  tell(answer);
  const stream = byId("stream");
  stream.scrollTop = stream.scrollHeight;
}

document.addEventListener("submit", (event) => {
  if (event.target.id === "view-form") {
    event.preventDefault();
    submitView(event.target);
  } else if (event.target.id === "composer") {
    event.preventDefault();
    send();
  }
});

byId("message")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});

const stream = byId("stream");
const linked = location.hash.startsWith("#m-") && byId(location.hash.slice(1));
if (linked) linked.scrollIntoView({ block: "center" });
else if (stream) stream.scrollTop = stream.scrollHeight;
if (place === "home") act({ home: true }).then(tell);
showView();
follow();
