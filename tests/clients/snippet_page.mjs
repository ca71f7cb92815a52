/** What a shop's page does with the snippet; the same in Node as in a browser. */

export async function used(upshelf, address, key) {
  const options = { address, userId: "u1", currency: "EUR", href: (item) => `/p/${item.product_id}`, ...(key && { key }) };
  const shop = upshelf(options);
  shop.view("p03");
  shop.addToCart("p03", { surface: "similar", release: "r" });
  shop.search("lantern");

  const list = document.createElement("ul");
  const answer = await shop.show(list, "products/p03/similar?limit=3");
  list.children[0].click();

  const marked = document.createElement("ul");
  const template = (item) => `<img src=x onerror="throw 1">${item.product_id}`;
  await shop.show(marked, "recommendations/session", { body: { viewed: ["p04"], limit: 1 }, template });
  const refused = await shop.show(list, "products/none/similar");

  return {
    asked: answer.items.map((item) => item.product_id),
    release: answer.release,
    texts: [...list.children].map((child) => child.textContent),
    links: [...list.children].map((child) => child.children[0].href.replace(/^https?:..[^/]*/, "")),
    marked: [...marked.children].map((child) => [child.textContent, child.children.length]),
    refused,
    session: shop.session,
    again: upshelf(options).session,
  };
}
