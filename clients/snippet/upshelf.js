/**
 * Upshelf on a shop's pages: posts what shoppers do and shows lists. Plain ES module, no build, no dependency.
 *
 * import { upshelf } from "./upshelf.js";
 * const shop = upshelf({ address: "https://upshelf.example", key: "STOREFRONT-KEY", userId: "u1" });
 * shop.view("P0001");
 * shop.show(document.querySelector("#similar"), "products/P0001/similar?limit=4");
 *
 * The page's origin must be among the API's UPSHELF_CORS_ORIGINS. Purchases are not posted: they come from the orders.
 */

const SESSION = "upshelf.session";

/** A random id; crypto.randomUUID is not there on pages without TLS. */
const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The id of this visit: as long as the tab, or as long as the page where nothing may be stored. */
function sessionId() {
  try {
    const id = sessionStorage.getItem(SESSION) || newId();
    sessionStorage.setItem(SESSION, id);
    return id;
  } catch {
    return newId();
  }
}

/** An item as a link, or as plain text without `href`. All data is set as text. */
function plainItem(item, currency, href) {
  const place = document.createElement(href ? "a" : "span");
  if (href) place.href = href(item);
  place.textContent = item.price === null ? item.title : `${item.title} · ${item.price.toFixed(2)} ${currency}`;
  return place;
}

/**
 * @param {object} options
 * @param {string} options.address of the API
 * @param {string} [options.key] of the scope `storefront`: whoever reads the page can read it
 * @param {string} [options.userId] who is logged in
 * @param {string} [options.currency] shown behind prices
 * @param {(item) => string} [options.href] the address of an item's page
 */
export function upshelf({ address, key, userId, currency = "", href }) {
  const base = address.replace(/\/+$/, "");
  const session = sessionId();
  const headers = { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) };

  /** Post an event so that it arrives even if the page is left; never throws, as a shop goes on without it. */
  function post(kind, fields = {}) {
    const event = { event_id: newId(), kind, session_id: session, agent: navigator.userAgent?.slice(0, 2000), ...fields };
    if (userId) event.user_id = userId;
    const url = `${base}/v1/events`;
    const body = JSON.stringify({ events: [event] });
    // A beacon can carry no key. As plain text it needs no question to the API beforehand.
    if (!key && navigator.sendBeacon?.(url, body)) return;
    fetch(url, { method: "POST", headers, body, keepalive: true }).catch(() => {});
  }

  /** What showed a product, as an event has it: `shown` is `{ surface, release }`. */
  const about = (kind) => (productId, shown = {}) => post(kind, { product_id: productId, ...shown });

  /**
   * Show a list in an element, and post clicks on its items with the list's name and release.
   *
   * @param {Element} element whose content is replaced; it stays as it is where the API has no answer
   * @param {string} list a route below /v1/ with its query, such as `products/P0001/similar?limit=4`
   * @param {object} [more]
   * @param {object} [more.body] of a route that takes one; the session's id is added to `recommendations/session`
   * @param {(item) => Node | string} [more.template] makes what is shown of an item; a string is shown as text
   * @param {string} [more.surface] name of the list in events, by default that of the route
   * @returns {Promise<object | null>} the API's answer
   */
  async function show(element, list, { body, template = (item) => plainItem(item, currency, href), surface } = {}) {
    const route = list.split("?")[0];
    if (route === "recommendations/session") body = { session_id: session, ...(userId && { user_id: userId }), ...body };
    let answer;
    try {
      const sent = body ? { method: "POST", body: JSON.stringify(body), headers } : key ? { headers } : {};
      const response = await fetch(`${base}/v1/${list}`, sent);
      if (!response.ok) return null;
      answer = await response.json();
    } catch {
      return null;
    }
    const shown = { surface: surface ?? route.split("/").pop().replaceAll("-", "_"), release: answer.release };
    const places = answer.items.map((item) => {
      const place = document.createElement("li");
      place.append(template(item));
      place.addEventListener("click", () => about("click")(item.product_id, shown));
      return place;
    });
    element.replaceChildren(...places);
    return answer;
  }

  return {
    session,
    view: about("view"),
    click: about("click"),
    addToCart: about("add_to_cart"),
    removeFromCart: about("remove_from_cart"),
    search: (query) => post("search", { query }),
    show,
  };
}
