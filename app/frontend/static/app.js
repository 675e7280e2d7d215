// Lets a browser keep what Encore needs to open at once, and to be installed. Browsers allow that
// over https or on this machine; elsewhere the pages work as they always did.
"use strict";

(() => {
  const { worker, scope } = document.currentScript.dataset;
  if (!("serviceWorker" in navigator)) return;
  window.addEventListener("load", () => {
    navigator.serviceWorker
      .register(worker, { scope, updateViaCache: "none" })
      .catch((problem) => console.info(`Encore is not kept for offline use: ${problem.message}`));
  });
})();
