// Shows a training's steps as they are done; without it, the page loads itself anew.
"use strict";

const panel = document.querySelector("[data-events]");

if (panel) {
  const bar = panel.querySelector("progress");
  const stream = new EventSource(panel.dataset.events);

  stream.addEventListener("step", (message) => {
    const { step } = JSON.parse(message.data);
    const items = [...panel.querySelectorAll("[data-step]")];
    const at = items.findIndex((item) => item.dataset.step === step);
    items.forEach((item, number) => item.classList.toggle("done", number < at));
    if (bar) bar.value = at;
  });

  stream.addEventListener("ended", () => {
    stream.close();
    location.reload();
  });
}
