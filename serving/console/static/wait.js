// Shows the page once what it waits for is there; without this script its link does.
"use strict";

async function look() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer && answer.status !== 202) location.reload();
  else setTimeout(look, 2000);
}

setTimeout(look, 2000);
