/** Stand-ins for the few globals of a browser that the snippet uses, for Node: `node --import browser_globals.mjs`. */

class Element {
  #listeners = [];
  children = [];
  #text = "";

  constructor(name) {
    this.name = name;
  }

  set innerHTML(_) {
    throw new Error("data may be set as text alone");
  }

  set textContent(text) {
    this.children = [];
    this.#text = String(text);
  }

  get textContent() {
    return this.#text + this.children.map((child) => child.textContent ?? child).join("");
  }

  append(...nodes) {
    this.children.push(...nodes);
  }

  replaceChildren(...nodes) {
    this.#text = "";
    this.children = nodes;
  }

  addEventListener(kind, listener) {
    this.#listeners.push([kind, listener]);
  }

  click() {
    for (const [kind, listener] of this.#listeners) if (kind === "click") listener();
  }
}

class Storage {
  #kept = new Map();

  getItem(name) {
    return this.#kept.get(name) ?? null;
  }

  setItem(name, value) {
    this.#kept.set(name, String(value));
  }
}

const found = new Map();

const globals = {
  sessionStorage: new Storage(),
  document: {
    createElement: (name) => new Element(name),
    /** One element a selector, made when it is asked for. */
    querySelector(selector) {
      if (!found.has(selector)) found.set(selector, new Element(selector));
      return found.get(selector);
    },
  },
  navigator: {
    sendBeacon(url, body) {
      fetch(url, { method: "POST", body });
      return true;
    },
  },
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

/** What the elements of a page show by now, by their selectors. */
export const shown = () => Object.fromEntries([...found].map(([name, of]) => [name, of.children.map((c) => c.textContent)]));
