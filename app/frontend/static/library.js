// Shows how far an import is, and says at once that a file is too large. Without it the page loads
// itself anew, and the server says so.
"use strict";

const GLANCE_MS = 1000;
const progress = document.querySelector("[data-progress]");

async function glance() {
  try {
    const answer = await fetch(progress.dataset.progress, { headers: { Accept: "text/html" } });
    const part = answer.ok ? await answer.text() : null;
    if (part !== null && part.trim() === "") {
      // What was said when it began is over.
      if (location.search) location.replace(location.pathname);
      else location.reload();
      return;
    }
    if (part !== null) progress.innerHTML = part;
  } catch {
    // The server is away for a moment; the next glance finds it.
  }
  setTimeout(glance, GLANCE_MS);
}

if (progress) setTimeout(glance, GLANCE_MS);

for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => {
    const file = input.files[0];
    const isTooLarge = file && file.size > Number(input.dataset.most);
    input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
    if (isTooLarge) input.reportValidity();
  });
}
