// Makes forms answer in place; without it each form loads the page that it leads to.
//
// A form with data-swap names by their ids the parts of the page that its answer replaces, or none:
// then it is the whole of main. data-focus names what is read next, data-loading the template that
// stands where the picks will.
"use strict";

(() => {
  let isSending = false;

  const byId = (id) => (id ? document.getElementById(id) : null);

  function clock() {
    for (const place of document.querySelectorAll("[data-ends-in]")) {
      const end = new Date(Date.now() + Number(place.dataset.endsIn) * 60_000);
      const [hour, minute] = [end.getHours(), end.getMinutes()].map((n) => String(n).padStart(2, "0"));
      place.textContent = place.dataset.words.replace("{time}", `${hour}:${minute}`);
    }
  }

  // The face of "As ticked" shows what company it stands for.
  function company() {
    const face = document.querySelector("[data-company]");
    if (!face) return;
    const boxes = [...document.querySelectorAll('.chips input[name="members"]')];
    const count = boxes.filter((box) => box.checked).length || boxes.length;
    const size = count === 1 ? "solo" : count === 2 ? "couple" : "group";
    const named = document.querySelector(`input[name="group_size"][value="${size}"] + .segment-face .segment-label`);
    face.textContent = named.textContent;
  }

  // Lets nothing else be sent; returns what lets it.
  function hold(parts) {
    const buttons = [...document.querySelectorAll("form[data-swap] button")];
    for (const part of parts) part.setAttribute("aria-busy", "true");
    for (const button of buttons) button.disabled = true;
    return () => {
      for (const part of parts) part.removeAttribute("aria-busy");
      for (const button of buttons) button.disabled = false;
    };
  }

  // Shows that picks are on their way; returns what puts back what stood there.
  function expect(form) {
    const picks = byId("picks");
    const loading = byId(form.dataset.loading)?.content.firstElementChild.cloneNode(true);
    if (!picks || !loading) return () => {};
    const evening = picks.closest(".evening");
    const wasAnswered = evening.classList.contains("evening-answered");
    picks.replaceWith(loading);
    evening.classList.add("evening-answered");
    reveal(loading, true);
    return () => {
      loading.replaceWith(picks);
      evening.classList.toggle("evening-answered", wasAnswered);
    };
  }

  // Says that Encore cannot be reached, with a button that sends the same again.
  function complain(form, fields) {
    const trouble = document.createElement("div");
    trouble.id = "trouble";
    trouble.className = "problem trouble";
    trouble.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = document.body.dataset.offline;
    const retry = document.createElement("button");
    retry.type = "button";
    retry.className = "button button-small";
    retry.textContent = document.body.dataset.retry;
    retry.addEventListener("click", () => send(form, fields));
    trouble.append(words, retry);
    form.after(trouble);
    retry.focus();
  }

  // Styles that only the answer's page has: a page of an error looks like one.
  function dress(page) {
    const here = new Set([...document.querySelectorAll("link[rel=stylesheet]")].map((link) => link.href));
    for (const link of page.querySelectorAll("link[rel=stylesheet]")) {
      if (!here.has(link.href)) document.head.append(link.cloneNode());
    }
  }

  function swap(page, ids) {
    const pairs = ids.map((id) => [byId(id), page.getElementById(id)]);
    const notice = page.querySelector("main > .notice");
    if (ids[0] === "main" || pairs.some(([old, fresh]) => !old || !fresh)) {
      const main = page.querySelector("main");
      if (!main) throw new TypeError("not one of Encore's pages");
      document.querySelector("main").replaceWith(main);
      return;
    }
    for (const [old, fresh] of pairs) old.replaceWith(fresh);
    document.querySelector("main > .notice")?.remove();
    if (notice) document.querySelector("main").prepend(notice);
  }

  // Picks are read from their heading on; anything else only has to be in sight.
  function reveal(place, isHeading) {
    const { top } = place.getBoundingClientRect();
    if (!isHeading) place.scrollIntoView({ block: "nearest" });
    else if (top < 0 || top > window.innerHeight / 2) place.scrollIntoView({ block: "start" });
  }

  function show(text, form, ids, url) {
    const page = new DOMParser().parseFromString(text, "text/html");
    dress(page);
    swap(page, ids);
    document.title = page.title;
    // A notice is for once: it does not come back with the page.
    url.searchParams.delete("notice");
    history.replaceState(null, "", url);
    // Who changes the language comes back to what is shown now.
    const wayBack = page.querySelector("#languages [name=next]");
    if (wayBack) document.querySelector("#languages [name=next]").value = wayBack.value.replace(/[?&]notice=[\w-]+/, "");
    clock();
    company();
    const next = byId(form.dataset.focus) || document.querySelector("main");
    if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
    next.focus({ preventScroll: true });
    reveal(next, Boolean(form.dataset.loading));
  }

  async function send(form, fields) {
    if (isSending) return;
    isSending = true;
    byId("trouble")?.remove();
    const ids = (form.dataset.swap || "main").split(" ");
    const release = hold(ids.map(byId).filter(Boolean));
    const putBack = expect(form);
    try {
      const answer = await fetch(form.getAttribute("action").split("#")[0], {
        method: "POST",
        body: fields,
        headers: { Accept: "text/html" },
      });
      const url = new URL(answer.redirected ? answer.url : location.href);
      if (url.pathname === location.pathname) show(await answer.text(), form, ids, url);
      else location.assign(url);
    } catch (problem) {
      console.info(`Encore did not answer: ${problem.message}`);
      putBack();
      release();
      complain(form, fields);
    } finally {
      release();
      isSending = false;
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-swap]")) return;
    event.preventDefault();
    send(form, new URLSearchParams(new FormData(form, event.submitter)));
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches('.chips input[name="members"]')) company();
  });

  clock();
  company();
  setInterval(clock, 30_000);
})();
