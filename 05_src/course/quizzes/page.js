// Saves each answer as it is given, says so, and tries again until the server has it. What is not saved yet is kept in
// this window only: others may use this computer later.
"use strict";
(() => {
  const form = document.getElementById("quiz");
  if (!form) return;
  const says = document.getElementById("saving"), count = document.getElementById("count");
  const boxes = [...form.querySelectorAll("fieldset")];
  const waiting = new Map();  // place of a question -> when its last change was made, as long as it is not saved
  const busy = new Set();
  let leaving = false, sending = false;

  const pause = (tries, told) => new Promise(done => {
    const seconds = Number(told) || Math.min(15, 0.5 * 2 ** tries);
    setTimeout(done, 1000 * seconds * (0.75 + Math.random() / 2));
  });
  const say = (text, wrong) => {
    if (says.textContent !== text) says.textContent = text;
    says.classList.toggle("wrong", wrong);
  };
  const version = box => box.querySelector("input[type=hidden]");
  const answer = box => {
    const selects = [...box.querySelectorAll("select")];
    if (!selects.length) return [...box.querySelectorAll("input:checked")].map(each => Number(each.value));
    const chosen = selects.map((each, left) => [left, each.value]).filter(([, right]) => right !== "");
    return Object.fromEntries(chosen.map(([left, right]) => [left, Number(right)]));
  };
  const show = (box, given) => {
    box.querySelectorAll("select").forEach((each, left) => { each.value = left in given ? given[left] : ""; });
    box.querySelectorAll("input:not([type=hidden])").forEach(each => { each.checked = given.includes(Number(each.value)); });
  };
  const isAnswered = box => {
    const selects = [...box.querySelectorAll("select")];
    return selects.length ? selects.every(each => each.value !== "") : box.querySelector("input:checked") !== null;
  };
  const recount = () => { count.textContent = `${boxes.filter(isAnswered).length} of ${boxes.length} answered`; };

  async function send(place, made) {
    const box = boxes[place], body = { place, answer: answer(box), version: Number(version(box).value) };
    body.age = (performance.now() - made) / 1000;
    return fetch(form.dataset.answers, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
  }

  async function keep(place) {
    if (busy.has(place)) return;
    busy.add(place);
    for (let tries = 0; waiting.has(place) && !leaving; tries += 1) {
      const made = waiting.get(place);
      let reply, told;
      try {
        reply = await send(place, made);
        told = await reply.json();
      } catch { reply = null; }
      if (!reply || reply.status === 429 || reply.status >= 500) {
        say("Not saved: retrying", true);
        await pause(tries, reply && reply.headers.get("Retry-After"));
        continue;
      }
      tries = 0;
      if (reply.ok || told.why === "changed") {
        version(boxes[place]).value = told.version;
        if (waiting.get(place) !== made) continue;  // changed again meanwhile: save that too
        waiting.delete(place);
        if (!reply.ok) { show(boxes[place], told.answer); recount(); }
        if (waiting.size === 0) say(reply.ok ? `Saved ${told.saved}` : told.error, !reply.ok);
      } else {
        waiting.clear();
        say(told.error, true);
        if (told.why !== "wrong") form.querySelectorAll("input, select, button").forEach(each => { each.disabled = true; });
      }
    }
    busy.delete(place);
  }

  async function hand(body) {
    for (let tries = 0; ; tries += 1) {
      try {
        const reply = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(30000) });
        if (reply.status !== 429 && reply.status < 500) return reply.url;
        say("Not submitted: retrying", true);
        await pause(tries, reply.headers.get("Retry-After"));
      } catch {
        say("Not submitted: retrying", true);
        await pause(tries);
      }
    }
  }

  form.addEventListener("change", event => {
    const place = boxes.indexOf(event.target.closest("fieldset"));
    if (place < 0) return;
    waiting.set(place, performance.now());
    recount();
    say("Saving", false);
    keep(place);
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (sending) return;  // a second click
    sending = true;
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter && event.submitter.name) body.append(event.submitter.name, event.submitter.value);
    say("Submitting", false);
    const next = new URL(await hand(body));
    leaving = true;
    next.hash = "note";
    if (next.href.split("#")[0] === location.href.split("#")[0]) { location.hash = "note"; location.reload(); }
    else location.replace(next);
  });
  addEventListener("beforeunload", event => { if (!leaving && waiting.size) event.preventDefault(); });
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });  // "back" must show what is saved now
  recount();
})();
