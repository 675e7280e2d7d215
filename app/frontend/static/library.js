// Shows how far an import is, says at once that a file is too large, and copies addresses. Without it
// the page loads itself anew, the server says so, and addresses are copied by hand.
"use strict";

const GLANCE_MS = 1000;
const progress = document.querySelector("[data-progress]");

async function glance() {
  try {
    const answer = await fetch(progress.dataset.progress, { headers: { Accept: "text/html" } });
    const part = answer.ok ? await answer.text() : null;
    if (part !== null && part.trim() === "") {
      // What was said when it began is over; what was sent is not sent again.
      location.replace(progress.dataset.home);
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

// What can be copied has a button where the browser lets pages copy.
for (const button of document.querySelectorAll("button[data-copies]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
}
