/**
 * The part of `lit/html.js` that the dashboard's file uses, in a sixth of its size: the build puts it in Lit's place
 * (decision 0022), so that everything is written, typed and shared as the page's code is. It knows text, templates and
 * lists as children, and attributes, `.properties`, `?flags` and `@events` whose whole value is one expression.
 */

interface Template {
  readonly strings: TemplateStringsArray;
  readonly values: readonly unknown[];
}

/** A place in a template: what stands there, and how to be rid of it. */
interface Part {
  readonly set: (value: unknown) => void;
  readonly drop?: () => void;
}

export const nothing = Symbol('nothing');

export function html(strings: TemplateStringsArray, ...values: unknown[]): Template {
  return { strings, values };
}

const roots = new WeakMap<Node, Part>();

/** Shows a template, and from the second time on changes only what differs. */
export function render(value: unknown, root: Node): void {
  const part = roots.get(root) ?? childPart(root.appendChild(new Comment()));
  roots.set(root, part);
  part.set(value);
}

/** Stands in the markup where a value goes; no markup of ours holds it. */
const mark = '¤';

interface Blueprint {
  readonly content: DocumentFragment;
  /** Of each place, the attribute as it was written; undefined for a child. */
  readonly names: readonly (string | undefined)[];
}

const blueprints = new WeakMap<TemplateStringsArray, Blueprint>();

function blueprintOf(strings: TemplateStringsArray): Blueprint {
  const template = document.createElement('template');
  const names = strings.slice(0, -1).map((text) => /(\S+)=$/.exec(text)?.[1]);
  // Only what we wrote is read as markup; values never are.
  template.innerHTML = strings.reduce(
    (text, next, index) => text + (names[index - 1] ? mark : `<!--${mark}-->`) + next,
  );
  return { content: template.content, names };
}

/** A copy of the markup, with its places in the order of the values. */
function copyOf(strings: TemplateStringsArray) {
  const { content, names } = blueprints.get(strings) ?? blueprintOf(strings);
  blueprints.set(strings, { content, names });
  const fragment = document.importNode(content, true);
  const parts: Part[] = [];
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  const found: Node[] = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  for (const node of found)
    if (node instanceof Comment) parts.push(childPart(node));
    else if (node instanceof Element)
      for (const { name, value } of Array.from(node.attributes)) {
        if (value !== mark) continue;
        node.removeAttribute(name);
        parts.push(attributePart(node, names[parts.length] ?? name));
      }
  return { fragment, parts };
}

function attributePart(element: Element, name: string): Part {
  const key = name.slice(1);
  let last: unknown;
  if (name.startsWith('@'))
    element.addEventListener(key, (event) => {
      if (typeof last === 'function') last(event);
    });
  return {
    set: (value) => {
      if (value === last) return;
      last = value;
      if (name.startsWith('.')) Reflect.set(element, key, value);
      else if (name.startsWith('?')) element.toggleAttribute(key, Boolean(value));
      else if (!name.startsWith('@')) element.setAttribute(name, String(value));
    },
  };
}

/** What stands before a comment: a template's strings, `text` or `list` say what it is. */
function childPart(end: ChildNode): Part {
  const start = new Comment();
  end.before(start);
  let shown: unknown;
  let parts: Part[] = [];
  const become = (next: unknown) => {
    if (shown === next) return false;
    while (start.nextSibling !== end) start.nextSibling?.remove();
    parts = [];
    shown = next;
    return true;
  };
  const setList = (items: readonly unknown[]) => {
    become('list');
    for (const part of parts.splice(items.length)) part.drop?.();
    for (const [index, item] of items.entries()) {
      if (!parts[index]) {
        const comment = new Comment();
        end.before(comment);
        parts.push(childPart(comment));
      }
      parts[index]?.set(item);
    }
  };
  const setTemplate = ({ strings, values }: Template) => {
    if (become(strings)) {
      const copy = copyOf(strings);
      end.before(copy.fragment);
      parts = copy.parts;
    }
    for (const [index, value] of values.entries()) parts[index]?.set(value);
  };
  const setText = (text: string) => {
    if (become('text')) end.before(new Text());
    const node = start.nextSibling as Text;
    if (node.data !== text) node.data = text;
  };
  return {
    set: (value) => {
      if (Array.isArray(value)) setList(value);
      else if (Object(value).strings) setTemplate(value as Template);
      else setText(typeof value === 'string' || typeof value === 'number' ? String(value) : '');
    },
    drop: () => {
      become('');
      start.remove();
      end.remove();
    },
  };
}
